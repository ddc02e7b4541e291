"""Stocktake: what was counted in a zone against what the books say (盘点、账实核对, R20). A count is always accepted.

Less than the books is lost within the tolerance (glaze, thaw: data), beyond it missing unless said otherwise; more is
found. A count entered late is compared with what the books say of its own moment.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches import flags
from coldchain.batches.flags import Mark
from coldchain.core.errors import FieldError, Invalid
from coldchain.core.i18n import N_
from coldchain.ledger import postings
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding, Movement, Posting
from coldchain.registry.models import Product
from coldchain.trade.service import lateness
from coldchain.trade.service.entries import core, reading, storing
from coldchain.trade.service.entries.core import Document, Line

TOLERANCE: Final = "stocktake_tolerance_permille"
DIFFERS: str = N_("The count differs from the books by more than the tolerance: an officer is told.")
MIXED: str = N_("Goods were found in a zone where they may not lie: an officer is told.")


def count(session: Session, actor: Actor, *, lines: Sequence[Mapping[str, Any]], **given: Any) -> dict[str, Any]:
    """Record what was counted of each batch (0 and more) in a zone; return the entry with its warnings.

    A line: batch_id, quantity_units, reason?, shortage? (`lost` or `missing`); the entry's reason serves lines without
    one. Never refused by a lock. Raises as `core.begin`, Invalid `reason_needed` beyond the tolerance, Conflict
    `insufficient_stock` for a late count of goods that have left since (R8, R10, R20).
    """
    document = core.begin(session, actor, "stocktake", lines=lines, **given)
    ledger.lock_batches(session, document.units, exclusive=True)
    books = _books(session, document)
    products = storing.products_of(session, document.units)
    beyond = _beyond(document, books, products, lines)
    differences = {batch_id: units - books[batch_id] for batch_id, units in document.units.items()}
    short = {batch_id: -units for batch_id, units in differences.items() if units < 0}
    leaving = document.leaving(happened=True, gated=False, units=short)
    passage = lateness.judge(session, leaving)
    marks = lateness.as_fact(leaving)
    made = [
        Line(
            batch_id,
            document.units[batch_id],
            _draft(document, batch_id, differences[batch_id], _account(line, batch_id in beyond), line, marks),
            book_units=books[batch_id],
            reason=line.get("reason"),
        )
        for batch_id, line in zip(document.units, lines, strict=True)
    ]
    entry, told = core.leave(session, actor, document, leaving, made, passage)
    found = {batch_id: products[batch_id] for batch_id, units in differences.items() if units > 0}
    mixed = storing.misfits(found, document.zone)
    flags.raise_(session, actor, _marks(document, books, differences, beyond, mixed))
    warnings = told + ([{"code": "count_differs", "message": DIFFERS}] if beyond else [])
    warnings += [{"code": "mixed_storage", "message": MIXED}] if mixed else []
    return reading.made(session, actor, entry, warnings)


def tolerance_units(book_units: int, product: Product, permille: Mapping[str, Mapping[str, int]]) -> int:
    """Return by how many units a count may differ without a reason: a share (data) of what the books say (R20).

    `permille`: ledger unit → category or `default` → thousandths.
    """
    shares = permille[product.ledger_unit]
    return book_units * int(shares.get(product.category, shares["default"])) // 1000


def _books(session: Session, document: Document) -> dict[UUID, int]:
    """Return what the books have of each batch here: now, or for a late count at its own moment."""
    here = (document.owner_id, document.zone.zone_id)
    if document.late:
        statement = (
            select(col(Posting.batch_id), func.sum(col(Posting.quantity_units)))
            .join(Movement, col(Movement.movement_id) == col(Posting.movement_id))
            .where(
                col(Posting.batch_id).in_(list(document.units)),
                col(Posting.account) == "zone",
                col(Posting.owner_id) == here[0],
                col(Posting.zone_id) == here[1],
                col(Movement.occurred_at) <= document.occurred_at,
            )
            .group_by(col(Posting.batch_id))
        )
    else:
        statement = select(col(Holding.batch_id), col(Holding.quantity_units)).where(
            col(Holding.batch_id).in_(list(document.units)),
            col(Holding.account) == "zone",
            col(Holding.owner_id) == here[0],
            col(Holding.zone_id) == here[1],
        )
    found = {row[0]: int(row[1]) for row in session.execute(statement)}
    return {batch_id: max(0, found.get(batch_id, 0)) for batch_id in document.units}


def _beyond(
    document: Document,
    books: Mapping[UUID, int],
    products: Mapping[UUID, Product],
    lines: Sequence[Mapping[str, Any]],
) -> set[UUID]:
    """Return the batches that differ beyond the tolerance. Raises Invalid `reason_needed` at each without a reason."""
    permille = document.figures[TOLERANCE]
    beyond, errors = set(), []
    for number, (batch_id, counted) in enumerate(document.units.items()):
        allowed = tolerance_units(books[batch_id], products[batch_id], permille)
        if abs(counted - books[batch_id]) > allowed:
            beyond.add(batch_id)
            if not (lines[number].get("reason") or document.reason):
                message = N_("The books say {book}; a difference of more than {allowed} needs a reason.")
                params = {"book": books[batch_id], "allowed": allowed}
                errors.append(FieldError(f"/lines/{number}/reason", "reason_needed", message, params))
    if errors:
        raise Invalid(code="reason_needed", errors=errors)
    return beyond


def _account(line: Mapping[str, Any], beyond: bool) -> str:
    said: str | None = line.get("shortage")
    return said or ("missing" if beyond else "lost")


def _draft(
    document: Document, batch_id: UUID, difference: int, account: str, line: Mapping[str, Any], marks: dict[str, Any]
) -> postings.Draft | None:
    if difference == 0:
        return None
    owner_id, zone_id = document.owner_id, document.zone.zone_id
    reason = line.get("reason") or document.reason
    if difference > 0:
        found = postings.find(owner_id, zone_id, difference)
        return document.draft("stocktake", batch_id, found, reason=reason, moves_locked=True)
    gone = postings.leave(account, owner_id, zone_id, -difference)
    return document.draft("stocktake", batch_id, gone, reason=reason, **marks)


def _marks(
    document: Document,
    books: Mapping[UUID, int],
    differences: Mapping[UUID, int],
    beyond: set[UUID],
    mixed: Sequence[UUID],
) -> list[Mark]:
    def mark(kind: str, batch_id: UUID) -> Mark:
        data = {
            "book_units": books[batch_id],
            "counted_units": document.units[batch_id],
            "difference_units": differences[batch_id],
            "zone_id": str(document.zone.zone_id),
        }
        return Mark(
            kind, "stock_entry", document.entry_id, document.site.region_code, document.occurred_at, batch_id,
            document.owner_id, data,
        )  # fmt: skip

    listed = [mark("count_differs", batch_id) for batch_id in document.units if batch_id in beyond]
    return listed + [mark("mixed_storage", batch_id) for batch_id in mixed]
