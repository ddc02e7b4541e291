"""Pure: what a printed card is made of: its paper, its sections and lists, what is drawn, how lists are cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from coldchain.labels.face import Bar, Text
from coldchain.labels.fonts import FontName

A5: Final = "a5"
A4: Final = "a4"
PAPERS: Final = (A5, A4)
HEAD_ROWS: Final = 1.25  # a list's own line stands a little apart from what is above it


@dataclass(frozen=True)
class Paper:
    """One size: its page, its margin, how much larger than on A5 everything is."""

    width_mm: float
    height_mm: float
    margin_mm: float
    scale: float

    @property
    def inner_mm(self) -> float:
        """Return the width between the margins."""
        return self.width_mm - 2 * self.margin_mm


SIZES: Final = {A5: Paper(148.0, 210.0, 9.0, 1.0), A4: Paper(210.0, 297.0, 14.0, 1.15)}


@dataclass(frozen=True)
class Stroke:
    """A line through points; closed ones may be filled."""

    points: tuple[tuple[float, float], ...]
    width_mm: float
    closed: bool = False
    filled: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: its head, its share of the width, whether it holds figures or codes."""

    head: str
    share: float
    right: bool = False
    font: FontName = "regular"


@dataclass(frozen=True)
class Row:
    """A row of a list: its cells; `mark` = (column, kind) draws the shape of a state before that cell."""

    cells: tuple[str, ...]
    mark: tuple[int, str] | None = None


@dataclass(frozen=True)
class Rows:
    """A list that may be cut: its rows, and how many there are beyond them."""

    rows: Sequence[Row] = ()
    beyond: int = 0
    head: str = ""  # a line of its own above them
    total: Row | None = None

    @property
    def count(self) -> int:
        """Return how many there are in all."""
        return len(self.rows) + self.beyond


@dataclass(frozen=True)
class Section:
    """A part of the card under its title."""

    title: str
    columns: tuple[Column, ...]
    lists: tuple[Rows, ...]
    side: str = ""
    empty: str = ""
    heads: bool = True

    @property
    def fixed_rows(self) -> float:
        """Return how many rows it takes besides those of its lists."""
        shown = [each for each in self.lists if each.count]
        own = sum(HEAD_ROWS * bool(each.head) + (each.total is not None) for each in shown)
        return own + (1 if not shown else int(self.heads))


@dataclass(frozen=True)
class Face:
    """What a card says, in the words that are printed. `band`: what makes a card that is not in force unmistakable."""

    title: str
    area: str
    number: str
    state: str
    state_mark: str
    place: str
    band: str
    name_label: str
    name: str
    facts: tuple[tuple[tuple[str, str], tuple[str, str]], ...]
    sections: tuple[Section, ...]
    foot_left: str
    foot_right: str
    address: str
    trial: bool
    more: str = "其余 {count} 项，扫码查看"


@dataclass
class Page:
    """What is drawn: bars and strokes before texts; the QR symbol's square has its upper left corner at `qr_mm`."""

    paper: Paper
    qr_mm: tuple[float, float]
    qr_side_mm: float
    bars: list[Bar] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    bottom_mm: float = 0.0  # of the last row
    foot_mm: float = 0.0  # the rule above the foot


def share_rows(room: int, wanted: Sequence[int], least: int) -> list[int]:
    """Return how many of `room` rows each list gets: `least` (or all it wants), then one after the other in turn."""
    given = [min(count, least) for count in wanted]
    left = room - sum(given)
    while left > 0 and given != list(wanted):
        for index, count in enumerate(wanted):
            if left > 0 and given[index] < count:
                given[index] += 1
                left -= 1
    return given


def cut(rows: Rows, given: int, more: str) -> list[Row]:
    """Return the rows of a list on `given` rows; when there are more, the last says how many."""
    if rows.count <= given:
        return list(rows.rows)
    kept = list(rows.rows)[: max(0, given - 1)]
    return [*kept, Row((more.format(count=rows.count - len(kept)),))]
