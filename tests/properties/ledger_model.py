"""What goods do, said once in plain Python: counters of places; no postings, no database. The machines' oracle."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from coldchain.ledger.postings import Entry

CUSTODY = ("zone", "transit")
OUTSIDE = ("sold", "used", "destroyed", "lost", "missing", "returned", "transformed")

Place = tuple[str, UUID, UUID | None]  # account, whose, where; outside of custody nowhere: ("sold", owner, None)


@dataclass(frozen=True)
class Step:
    """One movement: what is to be posted, and what it means: `units` go from a place to a place."""

    kind: str
    batch: int
    entries: tuple[Entry, ...]
    source: Place
    target: Place
    units: int
    consignment_id: UUID | None = None
    corrects: int | None = None


@dataclass
class Road:
    """A consignment of one batch that still has units on the way."""

    consignment_id: UUID
    batch: int
    owner: int
    zone: int


@dataclass
class Model:
    """Where the units of each batch are, how many were entered and found, and what moved."""

    there: list[Counter[Place]] = field(default_factory=list)
    entered: list[int] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    parents: list[set[int]] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    moved: list[Step] = field(default_factory=list)
    undone: Counter[int] = field(default_factory=Counter)

    def new_batch(self, parents: set[int]) -> int:
        """Add a batch that has nothing yet."""
        self.there.append(Counter())
        self.entered.append(0)
        self.found.append(0)
        self.parents.append(parents)
        return len(self.there) - 1

    def units(self, batch: int, place: Place) -> int:
        """Return what is at a place."""
        return self.there[batch][place]

    def outside(self, batch: int, account: str) -> int:
        """Return what left the books this way, whoever's it was."""
        return sum(units for place, units in self.there[batch].items() if place[0] == account)

    def custody(self, batch: int) -> dict[Place, int]:
        """Return what is in custody, without empty places."""
        return {place: units for place, units in self.there[batch].items() if place[0] in CUSTODY and units}

    def descendants(self, batch: int) -> set[int]:
        """Return the batch and all that was made from it, however far down."""
        family = {batch}
        for child, parents in enumerate(self.parents):  # a child always comes after its parents
            if parents & family:
                family.add(child)
        return family

    def move(self, step: Step) -> int:
        """Do it; return its number."""
        if step.source[0] == "opening":
            self.entered[step.batch] += step.units
        elif step.source[0] == "found":
            self.found[step.batch] += step.units
        else:
            self.there[step.batch][step.source] -= step.units
        if step.target[0] == "found":
            self.found[step.batch] -= step.units
        else:
            self.there[step.batch][step.target] += step.units
        self.moved.append(step)
        if step.corrects is not None:
            self.undone[step.corrects] += step.units
        return len(self.moved) - 1

    def conserved(self, batch: int) -> bool:
        """R10: entered + found = on hand + transit + … + missing; a batch made of others entered by transformation."""
        return self.entered[batch] + self.found[batch] == sum(self.there[batch].values())
