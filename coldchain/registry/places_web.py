"""Pages of venues, and the forms that correct a venue or a site. The page of a site is composed in `home`."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, copy, filled, load, new_once, once, refusal
from coldchain.regions import service as regions
from coldchain.registry import places_schemas, schemas, service, words
from coldchain.registry.models import Venue
from coldchain.registry.service import at, offices, place, stewards, venues
from coldchain.registry.web import LABELS, areas, offices_in

bp = Blueprint("places_pages", __name__)

PAGE_ROWS: Final = 20
SITES_SHOWN: Final = 100
VENUES_OFFERED: Final = 200


@bp.get("/venues")
@edge("office.read")
def list_venues(session: Session, actor: Actor) -> Any:
    """List venues with what lies in them; officers see those of their area first."""
    form = Form((name, text.strip()) for name, text in request.args.items() if text.strip())
    errors: dict[str, str] = {}
    query = load(schemas.VenueQuery(), Form())
    try:
        query = load(schemas.VenueQuery(), form)
    except REFUSALS as error:
        errors = refusal(error, LABELS)[0]
    query["limit"] = PAGE_ROWS
    if query["region_code"] is None and len(actor.regions) == 1:
        query["region_code"] = actor.regions[0]
    rows, following = service.search_venues(session, actor, **query)
    sees_all = relation(actor, "site.read") is not None and actor.business_id is None
    page = render_template(
        "registry/venues.html",
        rows=rows,
        following=following,
        values=form,
        errors=errors,
        kinds=words.VENUE_KINDS,
        areas=areas(session, actor),
        names=regions.names(session, {row["region_code"] for row in rows}, current_locale()),
        counts=venues.counts(session, actor, [row["venue_id"] for row in rows]),
        sees_all=sees_all,
        stores=stewards.count(session, actor) if sees_all else None,
        may_register=relation(actor, "venue.register") is not None,
        without=lambda *names: {n: t for n, t in form.items() if n not in {*names, "cursor"}},
    )
    return Response(page, 422 if errors else 200)


@bp.route("/venues/new", methods=["GET", "POST"])
@edge("venue.register")
def new_venue(session: Session, actor: Actor) -> Any:
    """Show or take the form of a venue."""
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":

        def act() -> str:
            made = service.register_venue(session, actor, **load(schemas.VenueRegistrationSchema(), form))
            flash(_("Registered. Print its sign, then register the sites in it."), "success")
            return url_for("places_pages.show_venue", venue_id=made["venue_id"])

        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    else:
        form = Form({"region_code": actor.regions[0]} if actor.regions else {})
    return _venue_form(session, actor, form, errors, status)


def _venue_form(
    session: Session,
    actor: Actor,
    form: Form,
    errors: dict[str, str],
    status: int = 200,
    venue: dict[str, Any] | None = None,
) -> Response:
    codes = [venue["region_code"]] if venue else list(actor.regions)
    page = render_template(
        "registry/venue_form.html",
        venue=venue,
        values=form,
        errors=errors,
        labels=LABELS,
        kinds=words.VENUE_KINDS,
        areas=areas(session, actor),
        offices=offices_in(session, codes),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.get("/venues/<uuid:venue_id>")
@edge("office.read")
def show_venue(session: Session, actor: Actor, venue_id: UUID) -> Any:
    """Show a venue as a tree: its sites with their zones, as far as the reader may see them, and its sign."""
    venue = venues.read(session, actor, venue_id)
    here = Resource.of(places=[place(session.get_one(Venue, venue_id))])
    rows: list[dict[str, Any]] = []
    following = None
    if relation(actor, "site.read") is not None:
        cursor = request.args.get("cursor") or None
        rows, following = service.search_sites(
            session, actor, venue_id=venue_id, limit=SITES_SHOWN, cursor=cursor
        )  # fmt: skip
    return render_template(
        "registry/venue.html",
        venue=venue,
        region=regions.name(session, venue["region_code"], current_locale()),
        kinds=words.VENUE_KINDS,
        site_kinds=words.SITE_KINDS,
        zone_kinds=words.ZONE_KINDS,
        sites=rows,
        following=following,
        counts=venues.counts(session, actor, [venue_id]).get(venue_id),
        former=venues.former_names(session, venue_id),
        may_correct=may(actor, "venue.register", here),
        may_print=may(actor, "sign.print", here),
    )


@bp.route("/venues/<uuid:venue_id>/correct", methods=["GET", "POST"])
@edge("venue.register")
def correct_venue(session: Session, actor: Actor, venue_id: UUID) -> Any:
    """Show or take the form that corrects a venue."""
    row = session.get(Venue, venue_id)
    if row is None or not may(actor, "venue.register", Resource.of(places=[place(row)])):
        raise NotFound
    venue = venues.read(session, actor, venue_id)
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":

        def act() -> str:
            venues.correct_venue(session, actor, venue_id, **load(places_schemas.VenueCorrectionSchema(), form))
            flash(_("Corrected. The sign keeps its code; print it anew if the name on it is another."), "success")
            return url_for("places_pages.show_venue", venue_id=venue_id)

        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    else:
        form = filled({name: venue[name] for name in ("name", "kind", "address", "latitude", "longitude")})
        form["office"] = venue["office"].name if venue["office"] else ""
    return _venue_form(session, actor, form, errors, status, venue)


@bp.route("/sites/<uuid:site_id>/correct", methods=["GET", "POST"])
@edge("site.register")
def correct_site(session: Session, actor: Actor, site_id: UUID) -> Any:
    """Show or take the form that corrects a site."""
    site = service.read_site(session, actor, site_id)
    row = service.site(session, site_id)
    if not may(actor, "site.register", at(row, row.business_id)):
        raise NotFound
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":

        def act() -> str:
            venues.correct_site(session, actor, site_id, **load(places_schemas.SiteCorrectionSchema(), form))
            flash(_("Corrected. The sign keeps its code; print it anew if the name on it is another."), "success")
            return url_for("home.show_site", site_id=site_id)

        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    else:
        form = filled({name: site[name] for name in ("name", "address", "latitude", "longitude")})
        form["venue_id"] = str(site["venue"].venue_id) if site["venue"] else ""
        form["office"] = site["office"].name if site["office"] else ""
        form["grid"] = site["grid"].code if site["grid"] else ""
    offered, _more = service.search_venues(session, actor, region_code=site["region_code"], limit=VENUES_OFFERED)
    page = render_template(
        "registry/site_correct.html",
        site=site,
        values=form,
        errors=errors,
        labels=LABELS,
        venues=[(venue["venue_id"], venue["name"]) for venue in offered],
        offices=offices_in(session, [site["region_code"]]),
        grids=offices.grids_offered(session, site["region_code"]),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)
