"""What the sign of a place shows who scans it, by role: anybody, who works there, and the officers of its area.

Anybody: who works here, whether the business holds a card, its status, who the stewards are (R16). A business at its
own place, or with goods in it: the ways to its work. An officer: what is wrong here, before any tap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import Response, json, render_template
from sqlalchemy import exists, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may, relation
from coldchain.core import clock, problems
from coldchain.core.i18n import current_locale
from coldchain.home import halts, place_wrong, scan, site_page
from coldchain.home.public_icons import with_own_icons
from coldchain.ledger.models import Holding
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry import words
from coldchain.registry.models import Business, Site, Venue, Zone
from coldchain.registry.models_stewards import STEWARDED
from coldchain.registry.service import places, signs, stewards
from coldchain.registry.service.signs import Place
from coldchain.registry.service.stewards import StewardShown

SITES_SHOWN: Final = 200


@dataclass(frozen=True)
class Works:
    """Who works at a site, as anybody may know it: the business, its status and the number of its card."""

    site: Site
    business: Business
    halt: halts.Halt | None  # what stops the business, or this site of it

    @property
    def state(self) -> str:
        """Return the status that anybody reads: who is stopped by a decision or a measure doesn't read as active."""
        return "suspended" if self.halt is not None and self.business.status == "active" else self.business.status

    @property
    def has_card(self) -> bool:
        """Say whether the business holds a card: one is given with the approval."""
        return self.business.card_no is not None and self.business.status != "pending"


def show(session: Session, actor: Actor | None, code: str) -> Any:
    """Return the page, or the JSON, of a sign. Raises NotFound `unknown_code`."""
    place = signs.find(session, code)
    if problems.wants_json():
        body = json.dumps(as_json(session, place), ensure_ascii=False)
        return Response(body, content_type="application/json", headers={"Vary": "Accept"})
    if actor is not None and scan.is_for(actor) and may(actor, "recall.read", place.resource):
        return _officers_page(session, actor, place)
    return _public_page(session, actor, place)


def _works(session: Session, place: Place) -> list[Works]:
    """Return who works at a place: the site's business, or those in a venue and one more than are shown."""
    statement = (
        select(Site, Business)
        .join(Business, col(Business.business_id) == col(Site.business_id))
        .order_by(col(Site.name), col(Site.site_id))
        .limit(SITES_SHOWN + 1)
    )
    if place.site is not None:
        statement = statement.where(col(Site.site_id) == place.site.site_id)
    elif place.venue is not None:
        statement = statement.where(col(Site.venue_id) == place.venue.venue_id, col(Business.status) != "closed")
    rows = [(site, business) for site, business in session.execute(statement)]
    stopped = halts.at_sites(session, [site for site, _business in rows])
    return [Works(site, business, stopped.get(site.site_id)) for site, business in rows]


def _stewards(session: Session, place: Place) -> list[StewardShown]:
    if place.site is None or place.site.kind not in STEWARDED:
        return []
    return stewards.stewards_of(session, [place.site.site_id], public=True)[place.site.site_id]


def _public_page(session: Session, actor: Actor | None, place: Place) -> Response:
    listed = _works(session, place)
    page = render_template(
        "public/place.html",
        place=place,
        works=listed[:SITES_SHOWN],
        more=len(listed) > SITES_SHOWN,
        stewards=_stewards(session, place),
        region=regions.name(session, _region(place), current_locale()),
        own=_own(session, actor, place),
        words=words,
        here_url=f"/C/{place.code}",
        as_of=clock.now(),
        signed_in=actor is not None,
    )
    response = Response(with_own_icons(page))
    response.headers["Vary"] = "Accept"
    return response


def _region(place: Place) -> str:
    row = place.site or place.venue
    return row.region_code if row is not None else ""


def _own(session: Session, actor: Actor | None, place: Place) -> dict[str, Any] | None:
    """Return what the reader's own business has to do here, as its keeper or with goods in it; None for a stranger."""
    if actor is None or actor.business_id is None or place.site is None or relation(actor, "stock.read") is None:
        return None
    site = place.site
    keeper = may(actor, "site.read", place.resource)
    zones = session.scalars(select(col(Zone.zone_id)).where(col(Zone.site_id) == site.site_id)).all()
    own_here = exists().where(
        col(Holding.zone_id).in_([place.zone.zone_id] if place.zone else list(zones)),
        col(Holding.owner_id) == actor.business_id,
        col(Holding.quantity_units) > 0,
    )
    has_goods = bool(actor.site_ids is None and session.scalar(select(own_here)))
    if not keeper and not has_goods:
        return None
    return {
        "keeper": keeper,
        "zone_id": place.zone.zone_id if place.zone else _first_with_goods(session, actor.business_id, zones),
        "may_register": relation(actor, "arrival.register") is not None,
        "may_move": relation(actor, "stock.record") is not None,
    }


def _first_with_goods(session: Session, owner_id: UUID, zones: Sequence[UUID]) -> UUID | None:
    """Return the zone to move goods out of: one of these where the owner has some, else any."""
    found = session.scalars(
        select(col(Holding.zone_id))
        .where(col(Holding.zone_id).in_(zones), col(Holding.owner_id) == owner_id, col(Holding.quantity_units) > 0)
        .order_by(col(Holding.quantity_units).desc())
        .limit(1)
    ).first()
    return found or next(iter(zones), None)


def _officers_page(session: Session, actor: Actor, place: Place) -> str:
    if place.venue is not None:
        return _officers_venue(session, actor, place, place.venue)
    site = place.site
    if site is None:
        raise LookupError("a sign is of a venue, a site or a zone")
    zone_id = place.zone.zone_id if place.zone else None
    wrong = place_wrong.at(session, actor, [site], zone_id)[site.site_id]
    works = _works(session, place)[0]
    return render_template(
        "inspections/place.html",
        place=place,
        site=site,
        works=works,
        people=len(wrong.people),
        words=words,
        may_visit=may(actor, "visit.record", place.resource),
        as_of=clock.now(),
        **site_page.wrong_context(session, actor, site, wrong, zone_id),
    )


def _officers_venue(session: Session, actor: Actor, place: Place, venue: Venue) -> str:
    """Show the sites of a venue that the reader may see: those where something is wrong first."""
    statement = select(Site).where(col(Site.venue_id) == venue.venue_id, places.visible_sites(actor))
    sites = session.scalars(statement.order_by(col(Site.name)).limit(SITES_SHOWN + 1)).all()
    shown = sites[:SITES_SHOWN]
    wrong = place_wrong.at(session, actor, shown)
    owners = registry.brief(session, (site.business_id for site in shown))
    rows = sorted(((site, wrong[site.site_id]) for site in shown), key=lambda row: -row[1].total)
    return render_template(
        "inspections/venue.html",
        place=place,
        venue=venue,
        rows=rows,
        owners=owners,
        more=len(sites) > SITES_SHOWN,
        total=sum(each.total for _site, each in rows),
        words=words,
        as_of=clock.now(),
    )


def as_json(session: Session, place: Place) -> dict[str, Any]:
    """Return what a program reads at a sign's address; no ids, no persons but the stewards of the public sign (R16)."""
    row = place.site or place.venue
    return {
        "code": place.code,
        "level": place.level,
        "name": row.name if row else "",
        "kind": row.kind if row else "",
        "zone": {
            "code": place.zone.code, "kind": place.zone.kind, "temperature_class": place.zone.temperature_class,
        } if place.zone else None,
        "region_code": _region(place),
        "works_here": [
            {
                "site": each.site.name,
                "business": each.business.name,
                "status": each.state,
                "card_no": each.business.card_no if each.has_card else None,
            }
            for each in _works(session, place)[:SITES_SHOWN]
        ],
        "stewards": [{"kind": each.kind, "name": each.name, "phone": each.phone} for each in _stewards(session, place)],
        "as_of": clock.now().isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
