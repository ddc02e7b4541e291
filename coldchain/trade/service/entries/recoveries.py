"""Recovery: goods that were sold or missing are back in a zone (追回), locked if their batch still is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches import watch
from coldchain.core.errors import Conflict
from coldchain.ledger import postings
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Posting
from coldchain.registry import service as registry
from coldchain.trade.service.entries import core, reading, storing
from coldchain.trade.service.entries.core import Line


def recover(session: Session, actor: Actor, *, from_account: str, **given: Any) -> dict[str, Any]:
    """Record that units of each batch are back, from `sold` or `missing`; return the entry with its warnings.

    Raises as `core.begin`, Conflict `zone_not_dedicated`, `insufficient_stock` when fewer are gone so (R4, R10).
    """
    document = core.begin(session, actor, "recovery", detail={"from": from_account}, **given)
    storing.require_fitting(storing.products_of(session, document.units), document.zone)
    ledger.lock_batches(session, document.units, exclusive=True)
    require_left(session, document.owner_id, from_account, document.units)
    lines = [
        Line(
            batch_id,
            units,
            document.draft(
                "recovery",
                batch_id,
                postings.recover(from_account, document.owner_id, document.zone.zone_id, units),
                moves_locked=True,
            ),
        )
        for batch_id, units in document.units.items()
    ]
    entry = core.write(session, actor, document, lines)
    watch.tell_moved(session, actor, watch.Moved(document.units, document.owner_id, document.zone.zone_id, None))
    return reading.made(session, actor, entry, [])


def require_left(session: Session, owner_id: UUID, account: str, units: Mapping[UUID, int]) -> None:
    """Raise Conflict `insufficient_stock` when less than these units are on an owner's external account (R10).

    Sound after the batches are locked exclusively.
    """
    rows = session.execute(
        select(col(Posting.batch_id), func.sum(col(Posting.quantity_units)))
        .where(
            col(Posting.batch_id).in_(list(units)),
            col(Posting.account) == account,
            col(Posting.owner_id).in_(registry.ids_of(session, owner_id)),  # what it lost before it was merged, too
        )
        .group_by(col(Posting.batch_id))
    )
    there = {row[0]: int(row[1]) for row in rows}
    short = {str(batch_id): there.get(batch_id, 0) for batch_id in units if there.get(batch_id, 0) < units[batch_id]}
    if short:
        raise Conflict(
            "The books don't have so many as gone: {there} units.",
            code="insufficient_stock",
            extra={"available": short, "account": account},
            there=min(short.values()),
        )
