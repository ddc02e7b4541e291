"""Pure: how large a card's type is on its paper, what is wrapped where, and how many rows of each list are shown.

Everything is tried from large type and wide rows down to the least type (8 pt) and close rows; the first that holds all
of it is taken, and what room is left widens the rows. Only when even the closest doesn't hold all, the lists are cut,
each saying how many more there are; only when words don't fit their lines then are they cut too, names in the middle.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from coldchain.home.card_parts import LEAST_MM, Column, Face, Heights, Paper, Row, Rows, Section, share
from coldchain.labels import fonts
from coldchain.labels.flow import cut_lines, flow, width_mm
from coldchain.labels.fonts import FontName

_ALL: Final = 40  # lines of a cell, when nothing has to be cut
_PADS: Final = (0.72, 0.48, 0.3)  # of a row, in type sizes
_CLOSE: Final = 0.16
_FEWER: Final = (6, 4, 3, 2, 1)  # lines of a cell, of a card that is too full
_WIDEN: Final = 1.1  # at most so much wider do rows become, in type sizes
_NEVER_SHOWN: Final = 4  # times as many rows as a list of a full card has
_GAP_MM: Final = 2.0  # between cells
_MARK_EM: Final = 1.3  # a state's shape with the gap after it
_NAME: Final = (1.5, 1.25, 1.0)  # the holder's name, in type sizes
_LABEL: Final = 0.125  # of the width: the labels of facts
_LABEL_EM: Final = 4.6
_BESIDE: Final = 3  # lines of facts that stand beside each other
_LEADING: Final = 1.3
_LEADING_CLOSE: Final = 1.22


@dataclass(frozen=True)
class Level:
    """A size of type, the air of a row, how many lines a cell may have."""

    type_mm: float
    pad_mm: float
    most: int = _ALL
    measured: int = 1_000  # rows of a list whose words make its columns wide
    leading: float = _LEADING

    def row_mm(self, lines: int = 1) -> float:
        """Return the height of a row."""
        return lines * self.leading_mm + self.pad_mm

    @property
    def leading_mm(self) -> float:
        """Return how far lines of a row are apart."""
        return self.type_mm * self.leading

    @property
    def title_mm(self) -> float:
        """Return the height of a section's title with the gap above it."""
        return self.type_mm * (self.leading + 0.35) + self.pad_mm * 0.8

    @property
    def list_gap_mm(self) -> float:
        """Return the gap above a list's own head."""
        return self.type_mm * 0.35


@dataclass(frozen=True)
class Block:
    """A row whose cells are wrapped."""

    row: Row
    cells: tuple[tuple[str, ...], ...]

    @property
    def lines(self) -> int:
        """Return how many lines it has."""
        return max((len(cell) for cell in self.cells), default=1)


@dataclass(frozen=True)
class Wrapped:
    """A section measured: the widths of its columns, its rows, how many of each list are shown."""

    section: Section
    side: tuple[str, ...]  # lines of its own; empty: what there is stands beside the title
    widths: tuple[float, ...]
    heads: Block | None
    lists: tuple[tuple[Block, ...], ...]
    totals: tuple[Block | None, ...]
    shown: tuple[int, ...] = ()

    @property
    def empty(self) -> bool:
        """Say whether it is a title and what stands beside it."""
        return not any(each.count for each in self.section.lists)

    def fixed_mm(self, level: Level) -> float:
        """Return what it takes besides the rows of its lists."""
        taken = level.title_mm + len(self.side) * level.leading_mm
        if self.empty:
            return taken
        taken += level.row_mm(self.heads.lines) if self.heads else 0
        for rows, total in zip(self.section.lists, self.totals, strict=True):
            taken += level.row_mm() + level.list_gap_mm if rows.head and rows.count else 0
            taken += level.row_mm(total.lines) if total else 0
        return taken

    def heights(self, level: Level) -> list[Heights]:
        """Return how high the rows of its lists are."""
        return [
            Heights([level.row_mm(block.lines) for block in blocks], rows.count > len(blocks), rows.weight)
            for rows, blocks in zip(self.section.lists, self.lists, strict=True)
        ]


@dataclass(frozen=True)
class Fact:
    """One fact on the card: where its label begins, its lines."""

    x_mm: float
    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A card measured for its paper."""

    level: Level
    name: tuple[str, ...]
    name_mm: float
    facts: tuple[tuple[Fact, ...], ...]
    sections: tuple[Wrapped, ...]

    @property
    def name_row_mm(self) -> float:
        """Return the height of the holder's name."""
        return len(self.name) * self.name_mm * self.level.leading + self.level.pad_mm

    def fixed_mm(self) -> float:
        """Return what everything but the rows of lists takes."""
        level = self.level
        identity = level.title_mm + self.name_row_mm
        identity += sum(level.row_mm(max(len(fact.lines) for fact in row)) for row in self.facts)
        return identity + sum(each.fixed_mm(level) for each in self.sections)

    def heights(self) -> list[Heights]:
        """Return the heights of all lists."""
        return [heights for each in self.sections for heights in each.heights(self.level)]

    def taken_mm(self) -> float:
        """Return what all of it takes as it is shown."""
        counts = [count for each in self.sections for count in each.shown]
        more = self.level.row_mm()
        listed = zip(self.heights(), counts, strict=True)
        return self.fixed_mm() + sum(heights.taken(count, more) for heights, count in listed)

    def rows(self) -> int:
        """Return about how many rows there are to widen."""
        titles = len(self.sections) + 1
        return titles + 1 + len(self.facts) + sum(sum(each.shown) + 3 for each in self.sections)


def plan(face: Face, paper: Paper, room_mm: float) -> Plan:
    """Return a card measured for `room_mm` between its head and its foot."""
    cleaned = replace(face, sections=tuple(_clean(section) for section in face.sections))
    rows = sum(len(each.rows) for section in cleaned.sections for each in section.lists)
    for size in paper.types_mm:
        for pad in _PADS:
            level = Level(size, pad * size)
            if rows * level.row_mm() > room_mm:
                continue
            made = _measured(cleaned, paper, level)
            needed = made.fixed_mm() + sum(
                heights.taken(len(heights.rows), made.level.row_mm()) for heights in made.heights()
            )
            if needed <= room_mm:
                return _widened(_shown(made, [len(each.rows) for each in made.heights()]), room_mm)
    for most in _FEWER:
        made = _measured(cleaned, paper, Level(LEAST_MM, _CLOSE * LEAST_MM, most, paper.rows, _LEADING_CLOSE))
        least = made.fixed_mm() + sum(_least(heights, made.level) for heights in made.heights())
        if least <= room_mm or most == _FEWER[-1]:
            break
    counts = share(room_mm - made.fixed_mm(), made.heights(), made.level.row_mm())
    return _widened(_shown(made, counts), room_mm)


def _least(heights: Heights, level: Level) -> float:
    """Return what a list should have at least: its first row or two lines of it, and that there are more."""
    first = min(heights.rows[0], level.row_mm(2)) if heights.rows else 0
    return first + heights.taken(0, level.row_mm())


def _shown(made: Plan, counts: Sequence[int]) -> Plan:
    found, start = [], 0
    for each in made.sections:
        found.append(replace(each, shown=tuple(counts[start : start + len(each.lists)])))
        start += len(each.lists)
    return replace(made, sections=tuple(found))


def _widened(made: Plan, room_mm: float) -> Plan:
    """Give the rows what room is left, up to a bound."""
    left = room_mm - made.taken_mm()
    if left <= 0:
        return made
    more = min(_WIDEN * made.level.type_mm, left / (made.rows() + 1))
    wider = replace(made, level=replace(made.level, pad_mm=made.level.pad_mm + more))
    return wider if wider.taken_mm() <= room_mm else made


def _clean(section: Section) -> Section:
    def row(each: Row) -> Row:
        return replace(each, cells=tuple(_cleaned(cell) for cell in each.cells))

    lists = tuple(
        replace(rows, rows=[row(each) for each in rows.rows], total=row(rows.total) if rows.total else None)
        for rows in section.lists
    )
    nothing = not any(rows.count for rows in lists)
    side = "；".join(part for part in (section.empty, section.side) if part) if nothing else section.side
    return replace(section, lists=lists, side=fonts.clean(side))


def _cleaned(words: str) -> str:
    """Return words without what can't be seen, their line breaks kept."""
    return "\n".join(fonts.clean(line) for line in words.split("\n"))


def _measured(face: Face, paper: Paper, level: Level) -> Plan:
    name_mm, name = level.type_mm, list[str]()
    room = paper.inner_mm - label_mm(paper, level)
    for factor in _NAME:
        name_mm = level.type_mm * factor
        name = flow(fonts.clean(face.name), "bold", name_mm, room)
        if len(name) <= 2:
            break
    name = cut_lines(name, level.most + 1, "bold", name_mm, room, ends=True)
    return Plan(
        level, tuple(name), name_mm, tuple(_facts(face, paper, level)),
        tuple(_section(section, paper, level) for section in face.sections),
    )  # fmt: skip


def _facts(face: Face, paper: Paper, level: Level) -> Iterable[tuple[Fact, ...]]:
    """Yield the facts row by row: two beside each other that fit there; wrapped too where rows are close."""
    half, label = paper.inner_mm / 2, label_mm(paper, level)
    for pair in face.facts:
        said = [(name, _cleaned(value)) for name, value in pair if name]
        narrow = [flow(value, "regular", level.type_mm, half - label - _GAP_MM) for _name, value in said]
        wraps = [len(lines) > 1 + value.count("\n") for (_name, value), lines in zip(said, narrow, strict=True)]
        numbers = any(wrap and not _breakable(value) for (_name, value), wrap in zip(said, wraps, strict=True))
        beside = max(len(lines) for lines in narrow) <= _BESIDE and not numbers
        if len(said) == 2 and beside and (level.leading == _LEADING_CLOSE or not any(wraps)):
            yield tuple(
                Fact(side * half, name, tuple(lines))
                for side, ((name, _value), lines) in enumerate(zip(said, narrow, strict=True))
            )
            continue
        for name, value in said:
            room = paper.inner_mm - label
            lines = flow(value, "regular", level.type_mm, room)
            yield (Fact(0.0, name, tuple(cut_lines(lines, level.most + 2, "regular", level.type_mm, room))),)


def _breakable(value: str) -> bool:
    """Say whether a value is words and not a number, which nobody reads right when it goes on below."""
    return not value.isascii() or " " in value


def _section(section: Section, paper: Paper, level: Level) -> Wrapped:
    beside = paper.inner_mm - width_mm(section.title, "bold", level.type_mm * 1.2) - _GAP_MM
    size = side_mm(level)
    alone = section.side and width_mm(section.side, "regular", size) > beside
    side = tuple(flow(section.side, "regular", size, paper.inner_mm)) if alone else ()
    widths = _widths(section, paper.inner_mm, level)
    heads = Row(tuple(column.head for column in section.columns)) if section.heads else None
    return Wrapped(
        section,
        side,
        widths,
        wrapped(section.columns, widths, heads, level, "bold") if heads else None,
        tuple(
            tuple(wrapped(section.columns, widths, row, level) for row in rows.rows[: level.measured * _NEVER_SHOWN])
            for rows in section.lists
        ),
        tuple(
            wrapped(section.columns, widths, rows.total, level, "bold") if rows.total else None
            for rows in section.lists
        ),
    )


def label_mm(paper: Paper, level: Level) -> float:
    """Return the width of the labels of facts."""
    return max(paper.inner_mm * _LABEL, _LABEL_EM * level.type_mm)


def side_mm(level: Level) -> float:
    """Return the size of what stands beside a title."""
    return max(LEAST_MM, level.type_mm * 0.92)


def rooms(columns: Sequence[Column], widths: Sequence[float], row: Row, level: Level) -> list[float]:
    """Return how wide the words of each cell of a row may be."""
    last = len(columns) - 1
    return [
        width
        - (0 if index == last else _GAP_MM)
        - (_MARK_EM * level.type_mm if row.mark and row.mark[0] == index else 0)
        for index, width in enumerate(widths)
    ]


def wrapped(
    columns: Sequence[Column], widths: Sequence[float], row: Row, level: Level, font: FontName | None = None
) -> Block:
    """Return a row with its cells on lines; the first cell, a name, keeps its end when it is cut."""
    cells = []
    spans = rooms(columns, widths, row, level)
    for index, (column, words, room) in enumerate(zip(columns, row.cells, spans, strict=True)):
        face: FontName = font or column.font
        lines = flow(words, face, level.type_mm, room)
        most = _ALL if column.whole else level.most
        cells.append(tuple(cut_lines(lines, most, face, level.type_mm, room, ends=index == 0)))
    return Block(row, tuple(cells))


def _widths(section: Section, inner_mm: float, level: Level) -> tuple[float, ...]:
    """Return how wide each column is: what its words take when that is less than its share, else of what is left."""
    wanted = [_wanted(section, index, level) for index in range(len(section.columns))]
    shares = [column.share for column in section.columns]
    weights = [math.sqrt(share * width) for share, width in zip(shares, wanted, strict=True)]
    fixed: dict[int, float] = {}
    while len(fixed) < len(wanted):
        left = inner_mm - sum(fixed.values())
        open_ones = [index for index in range(len(wanted)) if index not in fixed]

        def fair(index: int, by: Sequence[float], left: float = left, others: Sequence[int] = open_ones) -> float:
            return left * by[index] / sum(by[each] for each in others)

        content = [
            index for index in open_ones if wanted[index] <= max(fair(index, shares), fair(index, weights)) + 1e-9
        ]
        if not content:
            return tuple(fixed.get(index) or fair(index, weights) for index in range(len(wanted)))
        fixed |= {content[0]: wanted[content[0]]}
    left = inner_mm - sum(fixed.values())
    return tuple(fixed[index] + left * shares[index] / sum(shares) for index in range(len(wanted)))


def _wanted(section: Section, index: int, level: Level) -> float:
    """Return how wide a column would be with every cell on one line."""
    column = section.columns[index]
    font = column.font
    size, gap = level.type_mm, 0 if index == len(section.columns) - 1 else _GAP_MM
    found = width_mm(column.head, "bold", size) if section.heads else 0.0
    for rows in section.lists:
        found = max([found, *(_cell_mm(row, index, font, size) for row in rows.rows[: level.measured])])
        if rows.total and index:  # the first cell of a total is no reason for a wide column
            found = max(found, width_mm(rows.total.cells[index], "bold", size))
    return max(found, size) + gap


def _cell_mm(row: Row, index: int, font: FontName, size_mm: float) -> float:
    mark = _MARK_EM * size_mm if row.mark is not None and row.mark[0] == index else 0
    return max(width_mm(part, font, size_mm) for part in row.cells[index].split("\n")) + mark


def more_than_shown(rows: Rows, shown: int) -> bool:
    """Say whether a list is cut."""
    return shown < len(rows.rows) or bool(rows.beyond)
