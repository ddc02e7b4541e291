"""What was said of decisions later, in its order, and the photographs of it. Rights are the caller's."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.registry import decisions as rules
from coldchain.registry.models_decisions import EnforcementEvent, EnforcementPhoto


def said(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[EnforcementEvent]]:
    """Return what was said of each decision, in its order, in one statement."""
    found: dict[UUID, list[EnforcementEvent]] = {}
    statement = select(EnforcementEvent).where(col(EnforcementEvent.decision_id).in_(list(ids)))
    for event in session.exec(statement.order_by(col(EnforcementEvent.recorded_at), col(EnforcementEvent.event_id))):
        found.setdefault(event.decision_id, []).append(event)
    return found


def kinds(session: Session, decision_id: UUID) -> list[str]:
    """Return what was said of a decision, by kind, in its order; the caller has checked the right."""
    return [event.kind for event in said(session, [decision_id]).get(decision_id, [])]


def photos(session: Session, told: Iterable[list[EnforcementEvent]]) -> dict[UUID, list[UUID]]:
    """Return the photographs of what is reported as put right, by event."""
    ids = [event.event_id for events in told for event in events if event.kind == rules.REPORTED]
    found: dict[UUID, list[UUID]] = {}
    if ids:
        statement = select(EnforcementPhoto).where(col(EnforcementPhoto.event_id).in_(ids))
        for photo in session.exec(statement.order_by(col(EnforcementPhoto.photo_id))):
            found.setdefault(photo.event_id, []).append(photo.photo_id)
    return found
