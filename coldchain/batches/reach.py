"""Which batches, arrivals and holdings an actor may see, as SQL conditions of the statement that lists them.

A merchant sees a batch that it entered, owns or owned, that lies in its store, or that is on the road to it. An officer
sees the batches that entered the books, lie, lay or are bound for somewhere in the region. Roads belong to a higher
room, which adds itself to `roads` when the app is made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Scope, scope
from coldchain.accounts.visible import kind
from coldchain.batches.models import Arrival, Batch
from coldchain.core.columns import in_one_of
from coldchain.ledger.models import Holding, Posting
from coldchain.registry.models import Site, Zone
from coldchain.registry.service.reach import sites_within, within_reach


@dataclass(frozen=True)
class Destination:
    """Where a consignment is bound for: the business (None: somebody without an account) and its site, if known."""

    business_id: UUID | None
    site_id: UUID | None


class Roads(Protocol):
    """What the room of trade supplies: what is on the road, and where to."""

    def consignment_ids(self, reach: Scope) -> Select[Any]:
        """Return a selection of the ids of consignments bound for a business (`reach.business_id`) or an area."""

    def batch_ids(self, reach: Scope) -> Select[Any]:
        """Return a selection of the ids of batches in consignments bound for a business or an area."""

    def destinations(self, session: Session, consignment_ids: Iterable[UUID]) -> dict[UUID, Destination]:
        """Return where each consignment is bound for, in one statement."""


roads: list[Roads] = []
Own, OwnArrival = aliased(Batch), aliased(Arrival)


def _entered(reach: Scope) -> ColumnElement[bool]:
    """Return the condition on `Batch` that it entered the books in an area."""
    return within_reach(reach, col(Batch.owner_id), col(Batch.region_code), site_id=col(Batch.site_id))


def _zones(reach: Scope) -> Select[Any]:
    """Return a selection of the zones in a business's sites (a clerk's own ones) or in an area."""
    return select(col(Zone.zone_id)).join(Site, col(Site.site_id) == col(Zone.site_id)).where(sites_within(reach))


@kind("batch")
def visible_batches(actor: Actor, action: str = "batch.read") -> ColumnElement[bool]:
    """Return the condition on `Batch` of what `actor` may see. Raises Forbidden when the role never may."""
    reach = scope(actor, action)
    if reach.everything:
        return true()
    batch_id = col(Batch.batch_id)
    on_the_road = [road.batch_ids(reach) for road in roads]
    lay = select(col(Holding.batch_id)).where(col(Holding.zone_id).in_(_zones(reach)))
    if reach.business_id is not None:
        here = lay.where(col(Holding.quantity_units) > 0)
        owned = select(col(Posting.batch_id)).where(col(Posting.owner_id).in_(reach.business_ids))
        entered = select(col(Own.batch_id)).where(col(Own.owner_id).in_(reach.business_ids))
        if reach.site_ids is not None:  # a clerk's sites: what came or lay there
            entered = entered.where(col(Own.site_id).in_(reach.site_ids))
            owned = owned.where(col(Posting.batch_id).in_(lay))
        return in_one_of(batch_id, entered, owned, here, *on_the_road)
    return or_(_entered(reach), batch_id.in_(lay), *(batch_id.in_(road) for road in on_the_road))


def batches_in_area(region_code: str) -> ColumnElement[bool]:
    """Return the condition on `Batch` that it entered the books in an area or that some of it lies there now."""
    area = Scope(areas=(Area(region_code),))
    lies = select(col(Holding.batch_id)).where(col(Holding.zone_id).in_(_zones(area)), col(Holding.quantity_units) > 0)
    return or_(_entered(area), col(Batch.batch_id).in_(lies))


def current_status() -> ColumnElement[str]:
    """Return a batch's status as an expression on `Batch`: `depleted` when nothing of it is in custody any more."""
    left = exists().where(col(Holding.batch_id) == col(Batch.batch_id), col(Holding.quantity_units) > 0)
    return case((and_(col(Batch.status).in_(("held", "cleared")), ~left), "depleted"), else_=col(Batch.status))


@kind("holding")
def visible_holdings(actor: Actor, action: str = "batch.read") -> ColumnElement[bool]:
    """Return the condition on `Holding` of what `actor` may see of a batch's stock.

    A merchant: its own goods wherever they are, what lies in its stores, what is on the road to it. An officer: what
    lies in the region, what is bound for it, and what left it and is still on the road.
    """
    reach = scope(actor, action)
    if reach.everything:
        return true()
    conditions: list[ColumnElement[bool]] = [col(Holding.zone_id).in_(_zones(reach))]
    conditions += [col(Holding.consignment_id).in_(road.consignment_ids(reach)) for road in roads]
    if reach.business_id is not None:
        if reach.site_ids is None:
            conditions.append(col(Holding.owner_id).in_(reach.business_ids))
    else:
        entered_here = select(col(Batch.batch_id)).where(_entered(reach))
        conditions.append(and_(col(Holding.account) == "transit", col(Holding.batch_id).in_(entered_here)))
    return or_(*conditions)


@kind("posting")
def visible_postings(actor: Actor, action: str = "batch.read") -> ColumnElement[bool]:
    """Return the condition on `Posting` of the movements that `actor` may see: own goods, own stores, the region."""
    reach = scope(actor, action)
    if reach.everything:
        return true()
    here = col(Posting.zone_id).in_(_zones(reach))
    if reach.business_id is not None:
        return here if reach.site_ids is not None else or_(here, col(Posting.owner_id).in_(reach.business_ids))
    entered_here = select(col(Batch.batch_id)).where(_entered(reach))
    return or_(here, and_(col(Posting.account) == "transit", col(Posting.batch_id).in_(entered_here)))


@kind("arrival")
def visible_arrivals(actor: Actor, action: str = "arrival.read") -> ColumnElement[bool]:
    """Return the condition on `Arrival` of what `actor` may see: own ones, those at own sites, those of the region."""
    reach = scope(actor, action)
    if reach.everything:
        return true()
    sites = select(col(Site.site_id)).where(sites_within(reach))
    if reach.business_id is not None and reach.site_ids is None:
        ids = select(col(OwnArrival.arrival_id))
        own = ids.where(col(OwnArrival.owner_id).in_(reach.business_ids))
        return in_one_of(col(Arrival.arrival_id), own, ids.where(col(OwnArrival.site_id).in_(sites)))
    return col(Arrival.site_id).in_(sites)


def destinations(session: Session, consignment_ids: Iterable[UUID | None]) -> dict[UUID, Destination]:
    """Return where each consignment is bound for, as far as the rooms that know say so."""
    wanted = {consignment_id for consignment_id in consignment_ids if consignment_id}
    found: dict[UUID, Destination] = {}
    if wanted:
        for road in roads:
            found |= road.destinations(session, wanted)
    return found
