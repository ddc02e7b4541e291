"""Batches that come out of others: a part split off, goods processed into new ones (R5, R10).

What was made is written with where it came from in the same transaction, before anybody can see it, so that whoever
locks a batch with its descendants finds it. The caller has `watch.lock_shared`, then the batches that go in are locked;
what is made here is fresh: locked by nobody, seen by nobody. Stock is posted by the caller.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches import matching, origins, watch
from coldchain.batches.matching import Identity
from coldchain.batches.models import Arrival, Batch, BatchOrigin
from coldchain.batches.origins import SPLIT, TRANSFORMATION
from coldchain.batches.service import arrival_lines, arrivals
from coldchain.batches.service.arrival_lines import Line, Wording
from coldchain.batches.service.arrivals import Head
from coldchain.batches.service.gate import refresh_status
from coldchain.core import clock
from coldchain.core.batch_code import RANDOM_BITS, new_batch_code
from coldchain.core.errors import Conflict, Invalid
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.policy import coverage
from coldchain.policy.coverage import Range
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Product, Site, Zone

OUTPUTS: Final = Wording("outputs", "The production date is after the day of processing, {day}.")
ARRIVAL_LOCK: Final = 0x6C696E65  # "line": the first half of a two-part key; lines of an arrival are numbered in turn
_TURN: Final = text("SELECT pg_advisory_xact_lock(:lock_class, hashtext(:arrival_id))")


@dataclass(frozen=True)
class Making:
    """By which document goods are made: whose they are, where, when, on whose behalf it was entered."""

    entry_id: UUID
    owner: Business
    site: Site
    zone: Zone
    occurred_at: datetime
    late: bool
    on_behalf_of: UUID | None


def units_in(pieces: Range, quantity_units: int, units_per_piece: int) -> int:
    """Return how many units these pieces of a batch held when it was entered; the last may be an open one."""
    first, last = pieces
    return min(last * units_per_piece, quantity_units) - (first - 1) * units_per_piece


def pieces_left(session: Session, batch: Batch) -> tuple[Range, ...]:
    """Return the pieces of a batch that no split took, none when all are gone."""
    gone = origins.load(session, [batch.batch_id]).gone.get(batch.batch_id, [])
    return coverage.left(gone, batch.piece_count)


def require_within(batch: Batch, pieces: Range) -> None:
    """Raise Invalid `wrong_order`, `beyond_pieces` for pieces that a batch never had."""
    first, last = pieces
    if last < first:
        raise Invalid.of("/piece_to", "wrong_order", "The last piece comes before the first.")
    if last > batch.piece_count:
        raise Invalid.of("/piece_to", "beyond_pieces", "This batch has pieces 1 to {count}.", count=batch.piece_count)


def require_left(session: Session, batch: Batch, pieces: Range) -> None:
    """Raise Conflict `pieces_gone` (extra `left`) when another split took some of these pieces.

    Sound after the batch is locked exclusively.
    """
    left = pieces_left(session, batch)
    if not any(start <= pieces[0] and pieces[1] <= end for start, end in left):
        raise Conflict(
            "Some of these pieces were split off already. What is left: {pieces}.",
            code="pieces_gone",
            extra={"left": [list(pair) for pair in left]},
            pieces=", ".join(f"{start}–{end}" for start, end in left) or "–",
        )


def split_off(session: Session, actor: Actor, making: Making, parent: Batch, pieces: Range) -> Batch:
    """Make a batch of its own of some pieces of another: same arrival, product, dates and number; return it (R5).

    The caller has asked `require_left`, and posts the stock.
    """
    session.execute(_TURN, {"lock_class": ARRIVAL_LOCK, "arrival_id": str(parent.arrival_id)})
    last_line = select(func.max(col(Batch.line_no))).where(col(Batch.arrival_id) == parent.arrival_id)
    line_no = int(session.execute(last_line).scalar_one()) + 1
    product = registry.products(session, [parent.product_id])[parent.product_id]
    units = units_in(pieces, parent.quantity_units, product.units_per_piece)
    child = arrivals.drawn(session, lambda: _insert_part(session, actor, making, parent, product, pieces, line_no))
    _came_from(session, [child], {parent.batch_id: units}, SPLIT, pieces)
    origin = {"kind": SPLIT, "entry_id": making.entry_id, "parents": [parent.batch_id], "pieces": list(pieces)}
    journal.append(
        session,
        actor,
        kind="batch.registered",
        subject_id=child.batch_id,
        occurred_at=making.occurred_at,
        business_id=making.owner.business_id,
        region_code=making.site.region_code,
        data=arrivals.told(child) | {"origin": origin},
    )
    return child


def _insert_part(
    session: Session, actor: Actor, making: Making, parent: Batch, product: Product, pieces: Range, line_no: int
) -> Batch:
    producer_id = parent.producer_id
    producer = registry.producers(session, [producer_id])[producer_id]
    code = new_batch_code(secrets.randbits(RANDOM_BITS))
    child = Batch(
        batch_id=new_id(),
        batch_code=code,
        arrival_id=parent.arrival_id,
        line_no=line_no,
        product_id=parent.product_id,
        producer_id=producer_id,
        owner_id=making.owner.business_id,  # the first station is who entered the arrival (R2)
        site_id=making.site.site_id,
        zone_id=making.zone.zone_id,
        region_code=making.site.region_code,
        batch_no=parent.batch_no,
        production_date=parent.production_date,
        expiry_date=parent.expiry_date,
        quantity_units=units_in(pieces, parent.quantity_units, product.units_per_piece),
        piece_count=pieces[1] - pieces[0] + 1,
        status="held",
        search_text=arrivals.search_text(
            product, producer, registry.aliases(session, [producer_id])[producer_id],
            making.owner, session.get_one(Arrival, parent.arrival_id), code,
            parent.batch_no,
        ),
        occurred_at=making.occurred_at,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )  # fmt: skip
    session.add(child)
    session.flush()
    return child


def check_outputs(session: Session, making: Making, outputs: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return the goods that are to be made as lines, in the zone of the document unless they name one of its site's.

    Raises Invalid with every field that is wrong, Conflict `zone_not_dedicated` (R4).
    """
    made_on = making.occurred_at.astimezone(clock.BEIJING).date()
    placed = [{**line, "zone_id": line.get("zone_id") or making.zone.zone_id} for line in outputs]
    return arrival_lines.check(session, making.site, made_on, placed, existing_stock=False, wording=OUTPUTS)


def process(
    session: Session, actor: Actor, making: Making, used_units: Mapping[UUID, int], lines: Sequence[Line]
) -> list[Batch]:
    """Make the batches of `lines` of units of others, each of all of them; return them in line order (R10).

    They are lines of an arrival of their own, which says that they were made here.
    """
    head = Head(
        arrival_id=new_id(),
        owner=making.owner,
        site=making.site,
        entry_mode="processed",
        arrived_at=making.occurred_at,
        late=making.late,
        supplier_id=None,
        supplier_name=None,
        on_behalf_of=making.on_behalf_of,
        papers=dict.fromkeys(("container_no", "seal_no", "customs_declaration_no", "vehicle_plate", "expected_at")),
        driver={"name": None, "phone": None},
    )
    arrival, batches = arrivals.write(session, actor, head, lines)
    _came_from(session, batches, used_units, TRANSFORMATION, None)
    origin = {"kind": TRANSFORMATION, "entry_id": making.entry_id, "parents": sorted(used_units)}
    arrivals.tell(session, actor, head, arrival, lines, [{"origin": origin}] * len(batches), batches)
    return batches


def _came_from(
    session: Session, children: Iterable[Batch], used_units: Mapping[UUID, int], kind: str, pieces: Range | None
) -> None:
    now = clock.now()
    session.add_all(
        BatchOrigin(
            child_id=child.batch_id,
            parent_id=parent_id,
            kind=kind,
            quantity_units=units,
            piece_from=pieces[0] if pieces else None,
            piece_to=pieces[1] if pieces else None,
            recorded_at=now,
        )
        for child in children
        for parent_id, units in sorted(used_units.items())
    )
    session.flush()


def settle(session: Session, actor: Actor, children: Sequence[Batch]) -> dict[UUID, str]:
    """Hold what a running recall describes, by what it is or by what it was made from; return the status of each (R9).

    After the stock was posted, in the transaction that made it.
    """
    batch_ids = [child.batch_id for child in children]
    watch.hold(session, actor, watch.find(session, _identities(session, batch_ids)), fresh=True)
    return refresh_status(session, batch_ids)


def _identities(session: Session, batch_ids: Sequence[UUID]) -> list[Identity]:
    """Return what a notice looks at in each batch, and in all that it came out of, under the batch's own id."""
    came_from = origins.load(session, batch_ids)
    above = {batch_id: came_from.needed([batch_id]) for batch_id in batch_ids}
    sources = {source for listed in above.values() for source in listed}
    known = {each.batch_id: each for each in matching.identities(session, sources)}
    return [
        replace(known[source], batch_id=batch_id)
        for batch_id, sources in above.items()
        for source in sorted(sources)
        if source in known
    ]
