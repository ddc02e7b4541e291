"""Recalls at the API."""

from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.core import files_out, paging, stored_files
from coldchain.core.edge import Blueprint, edge
from coldchain.core.fields import PageQuery
from coldchain.core.uploads import Handed
from coldchain.inspections.schemas import FindingAnswerSchema, FindingSchema
from coldchain.recall import (
    announce,
    assistance,
    assistance_view,
    drafts,
    duties,
    duty_schemas,
    findings,
    late,
    matches,
    photos,
    present,
    report,
    samples,
    schemas,
    tasks,
)
from config import Settings

blp = Blueprint("recall", __name__, url_prefix="/api/v1", description="Recalls, sweeps, findings, samples and reports")


def _var_dir() -> Path:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.var_dir


@blp.route("/recalls", methods=["POST"])
@blp.arguments(schemas.RecallDraftSchema)
@edge("recall.draft")
@blp.response(201, schemas.RecallSchema)
def create_recall(session: Session, actor: Actor, data: dict[str, Any]) -> Any:
    """Write down a notice and its criterion; nothing is locked yet."""
    return present.recall(*drafts.draft(session, actor, **data))


@blp.route("/recalls")
@blp.arguments(schemas.RecallQuerySchema, location="query")
@edge("recall.read")
@blp.response(200, schemas.RecallPageSchema)
def list_recalls(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List recalls, newest first."""
    rows, cursor = drafts.listing(session, actor, **query)
    return {"items": [present.recall(r, drafts.current_version(session, r)) for r in rows], "next": cursor}


@blp.route("/recalls/<uuid:recall_id>")
@edge("recall.read")
@blp.response(200, schemas.RecallSchema)
def get_recall(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Return a recall."""
    found = drafts.get(session, actor, recall_id)
    return present.recall(found, drafts.current_version(session, found))


@blp.route("/recalls/<uuid:recall_id>/matches")
@blp.arguments(PageQuery, location="query")
@edge("recall.read")
@blp.response(200, schemas.MatchListSchema)
def list_matches(session: Session, actor: Actor, query: dict[str, Any], recall_id: UUID) -> Any:
    """Return what the criterion selects now, with the totals over all pages; nothing is announced by asking."""
    found = matches.matches(session, actor, recall_id)
    items, cursor = paging.part(found.rows, lambda match: match.batch.batch_id, **query)
    return {
        "items": items,
        "next": cursor,
        "elsewhere": found.elsewhere,
        "batches": found.batches,
        "mass_total_g": found.mass_total_g,
    }


@blp.route("/recalls/<uuid:recall_id>/announce", methods=["POST"])
@blp.arguments(schemas.AnnounceSchema)
@edge("recall.announce")
@blp.response(200, schemas.AnnouncedSchema)
def announce_recall(session: Session, actor: Actor, data: dict[str, Any], recall_id: UUID) -> Any:
    """Lock everything that matches, everywhere, and make the tasks."""
    return announce.announce(session, actor, recall_id, **data)


@blp.route("/recalls/<uuid:recall_id>/tasks")
@blp.arguments(schemas.TaskQuerySchema, location="query")
@edge("recall.read")
@blp.response(200, schemas.TaskPageSchema)
def list_tasks(session: Session, actor: Actor, query: dict[str, Any], recall_id: UUID) -> Any:
    """List the places to look at."""
    views, cursor = tasks.listing(session, actor, recall_id, **query)
    return {"items": present.tasks(session, views), "next": cursor}


@blp.route("/recalls/<uuid:recall_id>/tasks", methods=["POST"])
@blp.arguments(schemas.OnFootSchema)
@edge("recall.find_on_foot")
@blp.response(201, schemas.TaskSchema)
def add_task(session: Session, actor: Actor, data: dict[str, Any], recall_id: UUID) -> Any:
    """Add a site that was found on foot; a site that has a task already is answered with that task (200)."""
    task, is_new = tasks.find_on_foot(session, actor, recall_id, **data)
    body = present.tasks(session, tasks.views(session, [task]))[0]
    return (body, 201) if is_new else (body, 200)


@blp.route("/sweep-tasks/<uuid:task_id>")
@edge("recall.read")
@blp.response(200, schemas.TaskSchema)
def get_task(session: Session, actor: Actor, task_id: UUID) -> Any:
    """Return one task."""
    task, _recall = tasks.get(session, actor, task_id)
    return present.tasks(session, tasks.views(session, [task]))[0]


@blp.route("/sweep-tasks/<uuid:task_id>/assign", methods=["POST"])
@blp.arguments(duty_schemas.AssignSchema)
@edge("sweep_task.assign")
@blp.response(200, schemas.TaskSchema)
def assign_task(session: Session, actor: Actor, data: dict[str, Any], task_id: UUID) -> Any:
    """Give a task to an officer of its place; the latest one has it."""
    task, _recall = duties.assign(session, actor, task_id, **data)
    return present.tasks(session, tasks.views(session, [task]))[0]


@blp.route("/recalls/<uuid:recall_id>/assistance")
@blp.arguments(PageQuery, location="query")
@edge("recall.read")
@blp.response(200, duty_schemas.AssistancePageSchema)
def list_assistance(session: Session, actor: Actor, query: dict[str, Any], recall_id: UUID) -> Any:
    """List the requests to other regions: all for who runs the recall, those to one's own places else."""
    found = assistance_view.listing(session, actor, recall_id)
    items, cursor = paging.part(found, lambda view: view.request.request_id, **query)
    return {"items": [present.assistance(view) for view in items], "next": cursor}


@blp.route("/assistance/<uuid:request_id>")
@edge("recall.read")
@blp.response(200, duty_schemas.AssistanceSchema)
def get_assistance(session: Session, actor: Actor, request_id: UUID) -> Any:
    """Return a request as both sides read it."""
    return present.assistance(assistance_view.one(session, actor, request_id))


@blp.route("/assistance/<uuid:request_id>/take-over", methods=["POST"])
@blp.arguments(duty_schemas.TakeOverSchema)
@edge("assistance.take_over")
@blp.response(200, duty_schemas.AssistanceSchema)
def take_over_assistance(session: Session, actor: Actor, data: dict[str, Any], request_id: UUID) -> Any:
    """Take a request over; it is the officer's from then on."""
    assistance.take_over(session, actor, request_id, **data)
    return present.assistance(assistance_view.one(session, actor, request_id))


@blp.route("/assistance/<uuid:request_id>/notes", methods=["POST"])
@blp.arguments(duty_schemas.AssistanceNoteSchema)
@edge("assistance.note")
@blp.response(201, duty_schemas.AssistanceSchema)
def note_assistance(session: Session, actor: Actor, data: dict[str, Any], request_id: UUID) -> Any:
    """Add a note of the asking side."""
    assistance.note(session, actor, request_id, **data)
    return present.assistance(assistance_view.one(session, actor, request_id))


@blp.route("/sweep-tasks/<uuid:task_id>/findings", methods=["POST"])
@blp.arguments(FindingSchema)
@edge("finding.record")
@blp.response(201, FindingAnswerSchema)
def record_finding(session: Session, actor: Actor, data: dict[str, Any], task_id: UUID) -> Any:
    """Record what was seen at a task's place."""
    finding, lines = findings.record(session, actor, task_id, samples_taken=data.pop("samples"), **data)
    return present.finding(session, finding, lines, drill=tasks.recall_of(session, task_id).kind == "drill")


@blp.route("/sweep-tasks/<uuid:task_id>/findings")
@blp.arguments(PageQuery, location="query")
@edge("recall.read")
@blp.response(200, schemas.FindingListSchema)
def list_findings(session: Session, actor: Actor, query: dict[str, Any], task_id: UUID) -> Any:
    """List a task's findings, newest first."""
    _task, recall = tasks.get(session, actor, task_id)
    found = present.findings_of(session, task_id, drill=recall.kind == "drill")
    items, cursor = paging.part(found, lambda row: row["finding_id"], newest_first=True, **query)
    return {"items": items, "next": cursor}


@blp.route("/sweep-tasks/<uuid:task_id>/findings/<uuid:finding_id>/photos", methods=["POST"])
@blp.arguments(schemas.FindingPhotoSchema, location="files")
@edge("finding.record")
@blp.response(201, schemas.KeptFindingPhotoSchema)
def keep_finding_photo(session: Session, actor: Actor, data: dict[str, Any], task_id: UUID, finding_id: UUID) -> Any:
    """Keep a photograph of what was seen, without its metadata; 409 `too_many_photos`."""
    handed: Handed = data["file"]
    return photos.keep(session, actor, task_id, finding_id, var_dir=_var_dir(), content=handed.content)


@blp.route("/sweep-tasks/<uuid:task_id>/findings/<uuid:finding_id>/photos/<uuid:photo_id>")
@edge("recall.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def read_sweep_photo(session: Session, actor: Actor, task_id: UUID, finding_id: UUID, photo_id: UUID) -> Response:
    """Return a photograph of what was seen."""
    row = photos.read(session, actor, task_id, finding_id, photo_id)
    return files_out.answer(row, stored_files.content_of(_var_dir(), row), row.media_type)


@blp.route("/recalls/<uuid:recall_id>/sample-results", methods=["POST"])
@blp.arguments(schemas.SampleResultSchema)
@edge("sample.record")
@blp.response(201, schemas.SampleListSchema)
def record_sample_result(session: Session, actor: Actor, data: dict[str, Any], recall_id: UUID) -> Any:
    """Move sampled pieces to sent, negative or positive."""
    moved = {(event.round, event.place) for event in samples.record_result(session, actor, recall_id, **data)}
    rows = present.samples(session, actor, recall_id)
    if relation(actor, "recall.read") is None:  # a laboratory learns of the samples that it reported on
        rows = [row for row in rows if (row["round"], row["place"]) in moved]
    return {"samples": rows}


@blp.route("/recalls/<uuid:recall_id>/late-lines")
@blp.arguments(schemas.LateLineQuerySchema, location="query")
@edge("recall.read")
@blp.response(200, schemas.LateLinePageSchema)
def list_late_lines(session: Session, actor: Actor, query: dict[str, Any], recall_id: UUID) -> Any:
    """List goods that had left before the books knew, entered late despite the lock."""
    items, cursor = late.listing(session, actor, recall_id, **query)
    return {"items": items, "next": cursor}


@blp.route("/recalls/<uuid:recall_id>/report")
@blp.arguments(schemas.ReportQuerySchema, location="query")
@edge("recall.read")
@blp.response(200, schemas.ReportSchema)
def get_report(session: Session, actor: Actor, query: dict[str, Any], recall_id: UUID) -> Any:
    """Return figures and texts as of a time."""
    return report.report(session, actor, recall_id, query["as_of"])
