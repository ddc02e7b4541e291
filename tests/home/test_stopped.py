"""A business that may not trade is told so before it types anything: on its desk in full, above each form in a line."""

import html
import re

from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World

REASON = "冷库温度记录造假"


def main(page: str) -> str:
    """Return the words of a page's main part."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main")]))


def test_the_desk_says_why_since_when_by_whom_and_what_may_still_be_done(app: Flask, world: World) -> None:
    shop = world.shop()
    world.regulator.post(f"/businesses/{shop['owner']['business_id']}/suspend", {"reason": REASON})
    reader = Reader.of(app, world.merchant(shop["owner"]))
    page = reader.open("/")
    words = main(page)
    for said in ("Suspended", REASON, "Since", "The supervision authority of", "regulator_230203"):
        assert said in words, said
    assert "What may still be done" in words
    assert page.index('class="cc-verdict stop"') < page.index("To do first today"), "the answer is on top"
    assert 'href="/arrivals/new"' not in page[page.index("<main") :], "no act that will be refused"
    assert 'href="/consignments/new"' not in page[page.index("<main") :]
    for form in ("/arrivals/new", "/consignments/new", "/sales/new"):
        words = main(reader.open(form))
        assert "Suspended" in words, form
        assert REASON in words, form
        assert "are refused" in words, form


def test_nothing_is_said_to_who_may_trade(app: Flask, world: World) -> None:
    shop = world.shop()
    business = f"/businesses/{shop['owner']['business_id']}"
    world.regulator.post(f"{business}/suspend", {"reason": REASON})
    world.regulator.post(f"{business}/reinstate", {"reason": "已整改"})
    reader = Reader.of(app, world.merchant(shop["owner"]))
    for path in ("/", "/arrivals/new", "/stock"):
        assert "Suspended" not in main(reader.open(path)), path
    assert 'href="/arrivals/new"' in reader.open("/")


def test_others_suspension_is_not_told_on_own_pages(app: Flask, world: World) -> None:
    shop, other = world.shop(), world.shop()
    world.regulator.post(f"/businesses/{other['owner']['business_id']}/suspend", {"reason": REASON})
    reader = Reader.of(app, world.merchant(shop["owner"]))
    assert REASON not in reader.open("/")
    assert REASON not in reader.open("/consignments/new")
    assert "are refused" not in main(Reader.of(app, world.regulator).open("/businesses"))


def test_a_business_without_a_site_is_offered_no_arrival(app: Flask, world: World) -> None:
    reader = Reader.of(app, world.merchant(world.business("无场所")))
    page = reader.open("/")
    assert "There is no zone yet" in page
    assert 'href="/arrivals/new"' not in page[page.index("<main") :]
