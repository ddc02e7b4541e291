"""Pages of dispatch, receipt, stock: a refusal says what each line lacks, an answer is final, strangers see nothing."""

import html
import re
from uuid import uuid4

import pytest

from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World

NEW = "/consignments/new"


class Deal:
    """A seller with 100 cleared units (16 pieces and 4), a shop to buy them, both signed in."""

    def __init__(self, world: World) -> None:
        app = world.people.app
        self.app, self.world = app, world
        self.goods, self.shop = world.cleared(100), world.shop()
        self.batch_id = self.goods["batch"]["batch_id"]
        self.seller = Reader.of(app, world.merchant(self.goods["owner"]))
        self.buyer = Reader.of(app, world.merchant(self.shop["owner"]))

    def filled(self, **fields: str | None) -> dict[str, str | None]:
        """Return the dispatch form: 2 pieces and 1 unit to the shop."""
        return {
            "lines__0__batch_id": self.batch_id, "_lines__0__pieces": "2", "_lines__0__loose": "1",
            "to__business": self.shop["owner"]["business_id"], "vehicle_plate": "黑B00001",
        } | fields  # fmt: skip

    def sent(self, **fields: str | None) -> str:
        """Send goods and return the consignment's address."""
        self.seller.open(NEW)
        self.seller.send(NEW, 200, **self.filled(**fields))
        return self.seller.path


@pytest.fixture
def deal(scenes: Scenes) -> Deal:
    """A deal to be made."""
    return scenes.of(Deal)


def test_goods_are_sent_and_the_receiver_confirms(deal: Deal) -> None:
    path = deal.sent()
    assert re.fullmatch(r"/consignments/[0-9a-f-]{36}", path)
    assert "In transit" in deal.seller.text
    assert "2 pieces + 1 unit" in deal.seller.text
    assert f"{path}/confirm" not in deal.seller.text, "the sender does not answer"
    assert path in deal.buyer.open("/")
    assert f"{path}/confirm" in deal.buyer.open(path)
    deal.buyer.open(f"{path}/confirm")
    deal.buyer.send(f"{path}/confirm", 422, zone_id=None)
    deal.buyer.send(f"{path}/confirm", 200, zone_id=deal.shop["zone"]["zone_id"])
    assert "Receipt confirmed" in deal.buyer.text
    stock = deal.world.merchant(deal.shop["owner"]).get("/stock")["items"]
    assert [row["quantity_units"] for row in stock] == [13]
    page = deal.buyer.open(f"{path}/confirm", 409)
    assert "answered already" in page


def test_the_receiver_rejects_with_a_reason(deal: Deal) -> None:
    path = deal.sent()
    deal.buyer.open(f"{path}/reject")
    page = deal.buyer.send(f"{path}/reject", 422, reason=" ")
    assert 'id="f-reason-error"' in page
    deal.buyer.send(f"{path}/reject", 200, reason="箱子破了")
    assert "箱子破了" in deal.seller.open(path)
    assert "Rejected by the receiver" in deal.seller.text
    deal.buyer.open(f"{path}/reject", 409)


def test_a_refused_dispatch_names_what_each_line_lacks_and_keeps_the_form(deal: Deal) -> None:
    goods = deal.goods
    line = {"product_id": goods["product"]["product_id"], "quantity_units": 60}
    held = deal.world.arrival(goods["owner"], goods["site"], goods["zone"], [line])["batches"][0]
    gate = deal.world.merchant(goods["owner"]).get(f"/batches/{held['batch_id']}/gate")
    deal.seller.open(NEW)
    second = {"lines__1__batch_id": held["batch_id"], "_lines__1__pieces": "4"}
    page = deal.seller.send(NEW, 409, **deal.filled(**second))
    assert "Not done: the goods were not sent" in page
    assert "gate_refused" in page
    assert f'href="/batches/{held["batch_id"]}"' in page
    for item in gate["missing"]:
        assert f"{item['message_en']} {item['next_en']}" in html.unescape(page)
    kept = dict(deal.seller.form(NEW)["fields"])
    assert kept["_lines-1-pieces"] == "4"
    assert kept["vehicle_plate"] == "黑B00001"
    assert kept["to-business"] == deal.shop["owner"]["business_id"]
    assert deal.seller.open("/consignments").count("/consignments/01") == 0, "nothing was sent"


def test_locked_goods_and_too_many_are_refused_in_words(deal: Deal) -> None:
    deal.seller.open(NEW)
    page = deal.seller.send(NEW, 409, **deal.filled(_lines__0__pieces="99"))
    assert "insufficient_stock" in page
    assert "16 pieces + 4 units are there" in page
    deal.world.result(deal.goods["lab"], deal.world.tube(deal.goods["lab"], [deal.batch_id]), "positive")
    deal.seller.open(NEW)
    page = deal.seller.send(NEW, 409, **deal.filled())
    assert "Locked in the books: must not leave." in page
    assert "ositive" not in page


def test_what_is_wrong_is_said_at_its_field(deal: Deal) -> None:
    deal.seller.open(NEW)
    wrong = {"_lines__0__pieces": "some", "to__business": None, "to__name": "王示例", "occurred_at": "yesterday"}
    page = deal.seller.send(NEW, 422, **deal.filled(**wrong))
    for name in ("_lines-0-pieces", "occurred_at"):
        assert f'href="#f-{name}"' in page
        assert f'id="f-{name}-error"' in page
    kept = dict(deal.seller.form(NEW)["fields"])
    assert (kept["_lines-0-pieces"], kept["to-name"], kept["occurred_at"]) == ("some", "王示例", "yesterday")
    page = deal.seller.send(NEW, 422, **{"_lines__0__pieces": "1", "occurred_at": ""})
    assert 'id="f-to-phone-error"' in page
    page = deal.seller.send(NEW, 422, to__name="", to__phone="")
    assert 'id="f-_receiver-error"' in page


def test_goods_go_to_a_name_and_a_phone(deal: Deal) -> None:
    path = deal.sent(to__business=None, to__name="王示例", to__phone="0452-0000099", handover="signed_in_person")
    assert "Signed in person" in deal.seller.text
    assert "0452-0000099" in deal.seller.text
    assert deal.seller.open(path).count("/confirm") == 0


def test_a_receiver_is_found_by_two_characters_or_its_code(deal: Deal) -> None:
    name = deal.shop["owner"]["name"]
    assert name not in deal.seller.open(f"/consignments/receivers?_receiver={name[:1]}")
    assert name in deal.seller.open(f"/consignments/receivers?_receiver={name}")
    assert name in deal.seller.open(f"/consignments/receivers?_receiver={deal.shop['owner']['uscc']}")
    assert deal.goods["owner"]["name"] not in deal.seller.open("/consignments/receivers?_receiver=示例")
    deal.seller.open(NEW)
    page = deal.seller.send(NEW, 200, _find="to", **deal.filled(to__business=None, _receiver=name))
    assert name in page
    assert dict(deal.seller.form(NEW)["fields"])["_lines-0-pieces"] == "2"


def test_without_script_lines_come_and_go(deal: Deal) -> None:
    deal.seller.open(NEW)
    page = deal.seller.send(NEW, 200, _add="lines", **deal.filled())
    assert 'name="lines-1-batch_id"' in page
    page = deal.seller.send(NEW, 200, _remove="lines-1")
    assert 'name="lines-1-batch_id"' not in page
    assert dict(deal.seller.form(NEW)["fields"])["_lines-0-loose"] == "1"


def test_only_what_lies_free_in_the_zone_is_offered(deal: Deal) -> None:
    page = deal.seller.open(NEW)
    assert "free: 16 pieces + 4 units" in page
    nobody = Reader.of(deal.app, deal.world.merchant(deal.world.business("空库")))
    assert "There is nothing to send" in nobody.open(NEW)


def test_the_same_form_sent_twice_is_one_consignment(deal: Deal) -> None:
    page = deal.seller.open(NEW)
    deal.seller.send(NEW, 200, **deal.filled())
    first = deal.seller.path
    deal.seller.text, deal.seller.path = page, NEW
    deal.seller.send(NEW, 200, **deal.filled())
    assert deal.seller.path == first
    assert len(deal.world.merchant(deal.goods["owner"]).get("/consignments")["items"]) == 1


def test_an_officer_sends_and_answers_for_a_business(deal: Deal) -> None:
    officer = Reader.of(deal.app, deal.world.regulator)
    page = officer.open(f"/batches/{deal.batch_id}")
    address = re.search(rf'href="({NEW}\?[^"]+owner=[^"]+)"', page)
    assert address is not None
    officer.open(address[1].replace("&amp;", "&"))
    officer.send(NEW, 200, **deal.filled())
    path = officer.path
    assert deal.world.regulator.get(path)["on_behalf_of"] == deal.goods["owner"]["business_id"]
    officer.open(f"{path}/confirm")
    officer.send(f"{path}/confirm", 200, zone_id=deal.shop["zone"]["zone_id"])
    assert "Receipt confirmed" in officer.text
    officer.open(NEW, 404)  # for whom?


def test_what_is_not_ones_own_is_not_there(deal: Deal) -> None:
    path = deal.sent()
    stranger = Reader.of(deal.app, deal.world.merchant(deal.world.business("别家")))
    for address in (path, f"{path}/confirm", f"{path}/reject", f"/consignments/{uuid4()}"):
        stranger.open(address, 404)
    assert path not in stranger.open("/consignments")
    assert deal.batch_id not in stranger.open("/stock")
    page = stranger.open(f"{NEW}?zone_id={deal.goods['zone']['zone_id']}&batch_id={deal.batch_id}")
    assert deal.goods["product"]["name"] not in page
    lab = Reader.of(deal.app, deal.goods["lab"][1])
    for address in ("/consignments", "/stock", NEW, path):
        lab.open(address, 403)


def test_lists_filter_by_way_and_state(deal: Deal) -> None:
    path = deal.sent()
    assert path in deal.seller.open("/consignments?direction=out")
    assert path not in deal.seller.open("/consignments?direction=in")
    assert path in deal.buyer.open("/consignments?direction=in&state=in_transit")
    assert re.search(r">In transit 1</a>", deal.buyer.text)
    assert path not in deal.buyer.open("/consignments?state=confirmed")
    page = deal.seller.open("/stock")
    assert page.count(f'href="/batches/{deal.batch_id}"') == 2, "what is left, and what is on the road"
    deal.seller.open("/consignments?state=lost", 422)


def test_the_desk_counts_what_there_is(deal: Deal) -> None:
    page = deal.seller.open("/")
    assert "200 kg" in page  # 100 units of 2 kg
    deal.sent()
    page = deal.seller.open("/")
    assert "174 kg" in page
    assert "On the road, still yours: 26 kg" in page
    deal.world.result(deal.goods["lab"], deal.world.tube(deal.goods["lab"], [deal.batch_id]), "positive")
    page = deal.seller.open("/")
    assert "is locked: 16 pieces + 4 units" in page, "what is on the road is locked too"
    assert "Read why" in page


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_every_page_is_drawn_in_both_languages(deal: Deal, lang: str) -> None:
    path = deal.sent()
    for who, addresses in (
        (deal.goods["owner"], ["/", "/consignments", "/stock", NEW, path]),
        (deal.shop["owner"], ["/", "/stock", path, f"{path}/confirm", f"{path}/reject"]),
    ):
        reader = Reader.of(deal.app, deal.world.merchant(who), lang=lang)
        for address in addresses:
            assert reader.open(address).count("<h1") == 1, address
