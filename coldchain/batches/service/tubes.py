"""Registering what went into a sampling tube, and the lists of tubes that a lab or an officer works off (R5, R17)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, scope
from coldchain.accounts.visible import kind
from coldchain.batches import reach
from coldchain.batches.models import Batch, ResultConfirmation, ResultRelease, Sample, TestResult, Tube
from coldchain.batches.service import tube_view
from coldchain.batches.service.gate import settle_status
from coldchain.batches.service.targets import before_production, checked_range
from coldchain.core import clock, paging
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, FieldError, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site, Worker
from coldchain.registry.service import workers
from coldchain.registry.service.reach import place as at_place
from coldchain.registry.service.reach import within_reach

SUBJECTS: Final = ("batch_id", "zone_id", "vehicle_plate", "worker_id", "unlisted")
LAB_STATES: Final = ("pending", "active")


def register(
    session: Session,
    actor: Actor,
    *,
    tube_no: str,
    lab: str | UUID,
    sampled_at: datetime,
    samples: Sequence[Mapping[str, Any]],
    sampled_by: str | None = None,
    place: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Enter a tube with its samples and return it; it was filled when it was sampled, unless another time is claimed.

    A lab enters its own tubes only and may name any batch. More samples than a pool should have (*data*) are entered
    all the same, since they are in the tube; the tube then says so. Raises Invalid (`unknown_lab`, `unknown_batch`,
    `unknown_zone`, `one_subject`, `in_future`, `before_production`, the codes of ranges), Conflict `tube_exists`,
    NotFound.
    """
    business = registered_lab(session, lab)
    authorize(actor, "tube.register", Resource.of(business.business_id, places=actor.areas))
    claimed(sampled_at, "/sampled_at")
    occurred_at = claimed(occurred_at or sampled_at)
    batches, places, people = _subjects(session, actor, samples)
    last_made = max((batch.production_date for batch in batches.values()), default=date.min)
    early = before_production(last_made, sampled_at, "/sampled_at")
    rows = _samples(samples, batches, places, people, early)
    region_code = next((batch.region_code for batch in batches.values()), None)
    region_code = region_code or next(iter((*places.values(), *people.values())), None)
    region_code = region_code or next(iter(actor.regions), business.region_code)
    of: dict[str, Any] = {"business_id": business.business_id, "region_code": region_code}
    person = personal.keep(session, sampled_by, "sampled_by", **of)
    tube = Tube(
        tube_no=tube_no,
        lab_id=business.business_id,
        region_code=region_code,
        place=place,
        pool_limit=policy.parameters(session, sampled_at.astimezone(clock.BEIJING).date()).get("pool_limit"),
        sampled_at=sampled_at,
        sampled_by_id=person.personal_id if person else None,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    try:
        with session.begin_nested():
            session.add(tube)
            session.flush()
    except IntegrityError as error:
        if "uq_tube_lab_id_tube_no" not in str(error.orig):
            raise
        raise Conflict("This laboratory has a tube {tube_no} already.", code="tube_exists", tube_no=tube_no) from error
    _lock_named(session, batches)
    session.add_all([Sample(tube_id=tube.tube_id, **row) for row in rows])
    session.flush()
    said = {
        "sampled_by": person.commitment if person else None,
        "samples": [{name: value for name, value in row.items() if value is not None} for row in rows],
    }
    _tell(session, actor, tube, occurred_at, said)
    settle_status(session, batches)
    return tube_view.describe(session, actor, [tube])[0]


def _tell(session: Session, actor: Actor, tube: Tube, occurred_at: datetime, said: Mapping[str, Any]) -> None:
    journal.append(
        session,
        actor,
        kind="tube.registered",
        subject_id=tube.tube_id,
        occurred_at=occurred_at,
        data={
            "tube_no": tube.tube_no, "lab_id": tube.lab_id, "sampled_at": tube.sampled_at, "place": tube.place, **said,
        },
        business_id=tube.lab_id,
        region_code=tube.region_code,
    )  # fmt: skip


def registered_lab(session: Session, ref: str | UUID) -> Business:
    """Return a laboratory of the register. Raises Invalid `unknown_lab` (R17)."""
    try:
        business = registry.find_business(session, ref)
    except NotFound as error:
        raise Invalid.of("/lab", "unknown_lab", "There is no such laboratory in the register.") from error
    if "lab" not in business.kinds or business.status not in LAB_STATES:
        raise Invalid.of("/lab", "unknown_lab", "There is no such laboratory in the register.")
    return business


def _subjects(
    session: Session, actor: Actor, samples: Sequence[Mapping[str, Any]]
) -> tuple[dict[UUID, Batch], dict[UUID, str], dict[UUID, str]]:
    """Return the batches that samples name and the region codes of zones and workers.

    An officer must see batches and workers; a laboratory names what it was given.
    """
    batch_ids = {sample["batch_id"] for sample in samples if sample.get("batch_id")}
    seen: ColumnElement[bool] = reach.visible_batches(actor) if actor.is_officer else true()
    batches = {
        batch.batch_id: batch
        for batch in session.exec(
            select(Batch).where(col(Batch.batch_id).in_(batch_ids), seen).order_by(col(Batch.batch_id))
        )
    }
    zones = registry.zones(session, (sample.get("zone_id") for sample in samples))
    worker_ids = {sample["worker_id"] for sample in samples if sample.get("worker_id")}
    known = select(Worker.worker_id, Worker.region_code).where(
        col(Worker.worker_id).in_(worker_ids), workers.visible(actor) if actor.is_officer else true()
    )
    people = dict(session.execute(known).all()) if worker_ids else {}
    return batches, {zone_id: site.region_code for zone_id, (_, site) in zones.items()}, people


def _samples(
    samples: Sequence[Mapping[str, Any]],
    batches: Mapping[UUID, Batch],
    places: Mapping[UUID, str],
    people: Mapping[UUID, str],
    wrong_so_far: Sequence[FieldError],
) -> list[dict[str, Any]]:
    errors = [*wrong_so_far]
    rows = []
    for index, sample in enumerate(samples):
        pointer = f"/samples/{index}"
        subjects = {name: sample[name] for name in SUBJECTS if sample.get(name) is not None}
        wrong = _wrong_subject(pointer, subjects, batches, places, people)
        if wrong is not None:
            errors.append(wrong)
            continue
        batch = batches.get(subjects["batch_id"]) if "batch_id" in subjects else None
        try:
            basis, first, last = checked_range(
                pointer, sample.get("basis"), sample.get("piece_from"), sample.get("piece_to"),
                batch.piece_count if batch else None,
            )  # fmt: skip
        except Invalid as error:
            errors += error.errors
            continue
        rows.append(
            {"sample_id": new_id(), "batch_id": None, "zone_id": None, "vehicle_plate": None, "worker_id": None,
             "unlisted": None, "sample_site": sample["sample_site"], "basis": basis, "piece_from": first,
             "piece_to": last} | subjects
        )  # fmt: skip
    if errors:
        raise Invalid(errors=errors)
    return rows


def _wrong_subject(
    pointer: str,
    subjects: Mapping[str, Any],
    batches: Mapping[UUID, Batch],
    places: Mapping[UUID, str],
    people: Mapping[UUID, str],
) -> FieldError | None:
    if len(subjects) != 1:
        return FieldError(pointer, "one_subject", "A sample is of exactly one: {values}.",
                          {"values": ", ".join(SUBJECTS)})  # fmt: skip
    ((name, value),) = subjects.items()
    if name == "batch_id" and value not in batches:
        return FieldError(f"{pointer}/batch_id", "unknown_batch", "There is no such batch.")
    if name == "zone_id" and value not in places:
        return FieldError(f"{pointer}/zone_id", "unknown_zone", "There is no such zone.")
    if name == "worker_id" and value not in people:
        return FieldError(f"{pointer}/worker_id", "unknown_worker", "There is no such worker in the register.")
    return None


def _lock_named(session: Session, batches: Mapping[UUID, Batch]) -> None:
    """Take the foreign keys' row locks in id order, so that two writers never wait for each other."""
    session.execute(
        select(Batch.batch_id)
        .where(col(Batch.batch_id).in_(batches))
        .order_by(col(Batch.batch_id))
        .with_for_update(read=True, key_share=True)
    )


def resource(session: Session, tube: Tube) -> Resource:
    """Return what rights about a tube are asked of: its laboratory, its region, where the sampled goods came in."""
    sites = session.exec(
        select(Site)
        .join(Batch, col(Batch.site_id) == col(Site.site_id))
        .join(Sample, col(Sample.batch_id) == col(Batch.batch_id))
        .where(col(Sample.tube_id) == tube.tube_id)
        .distinct()
    ).all()
    return Resource.of(tube.lab_id, regions=[tube.region_code], places=map(at_place, sites))


def answered() -> ColumnElement[bool]:
    """Return the condition on `Tube` that a result counts: not invalid, not superseded, not released by decision."""
    later = aliased(TestResult)
    return (
        select(col(TestResult.result_id))
        .outerjoin(later, col(later.supersedes_id) == col(TestResult.result_id))
        .outerjoin(ResultRelease, col(ResultRelease.result_id) == col(TestResult.result_id))
        .where(
            col(TestResult.tube_id) == col(Tube.tube_id),
            col(TestResult.result) != "invalid",
            col(later.result_id).is_(None),
            col(ResultRelease.result_id).is_(None),
        )
        .exists()
    )


def unconfirmed() -> ColumnElement[bool]:
    """Return the condition on `Tube` that an officer entered a result which the laboratory hasn't confirmed."""
    later = aliased(TestResult)
    return (
        select(col(TestResult.result_id))
        .outerjoin(later, col(later.supersedes_id) == col(TestResult.result_id))
        .outerjoin(ResultConfirmation, col(ResultConfirmation.result_id) == col(TestResult.result_id))
        .where(
            col(TestResult.tube_id) == col(Tube.tube_id),
            col(TestResult.entered_for_lab),
            col(later.result_id).is_(None),
            col(ResultConfirmation.result_id).is_(None),
        )
        .exists()
    )


@kind("tube")
def visible(actor: Actor, action: str = "tube.read") -> ColumnElement[bool]:
    """Return the condition on `Tube` of what `actor` may see: a lab its own, an officer those about the region."""
    reached = scope(actor, action)
    if reached.everything:
        return true()
    if reached.business_id is not None:
        return col(Tube.lab_id) == reached.business_id
    about = (
        select(col(Sample.tube_id))
        .join(Batch, col(Batch.batch_id) == col(Sample.batch_id))
        .where(within_reach(reached, col(Batch.owner_id), col(Batch.region_code), site_id=col(Batch.site_id)))
    )
    return or_(col(Tube.tube_id).in_(about), within_reach(reached, col(Tube.lab_id), col(Tube.region_code)))


def search(
    session: Session,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None = None,
    pending: bool | None = None,
    tube_no: str | None = None,
    to_confirm: bool | None = None,
    where: ColumnElement[bool] | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of tubes, newest first, and the next cursor.

    `pending`: those without (or with) a valid result; `to_confirm`: those with a result that an officer entered and the
    laboratory has (or hasn't) still to confirm; `where`: a further condition on `Tube`.
    """
    statement = select(Tube).where(visible(actor))
    if where is not None:
        statement = statement.where(where)
    if pending is not None:
        statement = statement.where(~answered() if pending else answered())
    if to_confirm is not None:
        statement = statement.where(unconfirmed() if to_confirm else ~unconfirmed())
    if tube_no is not None:
        statement = statement.where(col(Tube.tube_no) == tube_no)
    rows, following = paging.page(session, statement, col(Tube.tube_id), limit, cursor)
    return tube_view.describe(session, actor, rows), following


def read(session: Session, actor: Actor, tube_id: UUID) -> dict[str, Any]:
    """Return one tube. Raises NotFound."""
    tube = session.exec(select(Tube).where(col(Tube.tube_id) == tube_id, visible(actor))).first()
    if tube is None:
        raise NotFound
    return tube_view.describe(session, actor, [tube])[0]
