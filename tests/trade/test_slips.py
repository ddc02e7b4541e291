"""The photograph of a signed slip, and consignments that nobody answers: who sees them, and when they count as such."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.batches.models import Flag
from coldchain.core import clock, db, limits
from coldchain.core.errors import NotFound
from coldchain.journal import history
from coldchain.journal.models import JournalEntry
from coldchain.ledger import check
from coldchain.trade import backcheck_words as words
from coldchain.trade import service
from coldchain.trade.models import Consignment
from coldchain.trade.service import backcheck
from tests.factories.people import Speaker
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.ledger.books import Party, batch, party, product
from tests.trade.entries import accounts, recall
from tests.trade.parties import merchant, officer, send


def photograph(kind: str = "JPEG", colour: str = "white", **saved: Any) -> bytes:
    """An invented photograph, with where it was taken in its metadata."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at 示例路7号"
    Image.new("RGB", (40, 30), colour).save(out, kind, exif=exif, **saved)
    return out.getvalue()


class Deal:
    """A consignment between two businesses, and a third."""

    def __init__(self, world: World) -> None:
        app = world.people.app
        self.app, self.world = app, world
        have, shop = world.cleared(100), world.shop()
        self.seller, self.buyer = world.merchant(have["owner"]), world.merchant(shop["owner"])
        self.stranger = world.merchant(world.business())
        made = self.seller.post("/consignments", {
            "from_zone_id": have["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
            "handover": "signed_in_person",
            "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": 5}],
        }, 201)  # fmt: skip
        self.address = f"/consignments/{made['consignment_id']}"

    def hand_in(self, who: Speaker, content: bytes | None, name: str = "slip.jpg", **headers: str) -> Any:
        """Hand in a file."""
        data = {} if content is None else {"file": (io.BytesIO(content), name)}
        return self.app.test_client().post(
            f"/api/v1{self.address}/slip", data=data, content_type="multipart/form-data",
            headers={"Authorization": f"Bearer {who.token}", **headers},
        )  # fmt: skip

    def fetch(self, who: Speaker) -> Any:
        """Fetch the photograph."""
        headers = {"Authorization": f"Bearer {who.token}"} if who.token else {}
        return self.app.test_client().get(f"/api/v1{self.address}/slip", headers=headers)


@pytest.fixture
def deal(scenes: Scenes) -> Deal:
    return scenes.of(Deal)


def test_the_photograph_is_kept_bare_and_shown_to_the_parties(deal: Deal) -> None:
    assert deal.fetch(deal.seller).status_code == 404
    made = deal.hand_in(deal.seller, photograph("PNG"))
    assert made.status_code == 201, made.get_data(as_text=True)
    assert made.get_json()["slip_file_id"]
    for who in (deal.seller, deal.buyer, deal.world.regulator, deal.world.inspector):
        shown = deal.fetch(who)
        assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
        assert "示例路7号".encode() not in shown.data
        with Image.open(io.BytesIO(shown.data)) as image:
            assert (image.size, image.getexif().get(0x010E)) == ((40, 30), None)
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["Cache-Control"] == "private, no-store"


def test_others_see_nothing(deal: Deal) -> None:
    deal.hand_in(deal.seller, photograph())
    assert deal.fetch(deal.stranger).status_code == 404
    assert deal.fetch(deal.world.people.regulator("511011")).status_code == 404
    assert deal.fetch(deal.world.people.nobody()).status_code == 401
    assert deal.hand_in(deal.stranger, photograph()).status_code == 404
    assert deal.hand_in(deal.world.inspector, photograph()).status_code == 403


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "required"),
        (b"", "required"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not_an_image"),
        (b"GIF89a" + b"\0" * 20, "not_an_image"),
        (photograph()[:200], "image_damaged"),
    ],
)
def test_what_is_no_photograph(deal: Deal, content: bytes | None, code: str) -> None:
    refused = deal.hand_in(deal.seller, content)
    assert refused.status_code == 422
    (error,) = refused.get_json()["errors"]
    assert (error["pointer"], error["code"]) == ("/file", code)


@pytest.mark.parametrize(("more", "status"), [(1, 422), (70_000, 413)])
def test_a_file_is_bounded(deal: Deal, more: int, status: int) -> None:
    """One byte too many is refused by name; far too many before anything is read."""
    content = photograph() + b"\0" * limits.UPLOAD_BYTES
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    body = head + content[: limits.UPLOAD_BYTES + more].ljust(limits.UPLOAD_BYTES + more, b"\0") + b"\r\n--cut--\r\n"
    refused = deal.app.test_client().post(
        f"/api/v1{deal.address}/slip", data=body, content_type="multipart/form-data; boundary=cut",
        headers={"Authorization": f"Bearer {deal.seller.token}"},
    )  # fmt: skip
    assert (refused.status_code, refused.get_json()["code"]) == (status, "invalid" if status == 422 else "too_large")


def test_the_same_photograph_with_the_same_key_is_one_act(deal: Deal) -> None:
    first = deal.hand_in(deal.seller, photograph(), **{"Idempotency-Key": "slip-1"})
    again = deal.hand_in(deal.seller, photograph(), **{"Idempotency-Key": "slip-1"})
    assert again.data == first.data
    other = deal.hand_in(deal.seller, photograph(colour="black"), **{"Idempotency-Key": "slip-1"})
    assert other.get_json()["code"] == "idempotency_mismatch"


def test_a_newer_one_takes_its_place_and_the_journal_knows_both(deal: Deal) -> None:
    deal.hand_in(deal.seller, photograph())
    deal.hand_in(deal.buyer, photograph(colour="black"))
    with Image.open(io.BytesIO(deal.fetch(deal.seller).data)) as image:
        assert image.getpixel((5, 5)) == (0, 0, 0)
    with db.transaction() as session:
        told = history.of_subject(session, UUID(deal.address.rpartition("/")[2]), ["consignment.slip_kept"])
    assert len(told) == 2


@pytest.fixture
def seller(session: Session) -> Party:
    return party(session)


@pytest.fixture
def buyer(session: Session) -> Party:
    return party(session)


def aged(session: Session, road: UUID, hours: float) -> UUID:
    """Let a consignment have been recorded so long ago."""
    when = clock.now() - timedelta(hours=hours)
    session.execute(update(Consignment).where(col(Consignment.consignment_id) == road).values(recorded_at=when))
    session.expire_all()
    return road


def listed(session: Session, actor: Any, **asked: Any) -> list[UUID]:
    """Return which consignments are listed."""
    items, _following = service.search(session, actor, limit=50, **asked)
    return [item["consignment_id"] for item in items]


def test_what_nobody_answers_is_listed_by_age(session: Session, seller: Party, buyer: Party) -> None:
    goods = batch(session, seller, product(session), 100)
    line = [{"batch_id": goods, "quantity_units": 5}]
    young, old = (
        aged(session, send(session, merchant(seller), seller, buyer, goods, 5)["consignment_id"], hours)
        for hours in (23.5, 24.5)
    )
    answered = aged(session, send(session, merchant(seller), seller, buyer, goods, 5)["consignment_id"], 48)
    service.confirm(session, merchant(buyer), answered, zone_id=buyer.zone_id, lines=line)
    person = {"name": "王示例", "phone": "13700000000"}
    to_name = aged(session, send(session, merchant(seller), seller, person, goods, 5)["consignment_id"], 30)
    signed = {"handover": "signed_in_person"}
    over = aged(session, send(session, merchant(seller), seller, person, goods, 5, **signed)["consignment_id"], 30)
    taken = aged(session, send(session, merchant(seller), seller, buyer, goods, 5, **signed)["consignment_id"], 30)
    for actor in (merchant(seller), officer()):
        assert set(listed(session, actor, unanswered=True)) == {old, to_name, taken}
        assert set(listed(session, actor, unanswered=False)) == {young, answered, over}
        assert set(listed(session, actor, waiting_h=23)) == {young, old, to_name, taken}
        assert set(listed(session, actor, waiting_h=25)) == {to_name, taken}
    assert set(listed(session, merchant(buyer), unanswered=True)) == {old, taken}
    assert service.count_unanswered(session, merchant(buyer), "in") == 2
    shown = service.get(session, merchant(seller), old)
    assert (shown["waiting_h"], shown["unanswered"]) == (24, True)
    shown = service.get(session, merchant(seller), answered)
    assert (shown["waiting_h"], shown["unanswered"]) == (None, False)


# --- a slip of who has no account closes the consignment ---

PERSON = {"name": "王示例", "phone": "13700000000"}


def sign(session: Session, actor: Any, road: UUID, var_dir: Path, colour: str = "white") -> dict[str, Any]:
    """Hand in the photograph of a signed slip."""
    return service.keep_slip(session, actor, road, var_dir=var_dir, content=photograph(colour=colour))


def journal_of(session: Session, road: UUID) -> list[str]:
    """Return what was told of a consignment."""
    statement = select(col(JournalEntry.kind)).where(col(JournalEntry.subject_id) == road)
    return list(session.scalars(statement.order_by(col(JournalEntry.entry_id))))


@pytest.mark.parametrize("who", ["sender", "officer"])
def test_a_signed_slip_closes_what_somebody_without_an_account_took(
    session: Session, seller: Party, tmp_path: Path, who: str
) -> None:
    of = product(session)
    goods, more = batch(session, seller, of, 100), batch(session, seller, of, 50)
    lines = [{"batch_id": goods, "quantity_units": 30}, {"batch_id": more, "quantity_units": 4}]
    road = aged(session, send(session, merchant(seller), seller, PERSON, lines)["consignment_id"], 48)
    actor = merchant(seller) if who == "sender" else officer()
    assert service.count_unanswered(session, actor) == 1
    shown = sign(session, actor, road, tmp_path)
    assert (shown["state"], shown["waiting_h"], shown["unanswered"]) == ("signed", None, False)
    assert [(line["confirmed_units"], line["open_units"]) for line in shown["lines"]] == [(30, 0), (4, 0)]
    (answer,) = shown["answers"]
    assert (answer["kind"], answer["on_behalf_of"]) == ("settled", None if who == "sender" else seller.business_id)
    assert [(each["outcome"], each["quantity_units"]) for each in answer["lines"]] == [
        ("delivered", 30), ("delivered", 4),
    ]  # fmt: skip
    there = accounts(session, goods)
    assert (there["zone"], there.get("transit", 0), there["sold"]) == (70, 0, 30)
    assert journal_of(session, road) == ["consignment.dispatched", "consignment.slip_kept"], "one fact more"
    assert check.stock_from_movements(session) is None
    assert check.movements_from_journal(session) is None
    assert service.count_unanswered(session, actor) == 0
    assert backcheck.count_by_kind(session, actor) == {}


def test_a_second_slip_only_takes_the_place_of_the_first(session: Session, seller: Party, tmp_path: Path) -> None:
    goods = batch(session, seller, product(session), 100)
    road = send(session, merchant(seller), seller, PERSON, goods, 30)["consignment_id"]
    first = sign(session, merchant(seller), road, tmp_path)
    again = sign(session, merchant(seller), road, tmp_path, "black")
    assert again["slip_file_id"] != first["slip_file_id"]
    assert (again["state"], len(again["answers"])) == ("signed", 1)
    assert accounts(session, goods)["sold"] == 30


def test_what_a_slip_does_not_close(session: Session, seller: Party, buyer: Party, tmp_path: Path) -> None:
    """Who has an account answers itself; what is disputed is settled first."""
    goods = batch(session, seller, product(session), 100)
    road = send(session, merchant(seller), seller, buyer, goods, 30)["consignment_id"]
    assert sign(session, merchant(seller), road, tmp_path)["state"] == "in_transit"
    road = send(session, merchant(seller), seller, PERSON, goods, 30)["consignment_id"]
    line = {"batch_id": goods, "quantity_units": 10}
    service.dispute(session, merchant(seller), road, lines=[line], reason="破损")
    shown = sign(session, merchant(seller), road, tmp_path)
    assert (shown["state"], shown["lines"][0]["open_units"]) == ("disputed", 20)
    service.settle(session, merchant(seller), road, lines=[line | {"outcome": "returned"}], reason="退回")
    shown = sign(session, merchant(seller), road, tmp_path, "black")
    assert (shown["state"], shown["lines"][0]["confirmed_units"]) == ("signed", 20)
    assert accounts(session, goods)["sold"] == 20
    assert check.stock_from_movements(session) is None


@pytest.mark.parametrize("locked", [True, False])
def test_locked_goods_that_were_signed_for_are_flagged(
    session: Session, seller: Party, tmp_path: Path, locked: bool
) -> None:
    goods = batch(session, seller, product(session), 100)
    road = send(session, merchant(seller), seller, PERSON, goods, 30)["consignment_id"]
    if locked:
        recall(session, goods)
    assert sign(session, merchant(seller), road, tmp_path)["state"] == "signed"
    rows = session.execute(
        select(col(Flag.kind), col(Flag.batch_id), col(Flag.data)).where(col(Flag.subject_id) == road)
    ).all()
    told = {"quantity_units": 30, "held_units": 30}
    assert [tuple(row) for row in rows] == ([("count_under_lock", goods, told)] if locked else [])
    assert check.stock_from_movements(session) is None


def test_who_else_closes_nothing(session: Session, seller: Party, buyer: Party, tmp_path: Path) -> None:
    goods = batch(session, seller, product(session), 100)
    road = send(session, merchant(seller), seller, PERSON, goods, 30)["consignment_id"]
    for stranger in (merchant(buyer), officer("511011")):
        with pytest.raises(NotFound):
            sign(session, stranger, road, tmp_path)
    assert service.get(session, merchant(seller), road)["state"] == "in_transit"


def test_the_row_of_the_backwards_checks_leads_to_the_slip(session: Session, seller: Party, buyer: Party) -> None:
    goods = batch(session, seller, product(session), 100)
    road = aged(session, send(session, merchant(seller), seller, PERSON, goods, 30)["consignment_id"], 48)
    for actor in (merchant(seller), officer()):
        (row,), _next, _as_of = backcheck.search(session, actor, limit=9)
        assert row["act"] == "answer"
        assert words.place_to_solve(actor, row) == (f"/consignments/{road}/slip", True)
        assert "signed" in words.in_both(words.solved_by(row), "text")["text_en"]
        assert "without an account" in words.in_both(words.message(row), "message")["message_en"]
        assert words.in_both(words.verb(row), "verb") == {"verb_zh": "拍签收单", "verb_en": "Photograph the slip"}
    reader = Actor(officer().user_id, "inspector", "示例", "auditor", areas=(Area("230203"),))
    assert words.place_to_solve(reader, row) == (f"/consignments/{road}", False)
