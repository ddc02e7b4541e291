"""The code of a place's sign: one zone, one shop, one store, one code (一区一店一库一码).

`S7K3 M9Q2 X0VA` = a letter for the level (V venue, S site, Z zone), ten random symbols, one check symbol: twelve, a
length that no label of goods has (8, or 13 and more). Random, so that a code tells nothing about how many places there
are. Drawn once: a place that is renamed keeps its sign. It lives in `core` since the room of places lies below the one
that prints.
"""

import unicodedata
from typing import Final, Literal

from coldchain.core import check_code

Level = Literal["venue", "site", "zone"]
LEVELS: Final[dict[str, Level]] = {"V": "venue", "S": "site", "Z": "zone"}
RANDOM_SYMBOLS: Final = 10
RANDOM_BITS: Final = RANDOM_SYMBOLS * 5
SYMBOLS: Final = 1 + RANDOM_SYMBOLS + 1
_LETTERS: Final = {level: letter for letter, level in LEVELS.items()}
_CHECK_POWER: Final = 3  # neither the batch code's nor the label's: what fits one of them fits this by chance alone
_TEXT_MAX_CHARS: Final = 500


def new_sign_code(level: Level, random_bits: int) -> str:
    """Return the code that stands for `random_bits`, 0 <= random_bits < 2^50; one to one within a level.

    Raises ValueError outside the range.
    """
    if not 0 <= random_bits < 1 << RANDOM_BITS:
        raise ValueError(f"random_bits must have at most {RANDOM_BITS} bits")
    symbols = "".join(check_code.ALPHABET[random_bits >> shift & 31] for shift in range(RANDOM_BITS - 5, -1, -5))
    return check_code.append_check(_LETTERS[level] + symbols, power=_CHECK_POWER)


def level_of(code: str) -> Level | None:
    """Return the level that a normalised code is of, None for what is no sign's code."""
    if len(code) != SYMBOLS or not check_code.is_valid(code, power=_CHECK_POWER):
        return None
    return LEVELS.get(code[0])


def read(text: str) -> str | None:
    """Return the sign's code that a person typed or a scanner read, alone or in its address; None for anything else."""
    if len(text) > _TEXT_MAX_CHARS:
        return None
    code = check_code.normalise(check_code.code_part(unicodedata.normalize("NFKC", text)))
    return code if level_of(code) else None


def looks_like_one(code: str) -> bool:
    """Say whether a normalised code has the length and the letter of a sign's: it may be one with a slip in it."""
    return len(code) == SYMBOLS and code[0] in LEVELS
