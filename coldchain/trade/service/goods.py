"""What every document about goods asks first: are the lines different batches, and are these goods known here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.core.errors import Invalid, NotFound
from coldchain.ledger.models import Movement, Posting


def wanted(lines: Sequence[Mapping[str, Any]]) -> dict[UUID, int]:
    """Return units by batch in line order. Raises Invalid `duplicate_batch`."""
    seen: dict[UUID, int] = {}
    for number, line in enumerate(lines):
        if line["batch_id"] in seen:
            raise Invalid.of(f"/lines/{number}/batch_id", "duplicate_batch", "Name each batch once.")
        seen[line["batch_id"]] = line["quantity_units"]
    return seen


def require_known(session: Session, owner_id: UUID, batch_ids: Sequence[UUID], not_before: datetime | None) -> None:
    """Raise NotFound for a batch that was never this owner's: the same answer as for one that doesn't exist.

    Raises Invalid `before_intake` when `not_before`, the claimed time of a fact, lies before the owner had the goods.
    """
    rows = session.execute(
        select(col(Posting.batch_id), func.min(col(Movement.occurred_at)))
        .join(Movement, col(Movement.movement_id) == col(Posting.movement_id))
        .where(
            col(Posting.owner_id) == owner_id,
            col(Posting.batch_id).in_(batch_ids),
            col(Posting.quantity_units) > 0,
        )
        .group_by(col(Posting.batch_id))
    )
    since = {row[0]: row[1] for row in rows}
    for number, batch_id in enumerate(batch_ids):
        if batch_id not in since:
            raise NotFound("There is no such batch here that you may send: line {line}.", line=number + 1)
        if not_before is not None and not_before < since[batch_id]:
            raise Invalid.of("/occurred_at", "before_intake", "These goods were not here yet at that time.")
