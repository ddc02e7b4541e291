"""The form of a dispatch: from a zone, lines of what lies there, to a business or to a name and a phone.

A refusal is shown with what each line lacks and where to add it, above the form with everything that was typed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.batches import pages_goods
from coldchain.batches import pages_words as goods_words
from coldchain.batches.models import Batch
from coldchain.core import clock, limits, pages, vocabulary
from coldchain.core.errors import DomainError
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.page_forms import Form, copy
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Product, Site, Zone
from coldchain.registry.service.reach import goods_within, sites_within
from coldchain.registry.words import ZONE_KINDS
from coldchain.trade.models import HANDOVERS
from coldchain.trade.service import dating

LINES: Final = "lines"
RECEIVERS_SHOWN: Final = 8
QUERY_CHARS_MIN: Final = 2
LABELS: Final[dict[str, LazyText]] = {
    "from_zone_id": _l("From"),
    "to": _l("Receiver"),
    "to-business": _l("Receiver"),
    "_receiver": _l("Receiver"),
    "to-name": _l("Receiver's name"),
    "to-phone": _l("Receiver's phone"),
    "to-address": _l("Receiver's address"),
    "handover": _l("Hand-over"),
    "departure_temperature_c": _l("Temperature on departure"),
    "carrier": _p("of goods", "Carrier"),
    "vehicle_plate": _l("Vehicle plate"),
    "driver-name": _l("Driver"),
    "driver-phone": _l("Driver's phone"),
    "occurred_at": _l("Sent at"),
    "lines": _l("The goods"),
    "lines-*-batch_id": _l("Batch"),
    "lines-*-quantity_units": _l("Quantity"),
    "_lines-*-pieces": _l("Number of pieces"),
}


@dataclass(frozen=True)
class Offer:
    """One batch that lies in the zone, with what of it nothing holds."""

    batch: Batch
    product: Product
    units: int
    free_units: int

    @property
    def text(self) -> str:
        """Return the batch in one line, for a select."""
        parts = [
            goods_words.product_name(self.product),
            self.batch.batch_code,
            _("free: %(quantity)s", quantity=goods_words.quantity(self.free_units, self.product)),
            str(vocabulary.status_chip("locked" if not self.free_units else self.batch.status).word),
        ]
        if self.batch.expiry_date and self.batch.expiry_date < dating.day_of(clock.now()):
            parts.append(_("past its date: %(day)s", day=pages.day(self.batch.expiry_date)))
        return " | ".join(parts)


def places(session: Session, actor: Actor, owner: Business) -> list[tuple[Zone, Site]]:
    """Return the zones where goods of `owner` lie that the reader may send, by site and code."""
    held = select(col(Holding.zone_id)).where(
        col(Holding.owner_id) == owner.business_id, col(Holding.account) == "zone", col(Holding.quantity_units) > 0
    )
    statement = (
        select(Zone, Site)
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(col(Zone.zone_id).in_(held))
        .order_by(col(Site.name), col(Zone.code))
    )
    reach = scope(actor, "trade.dispatch")
    own = actor.business_id == owner.business_id  # else goods that the reader only keeps, or looks after as an officer
    statement = statement.where(goods_within(reach, owner.business_id) if own else sites_within(reach))
    return [(zone, site) for zone, site in session.execute(statement)]


def place_text(zone: Zone, site: Site) -> str:
    """Return a zone with its site in one line."""
    return " ".join([site.name, zone.code, str(ZONE_KINDS[zone.kind])])


def offers(session: Session, owner: Business, zone_id: UUID, wanted: list[UUID]) -> list[Offer]:
    """Return what of `owner` lies in a zone, newest first, the `wanted` batches in any case."""
    statement = (
        select(Holding, Batch, Product)
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(
            col(Holding.owner_id) == owner.business_id,
            col(Holding.zone_id) == zone_id,
            col(Holding.account) == "zone",
            col(Holding.quantity_units) > 0,
        )
        .order_by(col(Batch.batch_id).in_(wanted).desc(), col(Batch.batch_id).desc())
        .limit(limits.PAGE_MAX)
    )
    return [
        Offer(batch, product, holding.quantity_units, holding.quantity_units - holding.held_units)
        for holding, batch, product in session.execute(statement)
    ]


def receivers(session: Session, actor: Actor, query: str, chosen: str = "") -> dict[str, Any]:
    """Return the businesses that a name or number finds, the chosen one first, as tiles; the last is none of them."""
    query = query.strip()[: limits.SEARCH_CHARS]
    options: list[dict[str, Any]] = []
    more = False
    if chosen and pages_goods.uuids([chosen]):
        brief = registry.brief(session, pages_goods.uuids([chosen]))
        options += [_receiver(found.business_id, found.name, found.uscc) for found in brief.values()]
    if len(query) >= QUERY_CHARS_MIN:
        rows, following = registry.search_businesses(session, actor, q=query, limit=RECEIVERS_SHOWN)
        more = following is not None
        options += [
            _receiver(row["business_id"], row["name"], row["uscc"])
            for row in rows
            if str(row["business_id"]) != chosen and row["business_id"] != actor.business_id
        ]
    value = chosen if any(option["value"] == chosen for option in options) else ""
    if not value and len(options) == 1:
        value = options[0]["value"]
    if options:
        none = _("None of these: a name and a phone below")
        options.append({"value": "", "text": none, "hint": "", "full": True})
    return {"options": options, "value": value, "more": more, "asked": len(query) >= QUERY_CHARS_MIN}


def _receiver(business_id: Any, name: str, uscc: str | None) -> dict[str, Any]:
    return {"value": str(business_id), "text": name, "hint": uscc or _("Provisional"), "full": True}


def for_schema(form: Form, listed: list[Offer]) -> Form:
    """Return the form with quantities in the ledger's unit and without the page's own fields."""
    fields = copy(form)
    sizes = {str(offer.batch.batch_id): offer.product.units_per_piece for offer in listed}
    chosen = {
        int(found[1]): text
        for name, text in form.items(multi=True)
        if (found := re.fullmatch(rf"{LINES}-(\d{{1,4}})-batch_id", name))
    }
    pages_goods.fill_quantities(fields, LINES, {index: sizes.get(text, 1) for index, text in chosen.items()})
    return fields


def on_page(errors: Mapping[str, str], form: Form) -> dict[str, str]:
    """Return errors of the schema's fields at the page's own fields."""
    moved = pages_goods.at_pieces(errors, LINES, form)
    return {{"to": "_receiver", "to-business": "_receiver"}.get(name, name): text for name, text in moved.items()}


def explained(error: DomainError, listed: list[Offer], lines: list[UUID]) -> list[dict[str, Any]]:
    """Return, for each line that was refused, its goods, what is missing or in the way, and what to do next."""
    known = {offer.batch.batch_id: offer for offer in listed}
    rows: dict[UUID, list[str]] = {}
    for line in error.extra.get("missing", ()):
        rows[UUID(str(line["batch_id"]))] = [
            goods_words.sentences([goods_words.own_words(item, "message"), goods_words.own_words(item, "next")])
            for item in line["missing"]
        ]
    for hold in error.extra.get("holds", ()):
        said = [_("Locked in the books: must not leave."), _("The batch's page says since when and why.")]
        rows.setdefault(UUID(str(hold["batch_id"])), [goods_words.sentences(said)])
    for batch_id, units in error.extra.get("available", {}).items():
        offer = known.get(UUID(str(batch_id)))
        there = goods_words.quantity(units, offer.product) if offer else str(units)
        rows[UUID(str(batch_id))] = [_("Not enough: %(quantity)s are there.", quantity=there)]
    return [
        {"batch_id": batch_id, "offer": known.get(batch_id), "items": items, "line": lines.index(batch_id) + 1}
        for batch_id, items in rows.items()
        if batch_id in lines
    ]


def handovers() -> tuple[str, ...]:
    """Return the ways to hand goods over, the usual one first."""
    return HANDOVERS
