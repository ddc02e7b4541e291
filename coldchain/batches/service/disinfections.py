"""Entering a disinfection record for an arrival (all its batches) or for pieces of one batch (R7)."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Disinfection
from coldchain.batches.service import targets
from coldchain.batches.service.gate import settle_status
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid
from coldchain.journal import service as journal
from coldchain.policy import service as policy
from coldchain.policy import vocabulary
from coldchain.policy.protocols import Protocol, Treatment, judge_treatment


def register(
    session: Session, actor: Actor, *, arrival_id: UUID | None = None, batch_id: UUID | None = None, **told: Any
) -> dict[str, Any]:
    """Enter a disinfection of an arrival or a batch by whoever has the goods, or an officer; `told`: see `enter`.

    Raises what `enter` does, NotFound, Forbidden.
    """
    target = targets.find(session, actor, "evidence.register", arrival_id=arrival_id, batch_id=batch_id)
    return enter(session, actor, target, **told)


def enter(
    session: Session,
    actor: Actor,
    target: targets.Target,
    *,
    performed_by: str,
    place: str,
    object: str,
    agent: str,
    concentration_mg_per_l: int,
    contact_min: int,
    ambient_temperature_c: Decimal,
    basis: str,
    volume_ml_per_m2: int | None = None,
    additives: str | None = None,
    piece_from: int | None = None,
    piece_to: int | None = None,
    occurred_at: datetime | None = None,
    order_id: UUID | None = None,
) -> dict[str, Any]:
    """Enter one disinfection and return it with its protocol and the status of the batches (R5, R7).

    A record that meets no protocol at its temperature is kept but doesn't count. Pieces are named for one batch, or for
    an arrival that has only one. `order_id`: the treating service enters it itself. The caller has checked the right.
    Raises Invalid (`unknown_agent`, `in_future`, `before_production`, the codes of ranges), Conflict
    `arrival_withdrawn`.
    """
    targets.require_entered(session, target)
    occurred = claimed(occurred_at)
    if early := targets.before_production(targets.first_made(session, target), occurred, "/occurred_at"):
        raise Invalid(errors=early)
    if agent not in vocabulary.agents():
        raise Invalid.of(
            "/agent", "unknown_agent", "This should be one of: {values}.", values=", ".join(vocabulary.agents())
        )
    piece_count = target.batches[0][1] if len(target.batches) == 1 else None
    basis, first, last = targets.checked_range("", basis, piece_from, piece_to, piece_count)
    treatment = Treatment(agent, concentration_mg_per_l, contact_min, ambient_temperature_c, volume_ml_per_m2)
    state, protocol = judge_treatment(_protocols(session, target, occurred), treatment)
    record = Disinfection(
        arrival_id=target.arrival_id,
        batch_id=target.batch_id,
        performed_by=performed_by,
        place=place,
        object=object,
        agent=agent,
        additives=additives,
        concentration_mg_per_l=concentration_mg_per_l,
        contact_min=contact_min,
        volume_ml_per_m2=volume_ml_per_m2,
        ambient_temperature_c=ambient_temperature_c,
        basis=basis,
        piece_from=first,
        piece_to=last,
        protocol_id=protocol.protocol_id if protocol else None,
        protocol_state=state,
        occurred_at=occurred,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=target.owner_id if actor.is_officer else None,
    )
    session.add(record)
    session.flush()
    _journal(session, actor, target, record, protocol, order_id)
    now = settle_status(session, target.batch_ids)
    return (
        describe(record)
        | {"protocol": protocol.code if protocol else None}
        | {"batches": [{"batch_id": key, "status": now[key]} for key in target.batch_ids]}
    )


def _protocols(session: Session, target: targets.Target, occurred: datetime) -> list[Protocol]:
    """Return the protocols of the treatment's own day and place (R7)."""
    return policy.protocols(session, target.region_code, occurred.astimezone(clock.BEIJING).date())


def _journal(
    session: Session,
    actor: Actor,
    target: targets.Target,
    record: Disinfection,
    protocol: Protocol | None,
    order_id: UUID | None,
) -> None:
    journal.append(
        session,
        actor,
        kind="disinfection.registered",
        subject_id=record.disinfection_id,
        occurred_at=record.occurred_at,
        data={
            "arrival_id": record.arrival_id,
            "batch_id": record.batch_id,
            "place": record.place,
            "object": record.object,
            "agent": record.agent,
            "additives": record.additives,
            "concentration_mg_per_l": record.concentration_mg_per_l,
            "contact_min": record.contact_min,
            "volume_ml_per_m2": record.volume_ml_per_m2,
            "ambient_temperature_c": record.ambient_temperature_c,
            "basis": record.basis,
            "piece_from": record.piece_from,
            "piece_to": record.piece_to,
            "protocol_state": record.protocol_state,
            "protocol": f"{protocol.code}/{protocol.version}" if protocol else None,
            "on_behalf_of": record.on_behalf_of,
        }
        | ({"order_id": order_id} if order_id else {}),
        business_id=target.owner_id,
        region_code=target.region_code,
    )


def describe(record: Disinfection) -> dict[str, Any]:
    """Return a disinfection record as the API shows it."""
    return {
        "disinfection_id": record.disinfection_id,
        "arrival_id": record.arrival_id,
        "batch_id": record.batch_id,
        "performed_by": record.performed_by,
        "place": record.place,
        "object": record.object,
        "agent": record.agent,
        "additives": record.additives,
        "concentration_mg_per_l": record.concentration_mg_per_l,
        "contact_min": record.contact_min,
        "volume_ml_per_m2": record.volume_ml_per_m2,
        "ambient_temperature_c": record.ambient_temperature_c,
        "basis": record.basis,
        "piece_from": record.piece_from,
        "piece_to": record.piece_to,
        "protocol_state": record.protocol_state,
        "occurred_at": record.occurred_at,
        "recorded_at": record.recorded_at,
        "on_behalf_of": record.on_behalf_of,
    }
