"""An officer's decision that stops a business from sending (停业整改, R14): what is intended is refused, no more.

What already happened and was entered late, what goes back, seals, destruction and the receipt of what travels pass. The
decision is read without a lock, like the business's status: what was being sent while it was written may still go.
"""

from typing import Any, Final

from coldchain.core import clock
from coldchain.core.errors import Conflict
from coldchain.core.i18n import N_
from coldchain.registry.models_decisions import EnforcementDecision

CODE: Final = "business_suspended_by_decision"
REFUSAL: Final = N_(
    "By decision {number} this business may not send or sell goods until {until}. Nothing was entered. Put right "
    "what the decision names and report it, or object to the decision."
)
WARNING: Final = N_("By an officer's decision this business may not send or sell goods now.")


def refusal(found: EnforcementDecision) -> Conflict:
    """Return what refuses to send while a decision holds."""
    until = f"{found.ends_at.astimezone(clock.BEIJING):%Y-%m-%d %H:%M}"
    return Conflict(REFUSAL, code=CODE, number=found.number, until=until, extra={"decision": _shown(found)})


def _shown(found: EnforcementDecision) -> dict[str, Any]:
    return {
        "decision_id": str(found.decision_id),
        "number": found.number,
        "site_id": str(found.site_id) if found.site_id else None,
        "starts_at": found.starts_at.isoformat().replace("+00:00", "Z"),
        "ends_at": found.ends_at.isoformat().replace("+00:00", "Z"),
    }
