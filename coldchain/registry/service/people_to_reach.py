"""Whom to reach at a business beside its legal representative (联系人); names and phones are personal values."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.core import clock, limits
from coldchain.core.errors import Conflict
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.registry.models import Business
from coldchain.registry.models_identity import BusinessContact
from coldchain.registry.service import lookups
from coldchain.registry.service.licences import ended, resource
from coldchain.registry.service.reach import on_behalf_of


def add(session: Session, actor: Actor, ref: str | UUID, *, post: str, name: str, phone: str) -> dict[str, Any]:
    """Enter somebody to be reached at a business, at most CONTACTS at once.

    Raises NotFound, Forbidden, Conflict `wrong_state` for a closed business, `too_many`.
    """
    business = lookups.find_business(session, ref)
    authorize(actor, "licence.record", resource(business))
    if business.status == "closed":
        raise Conflict("This business is closed.", code="wrong_state", extra={"state": business.status})
    there = select(func.count()).select_from(BusinessContact)
    running = session.scalar(
        there.where(col(BusinessContact.business_id) == business.business_id, col(BusinessContact.ended_at).is_(None))
    )
    if (running or 0) >= limits.CONTACTS:
        raise Conflict("At most {limit} people are kept: end one first.", code="too_many", limit=limits.CONTACTS)
    of: dict[str, Any] = {"business_id": business.business_id, "region_code": business.region_code}
    person = personal.keep(session, name, "contact_name", **of)
    telephone = personal.keep(session, phone, "contact_phone", **of)
    assert person is not None and telephone is not None  # noqa: S101, PT018 (the schema refuses empty ones)
    row = BusinessContact(
        business_id=business.business_id,
        post=post,
        name_id=person.personal_id,
        phone_id=telephone.personal_id,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    _tell(session, actor, business, "contact.added", row, {
        "name": person.commitment, "name_id": person.personal_id, "phone": telephone.commitment,
        "phone_id": telephone.personal_id,
    })  # fmt: skip
    return listed(session, [business.business_id])[business.business_id][-1]


def end(session: Session, actor: Actor, contact_id: UUID) -> dict[str, Any]:
    """Note that somebody is not to be reached there any more, and return who it was.

    Raises NotFound, Forbidden, Conflict `wrong_state` when that was noted.
    """
    row, business = ended(session, actor, BusinessContact, contact_id)
    _tell(session, actor, business, "contact.ended", row, {})
    shown = _described(row, personal.reveal(session, [row.name_id, row.phone_id]))
    return shown | {"business_id": business.business_id}


def _tell(
    session: Session, actor: Actor, business: Business, kind: str, row: BusinessContact, more: dict[str, Any]
) -> None:
    journal.append(
        session,
        actor,
        kind=kind,
        subject_id=business.business_id,
        occurred_at=clock.now(),
        data={
            "contact_id": row.contact_id, "on_behalf_of": on_behalf_of(actor, business.business_id), **more,
        },
        business_id=business.business_id,
        region_code=business.region_code,
    )  # fmt: skip


def listed(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return whom to reach at each business, in two statements; the caller has checked who may see it (R16)."""
    found: dict[UUID, list[dict[str, Any]]] = {business_id: [] for business_id in ids}
    rows = session.scalars(
        select(BusinessContact)
        .where(col(BusinessContact.business_id).in_(ids), col(BusinessContact.ended_at).is_(None))
        .order_by(col(BusinessContact.recorded_at), col(BusinessContact.contact_id))
    ).all()
    known = personal.reveal(session, [i for row in rows for i in (row.name_id, row.phone_id)])
    for row in rows:
        found[row.business_id].append(_described(row, known))
    return found


def _described(row: BusinessContact, known: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "contact_id": row.contact_id,
        "post": row.post,
        "name": known.get(row.name_id),
        "phone": known.get(row.phone_id),
    }
