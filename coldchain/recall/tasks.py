"""The list of places to look at, and the one that an officer's feet found."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock, paging
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.inspections import service as inspections
from coldchain.inspections.models import Finding
from coldchain.journal import service as journal
from coldchain.recall import drafts, reach
from coldchain.recall.figures import CHECKED
from coldchain.recall.models import Recall, SweepTask, TaskExpected
from coldchain.recall.rights_then import get_recall
from coldchain.regions import service as regions
from coldchain.regions.tree import NATION
from coldchain.registry import service as registry

ONE_A_SITE: Final = ("recall_id", "site_id")  # a site has one task of a recall, however many find it at once


@dataclass(frozen=True)
class TaskView:
    """A task with what the books expect there and what was last seen there. `state`: open or the latest outcome."""

    task: SweepTask
    state: str
    expected: list[TaskExpected]
    finding: Finding | None

    @property
    def reopened(self) -> bool:
        """Whether somebody looked here, and goods came since that nobody has looked at."""
        return self.state == "open" and self.finding is not None and self.finding.outcome in CHECKED

    @property
    def awaited(self) -> list[TaskExpected]:
        """Return what is expected and was not yet looked for: of a reopened task what came since."""
        if self.reopened and self.finding is not None:
            return [row for row in self.expected if row.recorded_at > self.finding.recorded_at]
        return self.expected


def task_state(expected: list[TaskExpected], finding: Finding | None) -> str:
    """Return `open`, or the outcome of the latest finding unless stock was registered there since (reopened)."""
    if finding is None or any(row.recorded_at > finding.recorded_at for row in expected):
        return "open"
    return finding.outcome


def expected_of(
    session: Session, task_ids: list[UUID], as_of: datetime | None = None
) -> dict[UUID, list[TaskExpected]]:
    """Return what the books said to expect at each task's place, as recorded by `as_of`."""
    found: dict[UUID, list[TaskExpected]] = defaultdict(list)
    statement = select(TaskExpected).where(col(TaskExpected.task_id).in_(task_ids))
    if as_of is not None:
        statement = statement.where(col(TaskExpected.recorded_at) <= as_of)
    for row in session.scalars(statement.order_by(col(TaskExpected.expected_id))):
        found[row.task_id].append(row)
    return found


def views(session: Session, tasks: list[SweepTask], as_of: datetime | None = None) -> list[TaskView]:
    """Return tasks with their expectations and latest findings, in a constant number of statements."""
    task_ids = [task.task_id for task in tasks]
    expected = expected_of(session, task_ids, as_of)
    latest = inspections.latest_by_task(session, task_ids, as_of or clock.now())
    return [
        TaskView(
            task,
            task_state(expected.get(task.task_id, []), latest.get(task.task_id)),
            expected.get(task.task_id, []),
            latest.get(task.task_id),
        )
        for task in tasks
    ]


def listing(
    session: Session,
    actor: Actor,
    recall_id: UUID,
    *,
    limit: int,
    cursor: str | None,
    origin: str | None = None,
    state: str | None = None,
    office_id: UUID | None = None,
    site_id: UUID | None = None,
    business: str | None = None,
) -> tuple[list[TaskView], str | None]:
    """Return a page of a recall's tasks that the actor may see, in the order they were made.

    Raises NotFound for an unknown business or recall.
    """
    recall = drafts.get(session, actor, recall_id)
    statement = select(SweepTask).where(col(SweepTask.recall_id) == recall.recall_id, reach.own_tasks(actor))
    if origin:
        statement = statement.where(col(SweepTask.origin) == origin)
    if office_id:
        statement = statement.where(col(SweepTask.office_id) == office_id)
    if site_id:
        statement = statement.where(col(SweepTask.site_id) == site_id)
    if business:
        owner = registry.find_business(session, business)
        statement = statement.where(col(SweepTask.business_id) == owner.business_id)
    if state:  # it is computed from findings and expectations, so all of the recall's tasks are looked at
        fitting = [view for view in views(session, list(session.scalars(statement))) if view.state == state]
        return paging.part(fitting, lambda view: view.task.task_id, limit, cursor)
    rows, cursor = paging.page(session, statement, col(SweepTask.task_id), limit, cursor, newest_first=False)
    return views(session, rows), cursor


def seen_tasks(session: Session, actor: Actor, recall: Recall, as_of: datetime | None = None) -> list[SweepTask]:
    """Return every task of a recall recorded by `as_of` that the actor may see: those in its areas."""
    statement = select(SweepTask).where(col(SweepTask.recall_id) == recall.recall_id, reach.own_tasks(actor))
    if as_of is not None:
        statement = statement.where(col(SweepTask.recorded_at) <= as_of)
    return list(session.scalars(statement.order_by(col(SweepTask.task_id))))


def all_tasks(session: Session, recall: Recall, as_of: datetime | None = None) -> list[SweepTask]:
    """Return every task of a recall recorded by `as_of`, for its totals."""
    statement = select(SweepTask).where(col(SweepTask.recall_id) == recall.recall_id)
    if as_of is not None:
        statement = statement.where(col(SweepTask.recorded_at) <= as_of)
    return list(session.scalars(statement.order_by(col(SweepTask.task_id))))


def get(session: Session, actor: Actor, task_id: UUID, action: str = "recall.read") -> tuple[SweepTask, Recall]:
    """Return a task and its recall when the actor may do `action` at the task's place. Raises NotFound, Forbidden."""
    statement = select(SweepTask, Recall).join(Recall, col(Recall.recall_id) == col(SweepTask.recall_id))
    found = session.execute(statement.where(col(SweepTask.task_id) == task_id)).first()
    if found is None:
        raise NotFound
    task, recall = found
    authorize(actor, action, place_of(task))
    return task, recall


def recall_of(session: Session, task_id: UUID) -> Recall:
    """Return the recall that a task is of. Raises NotFound."""
    statement = select(Recall).join(SweepTask, col(SweepTask.recall_id) == col(Recall.recall_id))
    found = session.scalars(statement.where(col(SweepTask.task_id) == task_id)).first()
    if found is None:
        raise NotFound
    return found


def of_finding(session: Session, actor: Actor, task_id: UUID, finding_id: UUID) -> tuple[SweepTask, Recall]:
    """Return the task and recall of a finding, to officers of the place and to who recorded it, also after leaving.

    Raises NotFound, Forbidden.
    """
    statement = (
        select(SweepTask, Recall, col(Finding.recorded_by))
        .join(Recall, col(Recall.recall_id) == col(SweepTask.recall_id))
        .join(Finding, col(Finding.task_id) == col(SweepTask.task_id))
        .where(col(SweepTask.task_id) == task_id, col(Finding.finding_id) == finding_id)
    )
    found = session.execute(statement).first()
    if found is None:
        raise NotFound
    task, recall, recorded_by = found
    if recorded_by != actor.user_id:
        authorize(actor, "recall.read", place_of(task))
    return task, recall


def place_of(task: SweepTask) -> Resource:
    """Return where a task lies, for its officers: who runs the recall from another region sees totals (R9)."""
    return Resource.of(places=[reach.place_of(task)])


def hold(session: Session, recall_id: UUID, places: ColumnElement[bool]) -> list[SweepTask]:
    """Lock the tasks of a recall at some places until the transaction ends, and return them in id order.

    Whoever adds what is expected there and whoever records what was seen there takes the time after this lock: what
    was recorded later was known later, so that no finding closes a task over goods that it didn't know of.
    """
    return list(
        session.scalars(
            select(SweepTask)
            .where(col(SweepTask.recall_id) == recall_id, places)
            .order_by(col(SweepTask.task_id))
            .with_for_update(key_share=True)
        )
    )


def _office_on_foot(session: Session, actor: Actor, area: str, office: str | None) -> UUID | None:
    """Return the office of a place that nobody registered: the one named, else the only one that the finder is of."""
    if office:
        return regions.find_office(session, area, office).office_id
    if any(each.covers(Area(area)) for each in actor.areas):
        return None
    own = [each.office_id for each in actor.areas if each.region_code == area]
    return own[0] if len(own) == 1 else None


def find_on_foot(
    session: Session,
    actor: Actor,
    recall_id: UUID,
    *,
    site_id: UUID | None = None,
    business: str | None = None,
    name: str | None = None,
    address: str | None = None,
    region_code: str | None = None,
    office: str | None = None,
    occurred_at: datetime | None = None,
) -> tuple[SweepTask, bool]:
    """Add a site that no book or route knew; return its task and whether it is new (one task per site and recall).

    Raises Invalid when neither a site nor a name is given, `not_assigned_then`; Conflict when the recall is not
    running (R9, R12). Judged by the rights at the time it was found.
    """
    recall, then = get_recall(session, actor, recall_id, "recall.find_on_foot", occurred_at)
    drafts.require_state(recall, "announced")
    occurred = claimed(occurred_at)
    site = registry.site(session, site_id) if site_id else None
    business_id = registry.find_business(session, business).business_id if business else None
    if site is None and not name:
        raise Invalid.of("/name", "required", "Say which site this is, or what it is called.")
    area = site.region_code if site else region_code or next(iter(then.regions), recall.region_code)
    if area == NATION:
        area = recall.region_code
    regions.check(session, area)
    office_id = site.office_id if site else _office_on_foot(session, then, area, office)
    authorize(then, "recall.find_on_foot", Resource.of(places=[Area(area, office_id)]))
    task_id = session.scalar(
        insert(SweepTask)
        .values(
            task_id=new_id(),
            recall_id=recall.recall_id,
            origin="on_foot",
            business_id=site.business_id if site else business_id,
            site_id=site_id,
            place_name=name if site is None else None,
            address=address if site is None else None,
            region_code=area,
            office_id=office_id,
            occurred_at=occurred,
            recorded_at=clock.now(),
            recorded_by=actor.user_id,
        )
        .on_conflict_do_nothing(index_elements=ONE_A_SITE, index_where=col(SweepTask.site_id).is_not(None))
        .returning(col(SweepTask.task_id))
    )
    if task_id is None:
        there = select(SweepTask).where(col(SweepTask.recall_id) == recall.recall_id, col(SweepTask.site_id) == site_id)
        return session.scalars(there).one(), False
    task = session.get_one(SweepTask, task_id)
    journal.append(
        session,
        actor,
        kind="sweep_task.found_on_foot",
        subject_id=task.task_id,
        occurred_at=task.occurred_at,
        region_code=area,
        data={"recall_id": recall.recall_id, "site_id": task.site_id, "business_id": task.business_id},
    )
    return task, True
