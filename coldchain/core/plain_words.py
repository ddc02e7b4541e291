"""Pure: does a text that goes on a public page hold a phone or identity number (R16)? Names are for people to see."""

import re
import unicodedata
from typing import Final

_BETWEEN: Final = re.compile(r"(?<=\d)[\s\-‐-―·.]+(?=[\dXx])")
_MOBILE: Final = re.compile(r"(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)")
_LANDLINE: Final = re.compile(r"(?<!\d)0\d{2,3}[1-9]\d{6,7}(?!\d)")
_IDENTITY: Final = re.compile(
    r"(?<!\d)[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
)


def names_a_person(text: str) -> bool:
    """Say whether a text holds what looks like a phone number or an identity number, however it is spaced."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    return any(pattern.search(plain) for pattern in (_MOBILE, _LANDLINE, _IDENTITY))
