"""Pages of a tube's results: a result with its check and receipt, entered by a laboratory or for it, and corrections.

A positive locks goods at once, so a result is checked before it is sent, and the check says how much it will lock:
found out by doing it and taking it back.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from sqlmodel import Session, col, func, or_, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_words as words
from coldchain.batches import result_words, schemas, service
from coldchain.batches.models import Sample, TestResult, Tube
from coldchain.batches.pages_blueprint import bp
from coldchain.batches.pages_tubes import tube_words
from coldchain.batches.results_api import settings
from coldchain.core import clock, limits, pages, sealed, stored_files
from coldchain.core.edge import edge
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal, trial
from coldchain.core.uploads import Upload
from coldchain.ledger.models import Hold

RESULT_LABELS: Final[dict[str, LazyText]] = {
    "stage": _l("Which test"),
    "result": _l("Result"),
    "received_at": _l("Tube received at"),
    "reported_at": _l("Reported at"),
    "report_no": _l("Report number"),
    "analyst": _l("Analyst"),
    "photo": _l("Photograph of the report"),
    "reason": _l("Why it is corrected"),
}
MOVE_LABELS: Final[dict[str, LazyText]] = {
    "to_tube_no": _l("Number of the right tube"),
    "reason": _l("Why it is corrected"),
}
KEPT_PHOTO: Final = "_photo"  # a photograph that was kept at the check, sealed for the person who handed it in
SEALED_AS: Final = "report photograph"


@bp.get("/tubes/<uuid:tube_id>/results/new")
@edge("result.register")
def new_result(session: Session, actor: Actor, tube_id: UUID) -> Any:
    """Show the form of a result: after an earlier one a re-check, with `corrects` what takes that one's place."""
    tube = service.read_tube(session, actor, tube_id)
    former = next((row for row in tube["results"] if str(row["result_id"]) == request.args.get("corrects")), None)
    answered = any(row["result"] != "invalid" and row["superseded_by"] is None for row in tube["results"])
    form: Form = Form(
        {"stage": "recheck" if answered else "preliminary", "reported_at": pages.form_moment(clock.now())}
    )
    if former is not None:
        form = Form({name: former[name] for name in ("stage", "report_no")})
        form |= {name: pages.form_moment(former[name]) for name in ("received_at", "reported_at")}
        form["supersedes_id"] = str(former["result_id"])
    elif request.args.get("result") == "positive":  # from the work list, where a positive is checked first
        for name in RESULT_LABELS:
            if name in request.args:
                form[name] = request.args[name]
    return _result_page(actor, tube, form, {})


def _result_page(actor: Actor, tube: dict[str, Any], form: Form, errors: dict[str, str], status: int = 200) -> Response:
    page = render_template(
        "batches/result_new.html",
        tube=tube,
        values=form,
        errors=errors,
        labels=RESULT_LABELS,
        stages=words.tiles(words.STAGES),
        results=words.tiles(words.RESULTS),
        for_lab=actor.is_officer,
        corrects=next((row for row in tube["results"] if str(row["result_id"]) == form.get("supersedes_id")), None),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/tubes/<uuid:tube_id>/results/new")
@edge("result.register")
def new_result_submit(session: Session, actor: Actor, tube_id: UUID) -> Any:
    """Check a result, with what it will lock, or send it."""
    tube = service.read_tube(session, actor, tube_id)
    form = copy(request.form)
    step = (form.poplist("_step") or [""])[-1]
    if step not in {"check", "send"}:
        return _result_page(actor, tube, form, {})

    def report() -> dict[str, Any]:
        data = load(schemas.ResultRegistrationSchema(), form)
        data["photo_id"] = _kept(actor, form)
        return data | service.report_result(session, actor, tube_id, **data)

    def act() -> str:
        return url_for("batches_pages.result_receipt", tube_id=tube_id, result_id=report()["result_id"])

    try:
        if actor.is_officer:
            _keep(session, actor, form)
        if step == "send":
            return once(session, actor.user_id, form, act)
        before = held_by(session, tube_id)
        with trial(session):
            made = report()
            after = held_by(session, tube_id)
    except REFUSALS as error:
        return _result_page(actor, tube, form, *refusal(error, RESULT_LABELS))
    late = made["received_at"] - tube["sampled_at"] > timedelta(days=limits.RECEIVED_DAYS)
    return render_template(
        "batches/result_check.html",
        late_days=limits.RECEIVED_DAYS if late else None,
        tube=tube,
        values=form,
        data=made,
        state=made["tube_state"],
        locks=len(after - before),
        frees=len(before - after),
        others=result_words.consequences(
            tube, made["tube_state"], rechecked=tube["rechecked"] or made["stage"] == "recheck"
        ),
        labels=RESULT_LABELS,
        **tube_words(actor),
    )


def _keep(session: Session, actor: Actor, form: Form) -> None:
    """Keep the photograph that came with a form, so that it need not be chosen again after the check."""
    file = request.files.get("photo")
    if file is None or not file.filename:
        return
    handed = Upload().deserialize(file, "photo")
    row = stored_files.keep_image(session, settings().var_dir, handed.content, actor.user_id, "/photo")
    form[KEPT_PHOTO] = sealed.seal(SEALED_AS, str(actor.user_id), str(row.file_id))


def _kept(actor: Actor, form: Form) -> UUID | None:
    """Return the photograph that this person handed in with the form before."""
    if not form.get(KEPT_PHOTO):
        return None
    try:
        return UUID(sealed.unseal(SEALED_AS, str(actor.user_id), form[KEPT_PHOTO]))
    except sealed.Unreadable as error:
        raise Invalid.of("/photo", "required", "This is needed.") from error


def held_by(session: Session, tube_id: UUID) -> set[UUID]:
    """Return the batches that results of a tube hold now; a lab learns how many, not whose they are."""
    results = select(col(TestResult.result_id)).where(col(TestResult.tube_id) == tube_id)
    return set(
        session.scalars(
            select(col(Hold.batch_id)).where(
                col(Hold.cause_kind) == "result", col(Hold.cause_id).in_(results), col(Hold.ended_at).is_(None)
            )
        )
    )


@bp.get("/tubes/<uuid:tube_id>/results/<uuid:result_id>")
@edge("tube.read")
def result_receipt(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> Any:
    """Show that a result was taken, and how many batches the tube holds now."""
    tube = service.read_tube(session, actor, tube_id)
    result = next((row for row in tube["results"] if row["result_id"] == result_id), None)
    if result is None:
        raise NotFound
    sampled = session.scalar(
        select(func.count(func.distinct(col(Sample.batch_id)))).where(col(Sample.tube_id) == tube_id)
    )
    return render_template(
        "batches/result_receipt.html",
        tube=tube,
        result=result,
        held=len(held_by(session, tube_id)),
        sampled=sampled,
        others=result_words.consequences(tube, tube["state"], rechecked=tube["rechecked"]),
        may_report=relation(actor, "result.register") is not None,
        may_file=relation(actor, "result.file") is not None,
        **tube_words(actor),
    )


@bp.get("/tubes/<uuid:tube_id>/results/<uuid:result_id>/move")
@edge("result.move")
def move_result(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> Any:
    """Show the form that moves a result to the right tube."""
    return _move_page(*_result_of(session, actor, tube_id, result_id), Form(), {})


@bp.post("/tubes/<uuid:tube_id>/results/<uuid:result_id>/move")
@edge("result.move")
def move_result_submit(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> Any:
    """Say what moving the result locks and frees, or move it."""
    tube, result = _result_of(session, actor, tube_id, result_id)
    form = copy(request.form)
    step = (form.poplist("_step") or [""])[-1]
    if step not in {"check", "send"}:
        return _move_page(tube, result, form, {})

    def move() -> dict[str, Any]:
        return service.move_result(session, actor, tube_id, result_id, **load(schemas.ResultMoveSchema(), form))

    def act() -> str:
        made = move()
        flash(
            _("The result stands on the right tube now. Whoever was told of it reads that it was corrected."), "success"
        )
        return url_for("batches_pages.show_tube", tube_id=made["tube_id"])

    try:
        if step == "send":
            return once(session, actor.user_id, form, act)
        named = (col(Tube.lab_id) == tube["lab"].business_id) & (col(Tube.tube_no) == _number(form))
        both = list(session.scalars(select(col(Tube.tube_id)).where(or_(col(Tube.tube_id) == tube_id, named))))
        before = set().union(*(held_by(session, each) for each in both))
        with trial(session):
            move()
            after = set().union(*(held_by(session, each) for each in both))
    except REFUSALS as error:
        return _move_page(tube, result, form, *refusal(error, MOVE_LABELS))
    return render_template(
        "batches/result_move_check.html",
        tube=tube,
        result=result,
        values=form,
        labels=MOVE_LABELS,
        locks=len(after - before),
        frees=len(before - after),
        **tube_words(actor),
    )


def _number(form: Form) -> str:
    return form.get("to_tube_no", "").strip()


def _move_page(
    tube: dict[str, Any], result: dict[str, Any], form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    page = render_template(
        "batches/result_move.html",
        tube=tube,
        result=result,
        values=form,
        errors=errors,
        labels=MOVE_LABELS,
        words=words,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _result_of(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a tube and one of its results. Raises NotFound."""
    tube = service.read_tube(session, actor, tube_id)
    result = next((row for row in tube["results"] if row["result_id"] == result_id), None)
    if result is None:
        raise NotFound
    return tube, result


@bp.post("/tubes/<uuid:tube_id>/results/<uuid:result_id>/confirm")
@edge("result.confirm")
def confirm_result(session: Session, actor: Actor, tube_id: UUID, result_id: UUID) -> Any:
    """Confirm, as the laboratory, what an officer entered for it."""
    service.confirm_result(session, actor, tube_id, result_id)
    flash(_("Confirmed: this is what you reported."), "success")
    return redirect(url_for("batches_pages.show_tube", tube_id=tube_id), 303)
