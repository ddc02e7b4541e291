"""The page of one task, sites found on foot, and results of samples."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import Invalid
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.recall import drafts, duties, present, reach, samples, schemas, tasks
from coldchain.recall.models import Recall, SweepTask
from coldchain.recall.web import goods, notice_form
from coldchain.recall.web.blueprint import bp
from coldchain.regions import service as regions
from coldchain.registry import service as registry

ON_FOOT_LABELS = {
    "name": _l("Name on the sign"),
    "address": _l("Address"),
    "office": _l("Office"),
    "business": _l("USCC of the business"),
    "occurred_at": _l("Found at"),
}
RESULT_LABELS = {
    "pieces": _l("Pieces"),
    "state": _l("Result"),
    "place": _l("Which samples"),
    "round": _l("Which samples"),
    "occurred_at": _l("Known at"),
}


@contextmanager
def at_row(index: int) -> Iterator[None]:
    """Say of a refused field in which row of the form it stands."""
    try:
        yield
    except Invalid as error:
        raise Invalid(
            error.message,
            errors=[replace(each, pointer=f"/rows/{index}{each.pointer}") for each in error.errors],
        ) from error


def context(session: Session, task: SweepTask, recall: Recall) -> dict[str, Any]:
    """Return what pages about a task show of it."""
    view = tasks.views(session, [task])[0]
    shown = present.tasks(session, [view])[0]
    site = registry.sites(session, [task.site_id]).get(task.site_id) if task.site_id else None
    contacts = registry.contacts(session, [task.business_id])
    version = drafts.current_version(session, recall)
    return {
        "task": shown,
        "state": "reopened" if view.reopened else view.state,
        "site": site,
        "place_name": present.place_name(shown),
        "contact": contacts.get(task.business_id) if task.business_id else None,
        "recall": recall,
        "version": version,
        "criterion": notice_form.criterion_rows(session, version.criterion),
        "expected": goods.expected(session, view.expected),
    }


@bp.get("/sweep-tasks/<uuid:task_id>")
@edge("recall.read")
def show_task(session: Session, actor: Actor, task_id: UUID) -> Any:
    """Show a task: where, who, what the books expect, what was seen."""
    return task_page(session, actor, task_id, {})


def task_page(session: Session, actor: Actor, task_id: UUID, errors: dict[str, str]) -> str:
    """Return the page of a task, with what is wrong about the officer who was chosen for it."""
    task, recall = tasks.get(session, actor, task_id)
    may_assign = may(actor, "sweep_task.assign", tasks.place_of(task)) and recall.state == "announced"
    return render_template(
        "recall/task.html",
        **context(session, task, recall),
        officers=duties.fit_for(session, "task", [reach.place_of(task)]) if may_assign else [],
        may_assign=may_assign,
        errors=errors,
        once=new_once(),
        once_nothing=new_once(),
        may_identify=may(actor, "business.provisional", tasks.place_of(task))
        and task.business_id is None
        and task.site_id is None
        and task.consignment_id is None,
        findings=goods.findings(session, task_id),
        may_record=may(actor, "finding.record", tasks.place_of(task)) and recall.state == "announced",
    )


@bp.get("/sweep-tasks/<uuid:task_id>/findings/<uuid:finding_id>")
@edge("recall.read")
def show_finding(session: Session, actor: Actor, task_id: UUID, finding_id: UUID) -> Any:
    """Show the receipt of a finding, to who recorded it also after leaving the place."""
    task, recall = tasks.of_finding(session, actor, task_id, finding_id)
    found = next(each for each in goods.findings(session, task_id) if each.finding.finding_id == finding_id)
    return render_template(
        "recall/finding_receipt.html", **context(session, task, recall), found=found,
        may_photograph=may(actor, "finding.record", tasks.place_of(task)) and recall.state == "announced",
    )  # fmt: skip


@bp.get("/recalls/<uuid:recall_id>/tasks/new")
@edge("recall.find_on_foot")
def new_on_foot(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Show the form for a site that neither the books nor the route knew."""
    recall = drafts.get(session, actor, recall_id, "recall.find_on_foot")
    form = Form({"occurred_at": pages.form_moment(clock.now()), "_q": request.args.get("q", "")})
    return _on_foot_page(session, actor, recall, form, {})


def _on_foot_page(
    session: Session, actor: Actor, recall: Recall, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    query = form.get("_q", "").strip()[:200]
    found = registry.search_sites(session, actor, q=query, limit=10)[0] if query else []
    page = render_template(
        "recall/on_foot.html",
        recall=recall,
        values=form,
        errors=errors,
        labels=ON_FOOT_LABELS,
        offices=[office for area in actor.regions for office in regions.offices(session, area)],
        found=found,
        query=query,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/recalls/<uuid:recall_id>/tasks/new")
@edge("recall.find_on_foot")
def new_on_foot_submit(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Add a site found on foot and go to its task."""
    recall = drafts.get(session, actor, recall_id, "recall.find_on_foot")
    form = copy(request.form)
    if form.get("_step") == "find":
        return _on_foot_page(session, actor, recall, form, {})

    def add() -> str:
        task, _is_new = tasks.find_on_foot(session, actor, recall_id, **load(schemas.OnFootSchema(), form))
        return url_for("recall.new_finding", task_id=task.task_id)

    try:
        return once(session, actor.user_id, form, add)
    except REFUSALS as error:
        return _on_foot_page(session, actor, recall, form, *refusal(error, ON_FOOT_LABELS))


@bp.get("/recalls/<uuid:recall_id>/sample-results/new")
@edge("sample.record")
def new_sample_result(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Show the form for what became of sampled pieces."""
    recall = drafts.get(session, actor, recall_id, "sample.record")
    return _result_page(session, actor, recall, Form({"occurred_at": pages.form_moment(clock.now())}), {})


def _result_page(
    session: Session, actor: Actor, recall: Recall, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    rows = present.samples(session, actor, recall.recall_id, own_only=True)
    open_samples = [row for row in rows if row["state"] in {"taken", "sent"}]
    targets: dict[str, dict[str, Any]] = {}
    for row in open_samples:
        target = targets.setdefault(f"{row['round']}|{row['place']}", {**row, "states": []})
        target["states"].append((row["state"], row["pieces"]))
    page = render_template(
        "recall/sample_result.html",
        recall=recall,
        values=form,
        errors=errors,
        labels=RESULT_LABELS,
        targets=targets,
        states=tuple(samples.BEFORE),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/recalls/<uuid:recall_id>/sample-results/new")
@edge("sample.record")
def new_sample_result_submit(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Move sampled pieces on and go back to the board."""
    recall = drafts.get(session, actor, recall_id, "sample.record")
    form = copy(request.form)
    number, _bar, place = form.get("_target", "").partition("|")
    fields = form.copy()
    fields["round"], fields["place"] = number, place

    def record() -> str:
        samples.record_result(session, actor, recall_id, **load(schemas.SampleResultSchema(), fields))
        return url_for("recall.show_recall", recall_id=recall_id)

    try:
        return once(session, actor.user_id, form, record)
    except REFUSALS as error:
        errors, status = refusal(error, RESULT_LABELS)
        renamed = {"_target" if name in {"place", "round"} else name: text for name, text in errors.items()}
        return _result_page(session, actor, recall, form, renamed, status)
