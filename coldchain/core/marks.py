"""Named marks in the database: "the demonstration is loaded", "this is a demonstration database"."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel

from coldchain.core import clock
from coldchain.core.columns import document, moment, words

DEMO_MARK = "demo"  # the data are invented


class SystemMark(SQLModel, table=True):
    """One named mark with its value."""

    __tablename__ = "system_mark"

    name: str = words(primary=True)
    value: Any = document()
    recorded_at: datetime = moment()


def read(session: Session, name: str) -> Any:
    """Return the value of a mark, or None."""
    mark = session.get(SystemMark, name)
    return None if mark is None else mark.value


def write(session: Session, name: str, value: Any) -> None:
    """Set a mark."""
    mark = session.get(SystemMark, name)
    if mark is None:
        session.add(SystemMark(name=name, value=value, recorded_at=clock.now()))
    else:
        mark.value, mark.recorded_at = value, clock.now()
