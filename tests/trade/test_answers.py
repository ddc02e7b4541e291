"""What the receiver answers, who may, and what it does to the goods (R4, R8, R10)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM, Actor, Area
from coldchain.core import clock
from coldchain.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal.models import JournalEntry
from coldchain.ledger import check, holds
from coldchain.ledger.holds import Cause
from coldchain.trade import service
from tests.ledger.books import NOW, Party, batch, party, product, stock
from tests.trade.parties import merchant, officer, send


@pytest.fixture
def seller(session: Session) -> Party:
    return party(session)


@pytest.fixture
def buyer(session: Session) -> Party:
    return party(session, 2)


@pytest.fixture
def goods(session: Session, seller: Party) -> UUID:
    return batch(session, seller, product(session), 100)


@pytest.fixture
def road(session: Session, seller: Party, buyer: Party, goods: UUID) -> UUID:
    """30 of 100 units on their way."""
    made: UUID = send(session, merchant(seller), seller, buyer, goods)["consignment_id"]
    return made


def take(session: Session, actor: Actor, road: UUID, zone_id: UUID, goods: Any, units: int = 30, **more: Any) -> Any:
    lines = goods if isinstance(goods, list) else [{"batch_id": goods, "quantity_units": units}]
    return service.confirm(session, actor, road, zone_id=zone_id, lines=lines, **more)


def test_the_receiver_confirms_and_has_the_goods(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    made = take(session, merchant(buyer), road, buyer.zones[1], goods)
    assert (made["state"], made["to_zone_id"], made["to_site_id"]) == ("confirmed", buyer.zones[1], buyer.site_id)
    assert made["lines"][0]["confirmed_units"] == 30
    assert made["answered_at"] is not None
    assert stock(session, goods) == {("zone", seller.zone_id): (70, 0), ("zone", buyer.zones[1]): (30, 0)}
    assert check.stock_from_movements(session) is None
    again = send(session, merchant(buyer), Party(buyer.business_id, buyer.site_id, buyer.zones[1:]), seller, goods, 30)
    assert again["state"] == "in_transit"


def test_the_receiver_rejects_and_the_goods_are_back(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    made = service.reject(session, merchant(buyer), road, reason="包装破损")
    assert (made["state"], made["answer_reason"], made["lines"][0]["confirmed_units"]) == ("rejected", "包装破损", 0)
    assert stock(session, goods) == {("zone", seller.zone_id): (100, 0)}
    assert check.stock_from_movements(session) is None


def test_answers_are_facts_and_keep_what_was_typed_out_of_the_journal(
    session: Session, buyer: Party, goods: UUID, road: UUID
) -> None:
    service.reject(session, merchant(buyer), road, reason="王示例不收")
    entries = session.scalars(
        select(JournalEntry).where(col(JournalEntry.subject_id) == road).order_by(col(JournalEntry.entry_id))
    ).all()
    assert [entry.kind for entry in entries] == ["consignment.dispatched", "consignment.rejected"]
    assert entries[1].business_id == buyer.business_id
    assert "王示例" not in entries[1].body


@pytest.mark.parametrize("first", ["confirm", "reject"])
@pytest.mark.parametrize("second", ["confirm", "reject"])
def test_an_answer_is_final(session: Session, buyer: Party, goods: UUID, road: UUID, first: str, second: str) -> None:
    def answer(how: str) -> Any:
        if how == "confirm":
            return take(session, merchant(buyer), road, buyer.zone_id, goods)
        return service.reject(session, merchant(buyer), road, reason="不收")

    answer(first)
    before = stock(session, goods)
    with pytest.raises(Conflict) as caught:
        answer(second)
    assert caught.value.code == "wrong_state"
    assert stock(session, goods) == before


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        ("seller", Forbidden),
        ("stranger", NotFound),
        ("elsewhere", NotFound),
        ("inspector", Forbidden),
        ("lab", Forbidden),
    ],
)
def test_who_may_not_answer(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID, who: str, kind: type[DomainError]
) -> None:
    actor = {
        "seller": merchant(seller),
        "stranger": merchant(party(session)),
        "elsewhere": officer("511011"),
        "inspector": Actor(new_id(), "inspector", "示例", "inspector", areas=(Area("230203"),)),
        "lab": Actor(new_id(), "lab", "示例", "lab", business_id=party(session).business_id),
    }[who]
    with pytest.raises(kind):
        take(session, actor, road, buyer.zone_id, goods)
    with pytest.raises(kind):
        service.reject(session, actor, road, reason="不收")
    assert stock(session, goods)["transit", road] == (30, 0)


def test_only_the_receivers_region_answers(session: Session, seller: Party, goods: UUID) -> None:
    """An officer of the sending region sees the consignment; the answer lies in the receiver's region."""
    buyer = party(session, region_code="230202")
    road = send(session, merchant(seller), seller, buyer, goods)["consignment_id"]
    with pytest.raises(Forbidden):
        take(session, officer("230203"), road, buyer.zone_id, goods)
    made = take(session, officer("230202"), road, buyer.zone_id, goods)
    assert made["state"] == "confirmed"


@pytest.mark.parametrize("units", [29, 31, 1, 10**12])
def test_another_quantity_is_refused(session: Session, buyer: Party, goods: UUID, road: UUID, units: int) -> None:
    with pytest.raises(Invalid) as caught:
        take(session, merchant(buyer), road, buyer.zone_id, goods, units)
    assert caught.value.code == "quantity_differs"
    assert caught.value.errors[0].pointer == "/lines/0/quantity_units"


def test_all_lines_and_no_others(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    other, third = batch(session, seller, product(session), 10), batch(session, seller, product(session), 10)
    sent = [{"batch_id": goods, "quantity_units": 30}, {"batch_id": other, "quantity_units": 5}]
    road = send(session, merchant(seller), seller, buyer, sent)["consignment_id"]
    for lines, code in (
        (sent[:1], "quantity_differs"),
        ([*sent, {"batch_id": third, "quantity_units": 1}], "not_in_consignment"),
        ([*sent, sent[0]], "duplicate_batch"),
    ):
        with pytest.raises(Invalid) as caught:
            take(session, merchant(buyer), road, buyer.zone_id, lines)
        assert {caught.value.code, *(error.code for error in caught.value.errors)} >= {code}
    made = take(session, merchant(buyer), road, buyer.zone_id, sent[::-1])
    assert [line["confirmed_units"] for line in made["lines"]] == [30, 5]


def test_zones_that_are_not_the_receivers(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    for zone_id in (seller.zone_id, new_id()):
        with pytest.raises(NotFound):
            take(session, merchant(buyer), road, zone_id, goods)
    with pytest.raises(Invalid) as caught:
        take(session, officer(), road, seller.zone_id, goods)
    assert caught.value.errors[0].code == "not_receivers_zone"


@pytest.mark.parametrize(
    ("imported", "kind", "fits"),
    [
        (True, "import_dedicated", True),
        (True, "sale_counter", True),
        (True, "quarantine", True),
        (True, "general", False),
        (False, "general", True),
        (False, "quarantine", True),
        (False, "import_dedicated", False),
    ],
)
def test_dedicated_zones(session: Session, imported: bool, kind: str, fits: bool) -> None:
    seller, buyer = party(session), party(session, kind=kind)
    goods = batch(session, seller, product(session, imported=imported), 10)
    road = send(session, merchant(seller), seller, buyer, goods, 10)["consignment_id"]
    if fits:
        assert take(session, merchant(buyer), road, buyer.zone_id, goods, 10)["state"] == "confirmed"
        return
    with pytest.raises(Conflict) as caught:
        take(session, merchant(buyer), road, buyer.zone_id, goods, 10)
    assert caught.value.code == "zone_not_dedicated"
    assert caught.value.extra["batch_ids"] == [str(goods)]


@pytest.mark.parametrize("answer", ["confirm", "reject"])
def test_what_travels_arrives_locked(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID, answer: str
) -> None:
    holds.place(session, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW)
    if answer == "confirm":
        take(session, merchant(buyer), road, buyer.zone_id, goods)
        assert stock(session, goods)["zone", buyer.zone_id] == (30, 30)
        with pytest.raises(Conflict) as caught:
            send(session, merchant(buyer), buyer, seller, goods, 1)
        assert caught.value.code == "locked"
    else:
        service.reject(session, merchant(buyer), road, reason="不收")
        assert stock(session, goods) == {("zone", seller.zone_id): (100, 100)}
    assert check.stock_from_movements(session) is None


def test_signed_in_person_is_confirmed_into_a_zone_later(
    session: Session, seller: Party, buyer: Party, goods: UUID
) -> None:
    road = send(session, merchant(seller), seller, buyer, goods, handover="signed_in_person")["consignment_id"]
    with pytest.raises(Conflict) as caught:
        service.reject(session, merchant(buyer), road, reason="不收")
    assert caught.value.code == "wrong_state"
    assert take(session, merchant(buyer), road, buyer.zone_id, goods)["state"] == "confirmed"


@pytest.mark.parametrize("handover", ["await_confirmation", "signed_in_person"])
def test_a_name_has_nobody_to_confirm_and_the_seller_may_not(
    session: Session, seller: Party, goods: UUID, handover: str
) -> None:
    name = {"name": "王示例", "phone": "13700000000"}
    road = send(session, merchant(seller), seller, name, goods, handover=handover)["consignment_id"]
    with pytest.raises(Forbidden):
        take(session, merchant(seller), road, seller.zone_id, goods)
    with pytest.raises(Conflict) as caught:
        take(session, officer(), road, seller.zone_id, goods)
    assert caught.value.code == "receiver_not_registered"
    with pytest.raises(Forbidden):
        service.reject(session, merchant(seller), road, reason="回来了")
    if handover == "await_confirmation":
        assert service.reject(session, officer(), road, reason="回来了")["state"] == "rejected"
        assert stock(session, goods) == {("zone", seller.zone_id): (100, 0)}


@pytest.mark.parametrize(("minutes", "code"), [(-6, "in_future"), (6, "before_dispatch"), (4, None)])
def test_when_it_was_answered(
    session: Session, buyer: Party, goods: UUID, road: UUID, minutes: int, code: str | None
) -> None:
    when = clock.now() - timedelta(minutes=minutes)
    if code is None:
        assert take(session, merchant(buyer), road, buyer.zone_id, goods, occurred_at=when)["state"] == "confirmed"
        return
    with pytest.raises(Invalid) as caught:
        take(session, merchant(buyer), road, buyer.zone_id, goods, occurred_at=when)
    assert caught.value.errors[0].code == code


def test_there_is_no_such_consignment(session: Session, buyer: Party, goods: UUID) -> None:
    with pytest.raises(NotFound):
        take(session, merchant(buyer), new_id(), buyer.zone_id, goods)
    with pytest.raises(NotFound):
        service.reject(session, merchant(buyer), new_id(), reason="不收")
    with pytest.raises(NotFound):
        service.get(session, merchant(buyer), new_id())
