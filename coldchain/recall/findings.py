"""Recording a finding for a task of a running recall."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.core.errors import Invalid
from coldchain.inspections import service as inspections
from coldchain.inspections.models import Finding, FindingLine
from coldchain.ledger import service as ledger
from coldchain.recall import captured, drafts, samples, tasks
from coldchain.recall.models import SweepTask


def record(
    session: Session,
    actor: Actor,
    task_id: UUID,
    *,
    outcome: str,
    captured_at: datetime | None = None,
    occurred_at: datetime | None = None,
    lines: list[dict[str, Any]] | None = None,
    samples_taken: list[dict[str, Any]] | None = None,
    **rest: Any,
) -> tuple[Finding, list[FindingLine]]:
    """Record what was seen at a task's place: outcome, lines, samples, people; a later finding supersedes it (R9).

    Judged by the rights at the time it was captured (`recall/captured.py`).

    Raises NotFound, Forbidden, Conflict `wrong_state` when the recall isn't running, Invalid. Lock order: recall,
    batches, task.
    """
    when = captured_at or occurred_at
    task, recall = captured.get_task(session, actor, task_id, when)
    drafts.hold(session, recall)
    drafts.require_state(recall, "announced")
    ledger.lock_batches(session, _sealed(lines or []), exclusive=True)
    tasks.hold(session, recall.recall_id, col(SweepTask.task_id) == task_id)
    if outcome not in {"found", "none_found"} and samples_taken:
        raise Invalid.of("/samples", "not_inside", "Nothing was examined where nobody got in.")
    finding, recorded = inspections.record(
        session,
        actor,
        task_id=task.task_id,
        site_id=task.site_id,
        region_code=task.region_code,
        outcome=outcome,
        captured_at=when,
        lines=lines,
        drill=recall.kind == "drill",
        **rest,
    )
    samples.take(
        session,
        actor,
        recall,
        task=task,
        finding_id=finding.finding_id,
        samples=samples_taken or [],
        occurred_at=finding.occurred_at,
    )
    return finding, recorded


def _sealed(lines: list[dict[str, Any]]) -> set[UUID]:
    return {line["batch_id"] for line in lines if line.get("batch_id") and line["disposition"] == "sealed"}
