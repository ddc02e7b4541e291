"""From the sign at a store's door to what is wrong there, in a real browser on a phone: how many taps it takes."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_papers import looked_at, signed_in
from tests.factories.world import World

TAPS_MAX = 2


def test_scan_to_what_is_wrong(world: World, open_page: Callable[..., Page]) -> None:
    """By the camera's address no tap at all, by the field for codes one; then one to the goods, one to the task."""
    keeper, tenant = world.business("示例冷库公司", kinds=["cold_store"]), world.business("示例货主")
    place = {"name": "示例园区", "kind": "park", "region_code": "230203", "address": "示例路"}
    venue = world.regulator.post("/venues", place, 201)
    site = world.site(keeper, venue_id=venue["venue_id"])
    zone = world.zone(site)
    line = {"product_id": world.product()["product_id"], "quantity_units": 60}
    batch = world.arrival(tenant, site, zone, [line])["batches"][0]
    page = signed_in(open_page(narrow=True), world.inspector)
    for start, taps in ((f"/C/{site['sign_code']}", 0), ("/scan", 1), (f"/C/{venue['sign_code']}", 1)):
        page.goto(start)
        tapped = 0
        if start == "/scan":
            page.fill(
                "[name=code]", f" {site['sign_code'][:4]} {site['sign_code'][4:8]} {site['sign_code'][8:].lower()}"
            )
            page.click("form button.main")
            tapped += 1
        elif start.startswith("/C/V"):
            looked_at(page, "scan_venue")
            page.click(f"text={site['name']}")
            tapped += 1
        wrong = page.locator("#wrong")
        expect(page.get_by_role("heading", name="这里有什么问题")).to_be_visible()
        expect(wrong.get_by_text("缺属地库长")).to_be_visible()
        expect(wrong.locator(f"a[href='/batches/{batch['batch_id']}']")).to_be_in_viewport()
        assert tapped == taps <= TAPS_MAX
    looked_at(page, "scan_site")
    page.click(f"#wrong a[href='/batches/{batch['batch_id']}']")
    page.wait_for_url("**/batches/*")
    page.goto(f"/C/{zone['sign_code']}")
    looked_at(page, "scan_zone")
    page.click("text=这个场所的库区、货主、人员、库长")
    expect(page.get_by_role("heading", name="货主")).to_be_visible()
    expect(page.locator("#tenants").get_by_text(tenant["name"])).to_be_visible()
    looked_at(page, "site")
    anybody = open_page(narrow=True, script=False)
    anybody.goto(f"/C/{site['sign_code']}")
    expect(anybody.get_by_role("heading", name="谁在这里经营")).to_be_visible()
    expect(anybody.get_by_text(tenant["name"])).to_have_count(0)
    own = signed_in(open_page(narrow=True), world.merchant(keeper))
    own.goto(f"/C/{site['sign_code']}")
    looked_at(own, "scan_own")
    own.click("text=这里的库存")
    expect(own.get_by_text(tenant["name"]).first).to_be_visible()
