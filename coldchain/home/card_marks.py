"""Pure: the shape of a state: circle yes, triangle wait, octagon stop, dashed square locked, full square sealed."""

import math
from collections.abc import Iterator

from coldchain.home.card_parts import Stroke

_PEN = 0.09  # of a mark's size


def _ring(corners: int, turn: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Return the corners of a regular figure in the unit square."""
    steps = (turn + 2 * math.pi * number / corners for number in range(corners))
    return tuple((0.5 + 0.5 * math.cos(angle), 0.5 + 0.5 * math.sin(angle)) for angle in steps)


_SQUARE = ((0.04, 0.04), (0.96, 0.04), (0.96, 0.96), (0.04, 0.96))


def strokes(kind: str, x: float, y: float, size: float) -> Iterator[Stroke]:
    """Yield the strokes of a mark whose square has its upper left corner at (x, y)."""

    def to(*points: tuple[float, float], closed: bool = False, filled: bool = False, dashed: bool = False) -> Stroke:
        placed = tuple((x + px * size, y + py * size) for px, py in points)
        return Stroke(placed, size * _PEN, closed=closed, filled=filled, dashed=dashed)

    if kind == "go":
        yield to(*_ring(28), closed=True)
        yield to((0.29, 0.52), (0.44, 0.67), (0.72, 0.36))
    elif kind in {"wait", "info"}:
        yield to((0.5, 0.04), (1.0, 0.95), (0.0, 0.95), closed=True)
        yield to((0.5, 0.36), (0.5, 0.64))
        yield to((0.5, 0.76), (0.5, 0.80))
    elif kind in {"booked", "done"}:
        yield to(*_SQUARE, closed=True, dashed=kind == "booked", filled=kind == "done")
    elif kind in {"stop", "alarm"}:
        yield to(*_ring(8, math.pi / 8), closed=True)
        yield to((0.27, 0.5), (0.73, 0.5))
    else:
        yield to(*_ring(28), closed=True)
        yield to((0.3, 0.5), (0.7, 0.5))
