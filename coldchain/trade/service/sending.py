"""May this business send goods now? The one place where it is judged: status (R12), decisions (R14), measures (R18).

Intended movements are refused; what already happened, and what goes back to whom it came from, is warned about.
Whether it happened while the business was stopped is judged by when it happened (`stopped_then`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.core import clock
from coldchain.core.errors import Conflict
from coldchain.core.i18n import N_
from coldchain.journal import history
from coldchain.policy import measures
from coldchain.policy import service as policy
from coldchain.policy.measures import LOCKDOWN, Measure
from coldchain.registry import states
from coldchain.registry.models import Business, Site
from coldchain.registry.service import decisions
from coldchain.trade.service import suspensions

SELLERS_STOPPED: Final = frozenset({"suspended", "closed", "rejected"})
_STOPPING: Final = frozenset(states.FACTS[each] for each in ("suspend", "close", "reject"))
REFUSALS: Final = {
    "locked_down": N_(
        "The area is locked down ({source}): only businesses on the white list may send or sell goods. Nothing was "
        "entered. Ask the local market regulator to be put on the white list."
    ),
    "circuit_breaker": N_(
        "The authority stopped this business from trading ({source}). Nothing was entered. Ask the local market "
        "regulator."
    ),
}
WARNINGS: Final = {
    "locked_down": N_("The area is locked down and this business is not on the white list."),
    "circuit_breaker": N_("The authority stopped this business from trading."),
    suspensions.CODE: suspensions.WARNING,
}


def judge(
    session: Session, figures: Mapping[str, Any], sender: Business, site: Site, *, intended: bool
) -> list[dict[str, Any]]:
    """Return warnings about who sends from where.

    Raises Conflict, for what is intended alone: `seller_not_active` where the rule book says block (R12);
    `business_suspended_by_decision`, with the decision as `extra` (R14), `locked_down` and `circuit_breaker`, with the
    measure as `extra` (R18).
    """
    asked = figures if intended else {**figures, "suspended_seller": "warn"}
    return _status(asked, sender) + judge_use(session, sender, site, intended=intended)


def judge_use(session: Session, sender: Business, site: Site, *, intended: bool) -> list[dict[str, Any]]:
    """Return a warning about a decision or measure that stops a business at a site; its own status stops no use.

    Raises Conflict as `judge` does for what is `intended`, but not `seller_not_active` (R14, R18).
    """
    stop = _stops(session, sender.business_id, [site], clock.now()).get(site.site_id)
    if stop is None:
        return []
    if intended:
        raise stop
    return [{"code": stop.code, "message": WARNINGS[stop.code]}]


def stops(
    session: Session, figures: Mapping[str, Any], sender: Business, sites: Iterable[Site]
) -> dict[UUID, Conflict]:
    """Return, by site, what `judge` would raise if this business meant to send from there now; nothing for the others.

    Two statements however many sites there are.
    """
    try:
        _status(figures, sender)
    except Conflict as refused:
        return {site.site_id: refused for site in sites}
    return _stops(session, sender.business_id, sites, clock.now())


def stopped_then(session: Session, owner_id: UUID, site: Site, at: datetime, *, status: bool) -> str | None:
    """Return the code of what kept a business from trading at a site at a moment, as it is known now; None: nothing.

    `status`: its own standing counts too, as it does for what is sent or sold (R12), read from the facts of it.
    """
    stop = _stops(session, owner_id, [site], at).get(site.site_id)
    if stop is not None:
        return stop.code
    if not status:
        return None
    told = [fact for fact in history.of_subject(session, owner_id, states.FACTS.values()) if fact.occurred_at <= at]
    last = max(told, key=lambda fact: (fact.occurred_at, fact.entry_id), default=None)
    return "seller_not_active" if last is not None and last.kind in _STOPPING else None


def _stops(session: Session, owner_id: UUID, sites: Iterable[Site], at: datetime) -> dict[UUID, Conflict]:
    """Return, by site, the refusal by a decision, else by a measure, that holds at a moment."""
    decided = decisions.suspensions(session, owner_id, at)
    measured = policy.trade_measures(session, owner_id)
    found = {}
    for site in sites:
        decision = next((each for each in decided if each.site_id in {None, site.site_id}), None)
        stopping = measures.stopping(
            measured, business_id=owner_id, site_id=site.site_id, region_code=site.region_code, at=at
        )
        if decision is not None:
            found[site.site_id] = suspensions.refusal(decision)
        elif stopping is not None:
            found[site.site_id] = _refusal(stopping)
    return found


def _refusal(stopping: Measure) -> Conflict:
    code = "locked_down" if stopping.kind == LOCKDOWN else "circuit_breaker"
    return Conflict(REFUSALS[code], code=code, extra={"measure": _shown(stopping)}, source=stopping.source)


def _status(figures: Mapping[str, Any], sender: Business) -> list[dict[str, Any]]:
    if sender.status in SELLERS_STOPPED:
        if figures["suspended_seller"] == "block":
            raise Conflict(
                "The seller may not send or sell goods: it is suspended, closed or was not approved.",
                code="seller_not_active",
            )
        return [{"code": "seller_not_active", "message": N_("The seller is not active.")}]
    if sender.status != "active":
        return [{"code": "seller_not_approved", "message": N_("The seller is not yet approved.")}]
    return []


def _shown(measure: Measure) -> dict[str, Any]:
    """Return a measure as a refusal names it; why a business was stopped is not for a keeper who sends its goods."""
    return {
        "measure_id": str(measure.measure_id),
        "version": measure.version,
        "region_code": measure.region_code,
        "starts_on": measure.starts_on.isoformat(),
        "ends_on": measure.ends_on.isoformat() if measure.ends_on else None,
        "document_no": measure.document_no,
        "source": measure.source,
    }
