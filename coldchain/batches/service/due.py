"""What is to be sampled by when (R15): workers and the surroundings of goods, each on the schedule of the rule book.

Who or what was never sampled is due a first time: a worker soon after beginning, a zone one interval after it was
registered. The intervals are figures of the rules (*data*).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Sample, Tube
from coldchain.batches.service import open_positives
from coldchain.batches.service.open_positives import Found
from coldchain.core import clock
from coldchain.policy import service as policy
from coldchain.registry.models import Business, Site, Worker, Zone
from coldchain.registry.service import workers
from coldchain.registry.service.places import visible_sites


@dataclass(frozen=True)
class Due:
    """One worker or zone: the row, its business and site, when it was sampled last, when it is due."""

    row: Any  # Worker or Zone
    business: Business
    site: Site | None
    last_sampled_at: datetime | None
    due_at: datetime
    found: Found | None = None  # an open positive

    @property
    def overdue(self) -> bool:
        """Say whether the time has passed."""
        return self.due_at < clock.now()


def people(
    session: Session,
    actor: Actor,
    *,
    limit: int,
    business_id: UUID | None = None,
    worker_ids: Sequence[UUID] = (),
    site_ids: Sequence[UUID] = (),
) -> list[Due]:
    """Return the workers that `actor` sees and that still work there: the positive ones, then the first due."""
    figures = policy.parameters(session, clock.now().date())
    last = _last(col(Sample.worker_id))
    begun = func.timezone("Asia/Shanghai", cast(col(Worker.started_on), DateTime))  # midnight there
    due_at = func.coalesce(
        last.c.sampled_at + _hours(figures["worker_test_h"]), begun + _hours(figures["new_worker_test_h"])
    )
    statement = (
        select(Worker, Business, Site, last.c.sampled_at, due_at)
        .join(Business, col(Business.business_id) == col(Worker.business_id))
        .outerjoin(Site, col(Site.site_id) == col(Worker.site_id))
        .outerjoin(last, last.c.key == col(Worker.worker_id))
        .where(workers.visible(actor), col(Worker.ended_on).is_(None))
    )
    if business_id is not None:
        statement = statement.where(col(Worker.business_id) == business_id)
    if worker_ids:
        statement = statement.where(col(Worker.worker_id).in_(worker_ids))
    if site_ids:
        statement = statement.where(col(Worker.site_id).in_(site_ids))
    return _listed(session, statement, col(Worker.worker_id), due_at, limit)


def surroundings(
    session: Session, actor: Actor, *, limit: int, business_id: UUID | None = None, site_ids: Sequence[UUID] = ()
) -> list[Due]:
    """Return the zones that `actor` sees whose kind is sampled on a schedule: the positive ones, then the first due."""
    intervals: dict[str, int] = policy.parameter(session, "environment_test_h", clock.now().date())
    last = _last(col(Sample.zone_id))
    interval = case(*((col(Zone.kind) == kind, _hours(hours)) for kind, hours in intervals.items()))
    due_at = func.coalesce(last.c.sampled_at, col(Zone.recorded_at)) + interval
    statement = (
        select(Zone, Business, Site, last.c.sampled_at, due_at)
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .join(Business, col(Business.business_id) == col(Site.business_id))
        .outerjoin(last, last.c.key == col(Zone.zone_id))
        .where(visible_sites(actor), col(Zone.kind).in_(intervals))
    )
    if business_id is not None:
        statement = statement.where(col(Site.business_id) == business_id)
    if site_ids:
        statement = statement.where(col(Zone.site_id).in_(site_ids))
    return _listed(session, statement, col(Zone.zone_id), due_at, limit)


def _listed(session: Session, statement: Any, key: Any, due_at: Any, limit: int) -> list[Due]:
    """Return rows of a statement, those with an open positive first; they would be due last, having been sampled."""
    found = open_positives.of(session, key.key, None, statement.with_only_columns(key))
    order = [key.not_in(list(found)), due_at, key] if found else [due_at, key]
    rows = session.execute(statement.order_by(*order).limit(limit))
    return [
        Due(row, business, site, last_at, due, found.get(getattr(row, key.key)))
        for row, business, site, last_at, due in rows
    ]


def _last(subject: Any) -> Any:
    """Return when each subject was sampled last, as a subquery with `key` and `sampled_at`."""
    return (
        select(subject.label("key"), func.max(col(Tube.sampled_at)).label("sampled_at"))
        .join(Tube, col(Tube.tube_id) == col(Sample.tube_id))
        .where(subject.is_not(None))
        .group_by(subject)
        .subquery()
    )


def _hours(hours: int) -> Any:
    return literal(timedelta(hours=hours), INTERVAL)
