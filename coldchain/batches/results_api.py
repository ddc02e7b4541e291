"""Results of tubes at the API: reporting, entering for a laboratory, confirming, moving, releasing."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import result_file, schemas, service
from coldchain.core import stored_files
from coldchain.core.edge import Blueprint, edge
from coldchain.core.errors import FieldError, Invalid, NotFound
from coldchain.core.page_forms import attempt, trial
from coldchain.core.uploads import Handed
from config import Settings

blp = Blueprint("results", __name__, url_prefix="/api/v1", description="Results of sampling tubes")
HERE = "/tubes/<uuid:tube_id>/results"


@blp.route(HERE, methods=["POST"])
@blp.arguments(schemas.ResultRegistrationSchema, multipart=schemas.ResultUploadSchema)
@edge("result.register")
@blp.response(201, schemas.ResultSchema)
def create_result(session: Session, actor: Actor, data: dict[str, Any], tube_id: UUID) -> Any:
    """Report a tube's result; a positive locks its batches everywhere at once.

    A laboratory sends JSON. An officer enters for it as multipart/form-data with the report's `photo`; the laboratory
    confirms it later. With `supersedes_id` it corrects an earlier result of this tube: exactly the holds of that end.
    """
    photo: Handed | None = data.pop("photo", None)
    content = photo.content if photo else None
    return service.report_result(session, actor, tube_id, **data, photo=content, var_dir=settings().var_dir)


@blp.route(HERE + "/<uuid:result_id>/confirm", methods=["POST"])
@edge("result.confirm")
@blp.response(200, schemas.TubeSchema)
def confirm_result(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> Any:
    """Confirm, as the laboratory, what an officer entered for it."""
    return service.confirm_result(session, actor, tube_id, result_id)


@blp.route(HERE + "/<uuid:result_id>/move", methods=["POST"])
@blp.arguments(schemas.ResultMoveSchema)
@edge("result.move")
@blp.response(201, schemas.ResultSchema)
def move_result(session: Session, actor: Actor, data: dict[str, Any], tube_id: UUID, result_id: UUID) -> Any:
    """Move a result that stands on the wrong tube: its holds end, those of the right tube begin, in one transaction."""
    return service.move_result(session, actor, tube_id, result_id, **data)


@blp.route(HERE + "/<uuid:result_id>/photo")
@edge("tube.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def read_photo(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> Response:
    """Return the photograph of a report that an officer entered."""
    row = service.photo_of(session, actor, tube_id, result_id)
    try:
        content = stored_files.path_of(settings().var_dir, row.sha256).read_bytes()
    except FileNotFoundError as error:
        raise NotFound("The file is not there any more.", code="no_file") from error
    response = Response(content, content_type=row.media_type)
    response.headers["Content-Disposition"] = 'inline; filename="report.jpg"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"  # whatever it is, it does nothing
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@blp.route("/tubes/<uuid:tube_id>/release", methods=["POST"])
@blp.arguments(schemas.ReleaseSchema)
@edge("result.release")
@blp.response(200, schemas.TubeSchema)
def release_tube(session: Session, actor: Actor, data: dict[str, Any], tube_id: UUID) -> Any:
    """Decide, as an officer, that a positive that isn't confirmed locks nothing any more."""
    return service.release_tube(session, actor, tube_id, **data)


@blp.route("/tube-results/file", methods=["POST"])
@blp.arguments(schemas.ResultFileSchema, location="files")
@blp.arguments(schemas.ResultFileQuery, location="query")
@edge("result.file")
@blp.response(200, schemas.ResultFileOutcomeSchema)
def enter_file(session: Session, actor: Actor, data: dict[str, Any], query: dict[str, Any]) -> Any:
    """Enter the results of a spreadsheet by tube number: all of them, or none when a cell can't be taken.

    With `dry_run` nothing is entered and every bad cell is named; without, bad cells are a 422 that names them. The
    same file again makes nothing: its rows are `already` there.
    """
    handed: Handed = data["file"]
    rows = result_file.read(handed.content).rows
    if query["dry_run"]:
        with trial(session):
            return result_file.enter(session, actor, rows)
    with attempt(session):
        outcome = result_file.enter(session, actor, rows)
        if outcome.errors:
            raise Invalid(errors=[
                FieldError(f"/rows/{bad.row}/{bad.name}", bad.code, "{value}: {said}",
                           {"value": f"{bad.column} {bad.value}".strip(), "said": bad.message})
                for bad in outcome.errors
            ])  # fmt: skip
    return outcome


def settings() -> Settings:
    """Return the running program's settings."""
    found: Settings = current_app.config["SETTINGS"]
    return found
