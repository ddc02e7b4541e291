"""Who a token or a page session stands for now."""

import hashlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, column, or_, select, table
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.models import ApiToken, Assignment, User, UserSite
from coldchain.accounts.rights import Resource, may
from coldchain.core import clock, limits
from coldchain.core.errors import Unauthenticated

TOKEN_PREFIX = "cc_"
TOUCH_EVERY = timedelta(seconds=limits.TOUCH_SECONDS)

# The register is a room above: its table is named, not imported.
_BUSINESS: Final = table("business", column("business_id", Uuid()), column("merged_into_id", Uuid()))
_FORMER: Final = select(_BUSINESS.c.business_id).where(_BUSINESS.c.merged_into_id == bindparam("business_id"))


def digest(secret: str) -> str:
    """Return the hash under which a high-entropy secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def actor_of(
    session: Session,
    user: User,
    at: datetime | None = None,
    *,
    scopes: frozenset[str] | None = None,
    session_id: UUID | None = None,
    is_fresh: bool = True,
) -> Actor:
    """Return the actor that a user is now, or was `at` a moment, with the assignments in force then.

    What was captured on a device is judged by the rights of that moment, not of the upload (R16, R12).
    """
    at = at or clock.now()
    assignments = session.scalars(
        select(Assignment).where(
            col(Assignment.user_id) == user.user_id,
            col(Assignment.valid_from) <= at,
            or_(col(Assignment.valid_to).is_(None), col(Assignment.valid_to) > at),
        )
    ).all()
    sites = None
    if user.position == "clerk":
        limits = select(col(UserSite.site_id)).where(col(UserSite.user_id) == user.user_id)
        sites = frozenset(session.scalars(limits)) or None
    areas = {Area(each.region_code, each.office_id) for each in assignments}
    return Actor(
        user_id=user.user_id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        business_id=user.business_id,
        areas=tuple(sorted(areas, key=lambda area: (area.region_code, str(area.office_id or "")))),
        position=user.position,
        site_ids=sites,
        is_waiting=user.is_waiting,
        scopes=scopes,
        session_id=session_id,
        is_fresh=is_fresh,
        former_ids=_former_ids(session, user.business_id),
    )


def _former_ids(session: Session, business_id: UUID | None) -> frozenset[UUID]:
    """Return the provisional identities that were merged into a business: their records are its own."""
    if business_id is None:
        return frozenset()
    return frozenset(session.scalars(_FORMER, {"business_id": business_id}))


def may_still(session: Session, user_id: UUID, action: str, resource: Resource) -> bool:
    """Say whether a person who did something may do it now: what was handed out by a right ends with it."""
    user = session.get(User, user_id)
    return user is not None and user.is_active and may(actor_of(session, user), action, resource)


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
    return actor_of(session, user, scopes=frozenset(row.scopes) or None)
