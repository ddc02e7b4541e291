"""Correcting what an arrival says of itself: appended, naming what is corrected; notices match both values (R11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import flags, origins, watch
from coldchain.batches.matching import identities
from coldchain.batches.models import Batch
from coldchain.batches.models_arrivals import ARRIVAL_FIELDS, BATCH_FIELDS, IdentityCorrection
from coldchain.batches.origins import descendants
from coldchain.batches.service import arrival_numbers, arrival_view, arrivals, declaration_numbers, positives
from coldchain.batches.service.arrival_acts import Grasp, catalogue, grasp
from coldchain.batches.service.gate import refresh_status
from coldchain.core import clock, limits
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, FieldError, Invalid
from coldchain.journal import service as journal
from coldchain.ledger import holds
from coldchain.registry import service as registry
from coldchain.registry.models import Product

COUNTED_BY = ("ledger_unit", "units_per_piece", "unit_mass_g")


@dataclass(frozen=True)
class Change:
    """One field that says something else from now on; `batch` None: a field of the arrival itself."""

    batch: Batch | None
    name: str
    former: Any
    value: Any


def correct(
    session: Session,
    actor: Actor,
    arrival_id: UUID,
    *,
    reason: str,
    lines: Sequence[Mapping[str, Any]] | None = None,
    occurred_at: datetime | None = None,
    container_no: str | None = None,
    container_override: str | None = None,
    **fields: Any,
) -> UUID:
    """Append corrections of an arrival's numbers and of its batches' product, number and dates; return its id.

    A line: batch_id and what is to be right; what is not named, or says what it said before, stays. Stock is counted as
    it was, so another product must be counted the same way. A batch that a running recall describes now is held at
    once with all that was made from it; no hold ends (R9, R11). Raises NotFound, Forbidden; Conflict
    `arrival_withdrawn`, `too_many_corrections`; Invalid `unknown_batch`, `duplicate_batch`, `unknown_product`,
    `counted_otherwise`, `before_production`, `after_arrival`, `nothing_to_correct`, `in_future`.
    """
    held = grasp(session, actor, arrival_id, "arrival.correct")
    occurred = claimed(occurred_at)
    known = registry.products(
        session, [line["product_id"] for line in lines or [] if line.get("product_id")]
        + [batch.product_id for batch in held.batches]
    )  # fmt: skip
    number = arrival_numbers.container(container_no, container_override)
    parts = _parts(session, held)
    changes = _of_parts(_changes(held, known, fields | {"container_no": number.value}, lines or []), parts)
    if not changes:
        raise Invalid.of("", "nothing_to_correct", "This is what the arrival says already.")
    watch.lock_shared(session)
    every = [*held.batches, *(part for listed in parts.values() for part in listed)]
    touched = [batch.batch_id for batch in every] if any(change.batch is None for change in changes) else [
        change.batch.batch_id for change in changes if change.batch is not None
    ]  # fmt: skip
    positives.lock_with_descendants(session, touched)
    rows = _append(session, actor, held, changes, reason, occurred)
    _apply(session, held, every, known, changes)
    journal.append(
        session,
        actor,
        kind="arrival.corrected",
        subject_id=arrival_id,
        occurred_at=occurred,
        business_id=held.arrival.owner_id,
        region_code=held.site.region_code,
        data={
            "reason": reason,
            "on_behalf_of": held.on_behalf_of,
            "corrections": [
                row.model_dump(include={"correction_id", "batch_id", "field", "former_value", "value", "corrects_id"})
                for row in rows
            ],
        },
    )
    flags.raise_(session, actor, arrival_numbers.marks(number, held.arrival, held.site, occurred))
    if any(change.name == "customs_declaration_no" for change in changes):
        declaration_numbers.settle(session, actor, occurred, arrival_id=arrival_id)
    _hold_described(session, actor, touched)
    refresh_status(session, touched)
    return arrival_id


def _changes(
    held: Grasp, products: Mapping[UUID, Product], fields: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
) -> list[Change]:
    """Return what really changes. Raises Invalid with every field that is wrong."""
    found = [Change(None, name, getattr(held.arrival, name), fields.get(name)) for name in ARRIVAL_FIELDS]
    by_id = {batch.batch_id: batch for batch in held.batches}
    errors: list[FieldError] = []
    seen: set[UUID] = set()
    for index, line in enumerate(lines):
        pointer, batch = f"/lines/{index}", by_id.get(line["batch_id"])
        if batch is None:
            errors.append(FieldError(f"{pointer}/batch_id", "unknown_batch", "There is no such batch."))
            continue
        if batch.batch_id in seen:
            errors.append(
                FieldError(f"{pointer}/batch_id", "duplicate_batch", "Each batch may stand in one line only.")
            )
        seen.add(batch.batch_id)
        errors += _wrong(pointer, held, batch, line, products)
        found += [Change(batch, name, getattr(batch, name), line.get(name)) for name in BATCH_FIELDS]
    if errors:
        raise Invalid(errors=errors)
    return [change for change in found if change.value is not None and change.value != change.former]


def _parts(session: Session, held: Grasp) -> dict[UUID, list[Batch]]:
    """Return what was split off each line of an arrival, by any number of steps: it is the same lot."""
    statement = select(Batch).where(
        col(Batch.arrival_id) == held.arrival.arrival_id, col(Batch.batch_id).not_in(held.batch_ids)
    )
    split = session.exec(statement.order_by(col(Batch.batch_id))).all()
    came_from = origins.load(session, [batch.batch_id for batch in split]) if split else None
    found: dict[UUID, list[Batch]] = {}
    for batch in split:
        if came_from is not None:
            found.setdefault(came_from.steps(batch.batch_id)[-1].batch_id, []).append(batch)
    return found


def _of_parts(changes: Sequence[Change], parts: Mapping[UUID, Sequence[Batch]]) -> list[Change]:
    """Return changes with those of the parts that were split off each batch."""
    found = list(changes)
    for change in changes:
        for part in parts.get(change.batch.batch_id, ()) if change.batch else ():
            if getattr(part, change.name) != change.value:
                found.append(replace(change, batch=part, former=getattr(part, change.name)))
    return found


def _wrong(
    pointer: str, held: Grasp, batch: Batch, line: Mapping[str, Any], products: Mapping[UUID, Product]
) -> list[FieldError]:
    errors = []
    product_id = line.get("product_id")
    if product_id is not None and product_id not in products:
        errors.append(FieldError(f"{pointer}/product_id", "unknown_product", "There is no such product."))
    elif product_id is not None:
        was, now = products[batch.product_id], products[product_id]
        if any(getattr(was, name) != getattr(now, name) for name in COUNTED_BY):
            told = "This product is counted in another way; the books could not stay as they are."
            errors.append(FieldError(f"{pointer}/product_id", "counted_otherwise", told))
    made: date = line.get("production_date") or batch.production_date
    expires: date | None = line.get("expiry_date") or batch.expiry_date
    came = held.arrival.arrived_at or held.arrival.expected_at or held.arrival.occurred_at
    day = came.astimezone(clock.BEIJING).date()
    if made > day:
        told = "The production date is after the arrival on {day}."
        errors.append(FieldError(f"{pointer}/production_date", "after_arrival", told, {"day": day.isoformat()}))
    if expires is not None and expires < made:
        told = "The expiry date is before the production date."
        errors.append(FieldError(f"{pointer}/expiry_date", "before_production", told))
    return errors


def _append(
    session: Session, actor: Actor, held: Grasp, changes: Sequence[Change], reason: str, occurred_at: datetime
) -> list[IdentityCorrection]:
    """Write the corrections, each naming the one of the same field before it."""
    before = arrival_view.corrections_of(session, held.arrival.arrival_id)
    if len(before) + len(changes) > limits.CORRECTIONS_PER_ARRIVAL:
        raise Conflict(
            "An arrival takes at most {limit} corrections.", code="too_many_corrections",
            limit=limits.CORRECTIONS_PER_ARRIVAL,
        )  # fmt: skip
    last = {(row.batch_id, row.field): row.correction_id for row in before}
    now = clock.now()
    rows = [
        IdentityCorrection(
            arrival_id=held.arrival.arrival_id,
            batch_id=batch_id,
            field=change.name,
            former_value=None if change.former is None else str(change.former),
            value=str(change.value),
            reason=reason,
            corrects_id=last.get((batch_id, change.name)),
            occurred_at=occurred_at,
            recorded_at=now,
            recorded_by=actor.user_id,
            on_behalf_of=held.on_behalf_of,
        )
        for change in changes
        for batch_id in (change.batch.batch_id if change.batch else None,)
    ]
    session.add_all(rows)
    session.flush()
    return rows


def _apply(
    session: Session,
    held: Grasp,
    batches: Sequence[Batch],
    products: Mapping[UUID, Product],
    changes: Sequence[Change],
) -> None:
    """Let the rows say what is right from now on, so that every list and label does; the trigger compares."""
    for change in changes:
        setattr(held.arrival if change.batch is None else change.batch, change.name, change.value)
        if change.batch is not None and change.name == "product_id":
            change.batch.producer_id = products[change.value].producer_id
    session.add(held.arrival)
    known = catalogue(session, [batch.product_id for batch in batches])
    owners = {owner_id: registry.find_business(session, owner_id) for owner_id in {b.owner_id for b in batches}}
    for batch in batches:
        batch.search_text = arrivals.search_text(
            known.products[batch.product_id], known.producers[batch.producer_id], known.aliases[batch.producer_id],
            owners[batch.owner_id], held.arrival, batch.batch_code, batch.batch_no,
        )  # fmt: skip
        session.add(batch)
    session.flush()


def _hold_described(session: Session, actor: Actor, batch_ids: Sequence[UUID]) -> None:
    """Hold what a running recall describes now and did not before, with all that was made from it (R9)."""
    for match in watch.find(session, identities(session, batch_ids)):
        described = {*match.batch_ids, *descendants(session, match.batch_ids)}
        held = holds.active(session, described)
        new = {b for b in described if match.cause not in {holds.cause_of(hold) for hold in held.get(b, [])}}
        if new:
            watch.hold(session, actor, [replace(match, batch_ids=tuple(sorted(new)))])
