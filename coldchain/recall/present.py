"""What recalls look like from outside: rows joined with the names that a reader needs."""

from typing import Any
from uuid import UUID

from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.inspections import service as inspections
from coldchain.inspections.models import Finding, FindingLine
from coldchain.recall import duties
from coldchain.recall import samples as sampling
from coldchain.recall.assistance_view import AssistanceView
from coldchain.recall.models import Duty, Recall, RecallVersion
from coldchain.recall.tasks import TaskView
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.trade import service as trade


def recall(row: Recall, version: RecallVersion) -> dict[str, Any]:
    """Return a recall with its version's notice and criterion."""
    return {**row.model_dump(), **version.model_dump(exclude={"recorded_at", "recorded_by"})}


def tasks(session: Session, views: list[TaskView]) -> list[dict[str, Any]]:
    """Return tasks with business, site and office named, in a constant number of statements."""
    owners = {row.owner_id for view in views for row in view.expected}
    businesses = registry.brief(session, {view.task.business_id for view in views} | owners)
    sites = registry.sites(session, {view.task.site_id for view in views})
    offices = regions.offices_by_id(session, {view.task.office_id for view in views})
    officers = duties.owners(session, col(Duty.task_id), {view.task.task_id for view in views})
    persons = trade.persons(session, {view.task.consignment_id for view in views if view.task.site_id is None})
    found = []
    for view in views:
        person = persons.get(view.task.consignment_id) if view.task.consignment_id else None
        site = sites.get(view.task.site_id) if view.task.site_id else None
        office = offices.get(view.task.office_id) if view.task.office_id else None
        business = businesses.get(view.task.business_id) if view.task.business_id else None
        found.append(
            {
                **view.task.model_dump(),
                "business": business_of(business),
                "site": {"name": site.name, "kind": site.kind, "address": site.address, "venue_id": _id(site.venue_id)}
                if site
                else None,
                "receiver": {"name": person.name, "phone": person.phone, "address": person.address} if person else None,
                "office": {"office_id": str(office.office_id), "name": office.name} if office else None,
                "officer": officer_of(officers.get(view.task.task_id)),
                "expected": [
                    {**row.model_dump(), "owner_id": businesses[row.owner_id].business_id} for row in view.expected
                ],
                "state": view.state,
                "reopened": view.reopened,
                "finding_id": view.finding.finding_id if view.finding else None,
            }
        )
    return found


def place_name(task: dict[str, Any]) -> str:
    """Return what a task's place is called: the site, the sign found on foot, whom goods travel to."""
    if task["site"]:
        return str(task["site"]["name"])
    receiver = (task["business"] or {}).get("name") or (task["receiver"] or {}).get("name")
    return str(task["place_name"] or receiver or "")


def _id(key: UUID | None) -> str | None:
    return str(key) if key else None


def business_of(brief: Any) -> dict[str, Any] | None:
    """Return `{business_id, uscc, name}` as text, or None."""
    if brief is None:
        return None
    return {"business_id": str(brief.business_id), "uscc": brief.uscc, "name": brief.name}


def officer_of(owner: duties.Owner | None) -> dict[str, Any] | None:
    """Return `{username, display_name}` of who has something, or None."""
    return {"username": owner.username, "display_name": owner.display_name} if owner else None


def assistance(view: AssistanceView) -> dict[str, Any]:
    """Return a request with its state, what was asked and what has been done since."""
    request = view.request
    return {
        **request.model_dump(),
        "office": {"office_id": str(request.office_id), "name": view.office} if request.office_id else None,
        "title": view.recall.title,
        "from_region_code": view.recall.region_code,
        "state": view.state,
        "sent_at": request.recorded_at,
        "taken_over_at": view.taken_over_at,
        "taken_over_by": view.taken_over_by,
        "officer": officer_of(view.owner),
        "now": view.now,
        "notes": view.notes,
    }


def finding(session: Session, row: Finding, lines: list[FindingLine], *, drill: bool) -> dict[str, Any]:
    """Return a finding with its lines and their owners named; `drill`: what was done was practice."""
    owners = registry.brief(session, {line.owner_id for line in lines})
    return {
        **row.model_dump(),
        "drill": drill,
        "lines": [
            {**line.model_dump(), "owner": business_of(owners.get(line.owner_id) if line.owner_id else None)}
            for line in lines
        ],
    }


def findings_of(session: Session, task_id: UUID, *, drill: bool) -> list[dict[str, Any]]:
    """Return a task's findings, newest first."""
    return [finding(session, row, lines, drill=drill) for row, lines in inspections.of_task(session, task_id)]


def samples(session: Session, actor: Actor, recall_id: UUID, *, own_only: bool = False) -> list[dict[str, Any]]:
    """Return the samples of a recall by round, place and latest state, as far as the reader knows the places.

    `own_only`: those alone of which the reader may record results.
    """
    counts = sampling.buckets(sampling.events_of(session, recall_id))
    if own_only:
        counts = sampling.within_reach(session, actor, counts)
    total = sampling.as_read(session, actor, counts)
    return [
        {"round": number, "place": place, "pieces": pieces, "state": state}
        for (number, place, state), pieces in sorted(total.items())
        if pieces
    ]
