"""The check symbol against an oracle that multiplies in GF(32) the long way and knows nothing of logarithms."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.core import check_code
from coldchain.core.batch_code import RANDOM_BITS, is_batch_code, new_batch_code

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
words = st.text(alphabet=ALPHABET, min_size=1, max_size=30)
powers = st.integers(1, 30)


def multiply(left: int, right: int) -> int:
    """Product of two polynomials over GF(2), reduced by x^5 + x^2 + 1: schoolbook."""
    product = 0
    for bit in range(5):
        if right >> bit & 1:
            product ^= left << bit
    for bit in range(8, 4, -1):
        if product >> bit & 1:
            product ^= 0b100101 << (bit - 5)
    return product


def oracle_sum(symbols: str, power: int) -> int:
    element = 1
    for _ in range(power):
        element = multiply(element, 2)
    total, weight = 0, 1
    for symbol in symbols:
        total ^= multiply(weight, ALPHABET.index(symbol))
        weight = multiply(weight, element)
    return total


def test_the_alphabet_is_crockfords() -> None:
    assert ALPHABET == check_code.ALPHABET
    assert not set("ILOU") & set(check_code.ALPHABET)


@given(words, powers)
def test_exactly_one_symbol_fits_and_it_is_the_check(word: str, power: int) -> None:
    fitting = [symbol for symbol in ALPHABET if oracle_sum(word + symbol, power) == 0]
    assert fitting == [check_code.check_character(word, power=power)]
    assert [symbol for symbol in ALPHABET if check_code.is_valid(word + symbol, power=power)] == fitting


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("length", [2, 8, 13, 31])
def test_every_single_error_and_every_exchange_is_found(length: int, power: int) -> None:
    source = random.Random(length)
    for _ in range(5):
        word = check_code.append_check("".join(source.choices(ALPHABET, k=length - 1)), power=power)
        assert check_code.is_valid(word, power=power)
        for place in range(length):
            for symbol in set(ALPHABET) - {word[place]}:
                assert not check_code.is_valid(word[:place] + symbol + word[place + 1 :], power=power)
        for first, second in itertools.combinations(range(length), 2):
            if word[first] != word[second]:
                swapped = list(word)
                swapped[first], swapped[second] = swapped[second], swapped[first]
                assert not check_code.is_valid("".join(swapped), power=power)


def test_the_weights_repeat_only_after_31_positions() -> None:
    assert check_code.append_check("0" * 29 + "1")[-1] == check_code.check_character("0" * 29 + "1")
    with pytest.raises(ValueError, match="1 to 30"):
        check_code.check_character("0" * 31)
    assert not check_code.is_valid("0" * 32)


@pytest.mark.parametrize("word", ["", "7k3m", "7K3U", "7K3 M", "\uff17", "7K3I"])
def test_what_is_not_normalised_is_refused_not_repaired(word: str) -> None:
    with pytest.raises(ValueError, match=r"symbol|covers"):
        check_code.check_character(word)
    assert not check_code.is_valid(word)


@pytest.mark.parametrize("power", [0, 31, -1])
def test_powers_that_do_not_tell_positions_apart_are_refused(power: int) -> None:
    with pytest.raises(ValueError, match="power"):
        check_code.check_character("7K3M", power=power)
    with pytest.raises(ValueError, match="power"):
        check_code.is_valid("7K3M", power=power)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("7k3m-9q2x", "7K3M9Q2X"),
        (" 7K3M\u30009Q2X\t\n\u00a0", "7K3M9Q2X"),
        ("iIlLoO", "111100"),
        ("7K3M\u20149Q2X", "7K3M9Q2X"),
        ("7K3M\u22129Q2X", "7K3M9Q2X"),
        ("\u00df\u0131\ufb01\u017f", "\u00df\u0131\ufb01\u017f"),  # str.upper would make valid symbols of these
        ("u*", "U*"),
        ("", ""),
    ],
)
def test_normalise(typed: str, normal: str) -> None:
    assert check_code.normalise(typed) == normal


@given(st.text())
def test_normalise_twice_is_normalise_once(text: str) -> None:
    once = check_code.normalise(text)
    assert check_code.normalise(once) == once


@given(st.integers(0, 2**RANDOM_BITS - 1))
def test_a_batch_code_holds_its_bits_and_checks(bits: int) -> None:
    code = new_batch_code(bits)
    assert len(code) == 8
    assert is_batch_code(code)
    value = 0
    for symbol in code[:7]:
        value = value * 32 + ALPHABET.index(symbol)
    assert value == bits


@pytest.mark.parametrize("bits", [-1, 2**35])
def test_bits_outside_the_range_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="35 bits"):
        new_batch_code(bits)


@pytest.mark.parametrize("text", ["", "7K3M9Q2", "7K3M9Q2XX", "7k3m9q2x", "7K3M 9Q2"])
def test_what_is_no_batch_code(text: str) -> None:
    assert not is_batch_code(text)


def test_one_in_32_random_texts_is_a_batch_code_and_no_more() -> None:
    source = random.Random(35)
    hits = sum(is_batch_code("".join(source.choices(ALPHABET, k=8))) for _ in range(32_000))
    assert 850 < hits < 1150
