"""Holds end exactly with their cause, and held units are always what the active ones demand (R8)."""

import time
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlmodel import Session, col, select

from coldchain.accounts.actor import SYSTEM
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.journal.models import JournalEntry
from coldchain.ledger import check, holds, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold
from tests.ledger.books import NOW, Party, batch, party, product, sent, stock


@pytest.fixture
def seller(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, seller: Party) -> UUID:
    return batch(session, seller, product(session), 100)


def test_a_hold_covers_every_holder_and_the_road(session: Session, seller: Party, goods: UUID) -> None:
    road, draft = sent(goods, seller, 40)
    service.post(session, SYSTEM, [draft])
    assert holds.place(session, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW) == [goods]
    assert stock(session, goods) == {("zone", seller.zone_id): (60, 60), ("transit", road): (40, 40)}


def test_the_same_cause_and_version_again_changes_nothing(session: Session, goods: UUID) -> None:
    cause = Cause("recall", new_id())
    assert holds.place(session, SYSTEM, [goods], cause, "red", NOW) == [goods]
    assert holds.place(session, SYSTEM, [goods, goods], cause, "red", NOW) == []
    assert len(holds.active(session, [goods])[goods]) == 1


def test_goods_stay_locked_while_another_cause_remains(session: Session, seller: Party, goods: UUID) -> None:
    recall, result = Cause("recall", new_id()), Cause("result", new_id())
    holds.place(session, SYSTEM, [goods], recall, "red", NOW)
    holds.place(session, SYSTEM, [goods], result, "amber", NOW)
    assert holds.end(session, SYSTEM, result, "复检阴性") == [goods]
    assert stock(session, goods)["zone", seller.zone_id] == (100, 100)
    assert [hold.cause_id for hold in holds.active(session, [goods])[goods]] == [recall.id]
    assert holds.end(session, SYSTEM, recall, "撤回") == [goods]
    assert stock(session, goods)["zone", seller.zone_id] == (100, 0)
    holds.assert_free(session, [goods])


def test_a_version_ends_with_itself_only(session: Session, goods: UUID) -> None:
    first = Cause("recall", new_id(), 1)
    second = Cause("recall", first.id, 2)
    holds.place(session, SYSTEM, [goods], first, "red", NOW)
    holds.place(session, SYSTEM, [goods], second, "red", NOW)
    assert holds.end(session, SYSTEM, first, "更正") == [goods]
    assert [hold.cause_version for hold in holds.active(session, [goods])[goods]] == [2]
    with pytest.raises(Conflict) as caught:
        holds.assert_free(session, [goods])
    assert caught.value.code == "locked"


def test_ending_may_be_limited_to_some_batches(session: Session, seller: Party, goods: UUID) -> None:
    other = batch(session, seller, product(session), 7)
    cause = Cause("recall", new_id())
    holds.place(session, SYSTEM, [goods, other], cause, "red", NOW)
    assert holds.end(session, SYSTEM, cause, "更正", [other]) == [other]
    assert set(holds.active(session, [goods, other])) == {goods}


def test_ending_twice_and_ending_what_never_was(session: Session, goods: UUID) -> None:
    cause = Cause("recall", new_id())
    holds.place(session, SYSTEM, [goods], cause, "red", NOW)
    holds.end(session, SYSTEM, cause, "撤回")
    assert holds.end(session, SYSTEM, cause, "撤回") == []
    assert holds.end(session, SYSTEM, Cause("recall", new_id()), "撤回") == []
    assert holds.place(session, SYSTEM, [goods], cause, "red", NOW) == [goods]


def test_no_goods_no_hold(session: Session) -> None:
    assert holds.place(session, SYSTEM, [], Cause("recall", new_id()), "red", NOW) == []
    assert holds.place(session, SYSTEM, [new_id()], Cause("recall", new_id()), "red", NOW) == []


@pytest.mark.parametrize(("kind", "grade"), [("rumour", "red"), ("recall", "pink")])
def test_causes_and_grades_are_closed_lists(session: Session, goods: UUID, kind: str, grade: str) -> None:
    with pytest.raises(ValueError, match="no such cause or grade"):
        holds.place(session, SYSTEM, [goods], Cause(kind, new_id()), grade, NOW)


def test_placing_and_ending_are_facts(session: Session, goods: UUID) -> None:
    cause = Cause("recall", new_id(), 3)
    holds.place(session, SYSTEM, [goods], cause, "red", NOW)
    holds.end(session, SYSTEM, cause, "撤回")
    entries = session.exec(
        select(JournalEntry).where(col(JournalEntry.subject_id) == goods).order_by(col(JournalEntry.recorded_at))
    ).all()
    assert [entry.kind for entry in entries] == ["hold.placed", "hold.ended"]
    assert all(str(cause.id) in entry.body for entry in entries)


def test_parts_of_several_causes_are_added_up_to_what_is_there(session: Session, seller: Party, goods: UUID) -> None:
    holding = service.holdings(session, [goods])[0]
    for units, expected in ((30, 30), (50, 80), (40, 100)):
        session.add(
            Hold(
                batch_id=goods, holding_id=holding.holding_id, quantity_units=units, grade="amber",
                cause_kind="inspection", cause_id=new_id(), cause_version=1, occurred_at=NOW, recorded_at=NOW,
            )
        )  # fmt: skip
        session.flush()
        holds.recompute(session, [goods])
        assert stock(session, goods)["zone", seller.zone_id] == (100, expected)
    assert check.stock_from_movements(session) is None


def test_five_thousand_holders_cost_a_handful_of_statements(session: Session, seller: Party) -> None:
    goods = batch(session, seller, product(session), 5_000)
    session.execute(
        text("""
            WITH made AS (
                INSERT INTO zone (zone_id, sign_code, site_id, code, kind, temperature_class, recorded_at)
                SELECT gen_random_uuid(), 'Z' || n, :site, 'N' || n, 'general', 'frozen', :now
                FROM generate_series(1, 5000) AS n
                RETURNING zone_id)
            INSERT INTO holding (holding_id, batch_id, account, owner_id, zone_id, quantity_units, held_units)
            SELECT gen_random_uuid(), :batch, 'zone', :owner, zone_id, 1, 0 FROM made"""),
        {"site": seller.site_id, "now": NOW, "batch": goods, "owner": seller.business_id},
    )
    said: list[str] = []

    def count(_c: object, _cu: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(session.connection(), "before_cursor_execute", count)
    start = time.perf_counter()
    cause = Cause("recall", new_id())
    holds.place(session, SYSTEM, [goods], cause, "red", NOW)
    placed = len(said)
    holds.end(session, SYSTEM, cause, "撤回")
    took_s = time.perf_counter() - start
    event.remove(session.connection(), "before_cursor_execute", count)
    assert placed <= 6
    assert len(said) - placed <= 7
    assert took_s < 5
