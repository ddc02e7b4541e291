"""What may still be done with a batch, place by place: the entries that would be let through now."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.registry import service as registry
from coldchain.registry.service.reach import at
from coldchain.trade.entry_pages import offered, rows
from coldchain.trade.entry_pages.offered import Lies, Offered
from coldchain.trade.entry_pages.rows import Place


def acts(
    session: Session, actor: Actor, batch: Mapping[str, Any], *, clear: bool, stopped: AbstractSet[UUID] = frozenset()
) -> list[tuple[str, str, list[Offered]]]:
    """Return place, owner's name and links for each account of the batch that the reader may enter something about.

    `clear`: the gate lets it leave; `stopped`: the sites from which the owner may send nothing now. Goods that were
    sold or are unaccounted for may be recovered, wherever the rest is.
    """
    zones = registry.zones(session, [row["zone_id"] for row in batch["stock"]])
    product = registry.products(session, [batch["product"]["product_id"]])[batch["product"]["product_id"]]
    found = []
    for row in batch["stock"]:
        owner = row["owner"]
        if not row["zone_id"] or not may(actor, "stock.record", at(zones[row["zone_id"]][1], owner["business_id"])):
            continue
        zone, site = zones[row["zone_id"]]
        free = clear and site.site_id not in stopped
        lies = Lies(batch["batch_id"], product, zone, row["quantity_units"], row["locked_units"], free)
        links = offered.about(lies, None if actor.business_id else owner["business_id"])
        found.append((Place(zone, site, 0).text, "" if actor.business_id else owner["name"], links))
    back = _recoverable(session, actor, batch)
    if back is not None:
        found.append(("", back[0], [back[1]]))
    return found


def _recoverable(session: Session, actor: Actor, batch: Mapping[str, Any]) -> tuple[str, Offered] | None:
    """Return the owner's name and the link for goods that left custody and may come back (R10)."""
    owner = batch["owner"]
    owner_id = actor.business_id or owner["business_id"]
    entered = registry.sites(session, [batch["site_id"]])[batch["site_id"]]
    if not may(actor, "stock.record", at(entered, owner_id)):
        return None
    gone = rows.gone(session, owner_id, [batch["batch_id"]])[batch["batch_id"]]
    if not any(units > 0 for units in gone.values()):
        return None
    name = registry.brief(session, [owner_id])[owner_id].name
    return name, offered.recovery(batch["batch_id"], None if actor.business_id else owner_id)
