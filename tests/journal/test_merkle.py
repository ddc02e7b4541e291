"""The tree against the words of RFC 6962, against published vectors and against another implementation."""

import hashlib

import pymerkle  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.journal import merkle

# The Certificate Transparency reference leaves and the roots of their trees of size 0 … 8.
DATA = [
    bytes.fromhex(digits)
    for digits in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

LEAVES = [merkle.leaf_hash(bytes([number, number * 7 % 256])) for number in range(70)]


def power_below(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def mth(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = power_below(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = power_below(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), mth(leaves[k:])]
    return [*path(index - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


class Stored:
    """A tree as it is stored: leaves and complete interior nodes."""

    def __init__(self, leaves: list[bytes], steps: list[int] | None = None) -> None:
        self.nodes: dict[merkle.Node, bytes] = {}
        self.size, self.peaks = 0, dict[int, bytes]()
        for step in steps or [len(leaves)]:
            batch = leaves[self.size : self.size + step]
            fresh, self.peaks = merkle.extend(self.size, self.peaks, batch)
            for level, index, digest in fresh:
                assert (level, index) not in self.nodes, "a node is complete once"
                self.nodes[level, index] = digest
            self.nodes.update({(0, self.size + offset): leaf for offset, leaf in enumerate(batch)})
            self.size += len(batch)

    def proof(self, ranges: list[merkle.Range]) -> list[bytes]:
        return [merkle.range_hash(span, self.nodes.__getitem__) for span in ranges]


def test_published_roots() -> None:
    leaves = [merkle.leaf_hash(data) for data in DATA]
    assert [merkle.tree_root(leaves[:size]).hex() for size in range(9)] == ROOTS
    assert merkle.EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_roots_and_nodes_follow_the_definition(size: int) -> None:
    stored = Stored(LEAVES[:size])
    assert merkle.root_of(stored.peaks) == mth(LEAVES[:size])
    expected = {
        (level, index): mth(LEAVES[index << level : (index + 1) << level])
        for level in range(size.bit_length())
        for index in range(size >> level)
    }
    assert stored.nodes == expected
    assert [stored.nodes[node] for node in merkle.peaks_of(size)] == [
        stored.peaks[level] for level in sorted(stored.peaks, reverse=True)
    ]


@given(st.lists(st.integers(0, 20), max_size=12), st.integers(0, 2**32))
def test_appending_in_any_steps_gives_one_tree(steps: list[int], seed: int) -> None:
    leaves = [merkle.leaf_hash(f"{seed}/{number}".encode()) for number in range(sum(steps))]
    bit_by_bit = Stored(leaves, steps or [0])
    assert bit_by_bit.nodes == Stored(leaves).nodes
    assert merkle.root_of(bit_by_bit.peaks) == mth(leaves)


@pytest.mark.parametrize("size", range(1, 34))
def test_inclusion_proofs(size: int) -> None:
    leaves = LEAVES[:size]
    stored, root = Stored(leaves), mth(leaves)
    for index in range(size):
        proof = stored.proof(merkle.inclusion_ranges(index, size))
        assert proof == path(index, leaves)
        assert merkle.verify_inclusion(index, size, leaves[index], proof, root)
        assert not merkle.verify_inclusion(index, size, LEAVES[-1], proof, root)
        assert not merkle.verify_inclusion(index, size, leaves[index], [*proof, root], root)
        if proof:
            assert not merkle.verify_inclusion(index, size, leaves[index], proof[:-1], root)
            assert not merkle.verify_inclusion(index, size, leaves[index], [*proof[:-1], LEAVES[-1]], root)
        for other in {index - 1, index + 1} - {index}:
            assert not merkle.verify_inclusion(other, size, leaves[index], proof, root)


@pytest.mark.parametrize("second", range(34))
def test_consistency_proofs(second: int) -> None:
    stored, root = Stored(LEAVES[:second]), mth(LEAVES[:second])
    for first in range(second + 1):
        old = mth(LEAVES[:first])
        proof = stored.proof(merkle.consistency_ranges(first, second))
        if first:
            assert proof == subproof(first, LEAVES[:second], True)
        assert merkle.verify_consistency(first, second, old, root, proof)
        assert not merkle.verify_consistency(first, second, LEAVES[-1], root, proof)
        assert not merkle.verify_consistency(first, second, old, root, [*proof, old])
        if 0 < first < second:
            assert not merkle.verify_consistency(first, second, old, LEAVES[-1], proof)
            assert not merkle.verify_consistency(first, second, old, root, [])
            assert not merkle.verify_consistency(first, second, old, root, proof[:-1])
            assert not merkle.verify_consistency(first - 1, second, old, root, proof)


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=9), min_size=1, max_size=80), st.data())
def test_against_another_implementation(entries: list[bytes], data: st.DataObject) -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        other.append_entry(entry)
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    stored = Stored(leaves)
    root = merkle.fold([stored.nodes[node] for node in merkle.peaks_of(size)])
    assert root == other.get_root(size)
    leaf, *steps = other.prove_inclusion(index + 1, size).path
    assert stored.proof(merkle.inclusion_ranges(index, size)) == steps
    assert merkle.verify_inclusion(index, size, leaf, steps, other.get_root(size))


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_ranges_of_great_trees_are_complete_and_short(one: int, two: int) -> None:
    first, second = sorted((one, two))
    for span in merkle.consistency_ranges(first, second):
        assert next(index << level for level, index in merkle.nodes_of(span)) == span[0]
        assert sum(1 << level for level, _ in merkle.nodes_of(span)) == span[1] - span[0]
        assert all((index + 1) << level <= second for level, index in merkle.nodes_of(span))
    if first < second:
        ranges = merkle.inclusion_ranges(first, second)
        assert len(ranges) <= 41
        assert sum(high - low for low, high in ranges) == second - 1


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion_ranges(index, size)
    assert not merkle.verify_inclusion(index, size, LEAVES[0], [], LEAVES[0])


@pytest.mark.parametrize(("first", "second"), [(-1, 5), (6, 5)])
def test_a_tree_does_not_extend_a_larger_one(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="larger"):
        merkle.consistency_ranges(first, second)
    assert not merkle.verify_consistency(first, second, LEAVES[0], LEAVES[0], [])
