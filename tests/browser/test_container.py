"""A container of 8 products with 3 dates each, its papers, one disinfection, two tubes: how many interactions it takes.

Counted is every press and every field that is typed into or chosen from, but quantities and dates. Products are found
by the initials of their names, two of which fit each time, so that one has to be chosen.
"""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.browser.test_every_page import troubles
from tests.browser.test_one_true_way import sign_in
from tests.factories.world import World

INTERACTIONS_MAX = 60
NAMES = ("凤爪", "翅中", "腿排", "胸肉", "鸡胗", "鸡心", "翅尖", "琵琶腿")
SIZES = ("大", "小")
DATES = (("2025-11-06", "2027-11-05"), ("2025-11-13", "2027-11-12"), ("2025-11-20", "2027-11-19"))


class Hands:
    """A person at a page: what costs an interaction, and what is free (quantities and dates)."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def press(self, selector: str, *, goes: bool = True) -> None:
        """Press a link or a button; `goes`: another page comes."""
        self.count += 1
        if not goes:
            self.page.locator(selector).first.click()
            return
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def write(self, name: str, text: str) -> None:
        """Type into a field."""
        self.count += 1
        self.page.fill(f'main [name="{name}"]', text)

    def choose(self, name: str, value: str) -> None:
        """Choose from a list."""
        self.count += 1
        self.page.select_option(f'main [name="{name}"]', value)

    def tick(self, name: str, value: str) -> None:
        """Choose a tile."""
        self.count += 1
        self.page.locator(f'main input[name="{name}"][value="{value}"]').evaluate("input => input.click()")

    def free(self, name: str, text: str) -> None:
        """Type a quantity or a date, key by key."""
        field = self.page.locator(f'main [name="{name}"]')
        field.fill(text)


def enter_product(hands: Hands, row: int, initials: str, product_id: str) -> None:
    """Find a product, choose it, and type three dates with their quantities: once asked for, rows come."""
    page = hands.page
    hands.count += 1  # the two or three letters
    page.locator(f'main [name="_lines-{row}-find"]').press_sequentially(initials, delay=5)
    page.locator(f'main input[name="lines-{row}-product_id"][value="{product_id}"]').wait_for(state="attached")
    hands.tick(f"lines-{row}-product_id", product_id)
    for number, (made, expires) in enumerate(DATES):
        hands.free(f"lines-{row + number}-production_date", made)
        hands.free(f"lines-{row + number}-expiry_date", expires)
        hands.free(f"_lines-{row + number}-pieces", str(20 + number))
        if row == number == 0:
            expect(page.locator('main [name="lines-1-production_date"]')).to_have_count(0)  # nobody asked
            hands.press("main [data-repeat]", goes=False)


def enter_papers(hands: Hands) -> None:
    """Fill in the papers that the form asks for, and two more of the delivery."""
    kinds = hands.page.eval_on_selector_all('main select[name$="-kind"]', "selects => selects.map(s => s.value)")
    for kind in ("nucleic_acid", "disinfection"):
        hands.press('main [data-lines="papers"] [data-add]', goes=False)
        hands.choose(f"_papers-{len(kinds)}-kind", kind)
        kinds.append(kind)
    for number, kind in enumerate(kinds):
        if kind != "customs_declaration":  # its number was typed once already
            hands.write(f"_papers-{number}-number", f"NO-{number}")
        hands.write(f"_papers-{number}-issuer", "示例海关")
        hands.free(f"_papers-{number}-issued_on", "2025-12-01")
    assert {"inspection_quarantine", "customs_declaration"} <= set(kinds), kinds


def disinfect(hands: Hands) -> None:
    """Enter one disinfection of the whole delivery from its receipt."""
    hands.press('main a[href$="/disinfections/new"]')
    hands.write("performed_by", "示例消毒")
    hands.write("place", "1 号冷库")
    hands.choose("agent", "chlorine_cacl2_ethanol")
    hands.write("concentration_mg_per_l", "3000")
    hands.write("contact_min", "10")
    hands.write("ambient_temperature_c", "-18")
    hands.press("main form.cc-form button.cc-b:not(.plain)")


def sample(hands: Hands, address: str, lab: dict[str, Any]) -> None:
    """Enter two tubes of the delivery, as the inspector on the spot."""
    for number in (0, 1):
        hands.page.goto(address)
        hands.count += 1
        hands.press(f'main a[href^="/tubes/new"] >> nth={number}')
        hands.write("tube_no", f"LJ-{number}")
        hands.choose("lab", lab["business_id"])
        hands.press("main form.cc-form button.cc-b:not(.plain)")


def test_a_container_takes_few_interactions(world: World, live: Live, open_page: Callable[..., Page]) -> None:
    """24 batches, four papers, a disinfection and two tubes, within INTERACTIONS_MAX interactions."""
    owner = world.business()
    world.zone(world.site(owner))
    lab = world.lab()
    products = {name: [world.product(name=f"{name}{size}") for size in SIZES] for name in NAMES}
    page = open_page()
    sign_in(page, world.merchant(owner))
    page.goto("/arrivals/new")
    hands, began = Hands(page), time.monotonic()
    hands.write("container_no", "CSQU3054383")
    hands.write("seal_no", "HL20771")
    hands.write("customs_declaration_no", "190120251000042871")
    for number, name in enumerate(NAMES):
        row = number * (len(DATES) + 1)  # an empty row stands ready below each product, since it was asked for once
        if number:
            hands.press('main [data-lines="lines"] > p [data-add]', goes=False)
        enter_product(hands, row, name[:2], products[name][0]["product_id"])
    enter_papers(hands)
    hands.press('main button[name="_step"][value="check"]:not(.cc-vh)')
    expect(page.locator("main")).to_contain_text("24")
    hands.press('main button[name="_step"][value="send"]')
    (arrival,) = world.regulator.get("/arrivals")["items"]
    assert len(arrival["batches"]) == len(NAMES) * len(DATES)
    disinfect(hands)
    officer = open_page()
    sign_in(officer, world.inspector)
    inspector = Hands(officer)
    sample(inspector, f"/arrivals/{arrival['arrival_id']}", lab[0])
    total = hands.count + inspector.count
    print(f"interactions: {total} ({hands.count} + {inspector.count}), {time.monotonic() - began:.0f} s by machine")
    assert total <= INTERACTIONS_MAX
    shown = world.regulator.get(f"/arrivals/{arrival['arrival_id']}")
    assert (len(shown["evidence"]), len(shown["disinfections"])) == (4, 1)
    tubes = world.regulator.get("/tubes")["items"]
    sampled = {each["batch"]["batch_id"] for tube in tubes for each in tube["samples"]}
    assert sampled == {batch["batch_id"] for batch in arrival["batches"]}


def test_the_form_works_on_a_phone_and_without_script(world: World, live: Live, open_page: Callable[..., Page]) -> None:
    """Narrow with script: rows come, nothing is wider than the screen, axe is content; without: buttons do the same."""
    owner = world.business()
    world.zone(world.site(owner))
    product = world.product(name="凤爪")
    page = open_page(narrow=True)
    sign_in(page, world.merchant(owner))
    page.goto("/arrivals/new")
    enter_product(Hands(page), 0, "凤爪", product["product_id"])
    assert troubles(page, "/arrivals/new") == []
    page.wait_for_timeout(2_000)  # the draft is sent a little after the last key
    plain = open_page(script=False)
    sign_in(plain, world.merchant(owner))
    plain.goto("/arrivals/new")
    expect(plain.locator('main [name="lines-2-production_date"]')).to_have_value("2025-11-20")
    expect(plain.locator('main [name="lines-3-production_date"]')).to_have_count(0)  # the untouched row is gone
    with plain.expect_navigation():
        plain.locator("main [name=_repeat]").first.click()
    expect(plain.locator('main [name="lines-3-production_date"]')).to_have_count(1)
