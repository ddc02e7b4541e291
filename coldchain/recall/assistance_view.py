"""Requests for assistance as both sides read them: sent, taken over by whom, how far the places have come, notes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import null, or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.core import paging
from coldchain.core.i18n import current_locale
from coldchain.recall import assistance, drafts, duties, reach, report
from coldchain.recall.figures import PlaceFigures
from coldchain.recall.models import AssistanceEvent, AssistanceRequest, Duty, Recall
from coldchain.regions import service as regions

SENT, TAKEN_OVER, DONE = "sent", "taken_over", "done"
STATES = (SENT, TAKEN_OVER, DONE)


@dataclass(frozen=True)
class Note:
    """A note of the asking side, and when."""

    recorded_at: datetime
    note: str


@dataclass(frozen=True)
class AssistanceView:
    """A request with its state: `sent`, `taken_over`, `done` (every place there has been looked at).

    `now`: the place's counts of this moment; names of sites stand in none of it. `owner`: who has it now.
    """

    request: AssistanceRequest
    recall: Recall
    state: str
    from_region: str
    region: str
    office: str | None
    now: PlaceFigures
    taken_over_at: datetime | None
    taken_over_by: str | None
    owner: duties.Owner | None
    notes: tuple[Note, ...]


def listing(session: Session, actor: Actor, recall_id: UUID) -> list[AssistanceView]:
    """Return a recall's requests that the actor may read: all for who runs it, those to its own places else.

    Raises NotFound, Forbidden.
    """
    recall = drafts.get(session, actor, recall_id)
    if recall.announced_at is None:
        return []
    return of_recall(session, actor, recall, report.report(session, actor, recall_id).figures.places)


def of_recall(session: Session, actor: Actor, recall: Recall, places: Sequence[PlaceFigures]) -> list[AssistanceView]:
    """Return the same of a recall whose figures by place are known already."""
    mine = select(AssistanceRequest).where(col(AssistanceRequest.recall_id) == recall.recall_id)
    if not reach.runs(actor, recall):
        mine = mine.where(_asked_of(actor))
    requests = list(session.scalars(mine.order_by(col(AssistanceRequest.request_id))))
    return _views(session, recall, requests, places)


def one(session: Session, actor: Actor, request_id: UUID) -> AssistanceView:
    """Return a request. Raises NotFound, Forbidden."""
    request, recall = assistance.get(session, actor, request_id)
    places = report.report(session, actor, recall.recall_id).figures.places
    return _views(session, recall, [request], places)[0]


def everywhere(
    session: Session, actor: Actor, *, direction: str | None = None, limit: int, cursor: str | None = None
) -> tuple[list[AssistanceView], str | None]:
    """Return a page of the requests that the actor may read, of all recalls, newest first, and the next cursor.

    `direction`: `in`, to the actor's own places; `out`, of recalls that the actor's side runs. Raises Forbidden.
    """
    ways = {"in": _asked_of(actor), "out": reach.inside(actor, col(Recall.region_code), null())}
    statement = (
        select(AssistanceRequest)
        .join(Recall, col(Recall.recall_id) == col(AssistanceRequest.recall_id))
        .where(or_(*ways.values()) if direction is None else ways[direction])
    )
    requests, following = paging.page(session, statement, col(AssistanceRequest.request_id), limit, cursor)
    views: dict[UUID, AssistanceView] = {}
    for recall_id in {request.recall_id for request in requests}:
        recall = session.get_one(Recall, recall_id)
        places = report.report(session, actor, recall_id).figures.places
        own = [request for request in requests if request.recall_id == recall_id]
        views |= {view.request.request_id: view for view in _views(session, recall, own, places)}
    return [views[request.request_id] for request in requests], following


def waiting(session: Session, actor: Actor) -> list[tuple[AssistanceRequest, Recall]]:
    """Return the requests of running recalls to the actor's places that nobody has taken over, oldest first."""
    taken = select(col(AssistanceEvent.request_id)).where(col(AssistanceEvent.kind) == TAKEN_OVER)
    rows = session.execute(
        select(AssistanceRequest, Recall)
        .join(Recall, col(Recall.recall_id) == col(AssistanceRequest.recall_id))
        .where(
            col(Recall.state) == "announced", _asked_of(actor), col(AssistanceRequest.request_id).not_in(taken)
        )
        .order_by(col(AssistanceRequest.request_id))
    )  # fmt: skip
    return [(request, recall) for request, recall in rows]


def _asked_of(actor: Actor) -> Any:
    return reach.inside(actor, col(AssistanceRequest.region_code), col(AssistanceRequest.office_id))


def _views(
    session: Session, recall: Recall, requests: list[AssistanceRequest], places: Sequence[PlaceFigures]
) -> list[AssistanceView]:
    ids = [request.request_id for request in requests]
    events = session.scalars(
        select(AssistanceEvent).where(col(AssistanceEvent.request_id).in_(ids)).order_by(col(AssistanceEvent.event_id))
    ).all()
    codes = {recall.region_code, *(request.region_code for request in requests)}
    names = regions.names(session, codes, current_locale())
    offices = regions.offices_by_id(session, {request.office_id for request in requests})
    people = _names(session, {event.recorded_by for event in events if event.kind == TAKEN_OVER})
    owners = duties.owners(session, col(Duty.request_id), ids)
    counts = {(place.region_code, place.office_id): place for place in places}
    found = []
    for request in requests:
        taken = next((e for e in events if (e.request_id, e.kind) == (request.request_id, TAKEN_OVER)), None)
        key = (request.region_code, request.office_id)
        now = counts.get(key) or PlaceFigures(request.office_id, region_code=request.region_code)
        found.append(
            AssistanceView(
                request=request,
                recall=recall,
                state=_state(now, taken),
                from_region=names[recall.region_code],
                region=names[request.region_code],
                office=offices[request.office_id].name if request.office_id else None,
                now=now,
                taken_over_at=taken.occurred_at if taken else None,
                taken_over_by=people.get(taken.recorded_by) if taken else None,
                owner=owners.get(request.request_id),
                notes=tuple(
                    Note(e.recorded_at, e.note) for e in events if e.request_id == request.request_id and e.note
                ),
            )
        )
    return found


def _state(now: PlaceFigures, taken: AssistanceEvent | None) -> str:
    if now.sites_due and not now.sites_open:
        return DONE
    return TAKEN_OVER if taken else SENT


def _names(session: Session, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted: set[Any] = {i for i in ids if i}
    rows = session.execute(select(col(User.user_id), col(User.display_name)).where(col(User.user_id).in_(wanted)))
    return {row.user_id: row.display_name for row in rows}
