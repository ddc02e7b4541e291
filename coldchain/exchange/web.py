"""Pages of spreadsheets: hand one in, see what would come of it, take it in, read what it became."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import limits, problems
from coldchain.core.edge import also_needs, edge
from coldchain.core.errors import Conflict, Invalid
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, attempt, refusal
from coldchain.core.uploads import Upload
from coldchain.exchange import engine, first_rows, present, service
from coldchain.exchange.models import SheetImport
from coldchain.registry import service as registry

bp = Blueprint("sheet_pages", __name__)

BAD_SHOWN: Final = 100
UNITS_SHOWN: Final = 50
RECENT: Final = 5
LABELS: Final[dict[str, LazyText]] = {"file": _l("Spreadsheet"), "business": _l("Business")}
BACK: Final = {  # where somebody comes from, and what that is called
    "arrivals": ("/arrivals", _l("Arrivals")),
    "businesses": ("/businesses", _l("Businesses")),
    "workers": ("/sampling-due", _l("Due for sampling")),
}


@bp.get("/sheets/arrivals")
@edge("arrival.register")
def arrivals(session: Session, actor: Actor) -> Any:
    """Show the form that takes a spreadsheet of arrivals."""
    return _upload_page(session, actor, "arrivals", {})


@bp.post("/sheets/arrivals")
@edge("arrival.register")
def arrivals_submit(session: Session, actor: Actor) -> Any:
    """Look at a spreadsheet of arrivals."""
    return _hand_in(session, actor, "arrivals")


@bp.get("/sheets/businesses")
@edge("business.register")
def businesses(session: Session, actor: Actor) -> Any:
    """Show the form that takes a spreadsheet of businesses."""
    return _upload_page(session, actor, "businesses", {})


@bp.post("/sheets/businesses")
@edge("business.register")
def businesses_submit(session: Session, actor: Actor) -> Any:
    """Look at a spreadsheet of businesses."""
    return _hand_in(session, actor, "businesses")


@bp.get("/sheets/workers")
@edge("worker.register")
def workers(session: Session, actor: Actor) -> Any:
    """Show the form that takes a spreadsheet of people at work."""
    return _upload_page(session, actor, "workers", {})


@bp.post("/sheets/workers")
@edge("worker.register")
def workers_submit(session: Session, actor: Actor) -> Any:
    """Look at a spreadsheet of people at work."""
    return _hand_in(session, actor, "workers")


def _upload_page(session: Session, actor: Actor, kind: str, errors: dict[str, str], status: int = 200) -> Response:
    page = render_template(
        "exchange/upload.html",
        kind=service.KINDS[kind],
        back=BACK[kind],
        errors=errors,
        labels=LABELS,
        business=request.values.get("business", ""),
        asks_business=actor.business_id is None and service.KINDS[kind].of_business,
        rows_max=limits.IMPORT_ROWS,
        megabytes=limits.UPLOAD_BYTES // 1024 // 1024,
        recent=service.recent(session, actor, kind, RECENT),
    )
    return Response(page, status)


def _hand_in(session: Session, actor: Actor, kind: str) -> Response:
    try:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid.of("/file", "required", "This is needed.")
        content = Upload().deserialize(file, "file").content
        with attempt(session):
            row = service.hand_in(session, actor, kind, content, request.form.get("business", "").strip() or None)
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
        return _upload_page(session, actor, kind, {name or "file": said for name, said in errors.items()}, status)
    return _to(row.import_id)


def _to(import_id: UUID) -> Response:
    response: Response = redirect(f"/sheets/{import_id}", 303)  # type: ignore[assignment]
    return response


@bp.get("/sheets/<uuid:import_id>")
@edge("sheet.use")
def show(session: Session, actor: Actor, import_id: UUID) -> Any:
    """Show what would come of a spreadsheet, how far it is, or what it became."""
    return _page(session, actor, service.get(session, actor, import_id), "exchange/import.html")


@bp.get("/sheets/<uuid:import_id>/progress")
@edge("sheet.use")
def progress(session: Session, actor: Actor, import_id: UUID) -> Any:
    """Show only the part of the page that changes while the worker is at it."""
    return _page(session, actor, service.get(session, actor, import_id), "exchange/_state.html")


def _page(session: Session, actor: Actor, row: SheetImport, template: str, error: str = "") -> str:
    kind = service.KINDS[row.kind]
    outcome = row.outcome or {}
    taken = service.taken_in(session, actor, row)
    made = (taken or {}).get("outcome") or outcome
    bad = engine.bad_cells(outcome)
    business = registry.brief(session, [row.business_id]).get(row.business_id) if row.business_id else None
    return render_template(
        template,
        row=row,
        kind=kind,
        back=BACK[row.kind],
        business=business if actor.business_id is None else None,
        outcome=outcome,
        made=made,
        units=made.get("made", [])[:UNITS_SHOWN],
        bad=bad[:BAD_SHOWN],
        bad_count=outcome.get("bad_count", 0),
        taken=taken,
        former=service.former(session, row),
        first=first_rows.of(row),
        answer=present.shown(session, actor, row),
        error=error,
        why=problems.said(outcome["message"], outcome["params"]) if "message" in outcome else "",
        labels={column.name: column.label for column in kind.columns},
    )


@bp.post("/sheets/<uuid:import_id>/take")
@edge("sheet.use")
def take(session: Session, actor: Actor, import_id: UUID) -> Any:
    """Take in what was looked at; pressed twice it is the same act."""
    for action in service.also_needed(session, actor, import_id):
        also_needs(actor, action)
    try:
        with attempt(session):
            service.take(session, actor, import_id)
    except Conflict as refused:
        error = refusal(refused)[0][""]
        row = service.get(session, actor, import_id)
        return Response(_page(session, actor, row, "exchange/import.html", error), refused.status)
    return _to(import_id)


@bp.get("/sheets/<uuid:import_id>/bad-cells.csv")
@edge("sheet.use")
def bad_cells(session: Session, actor: Actor, import_id: UUID) -> Response:
    """Give out all bad cells as a table."""
    return present.bad_cells(service.get(session, actor, import_id))


@bp.get("/sheets/templates/<string:kind>.xlsx")
@edge("sheet.use")
def template(session: Session, actor: Actor, kind: str) -> Response:
    """Give out a spreadsheet to fill in."""
    return present.template(actor, kind)
