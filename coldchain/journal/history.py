"""Reading back what was written about one subject, for the pages that show its decisions."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.journal.models import JournalEntry, JournalLeaf


@dataclass(frozen=True)
class Told:
    """One fact as it was written: `data` holds ids, codes, numbers and commitments."""

    kind: str
    occurred_at: datetime
    recorded_at: datetime
    recorded_by: UUID | None
    data: dict[str, Any]
    entry_id: UUID


def of_subject(session: Session, subject_id: UUID, kinds: Iterable[str]) -> list[Told]:
    """Return the facts of some kinds about a subject, oldest first; the caller has checked who may read them."""
    statement = (
        select(JournalEntry)
        .where(col(JournalEntry.subject_id) == subject_id, col(JournalEntry.kind).in_(list(kinds)))
        .order_by(col(JournalEntry.entry_id))
    )
    return [
        Told(
            entry.kind,
            entry.occurred_at,
            entry.recorded_at,
            entry.recorded_by,
            json.loads(entry.body)["data"],
            entry.entry_id,
        )
        for entry in session.exec(statement)
    ]


def named_at(session: Session, index: int) -> list[dict[str, Any]]:
    """Return the checkpoints that the entry at a place names as those its origin comes after, the last one first."""
    body = session.exec(
        select(JournalEntry.body)
        .join(JournalLeaf, col(JournalLeaf.entry_id) == col(JournalEntry.entry_id))
        .where(col(JournalLeaf.index) == index)
    ).one_or_none()
    found: list[dict[str, Any]] = [] if body is None else json.loads(body)["data"].get("old", [])
    return found
