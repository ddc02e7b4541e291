"""Goods on the forms of stock entries: a row for each batch that lies in a zone, with what was typed beside it.

Fields are named by batch (`_pieces-<batch_id>`), not by row: when the stock changes while somebody types, no number
slips to another batch.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.batches import labelled, pages_goods
from coldchain.batches import pages_words as goods_words
from coldchain.batches.models import Batch
from coldchain.core import limits
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import Form, copy
from coldchain.ledger.models import Holding, Posting
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Site, Zone
from coldchain.registry.service.reach import goods_within, sites_within
from coldchain.registry.words import TEMPERATURE_CLASSES, ZONE_KINDS
from coldchain.trade.entry_pages.kinds import Act
from coldchain.trade.pages_dispatch import Offer

GRAMS_PER_KG: Final = 1_000
PIECES, LOOSE, REASON, SHORTAGE, SHOWN = "_pieces-", "_loose-", "_reason-", "_shortage-", "_row-"
_ROW: Final = re.compile(rf"(?:{PIECES}|{LOOSE}|{SHOWN})([0-9a-f-]{{36}})")
_LINE: Final = re.compile(r"lines-(\d+)-(\w+)")


class Place(NamedTuple):
    """A zone of goods, its site, and of how many batches something lies there."""

    zone: Zone
    site: Site
    batches: int

    @property
    def text(self) -> str:
        """Return the zone with its site in one line."""
        return " ".join([self.site.name, self.zone.code, str(ZONE_KINDS[self.zone.kind])])

    @property
    def with_temperature(self) -> str:
        """Return the zone with its site and how cold it is, for a choice."""
        return f"{self.text} {TEMPERATURE_CLASSES[self.zone.temperature_class]}"


@dataclass(frozen=True)
class Typed:
    """A form as its schema takes it, and which batch each line is."""

    form: Form
    batch_ids: tuple[UUID, ...]


def places(session: Session, actor: Actor, owner_id: UUID, act: Act, wanted: str) -> list[Place]:
    """Return the zones where goods of an owner lie, those first where this kind of entry is made; the `wanted` one too.

    Kinds that name goods by their code may begin in an empty zone of the owner's.
    """
    there = func.count().filter(col(Holding.quantity_units) > 0)
    ever = (
        select(Zone, Site, there)
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .join(Holding, col(Holding.zone_id) == col(Zone.zone_id))
        .where(
            col(Holding.owner_id) == owner_id,
            col(Holding.account) == "zone",
            goods_within(scope(actor, "stock.record"), owner_id),
        )
        .group_by(col(Zone.zone_id), col(Site.site_id))
    )
    known = {zone.zone_id: Place(zone, site, count) for zone, site, count in session.execute(ever)}
    if act.by_code:
        for zone, site in _own_zones(session, actor, owner_id):
            known.setdefault(zone.zone_id, Place(zone, site, 0))
    shown = [p for p in known.values() if p.batches or act.by_code or str(p.zone.zone_id) == wanted]
    return sorted(
        shown, key=lambda p: (not p.batches, act.zone_kinds.index(p.zone.kind), p.site.name, p.zone.code)
    )  # fmt: skip


def targets(session: Session, actor: Actor, owner_id: UUID, from_zone_id: UUID) -> list[Place]:
    """Return the zones that goods may be moved into: the owner's own, and those where goods of the owner ever lay."""
    ever = (
        select(Zone, Site)
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(
            col(Zone.zone_id).in_(
                select(col(Holding.zone_id)).where(col(Holding.owner_id) == owner_id, col(Holding.zone_id).is_not(None))
            ),
            goods_within(scope(actor, "stock.record"), owner_id),
        )
    )
    known = {zone.zone_id: Place(zone, site, 0) for zone, site in session.execute(ever)}
    known |= {zone.zone_id: Place(zone, site, 0) for zone, site in _own_zones(session, actor, owner_id)}
    here = known.pop(from_zone_id, None)
    home = here.site.site_id if here else None
    return sorted(known.values(), key=lambda p: (p.site.site_id != home, p.site.name, p.zone.code))


def _own_zones(session: Session, actor: Actor, owner_id: UUID) -> list[tuple[Zone, Site]]:
    statement = (
        select(Zone, Site)
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(col(Site.business_id) == owner_id, sites_within(scope(actor, "stock.record")))
        .limit(limits.PAGE_MAX)
    )
    return [(zone, site) for zone, site in session.execute(statement)]


def lying(session: Session, owner_id: UUID, zone_id: UUID, wanted: Iterable[UUID], *, only: bool) -> list[Offer]:
    """Return what of an owner lies in a zone, by product and expiry; `wanted` batches even when none of it is there.

    `only`: nothing but the wanted ones. A batch that was never this owner's is left out.
    """
    named = list(wanted)
    here = (
        select(Holding)
        .where(col(Holding.owner_id) == owner_id, col(Holding.zone_id) == zone_id, col(Holding.account) == "zone")
        .subquery()
    )
    ever = select(col(Holding.batch_id)).where(col(Holding.owner_id) == owner_id, col(Holding.batch_id).in_(named))
    is_wanted = col(Batch.batch_id).in_(ever)
    statement = (
        select(Batch, Product, func.coalesce(here.c.quantity_units, 0), func.coalesce(here.c.held_units, 0))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .outerjoin(here, here.c.batch_id == col(Batch.batch_id))
        .where(is_wanted if only else or_(here.c.quantity_units > 0, is_wanted))
        .order_by(case((is_wanted, 0), else_=1), col(Product.name), col(Batch.expiry_date), col(Batch.batch_id))
        .limit(limits.PAGE_MAX + len(named))  # whatever was typed is looked at
    )
    found = [Offer(batch, product, there, there - held) for batch, product, there, held in session.execute(statement)]
    return sorted(found, key=lambda row: (row.product.name, str(row.batch.expiry_date), row.batch.batch_id))


def gone(session: Session, owner_id: UUID, batch_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Return units by account (`sold`, `missing`) of each batch that an owner's goods left custody to (R10)."""
    rows = session.execute(
        select(col(Posting.batch_id), col(Posting.account), func.sum(col(Posting.quantity_units)))
        .where(
            col(Posting.batch_id).in_(batch_ids),
            col(Posting.owner_id) == owner_id,
            col(Posting.account).in_(("sold", "missing")),
        )
        .group_by(col(Posting.batch_id), col(Posting.account))
    )
    found: dict[UUID, dict[str, int]] = {batch_id: {} for batch_id in batch_ids}
    for batch_id, account, units in rows:
        found[batch_id][account] = int(units)
    return found


def by_code(session: Session, owner_id: UUID, text: str) -> UUID | None:
    """Return the batch that a typed code names, if any of it ever was this owner's."""
    batch_id = labelled.find_typed(session, [text]).get(text)
    statement = (
        select(col(Holding.batch_id))
        .where(col(Holding.batch_id) == batch_id, col(Holding.owner_id) == owner_id)
        .limit(1)
    )
    return session.scalar(statement)


def named(form: Form) -> list[UUID]:
    """Return the batches that a form has a row of its own for: something was typed there, or it was added by code."""
    found = {
        row[1]: None
        for name, text in form.items(multi=True)
        if (row := _ROW.fullmatch(name)) and (text.strip() or name.startswith(SHOWN))
    }
    return pages_goods.uuids(found)


def typed(form: Form, listed: Sequence[Offer], act: Act) -> Typed:
    """Return the form with its quantities in the ledger's unit, a line for each row where something was typed.

    A row of zeros is one of nothing, but for a count.
    """
    fields = copy(form)
    if fields.get("occurred_at") == fields.get("_prefilled"):
        fields["occurred_at"] = ""  # the page's own time, untouched: now
    batch_ids: list[UUID] = []
    for row in listed:
        units = _units(form, row)
        if units == "" or (units == "0" and act.kind != "stocktake"):
            continue
        line = f"lines-{len(batch_ids)}-"
        batch_ids.append(row.batch.batch_id)
        fields[f"{line}batch_id"] = str(row.batch.batch_id)
        fields[f"{line}quantity_units"] = units
        if act.kind == "stocktake":
            fields[f"{line}reason"] = form.get(f"{REASON}{row.batch.batch_id}", "")
            fields[f"{line}shortage"] = form.get(f"{SHORTAGE}{row.batch.batch_id}", "")
    return Typed(fields, tuple(batch_ids))


def _units(form: Form, row: Offer) -> str:
    pieces, loose = (form.get(f"{name}{row.batch.batch_id}", "") for name in (PIECES, LOOSE))
    if row.product.ledger_unit == "gram":
        loose = grams(loose)
    return pages_goods.typed_units(pieces, loose, row.product.units_per_piece)


def grams(text: str) -> str:
    """Return typed kilograms as grams; what is no such number stays as it is, for the schema to say so."""
    plain = re.sub(r"[,，\s]", "", text).replace("。", ".")
    if not plain:
        return ""
    try:
        weighed = Decimal(plain) * GRAMS_PER_KG
    except InvalidOperation:
        return text
    return str(int(weighed)) if weighed == int(weighed) and weighed >= 0 else text


def at_rows(errors: Mapping[str, str], lines: Typed, listed: Sequence[Offer], form: Form) -> dict[str, str]:
    """Return errors of the schema's lines at the fields where they were typed, each with the name of its goods."""
    known = {row.batch.batch_id: row for row in listed}
    moved: dict[str, str] = {}
    for name, message in errors.items():
        found = _LINE.fullmatch(name)
        if found is None or int(found[1]) >= len(lines.batch_ids):
            moved.setdefault("" if name.startswith("lines") else name, message)
            continue
        row = known[lines.batch_ids[int(found[1])]]
        prefix = {"reason": REASON, "shortage": SHORTAGE}.get(found[2]) or _typed_at(form, row)
        told = _("%(label)s: %(message)s", label=goods_words.product_name(row.product), message=message)
        moved.setdefault(f"{prefix}{row.batch.batch_id}", told)
    return moved


def _typed_at(form: Form, row: Offer) -> str:
    """Return which of a row's two fields a wrong quantity is at: the loose units when only they are wrong or typed."""
    pieces, loose = (form.get(f"{name}{row.batch.batch_id}", "").strip() for name in (PIECES, LOOSE))
    if row.product.ledger_unit == "gram":
        loose = grams(loose)
    pieces_are_fine = not pieces or re.sub(r"[,，\s]", "", pieces).isdecimal()
    loose_is_fine = re.sub(r"[,，\s]", "", loose).isdecimal()
    return LOOSE if loose and pieces_are_fine and (not loose_is_fine or not pieces) else PIECES


def own_words(quantity_units: int, product: Any) -> str:
    """Return a quantity with its sign, for a difference: `+2 pieces`, `−1 unit`, `0`."""
    if quantity_units == 0:
        return "0"
    return ("+" if quantity_units > 0 else "−") + goods_words.quantity(abs(quantity_units), product)


def products_of(session: Session, lines: Iterable[Mapping[str, Any]]) -> dict[UUID, Product]:
    """Return the products of an answer's lines."""
    return registry.products(session, [line["product"]["product_id"] for line in lines])
