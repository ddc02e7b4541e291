"""A result that moves to the right tube against everything that moves goods, and against who moves it elsewhere (R8).

The right tube's goods are locked by the move as by a positive of their own: what was in custody when the lock stood is
there in the end. The wrong tube's are free, and a result is moved once, whoever tries at the same moment.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import models
from coldchain.batches import service as batches
from coldchain.core import clock, db
from coldchain.core.errors import Conflict
from coldchain.ledger import holds
from coldchain.ledger.models import Holding
from tests.ledger.books import batch, product
from tests.races.meeting import Balance, meet
from tests.races.test_announce_race import missed, naive_lock, naive_recompute, slow_lock, with_locks
from tests.races.test_positive_race import Market, play_positive


class Wrong(Market):
    """A market whose goods' result stands on the tube of other goods."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.others: UUID = batch(session, self.seller, product(session), 30)
        lab_id = session.get_one(models.Tube, self.tube_id).lab_id
        now = clock.now()
        self.wrong_ids = [
            UUID(str(batches.register_tube(
                session, SYSTEM, tube_no=f"W{random.randrange(10**9)}", lab=lab_id, sampled_at=now,
                samples=[{"batch_id": self.others, "sample_site": "outer_pack"}],
            )["tube_id"]))
            for _ in range(2)
        ]  # fmt: skip
        made = batches.report_result(
            session, SYSTEM, self.wrong_ids[0], stage="preliminary", result="positive", received_at=now,
            reported_at=now + timedelta(milliseconds=1), report_no="R",
        )  # fmt: skip
        self.result_id: UUID = made["result_id"]

    def move(self, session: Session, to: UUID) -> Any:
        """Move the result to a tube."""
        return batches.move_result(session, SYSTEM, self.wrong_ids[0], self.result_id, to_tube_id=to, reason="录错")

    def report(self, session: Session) -> int:
        """Move the result to the right tube; return what is in custody once the lock stands."""
        self.move(session, self.tube_id)
        return self.custody(session)


def test_a_moved_result_against_all_that_moves(
    database: Engine, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_locks(monkeypatch, slow_lock)
    balance = Balance()
    for _ in range(rounds(6, 200)):
        faults, _through = play_positive(balance, Wrong)
        assert faults == []


def test_the_race_with_a_moved_result_sees_a_missing_lock(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race without the batch locks: it must fail, else the race is blind."""
    with_locks(monkeypatch, naive_lock)
    monkeypatch.setattr(holds, "recompute", naive_recompute)
    balance = Balance()
    assert any(missed(*play_positive(balance, Wrong)) for _ in range(60))


def test_a_result_is_moved_once_and_its_holds_follow(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(6, 200)):
        with db.transaction() as session:
            scene = Wrong(session)
        targets = [scene.tube_id, scene.wrong_ids[1], scene.tube_id]
        results = meet([lambda session, to=to, scene=scene: scene.move(session, to) for to in targets])
        refused = [result for result in results if isinstance(result, Exception)]
        assert len(refused) == 2
        assert all(isinstance(each, Conflict) and each.code == "already_superseded" for each in refused), refused
        (done,) = (result for result in results if not isinstance(result, Exception))
        locked = scene.goods if done["tube_id"] == scene.tube_id else scene.others
        with db.transaction() as session:
            rows = session.scalars(select(Holding).where(col(Holding.batch_id).in_([scene.goods, scene.others]))).all()
            free = {row.batch_id: row.held_units for row in rows if row.quantity_units}
            standing = session.scalars(
                select(models.TestResult).where(col(models.TestResult.supersedes_id) == scene.result_id)
            ).all()
        assert len(standing) == 1
        assert {batch_id for batch_id, held in free.items() if held} == {locked}
