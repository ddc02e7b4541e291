"""Photographs of a sweep's findings: drawn anew without their metadata, as all are, and never taken away."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.core import clock, limits
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.stored_files import JPEG, StoredFile
from coldchain.inspections.models import Finding, FindingPhoto
from coldchain.journal import service as journal


def add(session: Session, actor: Actor, finding: Finding, file: StoredFile, region_code: str) -> FindingPhoto:
    """Keep a photograph with a finding; the same one again is that one. The caller has checked the right.

    Raises Invalid `not_an_image` at `/file`, Conflict `too_many_photos`.
    """
    if file.media_type != JPEG:
        raise Invalid.of("/file", "not_an_image", "This is not a photograph (JPEG, PNG or WebP).")
    mine = col(FindingPhoto.finding_id) == finding.finding_id
    there = session.exec(select(FindingPhoto).where(mine, col(FindingPhoto.file_id) == file.file_id)).first()
    if there is not None:
        return there
    if session.exec(select(func.count()).select_from(FindingPhoto).where(mine)).one() >= limits.PHOTOS_PER_FINDING:
        raise Conflict(
            "A finding takes at most {limit} photographs.", code="too_many_photos", limit=limits.PHOTOS_PER_FINDING
        )
    now = clock.now()
    photo = FindingPhoto(
        finding_id=finding.finding_id, file_id=file.file_id, recorded_at=now, recorded_by=actor.user_id
    )
    session.add(photo)
    session.flush()
    journal.append(
        session,
        actor,
        kind="finding.photo_kept",
        subject_id=finding.finding_id,
        occurred_at=now,
        region_code=region_code,
        data={"photo_id": photo.photo_id, "task_id": finding.task_id, "sha256": file.sha256},
    )
    return photo


def of_findings(session: Session, finding_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the ids of the photographs of each finding, in the order in which they came."""
    statement = select(FindingPhoto).where(col(FindingPhoto.finding_id).in_(set(finding_ids)))
    found: dict[UUID, list[UUID]] = {}
    for photo in session.exec(statement.order_by(col(FindingPhoto.recorded_at), col(FindingPhoto.photo_id))):
        found.setdefault(photo.finding_id, []).append(photo.photo_id)
    return found


def file_of(session: Session, finding_id: UUID, photo_id: UUID) -> StoredFile:
    """Return the file of a finding's photograph; the caller has checked the right. Raises NotFound."""
    statement = (
        select(StoredFile)
        .join(FindingPhoto, col(FindingPhoto.file_id) == col(StoredFile.file_id))
        .where(col(FindingPhoto.finding_id) == finding_id, col(FindingPhoto.photo_id) == photo_id)
    )
    found = session.exec(statement).first()
    if found is None:
        raise NotFound
    return found
