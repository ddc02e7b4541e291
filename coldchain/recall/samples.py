"""Samples of a sweep by place and round: taken with a finding, then sent, then negative or positive (R9).

Each piece is somewhere once. Rows are only added: a row with `from_state` moves pieces, one without adds them.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import FieldError, Invalid
from coldchain.journal import service as journal
from coldchain.recall import drafts, reach
from coldchain.recall.models import Recall, SampleEvent, SweepTask
from coldchain.recall.rights_then import get_recall

# A result is drawn from the states before it, the nearest first.
BEFORE = {"sent": ("taken",), "negative": ("sent", "taken"), "positive": ("sent", "taken", "negative")}


@dataclass(frozen=True, order=True)
class Bucket:
    """Pieces that share a place, a round, a task and a state."""

    place: str
    round: int
    task_id: UUID | None
    state: str


def buckets(events: list[SampleEvent]) -> Counter[Bucket]:
    """Return how many pieces are in each bucket after these events (pure)."""
    found: Counter[Bucket] = Counter()
    for event in events:
        found[Bucket(event.place, event.round, event.task_id, event.state)] += event.pieces
        if event.from_state is not None:
            found[Bucket(event.place, event.round, event.task_id, event.from_state)] -= event.pieces
    return Counter({bucket: pieces for bucket, pieces in found.items() if pieces})


def events_of(session: Session, recall_id: UUID, as_of: datetime | None = None) -> list[SampleEvent]:
    """Return a recall's sample events recorded by `as_of`, in order."""
    statement = select(SampleEvent).where(col(SampleEvent.recall_id) == recall_id)
    if as_of is not None:
        statement = statement.where(col(SampleEvent.recorded_at) <= as_of)
    return list(session.scalars(statement.order_by(col(SampleEvent.event_id))))


def as_read(session: Session, actor: Actor, counts: Counter[Bucket]) -> Counter[tuple[int, str, str]]:
    """Return pieces by round, place and state: a place outside the reader's areas goes by the name of its region."""
    rows = _tasks(session, counts)
    named = {code: reach.region_name(session, code) for code in {task.region_code for task in rows.values()}}
    found: Counter[tuple[int, str, str]] = Counter()
    for bucket, pieces in counts.items():
        task = rows.get(bucket.task_id)
        place = bucket.place if task is None or reach.seen_place(actor, task) else named[task.region_code]
        found[(bucket.round, place, bucket.state)] += pieces
    return found


def _tasks(session: Session, counts: Counter[Bucket]) -> dict[UUID | None, SweepTask]:
    ids = {bucket.task_id for bucket in counts if bucket.task_id}
    return {task.task_id: task for task in session.scalars(select(SweepTask).where(col(SweepTask.task_id).in_(ids)))}


def take(
    session: Session,
    actor: Actor,
    recall: Recall,
    *,
    task: SweepTask,
    finding_id: UUID,
    samples: list[dict[str, Any]],
    occurred_at: datetime,
) -> None:
    """Record what a finding says was sampled: the count of a task's place and round, replacing an earlier count.

    Raises Invalid `duplicate_sample` for a place and round named twice, `samples_already_sent` when fewer are stated
    than were sent on.
    """
    task_id = task.task_id
    events = [e for e in events_of(session, recall.recall_id) if e.task_id == task_id]
    have = buckets(events)
    errors: list[FieldError] = []
    seen: set[tuple[str, int]] = set()
    for index, sample in enumerate(samples):
        place, number, pieces = sample["place"], sample["round"], sample["pieces"]
        if (place, number) in seen:
            errors.append(FieldError(f"/samples/{index}", "duplicate_sample", "This place and round stand here twice."))
        seen.add((place, number))
        of_place = {b.state: n for b, n in have.items() if (b.place, b.round) == (place, number)}
        change = pieces - sum(of_place.values())
        if change < 0 and -change > of_place.get("taken", 0):
            errors.append(
                FieldError(
                    f"/samples/{index}/pieces", "samples_already_sent",
                    "More of these were already sent on; the count can't be lower than {sent}.",
                    {"sent": sum(of_place.values()) - of_place.get("taken", 0)},
                )
            )  # fmt: skip
        elif change:
            session.add(
                SampleEvent(
                    recall_id=recall.recall_id, task_id=task_id, finding_id=finding_id, place=place, round=number,
                    pieces=change, state="taken", occurred_at=occurred_at, recorded_at=clock.now(),
                    recorded_by=actor.user_id,
                )
            )  # fmt: skip
    if errors:
        raise Invalid(errors=errors)
    session.flush()
    if samples:
        journal.append(
            session,
            actor,
            kind="samples.taken",
            subject_id=finding_id,
            occurred_at=occurred_at,
            region_code=task.region_code,
            data={"recall_id": recall.recall_id, "task_id": task_id, "samples": samples},
        )


def record_result(
    session: Session,
    actor: Actor,
    recall_id: UUID,
    *,
    round: int,
    pieces: int,
    state: str,
    place: str | None = None,
    task_ids: list[UUID] | None = None,
    occurred_at: datetime | None = None,
) -> list[SampleEvent]:
    """Move `pieces` of a place, or of some tasks, and a round to `state`; return the rows that did it.

    Raises Invalid `one_target` unless exactly one of place and task_ids is given, `more_than_there_are`, `in_future`,
    `not_assigned_then`; NotFound, Forbidden.
    """
    if (place is None) == (not task_ids):
        raise Invalid.of("/place", "one_target", "Name either a place or the tasks.")
    when = claimed(occurred_at)
    recall, then = get_recall(session, actor, recall_id, "sample.record", occurred_at, lock=True)
    drafts.require_state(recall, "announced")
    now = clock.now()
    wanted = set(task_ids or ())
    have = within_reach(session, then, buckets(events_of(session, recall.recall_id)))
    fitting = [
        bucket
        for before in BEFORE[state]
        for bucket in sorted(have, key=lambda b: (str(b.task_id), b.place))
        if bucket.state == before and bucket.round == round and (bucket.place == place or bucket.task_id in wanted)
    ]
    there = sum(have[bucket] for bucket in fitting)
    if pieces > there:
        raise Invalid.of(
            "/pieces",
            "more_than_there_are",
            "Only {count} pieces of this place and round can become that.",
            count=there,
        )
    events, left = [], pieces
    for bucket in fitting:
        moved = min(left, have[bucket])
        if moved:
            events.append(
                SampleEvent(
                    recall_id=recall.recall_id, task_id=bucket.task_id, place=bucket.place, round=round, pieces=moved,
                    state=state, from_state=bucket.state, occurred_at=when, recorded_at=now, recorded_by=actor.user_id,
                )
            )  # fmt: skip
            left -= moved
    session.add_all(events)
    session.flush()
    _record(session, actor, recall, events, wanted)
    return events


def within_reach(session: Session, actor: Actor, counts: Counter[Bucket]) -> Counter[Bucket]:
    """Return the pieces that the actor may move: an officer those of its own areas, a laboratory any (R17)."""
    if relation(actor, "recall.read") is None:
        return counts
    rows = _tasks(session, counts)
    return Counter({b: n for b, n in counts.items() if reach.seen_place(actor, rows.get(b.task_id))})


def _record(session: Session, actor: Actor, recall: Recall, events: list[SampleEvent], wanted: set[UUID]) -> None:
    """Write one fact for each region whose places were sampled, so that none tells of another's."""
    rows = _tasks(session, Counter({Bucket(e.place, e.round, e.task_id, e.state): e.pieces for e in events}))
    by_region: dict[str, list[SampleEvent]] = {}
    for event in events:
        task = rows.get(event.task_id)
        by_region.setdefault(task.region_code if task else recall.region_code, []).append(event)
    for region_code, moved in sorted(by_region.items()):
        journal.append(
            session,
            actor,
            kind="sample_result.recorded",
            subject_id=recall.recall_id,
            occurred_at=moved[0].occurred_at,
            region_code=region_code,
            data={
                "round": moved[0].round,
                "place": None if wanted else moved[0].place,
                "task_ids": sorted(wanted & {event.task_id for event in moved if event.task_id}),
                "pieces": sum(event.pieces for event in moved),
                "state": moved[0].state,
            },
        )
