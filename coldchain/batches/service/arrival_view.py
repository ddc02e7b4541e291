"""How arrivals are listed and shown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import declarations, facts, papers, reach, storage
from coldchain.batches.models import Arrival, Batch, Flag
from coldchain.batches.models_arrivals import ArrivalVoucher, ArrivalWithdrawal, IdentityCorrection, IntakeLine
from coldchain.batches.origins import came_with_arrival
from coldchain.batches.service import batch_view, disinfections
from coldchain.batches.service.arrival_modes import from_abroad, seen_at_once
from coldchain.core import paging
from coldchain.core.errors import NotFound
from coldchain.journal import personal
from coldchain.registry import service as registry
from coldchain.registry.models import Product


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
        ids = registry.ids_of(session, registry.find_business(session, owner).business_id)
        statement = statement.where(col(Arrival.owner_id).in_(ids))
    if entry_mode is not None:
        statement = statement.where(col(Arrival.entry_mode) == entry_mode)
    rows, following = paging.page(session, statement, col(Arrival.arrival_id), limit, cursor)
    return describe(session, rows), following


class _Around:
    """What is known of some arrivals beside their own rows, each kind in one statement."""

    def __init__(self, session: Session, ids: Sequence[UUID], lines: Sequence[Batch]) -> None:
        self.withdrawn = {
            row.arrival_id: row
            for row in session.exec(select(ArrivalWithdrawal).where(col(ArrivalWithdrawal.arrival_id).in_(ids)))
        }
        self.taken_in = {
            row.batch_id: row for row in session.exec(select(IntakeLine).where(col(IntakeLine.arrival_id).in_(ids)))
        }
        vouchers = select(ArrivalVoucher.arrival_id).where(col(ArrivalVoucher.arrival_id).in_(ids)).distinct()
        self.with_voucher = set(session.exec(vouchers))
        late = select(Flag.subject_id).where(col(Flag.subject_id).in_(ids), col(Flag.kind) == "declared_late")
        self.declared_late = set(session.exec(late.distinct()))
        self.declarations = declarations.stated(papers.current(session, ids, [batch.batch_id for batch in lines]))

    def state(self, arrival: Arrival) -> str:
        """Return where an arrival stands: declared, arrived, withdrawn."""
        if arrival.arrival_id in self.withdrawn:
            return "withdrawn"
        return "declared" if arrival.arrived_at is None else "arrived"

    def flags(self, arrival: Arrival, mixed: Sequence[int], imports: bool, lines: Sequence[Batch]) -> list[str]:
        """Return what an officer should look at in an arrival."""
        found = seen_at_once(arrival, mixed, imports=imports)
        if arrival.entry_mode == "paper" and arrival.arrival_id not in self.with_voucher:
            found.append("voucher_missing")
        if arrival.arrival_id in self.declared_late:
            found.append("declared_late")
        taken_in = [self.taken_in[batch.batch_id] for batch in lines if batch.batch_id in self.taken_in]
        if any(line.received_units != line.declared_units for line in taken_in):
            found.append("quantity_differs")
        said = (self.declarations.get(key, ()) for key in (arrival.arrival_id, *(batch.batch_id for batch in lines)))
        if any(declarations.differing(arrival.customs_declaration_no, numbers) for numbers in said):
            found.append(declarations.FLAG)
        return found


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
    around = _Around(session, ids, listed)
    answers = []
    for a in arrivals:
        lines = batches[a.arrival_id]
        mixed = [
            b.line_no
            for b in lines
            if b.zone_id in zones and not storage.fits(zones[b.zone_id][0].kind, products[b.product_id].imported)
        ]
        imports = from_abroad((products[b.product_id], zones.get(b.zone_id, (None, None))[1]) for b in lines)
        supplier = businesses.get(a.supplier_id) if a.supplier_id else None
        withdrawn = around.withdrawn.get(a.arrival_id)
        answers.append(
            {
                "arrival_id": a.arrival_id,
                "arrival_no": a.arrival_no,
                "owner": asdict(businesses[a.owner_id]),
                "site_id": a.site_id,
                "entry_mode": a.entry_mode,
                "state": around.state(a),
                "arrived_at": a.arrived_at,
                "expected_at": a.expected_at,
                "supplier": {"business": asdict(supplier), "name": supplier.name} if supplier
                else {"business": None, "name": a.supplier_name} if a.supplier_name else None,
                "container_no": a.container_no,
                "seal_no": a.seal_no,
                "customs_declaration_no": a.customs_declaration_no,
                "vehicle_plate": a.vehicle_plate,
                "flags": around.flags(a, mixed, imports, lines),
                "withdrawn_at": withdrawn.occurred_at if withdrawn else None,
                "withdrawn_reason": withdrawn.reason if withdrawn else None,
                "recorded_at": a.recorded_at,
                "on_behalf_of": a.on_behalf_of,
                "batches": [_line(b, products[b.product_id], status[b.batch_id], around.taken_in) for b in lines],
            }
        )  # fmt: skip
    return answers


def _line(batch: Batch, product: Product, status: str, taken_in: Mapping[UUID, IntakeLine]) -> dict[str, Any]:
    known = taken_in.get(batch.batch_id)
    return {
        "batch_id": batch.batch_id,
        "batch_code": batch.batch_code,
        "line_no": batch.line_no,
        "product": batch_view.describe_product(product),
        "zone_id": batch.zone_id,
        "batch_no": batch.batch_no,
        "production_date": batch.production_date,
        "expiry_date": batch.expiry_date,
        "quantity_units": batch.quantity_units,
        "declared_units": known.declared_units if known else None,
        "piece_count": batch.piece_count,
        "status": status,
    }


def awaited(session: Session, actor: Actor, limit: int) -> list[Arrival]:
    """Return the arrivals of the actor's own business that were declared and not taken in, the next one first."""
    withdrawn = select(ArrivalWithdrawal.arrival_id)
    statement = select(Arrival).where(
        reach.visible_arrivals(actor),
        col(Arrival.owner_id).in_(actor.business_ids),
        col(Arrival.entry_mode) == "declared",
        col(Arrival.arrived_at).is_(None),
        col(Arrival.arrival_id).not_in(withdrawn),
    )
    return list(session.exec(statement.order_by(col(Arrival.expected_at)).limit(limit)))


def find(session: Session, actor: Actor, arrival_id: UUID) -> Arrival:
    """Return the row of an arrival that `actor` may see. Raises NotFound."""
    arrival = session.exec(
        select(Arrival).where(col(Arrival.arrival_id) == arrival_id, reach.visible_arrivals(actor))
    ).first()
    if arrival is None:
        raise NotFound
    return arrival


def read(session: Session, actor: Actor, arrival_id: UUID) -> dict[str, Any]:
    """Return one arrival with its papers, disinfections, corrections and driver. Raises NotFound."""
    arrival = find(session, actor, arrival_id)
    keeps_only = (
        actor.business_id is not None and arrival.owner_id not in actor.business_ids
    )  # a keeper needs no driver to store the goods (R16)
    persons = [] if keeps_only else [arrival.driver_name_id, arrival.driver_phone_id]
    people = personal.reveal(session, persons)
    name = people.get(arrival.driver_name_id) if arrival.driver_name_id else None
    phone = people.get(arrival.driver_phone_id) if arrival.driver_phone_id else None
    vouchers = select(ArrivalVoucher).where(col(ArrivalVoucher.arrival_id) == arrival_id)
    return describe(session, [arrival])[0] | {
        "driver": {"name": name, "phone": phone} if name or phone else None,
        "erased": list(personal.erased(session, persons, people).values()),
        "evidence": papers.describe(session, papers.every(session, [arrival_id], [])),
        "disinfections": [disinfections.describe(record) for record in facts.disinfections(session, [arrival_id], [])],
        "corrections": [row.model_dump() for row in corrections_of(session, arrival_id)],
        "vouchers": [
            {"voucher_id": row.voucher_id, "recorded_at": row.recorded_at}
            for row in session.exec(vouchers.order_by(col(ArrivalVoucher.voucher_id)))
        ],
    }


def corrections_of(session: Session, arrival_id: UUID) -> list[IdentityCorrection]:
    """Return what was corrected of an arrival and its batches, oldest first (R11)."""
    statement = select(IdentityCorrection).where(col(IdentityCorrection.arrival_id) == arrival_id)
    return list(session.exec(statement.order_by(col(IdentityCorrection.correction_id))))
