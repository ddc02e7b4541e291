"""Pure: which pieces 1…n of a batch the records of a treatment or test cover (R5).

Invariant: coverage is the union of the records' piece ranges, or every piece when one record says `whole_batch`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

Range = tuple[int, int]  # first and last piece, both included

WHOLE_BATCH = "whole_batch"
BASIS_ORDER = ("scanned", "declared_range", WHOLE_BATCH)


@dataclass(frozen=True)
class Piece:
    """What one record covers: its basis, and a range of pieces unless the basis is `whole_batch`."""

    basis: str
    piece_from: int | None = None
    piece_to: int | None = None


@dataclass(frozen=True)
class Cover:
    """What records cover together: merged ranges, the ranges that are left, and the bases they rest on."""

    covered: tuple[Range, ...]
    uncovered: tuple[Range, ...]
    bases: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Say whether no piece is left."""
        return not self.uncovered


def merge(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return `ranges` sorted, with overlapping and adjacent ones joined; empty ones (from > to) are dropped."""
    merged: list[Range] = []
    for first, last in sorted(pair for pair in ranges if pair[0] <= pair[1]):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def left(ranges: Iterable[Range], piece_count: int) -> tuple[Range, ...]:
    """Return the ranges of pieces 1…`piece_count` that `ranges` leave uncovered."""
    gaps: list[Range] = []
    following = 1
    for first, last in merge(ranges):
        if first > piece_count:
            break
        if first > following:
            gaps.append((following, first - 1))
        following = max(following, last + 1)
    if following <= piece_count:
        gaps.append((following, piece_count))
    return tuple(gaps)


def shifted(record: Piece, pieces: int) -> Piece:
    """Return what a record of a batch covers of the child whose piece 1 was the batch's piece `pieces` + 1.

    Pieces that aren't the child's get numbers that it doesn't have; a `whole_batch` record covers the child too.
    """
    if record.piece_from is None or record.piece_to is None or not pieces:
        return record
    return replace(record, piece_from=record.piece_from - pieces, piece_to=record.piece_to - pieces)


def remaining(piece_count: int, gone: Iterable[Range]) -> tuple[Range, ...]:
    """Return the pieces that are left of a batch after `gone` were split off; all of them when none is left.

    Units that turn up of a batch that was split off to its last piece may be of any piece, so each has to be proven.
    """
    return left(gone, piece_count) or ((1, piece_count),)


def cover(records: Iterable[Piece], piece_count: int, gone: Iterable[Range] = ()) -> Cover:
    """Return what `records` cover of the pieces 1…`piece_count` (R5); a `whole_batch` record covers them all.

    Pieces that were split off (`gone`) are neither covered nor asked for: they belong to another batch.
    """
    there = remaining(piece_count, gone)
    everything: Range = (1, piece_count)
    ranges: list[Range] = []
    bases: set[str] = set()
    for record in records:
        bases.add(record.basis)
        if record.basis == WHOLE_BATCH:
            ranges.append(everything)
        elif record.piece_from is not None and record.piece_to is not None:
            ranges.append((max(1, record.piece_from), min(piece_count, record.piece_to)))
    elsewhere = left(there, piece_count)
    covered = left([*left(ranges, piece_count), *elsewhere], piece_count)
    uncovered = left([*ranges, *elsewhere], piece_count)
    return Cover(covered, uncovered, tuple(basis for basis in BASIS_ORDER if basis in bases))


def touches(record: Piece, ranges: Iterable[Range]) -> bool:
    """Say whether `record` covers at least one piece of `ranges`."""
    if record.basis == WHOLE_BATCH:
        return any(True for _ in ranges)
    if record.piece_from is None or record.piece_to is None:
        return False
    return any(max(record.piece_from, first) <= min(record.piece_to, last) for first, last in ranges)
