"""Which batches would change their verdict under another rule book, before it is in force.

Real batches in stock are judged under both books, where they lie. Candidates are narrowed first: places within the
regions that the change concerns, and of those only goods for which another row would be chosen; what was made from
other batches is always looked at, since it is as clear as they are. A part is judged at a time; the total of the
candidates is counted over all of them, so that nothing is left out unsaid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from coldchain.batches import facts
from coldchain.batches.models import MADE_MODES, Batch
from coldchain.batches.service.gate import judge_by
from coldchain.core.errors import Invalid
from coldchain.policy.books import RuleBook
from coldchain.policy.facts import PolicyRow, Verdict
from coldchain.regions.tree import stem

# Each batch once for each region where some of it lies; on the road it counts where it entered the books.
_PLACES: Final = """
    WITH place AS (
        SELECT DISTINCT h.batch_id, coalesce(s.region_code, b.region_code) AS region_code,
               (coalesce(a.arrived_at, a.expected_at, a.occurred_at) AT TIME ZONE 'Asia/Shanghai')::date AS came,
               p.category, p.imported, a.entry_mode = ANY(:made_modes) AS made
        FROM holding h
        JOIN batch b ON b.batch_id = h.batch_id
        JOIN arrival a ON a.arrival_id = b.arrival_id
        JOIN product p ON p.product_id = b.product_id
        LEFT JOIN zone z ON z.zone_id = h.zone_id
        LEFT JOIN site s ON s.site_id = z.site_id
        WHERE h.quantity_units > 0 AND coalesce(s.region_code, b.region_code) LIKE ANY(:areas)
    )
"""
_BY_GROUP: Final = """
    SELECT region_code, came, category, imported, made, count(*) AS number FROM place GROUP BY 1, 2, 3, 4, 5
"""
_IN_GROUPS: Final = """
    SELECT place.batch_id, place.region_code FROM place
    JOIN unnest(CAST(:regions AS text[]), CAST(:days AS date[]), CAST(:categories AS text[]),
                CAST(:origins AS boolean[]), CAST(:mades AS boolean[]))
      AS wanted(region_code, came, category, imported, made)
      USING (region_code, came, category, imported, made)
    WHERE (place.batch_id, place.region_code) > (CAST(:batch_id AS uuid), CAST(:region_code AS text))
    ORDER BY place.batch_id, place.region_code LIMIT :number
"""
_GROUPS: Final = text(_PLACES + _BY_GROUP)
_PART: Final = text(_PLACES + _IN_GROUPS)


@dataclass(frozen=True)
class Group:
    """Goods in stock of one place, day and class, which the rule book can't tell apart; `made`: of other batches."""

    region_code: str
    came: date
    category: str
    imported: bool
    made: bool
    number: int


@dataclass(frozen=True)
class Change:
    """A batch whose verdict would change, for sites of a region."""

    batch_id: UUID
    batch_code: str
    region_code: str
    before: Verdict
    after: Verdict


@dataclass(frozen=True)
class Preview:
    """What a part of the candidates would come to; `candidates` counts all of them, `following` leads to the next."""

    candidates: int
    judged: int
    to_clear: int
    to_held: int
    reasons: int  # that stay held, for other reasons
    changes: tuple[Change, ...]
    following: str | None


def changes(
    session: Session, before: RuleBook, after: RuleBook, areas: Iterable[str], *, limit: int, cursor: str | None = None
) -> Preview:
    """Return which batches in `areas` (region codes) another rule book would judge otherwise; rights are the asker's.

    Raises Invalid `invalid_cursor`.
    """
    given = {"areas": [f"{stem(code)}%" for code in sorted(set(areas))], "made_modes": list(MADE_MODES)}
    groups = [Group(**row) for row in session.execute(_GROUPS, given).mappings()]
    touched = [group for group in groups if group.made or _differs(before, after, group)]
    batch_id, region_code = _after(cursor)
    rows = session.execute(
        _PART,
        given
        | {
            "regions": [group.region_code for group in touched],
            "days": [group.came for group in touched],
            "categories": [group.category for group in touched],
            "origins": [group.imported for group in touched],
            "mades": [group.made for group in touched],
            "batch_id": batch_id,
            "region_code": region_code,
            "number": limit + 1,
        },
    ).all()
    part = [(row.batch_id, row.region_code) for row in rows[:limit]]
    following = f"{part[-1][0]}.{part[-1][1]}" if len(rows) > limit else None
    return _compared(session, before, after, part, sum(group.number for group in touched), following)


def _differs(before: RuleBook, after: RuleBook, group: Group) -> bool:
    def chosen(book: RuleBook) -> PolicyRow | None:
        return book.policy_for(
            region_code=group.region_code, on=group.came, category=group.category, imported=group.imported
        )

    return chosen(before) != chosen(after)


def _after(cursor: str | None) -> tuple[UUID, str]:
    if cursor is None:
        return UUID(int=0), ""
    try:
        batch_id, region_code = cursor.split(".")
        return UUID(batch_id), region_code
    except ValueError as error:
        raise Invalid.of("/cursor", "invalid_cursor", "This is not a cursor that was given out.") from error


def _compared(
    session: Session,
    before: RuleBook,
    after: RuleBook,
    part: Sequence[tuple[UUID, str]],
    candidates: int,
    following: str | None,
) -> Preview:
    ids = {batch_id for batch_id, _region in part}
    found = facts.load(session, ids) if ids else {}
    codes = _codes(session, ids)
    by_region: dict[str, dict[UUID, str]] = {}
    for batch_id, region_code in part:
        by_region.setdefault(region_code, {})[batch_id] = region_code
    changed, to_clear, to_held, reasons = [], 0, 0, 0
    for region_code, wanted in by_region.items():
        was, becomes = judge_by(before, found, wanted), judge_by(after, found, wanted)
        for batch_id in was:
            old, new = was[batch_id], becomes[batch_id]
            if old.clear != new.clear:
                to_clear, to_held = to_clear + new.clear, to_held + old.clear
                changed.append(Change(batch_id, codes[batch_id], region_code, old, new))
            elif [item.message_en for item in old.missing] != [item.message_en for item in new.missing]:
                reasons += 1
    changed.sort(key=lambda change: (change.batch_id, change.region_code))
    return Preview(candidates, len(part), to_clear, to_held, reasons, tuple(changed), following)


def _codes(session: Session, ids: Iterable[UUID]) -> Mapping[UUID, str]:
    rows = session.exec(select(Batch.batch_id, Batch.batch_code).where(col(Batch.batch_id).in_(ids)))
    return {row[0]: row[1] for row in rows}
