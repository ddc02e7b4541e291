"""Dispatch: goods leave a zone on a consignment, if the gate lets them, nothing is locked and there is enough.

Intended movements are judged as of now, under the batches' shared locks, and nothing is half done (R1, R8, R10, R12).
Only the owner sends, an officer, or who keeps the goods by the owner's standing consent (`consents`). What was signed
for in person earlier is a fact and accepted as such (`lateness`); what goes back to whom it came from
goes whatever gate and locks say, and takes its lock along.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Arrival, Batch
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Posting
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site
from coldchain.registry.service.reach import on_behalf_of
from coldchain.trade.service import consents, dating, goods, lateness, parties, reading, sending, temperatures, waybill
from coldchain.trade.service.lateness import Leaving, Passage
from coldchain.trade.service.waybill import AWAIT_CONFIRMATION, DELIVERY, RETURN, Load, Shipment

# A return passes every lock: held units go first, and what holds them goes along (R8).
RETURN_MARKS: Final = {"moves_locked": True, "takes_held": "first"}


def dispatch(
    session: Session,
    actor: Actor,
    *,
    from_zone_id: UUID,
    to: Mapping[str, Any],
    handover: str,
    lines: Sequence[Mapping[str, Any]],
    owner: str | UUID | None = None,
    to_site_id: UUID | None = None,
    carrier: str | UUID | None = None,
    vehicle_plate: str | None = None,
    driver: Mapping[str, Any] | None = None,
    departure_temperature_c: Decimal | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Send `lines` (batch_id, quantity_units) of one owner from a zone; return the consignment with `warnings`.

    Raises NotFound for what the actor may not see, Invalid (`in_future`, `duplicate_batch`, `same_site`,
    `not_a_carrier`), Conflict
    `locked`, `gate_refused` (extra `missing`, a line each), `insufficient_stock`, `seller_not_active`,
    `receiver_not_active`, `locked_down`, `circuit_breaker`, `business_suspended_by_decision` (R1, R8, R10, R12, R14,
    R18). Signed in person and entered late: accepted despite gate, lock, standing and decision.
    """
    load = Load(parties.carrier(session, carrier), vehicle_plate, driver, departure_temperature_c)
    figures = policy.parameters(session, clock.now().astimezone(clock.BEIJING).date())
    shipment = _read(
        session, actor, figures, DELIVERY, from_zone_id, to, handover, lines, owner, to_site_id, load, occurred_at
    )
    leaving = _leaving(shipment)
    warnings = sending.judge(session, figures, shipment.owner, shipment.site, intended=not leaving.happened)
    warnings += parties.judge_receiver(figures, shipment.receiver)
    passage = lateness.judge(session, leaving)
    consignment = waybill.write(session, actor, shipment, passage, lateness.as_fact(leaving))
    told = lateness.tell(
        session,
        actor,
        leaving,
        passage,
        subject_kind="consignment",
        subject_id=consignment.consignment_id,
        to_business_id=consignment.to_business_id,
        to_site_id=consignment.to_site_id,
    )
    warnings += [{"code": code, "message": lateness.MESSAGES[code]} for code in told]
    warnings += dating.judge(session, shipment.units, shipment.occurred_at)
    warnings += temperatures.judge(figures, "departure", shipment.zone.temperature_class, departure_temperature_c)
    return reading.describe(session, consignment) | {"warnings": warnings}


def dispatch_return(
    session: Session,
    actor: Actor,
    *,
    from_zone_id: UUID,
    to: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    reason: str | None = None,
    handover: str = AWAIT_CONFIRMATION,
    owner: str | UUID | None = None,
    to_site_id: UUID | None = None,
    carrier: str | UUID | None = None,
    vehicle_plate: str | None = None,
    driver: Mapping[str, Any] | None = None,
    departure_temperature_c: Decimal | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Send `lines` back to the registered business that they came from; return the consignment with `warnings`.

    Neither gate nor lock refuses it; held units go first and take their lock along (R8). Raises as `dispatch`, and
    Invalid `not_supplier` when a batch didn't come from that business: a return is no way around a lock.
    """
    load = Load(parties.carrier(session, carrier), vehicle_plate, driver, departure_temperature_c, reason)
    figures = policy.parameters(session, clock.now().astimezone(clock.BEIJING).date())
    shipment = _read(
        session, actor, figures, RETURN, from_zone_id, to, handover, lines, owner, to_site_id, load, occurred_at
    )
    _require_supplier(session, shipment)
    lenient = {**figures, "suspended_seller": "warn"}
    warnings = sending.judge(session, lenient, shipment.owner, shipment.site, intended=False)
    warnings += parties.judge_receiver(lenient, shipment.receiver)
    ledger.lock_batches(session, shipment.units, exclusive=True)
    consignment = waybill.write(session, actor, shipment, Passage(), {"late": shipment.late} | RETURN_MARKS)
    warnings += temperatures.judge(figures, "departure", shipment.zone.temperature_class, departure_temperature_c)
    return reading.describe(session, consignment) | {"warnings": warnings}


def _read(
    session: Session,
    actor: Actor,
    figures: Mapping[str, Any],
    purpose: str,
    from_zone_id: UUID,
    to: Mapping[str, Any],
    handover: str,
    lines: Sequence[Mapping[str, Any]],
    owner: str | UUID | None,
    to_site_id: UUID | None,
    load: Load,
    occurred_at: datetime | None,
) -> Shipment:
    """Return what is to be sent, after asking for the right to it; nothing is judged or locked yet."""
    zone, site = registry.site_of_zone(session, from_zone_id)
    seller = parties.seller(session, actor, owner, site)
    by_consent = (
        purpose == DELIVERY
        and _keeps(actor, seller, site)
        and consents.stands(session, seller.business_id, actor.business_id)
    )
    if not by_consent:
        goods.require_owner(session, actor, "trade.dispatch", seller, from_zone_id, site)
    units = goods.wanted(lines)
    occurred = claimed(occurred_at)
    receiver = parties.receiver(session, to, to_site_id)
    if receiver.business and receiver.business.business_id == seller.business_id and receiver.site == site:
        raise Invalid.of("/to_site_id", "same_site", "The goods are at this site already.")
    late = lateness.entered_late(figures, occurred)
    goods.require_known(session, seller.business_id, list(units), occurred if late else None)
    return Shipment(
        seller, zone, site, receiver, purpose, handover, units, occurred, late,
        seller.business_id if by_consent else on_behalf_of(actor, seller.business_id), load,
    )  # fmt: skip


def _keeps(actor: Actor, seller: Business, site: Site) -> bool:
    """Say whether the actor only keeps these goods: in its store, but another's."""
    return site.business_id == actor.business_id and site.business_id != seller.business_id


def _leaving(shipment: Shipment) -> Leaving:
    """Return what leaves: a fact when somebody signed for it earlier, else intended and judged as of now (R1, R8)."""
    return Leaving(
        shipment.owner.business_id, shipment.zone.zone_id, shipment.site, shipment.units, shipment.occurred_at,
        late=shipment.late, happened=shipment.late and shipment.signed,
    )  # fmt: skip


def _require_supplier(session: Session, shipment: Shipment) -> None:
    """Raise Invalid `not_supplier` unless each batch came to its owner from the receiver: by arrival or by movement."""
    receiver = shipment.receiver.business
    if receiver is None:
        raise Invalid.of("/to/business", "required", "Goods are returned to a registered business.")
    gave, gained = aliased(Posting), aliased(Posting)
    handed_over = exists().where(
        col(gave.batch_id) == col(Batch.batch_id),
        col(gave.owner_id) == receiver.business_id,
        col(gave.quantity_units) < 0,
        col(gained.movement_id) == col(gave.movement_id),
        col(gained.owner_id) == shipment.owner.business_id,
        col(gained.quantity_units) > 0,
    )
    entered = exists().where(
        col(Arrival.arrival_id) == col(Batch.arrival_id), col(Arrival.supplier_id) == receiver.business_id
    )
    came = set(
        session.scalars(
            select(col(Batch.batch_id)).where(col(Batch.batch_id).in_(shipment.units), or_(handed_over, entered))
        )
    )
    for number, batch_id in enumerate(shipment.units):
        if batch_id not in came:
            raise Invalid.of(
                f"/lines/{number}/batch_id", "not_supplier", "These goods did not come from that business."
            )
