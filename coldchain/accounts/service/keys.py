"""API tokens: shown once, stored hashed."""

import secrets

from sqlmodel import Session

from coldchain.accounts.models import ApiToken, User
from coldchain.accounts.service.actors import TOKEN_PREFIX, digest
from coldchain.accounts.service.audit import audit
from coldchain.core import clock


def new_token(session: Session, user: User, label: str | None = None) -> str:
    """Return a new full-scope API token of a user; older ones stay valid."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(token_hash=digest(token), user_id=user.user_id, label=label, created_at=clock.now()))
    audit(session, "token_created", user.user_id)
    return token
