"""What differs between the ways to enter an arrival: when it happened, whether it is late, what an officer is told."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlmodel import Session

from coldchain.batches.flags import Mark
from coldchain.batches.models import MADE_MODES, Arrival
from coldchain.batches.service.arrival_lines import Line
from coldchain.core import clock, limits
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid
from coldchain.policy import engine
from coldchain.policy import service as policy
from coldchain.regions.tree import ancestry
from coldchain.registry.models import Product, Site

NUMBERS_MISSING: Final = frozenset({"container_missing", "seal_missing"})
STORES: Final = frozenset({"cold_store", "first_store"})


def moment_of(
    entry_mode: str, arrived_at: datetime | None, expected_at: datetime | None, occurred_at: datetime | None
) -> datetime:
    """Return when goods came, or are expected when they are declared in advance (R3)."""
    if entry_mode != "declared":
        if entry_mode == "paper" and arrived_at is None and occurred_at is None:
            raise Invalid.of("/arrived_at", "required", "Say when the goods came, as the paper has it.")
        return claimed(arrived_at or occurred_at, "/arrived_at" if arrived_at else "/occurred_at")
    if arrived_at is not None:
        raise Invalid.of("/arrived_at", "not_yet", "Declared goods have not come yet; say when they are taken in.")
    if expected_at is None:
        raise Invalid.of("/expected_at", "required", "Say when the goods are expected.")
    now = clock.now()
    if expected_at < now - timedelta(seconds=limits.CLOCK_SKEW_S):
        raise Invalid.of("/expected_at", "in_past", "This time is over: enter the goods as arrived.")
    if expected_at > now + timedelta(days=limits.DECLARED_DAYS_MAX):
        raise Invalid.of("/expected_at", "too_far", "At most {limit} days ahead.", limit=limits.DECLARED_DAYS_MAX)
    return expected_at


def entered_late(session: Session, happened_at: datetime) -> bool:
    """Say whether a fact that is entered now counts as entered late (补录)."""
    now = clock.now()
    return now - happened_at > timedelta(minutes=int(policy.parameter(session, "late_after_min", now.date())))


def marks(session: Session, arrival: Arrival, site: Site, lines: Sequence[Line]) -> list[Mark]:
    """Return what an officer is told of a new arrival.

    Declared too shortly before or not at all (R3), without the numbers of its container (R6), entered from paper,
    existing stock that was registered after the period for it (R1). The books may be late, never refused for it.
    """
    if arrival.entry_mode == "declared":
        mark = declared_late(session, arrival, site, arrival.expected_at) if arrival.expected_at else None
        return [mark] if mark else []
    found: list[tuple[str, dict[str, Any]]] = []
    imports = from_abroad((line.product, site) for line in lines)
    if arrival.entry_mode == "arrived" and imports and arrival.arrived_at is not None:
        hours = int(policy.parameter(session, "predeclare_h", arrival.arrived_at.astimezone(clock.BEIJING).date()))
        found += [("not_declared", {"hours": hours})] if hours else []
    if arrival.entry_mode == "paper":
        found.append(("entered_from_paper", {}))
    if arrival.entry_mode == "existing_stock":
        until = _grace_over(session, arrival, site, lines)
        found += [("existing_after_grace", {"grace_until": until.isoformat()})] if until else []
    found += [(kind, {}) for kind in seen_at_once(arrival, (), imports=imports) if kind in NUMBERS_MISSING]
    return [_mark(kind, arrival, site, data) for kind, data in found]


def numbers_missing(arrival: Arrival, site: Site, lines: Iterable[tuple[Product, Site | None]]) -> list[Mark]:
    """Return what an officer is told of declared goods that were taken in without the numbers of their container."""
    seen = seen_at_once(arrival, (), imports=from_abroad(lines))
    return [_mark(kind, arrival, site, {}) for kind in seen if kind in NUMBERS_MISSING]


def _mark(kind: str, arrival: Arrival, site: Site, data: dict[str, Any]) -> Mark:
    return Mark(kind, "arrival", arrival.arrival_id, site.region_code, arrival.arrived_at or arrival.occurred_at,
                business_id=arrival.owner_id, data=data)  # fmt: skip


def _grace_over(session: Session, arrival: Arrival, site: Site, lines: Sequence[Line]) -> date | None:
    """Return the last day on which existing stock like this could be registered, None while it may be or none is set.

    The row of the gate counts, that of the day on which the goods came; of several kinds of goods the latest day.
    """
    came_on = (arrival.arrived_at or arrival.occurred_at).astimezone(clock.BEIJING).date()
    rows, regions = policy.rows(session), ancestry(site.region_code)
    asked = {(line.product.category, line.product.imported) for line in lines}
    chosen = [engine.choose(rows, regions=regions, on=came_on, category=c, imported=i) for c, i in asked]
    ends = [row.grace_until for row in chosen if row is not None and row.grace_until is not None]
    today = arrival.recorded_at.astimezone(clock.BEIJING).date()
    return max(ends) if ends and max(ends) < today else None


def declared_late(session: Session, arrival: Arrival, site: Site, comes_at: datetime) -> Mark | None:
    """Return the mark of goods declared less than `predeclare_h` before they come (迟报, R3), None in time.

    It counts when we learned of it, not when the declarer says to have declared.
    """
    declared = arrival.recorded_at
    hours = int(policy.parameter(session, "predeclare_h", declared.astimezone(clock.BEIJING).date()))
    if comes_at - declared >= timedelta(hours=hours):
        return None
    data = {"comes_at": comes_at.isoformat(), "declared_at": declared.isoformat(), "hours": hours}
    return Mark(
        "declared_late", "arrival", arrival.arrival_id, site.region_code, declared, business_id=arrival.owner_id,
        data=data,
    )  # fmt: skip


def from_abroad(lines: Iterable[tuple[Product, Site | None]]) -> bool:
    """Say whether a store takes in imported goods, which came in a container (R6); elsewhere they come by the case."""
    return any(product.imported and site is not None and site.kind in STORES for product, site in lines)


def seen_at_once(arrival: Arrival, mixed_lines: Sequence[int], *, imports: bool) -> list[str]:
    """Return what an officer should look at: facts, never accusations (R4, R6).

    `imports` says that a store takes in goods `from_abroad`.
    """
    found = []
    if mixed_lines:
        found.append("suspected_mixed_storage")
    came = arrival.entry_mode not in {"existing_stock", *MADE_MODES} and arrival.arrived_at is not None
    if came and imports and not arrival.container_no:
        found.append("container_missing")
    if came and (imports or arrival.container_no) and not arrival.seal_no:
        found.append("seal_missing")
    if arrival.entry_mode == "paper":
        found.append("from_paper")
    return found
