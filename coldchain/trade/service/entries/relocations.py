"""Relocation: goods of one owner go into another zone, here or in another store (移库). Always judged as of now."""

from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.batches import flags, watch
from coldchain.batches.flags import Mark
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.i18n import N_
from coldchain.ledger import postings
from coldchain.ledger import service as ledger
from coldchain.registry import service as registry
from coldchain.registry.models import Zone
from coldchain.registry.service.reach import at
from coldchain.trade.models import StockEntry
from coldchain.trade.service import lateness
from coldchain.trade.service.entries import core, reading, storing
from coldchain.trade.service.entries.core import Document, Line

STORES: Final = frozenset({"cold_store", "first_store"})  # a third party's store has many tenants
WARMER: str = N_("That zone is warmer than the one where these goods lay: an officer is told.")


def relocate(session: Session, actor: Actor, *, to_zone_id: UUID, **given: Any) -> dict[str, Any]:
    """Store units of each batch in another zone; `given` as in `core.begin`; return the entry with its warnings.

    Locked goods go into a quarantine zone only, and their lock goes with them. Another business's place must be one
    that stores goods for others: into its shop or kitchen they go by a consignment that it answers. Raises as
    `core.begin`, Invalid `same_zone`, Conflict `not_a_store`, `zone_not_dedicated`, `zone_too_warm`, `locked`,
    `insufficient_stock` (R4, R8).
    """
    document = core.begin(session, actor, "relocation", to_zone_id=to_zone_id, **given)
    target, site = registry.site_of_zone(session, to_zone_id)
    authorize(actor, "stock.record", at(site, document.owner_id))
    if target.zone_id == document.zone.zone_id:
        raise Invalid.of("/to_zone_id", "same_zone", "The goods are in this zone already.")
    if site.business_id not in {document.owner_id, document.site.business_id} and site.kind not in STORES:
        if not actor.is_officer:
            raise NotFound  # what stands there is nothing that a stranger learns by asking
        raise Conflict(
            "Goods go into another business's shop, kitchen or plant by a consignment, which it confirms.",
            code="not_a_store",
            extra={"site_kind": site.kind},
        )
    marks = judge(session, document, target)
    lines = [
        Line(batch_id, units, document.draft("relocation", batch_id, entries(document, target, units), **marks))
        for batch_id, units in document.units.items()
    ]
    entry = core.write(session, actor, document, lines)
    if site.site_id != document.site.site_id:
        watch.tell_moved(session, actor, watch.Moved(document.units, document.owner_id, to_zone_id, None))
    return reading.made(session, actor, entry, told_of_warmth(session, actor, document, target, entry))


def judge(session: Session, document: Document, target: Zone) -> dict[str, Any]:
    """Lock the batches and say how they may go into `target`: marks of their drafts.

    Raises Conflict `zone_not_dedicated`, `zone_too_warm`, `locked` (R4, R8).
    """
    storing.require_fitting(storing.products_of(session, document.units), target)
    storing.require_cold_enough(document.zone, target)
    if target.kind == "quarantine":
        ledger.lock_batches(session, document.units, exclusive=True)
        return dict(core.PASSES_LOCKS)
    lateness.judge(session, document.leaving(happened=False, gated=False))
    return {}


def entries(document: Document, target: Zone, units: int) -> tuple[postings.Entry, postings.Entry]:
    """Return the entries of `units` that go from the document's zone into `target`."""
    return postings.relocate(document.owner_id, document.zone.zone_id, target.zone_id, units)


def told_of_warmth(
    session: Session, actor: Actor, document: Document, target: Zone, entry: StockEntry
) -> list[dict[str, str]]:
    """Flag goods that lie warmer now, and return the warning; nothing when they don't (R4)."""
    if not storing.is_warmer(document.zone, target):
        return []
    classes = {"from_class": document.zone.temperature_class, "to_class": target.temperature_class}
    marks = [
        Mark(
            "warmer_zone", "stock_entry", entry.entry_id, document.site.region_code, document.occurred_at, batch_id,
            document.owner_id, {"quantity_units": units, "zone_id": str(target.zone_id)} | classes,
        )
        for batch_id, units in document.units.items()
    ]  # fmt: skip
    flags.raise_(session, actor, marks)
    return [{"code": "warmer_zone", "message": WARMER}]
