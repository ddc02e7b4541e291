"""What stands on the sign of a place, and on the public sign of a store's stewards: A4 or A5, PDF or PNG, black only.

Laid out once in millimetres of A4 (`sign_layout`); A5 is the same picture, smaller by the root of two. Words are the
tools of labels: every character has a glyph or is printed as 〓. Raises AddressTooLong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from coldchain.labels import fonts, png, qr
from coldchain.labels.code import qr_text
from coldchain.labels.face import Bar, Layout, Text

Size = Literal["a4", "a5"]
SIZES: Final[dict[Size, tuple[float, float]]] = {"a4": (210.0, 297.0), "a5": (148.5, 210.0)}
WIDTH_MM, HEIGHT_MM = SIZES["a4"]
MARGIN_MM: Final = 16.0
PNG_DOTS_PER_MM: Final = png.DOTS_PER_MM
_POINTS_PER_MM: Final = 72 / 25.4


@dataclass(frozen=True)
class SignFace:
    """The sign of one place: what it is (冷库), its name, lines below it, what the code is for, code and address.

    `as_of`: the day on which name and lines were so.
    """

    kind: str
    name: str
    lines: tuple[str, ...]
    purpose: tuple[str, ...]
    code: str
    address: str
    trial: bool
    as_of: str = ""


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
