"""The JSON loader at its limits and one past them."""

import contextlib
import json
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coldchain.core import json_body, limits
from coldchain.core.errors import BadRequest, DomainError


def _depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
        max_leaves=30,
    )
)
def test_reads_what_the_standard_library_writes(value: object) -> None:
    """Whatever valid JSON says is read as it is."""
    assume(_depth(value) <= limits.JSON_DEPTH)
    assert json_body.load(json.dumps(value).encode()) == value


@pytest.mark.parametrize("opener", ["[", '{"a":'])
def test_depth(opener: str) -> None:
    """Exactly the limit is read; one more, or 20,000, is refused without recursion."""
    closer = "]" if opener == "[" else "}"
    at_limit = opener * limits.JSON_DEPTH + "1" + closer * limits.JSON_DEPTH
    assert json_body.load(at_limit.encode()) is not None
    for depth in (limits.JSON_DEPTH + 1, 20_000):
        with pytest.raises(BadRequest) as refused:
            json_body.load((opener * depth + "1" + closer * depth).encode())
        assert refused.value.code == "too_deep"


def test_brackets_in_text_are_not_depth() -> None:
    """A text full of brackets is a text."""
    assert json_body.load(json.dumps("[" * 5000 + '\\"{').encode()) == "[" * 5000 + '\\"{'


def test_a_text_that_never_ends_is_refused_at_once() -> None:
    """The largest body of escaped quotes without a last one takes milliseconds, not hours."""
    began = time.monotonic()
    with pytest.raises(BadRequest):
        json_body.load(b'"' + b'\\"' * (limits.JSON_BYTES // 2 - 1))
    assert time.monotonic() - began < 5


def test_number_length() -> None:
    """A 5,000-digit integer is refused before it is converted."""
    assert json_body.load(b"1" * limits.JSON_NUMBER_CHARS) == int("1" * limits.JSON_NUMBER_CHARS)
    for length in (limits.JSON_NUMBER_CHARS + 1, 5000):
        with pytest.raises(BadRequest) as refused:
            json_body.load(b'{"n": ' + b"1" * length + b"}")
        assert refused.value.code == "number_too_long"


def test_size() -> None:
    """One byte past the limit is 413."""
    text = b'"' + b"x" * (limits.JSON_BYTES - 2) + b'"'
    assert json_body.load(text)
    with pytest.raises(DomainError) as refused:
        json_body.load(text + b" ")
    assert (refused.value.status, refused.value.code) == (413, "too_large")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b"\xff\xfe", "not_utf8"),
        (b"{", "malformed"),
        (b"", "malformed"),
        (b"NaN", "malformed"),
        (b'{"a": Infinity}', "malformed"),
        (b'"\\ud800"', "malformed"),
        (b"{'a': 1}", "malformed"),
        (b"[1,]", "malformed"),
    ],
)
def test_refusals(raw: bytes, code: str) -> None:
    """Each has its stable code."""
    with pytest.raises(BadRequest) as refused:
        json_body.load(raw)
    assert refused.value.code == code


@given(st.binary(max_size=200))
def test_never_anything_but_a_value_or_a_refusal(raw: bytes) -> None:
    """No bytes make it crash."""
    with contextlib.suppress(BadRequest):
        json.dumps(json_body.load(raw))
