"""Who sees which stock entries, and how they stand in answers: as entered, and as right after all corrections."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.accounts.visible import kind
from coldchain.batches.models import Batch, Flag
from coldchain.core import paging
from coldchain.core.columns import in_one_of
from coldchain.core.errors import NotFound
from coldchain.journal import personal
from coldchain.ledger.models import Movement
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Site, Zone
from coldchain.registry.service.reach import sites_within
from coldchain.trade.models import StockEntry, StockEntryLine

PRODUCTS_IN_A_LIST: Final = 3
MAKING: Final = ("split", "transformation")
Correction, CorrectionLine = aliased(StockEntry), aliased(StockEntryLine)
Seen = aliased(StockEntry)


def get(session: Session, actor: Actor, entry_id: UUID) -> dict[str, Any]:
    """Return one entry with its lines and corrections. Raises NotFound when there is none that the actor may see."""
    return describe(session, actor, find(session, actor, entry_id))


def find(session: Session, actor: Actor, entry_id: UUID) -> StockEntry:
    """Return the row of an entry that the actor may see. Raises NotFound."""
    statement = select(StockEntry).where(col(StockEntry.entry_id) == entry_id, visible_entries(actor))
    entry = session.scalars(statement).first()
    if entry is None:
        raise NotFound("There is no such entry.")
    return entry


def search(
    session: Session,
    actor: Actor,
    *,
    kind: str | None = None,
    batch_id: UUID | None = None,
    site_id: UUID | None = None,
    business: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the entries that the actor may see, newest first, and the next cursor.

    `site_id`: where goods left, lie or went; `business`: whose they are or became. Raises NotFound for an unknown one.
    """
    statement = select(StockEntry).where(_narrowed(session, actor, batch_id, site_id, business))
    if kind is not None:
        statement = statement.where(col(StockEntry.kind) == kind)
    rows, following = paging.page(session, statement, col(StockEntry.entry_id), limit, cursor)
    return _summaries(session, rows), following


def count_by_kind(
    session: Session,
    actor: Actor,
    *,
    batch_id: UUID | None = None,
    site_id: UUID | None = None,
    business: str | None = None,
) -> dict[str, int]:
    """Return how many entries of each kind the actor may see; the filters are those of `search`."""
    statement = (
        select(col(StockEntry.kind), func.count())
        .where(_narrowed(session, actor, batch_id, site_id, business))
        .group_by(col(StockEntry.kind))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _narrowed(
    session: Session, actor: Actor, batch_id: UUID | None, site_id: UUID | None, business: str | None
) -> ColumnElement[bool]:
    """Return the condition that the actor may see an entry and that it is about what was asked for."""
    conditions = [visible_entries(actor)]
    if batch_id is not None:
        named = select(col(StockEntryLine.entry_id)).where(col(StockEntryLine.batch_id) == batch_id)
        made_here = select(col(Movement.entry_id)).where(  # what it came out of names it in no line
            col(Movement.batch_id) == batch_id, col(Movement.kind).in_(MAKING), col(Movement.entry_id).is_not(None)
        )
        conditions.append(or_(col(StockEntry.entry_id).in_(named), col(StockEntry.entry_id).in_(made_here)))
    if site_id is not None:
        there = select(col(Zone.zone_id)).where(col(Zone.site_id) == site_id)
        conditions.append(or_(col(StockEntry.site_id) == site_id, col(StockEntry.to_zone_id).in_(there)))
    if business is not None:
        ids = registry.ids_of(session, registry.find_business(session, business).business_id)
        conditions.append(or_(col(StockEntry.owner_id).in_(ids), col(StockEntry.to_owner_id).in_(ids)))
    return and_(*conditions)


def describe(session: Session, actor: Actor, entry: StockEntry) -> dict[str, Any]:
    """Return one entry with its lines, corrections and flags; who only keeps the goods learns of no persons (R16)."""
    lines = session.execute(
        select(StockEntryLine, Batch, Product)
        .join(Batch, col(Batch.batch_id) == col(StockEntryLine.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(StockEntryLine.entry_id) == entry.entry_id)
        .order_by(col(StockEntryLine.line_no))
    ).all()
    corrections = session.scalars(
        select(StockEntry)
        .where(col(StockEntry.corrects_id) == entry.entry_id)
        .order_by(col(StockEntry.recorded_at), col(StockEntry.entry_id))
    ).all()
    current = current_units(session, entry.entry_id)
    flags = session.scalars(
        select(col(Flag.kind)).where(col(Flag.subject_kind) == "stock_entry", col(Flag.subject_id) == entry.entry_id)
    )
    shown = [_line(line, batch, product, current[line.batch_id]) for line, batch, product in lines]
    as_party = actor.business_id is None or not actor.business_ids.isdisjoint({entry.owner_id, entry.to_owner_id})
    witness = personal.reveal(session, [entry.witness_id] if as_party else [])
    return _heads(session, [entry])[0] | {
        "detail": {key: value for key, value in entry.detail.items() if value is not None},
        "witness": witness.get(entry.witness_id) if entry.witness_id else None,
        "erased": list(personal.erased(session, [entry.witness_id] if as_party else [], witness).values()),
        "lines": shown,
        "corrections": [
            {"entry_id": row.entry_id, "entry_no": row.entry_no, "reason": row.reason, "recorded_at": row.recorded_at}
            for row in corrections
        ],
        "flags": sorted(set(flags)),
        "mass_g": sum(line["mass_g"] for line in shown),
    }


def made(session: Session, actor: Actor, entry: StockEntry, warnings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an entry that was just made, with what to look at or to do next: warnings of code, message, params."""
    return describe(session, actor, entry) | {"warnings": list(warnings)}


def as_consignment(consignment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a return that became a consignment, in the shape of an entry without an id of its own."""
    same = ("consignment_id", "consignment_no", "late", "owner", "occurred_at", "recorded_at", "on_behalf_of", "mass_g",
            "warnings")  # fmt: skip
    return {name: consignment[name] for name in same} | {
        "kind": "return",
        "entry_id": None,
        "zone_id": consignment["from_zone_id"],
        "site_id": consignment["from_site_id"],
        "site_name": consignment["from_site_name"],
        "lines": [line | {"current_units": line["quantity_units"]} for line in consignment["lines"]],
        "corrections": [],
        "flags": [],
    }


def current_units(session: Session, entry_id: UUID) -> dict[UUID, int]:
    """Return the right quantity of each batch of an entry: as its last correction says, else as entered."""
    rows = session.execute(
        select(col(StockEntryLine.batch_id), col(StockEntryLine.quantity_units))
        .join(StockEntry, col(StockEntry.entry_id) == col(StockEntryLine.entry_id))
        .where(or_(col(StockEntry.entry_id) == entry_id, col(StockEntry.corrects_id) == entry_id))
        .order_by(
            col(StockEntry.corrects_id).is_not(None), col(StockEntry.recorded_at), col(StockEntry.entry_id)
        )  # the entry itself first, its corrections as they came
    )
    return {row[0]: row[1] for row in rows}


def _line(line: StockEntryLine, batch: Batch, product: Product, current: int) -> dict[str, Any]:
    return {
        "batch_id": line.batch_id,
        "batch_code": batch.batch_code,
        "batch_no": batch.batch_no,
        "production_date": batch.production_date,
        "product": {"product_id": product.product_id, "name": product.name, "imported": product.imported},
        "quantity_units": line.quantity_units,
        "current_units": current,
        "book_units": line.book_units,
        "mass_g": current * product.unit_mass_g,
        "movement_id": line.movement_id,
        "reason": line.reason,
        "verdict": line.verdict,
    }


@kind("stock_entry")
def visible_entries(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `StockEntry` that it is about own goods, or about a store within the actor's reach."""
    reach = scope(actor, "stock.read")
    if reach.everything:
        return true()
    sites = select(col(Site.site_id)).where(sites_within(reach))
    zones = select(col(Zone.zone_id)).where(col(Zone.site_id).in_(sites))
    conditions: list[ColumnElement[bool]] = [col(Seen.site_id).in_(sites), col(Seen.to_zone_id).in_(zones)]
    if reach.business_id is not None and reach.site_ids is None:
        conditions += [col(Seen.owner_id).in_(reach.business_ids), col(Seen.to_owner_id).in_(reach.business_ids)]
    ids = select(col(Seen.entry_id))
    return in_one_of(col(StockEntry.entry_id), *(ids.where(condition) for condition in conditions))


def _summaries(session: Session, rows: Sequence[StockEntry]) -> list[dict[str, Any]]:
    """Return entries without their lines but with number, mass and first products, in a few statements."""
    right = (
        select(col(CorrectionLine.quantity_units))
        .join(Correction, col(Correction.entry_id) == col(CorrectionLine.entry_id))
        .where(
            col(Correction.corrects_id) == col(StockEntryLine.entry_id),
            col(CorrectionLine.batch_id) == col(StockEntryLine.batch_id),
        )
        .order_by(col(Correction.recorded_at).desc(), col(Correction.entry_id).desc())
        .limit(1)
        .correlate(StockEntryLine)
        .scalar_subquery()
    )
    counted = session.execute(
        select(
            col(StockEntryLine.entry_id),
            func.count(),
            func.sum(func.coalesce(right, col(StockEntryLine.quantity_units)) * col(Product.unit_mass_g)),
            func.array_agg(func.distinct(col(Product.name))),
        )
        .join(Batch, col(Batch.batch_id) == col(StockEntryLine.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(StockEntryLine.entry_id).in_([row.entry_id for row in rows]))
        .group_by(col(StockEntryLine.entry_id))
    )
    goods = {
        entry_id: {"line_count": count, "mass_g": int(mass), "products": names[:PRODUCTS_IN_A_LIST]}
        for entry_id, count, mass, names in counted
    }
    return [head | goods[head["entry_id"]] for head in _heads(session, rows)]


def _heads(session: Session, rows: Sequence[StockEntry]) -> list[dict[str, Any]]:
    businesses = registry.brief(session, [i for row in rows for i in (row.owner_id, row.to_owner_id)])
    zones = registry.zones(session, [i for row in rows for i in (row.zone_id, row.to_zone_id)])
    corrected = set(
        session.scalars(
            select(col(StockEntry.corrects_id)).where(col(StockEntry.corrects_id).in_([row.entry_id for row in rows]))
        )
    )
    plain = (
        "entry_id", "entry_no", "kind", "late", "zone_id", "site_id", "to_zone_id", "corrects_id", "reason",
        "occurred_at", "recorded_at", "on_behalf_of",
    )  # fmt: skip
    shown = []
    for row in rows:
        zone, site = zones[row.zone_id]
        to_zone, to_site = zones[row.to_zone_id] if row.to_zone_id else (None, None)
        shown.append(
            {name: getattr(row, name) for name in plain}
            | {
                "owner": businesses[row.owner_id],
                "zone_code": zone.code,
                "site_name": site.name,
                "to_owner": businesses[row.to_owner_id] if row.to_owner_id else None,
                "to_zone_code": to_zone.code if to_zone else None,
                "to_site_name": to_site.name if to_site else None,
                "corrected": row.entry_id in corrected,
            }
        )
    return shown
