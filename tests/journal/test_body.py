"""The body of an entry: canonical, explicit, and bound to the columns of its row."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from coldchain.journal import body, merkle

SUBJECT = UUID("01900000-0000-7000-8000-000000000001")
WHEN = datetime(2021, 1, 19, 11, 0, 0, 250000, tzinfo=UTC)
NAIVE = WHEN.replace(tzinfo=None)


class Grade(StrEnum):
    RED = "red"


def compose(data: Any = None, **changes: Any) -> bytes:
    values: dict[str, Any] = {
        "kind": "recall.announced",
        "subject_id": SUBJECT,
        "occurred_at": WHEN,
        "recorded_at": WHEN,
        "nonce": bytes(range(16)),
        "data": data if data is not None else {},
        "recorded_by": None,
        "business_id": None,
        "region_code": None,
    }
    return body.compose(**values | changes)


def test_the_shape_is_final() -> None:
    """What was published once must be computed the same way for ever, so the bytes themselves are written here."""
    assert (
        compose({"mass_g": 10_870_000, "notice": "示例"}, region_code="230203")
        == (
            '{"data":{"_region_code":"230203","mass_g":10870000,"notice":"示例"},"kind":"recall.announced",'
            '"nonce":"000102030405060708090a0b0c0d0e0f","occurred_at":"2021-01-19T11:00:00.250000Z",'
            '"recorded_at":"2021-01-19T11:00:00.250000Z","subject":"01900000-0000-7000-8000-000000000001","v":1}'
        ).encode()
    )


def test_values_are_converted_explicitly() -> None:
    beijing = timezone(timedelta(hours=8))
    said = json.loads(
        compose(
            {
                "id": SUBJECT,
                "at": datetime(2021, 1, 19, 19, 0, tzinfo=beijing),
                "on": date(2021, 1, 19),
                "ratio": Decimal("9.50"),
                "small": Decimal("1E-7"),
                "grade": Grade.RED,
                "flag": True,
                "none": None,
                "lines": ({"n": 1}, [2]),
                "exact": 2**53 - 1,
                "large": 2**53,
                "negative": -(2**60),
            }
        )
    )["data"]
    assert said == {
        "id": str(SUBJECT),
        "at": "2021-01-19T11:00:00.000000Z",
        "on": "2021-01-19",
        "ratio": "9.50",
        "small": "0.0000001",
        "grade": "red",
        "flag": True,
        "none": None,
        "lines": [{"n": 1}, [2]],
        "exact": 9007199254740991,
        "large": "9007199254740992",
        "negative": "-1152921504606846976",
    }


@pytest.mark.parametrize(
    "value",
    [
        1.0, float("nan"), NAIVE, b"octets", {1, 2}, object(), Decimal("NaN"), {1: "number as name"},
        "\ud800", {"\ud800": 1}, [[1.5]], timedelta(hours=1),
    ],
)  # fmt: skip
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(body.NotCanonical):
        compose({"x": value})


@pytest.mark.parametrize("name", ["_recorded_by", "_business_id", "_region_code", "_anything"])
def test_names_of_the_journal_are_refused(name: str) -> None:
    with pytest.raises(body.NotCanonical):
        compose({name: "x"})


@pytest.mark.parametrize("kind", ["", "Recall", "recall announced", 'x","kind":"y', "recall.", "召回"])
def test_a_kind_is_lower_case_words(kind: str) -> None:
    with pytest.raises(body.NotCanonical):
        compose(kind=kind)


def test_naive_times_are_refused() -> None:
    with pytest.raises(body.NotCanonical):
        compose(occurred_at=NAIVE)


def test_the_leaf_hash_is_that_of_the_contract() -> None:
    content = compose({"a": 1})
    assert merkle.leaf_hash(content) == hashlib.sha256(b"\x00" + content).digest()


WORDS = st.text(st.characters(codec="utf-8"), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
NAMES = WORDS.filter(lambda name: not name.startswith("_"))
IDS = st.none() | st.uuids()
REGIONS = st.none() | st.sampled_from(["230203", "000000", "511011"])


def columns(recorded_by: Any, business_id: Any, region_code: Any) -> list[Any]:
    return [
        "recall.announced", str(SUBJECT), recorded_by and str(recorded_by), business_id and str(business_id),
        region_code, body.moment(WHEN), body.moment(WHEN),
    ]  # fmt: skip


@given(st.dictionaries(NAMES, VALUES, max_size=4), IDS, IDS, REGIONS, st.integers(0, 6), st.data())
def test_a_body_fits_its_columns_and_no_others(
    data: dict[str, Any], by: UUID | None, business: UUID | None, region: str | None, which: int, draw: st.DataObject
) -> None:
    content = compose(data, recorded_by=by, business_id=business, region_code=region)
    assert rfc8785.dumps(json.loads(content)) == content
    row = columns(by, business, region)
    text = content.decode()
    assert body.fits(text, *row)
    others = {
        0: st.sampled_from(["recall.amended", "x", ""]),
        1: st.uuids().map(str),
        4: REGIONS | st.sampled_from(['230203","a":"b', "\\"]),
        5: st.just("2021-01-19T11:00:00.250001Z"),
        6: st.just("2021-01-20T11:00:00.250000Z"),
    }
    changed = draw.draw(others.get(which, IDS.map(lambda value: value and str(value))))
    if changed != row[which]:
        row[which] = changed
        assert not body.fits(text, *row)


def test_a_column_that_quotes_the_body_does_not_fit() -> None:
    """Columns are compared with the ends of the body: one that smuggles JSON in must not pass for its neighbours."""
    content = compose({"x": "y"}, region_code="230203").decode()
    row = columns(None, None, '230203","x":"y')
    assert not body.fits(content, *row)
    nested = compose({"z": {"a": 1, "kind": "x"}}).decode()
    row = columns(None, None, None)
    row[0] = 'x"}},"kind":"recall.announced'
    assert not body.fits(nested, *row)


@pytest.mark.parametrize("content", ["", "{}", "null", '{"data":[]}', "{", "[" * 100_000])
def test_a_broken_body_fits_nothing(content: str) -> None:
    assert not body.fits(content, *columns(None, None, None))
