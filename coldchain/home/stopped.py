"""What a business that may not trade has to know before it types: why, since when, by whom, what still goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session

from coldchain.core import clock
from coldchain.core.i18n import current_locale
from coldchain.journal import history
from coldchain.policy import service as policy
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry import states
from coldchain.registry.service import appeals, overview

DECISIONS: Final = {"suspended": "suspend", "closed": "close"}


@dataclass(frozen=True)
class Stopped:
    """Why a business may not trade; `sales`: dispatch and sale are refused too, as the rule book says (R12)."""

    status: str
    reason: str
    since: datetime | None
    officer: str
    place: str
    office: str
    phone: str
    sales: bool
    business_id: UUID
    objection: str | None  # to this decision: `open`, or what was answered; None: nobody has objected


def of(session: Session, business_id: UUID) -> Stopped | None:
    """Return why a business may not trade now, None when it may; the caller acts for it."""
    business = registry.find_business(session, business_id)
    decision = DECISIONS.get(business.status)
    if decision is None:
        return None
    told = history.of_subject(session, business_id, [states.FACTS[decision]])
    last = told[-1] if told else None
    officer = overview.names(session, [last.recorded_by])[last.recorded_by] if last and last.recorded_by else ""
    office = (
        regions.offices_by_id(session, [business.office_id]).get(business.office_id) if business.office_id else None
    )
    objected = appeals.of_standing(session, business_id)
    figures = policy.parameters(session, clock.now().astimezone(clock.BEIJING).date())
    return Stopped(
        status=business.status,
        reason=business.status_reason or "",
        since=last.occurred_at if last else None,
        officer=officer,
        place=regions.name(session, business.region_code, current_locale()),
        office=office.name if office else "",
        phone=(office.phone or "") if office else "",
        sales=figures["suspended_seller"] == "block",
        business_id=business.business_id,
        objection=(objected[1] or "open") if objected else None,
    )
