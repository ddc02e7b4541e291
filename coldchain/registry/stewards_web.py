"""Pages of stewards (库长): naming one, ending a term, and the cold stores that lack one."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import OWNER, may, relation
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.registry import places_schemas, service, words
from coldchain.registry.models_stewards import STEWARD_KINDS, STEWARDED
from coldchain.registry.service import at, stewards

bp = Blueprint("stewards_pages", __name__)

PAGE_ROWS: Final = 20
LABELS: Final = {
    "kind": _l("Kind of steward"),
    "name": _l("Name of the person"),
    "phone": _l("Phone"),
    "publish_phone": _l("Phone on the sign"),
    "started_on": _l("In the post since"),
    "ended_on": _l("Last day in the post"),
}


@bp.get("/stewards")
@edge("site.read")
def list_lacking(session: Session, actor: Actor) -> Any:
    """List the cold stores that lack a steward, or have none at all."""
    none_at_all = request.args.get("none_at_all") == "true"
    rows, following = stewards.search_lacking(
        session, actor, none_at_all=none_at_all, limit=PAGE_ROWS, cursor=request.args.get("cursor") or None
    )
    return render_template(
        "registry/stewards.html",
        rows=rows,
        following=following,
        none_at_all=none_at_all,
        counts=stewards.count(session, actor),
        kinds=words.STEWARD_KINDS,
        may_appoint=relation(actor, "steward.appoint") is not None,
        cursor=request.args.get("cursor"),
    )


def posts(actor: Actor) -> list[str]:
    """Return the posts that a reader may fill: a business its own one, officers all."""
    if relation(actor, "steward.appoint") == OWNER:
        return [stewards.OWN_KIND]
    return list(STEWARD_KINDS)


@bp.route("/sites/<uuid:site_id>/stewards/new", methods=["GET", "POST"])
@edge("steward.appoint")
def new_steward(session: Session, actor: Actor, site_id: UUID) -> Any:
    """Show or take the form that names a steward of a cold store."""
    site = service.read_site(session, actor, site_id)
    row = service.site(session, site_id)
    if row.kind not in STEWARDED or not may(actor, "steward.appoint", at(row, row.business_id)):
        raise NotFound
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":

        def act() -> str:
            data = load(places_schemas.StewardAppointmentSchema(), form)
            data["publish_phone"] = bool(data["publish_phone"])
            stewards.appoint(session, actor, site_id, **data)
            flash(_("Entered. Print the stewards' sign anew."), "success")
            return url_for("home.show_site", site_id=site_id, _anchor="stewards")

        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    else:
        form = Form({"kind": request.args.get("kind", ""), "started_on": pages.day(clock.now())})
    held = stewards.stewards_of(session, [site_id])[site_id]
    duties = stewards.duties(session, clock.now().astimezone(clock.BEIJING).date())
    page = render_template(
        "registry/steward_new.html",
        site=site,
        values=form,
        errors=errors,
        labels=LABELS,
        posts=posts(actor),
        kinds=words.STEWARD_KINDS,
        held={each.kind: each for each in held},
        duties={kind: text["zh" if current_locale() == "zh_CN" else "en"] for kind, text in duties.items()},
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.route("/stewards/<uuid:steward_id>/end", methods=["GET", "POST"])
@edge("steward.appoint")
def end_steward(session: Session, actor: Actor, steward_id: UUID) -> Any:
    """Show or take the form that ends a term without a successor."""
    shown, site = stewards.read(session, actor, steward_id)
    if not may(actor, "steward.appoint", at(site, site.business_id)) or shown.kind not in posts(actor):
        raise NotFound
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200 if shown.ended_on is None else 409
    if request.method == "POST":

        def act() -> str:
            stewards.end(session, actor, steward_id, **load(places_schemas.StewardEndSchema(), form))
            flash(_("Noted. The store is on the list of those that lack a steward."), "success")
            return url_for("home.show_site", site_id=site.site_id, _anchor="stewards")

        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    else:
        form = Form({"ended_on": pages.day(clock.now())})
    page = render_template(
        "registry/steward_end.html",
        steward=shown,
        site=site,
        values=form,
        errors=errors,
        labels=LABELS,
        kinds=words.STEWARD_KINDS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)
