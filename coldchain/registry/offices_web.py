"""Pages of regions, offices and grids: browse the GB/T 2260 tree; officers add, rename and end offices and grids."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, may, relation
from coldchain.core.edge import edge
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.regions import service as regions
from coldchain.regions.schemas import RegionQuery
from coldchain.regions.tree import NATION
from coldchain.registry.offices_schemas import (
    EndSchema,
    GridChangeSchema,
    NewGridSchema,
    NewOfficeSchema,
    OfficeChangeSchema,
)
from coldchain.registry.service import offices

bp = Blueprint("regions_pages", __name__)

PAGE_ROWS: Final = 50
OFFICES_SHOWN: Final = 200
LABELS: Final = {
    "name": _l("Name"),
    "address": _l("Address"),
    "phone": _l("Phone of the office"),
    "code": _p("grid", "Number"),
    "ended_on": _l("Ended on"),
}
LEVELS: Final = {
    "nation": _p("region", "Country"),
    "province": _p("region", "Province"),
    "prefecture": _p("region", "Prefecture or city"),
    "county": _p("region", "District or county"),
}


@bp.get("/regions")
@edge("office.read")
def list_regions(session: Session, actor: Actor) -> Any:
    """Browse regions: what lies right below one, or what a search finds; those that ended by a filter."""
    form = Form((name, text.strip()) for name, text in request.args.items() if text.strip())
    errors: dict[str, str] = {}
    asked = load(RegionQuery(), Form())
    try:
        asked = load(RegionQuery(), form)
    except REFUSALS as error:
        errors = refusal(error)[0]
    above = asked["parent_code"] or (None if asked["q"] or asked["former"] else _home(actor))
    rows, following = regions.search(session, **(asked | {"parent_code": above, "limit": PAGE_ROWS}))
    here = regions.get(session, above) if above else None
    page = render_template(
        "regions/list.html",
        rows=rows,
        following=following,
        here=here,
        parents=_parents(session, here),
        successors=regions.names(session, [row.successor_code for row in rows if row.successor_code], current_locale()),
        offices=offices.describe(session, regions.search_offices(session, region_code=above, limit=OFFICES_SHOWN)[0])
        if here and here.level == "county"
        else [],
        may_add=here is not None and here.level == "county" and may(actor, "office.manage", _at(here.code)),
        former=bool(asked["former"]),
        levels=LEVELS,
        values=form,
        errors=errors,
    )
    return Response(page, 422 if errors else 200)


def _at(region_code: str) -> Resource:
    return Resource.of(regions=[region_code])


def _home(actor: Actor) -> str:
    """Return where browsing begins: an officer's own region, else the country."""
    return actor.regions[0] if actor.regions else NATION


def _parents(session: Session, region: Any) -> list[Any]:
    """Return the regions that contain one, the country first."""
    found: list[Any] = []
    while region is not None and region.parent_code:
        region = regions.get(session, region.parent_code)
        found.insert(0, region)
    return found


def _submit(session: Session, actor: Actor, act: Callable[[Form], str], again: Callable[..., Response]) -> Response:
    form = copy(request.form)
    try:
        return once(session, actor.user_id, form, lambda: act(form))
    except REFUSALS as error:
        return again(form, *refusal(error, LABELS))


def _form(template: str, **shown: Any) -> Callable[..., Response]:
    """Return what shows a form: as it was typed, with what is wrong about it."""

    def show(form: Form, errors: dict[str, str], status: int = 200) -> Response:
        once_only = form.get("_once") or new_once()
        page = render_template(template, values=form, errors=errors, labels=LABELS, once=once_only, **shown)
        return Response(page, status)

    return show


@bp.route("/regions/<string:code>/offices/new", methods=["GET", "POST"])
@edge("office.manage")
def new_office(session: Session, actor: Actor, code: str) -> Any:
    """Ask for a new office of a region, or add it."""
    region = regions.get(session, code)
    authorize(actor, "office.manage", _at(code))

    show = _form("regions/office_form.html", region=region, office=None)

    def act(form: Form) -> str:
        form["region_code"] = code
        made = offices.add(session, actor, **load(NewOfficeSchema(), form))
        flash(_("The office is added."), "success")
        return url_for("regions_pages.show_office", office_id=made.office_id)

    return _submit(session, actor, act, show) if request.method == "POST" else show(Form(), {})


@bp.get("/offices/<uuid:office_id>")
@edge("office.read")
def show_office(session: Session, actor: Actor, office_id: UUID) -> Any:
    """Show an office with its grids, and the forms for whoever may change them."""
    return _office_page(session, actor, office_id, Form(), {})


def _office_page(
    session: Session, actor: Actor, office_id: UUID, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    office = offices.read(session, office_id)
    changes = relation(actor, "office.manage") is not None and may(actor, "office.manage", _at(office.region_code))
    page = render_template(
        "regions/office.html",
        office=office,
        region=regions.get(session, office.region_code),
        parents=_parents(session, regions.get(session, office.region_code)),
        grids=offices.grids(session, [office_id])[office_id],
        may_change=changes and office.ended_on is None,
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.route("/offices/<uuid:office_id>/change", methods=["GET", "POST"])
@edge("office.manage")
def change_office(session: Session, actor: Actor, office_id: UUID) -> Any:
    """Ask for what changes about an office, or change it."""
    office = offices.read(session, office_id)
    authorize(actor, "office.manage", _at(office.region_code))
    region = regions.get(session, office.region_code)

    show = _form("regions/office_form.html", region=region, office=office)

    def act(form: Form) -> str:
        offices.change(session, actor, office_id, **load(OfficeChangeSchema(), form))
        flash(_("The office is changed."), "success")
        return url_for("regions_pages.show_office", office_id=office_id)

    if request.method == "POST":
        return _submit(session, actor, act, show)
    return show(Form({name: getattr(office, name) or "" for name in ("name", "address", "phone")}), {})


@bp.route("/offices/<uuid:office_id>/end", methods=["GET", "POST"])
@edge("office.manage")
def end_office(session: Session, actor: Actor, office_id: UUID) -> Any:
    """Ask when an office ended, or end it."""
    office = offices.read(session, office_id)
    authorize(actor, "office.manage", _at(office.region_code))

    def act(form: Form) -> str:
        offices.end(session, actor, office_id, **load(EndSchema(), form))
        flash(_("The office is ended. Old records keep its name."), "success")
        return url_for("regions_pages.show_office", office_id=office_id)

    show = _end_form(office.name, url_for("regions_pages.show_office", office_id=office_id))
    return _submit(session, actor, act, show) if request.method == "POST" else show(Form(), {})


def _end_form(name: str, back: str) -> Callable[..., Response]:
    return _form("regions/end.html", name=name, back=back)


@bp.post("/offices/<uuid:office_id>/grids")
@edge("office.manage")
def add_grid(session: Session, actor: Actor, office_id: UUID) -> Any:
    """Add a grid to an office."""

    def act(form: Form) -> str:
        offices.add_grid(session, actor, office_id, **load(NewGridSchema(), form))
        flash(_("The grid is added."), "success")
        return url_for("regions_pages.show_office", office_id=office_id)

    def again(form: Form, errors: dict[str, str], status: int) -> Response:
        return _office_page(session, actor, office_id, form, errors, status)

    return _submit(session, actor, act, again)


@bp.route("/grids/<uuid:grid_id>/change", methods=["GET", "POST"])
@edge("office.manage")
def change_grid(session: Session, actor: Actor, grid_id: UUID) -> Any:
    """Ask for a grid's new name, or rename it."""
    grid, office = offices.grid_of(session, actor, grid_id)

    show = _form("regions/grid_form.html", grid=grid, office=office)

    def act(form: Form) -> str:
        offices.change_grid(session, actor, grid_id, **load(GridChangeSchema(), form))
        flash(_("The grid is renamed."), "success")
        return url_for("regions_pages.show_office", office_id=grid.office_id)

    return _submit(session, actor, act, show) if request.method == "POST" else show(Form({"name": grid.name}), {})


@bp.route("/grids/<uuid:grid_id>/end", methods=["GET", "POST"])
@edge("office.manage")
def end_grid(session: Session, actor: Actor, grid_id: UUID) -> Any:
    """Ask when a grid ended, or end it."""
    grid, office = offices.grid_of(session, actor, grid_id)

    def act(form: Form) -> str:
        offices.change_grid(session, actor, grid_id, end=True, **load(EndSchema(), form))
        flash(_("The grid is ended. Old records keep its name."), "success")
        return url_for("regions_pages.show_office", office_id=office.office_id)

    show = _end_form(f"{grid.code} {grid.name}", url_for("regions_pages.show_office", office_id=office.office_id))
    return _submit(session, actor, act, show) if request.method == "POST" else show(Form(), {})
