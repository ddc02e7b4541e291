"""What stands on the sign of a place, and on the public sign of a store's stewards: A4 or A5, PDF or PNG, black only.

Laid out once in millimetres of A4; A5 is the same picture, smaller by the root of two. Words are the tools of labels:
every character has a glyph or is printed as 〓, and what does not fit ends in an ellipsis. Raises AddressTooLong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from coldchain.labels import fonts, png, qr
from coldchain.labels.code import format_groups, qr_text
from coldchain.labels.face import TRIAL_WORDS, Bar, Layout, Text, fit, wrap
from coldchain.labels.fonts import FontName

Size = Literal["a4", "a5"]
SIZES: Final[dict[Size, tuple[float, float]]] = {"a4": (210.0, 297.0), "a5": (148.5, 210.0)}
WIDTH_MM, HEIGHT_MM = SIZES["a4"]
MARGIN_MM: Final = 16.0
PNG_DOTS_PER_MM: Final = png.DOTS_PER_MM
_INNER_MM: Final = WIDTH_MM - 2 * MARGIN_MM
_POINTS_PER_MM: Final = 72 / 25.4
_SYMBOL_MM: Final = 118.0
_SMALL_SYMBOL_MM: Final = 48.0
_LEAST_NAME_MM: Final = 4.2  # of a steward with a long name


@dataclass(frozen=True)
class SignFace:
    """The sign of one place: what it is (冷库), its name, lines below it, what the code is for, code and address."""

    kind: str
    name: str
    lines: tuple[str, ...]
    purpose: tuple[str, ...]
    code: str
    address: str
    trial: bool


@dataclass(frozen=True)
class Duty:
    """One steward on the public sign: the post, who has it (None: nobody), the phone that may be read, the duties."""

    post: str
    name: str | None
    phone: str | None
    duties: str


@dataclass(frozen=True)
class StewardsFace:
    """The public sign of a store's stewards."""

    name: str
    owner: str
    stewards: tuple[Duty, ...]
    as_of: str
    code: str
    address: str
    trial: bool


@dataclass(frozen=True)
class Drawn:
    """A sheet in millimetres of A4: its layout, and the square of its QR symbol (left, top, side)."""

    layout: Layout
    code: str
    address: str
    symbol: tuple[float, float, float]
    title: str


def lines(words: str, font: FontName, size_mm: float, width_mm: float, most: int) -> list[str]:
    """Return words on at most `most` lines of a width; the last ends with an ellipsis when there is more."""
    left, found = fonts.clean(words), list[str]()
    while left and len(found) < most - 1:
        first = wrap(left, font, size_mm, width_mm)[0]
        found.append(first)
        left = left[len(first) :].lstrip()
    return [*found, fit(left, font, size_mm, width_mm)] if left else found


def _centred(words: str, y_mm: float, size_mm: float, font: FontName, *, white: bool = False) -> Text:
    """Return one line in the middle of the sheet, smaller where it would be too wide."""
    size = min(size_mm, _INNER_MM / (fonts.width_em(words, font) or 1))
    return Text((WIDTH_MM - fonts.width_em(words, font) * size) / 2, y_mm, size, font, words, white)


def _trial() -> tuple[Bar, Text]:
    """Return the band across the foot of a sheet that was made for a trial address."""
    return Bar(0, HEIGHT_MM - 14, WIDTH_MM, 14), _centred(TRIAL_WORDS, HEIGHT_MM - 4.6, 8.0, "bold", white=True)


def place(face: SignFace) -> Drawn:
    """Return the sign of a place: kind, name, lines, the large square, the code in groups of four, what it is for."""
    texts = [_centred(fonts.clean(face.kind), 30.0, 13.0, "bold")]
    bars = [Bar(MARGIN_MM, 36.0, _INNER_MM, 0.8)]
    names = lines(face.name, "bold", 15.0, _INNER_MM, 2)
    y = 56.0 if len(names) == 1 else 53.0
    for words in names:
        texts.append(_centred(words, y, 15.0, "bold"))
        y += 18.0
    y -= 5.0 if len(names) == 1 else 7.0
    for words in face.lines:
        texts.append(_centred(fit(fonts.clean(words), "regular", 6.6, _INNER_MM), y, 6.6, "regular"))
        y += 9.2
    top = 104.0
    symbol = ((WIDTH_MM - _SYMBOL_MM) / 2, top, _SYMBOL_MM)
    texts.append(_centred(format_groups(face.code), top + _SYMBOL_MM + 13.0, 13.0, "mono"))
    y = top + _SYMBOL_MM + 25.0
    for words in face.purpose:
        texts.append(_centred(fonts.clean(words), y, 6.2, "regular"))
        y += 8.8
    if face.trial:
        band, words_on_it = _trial()
        bars.append(band)
        texts.append(words_on_it)
    return Drawn(Layout(tuple(bars), tuple(texts)), face.code, face.address, symbol, f"{face.kind} {face.name}")


def stewards(face: StewardsFace) -> Drawn:
    """Return the public sign of a store's stewards: each post with name, phone and duties; code and square below."""
    texts = [_centred("冷库库长公示牌", 32.0, 17.0, "bold")]
    bars = [Bar(MARGIN_MM, 39.0, _INNER_MM, 0.8)]
    texts.append(_centred(fit(fonts.clean(face.name), "bold", 10.0, _INNER_MM), 54.0, 10.0, "bold"))
    texts.append(_centred(fit(fonts.clean(face.owner), "regular", 5.4, _INNER_MM), 62.5, 5.4, "regular"))
    y = 68.0
    for each in face.stewards:
        bars.append(Bar(MARGIN_MM, y, _INNER_MM, 0.4))
        texts += _duty(each, y)
        y += 50.0
    bars.append(Bar(MARGIN_MM, y, _INNER_MM, 0.8))
    symbol = (MARGIN_MM, y + 4.0, _SMALL_SYMBOL_MM)
    left = MARGIN_MM + _SMALL_SYMBOL_MM + 8.0
    right = WIDTH_MM - MARGIN_MM - left
    code = format_groups(face.code)
    size = min(9.0, right / fonts.width_em(code, "mono"))
    texts.append(Text(left, y + 20.0, size, "mono", code))
    for row, words in enumerate(("扫码：谁在这里经营，卡证状态，库长是谁", f"截至 {face.as_of}")):
        texts.append(Text(left, y + 32.0 + row * 8.0, 5.2, "regular", fit(words, "regular", 5.2, right)))
    if face.trial:
        band, words_on_it = _trial()
        bars.append(band)
        texts.append(words_on_it)
    return Drawn(Layout(tuple(bars), tuple(texts)), face.code, face.address, symbol, f"库长公示牌 {face.name}")


def _duty(each: Duty, y: float) -> list[Text]:
    """Return one steward's part of the sign, 50 mm high."""
    name = fonts.clean(each.name) if each.name else "空缺"
    phone = fonts.clean(each.phone) if each.phone else ""
    texts = [Text(MARGIN_MM, y + 11.0, 7.0, "bold", each.post)]
    room = _INNER_MM - 42.0
    if phone:
        said = fit(f"电话 {phone}", "regular", 6.2, _INNER_MM - 112.0)
        texts.append(Text(WIDTH_MM - MARGIN_MM - fonts.width_em(said, "regular") * 6.2, y + 11.0, 6.2, "regular", said))
        room -= fonts.width_em(said, "regular") * 6.2 + 4.0
    size = max(_LEAST_NAME_MM, min(7.6, room / fonts.width_em(name, "bold")))
    texts.append(Text(MARGIN_MM + 42.0, y + 11.0, size, "bold", fit(name, "bold", size, room)))
    for row, words in enumerate(lines(each.duties, "regular", 5.4, _INNER_MM, 4)):
        texts.append(Text(MARGIN_MM, y + 21.0 + row * 7.6, 5.4, "regular", words))
    return texts


def pdf(sheets: Sequence[Drawn], size: Size) -> bytes:
    """Return one page a sheet; the same sheets give the same bytes."""
    stream = BytesIO()
    fonts.width_em("", "regular")  # makes reportlab know the fonts
    width, height = (side * _POINTS_PER_MM for side in SIZES[size])
    canvas = Canvas(stream, pagesize=(width, height), pageCompression=1, invariant=1)
    canvas.setTitle(sheets[0].title)
    unit = width / WIDTH_MM  # points a millimetre of A4
    for drawn in sheets:
        for bar in drawn.layout.bars:
            bottom = (HEIGHT_MM - bar.y_mm - bar.height_mm) * unit
            canvas.rect(bar.x_mm * unit, bottom, bar.width_mm * unit, bar.height_mm * unit, stroke=0, fill=1)
        for text in drawn.layout.texts:
            _text(canvas, text, unit)
        _symbol(canvas, drawn, unit)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _text(canvas: Canvas, text: Text, unit: float) -> None:
    canvas.setFillGray(1 if text.white else 0)
    x = text.x_mm
    for name, words in fonts.runs(text.words, text.font):
        canvas.setFont(fonts.pdf_name(name), text.size_mm * unit)
        canvas.drawString(x * unit, (HEIGHT_MM - text.y_mm) * unit, words)
        x += fonts.width_em(words, name) * text.size_mm
    canvas.setFillGray(0)


def _symbol(canvas: Canvas, drawn: Drawn, unit: float) -> None:
    symbol = qr.encode(qr_text(drawn.address))
    left, top, side = drawn.symbol
    module = side / (symbol.side_modules + 2 * qr.QUIET_MODULES)
    inner = module * symbol.side_modules
    x, y = (left + module * qr.QUIET_MODULES) * unit, (HEIGHT_MM - top - side + module * qr.QUIET_MODULES) * unit
    count, bits = symbol.side_modules, symbol.modules.tobytes().hex().upper()
    place = f"{inner * unit:.4f} 0 0 {inner * unit:.4f} {x:.4f} {y:.4f} cm"
    canvas.addLiteral(f"q {place} BI /W {count} /H {count} /BPC 1 /IM true /F /AHx ID {bits}> EI Q")


def picture(drawn: Drawn, size: Size) -> bytes:
    """Return a sheet as a 1-bit PNG at 8 dots a millimetre."""
    scale = SIZES[size][0] / WIDTH_MM
    width, height = (round(side * PNG_DOTS_PER_MM) for side in SIZES[size])
    image = Image.new("1", (width, height), 255)
    png.draw_layout(image, _scaled(drawn.layout, scale))
    symbol = qr.encode(qr_text(drawn.address))
    left, top, side = (edge * scale * PNG_DOTS_PER_MM for edge in drawn.symbol)
    whole = symbol.side_modules + 2 * qr.QUIET_MODULES
    module = max(1, int(side / whole))
    offset = round((side - module * symbol.side_modules) / 2)
    inner = module * symbol.side_modules
    black = symbol.modules.resize((inner, inner), Image.Resampling.NEAREST)
    image.paste(black, (round(left) + offset, round(top) + offset))
    stream = BytesIO()
    image.save(stream, format="PNG", dpi=(PNG_DOTS_PER_MM * 25.4, PNG_DOTS_PER_MM * 25.4))
    return stream.getvalue()


def _scaled(layout: Layout, scale: float) -> Layout:
    return Layout(
        tuple(Bar(b.x_mm * scale, b.y_mm * scale, b.width_mm * scale, b.height_mm * scale) for b in layout.bars),
        tuple(Text(t.x_mm * scale, t.y_mm * scale, t.size_mm * scale, t.font, t.words, t.white) for t in layout.texts),
    )
