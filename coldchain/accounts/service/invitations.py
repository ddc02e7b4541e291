"""Joining a business by a one-time link: the invited person chooses name, phone (the user name) and password."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import POSITIONS, Invitation, InvitationSite, User
from coldchain.accounts.rights import authorize
from coldchain.accounts.service import acting
from coldchain.accounts.service.actors import digest, may_still
from coldchain.accounts.service.audit import audit
from coldchain.accounts.service.people import create_user
from coldchain.accounts.service.signing import set_password
from coldchain.accounts.service.team import limit_to
from coldchain.core import clock, limits, paging
from coldchain.core.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True)
class Invited:
    """An invitation with its business and the sites (id, name) that the clerk will be limited to."""

    row: Invitation
    business: acting.Business
    sites: list[tuple[UUID, str]]

    @property
    def state(self) -> str:
        """Return `open`, `used`, `revoked` or `expired`."""
        if self.row.used_at is not None:
            return "used"
        if self.row.revoked_at is not None:
            return "revoked"
        return "open" if self.row.expires_at > clock.now() else "expired"


def invite(
    session: Session,
    actor: Actor,
    business: acting.Business,
    *,
    position: str,
    site_ids: Sequence[UUID] = (),
) -> tuple[Invited, str]:
    """Return a new invitation and its secret, which nobody can read again; valid INVITATION_DAYS.

    Raises Forbidden, NotFound; Invalid `owner_without_limit`, `unknown_site`; Conflict `wrong_state` for a business
    that was struck off.
    """
    authorize(actor, "people.manage", business.resource)
    if position not in POSITIONS:
        raise Invalid.of("/position", "not_one_of", "This should be one of: {values}.", values=", ".join(POSITIONS))
    acting.refuse_closed(business)
    wanted = acting.checked_sites(session, business, position, site_ids)
    secret, now = secrets.token_urlsafe(32), clock.now()
    row = Invitation(
        link_hash=digest(secret),
        business_id=business.business_id,
        role=_role(session, business),
        position=position,
        created_by=actor.user_id,
        created_at=now,
        expires_at=now + timedelta(days=limits.INVITATION_DAYS),
    )
    session.add(row)
    session.flush()
    session.add_all(InvitationSite(invitation_id=row.invitation_id, site_id=site_id) for site_id in wanted)
    audit(session, "invitation_created", actor.user_id, invitation=str(row.invitation_id), position=position)
    session.flush()
    return _described(session, [row])[0], secret


def _role(session: Session, business: acting.Business) -> str:
    """Return the role of those who act for the business already, else the one of its kind."""
    statement = select(col(User.role)).where(col(User.business_id) == business.business_id)
    return session.scalar(statement.order_by(col(User.user_id)).limit(1)) or business.role


def _described(session: Session, rows: Sequence[Invitation]) -> list[Invited]:
    found = acting.businesses(session, (row.business_id for row in rows))
    chosen: dict[UUID, set[UUID]] = {}
    ids = [row.invitation_id for row in rows]
    for each in session.scalars(select(InvitationSite).where(col(InvitationSite.invitation_id).in_(ids))):
        chosen.setdefault(each.invitation_id, set()).add(each.site_id)
    named = {b: acting.sites_of(session, b) for b in {row.business_id for row in rows}}
    return [
        Invited(
            row,
            found[row.business_id],
            [pair for pair in named[row.business_id] if pair[0] in chosen.get(row.invitation_id, ())],
        )
        for row in rows
    ]


def invitations(
    session: Session, actor: Actor, business: acting.Business, *, limit: int, cursor: str | None = None
) -> tuple[list[Invited], str | None]:
    """Return the open invitations of a business, newest first, and the next cursor. Raises Forbidden, NotFound."""
    authorize(actor, "people.manage", business.resource)
    statement = select(Invitation).where(
        col(Invitation.business_id) == business.business_id,
        col(Invitation.used_at).is_(None),
        col(Invitation.revoked_at).is_(None),
        col(Invitation.expires_at) > clock.now(),
    )
    rows, following = paging.page(session, statement, col(Invitation.invitation_id), limit, cursor)
    return _described(session, rows), following


def revoke(session: Session, actor: Actor, invitation_id: UUID) -> Invited:
    """Make an invitation useless; one that was revoked before stays so.

    Raises Forbidden, NotFound; Conflict `invitation_used` when somebody has come in by it: end that access instead.
    """
    statement = select(Invitation).where(col(Invitation.invitation_id) == invitation_id).with_for_update(of=Invitation)
    found = acting.with_business(session, statement, col(Invitation.business_id))
    if found is None:
        raise NotFound
    row: Invitation = found[0]
    authorize(actor, "people.manage", found[1].resource)
    if row.used_at is not None:
        raise Conflict("Somebody has joined by this link. End that person's access instead.", code="invitation_used")
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        audit(session, "invitation_revoked", actor.user_id, invitation=str(row.invitation_id))
        session.flush()
    return _described(session, [row])[0]


def opened(session: Session, secret: str) -> Invited:
    """Return the invitation of a link that still works. Raises NotFound `link_spent`."""
    statement = select(Invitation).where(col(Invitation.link_hash) == digest(secret)).with_for_update()
    row = session.scalars(statement).first()
    found = _described(session, [row])[0] if row else None
    works = found is not None and found.state == "open" and found.business.status != "closed"
    if found is None or not works or not _may_still(session, found):
        words = "This invitation was used or withdrawn, or has run out. Ask the owner of the business for a new one."
        raise NotFound(words, code="link_spent")
    return found


def _may_still(session: Session, invited: Invited) -> bool:
    by, resource = invited.row.created_by, invited.business.resource
    return by is None or may_still(session, by, "people.manage", resource)


def accept(session: Session, secret: str, *, display_name: str, phone: str, password: str) -> User:
    """Spend an invitation: make the account of who was invited, or reopen the ended one, and return it.

    Raises NotFound `link_spent`; Conflict `account_exists` when the phone number signs in already.
    """
    invited = opened(session, secret)
    user = session.scalars(select(User).where(col(User.username) == phone).with_for_update()).first()
    if user is None:
        user = create_user(
            session,
            username=phone,
            role=invited.row.role,
            display_name=display_name,
            business_id=invited.business.business_id,
            password=password,
            position=invited.row.position,
            is_waiting=invited.business.is_waiting,
        )
    else:
        _come_back(session, invited, user, display_name, password)
    limit_to(session, user, (site_id for site_id, _name in invited.sites))
    invited.row.used_at, invited.row.used_by = clock.now(), user.user_id
    audit(session, "invitation_used", user.user_id, invitation=str(invited.row.invitation_id))
    session.flush()
    return user


def _come_back(session: Session, invited: Invited, user: User, display_name: str, password: str) -> None:
    """Reopen the ended account of somebody of the same business; what ended with it stays ended.

    Raises Conflict `account_exists` for one that is in use, or of another business.
    """
    if user.business_id != invited.business.business_id:
        words = "This number has an account elsewhere, and one number is for one business. Give another number."
        raise Conflict(words, code="account_exists")
    if user.is_active:
        words = "This number is one of this business's people already. Sign in with it."
        raise Conflict(words, code="account_exists")
    user.is_active, user.role, user.position = True, invited.row.role, invited.row.position
    user.display_name, user.is_waiting = display_name, invited.business.is_waiting
    set_password(session, user, password)
    audit(session, "account_reopened", user.user_id, invitation=str(invited.row.invitation_id))
