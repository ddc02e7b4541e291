"""The people of a business at the API, each with when the next sample is due (R15)."""

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches.service import due
from coldchain.core import fields, limits, paging
from coldchain.core.edge import Blueprint, edge
from coldchain.core.errors import NotFound
from coldchain.core.fields import PageQuery, Schema
from coldchain.registry import service as registry
from coldchain.registry.models import Worker
from coldchain.registry.schemas import BusinessBriefSchema
from coldchain.registry.service import workers

blp = Blueprint("workers", __name__, url_prefix="/api/v1", description="The people of a business, tested on a schedule")


class WorkerRegistrationSchema(Schema):
    """Somebody who works for a business."""

    business = fields.BusinessRef(doc="default: one's own")
    site_id = fields.Key()
    name = fields.Text(limits.NAME_CHARS, required=True)
    post = fields.Text(limits.NAME_CHARS, required=True, doc="what the person does there")
    started_on = fields.Day(required=True)


class WorkerEndSchema(Schema):
    """The last day of work."""

    ended_on = fields.Day(required=True)


class WorkerSchema(Schema):
    """Somebody who works, or worked, for a business."""

    worker_id = fields.Key(required=True)
    business = fields.Part(BusinessBriefSchema, required=True)
    site_id = fields.Key()
    site_name = fields.Text(limits.NAME_CHARS)
    post = fields.Text(limits.NAME_CHARS, required=True)
    name = fields.Text(limits.NAME_CHARS, doc="null once it was erased")
    started_on = fields.Day(required=True)
    ended_on = fields.Day()
    last_sampled_at = fields.Moment()
    due_at = fields.Moment(doc="when the next sample is due; null for who left")
    overdue = fields.Flag()
    recorded_at = fields.Moment(required=True)


class WorkerQuery(PageQuery):
    """Whose people."""

    business = fields.BusinessRef()
    current = fields.Flag(doc="true: those who work there now; false: those who left")


class WorkerPage(Schema):
    """A page of workers."""

    items = fields.Items(fields.Part(WorkerSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


@blp.route("/workers", methods=["POST"])
@blp.arguments(WorkerRegistrationSchema)
@edge("worker.register")
@blp.response(201, WorkerSchema)
def create_worker(session: Session, actor: Actor, data: dict[str, Any]) -> Any:
    """Enter somebody who works for a business, to be tested on the schedule of the rule book."""
    made = registry.register_worker(session, actor, **data)
    return _with_due(session, actor, [made])[0]


@blp.route("/workers")
@blp.arguments(WorkerQuery, location="query")
@edge("worker.read")
@blp.response(200, WorkerPage)
def list_workers(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List the people of one's business or area, newest first."""
    statement = select(Worker).where(workers.visible(actor))
    if query["business"] is not None:
        try:
            named = registry.find_business(session, query["business"])
        except NotFound:
            return {"items": [], "next": None}
        statement = statement.where(col(Worker.business_id) == named.business_id)
    if query["current"] is not None:
        gone = col(Worker.ended_on).is_not(None)
        statement = statement.where(~gone if query["current"] else gone)
    rows, following = paging.page(session, statement, col(Worker.worker_id), query["limit"], query["cursor"])
    return {"items": _with_due(session, actor, registry.describe_workers(session, rows)), "next": following}


@blp.route("/workers/<uuid:worker_id>/end", methods=["POST"])
@blp.arguments(WorkerEndSchema)
@edge("worker.register")
@blp.response(200, WorkerSchema)
def end_worker(session: Session, actor: Actor, data: dict[str, Any], worker_id: UUID) -> Any:
    """Note that somebody doesn't work there any more."""
    return registry.end_worker(session, actor, worker_id, **data)


def _with_due(session: Session, actor: Actor, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ids = [item["worker_id"] for item in items]
    known = {
        each.row.worker_id: {
            "last_sampled_at": each.last_sampled_at, "due_at": each.due_at, "overdue": each.overdue,
        }
        for each in (due.people(session, actor, limit=len(ids), worker_ids=ids) if ids else ())
    }  # fmt: skip
    nothing = {"last_sampled_at": None, "due_at": None, "overdue": False}
    return [item | known.get(item["worker_id"], nothing) for item in items]
