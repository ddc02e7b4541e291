"""How tubes are shown: a lab sees of a batch its code and product only (R17)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import facts
from coldchain.batches.models import Batch, ResultConfirmation, ResultRelease, Sample, TestResult, Tube
from coldchain.journal import personal
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Worker, Zone
from coldchain.registry.service import workers

_Former = aliased(TestResult)
NOT_SUPERSEDED: Final[dict[str, Any]] = dict.fromkeys(
    ("superseded_by", "superseded_at", "superseded_reason", "moved_to")
)


def describe(session: Session, actor: Actor, tubes: Sequence[Tube]) -> list[dict[str, Any]]:
    """Return tubes with samples and results, in a constant number of statements; the caller checked the right."""
    ids = [tube.tube_id for tube in tubes]
    decided = facts.decisions(session, ids)
    samples = _samples(session, actor, ids)
    results = _results(session, ids)
    after = _afterwards(session, results)
    labs = registry.brief(session, (tube.lab_id for tube in tubes))
    people = personal.reveal(
        session,
        [
            *(tube.sampled_by_id for tube in tubes),
            *(result.analyst_id for listed in results.values() for result in listed),
        ],
    )
    gone = personal.erased(session, [tube.sampled_by_id for tube in tubes], people)
    return [
        {
            "tube_id": tube.tube_id,
            "tube_no": tube.tube_no,
            "lab": labs[tube.lab_id],
            "region_code": tube.region_code,
            "place": tube.place,
            "pool_limit": tube.pool_limit,
            "over_pool_limit": tube.pool_limit is not None and len(samples.get(tube.tube_id, ())) > tube.pool_limit,
            "sampled_at": tube.sampled_at,
            "sampled_by": people.get(tube.sampled_by_id) if tube.sampled_by_id else None,
            "erased": [gone[tube.sampled_by_id]] if tube.sampled_by_id in gone else [],
            "recorded_at": tube.recorded_at,
            "state": decided[tube.tube_id].state,
            "rechecked": decided[tube.tube_id].rechecked,
            "samples": samples.get(tube.tube_id, []),
            "results": [
                describe_result(result)
                | {"analyst": people.get(result.analyst_id) if result.analyst_id else None}
                | after[result.result_id]
                for result in results.get(tube.tube_id, [])
            ],
        }
        for tube in tubes
    ]


def _samples(session: Session, actor: Actor, tube_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    statement: Any = (
        select(Sample, Batch, Product, Zone)
        .outerjoin(Zone, col(Zone.zone_id) == col(Sample.zone_id))
        .outerjoin(Batch, col(Batch.batch_id) == col(Sample.batch_id))
        .outerjoin(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Sample.tube_id).in_(tube_ids))
        .order_by(col(Sample.sample_id))
    )
    rows = session.execute(statement).all()
    knows_places = relation(actor, "site.read") is not None  # a laboratory may name any zone and learns nothing of it
    people = _workers(session, actor, {sample.worker_id for sample, *_ in rows if sample.worker_id})
    found: dict[UUID, list[dict[str, Any]]] = {}
    for sample, batch, product, zone in rows:
        found.setdefault(sample.tube_id, []).append(
            {
                "batch": None if batch is None else describe_batch(batch, product),
                "zone_id": sample.zone_id,
                "zone_code": zone.code if zone and knows_places else None,
                "worker": people.get(sample.worker_id) if sample.worker_id else None,
                "vehicle_plate": sample.vehicle_plate,
                "unlisted": sample.unlisted,
                "sample_site": sample.sample_site,
                "basis": sample.basis,
                "piece_from": sample.piece_from,
                "piece_to": sample.piece_to,
            }
        )
    return found


def _workers(session: Session, actor: Actor, worker_ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the workers that samples are of: a laboratory reads the post only, whoever may know a person the name."""
    if not worker_ids:
        return {}
    rows = session.exec(select(Worker).where(col(Worker.worker_id).in_(worker_ids))).all()
    known: set[UUID] = set()
    if relation(actor, "worker.read") is not None:
        seen = select(Worker.worker_id).where(col(Worker.worker_id).in_(worker_ids), workers.visible(actor))
        known = set(session.scalars(seen))
    names = personal.reveal(session, [row.name_id for row in rows if row.worker_id in known])
    return {
        row.worker_id: {"worker_id": row.worker_id, "post": row.post, "name": names.get(row.name_id)} for row in rows
    }


def describe_batch(batch: Batch, product: Product) -> dict[str, Any]:
    """Return what a lab sees of a batch: its code and product only."""
    return {
        "batch_id": batch.batch_id,
        "batch_code": batch.batch_code,
        "product": {"product_id": product.product_id, "name": product.name, "name_en": product.name_en},
    }


def _results(session: Session, tube_ids: Sequence[UUID]) -> dict[UUID, list[TestResult]]:
    found: dict[UUID, list[TestResult]] = {}
    statement = select(TestResult).where(col(TestResult.tube_id).in_(tube_ids)).order_by(col(TestResult.result_id))
    for row in session.exec(statement):
        found.setdefault(row.tube_id, []).append(row)
    return found


def _afterwards(session: Session, results: Mapping[UUID, Sequence[TestResult]]) -> dict[UUID, dict[str, Any]]:
    """Return what became of each result: what took its place on which tube, who confirmed it, whether it was released.

    Two statements.
    """
    ids = [result.result_id for listed in results.values() for result in listed]
    later = {
        row.supersedes_id: {
            "superseded_by": row.result_id, "superseded_at": row.recorded_at, "superseded_reason": row.reason,
            "moved_to": None if row.tube_id == former_tube else {"tube_id": row.tube_id, "tube_no": tube_no},
        }
        for row, tube_no, former_tube in session.execute(
            select(TestResult, Tube.tube_no, _Former.tube_id)
            .join(Tube, col(Tube.tube_id) == col(TestResult.tube_id))
            .join(_Former, col(_Former.result_id) == col(TestResult.supersedes_id))
            .where(col(TestResult.supersedes_id).in_(ids))
        )
    }  # fmt: skip
    said = {
        result_id: {"confirmed_at": confirmed_at, "released_at": released_at, "release_reason": reason}
        for result_id, confirmed_at, released_at, reason in session.execute(
            select(
                col(TestResult.result_id), col(ResultConfirmation.recorded_at), col(ResultRelease.occurred_at),
                col(ResultRelease.reason),
            )
            .outerjoin(ResultConfirmation, col(ResultConfirmation.result_id) == col(TestResult.result_id))
            .outerjoin(ResultRelease, col(ResultRelease.result_id) == col(TestResult.result_id))
            .where(col(TestResult.result_id).in_(ids))
        )
    }  # fmt: skip
    return {result_id: NOT_SUPERSEDED | later.get(result_id, {}) | said[result_id] for result_id in ids}


def describe_result(result: TestResult) -> dict[str, Any]:
    """Return a result as the API shows it, without the analyst's name."""
    return {
        "result_id": result.result_id,
        "tube_id": result.tube_id,
        "stage": result.stage,
        "result": result.result,
        "received_at": result.received_at,
        "reported_at": result.reported_at,
        "report_no": result.report_no,
        "supersedes_id": result.supersedes_id,
        "reason": result.reason,
        "entered_for_lab": result.entered_for_lab,
        "recorded_at": result.recorded_at,
    }
