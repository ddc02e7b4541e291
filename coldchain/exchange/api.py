"""Spreadsheets at the API: hand in and look, take in, ask how far it is, templates and bad cells."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, also_needs, edge
from coldchain.exchange import present, schemas, service

blp = Blueprint("sheets", __name__, url_prefix="/api/v1", description="Spreadsheets of arrivals, businesses, people")

BINARY = {"type": "string", "format": "binary"}


@blp.route("/sheets/arrivals", methods=["POST"])
@blp.arguments(schemas.SheetSchema, location="files")
@blp.arguments(schemas.SheetQuery, location="query")
@edge("arrival.register")
@blp.response(201, schemas.SheetImportSchema)
def hand_in_arrivals(session: Session, actor: Actor, data: dict[str, Any], query: dict[str, Any]) -> Any:
    """Hand in a spreadsheet of arrivals and see what would come of it; every bad cell is named, nothing is entered.

    More than 300 rows are looked at by the worker: ask for the answer's `import_id` until it is no longer `checking`.
    """
    row = service.hand_in(session, actor, "arrivals", data["file"].content, query["business"])
    return present.shown(session, actor, row)


@blp.route("/sheets/businesses", methods=["POST"])
@blp.arguments(schemas.SheetSchema, location="files")
@edge("business.register")
@blp.response(201, schemas.SheetImportSchema)
def hand_in_businesses(session: Session, actor: Actor, data: dict[str, Any]) -> Any:
    """Hand in a spreadsheet of businesses to register, as for arrivals; who is on the register already is named."""
    return present.shown(session, actor, service.hand_in(session, actor, "businesses", data["file"].content))


@blp.route("/sheets/workers", methods=["POST"])
@blp.arguments(schemas.SheetSchema, location="files")
@blp.arguments(schemas.SheetQuery, location="query")
@edge("worker.register")
@blp.response(201, schemas.SheetImportSchema)
def hand_in_workers(session: Session, actor: Actor, data: dict[str, Any], query: dict[str, Any]) -> Any:
    """Hand in a spreadsheet of people who work for a business, as for arrivals."""
    row = service.hand_in(session, actor, "workers", data["file"].content, query["business"])
    return present.shown(session, actor, row)


@blp.route("/sheets/<uuid:import_id>", methods=["GET"])
@edge("sheet.use")
@blp.response(200, schemas.SheetImportSchema)
def read_sheet(session: Session, actor: Actor, import_id: UUID) -> Any:
    """Return how far a spreadsheet of your own is and what came of it."""
    return present.shown(session, actor, service.get(session, actor, import_id))


@blp.route("/sheets/<uuid:import_id>/take", methods=["POST"])
@edge("sheet.use")
@blp.response(200, schemas.SheetImportSchema)
def take_sheet(session: Session, actor: Actor, import_id: UUID) -> Any:
    """Take in a spreadsheet that was looked at: all of it or nothing; the same table again makes nothing.

    409 `wrong_state` while it is being looked at and when it has bad cells. Large ones are `taking` for a while.
    """
    for action in service.also_needed(session, actor, import_id):
        also_needs(actor, action)
    return present.shown(session, actor, service.take(session, actor, import_id))


@blp.route("/sheets/<uuid:import_id>/bad-cells.csv", methods=["GET"])
@edge("sheet.use")
@blp.response(200, BINARY, content_type="text/csv")
def bad_cells(session: Session, actor: Actor, import_id: UUID) -> Response:
    """Return the bad cells as a table; no cell of it starts a formula."""
    return present.bad_cells(service.get(session, actor, import_id))


@blp.route("/sheets/templates/<string:kind>.xlsx", methods=["GET"])
@edge("sheet.use")
@blp.response(200, BINARY, content_type=present.XLSX)
def template(session: Session, actor: Actor, kind: str) -> Response:
    """Return a spreadsheet to fill in, with an explanation of its columns and an example."""
    return present.template(actor, kind)
