"""Who acts for a business: the people, their sites, their devices. Ending somebody's access ends every way in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import (
    ApiToken,
    Device,
    Invitation,
    SignInLink,
    SignInSlip,
    User,
    UserSession,
    UserSite,
)
from coldchain.accounts.rights import authorize
from coldchain.accounts.service import acting
from coldchain.accounts.service.audit import audit
from coldchain.core import clock, paging
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.journal import personal

_WAYS_IN: Final[tuple[tuple[Any, Any], ...]] = (
    (UserSession, "revoked_at"), (ApiToken, "revoked_at"), (SignInLink, "used_at"), (SignInSlip, "used_at"),
    (Device, "ended_at"),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One who acts for a business: the account, the sites (id, name) of a limited clerk, the devices in use."""

    user: User
    sites: list[tuple[UUID, str]] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)


def people(
    session: Session, actor: Actor, business: acting.Business, *, limit: int, cursor: str | None = None
) -> tuple[list[Person], str | None]:
    """Return those who act or acted for a business, in the order in which they came, and the next cursor.

    Raises Forbidden, NotFound for a business that `actor` may not manage.
    """
    authorize(actor, "people.manage", business.resource)
    statement = select(User).where(col(User.business_id) == business.business_id)
    rows, following = paging.page(session, statement, col(User.user_id), limit, cursor, newest_first=False)
    return _persons(session, rows), following


def _persons(session: Session, users: Sequence[User]) -> list[Person]:
    tell(session, users)
    ids = [user.user_id for user in users]
    limits: dict[UUID, set[UUID]] = {}
    for row in session.scalars(select(UserSite).where(col(UserSite.user_id).in_(ids))):
        limits.setdefault(row.user_id, set()).add(row.site_id)
    named = {b: acting.sites_of(session, b) for b in {user.business_id for user in users} if b}

    def limited(user: User) -> list[tuple[UUID, str]]:
        own = named.get(user.business_id, []) if user.business_id else []
        return [pair for pair in own if pair[0] in limits.get(user.user_id, ())]

    devices = devices_of(session, ids)
    return [Person(user, limited(user), devices.get(user.user_id, [])) for user in users]


def tell(session: Session, users: Iterable[User]) -> None:
    """Remember for the audit log that names and phones of accounts are shown (R21)."""
    personal.told(session, {user.user_id: user.business_id for user in users})


def devices_of(session: Session, user_ids: Iterable[UUID]) -> dict[UUID, list[Device]]:
    """Return the devices on which these people sign in by PIN now, oldest first."""
    found: dict[UUID, list[Device]] = {}
    statement = (
        select(Device)
        .where(col(Device.user_id).in_(list(user_ids)), col(Device.ended_at).is_(None))
        .order_by(col(Device.device_id))
    )
    for device in session.scalars(statement):
        found.setdefault(device.user_id, []).append(device)
    return found


def person(session: Session, actor: Actor, username: str) -> tuple[Person, acting.Business]:
    """Return somebody who acts for a business that `actor` manages, and the business. Raises Forbidden, NotFound."""
    statement = select(User).where(col(User.username) == username)
    found = acting.with_business(session, statement, col(User.business_id))
    if found is None:
        raise NotFound
    authorize(actor, "people.manage", found[1].resource)
    return _persons(session, [found[0]])[0], found[1]


def any_people(session: Session, business_id: UUID) -> bool:
    """Say whether somebody acts or acted for a business."""
    statement = select(col(User.user_id)).where(col(User.business_id) == business_id).limit(1)
    return session.scalar(statement) is not None


def owners(session: Session, business_id: UUID) -> list[User]:
    """Return the owners of a business who may sign in, the first to come first; the caller has checked who may see."""
    statement = select(User).where(
        col(User.business_id) == business_id, col(User.position) == "owner", col(User.is_active)
    )
    found = list(session.scalars(statement.order_by(col(User.user_id))))
    tell(session, found)
    return found


def set_sites(session: Session, actor: Actor, username: str, site_ids: Sequence[UUID]) -> Person:
    """Limit a clerk to some sites of the business; none means no limit.

    Raises NotFound; Invalid `owner_without_limit`, `unknown_site`.
    """
    found, business = person(session, actor, username)
    wanted = acting.checked_sites(session, business, found.user.position or "", site_ids)
    if found.user.position != "clerk":
        raise Invalid.of("/site_ids", "owner_without_limit", "An owner acts at every site of the business.")
    limit_to(session, found.user, wanted)
    audit(session, "sites_changed", found.user.user_id, by=str(actor.user_id), sites=",".join(map(str, wanted)))
    return _persons(session, [found.user])[0]


def limit_to(session: Session, user: User, site_ids: Iterable[UUID]) -> None:
    """Write the sites that a clerk is limited to, in place of the former ones."""
    session.execute(delete(UserSite).where(col(UserSite.user_id) == user.user_id))
    session.add_all(UserSite(user_id=user.user_id, site_id=site_id) for site_id in site_ids)
    session.flush()


def end(session: Session, actor: Actor, username: str) -> Person:
    """End somebody's access to a business: sessions, tokens, links, slips, devices, and invitations that they made.

    Raises NotFound; Conflict `last_owner`: a business without an owner could let nobody in any more.
    """
    found, business = person(session, actor, username)
    active = select(User).where(
        col(User.business_id) == business.business_id, col(User.position) == "owner", col(User.is_active)
    )
    locked = session.scalars(active.order_by(col(User.user_id)).with_for_update()).all()
    if [user.user_id for user in locked] == [found.user.user_id]:
        raise Conflict(
            "This is the only owner of the business. Invite another owner first, then end this access.",
            code="last_owner",
        )
    end_access(session, found.user, by=actor.user_id)
    return _persons(session, [found.user])[0]


def end_access(session: Session, user: User, *, by: UUID | None) -> None:
    """Close an account and every way into it; invitations that it made end with it. A closed one stays as it is."""
    session.refresh(user, with_for_update=True)
    if not user.is_active:
        return
    now = clock.now()
    user.is_active = False
    for table, column in _WAYS_IN:
        session.execute(
            update(table).where(table.user_id == user.user_id, getattr(table, column).is_(None)).values({column: now})
        )
    session.execute(
        update(Invitation)
        .where(
            col(Invitation.created_by) == user.user_id,
            col(Invitation.used_at).is_(None),
            col(Invitation.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )
    audit(session, "account_ended", user.user_id, by=str(by) if by else None)
    session.flush()
