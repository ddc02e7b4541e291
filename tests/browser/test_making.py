"""Splitting and processing in a browser, wide and narrow: the whole way, and what axe says of each page on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from coldchain.accounts import passwords
from coldchain.core import db
from tests.browser.conftest import PASSWORD
from tests.browser.test_every_page import troubles
from tests.factories.people import Speaker
from tests.factories.world import World
from tests.live import Live
from tests.trade.test_split import Store
from tests.trade.test_transform import Kitchen


def signed_in(page: Page, who: Speaker) -> Page:
    """The same person in a browser."""
    with db.transaction() as session:
        user = session.merge(who.user)
        user.password_hash = passwords.hash_password(PASSWORD)
    page.goto("/sign-in")
    page.fill("[name=username]", who.user.username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")
    return page


def press(page: Page, button: str) -> None:
    """Press a button and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


class Looker:
    """Looks at each page: its width, what axe says; keeps a picture where a folder is named for them."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name, self.wrong, self.count = page, name, list[str](), 0

    def look(self, what: str) -> None:
        self.count += 1
        self.wrong += troubles(self.page, f"{what} {self.page.url}")
        if folder := os.environ.get("COLDCHAIN_SHOTS"):
            path = Path(folder) / f"{self.name}-{self.count}-{what}.png"
            self.page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize("narrow", [pytest.param(False, marks=pytest.mark.slow), True], ids=["wide", "narrow"])
def test_a_proven_part_is_split_off(live: Live, world: World, open_page: Callable[..., Page], narrow: bool) -> None:
    store = Store(world)
    page = signed_in(open_page(narrow=narrow), store.merchant)
    looker = Looker(page, f"split-{'390' if narrow else '1280'}")
    page.goto(f"/batches/{store.batch_id}")
    looker.look("parent")
    page.locator("#acts a", has_text="拆分批次").first.click()
    page.wait_for_url("**/split*")
    looker.look("form")
    page.fill("[name=piece_to]", "99")
    press(page, "核对后拆分")
    looker.look("refused")
    page.fill("[name=piece_to]", "12")
    press(page, "核对后拆分")
    looker.look("check")
    press(page, "确认拆分")
    looker.look("receipt")
    page.locator("table.cc-ledger a").first.click()
    page.wait_for_url("**/batches/*")
    looker.look("child")
    page.goto(f"/batches/{store.batch_id}")
    looker.look("after")
    code = page.context.new_page()
    label = store.merchant.get(f"/batches/{store.batch_id}")["batch_code"]
    code.goto(f"/search?q={label}")
    code.close()
    assert looker.wrong == []
    assert store.units(store.batch_id) == 45


@pytest.mark.parametrize("narrow", [pytest.param(False, marks=pytest.mark.slow), True], ids=["wide", "narrow"])
def test_goods_are_cut(live: Live, world: World, open_page: Callable[..., Page], narrow: bool) -> None:
    kitchen = Kitchen(world)
    page = signed_in(open_page(narrow=narrow), kitchen.merchant)
    looker = Looker(page, f"cut-{'390' if narrow else '1280'}")
    page.goto(f"/batches/{kitchen.first}")
    page.locator("#acts a", has_text="加工").first.click()
    page.wait_for_url("**/transformations/new*")
    looker.look("form")
    page.fill(f"[name='_pieces-{kitchen.first}']", "2")
    page.fill("[name='_outputs-0-find']", str(kitchen.cut["name"]))
    page.locator("[name='outputs-0-product_id']").first.wait_for(state="attached")
    page.fill("[name='_outputs-0-pieces']", "4")
    press(page, "核对后登记")
    looker.look("refused")
    page.fill("[name='_loss_kg']", "4")
    press(page, "核对后登记")
    looker.look("check")
    press(page, "登记加工")
    looker.look("receipt")
    page.locator("table.cc-ledger a").first.click()
    page.wait_for_url("**/batches/*")
    looker.look("made")
    page.goto(f"/batches/{kitchen.first}")
    looker.look("source")
    assert looker.wrong == []
    assert kitchen.units(kitchen.first) == 48
