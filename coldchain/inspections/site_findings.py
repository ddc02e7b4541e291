"""Findings (问题) after the visit: lists, the business's answer, the officer's second look (复查), and what is open.

A business reads what is to be put right, by when and how; the word violation stands nowhere before a decision (R14).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, true
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, authorize, may, scope
from coldchain.accounts.visible import kind
from coldchain.batches.models import Batch
from coldchain.core import clock, paging
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.stored_files import StoredFile
from coldchain.inspections import visits
from coldchain.inspections.models_findings import SiteFinding, SiteFindingEvent, Visit, VisitPhoto
from coldchain.journal import service as journal
from coldchain.policy import findings as catalogue
from coldchain.registry import service as registry
from coldchain.registry.models_decisions import EnforcementDecision
from coldchain.registry.service import decisions
from coldchain.registry.service.reach import within_reach

OPEN: Final = ("open", "answered")


def today() -> date:
    """Return the day in Beijing, by which findings are overdue."""
    return clock.now().astimezone(clock.BEIJING).date()


def resource(row: SiteFinding) -> Resource:
    """Return what rights about a finding are asked of: the business, and where the place lay at the time."""
    return Resource.of(row.business_id, places=[Area(row.region_code, row.office_id)], site_ids=[row.site_id])


@kind("site_finding")
def visible_findings(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `SiteFinding` of what `actor` may see: those of an officer's areas, own ones."""
    return within_reach(
        scope(actor, "site_finding.read"),
        col(SiteFinding.business_id),
        col(SiteFinding.region_code),
        office_id=col(SiteFinding.office_id),
        site_id=col(SiteFinding.site_id),
    )


def overdue() -> ColumnElement[bool]:
    """Return the condition on `SiteFinding` that its day has passed and nobody has said that it is put right."""
    return (col(SiteFinding.state) == "open") & (col(SiteFinding.rectify_by) < today())


def lifted() -> ColumnElement[bool]:
    """Return the condition on `SiteFinding` that no decision about it is left: it is no violation (R14)."""
    left = exists().where(
        col(SiteFindingEvent.finding_id) == col(SiteFinding.finding_id),
        col(SiteFindingEvent.decision_id) == col(EnforcementDecision.decision_id),
        ~decisions.lifted(clock.now()),
    )
    return (col(SiteFinding.state) == "decided") & ~left


def put_right() -> ColumnElement[bool]:
    """Return the condition on `SiteFinding` that an officer saw put right what a decision about it orders."""
    seen = exists().where(
        col(SiteFindingEvent.finding_id) == col(SiteFinding.finding_id),
        col(SiteFindingEvent.decision_id) == col(EnforcementDecision.decision_id),
        decisions.stage_is("rectified"),
    )
    return (col(SiteFinding.state) == "decided") & seen


def _shown_in(state: str) -> ColumnElement[bool]:
    """Return the condition that a finding stands in a list under `state`, one of SHOWN_STATES."""
    if state == "overdue":
        return overdue()
    if state == "lifted":
        return lifted()
    stored = col(SiteFinding.state) == state
    return stored & ~lifted() if state == "decided" else stored


def search(
    session: Session,
    actor: Actor,
    *,
    state: str | None = None,
    business: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[SiteFinding], str | None]:
    """Return a page of findings that the actor may see, newest first; `state` one of SHOWN_STATES. Raises Forbidden."""
    statement = select(SiteFinding).where(visible_findings(actor), _of(session, business))
    if state is not None:
        statement = statement.where(_shown_in(state))
    return paging.page(session, statement, col(SiteFinding.finding_id), limit, cursor)


def _of(session: Session, business: str | None) -> ColumnElement[bool]:
    if business is None:
        return true()
    named = registry.find_business(session, business)
    return col(SiteFinding.business_id).in_(decisions.identities(named.business_id))


def counts(session: Session, actor: Actor, *, business: str | None = None) -> dict[str, int]:
    """Return how many findings the actor may see are in each state, with `overdue` beside `open`. Raises Forbidden.

    One whose decision was lifted counts as `lifted`, not as `decided` (R14).
    """
    seen = visible_findings(actor) & _of(session, business)
    by_state = select(col(SiteFinding.state), func.count()).where(seen).group_by(col(SiteFinding.state))
    found: dict[str, int] = dict(session.execute(by_state).all())
    late = session.scalar(select(func.count()).select_from(SiteFinding).where(seen, overdue())) or 0
    gone = session.scalar(select(func.count()).select_from(SiteFinding).where(seen, lifted())) or 0
    if gone:
        found |= {"decided": found["decided"] - gone, "lifted": gone}
    return found | ({"overdue": late} if late else {})


def read(session: Session, actor: Actor, finding_id: UUID) -> SiteFinding:
    """Return one finding. Raises Forbidden, NotFound when there is none that the actor may see."""
    row = session.get(SiteFinding, finding_id)
    if row is None:
        raise NotFound
    authorize(actor, "site_finding.read", resource(row))
    return row


def describe(session: Session, rows: Sequence[SiteFinding]) -> list[dict[str, Any]]:
    """Return findings as answers show them, in a constant number of statements."""
    businesses = registry.brief(session, [row.business_id for row in rows])
    sites = registry.sites(session, [row.site_id for row in rows])
    kinds = catalogue.by_id(session, [row.kind_id for row in rows])
    wanted = {batch_id for row in rows for batch_id in row.batch_ids}
    named = select(Batch.batch_id, Batch.batch_code).where(col(Batch.batch_id).in_(wanted))
    codes = dict(session.exec(named).all()) if wanted else {}
    on = today()
    decided = [row.finding_id for row in rows if row.state == "decided"]
    told = select(col(SiteFinding.finding_id), lifted(), put_right()).where(col(SiteFinding.finding_id).in_(decided))
    rows_told = session.execute(told).all() if decided else []
    without, righted = {each[0] for each in rows_told if each[1]}, {each[0] for each in rows_told if each[2]}
    shown = []
    for row in rows:
        found = kinds.get(row.kind_id) if row.kind_id else None
        shown.append(
            {
                "finding_id": row.finding_id,
                "visit_id": row.visit_id,
                "business": businesses.get(row.business_id),
                "site_id": row.site_id,
                "site_name": sites[row.site_id].name if row.site_id else None,
                "region_code": row.region_code,
                "kind": found.code if found else None,
                "wording": found.wording_zh if found else row.wording,
                "wording_en": found.wording_en if found else None,
                "basis": found.basis_zh if found else None,
                "basis_en": found.basis_en if found else None,
                "batches": [{"batch_id": i, "batch_code": codes[i]} for i in row.batch_ids if i in codes],
                "rectify_by": row.rectify_by,
                "state": row.state,
                "overdue": row.state == "open" and row.rectify_by is not None and row.rectify_by < on,
                "lifted": row.finding_id in without,
                "rectified": row.state == "rectified" or row.finding_id in righted,
                "occurred_at": row.occurred_at,
                "recorded_at": row.recorded_at,
            }
        )
    return shown


def full(session: Session, row: SiteFinding) -> dict[str, Any]:
    """Return one finding with the visit's note, its photographs and what was said of it; rights are checked."""
    events = session.exec(
        select(SiteFindingEvent)
        .where(col(SiteFindingEvent.finding_id) == row.finding_id)
        .order_by(col(SiteFindingEvent.recorded_at), col(SiteFindingEvent.event_id))
    ).all()
    photos = session.exec(
        select(VisitPhoto).where(_photos_of(row)).order_by(col(VisitPhoto.recorded_at), col(VisitPhoto.photo_id))
    ).all()
    return describe(session, [row])[0] | {
        "note": session.get_one(Visit, row.visit_id).note,
        "photos": [{"photo_id": photo.photo_id, "event_id": photo.event_id} for photo in photos],
        "events": [
            {
                "event_id": event.event_id, "kind": event.kind, "text": event.text, "rectify_by": event.rectify_by,
                "decision_id": event.decision_id, "recorded_at": event.recorded_at,
            }
            for event in events
        ],
    }  # fmt: skip


def _photos_of(row: SiteFinding) -> ColumnElement[bool]:
    own = select(col(SiteFindingEvent.event_id)).where(col(SiteFindingEvent.finding_id) == row.finding_id)
    of_visit = col(VisitPhoto.event_id).is_(None) & (col(VisitPhoto.visit_id) == row.visit_id)
    return of_visit | col(VisitPhoto.event_id).in_(own)


def find_photo(session: Session, actor: Actor, finding_id: UUID, photo_id: UUID) -> StoredFile:
    """Return the file of a photograph of a finding that the actor may see. Raises NotFound."""
    row = read(session, actor, finding_id)
    photo = session.exec(select(VisitPhoto).where(_photos_of(row), col(VisitPhoto.photo_id) == photo_id)).first()
    if photo is None:
        raise NotFound
    return session.get_one(StoredFile, photo.file_id)


def locked(session: Session, actor: Actor, finding_ids: Sequence[UUID], action: str) -> list[SiteFinding]:
    """Return findings in the order of their ids, locked until the transaction ends. Raises NotFound, Forbidden."""
    wanted = sorted(set(finding_ids))
    statement = select(SiteFinding).where(col(SiteFinding.finding_id).in_(wanted)).order_by(col(SiteFinding.finding_id))
    rows = list(session.exec(statement.with_for_update().execution_options(populate_existing=True)))
    if len(rows) != len(wanted):
        raise NotFound
    for row in rows:
        authorize(actor, action, resource(row))
    return rows


def require_state(row: SiteFinding, states: Sequence[str]) -> None:
    """Raise Conflict `wrong_state` unless the finding is in one of `states`."""
    if row.state not in states:
        raise Conflict("This was dealt with already. Open it again to see how.", code="wrong_state",
                       extra={"state": row.state})  # fmt: skip


def answer(
    session: Session,
    actor: Actor,
    finding_id: UUID,
    *,
    text: str,
    var_dir: Path | None = None,
    content: bytes | None = None,
) -> SiteFinding:
    """Let the business say that it has put a finding right, perhaps with a photograph.

    Raises NotFound, Forbidden, Conflict `wrong_state` unless it is open (with the decision, once there is one),
    Invalid `not_an_image`, `too_large`.
    """
    row = locked(session, actor, [finding_id], "site_finding.answer")[0]
    if row.state == "decided":
        raise Conflict("A decision was made about it. Report there that it is put right.", code="wrong_state",
                       extra={"state": row.state, "decision_id": str(_decision_of(session, row))})  # fmt: skip
    require_state(row, ["open"])
    event = add_event(session, actor, row, "answered", "answered", text)
    if content is not None and var_dir is not None:
        visit = session.get_one(Visit, row.visit_id)
        visits.add_photo(session, actor, visit, event.event_id, var_dir=var_dir, content=content)
    return row


def _decision_of(session: Session, row: SiteFinding) -> UUID | None:
    decided = col(SiteFindingEvent.decision_id).is_not(None)
    of = select(SiteFindingEvent.decision_id).where(col(SiteFindingEvent.finding_id) == row.finding_id, decided)
    return session.exec(of).first()


def review(
    session: Session,
    actor: Actor,
    finding_id: UUID,
    *,
    outcome: str,
    text: str | None = None,
    rectify_by: date | None = None,
) -> SiteFinding:
    """Look a second time (复查): `rectified` closes a finding; `not_rectified` gives it back, perhaps with a new day.

    Raises NotFound, Forbidden, Conflict `wrong_state`, Invalid `out_of_range`, `required` (why it is given back).
    """
    row = locked(session, actor, [finding_id], "site_finding.review")[0]
    require_state(row, OPEN)
    if outcome == "rectified":
        add_event(session, actor, row, "rectified", "rectified", text)
        return row
    if text is None:
        raise Invalid.of("/text", "required", "This is needed.")
    if rectify_by is not None:
        visits.within_days(rectify_by, today(), "/rectify_by")
        row.rectify_by = rectify_by
    add_event(session, actor, row, "returned", "open", text, rectify_by=rectify_by)
    return row


def add_event(
    session: Session,
    actor: Actor,
    row: SiteFinding,
    kind: str,
    state: str,
    text: str | None,
    *,
    rectify_by: date | None = None,
    decision_id: UUID | None = None,
) -> SiteFindingEvent:
    """Write what was said of a finding, its new state and the fact; the row is locked, rights are checked."""
    now = clock.now()
    event = SiteFindingEvent(
        finding_id=row.finding_id, kind=kind, text=text, rectify_by=rectify_by, decision_id=decision_id,
        recorded_at=now, recorded_by=actor.user_id,
    )  # fmt: skip
    row.state = state
    session.add_all([event, row])
    session.flush()
    journal.append(
        session,
        actor,
        kind=f"site_finding.{kind}",
        subject_id=row.finding_id,
        occurred_at=now,
        business_id=row.business_id,
        region_code=row.region_code,
        data={
            "text": visits.committed(session, text, row), "decision_id": decision_id,
            "rectify_by": rectify_by.isoformat() if rectify_by else None,
        },
    )  # fmt: skip
    return event


def open_findings(session: Session, actor: Actor, business_id: UUID) -> list[dict[str, Any]]:
    """Return what is open of a business as far as the actor may see it, the nearest day first. Raises Forbidden."""
    statement = select(SiteFinding).where(
        visible_findings(actor),
        col(SiteFinding.business_id).in_(decisions.identities(business_id)),
        col(SiteFinding.state).in_(OPEN),
    )
    ordered = statement.order_by(col(SiteFinding.rectify_by).asc().nulls_last(), col(SiteFinding.finding_id))
    return describe(session, session.exec(ordered).all())


def open_at(session: Session, actor: Actor, site_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return what is open at some sites and the actor may see, overdue ones first, then the nearest day."""
    if not site_ids or scope(actor, "site_finding.read") is None:
        return []
    here = col(SiteFinding.site_id).in_(site_ids) & col(SiteFinding.state).in_(OPEN)
    rows = session.exec(
        select(SiteFinding)
        .where(here, visible_findings(actor))
        .order_by(
            func.coalesce(overdue(), False).desc(), col(SiteFinding.rectify_by).asc().nulls_last(),
            col(SiteFinding.finding_id),
        )
    ).all()  # fmt: skip
    return describe(session, rows)


def acts(actor: Actor, row: SiteFinding) -> Mapping[str, bool]:
    """Return what the actor may do with a finding now: answer, review, decide."""
    here = resource(row)
    return {
        "answer": row.state == "open" and may(actor, "site_finding.answer", here),
        "review": row.state in OPEN and may(actor, "site_finding.review", here),
        "decide": row.state in OPEN and may(actor, "enforcement.decide", here),
    }


def due_moment(day: date) -> datetime:
    """Return the end of a day in Beijing, as lists of jobs show deadlines."""
    return datetime(day.year, day.month, day.day, 23, 59, tzinfo=clock.BEIJING)
