"""Locks on batches: what makes a lock and a movement see each other. A statement of its own, always.

A reader that waited for a lock inside the statement that reads would still read what stood before the wait; so whoever
locks reads afterwards, in a new statement.

The row locks decide. Before them everybody passes a turnstile, one of TURNSTILES by batch: shared locks of a row are
given out while others hold some, so that whoever wants it alone could wait for ever; the turnstile's queue is fair.
Locks are taken in one order: watch criteria, turnstiles, batch rows, accounts.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

TURNSTILES: Final = 64  # bounds what one transaction takes of the server's lock table
TURNSTILE_CLASS: Final = 0x62746368  # "btch": the first half of the two-part key

_ENTER: Final = "SELECT count({function}(:turnstile_class, number)) FROM unnest(CAST(:numbers AS int[])) AS number"
_ENTER_SHARED: Final = text(_ENTER.format(function="pg_advisory_xact_lock_shared"))
_ENTER_ALONE: Final = text(_ENTER.format(function="pg_advisory_xact_lock"))
_LOCK: Final = "SELECT batch_id FROM batch WHERE batch_id = ANY(CAST(:batch_ids AS uuid[])) ORDER BY batch_id FOR "
_SHARED: Final = text(_LOCK + "SHARE")
_EXCLUSIVE: Final = text(_LOCK + "UPDATE")


def lock_batches(session: Session, batch_ids: Iterable[UUID], *, exclusive: bool) -> list[UUID]:
    """Lock the rows of these batches in id order until the transaction ends; return the ids that exist.

    Shared for whoever moves goods, exclusive for whoever places or ends holds. What is still unwritten in the session
    is written first. Not to be made exclusive later in a transaction that took it shared: two of them would wait for
    each other.
    """
    session.flush()
    wanted = sorted(set(batch_ids))
    if not wanted:
        return []
    numbers = sorted({batch_id.int % TURNSTILES for batch_id in wanted})
    session.execute(
        _ENTER_ALONE if exclusive else _ENTER_SHARED, {"turnstile_class": TURNSTILE_CLASS, "numbers": numbers}
    )
    return list(session.execute(_EXCLUSIVE if exclusive else _SHARED, {"batch_ids": wanted}).scalars())
