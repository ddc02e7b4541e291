"""Pure: what a movement of one batch writes on which accounts. Every function returns entries that sum to zero (R10).

A custody account is (owner, zone), a consignment on the road, or a zone where goods are being processed; goods that
entered or left the books stand against an external account, which has no balance of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

CUSTODY: Final = frozenset({"zone", "transit", "processing"})
LEAVING: Final = frozenset(
    {"sold", "used", "destroyed", "lost", "missing", "returned"}
)  # out of custody, for good or not
RECOVERABLE: Final = frozenset({"sold", "missing"})  # R10: recovered goods come back from these only
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
    travels, entering goods, facts that are entered late); every other movement is refused for held units (R8).
    `takes_held`: units that are held apart may go too, held ones `first` (destruction, return, into quarantine) or
    `last` (what already happened); the hold shrinks with them, or follows them to where they are next, a zone or a
    road. What comes off a road with `moves_locked` brings along what is held of it without saying so.
    """

    kind: str
    batch_id: UUID
    entries: tuple[Entry, ...]
    occurred_at: datetime
    arrival_id: UUID | None = None
    consignment_id: UUID | None = None
    entry_id: UUID | None = None
    corrects_id: UUID | None = None
    reason: str | None = None
    late: bool = False
    on_behalf_of: UUID | None = None
    moves_locked: bool = field(default=False, kw_only=True)
    takes_held: Literal["first", "last"] | None = field(default=None, kw_only=True)


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


def leave(account: str, owner_id: UUID, zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries that take `quantity_units` (≥ 1) from a zone out of custody onto one of LEAVING (R10)."""
    if account not in LEAVING:
        raise AssertionError(f"goods don't leave custody onto {account!r}")
    units = _positive(quantity_units)
    entries = (
        Entry("zone", owner_id, zone_id, None, -units),
        Entry(account, owner_id, None, None, units),
    )
    balanced(entries)
    return entries


def recover(account: str, owner_id: UUID, zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries that bring `quantity_units` (≥ 1) back into a zone from one of RECOVERABLE (R10)."""
    if account not in RECOVERABLE:
        raise AssertionError(f"goods aren't recovered from {account!r}")
    units = _positive(quantity_units)
    entries = (
        Entry(account, owner_id, None, None, -units),
        Entry("zone", owner_id, zone_id, None, units),
    )
    balanced(entries)
    return entries


def find(owner_id: UUID, zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries of `quantity_units` (≥ 1) that lie in a zone and that no book knew of (R20)."""
    units = _positive(quantity_units)
    entries = (
        Entry("found", owner_id, None, None, -units),
        Entry("zone", owner_id, zone_id, None, units),
    )
    balanced(entries)
    return entries


def relocate(owner_id: UUID, zone_id: UUID, to_zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries that store `quantity_units` (≥ 1) of the same owner in another zone."""
    if zone_id == to_zone_id:
        raise AssertionError("a relocation changes the zone")
    units = _positive(quantity_units)
    entries = (
        Entry("zone", owner_id, zone_id, None, -units),
        Entry("zone", owner_id, to_zone_id, None, units),
    )
    balanced(entries)
    return entries


def change_owner(owner_id: UUID, to_owner_id: UUID, zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries that make `quantity_units` (≥ 1) another's where they lie."""
    if owner_id == to_owner_id:
        raise AssertionError("a change of owner changes the owner")
    units = _positive(quantity_units)
    entries = (
        Entry("zone", owner_id, zone_id, None, -units),
        Entry("zone", to_owner_id, zone_id, None, units),
    )
    balanced(entries)
    return entries


def open_pieces(owner_id: UUID, zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries of pieces opened in a zone: `quantity_units` (≥ 1) go out packed and come back loose."""
    units = _positive(quantity_units)
    entries = (
        Entry("zone", owner_id, zone_id, None, -units),
        Entry("zone", owner_id, zone_id, None, units),
    )
    balanced(entries)
    return entries


def transform_in(owner_id: UUID, zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries of `quantity_units` (≥ 1) of a batch that goes into another: by processing, or by a split."""
    units = _positive(quantity_units)
    entries = (
        Entry("zone", owner_id, zone_id, None, -units),
        Entry("transformed", owner_id, None, None, units),
    )
    balanced(entries)
    return entries


def transform_out(owner_id: UUID, zone_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries of `quantity_units` (≥ 1) of a new batch that others went into."""
    units = _positive(quantity_units)
    entries = (
        Entry("transformed", owner_id, None, None, -units),
        Entry("zone", owner_id, zone_id, None, units),
    )
    balanced(entries)
    return entries


def confirm_surplus(
    seller_id: UUID, from_zone_id: UUID | None, buyer_id: UUID, zone_id: UUID, quantity_units: int
) -> tuple[Entry, Entry]:
    """Return the entries of `quantity_units` (≥ 1) beyond what was sent: from the seller's zone, else found."""
    units = _positive(quantity_units)
    source = (
        Entry("found", buyer_id, None, None, -units)
        if from_zone_id is None
        else Entry("zone", seller_id, from_zone_id, None, -units)
    )
    entries = (source, Entry("zone", buyer_id, zone_id, None, units))
    balanced(entries)
    return entries


def settle(account: str, seller_id: UUID, consignment_id: UUID, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries of `quantity_units` (≥ 1) of a road that ended outside the books.

    `lost` or `missing` on the way, or `sold`: handed to somebody without an account.
    """
    if account not in {"lost", "missing", "sold"}:
        raise AssertionError(f"goods on the road don't end on {account!r}")
    units = _positive(quantity_units)
    entries = (
        Entry("transit", seller_id, None, consignment_id, -units),
        Entry(account, seller_id, None, consignment_id, units),
    )
    balanced(entries)
    return entries


def carry_over(from_id: UUID, into_id: UUID, account: Account, quantity_units: int) -> tuple[Entry, Entry]:
    """Return the entries that bring `quantity_units` (≥ 1) from one identity of a business to another, where they are.

    In custody only: what left custody stays told under the identity that it left from.
    """
    if account.account not in CUSTODY or from_id == into_id or account.owner_id != from_id:
        raise AssertionError("what is in custody is carried from one identity to another")
    gone = Entry(*account, -_positive(quantity_units))
    entries = (gone, replace(gone, owner_id=into_id, quantity_units=quantity_units))
    balanced(entries)
    return entries


def standing(entries: tuple[Entry, ...], owners: Mapping[UUID, UUID]) -> tuple[Entry, ...]:
    """Return entries on the accounts of the owners that stand now: nothing is posted under a merged identity any more.

    External accounts are sums over all identities of an owner, so that what one lost another may recover.
    """
    return tuple(replace(entry, owner_id=owners.get(entry.owner_id, entry.owner_id)) for entry in entries)


def reverse(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries that undo `entries`: what a correction posts, whole or in part."""
    return balanced(tuple(replace(entry, quantity_units=-entry.quantity_units) for entry in reversed(entries)))
