"""Late facts (补录): what already happened is accepted despite gate and lock, what is intended is not (R1, R8, R9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.batches import watch
from coldchain.batches.models import Flag
from coldchain.core import clock
from coldchain.core.errors import DomainError
from coldchain.ledger import check
from coldchain.ledger.models import Movement
from coldchain.registry.models import Business
from coldchain.trade.service import entries
from tests.ledger.books import Party, batch, party, product, stock
from tests.trade.entries import accounts, ago, entry_count, flags, line, positive, recall, seal, zone
from tests.trade.parties import merchant


@pytest.fixture
def owner(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, owner: Party) -> UUID:
    return batch(session, owner, product(session), 100)


@pytest.fixture
def told() -> Iterator[list[tuple[UUID, watch.Late]]]:
    """What recalls are told of goods that had left."""
    heard: list[tuple[UUID, watch.Late]] = []

    def hear(_session: Session, _actor: Any, cause_id: UUID, late: watch.Late) -> None:
        heard.append((cause_id, late))

    others, watch.on_late[:] = list(watch.on_late), [hear]
    yield heard
    watch.on_late[:] = others


def do(session: Session, use_case: Any, owner: Party, goods: Any, units: int = 10, **more: Any) -> dict[str, Any]:
    lines = goods if isinstance(goods, list) else [line(goods, units)]
    given = {"zone_id": owner.zone_id, "lines": lines, "occurred_at": ago(hours=1)} | more
    made: dict[str, Any] = use_case(session, merchant(owner), **given)
    return made


def refused(code: str, session: Session, *given: Any, **more: Any) -> None:
    before = entry_count(session)
    with pytest.raises(DomainError) as caught, session.begin_nested():
        do(session, *given, **more)
    assert code in {caught.value.code, *(error.code for error in caught.value.errors)}
    assert entry_count(session) == before


FACTS = [(entries.sell, {}, "sold"), (entries.use, {}, "used"), (entries.lose, {"reason": "破损"}, "lost")]
KINDS = pytest.mark.parametrize(("use_case", "more", "account"), FACTS, ids=[row[2] for row in FACTS])


@KINDS
def test_a_late_fact_keeps_its_own_time(
    session: Session, owner: Party, goods: UUID, use_case: Any, more: Any, account: str
) -> None:
    when = ago(hours=3)
    made = do(session, use_case, owner, goods, occurred_at=when, **more)
    assert (made["late"], made["occurred_at"], made["flags"]) == (True, when, [])
    movement = session.get_one(Movement, made["lines"][0]["movement_id"])
    assert (movement.late, movement.occurred_at) == (True, when)
    assert movement.recorded_at > when + timedelta(hours=2)


@KINDS
def test_under_a_recall_the_recall_is_told(
    session: Session, owner: Party, goods: UUID, told: list[Any], use_case: Any, more: Any, account: str
) -> None:
    cause = recall(session, goods)
    made = do(session, use_case, owner, goods, 10, **more)
    assert stock(session, goods) == {("zone", owner.zone_id): (90, 90)}
    assert accounts(session, goods)[account] == 10
    ((cause_id, late),) = told
    assert cause_id == cause
    assert late == watch.Late(
        {goods: 10}, owner.business_id, owner.site_id, "stock_entry", made["entry_id"], made["occurred_at"]
    )
    assert (made["flags"], [warning["code"] for warning in made["warnings"]]) == ([], ["late_under_recall"])
    assert check.stock_from_movements(session) is None


@KINDS
def test_under_another_lock_an_officer_is_told(
    session: Session, owner: Party, goods: UUID, told: list[Any], use_case: Any, more: Any, account: str
) -> None:
    positive(session, goods)
    made = do(session, use_case, owner, goods, 10, **more)
    assert flags(session, made["entry_id"]) == [("late_under_lock", goods)]
    assert made["flags"] == ["late_under_lock"]
    assert told == []


def test_under_both_both_are_told(session: Session, owner: Party, goods: UUID, told: list[Any]) -> None:
    positive(session, goods)
    recall(session, goods)
    made = do(session, entries.sell, owner, goods, 10)
    assert made["flags"] == ["late_under_lock"]
    assert len(told) == 1
    assert [warning["code"] for warning in made["warnings"]] == ["late_under_recall", "late_under_lock"]


def test_two_recalls_are_told_each_of_its_own(session: Session, owner: Party, goods: UUID, told: list[Any]) -> None:
    other, free = batch(session, owner, product(session), 50), batch(session, owner, product(session), 50)
    first, second = recall(session, goods, other), recall(session, other)
    do(session, entries.sell, owner, [line(goods, 1), line(other, 2), line(free, 3)])
    assert {cause: dict(late.units) for cause, late in told} == {first: {goods: 1, other: 2}, second: {other: 2}}


def test_without_the_gates_yes_an_officer_is_told(session: Session, owner: Party, told: list[Any]) -> None:
    goods = batch(session, owner, product(session), 20, papers=False)
    made = do(session, entries.sell, owner, goods, 10)
    assert flags(session, made["entry_id"]) == [("late_unproven", goods)]
    assert made["lines"][0]["verdict"]["clear"] is False
    flag = session.scalars(select(Flag).where(col(Flag.subject_id) == made["entry_id"])).one()
    assert flag.data["missing"]
    assert (flag.business_id, flag.region_code) == (owner.business_id, "230203")
    refused("gate_refused", session, entries.sell, owner, goods, 10, occurred_at=None)


def test_a_loss_asks_no_gate(session: Session, owner: Party) -> None:
    goods = batch(session, owner, product(session), 20, papers=False)
    assert do(session, entries.lose, owner, goods, reason="破损")["flags"] == []


def test_free_units_go_before_held_ones(session: Session, owner: Party, goods: UUID, told: list[Any]) -> None:
    seal(session, owner, goods, 40)
    assert do(session, entries.sell, owner, goods, 60)["flags"] == []
    assert stock(session, goods) == {("zone", owner.zone_id): (40, 40)}
    made = do(session, entries.sell, owner, goods, 15)
    assert made["flags"] == ["late_under_lock"]
    assert stock(session, goods) == {("zone", owner.zone_id): (25, 25)}
    flag = session.scalars(select(Flag).where(col(Flag.subject_id) == made["entry_id"])).one()
    assert (flag.data["quantity_units"], flag.data["held_units"]) == (15, 15)
    assert check.stock_from_movements(session) is None


def test_what_is_held_at_anothers_is_not_told(session: Session, owner: Party, goods: UUID) -> None:
    other = party(session)
    do(session, entries.change_owner, owner, goods, 30, to_owner=str(other.business_id), occurred_at=None)
    seal(session, other, goods, 30, owner.zone_id)
    assert do(session, entries.sell, owner, goods, 70)["flags"] == []


@pytest.mark.parametrize(("minutes", "late"), [(14, False), (16, True)])
def test_what_late_is_is_data(session: Session, owner: Party, goods: UUID, minutes: int, late: bool) -> None:
    assert do(session, entries.sell, owner, goods, 1, occurred_at=ago(minutes=minutes))["late"] is late
    recall(session, goods)
    if late:
        do(session, entries.sell, owner, goods, 1, occurred_at=ago(minutes=minutes))
    else:
        refused("locked", session, entries.sell, owner, goods, 1, occurred_at=ago(minutes=minutes))


INTENDED = ("relocation", "owner_change", "opening")


@pytest.mark.parametrize("kind", INTENDED)
def test_an_intended_movement_is_not_back_dated_past_a_lock(
    session: Session, owner: Party, goods: UUID, kind: str
) -> None:
    use_case, more = {
        "relocation": (entries.relocate, {"to_zone_id": zone(session, owner)}),
        "owner_change": (entries.change_owner, {"to_owner": str(party(session).business_id)}),
        "opening": (entries.open_pieces, {}),
    }[kind]
    do(session, use_case, owner, goods, 6, **more)
    recall(session, goods)
    refused("locked", session, use_case, owner, goods, 6, occurred_at=ago(days=30), **more)


def test_a_change_of_owner_is_not_back_dated_past_the_gate(session: Session, owner: Party) -> None:
    goods = batch(session, owner, product(session), 20, papers=False)
    to = str(party(session).business_id)
    refused("gate_refused", session, entries.change_owner, owner, goods, 6, to_owner=to)


@KINDS
def test_nothing_happened_before_the_owner_had_the_goods(
    session: Session, owner: Party, use_case: Any, more: Any, account: str
) -> None:
    since = ago(days=2)
    goods = batch(session, owner, product(session), 20, at=since)
    refused("before_intake", session, use_case, owner, goods, 1, occurred_at=since - timedelta(minutes=1), **more)
    do(session, use_case, owner, goods, 1, occurred_at=since, **more)


def test_the_buyer_had_the_goods_later_than_the_seller(session: Session, owner: Party, goods: UUID) -> None:
    buyer = party(session)
    do(session, entries.change_owner, owner, goods, 30, to_owner=str(buyer.business_id), occurred_at=ago(hours=2))
    refused("before_intake", session, entries.sell, buyer, goods, 1, zone_id=owner.zone_id, occurred_at=ago(hours=3))
    do(session, entries.sell, buyer, goods, 1, zone_id=owner.zone_id, occurred_at=ago(hours=1))


def test_nothing_happens_in_the_future(session: Session, owner: Party, goods: UUID) -> None:
    refused("in_future", session, entries.sell, owner, goods, 1, occurred_at=clock.now() + timedelta(minutes=6))
    do(session, entries.sell, owner, goods, 1, occurred_at=clock.now() + timedelta(minutes=4))


def test_there_is_no_selling_what_is_not_there_however_late(session: Session, owner: Party, goods: UUID) -> None:
    recall(session, goods)
    refused("insufficient_stock", session, entries.sell, owner, goods, 101)


def test_a_stopped_business_tells_what_it_had_sold(session: Session, owner: Party, goods: UUID) -> None:
    session.get_one(Business, owner.business_id).status = "suspended"
    session.flush()
    made = do(session, entries.sell, owner, goods, 1)
    assert [warning["code"] for warning in made["warnings"]] == ["seller_not_active"]
    refused("seller_not_active", session, entries.sell, owner, goods, 1, occurred_at=None)


def test_a_recall_that_ended_is_not_told(session: Session, owner: Party, goods: UUID, told: list[Any]) -> None:
    from coldchain.accounts.actor import SYSTEM
    from coldchain.ledger import holds
    from coldchain.ledger.holds import Cause

    cause = recall(session, goods)
    holds.end(session, SYSTEM, Cause("recall", cause), "withdrawn")
    do(session, entries.sell, owner, goods, 1)
    assert told == []
