"""A service is asked on a desktop and enters what it did on a phone; axe looks at every page of it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.batches.conftest import Case
from tests.browser.test_papers import looked_at, signed_in
from tests.factories.world import World


def test_from_the_order_to_the_certificate(open_page: Callable[..., Page], world: World) -> None:
    case = Case(world)
    business = world.business("示例消毒", kinds=["disinfection_service"], handles_imported=False)
    asking = signed_in(open_page(), case.merchant)
    asking.goto(f"/arrivals/{case.arrival['arrival_id']}/disinfection-orders/new")
    looked_at(asking, "order_new")
    asking.select_option("[name=service]", label=business["name"])
    asking.fill("[name=note]", "3 号门，15:00 前")
    asking.get_by_role("button", name="委托", exact=True).click()
    looked_at(asking, "order_asked")

    phone = signed_in(open_page(narrow=True), world.merchant(business))
    looked_at(phone, "service_desk")
    phone.get_by_role("link", name=f"{case.owner['name']} 委托您消毒").first.click()
    looked_at(phone, "order_of_the_service")
    phone.get_by_role("link", name="登记消毒情况").click()
    looked_at(phone, "order_do")
    phone.select_option("[name=agent]", "chlorine_cacl2_ethanol")
    for name, text in (("concentration_mg_per_l", "3000"), ("contact_min", "10"), ("ambient_temperature_c", "-18")):
        phone.fill(f"[name={name}]", text)
    phone.get_by_role("button", name="登记消毒").click()
    expect(phone.get_by_role("link", name="消毒证明 XD")).to_be_visible()
    looked_at(phone, "order_done")
    phone.goto("/disinfection-orders")
    looked_at(phone, "orders")
    asking.goto("/arrivals/new")
    asking.locator("[name=_add][value=papers]").click()
    looked_at(asking, "arrival_form")
