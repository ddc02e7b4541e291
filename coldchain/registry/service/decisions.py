"""Which officers' decisions about a business hold at a moment (R14): read by trade, pages and the card.

Computed from the rows at the time of reading; no job ends a decision.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.registry.decisions import LIFTED, ORDER, PUBLICATION, PUTTING_RIGHT, RECTIFIED, STAGES, SUSPENSION
from coldchain.registry.models import Business
from coldchain.registry.models_decisions import EnforcementDecision, EnforcementEvent

Identity = aliased(Business)


def identities(business_id: Any) -> Select[Any]:
    """Return a selection of the ids of a business and of those that were merged into it: their decisions hold."""
    mine = or_(col(Identity.business_id) == business_id, col(Identity.merged_into_id) == business_id)
    return select(col(Identity.business_id)).where(mine)


def lifted(at: Any) -> ColumnElement[bool]:
    """Return the condition on `EnforcementDecision` that it had been lifted by a moment; `at` as in `in_force`."""
    return _over(at, LIFTED)


def _over(at: Any, *kinds: str) -> ColumnElement[bool]:
    return exists().where(
        col(EnforcementEvent.decision_id) == col(EnforcementDecision.decision_id),
        col(EnforcementEvent.kind).in_(kinds),
        col(EnforcementEvent.effective_at) <= at,
    )


def in_force(at: Any) -> ColumnElement[bool]:
    """Return the condition on `EnforcementDecision` that it holds at a moment; `decisions.state` says the same.

    `at` aware, or a bound parameter of a statement that is built once.
    """
    return _within(at) & ~_over(at, LIFTED, RECTIFIED)


def _within(at: Any) -> ColumnElement[bool]:
    return and_(col(EnforcementDecision.starts_at) <= at, col(EnforcementDecision.ends_at) > at)


def published(at: Any) -> ColumnElement[bool]:
    """Return the condition on `EnforcementDecision` that it stands on the public page at a moment (曝光台).

    What was put right stands there to the end that was decided, and says so.
    """
    return _within(at) & ~lifted(at) & col(EnforcementDecision.kinds).contains([PUBLICATION])


def stage_is(*stages: str) -> ColumnElement[bool]:
    """Return the condition on `EnforcementDecision` that putting right is at one of `stages` (`decisions.stage`)."""
    at = {kind: where for steps in PUTTING_RIGHT.values() for kind, where in steps.items()}
    last = (
        select(col(EnforcementEvent.kind))
        .where(
            col(EnforcementEvent.decision_id) == col(EnforcementDecision.decision_id),
            col(EnforcementEvent.kind).in_(at),
        )
        .order_by(col(EnforcementEvent.recorded_at).desc(), col(EnforcementEvent.event_id).desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(case(at, value=last), STAGES[0]).in_(stages)


def overdue(at: datetime) -> ColumnElement[bool]:
    """Return the condition on `EnforcementDecision` that `decisions.overdue` says of it at a moment."""
    kinds = col(EnforcementDecision.kinds)
    orders = or_(kinds.contains([ORDER]), kinds.contains([SUSPENSION]))
    return and_(col(EnforcementDecision.ends_at) <= at, orders, stage_is("ordered", "returned"))


def suspensions(session: Session, business_id: UUID, at: datetime) -> Sequence[EnforcementDecision]:
    """Return the decisions that stop a business or one of its sites from sending at a moment, the last to end first."""
    about = col(EnforcementDecision.business_id).in_(identities(business_id))
    kinds = col(EnforcementDecision.kinds).contains([SUSPENSION])
    statement = select(EnforcementDecision).where(about, kinds, in_force(at))
    return session.scalars(statement.order_by(col(EnforcementDecision.ends_at).desc())).all()


def of_business(session: Session, business_id: UUID, at: datetime) -> Sequence[EnforcementDecision]:
    """Return the decisions about a business that hold at a moment, the one that ends first in front."""
    about = col(EnforcementDecision.business_id).in_(identities(business_id))
    statement = select(EnforcementDecision).where(about, in_force(at))
    return session.scalars(statement.order_by(col(EnforcementDecision.ends_at))).all()


def published_number(session: Session, business_id: UUID, at: datetime) -> str | None:
    """Return the number of a published decision about a business that holds at a moment, None: it has none."""
    about = col(EnforcementDecision.business_id).in_(identities(business_id))
    statement = select(col(EnforcementDecision.number)).where(about, published(at), in_force(at))
    return session.scalars(statement.order_by(col(EnforcementDecision.ends_at).desc()).limit(1)).first()
