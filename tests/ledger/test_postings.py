"""Postings against a plain model: nothing is made, nothing vanishes, every sign is right (R10)."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.core.ids import new_id
from coldchain.ledger import postings
from coldchain.ledger.postings import Draft, Entry

SELLER, BUYER, HERE, THERE, ROAD = (UUID(int=i) for i in range(1, 6))
units = st.integers(min_value=1, max_value=10**12)

MAKERS: dict[str, Callable[[int], tuple[Entry, ...]]] = {
    "intake": lambda n: postings.intake(SELLER, HERE, n),
    "dispatch": lambda n: postings.dispatch(SELLER, HERE, ROAD, n),
    "hand_over": lambda n: postings.hand_over(SELLER, HERE, ROAD, n),
    "confirm": lambda n: postings.confirm(SELLER, BUYER, THERE, ROAD, n),
    "reject": lambda n: postings.reject(SELLER, HERE, ROAD, n),
    "leave": lambda n: postings.leave("used", SELLER, HERE, n),
    "recover": lambda n: postings.recover("missing", SELLER, HERE, n),
    "find": lambda n: postings.find(SELLER, HERE, n),
    "relocate": lambda n: postings.relocate(SELLER, HERE, THERE, n),
    "change_owner": lambda n: postings.change_owner(SELLER, BUYER, HERE, n),
    "transform_in": lambda n: postings.transform_in(SELLER, HERE, n),
    "transform_out": lambda n: postings.transform_out(SELLER, HERE, n),
    "surplus": lambda n: postings.confirm_surplus(SELLER, HERE, BUYER, THERE, n),
    "surplus_found": lambda n: postings.confirm_surplus(SELLER, None, BUYER, THERE, n),
    "settle": lambda n: postings.settle("missing", SELLER, ROAD, n),
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
        ("leave", ("zone", SELLER, HERE, None), ("used", SELLER, None, None)),
        ("recover", ("missing", SELLER, None, None), ("zone", SELLER, HERE, None)),
        ("find", ("found", SELLER, None, None), ("zone", SELLER, HERE, None)),
        ("relocate", ("zone", SELLER, HERE, None), ("zone", SELLER, THERE, None)),
        ("change_owner", ("zone", SELLER, HERE, None), ("zone", BUYER, HERE, None)),
        ("transform_in", ("zone", SELLER, HERE, None), ("transformed", SELLER, None, None)),
        ("transform_out", ("transformed", SELLER, None, None), ("zone", SELLER, HERE, None)),
        ("surplus", ("zone", SELLER, HERE, None), ("zone", BUYER, THERE, None)),
        ("surplus_found", ("found", BUYER, None, None), ("zone", BUYER, THERE, None)),
        ("settle", ("transit", SELLER, None, ROAD), ("missing", SELLER, None, ROAD)),
    ],
)
def test_who_gives_and_who_gains(name: str, gives: tuple[object, ...], gains: tuple[object, ...]) -> None:
    giving, gaining = MAKERS[name](7)
    assert (tuple(giving.place), giving.quantity_units) == (gives, -7)
    assert (tuple(gaining.place), gaining.quantity_units) == (gains, 7)


@pytest.mark.parametrize("name", sorted(MAKERS))
@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_moves_less_than_one_unit(name: str, quantity: int) -> None:
    with pytest.raises(AssertionError, match=r"^a movement moves at least one unit$"):
        MAKERS[name](quantity)


@given(quantities=st.lists(st.integers(-50, 50), max_size=5))
def test_balanced_refuses_exactly_what_does_not_balance(quantities: list[int]) -> None:
    entries = tuple(Entry("zone", SELLER, new_id(), None, quantity) for quantity in quantities)
    right = bool(quantities) and sum(quantities) == 0 and 0 not in quantities
    if right:
        assert postings.balanced(entries) is entries
    else:
        why = r"must sum to zero$" if sum(quantities) else r"^an entry moves at least one unit$"
        with pytest.raises(AssertionError, match=why):
            postings.balanced(entries)


@given(name=st.sampled_from(sorted(MAKERS)), quantity=units)
def test_what_is_undone_was_never_there(name: str, quantity: int) -> None:
    entries = MAKERS[name](quantity)
    model: Counter[tuple[object, ...]] = Counter()
    for entry in (*entries, *postings.reverse(entries)):
        model[tuple(entry.place)] += entry.quantity_units
    assert not any(model.values())
    assert postings.reverse(postings.reverse(entries)) == entries


@pytest.mark.parametrize(
    ("nonsense", "why"),
    [
        (lambda: postings.leave("zone", SELLER, HERE, 1), "^goods don't leave custody onto 'zone'$"),
        (lambda: postings.leave("found", SELLER, HERE, 1), "onto 'found'"),
        (lambda: postings.recover("used", SELLER, HERE, 1), "^goods aren't recovered from 'used'$"),
        (lambda: postings.recover("destroyed", SELLER, HERE, 1), "from 'destroyed'"),
        (lambda: postings.relocate(SELLER, HERE, HERE, 1), "^a relocation changes the zone$"),
        (lambda: postings.change_owner(SELLER, SELLER, HERE, 1), "^a change of owner changes the owner$"),
        (lambda: postings.settle("used", SELLER, ROAD, 1), "^goods on the road don't end on 'used'$"),
        (lambda: postings.open_pieces(SELLER, HERE, 0), "^a movement moves at least one unit$"),
    ],
)
def test_movements_that_can_not_be_are_refused(nonsense: Callable[[], object], why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        nonsense()


@pytest.mark.parametrize("account", ["lost", "missing", "sold"])
def test_goods_on_the_road_end_on_these_accounts(account: str) -> None:
    gave, gained = postings.settle(account, SELLER, ROAD, 2)
    assert (gave.place.account, gained.place.account, gained.quantity_units) == ("transit", account, 2)


def test_opened_pieces_stay_where_they_are() -> None:
    out, back = postings.open_pieces(SELLER, HERE, 3)
    assert out.place == back.place
    assert (out.quantity_units, back.quantity_units) == (-3, 3)


def test_accounts_have_one_order_for_everyone() -> None:
    """Accounts with and without a place sort, and no two different accounts are equal in the order."""
    places = {entry.place for make in MAKERS.values() for entry in make(1)}
    assert len({place.order() for place in places}) == len(places)
    accounts = [place.account for place in sorted(places, key=lambda place: place.order())]
    assert accounts == sorted(accounts)


def test_a_draft_is_refused_under_a_hold_unless_it_says_otherwise() -> None:
    draft = Draft("dispatch", HERE, postings.dispatch(SELLER, HERE, ROAD, 1), datetime(2021, 1, 19, tzinfo=UTC))
    assert draft.moves_locked is False
