"""Officers as they stand now: who is active, and which areas each is assigned to."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.models import OFFICER_ROLES, Assignment, User
from coldchain.core import clock


def anybody_assigned(session: Session, office_id: UUID) -> bool:
    """Say whether an assignment to an office is in force or will be."""
    statement = select(col(Assignment.assignment_id)).where(
        col(Assignment.office_id) == office_id,
        or_(col(Assignment.valid_to).is_(None), col(Assignment.valid_to) > clock.now()),
    )
    return session.scalar(statement.limit(1)) is not None


def officers(session: Session, user_ids: Iterable[UUID] | None = None, *, lock: bool = False) -> list[Actor]:
    """Return the active officers (or those among `user_ids`) by name, with the assignments in force now.

    `lock`: their accounts are locked in id order first, against an assignment that ends at the same moment.
    """
    statement = select(User).where(col(User.role).in_(OFFICER_ROLES), col(User.is_active))
    if user_ids is not None:
        statement = statement.where(col(User.user_id).in_(list(user_ids)))
    statement = statement.order_by(col(User.user_id)).execution_options(populate_existing=True)
    if lock:
        session.flush()
        statement = statement.with_for_update(key_share=True)
    users = session.scalars(statement).all()
    now = clock.now()
    areas: dict[UUID, set[Area]] = defaultdict(set)
    for row in session.scalars(
        select(Assignment).where(
            col(Assignment.user_id).in_([user.user_id for user in users]),
            col(Assignment.valid_from) <= now,
            or_(col(Assignment.valid_to).is_(None), col(Assignment.valid_to) > now),
        )
    ):
        areas[row.user_id].add(Area(row.region_code, row.office_id))
    found = [
        Actor(
            user.user_id, user.username, user.display_name, user.role,
            areas=tuple(sorted(areas[user.user_id], key=lambda area: (area.region_code, str(area.office_id or "")))),
        )
        for user in users
    ]  # fmt: skip
    return sorted(found, key=lambda officer: officer.username)
