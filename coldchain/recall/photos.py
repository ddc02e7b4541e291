"""Photographs of what was seen at a task's place, by the rights of who records there and who reads there."""

from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import stored_files
from coldchain.core.errors import NotFound
from coldchain.core.stored_files import StoredFile
from coldchain.inspections import finding_photos
from coldchain.inspections.models import Finding, FindingPhoto
from coldchain.recall import captured, drafts, tasks


def keep(
    session: Session, actor: Actor, task_id: UUID, finding_id: UUID, *, var_dir: Path, content: bytes
) -> FindingPhoto:
    """Keep a photograph with a finding of a running recall, by who may record there or might when it was seen.

    Raises NotFound, Forbidden; Conflict `wrong_state`, `too_many_photos`; Invalid `not_an_image`, `too_large`.
    """
    finding = session.get(Finding, finding_id)
    seen_at = finding.occurred_at if finding is not None and finding.task_id == task_id else None
    task, recall = captured.get_task(session, actor, task_id, seen_at)
    if finding is None or finding.task_id != task_id:
        raise NotFound
    drafts.require_state(recall, "announced")
    file = stored_files.keep_image(session, var_dir, content, actor.user_id, "/file")
    return finding_photos.add(session, actor, finding, file, task.region_code)


def read(session: Session, actor: Actor, task_id: UUID, finding_id: UUID, photo_id: UUID) -> StoredFile:
    """Return the file of a photograph, to officers of the place and to who recorded it. Raises NotFound, Forbidden."""
    tasks.of_finding(session, actor, task_id, finding_id)
    return finding_photos.file_of(session, finding_id, photo_id)
