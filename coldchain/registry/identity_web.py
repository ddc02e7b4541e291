"""Pages of businesses without a code: giving a temporary number, merging."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import files_out, limits, stored_files
from coldchain.core.edge import edge
from coldchain.core.errors import Conflict, NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.core.text import looked_for
from coldchain.registry import identity_forms as forms
from coldchain.registry import identity_schemas as schemas
from coldchain.registry import words
from coldchain.registry.models import Business
from coldchain.registry.service import duplicates, lookups, merge_targets, merging, provisional
from coldchain.registry.web import areas

bp = Blueprint("identity_pages", __name__)


@bp.get("/businesses/provisional/new")
@edge("business.provisional")
def new_provisional(session: Session, actor: Actor) -> Any:
    """Show the form for a business without a code."""
    return _provisional_form(session, actor, Form({"site_kind": "shop"}), {})


def _provisional_form(
    session: Session, actor: Actor, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    page = render_template(
        "registry/new_provisional.html",
        values=form,
        errors=errors,
        areas=areas(session, actor),
        once=form.get("_once") or new_once(),
        **forms.words_of(),
    )
    return Response(page, status)


@bp.post("/businesses/provisional/new")
@edge("business.provisional")
def new_provisional_submit(session: Session, actor: Actor) -> Any:
    """Give a temporary number and go to the business."""
    form, said = forms.typed(request.form)

    def act() -> str:
        var_dir = current_app.config["SETTINGS"].var_dir
        made = provisional.register(session, actor, var_dir=var_dir, **said(request.files))
        flash(_("The temporary number is %(number)s.", number=made.temporary_no), "success")
        return url_for("home.show_business", business=made.business_id)

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        return _provisional_form(session, actor, form, *refusal(error, forms.LABELS))


@bp.get("/businesses/<string:business>/photo")
@edge("business.read")
def show_photo(session: Session, actor: Actor, business: str) -> Response:
    """Show the photograph that an officer took where the business was found."""
    row = provisional.photo_of(session, actor, business)
    content = stored_files.content_of(current_app.config["SETTINGS"].var_dir, row)
    return files_out.answer(row, content, row.media_type)


@bp.get("/businesses/<string:business>/merge")
@edge("business.merge")
def merge(session: Session, actor: Actor, business: str) -> Any:
    """Ask into which business, and show what would go over."""
    found = lookups.named_business(session, business)
    form = Form({"into": looked_for(request.args.get("into", ""), limits.SEARCH_CHARS)})
    errors: dict[str, str] = {}
    status = 200
    would = None
    try:
        if form["into"] and _is_number(session, form["into"]):
            would = merging.preview(session, actor, found.business_id, **load(schemas.MergePreviewQuery(), form))
    except NotFound:
        errors = {"into": _("This business lies outside of your area: an officer of both areas merges.")}
    except REFUSALS as error:
        errors, status = refusal(error, forms.LABELS)
    return _merge_page(session, actor, found, form, errors, status, would)


def _is_number(session: Session, typed: str) -> bool:
    """Say whether a typed text names a business by itself; else it is looked for."""
    try:
        lookups.find_business(session, typed)
    except NotFound:
        return False
    return True


def _merge_page(
    session: Session,
    actor: Actor,
    found: Business,
    form: Form,
    errors: dict[str, str],
    status: int,
    would: dict[str, Any] | None,
) -> Response:
    if found.uscc is not None or found.merged_into_id is not None:
        raise NotFound
    typed = looked_for(form.get("into", ""), limits.SEARCH_CHARS)
    candidates = merge_targets.found(session, actor, found, typed) if typed and not would and not errors else []
    if typed and not would and not errors and not candidates:
        errors, status = {"into": _("There is no such business.")}, 422
    page = render_template(
        "registry/merge.html",
        business=found,
        candidates=candidates,
        going_over=would["moves"] if would else merge_targets.going_over(session, actor, found.business_id),
        would=would,
        pairs=duplicates.of(session, actor, found),
        reasons=words.DUPLICATE_REASONS,
        moves=words.MOVES,
        values=form,
        errors=errors,
        labels=forms.LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/businesses/<string:business>/merge")
@edge("business.merge")
def merge_submit(session: Session, actor: Actor, business: str) -> Any:
    """Merge, and go to the business that stands."""
    form = copy(request.form)

    def act() -> str:
        merged = merging.merge(session, actor, business, **load(schemas.MergeSchema(), form))
        flash(_("Merged. What was recorded under the temporary number is this business's now."), "success")
        return url_for("home.show_business", business=merged["into"]["business_id"])

    found = lookups.named_business(session, business)
    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        errors, status = refusal(error, forms.LABELS)
        if isinstance(error, Conflict) and error.code == "business_merged":
            raise
        return _merge_page(session, actor, found, form, errors, status, None)
