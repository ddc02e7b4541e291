"""What becomes of the tasks of a sweep when a provisional identity is merged into a business."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.inspections.models import Finding
from coldchain.recall.models import SweepTask
from coldchain.registry.models import Business
from coldchain.registry.service import merging


class Tasks:
    """The part of a merger that is sweeps: tasks name the business that stands, with the findings that hang on them."""

    name: Final = "tasks"

    def counts(self, session: Session, business_id: UUID) -> dict[str, int]:
        """Return how many tasks are of an identity, and how many findings were recorded at them."""
        mine = select(col(SweepTask.task_id)).where(col(SweepTask.business_id) == business_id)
        findings = select(func.count()).where(col(Finding.task_id).in_(mine))
        return {
            "tasks": session.scalar(select(func.count()).select_from(mine.subquery())) or 0,
            "findings": session.scalar(findings) or 0,
        }

    def lock(self, session: Session, business_id: UUID) -> None:
        """Lock the tasks, so that no finding is recorded meanwhile."""
        rows = select(col(SweepTask.task_id)).where(col(SweepTask.business_id) == business_id)
        session.execute(rows.order_by(col(SweepTask.task_id)).with_for_update(key_share=True)).all()

    def carry(self, session: Session, _actor: Actor, old: Business, into: Business, _at: datetime) -> None:
        """Hang the tasks onto the business that stands."""
        session.execute(
            update(SweepTask)
            .where(col(SweepTask.business_id) == old.business_id)
            .values(business_id=into.business_id)
            .execution_options(synchronize_session=False)
        )


def install() -> None:
    """Take part in mergers, once."""
    merging.takes_part(Tasks())
