"""What pages of the register count and name beside the businesses themselves."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.models import User
from coldchain.journal import personal
from coldchain.regions.tree import stem
from coldchain.registry.models import Business


def counts_by_status(session: Session, region_code: str | None) -> dict[str, int]:
    """Return how many businesses of a region (None: of all) are in each state; everybody may look that up."""
    statement = select(col(Business.status), func.count()).where(col(Business.merged_into_id).is_(None))
    statement = statement.group_by(col(Business.status))
    if region_code is not None:
        statement = statement.where(col(Business.region_code).startswith(stem(region_code)))
    return {row[0]: row[1] for row in session.execute(statement)}


def reasons(session: Session, ids: Iterable[Any]) -> dict[str, str]:
    """Return the words of decisions' reasons by the ids that the journal holds; erased ones are left out."""
    wanted = [UUID(str(reason_id)) for reason_id in ids if reason_id]
    return {str(reason_id): words for reason_id, words in personal.reveal(session, wanted).items()}


def names(session: Session, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Return the names of the people with these user ids."""
    wanted: set[Any] = {user_id for user_id in ids if user_id}
    rows = session.execute(select(col(User.user_id), col(User.display_name)).where(col(User.user_id).in_(wanted)))
    return {row.user_id: row.display_name for row in rows}
