"""What becomes of stock when two identities turn out to be one business: balances go over, entries stay (R10).

For each account in custody of the identity that ends, one movement with two entries, in the same zone, on the same
road: the books balance at every moment, and stock of both in one zone adds up. Locks go along.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.core.errors import DomainError
from coldchain.journal import service as journal
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Hold, Holding
from coldchain.ledger.postings import Account, Draft, carry_over
from coldchain.registry.models import Business
from coldchain.registry.service import merging

KIND: Final = "merging"


class Stock:
    """The part of a merger that is stock in custody."""

    name: Final = "stock"

    def counts(self, session: Session, business_id: UUID) -> dict[str, int]:
        """Return how many batches lie under an identity, in how many accounts, how many holds lie on its own units."""
        there = (col(Holding.owner_id) == business_id) & (col(Holding.quantity_units) > 0)
        batches, accounts = session.execute(
            select(func.count(func.distinct(col(Holding.batch_id))), func.count()).where(there)
        ).one()
        parts = select(func.count()).select_from(Hold).join(Holding, col(Holding.holding_id) == col(Hold.holding_id))
        held = session.scalar(parts.where(there, col(Hold.ended_at).is_(None))) or 0
        return {"batches": batches, "accounts": accounts, "holds": held}

    def lock(self, session: Session, business_id: UUID) -> None:
        """Lock the batches that lie under an identity, so that nothing of them moves or is locked meanwhile."""
        lying = select(col(Holding.batch_id)).where(
            col(Holding.owner_id) == business_id, col(Holding.quantity_units) > 0
        )
        ledger.lock_batches(session, session.scalars(lying.distinct()), exclusive=True)

    def carry(self, session: Session, actor: Actor, old: Business, into: Business, at: datetime) -> None:
        """Post the balances over, a movement for each account, and tell the journal of each batch."""
        rows = session.scalars(
            select(Holding)
            .where(col(Holding.owner_id) == old.business_id, col(Holding.quantity_units) > 0)
            .order_by(col(Holding.batch_id), col(Holding.holding_id))
            .execution_options(populate_existing=True)
        ).all()
        known = {row.batch_id for row in rows}
        if set(ledger.lock_batches(session, known, exclusive=True)) != known:  # pragma: no cover (rows never vanish)
            raise DomainError("The books are busy. Try again in a moment.", code="unavailable", status=503)
        drafts = [
            Draft(
                KIND,
                row.batch_id,
                carry_over(
                    old.business_id,
                    into.business_id,
                    Account(row.account, row.owner_id, row.zone_id, row.consignment_id),
                    row.quantity_units,
                ),
                at,
                moves_locked=True,
                takes_held="first",
                consignment_id=row.consignment_id,
            )
            for row in rows
        ]
        for first in range(0, len(drafts), ledger.MOVEMENTS_PER_POST):
            some = drafts[first : first + ledger.MOVEMENTS_PER_POST]
            told = ledger.told(ledger.post(session, actor, some), some)
            by_batch: dict[UUID, list[dict[str, object]]] = {}
            for draft, movement in zip(some, told, strict=True):
                by_batch.setdefault(draft.batch_id, []).append(movement)
            said = {"from": old.business_id, "into": into.business_id}
            journal.append_many(session, actor, [
                journal.Fact("goods.owner_merged", batch_id, at, {**said, "movements": movements},
                             into.business_id, into.region_code)
                for batch_id, movements in by_batch.items()
            ])  # fmt: skip


def install() -> None:
    """Take part in mergers, once."""
    merging.takes_part(Stock())
