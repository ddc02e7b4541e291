"""Where goods may lie (R4, 三专): zones of their own, cold enough; what one batch's units are."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.batches.models import Batch
from coldchain.batches.storage import fits
from coldchain.core.errors import Conflict
from coldchain.registry.models import Product, Zone

COLDNESS: Final = {"chilled": 0, "frozen": 1, "ultra": 2}
WARMER_ALLOWED: Final = frozenset({"quarantine", "processing", "sale_counter"})  # apart, in work, or on sale


def products_of(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Return the product of each batch, in one statement."""
    rows = session.execute(
        select(col(Batch.batch_id), Product)
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Batch.batch_id).in_(list(batch_ids)))
    )
    return {row[0]: row[1] for row in rows}


def misfits(products: Mapping[UUID, Product], zone: Zone) -> list[UUID]:
    """Return the batches that may not lie in a zone of that kind (R4)."""
    return sorted(batch_id for batch_id, product in products.items() if not fits(zone.kind, product.imported))


def require_fitting(products: Mapping[UUID, Product], zone: Zone) -> None:
    """Raise Conflict `zone_not_dedicated` for goods that may not be stored there when it is intended (R4)."""
    wrong = misfits(products, zone)
    if wrong:
        raise Conflict(
            "Imported goods go into a zone of their own, other goods not into it: choose another zone.",
            code="zone_not_dedicated",
            extra={"batch_ids": [str(batch_id) for batch_id in wrong], "zone_kind": zone.kind},
        )


def is_warmer(zone: Zone, target: Zone) -> bool:
    """Say whether goods of `zone` would lie warmer in `target`."""
    return COLDNESS[target.temperature_class] < COLDNESS[zone.temperature_class]


def require_cold_enough(zone: Zone, target: Zone) -> None:
    """Raise Conflict `zone_too_warm` for a warmer zone, unless goods are set apart, worked on or sold there (R4)."""
    if is_warmer(zone, target) and target.kind not in WARMER_ALLOWED:
        raise Conflict(
            "That zone is warmer than the one where these goods lie: choose one as cold.",
            code="zone_too_warm",
            extra={"from_class": zone.temperature_class, "to_class": target.temperature_class},
        )
