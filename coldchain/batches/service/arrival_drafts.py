"""The forms of arrivals as far as they were filled in: each kept for its writer until it is sent or discarded.

Several may wait beside each other, wherever their writer signs in next; sending one ends that one alone. A draft is no
fact and stands in no journal. Who drives is not kept: a draft is not where personal values live.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.batches.models_arrivals import ArrivalDraft
from coldchain.core import clock, limits
from coldchain.registry.models import Business
from coldchain.registry.service.reach import place

UNKEPT: Final = ("csrf_token", "_once", "_step", "_draft", "_keep", "driver-name", "driver-phone")


def may_keep(actor: Actor, owner: Business) -> bool:
    """Say whether the actor could enter an arrival of an owner: its own people, an officer of where it is."""
    if actor.business_id is not None:
        return actor.business_id == owner.business_id
    return may(actor, "arrival.register", Resource.of(owner.business_id, places=[place(owner)]))


def save(session: Session, actor: Actor, owner: Business, draft_id: UUID, fields: Iterable[tuple[str, str]]) -> bool:
    """Keep what was typed in one form in place of what was kept of it.

    False when it is too long, isn't the actor's to keep, or one more than ARRIVAL_DRAFTS of the actor's.
    """
    kept = [[name, typed] for name, typed in fields if name not in UNKEPT and typed]
    if (
        actor.user_id is None
        or not may_keep(actor, owner)
        or sum(len(name) + len(typed) for name, typed in kept) > limits.DRAFT_CHARS
    ):
        return False
    mine = col(ArrivalDraft.user_id) == actor.user_id
    session.execute(  # two devices at once come one after the other, so that neither goes beyond the bound
        text("SELECT pg_advisory_xact_lock(hashtextextended(:whose, 0))"), {"whose": f"arrival drafts {actor.user_id}"}
    )
    others = session.scalar(select(func.count()).where(mine, col(ArrivalDraft.draft_id) != draft_id)) or 0
    if others >= limits.ARRIVAL_DRAFTS:
        return False
    now = clock.now()
    values = {
        "draft_id": draft_id,
        "user_id": actor.user_id,
        "owner_id": owner.business_id,
        "fields": kept,
        "updated_at": now,
    }
    statement = insert(ArrivalDraft).values(**values)
    written = session.scalar(
        statement.on_conflict_do_update(
            index_elements=["draft_id"],
            set_={"fields": kept, "updated_at": now},
            where=mine & (col(ArrivalDraft.owner_id) == owner.business_id),
        ).returning(col(ArrivalDraft.draft_id))
    )
    return written is not None


def find(session: Session, actor: Actor, draft_id: UUID) -> ArrivalDraft | None:
    """Return a draft of the reader's own, None when there is none of that id."""
    return session.exec(
        select(ArrivalDraft)
        .where(col(ArrivalDraft.user_id) == actor.user_id, col(ArrivalDraft.draft_id) == draft_id)
        .execution_options(populate_existing=True)
    ).first()


def discard(session: Session, actor: Actor, draft_id: UUID) -> None:
    """Forget a draft of the reader's: it was sent, or is given up."""
    mine = (col(ArrivalDraft.user_id) == actor.user_id, col(ArrivalDraft.draft_id) == draft_id)
    session.execute(delete(ArrivalDraft).where(*mine))


def waiting(session: Session, actor: Actor, owner_id: UUID | None = None) -> list[ArrivalDraft]:
    """Return the arrivals that the reader has begun and not sent, of one owner if one is named, latest first."""
    statement = select(ArrivalDraft).where(col(ArrivalDraft.user_id) == actor.user_id)
    if owner_id is not None:
        statement = statement.where(col(ArrivalDraft.owner_id) == owner_id)
    ordered = statement.order_by(col(ArrivalDraft.updated_at).desc(), col(ArrivalDraft.draft_id).desc())
    return list(session.exec(ordered.limit(limits.ARRIVAL_DRAFTS)))


def told(draft: ArrivalDraft) -> dict[str, Any]:
    """Return by what its writer knows a draft again: container, declaration, supplier, how many kinds of goods."""
    typed = {each[0]: each[1] for each in draft.fields}
    goods = sum(1 for name in typed if name.startswith("lines-") and name.endswith("-product_id"))
    return {
        "draft_id": draft.draft_id,
        "owner_id": draft.owner_id,
        "updated_at": draft.updated_at,
        "numbers": [typed.get("container_no"), typed.get("customs_declaration_no"), typed.get("_supplier")],
        "goods": goods,
    }
