"""Searching at the API."""

from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.search import schemas, service

blp = Blueprint("search", __name__, url_prefix="/api/v1", description="One box for everything")


@blp.route("/search")
@blp.arguments(schemas.SearchQuery, location="query")
@edge("search")
@blp.response(200, schemas.FoundPageSchema)
def search(session: Session, actor: Actor, query: dict[str, Any]) -> Any:
    """Find batches, businesses, products, producers, documents, codes and recalls that you may see."""
    kind, limit, cursor = query.pop("kind"), query.pop("limit"), query.pop("cursor")
    found, following = service.find(session, actor, service.Query(**query), kind=kind, limit=limit, cursor=cursor)
    return {"items": [asdict(each) | each.ids for each in found], "next": following}
