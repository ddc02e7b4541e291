"""How tubes are shown: a lab sees of a batch its code and product only (R17)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import facts
from coldchain.batches.models import Batch, Sample, TestResult, Tube
from coldchain.journal import personal
from coldchain.registry import service as registry
from coldchain.registry.models import Product


def describe(session: Session, actor: Actor, tubes: Sequence[Tube]) -> list[dict[str, Any]]:
    """Return tubes with samples and results, in a constant number of statements; the caller checked the right."""
    ids = [tube.tube_id for tube in tubes]
    decided = facts.decisions(session, ids)
    samples = _samples(session, ids)
    results = _results(session, ids)
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
            "sampled_at": tube.sampled_at,
            "sampled_by": people.get(tube.sampled_by_id) if tube.sampled_by_id else None,
            "erased": [gone[tube.sampled_by_id]] if tube.sampled_by_id in gone else [],
            "recorded_at": tube.recorded_at,
            "state": decided[tube.tube_id].state,
            "samples": samples.get(tube.tube_id, []),
            "results": [
                describe_result(result) | {"analyst": people.get(result.analyst_id) if result.analyst_id else None}
                for result in results.get(tube.tube_id, [])
            ],
        }
        for tube in tubes
    ]


def _samples(session: Session, tube_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    rows = session.exec(
        select(Sample, Batch, Product)
        .outerjoin(Batch, col(Batch.batch_id) == col(Sample.batch_id))
        .outerjoin(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Sample.tube_id).in_(tube_ids))
        .order_by(col(Sample.sample_id))
    ).all()
    found: dict[UUID, list[dict[str, Any]]] = {}
    for sample, batch, product in rows:
        found.setdefault(sample.tube_id, []).append(
            {
                "batch": None if batch is None else describe_batch(batch, product),
                "zone_id": sample.zone_id,
                "vehicle_plate": sample.vehicle_plate,
                "unlisted": sample.unlisted,
                "sample_site": sample.sample_site,
                "basis": sample.basis,
                "piece_from": sample.piece_from,
                "piece_to": sample.piece_to,
            }
        )
    return found


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
        "recorded_at": result.recorded_at,
    }
