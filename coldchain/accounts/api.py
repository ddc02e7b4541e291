"""The routes of accounts."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts import profile, schemas
from coldchain.accounts.actor import Actor
from coldchain.core.edge import SIGNED_IN, Blueprint, edge

blp = Blueprint("me", __name__, url_prefix="/api/v1", description="Who you are")


@blp.route("/me", methods=["GET"])
@edge(SIGNED_IN)
@blp.response(200, schemas.MeSchema)
def me(session: Session, actor: Actor) -> dict[str, Any]:
    """Read who you are: role, business, regions."""
    return profile.me(session, actor)
