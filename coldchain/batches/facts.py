"""Reads what the gate judges by, for many batches in a constant number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from coldchain.batches import origins, papers, states
from coldchain.batches.models import NOT_HERE, Arrival, Batch, Disinfection, ResultRelease, Sample, TestResult, Tube
from coldchain.batches.origins import Origin, Origins, Step
from coldchain.batches.papers import Paper
from coldchain.core import clock
from coldchain.core.columns import among
from coldchain.policy.coverage import WHOLE_BATCH, Piece, shifted
from coldchain.policy.facts import BatchFacts, DisinfectionFact, EvidenceFact, SampleFact, SplitFrom, TubeFact
from coldchain.registry.models import Producer, Product

FOUND: Final = frozenset({states.POSITIVE, states.CONFIRMED})

# Built once: the gate asks at every movement that leaves.
_Former: Final = aliased(Producer)
_BATCHES: Final[Any] = (
    select(  # type: ignore[call-overload]
        Batch,
        Arrival,
        Product,
        col(Producer.merged_into_id),
        select(func.array_agg(col(_Former.producer_id)))
        .where(col(_Former.merged_into_id) == func.coalesce(col(Producer.merged_into_id), col(Producer.producer_id)))
        .correlate(Producer)
        .scalar_subquery(),
    )
    .join(Arrival, col(Arrival.arrival_id) == col(Batch.arrival_id))
    .join(Product, col(Product.product_id) == col(Batch.product_id))
    .join(Producer, col(Producer.producer_id) == col(Batch.producer_id))
    .where(col(Batch.batch_id) == among("batch_ids"))
)
_TREATMENTS: Final = (
    select(Disinfection)
    .where(or_(col(Disinfection.arrival_id) == among("arrival_ids"), col(Disinfection.batch_id) == among("batch_ids")))
    .order_by(col(Disinfection.disinfection_id))
)
_SAMPLES: Final = (
    select(Sample, Tube)
    .join(Tube, col(Tube.tube_id) == col(Sample.tube_id))
    .where(col(Sample.batch_id) == among("batch_ids"))
    .order_by(col(Sample.tube_id), col(Sample.sample_id))
)
_LATER: Final = aliased(TestResult)
_RESULTS: Final = (
    select(TestResult, col(ResultRelease.recorded_at))
    .outerjoin(ResultRelease, col(ResultRelease.result_id) == col(TestResult.result_id))
    .where(
        col(TestResult.tube_id) == among("tube_ids"),
        ~select(col(_LATER.result_id)).where(col(_LATER.supersedes_id) == col(TestResult.result_id)).exists(),
    )
)


def load(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, BatchFacts]:
    """Return the facts of batches and of all that they were made from, without a region yet; seven statements at most.

    A batch that was split off has its parents' records too, mapped onto its own pieces (R5); what was processed from
    others names them in `made_from`. The number of statements depends neither on the number of batches nor on how
    often goods were split or processed.
    """
    wanted = set(batch_ids)
    came_from = origins.load(session, wanted)
    rows = session.execute(_BATCHES, {"batch_ids": list(came_from.needed(wanted))}).all()
    known = {batch.batch_id: batch for batch, *_ in rows}
    arrival_ids = {arrival.arrival_id for _, arrival, *_ in rows}
    books = Books(
        known,
        came_from,
        _papers(papers.current(session, arrival_ids, known)),
        _by_target(disinfections(session, arrival_ids, known)),
        _samples(session, known),
    )
    return {
        batch.batch_id: books.facts(batch, arrival, product, producer_ids=_same(batch.producer_id, merged, former))
        for batch, arrival, product, merged, former in rows
    }


def _same(producer_id: UUID, merged_into_id: UUID | None, former: Sequence[UUID] | None) -> frozenset[UUID]:
    """Return every id under which a producer was ever registered, as far as it was merged."""
    return frozenset(each for each in (producer_id, merged_into_id, *(former or ())) if each)


@dataclass(frozen=True)
class Books:
    """The records of some batches, by what they were entered for, and where the batches came from."""

    batches: Mapping[UUID, Batch]
    origins: Origins
    papers: Mapping[UUID, list[Paper]]
    treatments: Mapping[UUID, list[Disinfection]]
    tubes: "Mapping[UUID, list[TubeSamples]]"

    def facts(
        self, batch: Batch, arrival: Arrival, product: Product, *, producer_ids: frozenset[UUID] = frozenset()
    ) -> BatchFacts:
        """Return what a verdict on one batch rests on."""
        steps = [step for step in self.origins.steps(batch.batch_id) if step.batch_id in self.batches]
        evidence = [*self.papers.get(arrival.arrival_id, ())]
        for step in reversed(steps):
            evidence += self.papers.get(step.batch_id, ())
        split = self.origins.split_from(batch.batch_id)
        return BatchFacts(
            batch_id=batch.batch_id,
            region_code="",
            imported=product.imported,
            category=product.category,
            arrived_on=_came_at(arrival).astimezone(clock.BEIJING).date(),
            piece_count=batch.piece_count,
            existing_stock=arrival.entry_mode == "existing_stock",
            recorded_on=arrival.recorded_at.astimezone(clock.BEIJING).date(),
            # a purchase receipt names who sold: the remedial path for an arrival that was entered without a supplier
            supplier_known=bool(
                arrival.supplier_id
                or arrival.supplier_name
                or any(paper.row.kind == "purchase_receipt" and paper.state != "refused" for paper in evidence)
            ),
            code_made=self._coded(steps),
            evidence=tuple(_evidence(paper) for paper in evidence),
            disinfections=tuple(self._treatments(arrival, steps, batch.production_date)),
            tubes=tuple(fact for step in steps for fact in self._tubes(step, batch.production_date)),
            batch_code=batch.batch_code,
            split_from=self._split_from(split),
            gone=tuple(self.origins.gone.get(batch.batch_id, ())),
            not_here=batch.status if batch.status in NOT_HERE else None,
            made_from=tuple(b for b in self.origins.made_from(batch.batch_id) if b in self.batches),
            producer_ids=producer_ids,
            was_cleared=any(self.batches[step.batch_id].status == "cleared" for step in steps),
        )

    def _coded(self, steps: Sequence[Step]) -> bool:
        """Say whether labels were made for these pieces: for a parent as long as they were a part of it (R2)."""
        parted_at = None
        for step in steps:
            batch = self.batches[step.batch_id]
            if batch.code_made_at is not None and (parted_at is None or batch.code_made_at <= parted_at):
                return True
            parted_at = batch.recorded_at
        return False

    def _split_from(self, split: Origin | None) -> SplitFrom | None:
        if split is None or split.parent_id not in self.batches:
            return None
        return SplitFrom(split.parent_id, self.batches[split.parent_id].batch_code, *split.pieces)

    def _treatments(self, arrival: Arrival, steps: Sequence[Step], made_on: date) -> Iterable[DisinfectionFact]:
        for record in self.treatments.get(arrival.arrival_id, ()):  # pieces are named only where there was one batch
            if _concerns(steps[-1], record.basis, record.occurred_at) and not _before(record.occurred_at, made_on):
                yield _treatment(record, steps[-1].offset)
        for step in reversed(steps):
            for record in self.treatments.get(step.batch_id, ()):
                if _concerns(step, record.basis, record.occurred_at) and not _before(record.occurred_at, made_on):
                    yield _treatment(record, step.offset)

    def _tubes(self, step: Step, made_on: date) -> Iterable[TubeFact]:
        for found in self.tubes.get(step.batch_id, ()):
            # a day that can't be right speaks for no goods; that something was found speaks against them all the same
            if _before(found.tube.sampled_at, made_on) and found.state.state not in FOUND:
                continue
            samples = tuple(
                SampleFact(shifted(Piece(s.basis, s.piece_from, s.piece_to), step.offset), s.sample_site)
                for s in found.samples
                if _concerns(step, s.basis, found.tube.sampled_at)
            )
            if samples:
                state = found.state
                yield TubeFact(found.tube.tube_id, found.tube.tube_no, state.state, samples, state.rechecked)


def _came_at(arrival: Arrival) -> datetime:
    """Return when goods came; what is declared is judged as of when it is expected."""
    return arrival.arrived_at or arrival.expected_at or arrival.occurred_at


def _concerns(step: Step, basis: str, occurred_at: datetime) -> bool:
    """Say whether a record of an ancestor speaks of these pieces too: `whole_batch` only until they parted."""
    return basis != WHOLE_BATCH or step.until is None or occurred_at <= step.until


def _before(moment: datetime, made_on: date) -> bool:
    """Say whether goods that were produced on a day were not there yet at a moment; days are Beijing's."""
    return moment.astimezone(clock.BEIJING).date() < made_on


def _by_target(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.batch_id or row.arrival_id, []).append(row)
    return found


def _papers(listed: Iterable[Paper]) -> dict[UUID, list[Paper]]:
    found: dict[UUID, list[Paper]] = {}
    for paper in listed:
        target = paper.row.batch_id or paper.row.arrival_id
        if target is not None:
            found.setdefault(target, []).append(paper)
    return found


def _evidence(paper: Paper) -> EvidenceFact:
    row = paper.row
    refused = paper.check.reason if paper.check and paper.check.outcome == "refused" else None
    return EvidenceFact(
        row.kind, row.number, paper.state == "verified", row.valid_to, row.evidence_id, refused, row.issued_on,
        of_batch=row.batch_id is not None,
    )  # fmt: skip


def disinfections(session: Session, arrival_ids: Iterable[UUID], batch_ids: Iterable[UUID]) -> list[Disinfection]:
    """Return the disinfection records of arrivals and batches, oldest first; one statement."""
    return list(session.scalars(_TREATMENTS, {"arrival_ids": list(arrival_ids), "batch_ids": list(batch_ids)}))


def _treatment(record: Disinfection, offset: int) -> DisinfectionFact:
    return DisinfectionFact(
        piece=shifted(Piece(record.basis, record.piece_from, record.piece_to), offset),
        protocol_state=record.protocol_state,
        agent=record.agent,
        ambient_temperature_c=record.ambient_temperature_c,
        concentration_mg_per_l=record.concentration_mg_per_l,
        contact_min=record.contact_min,
        protocol_id=record.protocol_id,
    )


@dataclass(frozen=True)
class TubeSamples:
    """A tube, what its results come to, and the samples of one batch in it."""

    tube: Tube
    state: states.TubeState
    samples: list[Sample]


def tubes_of(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, tuple[TubeFact, ...]]:
    """Return the tubes that hold samples of each batch, with what their results come to; two statements."""
    return {
        batch_id: tuple(
            TubeFact(
                found.tube.tube_id,
                found.tube.tube_no,
                found.state.state,
                tuple(SampleFact(Piece(s.basis, s.piece_from, s.piece_to), s.sample_site) for s in found.samples),
                found.state.rechecked,
            )
            for found in listed
        )
        for batch_id, listed in _samples(session, batch_ids).items()
    }


def _samples(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, list[TubeSamples]]:
    rows = session.execute(_SAMPLES, {"batch_ids": list(batch_ids)}).all()
    decided = decisions(session, {tube.tube_id for _, tube in rows})
    found: dict[UUID, dict[UUID, TubeSamples]] = {}
    for sample, tube in rows:
        if sample.batch_id is not None:
            by_tube = found.setdefault(sample.batch_id, {})
            by_tube.setdefault(tube.tube_id, TubeSamples(tube, decided[tube.tube_id], [])).samples.append(sample)
    return {batch_id: list(by_tube.values()) for batch_id, by_tube in found.items()}


def decisions(session: Session, tube_ids: Iterable[UUID]) -> dict[UUID, states.TubeState]:
    """Return what the results of each tube come to (R8), in one statement; in none for no tube.

    A result that was superseded, on whatever tube, is none of them.
    """
    wanted = set(tube_ids)
    if not wanted:
        return {}
    reported: dict[UUID, list[states.Reported]] = {tube_id: [] for tube_id in wanted}
    for row, released_at in session.execute(_RESULTS, {"tube_ids": list(wanted)}):
        reported[row.tube_id].append(
            states.Reported(
                row.result_id, row.stage, row.result, row.reported_at, row.recorded_at, released=released_at is not None
            )
        )
    return {tube_id: states.decide(listed) for tube_id, listed in reported.items()}
