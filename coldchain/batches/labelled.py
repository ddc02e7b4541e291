"""Which batch a label speaks of: a piece that was split off belongs to the child, whatever its old label says (R2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, cast, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.batches.models import Batch, BatchOrigin
from coldchain.batches.origins import SPLIT
from coldchain.core import check_code
from coldchain.core.batch_code import BATCH_CODE_SYMBOLS, is_batch_code

_Next = aliased(BatchOrigin)

_WAY: Any = (
    select(
        col(Batch.batch_id).label("batch_id"),
        cast(bindparam("serial"), BigInteger).label("piece_no"),
        col(Batch.batch_id).label("label_batch_id"),
    )
    .where(col(Batch.batch_code) == bindparam("batch_code"))
    .cte("way", recursive=True)
)
_WAY = _WAY.union(
    select(col(BatchOrigin.child_id), _WAY.c.piece_no - col(BatchOrigin.piece_from) + 1, _WAY.c.label_batch_id)
    .join(_WAY, col(BatchOrigin.parent_id) == _WAY.c.batch_id)
    .where(
        col(BatchOrigin.kind) == SPLIT, _WAY.c.piece_no.between(col(BatchOrigin.piece_from), col(BatchOrigin.piece_to))
    )
)
# Parameters `batch_code` and `serial` of a label (0: the whole batch); one row: the batch that has the piece now, its
# number there, and the batch that the label names.
NOW: Final = (
    select(_WAY.c.batch_id, _WAY.c.piece_no, _WAY.c.label_batch_id)
    .where(
        ~exists().where(
            col(_Next.parent_id) == _WAY.c.batch_id,
            col(_Next.kind) == SPLIT,
            _WAY.c.piece_no.between(col(_Next.piece_from), col(_Next.piece_to)),
        )
    )
    .subquery("now")
)
_FIND: Final = select(NOW.c.batch_id, NOW.c.piece_no, NOW.c.label_batch_id)


@dataclass(frozen=True)
class Labelled:
    """The batch that a label speaks of, the piece's number in it (0: all of it), and the batch printed on it."""

    batch_id: UUID
    piece_no: int
    label_batch_id: UUID

    @property
    def moved(self) -> bool:
        """Say whether the piece belongs to another batch than the label says."""
        return self.batch_id != self.label_batch_id


def find(session: Session, batch_code: str, serial: int) -> Labelled | None:
    """Return which batch a label speaks of, None when no batch has its code; one statement, however often split."""
    row = session.execute(_FIND, {"batch_code": batch_code, "serial": serial}).first()
    return Labelled(row.batch_id, row.piece_no, row.label_batch_id) if row else None


def find_typed(session: Session, texts: Iterable[str]) -> dict[str, UUID]:
    """Return the batches that typed or scanned texts name, by text: a label's address, its code, a batch's own code."""
    read = {text: _read(text) for text in texts}
    rows = session.execute(
        select(col(Batch.batch_code), col(Batch.batch_id)).where(
            col(Batch.batch_code).in_({code for code, _ in read.values()})
        )
    )
    known = {row.batch_code: row.batch_id for row in rows}
    found = {}
    for text, (code, serial) in read.items():
        now = find(session, code, serial) if serial and code in known else None
        if code in known:
            found[text] = now.batch_id if now else known[code]
    return found


def _read(text: str) -> tuple[str, int]:
    """Return the batch code within a text, else its last part, and the piece's number (0: none)."""
    last = text.strip().rstrip("/").rpartition("/")[2]
    symbols = check_code.normalise(last)
    code, rest = symbols[:BATCH_CODE_SYMBOLS], symbols[BATCH_CODE_SYMBOLS:-1]
    if not is_batch_code(code):
        return last, 0
    return code, int(rest) if rest.isdecimal() else 0
