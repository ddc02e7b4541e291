"""What differs between the ways to enter an arrival: when it happened, whether it is late, what an officer is told."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from coldchain.batches.flags import Mark
from coldchain.batches.models import MADE_MODES, Arrival
from coldchain.core import clock, limits
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid
from coldchain.policy import service as policy
from coldchain.registry.models import Product, Site

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


def marks(session: Session, arrival: Arrival, site: Site) -> list[Mark]:
    """Return what an officer is told of a new arrival: declared too shortly before (R3), entered from paper."""
    if arrival.entry_mode == "declared" and arrival.expected_at is not None:
        mark = declared_late(session, arrival, site, arrival.expected_at)
        return [mark] if mark else []
    if arrival.entry_mode != "paper":
        return []
    return [
        Mark("entered_from_paper", "arrival", arrival.arrival_id, site.region_code, arrival.occurred_at,
             business_id=arrival.owner_id)
    ]  # fmt: skip


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
