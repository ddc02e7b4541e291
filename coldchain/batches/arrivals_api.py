"""What becomes of an arrival at the API: intake, withdrawal, corrections, photographs of the paper."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import schemas, service
from coldchain.core import stored_files
from coldchain.core.edge import Blueprint, edge
from coldchain.core.errors import NotFound
from coldchain.core.uploads import Handed
from config import Settings

blp = Blueprint(
    "arrivals", __name__, url_prefix="/api/v1", description="Taking in, withdrawing and correcting arrivals"
)


@blp.route("/arrivals/<uuid:arrival_id>/intake", methods=["POST"])
@blp.arguments(schemas.IntakeSchema)
@edge("arrival.register")
@blp.response(200, schemas.ArrivalSchema)
def take_in(session: Session, actor: Actor, data: dict[str, Any], arrival_id: UUID) -> Any:
    """Take in what was declared: it becomes stock as it really came; 409 `wrong_state`, `arrival_withdrawn`."""
    return service.read_arrival(session, actor, service.take_in(session, actor, arrival_id, **data))


@blp.route("/arrivals/<uuid:arrival_id>/withdraw", methods=["POST"])
@blp.arguments(schemas.WithdrawalSchema)
@edge("arrival.correct")
@blp.response(200, schemas.ArrivalSchema)
def withdraw_arrival(session: Session, actor: Actor, data: dict[str, Any], arrival_id: UUID) -> Any:
    """Withdraw an arrival while nothing of it has moved; 409 `already_moved` (correct it instead), `locked`."""
    return service.read_arrival(session, actor, service.withdraw_arrival(session, actor, arrival_id, **data))


@blp.route("/arrivals/<uuid:arrival_id>/corrections", methods=["POST"])
@blp.arguments(schemas.IdentityCorrectionRequestSchema)
@edge("arrival.correct")
@blp.response(201, schemas.ArrivalSchema)
def correct_arrival(session: Session, actor: Actor, data: dict[str, Any], arrival_id: UUID) -> Any:
    """Append corrections of what identifies the goods; notices match what was said before and what is right now."""
    return service.read_arrival(session, actor, service.correct_arrival(session, actor, arrival_id, **data))


@blp.route("/arrivals/<uuid:arrival_id>/vouchers", methods=["POST"])
@blp.arguments(schemas.VoucherUploadSchema, location="files")
@edge("evidence.register")
@blp.response(201, schemas.VoucherSchema)
def keep_voucher(session: Session, actor: Actor, data: dict[str, Any], arrival_id: UUID) -> Any:
    """Keep a photograph of the paper that an arrival was entered from, without its metadata."""
    settings: Settings = current_app.config["SETTINGS"]
    content: Handed = data["file"]
    return service.keep_voucher(session, actor, arrival_id, var_dir=settings.var_dir, content=content.content)


@blp.route("/arrivals/<uuid:arrival_id>/vouchers/<uuid:voucher_id>", methods=["GET"])
@edge("arrival.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def read_voucher(session: Session, actor: Actor, arrival_id: UUID, voucher_id: UUID) -> Response:
    """Return a photograph of the paper to those who may see the arrival."""
    row = service.find_voucher(session, actor, arrival_id, voucher_id)
    settings: Settings = current_app.config["SETTINGS"]
    try:
        content = stored_files.path_of(settings.var_dir, row.sha256).read_bytes()
    except FileNotFoundError as error:
        raise NotFound("The file is not there any more.", code="no_file") from error
    response = Response(content, content_type=row.media_type)
    response.headers["Content-Disposition"] = 'inline; filename="voucher.jpg"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"  # whatever it is, it does nothing
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
