"""Pure: what becomes of units that are held apart when goods of their account go (R8).

A *claim* is what one cause has of one account, by one hold or several. Claims of several causes are added up, as far as
there are units: nobody knows whether they mean the same goods. What is claimed never grows and never shrinks by a
movement within custody: a claim is cut in two, a part that stays and a part that goes.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, Literal, TypeVar

K = TypeVar("K", bound=Hashable)
Takes = Literal["first", "last"] | None


def demanded(quantity_units: int, claims: Iterable[int]) -> int:
    """Return how many of `quantity_units` are held by these claims together."""
    return min(quantity_units, sum(claims))


def cut(claims: Sequence[int], quantity_units: int, going_units: int, held_units: int) -> list[int]:
    """Return how much of each claim goes along when `going_units` of `quantity_units` go, `held_units` of them held.

    Claims are 0 … `quantity_units` each. What stays demands exactly the held units that stay, what goes at least the
    held units that go, and no claim exceeds the goods that it lies on. Oldest claims go first.
    """
    staying_units = quantity_units - going_units
    if not 0 <= held_units <= going_units <= quantity_units:
        raise AssertionError("held units that go are some of the units that go")
    if demanded(quantity_units, claims) - held_units > staying_units:
        raise AssertionError("more would stay held than stays")
    going = [max(0, claim - staying_units) for claim in claims]
    rest = held_units - sum(going)
    for number, claim in enumerate(claims):
        more = max(0, min(min(claim, held_units) - going[number], rest))
        going[number] += more
        rest -= more
    return going


class Shelf(Generic[K]):
    """An account as the movements of one post empty it: units, and what each cause claims of them, oldest first."""

    def __init__(self, quantity_units: int) -> None:
        self.quantity_units = quantity_units
        self.claims: dict[K, int] = {}
        self._before: dict[K, int] = {}

    def claim(self, cause: K, units: int | None) -> None:
        """Hold `units` of it apart, more of the same cause on top (None: the whole of it), as far as they are there."""
        more = self.quantity_units if units is None else units
        self.claims[cause] = min(self.claims.get(cause, 0) + more, self.quantity_units)
        self._before[cause] = self.claims[cause]

    @property
    def apart(self) -> bool:
        """Say whether anything of it was held apart before the movements."""
        return bool(self._before)

    @property
    def free_units(self) -> int:
        """How many units no claim holds."""
        return self.quantity_units - demanded(self.quantity_units, self.claims.values())

    def give(self, units: int, takes: Takes) -> dict[K, int]:
        """Take `units` (≤ what is there) away, held ones first or last; return how much of each claim goes along.

        None: free units only; the caller has refused more.
        """
        held_before = self.quantity_units - self.free_units
        held = min(units, held_before) if takes == "first" else max(0, units - self.free_units)
        if takes is None and held:
            raise AssertionError("held units stay")
        going = dict(zip(self.claims, cut(list(self.claims.values()), self.quantity_units, units, held), strict=True))
        self.quantity_units -= units
        self.claims = {cause: claim - going[cause] for cause, claim in self.claims.items()}
        return {cause: claim for cause, claim in going.items() if claim}

    def changed(self) -> dict[K, int]:
        """Return what is left, in units, of each claim of which something went."""
        return {cause: self.claims[cause] for cause, units in self._before.items() if self.claims[cause] != units}


def spread(claims: Mapping[K, int], gains: Sequence[int]) -> list[dict[K, int]]:
    """Share claims that go along among what gains (units each): none more than the units that come, the rest is gone.

    With one gaining account, as every movement but a mixed one has, all of them follow there.
    """
    shared: list[dict[K, int]] = []
    left = dict(claims)
    for units in gains:
        here = {cause: min(claim, units) for cause, claim in left.items() if claim}
        left = {cause: claim - here.get(cause, 0) for cause, claim in left.items()}
        shared.append(here)
    return shared
