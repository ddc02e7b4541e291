"""Which entries may be made about some goods now, as links: on a batch's page and beside a row of the stock.

What is not offered here is refused by the services all the same; this only says what would be let through (R1, R8).
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from coldchain.core.i18n import gettext as _
from coldchain.registry.models import Product, Zone
from coldchain.trade import pages_words as words
from coldchain.trade.entry_pages.kinds import ACTS

NEEDS_GATE: Final = frozenset({"sale", "use", "owner_change", "transformation"})  # R1
IN_STORE: Final = ("relocation", "sale", "use", "opening", "transformation", "split", "owner_change")
LIKELY: Final = {
    "sale_counter": ("sale", "opening", "relocation", "use", "transformation", "split", "owner_change"),
    "processing": ("use", "transformation", "sale", "relocation", "opening", "split", "owner_change"),
}
PATHS: Final = {act.kind: act.path for act in ACTS.values()} | {"transformation": "/transformations/new"}
LOCKED_TOO: Final = ("loss", "stocktake", "return", "destruction")  # never refused for a lock (R8)


@dataclass(frozen=True)
class Lies:
    """Goods of one batch and owner in a zone: units, of them held ones; whether the gate lets the batch leave."""

    batch_id: UUID
    product: Product
    zone: Zone
    quantity_units: int
    held_units: int
    clear: bool

    @property
    def free_units(self) -> int:
        """Return the units that nothing holds."""
        return self.quantity_units - self.held_units


@dataclass(frozen=True)
class Offered:
    """One link: the kind of entry, its address, its words."""

    kind: str
    href: str
    label: str


def about(lies: Lies, owner_id: UUID | None) -> list[Offered]:
    """Return the entries that may be made about goods now, the likeliest first; `owner_id` when an officer enters.

    Under a lock: into a quarantine zone, loss, count, return, destruction, and what happened before it (R8). While the
    gate is shut: all that doesn't need it, and what happened before (R1).
    """
    free, clear = lies.free_units > 0, lies.clear
    opens = lies.product.units_per_piece > 1 and lies.free_units >= lies.product.units_per_piece
    allowed: set[str] = {"relocation", "split"} if free else set()
    allowed |= NEEDS_GATE if free and clear else set()
    allowed |= {"opening"} if opens else set()
    order = LIKELY.get(lies.zone.kind, IN_STORE) if clear else IN_STORE
    kinds = [kind for kind in order if kind in allowed]
    found = [_link(lies, owner_id, kind, str(words.ENTRY_KINDS[kind])) for kind in kinds]
    if not free and lies.zone.kind != "quarantine":
        label = _("Move into quarantine")
        found.insert(0, _link(lies, owner_id, "relocation", label, quarantine="1"))
    found += [_link(lies, owner_id, kind, str(words.ENTRY_KINDS[kind])) for kind in LOCKED_TOO]
    if not (free and clear):
        found.append(_link(lies, owner_id, "sale", _("Sold before? Enter it late")))
        found.append(_link(lies, owner_id, "use", _("Used before? Enter it late")))
    return found


def recovery(batch_id: UUID, owner_id: UUID | None) -> Offered:
    """Return the entry for goods of a batch that are back, though none of it needs to lie anywhere."""
    query = {"batch_id": batch_id} | ({"owner": owner_id} if owner_id else {})
    return Offered("recovery", f"{ACTS['recovery'].path}?{urlencode(query)}", str(words.ENTRY_KINDS["recovery"]))


def _link(lies: Lies, owner_id: UUID | None, kind: str, label: str, **more: str) -> Offered:
    if kind == "split":
        return Offered(kind, f"/batches/{lies.batch_id}/split", label)
    query = {"zone_id": lies.zone.zone_id, "batch_id": lies.batch_id} | ({"owner": owner_id} if owner_id else {}) | more
    return Offered(kind, f"{PATHS[kind]}?{urlencode(query)}", label)
