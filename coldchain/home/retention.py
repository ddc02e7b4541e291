"""Pure: how long what is kept about people must be kept (R6)."""

from calendar import monthrange
from datetime import date


def months_later(day: date, months: int) -> date:
    """Return the day some months later, the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def kept_until(recorded: date, expires: date | None, *, years: int, months_after: int) -> date:
    """Return the last day of retention: `years` from the record, or `months_after` shelf life if that is later (R6)."""
    least = months_later(recorded, 12 * years)
    return least if expires is None else max(least, months_later(expires, months_after))


def may_be_erased(until: date, today: date, *, in_use: bool) -> bool:
    """Say whether a value may go: retention is over and nothing that is in force needs it (R6, R21)."""
    return until < today and not in_use
