"""Pages of the register: businesses with their cards, letters, sites and zones, and what was decided about them."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.regions import service as regions
from coldchain.registry import schemas, service, words
from coldchain.registry.models import BUSINESS_STATES, Business
from coldchain.registry.service import duplicates, overview, place, registration, reopening
from coldchain.registry.service.offices import grids_offered

bp = Blueprint("registry", __name__)

PAGE_ROWS: Final = 20
LABELS: Final = {
    "uscc": _l("Unified social credit code"),
    "uscc_override": _l("Why this code is right all the same"),
    "name": _l("Name"),
    "kinds": _l("Kinds of business"),
    "handles_imported": _l("Imported cold-chain food"),
    "region_code": _l("Region"),
    "office": _l("Office"),
    "legal_representative": _l("Legal representative"),
    "phone": _l("Phone"),
    "address": _l("Address"),
    "licence_no": _l("Food licence number"),
    "reason": _l("Reason"),
    "version": _l("Version of the letter"),
    "signed_by": _l("Signed by"),
    "signed_on": _l("Signed on"),
    "kind": _l("Kind"),
    "code": _l("Number of the zone"),
    "temperature_class": _l("Temperature"),
    "venue_id": _l("Venue"),
    "grid": _l("Grid"),
    "latitude": _l("Latitude"),
    "longitude": _l("Longitude"),
}
PLAIN: Final = ("approve",)  # decided without a reason


def _areas(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return code and name of the regions that the actor may choose from: own ones and those right below them."""
    codes = list(actor.regions)
    for area in actor.regions:
        codes += [region.code for region in regions.search(session, parent_code=area, limit=200)[0]]
    names = regions.names(session, codes, current_locale())
    return [(code, names[code]) for code in dict.fromkeys(codes)]


def _offices(session: Session, region_codes: list[str]) -> list[tuple[str, str]]:
    found = [office for code in region_codes for office in regions.offices(session, code)]
    return [(office.name, office.name) for office in {office.office_id: office for office in found}.values()]


areas, offices_in = _areas, _offices  # what other pages of the register's forms offer too


@bp.get("/businesses")
@edge("business.lookup")
def list_businesses(session: Session, actor: Actor) -> Any:
    """Show businesses with filters; officers see those of their area first."""
    form = Form((name, text.strip()) for name, text in request.args.items() if text.strip())
    errors: dict[str, str] = {}
    query = load(schemas.BusinessQuery(), Form())
    try:
        query = load(schemas.BusinessQuery(), form)
    except REFUSALS as error:
        errors = refusal(error, LABELS)[0]
    query["limit"] = PAGE_ROWS
    if query["region_code"] is None and len(actor.regions) == 1:
        query["region_code"] = actor.regions[0]
    rows, following = service.search_businesses(session, actor, **query)
    page = render_template(
        "registry/list.html",
        rows=rows,
        following=following,
        values=form,
        errors=errors,
        counts=overview.counts_by_status(session, query["region_code"]),
        states=BUSINESS_STATES,
        kinds=words.BUSINESS_KINDS,
        areas=_areas(session, actor),
        names=regions.names(session, {row["region_code"] for row in rows}, current_locale()),
        may_register=relation(actor, "business.register") is not None,
        may_find=relation(actor, "business.provisional") is not None,
        may_merge=relation(actor, "business.merge") is not None,
        may_letters=bool(actor.regions),
        without=lambda *names: {n: t for n, t in form.items() if n not in {*names, "cursor"}},
    )
    return Response(page, 422 if errors else 200)


@bp.get("/businesses/mine")
@edge("business.read")
def my_business(_session: Session, actor: Actor) -> Any:
    """Go to the business that the reader acts for."""
    if actor.business_id is None:
        raise NotFound
    return redirect(url_for("home.show_business", business=actor.business_id))


@bp.get("/businesses/new")
@edge("business.register")
def new_business(session: Session, actor: Actor) -> Any:
    """Show the form to register a business."""
    form = Form({"region_code": actor.regions[0]} if actor.regions else {})
    return _business_form(session, actor, form, {})


def _business_form(session: Session, actor: Actor, form: Form, errors: dict[str, str], status: int = 200) -> Response:
    page = render_template(
        "registry/new_business.html",
        values=form,
        errors=errors,
        labels=LABELS,
        kinds=words.BUSINESS_KINDS,
        areas=_areas(session, actor),
        offices=_offices(session, list(actor.regions)),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/businesses/new")
@edge("business.register")
def new_business_submit(session: Session, actor: Actor) -> Any:
    """Register a business and go to its page."""
    form = copy(request.form)

    def register() -> str:
        made = service.register_business(session, actor, **load(schemas.BusinessRegistrationSchema(), form))
        return url_for("home.show_business", business=made["business_id"])

    try:
        return once(session, actor.user_id, form, register)
    except REFUSALS as error:
        return _business_form(session, actor, form, *refusal(error, LABELS))


def readable(session: Session, actor: Actor, ref: str) -> tuple[Business, bool]:
    """Return a business and whether the reader may read all of it. Raises NotFound."""
    business = service.find_business(session, ref)
    return business, may(actor, "business.read", Resource.of(business.business_id, places=[place(business)]))


def lacks_letter(business: dict[str, Any]) -> bool:
    """Say whether a business, as it is read, can't be approved for want of its commitment letter."""
    return bool(business.get("handles_imported")) and not business.get("commitment")


@bp.get("/businesses/<string:business>/decisions/<decision>")
@edge("business.decide")
def decide(session: Session, actor: Actor, business: str, decision: str) -> Any:
    """Show what is about to be decided, with its reason."""
    return _decision_page(session, actor, business, decision, Form({"_once": new_once()}), {})


def _decision_page(
    session: Session, actor: Actor, ref: str, decision: str, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    found, _full = readable(session, actor, ref)
    here = Resource.of(found.business_id, places=[place(found)])
    if decision not in words.DECISIONS or not may(actor, "business.decide", here):
        raise NotFound
    business = service.read_business(session, actor, found.business_id)
    page = render_template(
        "registry/decision.html",
        business=business,
        lacks_letter=decision == "approve" and lacks_letter(business),
        application=registration.application(session, found),
        pairs=duplicates.of(session, actor, found) if decision == "approve" else [],
        reasons=words.DUPLICATE_REASONS,
        decision=decision,
        word=words.DECISIONS[decision],
        kinds=words.BUSINESS_KINDS,
        words=words.DECISIONS,
        possible=decision in reopening.possible(session, found),
        after=reopening.after(session, found, decision),
        plain=decision in PLAIN,
        values=form,
        errors=errors,
        labels=LABELS,
    )
    return Response(page, status)


@bp.post("/businesses/<string:business>/decisions/<decision>")
@edge("business.decide")
def decide_submit(session: Session, actor: Actor, business: str, decision: str) -> Any:
    """Decide, and go back to the business."""
    if decision not in words.DECISIONS:
        raise NotFound
    form = copy(request.form)
    schema = schemas.ApprovalSchema() if decision in PLAIN else schemas.DecisionSchema()

    def act() -> str:
        service.decide(session, actor, business, decision=decision, **load(schema, form))
        flash(str(words.DECIDED[decision]), "success")
        return url_for("home.show_business", business=business)

    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        return _decision_page(session, actor, business, decision, form, *refusal(error, LABELS))


@bp.get("/businesses/<string:business>/sites/new")
@edge("site.register")
def new_site(session: Session, actor: Actor, business: str) -> Any:
    """Show the form to register a site of a business."""
    found, full = readable(session, actor, business)
    if not full:
        raise NotFound
    form = Form({"region_code": found.region_code, "address": found.address or ""})
    return _site_form(session, actor, found, form, {})


def _site_form(
    session: Session, actor: Actor, business: Business, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    codes = list(dict.fromkeys([*actor.regions, business.region_code]))
    names = regions.names(session, codes, current_locale())
    venues, _following = service.search_venues(session, actor, region_code=business.region_code, limit=200)
    page = render_template(
        "registry/new_site.html",
        business=business,
        values=form,
        errors=errors,
        labels=LABELS,
        kinds=words.SITE_KINDS,
        venues=[(venue["venue_id"], venue["name"]) for venue in venues],
        areas=[(code, names[code]) for code in codes],
        offices=_offices(session, codes),
        grids=[grid for code in codes for grid in grids_offered(session, code)],
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/businesses/<string:business>/sites/new")
@edge("site.register")
def new_site_submit(session: Session, actor: Actor, business: str) -> Any:
    """Register a site and go on to its first zone."""
    found, full = readable(session, actor, business)
    if not full:
        raise NotFound
    form = copy(request.form)
    form["business"] = str(found.business_id)

    def act() -> str:
        made = service.register_site(session, actor, **load(schemas.SiteRegistrationSchema(), form))
        return url_for("registry.new_zone", site_id=made["site_id"])

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        return _site_form(session, actor, found, form, *refusal(error, LABELS))


@bp.get("/sites/<uuid:site_id>/zones/new")
@edge("zone.register")
def new_zone(session: Session, actor: Actor, site_id: UUID) -> Any:
    """Show the form to register a zone of a site."""
    return _zone_form(session, actor, site_id, Form({"kind": request.args.get("kind", "")}), {})


def _zone_form(
    session: Session, actor: Actor, site_id: UUID, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    page = render_template(
        "registry/new_zone.html",
        site=service.read_site(session, actor, site_id),
        values=form,
        errors=errors,
        labels=LABELS,
        kinds=words.ZONE_KINDS,
        temperatures=words.TEMPERATURE_CLASSES,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/sites/<uuid:site_id>/zones/new")
@edge("zone.register")
def new_zone_submit(session: Session, actor: Actor, site_id: UUID) -> Any:
    """Register a zone and go back to the site."""
    service.read_site(session, actor, site_id)  # one that the reader may not see is none
    form = copy(request.form)

    def act() -> str:
        service.register_zone(session, actor, site_id, **load(schemas.ZoneRegistrationSchema(), form))
        return url_for("home.show_site", site_id=site_id, _anchor="zones")

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        return _zone_form(session, actor, site_id, form, *refusal(error, LABELS))
