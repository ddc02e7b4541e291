"""Routes of regions and offices: public facts, for everybody who is signed in."""

from typing import Any

from sqlmodel import Session

from coldchain.core.edge import Blueprint, edge
from coldchain.regions import schemas, service

blp = Blueprint("regions", __name__, url_prefix="/api/v1", description="Regions and supervision offices")


@blp.route("/regions", methods=["GET"])
@blp.arguments(schemas.RegionQuery, location="query")
@edge("office.read")
@blp.response(200, schemas.RegionPage)
def list_regions(session: Session, _actor: Any, query: dict[str, Any]) -> dict[str, Any]:
    """List regions in code order."""
    rows, following = service.search(session, **query)
    return {"items": rows, "next": following}


@blp.route("/regions/<string:code>", methods=["GET"])
@edge("office.read")
@blp.response(200, schemas.RegionSchema)
def read_region(session: Session, _actor: Any, code: str) -> Any:
    """Read a region."""
    return service.get(session, code)


@blp.route("/offices", methods=["GET"])
@blp.arguments(schemas.OfficeQuery, location="query")
@edge("office.read")
@blp.response(200, schemas.OfficePage)
def list_offices(session: Session, _actor: Any, query: dict[str, Any]) -> dict[str, Any]:
    """List supervision offices."""
    rows, following = service.search_offices(session, **query)
    return {"items": rows, "next": following}
