"""How far an actor's lists reach, as SQL, and in whose name an officer writes."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, literal, or_, select, true
from sqlmodel import col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, Scope
from coldchain.registry.models import Business, Site, Venue

OFF_THE_REGISTER: Final = ("rejected", "closed")


def within_reach(
    reach: Scope, business_id: Any, region_code: Any, *, office_id: Any = None, site_id: Any = None
) -> ColumnElement[bool]:
    """Return the condition that a row with these columns lies in `reach`; `accounts.rights.may` says the same of it.

    Without `site_id` a clerk who is limited to sites has no such row; without `office_id` and `site_id` an officer who
    is assigned to an office has none.
    """
    if reach.everything:
        return true()
    if reach.business_id is not None:
        owned: ColumnElement[bool] = business_id.in_(reach.business_ids)
        if reach.site_ids is None:
            return owned
        return and_(owned, false() if site_id is None else site_id.in_(reach.site_ids))
    return _in_areas(reach, region_code, office_id, site_id)


def _in_areas(reach: Scope, region_code: Any, office_id: Any, site_id: Any) -> ColumnElement[bool]:
    found = [_in_region(region_code, digits) for digits in reach.region_stems]
    offices = [area.office_id for area in reach.areas if area.office_id is not None]
    if offices and office_id is not None:
        found.append(office_id.in_(offices))
    elif offices and site_id is not None:
        found.append(site_id.in_(select(col(Site.site_id)).where(col(Site.office_id).in_(offices))))
    return or_(false(), *found)


def _in_region(region_code: Any, digits: str) -> ColumnElement[bool]:
    """Return the condition that a code begins with `digits`, as a comparison that an index answers (LIKE is none)."""
    first, last = digits.ljust(6, "0"), digits.ljust(6, "9")
    inside: ColumnElement[bool] = region_code == first if first == last else region_code.between(first, last)
    return inside


def sites_within(reach: Scope, site: Any = Site) -> ColumnElement[bool]:
    """Return the condition that a site (or an alias of it) lies in `reach`."""
    return within_reach(reach, site.business_id, site.region_code, office_id=site.office_id, site_id=site.site_id)


def of_the_register(site: Any = Site) -> ColumnElement[bool]:
    """Return the condition that the business of a site (or an alias of it) was neither refused nor struck off."""
    gone = select(col(Business.business_id)).where(
        col(Business.business_id) == site.business_id, col(Business.status).in_(OFF_THE_REGISTER)
    )
    return ~gone.correlate(site).exists()


def goods_within(reach: Scope, owner_id: UUID, site: Any = Site) -> ColumnElement[bool]:
    """Return the condition that goods of an owner at a site (or an alias of it) lie in `reach`.

    An owner's own lie within it in anybody's store; for a clerk who is limited to sites, only there.
    """
    return within_reach(reach, literal(owner_id), site.region_code, office_id=site.office_id, site_id=site.site_id)


def businesses_within(reach: Scope, business: Any = Business) -> ColumnElement[bool]:
    """Return the condition that a business (or an alias of it) lies in `reach`."""
    return within_reach(reach, business.business_id, business.region_code, office_id=business.office_id)


def place(row: Business | Site | Venue) -> Area:
    """Return where a business, a site or a venue lies."""
    return Area(row.region_code, row.office_id)


def at(site: Site, *business_ids: UUID | None) -> Resource:
    """Return what rights about something in a site are asked of: whose it is, and where it lies."""
    return Resource.of(*business_ids, places=[place(site)], site_ids=[site.site_id])


def on_behalf_of(actor: Actor, business_id: UUID) -> UUID | None:
    """Return the business that an officer writes for, None when the business writes for itself."""
    return business_id if actor.is_officer else None
