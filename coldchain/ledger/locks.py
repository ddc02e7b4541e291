"""Locks on batches: what makes a lock and a movement see each other. A statement of its own, always.

A reader that waited for a lock inside the statement that reads would still read what stood before the wait; so whoever
locks reads afterwards, in a new statement.

The row locks decide. Before them everybody passes a turnstile, one of TURNSTILES by batch: shared locks of a row are
given out while others hold some, so that whoever wants it alone could wait for ever; the turnstile's queue is fair.
Locks are taken in one order: watch criteria, turnstiles, batch rows, accounts.
"""

from collections.abc import Iterable
from typing import Final, cast
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

TURNSTILES: Final = 64  # bounds what one transaction takes of the server's lock table
TURNSTILE_CLASS: Final = 0x62746368  # "btch": the first half of the two-part key

_KEPT: Final = "ledger.locks"  # in the session's info: the transaction, and what it has locked

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
    each other. What this transaction has locked so already isn't asked again.
    """
    session.flush()
    wanted = sorted(set(batch_ids))
    if not wanted:
        return []
    ours = _ours(session)
    if all(batch_id in ours and (ours[batch_id] or not exclusive) for batch_id in wanted):
        return wanted
    numbers = sorted({batch_id.int % TURNSTILES for batch_id in wanted})
    session.execute(
        _ENTER_ALONE if exclusive else _ENTER_SHARED, {"turnstile_class": TURNSTILE_CLASS, "numbers": numbers}
    )
    locked = list(session.execute(_EXCLUSIVE if exclusive else _SHARED, {"batch_ids": wanted}).scalars())
    ours.update({batch_id: exclusive or ours.get(batch_id, False) for batch_id in locked})
    return locked


def _ours(session: Session) -> dict[UUID, bool]:
    """Return the batches that the innermost transaction has locked, True when exclusively.

    Kept with that transaction, so that what a savepoint took is forgotten when it is rolled back.
    """
    innermost = session.get_nested_transaction() or session.get_transaction()
    if innermost is None:
        return {}
    of, kept = session.info.get(_KEPT, (None, {}))
    if of is not innermost:
        kept = {}
        session.info[_KEPT] = (innermost, kept)
    return cast("dict[UUID, bool]", kept)
