"""Signing in, sessions, tokens and links; creating accounts. Secrets leave here once and are stored hashed."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlmodel import Session, col

from coldchain.accounts import passwords
from coldchain.accounts.actor import Actor
from coldchain.accounts.models import (
    ROLES,
    ApiToken,
    Assignment,
    AuditEvent,
    SignInFailure,
    SignInLink,
    User,
    UserSession,
)  # fmt: skip
from coldchain.core import clock
from coldchain.core.errors import Conflict, DomainError, Invalid, NotFound, Unauthenticated

SESSION_IDLE = timedelta(hours=12)
SESSION_LIFE = timedelta(days=14)
LINK_LIFE = timedelta(days=3)
FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)
PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200
TOKEN_PREFIX = "cc_"
TOUCH_EVERY = timedelta(minutes=1)


def digest(secret: str) -> str:
    """Return the hash under which a high-entropy secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def audit(session: Session, kind: str, user_id: UUID | None, **detail: str | None) -> None:
    """Add a line to the audit log."""
    session.add(AuditEvent(at=clock.now(), user_id=user_id, kind=kind, detail=detail))


def actor_of(session: Session, user: User) -> Actor:
    """Return the actor that a user is now, with the assignments in force."""
    now = clock.now()
    assignments = session.scalars(
        select(Assignment).where(
            col(Assignment.user_id) == user.user_id,
            col(Assignment.valid_from) <= now,
            or_(col(Assignment.valid_to).is_(None), col(Assignment.valid_to) > now),
        )
    ).all()
    return Actor(
        user_id=user.user_id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        business_id=user.business_id,
        regions=tuple(sorted({a.region_code for a in assignments})),
        office_ids=tuple(a.office_id for a in assignments if a.office_id),
    )


def actor_by_token(session: Session, token: str) -> Actor:
    """Return who a bearer token stands for. Raises Unauthenticated."""
    row = session.get(ApiToken, digest(token)) if token.startswith(TOKEN_PREFIX) else None
    now = clock.now()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise Unauthenticated("This token is not valid.", code="invalid_token")
    user = session.get(User, row.user_id)
    if user is None or not user.is_active:
        raise Unauthenticated("This token is not valid.", code="invalid_token")
    if row.last_used_at is None or now - row.last_used_at > TOUCH_EVERY:
        row.last_used_at = now
    return actor_of(session, user)


def actor_by_session(session: Session, secret: str) -> Actor | None:
    """Return who a page session stands for, or None when it has ended."""
    row = session.get(UserSession, digest(secret))
    now = clock.now()
    if row is None or row.revoked_at is not None or row.expires_at <= now or row.last_seen_at + SESSION_IDLE <= now:
        return None
    user = session.get(User, row.user_id)
    if user is None or not user.is_active:
        return None
    if now - row.last_seen_at > TOUCH_EVERY:
        row.last_seen_at = now
    return actor_of(session, user)


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


def user_by_name(session: Session, username: str) -> User:
    """Return a user. Raises NotFound."""
    user = session.scalars(select(User).where(col(User.username) == username)).first()
    if user is None:
        raise NotFound("There is no account named {username}.", username=username)
    return user


def new_token(session: Session, user: User, label: str | None = None) -> str:
    """Return a new full-scope API token of a user; older ones stay valid."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(token_hash=digest(token), user_id=user.user_id, label=label, created_at=clock.now()))
    audit(session, "token_created", user.user_id)
    return token


def new_link(session: Session, user: User) -> str:
    """Return the secret of a one-time sign-in link, valid for LINK_LIFE."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.add(SignInLink(link_hash=digest(secret), user_id=user.user_id, created_at=now, expires_at=now + LINK_LIFE))
    audit(session, "link_created", user.user_id)
    return secret


def link_user(session: Session, secret: str) -> User:
    """Return the user of an unused link. Raises NotFound `link_spent`."""
    link = session.get(SignInLink, digest(secret), with_for_update=True)
    user = session.get(User, link.user_id) if link else None
    if link is None or user is None or link.used_at is not None or link.expires_at <= clock.now() or not user.is_active:
        raise NotFound("This link was used or has run out. Ask for a new one.", code="link_spent")
    return user


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


def use_link(session: Session, secret: str, password: str) -> User:
    """Set a password by a one-time link, which is spent by it; older page sessions end. Raises Invalid, NotFound."""
    user = link_user(session, secret)
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise Invalid.of(
            "/password", "wrong_length", "A password has {minimum} to {maximum} characters.",
            minimum=PASSWORD_CHARS_MIN, maximum=PASSWORD_CHARS_MAX,
        )  # fmt: skip
    session.execute(update(SignInLink).where(col(SignInLink.link_hash) == digest(secret)).values(used_at=clock.now()))
    set_password(session, user, password)
    return user


def create_user(
    session: Session,
    *,
    username: str,
    role: str,
    display_name: str | None = None,
    business_id: UUID | None = None,
    region_code: str | None = None,
    office_id: UUID | None = None,
    password: str | None = None,
) -> User:
    """Make an account: merchants and labs act for a business, officers are assigned to a region.

    Raises Invalid for an unknown role or a missing business or region, Conflict `account_exists`.
    """
    if role not in ROLES:
        raise Invalid.of("/role", "not_one_of", "This should be one of: {values}.", values=", ".join(ROLES))
    if (role in {"merchant", "lab"}) != (business_id is not None):
        raise Invalid.of("/business", "required", "A merchant or lab acts for one business, nobody else does.")
    if (role in {"regulator", "inspector"}) != (region_code is not None):
        raise Invalid.of("/region_code", "required", "An officer is assigned to one region, nobody else is.")
    if session.scalars(select(User).where(col(User.username) == username)).first():
        raise Conflict("There is already an account named {username}.", code="account_exists", username=username)
    now = clock.now()
    user = User(
        username=username,
        display_name=display_name or username,
        role=role,
        business_id=business_id,
        password_hash=passwords.hash_password(password) if password else None,
        created_at=now,
    )
    session.add(user)
    session.flush()
    if region_code:
        session.add(Assignment(user_id=user.user_id, region_code=region_code, office_id=office_id, valid_from=now))
    audit(session, "account_created", user.user_id, role=role)
    session.flush()
    return user
