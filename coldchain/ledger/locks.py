"""Row locks on batches: what makes a lock and a movement see each other. A statement of its own, always.

A reader that waited for a lock inside the statement that reads would still read what stood before the wait; so whoever
locks reads afterwards, in a new statement.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_LOCK: Final = "SELECT batch_id FROM batch WHERE batch_id = ANY(CAST(:batch_ids AS uuid[])) ORDER BY batch_id FOR "
_SHARED: Final = text(_LOCK + "SHARE")
_EXCLUSIVE: Final = text(_LOCK + "UPDATE")


def lock_batches(session: Session, batch_ids: Iterable[UUID], *, exclusive: bool) -> list[UUID]:
    """Lock the rows of these batches in id order until the transaction ends; return the ids that exist.

    Shared for whoever moves goods, exclusive for whoever places or ends holds. What is still unwritten in the session
    is written first.
    """
    session.flush()
    wanted = sorted(set(batch_ids))
    if not wanted:
        return []
    return list(session.execute(_EXCLUSIVE if exclusive else _SHARED, {"batch_ids": wanted}).scalars())
