"""What a business keeps for others in its own stores (代存): how much of whose, and nothing of where it goes (R16)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.batches.models import Batch
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Site, Zone
from coldchain.registry.service.reach import sites_within


@dataclass(frozen=True)
class Kept:
    """What is kept for one owner: batches, grams, grams of it locked."""

    owner: registry.BusinessBrief
    batches: int
    mass_g: int
    locked_mass_g: int


def in_own_stores(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `Holding` of another's goods in a store of the actor's business that it may read of."""
    zones = (
        select(col(Zone.zone_id))
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(col(Site.business_id) == actor.business_id, sites_within(scope(actor, "stock.read")))
    )
    return (col(Holding.owner_id) != actor.business_id) & col(Holding.zone_id).in_(zones)


def by_owner(session: Session, actor: Actor) -> list[Kept]:
    """Return what the actor's business keeps for others now, the most first; nothing for who acts for none."""
    if actor.business_id is None:
        return []
    mass = col(Product.unit_mass_g)
    total: Any = func.sum(col(Holding.quantity_units) * mass)
    statement = (
        select(
            col(Holding.owner_id),
            func.count(func.distinct(col(Holding.batch_id))),
            total,
            func.sum(col(Holding.held_units) * mass),
        )
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(in_own_stores(actor), col(Holding.quantity_units) > 0)
        .group_by(col(Holding.owner_id))
        .order_by(total.desc(), col(Holding.owner_id))
    )
    rows: list[tuple[UUID, int, Any, Any]] = [tuple(row) for row in session.execute(statement)]
    owners = registry.brief(session, [row[0] for row in rows])
    return [Kept(owners[owner_id], batches, int(mass_g), int(locked)) for owner_id, batches, mass_g, locked in rows]
