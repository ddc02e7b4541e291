"""What readiness, metrics and the foot of a page say of the journal."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import Session, col, select

from coldchain.core import clock
from coldchain.journal import alarm as alarms
from coldchain.journal import tree
from coldchain.journal.models import JournalCheckpoint, JournalPending

PENDING_LIMIT_S: Final = 30.0

_PENDING: Final = text("SELECT count(*) FROM journal_pending")


def alarm(session: Session) -> dict[str, Any] | None:
    """Return why nothing is signed as {code, detail, since}, or None when signing works."""
    return alarms.state(session)


def pending(session: Session) -> int:
    """Return the number of entries that have no leaf yet."""
    return int(session.execute(_PENDING).scalar_one())


def pending_age_s(session: Session) -> float:
    """Return how long the oldest entry has waited for its leaf, in seconds; 0 when none waits.

    Read from the id, not from `recorded_at`, which a demonstration may simulate.
    """
    oldest = session.exec(select(JournalPending.entry_id).order_by(col(JournalPending.entry_id)).limit(1)).first()
    if oldest is None:
        return 0.0
    written_ms = oldest.int >> 80  # a UUIDv7 begins with 48 bits of milliseconds
    return max(0.0, clock.now().timestamp() - written_ms / 1000)


def size(session: Session) -> int:
    """Return the number of leaves."""
    return tree.size(session)


def last_checkpoint(session: Session) -> JournalCheckpoint | None:
    """Return the newest checkpoint, or None before the sequencer's first run."""
    return session.exec(select(JournalCheckpoint).order_by(col(JournalCheckpoint.size).desc()).limit(1)).first()


def foot(session: Session) -> tuple[int, datetime] | None:
    """Return how many entries the newest checkpoint covers and when it was signed; None before the first entry's."""
    last = last_checkpoint(session)
    return None if last is None or last.size == 0 else (last.size, last.signed_at)


def state(session: Session) -> str:
    """Return `ok`, `alarm: CODE` while signing is refused, or how long entries have waited when that is too long."""
    raised = alarm(session)
    if raised is not None:
        return f"alarm: {raised['code']}"
    age_s = pending_age_s(session)
    return "ok" if age_s < PENDING_LIMIT_S else f"entries have waited for {int(age_s)} s"
