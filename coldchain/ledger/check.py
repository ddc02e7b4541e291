"""Recomputes stock from the movements: what the books say must be what the append-only tables say."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import Session

from coldchain.ledger.holds import DEMAND

_UNBALANCED: Final = text("""
    SELECT movement.movement_id, coalesce(sum(posting.quantity_units), 0) AS rest, count(posting.posting_id) AS lines
    FROM movement LEFT JOIN posting USING (movement_id)
    GROUP BY movement.movement_id
    HAVING count(posting.posting_id) < 2 OR sum(posting.quantity_units) <> 0
        OR bool_or(posting.batch_id <> movement.batch_id)
    ORDER BY movement.movement_id LIMIT 1
""")
_DIFFERENT: Final = text("""
    WITH summed AS (
        SELECT batch_id, account, owner_id, zone_id, consignment_id, sum(quantity_units) AS quantity_units
        FROM posting WHERE account IN ('zone', 'transit', 'processing')
        GROUP BY batch_id, account, owner_id, zone_id, consignment_id
    ), kept AS (
        SELECT batch_id, account, owner_id, zone_id, consignment_id, -quantity_units AS quantity_units FROM holding
    ), account AS (
        SELECT batch_id, account, owner_id, coalesce(zone_id, consignment_id) AS place,
               sum(quantity_units) AS rest,
               sum(quantity_units) FILTER (WHERE side = 'summed') AS summed,
               -sum(quantity_units) FILTER (WHERE side = 'kept') AS kept
        FROM (SELECT *, 'summed' AS side FROM summed UNION ALL SELECT *, 'kept' FROM kept) AS both_sides
        GROUP BY batch_id, account, owner_id, coalesce(zone_id, consignment_id)
    )
    SELECT batch_id, account, owner_id, place, coalesce(summed, 0) AS summed, coalesce(kept, 0) AS kept
    FROM account WHERE rest <> 0 ORDER BY batch_id, account, owner_id, place LIMIT 1
""")
_NEGATIVE: Final = text("""
    SELECT holding_id, batch_id, quantity_units, held_units FROM holding
    WHERE quantity_units < 0 OR held_units < 0 OR held_units > quantity_units ORDER BY holding_id LIMIT 1
""")
_HELD: Final = text(f"""
    SELECT holding_id, batch_id, held_units, demanded_units
    FROM ({DEMAND} GROUP BY holding.holding_id) AS demand
    WHERE held_units <> demanded_units ORDER BY holding_id LIMIT 1
""")  # noqa: S608 (constants of this module)

CHECKS: Final[tuple[tuple[Any, str], ...]] = (
    (_UNBALANCED, "movement {movement_id} does not balance: {lines} postings leave {rest} units"),
    (
        _DIFFERENT,
        "batch {batch_id}, account {account} of {owner_id} at {place}: the movements sum to {summed} units, "
        "the holding says {kept}",
    ),
    (_NEGATIVE, "holding {holding_id} of batch {batch_id}: {held_units} units held of {quantity_units}"),
    (
        _HELD,
        "holding {holding_id} of batch {batch_id}: {held_units} units held, the active holds demand {demanded_units}",
    ),
)


def stock_from_movements(session: Session, progress: Callable[[int, int], None] | None = None) -> str | None:
    """Compare every holding with its postings and its holds; return the first difference in words, None when equal.

    Checks that each movement balances, that each custody account is the sum of its postings, that nothing is negative
    and that held units are what the active holds demand (R8, R10). Calls `progress(done, total)` after each check.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))
    for done, (statement, words) in enumerate(CHECKS, 1):
        row = session.execute(statement).mappings().first()
        if row is not None:
            return words.format_map(dict(row))
        if progress is not None:
            progress(done, len(CHECKS))
    return None
