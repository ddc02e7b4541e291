"""Pure: what an officer may decide about a business, and what becomes of it.

A rejected application can be taken up again, since its USCC can't be registered a second time; closed is
final but for an accepted objection (`service.reopening`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from coldchain.core.identifiers import IdentifierError, check_uscc

LICENCE_STATES: Final = ("valid", "expiring", "expired")


def shaped_uscc(text: str) -> str:
    """Return a code of the right shape as the books keep it; whether its last character fits is judged by the service.

    Raises IdentifierError `uscc_length`, `uscc_shape`.
    """
    try:
        return check_uscc(text)
    except IdentifierError as error:
        if error.overridable:
            return str(error.params["value"])
        raise


TRANSITIONS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "approve": MappingProxyType({"pending": "active"}),
        "reject": MappingProxyType({"pending": "rejected"}),
        "suspend": MappingProxyType({"active": "suspended"}),
        "reinstate": MappingProxyType({"suspended": "active", "rejected": "pending"}),
        "close": MappingProxyType(
            {"pending": "closed", "active": "closed", "suspended": "closed", "rejected": "closed"}
        ),
    }
)
FACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "approve": "business.approved",
        "reject": "business.rejected",
        "suspend": "business.suspended",
        "reinstate": "business.reinstated",
        "close": "business.closed",
    }
)
REFUSALS: Final[Mapping[str, str]] = MappingProxyType(  # message ids: why another decision can't be made
    {
        "pending": "This business is pending: approve, reject or close it.",
        "active": "This business is active: suspend or close it.",
        "rejected": "This business was rejected: take it up again or close it.",
        "suspended": "This business is suspended: reinstate or close it.",
        "closed": "This business is closed.",
    }
)


def after(decision: str, status: str) -> str | None:
    """Return the status that a decision leads to, None when it can't be made in this status.

    Raises KeyError for an unknown decision.
    """
    return TRANSITIONS[decision].get(status)


def possible(status: str) -> tuple[str, ...]:
    """Return the decisions that can be made about a business in this status, in the order of the contract."""
    return tuple(decision for decision, steps in TRANSITIONS.items() if status in steps)
