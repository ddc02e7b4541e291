"""The form of an arrival: many dates of one product, drafts, another like it, other people's stores, products."""

import io
import re
from dataclasses import replace

import pytest

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_arrival_rows as rows
from coldchain.batches.service import arrival_drafts
from coldchain.core import db, limits
from coldchain.core.ids import new_id
from coldchain.core.page_forms import Form
from coldchain.registry import service as registry
from tests.batches.deliveries import Delivery, at, hours
from tests.factories import hostile
from tests.factories.reader import Reader

NEW = "/arrivals/new"


@pytest.fixture
def delivery(scenes):
    """An importer with a store."""
    with at():
        yield scenes.of(Delivery)


@pytest.fixture
def merchant(app, delivery) -> Reader:
    """Its merchant, signed in."""
    return Reader.of(app, delivery.merchant)


def filled(delivery, **fields):
    """Return the form with one product of two dates; a third row stands ready and empty."""
    return {
        "entry_mode": "arrived", "arrived_at": hours(-1)[:16].replace("T", " "),
        "customs_declaration_no": "190120211000042871",
        "lines__0__product_id": delivery.product["product_id"], "lines__0__zone_id": delivery.zone["zone_id"],
        "lines__0__production_date": "2020-11-06", "lines__0__expiry_date": "2022-11-05", "_lines__0__pieces": "12",
        "_lines__1__same": "1", "lines__1__production_date": "2020-11-13", "lines__1__expiry_date": "2022-11-12",
        "_lines__1__pieces": "3", "_lines__1__loose": "2", "_lines__2__same": "1",
    } | fields  # fmt: skip


def test_the_same_product_with_other_dates_is_a_line_of_its_own(merchant, delivery) -> None:
    merchant.open(NEW)
    page = merchant.send(NEW, 200, _step="check", **filled(delivery))
    assert "2 kinds of goods" in page
    merchant.send(NEW, 200, _step="send")
    (made,) = delivery.merchant.get("/arrivals")["items"]
    lines = [
        (b["production_date"], b["quantity_units"], b["product"]["product_id"], b["zone_id"]) for b in made["batches"]
    ]
    same = (delivery.product["product_id"], delivery.zone["zone_id"])
    assert lines == [("2020-11-06", 72, *same), ("2020-11-13", 20, *same)]


def test_an_error_of_a_repeated_row_stands_at_what_it_asks(merchant, delivery) -> None:
    merchant.open(NEW)
    page = merchant.send(
        NEW, 422, _step="check", **filled(delivery, lines__0__product_id=None, lines__1__expiry_date="x")
    )
    assert "f-lines-0-product_id" in page
    assert 'href="#f-lines-1-expiry_date"' in page
    assert 'href="#f-lines-1-product_id"' not in page


def test_without_script_a_button_repeats_and_removes(merchant, delivery) -> None:
    merchant.open(NEW)
    merchant.send(NEW, 200, _step=None, _add="lines", **filled(delivery))
    page = merchant.send(NEW, 200, _step=None, _repeat="0")
    assert page.count('value="1" data-same') == 4, "three rows and the one that scripts copy"
    fields = dict(merchant.form(NEW)["fields"])
    assert fields["lines-1-production_date"] == "2020-11-13"
    assert "lines-4-product_id" not in fields or fields["lines-4-product_id"] == ""
    page = merchant.send(NEW, 200, _step=None, _remove="lines-0")
    assert page.count('value="1" data-same') == 1, "a product goes with its other dates"


def test_rows_are_shifted_and_joined() -> None:
    form = Form({"lines-0-product_id": "a", "lines-1-product_id": "b", "_lines-1-pieces": "4"})
    longer = rows.repeat(form, 0, 2)
    assert (longer["_lines-1-same"], longer["lines-2-product_id"], longer["_lines-2-pieces"]) == ("1", "b", "4")
    assert rows.joined(longer)["lines-1-product_id"] == "a"
    assert rows.filled(longer) == [0, 2]
    assert rows.parent(longer, 1) == 0
    assert not rows.is_same(Form({"_lines-0-same": "1"}), 0)
    assert rows.remove(longer, 2, 3).get("lines-2-product_id") is None
    assert dict(rows.remove(Form({"lines-0-product_id": "a"}), 0, 1)) == {"lines-0-product_id": "a"}


def test_goods_are_declared_by_the_same_form(merchant, delivery) -> None:
    merchant.open(NEW)
    merchant.send(NEW, 422, _step="check", **filled(delivery, entry_mode="declared"))
    soon = hours(3)[:16].replace("T", " ")
    merchant.send(NEW, 200, _step="check", **filled(delivery, entry_mode="declared", expected_at=soon))
    page = merchant.send(NEW, 200, _step="send")
    assert "less than a day" in page
    (made,) = delivery.merchant.get("/arrivals")["items"]
    assert (made["state"], made["arrived_at"]) == ("declared", None)
    assert made["arrival_no"] in merchant.open("/"), "the desk reminds of taking it in"


def test_from_paper_the_next_step_is_the_photograph(merchant, delivery) -> None:
    merchant.open(NEW)
    merchant.send(NEW, 200, _step="check", **filled(delivery, entry_mode="paper"))
    merchant.send(NEW, 200, _step="send")
    assert merchant.path.endswith("/vouchers/new")


def test_what_is_begun_is_there_after_signing_out_until_it_is_sent(app, merchant, delivery, world) -> None:
    merchant.open(NEW)
    token = dict(merchant.form(NEW)["fields"])["csrf_token"]
    typed = {"csrf_token": token, "lines-0-batch_no": "L77", "driver-name": "王示例", "entry_mode": "arrived"}
    assert merchant.client.post("/arrivals/draft", data=typed).status_code == 204
    again = Reader.of(app, delivery.merchant)
    assert "An arrival that you began" in again.open("/")
    page = again.open(NEW)
    assert "L77" in page
    assert "王示例" not in page, "personal values stand in no draft"
    stranger = Reader.of(app, world.merchant(world.business()))
    assert "L77" not in stranger.open(NEW)
    again.open(NEW)
    again.send(NEW, 200, _step="check", **filled(delivery))
    again.send(NEW, 200, _step="send")
    assert "L77" not in again.open(NEW)
    assert "An arrival that you began" not in again.open("/")


def test_a_draft_can_be_started_over(merchant, delivery) -> None:
    merchant.open(NEW)
    page = merchant.send(NEW, 200, _step=None, _keep="1", lines__0__batch_no="L78")
    assert merchant.path == "/arrivals"
    assert "It is kept, not sent" in page
    assert "L78" in merchant.open(NEW)
    merchant.send("/arrivals/draft", 200, _discard="1")
    assert "L78" not in merchant.open(NEW)


def test_another_like_it_leaves_what_was_begun_alone(merchant, delivery) -> None:
    """A is kept, a clone is kept too, another sent: A is still there, to be gone on with or discarded from the list."""
    made = delivery.enter(delivery.line())
    merchant.open(NEW)
    merchant.send(NEW, 200, _step=None, _keep="1", lines__0__batch_no="A78", container_no="CSQU3054383")
    like = f"{NEW}?like={made['arrival_id']}"
    page = merchant.open(like)
    assert "One more arrival that you began is not sent yet" in page
    assert "A78" not in page
    page = merchant.send(NEW, 200, _step=None, _keep="1", seal_no="B79")
    assert "2 arrivals not sent yet" in page
    assert "CSQU3054383" in page
    desk = merchant.open("/")
    assert "2 arrivals that you began" in desk
    assert 'href="/arrivals#begun"' in desk
    merchant.open(like)
    merchant.send(NEW, 200, _step="check", **filled(delivery))
    merchant.send(NEW, 200, _step="send")
    page = merchant.open("/arrivals")
    drafts = re.findall(r'href="(/arrivals/new\?draft=[0-9a-f-]+)">Go on', page)
    assert len(drafts) == 2, "the clone that was sent ended itself alone"
    assert ["A78" in merchant.open(path) for path in drafts] == [False, True]
    merchant.send("/arrivals/draft", 200, _discard="list")
    assert "1 arrival not sent yet" in merchant.text
    merchant.open(drafts[1])
    assert merchant.path == "/arrivals"
    assert "sent or discarded already" in merchant.text


def test_a_draft_has_a_bound(delivery, monkeypatch) -> None:
    monkeypatch.setattr(limits, "DRAFT_CHARS", 10)
    user = delivery.merchant.user
    with db.transaction() as session:
        owner = registry.find_business(session, delivery.owner["business_id"])
        actor = Actor(user.user_id, user.username, "", "merchant", business_id=owner.business_id)
        assert arrival_drafts.save(session, actor, owner, new_id(), [("a", "x" * 9)])
        assert not arrival_drafts.save(session, actor, owner, new_id(), [("a", "x" * 10)])
        monkeypatch.setattr(limits, "ARRIVAL_DRAFTS", 2)
        second = new_id()
        assert arrival_drafts.save(session, actor, owner, second, [("a", "x")])
        assert not arrival_drafts.save(session, actor, owner, new_id(), [("a", "x")])
        assert arrival_drafts.save(session, actor, owner, second, [("a", "y")]), "what is kept can be gone on with"
        stranger = replace(actor, user_id=delivery.world.regulator.user.user_id)
        assert not arrival_drafts.save(session, stranger, owner, second, [("a", "z")]), "another's is never written"
        assert arrival_drafts.find(session, stranger, second) is None


def test_another_like_it_keeps_products_and_places_and_asks_the_rest(merchant, delivery) -> None:
    made = delivery.enter(delivery.line(), delivery.line(batch_no="L2"), vehicle_plate="黑B12345")
    page = merchant.open(f"{NEW}?like={made['arrival_id']}")
    fields = dict(merchant.form(NEW)["fields"])
    assert fields["lines-0-product_id"] == delivery.product["product_id"]
    assert "lines-1-product_id" not in fields, "two dates of one product are one product"
    assert (fields["_supplier"], fields["vehicle_plate"]) == ("示例贸易", "黑B12345")
    assert fields["lines-0-production_date"] == fields.get("container_no") == fields["_lines-0-pieces"] == ""
    assert "L1" not in page
    merchant.open(f"{NEW}?like=00000000-0000-7000-8000-000000000000", 404)


def test_goods_may_come_to_another_business_s_cold_store(world, merchant, delivery) -> None:
    keeper = world.business("冷链仓储", kinds=["cold_store"])
    store = world.site(keeper)
    zone = world.zone(store)
    merchant.open(NEW)
    assert zone["zone_id"] not in merchant.text
    page = merchant.send(NEW, 200, _step=None, _find_store="1", _store=keeper["name"])
    assert zone["zone_id"] in page
    fields = filled(delivery, site_id=store["site_id"], lines__0__zone_id=zone["zone_id"], _store=keeper["name"])
    merchant.send(NEW, 200, _step="check", **fields)
    merchant.send(NEW, 200, _step="send")
    (made,) = delivery.merchant.get("/arrivals")["items"]
    assert made["site_id"] == store["site_id"]
    like = merchant.open(f"{NEW}?like={made['arrival_id']}")
    assert f'value="{zone["zone_id"]}" selected' in like
    assert f'value="{store["site_id"]}" selected' in like


@pytest.mark.parametrize(
    "typed", ["凤爪", "fz", "6901234567892", "06901234567892", "]C10106901234567892", "(01)06901234567892"]
)
def test_a_product_is_found_by_characters_initials_or_its_barcode(world, merchant, delivery, typed) -> None:
    world.product(name="巴西凤爪", gtin="6901234567892")
    world.product(name="翅尖")
    page = merchant.client.get("/catalogue/products", query_string={"_lines-0-find": typed}).get_data(as_text=True)
    assert "巴西凤爪" in page
    assert "翅尖" not in page


def test_everything_that_is_wrong_is_said_at_once_and_chosen_files_stay(merchant, delivery) -> None:
    """What can't be read and what can't be right, of the delivery, its goods and its papers: one page says it all."""
    picture = (io.BytesIO(hostile.photograph()), "paper.jpg")
    paper = {
        "_papers__0__kind": "customs_declaration", "_papers__0__number": "123", "_papers__0__issuer": "示例海关",
        "_papers__0__issued_on": "2099-01-01", "_papers__0__file": picture,
    }  # fmt: skip
    wrong = filled(
        delivery, container_no="CSQU3054384", arrived_at="2099-01-01 00:00", lines__0__expiry_date="2020-11-01",
        _lines__1__pieces="x", lines__1__expiry_date="2019-11-01", customs_declaration_no="1", **paper,
    )  # fmt: skip
    merchant.open(NEW)
    page = merchant.send(NEW, 422, _step="check", **wrong)
    named = set(re.findall(r'href="#f-([^"]+)"', page))
    asked = {"container_no", "arrived_at", "lines-0-expiry_date"}
    there = {"_lines-1-pieces", "lines-1-expiry_date", "customs_declaration_no"}
    assert asked | there | {"_papers-0-number", "_papers-0-issued_on"} <= named
    assert "The file is kept" in page
    page = merchant.send(NEW, 422, _step="check", _lines__1__pieces="3", _papers__0__file=(io.BytesIO(b"MZ"), "a.exe"))
    named = set(re.findall(r'href="#f-([^"]+)"', page))
    assert asked | {"_papers-0-number", "_papers-0-file"} <= named
    right = {
        "container_no": "CSQU3054383", "arrived_at": hours(-1)[:16].replace("T", " "),
        "customs_declaration_no": "190120211000042871", "lines__1__expiry_date": "2022-11-05",
        "lines__0__expiry_date": "2022-11-05", "_papers__0__number": "", "_papers__0__issued_on": "2021-01-17",
    }  # fmt: skip
    page = merchant.send(NEW, 200, _step="check", **right)
    assert "2 kinds of goods" in page
    merchant.send(NEW, 200, _step="send")
    (made,) = delivery.merchant.get("/arrivals")["items"]
    (kept,) = delivery.merchant.get(f"/arrivals/{made['arrival_id']}")["evidence"]
    assert (kept["number"], kept["file"]["media_type"]) == ("190120211000042871", "image/jpeg")


def test_the_api_says_all_that_is_wrong_at_once(delivery) -> None:
    refused = delivery.enter(container_no="CSQU3054384", supplier={"business": "91230203MA00000000"},
                             arrived_at=hours(9), expect=422)  # fmt: skip
    assert {error["pointer"] for error in refused["errors"]} >= {"/container_no", "/supplier/business", "/arrived_at"}
    numbers = {"container_no": "CSQU3054384", "customs_declaration_no": "1"}
    lines = [
        delivery.line(expiry_date="2020-11-05"),
        delivery.line(production_date="2099-01-01", expiry_date="2099-02-01"),
    ]
    refused = delivery.enter(*lines, **numbers, expect=422)
    both = {"/container_no", "/customs_declaration_no"}
    there = {"/lines/0/expiry_date", "/lines/1/production_date"}
    assert {error["pointer"] for error in refused["errors"]} == both | there
    declared = delivery.declare()
    ids = [batch["batch_id"] for batch in declared["batches"]]
    wrong = [{"batch_id": ids[0]}, {"batch_id": ids[0]}]
    refused = delivery.take_in(declared, 422, **numbers, arrived_at=hours(9), lines=wrong)
    assert {error["pointer"] for error in refused["errors"]} == both | {"/arrived_at", "/lines/1/batch_id"}
