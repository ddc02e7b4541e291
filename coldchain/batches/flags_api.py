"""Flags over HTTP."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import flags
from coldchain.batches.schemas.flags import CloseFlagSchema, FlagPage, FlagQuery, FlagSchema
from coldchain.core.edge import Blueprint, edge

blp = Blueprint("flags", __name__, url_prefix="/api/v1", description="Facts that an officer should look at")


@blp.route("/flags")
@blp.arguments(FlagQuery, location="query")
@edge("flag.read")
@blp.response(200, FlagPage)
def list_flags(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List flags, newest first; open ones unless `state` is closed."""
    rows, following = flags.search(session, actor, **query)
    return {"items": flags.describe(session, rows), "next": following}


@blp.route("/flags/<uuid:flag_id>/close", methods=["POST"])
@blp.arguments(CloseFlagSchema)
@edge("flag.close")
@blp.response(200, FlagSchema)
def close_flag(session: Session, actor: Actor, data: dict[str, Any], flag_id: UUID) -> Any:
    """Close a flag with a reason; 409 `wrong_state` when it is closed already."""
    return flags.describe(session, [flags.close(session, actor, flag_id, **data)])[0]
