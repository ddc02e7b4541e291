"""The photograph of a signed slip, and consignments that nobody answers: who sees them, and when they count as such."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import update
from sqlmodel import Session, col

from coldchain.core import clock, db, limits
from coldchain.journal import history
from coldchain.trade import service
from coldchain.trade.models import Consignment
from tests.factories.people import Speaker
from tests.factories.world import World
from tests.ledger.books import Party, batch, party, product
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

    def __init__(self, app: Flask, world: World) -> None:
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
def deal(app: Flask, world: World) -> Deal:
    return Deal(app, world)


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
        (photograph()[:200], "not_an_image"),
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
