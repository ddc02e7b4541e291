"""Pure: numbers of consignments that people read to each other, such as FH210119-7K2QM."""

from datetime import datetime
from typing import Final

from coldchain.core.clock import BEIJING

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without what is misread: 0 O, 1 I L, U
CHARS: Final = 5


def consignment_no(moment: datetime, random_number: int) -> str:
    """Return the number of a consignment recorded at `moment`: the day in Beijing and CHARS signs of random bits."""
    signs = []
    for _ in range(CHARS):
        random_number, rest = divmod(random_number, len(ALPHABET))
        signs.append(ALPHABET[rest])
    return f"FH{moment.astimezone(BEIJING):%y%m%d}-{''.join(signs)}"
