"""The inspector's desk: a field for a code, the sites still to be looked at by office, what was recorded last."""

from typing import Any

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import flags
from coldchain.core import clock
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.home import finding_jobs, jobs, positive_jobs
from coldchain.inspections.models import Finding
from coldchain.recall import duties, present, tasks, words
from coldchain.recall.models import Duty, SweepTask
from coldchain.regions import service as regions

NEXT_SHOWN = 8
RECORDED_SHOWN = 5


def context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the page shows: the inspector's own tasks first, then those of the offices assigned to.

    What a drill practises comes after whatever really runs.
    """
    sweeps = jobs.running(session, actor)
    open_views = [view for sweep in sweeps for view in sweep.open_views]
    titles = {sweep.recall.recall_id: sweep.recall for sweep in sweeps}
    owners = duties.latest(session, col(Duty.task_id), {view.task.task_id for view in open_views})
    mine = {task_id for task_id, user_id in owners.items() if user_id == actor.user_id}
    open_views.sort(
        key=lambda view: (
            titles[view.task.recall_id].kind == "drill",
            view.task.task_id not in mine,
            view.task.office_id not in actor.office_ids,
            not view.expected,
            view.state != "open",
            view.task.task_id,
        )
    )
    following = present.tasks(session, open_views[:NEXT_SHOWN])
    waiting = jobs.open_by_office(sweeps)
    names = regions.offices_by_id(session, waiting)
    area_names = regions.names(session, actor.regions, current_locale())
    return {
        "place": _(", ").join(area_names.values()),
        "as_of": clock.now(),
        "sweeps": sweeps,
        "kinds": words.RECALL_KINDS,
        "open_total": len(open_views),
        "mine": mine,
        "positives": positive_jobs.of_officer(session, actor),
        "assistance": jobs.assistance(session, actor),
        "following": [(task, present.place_name(task), titles[task["recall_id"]]) for task in following],
        "offices": sorted(
            ((names[key].name if key else "", key, counts) for key, counts in waiting.items()),
            key=lambda row: (row[1] not in actor.office_ids, row[0] == "", row[0]),
        ),
        "recorded": _recorded(session, actor),
        "corrections": jobs.corrections(session, actor),
        "findings": finding_jobs.of_officer(session, actor),
        "flags": sum(flags.count_by_kind(session, actor).values()),
        "backchecks": jobs.backchecks(session, actor),
    }


def _recorded(session: Session, actor: Actor) -> list[tuple[Finding, dict[str, Any], str]]:
    """Return the findings that the actor recorded last, with their tasks."""
    rows = session.exec(
        select(Finding, SweepTask)
        .join(SweepTask, col(SweepTask.task_id) == col(Finding.task_id))
        .where(col(Finding.recorded_by) == actor.user_id)
        .order_by(col(Finding.recorded_at).desc())
        .limit(RECORDED_SHOWN)
    ).all()
    shown = present.tasks(session, tasks.views(session, [task for _finding, task in rows]))
    return [(finding, task, present.place_name(task)) for (finding, _task), task in zip(rows, shown, strict=True)]
