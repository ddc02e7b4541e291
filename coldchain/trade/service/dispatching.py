"""Dispatch: goods leave a zone on a consignment, if the gate lets them, nothing is locked and there is enough.

Everything is judged as of now, under the batches' shared locks, and nothing is half done (R1, R8, R10, R12).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.batches import service as batches
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, Forbidden, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.journal.models import PersonalValue
from coldchain.ledger import holds, postings
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Movement, Posting
from coldchain.ledger.postings import Draft
from coldchain.policy import service as policy
from coldchain.policy.facts import Verdict
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site
from coldchain.registry.service.reach import on_behalf_of
from coldchain.trade import numbers, states
from coldchain.trade.models import Consignment, ConsignmentLine
from coldchain.trade.service import parties, reading
from coldchain.trade.service.parties import Receiver

NUMBER_TRIES: Final = 8
AWAIT_CONFIRMATION: Final = "await_confirmation"


@dataclass(frozen=True)
class Shipment:
    """A dispatch whose words have been read and whose asker has the right to it."""

    owner: Business
    zone_id: UUID
    site: Site
    receiver: Receiver
    handover: str
    lines: tuple[tuple[UUID, int], ...]
    occurred_at: datetime
    late: bool
    on_behalf_of: UUID | None

    @property
    def batch_ids(self) -> list[UUID]:
        """Return the batches in line order."""
        return [batch_id for batch_id, _ in self.lines]

    @property
    def leaves_custody(self) -> bool:
        """Say whether the goods go out of the books at once: signed for by somebody without an account."""
        return self.handover != AWAIT_CONFIRMATION and self.receiver.business is None


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
    vehicle_plate: str | None = None,
    driver: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Send `lines` (batch_id, quantity_units) of one owner from a zone; return the consignment with `warnings`.

    Raises NotFound for what the actor may not see, Invalid (`too_late`, `in_future`, `duplicate_batch`, `same_site`),
    Conflict `locked`, `gate_refused` (extra `missing`, a line each), `insufficient_stock`, `seller_not_active`,
    `receiver_not_active` (R1, R8, R10, R12).
    """
    zone, site = registry.site_of_zone(session, from_zone_id)
    seller = parties.seller(session, actor, owner, site)
    _authorize(session, actor, seller, from_zone_id, site)
    wanted = _wanted(lines)
    occurred = claimed(occurred_at)
    figures = policy.parameters(session, clock.now().astimezone(clock.BEIJING).date())
    receiver = parties.receiver(session, to, to_site_id)
    if receiver.business and receiver.business.business_id == seller.business_id and receiver.site == site:
        raise Invalid.of("/to_site_id", "same_site", "The goods are at this site already.")
    shipment = Shipment(
        seller, zone.zone_id, site, receiver, handover, wanted, occurred, _is_late(figures, occurred, handover),
        on_behalf_of(actor, seller.business_id),
    )  # fmt: skip
    warnings = parties.judge(figures, seller, receiver)
    _require_known(session, shipment)
    ledger.lock_batches(session, shipment.batch_ids, exclusive=False)
    holds.assert_free(session, shipment.batch_ids)
    verdicts = _pass_gate(session, shipment)
    consignment = _write(session, actor, shipment, verdicts, vehicle_plate, driver or {})
    return reading.describe(session, consignment) | {"warnings": warnings}


def _authorize(session: Session, actor: Actor, seller: Business, zone_id: UUID, site: Site) -> None:
    if actor.business_id == site.business_id != seller.business_id:
        raise Forbidden("Only the owner of goods, or an officer, sends them on.")
    authorize(actor, "trade.dispatch", Resource.of(seller.business_id, regions=[site.region_code]))
    if actor.business_id is not None and site.business_id != actor.business_id:
        used = select(col(Posting.posting_id)).where(
            col(Posting.owner_id) == seller.business_id, col(Posting.zone_id) == zone_id
        )
        if session.scalar(select(used.exists())) is not True:
            raise NotFound("There is no such zone.")


def _wanted(lines: Sequence[Mapping[str, Any]]) -> tuple[tuple[UUID, int], ...]:
    seen: set[UUID] = set()
    for number, line in enumerate(lines):
        if line["batch_id"] in seen:
            raise Invalid.of(f"/lines/{number}/batch_id", "duplicate_batch", "Name each batch once.")
        seen.add(line["batch_id"])
    return tuple((line["batch_id"], line["quantity_units"]) for line in lines)


def _is_late(figures: Mapping[str, Any], occurred: datetime, handover: str) -> bool:
    """Say whether a dispatch is entered late; goods signed for before that can't be judged as of now: `too_late`."""
    minutes = int(figures["late_after_min"])
    late = clock.now() - occurred > timedelta(minutes=minutes)
    if late and handover != AWAIT_CONFIRMATION:
        raise Invalid.of(
            "/occurred_at",
            "too_late",
            "A hand-over that was signed in person is entered within {minutes} minutes.",
            minutes=minutes,
        )
    return late


def _require_known(session: Session, shipment: Shipment) -> None:
    """Raise NotFound for a batch that was never this owner's: the same answer as for one that doesn't exist.

    Raises Invalid `before_intake` for a late entry that says goods left before the owner had them.
    """
    rows = session.execute(
        select(col(Posting.batch_id), func.min(col(Movement.occurred_at)))
        .join(Movement, col(Movement.movement_id) == col(Posting.movement_id))
        .where(
            col(Posting.owner_id) == shipment.owner.business_id,
            col(Posting.batch_id).in_(shipment.batch_ids),
            col(Posting.quantity_units) > 0,
        )
        .group_by(col(Posting.batch_id))
    )
    since = {row[0]: row[1] for row in rows}
    for number, batch_id in enumerate(shipment.batch_ids):
        if batch_id not in since:
            raise NotFound("There is no such batch here that you may send: line {line}.", line=number + 1)
        if shipment.late and shipment.occurred_at < since[batch_id]:
            raise Invalid.of("/occurred_at", "before_intake", "These goods were not here yet at that time.")


def _pass_gate(session: Session, shipment: Shipment) -> dict[UUID, Verdict]:
    verdicts = batches.gate(session, shipment.batch_ids, shipment.site.region_code)
    refused = [
        {"line": number, "batch_id": str(batch_id)} | _reasons(verdicts[batch_id])
        for number, batch_id in enumerate(shipment.batch_ids)
        if not verdicts[batch_id].clear
    ]
    if refused:
        raise Conflict(
            "These goods may not leave yet: {count} batches. Each line says what is missing and what to do next.",
            code="gate_refused",
            extra={"missing": refused},
            count=len(refused),
        )
    return verdicts


def _reasons(verdict: Verdict) -> dict[str, Any]:
    said = verdict.as_dict()
    return {"policy": said["policy"], "missing": said["missing"]}


def _write(
    session: Session,
    actor: Actor,
    shipment: Shipment,
    verdicts: Mapping[UUID, Verdict],
    vehicle_plate: str | None,
    driver: Mapping[str, Any],
) -> Consignment:
    people = {
        "to_name": personal.keep(session, shipment.receiver.name),
        "to_phone": personal.keep(session, shipment.receiver.phone),
        "driver_name": personal.keep(session, driver.get("name")),
        "driver_phone": personal.keep(session, driver.get("phone")),
    }
    consignment = _insert(session, _row(actor, shipment, people, vehicle_plate))
    session.execute(
        insert(ConsignmentLine),
        [
            {
                "consignment_id": consignment.consignment_id, "line_no": number, "batch_id": batch_id,
                "quantity_units": units, "confirmed_units": None, "disputed_units": 0,
                "verdict": verdicts[batch_id].as_dict(),
            }
            for number, (batch_id, units) in enumerate(shipment.lines, 1)
        ],
    )  # fmt: skip
    make = postings.hand_over if shipment.leaves_custody else postings.dispatch
    drafts = [
        Draft(
            "dispatch",
            batch_id,
            make(shipment.owner.business_id, shipment.zone_id, consignment.consignment_id, units),
            shipment.occurred_at,
            consignment_id=consignment.consignment_id,
            late=shipment.late,
            on_behalf_of=shipment.on_behalf_of,
        )
        for batch_id, units in shipment.lines
    ]
    movements = ledger.told(ledger.post(session, actor, drafts), drafts)
    _record(session, actor, shipment, consignment, verdicts, people, movements)
    return consignment


def _row(
    actor: Actor, shipment: Shipment, people: Mapping[str, PersonalValue | None], vehicle_plate: str | None
) -> Consignment:
    receiver = shipment.receiver
    signed = shipment.handover != AWAIT_CONFIRMATION
    return Consignment(
        consignment_id=new_id(),
        consignment_no="",
        owner_id=shipment.owner.business_id,
        from_zone_id=shipment.zone_id,
        from_site_id=shipment.site.site_id,
        to_business_id=receiver.business.business_id if receiver.business else None,
        to_address=receiver.address,
        to_site_id=receiver.site.site_id if receiver.site else None,
        purpose="delivery",
        handover=shipment.handover,
        state=states.SIGNED if signed else states.IN_TRANSIT,
        vehicle_plate=vehicle_plate,
        late=shipment.late,
        occurred_at=shipment.occurred_at,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=shipment.on_behalf_of,
        to_name_id=_id(people["to_name"]),
        to_phone_id=_id(people["to_phone"]),
        driver_name_id=_id(people["driver_name"]),
        driver_phone_id=_id(people["driver_phone"]),
    )


def _id(kept: PersonalValue | None) -> UUID | None:
    return kept.personal_id if kept else None


def _insert(session: Session, row: Consignment) -> Consignment:
    """Write the row under a number that nobody has: random and tried again, so that no counter makes others wait."""
    for _ in range(NUMBER_TRIES):
        row.consignment_no = numbers.consignment_no(row.recorded_at, secrets.randbits(64))
        written = session.execute(
            insert(Consignment)
            .values(row.model_dump())
            .on_conflict_do_nothing(index_elements=["consignment_no"])
            .returning(col(Consignment.consignment_id))
        ).first()
        if written is not None:
            return session.get_one(Consignment, row.consignment_id)
    raise RuntimeError("no free consignment number was found")


def _record(
    session: Session,
    actor: Actor,
    shipment: Shipment,
    consignment: Consignment,
    verdicts: Mapping[UUID, Verdict],
    people: Mapping[str, PersonalValue | None],
    movements: list[dict[str, Any]],
) -> None:
    policies = {batch_id: verdict.policy for batch_id, verdict in verdicts.items()}
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
            "owner_id": consignment.owner_id,
            "from_site_id": consignment.from_site_id,
            "from_zone_id": consignment.from_zone_id,
            "to_business_id": consignment.to_business_id,
            "to_site_id": consignment.to_site_id,
            "handover": consignment.handover,
            "state": consignment.state,
            "vehicle_plate": consignment.vehicle_plate,
            "late": consignment.late,
            "on_behalf_of": consignment.on_behalf_of,
            "people": {name: kept.commitment for name, kept in people.items() if kept},
            "lines": [
                {
                    "batch_id": batch_id,
                    "quantity_units": units,
                    "policy": f"{p.code}.{p.version}" if (p := policies[batch_id]) else None,
                }
                for batch_id, units in shipment.lines
            ],
            "movements": movements,
        },
    )
