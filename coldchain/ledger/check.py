"""Recomputes stock from the movements, and the movements from the journal: all three must say the same."""

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


# Each told movement beside the one in the tables. One pass over either side whose hash table spills to disk: the memory
# is bounded whatever the size. Texts are compared as the journal writes them, so that a body which isn't what
# `ledger.told` writes is a difference and no error.
_TOLD: Final = text("""
    WITH told AS (
        SELECT said.item ->> 'id' AS movement_id, count(*) AS times, min(entry.entry_id::text) AS entry_id,
               (array_agg(said.item - 'entries' - 'id'))[1] AS facts, (array_agg(said.item -> 'entries'))[1] AS entries
        FROM journal_entry AS entry
        CROSS JOIN LATERAL (SELECT entry.body::jsonb #> '{data,movements}' AS items OFFSET 0) AS parsed
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(items) WHEN 'array' THEN items ELSE '[]' END) AS said (item)
        WHERE entry.body LIKE '%"movements":[%'
        GROUP BY said.item ->> 'id'
    ), line AS (
        SELECT movement_id, jsonb_agg(jsonb_build_array(
                   account, owner_id, coalesce(zone_id, consignment_id), quantity_units) ORDER BY line_no) AS entries
        FROM posting GROUP BY movement_id
    ), kept AS (
        SELECT movement.movement_id::text AS movement_id, coalesce(line.entries, '[]') AS entries, jsonb_build_object(
                   'batch_id', movement.batch_id, 'kind', movement.kind, 'occurred_at', to_char(
                       movement.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
               || CASE WHEN movement.late THEN '{"late": true}' ELSE '{}' END::jsonb
               || CASE WHEN movement.corrects_id IS NULL THEN '{}'
                       ELSE jsonb_build_object('corrects_id', movement.corrects_id) END AS facts
        FROM movement LEFT JOIN line ON line.movement_id = movement.movement_id
    )
    SELECT coalesce(told.movement_id, kept.movement_id) AS movement_id, coalesce(told.times, 0) AS times,
           told.entry_id, told.facts::text AS told_facts, told.entries::text AS told_entries,
           kept.facts::text AS kept_facts, kept.entries::text AS kept_entries,
           CASE WHEN kept.movement_id IS NULL THEN 'unknown' WHEN told.times IS NULL THEN 'untold'
                WHEN told.times > 1 THEN 'twice' WHEN told.entries <> kept.entries THEN 'entries'
                ELSE 'facts' END AS what
    FROM told FULL JOIN kept ON kept.movement_id = told.movement_id
    WHERE kept.movement_id IS NULL OR told.times IS DISTINCT FROM 1
       OR told.entries IS DISTINCT FROM kept.entries OR told.facts IS DISTINCT FROM kept.facts
    ORDER BY 1 LIMIT 1
""")
TOLD_WORDS: Final = {
    "unknown": "movement {movement_id} is told by journal entry {entry_id}, the books have no such movement",
    "untold": "movement {movement_id} is in the books, no journal entry tells of it",
    "twice": "movement {movement_id} is told {times} times in the journal, first by entry {entry_id}",
    "entries": "movement {movement_id}: journal entry {entry_id} tells {told_entries}, the postings are {kept_entries}",
    "facts": "movement {movement_id}: journal entry {entry_id} tells {told_facts}, the books say {kept_facts}",
}


def movements_from_journal(session: Session, progress: Callable[[int, int], None] | None = None) -> str | None:
    """Compare every movement with what the journal tells; return the first difference in words, None when equal.

    Each movement is told by exactly one entry, with its batch, kind, time and postings (`ledger.told`), and every
    movement that is told exists (R10). With `stock_from_movements` the stock is what the journal alone gives.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))
    row = session.execute(_TOLD).mappings().first()
    if progress is not None:
        progress(1, 1)
    return None if row is None else TOLD_WORDS[row["what"]].format_map(dict(row))
