"""Use: goods are taken into a kitchen or a plant and are gone (领用)."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.trade.service import sending
from coldchain.trade.service.entries import core, sales


def use(session: Session, actor: Actor, **given: Any) -> dict[str, Any]:
    """Record that units of each batch were used up; return the entry with its warnings.

    Judged like a sale. Raises as `core.begin`, and Conflict `gate_refused`, `locked`, `insufficient_stock`,
    `business_suspended_by_decision`, `locked_down`, `circuit_breaker` (R1, R8, R14, R18).
    """
    document = core.begin(session, actor, "use", **given)
    warnings = sending.judge_use(session, document.owner, document.site, intended=not document.late)
    return sales.consume(session, actor, document, "used", warnings)
