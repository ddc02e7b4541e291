"""The protocol step by step, without chance: who waits for whom, and what stands afterwards (R8)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core import db
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.ledger import holds, postings, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.postings import Draft
from tests.ledger.books import NOW, Party, batch, party, product, sent, stock

WAITS_S = 0.3
ENDS_S = 20


class Other:
    """Something that another connection does meanwhile."""

    def __init__(self, act: Callable[[Session], Any]) -> None:
        self.result: Any = None
        self._act = act
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with db.transaction() as session:
                self.result = self._act(session)
        except Conflict as refusal:
            self.result = refusal

    @property
    def waits(self) -> bool:
        """Say whether it is still waiting after a while."""
        self._thread.join(WAITS_S)
        return self._thread.is_alive()

    def end(self) -> Any:
        """Return what came of it."""
        self._thread.join(ENDS_S)
        assert not self._thread.is_alive()
        return self.result


@pytest.fixture
def scene(database: Engine) -> tuple[Party, UUID]:
    with db.transaction() as session:
        seller = party(session)
        return seller, batch(session, seller, product(session), 100)


@contextmanager
def open_transaction() -> Iterator[Session]:
    """Open a transaction that the test ends itself."""
    with Session(db.engine(), expire_on_commit=False) as session:
        yield session
        session.rollback()


def test_a_lock_waits_for_goods_that_are_leaving_and_finds_them_on_the_road(scene: tuple[Party, UUID]) -> None:
    seller, goods = scene
    with open_transaction() as leaving:
        road, draft = sent(goods, seller, 30)
        service.post(leaving, SYSTEM, [draft])
        lock = Other(lambda s: holds.place(s, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW))
        assert lock.waits
        leaving.commit()
    assert lock.end() == [goods]
    with db.transaction() as session:
        assert stock(session, goods) == {("zone", seller.zone_id): (70, 70), ("transit", road): (30, 30)}


def test_goods_wait_for_a_lock_that_is_being_placed_and_stay(scene: tuple[Party, UUID]) -> None:
    seller, goods = scene
    with open_transaction() as locking:
        holds.place(locking, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW)
        leaving = Other(lambda s: service.post(s, SYSTEM, [sent(goods, seller, 30)[1]]))
        assert leaving.waits
        locking.commit()
    refusal = leaving.end()
    assert isinstance(refusal, Conflict)
    assert refusal.code == "locked"
    with db.transaction() as session:
        assert stock(session, goods) == {("zone", seller.zone_id): (100, 100)}


def test_goods_that_come_later_queue_behind_a_waiting_lock(scene: tuple[Party, UUID]) -> None:
    """Row locks alone would let them pass, and the lock wait as long as somebody is always leaving."""
    seller, goods = scene
    with open_transaction() as leaving:
        service.post(leaving, SYSTEM, [sent(goods, seller, 30)[1]])
        lock = Other(lambda s: holds.place(s, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW))
        assert lock.waits
        later = Other(lambda s: service.post(s, SYSTEM, [sent(goods, seller, 30)[1]]))
        assert later.waits
        leaving.commit()
    assert lock.end() == [goods]
    assert isinstance(later.end(), Conflict)


def test_a_lock_that_was_taken_back_lets_the_waiting_goods_go(scene: tuple[Party, UUID]) -> None:
    seller, goods = scene
    with open_transaction() as locking:
        holds.place(locking, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW)
        leaving = Other(lambda s: service.post(s, SYSTEM, [sent(goods, seller, 30)[1]]))
        assert leaving.waits
        locking.rollback()
    assert not isinstance(leaving.end(), Conflict)


def test_dispatches_from_different_zones_do_not_wait_for_each_other(database: Engine) -> None:
    with db.transaction() as session:
        seller = party(session, 2)
        goods = batch(session, seller, product(session), 100)
        other = party(session)
        seller_of_other = Party(other.business_id, other.site_id, seller.zones[1:])
        road, draft = sent(goods, seller, 50)
        service.post(session, SYSTEM, [draft])
        entries = postings.confirm(seller.business_id, other.business_id, seller.zones[1], road, 50)
        service.post(
            session, SYSTEM,
            [Draft("confirmation", goods, entries, NOW, consignment_id=road, moves_locked=True)],
        )  # fmt: skip
    with open_transaction() as first:
        service.post(first, SYSTEM, [sent(goods, seller, 5)[1]])
        second = Other(lambda s: service.post(s, SYSTEM, [sent(goods, seller_of_other, 5)[1]]))
        assert not second.waits


def test_why_one_statement_is_not_enough(scene: tuple[Party, UUID]) -> None:
    """The trap that the protocol avoids: an UPDATE that had to wait re-reads its own row, not the holds.

    Somebody moves the goods; the naive UPDATE waits for that row; a hold is written and committed; the row is freed,
    and the UPDATE goes on with the answer that it had before the wait.
    """
    seller, goods = scene
    naive = text("""
        UPDATE holding SET quantity_units = quantity_units - 1
        WHERE batch_id = :batch AND zone_id = :zone
          AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.batch_id = holding.batch_id AND hold.ended_at IS NULL)
        RETURNING quantity_units
    """)
    place = {"batch": goods, "zone": seller.zone_id}
    with open_transaction() as mover:
        mover.execute(text("UPDATE holding SET quantity_units = 90 WHERE batch_id = :batch"), {"batch": goods})
        waiting = Other(lambda s: s.execute(naive, place).scalars().all())
        assert waiting.waits
        with db.transaction() as session:
            session.execute(
                text("""INSERT INTO hold (hold_id, batch_id, grade, cause_kind, cause_id, cause_version, occurred_at,
                                          recorded_at)
                        VALUES (:id, :batch, 'red', 'recall', :id, 1, :now, :now)"""),
                {"id": new_id(), "batch": goods, "now": NOW},
            )
        mover.commit()
    assert waiting.end() == [89]  # moved, with the hold in force
