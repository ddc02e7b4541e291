"""Visits, findings and decisions over HTTP."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock, files_out, stored_files
from coldchain.core.edge import PUBLIC, Blueprint, edge
from coldchain.core.fields import PageQuery
from coldchain.core.uploads import Handed
from coldchain.inspections import enforcement, putting_right, site_findings, visits
from coldchain.inspections import findings_schemas as schemas
from coldchain.policy import findings as catalogue
from config import Settings

blp = Blueprint("findings", __name__, url_prefix="/api/v1", description="Visits, findings, decisions on violations")


def _var_dir() -> Any:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.var_dir


@blp.route("/finding-kinds")
@edge("finding_kind.read")
@blp.response(200, schemas.FindingKindsSchema)
def list_finding_kinds(session: Session, _actor: Actor) -> dict[str, Any]:
    """List the catalogue of findings, the newest version of each row, with its source."""
    return {"items": catalogue.catalogue(session)}


@blp.route("/visits", methods=["POST"])
@blp.arguments(schemas.VisitSchema)
@edge("visit.record")
@blp.response(201, schemas.RecordedVisitSchema)
def record_visit(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Record a visit with what was found: of the catalogue or in free words; nothing found is an answer too."""
    visit, rows = visits.record(session, actor, **data)
    return visit.model_dump() | {"findings": site_findings.describe(session, rows)}


@blp.route("/visits/<uuid:visit_id>/photos", methods=["POST"])
@blp.arguments(schemas.VisitPhotoSchema, location="files")
@edge("visit.record")
@blp.response(201, schemas.KeptPhotoSchema)
def keep_visit_photo(session: Session, actor: Actor, data: dict[str, Any], visit_id: UUID) -> Any:
    """Keep a photograph of a visit, without its metadata; 409 `too_many_photos`."""
    content: Handed = data["file"]
    return visits.keep_photo(session, actor, visit_id, var_dir=_var_dir(), content=content.content)


@blp.route("/findings")
@blp.arguments(schemas.SiteFindingQuery, location="query")
@edge("site_finding.read")
@blp.response(200, schemas.SiteFindingPage)
def list_site_findings(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List findings, newest first: those of an officer's area, or those of one's own business."""
    rows, following = site_findings.search(session, actor, **query)
    return {"items": site_findings.describe(session, rows), "next": following}


@blp.route("/findings/<uuid:finding_id>")
@edge("site_finding.read")
@blp.response(200, schemas.SiteFindingFullSchema)
def read_site_finding(session: Session, actor: Actor, finding_id: UUID) -> dict[str, Any]:
    """Return a finding with its photographs and what was said of it."""
    return site_findings.full(session, site_findings.read(session, actor, finding_id))


@blp.route("/findings/<uuid:finding_id>/photos/<uuid:photo_id>")
@edge("site_finding.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def read_finding_photo(session: Session, actor: Actor, finding_id: UUID, photo_id: UUID) -> Response:
    """Return a photograph of a finding's visit or of its answer."""
    row = site_findings.find_photo(session, actor, finding_id, photo_id)
    return files_out.answer(row, stored_files.content_of(_var_dir(), row), row.media_type)


@blp.route("/findings/<uuid:finding_id>/answer", methods=["POST"])
@blp.arguments(schemas.FindingAnsweredSchema, multipart=schemas.FindingAnsweredWithPhotoSchema)
@edge("site_finding.answer")
@blp.response(200, schemas.SiteFindingFullSchema)
def answer_finding(session: Session, actor: Actor, data: dict[str, Any], finding_id: UUID) -> dict[str, Any]:
    """Say that a finding was put right, as multipart with a photograph; 409 `wrong_state` unless it is open."""
    handed: Handed | None = data.get("file")
    content = handed.content if handed else None
    row = site_findings.answer(
        session, actor, finding_id, text=data["text"], var_dir=_var_dir(), content=content
    )  # fmt: skip
    return site_findings.full(session, row)


@blp.route("/findings/<uuid:finding_id>/review", methods=["POST"])
@blp.arguments(schemas.FindingReviewSchema)
@edge("site_finding.review")
@blp.response(200, schemas.SiteFindingFullSchema)
def review_finding(session: Session, actor: Actor, data: dict[str, Any], finding_id: UUID) -> dict[str, Any]:
    """Close a finding that was put right, or give it back with a reason and perhaps a new day."""
    return site_findings.full(session, site_findings.review(session, actor, finding_id, **data))


@blp.route("/decisions", methods=["GET"])
@blp.arguments(schemas.DecisionQuery, location="query")
@edge("enforcement.read")
@blp.response(200, schemas.DecisionPage)
def list_decisions(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List decisions on violations, newest first; `in_force` asks for those that hold now, or don't."""
    rows, following = enforcement.search(session, actor, **query)
    return {"items": enforcement.describe(session, rows), "next": following}


@blp.route("/decisions", methods=["POST"])
@blp.arguments(schemas.DecidingSchema)
@edge("enforcement.decide")
@blp.response(201, schemas.EnforcementDecisionSchema)
def make_decision(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Decide about open findings of one business; 409 `wrong_state` when another officer was first, `number_taken`.

    While a `suspension` holds, dispatch, sale, use and changes of owner are refused (`business_suspended_by_decision`).
    """
    return enforcement.describe(session, [enforcement.decide(session, actor, **data)])[0]


@blp.route("/decisions/<uuid:decision_id>")
@edge("enforcement.read")
@blp.response(200, schemas.EnforcementDecisionSchema)
def read_decision(session: Session, actor: Actor, decision_id: UUID) -> dict[str, Any]:
    """Return a decision with its state now and what was said of it."""
    return enforcement.describe(session, [enforcement.read(session, actor, decision_id)])[0]


@blp.route("/decisions/<uuid:decision_id>/objection", methods=["POST"])
@blp.arguments(schemas.DecisionObjectionSchema)
@edge("enforcement.object")
@blp.response(200, schemas.EnforcementDecisionSchema)
def object_to_decision(session: Session, actor: Actor, data: dict[str, Any], decision_id: UUID) -> dict[str, Any]:
    """Object to a decision, once, within its period; 409 `objected_already`, `period_over`. It holds meanwhile."""
    return enforcement.describe(session, [enforcement.object_to(session, actor, decision_id, **data)])[0]


@blp.route("/decisions/<uuid:decision_id>/answer", methods=["POST"])
@blp.arguments(schemas.DecisionAnswerSchema)
@edge("enforcement.decide")
@blp.response(200, schemas.EnforcementDecisionSchema)
def answer_objection(session: Session, actor: Actor, data: dict[str, Any], decision_id: UUID) -> dict[str, Any]:
    """Uphold a decision against its objection, or lift it from a moment on; 409 `no_objection`, `wrong_state`."""
    return enforcement.describe(session, [enforcement.answer(session, actor, decision_id, **data)])[0]


@blp.route("/decisions/<uuid:decision_id>/report", methods=["POST"])
@blp.arguments(schemas.DecisionReportSchema, multipart=schemas.DecisionReportWithPhotoSchema)
@edge("enforcement.report")
@blp.response(200, schemas.EnforcementDecisionSchema)
def report_put_right(session: Session, actor: Actor, data: dict[str, Any], decision_id: UUID) -> dict[str, Any]:
    """Say that what was decided is put right, as multipart with a photograph; 409 `wrong_state`. It holds meanwhile."""
    handed: Handed | None = data.get("file")
    photos = [handed.content] if handed else []
    row = putting_right.report(session, actor, decision_id, text=data["text"], var_dir=_var_dir(), photos=photos)
    return enforcement.describe(session, [row])[0]


@blp.route("/decisions/<uuid:decision_id>/review", methods=["POST"])
@blp.arguments(schemas.DecisionReviewSchema)
@edge("enforcement.review")
@blp.response(200, schemas.EnforcementDecisionSchema)
def review_decision(session: Session, actor: Actor, data: dict[str, Any], decision_id: UUID) -> dict[str, Any]:
    """Look a second time: end what is ordered, or give it back with a reason; 409 `wrong_state`.

    The decision and the violation stay; a publication stands to its own end and says since when it is put right.
    """
    return enforcement.describe(session, [putting_right.review(session, actor, decision_id, **data)])[0]


@blp.route("/decisions/<uuid:decision_id>/photos/<uuid:photo_id>")
@edge("enforcement.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def read_decision_photo(session: Session, actor: Actor, decision_id: UUID, photo_id: UUID) -> Response:
    """Return a photograph of what the business says that it has put right."""
    row = putting_right.find_photo(session, actor, decision_id, photo_id)
    return files_out.answer(row, stored_files.content_of(_var_dir(), row), row.media_type)


@blp.route("/published-decisions")
@blp.arguments(PageQuery, location="query")
@edge(PUBLIC)
@blp.response(200, schemas.PublishedPage)
def list_published_decisions(session: Session, _actor: Actor | None, query: dict[str, Any]) -> dict[str, Any]:
    """List the published decisions that hold now (曝光台); one that ended or was lifted is not here any more."""
    rows, following = enforcement.published(session, **query)
    return {"items": rows, "as_of": clock.now(), "next": following}
