"""One-time links to sign in and choose a password."""

import secrets
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col

from coldchain.accounts.models import SignInLink, User
from coldchain.accounts.service.actors import digest
from coldchain.accounts.service.audit import audit
from coldchain.accounts.service.signing import set_password
from coldchain.core import clock
from coldchain.core.errors import Invalid, NotFound

LINK_LIFE = timedelta(days=3)
PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200


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
