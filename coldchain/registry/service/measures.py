"""Measures of authorities (R18): imports suspended by plant, lock-downs, the white list, circuit breakers.

Everybody may read which hold; officers record them for their own area, an administrator for any. A measure is never
changed: whoever changes or lifts it names the version that was seen, and a new version is added.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock, jobs, paging
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.policy import measures as rules
from coldchain.policy import service as policy
from coldchain.policy.measures import CIRCUIT_BREAKER, IMPORT_SUSPENSION, WHITE_LIST, Measure
from coldchain.policy.models import MeasureVersion
from coldchain.regions import service as regions
from coldchain.regions.tree import ancestry, stem
from coldchain.registry.models import Producer, Site
from coldchain.registry.service import lookups

ACTION: Final = "measure.record"
REJUDGE: Final = "batches.rejudge"
ENDS: Final = frozenset({IMPORT_SUSPENSION})  # kinds that always say when they end
_Later = aliased(MeasureVersion)


def record(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    region_code: str,
    starts_on: date,
    source: str,
    ends_on: date | None = None,
    producer_id: UUID | None = None,
    business: str | UUID | None = None,
    site_id: UUID | None = None,
    positive_no: int | None = None,
    document_no: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Record a measure for an area and return it.

    Raises NotFound outside the actor's area, Forbidden; Invalid `required`, `not_for_this_kind`, `unknown_region`,
    `unknown_producer`, `unknown_business`, `unknown_site`, `before_start` (R18).
    """
    authorize(actor, ACTION, Resource.of(regions=[region_code]))
    regions.check(session, region_code)
    _fitting(kind, producer_id=producer_id, business=business, site_id=site_id, positive_no=positive_no)
    measure = Measure(
        new_id(), 1, kind, region_code, starts_on, ends_on, producer_id, _business_id(session, business), site_id,
        positive_no, document_no, source, reason,
    )  # fmt: skip
    _known(session, measure)
    _sound(measure)
    return _add(session, actor, measure, "measure.recorded")


def _fitting(kind: str, **given: Any) -> None:
    """Raise Invalid for what a kind needs and lacks, and for what it doesn't have."""
    needed = {IMPORT_SUSPENSION: ("producer_id",), WHITE_LIST: ("business",), CIRCUIT_BREAKER: ("business",)}
    possible = {
        IMPORT_SUSPENSION: ("producer_id", "positive_no"), WHITE_LIST: ("business",),
        CIRCUIT_BREAKER: ("business", "site_id"),
    }  # fmt: skip
    for name in needed.get(kind, ()):
        if given[name] is None:
            raise Invalid.of(f"/{name}", "required", "This is needed.")
    for name, value in given.items():
        if value is not None and name not in possible.get(kind, ()):
            raise Invalid.of(f"/{name}", "not_for_this_kind", "This kind of measure has no such particular.")


def _business_id(session: Session, ref: str | UUID | None) -> UUID | None:
    if ref is None:
        return None
    try:
        return lookups.find_business(session, ref).business_id
    except NotFound as error:
        raise Invalid.of("/business", "unknown_business", "There is no such business.") from error


def _known(session: Session, measure: Measure) -> None:
    """Raise Invalid for a producer or a site that the registry doesn't know, or that isn't the business's."""
    if measure.producer_id is not None and not lookups.producers(session, [measure.producer_id]):
        raise Invalid.of("/producer_id", "unknown_producer", "There is no such producer.")
    if measure.site_id is not None:
        site = lookups.sites(session, [measure.site_id]).get(measure.site_id)
        if site is None or site.business_id != measure.business_id:
            raise Invalid.of("/site_id", "unknown_site", "This site is not one of the business.")


def _sound(measure: Measure) -> None:
    if measure.ends_on is not None and measure.ends_on < measure.starts_on:
        raise Invalid.of("/ends_on", "before_start", "The last day lies before the first.")
    if measure.ends_on is None and measure.kind in ENDS:
        raise Invalid.of("/ends_on", "required", "This is needed.")
    if measure.reason is None and measure.kind == CIRCUIT_BREAKER:
        raise Invalid.of("/reason", "required", "This is needed.")


def change(session: Session, actor: Actor, measure_id: UUID, *, version: int, **values: Any) -> dict[str, Any]:
    """Add a version of a measure with other dates or words; what is left out stays. `version` is the one that was seen.

    Raises NotFound, Forbidden, Conflict `newer_version`, `wrong_state` for one that was lifted, Invalid as `record`.
    """
    seen = _changeable(session, actor, measure_id, version)
    if values.get("positive_no") is not None and seen.kind != IMPORT_SUSPENSION:
        raise Invalid.of("/positive_no", "not_for_this_kind", "This kind of measure has no such particular.")
    given = {name: value for name, value in values.items() if value is not None}
    changed = replace(seen, version=seen.version + 1, **given)
    _sound(changed)
    return _add(session, actor, changed, "measure.changed")


def lift(
    session: Session, actor: Actor, measure_id: UUID, *, version: int, void: bool = False, reason: str | None = None
) -> dict[str, Any]:
    """Lift a measure from now on, or with `void` say that it was entered by mistake and never held.

    Raises NotFound, Forbidden, Conflict `newer_version`, `wrong_state`.
    """
    seen = _changeable(session, actor, measure_id, version)
    lifted = replace(seen, version=seen.version + 1, lifted_at=clock.now(), void=void, reason=reason or seen.reason)
    return _add(session, actor, lifted, "measure.lifted")


def _changeable(session: Session, actor: Actor, measure_id: UUID, version: int) -> Measure:
    """Return the newest version of a measure that `actor` may change; nobody else adds one until the transaction ends.

    Rows are never updated, so that it is an advisory lock and no row lock that keeps two apart.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(measure_id), 18))))
    known = versions(session, measure_id)
    authorize(actor, ACTION, Resource.of(regions=[known[-1].region_code] if known else []))
    if not known:
        raise NotFound
    newest = policy.as_measure(known[-1])
    if newest.version != version:
        raise Conflict(
            "Somebody changed this meanwhile: look at the newer version first.",
            code="newer_version",
            extra={"version": newest.version},
        )
    if newest.lifted_at is not None:
        raise Conflict("This measure has been lifted.", code="wrong_state")
    return newest


def _add(session: Session, actor: Actor, measure: Measure, kind: str) -> dict[str, Any]:
    now = clock.now()
    row = MeasureVersion(**asdict(measure), row_id=new_id(), recorded_at=now, recorded_by=actor.user_id)
    session.add(row)
    session.flush()
    kept = personal.keep(
        session, measure.reason, "reason", business_id=measure.business_id, region_code=measure.region_code
    )
    told = asdict(measure) | {"reason": kept and kept.commitment, "reason_id": kept and kept.personal_id}
    journal.append(
        session,
        actor,
        kind=kind,
        subject_id=measure.measure_id,
        occurred_at=now,
        data={name: value for name, value in told.items() if name != "measure_id" and value is not None},
        business_id=measure.business_id,
        region_code=measure.region_code,
    )
    if measure.kind == IMPORT_SUSPENSION:
        jobs.enqueue(session, REJUDGE, producer_id=str(measure.producer_id))
    return describe(session, actor, [row])[0]


def versions(session: Session, measure_id: UUID) -> list[MeasureVersion]:
    """Return every version of a measure, oldest first; everybody may know of measures."""
    statement = select(MeasureVersion).where(col(MeasureVersion.measure_id) == measure_id)
    return list(session.scalars(statement.order_by(col(MeasureVersion.version))))


def read(session: Session, actor: Actor, measure_id: UUID, *, to_change: bool = False) -> dict[str, Any]:
    """Return a measure with its former versions, newest first. Raises NotFound, `to_change` also outside one's area."""
    known = versions(session, measure_id)
    if not known:
        raise NotFound
    if to_change:
        authorize(actor, ACTION, Resource.of(regions=[known[-1].region_code]))
    newest, *former = describe(session, actor, known[::-1])
    return newest | {"history": former}


def search(
    session: Session,
    actor: Actor | None,
    *,
    limit: int,
    cursor: str | None = None,
    kind: str | None = None,
    region_code: str | None = None,
    business: str | None = None,
    producer_id: UUID | None = None,
    in_force: bool | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of measures, newest first, and the next cursor.

    `region_code`: what holds there, whole or in part. `in_force`: as of now.
    """
    conditions: list[ColumnElement[bool]] = [_newest()]
    if kind is not None:
        conditions.append(col(MeasureVersion.kind) == kind)
    if region_code is not None:
        inside = col(MeasureVersion.region_code).like(f"{stem(region_code)}%")
        conditions.append(or_(inside, col(MeasureVersion.region_code).in_(ancestry(region_code))))
    if business is not None:
        conditions.append(col(MeasureVersion.business_id) == lookups.find_business(session, business).business_id)
    if producer_id is not None:
        conditions.append(col(MeasureVersion.producer_id).in_(same_producers(session, producer_id)))
    if in_force is not None:
        conditions.append(_holds() if in_force else ~_holds())
    statement = select(MeasureVersion).where(*conditions)
    rows, following = paging.page(session, statement, col(MeasureVersion.row_id), limit, cursor)
    return describe(session, actor, rows), following


def _newest() -> ColumnElement[bool]:
    return ~exists().where(
        col(_Later.measure_id) == col(MeasureVersion.measure_id), col(_Later.version) > col(MeasureVersion.version)
    )


def _holds() -> ColumnElement[bool]:
    """Return the condition that a version holds now; `rules.in_force` says the same of it."""
    today = regions.today()
    return and_(
        true(),
        ~col(MeasureVersion.void),
        col(MeasureVersion.lifted_at).is_(None),
        col(MeasureVersion.starts_on) <= today,
        or_(col(MeasureVersion.ends_on).is_(None), col(MeasureVersion.ends_on) >= today),
    )


def same_producers(session: Session, producer_id: UUID) -> list[UUID]:
    """Return every id of a producer: what it was merged into, and what was merged into that."""
    root = select(func.coalesce(col(Producer.merged_into_id), col(Producer.producer_id))).where(
        col(Producer.producer_id) == producer_id
    )
    statement = select(col(Producer.producer_id)).where(
        func.coalesce(col(Producer.merged_into_id), col(Producer.producer_id)) == root.scalar_subquery()
    )
    return list(session.scalars(statement))


def suggestion(session: Session, producer_id: UUID, starts_on: date) -> dict[str, Any]:
    """Return how long imports of a plant are suspended after its next positive, by the suspensions so far (data, R18).

    The officer decides; the rule book only suggests. Raises NotFound for no such producer.
    """
    ids = same_producers(session, producer_id)
    if not ids:
        raise NotFound
    statement = select(MeasureVersion).where(
        _newest(), col(MeasureVersion.producer_id).in_(ids), ~col(MeasureVersion.void),
        col(MeasureVersion.starts_on) < starts_on,
    )  # fmt: skip
    earlier = list(session.scalars(statement))
    number = max([len(earlier), *(row.positive_no or 0 for row in earlier)]) + 1
    weeks = policy.parameter(session, "import_suspension_weeks", starts_on)
    ends_on = rules.suggested_end(weeks, number, starts_on)
    return {
        "producer_id": producer_id,
        "earlier": len(earlier),
        "positive_no": number,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "weeks": ((ends_on - starts_on).days + 1) // 7,
    }


def suspended_now(session: Session, producer_ids: Iterable[UUID], region_code: str) -> dict[UUID, Measure]:
    """Return the suspension of each producer that holds today at sites of a region; two statements at most."""
    wanted = set(producer_ids)
    if not wanted:
        return {}
    suspensions = policy.book(session).suspensions
    if not suspensions:
        return {}
    merged = session.execute(
        select(col(Producer.producer_id), col(Producer.merged_into_id)).where(
            or_(col(Producer.producer_id).in_(wanted), col(Producer.merged_into_id).in_(wanted))
        )
    ).all()
    same: dict[UUID, set[UUID]] = {each: {each} for each in wanted}
    for producer_id, into in merged:
        if producer_id in same and into is not None:
            same[producer_id].add(into)
        if into in same:
            same[into].add(producer_id)
    found = {}
    for each, ids in same.items():
        running = [
            measure
            for producer_id in ids
            for measure in suspensions.get(producer_id, ())
            if rules.on_day(measure, regions.today()) and measure.region_code in ancestry(region_code)
        ]
        if running:
            found[each] = max(running, key=lambda measure: (measure.starts_on, measure.measure_id))
    return found


def state(measure: Measure) -> str:
    """Return how a measure stands now: `void`, `lifted`, `upcoming`, `ended` or `in_force`."""
    if measure.lifted_at is not None:
        return "void" if measure.void else "lifted"
    if rules.in_force(measure, clock.now()):
        return "in_force"
    return "upcoming" if measure.starts_on > regions.today() else "ended"


def describe(session: Session, actor: Actor | None, rows: Sequence[MeasureVersion]) -> list[dict[str, Any]]:
    """Return measures as answers show them, in a constant number of statements.

    Why a business was stopped is for officers and for that business alone.
    """
    businesses = lookups.brief(session, [row.business_id for row in rows])
    producers = lookups.producers(session, [row.producer_id for row in rows])
    sites: dict[UUID, Site] = lookups.sites(session, [row.site_id for row in rows])
    return [
        row.model_dump(exclude={"producer_id", "business_id", "recorded_by", "row_id", "reason"})
        | {
            "state": state(policy.as_measure(row)),
            "business": asdict(businesses[row.business_id]) if row.business_id else None,
            "producer": _producer(producers[row.producer_id]) if row.producer_id else None,
            "site_name": sites[row.site_id].name if row.site_id else None,
            "reason": row.reason if _may_read_reason(actor, row) else None,
        }
        for row in rows
    ]


def _producer(row: Producer) -> dict[str, Any]:
    return {"producer_id": row.producer_id, "name": row.name, "country": row.country, "plant_no": row.plant_no}


def _may_read_reason(actor: Actor | None, row: MeasureVersion) -> bool:
    if row.kind != CIRCUIT_BREAKER:
        return True
    return actor is not None and (actor.business_id is None or actor.business_id == row.business_id)
