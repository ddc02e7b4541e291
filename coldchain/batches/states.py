"""Pure: what the results of one tube come to, and how a batch stands (R8, R17).

Invariants: an invalid result changes nothing; a superseded one never counts; a positive is undone only by a negative
re-check or confirmation, a confirmed one only by a negative confirmation. What an officer released by decision counts
as invalid: it locks nothing, and nothing counts as tested by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

PENDING, NEGATIVE, POSITIVE, CONFIRMED, INVALID = "pending", "negative", "positive", "confirmed", "invalid"
RESTRICTIONS = ("none", "locked", "sealed", "confirmed_positive")
RANK_OF_GRADE = {"amber": 1, "red": 1, "sealed": 2, "confirmed": 3}


@dataclass(frozen=True)
class Reported:
    """One result of a tube as far as deciding needs it."""

    result_id: UUID
    stage: str
    result: str
    reported_at: datetime
    recorded_at: datetime
    supersedes_id: UUID | None = None
    released: bool = False


@dataclass(frozen=True)
class TubeState:
    """What a tube's results come to, and the result that made it so (None while pending or only invalid).

    `rechecked`: a positive that isn't confirmed was positive on its re-check too.
    """

    state: str
    decided_by: UUID | None = None
    rechecked: bool = False


def decide(results: Iterable[Reported]) -> TubeState:
    """Return what the results of one tube come to, in the order in which they were reported (R8).

    The result that decided is the one that brought the state about, not the last that agreed with it.
    """
    listed = list(results)
    superseded = {result.supersedes_id for result in listed}
    now = TubeState(PENDING)
    for result in sorted(listed, key=lambda r: (r.reported_at, r.recorded_at, r.result_id)):
        if result.result_id in superseded:
            continue
        following = _next(now.state, result.stage, INVALID if result.released else result.result)
        if following != now.state:
            now = TubeState(following, None if following == INVALID else result.result_id)
        if now.state == POSITIVE and (result.stage, result.result) == ("recheck", POSITIVE) and not result.released:
            now = replace(now, rechecked=True)
    return now


def _next(state: str, stage: str, result: str) -> str:
    if result == INVALID:
        return INVALID if state == PENDING else state
    if result == POSITIVE:
        if stage == "confirmation" or state == CONFIRMED:
            return CONFIRMED
        return POSITIVE
    if state == CONFIRMED:
        return NEGATIVE if stage == "confirmation" else CONFIRMED
    if state == POSITIVE:
        return NEGATIVE if stage in {"recheck", "confirmation"} else POSITIVE
    return NEGATIVE


def grade(state: str, batches_in_tube: int) -> str | None:
    """Return the grade of the holds that a tube's state asks for, None for none (R8): a single positive is red."""
    if state == CONFIRMED:
        return "confirmed"
    if state == POSITIVE:
        return "red" if batches_in_tube == 1 else "amber"
    return None


def restriction(grades: Iterable[str]) -> str:
    """Return the strongest restriction that holds of these grades make."""
    return RESTRICTIONS[max((RANK_OF_GRADE[each] for each in grades), default=0)]
