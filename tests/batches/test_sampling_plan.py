"""Which pieces a plan of the rule book suggests: evenly spread, none twice, each with the plan's sites (R5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.batches.sampling import suggest

SHENZHEN = [["outer_pack", "inner_pack", "surface"]] * 3 + [["outer_pack"]]


@pytest.mark.parametrize(
    ("count", "pieces"),
    [(8, [2, 4, 6, 8]), (4, [1, 2, 3, 4]), (100, [13, 38, 63, 88]), (5, [1, 2, 4, 5]), (2, [1, 2]), (1, [1])],
)
def test_the_pieces_lie_evenly(count: int, pieces: list[int]) -> None:
    found = suggest(SHENZHEN, count)
    assert list(dict.fromkeys(piece for piece, _site in found)) == pieces
    assert found == [(piece, site) for piece, sites in zip(pieces, SHENZHEN, strict=False) for site in sites]


def test_no_plan_and_no_pieces_suggest_nothing() -> None:
    assert suggest([], 10) == []
    assert suggest(SHENZHEN, 0) == []


@given(st.lists(st.lists(st.sampled_from(["outer_pack", "surface"]), min_size=1), max_size=9), st.integers(0, 10**6))
def test_every_piece_is_of_the_batch_and_none_is_taken_twice(plan: list[list[str]], count: int) -> None:
    found = suggest(plan, count)
    pieces = list(dict.fromkeys(piece for piece, _site in found))
    assert len(pieces) == min(len(plan), count)
    assert pieces == sorted(pieces)
    assert all(1 <= piece <= count for piece in pieces)
    assert [site for _piece, site in found] == [site for sites in plan[: len(pieces)] for site in sites]
