"""Every proof up to 300 leaves, and random ones up to a million, judged by another implementation (pymerkle)."""

import random
from bisect import bisect_left
from functools import cache

import pymerkle  # type: ignore[import-untyped]
import pytest
from pymerkle.core import _inclusion_path_layout  # type: ignore[import-untyped]

from coldchain.journal import merkle
from tests.journal.test_merkle import Stored, subproof

SIZE = 300
GREAT = 1_000_000
ODD_LEAVES = 64
DRAWS = 250
SEED = 20_210_119
BODIES = [f"entry {number}".encode() for number in range(SIZE)]
LEAVES = [merkle.leaf_hash(body) for body in BODIES]


@pytest.fixture(scope="module")
def other() -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    tree.append_entries(BODIES)
    return tree


@pytest.fixture(scope="module")
def stored() -> Stored:
    return Stored(LEAVES)


def judged(index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes) -> None:
    """Let pymerkle judge our hashes: it lays the path out itself and raises when they don't lead to its root."""
    rule, _ = _inclusion_path_layout(index + 1, size)
    theirs = pymerkle.InclusionProof("sha256", True, size, index + 1, rule, [leaf, *proof])
    theirs.verify(leaf, root, index=index + 1, size=size)


@pytest.mark.parametrize("part", range(4))
def test_inclusion_in_every_tree(other: pymerkle.InmemoryTree, stored: Stored, part: int) -> None:
    for size in range(1 + part, SIZE + 1, 4):
        root = other.get_root(size)
        for index in range(size):
            proof = stored.proof(merkle.inclusion_ranges(index, size))
            judged(index, size, LEAVES[index], proof, root)
            assert merkle.verify_inclusion(index, size, LEAVES[index], proof, root)


@pytest.mark.parametrize("part", range(4))
def test_consistency_of_every_two_trees(other: pymerkle.InmemoryTree, stored: Stored, part: int) -> None:
    for second in range(1 + part, SIZE + 1, 4):
        new = other.get_root(second)
        for first in range(1, second + 1):
            old = other.get_root(first)
            ranges = merkle.consistency_ranges(first, second)
            proof = stored.proof(ranges)
            assert merkle.verify_consistency(first, second, old, new, proof)
            assert proof == [other._get_root(low, high) for low, high in ranges]
            other.prove_consistency(first, second).verify(old, new, prior_size=first, later_size=second)
            if (first + second) % 7 == 0:
                assert proof == subproof(first, LEAVES[:second], True), "word for word as RFC 6962 has it"


class Sparse:
    """A million leaves of which few are unlike the rest, so that any node costs a handful of hashes."""

    def __init__(self, odd: list[int]) -> None:
        self.odd = odd
        self.node = cache(self._node)

    def leaf(self, index: int) -> bytes:
        return merkle.leaf_hash(str(index).encode() if index in self.odd else b"like the rest")

    def _node(self, node: merkle.Node) -> bytes:
        level, index = node
        if level == 0:
            return self.leaf(index)
        low, high = index << level, (index + 1) << level
        if bisect_left(self.odd, low) == bisect_left(self.odd, high):  # the same wherever it stands
            return self._plain(level)
        return merkle.node_hash(self.node((level - 1, 2 * index)), self.node((level - 1, 2 * index + 1)))

    @cache  # noqa: B019  # one tree a module
    def _plain(self, level: int) -> bytes:
        if level == 0:
            return merkle.leaf_hash(b"like the rest")
        return merkle.node_hash(self._plain(level - 1), self._plain(level - 1))

    def proof(self, ranges: list[merkle.Range]) -> list[bytes]:
        return [merkle.range_hash(span, self.node) for span in ranges]


class SparseJudge(pymerkle.BaseMerkleTree):
    """The same leaves in pymerkle's tree: its roots, its paths, its hashing, only without reading a million leaves."""

    def __init__(self, ours: Sparse) -> None:
        self.ours = ours
        super().__init__("sha256")

    def _get_subroot(self, offset: int, width: int) -> bytes:
        if width == 1:
            return self.ours.leaf(offset)
        if bisect_left(self.ours.odd, offset) == bisect_left(self.ours.odd, offset + width):
            digest = self.hash_buff(b"like the rest")
            for _ in range(width.bit_length() - 1):
                digest = self.hash_pair(digest, digest)
            return bytes(digest)
        half = width // 2
        return bytes(self.hash_pair(self._get_subroot(offset, half), self._get_subroot(offset + half, half)))

    def _get_size(self) -> int:
        return GREAT

    def _get_leaf(self, index: int) -> bytes:
        return self.ours.leaf(index - 1)

    def _get_leaves(self, offset: int, width: int) -> list[bytes]:
        return [self.ours.leaf(index) for index in range(offset, offset + width)]

    def _store_leaf(self, data: object, digest: bytes) -> int:
        raise NotImplementedError

    def _encode_entry(self, data: object) -> bytes:
        raise NotImplementedError


def test_random_proofs_of_great_trees() -> None:
    draw = random.Random(SEED)
    ours = Sparse(sorted(draw.sample(range(GREAT), ODD_LEAVES)))
    judge = SparseJudge(ours)
    sizes = [draw.randint(1, GREAT) for _ in range(DRAWS)] + [GREAT, 2**19, 2**19 + 1, 2**19 - 1]
    for size in sizes:
        root = judge.get_root(size)
        assert merkle.range_hash((0, size), ours.node) == root
        inside = [index for index in ours.odd if index < size] or [0]
        for index in {draw.choice(inside), draw.randrange(size), size - 1}:
            proof = ours.proof(merkle.inclusion_ranges(index, size))
            judged(index, size, ours.leaf(index), proof, root)
            assert merkle.verify_inclusion(index, size, ours.leaf(index), proof, root)
            assert not merkle.verify_inclusion(index, size, merkle.leaf_hash(b"forged"), proof, root)
        first = draw.randint(1, size)
        old = judge.get_root(first)
        proof = ours.proof(merkle.consistency_ranges(first, size))
        assert merkle.verify_consistency(first, size, old, root, proof)
        assert first == size or not merkle.verify_consistency(first, size, merkle.leaf_hash(b""), root, proof)
        judge.prove_consistency(first, size).verify(old, root, prior_size=first, later_size=size)
