"""Writing facts: an entry and its place in the queue, in the transaction of the rows that it tells of."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from coldchain.core import clock
from coldchain.core.ids import new_id
from coldchain.journal import body, merkle

BULK_ROWS: Final = 1_000

# One statement writes the entries and their queue places: one round trip, and neither can be forgotten.
_APPEND: Final = text("""
    WITH entry AS (
        INSERT INTO journal_entry (entry_id, kind, subject_id, business_id, region_code, occurred_at, recorded_at,
                                   recorded_by, body, leaf_hash)
        SELECT * FROM unnest(
            CAST(:entry_id AS uuid[]), CAST(:kind AS text[]), CAST(:subject_id AS uuid[]),
            CAST(:business_id AS uuid[]), CAST(:region_code AS text[]), CAST(:occurred_at AS timestamptz[]),
            CAST(:recorded_at AS timestamptz[]), CAST(:recorded_by AS uuid[]), CAST(:body AS text[]),
            CAST(:leaf_hash AS bytea[]))
        RETURNING entry_id
    )
    INSERT INTO journal_pending (entry_id) SELECT entry_id FROM entry
""")


class Recorder(Protocol):
    """Who writes; accounts.Actor is one."""

    @property
    def user_id(self) -> UUID | None:
        """The signed-in person, or None for the system."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact to write; `data` holds ids, codes, numbers and commitments, never a person's name or phone (R21)."""

    kind: str
    subject_id: UUID
    occurred_at: datetime
    data: Mapping[str, Any]
    business_id: UUID | None = None
    region_code: str | None = None


def append(
    session: Session,
    actor: Recorder,
    *,
    kind: str,
    subject_id: UUID,
    occurred_at: datetime,
    data: Mapping[str, Any],
    business_id: UUID | None = None,
    region_code: str | None = None,
) -> UUID:
    """Write one fact in the caller's transaction and return its entry id.

    `kind` is `<room's thing>.<past participle>`. Raises body.NotCanonical for floats, naive times and unknown types.
    """
    fact = Fact(kind, subject_id, occurred_at, data, business_id, region_code)
    return append_many(session, actor, [fact])[0]


def append_many(session: Session, actor: Recorder, facts: Sequence[Fact]) -> list[UUID]:
    """Write many facts in the caller's transaction and return their entry ids, in the same order.

    All get one `recorded_at`. Raises body.NotCanonical before anything is written.
    """
    recorded_at = clock.now()
    rows = [_row(actor.user_id, recorded_at, fact) for fact in facts]
    for start in range(0, len(rows), BULK_ROWS):
        chunk = rows[start : start + BULK_ROWS]
        session.execute(_APPEND, {name: [row[name] for row in chunk] for name in chunk[0]})
    return [row["entry_id"] for row in rows]


def _row(recorded_by: UUID | None, recorded_at: datetime, fact: Fact) -> dict[str, Any]:
    content = body.compose(
        kind=fact.kind,
        subject_id=fact.subject_id,
        occurred_at=fact.occurred_at,
        recorded_at=recorded_at,
        nonce=secrets.token_bytes(body.NONCE_BYTES),
        data=fact.data,
        recorded_by=recorded_by,
        business_id=fact.business_id,
        region_code=fact.region_code,
    )
    return {
        "entry_id": new_id(),
        "kind": fact.kind,
        "subject_id": fact.subject_id,
        "business_id": fact.business_id,
        "region_code": fact.region_code,
        "occurred_at": fact.occurred_at,
        "recorded_at": recorded_at,
        "recorded_by": recorded_by,
        "body": content.decode("utf-8"),
        "leaf_hash": merkle.leaf_hash(content),
    }
