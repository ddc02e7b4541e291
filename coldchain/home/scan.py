"""What an officer sees who opens a label on site: may it go, why not, who has it, and the task to record a finding for.

Composed of many rooms in a constant number of statements. Nothing is changed by looking; a place that no task knows yet
becomes one by one press, so that a finding is never more than two taps away (R9, R12).
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import render_template
from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation
from coldchain.batches import facts, reach, states
from coldchain.batches.models import Batch, TestResult, Tube
from coldchain.core import limits
from coldchain.core.page_forms import new_once
from coldchain.inspections import resolve
from coldchain.inspections.models import Finding, FindingLine
from coldchain.inspections.resolve import Resolved
from coldchain.ledger import holds
from coldchain.ledger.models import Hold
from coldchain.recall import drafts, present, tasks
from coldchain.recall import reach as places
from coldchain.recall.models import Recall, RecallVersion, SweepTask, TaskExpected
from coldchain.registry import service as registry
from coldchain.registry.models import Site
from coldchain.trade import service as trade

TASKS_SHOWN: Final = 50


@dataclass(frozen=True)
class Cause:
    """A hold in words: kind of cause, state chip, title, one line, and where to read more, if the reader may."""

    kind: str
    chip: str
    title: str
    note: str
    href: str | None


@dataclass(frozen=True)
class OpenTask:
    """A task of a running recall at a place that has the batch, or that is to be searched for it."""

    task: dict[str, Any]
    recall: Recall
    matches: bool
    may_record: bool


@dataclass(frozen=True)
class Elsewhere:
    """A running recall that this batch matches, with the holders' sites that have no task of it yet."""

    recall: Recall
    sites: list[tuple[UUID, str]]


def is_for(actor: Actor) -> bool:
    """Say whether a label shows this actor the page for officers; one without an assignment reads what all read."""
    return relation(actor, "recall.read") is not None and may(actor, "code.resolve", Resource())


def own_batch(session: Session, actor: Actor | None, batch_code: str) -> UUID | None:
    """Return the batch of a code when the actor may open its page, else None."""
    if actor is None or relation(actor, "batch.read") is None:
        return None
    return session.scalar(
        select(col(Batch.batch_id)).where(col(Batch.batch_code) == batch_code, reach.visible_batches(actor))
    )


def page(
    session: Session,
    actor: Actor,
    code: str,
    *,
    errors: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
) -> str:
    """Return the officer's page of a code, after a refusal with what was typed and what is wrong. Raises NotFound."""
    found = resolve.resolve(session, actor, code)
    stock, more = trade.stock(session, actor, batch_id=found.batch.batch_id, limit=limits.PAGE_DEFAULT)
    sites = registry.sites(session, {row["site_id"] for row in stock})
    site_ids = _own_sites(actor, sites)
    stock = [row if row["site_id"] in {None, *site_ids} else _outside(session, row, sites) for row in stock]
    recalls = _recalls(session, actor, found)
    listed = _tasks(session, actor, found, set(site_ids), {recall.recall_id for recall in recalls})
    return render_template(
        "inspections/label.html",
        found=found,
        batch=found.batch,
        product=found.product,
        stock=stock,
        sealed=holds.sealed_units(session, [row["holding_id"] for row in stock if row.get("holding_id")]),
        more_stock=more is not None,
        causes=_causes(session, actor, found.holds),
        tasks=listed,
        elsewhere=[_elsewhere(recall, listed, site_ids) for recall in recalls],
        may_visit=relation(actor, "visit.record") is not None,
        once=new_once(),
        errors=errors or {},
        values=values or {},
    )


def _outside(session: Session, row: dict[str, Any], sites: dict[UUID, Site]) -> dict[str, Any]:
    """Return a line of what is on the road to another region, by the name of the region alone."""
    return row | {"site_id": None, "site_name": places.region_name(session, sites[row["site_id"]].region_code)}


def _own_sites(actor: Actor, sites: dict[UUID, Site]) -> dict[UUID, str]:
    """Return the sites that have the batch and lie where the actor may look: a road leads elsewhere too."""
    return {
        site_id: site.name for site_id, site in sites.items() if places.sees(actor, site.region_code, site.office_id)
    }


def _recalls(session: Session, actor: Actor, found: Resolved) -> list[Recall]:
    """Return the running recalls that this batch matches and for which the actor may add a place, newest first."""
    expected = (
        select(col(SweepTask.recall_id))
        .join(TaskExpected, col(TaskExpected.task_id) == col(SweepTask.task_id))
        .where(col(TaskExpected.batch_id) == found.batch.batch_id)
    )
    held = {hold.cause_id for hold in found.holds if hold.cause_kind == "recall"}
    statement = (
        select(Recall)
        .where(
            col(Recall.state) == "announced", or_(col(Recall.recall_id).in_(held), col(Recall.recall_id).in_(expected))
        )
        .order_by(col(Recall.announced_at).desc())
    )
    return [
        recall
        for recall in session.scalars(statement)
        if may(actor, "recall.find_on_foot", drafts.readable(session, actor, recall))
    ]


def _tasks(session: Session, actor: Actor, found: Resolved, site_ids: set[UUID], matching: set[UUID]) -> list[OpenTask]:
    """Return tasks of running recalls where the batch lies or is expected: those that match first, open ones first."""
    expected = select(col(TaskExpected.task_id)).where(col(TaskExpected.batch_id) == found.batch.batch_id)
    statement = (
        select(SweepTask, Recall)
        .join(Recall, col(Recall.recall_id) == col(SweepTask.recall_id))
        .where(
            col(Recall.state) == "announced",
            or_(col(SweepTask.site_id).in_(site_ids), col(SweepTask.task_id).in_(expected)),
        )
        .order_by(col(SweepTask.task_id).desc())
        .limit(TASKS_SHOWN)
    )
    rows = [
        (task, recall) for task, recall in session.execute(statement) if may(actor, "recall.read", tasks.place_of(task))
    ]
    described = present.tasks(session, tasks.views(session, [task for task, _ in rows]))
    listed = [
        OpenTask(
            shown,
            recall,
            recall.recall_id in matching,
            may(actor, "finding.record", tasks.place_of(task)),
        )
        for (task, recall), shown in zip(rows, described, strict=True)
    ]
    return sorted(listed, key=lambda each: (not each.matches, each.task["state"] != "open"))


def _elsewhere(recall: Recall, listed: list[OpenTask], site_ids: dict[UUID, str]) -> Elsewhere:
    known = {each.task["site_id"] for each in listed if each.recall.recall_id == recall.recall_id}
    return Elsewhere(recall, [(site_id, name) for site_id, name in site_ids.items() if site_id not in known])


def _causes(session: Session, actor: Actor, holds: tuple[Hold, ...]) -> list[Cause]:
    """Return each cause of these holds once, in words; what a cause is about is read in one statement a kind."""
    ids: dict[str, set[UUID]] = {"recall": set(), "result": set(), "inspection": set()}
    for hold in holds:
        ids[hold.cause_kind].add(hold.cause_id)
    return [
        *_recall_causes(session, actor, ids["recall"]),
        *_result_causes(session, ids["result"]),
        *_inspection_causes(session, actor, ids["inspection"]),
    ]


def _recall_causes(session: Session, actor: Actor, ids: set[UUID]) -> list[Cause]:
    if not ids:
        return []
    rows = session.execute(
        select(Recall, RecallVersion)
        .join(RecallVersion, col(RecallVersion.recall_id) == col(Recall.recall_id))
        .where(col(Recall.recall_id).in_(ids), col(RecallVersion.version) == col(Recall.version))
    )
    return [
        Cause(
            "recall",
            "locked",
            recall.title,
            f"{version.issuer} {version.notice_no}",
            f"/recalls/{recall.recall_id}"
            if may(actor, "recall.read", drafts.readable(session, actor, recall))
            else None,
        )
        for recall, version in rows
    ]


def _result_causes(session: Session, ids: set[UUID]) -> list[Cause]:
    if not ids:
        return []
    rows = session.execute(
        select(col(TestResult.report_no), col(Tube.tube_no), col(Tube.tube_id))
        .join(Tube, col(Tube.tube_id) == col(TestResult.tube_id))
        .where(col(TestResult.result_id).in_(ids))
        .order_by(col(TestResult.reported_at))
    ).all()
    decided = facts.decisions(session, [row.tube_id for row in rows])
    return [Cause("result", _chip_of(decided[row.tube_id]), row.tube_no, row.report_no, None) for row in rows]


def _chip_of(tube: states.TubeState) -> str:
    """Return the chip of a tube whose result holds something: how far it has been confirmed."""
    if tube.state == states.CONFIRMED:
        return "confirmed_positive"
    return "recheck_positive" if tube.rechecked else "preliminary_positive"


def _inspection_causes(session: Session, actor: Actor, ids: set[UUID]) -> list[Cause]:
    if not ids:
        return []
    rows = session.execute(
        select(col(Finding.finding_id), col(FindingLine.seal_no), SweepTask)
        .join(FindingLine, col(FindingLine.finding_id) == col(Finding.finding_id))
        .outerjoin(SweepTask, col(SweepTask.task_id) == col(Finding.task_id))
        .where(col(Finding.finding_id).in_(ids), col(FindingLine.disposition) == "sealed")
        .order_by(col(Finding.finding_id), col(FindingLine.line_no))
    )
    found: dict[UUID, Cause] = {}
    for row in rows:
        former = found.get(row.finding_id)
        seals = ", ".join(seal for seal in (former.note if former else "", row.seal_no) if seal)
        task = row.SweepTask
        seen = task is not None and may(actor, "recall.read", tasks.place_of(task))
        href = f"/sweep-tasks/{task.task_id}/findings/{row.finding_id}" if seen else None
        found[row.finding_id] = Cause("inspection", "sealed", "", seals, href)
    return list(found.values())
