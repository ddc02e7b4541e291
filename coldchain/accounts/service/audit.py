"""The audit log: sign-ins, changes of rights, refusals, who read whose personal data. Append-only.

No name, phone or typed word of anybody stands in it: people, businesses and personal values are ids.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import Session, col

from coldchain.accounts.models import AuditEvent, User
from coldchain.core import clock, limits, origin, paging

COMMAND_LINE: Final = "command_line"


def audit(
    session: Session,
    kind: str,
    user_id: UUID | None,
    *,
    action: str | None = None,
    subject_kind: str | None = None,
    subjects: Iterable[UUID | None] = (),
    by: str | None = None,
    address: str | None = None,
    **detail: str | None,
) -> None:
    """Add a line to the audit log: what `user_id` did, to whom or what; address and request number are added.

    Outside a request nobody acts in person: the line then says that it was the command line, and is about `user_id`.
    `by`: the id of who did it, where `user_id` is the account that it was done to. `subjects`: ids of users,
    businesses, personal values or records; `detail` holds codes and ids, never names.
    """
    if by is not None:
        subjects, user_id = [user_id, *subjects], UUID(by)
    source = origin.current()
    if by is None and user_id is not None and source is origin.NOWHERE:
        subjects, user_id, detail = [user_id, *subjects], None, {**detail, "source": COMMAND_LINE}
    whom = dict.fromkeys(each for each in subjects if each is not None)
    session.add(
        AuditEvent(
            at=clock.now(),
            user_id=user_id,
            kind=kind,
            action=action,
            subject_kind=subject_kind,
            subjects=list(whom)[: limits.AUDIT_SUBJECTS],
            address=source.address or address,
            request_id=source.request_id,
            detail={name: value for name, value in detail.items() if value is not None},
        )
    )


def events(
    session: Session,
    *,
    person: str | None = None,
    kind: str | None = None,
    subject: UUID | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[AuditEvent], str | None]:
    """Return a page of the log, newest first, and the next cursor; the caller has checked the right.

    `person` is a user name, as who acted or about whom it is; days are Beijing's, both included. Raises Invalid
    `invalid_cursor`.
    """
    statement = select(AuditEvent)
    if person is not None:
        found = list(session.scalars(select(col(User.user_id)).where(col(User.username) == person)))
        statement = statement.where(_about(found))
    if kind is not None:
        statement = statement.where(col(AuditEvent.kind) == kind)
    if subject is not None:
        statement = statement.where(_about([subject]))
    if date_from is not None:
        statement = statement.where(col(AuditEvent.at) >= _midnight(date_from))
    if date_to is not None:
        statement = statement.where(col(AuditEvent.at) < _midnight(date_to) + timedelta(days=1))
    return paging.page(session, statement, col(AuditEvent.event_id), limit, cursor)


def describe(session: Session, rows: Sequence[AuditEvent]) -> list[dict[str, Any]]:
    """Return lines with the user names of who acted, in one more statement."""
    who = {row.user_id for row in rows if row.user_id}
    found = session.execute(select(col(User.user_id), col(User.username)).where(col(User.user_id).in_(who))).all()
    names = {row.user_id: row.username for row in found}
    return [
        row.model_dump()
        | {"user": {"user_id": row.user_id, "username": names.get(row.user_id)} if row.user_id else None}
        for row in rows
    ]


def about(session: Session, ids: Iterable[UUID], limit: int) -> list[AuditEvent]:
    """Return the newest lines that some ids did or that are about them."""
    statement = select(AuditEvent).where(_about(list(ids))).order_by(col(AuditEvent.event_id).desc()).limit(limit)
    return list(session.scalars(statement))


def kinds(session: Session) -> list[str]:
    """Return the kinds that occur in the log, in order."""
    return list(session.scalars(select(col(AuditEvent.kind)).distinct().order_by(col(AuditEvent.kind))))


def _about(ids: list[UUID]) -> ColumnElement[bool]:
    subjects: Any = col(AuditEvent.subjects)
    return or_(col(AuditEvent.user_id).in_(ids), subjects.overlap(ids))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.BEIJING)
