"""How arrivals are listed and shown."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import facts, papers, reach, storage
from coldchain.batches.models import Arrival, Batch
from coldchain.batches.origins import came_with_arrival
from coldchain.batches.service import batch_view, disinfections
from coldchain.batches.service.arrivals import flags
from coldchain.core import paging
from coldchain.core.errors import NotFound
from coldchain.journal import personal
from coldchain.registry import service as registry


def search(
    session: Session,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None = None,
    site_id: UUID | None = None,
    owner: str | None = None,
    entry_mode: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of arrivals that `actor` may see, newest first, and the next cursor."""
    statement = select(Arrival).where(reach.visible_arrivals(actor))
    if site_id is not None:
        statement = statement.where(col(Arrival.site_id) == site_id)
    if owner is not None:
        business = registry.find_business(session, owner)
        statement = statement.where(col(Arrival.owner_id) == business.business_id)
    if entry_mode is not None:
        statement = statement.where(col(Arrival.entry_mode) == entry_mode)
    rows, following = paging.page(session, statement, col(Arrival.arrival_id), limit, cursor)
    return describe(session, rows), following


def describe(session: Session, arrivals: Sequence[Arrival]) -> list[dict[str, Any]]:
    """Return arrivals with the batches that came, in a constant number of statements; the caller checked the right.

    Parts that were split off later are no lines of the arrival: they may be others' by then, and would count twice.
    """
    ids = [arrival.arrival_id for arrival in arrivals]
    businesses = registry.brief(session, [key for a in arrivals for key in (a.owner_id, a.supplier_id)])
    batches: dict[UUID, list[Batch]] = {key: [] for key in ids}
    statement = select(Batch).where(col(Batch.arrival_id).in_(ids), came_with_arrival()).order_by(col(Batch.line_no))
    for batch in session.exec(statement.execution_options(populate_existing=True)):
        batches[batch.arrival_id].append(batch)
    listed = [batch for found in batches.values() for batch in found]
    products = registry.products(session, (batch.product_id for batch in listed))
    zones = registry.zones(session, (batch.zone_id for batch in listed))
    status = batch_view.statuses(session, (batch.batch_id for batch in listed))
    answers = []
    for a in arrivals:
        lines = batches[a.arrival_id]
        mixed = [
            b.line_no
            for b in lines
            if b.zone_id in zones and not storage.fits(zones[b.zone_id][0].kind, products[b.product_id].imported)
        ]
        supplier = businesses.get(a.supplier_id) if a.supplier_id else None
        answers.append(
            {
                "arrival_id": a.arrival_id,
                "arrival_no": a.arrival_no,
                "owner": asdict(businesses[a.owner_id]),
                "site_id": a.site_id,
                "entry_mode": a.entry_mode,
                "arrived_at": a.arrived_at,
                "expected_at": a.expected_at,
                "supplier": {"business": asdict(supplier), "name": supplier.name} if supplier
                else {"business": None, "name": a.supplier_name} if a.supplier_name else None,
                "container_no": a.container_no,
                "seal_no": a.seal_no,
                "customs_declaration_no": a.customs_declaration_no,
                "vehicle_plate": a.vehicle_plate,
                "flags": flags(a.entry_mode, a.container_no, a.seal_no, mixed),
                "recorded_at": a.recorded_at,
                "on_behalf_of": a.on_behalf_of,
                "batches": [
                    {
                        "batch_id": b.batch_id,
                        "batch_code": b.batch_code,
                        "line_no": b.line_no,
                        "product": batch_view.describe_product(products[b.product_id]),
                        "zone_id": b.zone_id,
                        "batch_no": b.batch_no,
                        "production_date": b.production_date,
                        "expiry_date": b.expiry_date,
                        "quantity_units": b.quantity_units,
                        "piece_count": b.piece_count,
                        "status": status[b.batch_id],
                    }
                    for b in lines
                ],
            }
        )  # fmt: skip
    return answers


def read(session: Session, actor: Actor, arrival_id: UUID) -> dict[str, Any]:
    """Return one arrival with its papers, disinfections and driver. Raises NotFound."""
    arrival = session.exec(
        select(Arrival).where(col(Arrival.arrival_id) == arrival_id, reach.visible_arrivals(actor))
    ).first()
    if arrival is None:
        raise NotFound
    people = personal.reveal(session, [arrival.driver_name_id, arrival.driver_phone_id])
    name = people.get(arrival.driver_name_id) if arrival.driver_name_id else None
    phone = people.get(arrival.driver_phone_id) if arrival.driver_phone_id else None
    return describe(session, [arrival])[0] | {
        "driver": {"name": name, "phone": phone} if name or phone else None,
        "erased": list(personal.erased(session, [arrival.driver_name_id, arrival.driver_phone_id], people).values()),
        "evidence": papers.describe(session, papers.every(session, [arrival_id], [])),
        "disinfections": [disinfections.describe(record) for record in facts.disinfections(session, [arrival_id], [])],
    }
