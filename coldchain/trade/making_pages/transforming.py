"""The page of a transformation: what goes in, what comes out, what was lost; a check that shows the masses; a receipt.

The check is found out by entering it and taking that back.
"""

from typing import Any, Final

from flask import Response, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_arrival_form as arrival_form
from coldchain.batches import pages_goods
from coldchain.batches import pages_words as goods_words
from coldchain.batches.pages_arrival_form import Refused
from coldchain.core import pages, problems, unit_words
from coldchain.core.edge import edge
from coldchain.core.errors import DomainError, NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, attempt, copy, load, new_once, once, refusal, trial
from coldchain.registry import service as registry
from coldchain.registry.models import CATEGORIES
from coldchain.registry.words import CATEGORIES as CATEGORY_WORDS
from coldchain.registry.words import ZONE_KINDS
from coldchain.trade.entry_pages import act as entry_page
from coldchain.trade.entry_pages import made as made_page
from coldchain.trade.entry_pages import rows
from coldchain.trade.entry_pages.act import Desk
from coldchain.trade.making_pages import transform_form
from coldchain.trade.making_pages.blueprint import bp
from coldchain.trade.making_pages.transform_form import ACT, LABELS, OUTPUTS, PROCESSES
from coldchain.trade.making_schemas import TransformationSchema
from coldchain.trade.service import transforming
from coldchain.trade.yields import PROCESSES as PROCESS_CODES

WORK_ZONES: Final = ("processing", "import_dedicated", "general", "sale_counter", "quarantine")


@bp.get("/transformations/new")
@edge("stock.record")
def new_transformation(session: Session, actor: Actor) -> Any:
    """Show the form for goods of one zone; `batch_id` shows that batch alone."""
    asked = request.args
    form: Form = Form({name: asked[name] for name in ("zone_id", "owner") if asked.get(name)})
    for batch_id in pages_goods.uuids([asked.get("batch_id", "")]):
        form[f"{rows.SHOWN}{batch_id}"] = "1"
        form["_only"] = "1"
    form["process"] = "cut"
    shown = entry_page.desk(session, actor, ACT, form)
    if shown.only and len(shown.listed) == 1:
        transform_form.same_dates(form, shown.listed[0].batch)
    zones = _zones(session, shown)
    if zones and zones[0][2] == "processing":
        form[f"{OUTPUTS}-0-zone_id"] = zones[0][0]
    return _form_page(session, actor, shown)


@bp.post("/transformations/new")
@edge("stock.record")
def transformation_submit(session: Session, actor: Actor) -> Any:
    """Go one step on: a line more or less, a product found or registered, the check, or the processing itself."""
    form, _count, pressed = transform_form.redrawn(copy(request.form))
    step = (form.poplist("_step") or [""])[-1]
    registering = (form.poplist("_register") or [""])[-1]
    if registering:
        return _register_product(session, actor, form, registering)
    for name, kept in (("_new", "_new_for"), ("_find", None)):
        if name in form:
            value = form.poplist(name)[-1]
            pressed = True
            if kept:
                form[kept] = value.removeprefix(f"{OUTPUTS}-")
    shown = entry_page.desk(session, actor, ACT, form)
    if pressed or step not in {"check", "send"} or shown.here is None:
        return _form_page(session, actor, shown)
    lines = transform_form.for_schema(session, form, shown.listed)
    shown.errors = transform_form.errors_of_loose(session, form)
    if not lines.batch_ids:
        first = f"{rows.PIECES}{shown.listed[0].batch.batch_id}" if shown.listed else ""
        shown.errors[first] = _("No quantity is typed yet. Type one beside at least one product.")
    if shown.errors:
        shown.status = 422
        return _form_page(session, actor, shown)
    try:
        if step == "check":
            return _check_page(session, actor, shown, lines)
        return once(session, actor.user_id, form, lambda: _enter(session, actor, lines))
    except REFUSALS as error:
        return _refused(session, actor, shown, lines, error)


def _serve(session: Session, actor: Actor, lines: rows.Typed) -> dict[str, Any]:
    return transforming.transform(session, actor, **load(TransformationSchema(), lines.form))


def _enter(session: Session, actor: Actor, lines: rows.Typed) -> str:
    made = _serve(session, actor, lines)
    return url_for("making_pages.made_receipt", entry_id=made["entry_id"])


def _register_product(session: Session, actor: Actor, form: Form, line: str) -> Response:
    index = line.removeprefix(f"{OUTPUTS}-")
    if relation(actor, "catalogue.register") is None or not index.isdecimal():
        raise NotFound
    shown = entry_page.desk(session, actor, ACT, form)
    try:
        with attempt(session):
            product_id = arrival_form.register_product(session, actor, form)
    except Refused as refused:
        form["_new_for"] = index
        shown.errors, shown.status = refused.errors, refused.status
        return _form_page(session, actor, shown)
    for name in [name for name in form if name.startswith(("_producer-", "_product-")) or name == "_new_for"]:
        form.poplist(name)
    form[f"{OUTPUTS}-{index}-product_id"] = str(product_id)
    form[f"_{OUTPUTS}-{index}-find"] = ""
    return _form_page(session, actor, shown, registered=_("The product is registered and chosen."))


def _refused(session: Session, actor: Actor, shown: Desk, lines: rows.Typed, error: Exception) -> Response:
    found, shown.status = refusal(error, LABELS)
    shown.errors = transform_form.at_fields(found, lines, shown.listed, shown.form)
    if isinstance(error, DomainError):
        if any(name in error.extra for name in entry_page.REFUSED_LINES):
            shown.refused, shown.errors = entry_page.refused_lines(shown, lines, error), {}
        elif error.code == "mass_differs":
            shown.errors = {transform_form.LOSS: _mass_words(error)}
    return _form_page(session, actor, shown)


def _mass_words(error: DomainError) -> str:
    """Return what doesn't balance, in kilograms as they were typed."""
    masses = {name: pages.kilograms(abs(value)) for name, value in error.extra["masses"].items()}
    if error.extra["masses"]["difference_g"] < 0:
        return _("%(difference_g)s more come out than go in: in %(input_g)s, added %(added_g)s; out %(output_g)s, "
                 "lost %(loss_g)s.", **masses)  # fmt: skip
    return _("%(difference_g)s are unaccounted for, at most %(allowed_g)s may be: in %(input_g)s, added %(added_g)s; "
             "out %(output_g)s, lost %(loss_g)s.", **masses)  # fmt: skip


def _zones(session: Session, shown: Desk) -> list[tuple[str, str, str]]:
    """Return the zones of the site as id, words and kind, those for processing first."""
    if shown.here is None:
        return []
    site_id = shown.here.site.site_id
    zones = registry.zones_of_sites(session, [site_id])[site_id]
    return [
        (str(zone.zone_id), f"{zone.code} {ZONE_KINDS[zone.kind]}", zone.kind)
        for zone in sorted(zones, key=lambda zone: (WORK_ZONES.index(zone.kind), zone.code))
    ]


def _form_page(session: Session, actor: Actor, shown: Desk, *, registered: str = "") -> Response:
    form = shown.form
    count = transform_form.redrawn(form)[1]
    page = render_template(
        "trade/transform.html",
        act=ACT,
        desk=shown,
        values=form,
        errors=shown.errors,
        refused=shown.refused,
        registered=registered,
        labels=LABELS,
        processes=goods_words.tiles(PROCESSES, PROCESS_CODES),
        zones=[(zone_id, text) for zone_id, text, _kind in _zones(session, shown)],
        found=[
            pages_goods.found_products(
                session, actor, form.get(f"_{OUTPUTS}-{n}-find", ""), form.get(f"{OUTPUTS}-{n}-product_id", "")
            )
            for n in range(count)
        ],
        new_for=form.get("_new_for", ""),
        categories=[(code, CATEGORY_WORDS[code]) for code in CATEGORIES],
        unit_words=list(unit_words.NAMES.items()),
        once=form.get("_once") or new_once(),
        words=goods_words,
    )
    return Response(page, shown.status)


def _check_page(session: Session, actor: Actor, shown: Desk, lines: rows.Typed) -> Response:
    """Draw what would be entered. Raises what the service raises."""
    with trial(session):
        done = _serve(session, actor, lines)
        made = [
            {"product": each["product"], "zone": each["zone"], "mass_g": each["mass_g"], "batch": _shown(each["batch"])}
            for each in made_page.made_batches(session, done)
        ]
        products = rows.products_of(session, done["lines"])
    page = render_template(
        "trade/transform_check.html",
        act=ACT,
        desk=shown,
        done=done,
        made=made,
        products=products,
        masses=done["detail"],
        process=PROCESSES[done["detail"]["process"]],
        warnings=[problems.said(each["message"], {}) for each in done["warnings"]],
        values=shown.form,
        labels=LABELS,
        words=goods_words,
        own_words=rows.own_words,
    )
    return Response(page, shown.status)


def _shown(batch: Any) -> dict[str, Any]:
    """Return what a check shows of a batch that will not be there any more."""
    return {name: getattr(batch, name) for name in ("quantity_units", "batch_no", "production_date", "expiry_date")}
