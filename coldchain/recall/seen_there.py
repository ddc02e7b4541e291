"""What sweeps have found already of goods that the books hold: the task of their place, where the reader sees it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.inspections import service as inspections
from coldchain.inspections.models import Finding, FindingLine
from coldchain.recall import reach, tasks, words
from coldchain.recall.models import Recall, SweepTask, TaskExpected
from coldchain.recall.tasks import TaskView

TOLD: Final = ("announced", "closed")  # a draft has no tasks; what a withdrawn notice looked for is looked for no more
LEAST_DONE: Final = ("left", "taken_off", "sealed")
Key = tuple[UUID, UUID]  # site and batch


@dataclass(frozen=True)
class SeenThere:
    """A sweep's task at a place where a batch lies: the code of its chip (open, an outcome, what was done), when."""

    task_id: UUID
    title: str
    chip: str
    seen_at: datetime | None


def of_stock(session: Session, actor: Actor, stock: Collection[Key]) -> dict[Key, list[SeenThere]]:
    """Return the tasks that look for each (site, batch), newest sweep first, in a constant number of statements (R9).

    A task looks for what the books expect at its place and for what was seen there; of tasks that the reader may not
    see nothing is said. Raises Forbidden.
    """
    sites, batches = {site for site, _batch in stock}, {batch for _site, batch in stock}
    if not stock:
        return {}
    expected = select(col(TaskExpected.task_id)).where(col(TaskExpected.batch_id).in_(batches))
    seen = (
        select(col(Finding.task_id))
        .join(FindingLine, col(FindingLine.finding_id) == col(Finding.finding_id))
        .where(col(FindingLine.batch_id).in_(batches), col(Finding.site_id).in_(sites))
    )
    rows = session.execute(
        select(SweepTask, Recall)
        .join(Recall, col(Recall.recall_id) == col(SweepTask.recall_id))
        .where(
            col(Recall.state).in_(TOLD),
            col(SweepTask.site_id).in_(sites),
            reach.own_tasks(actor),
            or_(col(SweepTask.task_id).in_(expected), col(SweepTask.task_id).in_(seen)),
        )
        .order_by(col(Recall.announced_at).desc(), col(SweepTask.task_id))
    ).all()
    recalls = {task.task_id: recall for task, recall in rows}
    views = tasks.views(session, [task for task, _recall in rows])
    lines = inspections.lines_of(session, [view.finding.finding_id for view in views if view.finding])
    found: dict[Key, list[SeenThere]] = defaultdict(list)
    for view in views:
        known = lines.get(view.finding.finding_id, []) if view.finding else []
        recall = recalls[view.task.task_id]
        for batch_id in {row.batch_id for row in view.expected} | {line.batch_id for line in known if line.batch_id}:
            key = (view.task.site_id, batch_id)
            if view.task.site_id and key in stock:
                chip = _chip(view, [line for line in known if line.batch_id == batch_id], recall.kind == "drill")
                at = view.finding.occurred_at if view.finding and view.state != "open" else None
                found[(view.task.site_id, batch_id)].append(SeenThere(view.task.task_id, recall.title, chip, at))
    return found


def _chip(view: TaskView, lines: Collection[FindingLine], drill: bool) -> str:
    """Return what was done with the batch, the least of it, where it was found; else the state of the task."""
    if view.state != "found":
        return view.state
    how = {line.disposition for line in lines if line.matched_units}
    return next((words.done(each, drill) for each in LEAST_DONE if each in how), "found")
