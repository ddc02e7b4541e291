"""Pure: which PINs are too easily guessed by somebody who holds the device."""

import re
from itertools import pairwise

from coldchain.core import limits

_SHAPE = re.compile(rf"[0-9]{{{limits.PIN_DIGITS}}}")
_REPEATED = re.compile(r"(.{1,3})\1+|((.)\3)+")  # 000000, 121212, 123123, 112233


def weakness(pin: str, username: str) -> str | None:
    """Return why a PIN is refused: `pin_shape`, `pin_repeated`, `pin_run`, `pin_of_phone`, or None for a fit one."""
    if not _SHAPE.fullmatch(pin) or not pin.isascii():
        return "pin_shape"
    if _REPEATED.fullmatch(pin):
        return "pin_repeated"
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({1}, {9}):
        return "pin_run"
    if pin in username:
        return "pin_of_phone"
    return None
