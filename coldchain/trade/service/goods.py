"""What every document about goods asks first: are the lines different batches, and are these goods known here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.batches.models import Batch
from coldchain.core.errors import Conflict, Forbidden, Invalid, NotFound
from coldchain.ledger.models import Holding, Movement, Posting
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site
from coldchain.registry.service.reach import at

_EVER_HELD: Final = text("""
    SELECT wanted.batch_id FROM unnest(CAST(:batch_ids AS uuid[])) AS wanted (batch_id)
    WHERE EXISTS (
        SELECT 1 FROM holding
        WHERE holding.batch_id = wanted.batch_id AND holding.owner_id = ANY(CAST(:owner_ids AS uuid[]))
          AND holding.account IN ('zone', 'transit', 'processing'))
""")


def wanted(lines: Sequence[Mapping[str, Any]]) -> dict[UUID, int]:
    """Return units by batch in line order. Raises Invalid `duplicate_batch`."""
    seen: dict[UUID, int] = {}
    for number, line in enumerate(lines):
        if line["batch_id"] in seen:
            raise Invalid.of(f"/lines/{number}/batch_id", "duplicate_batch", "Name each batch once.")
        seen[line["batch_id"]] = line["quantity_units"]
    return seen


def require_owner(session: Session, actor: Actor, action: str, owner: Business, zone_id: UUID, site: Site) -> None:
    """Let the owner, or an officer of the zone's region, decide over goods in a zone.

    Raises Forbidden for who only keeps them, NotFound for others and for a zone where this owner never had goods.
    """
    if actor.business_id == site.business_id != owner.business_id:
        raise Forbidden("Only the owner of goods, or an officer, sends them on.")
    authorize(actor, action, at(site, owner.business_id))
    if actor.business_id is not None and site.business_id != actor.business_id:
        used = select(col(Holding.holding_id)).where(
            col(Holding.owner_id).in_(registry.ids_of(session, owner.business_id)), col(Holding.zone_id) == zone_id
        )
        if session.scalar(select(used.exists())) is not True:
            raise NotFound


def require_known(session: Session, owner_id: UUID, batch_ids: Sequence[UUID], not_before: datetime | None) -> None:
    """Raise NotFound for a batch that was never this owner's: the same answer as for one that doesn't exist.

    Raises Invalid `before_intake` when `not_before`, the claimed time of a fact, lies before the owner had the goods,
    Conflict `not_arrived` for goods that the owner has declared and not taken in.
    """
    since = _ever_held(session, owner_id, batch_ids) if not_before is None else _since(session, owner_id, batch_ids)
    for number, batch_id in enumerate(batch_ids):
        if batch_id not in since:
            batch = session.get(Batch, batch_id)
            if batch is not None and batch.owner_id == owner_id and batch.status == "declared":
                raise Conflict("These goods have not come yet: take them in first.", code="not_arrived")
            raise NotFound("There is no such batch here that you may send: line {line}.", line=number + 1)
        first = since[batch_id]
        if not_before is not None and first is not None and not_before < first:
            raise Invalid.of("/occurred_at", "before_intake", "These goods were not here yet at that time.")


def _ever_held(session: Session, owner_id: UUID, batch_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """Return the batches that this owner has or had; an account stays when it is empty, so no history is read."""
    given = {"batch_ids": list(batch_ids), "owner_ids": list(registry.ids_of(session, owner_id))}
    return dict.fromkeys(session.execute(_EVER_HELD, given).scalars())


def _since(session: Session, owner_id: UUID, batch_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """Return since when this owner has or had each batch."""
    rows = session.execute(
        select(col(Posting.batch_id), func.min(col(Movement.occurred_at)))
        .join(Movement, col(Movement.movement_id) == col(Posting.movement_id))
        .where(
            col(Posting.owner_id).in_(registry.ids_of(session, owner_id)),
            col(Posting.batch_id).in_(batch_ids),
            col(Posting.quantity_units) > 0,
        )
        .group_by(col(Posting.batch_id))
    )
    return {row[0]: row[1] for row in rows}
