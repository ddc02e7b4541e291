"""Pure: what officers decide about a business (R14), and whether a decision holds at a moment.

A decision holds from its first moment up to, and not including, its last; nothing has to run for it to end.
"""

from datetime import datetime
from typing import Final

ORDER: Final = "order_to_rectify"  # 责令改正
SUSPENSION: Final = "suspension"  # 停业整改: sending is refused
PUBLICATION: Final = "publication"  # 公开曝光
KINDS: Final = (ORDER, SUSPENSION, PUBLICATION)
OBJECTED, UPHELD, LIFTED = "objected", "upheld", "lifted"
EVENTS: Final = (OBJECTED, UPHELD, LIFTED)
STATES: Final = ("coming", "in_force", "ended", "lifted")
OBJECTIONS: Final = ("none", "waiting", "upheld", "lifted")


def state(starts_at: datetime, ends_at: datetime, lifted_at: datetime | None, at: datetime) -> str:
    """Return `coming`, `in_force`, `ended` or `lifted` at a moment; lifting counts from its own moment on."""
    if lifted_at is not None and lifted_at <= at and lifted_at < ends_at:
        return "lifted"
    if at >= ends_at:
        return "ended"
    return "in_force" if at >= starts_at else "coming"


def objection(said: frozenset[str]) -> str:
    """Return what became of the business's objection, of the events that were said: one of OBJECTIONS."""
    if OBJECTED not in said:
        return "none"
    if LIFTED in said:
        return "lifted"
    return "upheld" if UPHELD in said else "waiting"


def may_object(said: frozenset[str], ends_at: datetime, at: datetime) -> bool:
    """Say whether the business may object: once, within the decision's period, while nobody has lifted it."""
    return at < ends_at and said.isdisjoint({OBJECTED, LIFTED})
