"""Giving tasks to officers: a single one from its page, or office by office in one go."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, render_template, request, url_for
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, may
from coldchain.core.edge import edge
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.recall import drafts, duties, duty_schemas, reach, tasks
from coldchain.recall.figures import CHECKED
from coldchain.recall.models import Duty, Recall
from coldchain.recall.web import tasks as task_pages
from coldchain.recall.web.blueprint import bp
from coldchain.regions import service as regions

LABELS = {"rows-*-username": _l("Officer"), "username": _l("Officer")}


@dataclass(frozen=True)
class OfficeRow:
    """Tasks of one office that nobody has checked: how many, how many of them nobody has, who may have them."""

    place: Area
    name: str
    open_tasks: int
    without: int
    officers: list[Actor]


def _rows(session: Session, actor: Actor, recall: Recall) -> list[OfficeRow]:
    views = tasks.views(session, tasks.seen_tasks(session, actor, recall))
    undone = [view.task for view in views if view.state not in CHECKED]
    owned = duties.latest(session, col(Duty.task_id), {task.task_id for task in undone})
    counts = Counter(reach.place_of(task) for task in undone)
    without = Counter(reach.place_of(task) for task in undone if task.task_id not in owned)
    offices = regions.offices_by_id(session, {place.office_id for place in counts})
    names = regions.names(session, {place.region_code for place in counts}, current_locale())
    return [
        OfficeRow(
            place,
            offices[place.office_id].name if place.office_id else f"{names[place.region_code]} {_('No office')}",
            counts[place],
            without[place],
            duties.fit_for(session, "task", [place]),
        )
        for place in sorted(counts, key=lambda place: (place.region_code, place.office_id is None, str(place)))
        if may(actor, "sweep_task.assign", Resource.of(places=[place]))
    ]


def _page(
    session: Session, actor: Actor, recall: Recall, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    page = render_template(
        "recall/assign.html",
        recall=recall,
        rows=_rows(session, actor, recall),
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.get("/recalls/<uuid:recall_id>/assign")
@edge("sweep_task.assign")
def assign_tasks(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Show the open tasks by office, each with the officers who may have them."""
    return _page(session, actor, drafts.get(session, actor, recall_id), Form(), {})


@bp.post("/recalls/<uuid:recall_id>/assign")
@edge("sweep_task.assign")
def assign_tasks_submit(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Give the open tasks of each office to the officer who was chosen for it."""
    recall = drafts.get(session, actor, recall_id)
    form = copy(request.form)

    def assign() -> str:
        for index, row in enumerate(load(duty_schemas.AssignOfficesSchema(), form)["rows"] or []):
            if row.get("username"):
                with task_pages.at_row(index):
                    duties.assign_office(session, actor, recall_id, **row)
        return url_for("recall.show_recall", recall_id=recall_id, _anchor="tasks")

    try:
        return once(session, actor.user_id, form, assign)
    except REFUSALS as error:
        return _page(session, actor, recall, form, *refusal(error, LABELS))


@bp.post("/sweep-tasks/<uuid:task_id>/assign")
@edge("sweep_task.assign")
def assign_task(session: Session, actor: Actor, task_id: UUID) -> Any:
    """Give one task to an officer and show it again."""
    form = copy(request.form)

    def assign() -> str:
        duties.assign(session, actor, task_id, **load(duty_schemas.AssignSchema(), form))
        return url_for("recall.show_task", task_id=task_id)

    try:
        return once(session, actor.user_id, form, assign)
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
        return Response(task_pages.task_page(session, actor, task_id, errors), status)
