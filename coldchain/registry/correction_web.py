"""The page on which what stands of a registered business is corrected."""

from typing import Any, Final

from flask import Blueprint, Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import OWNER, may, relation
from coldchain.core.edge import edge
from coldchain.core.errors import FieldError, Invalid, NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, copy, filled, load, new_once, once, refusal
from coldchain.registry import schemas, service, words
from coldchain.registry.service import correcting
from coldchain.registry.service.business_view import resource
from coldchain.registry.web import LABELS, offices_in, readable

bp = Blueprint("correction", __name__)

FIELDS: Final = (
    "name", "kinds", "handles_imported", "office", "legal_representative", "phone", "address", "licence_no",
)  # fmt: skip


@bp.route("/businesses/<string:business>/correct", methods=["GET", "POST"])
@edge("business.amend")
def correct(session: Session, actor: Actor, business: str) -> Any:
    """Show or take the form that corrects a business; an owner's asks for phone and address only."""
    found, _full = readable(session, actor, business)
    if not may(actor, "business.amend", resource(found)):
        raise NotFound
    stands = service.read_business(session, actor, found.business_id)
    shown = correcting.BY_ITSELF if relation(actor, "business.amend") == OWNER else FIELDS
    known = filled({name: stands[name] for name in shown if name != "office"})
    if "office" in shown:
        known["office"] = stands["office"].name if stands["office"] else ""
    if request.method == "GET":
        return _page(session, stands, shown, known, {})
    form = copy(request.form)

    def act() -> str:
        said = load(schemas.BusinessCorrectionSchema(), form)
        emptied = [name for name in shown if known.get(name) and not form.get(name, "").strip()]
        if emptied:
            raise Invalid(errors=[FieldError(f"/{name}", "required", "This is needed.") for name in emptied])
        if said["office"] == known.get("office"):
            said["office"] = None  # it stands, though it may have ended since
        correcting.correct(session, actor, found.business_id, **said)
        flash(_("Corrected. What was said before stays in the journal."), "success")
        return url_for("home.show_business", business=found.business_id)

    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        return _page(session, stands, shown, form, *refusal(error, LABELS))


def _page(
    session: Session,
    business: dict[str, Any],
    shown: tuple[str, ...],
    form: Form,
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    stands = [(business["office"].name, business["office"].name)] if business["office"] else []
    page = render_template(
        "registry/business_correct.html",
        business=business,
        shown=shown,
        values=form,
        errors=errors,
        labels=LABELS,
        kinds=words.BUSINESS_KINDS,
        offices=list(dict.fromkeys([*offices_in(session, [business["region_code"]]), *stands])),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)
