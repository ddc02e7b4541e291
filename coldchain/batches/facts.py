"""Reads what the gate judges by, for many batches in a constant number of statements."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select

from coldchain.batches import states
from coldchain.batches.models import Arrival, Batch, Disinfection, Evidence, Sample, TestResult, Tube
from coldchain.core import clock
from coldchain.policy.coverage import Piece
from coldchain.policy.facts import BatchFacts, DisinfectionFact, EvidenceFact, SampleFact, TubeFact
from coldchain.registry.models import Product


def load(session: Session, regions: Mapping[UUID, str]) -> dict[UUID, BatchFacts]:
    """Return the facts of batches, each to be judged for its region code in `regions`; five statements at most."""
    rows = session.exec(
        select(Batch, Arrival, Product)
        .join(Arrival, col(Arrival.arrival_id) == col(Batch.arrival_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Batch.batch_id).in_(regions))
    ).all()
    batch_ids = [batch.batch_id for batch, _, _ in rows]
    arrival_ids = {arrival.arrival_id for _, arrival, _ in rows}
    papers = _by_target(current_evidence(session, arrival_ids, batch_ids))
    treatments = _by_target(disinfections(session, arrival_ids, batch_ids))
    tubes = tubes_of(session, batch_ids)
    found = {}
    for batch, arrival, product in rows:
        evidence = [*papers.get(arrival.arrival_id, ()), *papers.get(batch.batch_id, ())]
        records = [*treatments.get(arrival.arrival_id, ()), *treatments.get(batch.batch_id, ())]
        arrived_at = arrival.arrived_at or arrival.occurred_at
        found[batch.batch_id] = BatchFacts(
            batch_id=batch.batch_id,
            region_code=regions[batch.batch_id],
            imported=product.imported,
            category=product.category,
            arrived_on=arrived_at.astimezone(clock.BEIJING).date(),
            piece_count=batch.piece_count,
            existing_stock=arrival.entry_mode == "existing_stock",
            recorded_on=arrival.recorded_at.astimezone(clock.BEIJING).date(),
            # a purchase receipt names who sold: the remedial path for an arrival that was entered without a supplier
            supplier_known=bool(
                arrival.supplier_id or arrival.supplier_name or any(e.kind == "purchase_receipt" for e in evidence)
            ),
            code_made=batch.code_made_at is not None,
            evidence=tuple(
                EvidenceFact(e.kind, e.number, e.verified_at is not None, e.valid_to, e.evidence_id) for e in evidence
            ),
            disinfections=tuple(_treatment(record) for record in records),
            tubes=tubes.get(batch.batch_id, ()),
        )
    return found


def _by_target(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.batch_id or row.arrival_id, []).append(row)
    return found


def current_evidence(session: Session, arrival_ids: Iterable[UUID], batch_ids: Iterable[UUID]) -> list[Evidence]:
    """Return the papers of arrivals and batches that nothing supersedes, oldest first; one statement."""
    listed = session.exec(
        select(Evidence)
        .where(or_(col(Evidence.arrival_id).in_(set(arrival_ids)), col(Evidence.batch_id).in_(set(batch_ids))))
        .order_by(col(Evidence.evidence_id))
    ).all()
    superseded = {row.supersedes_id for row in listed}
    return [row for row in listed if row.evidence_id not in superseded]


def disinfections(session: Session, arrival_ids: Iterable[UUID], batch_ids: Iterable[UUID]) -> list[Disinfection]:
    """Return the disinfection records of arrivals and batches, oldest first; one statement."""
    return list(
        session.exec(
            select(Disinfection)
            .where(
                or_(col(Disinfection.arrival_id).in_(set(arrival_ids)), col(Disinfection.batch_id).in_(set(batch_ids)))
            )
            .order_by(col(Disinfection.disinfection_id))
        )
    )


def _treatment(record: Disinfection) -> DisinfectionFact:
    return DisinfectionFact(
        piece=Piece(record.basis, record.piece_from, record.piece_to),
        protocol_state=record.protocol_state,
        agent=record.agent,
        ambient_temperature_c=record.ambient_temperature_c,
        concentration_mg_per_l=record.concentration_mg_per_l,
        contact_min=record.contact_min,
    )


def tubes_of(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, tuple[TubeFact, ...]]:
    """Return the tubes that hold samples of each batch, with what their results come to; two statements."""
    rows = session.exec(
        select(Sample, Tube)
        .join(Tube, col(Tube.tube_id) == col(Sample.tube_id))
        .where(col(Sample.batch_id).in_(set(batch_ids)))
        .order_by(col(Sample.tube_id), col(Sample.sample_id))
    ).all()
    decided = decisions(session, {tube.tube_id for _, tube in rows})
    samples: dict[UUID, dict[UUID, list[SampleFact]]] = {}
    tubes = {}
    for sample, tube in rows:
        tubes[tube.tube_id] = tube
        if sample.batch_id is not None:
            fact = SampleFact(Piece(sample.basis, sample.piece_from, sample.piece_to), sample.sample_site)
            samples.setdefault(sample.batch_id, {}).setdefault(tube.tube_id, []).append(fact)
    return {
        batch_id: tuple(
            TubeFact(tube_id, tubes[tube_id].tube_no, decided[tube_id].state, tuple(listed))
            for tube_id, listed in by_tube.items()
        )
        for batch_id, by_tube in samples.items()
    }


def decisions(session: Session, tube_ids: Iterable[UUID]) -> dict[UUID, states.TubeState]:
    """Return what the results of each tube come to (R8), in one statement."""
    wanted = set(tube_ids)
    reported: dict[UUID, list[states.Reported]] = {tube_id: [] for tube_id in wanted}
    for row in session.exec(select(TestResult).where(col(TestResult.tube_id).in_(wanted))):
        reported[row.tube_id].append(
            states.Reported(row.result_id, row.stage, row.result, row.reported_at, row.recorded_at, row.supersedes_id)
        )
    return {tube_id: states.decide(listed) for tube_id, listed in reported.items()}
