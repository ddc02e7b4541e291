"""Recording a finding by thumb: the outcome first, then what belongs to it, then a look at what is sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import Invalid
from coldchain.core.page_forms import REFUSALS, Form, change_lines, copy, labelled, load, new_once, once, refusal, trial
from coldchain.inspections import service as inspections
from coldchain.inspections.models import DISPOSITIONS, OUTCOMES
from coldchain.inspections.schemas import FindingSchema
from coldchain.recall import captured, findings, tasks
from coldchain.recall.models import Recall, SweepTask
from coldchain.recall.schemas import WhenSchema
from coldchain.recall.web import finding_form, goods
from coldchain.recall.web import tasks as task_pages
from coldchain.recall.web.blueprint import bp
from coldchain.registry.models import Venue

OUTCOME_ICONS = {
    "found": "flag-exclamation",
    "none_found": "circle-minus",
    "closed": "door-off",
    "unreachable": "phone-off",
    "refused": "hand-stop",
}
CHOICES_AS_TILES = 6


class _Page:
    """What the form needs of its task, gathered once a request."""

    def __init__(self, session: Session, task: SweepTask, recall: Recall, scanned: UUID | None) -> None:
        self.session, self.task, self.recall = session, task, recall
        self.context = task_pages.context(session, task, recall)
        self.earlier = inspections.of_task(session, task.task_id)
        self.seen = self.earlier[0][1] if self.earlier else []
        expected = self.context["expected"]
        self.choices = finding_form.choices(session, self.context["version"].criterion, expected, self.seen, scanned)
        self.scanned = next((choice.key for choice in self.choices if scanned and choice.batch_id == scanned), None)

    def first_form(self) -> Form:
        """Return the form as it is opened: what was seen before, what was scanned, where samples are counted."""
        form = finding_form.of_finding(self.seen, self.choices)
        lines = len(self.seen)
        if self.scanned and self.scanned not in {form.get(f"_lines-{i}-what") for i in range(lines)}:
            form[f"_lines-{lines}-what"] = self.scanned
        elif not self.seen:
            for index, each in enumerate(self.context["expected"]):
                form[f"_lines-{index}-what"] = f"b:{each.batch.batch_id}:{each.row.owner_id}:{each.row.zone_id or ''}"
        form["samples-0-place"] = self._sample_place()
        rounds = [sample.round for each in goods.findings(self.session, self.task.task_id) for sample in each.samples]
        form["samples-0-round"] = str(max(rounds, default=0) + 1)
        form["captured_at"] = pages.form_moment(clock.now())
        return form

    def _sample_place(self) -> str:
        site = self.context["site"]
        venue = self.session.get(Venue, site.venue_id) if site and site.venue_id else None
        return venue.name if venue else str(self.context["place_name"])

    def show(self, form: Form, lines: int, samples: int, errors: dict[str, str], status: int = 200) -> Response:
        """Answer with the form of so many lines and samples: only the outcome while none is chosen."""
        outcome = form.get("outcome") if form.get("outcome") in OUTCOMES else None
        page = render_template(
            "recall/finding.html",
            **self.context,
            values=form,
            errors=errors,
            labels=finding_form.LABELS,
            outcome=outcome,
            outcomes=[{"value": each, "icon": OUTCOME_ICONS[each]} for each in OUTCOMES],
            dispositions=DISPOSITIONS,
            again=bool(self.earlier),
            looked=outcome in finding_form.LOOKED,
            choices=self.choices,
            as_tiles=lines == 1 and len(self.choices) < CHOICES_AS_TILES,
            lines=lines,
            samples=samples,
            once=form.get("_once") or new_once(),
        )
        return Response(page, status)


def _scanned(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _captured_at(form: Form) -> datetime | None:
    """Return when something was seen as far as the form says it rightly; what is wrong is said beside its field."""
    typed = Form({"captured_at": form.get("captured_at", "")})
    try:
        moment: datetime | None = load(WhenSchema(), typed).get("captured_at")
    except REFUSALS:
        return None
    return moment


@bp.get("/sweep-tasks/<uuid:task_id>/finding")
@edge("finding.record")
def new_finding(session: Session, actor: Actor, task_id: UUID) -> Any:
    """Show the finding form of a task; `batch_id` brings a batch that was just scanned."""
    task, recall = tasks.get(session, actor, task_id, "finding.record")
    if recall.state != "announced":
        return redirect(url_for("recall.show_task", task_id=task_id), 303)
    page = _Page(session, task, recall, _scanned(request.args.get("batch_id")))
    form = page.first_form()
    if request.args.get("outcome"):
        form["outcome"] = request.args["outcome"]
    return page.show(form, change_lines(form, "lines")[1], 1, {})


@bp.post("/sweep-tasks/<uuid:task_id>/finding")
@edge("finding.record")
def new_finding_submit(session: Session, actor: Actor, task_id: UUID) -> Any:
    """Go on with the form, check what was typed, or record it, also by who may no longer but might when it was seen."""
    form = copy(request.form)
    task, recall, _judged = captured.open_task(session, actor, task_id, _captured_at(form))
    step = (form.poplist("_step") or [""])[-1]
    page = _Page(session, task, recall, _scanned(form.get("_batch_id")))
    if "captured_at" not in form:  # only the outcome was asked so far
        form = page.first_form() | form
    changed, lines, line_button = change_lines(form, "lines")
    changed, samples, sample_button = change_lines(changed, "samples")
    if line_button or sample_button or step not in {"check", "record"}:
        return page.show(changed, lines, samples, {})
    built = finding_form.build(session, changed, page.choices, lines, samples)
    try:
        data = load(FindingSchema(), built.fields)
        if built.errors:
            raise Invalid
        if step == "check":
            with trial(session):
                return _check_page(session, actor, page, changed, data)
        return once(session, actor.user_id, form, lambda: _record(session, actor, task_id, data))
    except REFUSALS as error:
        errors, status = refusal(error)
        if built.errors and isinstance(error, Invalid):
            errors = {}
        errors = labelled(finding_form.on_page(errors, built), finding_form.LABELS)
        return page.show(changed, lines, samples, errors, status)


def _record(session: Session, actor: Actor, task_id: UUID, data: dict[str, Any]) -> str:
    finding, _lines = findings.record(session, actor, task_id, samples_taken=data.pop("samples"), **data)
    return url_for("recall.show_finding", task_id=task_id, finding_id=finding.finding_id)


def _check_page(session: Session, actor: Actor, page: _Page, form: Form, data: dict[str, Any]) -> str:
    """Return the page that shows what is about to be recorded, with the one button that records it."""
    given = dict(data)
    finding, rows = findings.record(session, actor, page.task.task_id, samples_taken=given.pop("samples"), **given)
    named = goods.lines(session, rows)
    sealed = [line.line for line in named if line.line.disposition == "sealed" and line.line.matched_units]
    return render_template(
        "recall/finding_check.html",
        **page.context,
        values=form,
        finding=finding,
        lines=named,
        samples=data["samples"] or [],
        second_officer=data["second_officer"],
        sealed=len(sealed),
        sealed_mass_g=sum(line.mass_g or 0 for line in sealed) if all(line.mass_g for line in sealed) else None,
    )
