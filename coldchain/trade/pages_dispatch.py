"""The form of a dispatch: from a zone, lines of what lies there, to a business or to a name and a phone.

A refusal is shown with what each line lacks and where to add it, above the form with everything that was typed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.batches import labelled, pages_goods
from coldchain.batches import pages_words as goods_words
from coldchain.batches.models import Batch
from coldchain.core import clock, limits, pages, vocabulary
from coldchain.core.errors import DomainError
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.page_forms import Form, copy
from coldchain.core.text import looked_for, search_terms
from coldchain.core.text_search import contains
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Producer, Product, Site, Zone
from coldchain.registry.service.reach import goods_within, sites_within
from coldchain.registry.words import ZONE_KINDS
from coldchain.trade.models import HANDOVERS
from coldchain.trade.service import dating

LINES: Final = "lines"
RECEIVERS_SHOWN: Final = 8
OFFERS_SHOWN: Final = 8
FIND: Final = re.compile(rf"_{LINES}-(\d{{1,4}})-find")
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
    def is_past(self) -> bool:
        """Say whether the goods are past their date."""
        return self.batch.expiry_date is not None and self.batch.expiry_date < dating.day_of(clock.now())

    @property
    def tile(self) -> dict[str, Any]:
        """Return the batch as a tile to choose: which it is, how much is free or there; what is in its way first."""
        chip = vocabulary.status_chip("locked" if not self.free_units else self.batch.status)
        said = [str(chip.word)] if not self.free_units or self.batch.status != "cleared" else []
        if self.is_past:
            said.insert(0, _("past its date: %(day)s", day=pages.day(self.batch.expiry_date)))
        may_leave = self.batch.status == "cleared" or not self.free_units
        quantity = goods_words.quantity(self.free_units if may_leave else self.units, self.product)
        facts = [
            *said,
            _("free: %(quantity)s", quantity=quantity) if may_leave else _("in stock: %(quantity)s", quantity=quantity),
            self.batch.batch_code,
            self.batch.batch_no or "",
            _("produced %(day)s", day=pages.day(self.batch.production_date)) if self.batch.production_date else "",
        ]
        return {
            "value": str(self.batch.batch_id),
            "text": goods_words.product_name(self.product),
            "hint": _(", ").join(fact for fact in facts if fact),
            "icon": "clock-x" if self.is_past else chip.icon if said else "",
            "full": True,
        }


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


def offers(session: Session, owner: Business, zone_id: UUID, wanted: Sequence[UUID]) -> list[Offer]:
    """Return what of these batches of `owner` lies in a zone."""
    return _offers(session, owner, zone_id, col(Batch.batch_id).in_(wanted), limit=len(wanted)) if wanted else []


def _offers(
    session: Session, owner: Business, zone_id: UUID, condition: ColumnElement[bool], *, limit: int
) -> list[Offer]:
    """Return what of `owner` lies in a zone: what may leave first, of that what has to be used first."""
    today = dating.day_of(clock.now())
    free = col(Holding.held_units) < col(Holding.quantity_units)
    may_leave = and_(free, col(Batch.status) == "cleared", func.coalesce(col(Batch.expiry_date) >= today, true()))
    statement = (
        select(Holding, Batch, Product)
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(
            col(Holding.owner_id) == owner.business_id,
            col(Holding.zone_id) == zone_id,
            col(Holding.account) == "zone",
            col(Holding.quantity_units) > 0,
            condition,
        )
        .order_by(may_leave.desc(), col(Batch.expiry_date), col(Batch.batch_id))
        .limit(limit)
    )
    return [
        Offer(batch, product, holding.quantity_units, holding.quantity_units - holding.held_units)
        for holding, batch, product in session.execute(statement)
    ]


def found_goods(
    session: Session, owner: Business, zone_id: UUID, query: str, chosen: str = "", *, only: bool = False
) -> dict[str, Any]:
    """Return what a line shows of a zone's batches: the chosen one first, then those that the typed text finds.

    Typed or scanned: a label, a batch code, a production batch number, a product or producer, its initials, a GTIN.
    Without a text the first that may leave. The only one that is found is chosen at once, `only`: also untyped.
    """
    query = looked_for(query, limits.SEARCH_CHARS)
    asked = len(query) >= QUERY_CHARS_MIN
    listed = _offers(session, owner, zone_id, _means(session, query) if asked else true(), limit=OFFERS_SHOWN + 1)
    options = [offer.tile for offer in listed[:OFFERS_SHOWN]]
    others = [option for option in options if option["value"] != chosen]
    named = [offer.tile for offer in offers(session, owner, zone_id, pages_goods.uuids([chosen] if chosen else []))]
    options = [*named, *others]
    value = chosen if named else ""
    if not value and len(options) == 1 and (asked or only):
        value = options[0]["value"]
    return {"options": options, "value": value, "more": len(listed) > OFFERS_SHOWN, "asked": asked}


def _means(session: Session, query: str) -> ColumnElement[bool]:
    """Return the condition on `Batch` that a typed or scanned text means it."""
    labelled_id = labelled.find_typed(session, [query]).get(query)
    if labelled_id is not None:
        return col(Batch.batch_id) == labelled_id
    terms = search_terms(pages_goods.scanned(query), limit=limits.SEARCH_TERMS)
    return and_(false() if not terms else true(), *(_has(term) for term in terms))


def _has(term: str) -> ColumnElement[bool]:
    """Return the condition that one term is found: in what was entered, or in names as they are now."""
    producers = select(col(Producer.producer_id)).where(contains(col(Producer.search_text), term))
    return or_(
        contains(col(Batch.search_text), term),
        contains(col(Product.search_text), term),
        col(Batch.producer_id).in_(producers),
    )


def lines_of(session: Session, owner: Business, zone_id: UUID, form: Form, count: int) -> list[dict[str, Any]]:
    """Return what each line of the form shows of the zone's batches."""
    return [
        found_goods(
            session, owner, zone_id, form.get(f"_{LINES}-{index}-find", ""),
            form.get(f"{LINES}-{index}-batch_id", ""), only=index == 0,
        )
        for index in range(count)
    ]  # fmt: skip


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
