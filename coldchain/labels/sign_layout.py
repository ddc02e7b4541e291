"""Pure: what stands where on a sign, in millimetres of A4: sizes go down and lines are added until all of it is there.

Nothing is cut while there is a size left: the least is 3.6 mm on A4 and so 7.2 pt on A5. Only words that are too many
even then end in an ellipsis.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from coldchain.labels import fonts
from coldchain.labels.code import format_groups
from coldchain.labels.face import TRIAL_WORDS, Bar, Layout, Text
from coldchain.labels.flow import balanced, cut_lines, flow, whole_words, width_mm
from coldchain.labels.fonts import FontName
from coldchain.labels.sign import HEIGHT_MM, MARGIN_MM, WIDTH_MM, Drawn, Duty, SignFace, StewardsFace

INNER_MM: Final = WIDTH_MM - 2 * MARGIN_MM
LEAST_MM: Final = 3.6
_LEADING: Final = 1.25
_GAP_MM: Final = 2.5  # between a name and the lines below it
_BAND_MM: Final = 14.0  # of a trial address
_SYMBOL_END_MM: Final = 222.0  # of a place: below it code, purpose, moment
_TOP_MM: Final = 40.0  # below the kind of a place
# The side of the square, the size of the name, of the lines below it, on how many lines the name may stand.
_PLACES: Final = (
    (118.0, 26.0, 7.4, 1), (118.0, 20.0, 7.2, 1), (118.0, 17.0, 7.0, 1), (118.0, 15.0, 6.6, 2), (118.0, 13.0, 6.2, 2),
    (118.0, 11.0, 5.6, 3), (104.0, 11.0, 5.6, 3), (104.0, 9.5, 5.2, 4), (92.0, 8.5, 4.8, 5), (84.0, 7.5, 4.4, 6),
    (84.0, 6.5, 4.0, 8), (84.0, 5.5, LEAST_MM, 10),
)  # fmt: skip
_SCALES: Final = (
    1.25,
    1.15,
    1.07,
    1.0,
    0.94,
    0.88,
    0.82,
    0.76,
    0.71,
    0.667,
)  # of the stewards' sign; 5.4 mm become 3.6
_DUTY_LINES: Final = (40, 8, 6, 4, 3, 2)  # when even the smallest has no room
_STEWARDS_SYMBOL_MM: Final = 48.0


def _centred(words: str, y_mm: float, size_mm: float, font: FontName, *, white: bool = False) -> Text:
    """Return one line in the middle of the sheet, smaller where it would be too wide."""
    size = min(size_mm, INNER_MM / (fonts.width_em(words, font) or 1))
    return Text((WIDTH_MM - fonts.width_em(words, font) * size) / 2, y_mm, size, font, words, white)


def _trial() -> tuple[Bar, Text]:
    """Return the band across the foot of a sheet that was made for a trial address."""
    band = Bar(0, HEIGHT_MM - _BAND_MM, WIDTH_MM, _BAND_MM)
    return band, _centred(TRIAL_WORDS, HEIGHT_MM - 4.6, 8.0, "bold", white=True)


def place(face: SignFace) -> Drawn:
    """Return the sign of a place: kind, name, lines, the large square, the code in groups of four, what it is for."""
    texts = [_centred(fonts.clean(face.kind), 30.0, 13.0, "bold")]
    bars = [Bar(MARGIN_MM, 36.0, INNER_MM, 0.8)]
    side, above = _name_block(face)
    texts += above
    symbol = ((WIDTH_MM - side) / 2, _SYMBOL_END_MM - side, side)
    texts.append(_centred(format_groups(face.code), _SYMBOL_END_MM + 13.0, 13.0, "mono"))
    y = _SYMBOL_END_MM + 24.0
    for words in face.purpose:
        texts.append(_centred(fonts.clean(words), y, 6.2, "regular"))
        y += 8.4
    if face.as_of:
        texts.append(_centred(f"截至 {face.as_of}，以扫码所见为准", 277.0, 4.4, "regular"))
    if face.trial:
        band, words_on_it = _trial()
        bars.append(band)
        texts.append(words_on_it)
    return Drawn(Layout(tuple(bars), tuple(texts)), face.code, face.address, symbol, f"{face.kind} {face.name}")


def _name_block(face: SignFace) -> tuple[float, list[Text]]:
    """Return the side of the square, and name and lines in the middle of what is left above it."""
    name, below = fonts.clean(face.name), [fonts.clean(words) for words in face.lines if fonts.clean(words)]
    for side, size, small, most in _PLACES:
        names = balanced(name, "bold", size, INNER_MM)
        lines = [line for words in below for line in balanced(words, "regular", small, INNER_MM)]
        room = _SYMBOL_END_MM - side - 3.0 - _TOP_MM
        taken = len(names) * size * _LEADING + len(lines) * small * 1.4 + _GAP_MM
        if len(names) <= most and taken <= room and whole_words(name, names):
            break
    else:
        names = cut_lines(names, most, "bold", size, INNER_MM, ends=True)
        left = int((room - _GAP_MM - len(names) * size * _LEADING) / (small * 1.4))
        each = max(1, left // max(1, len(below)))
        flowed = (flow(words, "regular", small, INNER_MM) for words in below)
        lines = [line for one in flowed for line in cut_lines(one, each, "regular", small, INNER_MM)]
        taken = len(names) * size * _LEADING + len(lines) * small * 1.4 + _GAP_MM
    y = _TOP_MM + (room - taken) / 2
    texts = []
    for words in names:
        texts.append(_centred(words, y + size * 0.95, size, "bold"))
        y += size * _LEADING
    y += _GAP_MM
    for words in lines:
        texts.append(_centred(words, y + small * 1.05, small, "regular"))
        y += small * 1.4
    return side, texts


@dataclass(frozen=True)
class _Line:
    """A line of a block: how far below its top, where it begins."""

    y_mm: float
    x_mm: float
    size_mm: float
    font: FontName
    words: str


@dataclass(frozen=True)
class _Part:
    """A part of the stewards' sign: its lines, how high it is."""

    lines: tuple[_Line, ...]
    height_mm: float


def stewards(face: StewardsFace) -> Drawn:
    """Return the public sign of a store's stewards: each post with name, phone and duties; code and square below."""
    texts = [_centred("冷库库长公示牌", 32.0, 17.0, "bold")]
    bars = [Bar(MARGIN_MM, 39.0, INNER_MM, 0.8)]
    end = HEIGHT_MM - (_BAND_MM if face.trial else 8.0)
    room = end - 41.0 - _STEWARDS_SYMBOL_MM - 8.0
    head, duties = _parts(face, room)
    spare = max(0.0, room - head.height_mm - sum(part.height_mm for part in duties))
    gap = min(11.0, spare / (len(duties) + 1))
    y = 41.0
    texts += _put(head, y)
    y += head.height_mm + gap * 0.4
    for part in duties:
        bars.append(Bar(MARGIN_MM, y, INNER_MM, 0.4))
        texts += _put(part, y)
        y += part.height_mm + gap
    bars.append(Bar(MARGIN_MM, y, INNER_MM, 0.8))
    side = min(62.0, end - y - 5.0)
    symbol = (MARGIN_MM, y + 3.0, side)
    texts += _beside(face, y + 3.0, side)
    if face.trial:
        band, words_on_it = _trial()
        bars.append(band)
        texts.append(words_on_it)
    return Drawn(Layout(tuple(bars), tuple(texts)), face.code, face.address, symbol, f"库长公示牌 {face.name}")


def _put(part: _Part, y: float) -> Iterator[Text]:
    for line in part.lines:
        yield Text(line.x_mm, y + line.y_mm, line.size_mm, line.font, line.words)


def _beside(face: StewardsFace, top: float, side: float) -> list[Text]:
    """Return what stands beside the square: the code, what it is for, as of when."""
    left = MARGIN_MM + side + 6.0
    room = WIDTH_MM - MARGIN_MM - left
    code = format_groups(face.code)
    size = min(9.0, room / fonts.width_em(code, "mono"))
    y = top + side * 0.3
    texts = [Text(left, y, size, "mono", code)]
    y += 11.0
    for words in ("扫码：谁在这里经营，卡证状态，库长是谁", f"截至 {face.as_of}，以扫码所见为准"):
        for line in flow(words, "regular", 5.2, room):
            texts.append(Text(left, y, 5.2, "regular", line))
            y += 7.4
    return texts


def _parts(face: StewardsFace, room: float) -> tuple[_Part, list[_Part]]:
    """Return head and stewards at the largest size at which all fits; else the duties' ends are missing."""
    tries = [(scale, _DUTY_LINES[0]) for scale in _SCALES] + [(_SCALES[-1], most) for most in _DUTY_LINES[1:]]
    head, duties = _Part((), 0.0), list[_Part]()
    for scale, most in tries:
        head = _head(face, scale, 40 if most == _DUTY_LINES[0] else 4)
        duties = [_duty(each, scale, most) for each in face.stewards]
        if head.height_mm + sum(part.height_mm for part in duties) <= room:
            break
    return head, duties


def _head(face: StewardsFace, scale: float, most: int) -> _Part:
    """Return the store's name and whose it is, in the middle."""
    lines, y = list[_Line](), 3.0
    sizes: Sequence[tuple[str, FontName, float]] = ((face.name, "bold", 10.0), (face.owner, "regular", 5.6))
    for words, font, full in sizes:
        said, size = fonts.clean(words), full * scale
        flowed = balanced(said, font, size, INNER_MM)
        for line in cut_lines(flowed, most, font, size, INNER_MM, ends=True):
            x = (WIDTH_MM - width_mm(line, font, size)) / 2
            lines.append(_Line(y + size, x, size, font, line))
            y += size * _LEADING
        y += 1.5
    return _Part(tuple(lines), y + 1.0)


def _duty(each: Duty, scale: float, most: int) -> _Part:
    """Return one steward: the post, who has it, the phone, the duties."""
    name = fonts.clean(each.name) if each.name else "空缺"
    phone = f"电话 {fonts.clean(each.phone)}" if each.phone else ""
    post, size, call, body = (full * scale for full in (7.0, 7.6, 6.2, 5.4))
    left, room = MARGIN_MM + 42.0 * scale, INNER_MM - 42.0 * scale
    limit = most if most < _DUTY_LINES[0] else _DUTY_LINES[0]
    y = 4.0 + size
    lines = [_Line(y, MARGIN_MM, post, "bold", each.post)]
    width = width_mm(phone, "regular", call)
    beside = phone and width_mm(name, "bold", size) + 4.0 + width <= room
    names = cut_lines(flow(name, "bold", size, room), limit, "bold", size, room)
    lines += [_Line(y + row * size * _LEADING, left, size, "bold", words) for row, words in enumerate(names)]
    y += (len(names) - 1) * size * _LEADING
    if beside:
        lines.append(_Line(y, WIDTH_MM - MARGIN_MM - width, call, "regular", phone))
    elif phone:
        for words in cut_lines(flow(phone, "regular", call, room), 2, "regular", call, room):
            y += call * 1.4
            lines.append(_Line(y, left, call, "regular", words))
    y += 1.5 * scale
    for words in cut_lines(flow(fonts.clean(each.duties), "regular", body, INNER_MM), limit, "regular", body, INNER_MM):
        if words:
            y += body * 1.4
            lines.append(_Line(y, MARGIN_MM, body, "regular", words))
    return _Part(tuple(lines), y + 4.0)
