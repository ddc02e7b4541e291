"""Positive results and notices against processing and splitting: whatever comes of locked goods is locked too (R8, R9).

Four make something at once of a batch and of what was made of it before; one of them takes both, which is where locks
taken one after the other would wait for each other for ever.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import service as batches
from coldchain.batches import watch
from coldchain.batches.models import Batch, BatchOrigin
from coldchain.core import clock, db
from coldchain.ledger import check, holds
from coldchain.ledger.models import Holding
from coldchain.policy import coverage
from coldchain.recall import announce
from coldchain.registry.models import Business
from coldchain.trade.service import splitting, transforming
from tests.ledger.books import Party, batch, party, product
from tests.races.meeting import Balance, meet, pause
from tests.races.test_announce_race import (
    _slowly,
    draft,
    missed,
    naive_lock,
    naive_recompute,
    pulled_in,  # noqa: F401  (a fixture)
    slow_lock,
    unexpected,
    with_locks,
)
from tests.trade.parties import merchant, officer

STOCK = 120
MAKERS = 4


class Scene:
    """An owner with a batch, one that was made of it before, and a tube that was taken of the first."""

    def __init__(self, session: Session) -> None:
        self.owner: Party = party(session)
        self.made_of = product(session)
        self.source = batch(session, self.owner, product(session), STOCK)
        self.before = self.transform(session, {self.source: 40})
        lab = party(session)
        session.get_one(Business, lab.business_id).kinds = ["lab"]
        session.flush()
        now = clock.now()
        tube = batches.register_tube(
            session, SYSTEM, tube_no=f"T{random.randrange(10**9)}", lab=lab.business_id, sampled_at=now,
            samples=[{"batch_id": self.source, "sample_site": "outer_pack"}],
        )  # fmt: skip
        self.tube_id: UUID = tube["tube_id"]

    def transform(self, session: Session, units: dict[UUID, int]) -> UUID:
        """Make one batch of as much as goes in."""
        made = transforming.transform(
            session, merchant(self.owner), process="repack", zone_id=self.owner.zone_id,
            lines=[{"batch_id": batch_id, "quantity_units": count} for batch_id, count in units.items()],
            outputs=[
                {
                    "product_id": self.made_of.product_id, "production_date": clock.now().date(), "batch_no": None,
                    "expiry_date": None, "quantity_units": sum(units.values()), "zone_id": None,
                }
            ],
        )  # fmt: skip
        return UUID(str(made["outputs"][0]["batch_id"]))

    def makers(self, balance: Balance) -> list[Callable[[Session], Any]]:
        """Those who make something of it."""
        pieces = random.sample(range(1, 10), 2)

        def split(session: Session) -> Any:
            return splitting.split(
                session, merchant(self.owner), self.source, piece_from=min(pieces), piece_to=max(pieces)
            )

        both = {self.source: 3, self.before: 3}
        acts: list[Callable[[Session], Any]] = [
            lambda session: self.transform(session, {self.source: 5}),
            lambda session: self.transform(session, {self.before: 4}),
            lambda session: self.transform(session, both),
            split,
        ]

        def late(act: Callable[[Session], Any]) -> Callable[[Session], Any]:
            def acting(session: Session) -> Any:
                balance.first()
                return act(session)

            return acting

        return [late(act) for act in acts]

    def slipped(self) -> list[str]:
        """Return what isn't held of all that came of the first batch."""
        with db.transaction() as session:
            named = {self.source} | batches.descendants(session, [self.source])
            held = holds.active(session, named)
            holdings = session.scalars(select(Holding).where(col(Holding.batch_id).in_(named))).all()
            differences = [check.stock_from_movements(session), check.movements_from_journal(session)]
        found = [f"{batch_id} is not held" for batch_id in sorted(named) if batch_id not in held]
        found += [
            f"{holding.held_units} of {holding.quantity_units} of {holding.batch_id} are held"
            for holding in holdings
            if holding.held_units != holding.quantity_units
        ]
        return found + [difference for difference in differences if difference]


def play(balance: Balance, lock: Callable[[Scene], Callable[[Session], Any]]) -> tuple[list[str], int]:
    """Play one round of making against locking; return its faults and how many made something."""
    with db.transaction() as session:
        scene = Scene(session)
    locking = lock(scene)

    def later(session: Session) -> Any:
        balance.second()
        return locking(session)

    results = meet([*scene.makers(balance), later])
    made = sum(not isinstance(result, Exception) for result in results[:-1])
    balance.lean(first_won=made == MAKERS, second_won=made == 0)
    faults = unexpected(results)
    if isinstance(results[-1], Exception):
        faults.append(f"unexpected: nothing was locked: {results[-1]!r}")
    return faults + scene.slipped(), made


def positive(scene: Scene) -> Callable[[Session], Any]:
    """A laboratory reports a positive result."""

    def act(session: Session) -> Any:
        now = clock.now()
        return batches.report_result(
            session, SYSTEM, scene.tube_id, stage="preliminary", result="positive", received_at=now,
            reported_at=now + timedelta(milliseconds=1), report_no="R",
        )  # fmt: skip

    return act


def notice(scene: Scene) -> Callable[[Session], Any]:
    """A notice that describes the first batch is announced."""
    with db.transaction() as session:
        number = session.get_one(Batch, scene.source).batch_no
        recall_id = draft(session, {"batch_nos": [number]})

    def act(session: Session) -> Any:
        return announce.announce(session, officer(), recall_id)

    return act


def test_making_against_a_positive_result(
    database: Engine, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_locks(monkeypatch, slow_lock)
    count, through, balance = rounds(20, 200), 0, Balance()
    for _ in range(count):
        faults, made = play(balance, positive)
        assert faults == []
        through += made
    assert 0 < through < count * MAKERS  # both orders were seen: they did meet


def test_the_race_with_a_result_sees_a_missing_lock(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race without the batch locks: it must fail, else the race is blind."""
    with_locks(monkeypatch, naive_lock)
    monkeypatch.setattr(holds, "recompute", naive_recompute)
    balance = Balance()
    assert any(missed(*play(balance, positive)) for _ in range(60))


@pytest.mark.usefixtures("pulled_in")
def test_making_against_a_notice(
    database: Engine, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lock_shared", "lock_exclusive"):
        monkeypatch.setattr(watch, name, _slowly(getattr(watch, name)))
    count, through, balance = rounds(20, 200), 0, Balance()
    for _ in range(count):
        faults, made = play(balance, notice)
        assert faults == []
        through += made
    assert 0 < through < count * MAKERS


@pytest.mark.usefixtures("pulled_in")
def test_the_race_with_a_notice_sees_a_missing_lock(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race without any lock, on criteria or batches: it must fail, else the race is blind."""
    for name in ("lock_shared", "lock_exclusive"):
        monkeypatch.setattr(watch, name, lambda session: pause())
    with_locks(monkeypatch, naive_lock)
    monkeypatch.setattr(holds, "recompute", naive_recompute)
    balance = Balance()
    assert any(missed(*play(balance, notice)) for _ in range(60))


def test_no_piece_is_split_off_twice(database: Engine, rounds: Callable[[int, int], int]) -> None:
    """Eight take overlapping pieces of one batch, and lines of one arrival, at once."""
    for _ in range(rounds(20, 200)):
        with db.transaction() as session:
            owner = party(session)
            source = batch(session, owner, product(session), STOCK)
        wanted = [tuple(sorted(random.choices(range(1, 21), k=2))) for _ in range(8)]

        def taking(pieces: Any, source: UUID = source, owner: Party = owner) -> Callable[[Session], Any]:
            first, last = pieces
            return lambda session: splitting.split(session, merchant(owner), source, piece_from=first, piece_to=last)

        results = meet([taking(pieces) for pieces in wanted])
        codes = {getattr(result, "code", repr(result)) for result in results if isinstance(result, Exception)}
        assert codes <= {"pieces_gone"}
        with db.transaction() as session:
            rows = session.execute(
                select(col(BatchOrigin.piece_from), col(BatchOrigin.piece_to)).where(
                    col(BatchOrigin.parent_id) == source
                )
            ).all()
            taken = sorted((first, last) for first, last in rows)
            assert len(taken) == sum(not isinstance(result, Exception) for result in results) > 0
            assert all(later[0] > earlier[1] for earlier, later in pairwise(taken))
            pieces = sum(last - first + 1 for first, last in coverage.left(taken, 20))
            left = session.scalars(select(col(Holding.quantity_units)).where(col(Holding.batch_id) == source)).one()
            assert left == pieces * 6
            assert check.stock_from_movements(session) is None
