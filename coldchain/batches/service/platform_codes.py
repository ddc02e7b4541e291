"""Codes of other platforms on a batch's cases (R2): kept as they are, found by them, and which platform lacks one.

They are cross-references: our own label stays the only address of a batch. One code may stand on several batches, since
other platforms count otherwise; then all of them are shown and none is chosen.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Batch, PlatformCode
from coldchain.batches.service import targets
from coldchain.core import clock
from coldchain.core.errors import Conflict, Invalid
from coldchain.core.text import is_blank, search_key
from coldchain.journal import service as journal
from coldchain.policy import vocabulary
from coldchain.policy.facts import NATION
from coldchain.policy.vocabulary import Platform
from coldchain.regions.tree import ancestry


def record(session: Session, actor: Actor, batch_id: UUID, *, platform: str, code: str) -> dict[str, Any]:
    """Keep another platform's code of a batch; return it.

    Raises Invalid `unknown_platform`, `no_symbols`, Conflict `already_recorded`, NotFound, Forbidden.
    """
    target = targets.find(session, actor, "platform_code.record", batch_id=batch_id)
    if platform not in vocabulary.platforms():
        raise Invalid.of(
            "/platform",
            "unknown_platform",
            "This should be one of: {values}.",
            values=", ".join(vocabulary.platforms()),
        )
    key = search_key(code)
    if is_blank(key):
        raise Invalid.of("/code", "no_symbols", "A code has letters or digits.")
    targets.alone(session, batch_id)
    same = select(PlatformCode).where(
        col(PlatformCode.batch_id) == batch_id,
        col(PlatformCode.platform) == platform,
        col(PlatformCode.code_key) == key,
    )
    if session.exec(same).first() is not None:
        raise Conflict("This code is kept with this batch already.", code="already_recorded")
    row = PlatformCode(
        batch_id=batch_id,
        platform=platform,
        code=code,
        code_key=key,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=target.owner_id if actor.is_officer else None,
    )
    session.add(row)
    session.flush()
    journal.append(
        session,
        actor,
        kind="batch.platform_code_recorded",
        subject_id=batch_id,
        occurred_at=row.recorded_at,
        data={"platform": platform, "code": code, "on_behalf_of": row.on_behalf_of},
        business_id=target.owner_id,
        region_code=target.region_code,
    )
    return describe([row])[0]


def of_batches(session: Session, batch_ids: Iterable[UUID]) -> list[PlatformCode]:
    """Return the codes of these batches, oldest first; no rights are asked."""
    statement = select(PlatformCode).where(col(PlatformCode.batch_id).in_(set(batch_ids)))
    return list(session.exec(statement.order_by(col(PlatformCode.code_id))))


def describe(rows: Sequence[PlatformCode]) -> list[dict[str, Any]]:
    """Return codes as the API shows them."""
    return [
        named(vocabulary.platforms()[row.platform])
        | {"code": row.code, "batch_id": row.batch_id, "recorded_at": row.recorded_at}
        for row in rows
    ]


def named(platform: Platform) -> dict[str, Any]:
    """Return a platform with its names."""
    return {"platform": platform.code, "name_zh": platform.name_zh, "name_en": platform.name_en}


def missing(rows: Sequence[PlatformCode], region_codes: Iterable[str]) -> list[dict[str, Any]]:
    """Return the platforms that these regions ask for, the nation's first, of which there is no code yet."""
    asked = {NATION} | {above for code in region_codes for above in ancestry(code)}
    there = {row.platform for row in rows}
    return [
        named(each) for each in vocabulary.platforms().values() if each.region_code in asked and each.code not in there
    ]


def find(session: Session, text: str) -> list[tuple[PlatformCode, Batch]]:
    """Return every batch on whose cases this code of another platform stands; no rights are asked."""
    key = search_key(text)
    if is_blank(key):
        return []
    statement = (
        select(PlatformCode, Batch)
        .join(Batch, col(Batch.batch_id) == col(PlatformCode.batch_id))
        .where(col(PlatformCode.code_key) == key)
        .order_by(col(PlatformCode.code_id))
    )
    found = {batch.batch_id: (code, batch) for code, batch in session.exec(statement).all()}
    return list(found.values())
