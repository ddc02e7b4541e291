"""Goods past their date: they leave and come all the same, with a warning that counts them; the books say what is."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, func, select

from coldchain.batches.models import Batch
from coldchain.core import clock
from coldchain.core.i18n import N_

LEFT: Final = N_(
    "Batches past their expiry date when they left: {count}. Goods past their date may not be sold or used."
)
CAME: Final = N_(
    "Batches past their expiry date when they came: {count}. Set them apart: they may not be sold or used."
)


def day_of(moment: datetime) -> date:
    """Return the day of a moment by Beijing's calendar: an expiry date is the last day."""
    return moment.astimezone(clock.BEIJING).date()


def judge(session: Session, batch_ids: Iterable[UUID], moment: datetime, message: str = LEFT) -> list[dict[str, Any]]:
    """Return a warning `expired` of the batches that were past their date at a moment; in one statement."""
    past = select(func.count()).where(col(Batch.batch_id).in_(list(batch_ids)), col(Batch.expiry_date) < day_of(moment))
    count = session.exec(past).one()
    return [{"code": "expired", "message": message, "params": {"count": count}}] if count else []
