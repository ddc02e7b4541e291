"""A laboratory's work: results one after the other by keyboard or scanner, or all at once from a spreadsheet.

The tube's number is scanned or typed and Enter sends it; what stays the same from tube to tube stays in the form. What
the tubes are entered as is chosen once: after a negative the run goes on as negative, shown large, until it is ended. A
positive leads to its check first, since it locks goods, and begins no run. What has a result is not entered again.
"""

import json
from typing import Any, Final

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session, col, func, select

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
from coldchain.core.text import normalise_name
from coldchain.core.uploads import Upload

WORK_LABELS: Final[dict[str, LazyText]] = {"tube_no": _l("Tube number"), "file": _l("Spreadsheet"), **RESULT_LABELS}
STAYS: Final = ("stage", "received_at", "reported_at", "report_no", "analyst")
TEMPLATE_ROWS: Final = 200
ERRORS_SHOWN: Final = 100
RUNS: Final = ("negative",)  # what one tube after the other may be entered as without choosing again


@bp.get("/tubes/work")
@edge("result.file")
def work(session: Session, actor: Actor) -> Any:
    """Show the tubes that await a result, with the form that takes them one after the other."""
    form: Form = Form({"stage": "preliminary", "reported_at": pages.form_moment(clock.now())})
    after = request.args.get("after", "")
    if request.args.get("run") in RUNS:
        form["_run"] = form["result"] = request.args["run"]
    last = next(
        (
            row
            for tube in service.search_tubes(session, actor, tube_no=after, limit=1)[0]
            for row in reversed(tube["results"])
        ),
        None,
    ) if after else None  # fmt: skip
    if last is not None:
        for name in ("stage", "report_no", "analyst"):
            form[name] = last[name] or ""
        for name in ("received_at", "reported_at"):
            form[name] = pages.form_moment(last[name])
    return _work_page(session, actor, form, {})


def _work_page(
    session: Session, actor: Actor, form: Form, errors: dict[str, str], status: int = 200, **more: Any
) -> Response:
    if form.get("_run") not in RUNS:
        form.pop("_run", None)
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
        words=words,
        rows_max=limits.RESULT_ROWS,
        after=(request.args.get("after") or form.get("_after", ""))[: limits.CODE_CHARS],
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
        former = _former(session, actor, tube, form)
        if former is not None:
            raise _Already(former)
        told: Form = Form((name, text) for name, text in form.items() if name in RESULT_LABELS)
        if told.get("result") == "positive":
            carried: Any = {name: told.get(name, "") for name in ("result", *STAYS) if name != "analyst"}
            return url_for("batches_pages.new_result", tube_id=tube.tube_id, **carried)
        data = load(schemas.ResultRegistrationSchema(), told)
        service.report_result(session, actor, tube.tube_id, **data)
        flash(_("Tube %(number)s: %(result)s", number=tube.tube_no, result=words.RESULTS[data["result"]]), "success")
        run = {"run": data["result"]} if data["result"] in RUNS else {}
        return url_for("batches_pages.work", after=tube.tube_no, **run)

    try:
        return once(session, actor.user_id, form, act)
    except _Already as error:
        form["tube_no"] = ""  # the next one is scanned into it
        said = _("This tube has a result of this test already. Nothing was entered.")
        return _work_page(session, actor, form, {"tube_no": said}, 409, former=error.former)
    except REFUSALS as error:
        return _work_page(session, actor, form, *refusal(error, WORK_LABELS))


class _Already(Exception):
    """The tube has a result of the same test, which stands."""

    def __init__(self, former: dict[str, Any]) -> None:
        super().__init__()
        self.former = former


def _former(session: Session, actor: Actor, tube: Tube, form: Form) -> dict[str, Any] | None:
    """Return the result of the same test that stands on a tube, with the tube; None when there is none."""
    described = service.read_tube(session, actor, tube.tube_id)
    for result in reversed(described["results"]):
        counts = not result["superseded_by"] and not result["released_at"] and result["result"] != "invalid"
        if counts and result["stage"] == form.get("stage"):
            return {"tube": described, "result": result}
    return None


def _tube(session: Session, actor: Actor, form: Form) -> Tube:
    number = form.get("tube_no", "").strip()
    if not number:
        raise Invalid.of("/tube_no", "required", "This is needed.")
    own = select(Tube).where(tubes.visible(actor), col(Tube.lab_id) == actor.business_id)
    found = session.scalars(own.where(col(Tube.tube_no) == number)).first() or _alike(session, own, number)
    if found is None:
        raise Invalid.of("/tube_no", "unknown_tube", "Your laboratory has no tube of this number.")
    return found


def _alike(session: Session, own: Any, number: str) -> Tube | None:
    """Return the one tube whose number differs in case, blanks and separators only; None if there are several."""
    wanted = normalise_name(number)
    signs = func.lower(func.regexp_replace(col(Tube.tube_no), "[^[:alnum:]]+", "", "g"))
    rows = session.scalars(own.where(signs == wanted).limit(2)).all() if wanted else []
    return rows[0] if len(rows) == 1 else None


@bp.post("/tubes/work/file")
@edge("result.file")
def work_file(session: Session, actor: Actor) -> Any:
    """Say what would come of a spreadsheet, every bad cell by name; or enter what was said to be right."""
    form = copy(request.form)
    blank: Form = Form({"stage": "preliminary", "reported_at": pages.form_moment(clock.now())})

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
        found = col(Tube.tube_id).in_(outcome.positive_tubes)
        positive = service.search_tubes(session, actor, where=found, limit=limits.RESULT_ROWS)[0]
    except REFUSALS as error:
        return _work_page(session, actor, blank, *refusal(error, WORK_LABELS))
    carried = json.dumps([[row.number, dict(row.cells)] for row in table.rows], ensure_ascii=False)
    return _work_page(
        session, actor, blank, {}, 422 if outcome.errors else 200,
        outcome=outcome, bad=outcome.errors[:ERRORS_SHOWN], carried="" if outcome.errors else carried,
        positive=positive,
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
