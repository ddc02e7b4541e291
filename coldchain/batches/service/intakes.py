"""Taking in what was declared in advance: the goods came, and become stock as they really are (R3, R6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import flags, watch
from coldchain.batches.matching import identity_of
from coldchain.batches.models import Batch, Flag
from coldchain.batches.models_arrivals import IntakeLine
from coldchain.batches.service import arrival_lines, arrival_numbers, arrivals, declaration_numbers
from coldchain.batches.service.arrival_acts import Catalogue, Grasp, catalogue, grasp
from coldchain.batches.service.arrival_lines import Line
from coldchain.batches.service.arrival_modes import declared_late, entered_late, numbers_missing
from coldchain.batches.service.arrival_numbers import Number
from coldchain.batches.service.arrival_parties import refuse_shut_out
from coldchain.batches.service.gate import refresh_status
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, FieldError, Invalid
from coldchain.core.gathered import Gathered
from coldchain.journal import service as journal
from coldchain.ledger import service as ledger
from coldchain.ledger.postings import Draft, intake


@dataclass(frozen=True)
class Received:
    """A declared batch and what came of it: units, in a zone of the arrival's site; `line` None: nothing came."""

    batch: Batch
    line: Line | None
    declared_units: int
    declared_zone_id: UUID


def take_in(
    session: Session,
    actor: Actor,
    arrival_id: UUID,
    *,
    arrived_at: datetime | None = None,
    container_no: str | None = None,
    container_override: str | None = None,
    seal_no: str | None = None,
    customs_declaration_no: str | None = None,
    vehicle_plate: str | None = None,
    driver: Mapping[str, Any] | None = None,
    lines: Sequence[Mapping[str, Any]] | None = None,
    occurred_at: datetime | None = None,
) -> UUID:
    """Book what came of a declared arrival and return its id; what is not said is as it was declared.

    A line: batch_id, quantity_units? (0: it did not come), zone_id?. Raises NotFound, Forbidden; Conflict `wrong_state`
    when it is no declared arrival that is still awaited, `arrival_withdrawn`, `zone_not_dedicated` (R4),
    `business_suspended`; Invalid `in_future`, `unknown_batch`, `duplicate_batch`, `nothing_received`, the container's
    and the lines' codes.
    """
    held = grasp(session, actor, arrival_id, "arrival.register")
    arrival = held.arrival
    if arrival.entry_mode != "declared" or arrival.arrived_at is not None:
        raise Conflict(
            "These goods are in the books as arrived already.", code="wrong_state", extra={"state": "arrived"}
        )
    refuse_shut_out(held.owner)
    gathered = Gathered()
    time = "/arrived_at" if arrived_at else "/occurred_at"
    came_at = gathered.take(lambda: claimed(arrived_at or occurred_at, time)) or clock.now()
    received = gathered.take(lambda: _received(session, held, came_at, lines or [])) or []
    numbers = (container_no, container_override, customs_declaration_no)
    number = gathered.take(lambda: arrival_numbers.read(*numbers)) or Number()
    gathered.refuse()
    watch.lock_shared(session)
    ledger.lock_batches(session, held.batch_ids, exclusive=True)
    arrival.arrived_at = came_at
    for name, value in (
        ("container_no", number.value), ("seal_no", seal_no), ("customs_declaration_no", number.declaration),
        ("vehicle_plate", vehicle_plate),
    ):  # fmt: skip
        if value is not None:
            setattr(arrival, name, value)
    kept = arrivals.keep_driver(session, driver or {}, held.owner, held.site)
    if kept["name"] or kept["phone"]:
        arrival.driver_name_id = kept["name"].personal_id if kept["name"] else None
        arrival.driver_phone_id = kept["phone"].personal_id if kept["phone"] else None
    session.add(arrival)
    known = catalogue(session, [batch.product_id for batch in held.batches])
    _write(session, actor, held, known, received, came_at)
    came = [each for each in received if each.line is not None]
    found = watch.find(session, [_identity(known, each.batch, held) for each in came])
    movements = _post(session, actor, held, came, came_at)
    _tell(session, actor, held, received, movements, kept)
    _mark(session, actor, held, came_at)
    goods = [(each.line.product, held.site) for each in came if each.line]
    told = [*arrival_numbers.marks(number, arrival, held.site, came_at), *numbers_missing(arrival, held.site, goods)]
    flags.raise_(session, actor, told)
    if number.declaration is not None:
        declaration_numbers.settle(session, actor, came_at, arrival_id=arrival_id)
    watch.hold(session, actor, found)
    refresh_status(session, held.batch_ids)
    return arrival_id


def _received(session: Session, held: Grasp, came_at: datetime, said: Sequence[Mapping[str, Any]]) -> list[Received]:
    """Return what came of each batch, those that were named first. Raises Invalid with every line that is wrong."""
    by_id = {batch.batch_id: batch for batch in held.batches}
    errors = []
    named: dict[UUID, Mapping[str, Any]] = {}
    for index, line in enumerate(said):
        pointer, batch_id = f"/lines/{index}/batch_id", line["batch_id"]
        if batch_id not in by_id:
            errors.append(FieldError(pointer, "unknown_batch", "There is no such batch."))
        elif batch_id in named:
            errors.append(FieldError(pointer, "duplicate_batch", "Each batch may stand in one line only."))
        named[batch_id] = line
    if errors:
        raise Invalid(errors=errors)
    ordered = [by_id[batch_id] for batch_id in named] + [b for b in held.batches if b.batch_id not in named]
    units = {b.batch_id: _or(named.get(b.batch_id, {}).get("quantity_units"), b.quantity_units) for b in ordered}
    if not any(units.values()):
        raise Invalid.of("/lines", "nothing_received", "Nothing came of this arrival: withdraw it instead.")
    checked = arrival_lines.check(
        session,
        held.site,
        came_at.astimezone(clock.BEIJING).date(),
        [
            {
                "product_id": b.product_id,
                "zone_id": _or(named.get(b.batch_id, {}).get("zone_id"), b.zone_id),
                "batch_no": b.batch_no,
                "production_date": b.production_date,
                "expiry_date": b.expiry_date,
                "quantity_units": units[b.batch_id] or 1,  # what did not come is checked like one unit, and left out
            }
            for b in ordered
        ],
        existing_stock=False,
    )
    return [
        Received(batch, line if units[batch.batch_id] else None, batch.quantity_units, batch.zone_id)
        for batch, line in zip(ordered, checked, strict=True)
    ]


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _write(
    session: Session, actor: Actor, held: Grasp, known: Catalogue, received: Sequence[Received], came_at: datetime
) -> None:
    now = clock.now()
    for each in received:
        batch, line = each.batch, each.line
        producer = known.producers[batch.producer_id]
        session.add(
            IntakeLine(
                batch_id=batch.batch_id,
                arrival_id=batch.arrival_id,
                declared_units=each.declared_units,
                declared_zone_id=each.declared_zone_id,
                received_units=line.quantity_units if line else 0,
                occurred_at=came_at,
                recorded_at=now,
                recorded_by=actor.user_id,
                on_behalf_of=held.on_behalf_of,
            )
        )
        batch.status = "held" if line else "withdrawn"
        if line is not None:
            batch.quantity_units, batch.piece_count = line.quantity_units, line.piece_count
            batch.zone_id, batch.occurred_at = line.zone.zone_id, came_at
            batch.search_text = arrivals.search_text(
                line.product, producer, known.aliases[producer.producer_id], held.owner, held.arrival,
                batch.batch_code, batch.batch_no,
            )  # fmt: skip
        session.add(batch)
    session.flush()


def _identity(known: Catalogue, batch: Batch, held: Grasp) -> Any:
    return identity_of(known.products[batch.product_id], known.producers[batch.producer_id], batch, held.arrival)


def _post(
    session: Session, actor: Actor, held: Grasp, came: Sequence[Received], came_at: datetime
) -> dict[UUID, dict[str, Any]]:
    """Post what came; return each batch's movement as the journal tells it."""
    late = entered_late(session, came_at)
    drafts = [
        Draft(
            kind="intake",
            batch_id=each.batch.batch_id,
            entries=intake(held.owner.business_id, each.batch.zone_id, each.batch.quantity_units),
            occurred_at=came_at,
            arrival_id=held.arrival.arrival_id,
            late=late,
            on_behalf_of=held.on_behalf_of,
            moves_locked=True,
        )
        for each in came
    ]
    told = ledger.told(ledger.post(session, actor, drafts), drafts)
    return {draft.batch_id: movement for draft, movement in zip(drafts, told, strict=True)}


def _tell(
    session: Session,
    actor: Actor,
    held: Grasp,
    received: Sequence[Received],
    movements: Mapping[UUID, dict[str, Any]],
    driver: Mapping[str, Any],
) -> None:
    arrival, came_at = held.arrival, held.arrival.arrived_at
    if came_at is None:
        raise AssertionError("goods that were taken in have come")
    said = {
        "arrived_at": came_at,
        "container_no": arrival.container_no,
        "seal_no": arrival.seal_no,
        "customs_declaration_no": arrival.customs_declaration_no,
        "vehicle_plate": arrival.vehicle_plate,
        "driver_name": driver["name"].commitment if driver["name"] else None,
        "driver_phone": driver["phone"].commitment if driver["phone"] else None,
        "on_behalf_of": held.on_behalf_of,
    }
    of = (held.owner.business_id, held.site.region_code)
    facts = [journal.Fact("arrival.taken_in", arrival.arrival_id, came_at, said, *of)]
    facts += [
        journal.Fact(
            "batch.taken_in",
            each.batch.batch_id,
            came_at,
            {
                "arrival_id": arrival.arrival_id,
                "declared_units": each.declared_units,
                "received_units": each.line.quantity_units if each.line else 0,
                "zone_id": each.batch.zone_id,
                "piece_count": each.batch.piece_count if each.line else 0,
                "movements": [movements[each.batch.batch_id]] if each.line else [],
            },
            *of,
        )
        for each in received
    ]
    journal.append_many(session, actor, facts)


def _mark(session: Session, actor: Actor, held: Grasp, came_at: datetime) -> None:
    """Flag goods that came sooner after they were declared than they may, unless that was flagged already (R3)."""
    arrival_id = held.arrival.arrival_id
    flagged = select(Flag.flag_id).where(col(Flag.subject_id) == arrival_id, col(Flag.kind) == "declared_late")
    mark = declared_late(session, held.arrival, held.site, came_at)
    if mark is not None and session.exec(flagged).first() is None:
        flags.raise_(session, actor, [mark])
