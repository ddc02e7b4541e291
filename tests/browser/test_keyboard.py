"""Without a mouse: what the walk of all pages sees by keyboard, a sale by keyboard alone, and the way back."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import keyboard
from tests.browser.conftest import Live
from tests.browser.test_counter_day import stocked
from tests.browser.test_one_true_way import sign_in
from tests.factories.world import World

NAME = """() => {
    const active = document.activeElement;
    const named = active.tagName !== "BUTTON" && active.getAttribute("name");
    return named || active.textContent.trim().replace(/\\s+/g, " ");
}"""
SPOILT = {
    "focus isn't seen": "sheet => sheet.insertRule('*:not(#a):not(#b):not(#c) { outline:none!important }', 0)",
    "lies under": "sheet => sheet.insertRule('body::before { content:\"\"; position:fixed; inset:0; z-index:9 }', 0)",
}


def tab_to(page: Page, name: str) -> int:
    """Press Tab until what has that name, or reads so, has the focus; return how often."""
    for pressed in range(1, 80):
        page.keyboard.press("Tab")
        if page.evaluate(NAME) == name:
            return pressed
    raise AssertionError(f"{name} isn't reached: {page.evaluate(NAME)}")


def test_the_look_at_a_page_sees_what_is_spoilt(live: Live, open_page: Callable[..., Page]) -> None:
    page = open_page(narrow=True)
    page.goto("/register")
    assert keyboard.faults(page) == []
    for fault, spoil in SPOILT.items():
        page.goto("/register")
        page.evaluate(f"({spoil})(document.styleSheets[0])")
        assert any(line.startswith(fault) for line in keyboard.faults(page)), fault
    page.goto("/register")
    page.eval_on_selector("main input", "each => each.tabIndex = 3")
    assert [line.partition(":")[0] for line in keyboard.faults(page)] == ["out of its turn"]


def test_a_sale_by_keyboard_alone_and_the_way_back_at_each_step(
    world: World, live: Live, open_page: Callable[..., Page]
) -> None:
    goods = stocked(world)
    page = open_page()
    sign_in(page, world.merchant(goods["owner"]))
    page.goto("/")
    assert tab_to(page, "跳到正文") == 1
    page.keyboard.press("Enter")  # past the menu
    tab_to(page, "今日销售")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sales/new*")
    tab_to(page, f"_pieces-{goods['batch']['batch_id']}")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    main = page.locator("main")
    expect(main).to_contain_text("现在还没有登记")
    page.goto("/help")
    page.go_back()  # what was sent to be checked is still there
    expect(main).to_contain_text("现在还没有登记")
    expect(main).to_contain_text("2 件")
    tab_to(page, "登记销售")
    page.keyboard.press("Enter")
    expect(main).to_contain_text("已登记：销售")
    page.go_back()  # what was sent is there as it was, no question of the browser; sent again it stays one sale
    expect(main).to_contain_text("现在还没有登记")
    page.get_by_role("button", name="登记销售").press("Enter")
    expect(main).to_contain_text("已登记：销售")
    lines = world.merchant(goods["owner"]).get(f"/stock?batch_id={goods['batch']['batch_id']}")["items"]
    assert [line["quantity_units"] for line in lines] == [40 - 2 * 6]


def test_the_way_back_after_an_error_that_was_mended(world: World, live: Live, open_page: Callable[..., Page]) -> None:
    page = open_page(narrow=True)
    sign_in(page, world.regulator)
    page.goto("/venues/new")
    page.fill("[name=name]", "示例市场")
    page.press("[name=name]", "Enter")
    expect(page.locator(".cc-errors")).to_be_visible()
    page.goto("/help")
    page.go_back()
    expect(page.locator("[name=name]")).to_have_value("示例市场")
    page.locator('[name=kind][value="market"]').check(force=True)
    page.fill("[name=address]", "示例路 1 号")
    page.press("[name=address]", "Enter")
    page.wait_for_url(re.compile(r"/venues/[0-9a-f]{8}-"))
    page.go_back()
    expect(page.locator(".cc-errors")).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value("示例市场")
