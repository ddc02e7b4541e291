"""Handing on all that an officer has, in one screen: nothing is left without an owner (R9, R12).

Open are the tasks that the officer was given and nobody has checked, the drafts that it has, and the requests that it
took over and whose places are not all looked at. Everything is handed on in one transaction, or nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.models import OFFICER_ROLES, Assignment, User
from coldchain.accounts.rights import Resource, authorize, may
from coldchain.accounts.service import leaving
from coldchain.accounts.service.officers import officers
from coldchain.core import clock
from coldchain.core.errors import Conflict, FieldError, Invalid, NotFound
from coldchain.core.i18n import N_
from coldchain.journal import service as journal
from coldchain.recall import assistance, duties, present, reach, tasks
from coldchain.recall.figures import CHECKED
from coldchain.recall.models import AssistanceRequest, Duty, Recall, SweepTask

DO = "handover.do"


@dataclass(frozen=True)
class Open:
    """One thing that an officer has: `task`, `draft` or `request`, where, what it is called, where it is read."""

    kind: str
    thing_id: UUID
    place: Area
    title: str
    recall: Recall
    href: str

    @property
    def key(self) -> str:
        """Return how a form names it."""
        return f"{self.kind}:{self.thing_id}"


@dataclass(frozen=True)
class Overview:
    """What an officer has open where the actor may hand it on, who may have each, and the assignments there."""

    officer: User
    rows: list[Open]
    candidates: list[Actor]
    ending: list[Assignment]
    kept: tuple[Area, ...]

    def fit(self, row: Open, given: Iterable[Area] = ()) -> list[Actor]:
        """Return who may have a row, the areas in `given` added to what each has."""
        more = tuple(given)
        return [
            each for each in self.candidates
            if duties.may_have(replace(each, areas=(*each.areas, *more)), row.kind, row.place)
        ]  # fmt: skip


def open_of(session: Session, user_ids: Iterable[UUID]) -> dict[UUID, list[Open]]:
    """Return what each officer has open, tasks first, in a constant number of statements."""
    found: dict[UUID, list[Open]] = {user_id: [] for user_id in user_ids}
    for user_id, row in (*_tasks(session, found), *_requests(session, found), *_drafts(session, found)):
        found[user_id].append(row)
    return found


def _latest(session: Session, column: Any, user_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    ever = session.scalars(select(column).where(col(Duty.user_id).in_(list(user_ids)), column.is_not(None)))
    now = duties.latest(session, column, set(ever))
    return {thing: user_id for thing, user_id in now.items() if user_id in user_ids}


def _tasks(session: Session, user_ids: Mapping[UUID, Any]) -> list[tuple[UUID, Open]]:
    owner = _latest(session, col(Duty.task_id), user_ids)
    rows = session.execute(
        select(SweepTask, Recall)
        .join(Recall, col(Recall.recall_id) == col(SweepTask.recall_id))
        .where(col(SweepTask.task_id).in_(owner), col(Recall.state) == "announced")
        .order_by(col(SweepTask.region_code), col(SweepTask.office_id), col(SweepTask.task_id))
    ).all()
    recalls = {recall.recall_id: recall for _task, recall in rows}
    views = [view for view in tasks.views(session, [task for task, _recall in rows]) if view.state not in CHECKED]
    return [
        (
            owner[view.task.task_id],
            Open(
                "task", view.task.task_id, reach.place_of(view.task), present.place_name(shown),
                recalls[view.task.recall_id], f"/sweep-tasks/{view.task.task_id}",
            ),
        )
        for view, shown in zip(views, present.tasks(session, views), strict=True)
    ]  # fmt: skip


def _requests(session: Session, user_ids: Mapping[UUID, Any]) -> list[tuple[UUID, Open]]:
    owner = _latest(session, col(Duty.request_id), user_ids)
    rows = session.execute(
        select(AssistanceRequest, Recall)
        .join(Recall, col(Recall.recall_id) == col(AssistanceRequest.recall_id))
        .where(col(AssistanceRequest.request_id).in_(owner), col(Recall.state) == "announced")
        .order_by(col(AssistanceRequest.request_id))
    ).all()
    undone = {
        recall.recall_id: {
            reach.place_of(view.task)
            for view in tasks.views(session, tasks.all_tasks(session, recall))
            if view.state not in CHECKED
        }
        for recall in {recall.recall_id: recall for _request, recall in rows}.values()
    }
    return [
        (
            owner[request.request_id],
            Open(
                "request", request.request_id, assistance.place_of(request), request.request_no, recall,
                f"/assistance/{request.request_id}",
            ),
        )
        for request, recall in rows
        if assistance.place_of(request) in undone[recall.recall_id]
    ]  # fmt: skip


def _drafts(session: Session, user_ids: Mapping[UUID, Any]) -> list[tuple[UUID, Open]]:
    handed = _latest(session, col(Duty.recall_id), user_ids)
    rows = session.scalars(
        select(Recall)
        .where(
            col(Recall.state) == "draft",
            or_(col(Recall.recorded_by).in_(list(user_ids)), col(Recall.recall_id).in_(handed)),
        )
        .order_by(col(Recall.recall_id))
    ).all()
    now = duties.latest(session, col(Duty.recall_id), {recall.recall_id for recall in rows})
    found = []
    for recall in rows:
        owner = now.get(recall.recall_id, recall.recorded_by)
        if owner is not None and owner in user_ids:
            row = Open(
                "draft", recall.recall_id, Area(recall.region_code), recall.title, recall,
                f"/recalls/{recall.recall_id}",
            )  # fmt: skip
            found.append((owner, row))
    return found


@dataclass(frozen=True)
class Load:
    """What an officer has open where the actor may hand it on, and how much of it is out of reach by now."""

    officer: Actor
    open_count: int
    astray_count: int


def loads(session: Session, actor: Actor) -> list[Load]:
    """Return the active officers whose things the actor may hand on, those first whose assignment ran out over them."""
    everyone = {each.user_id: each for each in officers(session) if each.user_id}
    found = []
    for user_id, rows in open_of(session, everyone).items():
        officer, here = everyone[user_id], _within(actor, rows)
        if here or may(actor, DO, Resource.of(places=officer.areas)):
            astray = [row for row in here if not duties.may_have(officer, row.kind, row.place)]
            found.append(Load(officer, len(here), len(astray)))
    return sorted(found, key=lambda load: (-load.astray_count, load.officer.username))


def astray(session: Session, actor: Actor) -> int:
    """Return how many open things of the actor's areas have an owner who may not have them any more."""
    return sum(load.astray_count for load in loads(session, actor))


def _within(actor: Actor, rows: Iterable[Open]) -> list[Open]:
    return [row for row in rows if may(actor, DO, Resource.of(places=[row.place]))]


def overview(session: Session, actor: Actor, username: str, *, lock: bool = False) -> Overview:
    """Return what an officer has open in the actor's areas and who may take it over. Raises NotFound, Forbidden.

    `lock`: the officer's account and those of all candidates stay locked until the transaction ends.
    """
    officer = session.scalars(select(User).where(col(User.username) == username)).first()
    if officer is None or officer.role not in OFFICER_ROLES:
        authorize(actor, DO, Resource())
        raise NotFound
    everyone = officers(session)
    ids = [each.user_id for each in everyone if each.user_id and may(actor, DO, Resource.of(places=each.areas))]
    candidates = officers(session, {*ids, officer.user_id}, lock=lock)
    rows = open_of(session, [officer.user_id])[officer.user_id]
    assigned = _assignments(session, officer.user_id)
    places = [*(area_of(each) for each in assigned), *(row.place for row in rows)]
    authorize(actor, DO, Resource.of(places=places))
    ending = [each for each in assigned if may(actor, DO, Resource.of(places=[area_of(each)]))]
    return Overview(
        officer=officer,
        rows=_within(actor, rows),
        candidates=[each for each in candidates if each.user_id != officer.user_id],
        ending=ending,
        kept=tuple(area_of(each) for each in assigned if each not in ending),
    )


def area_of(assignment: Assignment) -> Area:
    """Return which area an assignment is of."""
    return Area(assignment.region_code, assignment.office_id)


def _assignments(session: Session, user_id: UUID) -> list[Assignment]:
    now = clock.now()
    return list(
        session.scalars(
            select(Assignment)
            .where(
                col(Assignment.user_id) == user_id,
                col(Assignment.valid_from) <= now,
                or_(col(Assignment.valid_to).is_(None), col(Assignment.valid_to) > now),
            )
            .order_by(col(Assignment.region_code), col(Assignment.assignment_id))
        )
    )


def hand_over(
    session: Session,
    actor: Actor,
    username: str,
    *,
    to_all: str | None = None,
    singles: Mapping[str, str] | None = None,
    end: bool = False,
    give: bool = False,
) -> int:
    """Hand on everything that an officer has open in the actor's areas; return how many things.

    `to_all`: the successor of what `singles` (by `Open.key`) doesn't name. `end`: the officer's assignments in the
    actor's areas end now; `give`: the successor of all gets them. Raises NotFound, Forbidden, Invalid
    `successor_missing` or `not_of_the_place` at each row, Conflict `tasks_without_owner`.
    """
    found = overview(session, actor, username, lock=True)
    by_name = {each.username: each for each in found.candidates}
    given = [area_of(each) for each in found.ending] if give else []
    if to_all and to_all not in by_name:
        raise Invalid.of("/to_all", "no_officer", "Choose an active officer of your areas.")
    if give and not to_all:
        raise Invalid.of("/to_all", "successor_missing", "Choose who gets the assignment.")
    if give and to_all:
        _give(session, actor, found, by_name[to_all])
        by_name[to_all] = replace(by_name[to_all], areas=(*by_name[to_all].areas, *given))
    successors = _successors(found.rows, by_name, to_all, singles or {})
    for row, successor in successors:
        _pass_on(session, actor, row, successor)
    if end:
        leaving.check(session, found.officer, found.kept)
        _end(session, actor, found)
    return len(found.rows)


def _successors(
    rows: list[Open], by_name: Mapping[str, Actor], to_all: str | None, singles: Mapping[str, str]
) -> list[tuple[Open, Actor]]:
    """Return each row with its successor. Raises Invalid naming every row that would be left without an owner."""
    errors, found = [], []
    for index, row in enumerate(rows):
        successor = by_name.get(singles.get(row.key) or to_all or "")
        if successor is None:
            message = N_("Choose who takes this over: {what}.")
            errors.append(FieldError(f"/rows/{index}/to", "successor_missing", message, {"what": row.title}))
        elif not duties.may_have(successor, row.kind, row.place):
            message = N_("{name} is not assigned to this place or may not have this: {what}.")
            params = {"name": successor.display_name, "what": row.title}
            errors.append(FieldError(f"/rows/{index}/to", "not_of_the_place", message, params))
        else:
            found.append((row, successor))
    if errors:
        raise Invalid(errors=errors)
    return found


def _pass_on(session: Session, actor: Actor, row: Open, successor: Actor) -> None:
    if row.kind == "task":
        duties.pass_on(session, actor, successor.user_id, [session.get_one(SweepTask, row.thing_id)])
        return
    if successor.user_id is None:
        raise NotFound
    column, kind = {
        "draft": ("recall_id", "recall.handed_over"), "request": ("request_id", "assistance.handed_over")
    }[row.kind]  # fmt: skip
    duties.give(session, actor, successor.user_id, **{column: row.thing_id})
    journal.append(
        session,
        actor,
        kind=kind,
        subject_id=row.thing_id,
        occurred_at=clock.now(),
        region_code=row.place.region_code,
        data={"recall_id": row.recall.recall_id, "officer": successor.user_id},
    )


def _give(session: Session, actor: Actor, found: Overview, successor: Actor) -> None:
    """Give the successor those of the officer's assignments that it doesn't have yet."""
    if successor.user_id is None:
        raise NotFound
    for each in found.ending:
        if not any(area.covers(area_of(each)) for area in successor.areas):
            session.add(
                Assignment(
                    user_id=successor.user_id, region_code=each.region_code, office_id=each.office_id, kind=each.kind,
                    valid_from=clock.now(), recorded_by=actor.user_id,
                )
            )  # fmt: skip
            _audit(session, actor, "assignment_given", successor.username, each)
    session.flush()


def _end(session: Session, actor: Actor, found: Overview) -> None:
    for each in found.ending:
        each.valid_to = clock.now()
        _audit(session, actor, "assignment_ended", found.officer.username, each)
    session.flush()


def _audit(session: Session, actor: Actor, kind: str, username: str, assignment: Assignment) -> None:
    office = str(assignment.office_id) if assignment.office_id else None
    accounts.audit(session, kind, actor.user_id, officer=username, region_code=assignment.region_code, office_id=office)


def without_owner(session: Session, user: User, areas_left: tuple[Area, ...]) -> list[Open]:
    """Return what the officer has open outside the areas that are left."""
    left = replace(accounts.actor_of(session, user), areas=areas_left)
    rows = open_of(session, [user.user_id])[user.user_id]
    return [row for row in rows if not duties.may_have(left, row.kind, row.place)]


def what_is_open(session: Session, user: User, areas_left: tuple[Area, ...]) -> list[tuple[str, str]]:
    """Return name and page of what the officer has open outside the areas that are left."""
    return [(row.title or row.recall.title, row.href) for row in without_owner(session, user, areas_left)]


def before_assignment_ends(session: Session, user: User, areas_left: tuple[Area, ...]) -> None:
    """Raise Conflict `tasks_without_owner` while the officer has something open outside the areas that are left."""
    without = without_owner(session, user, areas_left)
    if without:
        address = f"/handover?officer={user.username}"
        raise Conflict(
            "{count} open things of {officer} would be left without an owner. Hand them over first: {address}",
            code="tasks_without_owner",
            count=len(without),
            officer=user.display_name,
            address=address,
            extra={"count": len(without), "handover": address},
        )


def install() -> None:
    """Be asked before an officer's assignment ends."""
    checks: list[Callable[[Session, User, tuple[Area, ...]], None]] = leaving.before_assignment_ends
    if before_assignment_ends not in checks:
        checks.append(before_assignment_ends)
    if what_is_open not in leaving.what_is_open:
        leaving.what_is_open.append(what_is_open)
