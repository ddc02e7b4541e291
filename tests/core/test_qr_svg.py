"""The QR of printed pages says what it should, whatever reads it."""

import re

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from coldchain.core.qr_svg import svg


def drawn(mark: str, scale: int = 4) -> Image.Image:
    """Paint the path as a printer would."""
    side = int(re.search(r'viewBox="0 0 (\d+)', mark)[1])  # type: ignore[index]
    image = Image.new("L", (side * scale, side * scale), 255)
    draw = ImageDraw.Draw(image)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", mark):
        left, top = int(x) * scale, int(y) * scale
        draw.rectangle((left, top, left + int(width) * scale - 1, top + scale - 1), fill=0)
    return image


@pytest.mark.parametrize(
    "text", ["https://trace.example/D/FH210119-7K2QM", "http://127.0.0.1:8000/D/FH210119-7K2QM", "x" * 200]
)
def test_a_reader_reads_it(text: str) -> None:
    mark = svg(text, "发货单")
    (found,) = zxingcpp.read_barcodes(drawn(mark))
    assert found.text == text
    assert 'aria-label="发货单"' in mark


def test_what_a_label_says_is_escaped() -> None:
    assert "<b>" not in svg("x", '<b>"')
