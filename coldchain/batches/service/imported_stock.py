"""Whether businesses hold imported goods: the register asks before it notes that one handles none any more."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.batches.models import Batch
from coldchain.ledger.models import Holding
from coldchain.registry.models import Product, Site, Zone
from coldchain.registry.service import correcting


def holds_imported(session: Session, business_ids: set[UUID]) -> bool:
    """Say whether imported goods are of businesses, wherever they lie or travel, or lie at their sites."""
    there = (
        select(col(Holding.holding_id))
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .outerjoin(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .outerjoin(Site, col(Site.site_id) == col(Zone.site_id))
        .where(
            col(Holding.quantity_units) > 0,
            col(Product.imported).is_(True),
            or_(col(Holding.owner_id).in_(business_ids), col(Site.business_id).in_(business_ids)),
        )
        .limit(1)
    )
    return session.scalar(there) is not None


def install() -> None:
    """Answer the register, once."""
    correcting.asks_for_imported_stock(holds_imported)
