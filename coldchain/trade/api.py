"""Consignments and stock over HTTP."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock, files_out, stored_files
from coldchain.core.edge import Blueprint, edge
from coldchain.core.problems import said
from coldchain.core.uploads import Handed
from coldchain.trade import service
from coldchain.trade.past_schemas import StockAtPageSchema, StockAtQuery
from coldchain.trade.schemas import (
    ConfirmSchema,
    ConsignmentPageSchema,
    ConsignmentQuery,
    ConsignmentSchema,
    DispatchedSchema,
    DispatchSchema,
    DisputeSchema,
    RejectConsignmentSchema,
    SettleSchema,
    SlipSchema,
)
from coldchain.trade.service import past
from config import Settings

blp = Blueprint("trade", __name__, url_prefix="/api/v1", description="Consignments and stock")


@blp.route("/consignments", methods=["POST"])
@blp.arguments(DispatchSchema)
@edge("trade.dispatch")
@blp.response(201, DispatchedSchema)
def create_consignment(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Send goods; 409 `gate_refused`, `locked`, `insufficient_stock`, `seller_not_active`."""
    return _warned(service.dispatch(session, actor, **data))


def _warned(made: dict[str, Any]) -> dict[str, Any]:
    return made | {
        "warnings": [
            {**warning, "message": said(warning["message"], warning.get("params", {}))} for warning in made["warnings"]
        ]
    }


@blp.route("/consignments", methods=["GET"])
@blp.arguments(ConsignmentQuery, location="query")
@edge("trade.read")
@blp.response(200, ConsignmentPageSchema)
def list_consignments(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List consignments, newest first."""
    items, following = service.search(session, actor, **query)
    return {"items": items, "next": following}


@blp.route("/consignments/<uuid:consignment_id>", methods=["GET"])
@edge("trade.read")
@blp.response(200, ConsignmentSchema)
def read_consignment(session: Session, actor: Actor, consignment_id: UUID) -> dict[str, Any]:
    """Read one consignment."""
    return service.get(session, actor, consignment_id)


@blp.route("/consignments/<uuid:consignment_id>/confirm", methods=["POST"])
@blp.arguments(ConfirmSchema)
@edge("trade.answer")
@blp.response(200, DispatchedSchema)
def confirm_consignment(session: Session, actor: Actor, data: dict[str, Any], consignment_id: UUID) -> dict[str, Any]:
    """Confirm what came, into a zone; 422 `quantity_differs` without a reason, 409 `wrong_state`."""
    return _warned(service.confirm(session, actor, consignment_id, **data))


@blp.route("/consignments/<uuid:consignment_id>/dispute", methods=["POST"])
@blp.arguments(DisputeSchema)
@edge("trade.answer")
@blp.response(200, ConsignmentSchema)
def dispute_consignment(session: Session, actor: Actor, data: dict[str, Any], consignment_id: UUID) -> dict[str, Any]:
    """Dispute units on the road; the rest can still be confirmed; 409 `wrong_state`."""
    return service.dispute(session, actor, consignment_id, **data)


@blp.route("/consignments/<uuid:consignment_id>/settle", methods=["POST"])
@blp.arguments(SettleSchema)
@edge("trade.answer")
@blp.response(200, ConsignmentSchema)
def settle_consignment(session: Session, actor: Actor, data: dict[str, Any], consignment_id: UUID) -> dict[str, Any]:
    """Say what became of disputed units; 409 `wrong_state`, 422 `more_than_disputed`."""
    return service.settle(session, actor, consignment_id, **data)


@blp.route("/consignments/<uuid:consignment_id>/reject", methods=["POST"])
@blp.arguments(RejectConsignmentSchema)
@edge("trade.answer")
@blp.response(200, ConsignmentSchema)
def reject_consignment(session: Session, actor: Actor, data: dict[str, Any], consignment_id: UUID) -> dict[str, Any]:
    """Send goods back; 409 `wrong_state`."""
    return service.reject(session, actor, consignment_id, **data)


@blp.route("/consignments/<uuid:consignment_id>/slip", methods=["POST"])
@blp.arguments(SlipSchema, location="files")
@edge("trade.answer")
@blp.response(201, ConsignmentSchema)
def keep_slip(session: Session, actor: Actor, data: dict[str, Any], consignment_id: UUID) -> dict[str, Any]:
    """Keep the photograph of the signed slip, without its metadata; a newer one takes its place.

    Of a receiver without an account it closes a consignment on its way: `signed`, the goods leave the books as sold.
    """
    settings: Settings = current_app.config["SETTINGS"]
    content: Handed = data["file"]
    return service.keep_slip(session, actor, consignment_id, var_dir=settings.var_dir, content=content.content)


@blp.route("/consignments/<uuid:consignment_id>/slip", methods=["GET"])
@edge("trade.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def read_slip(session: Session, actor: Actor, consignment_id: UUID) -> Response:
    """Return the photograph of the signed slip to the parties and to officers."""
    row = service.find_slip(session, actor, consignment_id)
    settings: Settings = current_app.config["SETTINGS"]
    return files_out.answer(row, stored_files.content_of(settings.var_dir, row), row.media_type)


@blp.route("/stock", methods=["GET"])
@blp.arguments(StockAtQuery, location="query")
@edge("stock.read")
@blp.response(200, StockAtPageSchema)
def list_stock(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List what lies where, goods on the road included; or what lay where at a past moment, 422 `in_future`."""
    if query["as_of"] is not None or query["known_at"] is not None:
        then = past.stock_at(session, actor, **query)
        return {"items": then.items, "next": then.following, "as_of": then.as_of, "known_at": then.known_at}
    del query["as_of"], query["known_at"]
    now = clock.now()
    items, following = service.stock(session, actor, **query)
    return {"items": items, "next": following, "as_of": now, "known_at": now}
