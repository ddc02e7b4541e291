"""A laboratory reports on a tube: a negative counts as tested, a positive holds every batch of the tube (R8).

An officer may enter what a laboratory reported, with a photograph of the report (代录); the laboratory confirms it
later or corrects it. A result is never changed: a correction supersedes it (R17).
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.batches import facts, states
from coldchain.batches.models import Batch, ResultConfirmation, Sample, TestResult, Tube
from coldchain.batches.service import positives, tube_view, tubes
from coldchain.batches.service.arrival_parties import refuse_shut_out
from coldchain.batches.service.gate import settle_status
from coldchain.core import clock, stored_files
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.stored_files import StoredFile
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.registry import service as registry
from coldchain.registry.models import Product
from coldchain.registry.service.reach import on_behalf_of


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
    supersedes_id: UUID | None = None,
    reason: str | None = None,
    photo: bytes | None = None,
    photo_id: UUID | None = None,
    var_dir: Path | None = None,
) -> dict[str, Any]:
    """Record a result of a tube and return it with what the tube comes to (R8, R17).

    A positive holds the tube's batches and all made from them, at every holder, in this transaction; a negative
    re-check ends exactly those holds. `supersedes_id`: the result of this tube that this one corrects, with a reason;
    its holds end exactly. An officer enters for the laboratory, with the report's `photo` or the
    `photo_id` of one that it handed in before. Raises Invalid
    (`received_before_sampled`, `reported_before_received`, `in_future`, `required`, `unknown_result`, `not_an_image`),
    Conflict `business_suspended`, `already_superseded`, `lab_result`, NotFound.
    """
    # results of one tube one after the other: each is decided with all the others in sight
    tube = locked(session, actor, tube_id)
    authorize(actor, "result.register", tubes.resource(session, tube))
    refuse_shut_out(registry.find_business(session, tube.lab_id))
    occurred = _checked_times(tube, received_at, reported_at, occurred_at)
    if supersedes_id is not None:
        _may_supersede(actor, current(session, tube_id, supersedes_id, "/supersedes_id"), reason)
    kept = _kept_photo(session, actor, photo, photo_id, var_dir)
    person = personal.keep(session, analyst, "analyst", business_id=tube.lab_id, region_code=tube.region_code)
    row = TestResult(
        tube_id=tube_id,
        stage=stage,
        result=result,
        received_at=received_at,
        reported_at=reported_at,
        report_no=report_no,
        analyst_id=person.personal_id if person else None,
        supersedes_id=supersedes_id,
        reason=reason if supersedes_id else None,
        entered_for_lab=kept is not None,
        photo_id=kept.file_id if kept else None,
        occurred_at=occurred,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    decided = facts.decisions(session, [tube_id])[tube_id]
    told = {"photo_sha256": kept.sha256, "on_behalf_of": on_behalf_of(actor, tube.lab_id)} if kept else {}
    tell(session, actor, tube, row, decided, told | {"analyst": person.commitment if person else None})
    positives.reconcile(session, actor, tube_id, decided, reported_at)
    return _answer(session, row, decided)


def tell(
    session: Session, actor: Actor, tube: Tube, row: TestResult, decided: states.TubeState, more: dict[str, Any]
) -> None:
    """Append the facts of a result: that it was reported, and that it takes the place of another."""
    of: dict[str, Any] = {"business_id": tube.lab_id, "region_code": tube.region_code}
    said = {
        "tube_id": tube.tube_id, "tube_no": tube.tube_no, "lab_id": tube.lab_id, "stage": row.stage,
        "result": row.result, "received_at": row.received_at, "reported_at": row.reported_at,
        "report_no": row.report_no, "tube_state": decided.state,
    }  # fmt: skip
    if row.supersedes_id is not None:
        said |= {"supersedes_id": row.supersedes_id}
        by = {"superseded_by": row.result_id, "tube_id": tube.tube_id, "tube_no": tube.tube_no, "reason": row.reason}
        journal.append(
            session, actor, kind="result.superseded", subject_id=row.supersedes_id, occurred_at=row.occurred_at,
            data=by, **of,
        )  # fmt: skip
    journal.append(
        session, actor, kind="result.reported", subject_id=row.result_id, occurred_at=row.occurred_at,
        data=said | more, **of,
    )  # fmt: skip


def locked(session: Session, actor: Actor, tube_id: UUID) -> Tube:
    """Return a tube that the actor sees, its row locked. Raises NotFound."""
    tube = session.exec(
        select(Tube).where(col(Tube.tube_id) == tube_id, tubes.visible(actor)).with_for_update()
    ).first()
    if tube is None:
        raise NotFound
    return tube


def current(session: Session, tube_id: UUID, result_id: UUID, pointer: str | None = None) -> TestResult:
    """Return a result of a tube that nothing supersedes; the tube is locked.

    Raises NotFound, or Invalid `unknown_result` at `pointer`; Conflict `already_superseded`.
    """
    row = session.get(TestResult, result_id)
    if row is None or row.tube_id != tube_id:
        if pointer is None:
            raise NotFound
        raise Invalid.of(pointer, "unknown_result", "This tube has no such result.")
    later = session.scalar(select(col(TestResult.result_id)).where(col(TestResult.supersedes_id) == result_id))
    if later is not None:
        raise Conflict("This result was corrected already. Correct the newer one.", code="already_superseded")
    return row


def _may_supersede(actor: Actor, former: TestResult, reason: str | None) -> None:
    if reason is None:
        raise Invalid.of("/reason", "required", "This is needed.")
    if actor.is_officer and not former.entered_for_lab:
        raise Conflict("What a laboratory reported itself only the laboratory corrects.", code="lab_result")


def _kept_photo(
    session: Session, actor: Actor, photo: bytes | None, photo_id: UUID | None, var_dir: Path | None
) -> StoredFile | None:
    """Return the report's photograph: an officer must have one, a laboratory reports without."""
    if not actor.is_officer:
        if photo is not None:
            raise Invalid.of("/photo", "not_needed", "A laboratory reports its own results without a photograph.")
        return None
    if photo_id is not None:
        return session.get_one(StoredFile, photo_id)
    if photo is None or var_dir is None:
        raise Invalid.of("/photo", "required", "Enter for a laboratory only with a photograph of its report.")
    return stored_files.keep_image(session, var_dir, photo, actor.user_id, "/photo")


def confirm(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> dict[str, Any]:
    """Let a laboratory say that what an officer entered for it is what it reported; return the tube (R17).

    Raises NotFound, Conflict `wrong_state` for its own result and one confirmed before, `already_superseded`.
    """
    tube = locked(session, actor, tube_id)
    authorize(actor, "result.confirm", tubes.resource(session, tube))
    row = current(session, tube_id, result_id)
    if not row.entered_for_lab or session.get(ResultConfirmation, result_id) is not None:
        raise Conflict("This result awaits no confirmation.", code="wrong_state")
    now = clock.now()
    session.add(ResultConfirmation(result_id=result_id, occurred_at=now, recorded_at=now, recorded_by=actor.user_id))
    session.flush()
    journal.append(
        session,
        actor,
        kind="result.confirmed",
        subject_id=result_id,
        occurred_at=now,
        data={"tube_id": tube_id, "report_no": row.report_no},
        business_id=tube.lab_id,
        region_code=tube.region_code,
    )
    return tube_view.describe(session, actor, [tube])[0]


def photo_of(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> StoredFile:
    """Return the row of the photograph of a report that an officer entered. Raises NotFound, `no_file` among it."""
    row = session.exec(
        select(TestResult)
        .join(Tube, col(Tube.tube_id) == col(TestResult.tube_id))
        .where(col(Tube.tube_id) == tube_id, col(TestResult.result_id) == result_id, tubes.visible(actor))
    ).first()
    file = session.get(StoredFile, row.photo_id) if row is not None and row.photo_id else None
    if file is None:
        raise NotFound
    return file


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
