"""The platform's own short number for a traced lot: seven random symbols and one check symbol, 35 bits.

It lives in `core` since the room that gives the number out lies below the room that prints it. Random, not counted, so
that a code tells nothing about how many there are and a stranger can't walk through them; uniqueness is the database's
affair.
"""

from coldchain.core import check_code

RANDOM_SYMBOLS = 7
RANDOM_BITS = RANDOM_SYMBOLS * 5
BATCH_CODE_SYMBOLS = RANDOM_SYMBOLS + 1


def new_batch_code(random_bits: int) -> str:
    """Return the 8-symbol code that stands for `random_bits`, 0 <= random_bits < 2^35; one to one.

    The caller draws the bits (`secrets.randbits(RANDOM_BITS)`) and draws again on a collision.
    Raises ValueError outside the range.
    """
    if not 0 <= random_bits < 1 << RANDOM_BITS:
        raise ValueError(f"random_bits must have at most {RANDOM_BITS} bits")
    symbols = "".join(check_code.ALPHABET[random_bits >> shift & 31] for shift in range(RANDOM_BITS - 5, -1, -5))
    return check_code.append_check(symbols)


def is_batch_code(text: str) -> bool:
    """Return whether `text`, already normalised, has 8 symbols of the alphabet and the right check symbol."""
    return len(text) == BATCH_CODE_SYMBOLS and check_code.is_valid(text)
