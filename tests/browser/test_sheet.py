"""From a spreadsheet a container of 24 lines is in the books in few interactions; its pages at both widths."""

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.browser.test_container import NAMES, Hands
from tests.browser.test_every_page import troubles
from tests.browser.test_one_true_way import sign_in
from tests.exchange.sheets import DELIVERY, line, xlsx
from tests.factories.world import World

INTERACTIONS_MAX = 10
DATES = (("2020-11-06", "2022-11-05"), ("2020-11-13", "2022-11-12"), ("2020-11-20", "2022-11-19"))


def container() -> bytes:
    """Return a spreadsheet of 8 products with 3 dates each; what they share stands in its first row."""
    rows = []
    for name in NAMES:
        for number, (made, expires) in enumerate(DATES):
            head = DELIVERY if not rows else {}
            rows.append(line(name, **{"生产日期": made, "保质期至": expires, "数量": f"{20 + number}件"} | head))
    return xlsx([["", *row[1:]] if n and not row[0] else row for n, row in enumerate(rows)])


def test_a_container_from_a_spreadsheet(
    world: World, live: Live, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    """24 batches within INTERACTIONS_MAX interactions; bad cells are told, a second time makes nothing."""
    owner = world.business()
    world.zone(world.site(owner))
    for name in NAMES:
        world.product(name=name)
    (tmp_path / "good.xlsx").write_bytes(container())
    (tmp_path / "bad.xlsx").write_bytes(
        xlsx([line("没有的产品", **DELIVERY | {"集装箱号": "CSQU3054384"}), line("凤爪", 数量="多")])
    )
    page = open_page()
    sign_in(page, world.merchant(owner))
    page.goto("/arrivals")
    hands, began = Hands(page), time.monotonic()
    hands.press('main a[href="/sheets/arrivals"]')
    assert troubles(page, "/sheets/arrivals") == []
    hands.count += 1
    page.set_input_files("main [name=file]", tmp_path / "good.xlsx")
    hands.press("main form.cc-form button.cc-b:not(.plain)")
    expect(page.locator("main")).to_contain_text("24")
    assert troubles(page, "the look") == []
    hands.press('main form[action$="/take"] button')
    expect(page.locator("main")).to_contain_text("已入账")
    assert troubles(page, "what was taken in") == []
    (arrival,) = world.regulator.get("/arrivals")["items"]
    assert len(arrival["batches"]) == len(NAMES) * len(DATES)
    print(f"interactions: {hands.count}, {time.monotonic() - began:.0f} s by machine")
    assert hands.count <= INTERACTIONS_MAX
    narrow = open_page(narrow=True)
    sign_in(narrow, world.merchant(owner))
    for name, says in (("good.xlsx", "以前已经入账"), ("bad.xlsx", "3 个单元格不能用")):
        narrow.goto("/sheets/arrivals")
        narrow.set_input_files("main [name=file]", tmp_path / name)
        with narrow.expect_navigation():
            narrow.locator("main form.cc-form button.cc-b:not(.plain)").click()
        expect(narrow.locator("main")).to_contain_text(says)
        assert troubles(narrow, name) == []
