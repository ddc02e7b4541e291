"""What a batch came out of and what was made of it, one step each way, as far as the asker may see it."""

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import reach
from coldchain.batches.models import Batch, BatchOrigin
from coldchain.registry.models import Product

LISTED_MAX = 200


def around(session: Session, actor: Actor, batch_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Return `came_from` and `went_into`, earliest first; two statements.

    Where goods come from everybody learns who sees them, by code and product; the source's id only who sees that too.
    What was made of goods learns who sees that: whoever bought them is nobody else's business (R16).
    """
    seen = reach.visible_batches(actor)
    up = (
        select(Batch, Product, BatchOrigin, seen)
        .join(BatchOrigin, col(BatchOrigin.parent_id) == col(Batch.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(BatchOrigin.child_id) == batch_id)
        .order_by(col(Batch.batch_id))
        .limit(LISTED_MAX)
    )
    down = (
        select(Batch, Product, BatchOrigin)
        .join(BatchOrigin, col(BatchOrigin.child_id) == col(Batch.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(BatchOrigin.parent_id) == batch_id, seen)
        .order_by(col(Batch.batch_id))
        .limit(LISTED_MAX)
    )
    return {
        "came_from": [_described(*row[:3], named=row[3]) for row in session.exec(up)],
        "went_into": [_described(*row, named=True) for row in session.exec(down)],
    }


def _described(batch: Batch, product: Product, origin: BatchOrigin, *, named: bool) -> dict[str, Any]:
    return {
        "kind": origin.kind,
        "batch_id": batch.batch_id if named else None,
        "batch_code": batch.batch_code,
        "product": product.name,
        "product_en": product.name_en,
        "quantity_units": origin.quantity_units,
        "piece_from": origin.piece_from,
        "piece_to": origin.piece_to,
    }
