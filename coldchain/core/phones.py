"""Pure: phones as people write them, and as the books keep them: one way of writing each, still readable.

Mobile 13912345678 · landline 0452-2712345, with extension 0452-2712345-806 · 400-810-1234 · abroad +74232123456; other
numbers (12345, one inside a park, a landline without its area code) stay as they are typed. A number that a person has
must not be refused; what can't be a number is, and a mobile number that lacks a digit or has one too many.
"""

import re
import unicodedata
from typing import Final

from coldchain.core.identifiers import IdentifierError

_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u30fc_/.\u00b7]")
_EXTENSION: Final = re.compile(r"(?:转|分机|ext\.?|x|#)[ :]*(?=[0-9]{1,6}$)", re.IGNORECASE)
_SIGNS: Final = re.compile(r"[0-9+()\- ]+")
_PARTED: Final = re.compile(r"[()\- ]+")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_SERVICE: Final = re.compile(r"([48]00)([0-9]{3})([0-9]{4})")
_LANDLINE: Final = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})([0-9]{7,8})")
_OTHER: Final = re.compile(r"[0-9]{3,20}")
_MISTYPED: Final = re.compile(r"1[3-9](?:[0-9]{8}|[0-9]{10})")  # a mobile number with a digit lost or doubled
_ABROAD: Final = re.compile(r"[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits with the country's code
_EXTENSION_DIGITS: Final = 6
HOME: Final = "86"


def check_phone(text: str) -> str:
    """Return a phone as the books keep it: full-width digits, blanks, dots, brackets and dashes are made one way.

    Raises IdentifierError `phone_shape`. What was typed isn't said again: in the wrong field it may be a person's name.
    """
    plain = _EXTENSION.sub("-", unicodedata.normalize("NFKC", text).strip())
    plain = _DASHES.sub("-", plain)
    found = _kept(plain) or _as_typed(plain) if _SIGNS.fullmatch(plain) else None
    if found is None:
        raise IdentifierError(
            "phone_shape",
            "One phone: a mobile number of 11 digits, a landline with its area code like 0452-2712345 (-806 for an "
            "extension), a 400 or 800 number, or + and the code of another country",
        )
    return found


def _kept(plain: str) -> str | None:
    parts = [part for part in _PARTED.split(plain.removeprefix("+")) if part]
    whole = "".join(parts)
    if "+" in whole:
        return None
    if plain.startswith("+") or whole.startswith("00"):
        number = whole.removeprefix("00")
        if not number.startswith(HOME):
            return f"+{number}" if _ABROAD.fullmatch(number) else None
        parts = _without_home(parts)
    whole = "".join(parts)
    if len(parts) > 1 and len(parts[-1]) <= _EXTENSION_DIGITS:  # 0452-2712345-8 is no 0452-27123458
        line = _at_home("".join(parts[:-1]))
        if line is not None and not _MOBILE.fullmatch(line):
            return f"{line}-{parts[-1]}"
    return _at_home(whole)


def _as_typed(plain: str) -> str | None:
    parts = [part for part in _PARTED.split(plain) if part]
    whole = "".join(parts)
    return "-".join(parts) if _OTHER.fullmatch(whole) and not _MISTYPED.fullmatch(whole) else None


def _without_home(parts: list[str]) -> list[str]:
    """Return the parts of a number at home without the country's code; a landline gets back the 0 in front."""
    rest, away = list(parts), "".join(parts).removeprefix("00").removeprefix(HOME)
    gone = len("".join(parts)) - len(away)
    while gone and rest:
        taken = min(gone, len(rest[0]))
        rest[0], gone = rest[0][taken:], gone - taken
        if not rest[0]:
            rest.pop(0)
    landline = not away.startswith(("0", "400", "800")) and not _MOBILE.fullmatch(away)
    return [f"0{rest[0]}", *rest[1:]] if landline and rest else rest


def _at_home(digits: str) -> str | None:
    if _MOBILE.fullmatch(digits):
        return digits
    if service := _SERVICE.fullmatch(digits):
        return "-".join(service.groups())
    if landline := _LANDLINE.fullmatch(digits):
        return "-".join(landline.groups())
    return None
