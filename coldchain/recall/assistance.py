"""Asking another region, or an office of it, to look at its places (协查): sent by the announcement, taken over there.

A recall locks everywhere, but a region's places are looked at by its own officers. Each other region with a place to
look at gets one request per recall (and office, where its places have one), in the transaction that made the place.
"""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.recall import drafts, duties
from coldchain.recall.models import AssistanceEvent, AssistanceRequest, Recall, SweepTask, TaskExpected
from coldchain.regions.tree import stem
from coldchain.trade import numbers


def send(session: Session, actor: Actor, recall: Recall) -> list[AssistanceRequest]:
    """Send a request to each place outside the recall's region that has tasks and none yet; return what was sent.

    Sites due and grams in the books are those of this moment and stay in the request. Two that pull goods into the same
    new region at one moment send one.
    """
    session.flush()
    now = clock.now()
    sent = []
    for row in session.execute(_unasked(recall)).all():
        request = _insert(session, actor, recall, row, now)
        if request is None:
            continue
        sent.append(request)
        journal.append(
            session,
            actor,
            kind="assistance.sent",
            subject_id=request.request_id,
            occurred_at=now,
            region_code=recall.region_code,
            data={
                "request_no": request.request_no, "recall_id": recall.recall_id, "from_region": recall.region_code,
                "to_region": request.region_code, "to_office": request.office_id, "sites_due": request.sites_due,
                "expected_mass_g": request.expected_mass_g,
            },
        )  # fmt: skip
    return sent


def _unasked(recall: Recall) -> Any:
    """Return the selection of regions and offices with tasks and without a request, and their sums."""
    expected = (
        select(col(TaskExpected.task_id), func.sum(col(TaskExpected.mass_g)).label("mass_g"))
        .join(SweepTask, col(SweepTask.task_id) == col(TaskExpected.task_id))
        .where(col(SweepTask.recall_id) == recall.recall_id)
        .group_by(col(TaskExpected.task_id))
        .subquery()
    )
    asked = select(col(AssistanceRequest.request_id)).where(
        col(AssistanceRequest.recall_id) == recall.recall_id,
        col(AssistanceRequest.region_code) == col(SweepTask.region_code),
        col(AssistanceRequest.office_id).is_not_distinct_from(col(SweepTask.office_id)),
    )
    return (
        select(
            col(SweepTask.region_code),
            col(SweepTask.office_id),
            func.count().label("sites"),
            func.coalesce(func.sum(expected.c.mass_g), 0).label("mass_g"),
        )
        .outerjoin(expected, expected.c.task_id == col(SweepTask.task_id))
        .where(
            col(SweepTask.recall_id) == recall.recall_id,
            ~col(SweepTask.region_code).startswith(stem(recall.region_code)),
            ~asked.exists(),
        )
        .group_by(col(SweepTask.region_code), col(SweepTask.office_id))
        .order_by(col(SweepTask.region_code), col(SweepTask.office_id))
    )


def _insert(session: Session, actor: Actor, recall: Recall, row: Any, now: datetime) -> AssistanceRequest | None:
    """Return the new request of a place, None when another transaction has just sent one."""
    place = (
        col(AssistanceRequest.recall_id) == recall.recall_id,
        col(AssistanceRequest.region_code) == row.region_code,
        col(AssistanceRequest.office_id).is_not_distinct_from(row.office_id),
    )
    for _try in range(numbers.TRIES):
        request_id = session.scalar(
            insert(AssistanceRequest)
            .values(
                request_id=new_id(),
                request_no=numbers.assistance_no(now, secrets.randbits(64)),
                recall_id=recall.recall_id,
                region_code=row.region_code,
                office_id=row.office_id,
                sites_due=row.sites,
                expected_mass_g=int(row.mass_g),
                recorded_at=now,
                recorded_by=actor.user_id,
            )
            .on_conflict_do_nothing()
            .returning(col(AssistanceRequest.request_id))
        )
        if request_id is not None:
            return session.get_one(AssistanceRequest, request_id)
        if session.scalar(select(col(AssistanceRequest.request_id)).where(*place)) is not None:
            return None
    raise RuntimeError("no free number was found for a request")


def get(
    session: Session, actor: Actor, request_id: UUID, action: str = "recall.read"
) -> tuple[AssistanceRequest, Recall]:
    """Return a request and its recall when the actor may do `action`. Raises NotFound, Forbidden.

    Both sides read it: the officers of the place, and who runs the recall. It is taken over at the place, and the
    asking side adds notes.
    """
    pairs = select(AssistanceRequest, Recall).join(Recall, col(Recall.recall_id) == col(AssistanceRequest.recall_id))
    found = session.execute(pairs.where(col(AssistanceRequest.request_id) == request_id)).first()
    if found is None:
        raise NotFound
    request, recall = found
    there, here = place_of(request), Area(recall.region_code)
    places = {"assistance.take_over": [there], "assistance.note": [here]}.get(action, [there, here])
    authorize(actor, action, Resource.of(places=places))
    return request, recall


def place_of(request: AssistanceRequest) -> Area:
    """Return which region or office is asked."""
    return Area(request.region_code, request.office_id)


def take_over(
    session: Session, actor: Actor, request_id: UUID, *, occurred_at: datetime | None = None
) -> AssistanceRequest:
    """Record that an officer of the place has taken a request over (接收); it is this officer's from then on.

    Raises NotFound, Forbidden, Conflict `taken_over_already`, `wrong_state`, Invalid `in_future`.
    """
    occurred = claimed(occurred_at)
    request, recall = get(session, actor, request_id, "assistance.take_over")
    drafts.require_state(recall, "announced")
    if actor.user_id is not None:
        now_assigned = duties.standing(session, actor)
        authorize(now_assigned, "assistance.take_over", Resource.of(places=[place_of(request)]))
    first = session.scalar(
        insert(AssistanceEvent)
        .values(
            event_id=new_id(), request_id=request_id, kind="taken_over", occurred_at=occurred, recorded_at=clock.now(),
            recorded_by=actor.user_id,
        )
        .on_conflict_do_nothing()
        .returning(col(AssistanceEvent.event_id))
    )  # fmt: skip
    if first is None:
        raise Conflict("This request has been taken over already.", code="taken_over_already")
    if actor.user_id is not None:
        duties.give(session, actor, actor.user_id, request_id=request_id)
    _record(session, actor, request, "assistance.taken_over", occurred, request.region_code, {})
    return request


def note(session: Session, actor: Actor, request_id: UUID, *, note: str) -> AssistanceRequest:
    """Add a note of the asking side to a request; both sides read it. Raises NotFound, Forbidden."""
    request, recall = get(session, actor, request_id, "assistance.note")
    now = clock.now()
    session.add(
        AssistanceEvent(
            request_id=request_id, kind="noted", note=note, occurred_at=now, recorded_at=now,
            recorded_by=actor.user_id,
        )
    )  # fmt: skip
    session.flush()
    _record(session, actor, request, "assistance.noted", now, recall.region_code, {"note": note})
    return request


def _record(
    session: Session,
    actor: Actor,
    request: AssistanceRequest,
    kind: str,
    occurred_at: datetime,
    region_code: str,
    more: dict[str, Any],
) -> None:
    journal.append(
        session,
        actor,
        kind=kind,
        subject_id=request.request_id,
        occurred_at=occurred_at,
        region_code=region_code,
        data={"request_no": request.request_no, "recall_id": request.recall_id} | more,
    )
