"""Pure: measures of an authority with a place and dates, and what each stops (R18).

Four kinds: imports of a plant suspended (暂停进口申报), an area locked down (封控), a business on the white list
(白名单), a circuit breaker (经营熔断). A measure is never changed: a later version of it replaces an earlier one, and
lifting it is a version too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

from coldchain.regions.tree import within

IMPORT_SUSPENSION: Final = "import_suspension"
LOCKDOWN: Final = "lockdown"
WHITE_LIST: Final = "white_list"
CIRCUIT_BREAKER: Final = "circuit_breaker"
KINDS: Final = (IMPORT_SUSPENSION, LOCKDOWN, WHITE_LIST, CIRCUIT_BREAKER)

BEIJING: Final = timezone(timedelta(hours=8))  # a day of a measure is a day in Beijing


@dataclass(frozen=True)
class Measure:
    """One version of a measure; `ends_on` None is until further notice, both days are included.

    `producer_id` is set for a suspension, `business_id` for a white list entry and a circuit breaker, `site_id` where
    a circuit breaker concerns one site alone. `void`: it was entered by mistake and never held.
    """

    measure_id: UUID
    version: int
    kind: str
    region_code: str
    starts_on: date
    ends_on: date | None = None
    producer_id: UUID | None = None
    business_id: UUID | None = None
    site_id: UUID | None = None
    positive_no: int | None = None
    document_no: str | None = None
    source: str = ""
    reason: str | None = None
    lifted_at: datetime | None = None
    void: bool = False

    @property
    def last_day(self) -> date | None:
        """Return the last whole day of it: one that was lifted ends the day before; None is until further notice."""
        days = [self.ends_on] if self.ends_on else []
        if self.lifted_at is not None:
            days.append(self.lifted_at.astimezone(BEIJING).date() - timedelta(days=1))
        return min(days, default=None)


def on_day(measure: Measure, day: date) -> bool:
    """Say whether a measure held the whole of a day: asked of the day on which goods were declared."""
    last = measure.last_day
    return not measure.void and measure.starts_on <= day and (last is None or day <= last)


def in_force(measure: Measure, at: datetime) -> bool:
    """Say whether a measure holds at a moment; one that is lifted holds until that very moment."""
    day = at.astimezone(BEIJING).date()
    return (
        not measure.void
        and measure.starts_on <= day
        and (measure.ends_on is None or day <= measure.ends_on)
        and (measure.lifted_at is None or at < measure.lifted_at)
    )


def latest(measures: Iterable[Measure]) -> list[Measure]:
    """Return the newest version of each measure."""
    newest: dict[UUID, Measure] = {}
    for measure in measures:
        known = newest.get(measure.measure_id)
        if known is None or known.version < measure.version:
            newest[measure.measure_id] = measure
    return list(newest.values())


def stopping(
    measures: Iterable[Measure], *, business_id: UUID, site_id: UUID | None, region_code: str, at: datetime
) -> Measure | None:
    """Return the measure that keeps a business from sending goods out of a site in a region now, None when none does.

    A circuit breaker stops its business, at one site or everywhere in its region. A lock-down stops every business at
    sites within it but those whose white list entry covers the site.
    """
    here = [
        measure for measure in latest(measures) if in_force(measure, at) and within(region_code, measure.region_code)
    ]
    ours = [measure for measure in here if measure.business_id == business_id]
    broken = [measure for measure in ours if measure.kind == CIRCUIT_BREAKER and measure.site_id in {None, site_id}]
    if broken:
        return _first(broken)
    listed = any(measure.kind == WHITE_LIST for measure in ours)
    closed = [measure for measure in here if measure.kind == LOCKDOWN]
    return _first(closed) if closed and not listed else None


def _first(measures: Sequence[Measure]) -> Measure:
    """Return the one that began first; of those that began on one day the same one always."""
    return min(measures, key=lambda measure: (measure.starts_on, measure.measure_id))


def suggested_end(weeks: Sequence[int], positive_no: int, starts_on: date) -> date:
    """Return the last day of a suspension after the plant's `positive_no`-th positive: `weeks` says how long (data).

    The last figure of `weeks` serves all later positives. Raises ValueError for none, or a number below 1.
    """
    if not weeks or positive_no < 1:
        raise ValueError("a suspension follows a positive, and the rule book says how long it lasts")
    return starts_on + timedelta(days=7 * weeks[min(positive_no, len(weeks)) - 1] - 1)
