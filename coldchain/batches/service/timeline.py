"""What happened to a batch, as far as the asker may see it: facts in the order in which they happened.

Each fact says when it happened and when we learned it; one learned much later is late (补录). Nothing is made up here:
every line is a row of the books.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from coldchain.accounts.actor import Actor
from coldchain.batches import facts, papers, reach
from coldchain.batches.models import MADE_MODES, Arrival, Batch, Sample, TestResult, Tube
from coldchain.batches.models_arrivals import ArrivalWithdrawal, IdentityCorrection, IntakeLine
from coldchain.core import clock
from coldchain.core.errors import NotFound
from coldchain.ledger.models import Hold, Holding, Movement, Posting
from coldchain.policy import service as policy


@dataclass(frozen=True)
class TimelineEntry:
    """One fact about a batch; `details` depends on `kind` and holds ids, codes and numbers."""

    kind: str
    subject_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    late: bool
    basis: str | None = None
    piece_from: int | None = None
    piece_to: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


def timeline(session: Session, actor: Actor, batch_id: UUID) -> list[TimelineEntry]:
    """Return the facts about a batch that `actor` may see, latest first. Raises NotFound.

    Kinds: `declared`, `arrived`, `withdrawn`, `corrected`, `evidence`, `evidence_checked`, `disinfection`, `sampled`,
    `result`, `code_made`, `hold_placed`, `hold_ended` and `movement` (with the movement's own kind in the details).
    Late: learned more than `late_after_min` afterwards.
    """
    row = session.exec(
        select(Batch, Arrival)
        .join(Arrival, col(Arrival.arrival_id) == col(Batch.arrival_id))
        .where(col(Batch.batch_id) == batch_id, reach.visible_batches(actor))
    ).first()
    if row is None:
        raise NotFound
    batch, arrival = row
    late_after = timedelta(minutes=int(policy.parameter(session, "late_after_min", clock.now().date())))
    entries = [
        *_came(session, batch, arrival, late_after),
        *_papers(session, batch, late_after),
        *_tests(session, batch_id, late_after),
        *_holds(session, actor, batch_id),
        *_movements(session, actor, batch_id),
    ]
    if batch.code_made_at is not None:
        entries.append(TimelineEntry("code_made", batch_id, batch.code_made_at, batch.code_made_at, late=False))
    return sorted(entries, key=lambda entry: (entry.occurred_at, entry.recorded_at), reverse=True)


def _came(session: Session, batch: Batch, arrival: Arrival, late_after: timedelta) -> Iterable[TimelineEntry]:
    """Yield that goods were declared and came, that the arrival was withdrawn, and what was corrected of it (R11)."""
    if arrival.entry_mode in MADE_MODES:
        return
    if arrival.entry_mode == "declared":
        details = {"arrival_no": arrival.arrival_no, "expected_at": arrival.expected_at, "container_no": None}
        yield TimelineEntry(
            "declared", arrival.arrival_id, arrival.occurred_at, arrival.recorded_at, False, details=details
        )
    taken_in = session.get(IntakeLine, batch.batch_id)
    if arrival.arrived_at is not None and (taken_in is None or taken_in.received_units):
        yield _arrived(batch, arrival, taken_in, late_after)
    withdrawn = session.get(ArrivalWithdrawal, arrival.arrival_id)
    if withdrawn is not None:
        details = {"reason": withdrawn.reason}
        yield TimelineEntry(
            "withdrawn", arrival.arrival_id, withdrawn.occurred_at, withdrawn.recorded_at, False, details=details
        )
    statement = select(IdentityCorrection).where(
        col(IdentityCorrection.arrival_id) == arrival.arrival_id,
        or_(col(IdentityCorrection.batch_id).is_(None), col(IdentityCorrection.batch_id) == batch.batch_id),
    )
    for said in session.exec(statement):
        details = {"field": said.field, "former_value": said.former_value, "value": said.value, "reason": said.reason}
        yield TimelineEntry("corrected", said.correction_id, said.occurred_at, said.recorded_at, False, details=details)


def _arrived(batch: Batch, arrival: Arrival, taken_in: IntakeLine | None, late_after: timedelta) -> TimelineEntry:
    """Return when the goods came; a part that was split off later came with the rest."""
    arrived_at = arrival.arrived_at or arrival.occurred_at
    recorded_at = taken_in.recorded_at if taken_in else arrival.recorded_at
    late = arrival.entry_mode != "existing_stock" and recorded_at - arrived_at > late_after
    return TimelineEntry(
        "arrived",
        arrival.arrival_id,
        arrived_at,
        recorded_at,
        late,
        details={
            "arrival_no": arrival.arrival_no,
            "entry_mode": arrival.entry_mode,
            "container_no": arrival.container_no,
            "seal_no": arrival.seal_no,
            "zone_id": batch.zone_id,
            "quantity_units": batch.quantity_units,
        },
    )


def _papers(session: Session, batch: Batch, late_after: timedelta) -> Iterable[TimelineEntry]:
    for paper in papers.every(session, [batch.arrival_id], [batch.batch_id]):
        row = paper.row
        told = {"kind": row.kind, "number": row.number, "issuer": row.issuer}
        yield TimelineEntry(
            "evidence",
            row.evidence_id,
            row.occurred_at,
            row.recorded_at,
            row.recorded_at - row.occurred_at > late_after,
            details=told | {"replaced": paper.superseded_by is not None, "replaces": row.supersedes_id is not None},
        )
        if paper.check is not None:
            at = paper.check.recorded_at
            said = {"outcome": paper.check.outcome, "reason": paper.check.reason}
            yield TimelineEntry("evidence_checked", row.evidence_id, at, at, late=False, details=told | said)
    for record in facts.disinfections(session, [batch.arrival_id], [batch.batch_id]):
        yield TimelineEntry(
            "disinfection",
            record.disinfection_id,
            record.occurred_at,
            record.recorded_at,
            record.recorded_at - record.occurred_at > late_after,
            record.basis,
            record.piece_from,
            record.piece_to,
            {
                "agent": record.agent,
                "concentration_mg_per_l": record.concentration_mg_per_l,
                "contact_min": record.contact_min,
                "ambient_temperature_c": record.ambient_temperature_c,
                "protocol_state": record.protocol_state,
            },
        )


def _tests(session: Session, batch_id: UUID, late_after: timedelta) -> Iterable[TimelineEntry]:
    samples = session.exec(
        select(Sample, Tube)
        .join(Tube, col(Tube.tube_id) == col(Sample.tube_id))
        .where(col(Sample.batch_id) == batch_id)
        .order_by(col(Sample.sample_id))
    ).all()
    tubes = {tube.tube_id: tube for _, tube in samples}
    for sample, tube in samples:
        yield TimelineEntry(
            "sampled",
            tube.tube_id,
            tube.sampled_at,
            tube.recorded_at,
            tube.recorded_at - tube.sampled_at > late_after,
            sample.basis,
            sample.piece_from,
            sample.piece_to,
            {"tube_no": tube.tube_no, "lab_id": tube.lab_id, "sample_site": sample.sample_site},
        )
    later = aliased(TestResult)
    statement = (
        select(TestResult, col(later.recorded_at))
        .outerjoin(later, col(later.supersedes_id) == col(TestResult.result_id))
        .where(col(TestResult.tube_id).in_(tubes))
    )
    for result, superseded_at in session.execute(statement):
        yield TimelineEntry(
            "result",
            result.result_id,
            result.reported_at,
            result.recorded_at,
            result.recorded_at - result.reported_at > late_after,
            details={
                "tube_no": tubes[result.tube_id].tube_no,
                "lab_id": tubes[result.tube_id].lab_id,
                "stage": result.stage,
                "result": result.result,
                "report_no": result.report_no,
                "superseded_at": superseded_at,
                "entered_for_lab": result.entered_for_lab,
            },
        )


def _holds(session: Session, actor: Actor, batch_id: UUID) -> Iterable[TimelineEntry]:
    seen = select(col(Holding.holding_id)).where(col(Holding.batch_id) == batch_id, reach.visible_holdings(actor))
    statement = select(Hold).where(
        col(Hold.batch_id) == batch_id, or_(col(Hold.holding_id).is_(None), col(Hold.holding_id).in_(seen))
    )
    for hold in session.exec(statement):
        details = {
            "cause_kind": hold.cause_kind,
            "cause_id": hold.cause_id,
            "grade": hold.grade,
            "quantity_units": hold.quantity_units,
        }
        yield TimelineEntry(
            "hold_placed", hold.hold_id, hold.occurred_at, hold.recorded_at, late=False, details=details
        )
        if hold.ended_at is not None:
            yield TimelineEntry(
                "hold_ended",
                hold.hold_id,
                hold.ended_at,
                hold.ended_at,
                late=False,
                details=details | {"reason": hold.ended_reason},
            )


def _movements(session: Session, actor: Actor, batch_id: UUID) -> Iterable[TimelineEntry]:
    """Yield movements after the intake, each with its biggest side in units."""
    rows = session.exec(
        select(Movement, Posting)
        .join(Posting, col(Posting.movement_id) == col(Movement.movement_id))
        .where(
            col(Movement.batch_id) == batch_id,
            col(Movement.kind) != "intake",
            col(Posting.batch_id) == batch_id,
            reach.visible_postings(actor),
        )
        .order_by(col(Movement.movement_id), col(Posting.line_no))
    ).all()
    shown: dict[UUID, tuple[Movement, list[Posting]]] = {}
    for movement, posting in rows:
        shown.setdefault(movement.movement_id, (movement, []))[1].append(posting)
    for movement, postings in shown.values():
        yield TimelineEntry(
            "movement",
            movement.movement_id,
            movement.occurred_at,
            movement.recorded_at,
            movement.late,
            details={
                "kind": movement.kind,
                "consignment_id": movement.consignment_id,
                "entry_id": movement.entry_id,
                "quantity_units": max(abs(posting.quantity_units) for posting in postings),
                "from_zone_id": next((p.zone_id for p in postings if p.quantity_units < 0), None),
                "to_zone_id": next((p.zone_id for p in postings if p.quantity_units > 0), None),
                "reason": movement.reason,
            },
        )
