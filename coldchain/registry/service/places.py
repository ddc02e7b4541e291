"""Venues, sites and zones: where goods can be. A sweep counts sites (家)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, scope
from coldchain.accounts.visible import kind
from coldchain.core import clock, paging
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, FieldError, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.regions import service as regions
from coldchain.regions.tree import stem, within
from coldchain.registry.models import Site, Venue, Zone
from coldchain.registry.service import lookups
from coldchain.registry.service.businesses import named_in_public
from coldchain.registry.service.offices import find_grid, grids_by_id
from coldchain.registry.service.reach import at, on_behalf_of, sites_within


def register_venue(
    session: Session,
    actor: Actor,
    *,
    name: str,
    kind: str,
    region_code: str,
    address: str,
    office: str | None = None,
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Register a park, market or mall.

    Raises Invalid `unknown_region`, `unknown_office`, `in_future`, `half_a_place`, `names_a_person`; NotFound.
    """
    regions.check(session, region_code)
    authorize(actor, "venue.register", Resource.of(regions=[region_code]))
    occurred = claimed(occurred_at)
    both_or_none(latitude, longitude)
    office_id = regions.find_office(session, region_code, office).office_id if office else None
    venue = Venue(
        name=named_in_public(name),
        kind=kind,
        region_code=region_code,
        office_id=office_id,
        address=address,
        latitude=latitude,
        longitude=longitude,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(venue)
    session.flush()
    journal.append(
        session,
        actor,
        kind="venue.registered",
        subject_id=venue.venue_id,
        occurred_at=occurred,
        data={
            "name": name, "kind": kind, "region_code": region_code, "office_id": office_id, "address": address,
            "sign_code": venue.sign_code, **coordinates(venue),
        },
        region_code=region_code,
    )  # fmt: skip
    return describe_venues(session, [venue])[0]


def describe_venues(session: Session, venues: Sequence[Venue]) -> list[dict[str, Any]]:
    """Return venues with their offices, in one more statement."""
    offices = regions.offices_by_id(session, (v.office_id for v in venues))
    return [
        {
            "venue_id": v.venue_id,
            "sign_code": v.sign_code,
            "name": v.name,
            "kind": v.kind,
            "region_code": v.region_code,
            "office": offices.get(v.office_id) if v.office_id else None,
            "address": v.address,
            "latitude": v.latitude,
            "longitude": v.longitude,
            "recorded_at": v.recorded_at,
        }
        for v in venues
    ]


def search_venues(
    session: Session,
    actor: Actor,
    *,
    kind: str | None = None,
    region_code: str | None = None,
    q: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of venues, newest first, and the next cursor; venues are public places, everybody sees them."""
    authorize(actor, "office.read", Resource())
    statement = select(Venue)
    if kind is not None:
        statement = statement.where(col(Venue.kind) == kind)
    if region_code is not None:
        statement = statement.where(col(Venue.region_code).startswith(stem(region_code)))
    if q is not None:
        statement = statement.where(col(Venue.name).icontains(q, autoescape=True))
    rows, following = paging.page(session, statement, col(Venue.venue_id), limit, cursor)
    return describe_venues(session, rows), following


def both_or_none(latitude: Decimal | None, longitude: Decimal | None) -> None:
    """Raise Invalid `half_a_place` unless both coordinates are given, or none."""
    if (latitude is None) != (longitude is None):
        pointer = "/latitude" if latitude is None else "/longitude"
        raise Invalid.of(pointer, "half_a_place", "Give both latitude and longitude, or neither.")


def coordinates(row: Venue | Site) -> dict[str, str | None]:
    """Return where a place lies as the journal holds it."""
    return {name: None if (value := getattr(row, name)) is None else str(value) for name in ("latitude", "longitude")}


def venue_at(session: Session, venue_id: UUID, region_code: str) -> Venue:
    """Return a venue. Raises Invalid `unknown_venue`, `venue_elsewhere` when neither region lies in the other."""
    venue = session.get(Venue, venue_id)
    if venue is None:
        raise Invalid.of("/venue_id", "unknown_venue", "There is no such venue.")
    if not (within(region_code, venue.region_code) or within(venue.region_code, region_code)):
        raise Invalid.of(
            "/venue_id", "venue_elsewhere", "This venue lies in region {region_code}.", region_code=venue.region_code
        )
    return venue


def register_site(
    session: Session,
    actor: Actor,
    *,
    name: str,
    kind: str,
    region_code: str,
    address: str,
    business: str | None = None,
    venue_id: UUID | None = None,
    office: str | None = None,
    grid: str | None = None,
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Register a site of a business (default: the actor's own); without an office it is under its venue's.

    Raises NotFound for another's business or outside the officer's regions; Invalid `unknown_region`, `unknown_office`,
    `unknown_grid`, `unknown_venue`, `venue_elsewhere`, `in_future`, `half_a_place`, `names_a_person`; Conflict
    `wrong_state` for a closed one.
    """
    owner = lookups.named_or_own(session, actor, business)
    regions.check(session, region_code)
    authorize(actor, "site.register", Resource.of(owner.business_id, regions=[region_code]))
    occurred = claimed(occurred_at)
    if owner.status in {"closed", "rejected"}:
        raise Conflict(
            "A closed or rejected business gets no new sites.", code="wrong_state", extra={"state": owner.status}
        )
    both_or_none(latitude, longitude)
    venue = venue_at(session, venue_id, region_code) if venue_id else None
    office_id = regions.find_office(session, region_code, office).office_id if office else None
    if office_id is None and venue is not None and venue.region_code == region_code:
        office_id = venue.office_id
    grid_id = find_grid(session, office_id, grid).grid_id if grid else None
    site = Site(
        business_id=owner.business_id,
        venue_id=venue_id,
        name=named_in_public(name),
        kind=kind,
        region_code=region_code,
        office_id=office_id,
        grid_id=grid_id,
        address=address,
        latitude=latitude,
        longitude=longitude,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(site)
    session.flush()
    journal.append(
        session,
        actor,
        kind="site.registered",
        subject_id=site.site_id,
        occurred_at=occurred,
        data={
            "business_id": owner.business_id, "venue_id": venue_id, "name": name, "kind": kind,
            "region_code": region_code, "office_id": office_id, "grid_id": grid_id, "address": address,
            "sign_code": site.sign_code, **coordinates(site), "on_behalf_of": on_behalf_of(actor, owner.business_id),
        },
        business_id=owner.business_id,
        region_code=region_code,
    )  # fmt: skip
    return describe_sites(session, [site])[0]


def describe_sites(session: Session, sites: Sequence[Site]) -> list[dict[str, Any]]:
    """Return sites with business, venue, office and zones, in a constant number of statements."""
    businesses = lookups.brief(session, (s.business_id for s in sites))
    offices = regions.offices_by_id(session, (s.office_id for s in sites))
    grids = grids_by_id(session, (s.grid_id for s in sites))
    zones = lookups.zones_of_sites(session, (s.site_id for s in sites))
    venue_ids = {s.venue_id for s in sites if s.venue_id}
    found = session.scalars(select(Venue).where(col(Venue.venue_id).in_(venue_ids))) if venue_ids else ()
    venues = {v.venue_id: v for v in found}
    return [
        {
            "site_id": s.site_id,
            "sign_code": s.sign_code,
            "business": businesses[s.business_id],
            "venue": venues.get(s.venue_id) if s.venue_id else None,
            "name": s.name,
            "kind": s.kind,
            "region_code": s.region_code,
            "office": offices.get(s.office_id) if s.office_id else None,
            "grid": grids.get(s.grid_id) if s.grid_id else None,
            "address": s.address,
            "latitude": s.latitude,
            "longitude": s.longitude,
            "zones": zones[s.site_id],
            "recorded_at": s.recorded_at,
        }
        for s in sites
    ]


def read_site(session: Session, actor: Actor, site_id: UUID) -> dict[str, Any]:
    """Return a site with its zones. Raises NotFound."""
    site = lookups.site(session, site_id)
    authorize(actor, "site.read", at(site, site.business_id))
    return describe_sites(session, [site])[0]


@kind("site")
def visible_sites(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `Site` of what `actor` may see: own ones (a clerk's), those of an officer's areas."""
    return sites_within(scope(actor, "site.read"))


def search_sites(
    session: Session,
    actor: Actor,
    *,
    business: str | None = None,
    kind: str | None = None,
    region_code: str | None = None,
    venue_id: UUID | None = None,
    q: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the sites that `actor` may see, newest first, and the next cursor."""
    statement = select(Site).where(visible_sites(actor))
    if business is not None:
        try:
            statement = statement.where(col(Site.business_id) == lookups.find_business(session, business).business_id)
        except NotFound:
            return [], None
    if kind is not None:
        statement = statement.where(col(Site.kind) == kind)
    if region_code is not None:
        statement = statement.where(col(Site.region_code).startswith(stem(region_code)))
    if venue_id is not None:
        statement = statement.where(col(Site.venue_id) == venue_id)
    if q is not None:
        statement = statement.where(col(Site.name).icontains(q, autoescape=True))
    rows, following = paging.page(session, statement, col(Site.site_id), limit, cursor)
    return describe_sites(session, rows), following


def register_zone(
    session: Session,
    actor: Actor,
    site_id: UUID,
    *,
    code: str,
    kind: str,
    temperature_class: str,
    occurred_at: datetime | None = None,
) -> Zone:
    """Register a zone of a site. Raises NotFound, Invalid `in_future`, Conflict `zone_exists` for a code in use."""
    site = lookups.site(session, site_id)
    authorize(actor, "zone.register", at(site, site.business_id))
    occurred = claimed(occurred_at)
    made = session.execute(
        insert(Zone)
        .values(
            zone_id=new_id(),
            site_id=site_id,
            code=code,
            kind=kind,
            temperature_class=temperature_class,
            recorded_at=clock.now(),
            recorded_by=actor.user_id,
        )
        .on_conflict_do_nothing(index_elements=["site_id", "code"])
        .returning(col(Zone.zone_id), col(Zone.sign_code))
    ).first()
    if made is None:
        raise Conflict(
            "This site has a zone with the code {zone_code} already.",
            code="zone_exists",
            errors=[FieldError("/code", "zone_exists", "This code is in use.")],
            zone_code=code,
        )
    journal.append(
        session,
        actor,
        kind="zone.registered",
        subject_id=made.zone_id,
        occurred_at=occurred,
        data={
            "site_id": site_id, "code": code, "zone_kind": kind, "temperature_class": temperature_class,
            "sign_code": made.sign_code,
            "on_behalf_of": on_behalf_of(actor, site.business_id),
        },
        business_id=site.business_id,
        region_code=site.region_code,
    )  # fmt: skip
    return lookups.site_of_zone(session, made.zone_id)[0]
