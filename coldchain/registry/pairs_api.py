"""Routes of pairs of businesses that may be one."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.registry import pairs_schemas as schemas
from coldchain.registry.service import duplicates, overview, telling_apart
from coldchain.registry.service.business_view import describe
from coldchain.registry.service.duplicates import Pair

blp = Blueprint("pairs", __name__, url_prefix="/api/v1", description="Businesses that may be one")

Body = dict[str, Any]


def _shown(session: Session, actor: Actor, pairs: Sequence[Pair]) -> list[Body]:
    rows = describe(session, actor, [each for pair in pairs for each in (pair.one, pair.other)])
    shown = {row["business_id"]: row for row in rows}
    names = overview.names(session, (pair.aside.recorded_by for pair in pairs if pair.aside))
    return [
        {
            "one": shown[pair.one.business_id],
            "other": shown[pair.other.business_id],
            "reasons": pair.told,
            "aside": pair.aside
            and {
                "reason": pair.aside.reason,
                "by": names.get(pair.aside.recorded_by),
                "recorded_at": pair.aside.recorded_at,
            },
            "changed": [{"business_id": business_id, "what": what} for business_id, what in pair.changed],
        }
        for pair in pairs
    ]


@blp.route("/businesses/duplicates")
@blp.arguments(schemas.PairQuery, location="query")
@edge("business.merge")
@blp.response(200, schemas.PairPage)
def list_pairs(session: Session, actor: Actor, query: Body) -> Body:
    """List pairs of businesses that may be one: by phone, address or name. Nothing is merged by itself."""
    found = duplicates.search(session, actor, **query)
    return {
        "items": _shown(session, actor, found.pairs), "next": found.following, "counts": found.counts,
        "compared": found.compared, "all_compared": found.all_compared,
    }  # fmt: skip


@blp.route("/businesses/<string:business>/duplicates/<string:other>")
@edge("business.merge")
@blp.response(200, schemas.PairSchema)
def read_pair(session: Session, actor: Actor, business: str, other: str) -> Body:
    """Return two businesses side by side, what they have in common, and what an officer said of them."""
    return _shown(session, actor, [telling_apart.read(session, actor, business, other)])[0]


@blp.route("/businesses/<string:business>/duplicates/<string:other>/set-aside", methods=["POST"])
@blp.arguments(schemas.TellApartSchema)
@edge("business.tell_apart")
@blp.response(200, schemas.PairSchema)
def set_pair_aside(session: Session, actor: Actor, data: Body, business: str, other: str) -> Body:
    """Say that two businesses are two; they come back when name, address or phone change; 409 `set_aside_already`."""
    return _shown(session, actor, [telling_apart.set_aside(session, actor, business, other, **data)])[0]


@blp.route("/businesses/<string:business>/duplicates/<string:other>/take-back", methods=["POST"])
@edge("business.tell_apart")
@blp.response(200, schemas.PairSchema)
def take_pair_back(session: Session, actor: Actor, business: str, other: str) -> Body:
    """Take back that two businesses are two; 409 `not_set_aside`."""
    return _shown(session, actor, [telling_apart.take_back(session, actor, business, other)])[0]
