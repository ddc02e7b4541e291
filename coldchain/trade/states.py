"""Pure: what may become of a consignment. An answer is final; goods signed for still await their place in the books."""

from types import MappingProxyType
from typing import Final

CONFIRMED, REJECTED, IN_TRANSIT, SIGNED = "confirmed", "rejected", "in_transit", "signed"

ON_THE_ROAD: Final = frozenset({IN_TRANSIT, SIGNED, "disputed"})  # goods may still be in transit
# answer → the states in which it can be given
ANSWERS: Final = MappingProxyType({CONFIRMED: frozenset({IN_TRANSIT, SIGNED}), REJECTED: frozenset({IN_TRANSIT})})


def may_become(state: str, answer: str) -> bool:
    """Say whether a consignment in `state` may be answered so."""
    return state in ANSWERS[answer]
