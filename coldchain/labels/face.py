"""What stands on one label and where: a face (the facts) and its layout in millimetres, for the PNG and the PDF.

60 x 40 mm, margin 2, black only; y counts down from the label's upper edge, text positions are baselines. Nothing is
clipped silently: what does not fit ends in an ellipsis. There is no status on a label, it would go stale. A counter
label (散货牌, R13) has no piece number.
"""

from dataclasses import dataclass
from datetime import date

from coldchain.labels import fonts
from coldchain.labels.code import ADDRESS_SEGMENT, format_groups, parse
from coldchain.labels.fonts import FontName

WIDTH_MM = 60.0
HEIGHT_MM = 40.0
MARGIN_MM = 2.0
TRIAL_WORDS = "仅供测试，不得使用"
BATCH_LABEL_WORD = "散货牌"

_RIGHT_MM = WIDTH_MM - MARGIN_MM
_TEXT_X_MM = 26.5
_TEXT_WIDTH_MM = _RIGHT_MM - _TEXT_X_MM
_NAME_MM, _FACT_MM, _PIECE_MM, _CODE_MM, _FOOT_MM, _TRIAL_MM = 4.0, 2.6, 5.4, 4.1, 2.4, 3.0
_RULES_Y_MM = (26.625, 33.125)
_RULE_MM = 0.25
_CODE_BASELINE_MM = 31.5
_FOOT_BASELINE_MM = 37.3
_SEPARATOR_GAP_MM = 1.0
_SCAN_WORDS = "扫码看当前状态"
_ELLIPSIS = "…"
_FIRST_WIDE = 0x2E80  # CJK radicals: from here on lines break between any two characters
_NOT_AT_LINE_END = frozenset("（【《「『“‘([")
_NOT_AT_LINE_START = frozenset("，。、；：？！）】》」』”’%℃,.;:?!)]}…")


@dataclass(frozen=True)
class LabelFace:
    """The facts of one label, in the words that are printed; `piece_no` None = the label of the whole batch.

    `expiry_date` None: the pack names none, and the label has no such line.

    `code` is the label code without blanks and `address` the label's full address. Raises ValueError when code, piece
    number and address contradict each other, for a label that names another thing than its QR is worse than none.
    """

    name: str
    specification: str
    origin: str
    production_date: date
    expiry_date: date | None
    piece_no: int | None
    piece_count: int | None
    code: str
    address: str
    first_station: str
    trial: bool

    def __post_init__(self) -> None:
        label = parse(self.code)
        if label.text != self.code:
            raise ValueError("the code must be in its canonical form")
        if label.serial != (self.piece_no or 0):
            raise ValueError("the piece number is not the one in the code")
        if not self.address.upper().endswith(ADDRESS_SEGMENT + self.code):
            raise ValueError("the address does not end with the code")
        if self.piece_no is not None and self.piece_count is not None and self.piece_no > self.piece_count:
            raise ValueError("the piece number exceeds the piece count")

    @property
    def batch_code(self) -> str:
        """The 8-symbol batch code."""
        return parse(self.code).batch_code

    @property
    def common(self) -> tuple[object, ...]:
        """What every label of one batch and level shares; equal keys have equal `Layout.common`."""
        return (
            self.name,
            self.specification,
            self.origin,
            self.production_date,
            self.expiry_date,
            self.first_station,
            self.trial,
            self.piece_no is None,
        )


@dataclass(frozen=True)
class Text:
    """Words in one font with their left end at x and their baseline at y; white ones stand on a band."""

    x_mm: float
    y_mm: float
    size_mm: float
    font: FontName
    words: str
    white: bool = False


@dataclass(frozen=True)
class Bar:
    """A filled rectangle: rule, separator or band."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class Layout:
    """What is drawn, bars before texts; the QR symbol's square always has its corner at the margin."""

    bars: tuple[Bar, ...]
    texts: tuple[Text, ...]


def unprintable(face: LabelFace) -> tuple[str, ...]:
    """Return the characters of the face that no label font has, each once; they come out as 〓, so tell people."""
    return fonts.unprintable(face.name + face.specification + face.origin + face.first_station)


def fit(text: str, font: FontName, size_mm: float, width_mm: float) -> str:
    """Return `text` if it is at most `width_mm` wide, else its longest beginning with an ellipsis that is."""
    if fonts.width_em(text, font) * size_mm <= width_mm:
        return text
    kept = text
    while kept and fonts.width_em(kept + _ELLIPSIS, font) * size_mm > width_mm:
        kept = kept[:-1]
    return kept.rstrip() + _ELLIPSIS


def wrap(text: str, font: FontName, size_mm: float, width_mm: float) -> tuple[str, ...]:
    """Return `text` on one or two lines at most `width_mm` wide; the second ends with an ellipsis when there is more.

    Breaks at blanks and beside wide characters, never before closing or after opening punctuation; inside a word only
    when a line has no other place.
    """
    if fonts.width_em(text, font) * size_mm <= width_mm:
        return (text,)
    end = len(text)
    while end > 1 and fonts.width_em(text[:end], font) * size_mm > width_mm:
        end -= 1
    end = next((place for place in range(end, 1, -1) if may_break(text, place)), end)
    return text[:end].rstrip(), fit(text[end:].lstrip(), font, size_mm, width_mm)


def may_break(text: str, place: int) -> bool:
    """Return whether a new line may start with the character at `place`."""
    before, after = text[place - 1], text[place]
    if after == " ":
        return True
    beside_wide = ord(before) >= _FIRST_WIDE or ord(after) >= _FIRST_WIDE
    return before == " " or (beside_wide and after not in _NOT_AT_LINE_START and before not in _NOT_AT_LINE_END)


def common_layout(face: LabelFace) -> Layout:
    """Return what all labels with the same `face.common` share: everything but QR, human code and piece number."""
    name_lines = wrap(fonts.clean(face.name), "bold", _NAME_MM, _TEXT_WIDTH_MM)
    two_lines = len(name_lines) > 1
    name_y, name_pitch, fact_y, fact_pitch = (5.8, 4.3, 13.5, 3.05) if two_lines else (6.6, 0.0, 11.3, 3.65)
    texts = [
        Text(_TEXT_X_MM, name_y + line * name_pitch, _NAME_MM, "bold", words) for line, words in enumerate(name_lines)
    ]
    bars = [Bar(MARGIN_MM, y, WIDTH_MM - 2 * MARGIN_MM, _RULE_MM) for y in _RULES_Y_MM]
    first_texts, first_bars = _specification_and_origin(face, fact_y, with_specification=not two_lines)
    texts += first_texts
    bars += first_bars
    dates = [f"生产 {face.production_date}"] + ([f"至 {face.expiry_date}"] if face.expiry_date else [])
    for row, words in enumerate(dates, start=1):
        texts.append(Text(_TEXT_X_MM, fact_y + row * fact_pitch, _FACT_MM, "regular", words))
    if face.piece_no is None:
        texts.append(Text(_TEXT_X_MM, _piece_baseline_mm(name_lines), _NAME_MM, "bold", BATCH_LABEL_WORD))
    if face.trial:
        bars.append(Bar(MARGIN_MM, 34.0, WIDTH_MM - 2 * MARGIN_MM, 4.0))
        x = (WIDTH_MM - fonts.width_em(TRIAL_WORDS, "bold") * _TRIAL_MM) / 2
        texts.append(Text(x, 37.1, _TRIAL_MM, "bold", TRIAL_WORDS, white=True))
    else:
        texts += _foot(face)
    return Layout(tuple(bars), tuple(texts))


def own_layout(face: LabelFace) -> Layout:
    """Return what belongs to this label alone: human code and piece number (the QR symbol is drawn by the writers)."""
    groups = format_groups(face.code)
    available = WIDTH_MM - 2 * MARGIN_MM
    code_width = fonts.width_em(groups, "mono")
    code_size = min(_CODE_MM, available / code_width)
    texts = [Text((WIDTH_MM - code_width * code_size) / 2, _CODE_BASELINE_MM, code_size, "mono", groups)]
    if face.piece_no is not None:
        texts += _piece(face)
    return Layout((), tuple(texts))


def _specification_and_origin(face: LabelFace, y: float, *, with_specification: bool) -> tuple[list[Text], list[Bar]]:
    """Return `specification | origin`; the origin is never shortened for the specification's sake."""
    origin = fit(fonts.clean(face.origin), "regular", _FACT_MM, _TEXT_WIDTH_MM)
    origin_width = fonts.width_em(origin, "regular") * _FACT_MM
    room = _TEXT_WIDTH_MM - origin_width - 2 * _SEPARATOR_GAP_MM
    specification = fonts.clean(face.specification) if with_specification else ""
    if specification:
        specification = fit(specification, "regular", _FACT_MM, room)
    if not specification or room < 2 * _FACT_MM:
        return [Text(_TEXT_X_MM, y, _FACT_MM, "regular", origin)], []
    line_x = _TEXT_X_MM + fonts.width_em(specification, "regular") * _FACT_MM + _SEPARATOR_GAP_MM
    separator = Bar(line_x, y - 2.0, 0.125, 2.2)
    return [
        Text(_TEXT_X_MM, y, _FACT_MM, "regular", specification),
        Text(line_x + _SEPARATOR_GAP_MM, y, _FACT_MM, "regular", origin),
    ], [separator]


def _piece_baseline_mm(name_lines: tuple[str, ...]) -> float:
    return 24.4 if len(name_lines) == 1 else 25.5


def _piece(face: LabelFace) -> list[Text]:
    """Return `件 17 / 480` with the number large; very long numbers shrink together until they fit."""
    y = _piece_baseline_mm(wrap(fonts.clean(face.name), "bold", _NAME_MM, _TEXT_WIDTH_MM))
    number, total = str(face.piece_no), f"/ {face.piece_count}" if face.piece_count is not None else ""
    number_x = _TEXT_X_MM + _FACT_MM + 1.2
    number_em, total_width = fonts.width_em(number, "bold"), fonts.width_em(total, "regular") * _FACT_MM
    size = min(_PIECE_MM, (_RIGHT_MM - number_x - 0.9 - total_width) / number_em)
    texts = [Text(_TEXT_X_MM, y, _FACT_MM, "regular", "件"), Text(number_x, y, size, "bold", number)]
    if total:
        texts.append(Text(number_x + number_em * size + 0.9, y, _FACT_MM, "regular", total))
    return texts


def _foot(face: LabelFace) -> list[Text]:
    """Return the first station (R2) and, at the right, the scan words, which give way before a name is shortened."""
    available = WIDTH_MM - 2 * MARGIN_MM
    station = "首站 " + fonts.clean(face.first_station)
    scan_width = fonts.width_em(_SCAN_WORDS, "regular") * _FOOT_MM
    if fonts.width_em(station, "regular") * _FOOT_MM + 2.0 + scan_width <= available:
        scan = Text(_RIGHT_MM - scan_width, _FOOT_BASELINE_MM, _FOOT_MM, "regular", _SCAN_WORDS)
        return [Text(MARGIN_MM, _FOOT_BASELINE_MM, _FOOT_MM, "regular", station), scan]
    return [Text(MARGIN_MM, _FOOT_BASELINE_MM, _FOOT_MM, "regular", fit(station, "regular", _FOOT_MM, available))]
