"""Venues with what lies in them, and corrections of venues and sites. A place that is renamed keeps its sign."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, relation
from coldchain.core import clock
from coldchain.core.errors import NotFound
from coldchain.journal import history
from coldchain.journal import service as journal
from coldchain.regions import service as regions
from coldchain.registry.models import Site, Venue
from coldchain.registry.service import places
from coldchain.registry.service.businesses import named_in_public
from coldchain.registry.service.offices import find_grid
from coldchain.registry.service.reach import at, on_behalf_of, place

CORRECTED = ("venue.corrected", "site.corrected")


@dataclass(frozen=True)
class Counts:
    """How much of a venue the asker may see: sites, cold stores among them, businesses that have them."""

    sites: int = 0
    cold_stores: int = 0
    businesses: int = 0


def read(session: Session, actor: Actor, venue_id: UUID) -> dict[str, Any]:
    """Return a venue; everybody who is signed in may know venues. Raises NotFound."""
    authorize(actor, "office.read", Resource())
    venue = session.get(Venue, venue_id)
    if venue is None:
        raise NotFound
    return places.describe_venues(session, [venue])[0]


def counts(session: Session, actor: Actor, venue_ids: Iterable[UUID]) -> dict[UUID, Counts]:
    """Return what lies in each venue as far as `actor` may see it, in one statement; nothing for who sees no sites."""
    wanted = set(venue_ids)
    if not wanted or relation(actor, "site.read") is None:
        return {}
    rows = session.execute(
        select(
            col(Site.venue_id),
            func.count(),
            func.count().filter(col(Site.kind) == "cold_store"),
            func.count(func.distinct(col(Site.business_id))),
        )
        .where(col(Site.venue_id).in_(wanted), places.visible_sites(actor))
        .group_by(col(Site.venue_id))
    )
    found = {row[0]: Counts(*row[1:]) for row in rows}
    return {venue_id: found.get(venue_id, Counts()) for venue_id in wanted}


def correct_venue(
    session: Session,
    actor: Actor,
    venue_id: UUID,
    *,
    name: str,
    kind: str,
    address: str,
    office: str | None = None,
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
) -> dict[str, Any]:
    """Say anew what a venue is called and where it is; what is left out is not known any more.

    Raises NotFound; Invalid `unknown_office`, `half_a_place`, `names_a_person`.
    """
    venue = session.get(Venue, venue_id, with_for_update=True, populate_existing=True)
    if venue is None:
        authorize(actor, "venue.register", Resource())
        raise NotFound
    authorize(actor, "venue.register", Resource.of(places=[place(venue)]))
    places.both_or_none(latitude, longitude)
    office_id = regions.find_office(session, venue.region_code, office).office_id if office else None
    said = {
        "name": named_in_public(name), "kind": kind, "address": address, "office_id": office_id, "latitude": latitude,
        "longitude": longitude,
    }  # fmt: skip
    changes = _change(session, venue, said)
    if changes:
        journal.append(
            session, actor, kind="venue.corrected", subject_id=venue_id, occurred_at=clock.now(), data=changes,
            region_code=venue.region_code,
        )  # fmt: skip
    return places.describe_venues(session, [venue])[0]


def correct_site(
    session: Session,
    actor: Actor,
    site_id: UUID,
    *,
    name: str,
    address: str,
    venue_id: UUID | None = None,
    office: str | None = None,
    grid: str | None = None,
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
) -> dict[str, Any]:
    """Say anew what a site is called and where it is; kind, business and region stay as they were registered.

    Raises NotFound; Invalid `unknown_venue`, `venue_elsewhere`, `unknown_office`, `unknown_grid`, `half_a_place`,
    `names_a_person`.
    """
    site = session.get(Site, site_id, with_for_update=True, populate_existing=True)
    if site is None:
        authorize(actor, "site.register", Resource())
        raise NotFound
    authorize(actor, "site.register", at(site, site.business_id))
    places.both_or_none(latitude, longitude)
    venue = places.venue_at(session, venue_id, site.region_code) if venue_id else None
    office_id = regions.find_office(session, site.region_code, office).office_id if office else None
    if office_id is None and venue is not None and venue.region_code == site.region_code:
        office_id = venue.office_id
    grid_id = find_grid(session, office_id, grid).grid_id if grid else None
    said = {
        "name": named_in_public(name), "address": address, "venue_id": venue_id, "office_id": office_id,
        "grid_id": grid_id, "latitude": latitude, "longitude": longitude,
    }  # fmt: skip
    changes = _change(session, site, said)
    if changes:
        journal.append(
            session, actor, kind="site.corrected", subject_id=site_id, occurred_at=clock.now(),
            data=changes | {"on_behalf_of": on_behalf_of(actor, site.business_id)},
            business_id=site.business_id, region_code=site.region_code,
        )  # fmt: skip
    return places.describe_sites(session, [site])[0]


def _change(session: Session, row: Venue | Site, said: Mapping[str, Any]) -> dict[str, Any]:
    """Write what is said differently and return it with what was said before, as the journal holds it."""
    changed = {name: value for name, value in said.items() if value != getattr(row, name)}
    if not changed:
        return {}
    before = {name: _plain(getattr(row, name)) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    return {"before": before, "after": {name: _plain(value) for name, value in changed.items()}}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def former_names(session: Session, place_id: UUID) -> list[str]:
    """Return what a place was called before, the last name first; the caller has checked who may read it."""
    facts = history.of_subject(session, place_id, CORRECTED)
    return [str(fact.data["before"]["name"]) for fact in reversed(facts) if "name" in fact.data["before"]]
