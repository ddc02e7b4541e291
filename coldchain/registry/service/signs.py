"""Which place a sign stands for. No rights here: the asking use case has its own."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.rights import Resource
from coldchain.core import sign_code
from coldchain.core.errors import NotFound
from coldchain.registry.models import Site, Venue, Zone
from coldchain.registry.service.reach import at, place


@dataclass(frozen=True)
class Place:
    """The place of a sign: a venue, a site, or a zone with the site that it is part of."""

    code: str
    level: sign_code.Level
    venue: Venue | None = None
    site: Site | None = None
    zone: Zone | None = None

    @property
    def place_id(self) -> UUID:
        """The id of the row that the sign is of. Raises LookupError for a place that was made of nothing."""
        for found in (
            self.zone and self.zone.zone_id,
            self.site and self.site.site_id,
            self.venue and self.venue.venue_id,
        ):
            if found:
                return found
        raise LookupError("a sign is of a venue, a site or a zone")

    @property
    def name(self) -> str:
        """What the place is called, a zone with its site."""
        row = self.site or self.venue
        called = row.name if row is not None else ""
        return f"{called} {self.zone.code}" if self.zone else called

    @property
    def resource(self) -> Resource:
        """What rights about this place are asked of."""
        if self.site is not None:
            return at(self.site, self.site.business_id)
        return Resource.of(places=[place(self.venue)] if self.venue else ())


def find(session: Session, text: str) -> Place:
    """Return the place of a sign's code, however it was typed or scanned. Raises NotFound `unknown_code`."""
    code = sign_code.read(text)
    found = _find(session, code) if code else None
    if found is None:
        raise NotFound("No place has this code.", code="unknown_code")
    return found


def _find(session: Session, code: str) -> Place | None:
    level = sign_code.level_of(code)
    if level == "venue":
        venue = session.scalars(select(Venue).where(col(Venue.sign_code) == code)).first()
        return Place(code, level, venue=venue) if venue else None
    if level == "site":
        site = session.scalars(select(Site).where(col(Site.sign_code) == code)).first()
        return Place(code, level, site=site) if site else None
    row = session.execute(
        select(Zone, Site).join(Site, col(Site.site_id) == col(Zone.site_id)).where(col(Zone.sign_code) == code)
    ).first()
    return Place(code, "zone", zone=row[0], site=row[1]) if row else None
