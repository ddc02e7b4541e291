"""Papers over HTTP: entering one with its file, looking at it, an officer's word on it."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import schemas, service
from coldchain.core import files_out, stored_files
from coldchain.core.edge import Blueprint, edge
from config import Settings

blp = Blueprint("papers", __name__, url_prefix="/api/v1", description="Papers, their files, and officers' word on them")


def with_file(data: dict[str, Any]) -> dict[str, Any]:
    """Return what the service takes for what a schema read: the file as its content, and where files are kept."""
    handed = data.pop("file", None)
    settings: Settings = current_app.config["SETTINGS"]
    return data | ({"content": handed.content, "var_dir": settings.var_dir} if handed is not None else {})


@blp.route("/arrivals/<uuid:arrival_id>/evidence", methods=["POST"])
@blp.arguments(schemas.EvidenceRegistrationSchema, multipart=schemas.EvidenceUploadSchema)
@edge("evidence.register")
@blp.response(201, schemas.EvidenceSchema)
def create_arrival_evidence(session: Session, actor: Actor, data: dict[str, Any], arrival_id: UUID) -> Any:
    """Enter a paper that serves all batches of an arrival, as multipart with its file."""
    return service.register_evidence(session, actor, arrival_id=arrival_id, **with_file(data))


@blp.route("/batches/<uuid:batch_id>/evidence", methods=["POST"])
@blp.arguments(schemas.EvidenceRegistrationSchema, multipart=schemas.EvidenceUploadSchema)
@edge("evidence.register")
@blp.response(201, schemas.EvidenceSchema)
def create_batch_evidence(session: Session, actor: Actor, data: dict[str, Any], batch_id: UUID) -> Any:
    """Enter a paper of one batch, as multipart with its file."""
    return service.register_evidence(session, actor, batch_id=batch_id, **with_file(data))


@blp.route("/evidence")
@blp.arguments(schemas.EvidenceQuery, location="query")
@edge("evidence.verify")
@blp.response(200, schemas.EvidencePage)
def list_evidence(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List the papers of goods that came into the officer's area, by default those to be verified, oldest first."""
    items, following = service.search_papers(session, actor, evidence_kind=query.pop("kind"), **query)
    return {"items": items, "next": following}


@blp.route("/evidence/<uuid:evidence_id>")
@edge("evidence.read")
@blp.response(200, schemas.EvidenceSchema)
def get_evidence(session: Session, actor: Actor, evidence_id: UUID) -> Any:
    """Return one paper to whoever may see goods that it serves."""
    return service.read_paper(session, actor, evidence_id)


@blp.route("/evidence/<uuid:evidence_id>/file")
@edge("evidence.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
def get_evidence_file(session: Session, actor: Actor, evidence_id: UUID) -> Response:
    """Return a paper's file: a photograph to be shown, a PDF to be saved."""
    row = service.file_of_paper(session, actor, evidence_id)
    settings: Settings = current_app.config["SETTINGS"]
    return files_out.answer(row, stored_files.content_of(settings.var_dir, row), row.media_type)


@blp.route("/evidence/<uuid:evidence_id>/pages/<int:page>")
@edge("evidence.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def get_evidence_page(session: Session, actor: Actor, evidence_id: UUID, page: int) -> Response:
    """Return the picture of one page of a paper's file; a photograph has one."""
    row = service.file_of_paper(session, actor, evidence_id)
    settings: Settings = current_app.config["SETTINGS"]
    return files_out.answer(row, stored_files.page_of(settings.var_dir, row, page), stored_files.JPEG)


@blp.route("/evidence/<uuid:evidence_id>/verify", methods=["POST"])
@edge("evidence.verify")
@blp.response(200, schemas.EvidenceSchema)
def verify_evidence(session: Session, actor: Actor, evidence_id: UUID) -> Any:
    """Say that a paper is what it claims; 409 `wrong_state`, `replaced_already`."""
    return service.verify_paper(session, actor, evidence_id)


@blp.route("/evidence/<uuid:evidence_id>/refuse", methods=["POST"])
@blp.arguments(schemas.EvidenceRefusalSchema)
@edge("evidence.verify")
@blp.response(200, schemas.EvidenceSchema)
def refuse_evidence(session: Session, actor: Actor, data: dict[str, Any], evidence_id: UUID) -> Any:
    """Say with a reason that a paper doesn't count; 409 `wrong_state`, `replaced_already`."""
    return service.refuse_paper(session, actor, evidence_id, **data)


@blp.route("/batches/<uuid:batch_id>/platform-codes", methods=["POST"])
@blp.arguments(schemas.PlatformCodeRecordSchema)
@edge("platform_code.record")
@blp.response(201, schemas.PlatformCodeSchema)
def record_platform_code(session: Session, actor: Actor, data: dict[str, Any], batch_id: UUID) -> Any:
    """Keep the code that another platform gave these goods; 409 `already_recorded`."""
    return service.record_platform_code(session, actor, batch_id, **data)
