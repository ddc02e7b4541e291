"""Opening: whole pieces are opened to be sold loose (开箱). The counter then shows the batch's code (R13)."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.errors import FieldError, Invalid
from coldchain.core.i18n import N_
from coldchain.ledger import postings
from coldchain.registry.models import Product
from coldchain.trade.service import lateness
from coldchain.trade.service.entries import core, reading, storing
from coldchain.trade.service.entries.core import Line

HINT: str = N_("Print the counter label of these batches (a label of level batch): loose goods show their code.")


def open_pieces(session: Session, actor: Actor, **given: Any) -> dict[str, Any]:
    """Record that pieces of each batch were opened; quantities are whole pieces; return the entry with its warnings.

    Judged as of now. A hint says to print the counter label. Raises as `core.begin`, Invalid `not_whole_pieces`,
    Conflict `locked`, `insufficient_stock` (R8, R13).
    """
    document = core.begin(session, actor, "opening", **given)
    require_whole_pieces(storing.products_of(session, document.units), document.units.items())
    lateness.judge(session, document.leaving(happened=False, gated=False))
    lines = [
        Line(
            batch_id,
            units,
            document.draft(
                "opening_of_piece", batch_id, postings.open_pieces(document.owner_id, document.zone.zone_id, units)
            ),
        )
        for batch_id, units in document.units.items()
    ]
    entry = core.write(session, actor, document, lines)
    return reading.made(session, actor, entry, [{"code": "print_counter_label", "message": HINT}])


def require_whole_pieces(products: Mapping[UUID, Product], lines: Iterable[tuple[UUID, int]]) -> None:
    """Raise Invalid `not_whole_pieces` at each line whose units are not whole pieces of its product."""
    errors = [
        FieldError(
            f"/lines/{number}/quantity_units",
            "not_whole_pieces",
            "Pieces are opened whole: a piece holds {pack} units.",
            {"pack": products[batch_id].units_per_piece},
        )
        for number, (batch_id, units) in enumerate(lines)
        if units % products[batch_id].units_per_piece
    ]
    if errors:
        raise Invalid(code="not_whole_pieces", errors=errors)
