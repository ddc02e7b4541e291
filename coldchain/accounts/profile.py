"""Who the reader is."""

from typing import Any

from sqlalchemy import Text, Uuid, column, select, table
from sqlmodel import Session

from coldchain.accounts.actor import Actor

# The registry stands above this room; an account's own foreign key leads to these three columns and no further.
_BUSINESS = table("business", column("business_id", Uuid), column("uscc", Text), column("name", Text))


def me(session: Session, actor: Actor) -> dict[str, Any]:
    """Return the actor's name, role, business `{business_id, uscc, name}` or None, and assigned region codes."""
    business = None
    if actor.business_id is not None:
        row = session.execute(select(_BUSINESS).where(_BUSINESS.c.business_id == actor.business_id)).one()
        business = {"business_id": row.business_id, "uscc": row.uscc, "name": row.name}
    return {
        "username": actor.username,
        "display_name": actor.display_name,
        "role": actor.role,
        "business": business,
        "regions": list(actor.regions),
    }
