"""A result that was entered for the wrong tube: taken away from it and given to the right one, in one transaction.

The holds that it made end exactly, the right tube's begin; whoever was told of the first reads of the correction on the
same desk (R8, R17). Who was told: everybody who sees a batch that the superseded result held.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.batches import facts, reach
from coldchain.batches.models import Batch, TestResult, Tube
from coldchain.batches.service import positives, results, tube_view, tubes
from coldchain.batches.service.gate import settle_status
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid, NotFound
from coldchain.ledger.models import Hold
from coldchain.policy import service as policy

CORRECTIONS_SHOWN = 20


def move(
    session: Session,
    actor: Actor,
    tube_id: UUID,
    result_id: UUID,
    *,
    reason: str,
    to_tube_id: UUID | None = None,
    to_tube_no: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Move a result to the tube that it belongs to, named by id or number; return it with both tubes' states.

    The result on the wrong tube stays, superseded by one on the right tube with the same report. Raises NotFound,
    Invalid (`unknown_tube`, `same_tube`, `other_lab`, `received_before_sampled`, `in_future`), Conflict
    `already_superseded`.
    """
    wrong, right = _both(session, actor, tube_id, to_tube_id, to_tube_no)
    former = results.current(session, tube_id, result_id)
    if former.received_at < right.sampled_at:
        raise Invalid.of(
            "/to_tube_no", "received_before_sampled", "The tube would have been received before it was sampled."
        )
    now = claimed(occurred_at)
    copied = ("stage", "result", "received_at", "reported_at", "report_no", "analyst_id", "entered_for_lab", "photo_id")
    row = TestResult(
        tube_id=right.tube_id,
        supersedes_id=result_id,
        reason=reason,
        occurred_at=now,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        **{name: getattr(former, name) for name in copied},
    )
    session.add(row)
    session.flush()
    decided = facts.decisions(session, [wrong.tube_id, right.tube_id])
    results.tell(session, actor, right, row, decided[right.tube_id], {"moved_from": tube_id})
    sampled = positives.sampled_in(session, [wrong.tube_id, right.tube_id])
    positives.lock_with_descendants(session, sampled)  # of both at once: in one order, whoever else moves something
    for tube in (right, wrong):  # what the right tube holds too is never free in between
        positives.reconcile(session, actor, tube.tube_id, decided[tube.tube_id], now)
    settle_status(session, sampled)
    return tube_view.describe_result(row) | {
        "tube_state": decided[right.tube_id].state,
        "former_tube_state": decided[wrong.tube_id].state,
    }


def _both(
    session: Session, actor: Actor, tube_id: UUID, to_tube_id: UUID | None, to_tube_no: str | None
) -> tuple[Tube, Tube]:
    """Return the wrong tube and the right one, both locked in id order; the actor may correct results of both."""
    wrong = session.exec(select(Tube).where(col(Tube.tube_id) == tube_id, tubes.visible(actor))).first()
    if wrong is None:
        raise NotFound
    pointer = "/to_tube_no" if to_tube_id is None else "/to_tube_id"
    if to_tube_id is None and to_tube_no is None:
        raise Invalid.of(pointer, "required", "This is needed.")
    named = select(Tube).where(tubes.visible(actor))
    if to_tube_id is not None:
        named = named.where(col(Tube.tube_id) == to_tube_id)
    else:
        named = named.where(col(Tube.tube_no) == to_tube_no, col(Tube.lab_id) == wrong.lab_id)
    right = session.exec(named).first()
    if right is None:
        raise Invalid.of(pointer, "unknown_tube", "There is no such tube.")
    if right.tube_id == tube_id:
        raise Invalid.of(pointer, "same_tube", "The result stands on this tube already.")
    if right.lab_id != wrong.lab_id:
        raise Invalid.of(pointer, "other_lab", "This tube belongs to another laboratory.")
    for tube in (wrong, right):
        authorize(actor, "result.move", tubes.resource(session, tube))
    both = select(col(Tube.tube_id)).where(col(Tube.tube_id).in_([wrong.tube_id, right.tube_id]))
    session.execute(both.order_by(col(Tube.tube_id)).with_for_update())
    return wrong, right


@dataclass(frozen=True)
class Correction:
    """A result that was superseded lately, and the batches that it held as far as the reader sees them."""

    result_id: UUID
    tube_id: UUID
    tube_no: str
    corrected_at: datetime
    reason: str
    batches: list[Batch] = field(default_factory=list)


def told_again(session: Session, actor: Actor) -> list[Correction]:
    """Return the corrections of results that held something the actor sees, of the last days (*data*), newest first."""
    now = clock.now()
    days = int(policy.parameter(session, "correction_shown_days", now.date()))
    later = aliased(TestResult)
    rows: Sequence[Any] = session.execute(
        select(col(TestResult.result_id), Tube, Batch, later)
        .join(later, col(later.supersedes_id) == col(TestResult.result_id))
        .join(Tube, col(Tube.tube_id) == col(TestResult.tube_id))
        .join(Hold, (col(Hold.cause_id) == col(TestResult.result_id)) & (col(Hold.cause_kind) == "result"))
        .join(Batch, col(Batch.batch_id) == col(Hold.batch_id))
        .where(col(later.recorded_at) >= now - timedelta(days=days), reach.visible_batches(actor))
        .order_by(col(later.recorded_at).desc(), col(Batch.batch_id))
    ).all()
    found: dict[UUID, Correction] = {}
    for result_id, tube, batch, by in rows:
        new = Correction(result_id, tube.tube_id, tube.tube_no, by.recorded_at, by.reason or "")
        one = found.setdefault(result_id, new)
        if batch not in one.batches:
            one.batches.append(batch)
    return list(found.values())[:CORRECTIONS_SHOWN]
