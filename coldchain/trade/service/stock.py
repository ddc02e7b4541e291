"""What lies where: own goods and goods in own stores, a region's goods for its officers, goods on the road included."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Scope, scope
from coldchain.batches.models import Batch
from coldchain.core import paging
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Product, Site, Zone
from coldchain.registry.service.reach import businesses_within, sites_within
from coldchain.trade.models import Consignment
from coldchain.trade.service import kept

Here, There, Left, Receiver = aliased(Site), aliased(Site), aliased(Site), aliased(Business)


class Lying(NamedTuple):
    """What lies in one account, or lay there at a past moment: units, and how many of them are locked."""

    holding: Holding
    quantity_units: int
    held_units: int


def stock(
    session: Session,
    actor: Actor,
    *,
    business: str | None = None,
    site_id: UUID | None = None,
    zone_id: UUID | None = None,
    batch_id: UUID | None = None,
    only_kept: bool = False,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of holdings that the actor may see, newest first, and the next cursor; empty ones are left out.

    `business`: whose goods; `site_id`: where they lie, or are bound for (then `zone_id` is null and `consignment_id`
    given); `only_kept`: others' goods in the stores of the actor's business. Raises NotFound for an unknown business.
    """
    statement = accounts(session, actor, business=business, site_id=site_id, zone_id=zone_id, batch_id=batch_id).where(
        col(Holding.quantity_units) > 0
    )
    if only_kept:
        statement = statement.where(kept.in_own_stores(actor))
    rows, following = paging.page(session, statement, col(Holding.holding_id), limit, cursor)
    return describe(session, [Lying(row, row.quantity_units, row.held_units) for row in rows]), following


def accounts(
    session: Session,
    actor: Actor,
    *,
    business: str | None = None,
    site_id: UUID | None = None,
    zone_id: UUID | None = None,
    batch_id: UUID | None = None,
) -> Select[Any]:
    """Return the selection of the accounts that the actor may see, empty ones too; the filters are those of `stock`.

    An account that goods were ever in has a holding, so that this serves past moments too. Raises NotFound, Forbidden.
    """
    statement = (
        select(Holding)
        .outerjoin(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .outerjoin(Here, col(Here.site_id) == col(Zone.site_id))
        .outerjoin(Consignment, col(Consignment.consignment_id) == col(Holding.consignment_id))
        .outerjoin(There, col(There.site_id) == col(Consignment.to_site_id))
        .where(_visible(scope(actor, "stock.read")))
    )
    if business is not None:
        statement = statement.where(col(Holding.owner_id) == registry.find_business(session, business).business_id)
    if site_id is not None:
        statement = statement.where(func.coalesce(col(Zone.site_id), col(Consignment.to_site_id)) == site_id)
    if zone_id is not None:
        statement = statement.where(col(Holding.zone_id) == zone_id)
    if batch_id is not None:
        statement = statement.where(col(Holding.batch_id) == batch_id)
    return statement


def _visible(reach: Scope) -> ColumnElement[bool]:
    if reach.site_ids is not None:
        return or_(sites_within(reach, Here), sites_within(reach, There))
    if reach.business_id is not None:
        return or_(
            col(Holding.owner_id).in_(reach.business_ids),
            col(Here.business_id).in_(reach.business_ids),
            col(Consignment.to_business_id).in_(reach.business_ids),
        )
    left = select(col(Left.site_id)).where(
        col(Left.site_id) == col(Consignment.from_site_id),
        sites_within(reach, Left),
    )
    receiver = select(col(Receiver.business_id)).where(
        col(Receiver.business_id) == col(Consignment.to_business_id),
        businesses_within(reach, Receiver),
    )
    return or_(
        sites_within(reach, Here),
        sites_within(reach, There),
        left.exists(),
        and_(col(Consignment.to_site_id).is_(None), receiver.exists()),
    )


def describe(session: Session, lying: Iterable[Lying]) -> list[dict[str, Any]]:
    """Return what lies in each account as answers show it, in a few statements: whose, where, goods, mass in g."""
    found = list(lying)
    rows = [each.holding for each in found]
    owners = registry.brief(session, [row.owner_id for row in rows])
    zones = registry.zones(session, [row.zone_id for row in rows])
    roads = {
        road.consignment_id: road.to_site_id
        for road in session.execute(
            select(col(Consignment.consignment_id), col(Consignment.to_site_id)).where(
                col(Consignment.consignment_id).in_({row.consignment_id for row in rows if row.consignment_id})
            )
        )
    }
    sites = registry.sites(session, roads.values())
    goods = {
        batch.batch_id: (batch, product)
        for batch, product in session.execute(
            select(Batch, Product)
            .join(Product, col(Product.product_id) == col(Batch.product_id))
            .where(col(Batch.batch_id).in_({row.batch_id for row in rows}))
        )
    }
    shown = []
    for row, quantity_units, held_units in found:
        batch, product = goods[row.batch_id]
        zone, site = zones[row.zone_id] if row.zone_id else (None, None)
        if row.consignment_id:
            bound_for = roads[row.consignment_id]
            site = sites[bound_for] if bound_for else None
        shown.append(
            {
                "holding_id": row.holding_id,
                "owner": owners[row.owner_id],
                "site_id": site.site_id if site else None,
                "site_name": site.name if site else None,
                "zone_id": row.zone_id,
                "zone_code": zone.code if zone else None,
                "consignment_id": row.consignment_id,
                "batch_id": row.batch_id,
                "batch_code": batch.batch_code,
                "batch_no": batch.batch_no,
                "production_date": batch.production_date,
                "expiry_date": batch.expiry_date,
                "status": batch.status,
                "product": {"product_id": product.product_id, "name": product.name, "imported": product.imported},
                "quantity_units": quantity_units,
                "locked_units": held_units,
                "mass_g": quantity_units * product.unit_mass_g,
            }
        )
    return shown
