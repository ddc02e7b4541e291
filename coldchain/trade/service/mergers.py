"""What becomes of consignments and consents when a provisional identity is merged into a business."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.core import clock
from coldchain.registry.models import Business
from coldchain.registry.service import merging
from coldchain.trade.models import Consignment, StandingConsent, StockEntry

_SIDES: Final = (col(Consignment.owner_id), col(Consignment.to_business_id), col(Consignment.carrier_id))


class Consignments:
    """The part of a merger that is trade: who sends, receives and carries; what an owner let a keeper do."""

    name: Final = "consignments"

    def counts(self, session: Session, business_id: UUID) -> dict[str, int]:
        """Return how many consignments and stock entries name an identity, how many consents run."""
        of: dict[str, tuple[Any, ColumnElement[bool]]] = {
            "consignments": (Consignment, _named(business_id)),
            "stock_entries": (
                StockEntry,
                or_(col(StockEntry.owner_id) == business_id, col(StockEntry.to_owner_id) == business_id),
            ),
            "consents_ended": (StandingConsent, _running(business_id)),
        }
        return {
            name: session.scalar(select(func.count()).select_from(table).where(condition)) or 0
            for name, (table, condition) in of.items()
        }

    def lock(self, session: Session, business_id: UUID) -> None:
        """Lock the consignments, so that nobody answers one meanwhile."""
        rows = select(col(Consignment.consignment_id)).where(_named(business_id))
        session.execute(rows.order_by(col(Consignment.consignment_id)).with_for_update(key_share=True)).all()

    def carry(self, session: Session, actor: Actor, old: Business, into: Business, _at: datetime) -> None:
        """Let consignments name the business that stands; a consent was given by who is no more, and ends."""
        session.flush()
        for column in _SIDES:
            session.execute(
                update(Consignment)
                .where(column == old.business_id)
                .values({column: into.business_id})
                .execution_options(synchronize_session=False)
            )
        session.execute(
            update(StandingConsent)
            .where(_running(old.business_id))
            .values(ended_at=clock.now(), ended_by=actor.user_id)
            .execution_options(synchronize_session=False)
        )


def _named(business_id: UUID) -> ColumnElement[bool]:
    return or_(*(column == business_id for column in _SIDES))


def _running(business_id: UUID) -> ColumnElement[bool]:
    sides = or_(col(StandingConsent.owner_id) == business_id, col(StandingConsent.custodian_id) == business_id)
    return sides & col(StandingConsent.ended_at).is_(None)


def install() -> None:
    """Take part in mergers, once."""
    merging.takes_part(Consignments())
