"""Names and phones of persons, apart from the facts: the journal holds salted commitments, values can be erased (R21).

Invariants: a commitment never changes; erasing takes value and salt, after which the commitment proves nothing about
anybody; erasing is itself a fact in the journal.
"""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.core import clock
from coldchain.journal import service
from coldchain.journal.models import PersonalValue

SALT_BYTES: Final = 32


def commit_to(salt: bytes, value: str) -> str:
    """Return SHA-256(salt ‖ value in UTF-8) as 64 hex digits (R21)."""
    return hashlib.sha256(salt + value.encode("utf-8")).hexdigest()


def keep(session: Session, value: str | None) -> PersonalValue | None:
    """Store a person's name or phone under a fresh salt and return the row, or None for no value.

    Facts then refer to `.personal_id`, the journal to `.commitment` (R21). The row is written when this returns.
    """
    if not value:
        return None
    salt = secrets.token_bytes(SALT_BYTES)
    row = PersonalValue(salt=salt, value=value, commitment=commit_to(salt, value), recorded_at=clock.now())
    session.add(row)
    session.flush()
    return row


def reveal(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the values that still exist by personal id, in one statement; erased and unknown ones are left out."""
    wanted = {personal_id for personal_id in ids if personal_id is not None}
    if not wanted:
        return {}
    rows = session.exec(
        select(PersonalValue.personal_id, PersonalValue.value).where(
            col(PersonalValue.personal_id).in_(wanted), col(PersonalValue.value).is_not(None)
        )
    )
    return {personal_id: value for personal_id, value in rows if value is not None}


def erase(session: Session, actor: service.Recorder, ids: Iterable[UUID | None], *, reason: str) -> list[UUID]:
    """Erase values and salts for good, keep the commitments, and return the ids erased now; journals each.

    Whoever calls has checked the right and the retention period (R6, R21). Ones erased before are left as they are.
    """
    wanted = {personal_id for personal_id in ids if personal_id is not None}
    if not wanted:
        return []
    rows = session.exec(
        select(PersonalValue)
        .where(col(PersonalValue.personal_id).in_(wanted), col(PersonalValue.erased_at).is_(None))
        .order_by(col(PersonalValue.personal_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    now = clock.now()
    for row in rows:
        row.salt, row.value, row.erased_at, row.erased_reason = None, None, now, reason
        session.add(row)
    session.flush()
    facts = [service.Fact("personal.erased", row.personal_id, now, {"commitment": row.commitment}) for row in rows]
    service.append_many(session, actor, facts)
    return [row.personal_id for row in rows]
