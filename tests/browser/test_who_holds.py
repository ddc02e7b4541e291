"""From the desk, or the search box, to a draft notice about a producer's goods: interactions, and modelled seconds.

Seconds are those of the Keystroke-Level Model (Card, Moran, Newell 1980) for an officer who types neither fast nor
blind: a key 0.28 s, pointing 1.1 s, a click 0.2 s, a hand between keys and mouse 0.4 s, thinking before each act
1.35 s; a Chinese character takes four keys. The program's own answers are measured and added.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_container import Hands
from tests.browser.test_papers import looked_at, signed_in
from tests.factories.world import World

SECONDS_MAX = 60
INTERACTIONS_MAX = 11
KEY_S, POINT_S, CLICK_S, HAND_S, THINK_S = 0.28, 1.1, 0.2, 0.4, 1.35
FIRST_DAY = "2020-11-01"


class Officer(Hands):
    """Hands of which each act costs modelled seconds, and each new page those that it took to come."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.seconds = 0.0

    def _act(self, keys: int = 0) -> None:
        self.seconds += THINK_S + POINT_S + CLICK_S + (2 * HAND_S + keys * KEY_S if keys else 0)

    def press(self, selector: str, *, goes: bool = True) -> None:
        """Press a link or a button."""
        self._act()
        began = time.monotonic()
        super().press(selector, goes=goes)
        self.seconds += time.monotonic() - began

    def write(self, name: str, text: str) -> None:
        """Type into a field."""
        self._act(sum(4 if ord(sign) > 0x2E7F else 1 for sign in text))
        super().write(name, text)

    def enter(self, selector: str) -> None:
        """Press Enter in the field that was typed into: the hand lies there, nothing is to be thought of."""
        self.count += 1
        began = time.monotonic()
        with self.page.expect_navigation():
            self.page.press(selector, "Enter")
        self.seconds += KEY_S + time.monotonic() - began

    def tick(self, name: str, value: str) -> None:
        """Choose a tile."""
        self._act()
        super().tick(name, value)


def draft(hands: Officer) -> None:
    """Say what the books can't know, and keep the draft."""
    hands.press("main .cc-title a[href^='/recalls/new?']")
    hands.tick("kind", "outbreak_sweep")
    hands.write("notice_no", "ZB-2021-019")
    hands.write("issuer", "区疫情防控指挥部")
    hands.write("reason", "外包装检出阳性")
    hands.press('main button[name="_step"][value="keep"]')
    expect(hands.page.locator("main")).to_contain_text("还没有锁定")


def test_who_holds_it_to_a_draft(world: World, open_page: Callable[..., Page]) -> None:
    """Twice, by the desk's own box and by the search above each page; each within a minute of an officer's time."""
    maker = world.regulator.post("/producers", {"name": "示例正大禽业", "country": "BR", "plant_no": "SIF77"})
    owner, keeper = world.business("示例货主"), world.business("示例冷库公司", kinds=["cold_store"])
    site = world.site(keeper)
    line = {"product_id": world.product(producer=maker)["product_id"], "quantity_units": 60}
    world.arrival(owner, site, world.zone(site), [line])
    page = signed_in(open_page(), world.regulator)
    page.goto("/recalls/new")  # another notice was begun on this device: its words don't get into what is asked for
    page.fill('main [name="criterion-product_name_contains"]', "鸡翅")
    page.wait_for_timeout(600)

    def from_the_desk(hands: Officer) -> None:
        hands.write("_producer", "slzd")
        hands.enter("main [name=_producer]")
        hands.tick("criterion-producer_ids", maker["producer_id"])
        hands.write("criterion-production_date_from", FIRST_DAY)
        hands.enter("main [name='criterion-production_date_from']")

    def from_the_search(hands: Officer) -> None:
        hands.count += 1
        hands._act(8)
        page.fill("header [name=q]", "正大")
        hands.enter("header [name=q]")
        hands.press("main a[href^='/holders?criterion-producer_ids']")
        hands.write("criterion-production_date_from", FIRST_DAY)
        hands.enter("main [name='criterion-production_date_from']")

    for name, way in (("desk", from_the_desk), ("search", from_the_search)):
        page.goto("/")
        hands = Officer(page)
        way(hands)
        holders = page.locator("#holders")
        expect(holders.get_by_text(owner["name"])).to_be_visible()
        expect(holders.get_by_text(site["name"])).to_be_visible()
        expect(holders.get_by_text("10 件")).to_be_visible()
        if name == "desk":
            looked_at(page, "holders")
        draft(hands)
        print(f"from the {name}: {hands.count} interactions, {hands.seconds:.0f} s modelled")
        assert hands.count <= INTERACTIONS_MAX
        assert hands.seconds <= SECONDS_MAX
    kept = world.regulator.get("/recalls")["items"]
    assert [each["criterion"] for each in kept] == [
        {"producer_ids": [maker["producer_id"]], "production_date_from": FIRST_DAY}
    ] * 2
    phone = signed_in(open_page(narrow=True), world.regulator)
    phone.goto(f"/holders?criterion-producer_ids={maker['producer_id']}")
    looked_at(phone, "holders_narrow")
    phone.goto("/")
    looked_at(phone, "desk_narrow")
    plain = signed_in(open_page(script=False), world.regulator)
    plain.goto("/holders?_producer=%E6%AD%A3%E5%A4%A7")
    expect(plain.locator(f"main input[value='{maker['producer_id']}']")).to_have_count(1)
