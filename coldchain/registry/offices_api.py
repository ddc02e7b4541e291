"""Routes that add, change and end offices and grids; reading lists of offices is a route of regions."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.regions.schemas import GridSchema
from coldchain.registry.offices_schemas import (
    EndSchema,
    GridChangeSchema,
    NewGridSchema,
    NewOfficeSchema,
    OfficeChangeSchema,
    OfficeWithGridsSchema,
)
from coldchain.registry.service import offices

blp = Blueprint("offices", __name__, url_prefix="/api/v1", description="Supervision offices and their grids")


@blp.route("/offices", methods=["POST"])
@blp.arguments(NewOfficeSchema)
@edge("office.manage")
@blp.response(201, OfficeWithGridsSchema)
def add_office(session: Session, actor: Actor, data: dict[str, Any]) -> Any:
    """Add an office to a region; 409 `office_exists`."""
    return offices.describe(session, [offices.add(session, actor, **data)])[0]


@blp.route("/offices/<uuid:office_id>")
@edge("office.read")
@blp.response(200, OfficeWithGridsSchema)
def read_office(session: Session, _actor: Actor, office_id: UUID) -> Any:
    """Read an office with its grids."""
    return offices.describe(session, [offices.read(session, office_id)])[0]


@blp.route("/offices/<uuid:office_id>/change", methods=["POST"])
@blp.arguments(OfficeChangeSchema)
@edge("office.manage")
@blp.response(200, OfficeWithGridsSchema)
def change_office(session: Session, actor: Actor, data: dict[str, Any], office_id: UUID) -> Any:
    """Change name, address or phone of an office; 409 `office_exists`, `wrong_state`."""
    return offices.describe(session, [offices.change(session, actor, office_id, **data)])[0]


@blp.route("/offices/<uuid:office_id>/end", methods=["POST"])
@blp.arguments(EndSchema)
@edge("office.manage")
@blp.response(200, OfficeWithGridsSchema)
def end_office(session: Session, actor: Actor, data: dict[str, Any], office_id: UUID) -> Any:
    """End an office with its grids; old records keep it. 409 `wrong_state`."""
    return offices.describe(session, [offices.end(session, actor, office_id, **data)])[0]


@blp.route("/offices/<uuid:office_id>/grids", methods=["POST"])
@blp.arguments(NewGridSchema)
@edge("office.manage")
@blp.response(201, GridSchema)
def add_grid(session: Session, actor: Actor, data: dict[str, Any], office_id: UUID) -> Any:
    """Add a grid below an office; 409 `grid_exists`."""
    return offices.add_grid(session, actor, office_id, **data)


@blp.route("/grids/<uuid:grid_id>/change", methods=["POST"])
@blp.arguments(GridChangeSchema)
@edge("office.manage")
@blp.response(200, GridSchema)
def change_grid(session: Session, actor: Actor, data: dict[str, Any], grid_id: UUID) -> Any:
    """Rename a grid; 409 `wrong_state`."""
    return offices.change_grid(session, actor, grid_id, **data)


@blp.route("/grids/<uuid:grid_id>/end", methods=["POST"])
@blp.arguments(EndSchema)
@edge("office.manage")
@blp.response(200, GridSchema)
def end_grid(session: Session, actor: Actor, data: dict[str, Any], grid_id: UUID) -> Any:
    """End a grid; old records keep it. 409 `wrong_state`."""
    return offices.change_grid(session, actor, grid_id, end=True, **data)
