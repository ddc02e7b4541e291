"""Commitment letters over HTTP: what a business signed, the papers, and who lacks the letter of today."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import files_out, stored_files
from coldchain.core.edge import Blueprint, edge
from coldchain.registry.letter_schemas import (
    CommitmentLetterPage,
    CommitmentUploadSchema,
    LackingLetterPage,
    LackingQuery,
)
from coldchain.registry.schemas import CommitmentLetterSchema, CommitmentSignatureSchema
from coldchain.registry.service import letters, sign_commitment
from config import Settings

blp = Blueprint("commitment_letters", __name__, url_prefix="/api/v1", description="Commitment letters and their papers")


def with_paper(data: dict[str, Any]) -> dict[str, Any]:
    """Return what the service takes for what a schema read: the file as its content, and where files are kept."""
    handed = data.pop("file", None)
    settings: Settings = current_app.config["SETTINGS"]
    return data | ({"content": handed.content, "var_dir": settings.var_dir} if handed is not None else {})


@blp.route("/businesses/<string:business>/commitment-letters", methods=["POST"])
@blp.arguments(CommitmentSignatureSchema, multipart=CommitmentUploadSchema)
@edge("business.sign_commitment")
@blp.response(201, CommitmentLetterSchema)
def sign(session: Session, actor: Actor, data: dict[str, Any], business: str) -> dict[str, Any]:
    """Record a signed commitment letter, as multipart with the signed paper."""
    return sign_commitment(session, actor, business, **with_paper(data))


@blp.route("/businesses/<string:business>/commitment-letters")
@edge("business.read")
@blp.response(200, CommitmentLetterPage)
def list_letters(session: Session, actor: Actor, business: str) -> dict[str, Any]:
    """List the letters of a business, the one recorded last first."""
    return {"items": letters.of_business(session, actor, business), "next": None}


@blp.route("/businesses/<string:business>/commitment-letters/<uuid:letter_id>/file")
@edge("business.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
def get_letter_file(session: Session, actor: Actor, business: str, letter_id: UUID) -> Response:
    """Return the signed paper of a letter: a photograph to be shown, a PDF to be saved."""
    row = letters.file_of(session, actor, business, letter_id)
    settings: Settings = current_app.config["SETTINGS"]
    return files_out.answer(row, stored_files.content_of(settings.var_dir, row), row.media_type)


@blp.route("/commitment-letters/lacking")
@blp.arguments(LackingQuery, location="query")
@edge("business.read")
@blp.response(200, LackingLetterPage)
def list_lacking(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List the businesses with imported food that have not signed the letter of today."""
    items, following = letters.lacking(session, actor, **query)
    return {"items": items, "next": following}
