"""Pure: what may become of a consignment, and how many units of each line wait, are disputed, came or ended elsewhere.

A line adds up at any time: sent = delivered + gone + disputed on the road + open. What came beyond what was sent is
surplus: it lies with the receiver already, and is disputed until both sides agree on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

CONFIRMED, REJECTED, IN_TRANSIT, SIGNED, DISPUTED = "confirmed", "rejected", "in_transit", "signed", "disputed"
SETTLED: Final = "settled"
DELIVERED, SURPLUS, RETURNED, LOST, MISSING = "delivered", "surplus", "returned", "lost", "missing"

WAITING: Final = frozenset({IN_TRANSIT, SIGNED})  # for the receiver's answer
ON_THE_ROAD: Final = WAITING | {DISPUTED}  # goods may still be in transit
# answer → the states in which it can be given
ANSWERS: Final = MappingProxyType(
    {
        CONFIRMED: ON_THE_ROAD,
        REJECTED: frozenset({IN_TRANSIT}),  # what was signed for was taken
        DISPUTED: ON_THE_ROAD,
        SETTLED: frozenset({DISPUTED}),
    }
)
SETTLEMENTS: Final = (DELIVERED, RETURNED, LOST, MISSING)
SURPLUS_SETTLEMENTS: Final = (DELIVERED, RETURNED)  # it lies at the receiver's: it stays there or goes back


def may_become(state: str, answer: str) -> bool:
    """Say whether a consignment in `state` may be answered so."""
    return state in ANSWERS[answer]


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one batch of a consignment, summed over its answers."""

    sent_units: int
    delivered_units: int = 0
    gone_units: int = 0  # sent back, lost or missing
    road_disputed_units: int = 0
    surplus_units: int = 0
    surplus_disputed_units: int = 0

    @property
    def open_units(self) -> int:
        """Units on the road that nobody has said anything about."""
        return self.sent_units - self.delivered_units - self.gone_units - self.road_disputed_units

    @property
    def confirmed_units(self) -> int:
        """Units that are in the receiver's books by this consignment."""
        return self.delivered_units + self.surplus_units

    @property
    def disputed_units(self) -> int:
        """Units that sender and receiver don't agree on yet, on the road or in surplus."""
        return self.road_disputed_units + self.surplus_disputed_units

    def answered(self, kind: str, outcome: str, units: int) -> "Line":
        """Return the line after one line of an answer of `kind`. Raises AssertionError for what can't be."""
        if kind == SETTLED:
            line = self._settled(outcome, units)
        elif outcome == DELIVERED:
            line = replace(self, delivered_units=self.delivered_units + units)
        elif outcome == SURPLUS:
            line = replace(
                self,
                surplus_units=self.surplus_units + units,
                surplus_disputed_units=self.surplus_disputed_units + units,
            )
        elif outcome == DISPUTED:
            line = replace(self, road_disputed_units=self.road_disputed_units + units)
        else:
            line = replace(self, gone_units=self.gone_units + units)
        if min(line.open_units, line.road_disputed_units, line.surplus_disputed_units) < 0:
            raise AssertionError("an answer is about units that wait for one")
        return line

    def _settled(self, outcome: str, units: int) -> "Line":
        if self.surplus_disputed_units:
            back = units if outcome == RETURNED else 0
            return replace(
                self,
                surplus_units=self.surplus_units - back,
                surplus_disputed_units=self.surplus_disputed_units - units,
            )
        if outcome == DELIVERED and not self.road_disputed_units:  # somebody without an account signed for open units
            return replace(self, delivered_units=self.delivered_units + units)
        disputed = self.road_disputed_units - units
        if outcome == DELIVERED:
            return replace(self, road_disputed_units=disputed, delivered_units=self.delivered_units + units)
        return replace(self, road_disputed_units=disputed, gone_units=self.gone_units + units)

    def parted(self, said_units: int) -> dict[str, int]:
        """Return what a receiver's count makes of the open units: delivered, surplus beyond, disputed short of them.

        Only outcomes of at least one unit are named.
        """
        came = min(said_units, self.open_units)
        parts = {DELIVERED: came, SURPLUS: said_units - came, DISPUTED: self.open_units - came}
        return {outcome: units for outcome, units in parts.items() if units}


def after(lines: Iterable[Line], *, signed: bool) -> str:
    """Return the state of a consignment with these lines: disputed, else waiting, else confirmed if anything came."""
    listed = list(lines)
    if any(line.disputed_units for line in listed):
        return DISPUTED
    if any(line.open_units for line in listed):
        return SIGNED if signed else IN_TRANSIT
    return CONFIRMED if any(line.confirmed_units for line in listed) else REJECTED
