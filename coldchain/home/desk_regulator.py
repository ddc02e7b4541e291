"""The regulator's desk: what to do first, the area's figures, running sweeps, stock by state, offices."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.core import clock
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.home import finding_jobs, jobs, positive_jobs, totals
from coldchain.recall import words
from coldchain.regions import service as regions
from coldchain.registry.service import registration

APPLICATIONS_SHOWN = 5


def context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the page shows, all of it computed now."""
    sweeps = jobs.running(session, actor)
    found = totals.register(session, scope(actor, "business.read"))
    waiting = jobs.open_by_office(sweeps)
    offices = [office for area in actor.regions for office in regions.offices(session, area)]
    known = {office.office_id for office in offices}
    rows = [
        (
            office.name,
            found.offices.get(office.office_id, totals.OfficeCounts()),
            waiting.get(office.office_id, (0, 0)),
        )
        for office in offices
    ]
    rest = [office_id for office_id in {*found.offices, *waiting} if office_id not in known]
    for office_id in rest:  # businesses and tasks of no office, so that the columns add up
        rows.append(("", found.offices.get(office_id, totals.OfficeCounts()), waiting.get(office_id, (0, 0))))
    names = regions.names(session, actor.regions, current_locale())
    return {
        "place": _(", ").join(names.values()),
        "as_of": clock.now(),
        "jobs": [
            *positive_jobs.of_officer(session, actor),
            *jobs.by_deadline([*jobs.of_regulator(session, actor, sweeps), *finding_jobs.of_officer(session, actor)]),
        ],
        "applications": registration.applications(session, actor, APPLICATIONS_SHOWN),
        "area": found.area,
        "sweeps": sweeps,
        "kinds": words.RECALL_KINDS,
        "offices": rows,
        "open_total": sum(pair[0] for pair in waiting.values()),
        "seal_total": sum(pair[1] for pair in waiting.values()),
    }
