"""A laboratory's work: results one after the other by keyboard or scanner, or all at once from a spreadsheet.

The tube's number is scanned or typed and Enter sends it; what stays the same from tube to tube stays in the form. A
negative is entered at once; a positive leads to its check first, since it locks goods.
"""

import json
from typing import Any, Final

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_words as words
from coldchain.batches import result_file, schemas, service
from coldchain.batches.models import Tube
from coldchain.batches.pages_blueprint import PAGE_ROWS, bp
from coldchain.batches.pages_results import RESULT_LABELS
from coldchain.batches.service import tubes
from coldchain.core import clock, limits, pages, sheet_import
from coldchain.core.edge import edge
from coldchain.core.errors import Invalid
from coldchain.core.i18n import LazyText, ngettext
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal, trial
from coldchain.core.uploads import Upload

WORK_LABELS: Final[dict[str, LazyText]] = {"tube_no": _l("Tube number"), "file": _l("Spreadsheet"), **RESULT_LABELS}
STAYS: Final = ("stage", "received_at", "reported_at", "report_no", "analyst")
TEMPLATE_ROWS: Final = 200
ERRORS_SHOWN: Final = 100


@bp.get("/tubes/work")
@edge("result.file")
def work(session: Session, actor: Actor) -> Any:
    """Show the tubes that await a result, with the form that takes them one after the other."""
    form: Form = Form({"stage": "preliminary", "result": "negative", "reported_at": pages.form_moment(clock.now())})
    after = request.args.get("after", "")
    last = next(
        (
            row
            for tube in service.search_tubes(session, actor, tube_no=after, limit=1)[0]
            for row in reversed(tube["results"])
        ),
        None,
    ) if after else None  # fmt: skip
    if last is not None:
        form |= {name: last[name] or "" for name in ("stage", "report_no", "analyst")}
        form |= {name: pages.form_moment(last[name]) for name in ("received_at", "reported_at")}
    return _work_page(session, actor, form, {})


def _work_page(
    session: Session, actor: Actor, form: Form, errors: dict[str, str], status: int = 200, **more: Any
) -> Response:
    waiting, following = service.search_tubes(session, actor, pending=True, limit=PAGE_ROWS)
    page = render_template(
        "batches/work.html",
        values=form,
        errors=errors,
        labels=WORK_LABELS,
        stages=words.tiles(words.STAGES),
        results=words.tiles(words.RESULTS),
        waiting=waiting,
        more=following is not None,
        chips=words.TUBE_CHIPS,
        words=words,
        rows_max=limits.RESULT_ROWS,
        once=new_once() if not errors else form.get("_once") or new_once(),
        **more,
    )
    return Response(page, status)


@bp.post("/tubes/work")
@edge("result.file")
def work_submit(session: Session, actor: Actor) -> Any:
    """Enter the result of the tube of this number; a positive is checked first."""
    form = copy(request.form)

    def act() -> str:
        tube = _tube(session, actor, form)
        told: Form = Form((name, text) for name, text in form.items() if name in RESULT_LABELS)
        if told.get("result") == "positive":
            carried: Any = {name: told.get(name, "") for name in ("result", *STAYS) if name != "analyst"}
            return url_for("batches_pages.new_result", tube_id=tube.tube_id, **carried)
        data = load(schemas.ResultRegistrationSchema(), told)
        service.report_result(session, actor, tube.tube_id, **data)
        flash(_("Tube %(number)s: %(result)s", number=tube.tube_no, result=words.RESULTS[data["result"]]), "success")
        return url_for("batches_pages.work", after=tube.tube_no)

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        return _work_page(session, actor, form, *refusal(error, WORK_LABELS))


def _tube(session: Session, actor: Actor, form: Form) -> Tube:
    number = form.get("tube_no", "").strip()
    if not number:
        raise Invalid.of("/tube_no", "required", "This is needed.")
    found = session.scalars(
        select(Tube).where(tubes.visible(actor), col(Tube.lab_id) == actor.business_id, col(Tube.tube_no) == number)
    ).first()
    if found is None:
        raise Invalid.of("/tube_no", "unknown_tube", "Your laboratory has no tube of this number.")
    return found


@bp.post("/tubes/work/file")
@edge("result.file")
def work_file(session: Session, actor: Actor) -> Any:
    """Say what would come of a spreadsheet, every bad cell by name; or enter what was said to be right."""
    form = copy(request.form)
    blank: Form = Form({"stage": "preliminary", "result": "negative"})

    def act() -> str:
        outcome = result_file.enter(session, actor, _rows(form))
        if outcome.errors:  # something has happened since it was tried: try again
            raise Invalid.of("/file", "conflict", "The file fits no more. Choose it again.")
        flash(
            ngettext("%(num)s result is entered.", "%(num)s results are entered.", outcome.made)
            + (" " + _("%(count)s were there already.", count=outcome.already) if outcome.already else ""),
            "success",
        )
        return url_for("batches_pages.work")

    try:
        if form.get("_rows"):
            return once(session, actor.user_id, form, act)
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid.of("/file", "required", "This is needed.")
        table = result_file.read(Upload().deserialize(file, "file").content)
        with trial(session):
            outcome = result_file.enter(session, actor, table.rows)
    except REFUSALS as error:
        return _work_page(session, actor, blank, *refusal(error, WORK_LABELS))
    carried = json.dumps([[row.number, dict(row.cells)] for row in table.rows], ensure_ascii=False)
    return _work_page(
        session, actor, blank, {}, 422 if outcome.errors else 200,
        outcome=outcome, bad=outcome.errors[:ERRORS_SHOWN], carried="" if outcome.errors else carried,
        sheets=table.sheets,
    )  # fmt: skip


def _rows(form: Form) -> list[sheet_import.Row]:
    """Return the rows that were shown to be right; whatever comes back is checked like the file itself."""
    try:
        listed = json.loads(form["_rows"])[: limits.RESULT_ROWS]
        return [
            sheet_import.Row(int(number), {name: str(cells.get(name, "")) for name in result_file.COLUMNS})
            for number, cells in listed
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid.of("/file", "not_a_table", "Choose the file again.") from error


@bp.get("/tubes/work/results.csv")
@edge("result.file")
def work_template(session: Session, actor: Actor) -> Response:
    """Give out a CSV file with a row for each tube that awaits its result."""
    numbers = session.scalars(
        select(col(Tube.tube_no))
        .where(tubes.visible(actor), col(Tube.lab_id) == actor.business_id, ~tubes.answered())
        .order_by(col(Tube.tube_id))
        .limit(TEMPLATE_ROWS)
    ).all()
    response = Response(result_file.template(numbers), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="results.csv"'
    return response
