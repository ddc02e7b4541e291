"""What is held about a person: account, sessions, keys, lines of the audit log, names and phones in records (R21)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import ApiToken, Assignment, AuditEvent, User, UserSession
from coldchain.accounts.rights import Resource, may
from coldchain.accounts.service import audit
from coldchain.accounts.service.audit import about
from coldchain.core import clock, limits
from coldchain.home import personal_records
from coldchain.home.personal_records import Held
from coldchain.journal import personal
from coldchain.registry import service as registry
from coldchain.registry.models import Business


def own(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what is held about the signed-in person.

    Of names and phones in records: those under the person's own number in records of the own business. What stands
    elsewhere is told by an office, which sees who asks: a user name proves no phone.
    """
    user = session.get_one(User, actor.user_id)
    rows = []
    if actor.business_id is not None and personal_records.PHONE.fullmatch(user.username):
        found = personal.find(session, user.username, limits.PERSONAL_VALUES_MAX)
        rows = [row for row in found if row.business_id == actor.business_id]
    return _document(session, user, personal_records.held(session, rows))


def of_person(session: Session, actor: Actor, *, person: str, reason: str) -> dict[str, Any]:
    """Return what is held about somebody who asks, by exact name or phone, as far as `actor` reaches; audited.

    The reason may name the person: the audit log holds the id under which it is kept. Raises Forbidden.
    """
    values = personal_records.about_person(session, actor, person, "personal.export")
    user = session.exec(select(User).where(User.username == person)).first()
    if user is not None and not may(actor, "personal.export", _where(session, user)):
        user = None
    audit(
        session,
        "personal_exported",
        actor.user_id,
        action="personal.export",
        subject_kind="personal",
        subjects=[user.user_id if user else None, *(each.row.personal_id for each in values)],
        values=str(len(values)),
        reason_kept=personal_reason(session, reason, actor),
    )
    return _document(session, user, values)


def personal_reason(session: Session, reason: str, actor: Actor) -> str | None:
    """Keep why somebody's data were asked for where it can be erased, and return its id for the audit log."""
    kept = personal.keep(session, reason, "reason", region_code=next(iter(actor.regions), None))
    return str(kept.personal_id) if kept else None


def _where(session: Session, user: User) -> Resource:
    """Return what rights about an account's data are asked of: its business, or the areas of an officer."""
    areas = session.exec(select(Assignment.region_code).where(Assignment.user_id == user.user_id))
    regions = list(areas)
    if user.business_id is not None:
        regions.append(session.get_one(Business, user.business_id).region_code)
    return Resource.of(user.business_id, regions=regions)


def _document(session: Session, user: User | None, values: Sequence[Held]) -> dict[str, Any]:
    ids = [user.user_id] if user else []
    lines = about(session, [*ids, *(each.row.personal_id for each in values)], limits.AUDIT_LINES_OF_PERSON)
    return {
        "made_at": clock.now(),
        "account": _account(session, user) if user else None,
        "assignments": _rows(session, Assignment, user),
        "sessions": _rows(session, UserSession, user),
        "api_keys": _rows(session, ApiToken, user),
        "values": [describe(each) for each in values],
        "audit": _lines(session, lines),
    }


def _account(session: Session, user: User) -> dict[str, Any]:
    business = registry.brief(session, [user.business_id]).get(user.business_id) if user.business_id else None
    kept = ("username", "display_name", "role", "position", "language", "is_active", "created_at")
    return {name: getattr(user, name) for name in kept} | {"business": business}


def _rows(session: Session, model: Any, user: User | None) -> list[Any]:
    """Return a person's rows of a table, newest first; the schema takes what may be told, never a hash."""
    if user is None:
        return []
    order = model.valid_from if model is Assignment else model.created_at
    statement = select(model).where(model.user_id == user.user_id).order_by(col(order).desc())
    return list(session.exec(statement.limit(limits.AUDIT_LINES_OF_PERSON)))


def describe(each: Held) -> dict[str, Any]:
    """Return one value with where it is recorded and how long it must be kept."""
    row = each.row
    return {
        "personal_id": row.personal_id,
        "what": row.what,
        "value": row.value,
        "business": each.business,
        "region_code": row.region_code,
        "recorded_at": row.recorded_at,
        "kept_until": each.until,
        "due": each.due,
        "in_use": each.in_use,
        "erased_at": row.erased_at,
        "erased_reason": row.erased_reason,
        "records": each.uses,
    }


def _lines(session: Session, rows: Sequence[AuditEvent]) -> list[dict[str, Any]]:
    """Return lines of the audit log with the role of who acted: officials are named by their office, not in person."""
    who: set[UUID] = {row.user_id for row in rows if row.user_id}
    roles = dict(session.exec(select(User.user_id, User.role).where(col(User.user_id).in_(who))).all())
    return [
        {"at": row.at, "kind": row.kind, "action": row.action, "role": roles.get(row.user_id) if row.user_id else None}
        for row in rows
    ]
