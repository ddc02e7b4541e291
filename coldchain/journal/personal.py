"""Names and phones of persons, apart from the facts: the journal holds salted commitments, values can be erased (R21).

Invariants: a commitment never changes; erasing takes value and salt, after which the commitment proves nothing about
anybody; erasing is itself a fact in the journal. What a session has revealed is known to whoever keeps the audit log.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.core import clock
from coldchain.core.columns import among
from coldchain.core.identifiers import IdentifierError
from coldchain.core.phones import check_phone
from coldchain.journal import service
from coldchain.journal.models import PersonalValue

SALT_BYTES: Final = 32
_COMPARED: Final = select(PersonalValue.personal_id, PersonalValue.value).where(
    col(PersonalValue.personal_id) == among("ids")
)
_SHOWN: Final = "personal_values_shown"
_KEPT: Final = "personal_values_kept"


def commit_to(salt: bytes, value: str) -> str:
    """Return SHA-256(salt ‖ value in UTF-8) as 64 hex digits (R21)."""
    return hashlib.sha256(salt + value.encode("utf-8")).hexdigest()


def keep(
    session: Session,
    value: str | None,
    what: str = "other",
    *,
    business_id: UUID | None = None,
    region_code: str | None = None,
    purge_on: date | None = None,
) -> PersonalValue | None:
    """Store a person's name or phone under a fresh salt and return the row, or None for no value.

    `what` it is (driver_phone, signer …), whose record it stands in, where; `purge_on`: from when a list of people lets
    it be erased early. Facts then refer to `.personal_id`, the journal to `.commitment` (R21). The row is written when
    this returns.
    """
    if not value:
        return None
    salt = secrets.token_bytes(SALT_BYTES)
    row = PersonalValue(
        salt=salt,
        value=value,
        commitment=commit_to(salt, value),
        what=what,
        business_id=business_id,
        region_code=region_code,
        purge_on=purge_on,
        recorded_at=clock.now(),
    )
    session.add(row)
    session.flush()
    session.info.setdefault(_KEPT, set()).add(row.personal_id)
    return row


def reveal(session: Session, ids: Iterable[UUID | None], *, published: bool = False) -> dict[UUID, str]:
    """Return the values that still exist by personal id, in one statement; erased and unknown ones are left out.

    The session remembers what it revealed, so that the request writes one line of who read whose (R21); not of what was
    `published`, which hangs at a door for everybody.
    """
    wanted = {personal_id for personal_id in ids if personal_id is not None}
    if not wanted:
        return {}
    rows = session.exec(
        select(PersonalValue.personal_id, PersonalValue.value, PersonalValue.business_id).where(
            col(PersonalValue.personal_id).in_(wanted), col(PersonalValue.value).is_not(None)
        )
    ).all()
    typed_now = session.info.get(_KEPT, set())  # whoever has just typed it is shown nothing new
    if not published:
        shown(session).update({i: business_id for i, _value, business_id in rows if i not in typed_now})
    return {personal_id: value for personal_id, value, _business_id in rows if value is not None}


def compared(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return values that are compared with each other and shown to nobody: who reads that two are equal reads no phone.

    Of values that still exist, in one statement, and nothing of it is remembered for the audit log.
    """
    wanted = sorted({personal_id for personal_id in ids if personal_id is not None})
    if not wanted:
        return {}
    rows = session.execute(_COMPARED, {"ids": wanted})
    return {personal_id: value for personal_id, value in rows if value is not None}


def shown(session: Session) -> dict[UUID, UUID | None]:
    """Return the personal values that this session has revealed, each with the business whose record it stands in."""
    found: dict[UUID, UUID | None] = session.info.setdefault(_SHOWN, {})
    return found


def told(session: Session, business_by_id: Mapping[UUID, UUID | None]) -> None:
    """Remember that names were shown which stand in no erasable row: those of accounts, each with its business."""
    shown(session).update(business_by_id)


def erased(
    session: Session, ids: Iterable[UUID | None], known: Mapping[UUID, str] | None = None
) -> dict[UUID, PersonalValue]:
    """Return those of some values that were erased, with when and why; one statement, none if all are `known`."""
    wanted = {personal_id for personal_id in ids if personal_id is not None} - set(known or ())
    if not wanted:
        return {}
    statement = select(PersonalValue).where(
        col(PersonalValue.personal_id).in_(wanted), col(PersonalValue.erased_at).is_not(None)
    )
    return {row.personal_id: row for row in session.exec(statement)}


def find(session: Session, value: str, limit: int) -> list[PersonalValue]:
    """Return the newest kept values that are exactly `value`; a phone matches however its digits are grouped."""
    spelled = {value, value.replace(" ", "").replace("-", "")}
    with suppress(IdentifierError):
        spelled.add(check_phone(value))
    statement = select(PersonalValue).where(col(PersonalValue.value).in_(spelled))
    return list(session.exec(statement.order_by(col(PersonalValue.personal_id).desc()).limit(limit)))


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
