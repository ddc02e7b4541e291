"""Grams per ledger unit of batches, for totals across batches."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.batches.models import Batch
from coldchain.registry.models import Product


def unit_mass_g(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the net grams of one ledger unit of each batch."""
    statement = (
        select(col(Batch.batch_id), col(Product.unit_mass_g))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Batch.batch_id).in_(set(batch_ids)))
    )
    return {batch_id: mass_g for batch_id, mass_g in session.execute(statement)}  # noqa: C416 (rows, not tuples)
