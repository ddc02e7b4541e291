"""Objections: a business may object once to a decision about it; an officer answers, and both stay (R14).

The answer decides nothing by itself: what is taken back is taken back by a decision of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize, may, scope
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import history, personal
from coldchain.journal import service as journal
from coldchain.registry import states
from coldchain.registry.models import Business
from coldchain.registry.models_identity import BusinessAppeal, BusinessAppealAnswer
from coldchain.registry.service import lookups
from coldchain.registry.service.licences import resource
from coldchain.registry.service.reach import businesses_within, on_behalf_of

AGAINST: Final = ("reject", "suspend", "close")  # nobody objects to being approved or reinstated


def standing_decision(session: Session, business_id: UUID) -> tuple[str, history.Told] | None:
    """Return the last decision about a business, with its fact, if it is one that can be objected to."""
    told = history.of_subject(session, business_id, states.FACTS.values())
    if not told:
        return None
    last = told[-1]
    decision = next(name for name, fact in states.FACTS.items() if fact == last.kind)
    return (decision, last) if decision in AGAINST else None


def raise_(
    session: Session, actor: Actor, ref: str | UUID, *, objection: str, occurred_at: datetime | None = None
) -> dict[str, Any]:
    """Record what a business says against the last decision about it; an officer may enter it for the business.

    Raises NotFound, Forbidden, Conflict `nothing_to_object_to`, `objected_already`.
    """
    business = lookups.find_business(session, ref)
    authorize(actor, "business.object", resource(business))
    occurred = claimed(occurred_at)
    standing = standing_decision(session, business.business_id)
    if standing is None:
        raise Conflict("There is no decision against this business now.", code="nothing_to_object_to")
    decision, fact = standing
    appeal_id = session.scalar(
        insert(BusinessAppeal)
        .values(
            appeal_id=new_id(),
            business_id=business.business_id,
            decision_id=fact.entry_id,
            decision=decision,
            objection=objection,
            occurred_at=occurred,
            recorded_at=clock.now(),
            recorded_by=actor.user_id,
            on_behalf_of=on_behalf_of(actor, business.business_id),
        )
        .on_conflict_do_nothing(index_elements=["decision_id"])
        .returning(col(BusinessAppeal.appeal_id))
    )
    if appeal_id is None:
        raise Conflict("There is an objection to this decision already.", code="objected_already")
    of: dict[str, Any] = {"business_id": business.business_id, "region_code": business.region_code}
    kept = personal.keep(session, objection, "reason", **of)
    journal.append(
        session,
        actor,
        kind="business.objected",
        subject_id=business.business_id,
        occurred_at=occurred,
        data={
            "appeal_id": appeal_id, "decision": decision, "decision_id": fact.entry_id,
            "reason": kept and kept.commitment, "reason_id": kept and kept.personal_id,
            "on_behalf_of": on_behalf_of(actor, business.business_id),
        },
        **of,
    )  # fmt: skip
    return listed(session, [business.business_id])[business.business_id][0]


def answer(
    session: Session,
    actor: Actor,
    appeal_id: UUID,
    *,
    outcome: str,
    answer: str,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Record an officer's answer: the decision `stands`, or is to be `taken_back` by a decision of its own.

    Raises NotFound, Forbidden, Conflict `answered_already`.
    """
    row = session.get(BusinessAppeal, appeal_id)
    if row is None:
        raise NotFound
    business = lookups.find_business(session, row.business_id)
    authorize(actor, "business.decide", resource(business))
    occurred = claimed(occurred_at)
    written = session.scalar(
        insert(BusinessAppealAnswer)
        .values(
            appeal_id=appeal_id,
            outcome=outcome,
            answer=answer,
            occurred_at=occurred,
            recorded_at=clock.now(),
            recorded_by=actor.user_id,
        )
        .on_conflict_do_nothing()
        .returning(col(BusinessAppealAnswer.appeal_id))
    )
    if written is None:
        raise Conflict("This objection was answered already.", code="answered_already")
    of: dict[str, Any] = {"business_id": business.business_id, "region_code": business.region_code}
    kept = personal.keep(session, answer, "reason", **of)
    journal.append(
        session,
        actor,
        kind="business.objection_answered",
        subject_id=business.business_id,
        occurred_at=occurred,
        data={
            "appeal_id": appeal_id, "outcome": outcome, "reason": kept and kept.commitment,
            "reason_id": kept and kept.personal_id,
        },
        **of,
    )  # fmt: skip
    return next(each for each in listed(session, [row.business_id])[row.business_id] if each["appeal_id"] == appeal_id)


def business_of(session: Session, actor: Actor, appeal_id: UUID) -> UUID:
    """Return the business that objected, to who may read it. Raises NotFound."""
    row = session.get(BusinessAppeal, appeal_id)
    if row is None:
        raise NotFound
    authorize(actor, "business.read", resource(lookups.find_business(session, row.business_id)))
    return row.business_id


def listed(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the objections of each business with their answers, newest first; the caller has checked the right."""
    found: dict[UUID, list[dict[str, Any]]] = {business_id: [] for business_id in ids}
    rows = session.execute(
        select(BusinessAppeal, BusinessAppealAnswer)
        .outerjoin(BusinessAppealAnswer, col(BusinessAppealAnswer.appeal_id) == col(BusinessAppeal.appeal_id))
        .where(col(BusinessAppeal.business_id).in_(ids))
        .order_by(col(BusinessAppeal.recorded_at).desc(), col(BusinessAppeal.appeal_id).desc())
    )
    for appeal, said in rows:
        found[appeal.business_id].append(
            {
                "appeal_id": appeal.appeal_id,
                "decision": appeal.decision,
                "objection": appeal.objection,
                "recorded_at": appeal.recorded_at,
                "outcome": said.outcome if said else None,
                "answer": said.answer if said else None,
                "answered_at": said.recorded_at if said else None,
            }
        )
    return found


def of_standing(session: Session, business_id: UUID) -> tuple[str, str | None] | None:
    """Return the decision against a business that stands and has been objected to, with the outcome (None: open).

    The caller has checked the right. An answer alone ends no decision (R14).
    """
    standing = standing_decision(session, business_id)
    if standing is None:
        return None
    row = session.execute(
        select(col(BusinessAppeal.decision), col(BusinessAppealAnswer.outcome))
        .outerjoin(BusinessAppealAnswer, col(BusinessAppealAnswer.appeal_id) == col(BusinessAppeal.appeal_id))
        .where(col(BusinessAppeal.decision_id) == standing[1].entry_id)
    ).first()
    return (row[0], row[1]) if row else None


def may_object(session: Session, actor: Actor, business: Business) -> bool:
    """Say whether `actor` may object for a business now."""
    if not may(actor, "business.object", resource(business)):
        return False
    standing = standing_decision(session, business.business_id)
    if standing is None:
        return False
    objected = select(func.count()).where(col(BusinessAppeal.decision_id) == standing[1].entry_id)
    return not session.scalar(objected)


def waiting(session: Session, actor: Actor) -> list[tuple[Business, BusinessAppeal]]:
    """Return the objections that wait for an answer of `actor`, the oldest first, each with its business."""
    answered = select(col(BusinessAppealAnswer.appeal_id))
    rows = session.execute(
        select(Business, BusinessAppeal)
        .join(BusinessAppeal, col(BusinessAppeal.business_id) == col(Business.business_id))
        .where(businesses_within(scope(actor, "business.decide")), col(BusinessAppeal.appeal_id).not_in(answered))
        .order_by(col(BusinessAppeal.recorded_at), col(BusinessAppeal.appeal_id))
    )
    return [(row[0], row[1]) for row in rows]
