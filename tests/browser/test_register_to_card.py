"""A newcomer registers, signs the letter, is approved and sees the card: how many interactions it takes, of both sides.

Counted is every press and every field that is typed into or chosen from; the newcomer's on a phone.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_container import Hands
from tests.browser.test_papers import looked_at, signed_in
from tests.factories.world import World, uscc

NEWCOMER_MAX, REGULATOR_MAX = 16, 2
NAME, OWNER = "示例街角冻品店", "孙示例"


def register(hands: Hands) -> None:
    """Fill in the self-registration, from the page where people sign in."""
    hands.press("main a[href='/register']")
    hands.write("uscc", uscc())
    hands.write("name", NAME)
    hands.tick("kinds", "shop")
    hands.tick("handles_imported", "true")
    hands.choose("region_code", "230203")
    hands.write("address", "示例路 5 号")
    hands.write("account-display_name", OWNER)
    hands.write("account-phone", "137 0000 0003")
    hands.write("account-password", "long enough, I hope")
    hands.press("main form.cc-form button.cc-b:not(.plain)")


def sign(hands: Hands) -> None:
    """Read and sign the commitment letter: the name of who signs in stands there already."""
    hands.press("main a[href$='/letter']")
    looked_at(hands.page, "letter")
    hands.tick("_agreed", "yes")
    hands.press("main form#sign button.cc-b")
    expect(hands.page.locator("#signed")).to_contain_text(OWNER)


def test_from_the_registration_to_the_card(world: World, open_page: Callable[..., Page]) -> None:
    """15 interactions of the newcomer and 2 of the officer, who reads on one page what the decision is about."""
    officer = signed_in(open_page(), world.regulator)
    page = open_page(narrow=True)
    page.goto("/sign-in")
    newcomer = Hands(page)
    register(newcomer)
    expect(page.locator("main")).to_contain_text("您的登记正在等待审核")
    sign(newcomer)

    officer.goto("/")
    regulator = Hands(officer)
    regulator.press("#applications a.cc-b")
    for told in (NAME, OWNER, "13700000003", "示例路 5 号", "商店", "已签署"):
        expect(officer.locator("main form")).to_contain_text(told)
    looked_at(officer, "decision")
    expect(officer.locator("main").get_by_role("link", name="不批准")).to_be_visible()
    regulator.press("main form.cc-form button.cc-b")
    expect(officer.locator("main .cc-title")).to_contain_text("在册")

    page.goto("/")
    newcomer.press("main .cc-title a[href$='/card']")
    expect(page.locator("main")).to_contain_text(NAME)
    expect(page.locator("main")).to_contain_text("在册")
    looked_at(page, "card")
    page.goto("/")
    looked_at(page, "desk_new")
    print(f"interactions: {newcomer.count} of the newcomer, {regulator.count} of the officer")
    assert newcomer.count <= NEWCOMER_MAX
    assert regulator.count <= REGULATOR_MAX
