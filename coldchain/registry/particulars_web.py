"""Pages on which licences and contacts of a business are kept, and objections raised and answered."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.registry import identity_schemas as schemas
from coldchain.registry import service, words
from coldchain.registry.service import appeals, licences, people_to_reach, reopening
from coldchain.registry.web import readable

bp = Blueprint("particulars", __name__)

LABELS: Final = {
    "number": _l("Licence number"),
    "valid_from": _l("Valid from"),
    "valid_to": _l("Valid to"),
    "post": _l("Post"),
    "name": _l("Name of the person"),
    "phone": _l("Phone"),
    "objection": _l("What you object to, and why"),
    "outcome": _l("What becomes of the decision"),
    "answer": _l("Answer"),
}


@bp.get("/businesses/<string:business>/particulars")
@edge("licence.record")
def show(session: Session, actor: Actor, business: str) -> Any:
    """Show licences and contacts, with the forms to add one."""
    return _page(session, actor, business, Form(), {})


def _page(session: Session, actor: Actor, ref: str, form: Form, errors: dict[str, str], status: int = 200) -> Response:
    found, full = readable(session, actor, ref)
    if not full or not may(actor, "licence.record", licences.resource(found)):
        raise NotFound
    page = render_template(
        "registry/particulars.html",
        business=service.read_business(session, actor, found.business_id),
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/businesses/<string:business>/licences")
@edge("licence.record")
def record_licence(session: Session, actor: Actor, business: str) -> Any:
    """Record a licence."""
    return _done(
        session, actor, business,
        lambda form: licences.record(session, actor, business, **load(schemas.LicenceRecordSchema(), form)),
        str(_("The licence is recorded.")),
    )  # fmt: skip


@bp.post("/businesses/<string:business>/contacts")
@edge("licence.record")
def add_contact(session: Session, actor: Actor, business: str) -> Any:
    """Enter somebody to be reached."""
    return _done(
        session, actor, business,
        lambda form: people_to_reach.add(session, actor, business, **load(schemas.ContactRecordSchema(), form)),
        str(_("The contact is kept.")),
    )  # fmt: skip


def _done(
    session: Session, actor: Actor, business: str, act: Callable[[Form], Any], said: str, *, objections: bool = False
) -> Response:
    """Do what a form of a business's particulars, or of its objections, asks for, and go back to its page."""
    form = copy(request.form)

    def tried() -> str:
        act(form)
        flash(said, "success")
        return url_for("particulars.show_objections" if objections else "particulars.show", business=business)

    try:
        return once(session, actor.user_id, form, tried)
    except NotFound:
        raise
    except REFUSALS as error:
        page = _objections if objections else _page
        return page(session, actor, business, form, *refusal(error, LABELS))


@bp.post("/licences/<uuid:licence_id>/end")
@edge("licence.record")
def end_licence(session: Session, actor: Actor, licence_id: UUID) -> Any:
    """Note that a licence is not in force any more."""
    row = licences.end(session, actor, licence_id)
    flash(_("Noted: this licence is not in force any more."), "success")
    return redirect(url_for("particulars.show", business=row.business_id), 303)


@bp.post("/contacts/<uuid:contact_id>/end")
@edge("licence.record")
def end_contact(session: Session, actor: Actor, contact_id: UUID) -> Any:
    """Note that somebody is not to be reached there any more."""
    of = people_to_reach.end(session, actor, contact_id)
    flash(_("Noted: this person is not a contact any more."), "success")
    return redirect(url_for("particulars.show", business=of["business_id"]), 303)


@bp.get("/businesses/<string:business>/objections")
@edge("business.read")
def show_objections(session: Session, actor: Actor, business: str) -> Any:
    """Show the objections to decisions about a business with their answers, and what the reader may add."""
    return _objections(session, actor, business, Form(), {})


def _objections(
    session: Session, actor: Actor, ref: str, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    found, full = readable(session, actor, ref)
    if not full:
        raise NotFound
    page = render_template(
        "registry/objections.html",
        business=service.read_business(session, actor, found.business_id),
        decisions=words.DECISIONS,
        outcomes=words.OUTCOMES,
        may_object=appeals.may_object(session, actor, found),
        may_answer=may(actor, "business.decide", licences.resource(found)),
        still_stands=appeals.of_standing(session, found.business_id),
        may_reinstate="reinstate" in reopening.possible(session, found),
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/businesses/<string:business>/objections")
@edge("business.object")
def raise_objection(session: Session, actor: Actor, business: str) -> Any:
    """Object to the last decision."""
    return _done(
        session, actor, business,
        lambda form: appeals.raise_(session, actor, business, **load(schemas.ObjectionRaiseSchema(), form)),
        str(_("The objection is recorded. The answer will stand on this page.")),
        objections=True,
    )  # fmt: skip


@bp.post("/objections/<uuid:appeal_id>/answer")
@edge("business.decide")
def answer_objection(session: Session, actor: Actor, appeal_id: UUID) -> Any:
    """Answer an objection."""
    return _done(
        session, actor, str(appeals.business_of(session, actor, appeal_id)),
        lambda form: appeals.answer(session, actor, appeal_id, **load(schemas.ObjectionAnswerSchema(), form)),
        str(_("The answer is recorded, and the business reads it.")),
        objections=True,
    )  # fmt: skip
