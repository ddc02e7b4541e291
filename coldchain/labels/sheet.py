"""Labels on A4 label paper as a PDF: 3 x 7 cells of 60 x 40 mm without gaps, an alignment page first, printed at 100 %.

What labels share is drawn once as a form and referred to; each label adds its QR symbol (an inline 1-bit mask) and its
numbers. The same faces and time give the same bytes.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from coldchain.core.clock import BEIJING
from coldchain.labels import fonts, qr
from coldchain.labels.code import format_groups, qr_text
from coldchain.labels.face import (
    BATCH_LABEL_WORD,
    HEIGHT_MM,
    MARGIN_MM,
    TRIAL_WORDS,
    WIDTH_MM,
    Bar,
    LabelFace,
    Layout,
    Text,
    common_layout,
    fit,
    own_layout,
)

COLUMNS, ROWS = 3, 7
LABELS_PER_PAGE = COLUMNS * ROWS
PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210.0, 297.0
SIDE_MM, TOP_MM = 15.0, 8.5

_POINTS_PER_MM = 72 / 25.4
_DOTS_PER_MM = 8
_CUT_MARK_MM = 3.0
_CUT_LINE_MM = 0.2
_FOOT_MM = 2.4
_FOOT_BASELINE_MM = PAGE_HEIGHT_MM - 5.0  # above the 4.2 mm that common printers leave white, between the cut marks
_RULER_MM = 100.0


class _Sheet:
    """One PDF under way: millimetres from the page's upper left corner in, PDF operators out."""

    def __init__(self, faces: Sequence[LabelFace], printed_at: datetime) -> None:
        self.faces = faces
        self.printed_at = printed_at.astimezone(BEIJING)
        self.pages = 1 + -(-len(faces) // LABELS_PER_PAGE)
        self.stream = BytesIO()
        fonts.width_em("", "regular")  # makes reportlab know the fonts
        size = (PAGE_WIDTH_MM * _POINTS_PER_MM, PAGE_HEIGHT_MM * _POINTS_PER_MM)
        self.canvas = Canvas(self.stream, pagesize=size, pageCompression=1, invariant=1)
        self.canvas.setTitle(f"{format_groups(faces[0].batch_code)} {_span(faces)}")
        self.canvas.setViewerPreference("PrintScaling", "None")  # viewers that obey don't offer "fit to page"
        self.forms: dict[tuple[object, ...], str] = {}

    def text(self, text: Text, x_mm: float, y_mm: float) -> None:
        """Draw a text with the cell's corner at (x, y)."""
        canvas = self.canvas
        if text.white:
            canvas.setFillGray(1)
        x = x_mm + text.x_mm
        for name, words in fonts.runs(text.words, text.font):
            canvas.setFont(fonts.pdf_name(name), text.size_mm * _POINTS_PER_MM)
            canvas.drawString(x * _POINTS_PER_MM, (PAGE_HEIGHT_MM - y_mm - text.y_mm) * _POINTS_PER_MM, words)
            x += fonts.width_em(words, name) * text.size_mm
        if text.white:
            canvas.setFillGray(0)

    def bar(self, bar: Bar, x_mm: float, y_mm: float) -> None:
        """Fill a rectangle with the cell's corner at (x, y)."""
        bottom = PAGE_HEIGHT_MM - y_mm - bar.y_mm - bar.height_mm
        box = (x_mm + bar.x_mm, bottom, bar.width_mm, bar.height_mm)
        self.canvas.rect(*(edge * _POINTS_PER_MM for edge in box), stroke=0, fill=1)

    def layout(self, layout: Layout, x_mm: float, y_mm: float) -> None:
        """Draw a label's layout with the cell's corner at (x, y)."""
        for bar in layout.bars:
            self.bar(bar, x_mm, y_mm)
        for text in layout.texts:
            self.text(text, x_mm, y_mm)

    def symbol(self, symbol: qr.Symbol, x_mm: float, y_mm: float) -> None:
        """Paint a QR symbol's black modules through a 1-bit mask with the cell's corner at (x, y)."""
        side_mm = symbol.side_modules * symbol.module_dots / _DOTS_PER_MM
        offset_mm = MARGIN_MM + symbol.offset_dots / _DOTS_PER_MM
        side = side_mm * _POINTS_PER_MM
        left = (x_mm + offset_mm) * _POINTS_PER_MM
        bottom = (PAGE_HEIGHT_MM - y_mm - offset_mm - side_mm) * _POINTS_PER_MM
        count = symbol.side_modules
        bits = symbol.modules.tobytes().hex().upper()
        place = f"{side:.4f} 0 0 {side:.4f} {left:.4f} {bottom:.4f} cm"
        self.canvas.addLiteral(f"q {place} BI /W {count} /H {count} /BPC 1 /IM true /F /AHx ID {bits}> EI Q")

    def prepare(self, face: LabelFace) -> str:
        """Return the name of the form with what this face shares with others, drawing it at first sight."""
        key = face.common
        if key not in self.forms:
            self.forms[key] = f"face{len(self.forms)}"
            self.canvas.beginForm(self.forms[key])
            self.layout(common_layout(face), 0, 0)
            self.canvas.endForm()
        return self.forms[key]

    def label(self, face: LabelFace, x_mm: float, y_mm: float) -> None:
        """Draw one label with its upper left corner at (x, y)."""
        form = self.prepare(face)
        self.canvas.saveState()
        self.canvas.translate(x_mm * _POINTS_PER_MM, -y_mm * _POINTS_PER_MM)
        self.canvas.doForm(form)
        self.canvas.restoreState()
        self.symbol(qr.encode(qr_text(face.address)), x_mm, y_mm)
        self.layout(own_layout(face), x_mm, y_mm)

    def line(self, x1_mm: float, y1_mm: float, x2_mm: float, y2_mm: float) -> None:
        """Stroke a line between two points of the page."""
        ends = (x1_mm, PAGE_HEIGHT_MM - y1_mm, x2_mm, PAGE_HEIGHT_MM - y2_mm)
        self.canvas.line(*(end * _POINTS_PER_MM for end in ends))

    def cut_marks(self) -> None:
        """Draw 3 mm marks outside the grid at every cell edge; between the labels there is no ink to be off by."""
        self.canvas.setLineWidth(_CUT_LINE_MM * _POINTS_PER_MM)
        right, bottom = SIDE_MM + COLUMNS * WIDTH_MM, TOP_MM + ROWS * HEIGHT_MM
        for column in range(COLUMNS + 1):
            x = SIDE_MM + column * WIDTH_MM
            self.line(x, TOP_MM - _CUT_MARK_MM, x, TOP_MM)
            self.line(x, bottom, x, bottom + _CUT_MARK_MM)
        for row in range(ROWS + 1):
            y = TOP_MM + row * HEIGHT_MM
            self.line(SIDE_MM - _CUT_MARK_MM, y, SIDE_MM, y)
            self.line(right, y, right + _CUT_MARK_MM, y)

    def foot(self, faces: Sequence[LabelFace], page: int) -> None:
        """Print batch, range and time in the lower margin, one under each column."""
        words = (_batches(faces), _span(faces), f"打印 {self.printed_at:%Y-%m-%d %H:%M}  {page} / {self.pages} 页")
        for column, item in enumerate(words):
            shown = fit(item, "regular", _FOOT_MM, WIDTH_MM - 2 * MARGIN_MM)
            x = SIDE_MM + column * WIDTH_MM + MARGIN_MM
            self.text(Text(x, _FOOT_BASELINE_MM, _FOOT_MM, "regular", shown), 0, 0)

    def alignment_page(self) -> None:
        """Draw the empty grid to lay over label paper, with a ruler that shows whether the printer scaled."""
        canvas = self.canvas
        canvas.setLineWidth(_CUT_LINE_MM * _POINTS_PER_MM)
        canvas.setDash(3, 2)
        right, bottom = SIDE_MM + COLUMNS * WIDTH_MM, TOP_MM + ROWS * HEIGHT_MM
        for column in range(COLUMNS + 1):
            self.line(SIDE_MM + column * WIDTH_MM, TOP_MM, SIDE_MM + column * WIDTH_MM, bottom)
        for row in range(ROWS + 1):
            self.line(SIDE_MM, TOP_MM + row * HEIGHT_MM, right, TOP_MM + row * HEIGHT_MM)
        canvas.setDash()
        self.cut_marks()
        cells = (
            (0, 0, ("对位页", "先用这一页对准不干胶，再印后面的页")),
            (1, 0, ("打印缩放选 100 %", "不选“适合页面”，不缩放，单面")),
            (2, 0, (f"共 {len(self.faces)} 张标签", f"{self.pages - 1} 页，在本页之后")),
            (0, 1, ("量一量", f"下面的线应长 {_RULER_MM:.0f} mm，量出来不是就不要印")),
            (0, 2, ("裁切", "沿纸边的短线裁，标签之间没有缝")),
        )
        for column, row, (title, hint) in cells:
            x, y = SIDE_MM + column * WIDTH_MM, TOP_MM + row * HEIGHT_MM
            self.text(Text(4, 10, 4.0, "bold", title), x, y)
            self.text(Text(4, 16, 2.6, "regular", hint), x, y)
        if self.faces[0].trial:
            self.text(Text(4, 24, 4.0, "bold", TRIAL_WORDS), SIDE_MM, TOP_MM)
        self.ruler(SIDE_MM + 4, TOP_MM + HEIGHT_MM + 28)
        self.foot(self.faces, 1)
        canvas.showPage()

    def ruler(self, x_mm: float, y_mm: float) -> None:
        """Draw a line of 100 mm with a tick every 10 mm."""
        self.line(x_mm, y_mm, x_mm + _RULER_MM, y_mm)
        for tick in range(11):
            at = x_mm + tick * _RULER_MM / 10
            self.line(at, y_mm - (3 if tick % 10 == 0 else 1.5), at, y_mm)
        self.text(Text(x_mm, y_mm + 3.5, _FOOT_MM, "regular", "0"), 0, 0)
        self.text(Text(x_mm + _RULER_MM - 4, y_mm + 3.5, _FOOT_MM, "regular", f"{_RULER_MM:.0f} mm"), 0, 0)

    def label_page(self, faces: Sequence[LabelFace], page: int) -> None:
        """Draw up to 21 labels, row by row from the upper left."""
        self.cut_marks()
        for place, face in enumerate(faces):
            row, column = divmod(place, COLUMNS)
            self.label(face, SIDE_MM + column * WIDTH_MM, TOP_MM + row * HEIGHT_MM)
        self.foot(faces, page)
        self.canvas.showPage()


def _batches(faces: Sequence[LabelFace]) -> str:
    """Return the batch code of the faces, or the first and how many there are."""
    codes = list(dict.fromkeys(face.batch_code for face in faces))
    more = f" 等 {len(codes)} 批" if len(codes) > 1 else ""
    return f"批次 {format_groups(codes[0])}{more}"


def _span(faces: Sequence[LabelFace]) -> str:
    """Return the piece numbers of the faces as ranges, e.g. `件 1–5、9`, or the batch label's word."""
    ranges: list[list[int]] = []
    for number in sorted({face.piece_no for face in faces if face.piece_no is not None}):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    words = "、".join(str(first) if first == last else f"{first}–{last}" for first, last in ranges)
    return f"件 {words}" if words else BATCH_LABEL_WORD


def write(faces: Sequence[LabelFace], printed_at: datetime, progress: Callable[[int], None]) -> bytes:
    """Return the PDF of one or more faces: the alignment page, then 21 labels a page; `progress(done)` after each.

    `printed_at` is aware and printed in Beijing time. Raises AddressTooLong.
    """
    sheet = _Sheet(faces, printed_at)
    sheet.alignment_page()
    for page, start in enumerate(range(0, len(faces), LABELS_PER_PAGE), start=2):
        part = faces[start : start + LABELS_PER_PAGE]
        sheet.label_page(part, page)
        progress(start + len(part))
    sheet.canvas.save()
    return sheet.stream.getvalue()
