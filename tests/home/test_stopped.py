"""A business that may not trade is told so before it types anything: on its desk in full, above each form in a line."""

import html
import re

import pytest
from flask import Flask

from coldchain.home import shell
from coldchain.regions import service as regions
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.trade.test_pages import Deal

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


def test_an_accepted_objection_leaves_the_suspension_and_says_so(app: Flask, world: World) -> None:
    """R14: an answer ends nothing by itself: the officer is led to the decision that does, nobody objects twice."""
    shop = world.shop()
    path = f"/businesses/{shop['owner']['business_id']}"
    world.regulator.post(f"{path}/suspend", {"reason": REASON})
    speaker = world.merchant(shop["owner"])
    officer, merchant = Reader.of(app, world.regulator), Reader.of(app, speaker)
    once, still = "may object to it once", "The decision still stands"
    assert once in main(merchant.open("/"))
    appeal = speaker.post(f"{path}/objections", {"objection": "已整改"}, 201)["appeal_id"]
    desk = main(merchant.open("/"))
    assert once not in desk
    assert "You have objected." in desk
    assert still not in main(officer.open(f"{path}/objections"))
    officer.send(f"/objections/{appeal}/answer", 200, outcome="taken_back", answer="属实")
    assert still in main(officer.text)
    assert f'href="{path}/decisions/reinstate"' in officer.text
    desk = main(merchant.open("/"))
    assert once not in desk
    assert "until then it stands" in desk
    assert "/decisions/reinstate" not in merchant.open(f"{path}/objections")
    assert still in main(merchant.text)
    world.regulator.post(f"{path}/reinstate", {"reason": "异议成立"})
    assert still not in main(officer.open(f"{path}/objections"))


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


@pytest.mark.parametrize(
    ("kind", "said"), [("lockdown", "is locked down"), ("circuit_breaker", "stopped this business")]
)
def test_a_measure_is_seen_before_anything_is_sent(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, kind: str, said: str
) -> None:
    """Whom a measure stops is told so above each page and at the question whether goods may leave; others are not."""
    monkeypatch.setattr(shell, "KEPT_S", 0.0)
    deal, other = Deal(world), Deal(world)
    there = f"/batches/{deal.batch_id}"
    owner = deal.goods["owner"]["business_id"]
    measure = {"region_code": "230203", "starts_on": regions.today().isoformat(), "source": "区指挥部 3 号令"}
    if kind == "lockdown":
        listed = {"kind": "white_list", "business": other.goods["owner"]["business_id"]}
        world.regulator.post("/measures", measure | listed, 201)
    else:
        measure |= {"business": owner, "reason": "抽检阳性"}
    world.regulator.post("/measures", measure | {"kind": kind}, 201)
    words = main(deal.seller.open(there))
    assert "Clear to circulate" not in words
    assert "Must not leave" in words
    assert words.count("区指挥部 3 号令") == 2  # above the page and on the plate
    page = deal.seller.open(there)
    assert "/consignments/new" not in page[page.index("<main") :]
    assert "Sold before? Enter it late" in words
    for path in ("/", "/sales/new", "/stock"):
        assert said in main(deal.seller.open(path)), path
    assert "Clear to circulate" in main(other.seller.open(f"/batches/{other.batch_id}"))
    assert said not in main(other.seller.open("/"))
    assert "Clear to circulate" in main(Reader.of(app, world.regulator).open(there)), "the goods themselves are clear"
