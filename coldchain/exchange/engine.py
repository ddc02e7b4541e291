"""What comes of a spreadsheet: every cell is read, every row tried through its service, and all is kept or nothing.

A unit is what one call of a service enters: a delivery with its lines, a business, somebody at work. The trial runs the
same calls as the real thing and undoes each, so that what a service refuses is said of its cell as well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import limits, problems, sheet_import
from coldchain.core.errors import DomainError
from coldchain.core.i18n import LazyText
from coldchain.core.page_forms import REFUSALS, attempt, trial
from coldchain.core.sheet_import import BadCell, Column, Row, Table
from coldchain.registry.models import Business

SUMMARIES: int = 200  # units that the page shows one by one
Said = tuple[Row, dict[str, Any]]
Progress = Callable[[int], None]


@dataclass
class Unit:
    """What one call enters: its rows, what they come to, what the page says of it, which other actions it needs.

    `head` is the row that says what all of them share, which may be none of them.
    """

    rows: list[Row]
    data: dict[str, Any]
    summary: dict[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    head: Row | None = None


class Kind(Protocol):
    """A kind of spreadsheet."""

    name: str
    action: str
    title: LazyText
    columns: tuple[Column, ...]
    remarks: tuple[LazyText, ...]
    of_business: bool

    def prepare(
        self, session: Session, actor: Actor, business: Business | None, table: Table, said: Sequence[Said]
    ) -> list[Unit]:
        """Return the units; what can't be made out is named in `table` and left out of them."""

    def enter(self, session: Session, actor: Actor, unit: Unit) -> dict[str, Any]:
        """Enter a unit through its service and return what the receipt says of it. Raises what the service refuses."""

    def refuse(self, table: Table, unit: Unit, error: DomainError) -> Unit | None:
        """Name the cells that a service refused; return what is left of the unit to be tried once more."""


@dataclass
class Outcome:
    """What came of a spreadsheet, or would come of it."""

    digest: str
    rows: int
    units: int
    mass_g: int
    lines: int
    unread: list[str]
    left_out: list[int]
    sheets: list[str]
    made: list[dict[str, Any]]
    also: list[str]
    bad: list[BadCell]
    bad_count: int

    def document(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)


class Bad(Exception):
    """The table has bad cells: nothing of it is kept."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.bad_count)
        self.outcome = outcome


def look(
    session: Session, actor: Actor, kind: Kind, business: Business | None, content: bytes, progress: Progress
) -> Outcome:
    """Say what would come of a spreadsheet; nothing is kept. Raises Invalid at `/file` for what is no such table."""
    return _run(session, actor, kind, business, content, progress, keep=False)


def enter(
    session: Session, actor: Actor, kind: Kind, business: Business | None, content: bytes, progress: Progress
) -> Outcome:
    """Enter all of a spreadsheet. Raises Bad when a cell can't be taken; the caller undoes what was entered by then."""
    outcome = _run(session, actor, kind, business, content, progress, keep=True)
    if outcome.bad_count:
        raise Bad(outcome)
    return outcome


def _run(
    session: Session,
    actor: Actor,
    kind: Kind,
    business: Business | None,
    content: bytes,
    progress: Progress,
    *,
    keep: bool,
) -> Outcome:
    table = sheet_import.read(content, kind.columns, limits.IMPORT_ROWS)
    said = sheet_import.values(table, kind.columns)
    digest = sheet_import.digest(kind.name, [each for _row, each in said])
    units = kind.prepare(session, actor, business, table, said)
    made: list[dict[str, Any]] = []
    done = 0
    for unit in units:
        entered = _enter(session, actor, kind, table, unit, keep=keep)
        told = (entered or {}) if keep else {}  # what a trial made is gone again
        made.append({"row": unit.rows[0].number, "rows": len(unit.rows)} | unit.summary | told)
        done += len(unit.rows)
        progress(done)
        if keep and table.bad_count:
            break
    table.bad.sort(key=lambda cell: (cell.row, len(cell.letter), cell.letter))
    return Outcome(
        digest=digest,
        rows=len(table.rows),
        units=len(units),
        mass_g=sum(unit.summary.get("mass_g", 0) for unit in units),
        lines=sum(unit.summary.get("lines", 0) for unit in units),
        unread=table.unread[:limits.SHEET_COLUMNS],
        left_out=table.left_out[:SUMMARIES],
        sheets=table.sheets[:limits.SHEET_COLUMNS],
        made=made[:SUMMARIES],
        also=sorted({action for unit in units for action in unit.also}),
        bad=table.bad,
        bad_count=table.bad_count,
    )  # fmt: skip


def _enter(
    session: Session, actor: Actor, kind: Kind, table: Table, unit: Unit, *, keep: bool
) -> dict[str, Any] | None:
    """Enter or try one unit; what a service refuses is named, and the rest of the unit tried again for more of it."""
    rest: Unit | None = unit
    while rest is not None:
        try:
            with (attempt if keep else trial)(session):
                return kind.enter(session, actor, rest)
        except REFUSALS as error:
            refused = problems.as_domain_error(error)
            if refused.status >= 500:
                raise
            rest = None if keep else kind.refuse(table, rest, refused)
            if keep:
                kind.refuse(table, unit, refused)
    return None


def bad_cells(outcome: Mapping[str, Any] | None) -> list[BadCell]:
    """Return the bad cells of a kept outcome."""
    return [BadCell.of(each) for each in (outcome or {}).get("bad", ())]
