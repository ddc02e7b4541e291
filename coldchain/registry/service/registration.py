"""Self-registration: somebody without an account registers a business and its owner, who waits for approval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize, scope
from coldchain.accounts.service import registration as accounts
from coldchain.accounts.service import team
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, FieldError
from coldchain.core.text_search import searchable
from coldchain.journal import personal
from coldchain.regions import service as regions
from coldchain.registry.models import Business
from coldchain.registry.service import businesses, numbers
from coldchain.registry.service.business_view import describe, resource
from coldchain.registry.service.lookups import find_business
from coldchain.registry.service.reach import businesses_within


class Nobody(NamedTuple):
    """Who writes when nobody is signed in."""

    user_id: UUID | None = None


NOBODY: Final = Nobody()
admit = accounts.admit


@dataclass(frozen=True)
class Application:
    """A business that waits for a decision: since when, who sent it (None: an officer entered it for the business)."""

    business: Business
    waiting_since: datetime
    owner_name: str | None
    owner_phone: str | None


def register_self(
    session: Session, *, account: dict[str, Any] | None = None, region_code: str, **said: Any
) -> dict[str, Any]:
    """Register a business for somebody without an account, and with `account` its owner, who waits for approval.

    The edge has called `admit` before. Raises Invalid `unknown_region`, `unknown_office`; Conflict `business_exists`,
    which tells no more than the public directory does, and `account_exists`.
    """
    regions.check(session, region_code)
    try:
        business = businesses.enter(session, NOBODY, region_code=region_code, **said)
    except Conflict as error:
        if error.code != "business_exists":
            raise
        raise _known() from error
    if account is not None:
        accounts.waiting_owner(session, business.business_id, **account)
    return {
        "business_id": business.business_id,
        "uscc": business.uscc,
        "name": business.name,
        "kinds": business.kinds,
        "status": business.status,
        "region_code": business.region_code,
        "handles_imported": business.handles_imported,
        "card_no": business.card_no,
        "address": business.address,
        "recorded_at": business.recorded_at,
    }


def _known() -> Conflict:
    said = "This code is registered already. Ask the owner for an invitation, or your supervision office for a slip."
    return Conflict(said, code="business_exists", errors=[FieldError("/uscc", "business_exists", said)])


def correct(
    session: Session,
    actor: Actor,
    ref: str | UUID,
    *,
    uscc: str,
    name: str,
    kinds: Sequence[str],
    handles_imported: bool,
    region_code: str,
    legal_representative: str,
    phone: str,
    address: str,
    office: str | None = None,
    licence_no: str | None = None,
    uscc_override: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Send a refused application again, corrected; it is pending as of now, what was said before stays in the journal.

    Raises Forbidden, NotFound; Invalid `unknown_region`, `unknown_office`; Conflict `wrong_state` unless it was
    refused, `business_exists` for another business's code.
    """
    found = find_business(session, ref)
    authorize(actor, "business.correct", resource(found))
    occurred = claimed(occurred_at)
    override = numbers.override_of(uscc, uscc_override)
    regions.check(session, region_code)
    business = businesses.locked(session, found.business_id)
    if business.status != "rejected":
        raise Conflict(
            "Only an application that was not approved can be corrected.",
            code="wrong_state",
            extra={"state": business.status},
        )
    if uscc != business.uscc:
        taken = session.scalar(select(func.count()).where(col(Business.uscc) == uscc))
        if taken:
            raise _known()
    office_id = regions.find_office(session, region_code, office).office_id if office else None
    of: dict[str, Any] = {"business_id": business.business_id, "region_code": region_code}
    legal = personal.keep(session, legal_representative, "legal_representative", **of)
    telephone = personal.keep(session, phone, "phone", **of)
    if not handles_imported:  # from here on nothing is asked of the database before all of the row is changed
        business.card_no = None
    elif business.card_no is None or region_code != business.region_code:
        business.card_no = businesses.draw_card_no(region_code)
    business.uscc, business.name, business.kinds = uscc, businesses.named(name), list(dict.fromkeys(kinds))
    business.handles_imported, business.region_code, business.address = handles_imported, region_code, address
    business.office_id, business.uscc_override = office_id, override
    business.legal_representative_id = legal.personal_id if legal else None
    business.phone_id = telephone.personal_id if telephone else None
    business.licence_no, business.status, business.status_reason = licence_no, "pending", None
    business.applied_at = clock.now()
    business.search_text = searchable(name, numbers=(uscc, business.card_no))
    session.flush()
    accounts.match_role(session, business.business_id)
    businesses.told(session, actor, business, "business.corrected", occurred, legal, telephone)
    return describe(session, actor, [business])[0]


def applications(session: Session, actor: Actor, limit: int) -> tuple[list[Application], int]:
    """Return the businesses that wait for a decision of `actor`, the longest waiting first, and how many there are."""
    reach = scope(actor, "business.decide")
    waiting = select(Business).where(
        businesses_within(reach), col(Business.status) == "pending", col(Business.uscc).is_not(None)
    )
    since = func.coalesce(col(Business.applied_at), col(Business.recorded_at))
    rows = session.scalars(waiting.order_by(since, col(Business.business_id)).limit(limit)).all()
    total = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    return [application(session, row) for row in rows], total


def application(session: Session, business: Business) -> Application:
    """Return what a decision about a business is made on; the caller has checked the right."""
    owners = team.owners(session, business.business_id)
    first = owners[0] if owners else None
    return Application(
        business,
        business.applied_at or business.recorded_at,
        first.display_name if first else None,
        first.username if first else None,
    )


def districts(session: Session, limit: int) -> list[str]:
    """Return the codes of the districts in which an officer decides about applications now, at most `limit`."""
    return regions.districts_within(session, accounts.deciding_regions(session), limit)
