"""The form of an arrival as far as it was filled in: kept for its writer until it is sent, wherever they sign in next.

A draft is no fact and stands in no journal. Who drives is not kept: a draft is not where personal values live.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.batches.models_arrivals import ArrivalDraft
from coldchain.core import clock, limits
from coldchain.core.ids import new_id
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.registry.service.reach import place

UNKEPT: Final = ("csrf_token", "_once", "_step", "driver-name", "driver-phone")


def may_keep(actor: Actor, owner: Business) -> bool:
    """Say whether the actor could enter an arrival of an owner: its own people, an officer of where it is."""
    if actor.business_id is not None:
        return actor.business_id == owner.business_id
    return may(actor, "arrival.register", Resource.of(owner.business_id, places=[place(owner)]))


def save(session: Session, actor: Actor, owner: Business, fields: Iterable[tuple[str, str]]) -> bool:
    """Keep what was typed for an owner in place of what was kept; False when it is too long, or not the actor's to."""
    kept = [[name, text] for name, text in fields if name not in UNKEPT and text]
    if (
        actor.user_id is None
        or not may_keep(actor, owner)
        or sum(len(name) + len(text) for name, text in kept) > limits.DRAFT_CHARS
    ):
        return False
    now = clock.now()
    values = {
        "draft_id": new_id(),
        "user_id": actor.user_id,
        "owner_id": owner.business_id,
        "fields": kept,
        "updated_at": now,
    }
    statement = insert(ArrivalDraft).values(**values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "owner_id"], set_={"fields": kept, "updated_at": now}
        )
    )
    return True


def find(session: Session, actor: Actor, owner_id: UUID) -> ArrivalDraft | None:
    """Return the reader's own draft for an owner, None when there is none."""
    mine = (col(ArrivalDraft.user_id) == actor.user_id, col(ArrivalDraft.owner_id) == owner_id)
    return session.exec(select(ArrivalDraft).where(*mine).execution_options(populate_existing=True)).first()


def discard(session: Session, actor: Actor, owner_id: UUID) -> None:
    """Forget the reader's draft for an owner: it was sent, or is started over."""
    mine = (col(ArrivalDraft.user_id) == actor.user_id, col(ArrivalDraft.owner_id) == owner_id)
    session.execute(delete(ArrivalDraft).where(*mine))


def waiting(session: Session, actor: Actor) -> list[tuple[Business, datetime]]:
    """Return for whom the reader has begun an arrival, and when it was last touched, latest first."""
    statement = select(ArrivalDraft).where(col(ArrivalDraft.user_id) == actor.user_id)
    rows = session.exec(statement.order_by(col(ArrivalDraft.updated_at).desc())).all()
    return [(registry.find_business(session, row.owner_id), row.updated_at) for row in rows]
