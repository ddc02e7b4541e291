"""A QR symbol as one SVG path, for pages that are printed. Needs no script, no picture file and no style of its own."""

from typing import Any, Final

import zxingcpp
from markupsafe import Markup

QUIET_MODULES: Final = 4


def svg(text: str, label: str) -> Markup:
    """Return the smallest QR symbol at level M that holds `text`, black on white, with its quiet zone.

    `label` says to screen readers what it leads to. The size comes from the page's style sheet.
    """
    barcode = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M")
    image: Any = barcode.to_image(scale=1, add_quiet_zones=False)  # has the buffer protocol, its stub does not
    side = image.shape[0]
    dots = memoryview(image).tobytes()
    path = "".join(_row(dots[y * side : (y + 1) * side], y + QUIET_MODULES) for y in range(side))
    whole = side + 2 * QUIET_MODULES
    return Markup(
        '<svg class="cc-qr" role="img" aria-label="{}" viewBox="0 0 {} {}" shape-rendering="crispEdges">'
        '<rect width="{}" height="{}" fill="#fff"/><path d="{}" fill="#000"/></svg>'
    ).format(label, whole, whole, whole, whole, path)


def _row(dots: bytes, y: int) -> str:
    """Return the strokes of one row of modules: black runs from left to right."""
    strokes, start = [], None
    for x, dot in enumerate([*dots, 255]):
        if dot == 0 and start is None:
            start = x
        elif dot != 0 and start is not None:
            strokes.append(f"M{start + QUIET_MODULES} {y}h{x - start}v1h-{x - start}z")
            start = None
    return "".join(strokes)
