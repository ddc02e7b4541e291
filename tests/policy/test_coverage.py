"""Coverage of pieces against sets of pieces (R5)."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coldchain.policy.coverage import Piece, cover, left, merge, touches

COUNT = 40
ranges = st.lists(st.tuples(st.integers(-3, COUNT + 5), st.integers(-3, COUNT + 5)), max_size=8)
records = st.lists(
    st.one_of(
        st.just(Piece("whole_batch")),
        st.builds(Piece, st.sampled_from(["scanned", "declared_range"]), st.integers(1, COUNT), st.integers(1, COUNT)),
    ),
    max_size=6,
)


def pieces_of(pairs):
    return {piece for first, last in pairs for piece in range(first, last + 1)}


@given(ranges)
def test_merging_keeps_the_pieces_and_leaves_nothing_to_join(pairs):
    merged = merge(pairs)
    assert pieces_of(merged) == pieces_of(pairs)
    assert all(last + 1 < following for (_, last), (following, _) in pairwise(merged))


@given(ranges, st.integers(1, COUNT))
def test_what_is_left_is_the_complement(pairs, count):
    gaps = left(pairs, count)
    assert pieces_of(gaps) == set(range(1, count + 1)) - pieces_of(pairs)
    assert gaps == merge(gaps)


@given(records, st.integers(1, COUNT))
def test_cover_is_the_union_of_the_records(listed, count):
    found = cover(listed, count)
    everything = set(range(1, count + 1))
    union = set()
    for record in listed:
        union |= everything if record.basis == "whole_batch" else set(range(record.piece_from, record.piece_to + 1))
    assert pieces_of(found.covered) == union & everything
    assert pieces_of(found.uncovered) == everything - union
    assert found.complete is (union >= everything)
    assert set(found.bases) == {record.basis for record in listed}


@given(records, ranges)
def test_touching_is_sharing_a_piece(listed, pairs):
    for record in listed:
        wanted = pieces_of(pairs)
        own = (
            set(range(-10, COUNT + 10))
            if record.basis == "whole_batch"
            else set(range(record.piece_from, record.piece_to + 1))
        )
        assert touches(record, merge(pairs)) is bool(own & wanted)


def test_the_borders():
    assert left([], 1) == ((1, 1),)
    assert left([(1, 360)], 480) == ((361, 480),)
    assert left([(2, 480)], 480) == ((1, 1),)
    assert left([(1, 479)], 480) == ((480, 480),)
    assert left([(1, 480)], 480) == ()
    assert cover([Piece("declared_range", 1, None)], 3).uncovered == ((1, 3),)
