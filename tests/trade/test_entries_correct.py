"""Corrections name what they correct and never change it (R10, R11)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.batches import watch
from coldchain.core.errors import DomainError
from coldchain.core.ids import new_id
from coldchain.ledger import check
from coldchain.ledger.models import Holding, Movement
from coldchain.trade.service import entries
from tests.ledger.books import Party, batch, party, product, stock
from tests.trade.entries import accounts, ago, entry_count, facts, flags, line, recall, seal, zone
from tests.trade.parties import merchant, officer

PROVEN = {"receiver": "示例无害化处理厂", "receipt_no": "WHH-1", "witness": "王示例"}


@pytest.fixture
def owner(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, owner: Party) -> UUID:
    return batch(session, owner, product(session), 100)


@pytest.fixture
def heard() -> Iterator[dict[str, list[Any]]]:
    """What recalls are told: of goods that had left, and of goods that came somewhere."""
    told: dict[str, list[Any]] = {"late": [], "moved": []}
    late, moved = list(watch.on_late), list(watch.on_moved)
    watch.on_late[:] = [lambda _s, _a, _cause, what: told["late"].append(what)]
    watch.on_moved[:] = [lambda _s, _a, _cause, what: told["moved"].append(what)]
    yield told
    watch.on_late[:], watch.on_moved[:] = late, moved


def do(session: Session, use_case: Any, owner: Party, goods: Any, units: int = 30, **more: Any) -> dict[str, Any]:
    lines = goods if isinstance(goods, list) else [line(goods, units)]
    made: dict[str, Any] = use_case(session, merchant(owner), **({"zone_id": owner.zone_id, "lines": lines} | more))
    return made


def correct(session: Session, who: Any, made: dict[str, Any], goods: Any, units: int = 0) -> dict[str, Any]:
    lines = goods if isinstance(goods, list) else [line(goods, units)]
    actor = merchant(who) if isinstance(who, Party) else who
    return entries.correct(session, actor, made["entry_id"], reason="录错了", lines=lines)


def refused(code: str, session: Session, *given: Any) -> DomainError:
    before = entry_count(session)
    with pytest.raises(DomainError) as caught, session.begin_nested():
        correct(session, *given)
    assert code in {caught.value.code, *(error.code for error in caught.value.errors)}
    assert entry_count(session) == before
    return caught.value


LEFT = {
    "sold": (entries.sell, {}),
    "used": (entries.use, {}),
    "lost": (entries.lose, {"reason": "破损"}),
    "destroyed": (entries.destroy, PROVEN),
    "returned": (entries.give_back, {"to": {"name": "示例外贸"}, "receipt_no": "TY-1"}),
}


@pytest.mark.parametrize("account", LEFT)
@pytest.mark.parametrize("right", [0, 1, 29, 31, 100])
def test_less_and_more_of_what_left(session: Session, owner: Party, goods: UUID, account: str, right: int) -> None:
    use_case, more = LEFT[account]
    made = do(session, use_case, owner, goods, 30, **more)
    corrected = correct(session, owner, made, goods, right)
    left = {"zone": 100 - right, account: right}
    assert accounts(session, goods) == {"opening": -100} | {name: units for name, units in left.items() if units}
    assert (corrected["kind"], corrected["corrects_id"]) == ("correction", made["entry_id"])
    assert [(row["quantity_units"], row["book_units"]) for row in corrected["lines"]] == [(right, 30)]
    movement = session.get_one(Movement, corrected["lines"][0]["movement_id"])
    assert (movement.kind, movement.corrects_id) == ("correction", made["lines"][0]["movement_id"])
    assert (movement.occurred_at, movement.late) == (made["occurred_at"], True)
    shown = entries.get(session, merchant(owner), made["entry_id"])
    assert [(row["quantity_units"], row["current_units"]) for row in shown["lines"]] == [(30, right)]
    assert shown["mass_g"] == right * 2_000
    assert [row["entry_id"] for row in shown["corrections"]] == [corrected["entry_id"]]
    assert shown["corrected"] is True
    assert check.stock_from_movements(session) is None


def test_a_correction_is_a_fact_that_names_its_entry(session: Session, owner: Party, goods: UUID) -> None:
    made = do(session, entries.sell, owner, goods, 30)
    corrected = correct(session, owner, made, goods, 10)
    (told,) = facts(session, corrected["entry_id"])
    data = json.loads(told.body)["data"]
    assert (told.kind, data["corrects_id"]) == ("entry.corrected", str(made["entry_id"]))
    assert data["movements"][0]["corrects_id"] == str(made["lines"][0]["movement_id"])
    assert [(side[0], side[3]) for side in data["movements"][0]["entries"]] == [("sold", -20), ("zone", 20)]


def test_twice_and_back_again(session: Session, owner: Party, goods: UUID) -> None:
    made = do(session, entries.sell, owner, goods, 30)
    for right in (10, 40, 0, 30):
        correct(session, owner, made, goods, right)
        assert accounts(session, goods).get("sold", 0) == right
    shown = entries.get(session, merchant(owner), made["entry_id"])
    assert (shown["lines"][0]["current_units"], len(shown["corrections"])) == (30, 4)
    refused("nothing_changed", session, owner, made, goods, 30)
    rows = session.scalars(select(Movement).where(col(Movement.corrects_id) == made["lines"][0]["movement_id"]))
    assert len(list(rows)) == 4
    assert check.stock_from_movements(session) is None


def test_some_lines_only(session: Session, owner: Party, goods: UUID) -> None:
    other = batch(session, owner, product(session), 50)
    made = do(session, entries.sell, owner, [line(goods, 30), line(other, 5)])
    corrected = correct(session, owner, made, [line(other, 5), line(goods, 20)])
    assert [(row["quantity_units"], row["movement_id"] is None) for row in corrected["lines"]] == [
        (5, True), (20, False)
    ]  # fmt: skip
    assert accounts(session, other)["sold"] == 5
    assert accounts(session, goods)["sold"] == 20


def test_only_what_stands_in_the_entry(session: Session, owner: Party, goods: UUID) -> None:
    other = batch(session, owner, product(session), 50)
    made = do(session, entries.sell, owner, goods, 30)
    refused("not_in_entry", session, owner, made, [line(goods, 1), line(other, 1)])
    refused("duplicate_batch", session, owner, made, [line(goods, 1), line(goods, 2)])
    refused("not_found", session, owner, {"entry_id": new_id()}, goods, 1)


def test_more_than_there_is_and_nothing_half_done(session: Session, owner: Party, goods: UUID) -> None:
    other = batch(session, owner, product(session), 50)
    made = do(session, entries.sell, owner, [line(goods, 30), line(other, 5)])
    refused("insufficient_stock", session, owner, made, [line(goods, 20), line(other, 51)])
    assert accounts(session, goods)["sold"] == 30
    shown = entries.get(session, merchant(owner), made["entry_id"])
    assert [row["current_units"] for row in shown["lines"]] == [30, 5]
    assert shown["corrections"] == []


@pytest.mark.parametrize("kind", ["stocktake", "correction"])
def test_counts_and_corrections_are_not_corrected(session: Session, owner: Party, goods: UUID, kind: str) -> None:
    if kind == "stocktake":
        made = do(session, entries.count, owner, [line(goods, 90, reason="少了")])
    else:
        made = correct(session, owner, do(session, entries.sell, owner, goods, 30), goods, 10)
    error = refused("not_correctable", session, owner, made, goods, 5)
    assert error.extra["kind"] == kind


# --- goods that have gone on ---


def test_a_relocation_is_taken_back_while_the_goods_are_there(session: Session, owner: Party, goods: UUID) -> None:
    there = zone(session, owner)
    made = do(session, entries.relocate, owner, goods, 30, to_zone_id=there)
    correct(session, owner, made, goods, 20)
    assert stock(session, goods) == {("zone", owner.zone_id): (80, 0), ("zone", there): (20, 0)}
    do(session, entries.sell, owner, goods, 15, zone_id=there)
    refused("insufficient_stock", session, owner, made, goods, 14)
    correct(session, owner, made, goods, 15)
    assert stock(session, goods) == {("zone", owner.zone_id): (85, 0)}
    correct(session, owner, made, goods, 50)
    assert stock(session, goods) == {("zone", owner.zone_id): (50, 0), ("zone", there): (35, 0)}
    assert check.stock_from_movements(session) is None


def test_recovered_goods_were_sold(session: Session, owner: Party, goods: UUID) -> None:
    made = do(session, entries.sell, owner, goods, 30)
    do(session, entries.recover, owner, goods, 20, from_account="sold")
    error = refused("insufficient_stock", session, owner, made, goods, 19)
    assert error.extra["account"] == "sold"
    correct(session, owner, made, goods, 20)
    assert accounts(session, goods) == {"opening": -100, "zone": 100}


def test_a_recovery_is_taken_back_and_added_to(session: Session, owner: Party, goods: UUID) -> None:
    do(session, entries.sell, owner, goods, 30)
    made = do(session, entries.recover, owner, goods, 20, from_account="sold")
    correct(session, owner, made, goods, 30)
    assert accounts(session, goods) == {"opening": -100, "zone": 100}
    refused("insufficient_stock", session, owner, made, goods, 31)
    correct(session, owner, made, goods, 0)
    assert accounts(session, goods) == {"opening": -100, "zone": 70, "sold": 30}


def test_an_opening_stays_whole(session: Session, owner: Party, goods: UUID) -> None:
    made = do(session, entries.open_pieces, owner, goods, 12)
    refused("not_whole_pieces", session, owner, made, goods, 11)
    for right in (6, 18, 0):
        correct(session, owner, made, goods, right)
    assert stock(session, goods) == {("zone", owner.zone_id): (100, 0)}
    assert check.stock_from_movements(session) is None


# --- who ---


def test_nobody_takes_back_what_is_anothers(session: Session, owner: Party, goods: UUID) -> None:
    buyer = party(session)
    made = do(session, entries.change_owner, owner, goods, 30, to_owner=str(buyer.business_id))
    refused("forbidden", session, owner, made, goods, 20)
    refused("forbidden", session, buyer, made, goods, 40)  # nor gives himself more
    correct(session, buyer, made, goods, 20)
    correct(session, owner, made, goods, 40)
    correct(session, officer(), made, goods, 10)
    assert accounts(session, goods) == {"opening": -100, "zone": 100}
    do(session, entries.sell, buyer, goods, 10, zone_id=owner.zone_id)
    refused("insufficient_stock", session, officer(), made, goods, 9)
    assert check.stock_from_movements(session) is None


def test_who_may_correct(session: Session, owner: Party, goods: UUID) -> None:
    store = party(session, site_kind="cold_store")
    do(session, entries.relocate, owner, goods, 50, to_zone_id=store.zone_id)
    made = do(session, entries.sell, owner, goods, 30, zone_id=store.zone_id)
    refused("forbidden", session, store, made, goods, 20)  # only keeps the goods
    refused("not_found", session, party(session), made, goods, 20)
    refused("not_found", session, officer("511011"), made, goods, 20)
    by_officer = correct(session, officer(), made, goods, 20)
    assert by_officer["on_behalf_of"] == owner.business_id
    correct(session, owner, made, goods, 10)


# --- under a lock ---


@pytest.mark.parametrize("account", ["sold", "used", "lost"])
def test_more_of_a_fact_is_a_late_fact(
    session: Session, owner: Party, goods: UUID, heard: dict[str, list[Any]], account: str
) -> None:
    use_case, more = LEFT[account]
    made = do(session, use_case, owner, goods, 30, **more)
    recall(session, goods)
    corrected = correct(session, owner, made, goods, 35)
    assert stock(session, goods) == {("zone", owner.zone_id): (65, 65)}
    (late,) = heard["late"]
    assert (dict(late.units), late.subject_id) == ({goods: 5}, corrected["entry_id"])
    assert [warning["code"] for warning in corrected["warnings"]] == ["late_under_recall"]
    assert check.stock_from_movements(session) is None


def test_more_of_an_unproven_sale_is_flagged(session: Session, owner: Party) -> None:
    goods = batch(session, owner, product(session), 50, papers=False)
    made = do(session, entries.sell, owner, goods, 10, occurred_at=ago(hours=2))
    corrected = correct(session, owner, made, goods, 20)
    assert flags(session, corrected["entry_id"]) == [("late_unproven", goods)]
    assert corrected["lines"][0]["verdict"]["clear"] is False


def test_less_of_a_sale_brings_goods_back_locked_and_the_recall_looks_there(
    session: Session, owner: Party, goods: UUID, heard: dict[str, list[Any]]
) -> None:
    made = do(session, entries.sell, owner, goods, 30)
    recall(session, goods)
    correct(session, owner, made, goods, 10)
    assert stock(session, goods) == {("zone", owner.zone_id): (90, 90)}
    (moved,) = heard["moved"]
    assert (dict(moved.units), moved.zone_id, moved.consignment_id) == ({goods: 20}, owner.zone_id, None)
    assert heard["late"] == []


def test_a_recovery_is_not_unsaid_unseen(
    session: Session, owner: Party, goods: UUID, heard: dict[str, list[Any]]
) -> None:
    do(session, entries.sell, owner, goods, 30)
    recall(session, goods)
    made = do(session, entries.recover, owner, goods, 20, from_account="sold")
    correct(session, owner, made, goods, 5)
    assert stock(session, goods) == {("zone", owner.zone_id): (75, 75)}
    assert [dict(late.units) for late in heard["late"]] == [{goods: 15}]


def test_more_of_an_intended_movement_is_judged_as_of_now(session: Session, owner: Party, goods: UUID) -> None:
    there, to = zone(session, owner), party(session)
    moved = do(session, entries.relocate, owner, goods, 10, to_zone_id=there)
    changed = do(session, entries.change_owner, owner, goods, 10, to_owner=str(to.business_id))
    opened = do(session, entries.open_pieces, owner, goods, 12)
    recall(session, goods)
    refused("locked", session, owner, moved, goods, 20)
    refused("locked", session, owner, changed, goods, 20)
    refused("locked", session, owner, opened, goods, 18)
    correct(session, owner, moved, goods, 5)  # less is always possible while the goods are there
    correct(session, to, changed, goods, 5)
    correct(session, owner, opened, goods, 6)
    held = select(func.sum(col(Holding.held_units))).where(col(Holding.batch_id) == goods)
    assert session.scalar(held) == 100
    assert check.stock_from_movements(session) is None


def test_more_of_a_destruction_takes_held_goods_only_with_papers(session: Session, owner: Party, goods: UUID) -> None:
    bare = do(session, entries.destroy, owner, goods, 10)
    proven = do(session, entries.destroy, owner, goods, 10, **PROVEN)
    seal(session, owner, goods, 40)
    refused("locked", session, owner, bare, goods, 20)
    correct(session, owner, proven, goods, 30)
    assert stock(session, goods) == {("zone", owner.zone_id): (60, 20)}
    assert check.stock_from_movements(session) is None


def test_a_part_lock_goes_back_with_its_goods(session: Session, owner: Party, goods: UUID) -> None:
    seal(session, owner, goods, 40)
    apart = zone(session, owner, "quarantine")
    made = do(session, entries.relocate, owner, goods, 40, to_zone_id=apart)
    correct(session, owner, made, goods, 0)
    assert stock(session, goods) == {("zone", owner.zone_id): (100, 40)}
    assert check.stock_from_movements(session) is None
