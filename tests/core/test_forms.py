"""Forms become the same nested value that JSON would bring."""

import marshmallow as ma
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.core import fields, forms, limits, page_forms
from coldchain.core.fields import Schema


class LineSchema(Schema):
    """A line."""

    name = fields.Text(20, required=True)
    quantity_units = fields.Units(required=True)


class OrderSchema(Schema):
    """An order with lines."""

    note = fields.Text(20)
    urgent = fields.Flag()
    day = fields.Day()
    at = fields.Moment()
    kinds = fields.Items(fields.OneOf(("a", "b"), required=True))
    lines = fields.Items(fields.Part(LineSchema, required=True))


def nested(*pairs: tuple[str, str]) -> dict[str, object]:
    """Return the nested value of pairs."""
    return forms.nested(OrderSchema(), pairs)


def test_lines_lists_flags_numbers_and_times() -> None:
    """Each kind of field is converted as its text means."""
    value = nested(
        ("csrf_token", "x"), ("_next", "/"), ("note", " "), ("urgent", "on"), ("day", "2021年1月9日"),
        ("at", "2021-01-19T12:00"), ("kinds", "a"), ("kinds", "b"), ("lines-0-name", "鸡腿"),
        ("lines-0-quantity_units", "1,200"), ("lines-2-name", "鸡翅"), ("lines-2-quantity_units", "x"),
        ("lines-10-name", "末"),
    )  # fmt: skip
    assert value == {
        "urgent": True,
        "day": "2021-01-09",
        "at": "2021-01-19T12:00+08:00",
        "kinds": ["a", "b"],
        "lines": [
            {"name": "鸡腿", "quantity_units": 1200},
            {"name": "鸡翅", "quantity_units": "x"},
            {"name": "末"},
        ],
    }


def test_unknown_fields_are_kept_to_be_refused() -> None:
    """A field that the schema doesn't know reaches it."""
    assert nested(("surprise", "1")) == {"surprise": "1"}


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=20))
def test_no_names_or_values_make_it_crash(pairs: list[tuple[str, str]]) -> None:
    """Hostile names nest at most as deep as JSON may."""
    assert isinstance(forms.nested(OrderSchema(), pairs), dict)


def test_flat_is_the_inverse() -> None:
    """A form that is shown again holds what was typed."""
    value = {"note": "n", "lines": [{"name": "a", "quantity_units": 3}, {"name": "b", "quantity_units": 4}]}
    assert nested(*forms.flat(value).items()) == value


def queried(*pairs: tuple[str, str]) -> dict[str, object]:
    """Return the value of a query's pairs."""
    return forms.query(OrderSchema(), pairs)


def test_a_query_is_read_in_one_form_only() -> None:
    """Lists may repeat; a plus sign that came as a space is a plus; empty means absent."""
    assert queried(("note", ""), ("kinds", "a"), ("kinds", "b"), ("urgent", "true"), ("day", "2021-01-09")) == {
        "kinds": ["a", "b"], "urgent": True, "day": "2021-01-09",
    }  # fmt: skip
    assert queried(("at", "2021-01-19T12:00:00 08:00")) == {"at": "2021-01-19T12:00:00+08:00"}
    for name, text in (("at", "2021-01-19T12:00"), ("day", "2021年1月9日"), ("urgent", "on"), ("lines-0-name", "x")):
        with pytest.raises(ma.ValidationError):
            OrderSchema().load(queried((name, text)))


@pytest.mark.parametrize("name", ["_note", "csrf_token", "colour", "note-x", ""])
def test_a_query_names_only_what_there_is(name: str) -> None:
    """Names that pages keep for themselves are unknown to programs; an empty value changes nothing about that."""
    for text in ("1", ""):
        with pytest.raises(ma.ValidationError):
            OrderSchema().load(queried((name, text)))


def test_a_single_value_comes_once() -> None:
    """Neither the first nor the last of two is meant."""
    with pytest.raises(ma.ValidationError) as refused:
        queried(("note", "a"), ("note", "b"))
    assert refused.value.messages["note"][0].code == "repeated"


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=20, unique_by=lambda pair: pair[0]))
def test_no_query_makes_it_crash(pairs: list[tuple[str, str]]) -> None:
    """Whatever comes is a value to refuse."""
    assert isinstance(queried(*pairs), dict)


def test_a_form_that_claims_a_line_9999_does_not_make_a_page_of_10000() -> None:
    """What a page draws for each line is drawn for as many as a request may have."""
    for pressed in ({}, {"_add": "lines"}, {"_remove": "lines-0"}):
        form = page_forms.Form({"lines-9999-name": "x"} | pressed)
        assert page_forms.change_lines(form, "lines")[1] <= limits.LINES_PER_REQUEST
