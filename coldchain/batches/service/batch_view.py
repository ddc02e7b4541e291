"""How batches are listed and shown: what they are, where they stand, what lies where as far as the asker may see it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, or_, select

from coldchain.accounts.actor import Actor
from coldchain.batches import facts, origins, papers, reach, states
from coldchain.batches.models import Arrival, Batch, PlatformCode
from coldchain.batches.service import disinfections, origin_view, platform_codes
from coldchain.core import paging
from coldchain.core.errors import NotFound
from coldchain.ledger import holds as ledger_holds
from coldchain.ledger.models import Hold, Holding
from coldchain.policy.facts import TubeFact
from coldchain.registry import service as registry
from coldchain.registry.models import Producer, Product


def search(
    session: Session,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    region_code: str | None = None,
    restriction: str | None = None,
    owner: str | None = None,
    product_id: UUID | None = None,
    arrival_id: UUID | None = None,
    batch_no: str | None = None,
    batch_code: str | None = None,
    production_date_from: date | None = None,
    production_date_to: date | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of batches that `actor` may see, newest first, and the next cursor.

    `region_code` is where a batch entered the books or lies, `owner` who entered it or has some of it.
    """
    conditions: list[ColumnElement[bool]] = [reach.visible_batches(actor)]
    if status is not None:
        conditions.append(reach.current_status() == status)
    if region_code is not None:
        conditions.append(reach.batches_in_area(region_code))
    if owner is not None:
        business_id = registry.find_business(session, owner).business_id
        entered_by = registry.ids_of(session, business_id)
        has = select(col(Holding.batch_id)).where(
            col(Holding.owner_id) == business_id, col(Holding.quantity_units) > 0, reach.visible_holdings(actor)
        )
        conditions.append(or_(col(Batch.owner_id).in_(entered_by), col(Batch.batch_id).in_(has)))
    if product_id is not None:
        conditions.append(col(Batch.product_id) == product_id)
    if arrival_id is not None:
        conditions.append(col(Batch.arrival_id) == arrival_id)
    if batch_no is not None:
        conditions.append(col(Batch.batch_no) == batch_no)
    if batch_code is not None:
        conditions.append(col(Batch.batch_code) == batch_code.upper())
    if production_date_from is not None:
        conditions.append(col(Batch.production_date) >= production_date_from)
    if production_date_to is not None:
        conditions.append(col(Batch.production_date) <= production_date_to)
    if restriction is not None:
        conditions.append(rank(actor) == states.RESTRICTIONS.index(restriction))
    rows, following = paging.page(session, select(Batch).where(*conditions), col(Batch.batch_id), limit, cursor)
    return summaries(session, actor, rows), following


def rank(actor: Actor) -> ColumnElement[int]:
    """Return the strongest restriction of a batch over the holdings that `actor` sees, as an index of RESTRICTIONS."""
    seen = select(col(Holding.holding_id)).where(reach.visible_holdings(actor))
    grades = case(states.RANK_OF_GRADE, value=col(Hold.grade), else_=0)
    strongest = (
        select(func.max(grades))
        .where(
            col(Hold.batch_id) == col(Batch.batch_id),
            col(Hold.ended_at).is_(None),
            or_(col(Hold.holding_id).is_(None), col(Hold.holding_id).in_(seen)),
        )
        .correlate(Batch)
        .scalar_subquery()
    )
    return func.coalesce(strongest, 0)


def summaries(session: Session, actor: Actor, batches: Sequence[Batch]) -> list[dict[str, Any]]:
    """Return batches as lists show them, in a constant number of statements; the caller checked the right."""
    ids = [batch.batch_id for batch in batches]
    products = registry.products(session, (batch.product_id for batch in batches))
    owners = registry.brief(session, (batch.owner_id for batch in batches))
    active = ledger_holds.active(session, ids)
    status = statuses(session, ids)
    seen = {holding.holding_id for holding in _holdings(session, actor, ids)}
    return [
        {
            "batch_id": batch.batch_id,
            "batch_code": batch.batch_code,
            "arrival_id": batch.arrival_id,
            "product": describe_product(products[batch.product_id]),
            "owner": asdict(owners[batch.owner_id]),
            "site_id": batch.site_id,
            "region_code": batch.region_code,
            "batch_no": batch.batch_no,
            "production_date": batch.production_date,
            "expiry_date": batch.expiry_date,
            "quantity_units": batch.quantity_units,
            "piece_count": batch.piece_count,
            "mass_g": batch.quantity_units * products[batch.product_id].unit_mass_g,
            "status": status[batch.batch_id],
            "restriction": states.restriction(hold.grade for hold in _shown(active.get(batch.batch_id, []), seen)),
            "recorded_at": batch.recorded_at,
        }
        for batch in batches
    ]


def statuses(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the status of each batch, `depleted` included, in one statement."""
    rows = session.execute(
        select(col(Batch.batch_id), reach.current_status()).where(col(Batch.batch_id).in_(set(batch_ids)))
    )
    return {row[0]: row[1] for row in rows}


def _shown(active: Sequence[Hold], seen: set[UUID]) -> list[Hold]:
    return [hold for hold in active if hold.holding_id is None or hold.holding_id in seen]


def describe_product(product: Product) -> dict[str, Any]:
    """Return a product as batches show it."""
    return {
        "product_id": product.product_id,
        "producer_id": product.producer_id,
        "name": product.name,
        "name_en": product.name_en,
        "series": product.series,
        "category": product.category,
        "origin_country": product.origin_country,
        "gtin": product.gtin,
        "ledger_unit": product.ledger_unit,
        "units_per_piece": product.units_per_piece,
        "unit_mass_g": product.unit_mass_g,
        "unit_word": product.unit_word,
        "imported": product.imported,
    }


def _holdings(session: Session, actor: Actor, batch_ids: Sequence[UUID]) -> list[Holding]:
    return list(
        session.exec(
            select(Holding)
            .where(col(Holding.batch_id).in_(batch_ids), col(Holding.quantity_units) > 0, reach.visible_holdings(actor))
            .order_by(col(Holding.batch_id), col(Holding.account), col(Holding.holding_id))
            .execution_options(populate_existing=True)
        )
    )


def read(session: Session, actor: Actor, batch_id: UUID) -> dict[str, Any]:
    """Return one batch with its papers, holds and the stock that `actor` may see. Raises NotFound."""
    row = session.exec(
        select(Batch, Arrival, Producer)
        .join(Arrival, col(Arrival.arrival_id) == col(Batch.arrival_id))
        .join(Producer, col(Producer.producer_id) == col(Batch.producer_id))
        .where(col(Batch.batch_id) == batch_id, reach.visible_batches(actor))
    ).first()
    if row is None:
        raise NotFound
    batch, arrival, producer = row
    summary = summaries(session, actor, [batch])[0]
    holdings = _holdings(session, actor, [batch_id])
    active = _shown(
        ledger_holds.active(session, [batch_id]).get(batch_id, []), {holding.holding_id for holding in holdings}
    )
    line = [step.batch_id for step in origins.load(session, [batch_id]).steps(batch_id)]  # what it was split off too
    listed = papers.every(session, [batch.arrival_id], line)
    treatments = facts.disinfections(session, [batch.arrival_id], [batch_id])
    stock, codes = stock_rows(session, holdings), platform_codes.of_batches(session, line)
    return summary | {
        "arrival_no": arrival.arrival_no,
        "arrived_at": arrival.arrived_at,
        "entry_mode": arrival.entry_mode,
        "line_no": batch.line_no,
        "zone_id": batch.zone_id,
        "producer": {"producer_id": producer.producer_id, "name": producer.name, "country": producer.country,
                     "plant_no": producer.plant_no},
        "container_no": arrival.container_no,
        "customs_declaration_no": arrival.customs_declaration_no,
        "code_made_at": batch.code_made_at,
        "holds": [describe_hold(hold) for hold in active],
        "stock": stock,
        "platform_codes": platform_codes.describe(codes),
        "platforms_missing": _platforms_missing(session, summary, stock, codes),
        "evidence": papers.describe(session, listed),
        "disinfections": [disinfections.describe(record) for record in treatments],
        "tubes": [
            {"tube_id": tube.tube_id, "tube_no": tube.tube_no, "state": tube.state, "rechecked": tube.rechecked}
            for tube in _tubes(session, line)
        ],
        "occurred_at": batch.occurred_at,
        **origin_view.around(session, actor, batch_id),
    }  # fmt: skip


def _platforms_missing(
    session: Session, summary: dict[str, Any], stock: list[dict[str, Any]], codes: Sequence[PlatformCode]
) -> list[dict[str, Any]]:
    """Return which other platforms ask for imported goods where they came or lie and have no code of these."""
    if not summary["product"]["imported"]:
        return []
    sites = registry.sites(session, [row["site_id"] for row in stock if row["site_id"]])
    return platform_codes.missing(codes, [summary["region_code"], *(site.region_code for site in sites.values())])


def _tubes(session: Session, batch_ids: Sequence[UUID]) -> list[TubeFact]:
    """Return the tubes of a batch and of those that it was split off, each once."""
    found = facts.tubes_of(session, batch_ids)
    return list({tube.tube_id: tube for batch_id in batch_ids for tube in found.get(batch_id, ())}.values())


def visible(session: Session, actor: Actor, batch_ids: Iterable[UUID | str | None]) -> set[UUID]:
    """Return which of these batches the actor may see."""
    wanted = {UUID(str(batch_id)) for batch_id in batch_ids if batch_id}
    if not wanted:
        return set()
    return set(
        session.exec(select(Batch.batch_id).where(col(Batch.batch_id).in_(wanted), reach.visible_batches(actor)))
    )


def describe_hold(hold: Hold) -> dict[str, Any]:
    """Return a hold as the API shows it."""
    return {
        "hold_id": hold.hold_id,
        "cause": {"kind": hold.cause_kind, "id": hold.cause_id, "version": hold.cause_version},
        "grade": hold.grade,
        "quantity_units": hold.quantity_units,
        "occurred_at": hold.occurred_at,
        "recorded_at": hold.recorded_at,
    }


def stock_rows(session: Session, holdings: Sequence[Holding]) -> list[dict[str, Any]]:
    """Return what lies where: goods on the road have no zone but a consignment, and the site they are bound for."""
    owners = registry.brief(session, (holding.owner_id for holding in holdings))
    zones = registry.zones(session, (holding.zone_id for holding in holdings))
    bound = reach.destinations(session, (holding.consignment_id for holding in holdings))
    rows = []
    for holding in holdings:
        site_id = zones[holding.zone_id][1].site_id if holding.zone_id else None
        if holding.consignment_id in bound:
            site_id = bound[holding.consignment_id].site_id
        rows.append(
            {
                "holding_id": holding.holding_id,
                "owner": asdict(owners[holding.owner_id]),
                "account": holding.account,
                "site_id": site_id,
                "zone_id": holding.zone_id,
                "consignment_id": holding.consignment_id,
                "quantity_units": holding.quantity_units,
                "locked_units": holding.held_units,
            }
        )
    return rows
