"""What a merger tells of visits, findings and decisions: they stay under the identity they are about, and are read."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.inspections.models_findings import SiteFinding, Visit
from coldchain.registry.models import Business
from coldchain.registry.models_decisions import EnforcementDecision
from coldchain.registry.service import merging


class Inspections:
    """The part of a merger that is what officers saw and decided: append-only, so nothing is changed."""

    name: Final = "inspections"

    def counts(self, session: Session, business_id: UUID) -> dict[str, int]:
        """Return how many visits, findings of theirs and decisions are about an identity."""
        columns: dict[str, Any] = {
            "visits": Visit.business_id,
            "findings": SiteFinding.business_id,
            "decisions": EnforcementDecision.business_id,
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
    merging.takes_part(Inspections())
