"""Pure: what stands where on a printed card, in mm: one page of A5 or A4, black only, whatever there is to say.

y counts down from the page's upper edge, text positions are baselines. Rows are as far apart as the page allows; when
even close rows don't hold all, the lists are cut, each ending in how many more there are. Nothing is clipped silently:
a cell that is too narrow ends in an ellipsis.
"""

import math
from collections.abc import Sequence
from typing import Final

from coldchain.home.card_parts import HEAD_ROWS, SIZES, Column, Face, Page, Paper, Row, Section, Stroke, cut, share_rows
from coldchain.labels import fonts
from coldchain.labels.face import Bar, Text, fit, wrap
from coldchain.labels.fonts import FontName

TRIAL_WORDS: Final = "仅供测试，不得使用"
PITCHES_MM: Final = (5.9, 5.5, 5.1, 4.7, 4.35, 4.05)  # of rows, on A5; the closest still leaves 8 pt type its air
SIDE_QR_MM: Final = 27.0

_BODY_MM, _SMALL_MM, _TITLE_MM = 3.0, 2.85, 3.6  # on A5; 8 pt are 2.82 mm
_HAIR_MM, _RULE_MM = 0.12, 0.3
_NAME_LINES: Final = 3
_GAP_MM: Final = 2.0  # between cells
_SPARE_MM: Final = 1.5  # between the last row and the foot


def lines(text: str, font: FontName, size_mm: float, width_mm: float, most: int) -> list[str]:
    """Return `text` on at most `most` lines, the last one with an ellipsis when there is more."""
    found: list[str] = []
    rest = text
    while len(found) < most - 1:
        first, *more = wrap(rest, font, size_mm, width_mm)
        found.append(first)
        if not more:
            return found
        rest = rest[len(first) :].lstrip()
    return [*found, fit(rest, font, size_mm, width_mm)]


def fit_ends(text: str, font: FontName, size_mm: float, width_mm: float) -> str:
    """Return `text` if it fits, else its beginning and its end around an ellipsis: names differ at their end."""
    if fonts.width_em(text, font) * size_mm <= width_mm:
        return text
    for kept in range(len(text) - 1, 2, -1):
        cut_text = f"{text[: kept - kept // 2].rstrip()}…{text[-(kept // 2) :].lstrip()}"
        if fonts.width_em(cut_text, font) * size_mm <= width_mm:
            return cut_text
    return fit(text, font, size_mm, width_mm)


def two_lines(text: str, font: FontName, size_mm: float, width_mm: float, *, ends: bool) -> list[str]:
    """Return `text` on one line or two; what is cut on the second is its end, or with `ends` its middle."""
    first = wrap(text, font, size_mm, width_mm)[0]
    for place in range(len(first), 0, -1) if len(first) < len(text) else ():  # rather between names than inside one
        rest = text[place:].lstrip()
        between = text[place] == " " and not rest.startswith(("℃", "/", "|"))
        if between and fonts.width_em(rest, font) * size_mm <= width_mm:
            return [text[:place], rest]
    rest = text[len(first) :].lstrip()
    if not rest:
        return [first]
    return [first, (fit_ends if ends else fit)(rest, font, size_mm, width_mm)]


def lay_out(face: Face, size: str) -> Page:
    """Return the page of a card on paper of a size."""
    return _Composer(face, SIZES[size]).page()


class _Composer:
    """One page under way, from the top down."""

    def __init__(self, face: Face, paper: Paper) -> None:
        self.face = face
        self.paper = paper
        self.left = paper.margin_mm
        self.right = paper.width_mm - paper.margin_mm
        side = SIDE_QR_MM * paper.scale
        self.made = Page(paper, (self.right - side, paper.margin_mm), side)
        self.made.foot_mm = paper.height_mm - paper.margin_mm - self.mm(12.4 if face.trial else 6.4)
        self.pitch = self.mm(PITCHES_MM[-1])
        self.y = 0.0
        self.spare = 0  # rows that are free for second lines

    def mm(self, on_a5: float) -> float:
        """Return a measure of A5 on this paper."""
        return on_a5 * self.paper.scale

    def page(self) -> Page:
        """Draw all of it."""
        self.head()
        name = lines(
            fonts.clean(self.face.name), "bold", self.mm(_BODY_MM), self.paper.inner_mm - self.label_mm, _NAME_LINES
        )
        given = self.allot(len(name))
        self.identity(name)
        for section, rows in zip(self.face.sections, given, strict=True):
            self.section(section, rows)
        self.made.bottom_mm = self.y
        self.foot()
        return self.made

    @property
    def label_mm(self) -> float:
        """Return the width of the labels of the identity's facts."""
        return self.paper.inner_mm * 0.125

    # --- pens ---

    def text(self, x: float, y: float, size: float, font: FontName, words: str, *, white: bool = False) -> float:
        """Write words and return their width."""
        self.made.texts.append(Text(x, y, size, font, words, white))
        return fonts.width_em(words, font) * size

    def rule(self, y: float, thick: float = _RULE_MM) -> None:
        """Draw a rule across the page."""
        self.made.bars.append(Bar(self.left, y, self.paper.inner_mm, self.mm(thick)))

    # --- parts ---

    def head(self) -> None:
        """Draw title, number, state and place beside the QR symbol; a band below them on a card that isn't in force."""
        face, top, width = self.face, self.paper.margin_mm, self.paper.inner_mm - self.made.qr_side_mm - self.mm(4)
        title = self.mm(6.2)
        self.text(self.left, top + self.mm(6.0), title, "bold", fit(face.title, "bold", title, width))
        small = self.mm(3.2)
        self.text(self.left, top + self.mm(11.4), small, "regular", fit(face.area, "regular", small, width))
        self.text(self.left, top + self.mm(18.0), self.mm(4.3), "mono", face.number)
        self.state(top + self.mm(20.6), width)
        self.y = top + self.made.qr_side_mm + self.mm(2.6)
        if face.band:
            self.band()
        else:
            self.rule(self.y)

    def state(self, top: float, width: float) -> None:
        """Draw the box with the state, and the office at its right."""
        size, height = self.mm(4.0), self.mm(6.6)
        mark = self.mm(3.6)
        self.mark(self.face.state_mark, self.left + self.mm(2.2), top + (height - mark) / 2, mark)
        x = self.left + self.mm(2.2) + mark + self.mm(1.6)
        end = x + self.text(x, top + self.mm(4.75), size, "bold", self.face.state) + self.mm(2.4)
        corners = ((self.left, top), (end, top), (end, top + height), (self.left, top + height))
        self.made.strokes.append(Stroke(corners, self.mm(0.35), closed=True, dashed=self.face.state_mark == "wait"))
        small, room = self.mm(_BODY_MM), self.left + width - end - self.mm(2.5)
        if self.face.place and room > self.mm(12):
            words = fit(fonts.clean(self.face.place), "regular", small, room)
            self.text(end + self.mm(2.5), top + self.mm(4.6), small, "regular", words)

    def band(self) -> None:
        """Draw what the card is not good for, white on black across the page."""
        height, size = self.mm(11.0), self.mm(6.4)
        self.made.bars.append(Bar(self.left, self.y, self.paper.inner_mm, height))
        words = fit(self.face.band, "bold", size, self.paper.inner_mm - self.mm(6))
        x = self.left + (self.paper.inner_mm - fonts.width_em(words, "bold") * size) / 2
        self.text(x, self.y + self.mm(7.8), size, "bold", words, white=True)
        self.y += height

    def allot(self, name_lines: int) -> list[list[int]]:
        """Choose the pitch and return how many rows each list of each section gets."""
        sections = self.face.sections
        wanted = [each.count for section in sections for each in section.lists]
        fixed = name_lines + len(self.face.facts) + sum(section.fixed_rows for section in sections)
        more = sum(self.too_wide(each.columns, row) for each in sections for rows in each.lists for row in rows.rows)
        given, room = [], 0
        for pitch in PITCHES_MM:
            self.pitch = self.mm(pitch)
            heads = (len(sections) + 1) * self.head_mm
            room = math.floor((self.made.foot_mm - self.mm(_SPARE_MM) - self.y - heads) / self.pitch - fixed + 1e-9)
            given = share_rows(room, wanted, 2)
            if sum(wanted) + more <= room:
                break
        if sum(given) > room:
            given = share_rows(room, wanted, 1)
        self.spare = max(0, room - sum(given))
        found, start = [], 0
        for section in sections:
            found.append(given[start : start + len(section.lists)])
            start += len(section.lists)
        return found

    @property
    def head_mm(self) -> float:
        """Return the height of a section's title with the gap above it."""
        return self.pitch * 0.62 + self.mm(4.4)

    def title(self, words: str, side: str = "") -> None:
        """Write a section's title, what is to be known of it at its right, and the rule under both."""
        self.y += self.head_mm
        baseline = self.y - self.mm(1.5)
        end = self.left + self.text(self.left, baseline, self.mm(_TITLE_MM), "bold", words)
        if side:
            small = self.mm(_SMALL_MM)
            room = self.right - end - self.mm(2)
            self.text(end + self.mm(2), baseline, small, "regular", fit(side, "regular", small, room))
        self.rule(self.y - self.mm(_RULE_MM))

    def row(self) -> float:
        """Take a row's place and return its baseline."""
        self.y += self.pitch
        return self.y - self.pitch / 2 + self.mm(1.05)

    def identity(self, name: Sequence[str]) -> None:
        """Write who the card is of."""
        self.title("主体")
        size = self.mm(_BODY_MM)
        for number, words in enumerate(name):
            baseline = self.row()
            if number == 0:
                self.text(self.left, baseline, size, "regular", self.face.name_label)
            self.text(self.left + self.label_mm, baseline, size, "bold", words)
        self.rule(self.y, _HAIR_MM)
        half = self.paper.inner_mm / 2
        for pair in self.face.facts:
            baseline = self.row()
            alone = not pair[1][0]
            for side, (label, value) in enumerate(pair):
                if not label:
                    continue
                x, width = self.left + side * half, self.paper.inner_mm if alone else half
                self.text(x, baseline, size, "regular", label)
                words = fit(fonts.clean(value), "regular", size, width - self.label_mm - (0 if alone else self.mm(2)))
                self.text(x + self.label_mm, baseline, size, "regular", words)
            self.rule(self.y, _HAIR_MM)

    def section(self, section: Section, given: Sequence[int]) -> None:
        """Write a section: its heads, its lists, what stands there when there is nothing."""
        self.title(section.title, section.side)
        if not any(each.count for each in section.lists):
            self.text(self.left, self.row(), self.mm(_BODY_MM), "regular", section.empty)
            self.rule(self.y, _HAIR_MM)
            return
        if section.heads:
            self.cells(section.columns, Row(tuple(column.head for column in section.columns)), "bold")
            self.rule(self.y, 0.2)
        for each, rows in zip(section.lists, given, strict=True):
            if not each.count:
                continue
            if each.head:
                self.y += self.pitch * (HEAD_ROWS - 1)
                self.text(self.left, self.row(), self.mm(_BODY_MM), "bold", each.head)
                self.rule(self.y, _HAIR_MM)
            for row in cut(each, rows, self.face.more):
                self.cells(section.columns, row)
                self.rule(self.y, _HAIR_MM)
            if each.total is not None:
                self.cells(section.columns, each.total, "bold")
                self.rule(self.y, _HAIR_MM)
                self.rule(self.y + self.mm(0.5), _HAIR_MM)

    def rooms(self, columns: Sequence[Column], row: Row) -> list[float]:
        """Return how wide each cell of a row may be."""
        found = []
        for index, column in enumerate(columns):
            width = self.paper.inner_mm * column.share - (0 if index == len(columns) - 1 else self.mm(_GAP_MM))
            found.append(width - (self.mm(3.9) if row.mark is not None and row.mark[0] == index else 0))
        return found

    def too_wide(self, columns: Sequence[Column], row: Row) -> bool:
        """Say whether a cell of a row doesn't fit on one line."""
        size = self.mm(_BODY_MM)
        return len(row.cells) == len(columns) and any(
            fonts.width_em(fonts.clean(words), column.font) * size > room
            for column, words, room in zip(columns, row.cells, self.rooms(columns, row), strict=True)
        )

    def cells(self, columns: Sequence[Column], row: Row, font: FontName | None = None) -> None:
        """Write a row; a row of one cell may take the whole width."""
        baseline, size = self.row(), self.mm(_BODY_MM)
        if len(row.cells) == 1 and len(columns) > 1:
            self.text(self.left, baseline, size, "regular", fit(row.cells[0], "regular", size, self.paper.inner_mm))
            return
        double = font is None and self.spare > 0 and self.too_wide(columns, row)
        x = self.left
        for index, (column, words) in enumerate(zip(columns, row.cells, strict=True)):
            width = self.paper.inner_mm * column.share
            start, room = x, width - (0 if index == len(columns) - 1 else self.mm(_GAP_MM))
            if row.mark is not None and row.mark[0] == index:
                mark = self.mm(2.7)
                self.mark(row.mark[1], x, baseline - self.mm(2.45), mark)
                start, room = x + mark + self.mm(1.2), room - mark - self.mm(1.2)
            face: FontName = font or column.font
            shown = fonts.clean(words)
            if double:
                shown, *second = two_lines(shown, face, size, room, ends=index == 0)
                for rest in second:
                    beside = start + room - fonts.width_em(rest, face) * size if column.right else start
                    self.text(beside, baseline + self.pitch, size, face, rest)
            else:
                shown = (fit_ends if index == 0 else fit)(shown, face, size, room)
            if column.right:
                start = x + room - fonts.width_em(shown, face) * size
            self.text(start, baseline, size, face, shown)
            x += width
        if double:
            self.spare -= 1
            self.y += self.pitch

    def mark(self, kind: str, x: float, y: float, size: float) -> None:
        """Draw the shape of a state: circle yes, triangle wait, octagon stop, dashed square locked, full one sealed."""
        pen = size * 0.09
        at = self.made.strokes

        def to(*points: tuple[float, float], **how: bool) -> None:
            at.append(Stroke(tuple((x + px * size, y + py * size) for px, py in points), pen, **how))

        if kind == "go":
            to(*_ring(28), closed=True)
            to((0.29, 0.52), (0.44, 0.67), (0.72, 0.36))
        elif kind in {"wait", "info"}:
            to((0.5, 0.04), (1.0, 0.95), (0.0, 0.95), closed=True)
            to((0.5, 0.36), (0.5, 0.64))
            to((0.5, 0.76), (0.5, 0.80))
        elif kind == "booked":
            to((0.04, 0.04), (0.96, 0.04), (0.96, 0.96), (0.04, 0.96), closed=True, dashed=True)
        elif kind == "done":
            to((0.04, 0.04), (0.96, 0.04), (0.96, 0.96), (0.04, 0.96), closed=True, filled=True)
        elif kind in {"stop", "alarm"}:
            to(*_ring(8, math.pi / 8), closed=True)
            to((0.27, 0.5), (0.73, 0.5))
        else:
            to(*_ring(28), closed=True)
            to((0.3, 0.5), (0.7, 0.5))

    def foot(self) -> None:
        """Write what the paper is, whose program made it, when; a card of a trial address says what it is not for."""
        y, small = self.made.foot_mm, self.mm(_SMALL_MM)
        self.rule(y)
        baseline = y + self.mm(5.0)
        right = fonts.width_em(self.face.foot_right, "regular") * small
        self.text(self.right - right, baseline, small, "regular", self.face.foot_right)
        room = self.paper.inner_mm - right - self.mm(4)
        self.text(self.left, baseline, small, "regular", fit(self.face.foot_left, "regular", small, room))
        if self.face.trial:
            height, size = self.mm(5.0), self.mm(3.4)
            self.made.bars.append(Bar(self.left, y + self.mm(7.6), self.paper.inner_mm, height))
            x = self.left + (self.paper.inner_mm - fonts.width_em(TRIAL_WORDS, "bold") * size) / 2
            self.text(x, y + self.mm(11.3), size, "bold", TRIAL_WORDS, white=True)


def _ring(corners: int, turn: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Return the corners of a regular figure in the unit square."""
    steps = (turn + 2 * math.pi * number / corners for number in range(corners))
    return tuple((0.5 + 0.5 * math.cos(angle), 0.5 + 0.5 * math.sin(angle)) for angle in steps)
