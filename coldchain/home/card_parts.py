"""Pure: what a printed card is made of: its paper, its sections and lists, what is drawn, how lists are cut."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from coldchain.labels.face import Bar, Text
from coldchain.labels.fonts import FontName

A5: Final = "a5"
A4: Final = "a4"
PAPERS: Final = (A5, A4)
ITEM: Final = "项"
LEAST_MM: Final = 2.85  # the smallest type on either paper: 8 pt are 2.82 mm


@dataclass(frozen=True)
class Paper:
    """One size: its page, its margin, how much larger than on A5 head and foot are, the largest type of its lists."""

    width_mm: float
    height_mm: float
    margin_mm: float
    scale: float
    types_mm: tuple[float, ...]
    rows: int  # of a list that is cut: about so many are ever shown

    @property
    def inner_mm(self) -> float:
        """Return the width between the margins."""
        return self.width_mm - 2 * self.margin_mm


SIZES: Final = {
    A5: Paper(148.0, 210.0, 9.0, 1.0, (4.0, 3.6, 3.3, 3.0, LEAST_MM), 8),
    A4: Paper(210.0, 297.0, 14.0, 1.15, (5.4, 4.9, 4.4, 3.9, 3.45, 3.1, LEAST_MM), 16),
}


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
    """A column of a table: its head, its share of the width, whether it holds figures or codes.

    `whole`: nothing of its words is ever cut, for they say what there is, not only what it is called.
    """

    head: str
    share: float
    right: bool = False
    font: FontName = "regular"
    whole: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a list: its cells; `mark` = (column, kind) draws the shape of a state before that cell.

    `tally`: what is missing when the row is, one thing if it says nothing; `joined`: it goes on with the row above.
    """

    cells: tuple[str, ...]
    mark: tuple[int, str] | None = None
    tally: tuple[tuple[str, int], ...] = ((ITEM, 1),)
    joined: bool = False


@dataclass(frozen=True)
class Rows:
    """A list that may be cut: its rows, and how many there are beyond them."""

    rows: Sequence[Row] = ()
    beyond: int = 0
    head: str = ""  # a line of its own above them
    total: Row | None = None
    beyond_word: str = ITEM
    weight: float = 1.0  # of its claim on a sheet that is too small

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
    more: str = "其余 {said}，扫码查看"


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


@dataclass(frozen=True)
class Heights:
    """How high each row of a list is, whether there are more that aren't among them, its claim on the room."""

    rows: Sequence[float]
    beyond: bool = False
    weight: float = 1.0

    def taken(self, shown: int, more_mm: float) -> float:
        """Return what its first rows take, with the line that says how many more there are."""
        whole = shown >= len(self.rows) and not self.beyond
        return sum(self.rows[:shown]) + (0 if whole else more_mm)


def share(room_mm: float, lists: Sequence[Heights], more_mm: float) -> list[int]:
    """Return how many rows of each list are shown.

    First each list gets a row, the lowest first; then always the one that has least by its claim, while one fits.
    """
    shown = [0 for _each in lists]
    taken = [each.taken(0, more_mm) for each in lists]
    growing = {index for index, each in enumerate(lists) if each.rows}
    while growing:
        index = min(
            growing,
            key=lambda each: (
                shown[each] > 0,
                taken[each] / lists[each].weight if shown[each] else lists[each].rows[0],
                each,
            ),
        )
        larger = lists[index].taken(shown[index] + 1, more_mm)
        if sum(taken) - taken[index] + larger > room_mm + 1e-9:
            growing.discard(index)
            continue
        shown[index] += 1
        taken[index] = larger
        if shown[index] == len(lists[index].rows):
            growing.discard(index)
    return shown


def cut(rows: Rows, shown: int, more: str) -> list[Row]:
    """Return the first rows of a list; when there are more, a last one says exactly what is missing."""
    kept = list(rows.rows[:shown])
    missing: Counter[str] = Counter()
    for row in rows.rows[shown:]:
        for word, count in row.tally:
            missing[word] += count
    if rows.beyond:
        missing[rows.beyond_word] += rows.beyond
    if not missing:
        return kept
    said = "、".join(f"{count} {word}" for word, count in missing.items())
    return [*kept, Row((more.format(said=said),))]
