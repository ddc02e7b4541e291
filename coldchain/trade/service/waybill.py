"""Writing a consignment: its row under a number of its own, its lines, the movements that send it, and the one fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock
from coldchain.core.ids import new_id
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.journal.models import PersonalValue
from coldchain.ledger import postings
from coldchain.ledger import service as ledger
from coldchain.ledger.postings import Draft
from coldchain.registry.models import Business, Site, Zone
from coldchain.trade import numbers, states
from coldchain.trade.models import Consignment, ConsignmentLine
from coldchain.trade.service.lateness import Passage
from coldchain.trade.service.numbered import insert_numbered
from coldchain.trade.service.parties import Receiver

AWAIT_CONFIRMATION: Final = "await_confirmation"
DELIVERY: Final = "delivery"
RETURN: Final = "return"
NOT_ASKED: Final = {"asked": False}  # a return goes whatever the gate says


@dataclass(frozen=True)
class Load:
    """Who and what carries the goods, how cold it was on departure in °C, and why they go where that is asked."""

    carrier: Business | None = None
    vehicle_plate: str | None = None
    driver: Mapping[str, Any] | None = None
    temperature_c: Decimal | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Shipment:
    """A dispatch whose words have been read and whose asker has the right to it."""

    owner: Business
    zone: Zone
    site: Site
    receiver: Receiver
    purpose: str
    handover: str
    units: Mapping[UUID, int]  # by batch, in line order
    occurred_at: datetime
    late: bool
    on_behalf_of: UUID | None
    load: Load

    @property
    def signed(self) -> bool:
        """Say whether somebody signed for the goods in person."""
        return self.handover != AWAIT_CONFIRMATION

    @property
    def leaves_custody(self) -> bool:
        """Say whether the goods go out of the books at once: signed for by somebody without an account."""
        return self.signed and self.receiver.business is None


def write(
    session: Session, actor: Actor, shipment: Shipment, passage: Passage, marks: Mapping[str, Any]
) -> Consignment:
    """Write a consignment with its movements and its fact; `marks` says which holds its drafts pass."""
    driver = shipment.load.driver or {}
    typed = {
        "to_name": (shipment.receiver.name, "receiver_name"),
        "to_phone": (shipment.receiver.phone, "receiver_phone"),
        "to_address": (shipment.receiver.address, "receiver_address"),
        "driver_name": (driver.get("name"), "driver_name"),
        "driver_phone": (driver.get("phone"), "driver_phone"),
        "reason": (shipment.load.reason, "reason"),
    }
    people = {
        name: personal.keep(
            session, value, what, business_id=shipment.owner.business_id, region_code=shipment.site.region_code
        )
        for name, (value, what) in typed.items()
    }
    row = _row(actor, shipment, people)
    consignment = insert_numbered(session, row, "consignment_no", numbers.consignment_no, row.recorded_at)
    session.execute(
        insert(ConsignmentLine),
        [
            {
                "consignment_id": consignment.consignment_id, "line_no": number, "batch_id": batch_id,
                "quantity_units": units, "confirmed_units": None, "disputed_units": 0,
                "verdict": passage.verdict(batch_id) or NOT_ASKED,
            }
            for number, (batch_id, units) in enumerate(shipment.units.items(), 1)
        ],
    )  # fmt: skip
    make = postings.hand_over if shipment.leaves_custody else postings.dispatch
    drafts = [
        Draft(
            "dispatch",
            batch_id,
            make(shipment.owner.business_id, shipment.zone.zone_id, consignment.consignment_id, units),
            shipment.occurred_at,
            consignment_id=consignment.consignment_id,
            reason=shipment.load.reason,
            on_behalf_of=shipment.on_behalf_of,
            **marks,
        )
        for batch_id, units in shipment.units.items()
    ]
    movements = ledger.told(ledger.post(session, actor, drafts), drafts)
    _record(session, actor, shipment, consignment, passage, people, movements)
    return consignment


def _row(actor: Actor, shipment: Shipment, people: Mapping[str, PersonalValue | None]) -> Consignment:
    receiver = shipment.receiver
    return Consignment(
        consignment_id=new_id(),
        consignment_no="",
        owner_id=shipment.owner.business_id,
        from_zone_id=shipment.zone.zone_id,
        from_site_id=shipment.site.site_id,
        to_business_id=receiver.business.business_id if receiver.business else None,
        to_site_id=receiver.site.site_id if receiver.site else None,
        carrier_id=shipment.load.carrier.business_id if shipment.load.carrier else None,
        purpose=shipment.purpose,
        handover=shipment.handover,
        state=states.SIGNED if shipment.signed else states.IN_TRANSIT,
        vehicle_plate=shipment.load.vehicle_plate,
        departure_temperature_c=shipment.load.temperature_c,
        late=shipment.late,
        occurred_at=shipment.occurred_at,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=shipment.on_behalf_of,
        to_name_id=_id(people["to_name"]),
        to_phone_id=_id(people["to_phone"]),
        to_address_id=_id(people["to_address"]),
        driver_name_id=_id(people["driver_name"]),
        driver_phone_id=_id(people["driver_phone"]),
    )


def _id(kept: PersonalValue | None) -> UUID | None:
    return kept.personal_id if kept else None


def _record(
    session: Session,
    actor: Actor,
    shipment: Shipment,
    consignment: Consignment,
    passage: Passage,
    people: Mapping[str, PersonalValue | None],
    movements: list[dict[str, Any]],
) -> None:
    temperature = shipment.load.temperature_c
    journal.append(
        session,
        actor,
        kind="consignment.dispatched",
        subject_id=consignment.consignment_id,
        occurred_at=shipment.occurred_at,
        business_id=shipment.owner.business_id,
        region_code=shipment.site.region_code,
        data={
            "consignment_no": consignment.consignment_no,
            "purpose": consignment.purpose,
            "owner_id": consignment.owner_id,
            "from_site_id": consignment.from_site_id,
            "from_zone_id": consignment.from_zone_id,
            "to_business_id": consignment.to_business_id,
            "to_site_id": consignment.to_site_id,
            "handover": consignment.handover,
            "state": consignment.state,
            "carrier_id": consignment.carrier_id,
            "vehicle_plate": consignment.vehicle_plate,
            "departure_temperature_c": None if temperature is None else str(temperature),
            "late": consignment.late,
            "on_behalf_of": consignment.on_behalf_of,
            "people": {name: kept.commitment for name, kept in people.items() if kept},
            "lines": [
                {
                    "batch_id": batch_id,
                    "quantity_units": units,
                    "policy": _policy(passage, batch_id),
                    "rules": [str(rule) for rule in passage.verdicts[batch_id].rules]
                    if batch_id in passage.verdicts
                    else [],
                }
                for batch_id, units in shipment.units.items()
            ],
            "movements": movements,
        },
    )


def _policy(passage: Passage, batch_id: UUID) -> str | None:
    verdict = passage.verdicts.get(batch_id)
    judged_by = verdict.policy if verdict else None
    return f"{judged_by.code}.{judged_by.version}" if judged_by else None
