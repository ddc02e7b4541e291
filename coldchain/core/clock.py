"""The only source of `recorded_at`: real time, or a simulated one while a demonstration is replayed."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")

_simulated: ContextVar[datetime | None] = ContextVar("simulated_now", default=None)


def now() -> datetime:
    """Return the present moment, aware, in UTC; the simulated one inside `simulated`."""
    moment = _simulated.get()
    return moment if moment is not None else datetime.now(UTC)


@contextmanager
def simulated(moment: datetime) -> Iterator[None]:
    """Make `now()` return `moment` (aware) inside the block; only the demonstration loader and tests use it."""
    if moment.tzinfo is None:
        raise ValueError("a simulated moment must be aware")
    token = _simulated.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _simulated.reset(token)
