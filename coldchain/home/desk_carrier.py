"""A carrier's desk: what is to be put right, what it carries now and where to, its own business and who acts for it."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.accounts.service import acting, team
from coldchain.core import clock
from coldchain.home import finding_jobs
from coldchain.home.jobs import licences_ending
from coldchain.registry import service as registry
from coldchain.trade import service as trade

PEOPLE_SHOWN = 8
CARRIED_SHOWN = 20
ON_THE_ROAD = ("in_transit", "disputed")


def context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the page shows, all of it computed now; a clerk sees the business only."""
    business = acting.find(session, actor.business_id or UUID(int=0))
    manages = relation(actor, "people.manage") is not None
    people = team.people(session, actor, business, limit=PEOPLE_SHOWN)[0] if manages else []
    carried = [
        row for state in ON_THE_ROAD for row in trade.search(session, actor, state=state, limit=CARRIED_SHOWN)[0]
    ]
    sites = [site_id for row in carried for site_id in (row["from_site_id"], row["to_site_id"])]
    return {
        "business": registry.read_business(session, actor, business.business_id),
        "as_of": clock.now(),
        "jobs": [*finding_jobs.of_business(session, actor), *licences_ending(session, actor)] if manages else [],
        "manages": manages,
        "carried": carried,
        "more": sum(trade.count_by_state(session, actor).values()) - len(carried),
        "addresses": {site_id: site.address for site_id, site in registry.sites(session, sites).items()},
        "people": people,
    }
