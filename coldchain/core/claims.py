"""Claimed times: when somebody says that something happened, as opposed to when we learned it."""

from datetime import date, datetime, timedelta

from coldchain.core import clock, limits
from coldchain.core.errors import Invalid


def claimed(occurred_at: datetime | None, pointer: str = "/occurred_at") -> datetime:
    """Return a claimed time, now when none was given.

    Raises Invalid `in_future` at `pointer` for a time more than CLOCK_SKEW_S ahead of our clock.
    """
    now = clock.now()
    if occurred_at is None:
        return now
    if occurred_at > now + timedelta(seconds=limits.CLOCK_SKEW_S):
        raise Invalid.of(pointer, "in_future", "This time has not come yet.")
    return occurred_at


def claimed_day(day: date, pointer: str) -> date:
    """Return a claimed date. Raises Invalid `in_future` at `pointer` for a day after today in Beijing."""
    ahead = clock.now() + timedelta(seconds=limits.CLOCK_SKEW_S)
    if day > ahead.astimezone(clock.BEIJING).date():
        raise Invalid.of(pointer, "in_future", "This day has not come yet.")
    return day
