"""What a merger tells of arrivals and flags: they stay under the identity that they were entered for, and are read."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Arrival, Batch, Flag
from coldchain.registry.models import Business
from coldchain.registry.service import merging


class Arrivals:
    """The part of a merger that is arrivals, their batches and flags: append-only, so nothing is changed."""

    name: Final = "arrivals"

    def counts(self, session: Session, business_id: UUID) -> dict[str, int]:
        """Return how many arrivals, batches and flags are of an identity."""
        columns: dict[str, Any] = {
            "arrivals": Arrival.owner_id,
            "batches_entered": Batch.owner_id,
            "flags": Flag.business_id,
        }
        return {
            name: session.scalar(select(func.count()).where(col(column) == business_id)) or 0
            for name, column in columns.items()
        }

    def lock(self, session: Session, business_id: UUID) -> None:
        """Lock nothing."""

    def carry(self, session: Session, actor: Actor, old: Business, into: Business, at: datetime) -> None:
        """Carry nothing: whoever reads them is led to the business that stands."""


def install() -> None:
    """Take part in mergers, once."""
    merging.takes_part(Arrivals())
