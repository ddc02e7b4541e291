"""Reads hashes, roots and proofs of the tree that is stored, each with a constant number of statements."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import text
from sqlmodel import Session

from coldchain.journal import merkle

_SIZE: Final = text("SELECT coalesce(max(index) + 1, 0) FROM journal_leaf")
_LEAVES: Final = text("SELECT index, leaf_hash FROM journal_leaf WHERE index = ANY(CAST(:indexes AS bigint[]))")
_NODES: Final = text("""
    SELECT level, index, hash FROM journal_node
    JOIN unnest(CAST(:levels AS bigint[]), CAST(:indexes AS bigint[])) AS wanted (level, index) USING (level, index)
""")


class MissingNode(LookupError):
    """A leaf or a node that must be stored is not: somebody took it."""


def size(session: Session) -> int:
    """Return the number of leaves."""
    return int(session.execute(_SIZE).scalar_one())


def fetch(session: Session, nodes: Iterable[merkle.Node]) -> dict[merkle.Node, bytes]:
    """Return the stored hashes of nodes (level 0: leaves), in at most two statements. Raises MissingNode."""
    wanted = set(nodes)
    found: dict[merkle.Node, bytes] = {}
    leaves = [index for level, index in wanted if level == 0]
    interior = [node for node in wanted if node[0] > 0]
    if leaves:
        found.update({(0, row[0]): bytes(row[1]) for row in session.execute(_LEAVES, {"indexes": leaves})})
    if interior:
        levels, indexes = zip(*interior, strict=True)
        rows = session.execute(_NODES, {"levels": list(levels), "indexes": list(indexes)})
        found.update({(row[0], row[1]): bytes(row[2]) for row in rows})
    if missing := wanted - found.keys():
        level, index = min(missing)
        raise MissingNode(f"node {level}/{index} is not stored")
    return found


def peaks(session: Session, of_size: int) -> dict[int, bytes]:
    """Return the stored peaks of a tree of `of_size` leaves by level. Raises MissingNode."""
    return {level: digest for (level, _), digest in fetch(session, merkle.peaks_of(of_size)).items()}


def root(session: Session, of_size: int) -> bytes:
    """Return the root over the first `of_size` leaves, 32 bytes. Raises MissingNode."""
    return merkle.root_of(peaks(session, of_size))


def proof(session: Session, ranges: list[merkle.Range]) -> list[bytes]:
    """Return the hashes of a proof whose ranges `merkle` named. Raises MissingNode."""
    stored = fetch(session, (node for span in ranges for node in merkle.nodes_of(span)))
    return [merkle.range_hash(span, stored.__getitem__) for span in ranges]


def inclusion(session: Session, index: int, of_size: int) -> list[bytes]:
    """Return the proof of leaf `index` in the tree of `of_size`. Raises ValueError, MissingNode."""
    return proof(session, merkle.inclusion_ranges(index, of_size))


def consistency(session: Session, first: int, second: int) -> list[bytes]:
    """Return the proof that the tree of `second` leaves extends that of `first`. Raises ValueError, MissingNode."""
    return proof(session, merkle.consistency_ranges(first, second))
