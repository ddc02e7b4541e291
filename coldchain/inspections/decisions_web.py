"""Pages of decisions: deciding with a check before it, reading, objecting, answering, and the public page (曝光台).

They hang on the blueprint of findings.
"""

from typing import Any, Final
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.core import clock, pages
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.core.fields import PageQuery
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal, trial
from coldchain.core.uploads import Upload
from coldchain.inspections import enforcement, putting_right, site_findings
from coldchain.inspections import findings_schemas as schemas
from coldchain.inspections import findings_words as words
from coldchain.inspections.findings_web import PAGE_ROWS, bp, in_a_week, var_dir
from coldchain.inspections.models_findings import SiteFinding
from coldchain.registry import decisions as rules
from coldchain.registry import service as registry

FINDINGS_SHOWN: Final = 30


@bp.get("/decisions")
@edge("enforcement.read")
def list_decisions(session: Session, actor: Actor) -> Any:
    """List decisions of the reader's area or business, newest first."""
    known = {"cursor", "in_force", "putting_right", "business"}
    asked = {name: text for name, text in request.args.items() if name in known}
    query = load(schemas.DecisionQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    rows, following = enforcement.search(session, actor, **query)
    return render_template(
        "inspections/decisions.html", items=enforcement.describe(session, rows), following=following, query=query,
        words=words,
    )  # fmt: skip


def _chosen(session: Session, actor: Actor, given: list[str]) -> list[SiteFinding]:
    """Return the open findings that may be decided about together: of the first one's business. Raises NotFound."""
    try:
        named = [UUID(text) for text in given]
    except ValueError as error:
        raise NotFound from error
    if not named:
        raise NotFound
    first = site_findings.read(session, actor, named[0])
    statement = (
        select(SiteFinding)
        .where(
            site_findings.visible_findings(actor),
            col(SiteFinding.business_id) == first.business_id,
            col(SiteFinding.state).in_(site_findings.OPEN),
        )
        .order_by(col(SiteFinding.finding_id).desc())
        .limit(FINDINGS_SHOWN)
    )
    rows = list(session.exec(statement))
    return rows if first in rows or first.state not in site_findings.OPEN else [first, *rows]


@bp.get("/decisions/new")
@edge("enforcement.decide")
def new_decision(session: Session, actor: Actor) -> Any:
    """Show the form to decide about the findings that the address names."""
    rows = _chosen(session, actor, request.args.getlist("finding"))
    form = Form([("finding_ids", text) for text in request.args.getlist("finding")])
    basis = [words.own_words(each, "basis") for each in site_findings.describe(session, rows)
             if str(each["finding_id"]) in request.args.getlist("finding")]  # fmt: skip
    form["basis"] = "\n".join(dict.fromkeys(text for text in basis if text))
    form["starts_at"], form["ends_at"] = pages.form_moment(clock.now()), in_a_week()
    return _decision_form(session, rows, form, {})


def _decision_form(
    session: Session, rows: list[SiteFinding], form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    if not rows:
        raise NotFound
    page = render_template(
        "inspections/decision_new.html",
        business=registry.find_business(session, rows[0].business_id),
        findings=site_findings.describe(session, rows),
        kinds=rules.KINDS,
        values=form,
        errors=errors,
        labels=words.DECISION_LABELS,
        words=words,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/decisions/new")
@edge("enforcement.decide")
def new_decision_submit(session: Session, actor: Actor) -> Any:
    """Check a decision as everybody concerned will read it, or make it."""
    form = copy(request.form)
    step = (form.poplist("_step") or [""])[-1]
    rows = _chosen(session, actor, form.getlist("finding_ids") or form.getlist("_of"))
    sent = Form([(name, text) for name, text in form.items(multi=True) if name != "_of"])

    def decide() -> Any:
        return enforcement.decide(session, actor, **load(schemas.DecidingSchema(), sent))

    def act() -> str:
        made = decide()
        flash(_("Decided. The business reads it on its start page."), "success")
        return url_for("findings_pages.show_decision", decision_id=made.decision_id)

    try:
        if step == "send":
            return once(session, actor.user_id, sent, act)
        if step != "check":
            return _decision_form(session, rows, form, {})
        with trial(session):
            made = decide()
            decided = enforcement.describe(session, [made])[0]
            findings = site_findings.describe(session, enforcement.findings_of(session, made.decision_id))
    except REFUSALS as error:
        return _decision_form(session, rows, form, *refusal(error, words.DECISION_LABELS))
    return render_template(
        "inspections/decision_check.html", decision=decided, findings=findings, values=sent, words=words,
        labels=words.DECISION_LABELS,
    )  # fmt: skip


@bp.get("/decisions/<uuid:decision_id>")
@edge("enforcement.read")
def show_decision(session: Session, actor: Actor, decision_id: UUID) -> Any:
    """Show a decision: what holds until when, why, what the business may do, what was said of it."""
    return _decision_page(session, actor, decision_id, Form(), {})


def _decision_page(
    session: Session, actor: Actor, decision_id: UUID, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    row = enforcement.read(session, actor, decision_id)
    shown = enforcement.describe(session, [row])[0]
    page = render_template(
        "inspections/decision.html",
        decision=shown,
        reported=next((each for each in reversed(shown["events"]) if each["kind"] == rules.REPORTED), None),
        findings=site_findings.describe(session, enforcement.findings_of(session, decision_id)),
        own=actor.business_id is not None,
        acts=enforcement.acts(session, actor, row),
        values=form,
        errors=errors,
        labels=words.DECISION_LABELS,
        words=words,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/decisions/<uuid:decision_id>/objection")
@edge("enforcement.object")
def object_to_decision(session: Session, actor: Actor, decision_id: UUID) -> Any:
    """Object to a decision in the name of the business."""
    form = copy(request.form)

    def act() -> str:
        enforcement.object_to(session, actor, decision_id, **load(schemas.DecisionObjectionSchema(), form))
        flash(_("The objection is recorded. An officer answers it; the decision holds meanwhile."), "success")
        return url_for("findings_pages.show_decision", decision_id=decision_id)

    return _try(session, actor, decision_id, form, act)


@bp.post("/decisions/<uuid:decision_id>/answer")
@edge("enforcement.decide")
def answer_objection(session: Session, actor: Actor, decision_id: UUID) -> Any:
    """Uphold a decision, or lift it from a moment on."""
    form = copy(request.form)

    def act() -> str:
        data = load(schemas.DecisionAnswerSchema(), form)
        enforcement.answer(session, actor, decision_id, **data)
        lifted = data["outcome"] == rules.LIFTED
        flash(_("The decision is lifted from that moment on.") if lifted else _("The decision is upheld."), "success")
        return url_for("findings_pages.show_decision", decision_id=decision_id)

    return _try(session, actor, decision_id, form, act)


@bp.post("/decisions/<uuid:decision_id>/report")
@edge("enforcement.report")
def report_put_right(session: Session, actor: Actor, decision_id: UUID) -> Any:
    """Say in the name of the business that what was decided is put right, perhaps with photographs."""
    form = copy(request.form)

    def act() -> str:
        data = load(schemas.DecisionReportSchema(), Form({"text": form.get("done", "")}))
        files = [file for file in request.files.getlist("file") if file.filename]
        photos = [Upload().deserialize(file, "file").content for file in files]
        putting_right.report(session, actor, decision_id, **data, var_dir=var_dir(), photos=photos)
        flash(_("It is reported. An officer looks at it again; the decision holds until then."), "success")
        return url_for("findings_pages.show_decision", decision_id=decision_id)

    return _try(session, actor, decision_id, form, act, text="done")


@bp.post("/decisions/<uuid:decision_id>/review")
@edge("enforcement.review")
def review_decision(session: Session, actor: Actor, decision_id: UUID) -> Any:
    """Look a second time: end what is ordered, or give it back with a reason."""
    form = copy(request.form)

    def act() -> str:
        data = load(
            schemas.DecisionReviewSchema(), Form({"outcome": form.get("outcome", ""), "text": form.get("seen", "")})
        )
        putting_right.review(session, actor, decision_id, **data)
        if data["outcome"] == rules.RECTIFIED:
            flash(_("What the decision orders is over from now on. The business may send again."), "success")
        else:
            flash(_("The business reads that it is not put right yet. The decision goes on holding."), "success")
        return url_for("findings_pages.show_decision", decision_id=decision_id)

    return _try(session, actor, decision_id, form, act, text="seen")


def _try(session: Session, actor: Actor, decision_id: UUID, form: Form, act: Any, *, text: str = "text") -> Any:
    """Do it, or show the page with what is refused; `text`: what the field of the words is called in its form."""
    enforcement.read(session, actor, decision_id)
    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        errors, status = refusal(error, words.DECISION_LABELS)
        errors = {text if name == "text" else name: message for name, message in errors.items()}
        return _decision_page(session, actor, decision_id, form, errors, status)


@bp.get("/published-decisions")
@edge(PUBLIC)
def show_published(session: Session, _actor: Actor | None) -> Any:
    """Show anybody the published decisions that hold now; what ended or was lifted is not here any more."""
    asked = Form({name: text for name, text in request.args.items() if name == "cursor"})
    query = load(PageQuery(), asked) | {"limit": PAGE_ROWS}
    rows, following = enforcement.published(session, **query)
    return render_template(
        "public/decisions.html", items=rows, following=following, as_of=clock.now(), words=words,
        first=query["cursor"] is None,
    )  # fmt: skip
