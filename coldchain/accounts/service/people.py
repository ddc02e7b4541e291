"""Accounts: finding and making them."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts import passwords
from coldchain.accounts.models import OFFICER_ROLES, ROLES, TRADE_ROLES, Assignment, User
from coldchain.accounts.service.audit import audit
from coldchain.core import clock
from coldchain.core.errors import Conflict, Invalid, NotFound


def user_by_name(session: Session, username: str) -> User:
    """Return a user. Raises NotFound."""
    user = session.scalars(select(User).where(col(User.username) == username)).first()
    if user is None:
        raise NotFound("There is no account named {username}.", username=username)
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
    position: str = "owner",
    is_waiting: bool = False,
    by: UUID | None = None,
) -> User:
    """Make an account: merchants, labs and carriers act for a business, officers are assigned to a region.

    `by`: who makes it for somebody else; without, people make it themselves.

    Raises Invalid for an unknown role or a missing business or region, Conflict `account_exists`.
    """
    if role not in ROLES:
        raise Invalid.of("/role", "not_one_of", "This should be one of: {values}.", values=", ".join(ROLES))
    if (role in TRADE_ROLES) != (business_id is not None):
        raise Invalid.of("/business", "required", "A merchant, lab or carrier acts for one business, nobody else does.")
    if (role in OFFICER_ROLES) != (region_code is not None):
        raise Invalid.of("/region_code", "required", "An officer is assigned to one region, nobody else is.")
    if session.scalars(select(User).where(col(User.username) == username)).first():
        raise Conflict("There is already an account named {username}.", code="account_exists", username=username)
    now = clock.now()
    user = User(
        username=username,
        display_name=display_name or username,
        role=role,
        business_id=business_id,
        position=position if business_id else None,
        is_waiting=is_waiting,
        password_hash=passwords.hash_password(password) if password else None,
        created_at=now,
    )
    session.add(user)
    session.flush()
    if region_code:
        session.add(
            Assignment(
                user_id=user.user_id, region_code=region_code, office_id=office_id, kind="standing", valid_from=now
            )
        )
    audit(session, "account_created", user.user_id, by=str(by) if by else None, role=role)
    session.flush()
    return user
