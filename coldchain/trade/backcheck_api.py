"""Backwards checks over HTTP."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.trade import backcheck_words as words
from coldchain.trade.backcheck_schemas import BackcheckPageSchema, BackcheckQuery
from coldchain.trade.service import backcheck

blp = Blueprint("backchecks", __name__, url_prefix="/api/v1", description="Where the books don't explain themselves")


@blp.route("/backchecks", methods=["GET"])
@blp.arguments(BackcheckQuery, location="query")
@edge("backcheck.read")
@blp.response(200, BackcheckPageSchema)
def list_backchecks(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List what the books don't explain, by kind and the longest first, each with where it is solved."""
    rows, following, as_of = backcheck.search(session, actor, **query)
    items = [
        row
        | words.in_both(words.message(row), "message")
        | {
            "as_of": as_of,
            "solve": {"act": row["act"], "href": words.place_to_solve(actor, row)[0]}
            | words.in_both(words.solved_by(row), "text"),
        }
        for row in rows
    ]
    return {"items": items, "next": following, "as_of": as_of}
