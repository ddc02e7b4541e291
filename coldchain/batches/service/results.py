"""A laboratory reports on a tube: a negative counts as tested, a positive holds every batch of the tube (R8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.batches import facts, states
from coldchain.batches.models import Batch, Sample, TestResult, Tube
from coldchain.batches.service import positives, tube_view, tubes
from coldchain.batches.service.arrival_parties import refuse_shut_out
from coldchain.batches.service.gate import settle_status
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid, NotFound
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.registry import service as registry
from coldchain.registry.models import Product


def report(
    session: Session,
    actor: Actor,
    tube_id: UUID,
    *,
    stage: str,
    result: str,
    received_at: datetime,
    reported_at: datetime,
    report_no: str,
    analyst: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Record a result of a tube and return it with what the tube comes to (R8, R17).

    A positive holds the tube's batches and all made from them, at every holder, in this transaction; a negative
    re-check ends exactly those holds. Raises Invalid (`received_before_sampled`, `reported_before_received`,
    `in_future`), Conflict `business_suspended`, NotFound.
    """
    # results of one tube one after the other: each is decided with all the others in sight
    tube = session.exec(
        select(Tube).where(col(Tube.tube_id) == tube_id, tubes.visible(actor)).with_for_update()
    ).first()
    if tube is None:
        raise NotFound
    authorize(actor, "result.register", Resource.of(tube.lab_id, regions=[tube.region_code]))
    refuse_shut_out(registry.find_business(session, tube.lab_id))
    occurred = _checked_times(tube, received_at, reported_at, occurred_at)
    person = personal.keep(session, analyst, "analyst", business_id=tube.lab_id, region_code=tube.region_code)
    row = TestResult(
        tube_id=tube_id,
        stage=stage,
        result=result,
        received_at=received_at,
        reported_at=reported_at,
        report_no=report_no,
        analyst_id=person.personal_id if person else None,
        occurred_at=occurred,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    decided = facts.decisions(session, [tube_id])[tube_id]
    journal.append(
        session,
        actor,
        kind="result.reported",
        subject_id=row.result_id,
        occurred_at=occurred,
        data={
            "tube_id": tube_id, "tube_no": tube.tube_no, "lab_id": tube.lab_id, "stage": stage, "result": result,
            "received_at": received_at, "reported_at": reported_at, "report_no": report_no,
            "analyst": person.commitment if person else None, "tube_state": decided.state,
        },
        business_id=tube.lab_id,
        region_code=tube.region_code,
    )  # fmt: skip
    positives.reconcile(session, actor, tube_id, decided, reported_at)
    return _answer(session, row, decided)


def _checked_times(tube: Tube, received_at: datetime, reported_at: datetime, occurred_at: datetime | None) -> datetime:
    """Return when the result came to be known, after checking that its times can be true (R17)."""
    if received_at < tube.sampled_at:
        raise Invalid.of(
            "/received_at", "received_before_sampled", "The tube would have been received before it was sampled."
        )
    if reported_at < received_at:
        raise Invalid.of(
            "/reported_at", "reported_before_received", "The result would have been reported before the tube came."
        )
    claimed(reported_at, "/reported_at")
    return claimed(occurred_at or reported_at)


def _answer(session: Session, row: TestResult, decided: states.TubeState) -> dict[str, Any]:
    batches = session.exec(
        select(Batch, Product)
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Batch.batch_id).in_(select(col(Sample.batch_id)).where(col(Sample.tube_id) == row.tube_id)))
        .order_by(col(Batch.batch_id))
    ).all()
    settle_status(session, [batch.batch_id for batch, _ in batches])
    return tube_view.describe_result(row) | {
        "tube_state": decided.state,
        "batches": [tube_view.describe_batch(batch, product) for batch, product in batches],
    }
