"""Pure: what officers decide about a business (R14), and whether a decision holds at a moment.

A decision holds from its first moment up to, and not including, its last; nothing has to run for it to end.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

ORDER: Final = "order_to_rectify"  # 责令改正
SUSPENSION: Final = "suspension"  # 停业整改: sending is refused
PUBLICATION: Final = "publication"  # 公开曝光
KINDS: Final = (ORDER, SUSPENSION, PUBLICATION)
OBJECTED, UPHELD, LIFTED = "objected", "upheld", "lifted"
REPORTED, RETURNED, RECTIFIED = "reported", "returned", "rectified"
EVENTS: Final = (OBJECTED, UPHELD, LIFTED, REPORTED, RETURNED, RECTIFIED)
ONCE: Final = (OBJECTED, UPHELD, LIFTED, RECTIFIED)  # the others are said again and again
STATES: Final = ("coming", "in_force", "ended", "lifted", "rectified")
OBJECTIONS: Final = ("none", "waiting", "upheld", "lifted")

# Putting right what was decided (整改, 复查): what may be said in each stage, and where it leads. A decision that was
# lifted asks nothing any more. That it was put right ends what it orders from then on; it stays a decision about a
# violation, and a publication stands to its own end and says so.
STAGES: Final = ("ordered", "waiting", "returned", "rectified", "void")
PUTTING_RIGHT: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "ordered": MappingProxyType({REPORTED: "waiting", RECTIFIED: "rectified", LIFTED: "void"}),
        "waiting": MappingProxyType({RETURNED: "returned", RECTIFIED: "rectified", LIFTED: "void"}),
        "returned": MappingProxyType({REPORTED: "waiting", RECTIFIED: "rectified", LIFTED: "void"}),
        "rectified": MappingProxyType({LIFTED: "void"}),
        "void": MappingProxyType({}),
    }
)


def stage(said: Iterable[str]) -> str:
    """Return how far putting right has come, one of STAGES, of everything that was said in its order.

    Objections, and answers that leave a decision standing, change nothing. Raises KeyError for what the table lacks.
    """
    now = STAGES[0]
    for kind in said:
        if kind not in (OBJECTED, UPHELD):
            now = PUTTING_RIGHT[now][kind]
    return now


def may_say(at_stage: str, kind: str) -> bool:
    """Say whether something may be said of putting right at this stage."""
    return kind in PUTTING_RIGHT[at_stage]


def overdue(kinds: Collection[str], ends_at: datetime, at_stage: str, at: datetime) -> bool:
    """Say whether what a decision orders should have been put right by now, and nobody says that it was.

    A publication alone orders nothing.
    """
    return at >= ends_at and at_stage in {"ordered", "returned"} and bool({ORDER, SUSPENSION} & set(kinds))


def state(
    starts_at: datetime,
    ends_at: datetime,
    lifted_at: datetime | None,
    at: datetime,
    rectified_at: datetime | None = None,
) -> str:
    """Return one of STATES at a moment; lifting, and that it was put right, count from their own moment on.

    What came after the end changes it no more.
    """
    if lifted_at is not None and lifted_at <= at and lifted_at < ends_at:
        return "lifted"
    if rectified_at is not None and rectified_at <= at and rectified_at < ends_at:
        return "rectified"
    if at >= ends_at:
        return "ended"
    return "in_force" if at >= starts_at else "coming"


def objection(said: Collection[str]) -> str:
    """Return what became of the business's objection, of the events that were said: one of OBJECTIONS."""
    if OBJECTED not in said:
        return "none"
    if LIFTED in said:
        return "lifted"
    return "upheld" if UPHELD in said else "waiting"


def may_object(said: Collection[str], ends_at: datetime, at: datetime) -> bool:
    """Say whether the business may object: once, within the decision's period, while nobody has lifted it."""
    return at < ends_at and {OBJECTED, LIFTED}.isdisjoint(said)
