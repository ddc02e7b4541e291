"""What the guided tour is made of: parts with steps; and how pages name the month of which the case is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from babel.dates import format_skeleton

from coldchain.core import clock
from coldchain.core.i18n import current_locale


@dataclass(frozen=True)
class Step:
    """One page of the tour: where it is, what it is called, what one sees there."""

    href: str
    title: str
    text: str


@dataclass(frozen=True)
class Part:
    """Some steps under a heading, with a word on their dates."""

    title: str
    text: str
    steps: tuple[Step, ...]


Steps = Iterator[Step]


def ends(told_of: str | None) -> datetime | None:
    """Return the first moment, in Beijing, of the month after the one that a day (ISO) lies in."""
    if not told_of:
        return None
    after = (date.fromisoformat(told_of).replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime.combine(after, time.min, clock.BEIJING)


def month(told_of: str | None) -> str | None:
    """Return the month of a day (ISO) as a page writes it."""
    return format_skeleton("yMMMM", date.fromisoformat(told_of), locale=current_locale()) if told_of else None
