"""Findings are recorded by the rights of the moment when they were captured (`rights_then`), within some days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize, may
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid, NotFound
from coldchain.policy import service as policy
from coldchain.recall import tasks
from coldchain.recall.models import Recall, SweepTask
from coldchain.recall.rights_then import NOT_THEN, as_of

RECORD = "finding.record"


@dataclass(frozen=True)
class Judged:
    """Whether the actor may record at a task's place now, and whether it might when it was captured."""

    now: bool
    then: bool


def open_task(
    session: Session, actor: Actor, task_id: UUID, captured_at: datetime | None
) -> tuple[SweepTask, Recall, Judged]:
    """Return a task that the actor may record at, now or at a moment (aware). Raises NotFound, Forbidden."""
    task = session.get(SweepTask, task_id)
    recall = session.get(Recall, task.recall_id) if task else None
    if task is None or recall is None:
        raise NotFound
    place = tasks.place_of(task)
    judged = Judged(may(actor, RECORD, place), may(as_of(session, actor, captured_at), RECORD, place))
    if not judged.now and not judged.then:
        authorize(actor, RECORD, place)
    return task, recall, judged


def get_task(session: Session, actor: Actor, task_id: UUID, captured_at: datetime | None) -> tuple[SweepTask, Recall]:
    """Return a task at which what was captured then may be recorded now.

    Raises NotFound, Forbidden; Invalid `in_future`, `captured_too_long_ago` (`capture_back_days`, data),
    `not_assigned_then`.
    """
    task, recall, judged = open_task(session, actor, task_id, captured_at)
    if captured_at is None:
        return task, recall
    claimed(captured_at, "/captured_at")
    now = clock.now()
    figures = policy.parameters(session, now.astimezone(clock.BEIJING).date())
    days = int(figures["capture_back_days"])
    if now - captured_at > timedelta(days=days):
        raise Invalid.of(
            "/captured_at", "captured_too_long_ago",
            "What was seen more than {days} days ago can't be recorded as a finding any more.", days=days,
        )  # fmt: skip
    if not judged.then:
        raise Invalid.of("/captured_at", "not_assigned_then", NOT_THEN)
    return task, recall
