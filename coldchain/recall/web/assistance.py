"""The page of a request to another region: what is asked, how far it has come, taking it over, notes."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, may
from coldchain.core.edge import edge
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, attempt, copy, load, new_once, once, refusal
from coldchain.recall import assistance, assistance_view, drafts, duty_schemas, words
from coldchain.recall.web.blueprint import bp

PAGE_ROWS = 20
DIRECTIONS = ("in", "out")
LABELS = {"note": _l("Note to the other side")}


def _page(session: Session, actor: Actor, request_id: UUID, form: Form, errors: dict[str, str], status: int) -> Any:
    view = assistance_view.one(session, actor, request_id)
    there, here = assistance.place_of(view.request), Area(view.recall.region_code)
    running = view.recall.state == "announced"
    page = render_template(
        "recall/assistance.html",
        view=view,
        recall=view.recall,
        version=drafts.current_version(session, view.recall),
        kind=words.RECALL_KINDS[view.recall.kind],
        asked=may(actor, "finding.record", Resource.of(places=[there])),
        may_take_over=running
        and view.taken_over_at is None
        and may(actor, "assistance.take_over", Resource.of(places=[there])),
        may_note=may(actor, "assistance.note", Resource.of(places=[here])),
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.get("/assistance")
@edge("recall.read")
def list_assistance(session: Session, actor: Actor) -> Any:
    """List the requests to the reader's places and those of sweeps that the reader's side runs, newest first."""
    direction = request.args.get("direction") if request.args.get("direction") in DIRECTIONS else None
    rows, following = assistance_view.everywhere(
        session, actor, direction=direction, limit=PAGE_ROWS, cursor=request.args.get("cursor") or None
    )
    return render_template("recall/assistance_list.html", rows=rows, following=following, direction=direction)


@bp.get("/assistance/<uuid:request_id>")
@edge("recall.read")
def show_assistance(session: Session, actor: Actor, request_id: UUID) -> Any:
    """Show a request to either side."""
    return _page(session, actor, request_id, Form(), {}, 200)


@bp.post("/assistance/<uuid:request_id>/take-over")
@edge("assistance.take_over")
def take_over_assistance(session: Session, actor: Actor, request_id: UUID) -> Any:
    """Take a request over; taken over by somebody meanwhile, the page says by whom."""
    try:
        with attempt(session):
            assistance.take_over(session, actor, request_id)
    except REFUSALS as error:
        return _page(session, actor, request_id, Form(), *refusal(error))
    return redirect(url_for("recall.show_assistance", request_id=request_id), 303)


@bp.post("/assistance/<uuid:request_id>/notes")
@edge("assistance.note")
def note_assistance(session: Session, actor: Actor, request_id: UUID) -> Any:
    """Add a note of the asking side."""
    form = copy(request.form)

    def add() -> str:
        assistance.note(session, actor, request_id, **load(duty_schemas.AssistanceNoteSchema(), form))
        return url_for("recall.show_assistance", request_id=request_id)

    try:
        return once(session, actor.user_id, form, add)
    except REFUSALS as error:
        return _page(session, actor, request_id, form, *refusal(error, LABELS))
