"""The page on which a place found on foot gets a provisional identity."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, new_once, once, refusal
from coldchain.recall import identify, tasks
from coldchain.recall.models import Recall, SweepTask
from coldchain.recall.web.blueprint import bp
from coldchain.registry import identity_forms as forms


@bp.get("/sweep-tasks/<uuid:task_id>/provisional")
@edge("business.provisional")
def new_identity(session: Session, actor: Actor, task_id: UUID) -> Any:
    """Show the form, with what was said when the place was found."""
    task, recall = tasks.get(session, actor, task_id, "business.provisional")
    if task.business_id is not None or task.site_id is not None or task.consignment_id is not None:
        raise NotFound
    form = Form({"name": task.place_name or "", "place": task.address or "", "site_kind": "shop"})
    return _page(task, recall, form, {})


def _page(task: SweepTask, recall: Recall, form: Form, errors: dict[str, str], status: int = 200) -> Response:
    page = render_template(
        "recall/identify.html",
        task=task,
        recall=recall,
        values=form,
        errors=errors,
        once=form.get("_once") or new_once(),
        **forms.words_of(),
    )
    return Response(page, status)


@bp.post("/sweep-tasks/<uuid:task_id>/provisional")
@edge("business.provisional")
def new_identity_submit(session: Session, actor: Actor, task_id: UUID) -> Any:
    """Give a temporary number and go back to the task."""
    task, recall = tasks.get(session, actor, task_id, "business.provisional")
    form, said = forms.typed(request.form)

    def act() -> str:
        var_dir = current_app.config["SETTINGS"].var_dir
        _task, made = identify.identify(session, actor, task_id, var_dir=var_dir, **said(request.files))
        flash(_("The temporary number is %(number)s.", number=made.temporary_no), "success")
        return url_for("recall.show_task", task_id=task_id)

    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        return _page(task, recall, form, *refusal(error, forms.LABELS))
