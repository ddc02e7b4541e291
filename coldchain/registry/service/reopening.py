"""Closed is final but for one thing: an objection against the closing that an officer accepted (taken back).

The answer decides nothing by itself; it makes reinstating possible, to the state that the business was closed in.
"""

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.journal import history
from coldchain.registry import states
from coldchain.registry.models import Business
from coldchain.registry.models_identity import BusinessAppeal, BusinessAppealAnswer


def after(session: Session, business: Business, decision: str) -> str | None:
    """Return the status that a decision about a business leads to now, None when it can't be made."""
    if decision == "reinstate" and business.status == "closed":
        return _before_closing(session, business.business_id)
    return states.after(decision, business.status)


def possible(session: Session, business: Business) -> tuple[str, ...]:
    """Return the decisions that can be made about a business now, in the order of the contract."""
    return tuple(each for each in states.TRANSITIONS if after(session, business, each) is not None)


def _before_closing(session: Session, business_id: UUID) -> str | None:
    """Return the status in which a business was closed, if its objection against that very closing was accepted."""
    told = history.of_subject(session, business_id, states.FACTS.values())
    if not told or told[-1].kind != states.FACTS["close"]:
        return None
    accepted = session.scalar(
        select(col(BusinessAppeal.appeal_id))
        .join(BusinessAppealAnswer, col(BusinessAppealAnswer.appeal_id) == col(BusinessAppeal.appeal_id))
        .where(col(BusinessAppeal.decision_id) == told[-1].entry_id, col(BusinessAppealAnswer.outcome) == "taken_back")
    )
    before: Any = told[-1].data.get("from")
    return str(before) if accepted is not None and before else None
