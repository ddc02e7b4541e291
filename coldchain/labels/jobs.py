"""Making the files of a label run, apart from the request that ordered it.

A run may be made twice, one after the other or at once: the same faces and the same printed time give the same bytes,
and each file appears whole. Progress is written in transactions of its own, so that a waiting page sees it.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from coldchain.core import clock, db, jobs
from coldchain.core.errors import DomainError
from coldchain.labels import files, service
from coldchain.labels.models import LabelRun
from coldchain.labels.render import LabelFace, render_png, render_sheet, render_zip

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deployment:
    """What a job needs to know of the process that it runs in."""

    public_url: str
    var_dir: Path
    trial: bool = False


_deployment: list[Deployment] = []


def install(public_url: str, var_dir: Path, *, trial: bool = False) -> None:
    """Tell the jobs of this process which address they print (`trial`: for trying only) and where they leave files."""
    _deployment[:] = [Deployment(public_url, var_dir, trial)]


def deployment() -> Deployment:
    """Return what this process prints and where it leaves files."""
    return _deployment[0]


@jobs.task(service.TASK)
def run(*, run_id: str) -> None:
    """Make the sheet, the archive and, for a single label, the picture of a run.

    A run that can't be printed at all ends as `failed`; any other trouble does so too and is raised, so that the queue
    tries again.
    """
    key, here = UUID(run_id), _deployment[0]
    begun = _begin(key, here)
    if begun is None:
        return
    row, faces = begun
    try:
        files.write(here.var_dir, key, files.SHEET, render_sheet(faces, row.recorded_at))
        files.write(here.var_dir, key, files.ARCHIVE, render_zip(faces, lambda done: _progress(key, done)))
        if len(faces) == 1:
            files.write(here.var_dir, key, files.PICTURE, render_png(faces[0]))
    except DomainError as error:
        _finish(key, "failed", error.code)
    except Exception:
        _finish(key, "failed", "internal")
        raise
    else:
        _finish(key, "done", None)


def _begin(run_id: UUID, here: Deployment) -> tuple[LabelRun, list[LabelFace]] | None:
    """Mark a run as being made and return it with its faces; None when there is nothing left to make."""
    with db.transaction() as session:
        row = session.get(LabelRun, run_id, with_for_update=True)
        if row is None:
            log.warning("a label run that is not there was to be made", extra={"run_id": str(run_id)})
            return None
        if row.state == "done" and files.complete(here.var_dir, run_id, row.total):
            return None
        row.state, row.done, row.error, row.finished_at = "running", 0, None, None
        return row, service.faces(session, row, here.public_url)


def _progress(run_id: UUID, done: int) -> None:
    with db.transaction() as session:
        session.execute(
            update(LabelRun)
            .where(col(LabelRun.run_id) == run_id, col(LabelRun.state) == "running", col(LabelRun.done) < done)
            .values(done=done)
        )


def _finish(run_id: UUID, state: str, error: str | None) -> None:
    with db.transaction() as session:
        row = session.get_one(LabelRun, run_id, with_for_update=True)
        row.state, row.error, row.finished_at = state, error, clock.now()
        if state == "done":
            row.done = row.total
