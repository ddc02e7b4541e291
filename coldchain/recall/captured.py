"""By whose rights a finding is judged: those of the moment when it was captured, not when it was uploaded.

An officer who has left a place still uploads what was seen there while the assignment was in force, and nothing that
was seen before it began or after it ended. What is not entered late counts as recorded when it happened, so that the
rights of now serve as well: a device's clock and ours differ a little.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.accounts.rights import authorize, may
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid, NotFound
from coldchain.policy import service as policy
from coldchain.recall import tasks
from coldchain.recall.models import Recall, SweepTask

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
    now = then = may(actor, RECORD, place)
    user = session.get(User, actor.user_id) if actor.user_id and captured_at else None
    if user is not None:
        then = may(replace(actor, areas=accounts.actor_of(session, user, at=captured_at).areas), RECORD, place)
    if not now and not then:
        authorize(actor, RECORD, place)
    return task, recall, Judged(now, then)


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
    at_once = now - captured_at <= timedelta(minutes=int(figures["late_after_min"]))
    if not judged.then and not (at_once and judged.now):
        raise Invalid.of("/captured_at", "not_assigned_then", "You were not assigned to this place at that time.")
    return task, recall
