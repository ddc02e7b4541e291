"""Visits: an officer looks at a business or a site of it and records what was found, of the catalogue or in free words.

The program records facts; nothing here is a violation (R14). What is missing in the register blocks no finding (R12).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, authorize
from coldchain.batches import flags, reach
from coldchain.batches.models import Batch
from coldchain.core import clock, limits, stored_files
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.inspections.models_findings import SiteFinding, Visit, VisitPhoto
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.policy import findings as catalogue
from coldchain.policy.models_findings import FindingKind
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site
from coldchain.registry.service import decisions, place


@dataclass(frozen=True)
class Place:
    """What is visited: a business, or one site with whose goods are looked at there; where it lies."""

    business: Business
    site: Site | None
    area: Area

    @property
    def resource(self) -> Resource:
        """Return what an officer's right is asked of: where it lies."""
        return Resource.of(places=[self.area])


def place_of(session: Session, site_id: UUID | None, business: str | UUID | None) -> Place:
    """Return the place that a visit names: a site (of its own business unless another is named), or a business.

    Raises Invalid `required`, `unknown_site`, `unknown_business`.
    """
    site = registry.sites(session, [site_id]).get(site_id) if site_id else None
    if site_id is not None and site is None:
        raise Invalid.of("/site_id", "unknown_site", "There is no such site.")
    named = business if business is not None else site.business_id if site else None
    if named is None:
        raise Invalid.of("/business", "required", "This is needed.")
    try:
        found = registry.find_business(session, named)
    except NotFound as error:
        raise Invalid.of("/business", "unknown_business", "There is no such business.") from error
    return Place(found, site, place(site or found))


def record(
    session: Session,
    actor: Actor,
    *,
    findings: Sequence[Mapping[str, Any]] = (),
    site_id: UUID | None = None,
    business: str | UUID | None = None,
    flag_id: UUID | None = None,
    note: str | None = None,
    occurred_at: datetime | None = None,
) -> tuple[Visit, list[SiteFinding]]:
    """Record a visit with what was found: of the catalogue (`kind`) or in free words (`wording`).

    No findings: looked at, nothing found. A finding without `rectify_by` gets the catalogue's days from the visit on.
    Raises NotFound outside the officer's area; Invalid `in_future`, `one_wording`, `unknown_finding_kind`,
    `unknown_batch`, `out_of_range`; as `place_of`.
    """
    where = place_of(session, site_id, business)
    authorize(actor, "visit.record", where.resource)
    if flag_id is not None:
        flags.read(session, actor, flag_id)
    occurred = claimed(occurred_at)
    kinds = {row.code: row for row in catalogue.catalogue(session)}
    known = _known_batches(session, actor, findings)
    on = occurred.astimezone(clock.BEIJING).date()
    checked = [_checked(number, given, kinds, known, on) for number, given in enumerate(findings)]
    now = clock.now()
    of: dict[str, Any] = {
        "business_id": where.business.business_id, "site_id": where.site.site_id if where.site else None,
        "region_code": where.area.region_code, "office_id": where.area.office_id, "occurred_at": occurred,
        "recorded_at": now, "recorded_by": actor.user_id,
    }  # fmt: skip
    visit = Visit(flag_id=flag_id, note=note, **of)
    session.add(visit)
    session.flush()
    rows = [SiteFinding(visit_id=visit.visit_id, state="open", **of, **given) for given in checked]
    session.add_all(rows)
    session.flush()
    _tell(session, actor, visit, rows, {row.kind_id: row for row in kinds.values()})
    return visit, rows


def _known_batches(session: Session, actor: Actor, findings: Sequence[Mapping[str, Any]]) -> set[UUID]:
    wanted = {batch_id for given in findings for batch_id in given.get("batch_ids") or ()}
    if not wanted:
        return set()
    seen = select(col(Batch.batch_id)).where(col(Batch.batch_id).in_(wanted), reach.visible_batches(actor))
    return set(session.scalars(seen))


def _checked(
    number: int, given: Mapping[str, Any], kinds: Mapping[str, FindingKind], known: set[UUID], on: date
) -> dict[str, Any]:
    """Return the columns that a finding gives. Raises Invalid at its pointer."""
    here = f"/findings/{number}"
    code, wording = given.get("kind"), given.get("wording")
    if (code is None) == (wording is None):
        raise Invalid.of(here, "one_wording", "Name a row of the catalogue, or say it in free words.")
    if code is not None and code not in kinds:
        raise Invalid.of(f"{here}/kind", "unknown_finding_kind", "The catalogue has no such row.")
    kind = kinds[code] if code is not None else None
    batch_ids = list(dict.fromkeys(given.get("batch_ids") or ()))
    for index, batch_id in enumerate(batch_ids):
        if batch_id not in known:
            raise Invalid.of(f"{here}/batch_ids/{index}", "unknown_batch", "There is no such batch.")
    days = kind.rectify_days if kind else None
    rectify_by = given.get("rectify_by") or (on + timedelta(days=days) if days is not None else None)
    if rectify_by is not None:
        within_days(rectify_by, on, f"{here}/rectify_by")
    return {
        "kind_id": kind.kind_id if kind else None, "wording": wording, "batch_ids": batch_ids, "rectify_by": rectify_by,
    }  # fmt: skip


def within_days(day: date, on: date, pointer: str) -> None:
    """Raise Invalid `out_of_range` unless a day lies from `on` to RECTIFY_DAYS_MAX days later."""
    if not on <= day <= on + timedelta(days=limits.RECTIFY_DAYS_MAX):
        raise Invalid.of(
            pointer, "out_of_range", "This day should be from the day of the visit to {limit} days later.",
            limit=limits.RECTIFY_DAYS_MAX,
        )  # fmt: skip


def committed(session: Session, text: str | None, row: Visit | SiteFinding) -> dict[str, Any]:
    """Return how the journal holds free words about a business: by a commitment, since they may name a person (R21)."""
    kept = personal.keep(session, text, "reason", business_id=row.business_id, region_code=row.region_code)
    return {"commitment": kept.commitment, "id": kept.personal_id} if kept else {}


def _tell(
    session: Session, actor: Actor, visit: Visit, rows: Sequence[SiteFinding], kinds: Mapping[UUID, FindingKind]
) -> None:
    told = [
        {
            "finding_id": row.finding_id,
            "kind": f"{kinds[row.kind_id].code}.{kinds[row.kind_id].version}" if row.kind_id else None,
            "wording": committed(session, row.wording, row),
            "batch_ids": row.batch_ids,
            "rectify_by": row.rectify_by.isoformat() if row.rectify_by else None,
        }
        for row in rows
    ]
    journal.append(
        session,
        actor,
        kind="visit.recorded",
        subject_id=visit.visit_id,
        occurred_at=visit.occurred_at,
        business_id=visit.business_id,
        region_code=visit.region_code,
        data={
            "site_id": visit.site_id, "office_id": visit.office_id, "flag_id": visit.flag_id,
            "note": committed(session, visit.note, visit), "findings": told,
        },
    )  # fmt: skip


def keep_photo(session: Session, actor: Actor, visit_id: UUID, *, var_dir: Path, content: bytes) -> VisitPhoto:
    """Keep a photograph with a visit, without its metadata; the same one again is that one.

    Raises NotFound, Conflict `too_many_photos`, Invalid `not_an_image`, `too_large`.
    """
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise NotFound
    authorize(actor, "visit.record", Resource.of(places=[Area(visit.region_code, visit.office_id)]))
    return add_photo(session, actor, visit, None, var_dir=var_dir, content=content)


def add_photo(
    session: Session, actor: Actor, visit: Visit, event_id: UUID | None, *, var_dir: Path, content: bytes
) -> VisitPhoto:
    """Keep a photograph of a visit, or of the event of one of its findings. The caller has checked the right.

    Raises as `keep_photo`.
    """
    file = stored_files.keep_image(session, var_dir, content, actor.user_id, "/file")
    mine = (col(VisitPhoto.visit_id) == visit.visit_id) & col(VisitPhoto.event_id).is_not_distinct_from(event_id)
    there = session.exec(select(VisitPhoto).where(mine, col(VisitPhoto.file_id) == file.file_id)).first()
    if there is not None:
        return there
    if session.exec(select(func.count()).select_from(VisitPhoto).where(mine)).one() >= limits.PHOTOS_PER_VISIT:
        raise Conflict(
            "A visit takes at most {limit} photographs.", code="too_many_photos", limit=limits.PHOTOS_PER_VISIT
        )
    now = clock.now()
    photo = VisitPhoto(
        visit_id=visit.visit_id, event_id=event_id, file_id=file.file_id, recorded_at=now, recorded_by=actor.user_id
    )
    session.add(photo)
    session.flush()
    journal.append(
        session,
        actor,
        kind="visit.photo_kept",
        subject_id=visit.visit_id,
        occurred_at=now,
        business_id=visit.business_id,
        region_code=visit.region_code,
        data={"photo_id": photo.photo_id, "event_id": event_id, "sha256": file.sha256},
    )
    return photo


def last_visits(session: Session, business_id: UUID, limit: int = 5) -> list[Visit]:
    """Return the latest visits to a business, newest first; the caller has checked the right (for the card)."""
    statement = select(Visit).where(col(Visit.business_id).in_(decisions.identities(business_id)))
    newest = statement.order_by(col(Visit.occurred_at).desc(), col(Visit.visit_id).desc())
    return list(session.exec(newest.limit(limit)))


def findings_of(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the findings of each visit that had any, in one statement; the caller has checked the right."""
    found: dict[UUID, list[UUID]] = {}
    statement = select(col(SiteFinding.visit_id), col(SiteFinding.finding_id)).where(
        col(SiteFinding.visit_id).in_(visit_ids)
    )
    for visit_id, finding_id in session.execute(statement.order_by(col(SiteFinding.finding_id))):
        found.setdefault(visit_id, []).append(finding_id)
    return found
