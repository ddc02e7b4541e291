"""Figures of an area, counted from the register and the ledger as they stand now; nothing here is typed in."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, text
from sqlmodel import Session, col, select

from coldchain.accounts.rights import Scope
from coldchain.batches.models import Batch
from coldchain.ledger.models import Holding
from coldchain.registry.models import Business, CommitmentLetter, Product, Site, Zone
from coldchain.registry.service import businesses_within, sites_within
from coldchain.registry.service.reach import of_the_register

ON_THE_REGISTER = ("pending", "active", "suspended")


@dataclass
class Area:
    """Counts of businesses (户), and grams of imported goods in custody by what may be done with them."""

    businesses: int = 0
    cards: int = 0
    letters: int = 0
    sites: int = 0
    cleared_mass_g: int = 0
    held_mass_g: int = 0
    locked_mass_g: int = 0

    @property
    def imported_mass_g(self) -> int:
        """Return all imported goods in custody."""
        return self.cleared_mass_g + self.held_mass_g + self.locked_mass_g


@dataclass
class OfficeCounts:
    """Counts of one office."""

    businesses: int = 0
    cards: int = 0
    sites: int = 0


@dataclass
class Register:
    """An area's figures, and those of its offices."""

    area: Area
    offices: dict[UUID | None, OfficeCounts] = field(default_factory=dict)


def register(session: Session, reach: Scope) -> Register:
    """Return the figures of the area that `reach` names, in four statements."""
    area, offices = Area(), dict[UUID | None, OfficeCounts]()
    here = businesses_within(reach)
    listed = and_(here, col(Business.status).in_(ON_THE_REGISTER), col(Business.uscc).is_not(None))
    approved = col(Business.status) != "pending"  # a number is given at registration, the card with the approval
    rows = session.execute(
        select(col(Business.office_id), func.count(), func.count(col(Business.card_no)).filter(approved))
        .where(listed)
        .group_by(col(Business.office_id))
    )
    for office_id, businesses, cards in rows:
        offices[office_id] = OfficeCounts(businesses, cards)
        area.businesses += businesses
        area.cards += cards
    signed = select(func.count(func.distinct(col(CommitmentLetter.business_id)))).join(
        Business, col(Business.business_id) == col(CommitmentLetter.business_id)
    )
    area.letters = session.scalar(signed.where(listed, approved)) or 0
    sites = (
        select(col(Site.office_id), func.count())
        .where(sites_within(reach), of_the_register())
        .group_by(col(Site.office_id))
    )
    for office_id, count in session.execute(sites):
        offices.setdefault(office_id, OfficeCounts()).sites = count
        area.sites += count
    _stock(session, reach, area)
    return Register(area, offices)


def _stock(session: Session, reach: Scope, area: Area) -> None:
    free = col(Holding.quantity_units) - col(Holding.held_units)
    status = case((col(Batch.status) == "cleared", 1), else_=0)
    statement: Any = (
        select(
            status.label("clear"),
            func.sum(free * col(Product.unit_mass_g)).label("free_g"),
            func.sum(col(Holding.held_units) * col(Product.unit_mass_g)).label("locked_g"),
        )
        .select_from(Holding)
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .join(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(
            col(Product.imported).is_(True),
            col(Holding.quantity_units) > 0,
            sites_within(reach),
        )
        .group_by("clear")
    )
    for clear, free_g, locked_g in session.execute(statement):
        area.locked_mass_g += int(locked_g)
        if clear:
            area.cleared_mass_g += int(free_g)
        else:
            area.held_mass_g += int(free_g)


OWN_STATES = ("cleared", "held", "locked")


@dataclass
class Own:
    """Net grams of what a business owns: in zones by what may be done with it, on the road; and of how many batches."""

    zones_g: dict[str, int]
    road_g: int = 0
    batches: int = 0

    @property
    def lines(self) -> list[tuple[str, int]]:
        """Return each state with its grams, in order."""
        return [(state, self.zones_g[state]) for state in OWN_STATES]

    @property
    def in_zones_g(self) -> int:
        """Return what lies in zones."""
        return sum(self.zones_g.values())


def own(session: Session, business_id: UUID) -> Own:
    """Return a business's own goods by state, locked units apart whatever their batch's state; wherever they lie."""
    mass, state_of = col(Product.unit_mass_g), case((col(Batch.status) == "cleared", "cleared"), else_="held")
    goods = (col(Holding.owner_id) == business_id) & (col(Holding.quantity_units) > 0)
    statement: Any = (
        select(
            state_of.label("state"),
            col(Holding.account),
            func.sum((col(Holding.quantity_units) - col(Holding.held_units)) * mass),
            func.sum(col(Holding.held_units) * mass),
        )
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(goods)
        .group_by(text("state"), col(Holding.account))
    )
    found = Own(dict.fromkeys(OWN_STATES, 0))
    for state, account, free_g, held_g in session.execute(statement):
        if account == "transit":
            found.road_g += int(free_g) + int(held_g)
        else:
            found.zones_g[state] += int(free_g)
            found.zones_g["locked"] += int(held_g)
    found.batches = session.scalar(select(func.count(func.distinct(col(Holding.batch_id)))).where(goods)) or 0
    return found
