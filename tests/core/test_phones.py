"""Phones as people write them: what they become, and what is refused; each shape at its limit and one past it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.core import limits
from coldchain.core.identifiers import IdentifierError
from coldchain.core.phones import check_phone

KEPT = [
    ("13800000000", "13800000000"),
    ("19912345678", "19912345678"),
    ("139 1234 5678", "13912345678"),
    ("139-1234-5678", "13912345678"),
    ("１３９１２３４５６７８", "13912345678"),
    ("+86 139 1234 5678", "13912345678"),
    ("+86-13912345678", "13912345678"),
    ("0086 13912345678", "13912345678"),
    ("0452-2712345", "0452-2712345"),
    ("（0452）2712345", "0452-2712345"),
    ("(0452) 271 2345", "0452-2712345"),
    ("0452—2712345", "0452-2712345"),
    ("04522712345", "0452-2712345"),
    ("0452-27123456", "0452-27123456"),
    ("010 8888 7777", "010-88887777"),
    ("021.88887777", "021-88887777"),
    ("+86 10 8888 7777", "010-88887777"),
    ("+86 452 2712345", "0452-2712345"),
    ("+86 (0452) 2712345", "0452-2712345"),
    ("0452-2712345-806", "0452-2712345-806"),
    ("0452-2712345-8", "0452-2712345-8"),
    ("0452-271-2345", "0452-2712345"),
    ("0452-2712-3456", "0452-27123456"),
    ("0452-2712345转806", "0452-2712345-806"),
    ("0452-2712345 分机：806", "0452-2712345-806"),
    ("010-88887777 ext. 123456", "010-88887777-123456"),
    ("+86 452 2712345-806", "0452-2712345-806"),
    ("400-810-1234", "400-810-1234"),
    ("4008101234", "400-810-1234"),
    ("400 8101234转5", "400-810-1234-5"),
    ("800-8101-234", "800-810-1234"),
    ("+7 (423) 212-34-56", "+74232123456"),
    ("00852 2345 6789", "+85223456789"),
    ("+1234567", "+1234567"),
    ("+123456789012345", "+123456789012345"),
]
AS_TYPED = [
    ("110", "110"), ("12345", "12345"), ("2712345", "2712345"), ("271 2345", "271-2345"),
    ("12800000000", "12800000000"),
    ("0452-271234", "0452-271234"), ("300-810-1234", "300-810-1234"),
    ("12345678901234567890", "12345678901234567890"),
]  # fmt: skip
REFUSED = [
    "abc", "张示例", "1", "12", "1380000000", "138000000000", "+123456", "123456789012345678901",
    "+1234567890123456", "+0123456789", "++74232123456", "+86", "+86 1", "13912345678-8",
    "13800000000/13900000000", "0452-1234567, 8",
    "电话13800000000", "1380000000O", "-", "()", "+", "٠١٢٣٤٥٦٧٨٩٠",
]  # fmt: skip


@pytest.mark.parametrize(("typed", "kept"), KEPT + AS_TYPED)
def test_kept_in_one_way_and_again_the_same(typed, kept):
    assert check_phone(typed) == kept
    assert check_phone(kept) == kept
    assert len(kept) <= limits.PHONE_CHARS


@pytest.mark.parametrize("typed", REFUSED)
def test_refused_without_saying_what_was_typed(typed):
    with pytest.raises(IdentifierError) as raised:
        check_phone(typed)
    assert raised.value.code == "phone_shape"
    assert not raised.value.params


@given(st.text(alphabet="0123456789+-() 转x.１０a", max_size=limits.PHONE_CHARS))
def test_what_is_kept_stays_as_it_is(typed):
    try:
        kept = check_phone(typed)
    except IdentifierError:
        return
    assert check_phone(kept) == kept
