"""Recording a finding by thumb: the outcome first, then what belongs to it, then a look at what is sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_kept_files as kept_files
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import (
    REFUSALS,
    Form,
    attempt,
    change_lines,
    copy,
    labelled,
    load,
    new_once,
    once,
    refusal,
    trial,
)  # fmt: skip
from coldchain.core.stored_files import JPEG, StoredFile
from coldchain.core.uploads import Upload
from coldchain.inspections import finding_photos
from coldchain.inspections import service as inspections
from coldchain.inspections.models import DISPOSITIONS, OUTCOMES
from coldchain.inspections.schemas import FindingSchema
from coldchain.recall import captured, findings, photos, tasks
from coldchain.recall.models import Recall, SweepTask
from coldchain.recall.schemas import WhenSchema
from coldchain.recall.web import beside_books, finding_form, goods, named_goods
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
FIND = "find"  # the step of the button that looks for a product that the notice doesn't name
NOTHING = "none_found"  # the step of the button that says at once that nothing was found
PHOTO = "photo-"  # what the fields of its file begin with


class _Page:
    """What the form needs of its task, gathered once a request."""

    def __init__(
        self, session: Session, actor: Actor, task: SweepTask, recall: Recall, scanned: UUID | None, typed: Form
    ) -> None:
        self.session, self.actor, self.task, self.recall = session, actor, task, recall
        self.context = task_pages.context(session, task, recall)
        self.earlier = inspections.of_task(session, task.task_id)
        self.seen = self.earlier[0][1] if self.earlier else []
        expected = self.context["expected"]
        criterion = self.context["version"].criterion
        self.choices = finding_form.choices(session, actor, criterion, expected, self.seen, scanned, typed)
        self.other_ids = {choice.product_id for choice in self.choices if not choice.named}
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
            all_match="all" if self.choices and not self.other_ids else None,
            finding=bool(form.get(named_goods.FIND)),
            as_tiles=lines == 1 and len(self.choices) < CHOICES_AS_TILES,
            lines=lines,
            samples=samples,
            kept=kept_files.shown(self.session, self.actor, form),
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
    page = _Page(session, actor, task, recall, _scanned(request.args.get("batch_id")), Form())
    form = page.first_form()
    if request.args.get("outcome"):
        form["outcome"] = request.args["outcome"]
    return page.show(form, change_lines(form, "lines")[1], 1, {})


@bp.post("/sweep-tasks/<uuid:task_id>/finding")
@edge("finding.record")
def new_finding_submit(session: Session, actor: Actor, task_id: UUID) -> Any:
    """Go on with the form, check what was typed, or record it, also by who may no longer but might when it was seen."""
    form = copy(request.form)
    task, recall, _rights = captured.open_task(session, actor, task_id, _captured_at(form))
    step = (form.poplist("_step") or [""])[-1]
    kept_files.take(session, actor, form, request.files)
    page = _Page(session, actor, task, recall, _scanned(form.get("_batch_id")), form)
    if step == FIND:
        _unpreset(form, page)
    if step == NOTHING:
        form, step = _nothing(page, form)
    if "captured_at" not in form:  # only the outcome was asked so far
        form = page.first_form() | form
    changed, lines, line_button = change_lines(form, "lines")
    changed, samples, sample_button = change_lines(changed, "samples")
    if line_button or sample_button or step not in {"check", "record"}:
        return page.show(changed, lines, samples, dict(kept_files.refused(changed)))
    built = finding_form.build(session, changed, page.choices, lines, samples)
    try:
        data = load(FindingSchema(), built.fields)
        photo = _photo(session, actor, changed)
        if built.errors or list(kept_files.refused(changed)):
            raise Invalid
        if step == "check":
            with trial(session):
                return _check_page(session, actor, page, changed, data, photo)
        return once(session, actor.user_id, form, lambda: _record(session, actor, task, data, photo))
    except REFUSALS as error:
        errors, status = refusal(error)
        if (built.errors or list(kept_files.refused(changed))) and isinstance(error, Invalid):
            errors = {}
        errors = {PHOTO + "file" if name == "file" else name: said for name, said in errors.items()}
        errors |= dict(kept_files.refused(changed))
        errors = labelled(finding_form.on_page(errors, built), finding_form.LABELS)
        return page.show(changed, lines, samples, errors, status)


def _unpreset(form: Form, page: _Page) -> None:
    """Take back that all matches of lines whose goods are not chosen yet, or are none of the notice's."""
    others = {f"p:{product_id}" for product_id in page.other_ids}
    for name in [name for name in form if name.startswith("_lines-") and name.endswith("-match")]:
        if form.get(name.removesuffix("match") + "what", "") in {"", *others}:
            form.poplist(name)


def _nothing(page: _Page, typed: Form) -> tuple[Form, str]:
    """Return the form of a place where nothing was found, to be recorded at once.

    Where the books expect goods, or somebody recorded something before, it is looked at once more.
    """
    form: Form = Form((name, typed[name]) for name in ("_once", PHOTO + kept_files.KEPT) if typed.get(name))
    form["outcome"] = "none_found"
    form["captured_at"] = pages.form_moment(clock.now())
    return form, "check" if page.context["expected"] or page.earlier else "record"


def _photo(session: Session, actor: Actor, form: Form) -> StoredFile | None:
    """Return the photograph that was kept for the form. Raises Invalid `file_lost`, `not_an_image`."""
    photo = kept_files.find(session, actor, form, PHOTO)
    if photo is not None and photo.media_type != JPEG:
        form.poplist(PHOTO + kept_files.KEPT)
        raise Invalid.of("/file", "not_an_image", "This is not a photograph (JPEG, PNG or WebP).")
    return photo


def _record(session: Session, actor: Actor, task: SweepTask, data: dict[str, Any], photo: StoredFile | None) -> str:
    finding, _lines = findings.record(session, actor, task.task_id, samples_taken=data.pop("samples"), **data)
    if photo is not None:
        finding_photos.add(session, actor, finding, photo, task.region_code)
    return url_for("recall.show_finding", task_id=task.task_id, finding_id=finding.finding_id)


@bp.post("/sweep-tasks/<uuid:task_id>/findings/<uuid:finding_id>/photos")
@edge("finding.record")
def add_photo(session: Session, actor: Actor, task_id: UUID, finding_id: UUID) -> Any:
    """Keep a photograph with a finding that was recorded, and go back to its receipt."""
    back = url_for("recall.show_finding", task_id=task_id, finding_id=finding_id)
    try:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid.of("/file", "required", "This is needed.")
        content = Upload().deserialize(file, "file").content
        with attempt(session):
            photos.keep(session, actor, task_id, finding_id, var_dir=current_app.config["SETTINGS"].var_dir,
                        content=content)  # fmt: skip
        flash(_("The photograph is kept."), "success")
    except NotFound:
        raise
    except REFUSALS as error:
        errors, _status = refusal(error, {"file": finding_form.LABELS["photo-file"]})
        flash(next(iter(errors.values())), "error")
    return redirect(back, 303)


def _unfilled(numbers: list[str | None], second_officer: str | None, photo: StoredFile | None) -> list[str]:
    """Return what a seal should have and this one has not: its number, two officers, a photograph (no error)."""
    if not numbers:
        return []
    given = (
        (finding_form.LABELS["lines-*-seal_no"], all(numbers)),
        (finding_form.LABELS["second_officer"], bool(second_officer)),
        (finding_form.LABELS["photo-file"], photo is not None),
    )
    return [str(label) for label, filled in given if not filled]


def _check_page(
    session: Session, actor: Actor, page: _Page, form: Form, data: dict[str, Any], photo: StoredFile | None
) -> str:
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
        beside=beside_books.beside(session, actor, page.task, named, page.context["expected"]),
        samples=data["samples"] or [],
        photo=photo,
        second_officer=data["second_officer"],
        other_ids=page.other_ids,
        unfilled=_unfilled([line.seal_no for line in sealed], data["second_officer"], photo),
        sealed=len(sealed),
        sealed_mass_g=sum(line.mass_g or 0 for line in sealed) if all(line.mass_g for line in sealed) else None,
    )
