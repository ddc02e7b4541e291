"""Telling officers that a delivery and its customs declaration say different numbers, for as long as they do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import declarations, flags, papers
from coldchain.batches.declarations import FLAG
from coldchain.batches.flags import Mark
from coldchain.batches.models import Arrival, Batch, Flag

AGREE, CHANGED = "numbers_agree", "numbers_changed"


def settle(
    session: Session,
    actor: Actor,
    occurred_at: datetime,
    *,
    arrival_id: UUID | None = None,
    batch_id: UUID | None = None,
) -> None:
    """Raise a flag for each arrival or batch whose paper says another number now, and end those that hold no longer.

    For an arrival with all its batches, or for one batch. What an officer closed stays closed while the numbers are the
    same. The caller holds the batches, so that two facts of the same goods see each other.
    """
    batches = session.exec(
        select(Batch).where(
            col(Batch.batch_id) == batch_id if arrival_id is None else col(Batch.arrival_id) == arrival_id
        )
    ).all()
    whole = [arrival_id] if arrival_id else []
    own, owner_id = session.execute(
        select(Arrival.customs_declaration_no, Arrival.owner_id).where(col(Arrival.arrival_id) == batches[0].arrival_id)
    ).one()
    about = {batch.batch_id: batch for batch in batches}
    told: dict[UUID, dict[str, Any]] = {
        subject: {"declared": own, "papers": numbers}
        for subject, said in declarations.stated(papers.current(session, whole, about)).items()
        if (numbers := declarations.differing(own, said))
    }
    known = session.exec(
        select(Flag)
        .where(col(Flag.kind) == FLAG, col(Flag.subject_id).in_([*whole, *about]))
        .order_by(col(Flag.flag_id))
        .with_for_update()
    ).all()
    _end(session, actor, known, told)
    looked_at = {row.subject_id: row.data for row in known if row.closed_reason not in {AGREE, CHANGED}}
    marks = [
        Mark(
            FLAG,
            "batch" if subject in about else "arrival",
            subject,
            about[subject].region_code if subject in about else batches[0].region_code,
            occurred_at,
            batch_id=subject if subject in about else None,
            business_id=about[subject].owner_id if subject in about else owner_id,
            data=data,
        )
        for subject, data in told.items()
        if looked_at.get(subject) != data
    ]
    flags.raise_(session, actor, marks)


def _end(session: Session, actor: Actor, known: Sequence[Flag], told: Mapping[UUID, Mapping[str, Any]]) -> None:
    for row in known:
        if row.closed_at is None and told.get(row.subject_id) != row.data:
            flags.end(session, actor, row, CHANGED if row.subject_id in told else AGREE)
