"""Split: some pieces of a batch become a batch of their own, so that a proven part can be shipped (R5)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import reach, watch
from coldchain.batches import service as batches
from coldchain.batches.models import Batch
from coldchain.batches.service import made
from coldchain.batches.service.arrival_parties import named_business
from coldchain.core.errors import Invalid, NotFound
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry
from coldchain.trade.service import making
from coldchain.trade.service.entries import core, reading
from coldchain.trade.service.lateness import Passage

SPLIT: Final = "split"


def split(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    *,
    piece_from: int,
    piece_to: int,
    zone_id: UUID | None = None,
    owner: str | UUID | None = None,
    occurred_at: datetime | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Split pieces off a batch where they lie; return the entry, with the new batch's id, code and status.

    Papers and records of the pieces go along, the rest is judged without them. `zone_id` is the only zone with goods of
    the owner when none is named. The gate has no say, a lock has: judged as of now. Raises NotFound, Forbidden, Invalid
    `wrong_order`, `beyond_pieces`, `zone_needed` and those of `core.begin`, Conflict `locked`, `pieces_gone`,
    `insufficient_stock` (R5, R8, R10).
    """
    parent, pieces = _readable(session, actor, batch_id), (piece_from, piece_to)
    made.require_within(parent, pieces)
    product = registry.products(session, [parent.product_id])[parent.product_id]
    place = zone_id or _only_zone(session, actor, batch_id, owner)
    units = made.units_in(pieces, parent.quantity_units, product.units_per_piece)
    document = core.begin(
        session, actor, SPLIT, zone_id=place, owner=owner, occurred_at=occurred_at, reason=reason,
        lines=[{"batch_id": batch_id, "quantity_units": units}],
    )  # fmt: skip
    watch.lock_shared(session)
    # alone, since two splits must not take the same pieces, and the parent's own status follows what is left of it
    ledger.lock_batches(session, [batch_id], exclusive=True)
    holds.assert_free(session, [batch_id])
    made.require_left(session, parent, pieces)
    child = made.split_off(session, actor, making.making(document), parent, pieces)
    shown = making.outputs([(child, product)])
    document = replace(document, detail={"piece_from": piece_from, "piece_to": piece_to, "outputs": shown})
    lines = making.lines_in(document, SPLIT, Passage())
    entry = core.write(session, actor, document, lines, making.drafts_out(document, SPLIT, [child]))
    status = made.settle(session, actor, [child])
    batches.refresh_status(session, [batch_id])
    return reading.made(session, actor, entry, []) | {
        "batch_id": child.batch_id,
        "batch_code": child.batch_code,
        "parent_id": batch_id,
        "piece_count": child.piece_count,
        "quantity_units": child.quantity_units,
        "status": status[child.batch_id],
    }


def _readable(session: Session, actor: Actor, batch_id: UUID) -> Batch:
    batch = session.exec(select(Batch).where(col(Batch.batch_id) == batch_id, reach.visible_batches(actor))).first()
    if batch is None:
        raise NotFound
    return batch


def _only_zone(session: Session, actor: Actor, batch_id: UUID, owner: str | UUID | None) -> UUID:
    """Return where goods of the owner lie, as far as the actor sees.

    Raises NotFound, Invalid `zone_needed`, `unknown_business`.
    """
    statement = select(Holding.zone_id, Holding.owner_id).where(
        col(Holding.batch_id) == batch_id,
        col(Holding.account) == "zone",
        col(Holding.quantity_units) > 0,
        reach.visible_holdings(actor),
    )
    rows: Sequence[tuple[UUID | None, UUID]] = session.exec(statement).all()
    wanted = actor.business_id if owner is None else named_business(session, owner, "/owner").business_id
    found = {zone_id for zone_id, of in rows if zone_id is not None and wanted in {None, of}}
    if not found:
        raise NotFound("None of these goods lie in a zone.")
    if len(found) > 1:
        raise Invalid.of("/zone_id", "zone_needed", "These goods lie in several zones: name the one.")
    return found.pop()
