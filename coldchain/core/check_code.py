"""Crockford base32 with one check symbol over GF(32): the arithmetic behind every code that people type.

Invariant: the symbol at position i (from the left, from 0) weighs a^i, where a is a primitive element of GF(32) =
GF(2)[x] / (x^5 + x^2 + 1), and the weighted sum over the symbols and the check symbol is zero. The 31 powers of a
differ, so up to 31 positions every single wrong symbol and every exchange of two different symbols leaves a sum other
than zero. All checks are pure arithmetic on text.
"""

import re

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MAX_SYMBOLS = 31
ADDRESS_SEGMENT = "/C/"  # what stands before a code in an address

_FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1 is primitive
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LOOK_ALIKES = {"I": "1", "L": "1", "O": "0"}
# Chinese and mobile keyboards put any of these where a person means a hyphen.
_HYPHENS = frozenset("-_\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d\uff3f")


def _powers() -> tuple[int, ...]:
    """Return a^0 … a^30 as 5-bit integers."""
    powers = []
    value = 1
    for _ in range(MAX_SYMBOLS):
        powers.append(value)
        value <<= 1
        if value & 0b100000:
            value ^= _FIELD_POLYNOMIAL
    return tuple(powers)


_EXP = _powers()
_LOG = {value: exponent for exponent, value in enumerate(_EXP)}


def normalise(text: str) -> str:
    """Return `text` in upper case, I and L read as 1, O as 0, blanks and hyphens dropped, other characters as they are.

    Only ASCII letters change case: `str.upper` would turn a character such as ß into two valid symbols.
    """
    symbols = []
    for character in text:
        if character in _HYPHENS or character.isspace():
            continue
        symbol = character.upper() if character.isascii() else character
        symbols.append(_LOOK_ALIKES.get(symbol, symbol))
    return "".join(symbols)


def code_part(text: str) -> str:
    """Return what stands after the last `/C/` of an address, without query and fragment; any other text as it is."""
    start = text.upper().rfind(ADDRESS_SEGMENT)
    if start < 0:
        return text
    return re.split(r"[?#]", text[start + len(ADDRESS_SEGMENT) :], maxsplit=1)[0].rstrip("/")


def _weighted_sum(symbols: str, power: int) -> int:
    total = 0
    for position, symbol in enumerate(symbols):
        value = _VALUES[symbol]
        if value:
            total ^= _EXP[(_LOG[value] + position * power) % MAX_SYMBOLS]
    return total


def _refuse_bad_power(power: int) -> None:
    if not 1 <= power < MAX_SYMBOLS:
        raise ValueError("the power of the primitive element must be 1 to 30")


def check_character(symbols: str, *, power: int = 1) -> str:
    """Return the one symbol that, appended to 1 to 30 normalised `symbols`, makes the weighted sum zero.

    `power` chooses the primitive element a^power (every power 1 to 30 is one, 31 being prime): a code inside a longer
    code takes two powers, so that the two checks are independent over the symbols that they share. Raises ValueError
    for a symbol outside the alphabet, a wrong length or a wrong power.
    """
    _refuse_bad_power(power)
    if not 1 <= len(symbols) < MAX_SYMBOLS:
        raise ValueError(f"a check covers 1 to {MAX_SYMBOLS - 1} symbols")
    if any(symbol not in _VALUES for symbol in symbols):
        raise ValueError("a symbol is outside the alphabet")
    total = _weighted_sum(symbols, power)
    if total == 0:
        return ALPHABET[0]
    return ALPHABET[_EXP[(_LOG[total] - len(symbols) * power) % MAX_SYMBOLS]]


def append_check(symbols: str, *, power: int = 1) -> str:
    """Return 1 to 30 normalised `symbols` and their check symbol; raises ValueError as `check_character` does."""
    return symbols + check_character(symbols, power=power)


def is_valid(text_with_check: str, *, power: int = 1) -> bool:
    """Return whether a normalised text has 2 to 31 symbols of the alphabet, the last being the check of the rest."""
    _refuse_bad_power(power)
    if not 2 <= len(text_with_check) <= MAX_SYMBOLS:
        return False
    if any(symbol not in _VALUES for symbol in text_with_check):
        return False
    return _weighted_sum(text_with_check, power) == 0
