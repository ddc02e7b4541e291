"""Who and where an arrival names: the owner of the goods, the supplier, the site."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site

SHUT_OUT: Final = ("suspended", "closed", "rejected")


def site_of(session: Session, site_id: UUID) -> Site:
    """Return the site that an arrival names. Raises Invalid `unknown_site`."""
    try:
        return registry.site(session, site_id)
    except NotFound as error:
        raise Invalid.of("/site_id", "unknown_site", "There is no such site.") from error


def owner_of(session: Session, actor: Actor, owner: str | UUID | None, pointer: str = "/owner") -> Business:
    """Return the business that a request means: the one it names, else the actor's own. Raises Invalid."""
    ref = owner if owner is not None else actor.business_id
    if ref is None:
        raise Invalid.of(pointer, "required", "Name the business that the goods belong to.")
    return named_business(session, ref, pointer)


def named_business(session: Session, ref: str | UUID, pointer: str) -> Business:
    """Return the business that a field of a request names. Raises Invalid `unknown_business` at `pointer`."""
    try:
        return registry.find_business(session, ref)
    except NotFound as error:
        raise Invalid.of(pointer, "unknown_business", "There is no such business.") from error


def refuse_shut_out(business: Business) -> None:
    """Raise Conflict `business_suspended`, `business_closed` or `business_rejected` when it may not trade (R12)."""
    if business.status in SHUT_OUT:
        words = {
            "suspended": "This business is suspended.",
            "closed": "This business was struck off the register.",
            "rejected": "This business was not approved.",
        }
        raise Conflict(words[business.status], code=f"business_{business.status}")


def supplier_of(session: Session, supplier: Mapping[str, Any] | None) -> tuple[UUID | None, str | None]:
    """Return a registered supplier's id, or the name of one that is not in the register."""
    given = {name: value for name, value in (supplier or {}).items() if value is not None}
    if len(given) > 1:
        raise Invalid.of("/supplier", "one_of_two", "Name the supplier by its business or by its name, not both.")
    if "business" in given:
        return named_business(session, given["business"], "/supplier/business").business_id, None
    return None, given.get("name")
