"""Licences (证照) of a business with their last day: recorded, replaced by a newer one, ended; who warns of which."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, scope
from coldchain.core import clock
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.journal import service as journal
from coldchain.policy import service as policy
from coldchain.registry.models import Business
from coldchain.registry.models_identity import BusinessContact, BusinessLicence
from coldchain.registry.service import lookups
from coldchain.registry.service.reach import businesses_within, on_behalf_of, place

Particular = TypeVar("Particular", BusinessLicence, BusinessContact)


def today() -> date:
    """Return the day in Beijing."""
    return clock.now().astimezone(clock.BEIJING).date()


def warned_until(session: Session) -> date:
    """Return up to which last day a licence counts as expiring (data: `licence_expiring_days`)."""
    return today() + timedelta(days=int(policy.parameter(session, "licence_expiring_days", today())))


def record(
    session: Session,
    actor: Actor,
    ref: str | UUID,
    *,
    number: str,
    valid_to: date,
    valid_from: date | None = None,
) -> BusinessLicence:
    """Record a licence (JY or SC and 14 digits); one of the same number that is there is replaced by it.

    Raises NotFound, Forbidden, Invalid `wrong_order`, Conflict `wrong_state` for a closed business.
    """
    business = lookups.find_business(session, ref)
    authorize(actor, "licence.record", resource(business))
    if business.status == "closed":
        raise Conflict("This business is closed.", code="wrong_state", extra={"state": business.status})
    if valid_from is not None and valid_from > valid_to:
        raise Invalid.of("/valid_to", "wrong_order", "The last day comes before the first.")
    now = clock.now()
    replaced = session.scalars(
        update(BusinessLicence)
        .where(
            col(BusinessLicence.business_id) == business.business_id,
            col(BusinessLicence.number) == number,
            col(BusinessLicence.ended_at).is_(None),
        )
        .values(ended_at=now, ended_by=actor.user_id)
        .returning(col(BusinessLicence.licence_id))
        .execution_options(synchronize_session=False)
    ).all()
    row = BusinessLicence(
        business_id=business.business_id,
        kind=number[:2],
        number=number,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    _tell(session, actor, business, "licence.recorded", row, {"replaces": list(replaced)})
    return row


def end(session: Session, actor: Actor, licence_id: UUID) -> BusinessLicence:
    """Note that a licence is not in force any more. Raises NotFound, Forbidden, Conflict `wrong_state` when noted."""
    row, business = ended(session, actor, BusinessLicence, licence_id)
    _tell(session, actor, business, "licence.ended", row, {})
    return row


def ended(session: Session, actor: Actor, kind: type[Particular], row_id: UUID) -> tuple[Particular, Business]:
    """Let a licence or a contact end now, and return it with its business.

    Raises NotFound, Forbidden, Conflict `wrong_state` when it ended before.
    """
    row = session.get(kind, row_id)
    if row is None:
        raise NotFound
    business = lookups.find_business(session, row.business_id)
    authorize(actor, "licence.record", resource(business))
    session.refresh(row, with_for_update=True)
    if row.ended_at is not None:
        raise Conflict("This was noted already.", code="wrong_state")
    row.ended_at, row.ended_by = clock.now(), actor.user_id
    session.add(row)
    session.flush()
    return row, business


def resource(business: Business) -> Resource:
    """Return what rights about the particulars of a business are asked of."""
    return Resource.of(business.business_id, places=[place(business)])


def _tell(
    session: Session, actor: Actor, business: Business, kind: str, row: BusinessLicence, more: dict[str, Any]
) -> None:
    journal.append(
        session,
        actor,
        kind=kind,
        subject_id=business.business_id,
        occurred_at=clock.now(),
        data={
            "licence_id": row.licence_id, "number": row.number, "valid_from": row.valid_from, "valid_to": row.valid_to,
            "on_behalf_of": on_behalf_of(actor, business.business_id), **more,
        },
        business_id=business.business_id,
        region_code=business.region_code,
    )  # fmt: skip


def running(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the licences in force by business, the first to end first, each with its state."""
    found: dict[UUID, list[dict[str, Any]]] = {business_id: [] for business_id in ids}
    if ids:
        until, now = warned_until(session), today()
        rows = session.scalars(
            select(BusinessLicence)
            .where(col(BusinessLicence.business_id).in_(ids), col(BusinessLicence.ended_at).is_(None))
            .order_by(col(BusinessLicence.valid_to), col(BusinessLicence.licence_id))
        )
        for row in rows:
            state = "expired" if row.valid_to < now else "expiring" if row.valid_to <= until else "valid"
            found[row.business_id].append(describe(row) | {"state": state})
    return found


def describe(row: BusinessLicence) -> dict[str, Any]:
    """Return one licence."""
    return {
        "licence_id": row.licence_id,
        "kind": row.kind,
        "number": row.number,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "ended_at": row.ended_at,
    }


def expiring(until: date) -> ColumnElement[bool]:
    """Return the condition on `Business` that a licence in force ends by a day, or has ended."""
    return exists().where(
        col(BusinessLicence.business_id) == col(Business.business_id),
        col(BusinessLicence.ended_at).is_(None),
        col(BusinessLicence.valid_to) <= until,
    )


def due(session: Session, actor: Actor) -> tuple[int, date | None]:
    """Return how many businesses that `actor` may read have a licence that is expiring, and the first last day."""
    row = session.execute(
        select(func.count(func.distinct(col(Business.business_id))), func.min(col(BusinessLicence.valid_to)))
        .join(BusinessLicence, col(BusinessLicence.business_id) == col(Business.business_id))
        .where(
            businesses_within(scope(actor, "business.read")),
            col(Business.status) != "closed",
            col(BusinessLicence.ended_at).is_(None),
            col(BusinessLicence.valid_to) <= warned_until(session),
        )
    ).one()
    return row[0], row[1]
