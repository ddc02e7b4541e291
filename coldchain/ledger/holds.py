"""Holds: blocks on stock in the books, each with its cause and the cause's version; each ends exactly with it (R8).

Invariants: at most one active hold per (cause, version, batch) as a whole; units that are held apart lie in one
account; `holding.held_units` is what the active holds demand; whoever places or ends one has the batch rows locked
exclusively, so that nothing moves meanwhile. Only a movement that takes held units along cuts a part in two, under the
account's row. All set-based: a batch with thousands of holders costs a handful of statements.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, or_, text
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.core import clock
from coldchain.core.columns import among
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.ledger.locks import lock_batches
from coldchain.ledger.models import CAUSE_KINDS, HOLD_GRADES, Hold, Holding


@dataclass(frozen=True, slots=True)
class Cause:
    """Why goods are held: the kind of decision (`recall`, `result`, `inspection`), its id and its version."""

    kind: str
    id: UUID
    version: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """What a movement leaves of what one cause holds apart in one account: `left_units` stay, `moved` are elsewhere.

    `holds`: the cause's holds there, oldest first. `moved`: units by the holding that gained them; others left custody.
    """

    holds: Sequence[Hold]
    left_units: int
    moved: Mapping[UUID, int]

    @property
    def reason(self) -> str:
        """Why the holds as they were have ended."""
        return "moved" if self.moved else "gone"

    @property
    def ended(self) -> Sequence[Hold]:
        """The holds that end: all of them, unless one holds the whole of an account in which something is left."""
        whole = any(hold.quantity_units is None for hold in self.holds)
        return [] if whole and self.left_units else self.holds


_PLACE: Final = text("""
    INSERT INTO hold (hold_id, batch_id, holding_id, quantity_units, grade, cause_kind, cause_id, cause_version,
                      occurred_at, recorded_at, recorded_by)
    SELECT given.hold_id, given.batch_id, NULL, NULL, :grade, :kind, :cause_id, :version, :occurred_at, :recorded_at,
           CAST(:recorded_by AS uuid)
    FROM unnest(CAST(:hold_id AS uuid[]), CAST(:batch_id AS uuid[])) AS given (hold_id, batch_id)
    WHERE NOT EXISTS (
        SELECT 1 FROM hold
        WHERE hold.batch_id = given.batch_id AND hold.ended_at IS NULL AND hold.holding_id IS NULL
          AND hold.cause_kind = :kind AND hold.cause_id = :cause_id AND hold.cause_version = :version)
    RETURNING batch_id
""")
_HELD_BY: Final = text("""
    SELECT DISTINCT batch_id FROM hold
    WHERE cause_kind = :kind AND cause_id = :cause_id AND cause_version = :version AND ended_at IS NULL
""")
_END: Final = text("""
    UPDATE hold SET ended_at = :now, ended_reason = :reason, ended_by = CAST(:ended_by AS uuid)
    WHERE cause_kind = :kind AND cause_id = :cause_id AND cause_version = :version AND ended_at IS NULL
      AND batch_id = ANY(CAST(:batch_ids AS uuid[]))
    RETURNING batch_id
""")
_REGIONS: Final = text("SELECT batch_id, region_code FROM batch WHERE batch_id = ANY(CAST(:batch_ids AS uuid[]))")
# Built once: every movement asks.
_ACTIVE: Final = (
    select(Hold)
    .where(col(Hold.batch_id) == among("batch_ids"), col(Hold.ended_at).is_(None))
    .order_by(col(Hold.recorded_at), col(Hold.hold_id))
    .execution_options(populate_existing=True)
)
_STANDING: Final = _ACTIVE.where(or_(col(Hold.holding_id).is_(None), col(Hold.holding_id) == among("holding_ids")))
# What the active holds demand of every holding: the whole of it, or the sum of the parts that are held apart, as long
# as there is that much. Parts of different causes are added: it isn't known whether they mean the same goods.
DEMAND: Final = """
    SELECT holding.holding_id, holding.batch_id, holding.quantity_units, holding.held_units,
           CASE WHEN coalesce(bool_or(hold.hold_id IS NOT NULL AND hold.quantity_units IS NULL), false)
                THEN holding.quantity_units
                ELSE least(holding.quantity_units, coalesce(sum(hold.quantity_units), 0))::bigint END AS demanded_units
    FROM holding LEFT JOIN hold ON hold.batch_id = holding.batch_id AND hold.ended_at IS NULL
                               AND (hold.holding_id IS NULL OR hold.holding_id = holding.holding_id)
"""
_RECOMPUTE_OF: Final = """
    UPDATE holding SET held_units = demand.demanded_units
    FROM ({demand} WHERE holding.{column} = ANY(CAST(:ids AS uuid[])) GROUP BY holding.holding_id) AS demand
    WHERE holding.holding_id = demand.holding_id AND holding.held_units <> demand.demanded_units
"""
_RECOMPUTE: Final = text(_RECOMPUTE_OF.format(demand=DEMAND, column="batch_id"))
_RECOMPUTE_HOLDINGS: Final = text(_RECOMPUTE_OF.format(demand=DEMAND, column="holding_id"))
_PART: Final = """{part}.hold_id, {part}.batch_id, {part}.holding_id, {part}.quantity_units, {part}.grade,
           {part}.cause_kind, {part}.cause_id, {part}.cause_version, {part}.occurred_at, {part}.ended_reason,
           holding.account, holding.owner_id, coalesce(holding.zone_id, holding.consignment_id) AS place"""
_PLACE_PARTS: Final = text(f"""
    WITH placed AS (
        INSERT INTO hold (hold_id, batch_id, holding_id, quantity_units, grade, cause_kind, cause_id, cause_version,
                          occurred_at, recorded_at, recorded_by)
        SELECT given.*, CAST(:recorded_at AS timestamptz), CAST(:recorded_by AS uuid) FROM unnest(
            CAST(:hold_id AS uuid[]), CAST(:batch_id AS uuid[]), CAST(:holding_id AS uuid[]),
            CAST(:quantity_units AS bigint[]), CAST(:grade AS text[]), CAST(:cause_kind AS text[]),
            CAST(:cause_id AS uuid[]), CAST(:cause_version AS bigint[]), CAST(:occurred_at AS timestamptz[])) AS given
        RETURNING *)
    SELECT {_PART.format(part="placed")} FROM placed JOIN holding USING (holding_id) ORDER BY placed.hold_id
""")  # noqa: S608 (constants of this module)
_END_PARTS: Final = text(f"""
    WITH ended AS (
        UPDATE hold SET ended_at = :now, ended_reason = given.reason, ended_by = CAST(:ended_by AS uuid)
        FROM unnest(CAST(:hold_id AS uuid[]), CAST(:reason AS text[])) AS given (hold_id, reason)
        WHERE hold.hold_id = given.hold_id AND hold.ended_at IS NULL
        RETURNING hold.*)
    SELECT {_PART.format(part="ended")} FROM ended JOIN holding USING (holding_id) ORDER BY ended.hold_id
""")  # noqa: S608 (constants of this module)


def place(
    session: Session,
    actor: Actor,
    batch_ids: Iterable[UUID],
    cause: Cause,
    grade: str,
    occurred_at: datetime,
    *,
    fresh: bool = False,
) -> list[UUID]:
    """Hold these batches wherever they lie, on the road too; return the batches that this cause didn't hold yet.

    Locks the batch rows exclusively first, unless they are `fresh`: made in this transaction, unseen by others. The
    same cause and version again is a no-op. Journals one fact a batch (R8).
    """
    if cause.kind not in CAUSE_KINDS or grade not in HOLD_GRADES:
        raise ValueError(f"no such cause or grade: {cause.kind}, {grade}")
    locked = sorted(set(batch_ids)) if fresh else lock_batches(session, batch_ids, exclusive=True)
    session.flush()
    if not locked:
        return []
    given = _named(cause) | {
        "grade": grade, "occurred_at": occurred_at, "recorded_at": clock.now(), "recorded_by": actor.user_id,
        "hold_id": [new_id() for _ in locked], "batch_id": locked,
    }  # fmt: skip
    held = sorted(session.execute(_PLACE, given).scalars())
    recompute(session, held)
    data = {"cause_kind": cause.kind, "cause_id": cause.id, "cause_version": cause.version, "grade": grade}
    _tell(session, actor, "hold.placed", [(batch_id, occurred_at, data) for batch_id in held])
    return held


def place_parts(
    session: Session, actor: Actor, parts: Mapping[UUID, int | None], cause: Cause, grade: str, occurred_at: datetime
) -> list[UUID]:
    """Hold units (≥ 1) of these holdings apart, or the whole holding (None); return the new holds.

    `parts`: units by holding. Locks the batch rows exclusively first; journals one fact a holding. Raises ValueError
    when a holding is unknown or has less than this cause would hold of it: the caller has read it under the same lock
    (R8).
    """
    if cause.kind not in CAUSE_KINDS or grade not in HOLD_GRADES:
        raise ValueError(f"no such cause or grade: {cause.kind}, {grade}")
    statement = select(Holding).where(col(Holding.holding_id).in_(list(parts)))
    locked = lock_batches(session, {holding.batch_id for holding in session.exec(statement)}, exclusive=True)
    there = {row.holding_id: row for row in session.exec(statement.execution_options(populate_existing=True))}
    free = {holding_id: row.quantity_units for holding_id, row in there.items()}
    for hold in standing(session, locked, parts):
        if hold.holding_id in free and cause_of(hold) == cause:
            free[hold.holding_id] -= free[hold.holding_id] if hold.quantity_units is None else hold.quantity_units
    for holding_id, units in parts.items():
        if holding_id not in free or not 1 <= (1 if units is None else units) <= free[holding_id]:
            raise ValueError(f"holding {holding_id} has no {units} units to hold")
    if not parts:
        return []
    made = _write_parts(session, actor, [
        (there[holding_id].batch_id, holding_id, units, grade, cause, occurred_at)
        for holding_id, units in sorted(parts.items())
    ])  # fmt: skip
    recompute_holdings(session, parts)
    return made


def follow(session: Session, actor: Actor, cuts: Sequence[Cut]) -> None:
    """Cut parts that a movement took along: each ends, and goes on where its units are, with its cause and version.

    The caller, `ledger.post`, has the rows of these accounts locked and recomputes them after. Journals a fact for
    each end and each new part (R8).
    """
    ended = [(hold, cut.reason) for cut in cuts for hold in cut.ended]
    if ended:
        now = clock.now()
        rows = session.execute(_END_PARTS, {
            "now": now, "ended_by": actor.user_id,
            "hold_id": [hold.hold_id for hold, _ in ended], "reason": [reason for _, reason in ended],
        }).mappings().all()  # fmt: skip
        _tell(session, actor, "hold.ended", [(row["batch_id"], now, _told(row)) for row in rows])
    places = [(cut.holds[0], cut.holds[0].holding_id, cut.left_units) for cut in cuts if cut.ended and cut.left_units]
    places += [(cut.holds[0], holding_id, units) for cut in cuts for holding_id, units in cut.moved.items()]
    if places:
        _write_parts(session, actor, [
            (hold.batch_id, holding_id, units, hold.grade, cause_of(hold), hold.occurred_at)
            for hold, holding_id, units in places
        ])  # fmt: skip


_PartRow = tuple[UUID, UUID | None, int | None, str, Cause, datetime]


def _write_parts(session: Session, actor: Actor, parts: Sequence[_PartRow]) -> list[UUID]:
    """Insert parts (batch, holding, units, grade, cause, occurred_at) and their facts; return the new holds."""
    batch_ids, holding_ids, units, grades, causes, occurred = zip(*parts, strict=True)
    rows = session.execute(_PLACE_PARTS, {
        "recorded_at": clock.now(), "recorded_by": actor.user_id,
        "hold_id": [new_id() for _ in parts], "batch_id": list(batch_ids), "holding_id": list(holding_ids),
        "quantity_units": list(units), "grade": list(grades), "cause_kind": [cause.kind for cause in causes],
        "cause_id": [cause.id for cause in causes], "cause_version": [cause.version for cause in causes],
        "occurred_at": list(occurred),
    }).mappings().all()  # fmt: skip
    _tell(session, actor, "hold.placed", [(row["batch_id"], row["occurred_at"], _told(row)) for row in rows])
    return [row["hold_id"] for row in rows]


def _tell(session: Session, actor: Actor, kind: str, facts: Sequence[tuple[UUID, datetime, Mapping[str, Any]]]) -> None:
    """Write facts (batch, when, data) where officers of the region that the batch entered by may read them."""
    regions = {
        row.batch_id: row.region_code
        for row in session.execute(_REGIONS, {"batch_ids": [batch_id for batch_id, _, _ in facts]})
    }
    journal.append_many(
        session,
        actor,
        [journal.Fact(kind, batch_id, when, data, None, regions[batch_id]) for batch_id, when, data in facts],
    )


def _told(row: RowMapping) -> dict[str, Any]:
    """Return what the journal tells of a part: its cause, its account, its units (null: the whole of it)."""
    said = ("cause_kind", "cause_id", "cause_version", "grade", "hold_id", "quantity_units")
    told = {name: row[name] for name in said} | {"account": [row["account"], row["owner_id"], row["place"]]}
    return told | ({"reason": row["ended_reason"]} if row["ended_reason"] else {})


def end(
    session: Session, actor: Actor, cause: Cause, reason: str, batch_ids: Collection[UUID] | None = None
) -> list[UUID]:
    """End exactly the holds that this cause and version made, of `batch_ids` only when given; return their batches.

    Goods stay held while another cause remains (R8). Locks the batch rows exclusively first; journals one fact a batch.
    """
    session.flush()
    held = set(session.execute(_HELD_BY, _named(cause)).scalars())
    if batch_ids is not None:
        held &= set(batch_ids)
    locked = lock_batches(session, held, exclusive=True)
    if not locked:
        return []
    now = clock.now()
    given = _named(cause) | {"now": now, "reason": reason, "ended_by": actor.user_id, "batch_ids": locked}
    ended = sorted(set(session.execute(_END, given).scalars()))
    recompute(session, ended)
    data = {"cause_kind": cause.kind, "cause_id": cause.id, "cause_version": cause.version}
    _tell(session, actor, "hold.ended", [(batch_id, now, data) for batch_id in ended])
    return ended


def recompute(session: Session, batch_ids: Collection[UUID]) -> None:
    """Set the held units of every holding of these batches to what the active holds demand (R8).

    The caller has the batch rows locked exclusively.
    """
    if batch_ids:
        session.execute(_RECOMPUTE, {"ids": list(batch_ids)})


def recompute_holdings(session: Session, holding_ids: Collection[UUID]) -> None:
    """Set the held units of these holdings to what the active holds demand; the caller has their rows locked (R8)."""
    if holding_ids:
        session.execute(_RECOMPUTE_HOLDINGS, {"ids": list(holding_ids)})


def active(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, list[Hold]]:
    """Return the holds in force by batch, oldest first; batches without any are left out."""
    found: dict[UUID, list[Hold]] = {}
    for hold in session.scalars(_ACTIVE, {"batch_ids": list(batch_ids)}):
        found.setdefault(hold.batch_id, []).append(hold)
    return found


def standing(session: Session, batch_ids: Iterable[UUID], holding_ids: Iterable[UUID]) -> list[Hold]:
    """Return the holds in force on these batches as a whole and on these holdings apart, oldest first."""
    given = {"batch_ids": list(batch_ids), "holding_ids": list(holding_ids)}
    return list(session.scalars(_STANDING, given))


def sealed_units(session: Session, holding_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return how many units of each of these holdings are sealed on site now; holdings without any are left out."""
    statement = select(Hold, Holding).join(Holding, col(Holding.holding_id) == col(Hold.holding_id))
    rows = session.execute(
        statement.where(
            col(Hold.holding_id).in_(set(holding_ids)), col(Hold.grade) == "sealed", col(Hold.ended_at).is_(None)
        )
    )
    found: dict[UUID, int] = {}
    for hold, holding in rows:
        units = holding.quantity_units if hold.quantity_units is None else hold.quantity_units
        found[holding.holding_id] = min(holding.held_units, found.get(holding.holding_id, 0) + units)
    return {holding_id: units for holding_id, units in found.items() if units}


def assert_free(session: Session, batch_ids: Iterable[UUID]) -> None:
    """Raise Conflict `locked` (extra `holds`) when any of these batches is held as a whole (R8).

    Units held apart bind the account that they are in, whoever else has goods of the batch: `ledger.post` judges those.
    Only sound after `lock_batches`, and only for who may see the causes.
    """
    wholly = {
        batch_id: [hold for hold in found if hold.holding_id is None]
        for batch_id, found in active(session, batch_ids).items()
    }
    held = {batch_id: found for batch_id, found in wholly.items() if found}
    if held:
        raise refusal(held)


def refusal(held: Mapping[UUID, list[Hold]]) -> Conflict:
    """Return the refusal for held batches: `extra["holds"]` names each batch with its causes, for who may see them."""
    listed: list[dict[str, Any]] = [
        {
            "batch_id": str(batch_id),
            "grade": hold.grade,
            "cause": {"kind": hold.cause_kind, "id": str(hold.cause_id), "version": hold.cause_version},
        }
        for batch_id, found in held.items()
        for hold in found
    ]
    return Conflict(
        "These goods are locked and may not leave: {count} batches. Set them apart and wait for the authority.",
        code="locked",
        extra={"holds": listed},
        count=len(held),
    )


def cause_of(hold: Hold) -> Cause:
    """Return why a hold was placed."""
    return Cause(hold.cause_kind, hold.cause_id, hold.cause_version)


def _named(cause: Cause) -> dict[str, Any]:
    return {"kind": cause.kind, "cause_id": cause.id, "version": cause.version}
