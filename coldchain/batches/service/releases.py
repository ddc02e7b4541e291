"""An officer's decision that a positive locks nothing any more, before it was confirmed (R8).

What it locked is free again unless another cause remains. The tube counts as invalid afterwards, not as negative: what
it was to prove has still to be proven.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.batches import facts, states
from coldchain.batches.models import ResultRelease, TestResult
from coldchain.batches.service import positives, results, tube_view, tubes
from coldchain.batches.service.gate import settle_status
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict
from coldchain.journal import service as journal

RELEASED = "released_by_decision"


def release(
    session: Session,
    actor: Actor,
    tube_id: UUID,
    *,
    reason: str,
    document_no: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """End the holds of a tube's positive by a recorded decision and return the tube (R8).

    Raises NotFound, Forbidden, Invalid `in_future`, Conflict `wrong_state` unless the tube is positive and not
    confirmed.
    """
    tube = results.locked(session, actor, tube_id)
    authorize(actor, "result.release", tubes.resource(session, tube))
    occurred = claimed(occurred_at)
    state = facts.decisions(session, [tube_id])[tube_id].state
    if state != states.POSITIVE:
        raise Conflict(
            "Only a positive that has not been confirmed is released.", code="wrong_state", extra={"state": state}
        )
    now = clock.now()
    for row in _positives(session, tube_id):
        session.add(
            ResultRelease(
                result_id=row.result_id,
                tube_id=tube_id,
                reason=reason,
                document_no=document_no,
                occurred_at=occurred,
                recorded_at=now,
                recorded_by=actor.user_id,
            )
        )
        session.flush()
        journal.append(
            session,
            actor,
            kind="result.released",
            subject_id=row.result_id,
            occurred_at=occurred,
            data={"tube_id": tube_id, "tube_no": tube.tube_no, "reason": reason, "document_no": document_no},
            business_id=tube.lab_id,
            region_code=tube.region_code,
        )
    decided = facts.decisions(session, [tube_id])[tube_id]
    positives.reconcile(session, actor, tube_id, decided, occurred, ended=RELEASED)
    settle_status(session, positives.sampled_in(session, [tube_id]))
    return tube_view.describe(session, actor, [tube])[0]


def _positives(session: Session, tube_id: UUID) -> list[TestResult]:
    """Return the positive results of a tube that still count, oldest first."""
    later = aliased(TestResult)
    return list(
        session.exec(
            select(TestResult)
            .outerjoin(later, col(later.supersedes_id) == col(TestResult.result_id))
            .outerjoin(ResultRelease, col(ResultRelease.result_id) == col(TestResult.result_id))
            .where(
                col(TestResult.tube_id) == tube_id,
                col(TestResult.result) == "positive",
                col(later.result_id).is_(None),
                col(ResultRelease.result_id).is_(None),
            )
            .order_by(col(TestResult.result_id))
        )
    )
