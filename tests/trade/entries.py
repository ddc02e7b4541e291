"""What tests of stock entries share: goods in zones of several kinds, the accounts of a batch, recalls that run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches.models import Flag
from coldchain.core import clock
from coldchain.core.ids import new_id
from coldchain.journal.models import JournalEntry
from coldchain.ledger import holds
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold, Holding, Posting
from coldchain.registry.models import Zone
from coldchain.trade.models import StockEntry
from tests.ledger.books import NOW, Party

HOUR = timedelta(hours=1)


def ago(**span: int) -> datetime:
    """Return a moment before now."""
    return clock.now() - timedelta(**span)


def zone(session: Session, of: Party, kind: str = "general", temperature_class: str = "frozen") -> UUID:
    """Add a zone to a party's site."""
    made = Zone(
        site_id=of.site_id, code=f"Z{new_id()}", kind=kind, temperature_class=temperature_class, recorded_at=NOW
    )
    session.add(made)
    session.flush()
    return made.zone_id


def line(batch_id: UUID, units: int, **more: Any) -> dict[str, Any]:
    """Return a line of a request."""
    return {"batch_id": batch_id, "quantity_units": units, **more}


def accounts(session: Session, batch_id: UUID) -> dict[str, int]:
    """Return the sum of each kind of account of a batch, empty ones left out."""
    rows = session.execute(
        select(col(Posting.account), func.sum(col(Posting.quantity_units)))
        .where(col(Posting.batch_id) == batch_id)
        .group_by(col(Posting.account))
    )
    return {account: int(units) for account, units in rows if units}


def recall(session: Session, *batch_ids: UUID) -> UUID:
    """Hold batches as a recall would; return the cause's id."""
    cause_id = new_id()
    holds.place(session, SYSTEM, batch_ids, Cause("recall", cause_id), "red", clock.now())
    return cause_id


def positive(session: Session, *batch_ids: UUID) -> UUID:
    """Hold batches as a positive result would; return the cause's id."""
    cause_id = new_id()
    holds.place(session, SYSTEM, batch_ids, Cause("result", cause_id), "red", clock.now())
    return cause_id


def seal(session: Session, owner: Party, batch_id: UUID, units: int, zone_id: UUID | None = None) -> UUID:
    """Hold some units of what an owner has in a zone, as an officer's seal does; return the hold's id."""
    holding_id = session.scalars(
        select(col(Holding.holding_id)).where(
            col(Holding.batch_id) == batch_id,
            col(Holding.owner_id) == owner.business_id,
            col(Holding.zone_id) == (zone_id or owner.zone_id),
        )
    ).one()
    hold = Hold(
        batch_id=batch_id, holding_id=holding_id, quantity_units=units, grade="sealed", cause_kind="inspection",
        cause_id=new_id(), cause_version=1, occurred_at=NOW, recorded_at=clock.now(),
    )  # fmt: skip
    session.add(hold)
    session.flush()
    holds.recompute(session, [batch_id])
    return hold.hold_id


def flags(session: Session, entry_id: Any) -> list[tuple[str, UUID | None]]:
    """Return kind and batch of the flags of an entry, in order."""
    rows = session.execute(
        select(col(Flag.kind), col(Flag.batch_id)).where(
            col(Flag.subject_kind) == "stock_entry", col(Flag.subject_id) == entry_id
        )
    )
    return sorted((kind, batch_id) for kind, batch_id in rows)


def facts(session: Session, entry_id: Any) -> list[JournalEntry]:
    """Return the journal's facts about an entry."""
    statement = select(JournalEntry).where(col(JournalEntry.subject_id) == entry_id)
    return list(session.scalars(statement.order_by(col(JournalEntry.entry_id))))


def entry_count(session: Session) -> int:
    """Return how many stock entries there are."""
    return session.scalar(select(func.count()).select_from(StockEntry)) or 0
