"""One label as a PNG at 203 dpi: 480 x 320 dots, 1 bit, so that a thermal printer prints it dot by dot.

Glyphs are drawn four times too large and reduced by coverage: the font engine's own 1-bit mode shifts single Chinese
characters up or down by a dot and thins strokes that thermal paper then loses.
"""

import math
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from coldchain.labels import fonts, qr
from coldchain.labels.code import qr_text
from coldchain.labels.face import HEIGHT_MM, MARGIN_MM, WIDTH_MM, LabelFace, Layout, common_layout, own_layout
from coldchain.labels.fonts import FontName

DOTS_PER_MM = 8
_DPI = DOTS_PER_MM * 25.4
_WHITE, _BLACK = 255, 0
_OVERSAMPLE = 4
_COVERAGE_MIN = 105  # of 255: a dot is black from about two fifths on, a little bolder than half


@lru_cache(maxsize=32)
def _font(name: FontName, size_dots: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.path(name)), size_dots * _OVERSAMPLE, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _glyph(name: FontName, size_dots: float, character: str) -> tuple[Image.Image, int, int]:
    """Return a glyph's 1-bit mask and the dots right and down from its origin on the baseline to the mask's corner."""
    font = _font(name, size_dots)
    left, top, right, bottom = (edge / _OVERSAMPLE for edge in font.getbbox(character, anchor="ls"))
    x, y = math.floor(left), math.floor(top)
    size = max(1, math.ceil(right) - x), max(1, math.ceil(bottom) - y)
    large = Image.new("L", (size[0] * _OVERSAMPLE, size[1] * _OVERSAMPLE), 0)
    ImageDraw.Draw(large).text((-x * _OVERSAMPLE, -y * _OVERSAMPLE), character, font=font, fill=255, anchor="ls")
    covered = large.resize(size, Image.Resampling.BOX).point(
        [255 if value >= _COVERAGE_MIN else 0 for value in range(256)]
    )
    return covered.convert("1", dither=Image.Dither.NONE), x, y


def draw_layout(image: Image.Image, layout: Layout) -> None:
    """Draw bars and texts, in millimetres from the upper left corner, at 8 dots a millimetre."""
    canvas = ImageDraw.Draw(image)
    for bar in layout.bars:
        x, y = round(bar.x_mm * DOTS_PER_MM), round(bar.y_mm * DOTS_PER_MM)
        width, height = max(1, round(bar.width_mm * DOTS_PER_MM)), max(1, round(bar.height_mm * DOTS_PER_MM))
        canvas.rectangle((x, y, x + width - 1, y + height - 1), fill=_BLACK)
    for text in layout.texts:
        x_dots, y_dots, size_dots = text.x_mm * DOTS_PER_MM, round(text.y_mm * DOTS_PER_MM), text.size_mm * DOTS_PER_MM
        for name, words in fonts.runs(text.words, text.font):
            for character in words:
                mask, left, top = _glyph(name, size_dots, character)
                image.paste(_WHITE if text.white else _BLACK, (round(x_dots) + left, y_dots + top), mask)
                x_dots += fonts.width_em(character, name) * size_dots


def draw(face: LabelFace) -> Image.Image:
    """Return the label as a 1-bit image of 480 x 320 dots; raises AddressTooLong."""
    image = Image.new("1", (round(WIDTH_MM * DOTS_PER_MM), round(HEIGHT_MM * DOTS_PER_MM)), _WHITE)
    draw_layout(image, common_layout(face))
    draw_layout(image, own_layout(face))
    symbol = qr.encode(qr_text(face.address))
    side_dots = symbol.side_modules * symbol.module_dots
    corner = round(MARGIN_MM * DOTS_PER_MM) + symbol.offset_dots
    image.paste(symbol.modules.resize((side_dots, side_dots), Image.Resampling.NEAREST), (corner, corner))
    return image


def write(face: LabelFace) -> bytes:
    """Return the label as a PNG that says 8 dots a millimetre; raises AddressTooLong."""
    stream = BytesIO()
    draw(face).save(stream, format="PNG", dpi=(_DPI, _DPI))
    return stream.getvalue()
