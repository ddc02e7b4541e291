"""Where a batch comes from: the ways up to what it was split off or made from, and what went out of it again.

Pure but for `load` and `descendants`, which read in one statement, however deep and however many.

A batch was either split off exactly one other, or made from one or more, or came with an arrival. Pieces of a child of
a split are numbered from 1 again; `Step.offset` says which piece of an ancestor its piece 1 was, less one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, text
from sqlmodel import Session, col, select

from coldchain.batches.models import Batch, BatchOrigin
from coldchain.policy.coverage import Range

SPLIT: Final = "split"
TRANSFORMATION: Final = "transformation"

# UNION on the pairs of nodes alone ends cycles, and doesn't grow with the number of ways between two batches.
_ORIGINS: Final = text("""
    WITH RECURSIVE line (child_id, parent_id) AS (
        SELECT child_id, parent_id FROM batch_origin WHERE child_id = ANY(CAST(:batch_ids AS uuid[]))
        UNION
        SELECT above.child_id, above.parent_id
        FROM batch_origin AS above JOIN line ON above.child_id = line.parent_id
    )
    SELECT origin.child_id, origin.parent_id, origin.kind, origin.quantity_units, origin.piece_from, origin.piece_to,
           child.occurred_at
    FROM (
        SELECT child_id, parent_id FROM line
        UNION
        SELECT child_id, parent_id FROM batch_origin
        WHERE kind = 'split'
          AND (parent_id = ANY(CAST(:batch_ids AS uuid[])) OR parent_id IN (SELECT parent_id FROM line))
    ) AS edge
    JOIN batch_origin AS origin USING (child_id, parent_id)
    JOIN batch AS child ON child.batch_id = origin.child_id
    ORDER BY origin.child_id, origin.parent_id
""")


@dataclass(frozen=True)
class Origin:
    """That a batch came out of another; `quantity_units` of the parent, pieces for a split, `occurred_at` when."""

    child_id: UUID
    parent_id: UUID
    kind: str
    quantity_units: int
    piece_from: int | None
    piece_to: int | None
    occurred_at: datetime

    @property
    def pieces(self) -> Range:
        """The parent's pieces that a split took."""
        if self.piece_from is None or self.piece_to is None:
            raise AssertionError("a split names its pieces")
        return self.piece_from, self.piece_to


@dataclass(frozen=True)
class Step:
    """One batch on the way up by splits: `offset` pieces before the first of ours, `until` when they parted.

    The batch itself is the first step, with offset 0 and no end.
    """

    batch_id: UUID
    offset: int
    until: datetime | None


@dataclass
class Origins:
    """The origins around some batches: all that they came out of, and what was split off any of those."""

    up: dict[UUID, list[Origin]] = field(default_factory=dict)
    gone: dict[UUID, list[Range]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Origin]) -> "Origins":
        """Return origins in the shape that is asked for."""
        found = cls()
        for row in rows:
            found.up.setdefault(row.child_id, []).append(row)
            if row.kind == SPLIT:
                found.gone.setdefault(row.parent_id, []).append(row.pieces)
        return found

    def split_from(self, batch_id: UUID) -> Origin | None:
        """Return the split that made a batch, None when none did."""
        return next((origin for origin in self.up.get(batch_id, ()) if origin.kind == SPLIT), None)

    def steps(self, batch_id: UUID) -> list[Step]:
        """Return the batch and those that it was split off, nearest first (R5)."""
        steps, seen = [Step(batch_id, 0, None)], {batch_id}
        while (origin := self.split_from(steps[-1].batch_id)) is not None and origin.parent_id not in seen:
            last, parted = steps[-1], origin.occurred_at
            offset = last.offset + origin.pieces[0] - 1
            steps.append(Step(origin.parent_id, offset, min(parted, last.until) if last.until else parted))
            seen.add(origin.parent_id)
        return steps

    def made_from(self, batch_id: UUID) -> tuple[UUID, ...]:
        """Return the batches that a batch, or the one that it was split off, was processed from."""
        root = self.steps(batch_id)[-1].batch_id
        return tuple(origin.parent_id for origin in self.up.get(root, ()) if origin.kind == TRANSFORMATION)

    def needed(self, batch_ids: Iterable[UUID]) -> set[UUID]:
        """Return the batches themselves and everything that they came out of, by any number of steps."""
        waiting, found = list(batch_ids), set[UUID]()
        while waiting:
            batch_id = waiting.pop()
            if batch_id not in found:
                found.add(batch_id)
                waiting += [origin.parent_id for origin in self.up.get(batch_id, ())]
        return found


def load(session: Session, batch_ids: Iterable[UUID]) -> Origins:
    """Return the origins around batches in one statement, whatever the depth."""
    session.flush()
    rows = session.execute(_ORIGINS, {"batch_ids": list(batch_ids)})
    return Origins.of(Origin(**row) for row in rows.mappings())


def came_with_arrival() -> ColumnElement[bool]:
    """Return the condition on `Batch` that it is a line of its arrival, no part that was split off one later."""
    return ~exists().where(col(BatchOrigin.child_id) == col(Batch.batch_id), col(BatchOrigin.kind) == SPLIT)


def descendants(session: Session, batch_ids: Iterable[UUID]) -> set[UUID]:
    """Return every batch made from these, by any number of steps; `UNION` on the node alone ends cycles."""
    line = (
        select(col(BatchOrigin.child_id).label("batch_id"))
        .where(col(BatchOrigin.parent_id).in_(set(batch_ids)))
        .cte("line", recursive=True)
    )
    line = line.union(select(col(BatchOrigin.child_id)).join(line, col(BatchOrigin.parent_id) == line.c.batch_id))
    return set(session.scalars(select(line.c.batch_id)))


def split_off(batch_ids: Any) -> Any:
    """Return a selection of every batch that was split off a selection of batches; their papers are its papers."""
    split = col(BatchOrigin.kind) == SPLIT
    line = (
        select(col(BatchOrigin.child_id).label("batch_id"))
        .where(col(BatchOrigin.parent_id).in_(batch_ids), split)
        .cte("line", recursive=True)
    )
    below = select(col(BatchOrigin.child_id)).join(line, col(BatchOrigin.parent_id) == line.c.batch_id).where(split)
    return select(line.union(below).c.batch_id)


def located(splits: Mapping[UUID, Sequence[Origin]], batch_id: UUID, piece_no: int) -> tuple[UUID, int]:
    """Return which batch a piece is of now, and its number there, by the splits of each parent (R2).

    A label that was printed before the split goes on naming the parent's piece.
    """
    seen = {batch_id}
    while True:
        for origin in splits.get(batch_id, ()):
            first, last = origin.pieces
            if first <= piece_no <= last and origin.child_id not in seen:
                batch_id, piece_no = origin.child_id, piece_no - first + 1
                seen.add(batch_id)
                break
        else:
            return batch_id, piece_no
