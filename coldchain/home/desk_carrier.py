"""A carrier's desk: its own business and who acts for it."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.accounts.service import acting, team
from coldchain.core import clock
from coldchain.registry import service as registry

PEOPLE_SHOWN = 8


def context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the page shows, all of it computed now; a clerk sees the business only."""
    business = acting.find(session, actor.business_id or UUID(int=0))
    manages = relation(actor, "people.manage") is not None
    people = team.people(session, actor, business, limit=PEOPLE_SHOWN)[0] if manages else []
    return {
        "business": registry.read_business(session, actor, business.business_id),
        "as_of": clock.now(),
        "manages": manages,
        "people": people,
    }
