"""Postings against a plain model: nothing is made, nothing vanishes, every sign is right (R10)."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.core.ids import new_id
from coldchain.ledger import postings
from coldchain.ledger.postings import Draft, Entry

SELLER, BUYER, HERE, THERE, ROAD = (UUID(int=i) for i in range(1, 6))
units = st.integers(min_value=1, max_value=10**12)

MAKERS = {
    "intake": lambda n: postings.intake(SELLER, HERE, n),
    "dispatch": lambda n: postings.dispatch(SELLER, HERE, ROAD, n),
    "hand_over": lambda n: postings.hand_over(SELLER, HERE, ROAD, n),
    "confirm": lambda n: postings.confirm(SELLER, BUYER, THERE, ROAD, n),
    "reject": lambda n: postings.reject(SELLER, HERE, ROAD, n),
}


@given(name=st.sampled_from(sorted(MAKERS)), quantity=units)
def test_every_movement_sums_to_zero_and_moves_what_it_says(name: str, quantity: int) -> None:
    entries = MAKERS[name](quantity)
    assert sum(entry.quantity_units for entry in entries) == 0
    assert {abs(entry.quantity_units) for entry in entries} == {quantity}
    assert len({entry.place for entry in entries}) == 2


@pytest.mark.parametrize(
    ("name", "gives", "gains"),
    [
        ("intake", ("opening", SELLER, None, None), ("zone", SELLER, HERE, None)),
        ("dispatch", ("zone", SELLER, HERE, None), ("transit", SELLER, None, ROAD)),
        ("hand_over", ("zone", SELLER, HERE, None), ("sold", SELLER, None, ROAD)),
        ("confirm", ("transit", SELLER, None, ROAD), ("zone", BUYER, THERE, None)),
        ("reject", ("transit", SELLER, None, ROAD), ("zone", SELLER, HERE, None)),
    ],
)
def test_who_gives_and_who_gains(name: str, gives: tuple[object, ...], gains: tuple[object, ...]) -> None:
    giving, gaining = MAKERS[name](7)
    assert (tuple(giving.place), giving.quantity_units) == (gives, -7)
    assert (tuple(gaining.place), gaining.quantity_units) == (gains, 7)


@pytest.mark.parametrize("name", sorted(MAKERS))
@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_moves_less_than_one_unit(name: str, quantity: int) -> None:
    with pytest.raises(AssertionError):
        MAKERS[name](quantity)


@given(quantities=st.lists(st.integers(-50, 50), max_size=5))
def test_balanced_refuses_exactly_what_does_not_balance(quantities: list[int]) -> None:
    entries = tuple(Entry("zone", SELLER, new_id(), None, quantity) for quantity in quantities)
    right = bool(quantities) and sum(quantities) == 0 and 0 not in quantities
    if right:
        assert postings.balanced(entries) is entries
    else:
        with pytest.raises(AssertionError):
            postings.balanced(entries)


@given(st.lists(st.tuples(st.sampled_from(["dispatch", "confirm", "reject", "hand_over"]), st.integers(1, 40))))
@settings(max_examples=60)
def test_any_history_conserves_what_was_entered(history: list[tuple[str, int]]) -> None:
    """A plain counter of accounts, moved only by entries, never gains or loses a unit in all (R10)."""
    model: Counter[tuple[object, ...]] = Counter()
    for entry in postings.intake(SELLER, HERE, 100):
        model[tuple(entry.place)] += entry.quantity_units
    for name, quantity in history:
        for entry in MAKERS[name](quantity):
            model[tuple(entry.place)] += entry.quantity_units
        assert sum(model.values()) == 0
        assert sum(count for place, count in model.items() if place[0] != "opening") == 100


def test_accounts_have_one_order_for_everyone() -> None:
    """Accounts with and without a place sort, and no two different accounts are equal in the order."""
    places = {entry.place for make in MAKERS.values() for entry in make(1)}
    assert len({place.order() for place in places}) == len(places)
    assert [place.account for place in sorted(places, key=lambda place: place.order())] == [
        "opening", "sold", "transit", "zone", "zone",
    ]  # fmt: skip


def test_a_draft_is_refused_under_a_hold_unless_it_says_otherwise() -> None:
    draft = Draft("dispatch", HERE, postings.dispatch(SELLER, HERE, ROAD, 1), datetime(2021, 1, 19, tzinfo=UTC))
    assert draft.moves_locked is False
