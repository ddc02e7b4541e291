"""The administrator's side of accounts: finding, making, ending and reopening them, and the assignments of officers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.models import OFFICER_ROLES, TRADE_ROLES, Assignment, User
from coldchain.accounts.rights import Resource, authorize
from coldchain.accounts.service import acting, leaving
from coldchain.accounts.service.audit import audit
from coldchain.accounts.service.links import new_link
from coldchain.accounts.service.people import create_user, user_by_name
from coldchain.accounts.service.team import end_access, tell
from coldchain.core import clock, paging
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.regions import service as regions


@dataclass(frozen=True)
class Account:
    """An account with the business it acts for and the assignments it had, has and will have, the latest first."""

    user: User
    business: acting.Business | None
    assignments: list[Assignment]

    @property
    def current(self) -> list[Assignment]:
        """Return the assignments in force now."""
        now = clock.now()
        return [a for a in self.assignments if a.valid_from <= now and (a.valid_to is None or a.valid_to > now)]


def _accounts(session: Session, users: Sequence[User]) -> list[Account]:
    tell(session, users)
    ids = [user.user_id for user in users]
    assigned: dict[UUID, list[Assignment]] = {}
    statement = select(Assignment).where(col(Assignment.user_id).in_(ids))
    for row in session.scalars(statement.order_by(col(Assignment.valid_from).desc())):
        assigned.setdefault(row.user_id, []).append(row)
    found = acting.businesses(session, (user.business_id for user in users))
    return [
        Account(user, found.get(user.business_id) if user.business_id else None, assigned.get(user.user_id, []))
        for user in users
    ]


def accounts(
    session: Session,
    actor: Actor,
    *,
    q: str | None = None,
    role: str | None = None,
    is_active: bool | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Account], str | None]:
    """Return a page of accounts, newest first, and the next cursor; `q` is a part of the user name or of the name.

    Raises Forbidden, Invalid `invalid_cursor`.
    """
    authorize(actor, "account.manage", Resource())
    statement = select(User)
    if q is not None:
        statement = statement.where(
            or_(col(User.username).icontains(q, autoescape=True), col(User.display_name).icontains(q, autoescape=True))
        )
    if role is not None:
        statement = statement.where(col(User.role) == role)
    if is_active is not None:
        statement = statement.where(col(User.is_active) == is_active)
    rows, following = paging.page(session, statement, col(User.user_id), limit, cursor)
    return _accounts(session, rows), following


def count_by_role(session: Session, actor: Actor) -> dict[str, int]:
    """Return how many accounts of each role there are, closed ones too. Raises Forbidden."""
    authorize(actor, "account.manage", Resource())
    return {row[0]: row[1] for row in session.execute(select(col(User.role), func.count()).group_by(col(User.role)))}


def account(session: Session, actor: Actor, username: str) -> Account:
    """Return one account. Raises Forbidden, NotFound."""
    authorize(actor, "account.manage", Resource())
    return _accounts(session, [user_by_name(session, username)])[0]


def make(
    session: Session,
    actor: Actor,
    *,
    username: str,
    display_name: str,
    role: str,
    business: str | None = None,
    position: str | None = None,
    region_code: str | None = None,
    office: str | None = None,
) -> tuple[Account, str]:
    """Make an account and return it with the secret of a one-time link to choose a password.

    Raises Forbidden; Invalid for a missing or needless business or region, `unknown_business`, `unknown_region`,
    `unknown_office`; Conflict `account_exists`.
    """
    authorize(actor, "account.manage", Resource())
    business_id = _business_id(session, business)
    refuse_needless(role, position, region_code, office)
    office_id = None
    if region_code is not None:
        office_id = _place(session, region_code, office)
    user = create_user(
        session,
        username=username,
        role=role,
        display_name=display_name,
        business_id=business_id,
        region_code=region_code,
        office_id=office_id,
        position=position or "owner",
        by=actor.user_id,
    )
    return _accounts(session, [user])[0], new_link(session, user, created_by=actor)


def _business_id(session: Session, ref: str | None) -> UUID | None:
    if ref is None:
        return None
    try:
        return acting.find(session, ref).business_id
    except NotFound as error:
        raise Invalid.of("/business", "unknown_business", "There is no such business.") from error


def refuse_needless(role: str, position: str | None, region_code: str | None, office: str | None) -> None:
    """Raise Invalid `not_needed` for a position of somebody who acts for no business, or an office without a region."""
    if position is not None and role not in TRADE_ROLES:
        raise Invalid.of("/position", "not_needed", "Only those who act for a business are owner or clerk.")
    if office is not None and (role not in OFFICER_ROLES or region_code is None):
        raise Invalid.of("/office", "not_needed", "An office belongs to an officer's region.")


def _place(session: Session, region_code: str, office: str | None) -> UUID | None:
    regions.check(session, region_code)
    return regions.find_office(session, region_code, office).office_id if office else None


def fresh_link(session: Session, actor: Actor, username: str) -> str:
    """Return the secret of a new one-time link of an account. Raises Forbidden, NotFound, Conflict `account_closed`."""
    authorize(actor, "account.manage", Resource())
    user = user_by_name(session, username)
    if not user.is_active:
        raise Conflict("This account is closed. Reopen it first.", code="account_closed")
    return new_link(session, user, created_by=actor)


def close(session: Session, actor: Actor, username: str) -> Account:
    """Close an account: every session, token, link and device of it ends.

    Raises Forbidden, NotFound; Conflict `tasks_without_owner` for an officer who still has something open, and
    `own_account`: the last administrator could otherwise shut everybody out.
    """
    authorize(actor, "account.manage", Resource())
    user = user_by_name(session, username)
    if user.user_id == actor.user_id:
        raise Conflict("You can't close your own account. Another administrator can.", code="own_account")
    leaving.check(session, user, ())
    end_access(session, user, by=actor.user_id)
    return _accounts(session, [user])[0]


def reopen(session: Session, actor: Actor, username: str) -> Account:
    """Let a closed account sign in again; what was ended with it stays ended. Raises Forbidden, NotFound."""
    authorize(actor, "account.manage", Resource())
    user = user_by_name(session, username)
    if not user.is_active:
        user.is_active = True
        audit(session, "account_reopened", user.user_id, by=str(actor.user_id))
        session.flush()
    return _accounts(session, [user])[0]


def assign(
    session: Session,
    actor: Actor,
    username: str,
    *,
    region_code: str,
    office: str | None = None,
    kind: str = "standing",
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Assignment:
    """Give an officer a region or one office of it, from–to (default: from now, without end); others stay in force.

    Raises Forbidden, NotFound; Conflict `not_an_officer`; Invalid `unknown_region`, `unknown_office`, `wrong_order`,
    `required` for a support loan without an end.
    """
    authorize(actor, "account.manage", Resource())
    user = user_by_name(session, username)
    if user.role not in OFFICER_ROLES:
        raise Conflict("Only officers are assigned to regions.", code="not_an_officer")
    office_id = _place(session, region_code, office)
    begins = valid_from or clock.now()
    if kind == "support" and valid_to is None:
        raise Invalid.of("/valid_to", "required", "A support loan says until when.")
    if valid_to is not None and valid_to <= begins:
        raise Invalid.of("/valid_to", "wrong_order", "The end comes after the beginning.")
    row = Assignment(
        user_id=user.user_id, region_code=region_code, office_id=office_id, kind=kind, valid_from=begins,
        valid_to=valid_to, recorded_by=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit(session, "assignment_added", user.user_id, by=str(actor.user_id), assignment=str(row.assignment_id))
    return row


def ending(
    session: Session, actor: Actor, username: str, assignment_id: UUID
) -> tuple[Account, Assignment, list[tuple[str, str]]]:
    """Return account and assignment before it ends, with what the officer has open there (name, address of its page).

    Raises Forbidden, NotFound.
    """
    found = account(session, actor, username)
    row = next((each for each in found.assignments if each.assignment_id == assignment_id), None)
    if row is None:
        raise NotFound
    left = (Area(each.region_code, each.office_id) for each in found.current if each.assignment_id != assignment_id)
    return found, row, leaving.open_things(session, found.user, left)


def end_assignment(session: Session, actor: Actor, username: str, assignment_id: UUID) -> Assignment:
    """End an assignment now; the row stays, since what was captured under it is judged by it.

    Raises Forbidden, NotFound; Conflict `assignment_over` for one that has ended, `tasks_without_owner` for an officer
    who still has something open there.
    """
    authorize(actor, "account.manage", Resource())
    user = user_by_name(session, username)
    row = session.get(Assignment, assignment_id, with_for_update=True)
    if row is None or row.user_id != user.user_id:
        raise NotFound
    now = clock.now()
    if row.valid_to is not None and row.valid_to <= now:
        raise Conflict("This assignment has ended already.", code="assignment_over")
    others = (each for each in _accounts(session, [user])[0].current if each.assignment_id != assignment_id)
    leaving.check(session, user, (Area(each.region_code, each.office_id) for each in others))
    if row.valid_from >= now:
        # it has not begun: it keeps the shortest span that a span may have, and was never in force for anybody
        row.valid_to = row.valid_from + timedelta(microseconds=1)
    else:
        row.valid_to = now
    session.flush()
    audit(session, "assignment_ended", user.user_id, by=str(actor.user_id), assignment=str(row.assignment_id))
    return row
