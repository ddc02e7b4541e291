"""The table of states and answers, and that a line adds up whatever is said about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.trade import states
from coldchain.trade.models import CONSIGNMENT_STATES
from coldchain.trade.states import Line, after

ALLOWED = {
    ("in_transit", "confirmed"), ("in_transit", "rejected"), ("in_transit", "disputed"),
    ("signed", "confirmed"), ("signed", "disputed"),
    ("disputed", "confirmed"), ("disputed", "disputed"), ("disputed", "settled"),
}  # fmt: skip


def test_every_state_and_answer() -> None:
    answers = ("confirmed", "rejected", "disputed", "settled")
    found = {(s, a) for s in CONSIGNMENT_STATES for a in answers if states.may_become(s, a)}
    assert found == ALLOWED


def test_what_a_count_makes_of_the_open_units() -> None:
    line = Line(30)
    assert line.parted(30) == {"delivered": 30}
    assert line.parted(29) == {"delivered": 29, "disputed": 1}
    assert line.parted(31) == {"delivered": 30, "surplus": 1}
    assert line.parted(0) == {"disputed": 30}
    assert Line(30, delivered_units=30).parted(0) == {}
    assert Line(30, delivered_units=30).parted(2) == {"surplus": 2}


def test_the_state_that_lines_make() -> None:
    whole, gone, waits = Line(3, delivered_units=3), Line(3, gone_units=3), Line(3)
    assert after([whole, gone], signed=False) == "confirmed"
    assert after([gone, gone], signed=True) == "rejected"
    assert after([whole, waits], signed=False) == "in_transit"
    assert after([whole, waits], signed=True) == "signed"
    assert after([waits, Line(3, delivered_units=2, road_disputed_units=1)], signed=False) == "disputed"
    assert after([Line(3, 3, surplus_units=1, surplus_disputed_units=1)], signed=False) == "disputed"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["confirm", "dispute", "settle", "reject"]),
        st.integers(0, 12),
        st.sampled_from(states.SETTLEMENTS),
    ),
    max_size=12,
)


@given(st.integers(1, 10), STEPS)
def test_a_line_adds_up_after_any_answers(sent: int, steps: list[tuple[str, int, str]]) -> None:
    """Sent = delivered + gone + disputed + open, and nothing is below zero."""
    line = Line(sent)
    for act, units, outcome in steps:
        if act == "confirm":
            if units > line.open_units and line.road_disputed_units:
                continue
            for part, count in line.parted(units).items():
                line = line.answered("confirmed", part, count)
        elif act == "dispute" and 0 < units <= line.open_units:
            line = line.answered("disputed", "disputed", units)
        elif act == "reject" and line.open_units:
            line = line.answered("rejected", "returned", line.open_units)
        elif act == "settle" and 0 < units <= line.disputed_units:
            if line.surplus_disputed_units and outcome not in states.SURPLUS_SETTLEMENTS:
                continue
            line = line.answered("settled", outcome, units)
        on_the_road = line.open_units + line.road_disputed_units
        assert line.delivered_units + line.gone_units + on_the_road == sent
        assert min(line.open_units, line.road_disputed_units, line.surplus_disputed_units, line.surplus_units) >= 0
        assert line.surplus_disputed_units <= line.surplus_units
        assert not (line.road_disputed_units and line.surplus_disputed_units), "one thing is in dispute, not both"


WHOLE = Line(30, delivered_units=10, gone_units=4, road_disputed_units=6)


@pytest.mark.parametrize(
    ("line", "answer", "after_it"),
    [
        (Line(30, 1, 2), ("confirmed", "delivered", 5), Line(30, 6, 2)),
        (Line(30, 30, surplus_units=1), ("confirmed", "surplus", 2), Line(30, 30, 0, 0, 3, 2)),
        (Line(30, 1, 2, 3), ("disputed", "disputed", 4), Line(30, 1, 2, 7)),
        (Line(30, 1, 2), ("rejected", "returned", 27), Line(30, 1, 29)),
        (WHOLE, ("settled", "delivered", 6), Line(30, 16, 4, 0)),
        (WHOLE, ("settled", "returned", 2), Line(30, 10, 6, 4)),
        (WHOLE, ("settled", "lost", 1), Line(30, 10, 5, 5)),
        (WHOLE, ("settled", "missing", 6), Line(30, 10, 10, 0)),
        (Line(30, 10, 4), ("settled", "delivered", 16), Line(30, 26, 4)),  # signed for, without an account
        (Line(30, 30, 0, 0, 5, 3), ("settled", "delivered", 3), Line(30, 30, 0, 0, 5, 0)),
        (Line(30, 30, 0, 0, 5, 3), ("settled", "returned", 2), Line(30, 30, 0, 0, 3, 1)),
    ],
)  # fmt: skip
def test_what_each_answer_makes_of_a_line(line: Line, answer: tuple[str, str, int], after_it: Line) -> None:
    assert line.answered(*answer) == after_it


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (Line(30), ("confirmed", "delivered", 31)),
        (WHOLE, ("disputed", "disputed", 11)),
        (WHOLE, ("settled", "lost", 7)),
        (Line(30, 30, 0, 0, 5, 3), ("settled", "delivered", 4)),
        (Line(30, 30), ("rejected", "returned", 1)),
    ],
)
def test_no_answer_is_about_more_than_waits_for_one(line: Line, answer: tuple[str, str, int]) -> None:
    with pytest.raises(AssertionError, match=r"^an answer is about units that wait for one$"):
        line.answered(*answer)


def test_sums_of_a_line() -> None:
    line = Line(30, 10, 4, 6, 5, 3)
    assert (line.open_units, line.confirmed_units, line.disputed_units) == (10, 15, 9)
