"""Figures of an area now, or at a past moment by the facts that were recorded until then.

What papers sufficed for is judged for the present only: of a past moment the share that waited for verification is not
known unless nothing was there to wait.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import String, case, cast, func, or_, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, Scope, authorize
from coldchain.batches.models import Batch
from coldchain.core import clock
from coldchain.core.errors import Invalid
from coldchain.home import totals
from coldchain.journal.models import JournalEntry
from coldchain.ledger.models import Hold, Holding, Movement, Posting
from coldchain.regions import service as regions
from coldchain.registry import states
from coldchain.registry.models import Business, CommitmentLetter, Product, Site, Zone
from coldchain.registry.service import businesses_within, sites_within
from coldchain.registry.service.reach import OFF_THE_REGISTER

SAID: Final = ("business.registered", "business.corrected", *states.FACTS.values())


def of_region(session: Session, actor: Actor, code: str, *, as_of: datetime | None = None) -> dict[str, Any]:
    """Return the figures of a region now, or as of a past moment by what was recorded until then.

    Masses in grams of imported goods in zones: all, clear, waiting for verification, locked; `held_mass_g` and
    `cleared_mass_g` are None of a past moment unless all of it was locked or nothing was there. Raises Forbidden,
    NotFound, Invalid `in_future`.
    """
    authorize(actor, "totals.read", Resource.of(regions=[code]))
    region = regions.get(session, code)
    now = clock.now()
    if as_of is not None and as_of > now:
        raise Invalid.of("/as_of", "in_future", "This time has not come yet.")
    reach = Scope(areas=(Area(region.code),))
    found = _now(session, reach) if as_of is None else _then(session, reach, as_of)
    return {"region_code": region.code, "as_of": as_of or now, **found}


def _now(session: Session, reach: Scope) -> dict[str, Any]:
    area = totals.register(session, reach).area
    return {
        "businesses": area.businesses,
        "cards": area.cards,
        "commitment_letters": area.letters,
        "sites": area.sites,
        "imported_mass_g": area.imported_mass_g,
        "cleared_mass_g": area.cleared_mass_g,
        "held_mass_g": area.held_mass_g,
        "locked_mass_g": area.locked_mass_g,
    }


def _then(session: Session, reach: Scope, as_of: datetime) -> dict[str, Any]:
    imported, locked = _stock(session, reach, as_of)
    free = 0 if imported == locked else None
    return {
        **_businesses(session, reach, as_of),
        "sites": _sites(session, reach, as_of),
        "imported_mass_g": imported,
        "cleared_mass_g": free,
        "held_mass_g": free,
        "locked_mass_g": locked,
    }


def _sites(session: Session, reach: Scope, as_of: datetime) -> int:
    """Return how many sites there were of businesses that were neither refused nor struck off then."""
    told = _told(Site.business_id, as_of).correlate(Site).lateral("told")
    said = func.coalesce(cast(told.c.body, JSONB)["data"]["to"].astext, "pending")
    return (
        session.scalar(
            select(func.count())
            .select_from(Site)
            .outerjoin(told, true())
            .where(sites_within(reach), col(Site.recorded_at) <= as_of, said.not_in(OFF_THE_REGISTER))
        )
        or 0
    )


def _told(business_id: Any, as_of: datetime) -> Any:
    """Return the last fact until then that says in which state a business is."""
    return (
        select(col(JournalEntry.body))
        .where(
            col(JournalEntry.subject_id) == col(business_id),
            col(JournalEntry.kind).in_(SAID),
            col(JournalEntry.recorded_at) <= as_of,
        )
        .order_by(col(JournalEntry.entry_id).desc())
        .limit(1)
    )


def _businesses(session: Session, reach: Scope, as_of: datetime) -> Mapping[str, int]:
    """Return how many were on the register then, how many of them with a card in force, how many had signed."""
    told = _told(Business.business_id, as_of).correlate(Business).lateral("told")
    said = cast(told.c.body, JSONB)["data"]["to"].astext
    # whoever was entered without such a fact is as it is now
    status: Any = case((told.c.body.is_(None), col(Business.status)), else_=func.coalesce(said, "pending"))
    signed = (
        select(col(CommitmentLetter.letter_id))
        .where(
            col(CommitmentLetter.business_id) == col(Business.business_id), col(CommitmentLetter.recorded_at) <= as_of
        )
        .correlate(Business)
        .exists()
    )
    approved = status != "pending"
    row = session.execute(
        select(
            func.count(),
            func.count(col(Business.card_no)).filter(approved),
            func.count().filter(approved, signed),
        )
        .select_from(Business)
        .outerjoin(told, true())
        .where(
            businesses_within(reach),
            col(Business.recorded_at) <= as_of,
            col(Business.merged_into_id).is_(None),
            col(Business.uscc).is_not(None),  # a temporary number is nobody of the register yet, now or then
            cast(status, String).in_(totals.ON_THE_REGISTER),
        )
    ).one()
    return {"businesses": row[0], "cards": row[1], "commitment_letters": row[2]}


def _stock(session: Session, reach: Scope, as_of: datetime) -> tuple[int, int]:
    """Return the grams of imported goods in zones of the area then, and how many of them were locked."""
    mass = col(Product.unit_mass_g)
    here = (col(Product.imported).is_(True), sites_within(reach))
    there: Any = (
        select(func.sum(col(Posting.quantity_units) * mass))
        .join(Movement, col(Movement.movement_id) == col(Posting.movement_id))
        .join(Batch, col(Batch.batch_id) == col(Posting.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .join(Zone, col(Zone.zone_id) == col(Posting.zone_id))
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(*here, col(Movement.recorded_at) <= as_of)
    )
    units = (
        select(func.coalesce(func.sum(col(Posting.quantity_units)), 0).label("units"))
        .join(Movement, col(Movement.movement_id) == col(Posting.movement_id))
        .where(
            col(Posting.batch_id) == col(Holding.batch_id),
            col(Posting.account) == col(Holding.account),
            col(Posting.owner_id) == col(Holding.owner_id),
            col(Posting.zone_id) == col(Holding.zone_id),
            col(Movement.recorded_at) <= as_of,
        )
        .correlate(Holding)
        .lateral("then_there")
    )
    standing = (
        col(Hold.batch_id) == col(Holding.batch_id),
        or_(col(Hold.holding_id).is_(None), col(Hold.holding_id) == col(Holding.holding_id)),
        col(Hold.recorded_at) <= as_of,
        or_(col(Hold.ended_at).is_(None), col(Hold.ended_at) > as_of),
    )
    held = (
        select(
            func.bool_or(col(Hold.quantity_units).is_(None)).label("wholly"),
            func.coalesce(func.sum(col(Hold.quantity_units)), 0).label("apart"),
        )
        .where(*standing)
        .correlate(Holding)
        .lateral("then_held")
    )
    locked_units = case((held.c.wholly, units.c.units), else_=func.least(units.c.units, held.c.apart))
    locked: Any = (
        select(func.sum(func.greatest(locked_units, 0) * mass))
        .select_from(Holding)
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .join(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .join(units, true())
        .join(held, true())
        .where(*here, select(col(Hold.hold_id)).where(*standing).correlate(Holding).exists())
    )
    return int(session.scalar(there) or 0), int(session.scalar(locked) or 0)
