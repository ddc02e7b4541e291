"""One certificate for many deliveries is normal; what is booked beyond its quantity, or by others, is flagged.

A flag is no violation: an officer looks at the paper. The papers of the same certificate are found over the whole
ledger, whoever entered them; the flag says how many there are, not whose.
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, func, text
from sqlmodel import Session, col, or_, select

from coldchain.accounts.actor import Actor
from coldchain.batches import flags, papers
from coldchain.batches.flags import Mark
from coldchain.batches.models import Batch, Evidence
from coldchain.batches.origins import came_with_arrival
from coldchain.batches.service.targets import Target
from coldchain.policy import vocabulary
from coldchain.registry.models import Producer, Product

_ALONE = text("SELECT pg_advisory_xact_lock(:key)")


def enter_alone(session: Session, kind: str, number: str) -> None:
    """Let of two papers of the same number that are entered at once the second see the first. Before batch rows."""
    digest = hashlib.sha256(f"certificate\n{kind}\n{number.casefold()}".encode()).digest()
    session.execute(_ALONE, {"key": int.from_bytes(digest[:8], "big", signed=True)})


def flag(session: Session, actor: Actor, paper: Evidence, target: Target) -> None:
    """Raise a flag when a paper that was just entered books more than its certificate says, or differs from others."""
    booked = _bookings(session, _same(session, paper))
    stated = [row.quantity_units for row in booked if row.quantity_units is not None]
    data = {"evidence_kind": paper.kind, "number": paper.number, "papers": len({row.evidence_id for row in booked})}
    about: dict[str, Any] = {
        "subject_kind": "batch" if target.batch_id else "arrival",
        "subject_id": target.subject_id,
        "region_code": target.region_code,
        "occurred_at": paper.occurred_at,
        "batch_id": target.batch_id,
        "business_id": target.owner_id,
    }
    marks = []
    units = sum({row.batch_id: row.booked for row in booked}.values())
    if stated and len({row.ledger_unit for row in booked}) == 1 and units > min(stated):
        told = data | {"booked_units": units, "certificate_units": min(stated)}
        marks.append(Mark("certificate_overbooked", data=told, **about))
    differs = _differences(booked, paper.evidence_id, stated)
    if differs:
        marks.append(Mark("certificate_differs", data=data | {"differs": differs}, **about))
    flags.raise_(session, actor, marks)


def _same(session: Session, paper: Evidence) -> list[Evidence]:
    """Return the papers in force of the same certificate, the new one among them."""
    statement = select(Evidence).where(
        col(Evidence.kind) == paper.kind,
        col(Evidence.number) == paper.number,
        papers.in_force(),
    )
    if not vocabulary.evidence_kinds()[paper.kind].number_names_it:
        statement = statement.where(func.lower(col(Evidence.issuer)) == paper.issuer.lower())
    return list(session.exec(statement))


def _bookings(session: Session, same: Sequence[Evidence]) -> Sequence[Any]:
    """Return a row for each batch that came under each of these papers: owner, plant, quantity, unit."""
    listed = [paper.evidence_id for paper in same]
    return session.execute(
        select(  # type: ignore[call-overload]
            col(Evidence.evidence_id),
            col(Evidence.quantity_units),
            col(Batch.batch_id),
            col(Batch.owner_id),
            col(Batch.quantity_units).label("booked"),
            col(Product.ledger_unit),
            func.coalesce(col(Producer.plant_no), cast(col(Producer.producer_id), Text)).label("plant"),
        )
        .select_from(Evidence)
        .join(
            Batch,
            or_(
                col(Batch.batch_id) == col(Evidence.batch_id),
                (col(Batch.arrival_id) == col(Evidence.arrival_id)) & came_with_arrival(),
            ),
        )
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .join(Producer, col(Producer.producer_id) == col(Batch.producer_id))
        .where(col(Evidence.evidence_id).in_(listed))
    ).all()


def _differences(booked: Sequence[Any], entered: UUID, stated: Sequence[int]) -> list[str]:
    """Return in what the paper just entered differs from those before it: holder, plant, quantity."""
    own = [row for row in booked if row.evidence_id == entered]
    others = [row for row in booked if row.evidence_id != entered]
    if not own or not others:
        return []
    found = []
    if not {row.owner_id for row in own} <= {row.owner_id for row in others}:
        found.append("holder")
    if not {row.plant for row in own} <= {row.plant for row in others}:
        found.append("plant")
    if len(set(stated)) > 1:
        found.append("quantity")
    return found
