"""Page sessions: rows that can be listed and revoked, and end by themselves."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User, UserSession, UserTotp
from coldchain.accounts.rights import NEED_SECOND_STEP
from coldchain.accounts.service.actors import TOUCH_EVERY, actor_of, digest
from coldchain.accounts.service.audit import audit
from coldchain.core import clock, limits, marks
from coldchain.core.errors import NotFound

FRESH_FOR = timedelta(minutes=limits.FRESH_MINUTES)
HALF_LIFE = timedelta(minutes=limits.HALF_SESSION_MINUTES)


@dataclass(frozen=True)
class Visit:
    """What a page session's cookie stands for.

    `stage`: `full` (then there is an actor), `second_step` (the password fitted, a code is still to come), `enrolment`
    (the role needs a second step that the person hasn't set up), `ended`.
    """

    stage: str
    user_id: UUID
    username: str
    session_id: UUID
    actor: Actor | None = None


def bounds(role: str) -> tuple[timedelta, timedelta]:
    """Return how long a session of a role lives at most, and how long without a click."""
    if role in NEED_SECOND_STEP:
        return timedelta(hours=limits.TIGHT_SESSION_HOURS), timedelta(minutes=limits.TIGHT_SESSION_IDLE_MINUTES)
    return timedelta(hours=limits.SESSION_HOURS), timedelta(minutes=limits.SESSION_IDLE_MINUTES)


def is_demanded(session: Session, role: str) -> bool:
    """Say whether a role needs the second step here: not where the data are invented."""
    return role in NEED_SECOND_STEP and marks.read(session, marks.DEMO_MARK) is None


def visit(session: Session, secret: str, address: str | None = None) -> Visit | None:
    """Return what a page session's secret stands for, None when there is no such session."""
    found = session.execute(
        select(UserSession, User, col(UserTotp.confirmed_at))
        .join(User, col(User.user_id) == col(UserSession.user_id))
        .outerjoin(UserTotp, col(UserTotp.user_id) == col(UserSession.user_id))
        .where(col(UserSession.session_hash) == digest(secret))
    ).first()
    if found is None:
        return None
    row, user, enrolled_at = found
    now = clock.now()
    idle = HALF_LIFE if row.is_half else bounds(user.role)[1]
    over = row.revoked_at is not None or row.expires_at <= now or row.last_seen_at + idle <= now
    if over or not user.is_active:
        return Visit("ended", user.user_id, user.username, row.session_id)
    if now - row.last_seen_at > TOUCH_EVERY:
        row.last_seen_at, row.address = now, address or row.address
    if enrolled_at is None and is_demanded(session, user.role):
        return Visit("enrolment", user.user_id, user.username, row.session_id)
    if row.is_half:
        return Visit("second_step", user.user_id, user.username, row.session_id)
    fresh = now - row.authenticated_at <= FRESH_FOR
    actor = actor_of(session, user, session_id=row.session_id, is_fresh=fresh)
    return Visit("full", user.user_id, user.username, row.session_id, actor)


def _running(user_id: UUID | None) -> ColumnElement[bool]:
    return (
        (col(UserSession.user_id) == user_id)
        & col(UserSession.revoked_at).is_(None)
        & ~col(UserSession.is_half)
        & (col(UserSession.expires_at) > clock.now())
    )


def list_sessions(session: Session, actor: Actor) -> list[UserSession]:
    """Return the actor's sessions that run, last seen first."""
    idle_since = clock.now() - bounds(actor.role)[1]
    running = select(UserSession).where(_running(actor.user_id), col(UserSession.last_seen_at) > idle_since)
    return list(session.scalars(running.order_by(col(UserSession.last_seen_at).desc())))


def revoke_session(session: Session, actor: Actor, session_id: UUID) -> UserSession:
    """End one of the actor's own sessions: it is out at its next click. Raises NotFound."""
    mine = col(UserSession.session_id) == session_id, col(UserSession.user_id) == actor.user_id
    row = session.scalars(select(UserSession).where(*mine).with_for_update()).first()
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        audit(session, "session_revoked", actor.user_id, session_id=str(session_id))
    return row


def revoke_others(session: Session, actor: Actor) -> int:
    """End all sessions of the actor but the one that asks, and return how many that were."""
    others = _running(actor.user_id)
    if actor.session_id is not None:
        others = others & (col(UserSession.session_id) != actor.session_id)
    ended = session.scalars(
        update(UserSession).where(others).values(revoked_at=clock.now()).returning(col(UserSession.session_id))
    ).all()
    for session_id in ended:
        audit(session, "session_revoked", actor.user_id, session_id=str(session_id))
    return len(ended)


def end_all(session: Session, user_id: UUID) -> None:
    """End every page session of a user: password or rights have changed."""
    session.execute(
        update(UserSession)
        .where(col(UserSession.user_id) == user_id, col(UserSession.revoked_at).is_(None))
        .values(revoked_at=clock.now())
    )
