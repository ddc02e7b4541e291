"""Holds that follow a tube's state (R8): placed with it, strengthened with it, ended with it, never with another cause.

Invariant: the active holds whose cause is a result of the tube are exactly what the tube's state asks for. A stronger
hold is placed before the weaker one ends, so that the goods are never free in between.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import states
from coldchain.batches.models import Sample, TestResult
from coldchain.batches.origins import descendants
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold

SUPERSEDED: Final = "result_superseded"


def lock_with_descendants(session: Session, batch_ids: Iterable[UUID]) -> list[UUID]:
    """Lock batches and all that was made from them exclusively, and return them in id order.

    Looks again after each lock: what was being made while we waited is there now. Then the locks are given back and all
    are taken together, since whoever added the new ones to those that it has could wait for one who waits for it.
    """
    session.flush()
    named = set(batch_ids)
    known = named | descendants(session, named)
    while True:
        taken = session.begin_nested()
        locked = ledger.lock_batches(session, known, exclusive=True)
        found = descendants(session, named)
        if found <= known:
            taken.commit()
            return locked
        taken.rollback()
        known |= found


def reconcile(
    session: Session,
    actor: Actor,
    tube_id: UUID,
    decided: states.TubeState,
    occurred_at: datetime,
    ended: str = "recheck_negative",
) -> list[UUID]:
    """Make the holds of a tube's results what its state asks for; return the batches that are held by it now (R8).

    Holds of a result that was superseded end as such, whatever the others ask for; the rest end for the reason `ended`.
    """
    sampled = sampled_in(session, [tube_id])
    wanted = states.grade(decided.state, len(sampled))
    there = _holds_of(session, tube_id)
    if not sampled or (wanted is None and not there):
        return []
    held = lock_with_descendants(session, sampled)
    there = _holds_of(session, tube_id)  # again, now that nobody else can change them
    gone = _superseded(session, there)
    if wanted is None:
        for cause in there:
            holds.end(session, actor, cause, SUPERSEDED if cause.id in gone else ended)
        return []
    if decided.decided_by is None:
        raise AssertionError("a positive tube has a result that made it so")
    keep = [cause for cause, grade in there.items() if grade == wanted and cause.id not in gone]
    cause = keep[0] if keep else Cause("result", decided.decided_by)
    holds.place(session, actor, held, cause, wanted, occurred_at)
    for former in there:
        if former != cause:
            holds.end(session, actor, former, SUPERSEDED if former.id in gone else "superseded_by_confirmation")
    return held


def sampled_in(session: Session, tube_ids: Iterable[UUID]) -> set[UUID]:
    """Return the batches of which there are samples in these tubes."""
    named = session.scalars(
        select(col(Sample.batch_id)).where(col(Sample.tube_id).in_(list(tube_ids)), col(Sample.batch_id).is_not(None))
    )
    return {batch_id for batch_id in named if batch_id is not None}


def _superseded(session: Session, causes: Iterable[Cause]) -> set[UUID]:
    """Return those of some results that a later one supersedes."""
    wanted = [cause.id for cause in causes]
    named = session.scalars(select(col(TestResult.supersedes_id)).where(col(TestResult.supersedes_id).in_(wanted)))
    return {result_id for result_id in named if result_id is not None}


def _holds_of(session: Session, tube_id: UUID) -> dict[Cause, str]:
    """Return the causes among a tube's results that hold something now, each with its grade."""
    rows = session.exec(
        select(Hold.cause_id, Hold.cause_version, Hold.grade)
        .join(TestResult, col(TestResult.result_id) == col(Hold.cause_id))
        .where(col(TestResult.tube_id) == tube_id, col(Hold.cause_kind) == "result", col(Hold.ended_at).is_(None))
        .order_by(col(Hold.hold_id))
    ).all()
    return {Cause("result", cause_id, version): grade for cause_id, version, grade in rows}
