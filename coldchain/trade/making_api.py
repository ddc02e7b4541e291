"""Splits and transformations over HTTP: what makes batches of batches."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.trade.entry_api import spoken
from coldchain.trade.making_schemas import (
    SplitMadeSchema,
    SplitSchema,
    TransformationMadeSchema,
    TransformationSchema,
)
from coldchain.trade.service import splitting, transforming

blp = Blueprint("making", __name__, url_prefix="/api/v1", description="Batches that are made of batches")


@blp.route("/transformations", methods=["POST"])
@blp.arguments(TransformationSchema)
@edge("stock.record")
@blp.response(201, TransformationMadeSchema)
def create_transformation(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Cut, repack, cook or mix; 422 `mass_differs`, 409 `gate_refused`, `locked`, `zone_not_dedicated`."""
    return spoken(transforming.transform(session, actor, **data))


@blp.route("/batches/<uuid:batch_id>/split", methods=["POST"])
@blp.arguments(SplitSchema)
@edge("stock.record")
@blp.response(201, SplitMadeSchema)
def create_split(session: Session, actor: Actor, data: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Make some pieces a batch of their own; 409 `pieces_gone`, `locked`, `insufficient_stock`, 422 `beyond_pieces`."""
    return spoken(splitting.split(session, actor, batch_id, **data))
