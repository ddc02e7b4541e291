"""Finding what bears a number of this program or of an authority: consignments and decisions, by a part of it."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.core import limits
from coldchain.core.text import search_terms
from coldchain.inspections import enforcement
from coldchain.registry import service as registry
from coldchain.registry.models_decisions import EnforcementDecision
from coldchain.search.documents import plain
from coldchain.trade.models import Consignment
from coldchain.trade.service import reading

LEAST_SIGNS: Final = 4  # fewer fit too many numbers to be one


@dataclass(frozen=True)
class Numbered:
    """One thing with a number: whose it is, and its state where it has one."""

    id: UUID
    number: str
    business: str
    state: str | None


def _bears(column: Any, q: str) -> ColumnElement[bool]:
    """Return the condition that a number holds every term; what is no number finds none."""
    terms = search_terms(q, limit=limits.SEARCH_TERMS)
    if not any(sign.isdigit() for sign in q) or not any(len(term) >= LEAST_SIGNS for term in terms):
        return false()
    number = plain(column)
    return and_(*(number.contains(term, autoescape=True) for term in terms))


def consignments(session: Session, actor: Actor, q: str, limit: int) -> list[Numbered]:
    """Return the consignments that the actor may see whose number holds what is typed, newest first."""
    statement = (
        select(Consignment)
        .where(_bears(col(Consignment.consignment_no), q), reading.visible_consignments(actor))
        .order_by(col(Consignment.consignment_id).desc())
        .limit(limit)
    )
    rows = session.scalars(statement).all()
    senders = registry.brief(session, (row.owner_id for row in rows))
    return [Numbered(row.consignment_id, row.consignment_no, senders[row.owner_id].name, row.state) for row in rows]


def decisions(session: Session, actor: Actor, q: str, limit: int) -> list[Numbered]:
    """Return the decisions that the actor may see whose number holds what is typed, newest first."""
    statement = (
        select(EnforcementDecision)
        .where(
            _bears(col(EnforcementDecision.number), q),
            enforcement.visible_decisions(actor),
        )
        .order_by(col(EnforcementDecision.decision_id).desc())
        .limit(limit)
    )
    rows = session.scalars(statement).all()
    about = registry.brief(session, (row.business_id for row in rows))
    return [Numbered(row.decision_id, row.number, about[row.business_id].name, None) for row in rows]
