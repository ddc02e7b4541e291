"""Pure: what stands where on a printed card, in mm: one page of A5 or A4, black only, whatever there is to say.

y counts down from the page's upper edge, text positions are baselines. How large the type is, what is wrapped and what
is cut is `card_measure`'s; here it is drawn, exactly as measured.
"""

from collections.abc import Sequence
from typing import Final

from coldchain.home.card_marks import strokes
from coldchain.home.card_measure import Block, Level, Plan, Wrapped, label_mm, more_than_shown, plan, rooms, side_mm
from coldchain.home.card_parts import LEAST_MM, SIZES, Face, Page, Paper, Rows, Stroke, cut
from coldchain.labels import fonts
from coldchain.labels.face import Bar, Text, fit
from coldchain.labels.flow import cut_lines, flow, width_mm
from coldchain.labels.fonts import FontName

TRIAL_WORDS: Final = "仅供测试，不得使用"
SIDE_QR_MM: Final = 27.0

_HAIR_MM, _RULE_MM = 0.12, 0.3
_QUIET_MM: Final = 4.2  # below the QR symbol: four of its modules and a little
_SPARE_MM: Final = 1.5  # between the last row and the foot
_BAND_MM: Final = (6.4, 5.4, 4.6)  # type of the band, before it takes a second line
_TITLE_EM: Final = 1.2  # a section's title, in type sizes
_MARK_EM, _MARK_GAP_EM = 0.9, 0.4


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
        self.level = Level(LEAST_MM, LEAST_MM, 1)
        self.y = 0.0

    def mm(self, on_a5: float) -> float:
        """Return a measure of A5 on this paper."""
        return on_a5 * self.paper.scale

    def page(self) -> Page:
        """Draw all of it."""
        self.head()
        made = plan(self.face, self.paper, self.made.foot_mm - self.mm(_SPARE_MM) - self.y)
        self.level = made.level
        self.identity(made)
        for section in made.sections:
            self.section(section)
        self.made.bottom_mm = self.y
        self.foot()
        return self.made

    # --- pens ---

    def text(self, x: float, y: float, size: float, font: FontName, words: str, *, white: bool = False) -> float:
        """Write words and return their width."""
        self.made.texts.append(Text(x, y, size, font, words, white))
        return width_mm(words, font, size)

    def rule(self, y: float, thick: float = _RULE_MM) -> None:
        """Draw a rule across the page."""
        self.made.bars.append(Bar(self.left, y, self.paper.inner_mm, self.mm(thick)))

    # --- head and foot ---

    def head(self) -> None:
        """Draw title, number, state and place beside the QR symbol; a band below them on a card that isn't in force."""
        face, top, width = self.face, self.paper.margin_mm, self.paper.inner_mm - self.made.qr_side_mm - self.mm(4)
        title = min(self.mm(6.2), width / (fonts.width_em(face.title, "bold") or 1))
        self.text(self.left, top + self.mm(6.0), title, "bold", face.title)
        small, y = self.mm(3.2), top + self.mm(11.4)
        area = flow(fonts.clean(face.area), "regular", small, width)
        for words in cut_lines(area, 3, "regular", small, width):
            self.text(self.left, y, small, "regular", words)
            y += small * 1.3
        self.text(self.left, y + self.mm(2.4), self.mm(4.3), "mono", face.number)
        end = self.state(y + self.mm(5.0), width)
        self.y = max(top + self.made.qr_side_mm + self.mm(_QUIET_MM if face.band else 2.6), end + self.mm(2.2))
        if face.band:
            self.band()
        else:
            self.rule(self.y)

    def state(self, top: float, width: float) -> float:
        """Draw the box with the state, office and moment at its right, or below where it is wide; return the end."""
        size, height = self.mm(4.0), self.mm(6.6)
        mark = self.mm(3.6)
        self.mark(self.face.state_mark, self.left + self.mm(2.2), top + (height - mark) / 2, mark)
        x = self.left + self.mm(2.2) + mark + self.mm(1.6)
        end = x + self.text(x, top + self.mm(4.75), size, "bold", self.face.state) + self.mm(2.4)
        corners = ((self.left, top), (end, top), (end, top + height), (self.left, top + height))
        self.made.strokes.append(Stroke(corners, self.mm(0.35), closed=True, dashed=self.face.state_mark == "wait"))
        small, x = self.mm(3.0), end + self.mm(2.5)
        words = fonts.clean(self.face.place)
        if width_mm(words, "regular", small) <= self.left + width - x:
            self.text(x, top + self.mm(4.6), small, "regular", words)
            return top + height
        words = words.replace(" | ", "\n")
        lines = flow(words, "regular", small, self.left + width - x)
        if len(lines) == 2:
            for row, said in enumerate(lines):
                self.text(x, top + self.mm(2.7) + row * small * 1.3, small, "regular", said)
            return top + height
        y = top + height + small * 0.3
        for said in cut_lines(flow(words, "regular", small, width), 4, "regular", small, width, ends=True):
            y += small * 1.3
            self.text(self.left, y, small, "regular", said)
        return y

    def band(self) -> None:
        """Draw what the card is not good for, white on black across the page; a long one is smaller or wrapped."""
        room = self.paper.inner_mm - self.mm(6)
        words = fonts.clean(self.face.band)
        size = next((self.mm(one) for one in _BAND_MM if width_mm(words, "bold", self.mm(one)) <= room), self.mm(5.0))
        lines = cut_lines(flow(words, "bold", size, room), 3, "bold", size, room)
        height = self.mm(4.6) + len(lines) * size * 1.25 - size * 0.25
        self.made.bars.append(Bar(self.left, self.y, self.paper.inner_mm, height))
        for row, said in enumerate(lines):
            x = self.left + (self.paper.inner_mm - width_mm(said, "bold", size)) / 2
            self.text(x, self.y + self.mm(2.3) + size * (0.86 + row * 1.25), size, "bold", said, white=True)
        self.y += height

    def foot(self) -> None:
        """Write what the paper is, whose program made it, when; a card of a trial address says what it is not for."""
        y, small = self.made.foot_mm, self.mm(LEAST_MM)
        self.rule(y)
        baseline = y + self.mm(5.0)
        right = width_mm(self.face.foot_right, "regular", small)
        self.text(self.right - right, baseline, small, "regular", self.face.foot_right)
        room = self.paper.inner_mm - right - self.mm(4)
        self.text(self.left, baseline, small, "regular", fit(self.face.foot_left, "regular", small, room))
        if self.face.trial:
            height, size = self.mm(5.0), self.mm(3.4)
            self.made.bars.append(Bar(self.left, y + self.mm(7.6), self.paper.inner_mm, height))
            x = self.left + (self.paper.inner_mm - width_mm(TRIAL_WORDS, "bold", size)) / 2
            self.text(x, y + self.mm(11.3), size, "bold", TRIAL_WORDS, white=True)

    # --- sections ---

    def title(self, words: str, side: str = "", lines: Sequence[str] = ()) -> None:
        """Write a section's title, what is to be known of it beside it or below, and the rule under both."""
        self.y += self.level.title_mm
        baseline = self.y - self.level.type_mm * 0.5
        end = self.left + self.text(self.left, baseline, self.level.type_mm * _TITLE_EM, "bold", words)
        small = side_mm(self.level)
        if lines:
            for said in lines:
                self.y += self.level.leading_mm
                self.text(self.left, self.y - self.level.type_mm * 0.5, small, "regular", said)
        elif side:
            self.text(end + 2.0, baseline, small, "regular", side)
        self.rule(self.y - self.mm(_RULE_MM))

    def row(self, lines: int = 1) -> float:
        """Take a row's place and return the baseline of its first line."""
        top = self.y
        self.y += self.level.row_mm(lines)
        return top + self.level.pad_mm / 2 + self.level.leading_mm / 2 + self.level.type_mm * 0.35

    def identity(self, made: Plan) -> None:
        """Write who the card is of."""
        self.title("主体")
        size, label = self.level.type_mm, label_mm(self.paper, self.level)
        leading = made.name_row_mm - self.level.pad_mm
        each = leading / len(made.name)
        baseline = self.y + self.level.pad_mm / 2 + each / 2 + made.name_mm * 0.35
        self.text(self.left, baseline, size, "regular", self.face.name_label)
        for number, words in enumerate(made.name):
            self.text(self.left + label, baseline + number * each, made.name_mm, "bold", words)
        self.y += made.name_row_mm
        self.rule(self.y, _HAIR_MM)
        for facts in made.facts:
            baseline = self.row(max(len(fact.lines) for fact in facts))
            for fact in facts:
                x = self.left + fact.x_mm
                self.text(x, baseline, size, "regular", fact.label)
                for number, words in enumerate(fact.lines):
                    self.text(x + label, baseline + number * self.level.leading_mm, size, "regular", words)
            self.rule(self.y, _HAIR_MM)

    def section(self, measured: Wrapped) -> None:
        """Write a section: its heads, its lists, what stands there when there is nothing."""
        section = measured.section
        self.title(section.title, section.side, measured.side)
        if measured.empty:
            return
        if measured.heads:
            self.cells(measured, measured.heads, "bold")
            self.rule(self.y, 0.2)
        listed = zip(section.lists, measured.lists, measured.totals, measured.shown, strict=True)
        for rows, blocks, total, shown in listed:
            if rows.count:
                self.list(measured, rows, blocks[:shown], shown)
                if total is not None:
                    self.cells(measured, total, "bold")
                    self.rule(self.y, _HAIR_MM)
                    self.rule(self.y + self.mm(0.5), _HAIR_MM)

    def list(self, measured: Wrapped, rows: Rows, blocks: Sequence[Block], shown: int) -> None:
        """Write a list, its own head above it, how many more there are below it."""
        if rows.head:
            self.y += self.level.list_gap_mm
            self.text(self.left, self.row(), self.level.type_mm, "bold", rows.head)
            self.rule(self.y, _HAIR_MM)
        for number, block in enumerate(blocks):
            self.cells(measured, block)
            if number + 1 == len(blocks) or not blocks[number + 1].row.joined:
                self.rule(self.y, _HAIR_MM)
        if more_than_shown(rows, shown):
            words = cut(rows, shown, self.face.more)[-1].cells[0]
            self.text(self.left, self.row(), self.level.type_mm, "regular", words)
            self.rule(self.y, _HAIR_MM)

    def cells(self, measured: Wrapped, block: Block, font: FontName | None = None) -> None:
        """Write a row."""
        size = self.level.type_mm
        baseline = self.row(block.lines)
        spans = rooms(measured.section.columns, measured.widths, block.row, self.level)
        x = self.left
        for index, (column, cell, room) in enumerate(zip(measured.section.columns, block.cells, spans, strict=True)):
            start, face = x, font or column.font
            if block.row.mark is not None and block.row.mark[0] == index:
                self.mark(block.row.mark[1], x, baseline - size * 0.82, size * _MARK_EM)
                start = x + size * (_MARK_EM + _MARK_GAP_EM)
            for number, words in enumerate(cell):
                at = start + room - width_mm(words, face, size) if column.right else start
                self.text(at, baseline + number * self.level.leading_mm, size, face, words)
            x += measured.widths[index]

    def mark(self, kind: str, x: float, y: float, size: float) -> None:
        """Draw the shape of a state."""
        self.made.strokes += strokes(kind, x, y, size)
