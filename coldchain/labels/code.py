"""The platform's own label code: which lot, which level of packing, which number in it, and a check over all of it.

`7K3M 9Q2X 0017 V` = batch code (8 symbols, with its own check) + serial + check symbol. The serial is decimal, at least
four digits, more only when needed; `0000` is the label of the whole batch (散货牌, R13), `0001` and up are pieces. A
letter before the digits is kept for later levels (pallet, inner pack): one that this program does not know is refused,
never guessed. The last check uses another power of the primitive element than the batch code's own, so that within the
batch code any two wrong symbols are found, and a serial can't be moved under another batch.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from coldchain.core import check_code, limits, sign_code
from coldchain.core.batch_code import BATCH_CODE_SYMBOLS, is_batch_code
from coldchain.core.errors import Invalid

Level = Literal["batch", "piece"]

SERIAL_DIGITS_MIN = 4
SERIAL_MAX = limits.PIECES_MAX
ADDRESS_SEGMENT = check_code.ADDRESS_SEGMENT

_CHECK_POWER = 2
_TEXT_MAX_CHARS = 500  # a whole address; longer input is not a label
_SERIAL_DIGITS_MAX = len(str(SERIAL_MAX))
_LENGTH_MIN = BATCH_CODE_SYMBOLS + SERIAL_DIGITS_MIN + 1
_LENGTH_MAX = BATCH_CODE_SYMBOLS + 1 + _SERIAL_DIGITS_MAX + 1  # with a level letter
_FOREIGN = re.compile(f"[^{check_code.ALPHABET}]")


class InvalidLabelCode(Invalid):
    """The text is not a label code; `code` says why: label_code_symbol, _length, _sign, _check, _level or _serial."""

    code = "label_code_invalid"


@dataclass(frozen=True)
class LabelCode:
    """One label: `batch_code` (8 symbols), `level`, `serial` (0 for a batch, 1 to SERIAL_MAX for a piece)."""

    batch_code: str
    level: Level
    serial: int

    def __post_init__(self) -> None:
        if not is_batch_code(self.batch_code):
            raise _wrong_check()
        if not (
            self.serial == 0 if self.level == "batch" else self.level == "piece" and 1 <= self.serial <= SERIAL_MAX
        ):
            raise _wrong_serial()

    @property
    def text(self) -> str:
        """The code as it stands in an address: 13 symbols or more, no blanks."""
        return check_code.append_check(f"{self.batch_code}{self.serial:0{SERIAL_DIGITS_MIN}d}", power=_CHECK_POWER)

    def __str__(self) -> str:
        return self.text


def _wrong_check() -> InvalidLabelCode:
    return InvalidLabelCode(
        "This code has a typing error: the check symbol does not fit. Compare it with the label.",
        code="label_code_check",
    )


def _wrong_serial() -> InvalidLabelCode:
    return InvalidLabelCode(
        "The number after the batch code is not one that a label can carry.", code="label_code_serial"
    )


def parse(text: str) -> LabelCode:
    """Return the label that a person typed or a scanner read.

    Takes lower case, blanks, hyphens, full-width characters, I L O for 1 1 0, a whole label address, and a bare
    8-symbol batch code (the batch label). Raises InvalidLabelCode with a stable code.
    """
    if len(text) > _TEXT_MAX_CHARS:
        raise InvalidLabelCode("This is too long for a label code.", code="label_code_length")
    symbols = check_code.normalise(check_code.code_part(unicodedata.normalize("NFKC", text)))
    foreign = _FOREIGN.search(symbols)
    if foreign:
        raise InvalidLabelCode(
            "A label code has only digits and letters without U; found: {character}",
            code="label_code_symbol",
            character=foreign[0],
        )
    if len(symbols) == BATCH_CODE_SYMBOLS:
        return LabelCode(symbols, "batch", 0)
    if sign_code.looks_like_one(symbols):
        raise InvalidLabelCode(
            "This looks like the code of a place's sign with a mistyped character. Look at the sign again.",
            code="label_code_sign",
        )
    if not _LENGTH_MIN <= len(symbols) <= _LENGTH_MAX:
        raise InvalidLabelCode(
            "A label code has 8 symbols for a batch or at least 13 for a label; this has {symbols}.",
            code="label_code_length",
            symbols=len(symbols),
        )
    batch_code, serial = symbols[:BATCH_CODE_SYMBOLS], symbols[BATCH_CODE_SYMBOLS:-1]
    if not (is_batch_code(batch_code) and check_code.is_valid(symbols, power=_CHECK_POWER)):
        raise _wrong_check()
    if serial[0].isalpha():
        raise InvalidLabelCode(
            "This label is of a level that is not known here: {letter}", code="label_code_level", letter=serial[0]
        )
    if not serial.isdecimal() or (len(serial) > SERIAL_DIGITS_MIN and serial[0] == "0"):
        raise _wrong_serial()  # one label has one code: no spare zeros
    number = int(serial)
    return LabelCode(batch_code, "piece" if number else "batch", number)


def format_groups(code: LabelCode | str) -> str:
    """Return a code of any length for human eyes: groups of four symbols, one blank between."""
    symbols = str(code)
    return " ".join(symbols[start : start + 4] for start in range(0, len(symbols), 4))


def address(public_url: str, code: LabelCode | str) -> str:
    """Return the address `{public_url}/C/{code}` of a label or a sign; a slash at the end of `public_url` is dropped.

    Raises ValueError when `public_url` can't be the start of an address.
    """
    parts = urlsplit(public_url)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("the public address must be http(s)://host[:port][/path]")
    return f"{public_url.rstrip('/')}{ADDRESS_SEGMENT}{code}"


def qr_text(label_address: str) -> str:
    """Return the text for the QR symbol: all capitals where that is the same address (5.5 bits a character, not 8).

    Scheme and host ignore case (RFC 3986 6.2.2.1), a path does not: one with lower case, a user name or a non-ASCII
    host stays as it is.
    """
    parts = urlsplit(label_address)
    case_matters = parts.path + parts.query + parts.fragment
    if "@" in parts.netloc or not label_address.isascii() or case_matters != case_matters.upper():
        return label_address
    return label_address.upper()
