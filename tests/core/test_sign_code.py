"""The code of a place's sign: typed as people type, never taken for a label, and no single slip goes unseen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.core import check_code, sign_code
from coldchain.core.batch_code import new_batch_code
from coldchain.labels.code import InvalidLabelCode, LabelCode, address, parse

bits = st.integers(0, (1 << sign_code.RANDOM_BITS) - 1)
levels = st.sampled_from(sorted(sign_code.LEVELS.values()))


@settings(max_examples=60, deadline=None)
@given(levels, bits)
def test_read_back_however_it_is_written(level: sign_code.Level, number: int) -> None:
    code = sign_code.new_sign_code(level, number)
    assert len(code) == 12
    assert sign_code.level_of(code) == level
    spoken = f"{code[:4]} {code[4:8]}-{code[8:]}".lower().replace("0", "o").replace("1", "l")
    for text in (code, spoken, address("https://trace.example/base/", code), f"/c/{code}?from=camera"):
        assert sign_code.read(text) == code


@settings(max_examples=30, deadline=None)
@given(levels, bits, st.data())
def test_no_wrong_symbol_and_no_exchange_passes(level: sign_code.Level, number: int, data: st.DataObject) -> None:
    code = sign_code.new_sign_code(level, number)
    place = data.draw(st.integers(0, 11))
    other = data.draw(st.sampled_from([symbol for symbol in check_code.ALPHABET if symbol != code[place]]))
    assert sign_code.read(code[:place] + other + code[place + 1 :]) is None
    next_to = data.draw(st.integers(0, 10))
    if code[next_to] != code[next_to + 1]:
        swapped = code[:next_to] + code[next_to + 1] + code[next_to] + code[next_to + 2 :]
        assert sign_code.read(swapped) is None


def test_signs_and_labels_are_never_taken_for_each_other() -> None:
    sign = sign_code.new_sign_code("site", 12345)
    with pytest.raises(InvalidLabelCode):
        parse(sign)
    batch = new_batch_code(98765)
    for label in (batch, LabelCode(batch, "batch", 0).text, LabelCode(batch, "piece", 17).text):
        assert sign_code.read(label) is None
    unknown = check_code.append_check("Q" + sign[1:-1], power=3)  # a level that may come one day
    assert sign_code.read(unknown) is None


@pytest.mark.parametrize("text", ["", "S", "冷库", "S" * 501, "SN2PF2DBSQHE" * 2, "\x00" * 12])
def test_anything_else_is_no_sign(text: str) -> None:
    assert sign_code.read(text) is None


def test_the_whole_range_and_one_past_it() -> None:
    last = (1 << sign_code.RANDOM_BITS) - 1
    assert sign_code.new_sign_code("zone", 0) != sign_code.new_sign_code("zone", last)
    for wrong in (-1, last + 1):
        with pytest.raises(ValueError, match="bits"):
            sign_code.new_sign_code("zone", wrong)
