"""Signing in and out with a password."""

import secrets
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from coldchain.accounts import passwords
from coldchain.accounts.models import SignInFailure, User, UserSession
from coldchain.accounts.service.actors import digest
from coldchain.accounts.service.audit import audit
from coldchain.core import clock
from coldchain.core.errors import DomainError

SESSION_LIFE = timedelta(days=14)
FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)


def check_password(session: Session, username: str, password: str, address: str) -> User | None:
    """Return the user when name and password fit, else None after recording the failure.

    Raises 429 `too_many_attempts` after FAILURES_ALLOWED failures of this name from this address within the window, so
    that a stranger elsewhere can't lock an account out.
    """
    since = clock.now() - FAILURE_WINDOW
    failures = session.scalar(
        select(func.count()).where(
            col(SignInFailure.username) == username,
            col(SignInFailure.address) == address,
            col(SignInFailure.at) > since,
        )
    )
    if failures is not None and failures >= FAILURES_ALLOWED:
        raise DomainError("Too many attempts. Try again in 15 minutes.", code="too_many_attempts", status=429)
    user = session.scalars(select(User).where(col(User.username) == username)).first()
    fits = passwords.verify(user.password_hash if user and user.is_active else None, password)
    if user is None or not fits:
        session.add(SignInFailure(username=username[:200], address=address, at=clock.now()))
        audit(session, "sign_in_refused", user.user_id if user else None)
        return None
    audit(session, "signed_in", user.user_id)
    return user


def open_session(session: Session, user: User, user_agent: str | None) -> str:
    """Return the secret of a new page session."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        UserSession(
            session_hash=digest(secret),
            user_id=user.user_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_LIFE,
            user_agent=(user_agent or "")[:200] or None,
        )
    )
    return secret


def close_session(session: Session, secret: str) -> None:
    """End a page session."""
    session.execute(
        update(UserSession).where(col(UserSession.session_hash) == digest(secret)).values(revoked_at=clock.now())
    )


def set_password(session: Session, user: User, password: str) -> bool:
    """Give a user this password unless it is theirs already; older page sessions end. Return whether it was changed."""
    if passwords.verify(user.password_hash, password):
        return False
    user.password_hash = passwords.hash_password(password)
    session.execute(
        update(UserSession)
        .where(col(UserSession.user_id) == user.user_id, col(UserSession.revoked_at).is_(None))
        .values(revoked_at=clock.now())
    )
    audit(session, "password_set", user.user_id)
    return True
