"""Flags (标记): facts that an officer should look at. Not a violation: only an officer's decision makes one.

Raised in the transaction of the fact; closed with a reason by an officer of the region; both are in the journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, scope
from coldchain.accounts.visible import kind
from coldchain.batches.models import Batch, Flag
from coldchain.core import clock, paging
from coldchain.core.errors import Conflict, NotFound
from coldchain.journal import service as journal
from coldchain.registry import service as registry
from coldchain.registry.service.reach import within_reach

STATES = ("open", "closed")


@dataclass(frozen=True)
class Mark:
    """What stands out: `kind` is one of FLAG_KINDS, `subject` the document or the batch that a reader goes to."""

    kind: str
    subject_kind: str
    subject_id: UUID
    region_code: str
    occurred_at: datetime
    batch_id: UUID | None = None
    business_id: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)  # quantities and ids, no person's name


def raise_(session: Session, actor: Actor, marks: Iterable[Mark]) -> list[UUID]:
    """Write flags and their facts; return their ids in the same order."""
    now = clock.now()
    rows = [
        Flag(
            kind=mark.kind,
            subject_kind=mark.subject_kind,
            subject_id=mark.subject_id,
            batch_id=mark.batch_id,
            business_id=mark.business_id,
            region_code=mark.region_code,
            data=dict(mark.data),
            occurred_at=mark.occurred_at,
            recorded_at=now,
            recorded_by=actor.user_id,
        )
        for mark in marks
    ]
    if not rows:
        return []
    session.add_all(rows)
    session.flush()
    facts = [
        journal.Fact(
            "flag.raised",
            row.flag_id,
            row.occurred_at,
            {
                "kind": row.kind,
                "subject_kind": row.subject_kind,
                "subject_id": row.subject_id,
                "batch_id": row.batch_id,
                **row.data,
            },
            row.business_id,
            row.region_code,
        )
        for row in rows
    ]
    journal.append_many(session, actor, facts)
    return [row.flag_id for row in rows]


def search(
    session: Session,
    actor: Actor,
    *,
    state: str = "open",
    kind: str | None = None,
    batch_id: UUID | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Flag], str | None]:
    """Return a page of flags that the officer may see, newest first; `state` open or closed. Raises Forbidden."""
    statement = select(Flag).where(_seen(actor, state))
    if kind is not None:
        statement = statement.where(col(Flag.kind) == kind)
    if batch_id is not None:
        statement = statement.where(col(Flag.batch_id) == batch_id)
    return paging.page(session, statement, col(Flag.flag_id), limit, cursor)


@kind("flag")
def visible_flags(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `Flag` of what `actor` may see: those of an officer's regions."""
    return within_reach(scope(actor, "flag.read"), col(Flag.business_id), col(Flag.region_code))


def _seen(actor: Actor, state: str) -> ColumnElement[bool]:
    closed = col(Flag.closed_at).is_not(None)
    return visible_flags(actor) & (closed if state == "closed" else ~closed)


def count_by_kind(session: Session, actor: Actor, state: str = "open") -> dict[str, int]:
    """Return how many flags of each kind the officer may see; `state` open or closed. Raises Forbidden."""
    statement = select(col(Flag.kind), func.count()).where(_seen(actor, state)).group_by(col(Flag.kind))
    return dict(session.execute(statement).all())


def read(session: Session, actor: Actor, flag_id: UUID) -> Flag:
    """Return one flag. Raises Forbidden, NotFound when there is none that the officer may see."""
    flag = session.get(Flag, flag_id)
    if flag is None:
        raise NotFound
    authorize(actor, "flag.read", Resource.of(regions=[flag.region_code]))
    return flag


def describe(session: Session, rows: Sequence[Flag]) -> list[dict[str, Any]]:
    """Return flags as answers show them, with the business and the batch that they are about, in two statements."""
    businesses = registry.brief(session, [row.business_id for row in rows])
    wanted = {row.batch_id for row in rows if row.batch_id}
    batches = {batch.batch_id: batch for batch in session.exec(select(Batch).where(col(Batch.batch_id).in_(wanted)))}
    shown = []
    for row in rows:
        batch = batches.get(row.batch_id) if row.batch_id else None
        shown.append(
            {
                "flag_id": row.flag_id,
                "kind": row.kind,
                "state": "open" if row.closed_at is None else "closed",
                "subject_kind": row.subject_kind,
                "subject_id": row.subject_id,
                "batch_id": row.batch_id,
                "batch_code": batch.batch_code if batch else None,
                "product_id": batch.product_id if batch else None,
                "business": businesses.get(row.business_id) if row.business_id else None,
                "region_code": row.region_code,
                "data": row.data,
                "occurred_at": row.occurred_at,
                "recorded_at": row.recorded_at,
                "closed_at": row.closed_at,
                "closed_reason": row.closed_reason,
            }
        )
    return shown


def close(session: Session, actor: Actor, flag_id: UUID, *, reason: str) -> Flag:
    """Close a flag with a reason. Raises NotFound, Forbidden, Conflict `wrong_state` when it is closed already."""
    flag = session.get(Flag, flag_id, with_for_update=True, populate_existing=True)
    if flag is None:
        raise NotFound
    authorize(actor, "flag.close", Resource.of(regions=[flag.region_code]))
    if flag.closed_at is not None:
        raise Conflict("This flag was closed already.", code="wrong_state", extra={"state": "closed"})
    return end(session, actor, flag, reason)


def end(session: Session, actor: Actor, flag: Flag, reason: str) -> Flag:
    """Close an open flag that the caller has locked: by an officer, or for the code of why it holds no longer."""
    flag.closed_at, flag.closed_by, flag.closed_reason = clock.now(), actor.user_id, reason
    session.add(flag)
    session.flush()
    journal.append(
        session,
        actor,
        kind="flag.closed",
        subject_id=flag.flag_id,
        occurred_at=flag.closed_at,
        business_id=flag.business_id,
        region_code=flag.region_code,
        data={"reason": reason},
    )
    return flag
