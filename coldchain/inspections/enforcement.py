"""Officers' decisions: what makes a finding a violation (违法行为, R14), the objection to it, and the public page.

A decision ends by itself: whether it holds is computed when it is asked (`registry/decisions.py`). The business may
object once within its period; the officer's answer upholds the decision or lifts it from a moment on. How it is put
right: `putting_right`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, authorize, may, scope
from coldchain.accounts.visible import kind
from coldchain.core import clock, limits, paging, plain_words
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.ids import new_id
from coldchain.inspections import decision_events, site_findings
from coldchain.inspections.models_findings import SiteFinding, SiteFindingEvent
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.regions import service as regions
from coldchain.registry import decisions as rules
from coldchain.registry import service as registry
from coldchain.registry.models_decisions import EnforcementDecision, EnforcementEvent
from coldchain.registry.service import decisions, place
from coldchain.registry.service.businesses import locked as lock_business
from coldchain.registry.service.reach import within_reach

_ENDING = (rules.LIFTED, rules.RECTIFIED)


def resource(row: EnforcementDecision) -> Resource:
    """Return what rights about a decision are asked of: the business, and where it was decided for."""
    return Resource.of(row.business_id, places=[Area(row.region_code, row.office_id)], site_ids=[row.site_id])


@kind("enforcement_decision")
def visible_decisions(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `EnforcementDecision` of what `actor` may see: those of an officer's areas, own ones."""
    return within_reach(
        scope(actor, "enforcement.read"),
        col(EnforcementDecision.business_id),
        col(EnforcementDecision.region_code),
        office_id=col(EnforcementDecision.office_id),
        site_id=col(EnforcementDecision.site_id),
    )


def decide(
    session: Session,
    actor: Actor,
    *,
    finding_ids: Sequence[UUID],
    kinds: Sequence[str],
    number: str,
    reason: str,
    basis: str,
    ends_at: datetime,
    starts_at: datetime | None = None,
    site_only: bool = False,
) -> EnforcementDecision:
    """Decide about open findings of one business, which makes them violations; `site_only`: about their site alone.

    Raises NotFound for a finding, or for a whole business, outside the officer's area; Invalid `one_business`,
    `one_site`, `ends_before_start`, `out_of_range`, `names_a_person` in what is published; Conflict `wrong_state` when
    another officer was first, `number_taken` (R14).
    """
    findings = site_findings.locked(session, actor, finding_ids, "enforcement.decide")
    for finding in findings:
        site_findings.require_state(finding, site_findings.OPEN)
    area = _area(session, actor, findings, site_only)
    begins = starts_at or clock.now()
    _check_period(begins, ends_at)
    if rules.PUBLICATION in kinds:
        _check_words(number=number, reason=reason, basis=basis)
    decision = _insert(
        session,
        number=number,
        business_id=registry.find_business(session, findings[0].business_id).business_id,
        site_id=findings[0].site_id if site_only else None,
        kinds=[each for each in rules.KINDS if each in kinds],
        reason=reason,
        basis=basis,
        starts_at=begins,
        ends_at=ends_at,
        region_code=area.region_code,
        office_id=area.office_id,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    _tell(
        session,
        actor,
        decision,
        "enforcement.decided",
        {
            "number": number, "kinds": decision.kinds, "site_id": decision.site_id, "starts_at": begins,
            "ends_at": ends_at, "finding_ids": [finding.finding_id for finding in findings],
            "basis": _committed(session, basis, decision),
        },
        reason,
    )  # fmt: skip
    for finding in findings:
        site_findings.add_event(session, actor, finding, "decided", "decided", None, decision_id=decision.decision_id)
    return decision


def _area(session: Session, actor: Actor, findings: Sequence[SiteFinding], site_only: bool) -> Area:
    """Return where a decision belongs: to its site's place, or to the business's own, where the officer must be too."""
    first = findings[0]
    if any(each.business_id != first.business_id for each in findings):
        raise Invalid.of("/finding_ids", "one_business", "A decision is about findings of one business.")
    if not site_only:
        area = place(registry.find_business(session, first.business_id))
        authorize(actor, "enforcement.decide", Resource.of(places=[area]))
        return area
    if first.site_id is None or any(each.site_id != first.site_id for each in findings):
        raise Invalid.of("/site_only", "one_site", "A decision about one site needs findings at that site alone.")
    return Area(first.region_code, first.office_id)


def _check_period(starts_at: datetime, ends_at: datetime) -> None:
    longest = timedelta(days=limits.DECISION_DAYS_MAX)
    if ends_at <= starts_at:
        raise Invalid.of("/ends_at", "ends_before_start", "The end should be after the beginning.")
    if ends_at - starts_at > longest:
        raise Invalid.of(
            "/ends_at", "out_of_range", "A decision holds for at most {limit} days.", limit=limits.DECISION_DAYS_MAX
        )
    if starts_at > clock.now() + longest:
        raise Invalid.of(
            "/starts_at", "out_of_range", "A decision begins within {limit} days.", limit=limits.DECISION_DAYS_MAX
        )


def _check_words(**texts: str) -> None:
    for name, text in texts.items():
        if plain_words.names_a_person(text):
            raise Invalid.of(
                f"/{name}",
                "names_a_person",
                "This goes on the public page and holds what looks like a phone or identity number. Leave it out.",
            )


def _insert(session: Session, **values: Any) -> EnforcementDecision:
    """Insert a decision; the unique number of its region decides a race. Raises Conflict `number_taken`."""
    decision_id = session.scalar(
        insert(EnforcementDecision)
        .values(decision_id=new_id(), **values)
        .on_conflict_do_nothing(index_elements=["region_code", "number"])
        .returning(col(EnforcementDecision.decision_id))
    )
    if decision_id is None:
        raise Conflict("Another decision of this region has this number.", code="number_taken")
    return session.get_one(EnforcementDecision, decision_id)


def _committed(session: Session, text: str | None, row: EnforcementDecision) -> dict[str, Any]:
    kept = personal.keep(session, text, "reason", business_id=row.business_id, region_code=row.region_code)
    return {"commitment": kept.commitment, "id": kept.personal_id} if kept else {}


def _tell(
    session: Session, actor: Actor, row: EnforcementDecision, fact: str, data: dict[str, Any], text: str | None
) -> None:
    journal.append(
        session,
        actor,
        kind=fact,
        subject_id=row.decision_id,
        occurred_at=clock.now(),
        business_id=row.business_id,
        region_code=row.region_code,
        data=data | {"text": _committed(session, text, row)},
    )


def object_to(session: Session, actor: Actor, decision_id: UUID, *, text: str) -> EnforcementDecision:
    """Object to a decision in the name of the business: once, within its period. It goes on holding meanwhile.

    Raises NotFound, Forbidden, Conflict `objected_already`, `period_over`.
    """
    row = held(session, actor, decision_id, "enforcement.object")
    said = decision_events.kinds(session, decision_id)
    if rules.OBJECTED in said:
        raise Conflict("The business has objected to this decision already.", code="objected_already")
    if not rules.may_object(said, row.ends_at, clock.now()):
        raise Conflict("The time to object to this decision is over.", code="period_over")
    say(session, actor, row, rules.OBJECTED, text, None)
    return row


def answer(
    session: Session,
    actor: Actor,
    decision_id: UUID,
    *,
    outcome: str,
    text: str,
    effective_at: datetime | None = None,
) -> EnforcementDecision:
    """Answer an objection (`upheld`), or lift a decision from a moment on (`lifted`; without one: from now on).

    Raises NotFound, Forbidden, Conflict `no_objection`, `wrong_state` when it was answered or lifted already, Invalid
    `out_of_range` for a moment outside the decision's period.
    """
    row = held(session, actor, decision_id, "enforcement.decide")
    said = decision_events.kinds(session, decision_id)
    if rules.LIFTED in said or (outcome == rules.UPHELD and rules.UPHELD in said):
        raise Conflict("This decision was lifted, or its objection answered, already.", code="wrong_state")
    if outcome == rules.UPHELD:
        if rules.OBJECTED not in said:
            raise Conflict("Nobody has objected to this decision.", code="no_objection")
        say(session, actor, row, rules.UPHELD, text, None)
        return row
    from_then = effective_at or clock.now()
    if not row.starts_at <= from_then < row.ends_at:
        raise Invalid.of("/effective_at", "out_of_range", "A decision is lifted from a moment of its own period on.")
    say(session, actor, row, rules.LIFTED, text, from_then)
    return row


def held(session: Session, actor: Actor, decision_id: UUID, action: str) -> EnforcementDecision:
    """Return a decision after the right to it, with its business locked: one after the other says something of it."""
    row = session.get(EnforcementDecision, decision_id)
    if row is None:
        raise NotFound
    authorize(actor, action, resource(row))
    lock_business(session, row.business_id)
    return row


def say(
    session: Session, actor: Actor, row: EnforcementDecision, said: str, text: str | None, effective_at: datetime | None
) -> EnforcementEvent:
    """Write what was said of a decision and the fact; the business is locked, the right and the stage are checked."""
    event = EnforcementEvent(
        decision_id=row.decision_id, kind=said, text=text, effective_at=effective_at, recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )  # fmt: skip
    session.add(event)
    session.flush()
    _tell(session, actor, row, f"enforcement.{said}", {"number": row.number, "effective_at": effective_at}, text)
    return event


def search(
    session: Session,
    actor: Actor,
    *,
    business: str | None = None,
    in_force: bool | None = None,
    putting_right: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[EnforcementDecision], str | None]:
    """Return a page of decisions that the actor may see, newest first; `putting_right`: `waiting` or `overdue`.

    Raises Forbidden, NotFound.
    """
    statement = select(EnforcementDecision).where(visible_decisions(actor))
    if business is not None:
        found = registry.find_business(session, business)
        about = col(EnforcementDecision.business_id).in_(decisions.identities(found.business_id))
        statement = statement.where(about)
    if in_force is not None:
        holds = decisions.in_force(clock.now())
        statement = statement.where(holds if in_force else ~holds)
    if putting_right is not None:
        statement = statement.where(
            decisions.overdue(clock.now()) if putting_right == "overdue" else decisions.stage_is(putting_right)
        )
    return paging.page(session, statement, col(EnforcementDecision.decision_id), limit, cursor)


def read(session: Session, actor: Actor, decision_id: UUID) -> EnforcementDecision:
    """Return one decision. Raises Forbidden, NotFound when there is none that the actor may see."""
    row = session.get(EnforcementDecision, decision_id)
    if row is None:
        raise NotFound
    authorize(actor, "enforcement.read", resource(row))
    return row


def describe(session: Session, rows: Sequence[EnforcementDecision]) -> list[dict[str, Any]]:
    """Return decisions as the business and officers read them, in a constant number of statements."""
    said = decision_events.said(session, [row.decision_id for row in rows])
    photos = decision_events.photos(session, said.values())
    businesses = registry.brief(session, [row.business_id for row in rows])
    sites = registry.sites(session, [row.site_id for row in rows])
    now = clock.now()
    return [_shown(row, said.get(row.decision_id, []), photos, businesses, sites, now) for row in rows]


def _shown(
    row: EnforcementDecision,
    events: list[EnforcementEvent],
    photos: dict[UUID, list[UUID]],
    businesses: Any,
    sites: Any,
    now: datetime,
) -> dict[str, Any]:
    said = {event.kind: event for event in events}
    lifted_at, rectified_at = (said[kind].effective_at if kind in said else None for kind in _ENDING)
    stage = rules.stage(event.kind for event in events)
    return {
        "decision_id": row.decision_id,
        "number": row.number,
        "business": businesses.get(row.business_id),
        "site_id": row.site_id,
        "site_name": sites[row.site_id].name if row.site_id else None,
        "kinds": row.kinds,
        "reason": row.reason,
        "basis": row.basis,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "lifted_at": lifted_at,
        "rectified_at": rectified_at,
        "state": rules.state(row.starts_at, row.ends_at, lifted_at, now, rectified_at),
        "putting_right": stage,
        "overdue": rules.overdue(row.kinds, row.ends_at, stage, now),
        "objection": rules.objection(said),
        "region_code": row.region_code,
        "recorded_at": row.recorded_at,
        "events": [
            {"kind": event.kind, "text": event.text, "effective_at": event.effective_at,
             "recorded_at": event.recorded_at, "photos": photos.get(event.event_id, [])}
            for event in events
        ],
    }  # fmt: skip


def findings_of(session: Session, decision_id: UUID) -> list[SiteFinding]:
    """Return the findings that a decision made violations; rights are checked."""
    of = select(col(SiteFindingEvent.finding_id)).where(col(SiteFindingEvent.decision_id) == decision_id)
    statement = select(SiteFinding).where(col(SiteFinding.finding_id).in_(of)).order_by(col(SiteFinding.finding_id))
    return list(session.exec(statement))


def published(session: Session, *, limit: int, cursor: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the decisions that anybody may read now (曝光台), newest first; no persons (R16).

    One that has ended or was lifted isn't among them from that moment on.
    """
    now = clock.now()
    statement = select(EnforcementDecision).where(decisions.published(now))
    rows, following = paging.page(session, statement, col(EnforcementDecision.decision_id), limit, cursor)
    places = regions.names(session, {row.region_code for row in rows}, current_locale())
    shown = [
        {
            "business": each["business"].name, "site": each["site_name"], "region": places.get(each["region_code"]),
            **{name: each[name] for name in
               ("number", "kinds", "reason", "basis", "starts_at", "ends_at", "objection", "rectified_at")},
        }
        for each in describe(session, rows)
    ]  # fmt: skip
    return shown, following


def acts(session: Session, actor: Actor, row: EnforcementDecision) -> dict[str, bool]:
    """Return what the actor may do with a decision now: object, uphold, lift, report, accept, return."""
    said = decision_events.kinds(session, row.decision_id)
    now, here, stage = clock.now(), resource(row), rules.stage(said)
    review = may(actor, "enforcement.review", here)
    officer = may(actor, "enforcement.decide", here) and rules.LIFTED not in said
    return {
        "object": rules.may_object(said, row.ends_at, now) and may(actor, "enforcement.object", here),
        "uphold": officer and rules.objection(said) == "waiting",
        "lift": officer and now < row.ends_at,
        "report": rules.may_say(stage, rules.REPORTED) and may(actor, "enforcement.report", here),
        "accept": review and rules.may_say(stage, rules.RECTIFIED),
        "give_back": review and rules.may_say(stage, rules.RETURNED),
    }
