"""HTTP of label runs."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.core.errors import NotFound
from coldchain.labels import files, schemas, service
from coldchain.labels.present import printing, shown
from config import Settings

blp = Blueprint("labels", __name__, url_prefix="/api/v1", description="Labels: runs and their files")

BINARY = {"type": "string", "format": "binary"}


@blp.route("/batches/<uuid:batch_id>/label-runs", methods=["POST"])
@blp.arguments(schemas.LabelRunOrderSchema)
@edge("label.make")
@blp.response(202, schemas.LabelRunSchema)
def order_label_run(session: Session, actor: Actor, data: dict[str, Any], batch_id: UUID) -> Any:
    """Have labels made for pieces or for the whole batch; from now on the batch counts as coded."""
    return shown(service.order(session, actor, batch_id, printing=printing(), **data))


@blp.route("/label-runs")
@blp.arguments(schemas.LabelRunQuerySchema, location="query")
@edge("label.read")
@blp.response(200, schemas.LabelRunPageSchema)
def list_label_runs(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List label runs, newest first."""
    runs, cursor = service.listing(session, actor, **query)
    return {"items": [shown(run) for run in runs], "next": cursor}


@blp.route("/label-runs/<uuid:run_id>")
@edge("label.read")
@blp.response(200, schemas.LabelRunSchema)
def get_label_run(session: Session, actor: Actor, run_id: UUID) -> Any:
    """Return how far a run is."""
    return shown(service.get(session, actor, run_id))


def _file(session: Session, actor: Actor, run_id: UUID, name: str, content_type: str) -> Response:
    run = service.get(session, actor, run_id)
    settings: Settings = current_app.config["SETTINGS"]
    path = files.folder(settings.var_dir, run_id) / name
    if run.state != "done" or name not in files.names(run.total) or not path.is_file():
        raise NotFound("This file is not there: the run is not finished, or the file was cleared away.", code="no_file")
    view = service.views(session, [run])[0]
    pieces = f"-{run.piece_from}-{run.piece_to}" if run.level == "piece" else ""
    suffix = name.rpartition(".")[2]
    response = Response(path.read_bytes(), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{view.batch.batch_code}{pieces}.{suffix}"'
    return response


@blp.route("/label-runs/<uuid:run_id>/sheet.pdf")
@edge("label.read")
@blp.response(200, BINARY, content_type="application/pdf")
def get_label_sheet(session: Session, actor: Actor, run_id: UUID) -> Any:
    """Return the labels as A4 sheets."""
    return _file(session, actor, run_id, files.SHEET, "application/pdf")


@blp.route("/label-runs/<uuid:run_id>/labels.zip")
@edge("label.read")
@blp.response(200, BINARY, content_type="application/zip")
def get_label_archive(session: Session, actor: Actor, run_id: UUID) -> Any:
    """Return a picture of each label in an archive."""
    return _file(session, actor, run_id, files.ARCHIVE, "application/zip")


@blp.route("/label-runs/<uuid:run_id>/label.png")
@edge("label.read")
@blp.response(200, BINARY, content_type="image/png")
def get_label_picture(session: Session, actor: Actor, run_id: UUID) -> Any:
    """Return the picture of a run of one label."""
    return _file(session, actor, run_id, files.PICTURE, "image/png")
