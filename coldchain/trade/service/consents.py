"""Standing consents: an owner lets the keeper of its goods send them on, recorded once, until it is withdrawn."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock, paging
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.registry.service.reach import on_behalf_of, place
from coldchain.trade.models import StandingConsent


def give(
    session: Session, actor: Actor, business: str | UUID, *, custodian: str | UUID, occurred_at: datetime | None = None
) -> dict[str, Any]:
    """Record that a business lets `custodian` send its goods on; return the consent, the running one if there is one.

    Raises NotFound for a business that the actor may not act for, Invalid `unknown_business`, `same_business`.
    """
    owner = _owner(session, actor, business, "consent.give")
    occurred = claimed(occurred_at)
    try:
        keeper = registry.find_business(session, custodian)
    except NotFound as error:
        raise Invalid.of("/custodian", "unknown_business", "There is no such business.") from error
    if keeper.business_id == owner.business_id:
        raise Invalid.of("/custodian", "same_business", "Your own goods need no consent.")
    row = StandingConsent(
        consent_id=new_id(),
        owner_id=owner.business_id,
        custodian_id=keeper.business_id,
        occurred_at=occurred,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=on_behalf_of(actor, owner.business_id),
    )
    made = session.scalar(
        insert(StandingConsent)
        .values(row.model_dump())
        .on_conflict_do_nothing(
            index_elements=["owner_id", "custodian_id"], index_where=col(StandingConsent.ended_at).is_(None)
        )
        .returning(col(StandingConsent.consent_id))
    )
    if made is not None:
        _record(session, actor, "consent.given", row, owner, occurred)
    return _shown(session, [_running(session, owner.business_id, keeper.business_id) or row])[0]


def withdraw(session: Session, actor: Actor, business: str | UUID, consent_id: UUID) -> dict[str, Any]:
    """End a consent that a business gave; ended before: nothing changes. Return it. Raises NotFound, Forbidden."""
    owner = _owner(session, actor, business, "consent.give")
    row = session.get(StandingConsent, consent_id, with_for_update=True, populate_existing=True)
    if row is None or row.owner_id != owner.business_id:
        raise NotFound("There is no such consent.")
    if row.ended_at is None:
        row.ended_at, row.ended_by = clock.now(), actor.user_id
        session.add(row)
        session.flush()
        _record(session, actor, "consent.withdrawn", row, owner, row.ended_at)
    return _shown(session, [row])[0]


def listing(
    session: Session, actor: Actor, business: str | UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the running consents that a business gave or was given, newest first. Raises NotFound."""
    found = _owner(session, actor, business, "trade.read")
    mine = or_(
        col(StandingConsent.owner_id) == found.business_id, col(StandingConsent.custodian_id) == found.business_id
    )
    statement = select(StandingConsent).where(mine, col(StandingConsent.ended_at).is_(None))
    rows, following = paging.page(session, statement, col(StandingConsent.consent_id), limit, cursor)
    return _shown(session, rows), following


def stands(session: Session, owner_id: UUID, custodian_id: UUID | None) -> bool:
    """Say whether an owner lets a keeper send its goods on, now."""
    return custodian_id is not None and _running(session, owner_id, custodian_id) is not None


def _running(session: Session, owner_id: UUID, custodian_id: UUID) -> StandingConsent | None:
    return session.scalars(
        select(StandingConsent).where(
            col(StandingConsent.owner_id) == owner_id,
            col(StandingConsent.custodian_id) == custodian_id,
            col(StandingConsent.ended_at).is_(None),
        )
    ).first()


def _owner(session: Session, actor: Actor, ref: str | UUID, action: str) -> Business:
    business = registry.find_business(session, ref)
    authorize(actor, action, Resource.of(business.business_id, places=[place(business)]))
    return business


def _shown(session: Session, rows: Sequence[StandingConsent]) -> list[dict[str, Any]]:
    names = registry.brief(session, [i for row in rows for i in (row.owner_id, row.custodian_id)])
    return [row.model_dump() | {"owner": names[row.owner_id], "custodian": names[row.custodian_id]} for row in rows]


def _record(
    session: Session, actor: Actor, kind: str, row: StandingConsent, owner: Business, occurred_at: datetime
) -> None:
    journal.append(
        session,
        actor,
        kind=kind,
        subject_id=row.consent_id,
        occurred_at=occurred_at,
        business_id=owner.business_id,
        region_code=owner.region_code,
        data={
            "owner_id": row.owner_id,
            "custodian_id": row.custodian_id,
            "on_behalf_of": on_behalf_of(actor, owner.business_id),
        },
    )
