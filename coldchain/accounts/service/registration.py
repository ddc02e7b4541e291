"""The accounts' side of self-registration: the owner who waits, the end of waiting, and how many may be sent."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlmodel import Session, col

from coldchain.accounts.models import Assignment, RegistrationAttempt, User
from coldchain.accounts.rights import roles_with
from coldchain.accounts.service import acting
from coldchain.accounts.service.audit import audit
from coldchain.accounts.service.people import create_user
from coldchain.core import clock, limits
from coldchain.core.errors import DomainError


def admit(session: Session, address: str) -> None:
    """Count a self-registration from an address.

    Raises 429 `too_many_attempts` when REGISTRATIONS_PER_ADDRESS were sent from it within REGISTRATIONS_MINUTES.
    """
    since = clock.now() - timedelta(minutes=limits.REGISTRATIONS_MINUTES)
    session.execute(delete(RegistrationAttempt).where(col(RegistrationAttempt.at) <= since))
    sent = session.scalar(
        select(func.count()).where(col(RegistrationAttempt.address) == address, col(RegistrationAttempt.at) > since)
    )
    if sent is not None and sent >= limits.REGISTRATIONS_PER_ADDRESS:
        raise DomainError(
            "Too many registrations were sent from here. Try again in an hour, or go to your supervision office.",
            code="too_many_attempts",
            status=429,
        )
    session.add(RegistrationAttempt(address=address, at=clock.now()))
    session.flush()


def waiting_owner(session: Session, business_id: UUID, *, display_name: str, phone: str, password: str) -> User:
    """Make the account of the owner who registered a business; until it is approved it may read of it only.

    Raises Conflict `account_exists`.
    """
    business = acting.find(session, business_id)
    return create_user(
        session,
        username=phone,
        role=business.role,
        display_name=display_name,
        business_id=business_id,
        password=password,
        is_waiting=True,
    )


def match_role(session: Session, business_id: UUID) -> None:
    """Let those who wait act in the role of the kinds that their business says it is of now."""
    role = acting.find(session, business_id).role
    session.execute(update(User).where(col(User.business_id) == business_id, col(User.is_waiting)).values(role=role))


def end_waiting(session: Session, business_id: UUID) -> None:
    """Let those who act for a business act: it was approved."""
    ended = session.scalars(
        update(User)
        .where(col(User.business_id) == business_id, col(User.is_waiting))
        .values(is_waiting=False)
        .returning(col(User.user_id))
    ).all()
    for user_id in ended:
        audit(session, "waiting_ended", user_id, business=str(business_id))


def deciding_regions(session: Session) -> list[str]:
    """Return the codes of the regions that somebody who decides about applications is assigned to now, sorted."""
    now = clock.now()
    statement = (
        select(col(Assignment.region_code))
        .join(User, col(User.user_id) == col(Assignment.user_id))
        .where(
            col(User.role).in_(roles_with("business.decide")),
            col(User.is_active),
            col(Assignment.valid_from) <= now,
            or_(col(Assignment.valid_to).is_(None), col(Assignment.valid_to) > now),
        )
        .distinct()
    )
    return sorted(session.scalars(statement))
