"""Pages of the commitment letter (承诺书): read it, print it, sign it or hand in the signed paper; who lacks it."""

from typing import Any, Final

from flask import Blueprint, Response, current_app, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.core import clock, limits, pages
from coldchain.core.edge import edge
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.registry import schemas, service
from coldchain.registry.letter_schemas import LACKING, LackingQuery
from coldchain.registry.service import letters, place
from coldchain.registry.web import LABELS as REGISTER_LABELS
from config import Settings

bp = Blueprint("letters", __name__)

PAGE_ROWS: Final = 20
LABELS: Final = REGISTER_LABELS | {"file": _l("The signed paper"), "_agreed": _l("Consent")}


@bp.get("/businesses/<string:business>/letter")
@edge("business.read")
def show_letter(session: Session, actor: Actor, business: str) -> Any:
    """Show the text of the letter to read and print, what was signed, and the form to sign it."""
    return _page(session, actor, business, Form(), {})


def _page(session: Session, actor: Actor, ref: str, form: Form, errors: dict[str, str], status: int = 200) -> Response:
    found = service.find_business(session, ref)
    here = Resource.of(found.business_id, places=[place(found)])
    if not may(actor, "business.read", here):
        raise NotFound
    texts = service.commitment_texts(session)
    current = service.current_text(session)
    wanted = request.args.get("version")
    shown = next((text for text in texts if text.version == wanted), current)
    signed = letters.of_business(session, actor, found.business_id)
    page = render_template(
        "registry/letter.html",
        business=found,
        texts=texts,
        text=shown,
        current=current,
        signed=signed,
        needed=found.handles_imported and found.status in letters.ASKED,
        has_current=current is not None and any(letter["version"] >= current.version for letter in signed),
        may_sign=may(actor, "business.sign_commitment", here) and found.status != "closed",
        own=actor.business_id == found.business_id,
        signer=actor.display_name,
        today=pages.day(clock.now()),
        values=form,
        errors=errors,
        labels=LABELS,
        file_lost=bool(errors),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/businesses/<string:business>/letter")
@edge("business.sign_commitment")
def sign_letter(session: Session, actor: Actor, business: str) -> Any:
    """Sign the letter, or record the signed paper."""
    form = copy(request.form)
    agreed = form.pop("_agreed", "") == "yes"
    uploaded = request.files.get("file")
    content = uploaded.read(limits.UPLOAD_BYTES + 1) if uploaded is not None and uploaded.filename else None

    def act() -> str:
        said = load(schemas.CommitmentSignatureSchema(), form)
        if not agreed:
            raise Invalid.of("/_agreed", "required", "Say that the letter was read and is signed.")
        settings: Settings = current_app.config["SETTINGS"]
        service.sign_commitment(session, actor, business, content=content or None, var_dir=settings.var_dir, **said)
        flash(_("The signed letter is recorded."), "success")
        return url_for("letters.show_letter", business=business)

    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        return _page(session, actor, business, form, *refusal(error, LABELS))


@bp.get("/letters")
@edge("business.read")
def list_lacking(session: Session, actor: Actor) -> Any:
    """Show who deals in imported food and has not signed the letter of today."""
    if not actor.regions and actor.business_id is not None:
        raise NotFound  # a business reads of its own letter at its own page
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "state"} and text}
    query = load(LackingQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    rows, following = letters.lacking(session, actor, **query)
    return render_template(
        "registry/letters.html",
        rows=rows,
        following=following,
        query=query,
        counts=letters.count_lacking(session, actor),
        states=LACKING,
        current=service.current_text(session),
    )
