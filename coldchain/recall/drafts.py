"""Drafting a recall, reading it, and which batches its criterion selects."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, authorize, scope
from coldchain.batches import matching
from coldchain.batches.criterion import given
from coldchain.batches.service import descendants
from coldchain.core import clock, paging
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.text_search import contains_all, searchable
from coldchain.journal import service as journal
from coldchain.recall import reach as places
from coldchain.recall.models import Recall, RecallVersion, SweepTask
from coldchain.regions import service as regions
from coldchain.regions.tree import ancestry, within

NOWHERE = "999999"  # no region's code


def draft(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    notice_no: str,
    issuer: str,
    title: str,
    received_at: datetime,
    reason: str,
    criterion: dict[str, Any],
    blanket: dict[str, Any] | None = None,
    deadline_at: datetime | None = None,
    occurred_at: datetime | None = None,
) -> tuple[Recall, RecallVersion]:
    """Write down a notice and its criterion; nothing is locked yet. Times aware.

    `criterion`: every given part must hold, values within a part are alternatives. `blanket`: region_code, office,
    site_kinds. Raises Invalid for a criterion that is empty or can't be met, an unknown area, a time ahead (R9).
    """
    now = clock.now()
    claimed(received_at, "/received_at")
    occurred = claimed(occurred_at)
    stored = understood(criterion)
    region_code = places.first_region(actor) or "000000"
    if blanket is not None:
        blanket = _checked_blanket(session, blanket)
        region_code = blanket["region_code"]
    authorize(actor, "recall.draft", Resource.of(regions=[region_code]))
    recall = Recall(
        kind=kind,
        state="draft",
        version=1,
        title=title,
        region_code=region_code,
        received_at=received_at,
        deadline_at=deadline_at,
        search_text=searchable(title, issuer, numbers=(notice_no,)),
        occurred_at=occurred,
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    session.add(recall)
    session.flush()
    version = RecallVersion(
        recall_id=recall.recall_id,
        version=1,
        notice_no=notice_no,
        issuer=issuer,
        reason=reason,
        criterion=stored,
        blanket=blanket,
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    session.add(version)
    session.flush()
    journal.append(
        session,
        actor,
        kind="recall.drafted",
        subject_id=recall.recall_id,
        occurred_at=recall.occurred_at,
        region_code=region_code,
        data={
            "recall_kind": kind, "version": 1, "notice_no": notice_no, "issuer": issuer, "title": title,
            "received_at": received_at, "reason": reason, "criterion": stored, "blanket": blanket,
        },
    )  # fmt: skip
    return recall, version


def understood(criterion: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a criterion that say something, as JSON values. Raises Invalid when nothing can match."""
    earliest, latest = criterion.get("production_date_from"), criterion.get("production_date_to")
    if earliest and latest and latest < earliest:
        raise Invalid.of("/criterion/production_date_to", "wrong_order", "The last day comes before the first.")

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, bool):
            return value
        return value.isoformat() if isinstance(value, date) else str(value)

    stored = {name: plain(value) for name, value in given(criterion).items()}
    if not stored:
        raise Invalid.of("/criterion", "criterion_empty", "Say what is looked for: at least one part of the criterion.")
    return stored


def _checked_blanket(session: Session, blanket: dict[str, Any]) -> dict[str, Any]:
    if not regions.exists(session, blanket["region_code"]):
        raise Invalid.of("/blanket/region_code", "unknown_region", "There is no such region.")
    office_id = None
    if blanket.get("office"):
        office_id = str(regions.find_office(session, blanket["region_code"], blanket["office"]).office_id)
    return {
        "region_code": blanket["region_code"],
        "office_id": office_id,
        "site_kinds": sorted(set(blanket["site_kinds"])),
    }


def readable(session: Session, actor: Actor, recall: Recall) -> Resource:
    """Return the recall as a resource: officers of its region, of a part of it, or of a place of its tasks read it."""
    whole = Area(recall.region_code)
    inside = [area for area in actor.areas if within(area.region_code, recall.region_code)]
    if inside or not actor.areas:
        return Resource.of(places=[whole, *inside])
    with_tasks = session.execute(
        select(col(SweepTask.region_code), col(SweepTask.office_id))
        .where(col(SweepTask.recall_id) == recall.recall_id)
        .distinct()
    )
    return Resource.of(places=[whole, *(Area(row.region_code, row.office_id) for row in with_tasks)])


def get(session: Session, actor: Actor, recall_id: UUID, action: str = "recall.read", *, lock: bool = False) -> Recall:
    """Return a recall that the actor may do `action` to. Raises NotFound, Forbidden.

    An officer of a part of its region reads it and works for it there; only one of the whole region announces it.
    """
    recall = session.get(Recall, recall_id)
    if recall is None:
        if action != "recall.announce":
            readable(session, actor, Recall(recall_id=recall_id, region_code=NOWHERE))  # costs what a hidden one does
        raise NotFound
    whole = Resource.of(regions=[recall.region_code])
    authorize(actor, action, whole if action == "recall.announce" else readable(session, actor, recall))
    if lock:
        hold(session, recall)
    return recall


def hold(session: Session, recall: Recall) -> None:
    """Lock a recall's row until the transaction ends, and read it again; rows that name it may still be written.

    The first of the locks (recall, watch criteria, batches, accounts, tasks): findings and results of one recall come
    one after the other, so that each counts the samples that are there.
    """
    session.refresh(recall, with_for_update={"key_share": True})


def current_version(session: Session, recall: Recall) -> RecallVersion:
    """Return the version of the notice that is in force."""
    version = session.get(RecallVersion, (recall.recall_id, recall.version))
    if version is None:
        raise NotFound
    return version


def listing(
    session: Session,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    state: str | None = None,
    kind: str | None = None,
    q: str | None = None,
) -> tuple[list[Recall], str | None]:
    """Return a page of the recalls that the actor may read, newest first; `q` searches title, number and issuer."""
    within_reach = scope(actor, "recall.read")
    statement = select(Recall)
    if not within_reach.everything:
        parts = [col(Recall.region_code).startswith(stem) for stem in within_reach.region_stems]
        codes = {code for area in actor.regions for code in ancestry(area)}
        with_tasks = select(col(SweepTask.recall_id)).where(places.own_tasks(actor))
        statement = statement.where(
            or_(col(Recall.region_code).in_(codes), col(Recall.recall_id).in_(with_tasks), *parts)
        )
    if state:
        statement = statement.where(col(Recall.state) == state)
    if kind:
        statement = statement.where(col(Recall.kind) == kind)
    if q is not None:
        statement = statement.where(contains_all(col(Recall.search_text), q))
    return paging.page(session, statement, col(Recall.recall_id), limit, cursor)


def matched_batches(session: Session, criterion: dict[str, Any]) -> list[UUID]:
    """Return the batches that a criterion selects, with everything made from them."""
    found = set(matching.select_matching(session, criterion))
    return sorted(found | descendants(session, found))


def require_state(recall: Recall, *states: str) -> None:
    """Raise Conflict `wrong_state` unless the recall is in one of `states`."""
    if recall.state not in states:
        raise Conflict(
            "This recall is {state}; this needs it to be {needed}.",
            code="wrong_state",
            state=recall.state,
            needed=", ".join(states),
        )
