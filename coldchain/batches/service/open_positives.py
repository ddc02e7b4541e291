"""Positives that still ask for something: of goods until they are free or gone, of people and places until a later
sample of the same is negative (R8, R15).

Positives are few: they are looked up first, and judged by `states.decide` like everything else. The number of
statements doesn't depend on how many there are.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import facts, pools, states
from coldchain.batches.models import Sample, TestResult, Tube
from coldchain.batches.service import tubes
from coldchain.ledger.models import Hold, Holding

SUBJECTS: Final = ("zone_id", "worker_id", "vehicle_plate", "unlisted")
FOUND: Final = (states.POSITIVE, states.CONFIRMED)


@dataclass(frozen=True)
class Waiting:
    """Open positives, the most urgent first, each with its samples, and how many there are in all."""

    tubes: list[tuple[Tube, states.TubeState, list[Sample]]]
    count: int


@dataclass(frozen=True)
class Found:
    """What was found of a person or a zone: the tube that says so and how far it is confirmed."""

    tube_id: UUID
    tube_no: str
    sampled_at: datetime
    state: str
    rechecked: bool
    shared: tuple[str, ...] = ()  # a pool: what each is that shares the tube


def positive(session: Session, actor: Actor) -> list[UUID]:
    """Return the tubes that `actor` sees and that are positive now, confirmed or not; two statements."""
    return list(_positive(session, tubes.visible(actor)))


def waiting(session: Session, actor: Actor, limit: int) -> Waiting:
    """Return the open positives that `actor` sees: the confirmed first, then the longest waiting."""
    decided = _positive(session, tubes.visible(actor))
    if not decided:
        return Waiting([], 0)
    rows = session.exec(select(Tube).where(col(Tube.tube_id).in_(decided)).order_by(col(Tube.sampled_at))).all()
    samples = _samples(session, decided)
    left = _goods_left(session, decided)
    unsolved = {sample.tube_id for sample, _tube in _unsolved(session, samples)}
    goods = {sample.tube_id for sample, _tube in samples if sample.batch_id}
    free = {tube_id for tube_id, state in decided.items() if state.state == states.POSITIVE}
    wanted = [tube for tube in rows if tube.tube_id in left | unsolved | (goods & free)]
    wanted.sort(key=lambda tube: (tube.tube_id in free, not decided[tube.tube_id].rechecked))
    return Waiting(
        [
            (tube, decided[tube.tube_id], [sample for sample, _tube in samples if sample.tube_id == tube.tube_id])
            for tube in wanted[:limit]
        ],
        len(wanted),
    )


def of(session: Session, name: str, ids: Collection[UUID] | None, within: Any = None) -> dict[UUID, Found]:
    """Return the open positive of each zone (`zone_id`) or person (`worker_id`) that has one, the gravest first.

    Of `ids`, or of those that a selection `within` names. No rights are asked: the caller sees these.
    """
    subject = getattr(Sample, name)
    about = select(col(Sample.tube_id)).where(subject.in_(within if ids is None else list(ids)))
    decided = _positive(session, col(Tube.tube_id).in_(about))
    if not decided:
        return {}
    samples = _samples(session, decided)
    wanted = [
        (sample, tube)
        for sample, tube in _unsolved(session, samples)
        if getattr(sample, name) and (ids is None or getattr(sample, name) in ids)
    ]
    wanted.sort(key=lambda pair: (decided[pair[1].tube_id].state != states.CONFIRMED, -pair[1].sampled_at.timestamp()))
    found: dict[UUID, Found] = {}
    for sample, tube in wanted:
        state = decided[tube.tube_id]
        if getattr(sample, name) in found:
            continue
        shared = pools.shared(each for each, _tube in samples if each.tube_id == tube.tube_id)
        new = Found(tube.tube_id, tube.tube_no, tube.sampled_at, state.state, state.rechecked, shared)
        found[getattr(sample, name)] = new
    return found


def _positive(session: Session, condition: ColumnElement[bool]) -> dict[UUID, states.TubeState]:
    """Return the tubes of a condition that are positive now, with what their results come to."""
    ever = select(col(TestResult.tube_id)).where(col(TestResult.result) == "positive")
    ids = session.scalars(select(col(Tube.tube_id)).where(col(Tube.tube_id).in_(ever), condition)).all()
    decided = facts.decisions(session, ids)
    return {tube_id: state for tube_id, state in decided.items() if state.state in FOUND}


def _samples(session: Session, tube_ids: Collection[UUID]) -> Sequence[tuple[Sample, Tube]]:
    statement = select(Sample, Tube).join(Tube, col(Tube.tube_id) == col(Sample.tube_id))
    return session.exec(statement.where(col(Sample.tube_id).in_(tube_ids)).order_by(col(Sample.sample_id))).all()


def _goods_left(session: Session, tube_ids: Collection[UUID]) -> set[UUID]:
    """Return the tubes of which a result holds goods that are still in custody."""
    statement = (
        select(col(TestResult.tube_id))
        .join(Hold, (col(Hold.cause_id) == col(TestResult.result_id)) & (col(Hold.cause_kind) == "result"))
        .join(Holding, col(Holding.batch_id) == col(Hold.batch_id))
        .where(
            col(TestResult.tube_id).in_(tube_ids), col(Hold.ended_at).is_(None), col(Holding.quantity_units) > 0
        )
        .distinct()
    )  # fmt: skip
    return set(session.scalars(statement))


def _unsolved(session: Session, samples: Sequence[tuple[Sample, Tube]]) -> list[tuple[Sample, Tube]]:
    """Return those of some samples that are not of goods and of whose subject no later sample is negative."""
    listed = [(sample, tube) for sample, tube in samples if sample.batch_id is None]
    if not listed:
        return []
    same = [
        getattr(Sample, name).in_({getattr(sample, name) for sample, _tube in listed} - {None}) for name in SUBJECTS
    ]
    first = min(tube.sampled_at for _sample, tube in listed)
    again = session.exec(
        select(Sample, Tube)
        .join(Tube, col(Tube.tube_id) == col(Sample.tube_id))
        .where(or_(*same), col(Tube.sampled_at) > first)
    ).all()
    decided = facts.decisions(session, {tube.tube_id for _sample, tube in again})
    clean: dict[tuple[str, Any], datetime] = {}
    for sample, tube in again:
        if decided[tube.tube_id].state == states.NEGATIVE:
            key = _key(sample)
            clean[key] = max(clean.get(key, tube.sampled_at), tube.sampled_at)
    return [
        (sample, tube) for sample, tube in listed if _key(sample) not in clean or clean[_key(sample)] <= tube.sampled_at
    ]


def _key(sample: Sample) -> tuple[str, Any]:
    return next((name, getattr(sample, name)) for name in SUBJECTS if getattr(sample, name) is not None)
