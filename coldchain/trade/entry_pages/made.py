"""The batches that an entry made, for its page, its check and its receipt."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.batches.models import Batch
from coldchain.registry import service as registry


def made_batches(session: Session, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the batches that an entry made, as they stand now, in the order in which they were made."""
    wanted = [UUID(output["batch_id"]) for output in entry["detail"].get("outputs", ())]
    known = {b.batch_id: b for b in session.scalars(select(Batch).where(col(Batch.batch_id).in_(wanted)))}
    products = registry.products(session, [batch.product_id for batch in known.values()])
    zones = registry.zones(session, [batch.zone_id for batch in known.values()])
    return [
        {
            "batch": known[batch_id],
            "product": products[known[batch_id].product_id],
            "zone": zones[known[batch_id].zone_id][0],
            "mass_g": known[batch_id].quantity_units * products[known[batch_id].product_id].unit_mass_g,
        }
        for batch_id in wanted
        if batch_id in known
    ]
