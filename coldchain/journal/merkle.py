"""RFC 6962 (= RFC 9162 with SHA-256) Merkle tree: hashes, incremental append, proofs and their verifiers. Pure.

A **node** is a complete subtree named (level, index): it covers leaves index·2^level … (index+1)·2^level - 1 and never
changes once its leaves are there, so appending only ever adds nodes. Level 0 are the leaf hashes themselves. The
**peaks** of a size are the nodes that its binary digits name, at most one a level; the root folds them from the right.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

Node = tuple[int, int]
Range = tuple[int, int]
HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256


def leaf_hash(body: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ body), 32 bytes (RFC 6962, 2.1)."""
    return _sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right), 32 bytes (RFC 6962, 2.1)."""
    return _sha256(b"\x01" + left + right).digest()


def peaks_of(size: int) -> list[Node]:
    """Return the peaks of a tree of `size` leaves, from left (highest) to right."""
    return nodes_of((0, size))


def nodes_of(span: Range) -> list[Node]:
    """Return the complete nodes, left to right, whose fold is the hash of the leaves `low … high - 1`.

    `low` must be a multiple of a power of two that is not smaller than `high - low`, as in every range of a proof.
    """
    low, high = span
    found = []
    while low < high:
        level = (high - low).bit_length() - 1
        found.append((level, low >> level))
        low += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over peaks given from left to right; no peaks give the root of the empty tree."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def root_of(peaks: Mapping[int, bytes]) -> bytes:
    """Return the root over peaks given by level."""
    return fold([peaks[level] for level in sorted(peaks, reverse=True)])


def extend(
    size: int, peaks: Mapping[int, bytes], leaves: Sequence[bytes]
) -> tuple[list[tuple[int, int, bytes]], dict[int, bytes]]:
    """Append leaf hashes to a tree of `size` with these peaks by level.

    Return the interior nodes (level ≥ 1, index, hash) that became complete, by level, and the new peaks.
    """
    fresh: list[tuple[int, int, bytes]] = []
    grown = dict(peaks)
    level, first, row = 0, size, list(leaves)
    while row:
        if first & 1:  # the left brother came earlier and has been a peak until now
            row.insert(0, grown.pop(level))
            first -= 1
        if len(row) & 1:
            grown[level] = row.pop()
        first >>= 1
        level += 1
        row = [_sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
        fresh.extend((level, first + offset, digest) for offset, digest in enumerate(row))
    return fresh, grown


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    return root_of(extend(0, {}, leaves)[1])


def range_hash(span: Range, get: Callable[[Node], bytes]) -> bytes:
    """Return the hash of a range of a proof from its complete nodes."""
    return fold([get(node) for node in nodes_of(span)])


def _split(width: int) -> int:
    """Return the largest power of two below `width` (≥ 2)."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove leaf `index` in a tree of `size` (RFC 6962, 2.1.1). Raises ValueError."""
    if not 0 <= index < size:
        raise ValueError("there is no such leaf in a tree of that size")
    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    return path[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """Return the ranges whose hashes prove that the tree of size `second` extends that of `first` (RFC 6962, 2.1.2).

    Nothing needs proof when `first` is 0 or equal to `second`. Raises ValueError.
    """
    if not 0 <= first <= second:
        raise ValueError("the first size must not be larger than the second")
    if first in {0, second}:
        return []
    low, high, path = 0, second, []
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    if low > 0:  # else the old root itself is a node of the new tree, and the verifier has it
        path.append((low, high))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows `leaf` (its hash) at `index` of the tree of `size` with `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree of size `second` extends that of size `first` (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    steps = list(proof)
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
