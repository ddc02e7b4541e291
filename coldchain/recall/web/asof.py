"""As of when a board is read: now, or the moments at which bulletins were due and something new was known."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlmodel import Session, col

from coldchain.core import clock
from coldchain.core.fields import Moment
from coldchain.inspections.models import Finding
from coldchain.recall.models import Recall, SampleEvent, SweepTask

HOURS: Final = (8, 17, 19)  # when bulletins are usually due, Beijing time
LATER_SHOWN: Final = 3


def parse(text: str | None) -> datetime | None:
    """Return the moment that an address or a form names, None for now. Raises ValidationError."""
    field = Moment()
    given = field.from_form(re.sub(r"(:[0-9]{2}) ([0-9]{2}:[0-9]{2})$", r"\1+\2", text or ""))  # a + reads as a blank
    moment: datetime | None = field.deserialize(given) if given is not None else None
    return moment


def given_moments(session: Session, recall: Recall) -> list[datetime]:
    """Return the evening of the announcement and the last bulletin hours by which something new was recorded."""
    if recall.announced_at is None:
        return []
    rows = session.scalars(select(_hours(recall.recall_id).c.hour)).all()
    now, first = clock.now(), _evening(recall.announced_at)
    later = sorted({_due(moment) for moment in rows if moment > first})
    return [moment for moment in [first, *later[-LATER_SHOWN:]] if moment <= now]


def _hours(recall_id: UUID) -> Any:
    """Return the hours, rounded up, in which findings or sample events of a recall were recorded."""
    findings: Any = (
        select(col(Finding.recorded_at).label("at"))
        .join(SweepTask, col(SweepTask.task_id) == col(Finding.task_id))
        .where(col(SweepTask.recall_id) == recall_id)
    )
    samples: Any = select(col(SampleEvent.recorded_at).label("at")).where(col(SampleEvent.recall_id) == recall_id)
    facts = union_all(findings, samples).subquery()
    # A fact at the full hour is known at that hour, one a moment later only at the next.
    last_of_hour = func.date_trunc("hour", facts.c.at - timedelta(microseconds=1)) + timedelta(hours=1)
    return select(last_of_hour.label("hour")).distinct().subquery()


def _due(known_at: datetime) -> datetime:
    """Return the first bulletin hour at or after a moment."""
    local = known_at.astimezone(clock.BEIJING)
    for hour in HOURS:
        due = _at(local.date(), hour)
        if local <= due:
            return due
    return _at(local.date() + timedelta(days=1), HOURS[0])


def _evening(announced_at: datetime) -> datetime:
    local = announced_at.astimezone(clock.BEIJING)
    evening = _at(local.date(), HOURS[-1])
    return evening if local <= evening else _due(announced_at)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=clock.BEIJING)
