"""Pure: what a movement of one batch writes on which accounts. Every function returns entries that sum to zero (R10).

A custody account is (owner, zone), a consignment on the road, or a zone where goods are being processed; goods that
entered or left the books stand against an external account, which has no balance of its own.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

CUSTODY: Final = frozenset({"zone", "transit", "processing"})
_NONE: Final = UUID(int=0)


class Account(NamedTuple):
    """One account of one batch: its kind, whose goods, and where (zone) or on which road (consignment)."""

    account: str
    owner_id: UUID
    zone_id: UUID | None
    consignment_id: UUID | None

    def order(self) -> tuple[str, UUID, UUID, UUID]:
        """Return the key by which accounts are locked, the same for every writer."""
        return self.account, self.owner_id, self.zone_id or _NONE, self.consignment_id or _NONE


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a movement: `quantity_units` is signed, what an account gains or gives."""

    account: str
    owner_id: UUID
    zone_id: UUID | None
    consignment_id: UUID | None
    quantity_units: int

    @property
    def place(self) -> Account:
        """Return the account that this entry is on."""
        return Account(self.account, self.owner_id, self.zone_id, self.consignment_id)


@dataclass(frozen=True, slots=True)
class Draft:
    """A movement to be posted: one batch, entries that sum to zero, when it happened.

    `moves_locked`: allowed while the batch is held, and carries the lock along (confirming or rejecting what already
    travels, entering goods); every other movement is refused for held units (R8).
    """

    kind: str
    batch_id: UUID
    entries: tuple[Entry, ...]
    occurred_at: datetime
    arrival_id: UUID | None = None
    consignment_id: UUID | None = None
    reason: str | None = None
    late: bool = False
    on_behalf_of: UUID | None = None
    moves_locked: bool = field(default=False, kw_only=True)


def balanced(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return `entries` unchanged after asserting that they balance and that none is empty (R10)."""
    if sum(entry.quantity_units for entry in entries) != 0:
        raise AssertionError("the entries of a movement must sum to zero")
    if any(entry.quantity_units == 0 for entry in entries) or not entries:
        raise AssertionError("an entry moves at least one unit")
    return entries


def _positive(quantity_units: int) -> int:
    if quantity_units < 1:
        raise AssertionError("a movement moves at least one unit")
    return quantity_units


def intake(owner_id: UUID, zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries that bring `quantity_units` (≥ 1) of a new batch into an owner's zone."""
    units = _positive(quantity_units)
    entries = (
        Entry("opening", owner_id, None, None, -units),
        Entry("zone", owner_id, zone_id, None, units),
    )
    balanced(entries)
    return entries


def dispatch(owner_id: UUID, zone_id: UUID, consignment_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries that send `quantity_units` (≥ 1) on the road; they stay the seller's until confirmed."""
    units = _positive(quantity_units)
    entries = (
        Entry("zone", owner_id, zone_id, None, -units),
        Entry("transit", owner_id, None, consignment_id, units),
    )
    balanced(entries)
    return entries


def hand_over(owner_id: UUID, zone_id: UUID, consignment_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries of goods signed for by somebody without an account: they leave custody as sold (R12)."""
    units = _positive(quantity_units)
    entries = (
        Entry("zone", owner_id, zone_id, None, -units),
        Entry("sold", owner_id, None, consignment_id, units),
    )
    balanced(entries)
    return entries


def confirm(
    seller_id: UUID, buyer_id: UUID, zone_id: UUID, consignment_id: UUID, quantity_units: int
) -> tuple[Entry, Entry]:
    """Return the entries that put `quantity_units` (≥ 1) from the road into the buyer's zone, now the buyer's."""
    units = _positive(quantity_units)
    entries = (
        Entry("transit", seller_id, None, consignment_id, -units),
        Entry("zone", buyer_id, zone_id, None, units),
    )
    balanced(entries)
    return entries


def reject(seller_id: UUID, zone_id: UUID, consignment_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries that put `quantity_units` (≥ 1) from the road back into the seller's zone."""
    units = _positive(quantity_units)
    entries = (
        Entry("transit", seller_id, None, consignment_id, -units),
        Entry("zone", seller_id, zone_id, None, units),
    )
    balanced(entries)
    return entries
