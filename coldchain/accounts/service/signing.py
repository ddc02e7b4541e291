"""Signing in: password, second step, and the proof asked again before what can't be undone."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from coldchain.accounts import passwords
from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User, UserSession
from coldchain.accounts.service import sessions, slips, throttle, totp
from coldchain.accounts.service.actors import digest
from coldchain.accounts.service.audit import audit
from coldchain.core import clock, limits
from coldchain.core.errors import Invalid


@dataclass(frozen=True)
class Opened:
    """A session that was opened: the secret for its cookie, and the stage that it is in (see `sessions.Visit`)."""

    secret: str
    stage: str


def check_password(
    session: Session, username: str, password: str, address: str, device: str | None = None
) -> User | None:
    """Return the user when name and password fit, else None after recording the failure.

    The statements and the work are the same for an unknown name, a wrong password, an account that is not active and
    one without a password. Raises 429 `too_many_attempts` (see `throttle.guard`).
    """
    known = throttle.guard(session, username, address, device)
    user = session.scalars(select(User).where(col(User.username) == username)).first()
    fits = passwords.verify(user.password_hash if user and user.is_active else None, password)
    if user is None or not fits:
        throttle.record(session, username, address, known)
        audit(session, "sign_in_refused", user.user_id if user else None, address=address)
        return None
    return user


def begin(session: Session, user: User, address: str, user_agent: str | None, by_pin_on: UUID | None = None) -> Opened:
    """Open a session for somebody whose password, link or PIN fitted: a half one when a second step is to come.

    `by_pin_on`: the device whose PIN it was.
    """
    enrolled = totp.is_on(session, user.user_id)
    if enrolled or sessions.is_demanded(session, user.role):
        secret = open_session(session, user, user_agent, address, half=True, device_id=by_pin_on)
        return Opened(secret, "second_step" if enrolled else "enrolment")
    pin = str(by_pin_on) if by_pin_on else None
    audit(session, "signed_in", user.user_id, address=address, by_pin_on=pin)
    return Opened(open_session(session, user, user_agent, address, device_id=by_pin_on), "full")


def second_step(
    session: Session, half: str, code: str, address: str, user_agent: str | None, device: str | None = None
) -> Opened | None:
    """Return the full session that a half one becomes by a code of its person's, None after recording the failure.

    The half session's secret is worth nothing afterwards. Raises 429 `too_many_attempts`.
    """
    row = session.get(UserSession, digest(half), with_for_update=True, populate_existing=True)
    user = session.get(User, row.user_id) if row is not None and row.is_half and row.revoked_at is None else None
    if row is None or user is None:
        return None
    known = throttle.guard(session, user.username, address, device)
    how = totp.check(session, user, code)
    if how is None:
        throttle.record(session, user.username, address, known)
        audit(session, "second_step_refused", user.user_id, address=address)
        return None
    return _whole(session, user, row, how, address, user_agent)


def enrolled(
    session: Session, visit: sessions.Visit, code: str, address: str, user_agent: str | None
) -> tuple[Opened, list[str]]:
    """Set up the second step for who has to, and return the full session with the recovery codes. Raises Invalid."""
    user = session.get_one(User, visit.user_id)
    row = session.scalars(select(UserSession).where(col(UserSession.session_id) == visit.session_id)).one()
    codes = totp.enrol(session, user, code)
    return _whole(session, user, row, "enrolment", address, user_agent), codes


def _whole(session: Session, user: User, row: UserSession, how: str, address: str, user_agent: str | None) -> Opened:
    row.revoked_at = clock.now()
    audit(session, "signed_in", user.user_id, address=address, second_step=how)
    return Opened(open_session(session, user, user_agent, address, device_id=row.device_id), "full")


def open_session(
    session: Session,
    user: User,
    user_agent: str | None,
    address: str | None = None,
    *,
    half: bool = False,
    device_id: UUID | None = None,
) -> str:
    """Return the secret of a new page session."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        UserSession(
            session_hash=digest(secret),
            user_id=user.user_id,
            is_half=half,
            created_at=now,
            authenticated_at=now,
            last_seen_at=now,
            expires_at=now + (sessions.HALF_LIFE if half else sessions.bounds(user.role)[0]),
            user_agent=(user_agent or "")[:200] or None,
            address=address,
            device_id=device_id,
        )
    )
    session.flush()
    return secret


def close_session(session: Session, secret: str) -> None:
    """End a page session."""
    session.execute(
        update(UserSession).where(col(UserSession.session_hash) == digest(secret)).values(revoked_at=clock.now())
    )


def prove(
    session: Session,
    actor: Actor,
    password: str,
    code: str,
    address: str,
    device: str | None = None,
    pin_device: str | None = None,
) -> bool:
    """Say whether this is the actor in person, by password and, where it is set up, a code; remember it for a while.

    Who has no password gives the PIN of this device instead (`pin_device`). Raises 429 `too_many_attempts`.
    """
    user = session.get_one(User, actor.user_id)
    known = throttle.guard(session, user.username, address, device)
    if user.password_hash is None:
        # A wrong PIN is counted by the device, which ends after a few; it shuts nobody out elsewhere.
        found = slips.check_pin(session, pin_device, password) if pin_device else None
        if found is None or found.user_id != user.user_id:
            return False
        fits = True
    else:
        fits = passwords.verify(user.password_hash, password)
    # The code is spent only by who knows the password: a stranger at an open page can't use codes up.
    if not fits or (totp.is_on(session, user.user_id) and totp.check(session, user, code) is None):
        throttle.record(session, user.username, address, known)
        audit(session, "reauthentication_refused", user.user_id, address=address)
        return False
    audit(session, "reauthenticated", user.user_id, address=address)
    return _proven(session, actor)


def _proven(session: Session, actor: Actor) -> bool:
    session.execute(
        update(UserSession).where(col(UserSession.session_id) == actor.session_id).values(authenticated_at=clock.now())
    )
    return True


def has_password(session: Session, actor: Actor) -> bool:
    """Say whether the actor chose a password; who came in by a slip has a PIN on one device instead."""
    return session.get_one(User, actor.user_id).password_hash is not None


def check_length(password: str) -> None:
    """Raise Invalid unless a password has a length that we take."""
    if not limits.PASSWORD_CHARS_MIN <= len(password) <= limits.PASSWORD_CHARS_MAX:
        raise Invalid.of(
            "/password", "wrong_length", "A password has {minimum} to {maximum} characters.",
            minimum=limits.PASSWORD_CHARS_MIN, maximum=limits.PASSWORD_CHARS_MAX,
        )  # fmt: skip


def change_password(session: Session, actor: Actor, current: str, new: str, address: str) -> None:
    """Give the actor another password; all sessions but the one that asks end.

    Raises Invalid `wrong_password`, `wrong_length` or `same_password`, 429 `too_many_attempts`.
    """
    user = session.get_one(User, actor.user_id)
    check_length(new)
    if check_password(session, user.username, current, address) is None:
        raise Invalid.of("/current", "wrong_password", "This is not your present password.")
    if passwords.verify(user.password_hash, new):
        raise Invalid.of("/password", "same_password", "This is your password already.")
    user.password_hash = passwords.hash_password(new)
    sessions.revoke_others(session, actor)
    audit(session, "password_set", user.user_id, address=address)


def set_password(session: Session, user: User, password: str) -> bool:
    """Give a user this password unless it is theirs already; older page sessions end. Return whether it was changed."""
    if passwords.verify(user.password_hash, password):
        return False
    user.password_hash = passwords.hash_password(password)
    sessions.end_all(session, user.user_id)
    audit(session, "password_set", user.user_id)
    return True
