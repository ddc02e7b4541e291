"""Writing movements: the one way by which quantities change.

Invariants: what a custody account holds is the sum of its postings, in the same transaction, and never below zero; a
movement and its postings are append-only; held units don't leave by an intended movement (R8, R10). The protocol:
`lock_batches`, then *in a new statement* the accounts in one order for every writer, then, in a new statement again,
the holds: those of the whole batch stand still under the batch's lock, those of an account under the account's. The
ledger knows no facts about batches but their keys.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.core import clock
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.ledger import holds
from coldchain.ledger.holds import Cause, Cut
from coldchain.ledger.locks import lock_batches
from coldchain.ledger.models import Hold, Holding, Movement
from coldchain.ledger.parts import Shelf, Takes, spread
from coldchain.ledger.postings import CUSTODY, Account, Draft, Entry, balanced

__all__ = ["Draft", "holdings", "lock_batches", "post", "told"]

MOVEMENTS_PER_POST: Final = 2_000

Key = tuple[UUID, Account]

# One statement each, however many lines: arrays instead of value lists, so that the text never changes. A movement's
# postings stand in one statement, since the database checks their balance statement by statement.
_INSERT_MOVEMENTS: Final = text("""
    INSERT INTO movement (movement_id, batch_id, kind, arrival_id, consignment_id, entry_id, corrects_id, reason, late,
                          occurred_at, on_behalf_of, recorded_at, recorded_by)
    SELECT given.*, CAST(:recorded_at AS timestamptz), CAST(:recorded_by AS uuid) FROM unnest(
        CAST(:movement_id AS uuid[]), CAST(:batch_id AS uuid[]), CAST(:kind AS text[]), CAST(:arrival_id AS uuid[]),
        CAST(:consignment_id AS uuid[]), CAST(:entry_id AS uuid[]), CAST(:corrects_id AS uuid[]),
        CAST(:reason AS text[]), CAST(:late AS boolean[]), CAST(:occurred_at AS timestamptz[]),
        CAST(:on_behalf_of AS uuid[])) AS given
""")
_INSERT_POSTINGS: Final = text("""
    INSERT INTO posting (posting_id, movement_id, line_no, batch_id, account, owner_id, zone_id, consignment_id,
                         quantity_units)
    SELECT * FROM unnest(
        CAST(:posting_id AS uuid[]), CAST(:movement_id AS uuid[]), CAST(:line_no AS bigint[]),
        CAST(:batch_id AS uuid[]), CAST(:account AS text[]), CAST(:owner_id AS uuid[]), CAST(:zone_id AS uuid[]),
        CAST(:consignment_id AS uuid[]), CAST(:quantity_units AS bigint[]))
""")
_KEYS: Final = """unnest(
        CAST(:batch_id AS uuid[]), CAST(:account AS text[]), CAST(:owner_id AS uuid[]), CAST(:zone_id AS uuid[]),
        CAST(:consignment_id AS uuid[])) AS key (batch_id, account, owner_id, zone_id, consignment_id)"""
_SAME_ACCOUNT: Final = """holding.batch_id = key.batch_id AND holding.account = key.account
        AND holding.owner_id = key.owner_id AND holding.zone_id IS NOT DISTINCT FROM key.zone_id
        AND holding.consignment_id IS NOT DISTINCT FROM key.consignment_id"""
_LOCK_ACCOUNTS: Final = text(f"""
    SELECT holding.batch_id, holding.account, holding.owner_id, holding.zone_id, holding.consignment_id,
           holding.holding_id, holding.quantity_units, holding.held_units
    FROM holding JOIN {_KEYS} ON {_SAME_ACCOUNT}
    ORDER BY holding.batch_id, holding.account, holding.owner_id, holding.zone_id NULLS FIRST,
             holding.consignment_id NULLS FIRST
    FOR UPDATE OF holding
""")  # noqa: S608 (constants of this module)
_UPDATE_ACCOUNTS: Final = text("""
    UPDATE holding SET quantity_units = given.quantity_units, held_units = given.held_units
    FROM unnest(CAST(:holding_id AS uuid[]), CAST(:quantity_units AS bigint[]), CAST(:held_units AS bigint[]))
         AS given (holding_id, quantity_units, held_units)
    WHERE holding.holding_id = given.holding_id
""")
# A row that another transaction made since we looked is added to: whole-batch holds are the same for both, and held
# part quantities stay with the row that has them.
_OPEN_ACCOUNTS: Final = text("""
    INSERT INTO holding (holding_id, batch_id, account, owner_id, zone_id, consignment_id, quantity_units, held_units)
    SELECT * FROM unnest(
        CAST(:holding_id AS uuid[]), CAST(:batch_id AS uuid[]), CAST(:account AS text[]), CAST(:owner_id AS uuid[]),
        CAST(:zone_id AS uuid[]), CAST(:consignment_id AS uuid[]), CAST(:quantity_units AS bigint[]),
        CAST(:held_units AS bigint[]))
    ON CONFLICT (batch_id, account, owner_id, zone_id, consignment_id) DO UPDATE
    SET quantity_units = holding.quantity_units + excluded.quantity_units,
        held_units = holding.held_units + excluded.held_units
    RETURNING batch_id, account, owner_id, zone_id, consignment_id, holding_id
""")


def holdings(session: Session, batch_ids: Iterable[UUID]) -> list[Holding]:
    """Return what lies where of these batches now, transit included, accounts with nothing in them left out."""
    statement = (
        select(Holding)
        .where(col(Holding.batch_id).in_(set(batch_ids)), col(Holding.quantity_units) > 0)
        .order_by(col(Holding.batch_id), col(Holding.account), col(Holding.holding_id))
        .execution_options(populate_existing=True)
    )
    return list(session.exec(statement))


def post(session: Session, actor: Actor, movements: Sequence[Draft], *, fresh: bool = False) -> list[Movement]:
    """Post movements and update the accounts in a constant number of statements; all or nothing.

    Locks the batch rows shared, so that a lock placed meanwhile is seen; `fresh`: this transaction made the batches, so
    nobody else can see them and nothing is to be locked. Whoever calls has checked the right to see the
    accounts that give. Raises Conflict `locked` (extra `holds`) when a batch is held and the movement has no
    `moves_locked`, or units are held apart and it has no `takes_held`; `insufficient_stock` (extra `available`: batch
    id → units there) when an account has too little. Units that are held apart and go along keep their holds (R8, R10).
    """
    if not 1 <= len(movements) <= MOVEMENTS_PER_POST:
        raise ValueError(f"1 to {MOVEMENTS_PER_POST} movements at once, not {len(movements)}")
    for draft in movements:
        balanced(draft.entries)
    batch_ids = sorted({draft.batch_id for draft in movements})
    if fresh:
        session.flush()
    else:
        lock_batches(session, batch_ids, exclusive=False)
    _move(session, actor, movements)
    return _write(session, actor, movements)


def told(made: Sequence[Movement], drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """Return what `post` wrote as the journal tells it: under `movements` in the data of the one fact that caused it.

    `made` is the answer of `post(…, drafts)`. With these every stock can be replayed from the journal alone, and a
    movement that no fact tells of is a difference (`ledger.check`). An entry is [account, owner, zone or consignment
    or null, signed units].
    """
    return [
        {
            "id": movement.movement_id,
            "batch_id": movement.batch_id,
            "kind": movement.kind,
            "occurred_at": movement.occurred_at,
            "entries": [
                [entry.account, entry.owner_id, entry.zone_id or entry.consignment_id, entry.quantity_units]
                for entry in draft.entries
            ],
        }
        | ({"corrects_id": movement.corrects_id} if movement.corrects_id else {})
        | ({"late": True} if movement.late else {})
        for movement, draft in zip(made, drafts, strict=True)
    ]


def _changes(movements: Iterable[Draft], *, outgoing: bool) -> dict[Key, int]:
    """Sum what custody accounts give (or gain), in units, by batch and account."""
    changes: dict[Key, int] = {}
    for draft in movements:
        for entry in draft.entries:
            if entry.account in CUSTODY and (entry.quantity_units < 0) is outgoing:
                key = (draft.batch_id, entry.place)
                changes[key] = changes.get(key, 0) + abs(entry.quantity_units)
    return changes


def _move(session: Session, actor: Actor, movements: Sequence[Draft]) -> None:
    gives, gains = _changes(movements, outgoing=True), _changes(movements, outgoing=False)
    keys = sorted(gives.keys() | gains.keys(), key=lambda key: (key[0], key[1].order()))
    if not keys:
        return
    rows = {_key(row): row for row in session.execute(_LOCK_ACCOUNTS, _columns(keys))}
    standing = holds.standing(session, {key[0] for key in keys}, [row.holding_id for row in rows.values()])
    whole = {hold.batch_id for hold in standing if hold.holding_id is None}
    shelves = _shelves(rows, standing)
    _refuse_held(movements, gives, shelves, whole, {key: row.holding_id for key, row in rows.items()}, standing)
    _refuse_missing(gives, rows)
    moved = _carry(movements, shelves, whole)
    known = [key for key in keys if key in rows]
    after = {key: rows[key].quantity_units - gives.get(key, 0) + gains.get(key, 0) for key in known}
    if known:
        session.execute(_UPDATE_ACCOUNTS, {
            "holding_id": [rows[key].holding_id for key in known],
            "quantity_units": [after[key] for key in known],
            "held_units": [after[key] if key[0] in whole else min(after[key], rows[key].held_units) for key in known],
        })  # fmt: skip
    ids = {key: rows[key].holding_id for key in known}
    stale = {ids[key] for key in known if shelves[key].apart}
    fresh = [key for key in keys if key not in rows]
    if fresh:
        given = [new_id() for _ in fresh]
        opened = session.execute(_OPEN_ACCOUNTS, _columns(fresh) | {
            "holding_id": given,
            "quantity_units": [gains[key] for key in fresh],
            "held_units": [gains[key] if key[0] in whole else 0 for key in fresh],
        }).all()  # fmt: skip
        ids |= {_key(row): row.holding_id for row in opened}
        stale |= {row.holding_id for row in opened}.difference(given)  # somebody opened it before: parts may lie there
    stale |= {ids[to] for gaining in moved.values() for to in gaining}
    holds.follow(session, actor, _cuts(standing, shelves, moved, ids))
    holds.recompute_holdings(session, stale)


def _shelves(rows: Mapping[Key, Any], standing: Iterable[Hold]) -> dict[Key, Shelf[Cause]]:
    """Return each account as it is before the movements, with what is held apart in it."""
    shelves = {row.holding_id: Shelf[Cause](row.quantity_units) for row in rows.values()}
    for hold in standing:
        if hold.holding_id is not None:
            shelves[hold.holding_id].claim(holds.cause_of(hold), hold.quantity_units)
    return {key: shelves[row.holding_id] for key, row in rows.items()}


def _takes(draft: Draft, entry: Entry, whole: set[UUID]) -> Takes:
    """Return how a movement takes units that are held apart from an account; None: it leaves them where they are.

    What travels arrives with what is held of it, and where the whole batch is held its parts follow as well.
    """
    if draft.takes_held or not draft.moves_locked:
        return draft.takes_held
    if entry.account != "transit" and draft.batch_id not in whole:
        return None
    gains = any(other.account in CUSTODY and other.quantity_units > 0 for other in draft.entries)
    return "first" if gains else "last"


def _refuse_held(
    movements: Sequence[Draft],
    gives: Mapping[Key, int],
    shelves: Mapping[Key, Shelf[Cause]],
    whole: set[UUID],
    holding_ids: Mapping[Key, UUID],
    standing: Sequence[Hold],
) -> None:
    locked: set[UUID] = set()
    intended: Counter[Key] = Counter()
    for draft in movements:
        for entry in draft.entries:
            if entry.account in CUSTODY and entry.quantity_units < 0:
                if draft.batch_id in whole and not draft.moves_locked:
                    locked.add(draft.batch_id)
                elif _takes(draft, entry, whole) is None:
                    intended[draft.batch_id, entry.place] -= entry.quantity_units
    # units held apart stay where they are, whoever asks: a part lock belongs to its account
    locked |= {
        key[0]
        for key, units in intended.items()
        if key in shelves and shelves[key].free_units < units and gives[key] <= shelves[key].quantity_units
    }
    if locked:
        giving = {None, *(holding_ids[key] for key in gives if key in holding_ids)}
        raise holds.refusal({
            batch_id: [hold for hold in standing if hold.batch_id == batch_id and hold.holding_id in giving]
            for batch_id in sorted(locked)
        })  # fmt: skip


def _carry(
    movements: Sequence[Draft], shelves: Mapping[Key, Shelf[Cause]], whole: set[UUID]
) -> dict[Key, dict[Key, Counter[Cause]]]:
    """Empty the shelves as the movements say; return what each cause has of what goes: giving → gaining account.

    Who leaves held units alone is served first, then who takes them first, then who takes them last.
    """
    moved: dict[Key, dict[Key, Counter[Cause]]] = {}
    given = [
        (draft, entry, _takes(draft, entry, whole))
        for draft in movements
        for entry in draft.entries
        if entry.account in CUSTODY and entry.quantity_units < 0
    ]
    for draft, entry, takes in sorted(given, key=lambda each: (None, "first", "last").index(each[2])):
        going = shelves[draft.batch_id, entry.place].give(-entry.quantity_units, takes)
        if not going:
            continue
        gaining = [other for other in draft.entries if other.account in CUSTODY and other.quantity_units > 0]
        for other, claims in zip(gaining, spread(going, [each.quantity_units for each in gaining]), strict=True):
            to = moved.setdefault((draft.batch_id, entry.place), {})
            to.setdefault((draft.batch_id, other.place), Counter()).update(claims)
    return moved


def _cuts(
    standing: Sequence[Hold],
    shelves: Mapping[Key, Shelf[Cause]],
    moved: Mapping[Key, Mapping[Key, Counter[Cause]]],
    ids: Mapping[Key, UUID],
) -> list[Cut]:
    """Return what became of what each cause held apart in an account of which something of it went."""
    there: dict[tuple[UUID | None, Cause], list[Hold]] = {}
    for hold in standing:
        there.setdefault((hold.holding_id, holds.cause_of(hold)), []).append(hold)
    return [
        Cut(there[ids[key], cause], left_units, {
            ids[to]: claims[cause] for to, claims in moved.get(key, {}).items() if claims[cause]
        })
        for key, shelf in shelves.items()
        for cause, left_units in shelf.changed().items()
    ]  # fmt: skip


def _refuse_missing(gives: Mapping[Key, int], rows: Mapping[Key, Any]) -> None:
    available = {key: rows[key].quantity_units if key in rows else 0 for key in gives}
    short = {str(key[0]): available[key] for key, units in gives.items() if available[key] < units}
    if short:
        raise Conflict(
            "There is not enough in stock: {there} units are there.",
            code="insufficient_stock",
            extra={"available": short},
            there=min(short.values()),
        )


def _key(row: Any) -> Key:
    return row.batch_id, Account(row.account, row.owner_id, row.zone_id, row.consignment_id)


def _columns(keys: Sequence[Key]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"batch_id": [batch_id for batch_id, _ in keys]}
    for name in Account._fields:
        columns[name] = [getattr(account, name) for _, account in keys]
    return columns


def _write(session: Session, actor: Actor, movements: Sequence[Draft]) -> list[Movement]:
    recorded_at = clock.now()
    made = [
        Movement(
            movement_id=new_id(),
            batch_id=draft.batch_id,
            kind=draft.kind,
            arrival_id=draft.arrival_id,
            consignment_id=draft.consignment_id,
            entry_id=draft.entry_id,
            corrects_id=draft.corrects_id,
            reason=draft.reason,
            late=draft.late,
            occurred_at=draft.occurred_at,
            recorded_at=recorded_at,
            recorded_by=actor.user_id,
            on_behalf_of=draft.on_behalf_of,
        )
        for draft in movements
    ]
    listed = ("movement_id", "batch_id", "kind", "arrival_id", "consignment_id", "entry_id", "corrects_id", "reason",
              "late", "occurred_at", "on_behalf_of")  # fmt: skip
    columns = {name: [getattr(movement, name) for movement in made] for name in listed}
    session.execute(_INSERT_MOVEMENTS, columns | {"recorded_at": recorded_at, "recorded_by": actor.user_id})
    lines = [
        (movement, line_no, entry)
        for movement, draft in zip(made, movements, strict=True)
        for line_no, entry in enumerate(draft.entries, 1)
    ]
    session.execute(_INSERT_POSTINGS, {
        "posting_id": [new_id() for _ in lines],
        "movement_id": [movement.movement_id for movement, _, _ in lines],
        "line_no": [line_no for _, line_no, _ in lines],
        "batch_id": [movement.batch_id for movement, _, _ in lines],
        "account": [entry.account for _, _, entry in lines],
        "owner_id": [entry.owner_id for _, _, entry in lines],
        "zone_id": [entry.zone_id for _, _, entry in lines],
        "consignment_id": [entry.consignment_id for _, _, entry in lines],
        "quantity_units": [entry.quantity_units for _, _, entry in lines],
    })  # fmt: skip
    return made
