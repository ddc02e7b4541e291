"""The QR symbol of a label: level M, version 3 at 5 dots a module, larger versions at what the same square takes."""

from dataclasses import dataclass
from typing import Any

import zxingcpp
from PIL import Image

from coldchain.core.errors import Invalid

QUIET_MODULES = 4
SQUARE_DOTS = 185  # 23.1 mm at 8 dots a millimetre: version 3 with its quiet zone at 5 dots a module

_VERSION_MIN = 3
_VERSION_MAX = (
    9  # 61 modules with the quiet zone: 3 dots each, 0.375 mm, the least that a phone reads from thermal print
)


class AddressTooLong(Invalid):
    """The public address does not fit a QR symbol that a phone can read from a 60 x 40 mm label."""

    code = "label_address_too_long"


@dataclass(frozen=True)
class Symbol:
    """One QR symbol: its modules as a 1-bit image, black = 0, without quiet zone, and its size in dots."""

    version: int
    modules: Image.Image

    @property
    def side_modules(self) -> int:
        """Modules along a side, without the quiet zone."""
        return self.modules.width

    @property
    def module_dots(self) -> int:
        """Printer dots along a module's side."""
        return SQUARE_DOTS // (self.side_modules + 2 * QUIET_MODULES)

    @property
    def offset_dots(self) -> int:
        """Dots from the square's edge to the first module; at least four modules."""
        return (SQUARE_DOTS - self.side_modules * self.module_dots) // 2


def encode(text: str) -> Symbol:
    """Return the smallest symbol from version 3 on that holds `text` at level M.

    Raises AddressTooLong past version 9 (262 characters in capitals, 180 bytes else).
    """
    for version in range(_VERSION_MIN, _VERSION_MAX + 1):
        try:
            barcode = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M", version=version)
        except ValueError:  # does not fit this version
            continue
        image: Any = barcode.to_image(scale=1, add_quiet_zones=False)  # has the buffer protocol, its stub does not
        side = image.shape[0]
        grey = Image.frombytes("L", (side, side), memoryview(image).tobytes())
        return Symbol(version, grey.convert("1", dither=Image.Dither.NONE))
    raise AddressTooLong("The public address is too long for a label: shorten PUBLIC_URL.")
