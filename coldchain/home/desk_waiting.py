"""What whoever registered a business and waits sees: since when, who decides, what happens next, what was refused."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.core import clock
from coldchain.core.i18n import current_locale
from coldchain.regions import service as regions
from coldchain.regions.models import Office
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.registry.service import appeals, registration

OFFICES_SHOWN = 5


def _offices(session: Session, business: Business) -> list[Office]:
    """Return where to take a letter: the business's office, else those of its district that say where they are."""
    if business.office_id is not None:
        return list(regions.offices_by_id(session, [business.office_id]).values())
    found = regions.offices(session, business.region_code)
    return [office for office in found if office.address or office.phone][:OFFICES_SHOWN]


def context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the page shows, all of it computed now."""
    found = registry.find_business(session, actor.business_id or UUID(int=0))
    waiting = registration.application(session, found)
    return {
        "business": registry.read_business(session, actor, found.business_id),
        "region": regions.name(session, found.region_code, current_locale()),
        "as_of": clock.now(),
        "waiting_since": waiting.waiting_since,
        "may_object": appeals.may_object(session, actor, found),
        "may_correct": relation(actor, "business.correct") is not None,
        "offices": _offices(session, found),
        "texts": registry.commitment_texts(session),
    }
