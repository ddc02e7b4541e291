"""Pure: numbers of documents that people read to each other, such as FH210119-7K2QM for a consignment."""

import re
from datetime import datetime
from typing import Final

from coldchain.core.clock import BEIJING

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without what is misread: 0 O, 1 I L, U
CHARS: Final = 5
TRIES: Final = 8  # how often a number is drawn before we give up; 24 million a day and kind


def consignment_no(moment: datetime, random_number: int) -> str:
    """Return the number of a consignment (发货单) recorded at `moment`."""
    return _number("FH", moment, random_number)


def entry_no(moment: datetime, random_number: int) -> str:
    """Return the number of a stock entry (出入库单) recorded at `moment`."""
    return _number("CK", moment, random_number)


def assistance_no(moment: datetime, random_number: int) -> str:
    """Return the number of a request for assistance (协查函) recorded at `moment`."""
    return _number("XC", moment, random_number)


def _number(prefix: str, moment: datetime, random_number: int) -> str:
    """Return a prefix, the day in Beijing and CHARS signs of random bits."""
    signs = []
    for _ in range(CHARS):
        random_number, rest = divmod(random_number, len(ALPHABET))
        signs.append(ALPHABET[rest])
    return f"{prefix}{moment.astimezone(BEIJING):%y%m%d}-{''.join(signs)}"


def read_consignment_no(text: str) -> str | None:
    """Return the number that somebody typed or scanned, in capitals; None for what can't be one."""
    number = text.strip().upper()
    return number if re.fullmatch(rf"FH[0-9]{{6}}-[{ALPHABET}]{{{CHARS}}}", number) else None
