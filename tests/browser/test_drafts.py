"""Arrivals that were begun: kept beside each other, found again, and the way back after one was sent shows its form."""

import os
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.browser.test_every_page import troubles
from tests.browser.test_one_true_way import sign_in
from tests.factories.world import World


def look(page: Page, name: str) -> None:
    """Let axe look at a page, and keep its picture where somebody asks for pictures."""
    if os.environ.get("PICTURES"):
        page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png", full_page=True)
    assert troubles(page, name) == []


def test_drafts_stay_beside_each_other_and_the_way_back_works(
    world: World, live: Live, open_page: Callable[..., Page]
) -> None:
    owner = world.business()
    site = world.site(owner)
    zone = world.zone(site)
    product = world.product(name="示例凤爪")
    made = world.arrival(owner, site, zone, [{"product_id": product["product_id"], "quantity_units": 60}])
    for narrow in (False, True):
        page = open_page(narrow=narrow)
        sign_in(page, world.merchant(owner))
        page.goto("/arrivals/new?new=1")
        page.locator("main [name=container_no]").fill("CSQU3054383")
        page.locator("main [name=_keep]").click()
        expect(page.locator("main")).to_contain_text("已存好，还没有发出")
        expect(page.locator("#begun")).to_contain_text("CSQU3054383")
        look(page, f"arrivals-{narrow}")
        page.goto(f"/arrivals/new?like={made['arrival_id']}")
        expect(page.locator("main")).to_contain_text("份到货单没有发出，原样保留")
        page.locator("main [name=lines-0-production_date]").fill("2020-11-06")
        expect(page.locator("main [data-lines=lines] > [data-line]")).to_have_count(1)  # a copy adds no row unasked
        page.locator("main [name=lines-0-expiry_date]").fill("2019-11-05")
        page.locator("main [name=_step][value=check]").last.click()
        expect(page.locator(".cc-errors a, [role=alert] a").first).to_be_visible()
        page.locator("main [name=lines-0-production_date]").fill("2020-11-07")
        expect(page.locator("main [data-lines=lines] > [data-line]")).to_have_count(1)  # nor does an error
        page.locator("main [name=lines-0-expiry_date]").fill("2022-11-05")
        page.locator("main [name=_lines-0-pieces]").fill("3")
        page.locator("main [name=driver-name]").fill("王示例")
        look(page, f"new-{narrow}")
        page.locator("main [name=_step][value=check]").last.click()
        expect(page.locator("main")).to_contain_text("没有填集装箱号和封条号：登记后会提示监管人员")
        look(page, f"check-{narrow}")
        page.locator("main [name=_step][value=send]").click()
        page.wait_for_url("**/receipt")
        page.go_back()
        expect(page.locator("main")).to_contain_text("王示例")
        page.goto("/arrivals")
        expect(page.locator("#begun li")).to_have_count(1 + narrow)
    officer = open_page()
    sign_in(officer, world.regulator)
    officer.goto("/flags")
    expect(officer.locator("main")).to_contain_text("示例凤爪")
    look(officer, "flags")
