"""Pure: the number of a card (监管卡): region, seven random symbols, one check symbol over all, `230203-7K3M-9QXD`.

Random, not counted: a number tells nothing about how many cards there are.
"""

from coldchain.core import check_code

RANDOM_SYMBOLS = 7
RANDOM_BITS = RANDOM_SYMBOLS * 5
_GROUP = 4
_REGION_DIGITS = 6


def new_card_no(region_code: str, random_bits: int) -> str:
    """Return the card number for a region and `random_bits`, 0 <= random_bits < 2^35; one to one.

    Raises ValueError outside the range or for a region code that is not six digits.
    """
    if not 0 <= random_bits < 1 << RANDOM_BITS:
        raise ValueError(f"random_bits must have at most {RANDOM_BITS} bits")
    if len(region_code) != _REGION_DIGITS or not (region_code.isascii() and region_code.isdigit()):
        raise ValueError("a region code has six digits")
    symbols = "".join(check_code.ALPHABET[random_bits >> shift & 31] for shift in range(RANDOM_BITS - 5, -1, -5))
    own = check_code.append_check(region_code + symbols)[_REGION_DIGITS:]
    return f"{region_code}-{own[:_GROUP]}-{own[_GROUP:]}"


def is_card_no(text: str) -> bool:
    """Return whether a typed text, hyphens or not, is a card number whose check symbol fits."""
    plain = check_code.normalise(text)
    return len(plain) == _REGION_DIGITS + RANDOM_SYMBOLS + 1 and check_code.is_valid(plain)


def as_kept(text: str) -> str | None:
    """Return a typed card number as it is kept, None when the text is none."""
    if not is_card_no(text):
        return None
    plain = check_code.normalise(text)
    return f"{plain[:_REGION_DIGITS]}-{plain[_REGION_DIGITS : _REGION_DIGITS + _GROUP]}-{plain[-_GROUP:]}"
