"""How far an actor's lists reach, as SQL, and in whose name an officer writes."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Scope


def within_reach(reach: Scope, business_id: Any, region_code: Any) -> ColumnElement[bool]:
    """Return the condition that a row with these two columns lies in `reach`."""
    if reach.everything:
        return true()
    if reach.business_id is not None:
        owned: ColumnElement[bool] = business_id == reach.business_id
        return owned
    return or_(false(), *(region_code.startswith(area) for area in reach.region_stems))


def on_behalf_of(actor: Actor, business_id: UUID) -> UUID | None:
    """Return the business that an officer writes for, None when the business writes for itself."""
    return business_id if actor.is_officer else None
