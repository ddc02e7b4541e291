"""What is on the road and where to: supplied to the room of batches, which asks without knowing of consignments."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlmodel import Session, col

from coldchain.accounts.rights import Scope
from coldchain.batches import reach as batches_reach
from coldchain.batches.reach import Destination
from coldchain.journal import personal
from coldchain.registry.models import Business, Site
from coldchain.registry.service.reach import businesses_within, sites_within
from coldchain.trade import states
from coldchain.trade.models import Consignment, ConsignmentLine


def coming(reach: Scope, road: Any = Consignment) -> ColumnElement[bool]:
    """Return the condition that goods are bound for `reach`: the receiver, or the region of its site, else its own.

    `road`: consignments, or an alias of theirs.
    """
    if reach.business_id is not None and reach.site_ids is None:
        mine: ColumnElement[bool] = road.to_business_id.in_(reach.business_ids)
        return mine
    to_site: ColumnElement[bool] = road.to_site_id.in_(select(col(Site.site_id)).where(sites_within(reach)))
    if reach.site_ids is not None:
        return to_site
    businesses = select(col(Business.business_id)).where(businesses_within(reach))
    return or_(to_site, and_(road.to_site_id.is_(None), road.to_business_id.in_(businesses)))


def destinations(session: Session, consignment_ids: Iterable[UUID]) -> dict[UUID, Destination]:
    """Return where consignments are bound for: their site, else the receiver's only site, else no site."""
    rows = session.execute(
        select(col(Consignment.consignment_id), col(Consignment.to_business_id), col(Consignment.to_site_id)).where(
            col(Consignment.consignment_id).in_(set(consignment_ids))
        )
    ).all()
    homeless = {business_id for _, business_id, site_id in rows if business_id and site_id is None}
    only = session.execute(
        select(col(Site.business_id), func.array_agg(col(Site.site_id)))
        .where(col(Site.business_id).in_(homeless))
        .group_by(col(Site.business_id))
        .having(func.count() == 1)
    )
    only_site = {business_id: site_ids[0] for business_id, site_ids in only}
    return {
        consignment_id: Destination(business_id, site_id or only_site.get(business_id))
        for consignment_id, business_id, site_id in rows
    }


@dataclass(frozen=True)
class Person:
    """Somebody without an account to whom goods were sent; for the parties and for officers (R16)."""

    name: str | None
    phone: str | None
    address: str | None


def persons(session: Session, consignment_ids: Iterable[UUID | None]) -> dict[UUID, Person]:
    """Return who took the goods of consignments that no registered business receives; the caller checked the right."""
    wanted = {consignment_id for consignment_id in consignment_ids if consignment_id}
    if not wanted:
        return {}
    rows = session.scalars(
        select(Consignment).where(
            col(Consignment.consignment_id).in_(wanted), col(Consignment.to_business_id).is_(None)
        )
    ).all()
    known = personal.reveal(session, [i for row in rows for i in (row.to_name_id, row.to_phone_id, row.to_address_id)])
    return {
        row.consignment_id: Person(
            known.get(row.to_name_id) if row.to_name_id else None,
            known.get(row.to_phone_id) if row.to_phone_id else None,
            known.get(row.to_address_id) if row.to_address_id else None,
        )
        for row in rows
    }


class ConsignmentRoads:
    """The roads that consignments make (batches.reach.Roads)."""

    def consignment_ids(self, reach: Scope) -> Select[Any]:
        """Return a selection of the ids of unanswered consignments bound for a business or an area."""
        return select(col(Consignment.consignment_id)).where(
            col(Consignment.state).in_(states.ON_THE_ROAD), coming(reach)
        )

    def batch_ids(self, reach: Scope) -> Select[Any]:
        """Return a selection of the ids of the batches in them."""
        return select(col(ConsignmentLine.batch_id)).where(
            col(ConsignmentLine.consignment_id).in_(self.consignment_ids(reach))
        )

    def destinations(self, session: Session, consignment_ids: Iterable[UUID]) -> dict[UUID, Destination]:
        """Return where each consignment is bound for."""
        return destinations(session, consignment_ids)


def install() -> None:
    """Tell the room of batches of the roads, once."""
    if not any(isinstance(known, ConsignmentRoads) for known in batches_reach.roads):
        batches_reach.roads.append(ConsignmentRoads())
