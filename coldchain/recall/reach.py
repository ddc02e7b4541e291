"""Which places of a recall a reader sees by name: those in its own areas. All others are totals (R9, R16).

An announcement locks everywhere; who runs it learns of another region's sites how many there are and how far their
officers have come. The recall of a prefecture or a province covers the regions inside as its own.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, may, relation, scope
from coldchain.core.i18n import current_locale
from coldchain.recall.models import Recall, SweepTask
from coldchain.regions import service as regions
from coldchain.regions.tree import within


def inside(actor: Actor, region_code: Any, office_id: Any) -> ColumnElement[bool]:
    """Return the condition that a row with these columns lies where `actor` reads by name. Raises Forbidden."""
    reach = scope(actor, "recall.read")
    if reach.everything:
        return true()
    offices = [area.office_id for area in reach.areas if area.office_id is not None]
    return or_(
        false(),
        *(region_code.startswith(digits) for digits in reach.region_stems),
        office_id.in_(offices) if offices else false(),
    )


def own_tasks(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `SweepTask` that `actor` may see it. Raises Forbidden."""
    return inside(actor, col(SweepTask.region_code), col(SweepTask.office_id))


def sees(actor: Actor, region_code: str, office_id: UUID | None = None) -> bool:
    """Say whether `actor` reads a place by name; `own_tasks` says the same in SQL."""
    return may(actor, "recall.read", Resource.of(places=[Area(region_code, office_id)]))


def runs(actor: Actor, recall: Recall) -> bool:
    """Say whether `actor` is of the side that runs a recall: assigned to all of its region."""
    return sees(actor, recall.region_code)


def is_own(recall: Recall, region_code: str) -> bool:
    """Say whether a place belongs to a recall's own region, so that nobody has to be asked for help there."""
    return within(region_code, recall.region_code)


def seen_place(actor: Actor, task: SweepTask | None) -> bool:
    """Say whether the reader may know what a task's place is called; one who reads no recall sees what it is told."""
    return task is None or relation(actor, "recall.read") is None or sees(actor, task.region_code, task.office_id)


def region_name(session: Session, region_code: str) -> str:
    """Return what stands for a place that the reader may not see."""
    return regions.name(session, region_code, current_locale())


def first_region(actor: Actor) -> str | None:
    """Return the region in whose name an officer writes a notice: the first that it is assigned to as a whole."""
    whole = [area.region_code for area in actor.areas if area.office_id is None]
    return next(iter(whole or actor.regions), None)


def place_of(task: SweepTask) -> Area:
    """Return where a task lies."""
    return Area(task.region_code, task.office_id)
