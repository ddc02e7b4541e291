"""A day at a counter on a phone: open a piece, sell, enter the day's sales, correct one, count; an officer sees why."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.browser.test_every_page import troubles
from tests.browser.test_one_true_way import fill, send, sign_in
from tests.factories.world import World


def stocked(world: World) -> dict[str, Any]:
    """Return a shop that has 40 cleared units (6 a piece) of one product on its counter."""
    goods = world.cleared(40, name="示例冻鸡腿")
    counter = world.zone(world.site(goods["owner"], "shop"), "sale_counter")
    lines = [{"batch_id": goods["batch"]["batch_id"], "quantity_units": 40}]
    body = {"zone_id": goods["zone"]["zone_id"], "to_zone_id": counter["zone_id"], "lines": lines}
    world.merchant(goods["owner"]).post("/relocations", body, 201)
    return goods | {"counter": counter}


def test_a_day_at_the_counter(world: World, live: Live, open_page: Callable[..., Page]) -> None:
    """Every page of the day is as wide as the phone, and axe has nothing to say."""
    goods = stocked(world)
    batch_id = goods["batch"]["batch_id"]
    pieces, loose = f"_pieces-{batch_id}", f"_loose-{batch_id}"
    wrong: list[str] = []
    page = open_page(narrow=True)
    main = page.locator("main")

    def look(name: str) -> None:
        wrong.extend(troubles(page, name))

    sign_in(page, world.merchant(goods["owner"]))
    look("desk")
    page.goto(f"/batches/{batch_id}")
    look("batch")
    page.locator("#acts a", has_text="开箱").click()
    fill(page, **{pieces: "1"})
    send(page)
    expect(main.get_by_role("link", name="打印散货牌")).to_be_visible()

    page.goto(f"/batches/{batch_id}")
    page.locator("#acts a", has_text="销售").first.click()
    fill(page, **{loose: "1"})
    page.wait_for_timeout(600)
    page.reload()
    expect(page.locator(f'[name="{loose}"]')).to_have_value("1")  # a customer came in between: it is still there
    look("sale")
    send(page, "check")
    expect(main).to_contain_text("现在还没有登记")
    look("check")
    send(page, "send")
    expect(main).to_contain_text("已登记：销售")

    page.goto("/")
    main.get_by_role("link", name="今日销售").click()
    fill(page, **{pieces: "3"})
    page.keyboard.press("Enter")  # the number pad's own key goes on
    expect(main).to_contain_text("现在还没有登记")
    send(page, "send")
    look("receipt")
    main.get_by_role("link", name="更正").click()
    expect(page.locator(f'[name="{pieces}"]')).to_have_value("3")
    fill(page, **{pieces: "2", "reason": "多填了一件"})
    look("correct")
    send(page)
    expect(main).to_contain_text("多填了一件")
    look("entry")

    page.goto("/")
    main.get_by_role("link", name="盘点").click()
    look("count")
    fill(page, **{pieces: "4", loose: ""})
    send(page, "check")
    expect(main).to_contain_text("−3 盒")
    look("count check")
    send(page, "send")
    expect(page.locator(".cc-errors")).to_contain_text("示例冻鸡腿")
    fill(page, **{f"_reason-{batch_id}": "压坏了三盒"})
    send(page, "send")
    expect(main).to_contain_text("已登记：盘点")
    page.goto("/stock-entries")
    look("entries")
    stock = world.merchant(goods["owner"]).get(f"/stock?batch_id={batch_id}")["items"]
    assert [row["quantity_units"] for row in stock] == [24]

    officer = open_page(narrow=True)
    sign_in(officer, world.inspector)
    officer.get_by_role("link", name=re.compile(r"^\d+ 条标记待看$")).click()
    wrong.extend(troubles(officer, "flags"))
    officer.locator("main a", has_text="盘点与账面不符").last.click()
    expect(officer.locator("main")).to_contain_text("压坏了三盒")
    assert wrong == []
