"""Pages of sampling tubes: the list, a new tube, one tube, and a result with its check and receipt.

A positive locks goods at once, so a result is checked before it is sent, and the check says how much it will lock:
found out by doing it and taking it back.
"""

import re
from typing import Any, Final
from uuid import UUID

from flask import Response, render_template, request, url_for
from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation, scope
from coldchain.batches import labelled, pages_sampling, schemas, service
from coldchain.batches import pages_words as words
from coldchain.batches.models import Sample, TestResult, Tube
from coldchain.batches.pages_blueprint import PAGE_ROWS, bp
from coldchain.batches.service import tubes
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, change_lines, copy, load, new_once, once, refusal, trial
from coldchain.journal import receipts
from coldchain.journal import words as journal_words
from coldchain.ledger.models import Hold
from coldchain.registry import service as registry

SAMPLES: Final = "samples"
LABS_SHOWN: Final = 100
TUBE_LABELS: Final[dict[str, LazyText]] = {
    "tube_no": _l("Tube number"),
    "lab": _l("Laboratory"),
    "sampled_at": _l("Sampled at"),
    "sampled_by": _l("Sampled by"),
    "samples": _l("Samples"),
    "samples-*-batch_id": _l("Batch code"),
    "_samples-*-code": _l("Batch code"),
    "samples-*-sample_site": _l("Where the swab was taken"),
    "samples-*-piece_from": _l("First piece"),
    "samples-*-piece_to": _l("Last piece"),
}
RESULT_LABELS: Final[dict[str, LazyText]] = {
    "stage": _l("Which test"),
    "result": _l("Result"),
    "received_at": _l("Tube received at"),
    "reported_at": _l("Reported at"),
    "report_no": _l("Report number"),
    "analyst": _l("Analyst"),
}


@bp.get("/tubes")
@edge("tube.read")
def list_tubes(session: Session, actor: Actor) -> Any:
    """List the tubes that the reader may see, those without a result first to hand."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "pending"}}
    query = load(schemas.TubeQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    items, following = service.search_tubes(session, actor, **query)
    answered = (
        select(col(TestResult.tube_id))
        .where(col(TestResult.tube_id) == col(Tube.tube_id), col(TestResult.result) != "invalid")
        .exists()
    )
    seen = select(func.count()).select_from(Tube).where(tubes.visible(actor))
    return render_template(
        "batches/tubes.html",
        items=items,
        following=following,
        pending=query["pending"],
        counts={"": session.scalar(seen), "true": session.scalar(seen.where(~answered))},
        chips=words.TUBE_CHIPS,
        may_register=relation(actor, "tube.register") is not None,
        may_report=relation(actor, "result.register") is not None,
        words=words,
    )


@bp.get("/tubes/new")
@edge("tube.register")
def new_tube(session: Session, actor: Actor) -> Any:
    """Show the form of a tube; `batch` fills in the code of the first sample's batch."""
    form: Form = Form({"sampled_at": pages.form_moment(clock.now()), "samples-0-sample_site": "outer_pack"})
    form["_samples-0-code"] = request.args.get("batch", "")[:100]
    for name, text in pages_sampling.samples_of(session, actor, request.args.get("arrival", ""),
                                                request.args.get("lines", "")).items():  # fmt: skip
        form[name] = text
    return _tube_page(session, actor, form, {})


@bp.post("/tubes/new")
@edge("tube.register")
def new_tube_submit(session: Session, actor: Actor) -> Any:
    """Enter the tube, or show the form with a sample more or less."""
    form, count, pressed = change_lines(request.form, SAMPLES)
    if pressed:
        return _tube_page(session, actor, form, {}, count=count)

    def act() -> str:
        tube = service.register_tube(
            session, actor, **load(schemas.TubeRegistrationSchema(), _tube_fields(session, actor, form))
        )
        return url_for("batches_pages.show_tube", tube_id=tube["tube_id"])

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        errors, status = refusal(error, TUBE_LABELS)
        at_code = {re.sub(r"^samples-(\d+)(-batch_id)?$", r"_samples-\1-code", name): m for name, m in errors.items()}
        return _tube_page(session, actor, form, at_code, status)


def _tube_page(
    session: Session, actor: Actor, form: Form, errors: dict[str, str], status: int = 200, count: int = 0
) -> Response:
    labs = []
    if actor.business_id is None:
        labs = registry.search_businesses(session, actor, kind="lab", status="active", limit=LABS_SHOWN)[0]
    page = render_template(
        "batches/tube_new.html",
        values=form,
        errors=errors,
        labels=TUBE_LABELS,
        labs=[(lab["business_id"], lab["name"]) for lab in labs],
        lines=range(count or change_lines(form, SAMPLES)[1]),
        sites=words.choices(words.SAMPLE_SITES, ("outer_pack", "inner_pack", "surface")),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _tube_fields(session: Session, actor: Actor, form: Form) -> Form:
    """Return the form with the batches' ids in the place of their codes, and a lab's tube as its own."""
    fields: Form = Form((name, text) for name, text in form.items(multi=True) if not name.startswith("_"))
    if actor.business_id is not None:
        fields["lab"] = str(actor.business_id)
    codes = {
        int(found[1]): text
        for name, text in form.items(multi=True)
        if text.strip() and (found := re.fullmatch(r"_samples-(\d{1,4})-code", name))
    }
    known = labelled.find_typed(session, codes.values())
    for index, code in codes.items():
        # an unknown code goes on as it was typed: the schema or the service refuses it by name
        fields[f"samples-{index}-batch_id"] = str(known.get(code, UNKNOWN_BATCH))
    return fields


UNKNOWN_BATCH: Final = UUID(int=0)


@bp.get("/tubes/<uuid:tube_id>")
@edge("tube.read")
def show_tube(session: Session, actor: Actor, tube_id: UUID) -> Any:
    """Show one tube with its samples and results."""
    tube = service.read_tube(session, actor, tube_id)
    numbers = {result["result_id"]: result["report_no"] for result in tube["results"]}
    told = receipts.of_subject(session, scope(actor, "journal.read"), numbers, journal_words.RESULT)
    return render_template(
        "batches/tube.html",
        tube=tube,
        may_report=relation(actor, "result.register") is not None,
        receipts=journal_words.lines(told, numbers),
        **_tube_words(actor),
    )


def _tube_words(actor: Actor) -> dict[str, Any]:
    return {
        "words": words,
        "chips": words.TUBE_CHIPS,
        "may_read_batch": relation(actor, "batch.read") is not None,
        "stages": words.STAGES,
        "results": words.RESULTS,
        "sample_sites": words.SAMPLE_SITES,
    }


@bp.get("/tubes/<uuid:tube_id>/results/new")
@edge("result.register")
def new_result(session: Session, actor: Actor, tube_id: UUID) -> Any:
    """Show the form of a result; after an earlier one it is a re-check."""
    tube = service.read_tube(session, actor, tube_id)
    answered = any(result["result"] != "invalid" for result in tube["results"])
    form: Form = Form(
        {"stage": "recheck" if answered else "preliminary", "reported_at": pages.form_moment(clock.now())}
    )
    return _result_page(tube, form, {})


def _result_page(tube: dict[str, Any], form: Form, errors: dict[str, str], status: int = 200) -> Response:
    page = render_template(
        "batches/result_new.html",
        tube=tube,
        values=form,
        errors=errors,
        labels=RESULT_LABELS,
        stages=words.tiles(words.STAGES),
        results=words.tiles(words.RESULTS),
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
        return _result_page(tube, form, {})

    def act() -> str:
        data = load(schemas.ResultRegistrationSchema(), form)
        made = service.report_result(session, actor, tube_id, **data)
        return url_for("batches_pages.result_receipt", tube_id=tube_id, result_id=made["result_id"])

    try:
        if step == "send":
            return once(session, actor.user_id, form, act)
        before = held_by(session, tube_id)
        with trial(session):
            data = load(schemas.ResultRegistrationSchema(), form)
            made = service.report_result(session, actor, tube_id, **data)
            after = held_by(session, tube_id)
    except REFUSALS as error:
        return _result_page(tube, form, *refusal(error, RESULT_LABELS))
    return render_template(
        "batches/result_check.html",
        tube=tube,
        values=form,
        data=data,
        state=made["tube_state"],
        locks=len(after - before),
        frees=len(before - after),
        labels=RESULT_LABELS,
        **_tube_words(actor),
    )


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
        may_report=relation(actor, "result.register") is not None,
        **_tube_words(actor),
    )
