"""What splitting and processing share: the document as those see it who make batches, and the movements on both sides.

Lock order: watch criteria, then what goes in (decision 0007). What is made is fresh, seen by nobody before the end.
"""

from collections.abc import Sequence
from typing import Any

from coldchain.batches.models import Batch
from coldchain.batches.service.made import Making
from coldchain.ledger import postings
from coldchain.ledger.postings import Draft
from coldchain.registry.models import Product
from coldchain.trade.service.entries.core import Document, Line
from coldchain.trade.service.lateness import Passage


def making(document: Document) -> Making:
    """Return by which document goods are made."""
    return Making(
        entry_id=document.entry_id,
        owner=document.owner,
        site=document.site,
        zone=document.zone,
        occurred_at=document.occurred_at,
        late=document.late,
        on_behalf_of=document.on_behalf_of,
    )


def lines_in(document: Document, movement_kind: str, passage: Passage) -> list[Line]:
    """Return a line for each batch that goes into others."""
    return [
        Line(
            batch_id,
            units,
            document.draft(
                movement_kind, batch_id, postings.transform_in(document.owner_id, document.zone.zone_id, units)
            ),
            verdict=passage.verdict(batch_id),
        )
        for batch_id, units in document.units.items()
    ]


def drafts_out(document: Document, movement_kind: str, children: Sequence[Batch]) -> list[Draft]:
    """Return the movement that brings each new batch into its zone."""
    return [
        document.draft(
            movement_kind,
            child.batch_id,
            postings.transform_out(document.owner_id, child.zone_id, child.quantity_units),
            arrival_id=child.arrival_id,
        )
        for child in children
    ]


def outputs(children: Sequence[tuple[Batch, Product]]) -> list[dict[str, Any]]:
    """Return what was made as the entry keeps it."""
    return [
        {
            "batch_id": str(child.batch_id),
            "batch_code": child.batch_code,
            "product": product.name,
            "quantity_units": child.quantity_units,
            "piece_count": child.piece_count,
            "mass_g": child.quantity_units * product.unit_mass_g,
            "zone_id": str(child.zone_id),
        }
        for child, product in children
    ]
