"""Orders to disinfection services over HTTP: asking, taking back, entering what was done with its certificate."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches.schemas.disinfection_orders import (
    DisinfectionOrderPage,
    DisinfectionOrderQuery,
    DisinfectionOrderRegistrationSchema,
    DisinfectionOrderSchema,
    OrderedDisinfectionSchema,
    OrderedTreatmentSchema,
)
from coldchain.batches.service import disinfection_orders, ordered_disinfections
from coldchain.core import files_out, stored_files
from coldchain.core.edge import Blueprint, edge
from config import Settings

blp = Blueprint("disinfection_orders", __name__, url_prefix="/api/v1", description="Orders to disinfection services")


@blp.route("/arrivals/<uuid:arrival_id>/disinfection-orders", methods=["POST"])
@blp.arguments(DisinfectionOrderRegistrationSchema)
@edge("evidence.register")
@blp.response(201, DisinfectionOrderSchema)
def create_arrival_order(session: Session, actor: Actor, data: dict[str, Any], arrival_id: UUID) -> Any:
    """Ask a registered service to disinfect all batches of an arrival."""
    return disinfection_orders.make(session, actor, arrival_id=arrival_id, **data)


@blp.route("/batches/<uuid:batch_id>/disinfection-orders", methods=["POST"])
@blp.arguments(DisinfectionOrderRegistrationSchema)
@edge("evidence.register")
@blp.response(201, DisinfectionOrderSchema)
def create_batch_order(session: Session, actor: Actor, data: dict[str, Any], batch_id: UUID) -> Any:
    """Ask a registered service to disinfect one batch."""
    return disinfection_orders.make(session, actor, batch_id=batch_id, **data)


@blp.route("/disinfection-orders")
@blp.arguments(DisinfectionOrderQuery, location="query")
@edge("disinfection_order.read")
@blp.response(200, DisinfectionOrderPage)
def list_orders(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """List the orders that you made, that ask your business, or that are for goods of your area, newest first."""
    items, following = disinfection_orders.search(session, actor, **query)
    return {"items": items, "next": following}


@blp.route("/disinfection-orders/<uuid:order_id>")
@edge("disinfection_order.read")
@blp.response(200, DisinfectionOrderSchema)
def get_order(session: Session, actor: Actor, order_id: UUID) -> Any:
    """Return one order with what was done for it."""
    return disinfection_orders.read(session, actor, order_id)


@blp.route("/disinfection-orders/<uuid:order_id>/withdraw", methods=["POST"])
@edge("evidence.register")
@blp.response(200, DisinfectionOrderSchema)
def withdraw_order(session: Session, actor: Actor, order_id: UUID) -> Any:
    """Take an order back; 409 `wrong_state` once something was done for it."""
    return disinfection_orders.withdraw(session, actor, order_id)


@blp.route("/disinfection-orders/<uuid:order_id>/disinfections", methods=["POST"])
@blp.arguments(OrderedTreatmentSchema)
@edge("disinfection_order.do")
@blp.response(201, OrderedDisinfectionSchema)
def create_ordered_disinfection(session: Session, actor: Actor, data: dict[str, Any], order_id: UUID) -> Any:
    """Enter, as the service that did it, a disinfection and its certificate; 409 `order_withdrawn`, `not_active`."""
    settings: Settings = current_app.config["SETTINGS"]
    return ordered_disinfections.enter(session, actor, order_id, var_dir=settings.var_dir, **data)


@blp.route("/disinfection-orders/<uuid:order_id>/disinfections/<uuid:disinfection_id>/certificate.pdf")
@edge("disinfection_order.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
def get_certificate(session: Session, actor: Actor, order_id: UUID, disinfection_id: UUID) -> Response:
    """Return the certificate as it was issued, to be saved and printed."""
    row = ordered_disinfections.file(session, actor, order_id, disinfection_id)
    settings: Settings = current_app.config["SETTINGS"]
    return files_out.answer(row, stored_files.content_of(settings.var_dir, row), row.media_type)
