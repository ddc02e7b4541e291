"""API keys (bearer tokens): shown once, stored hashed, narrowed to actions, ending, revocable."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import ApiToken, User
from coldchain.accounts.rights import TABLE, relation
from coldchain.accounts.service.actors import TOKEN_PREFIX, digest
from coldchain.accounts.service.audit import audit
from coldchain.core import clock, limits
from coldchain.core.errors import Forbidden, Invalid, NotFound

NEVER_ALONE = frozenset({"sign_in.manage"})  # a narrowed key doesn't look after its person's sign-in


def new_token(session: Session, user: User, label: str | None = None) -> str:
    """Return a new full-scope API token of a user; older ones stay valid."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(token_hash=digest(token), user_id=user.user_id, label=label, created_at=clock.now()))
    audit(session, "key_created", user.user_id, label=label)
    return token


def choosable(actor: Actor) -> list[str]:
    """Return the actions that a key of the actor's may be narrowed to: those that the actor may do."""
    free = replace(actor, scopes=None)
    return [action for action in TABLE if action not in NEVER_ALONE and relation(free, action) is not None]


def create_key(
    session: Session, actor: Actor, *, label: str, expires_at: datetime, scopes: Iterable[str] | None = None
) -> tuple[ApiToken, str]:
    """Return a new key of the actor's own and its secret, shown this once; without `scopes` it may all that they may.

    Raises Forbidden `page_session_required` when a key asks, Invalid `not_yours` for an action that the actor may not
    do, `out_of_range` for an end in the past or beyond KEY_DAYS_MAX.
    """
    if actor.session_id is None or actor.user_id is None:
        raise Forbidden("A key can't make keys: sign in and make it there.", code="page_session_required")
    wanted = sorted(set(scopes or ()))
    if strange := sorted(set(wanted) - set(choosable(actor))):
        raise Invalid.of("/scopes", "not_yours", "You may not do this yourself: {action}.", action=strange[0])
    now = clock.now()
    if not now < expires_at <= now + timedelta(days=limits.KEY_DAYS_MAX):
        raise Invalid.of("/expires_at", "out_of_range", "A key ends within a year from now.")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        token_hash=digest(token), user_id=actor.user_id, label=label, scopes=wanted, created_at=now,
        expires_at=expires_at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit(session, "key_created", actor.user_id, key_id=str(row.key_id), label=label, scopes=", ".join(wanted) or "*")
    return row, token


def list_keys(session: Session, actor: Actor) -> list[ApiToken]:
    """Return the actor's keys that work, newest first."""
    works = or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > clock.now())
    statement = select(ApiToken).where(
        col(ApiToken.user_id) == actor.user_id, col(ApiToken.revoked_at).is_(None), works
    )
    return list(session.scalars(statement.order_by(col(ApiToken.created_at).desc())))


def revoke_key(session: Session, actor: Actor, key_id: UUID) -> ApiToken:
    """End one of the actor's own keys; the next request with it is refused. Raises NotFound."""
    mine = select(ApiToken).where(col(ApiToken.key_id) == key_id, col(ApiToken.user_id) == actor.user_id)
    row = session.scalars(mine.with_for_update()).first()
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        audit(session, "key_revoked", actor.user_id, key_id=str(key_id), label=row.label)
    return row
