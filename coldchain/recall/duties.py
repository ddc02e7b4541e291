"""Who has what: the officer of a sweep task, of a draft, of a request that was taken over. The latest row counts.

A task has no owner until it is assigned; a draft is its writer's and a request is taken over by somebody, until they
are handed on. An owner is an active officer whose assignments cover the place, which is judged under a lock on the
officer's account, so that nothing is given to somebody who is just leaving.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.models import User
from coldchain.accounts.rights import Resource, authorize, may
from coldchain.accounts.service.officers import officers
from coldchain.core import clock
from coldchain.core.errors import Invalid, NotFound
from coldchain.journal import service as journal
from coldchain.recall import drafts, reach, tasks
from coldchain.recall.figures import CHECKED
from coldchain.recall.models import Duty, Recall, SweepTask

# What somebody must be allowed to do at a place to have such a thing there.
NEEDED: Final = {"task": "finding.record", "draft": "recall.announce", "request": "assistance.take_over"}


@dataclass(frozen=True)
class Owner:
    """An officer as others name them."""

    user_id: UUID
    username: str
    display_name: str


def latest(session: Session, column: Any, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the officer who has each of some things (`column` of Duty names their kind), those that have one."""
    rows = session.execute(
        select(column, col(Duty.user_id))
        .where(column.in_(set(ids)))
        .order_by(column, col(Duty.duty_id).desc())
        .ext(distinct_on(column))
    )
    return dict(rows.all())


def owners(session: Session, column: Any, ids: Iterable[UUID]) -> dict[UUID, Owner]:
    """Return who has each of some things, by name, in two statements."""
    found = latest(session, column, ids)
    people = select(col(User.user_id), col(User.username), col(User.display_name)).where(
        col(User.user_id).in_(set(found.values()))
    )
    named = {row.user_id: Owner(*row) for row in session.execute(people)}
    return {thing: named[user_id] for thing, user_id in found.items()}


def may_have(officer: Actor, kind: str, place: Area) -> bool:
    """Say whether an officer may have a `task`, `draft` or `request` of a place."""
    return may(officer, NEEDED[kind], Resource.of(places=[place]))


def standing(session: Session, actor: Actor) -> Actor:
    """Return the actor with the assignments of this moment, the account locked against their end.

    Raises NotFound for somebody who is no active officer any more.
    """
    found = officers(session, [actor.user_id] if actor.user_id else [], lock=True)
    if not found:
        raise NotFound
    return found[0]


def fit_for(session: Session, kind: str, places: Iterable[Area]) -> list[Actor]:
    """Return the active officers who may have something of `kind` at all of some places, by name."""
    wanted = list(places)
    return [each for each in officers(session) if all(may_have(each, kind, place) for place in wanted)]


def give(session: Session, actor: Actor, user_id: UUID, **thing: UUID) -> None:
    """Write that an officer has a thing from now on; the caller has checked both. `thing`: one of Duty's three ids."""
    session.add(Duty(user_id=user_id, recorded_at=clock.now(), recorded_by=actor.user_id, **thing))
    session.flush()


def assign(session: Session, actor: Actor, task_id: UUID, *, username: str) -> tuple[SweepTask, Recall]:
    """Give a task to an officer of its place.

    Raises NotFound, Forbidden, Conflict `wrong_state`, Invalid `no_officer`.
    """
    task, recall = tasks.get(session, actor, task_id, "sweep_task.assign")
    drafts.require_state(recall, "announced")
    _assign(session, actor, recall, [task], username)
    return task, recall


def assign_office(
    session: Session, actor: Actor, recall_id: UUID, *, region_code: str, office_id: UUID | None, username: str
) -> int:
    """Give an officer every task of one office (None: of none) that nobody has checked; return how many.

    Raises NotFound, Forbidden, Conflict `wrong_state`, Invalid `no_officer`.
    """
    recall = drafts.get(session, actor, recall_id)
    authorize(actor, "sweep_task.assign", Resource.of(places=[Area(region_code, office_id)]))
    drafts.require_state(recall, "announced")
    there = [
        view.task
        for view in tasks.views(session, tasks.seen_tasks(session, actor, recall))
        if view.state not in CHECKED and (view.task.region_code, view.task.office_id) == (region_code, office_id)
    ]
    _assign(session, actor, recall, there, username)
    return len(there)


def _assign(session: Session, actor: Actor, recall: Recall, given: list[SweepTask], username: str) -> None:
    named = select(col(User.user_id)).where(col(User.username) == username)
    found = officers(session, session.scalars(named).all(), lock=True)
    if not found or not all(may_have(found[0], "task", reach.place_of(task)) for task in given):
        raise Invalid.of("/username", "no_officer", "There is no active officer of this place with this user name.")
    tasks.hold(session, recall.recall_id, col(SweepTask.task_id).in_([task.task_id for task in given]))
    pass_on(session, actor, found[0].user_id, given)


def pass_on(session: Session, actor: Actor, user_id: UUID | None, given: list[SweepTask]) -> None:
    """Write that an officer has these tasks from now on, one fact each."""
    if user_id is None:
        raise NotFound
    now = clock.now()
    session.add_all(
        Duty(task_id=task.task_id, user_id=user_id, recorded_at=now, recorded_by=actor.user_id) for task in given
    )
    session.flush()
    journal.append_many(
        session,
        actor,
        [
            journal.Fact(
                "sweep_task.assigned", task.task_id, now, {"recall_id": task.recall_id, "officer": user_id},
                region_code=task.region_code,
            )
            for task in given
        ],
    )  # fmt: skip
