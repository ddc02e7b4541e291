"""Pages of measures of authorities (R18): what holds, who is on the white list, whose imports are suspended.

What was seen is named by its version, so that of two who change the same measure the second is shown the newer one.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation
from coldchain.core import limits, pages
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.page_forms import REFUSALS, Form, copy, filled, load, new_once, once, refusal
from coldchain.policy.measures import CIRCUIT_BREAKER, IMPORT_SUSPENSION, KINDS, LOCKDOWN, WHITE_LIST
from coldchain.regions import service as regions
from coldchain.regions.tree import NATION
from coldchain.registry import service as registry
from coldchain.registry.measures_schemas import (
    MeasureChangeSchema,
    MeasureLiftSchema,
    MeasureQuery,
    NewMeasureSchema,
)
from coldchain.registry.service import lookups, measures

bp = Blueprint("measures_pages", __name__)

PAGE_ROWS: Final = 20
FOUND: Final = 10  # producers or businesses that a search offers
PUBLIC_ROWS: Final = limits.PAGE_MAX
KIND_WORDS: Final = {
    IMPORT_SUSPENSION: _p("measure", "Import declarations suspended"),
    LOCKDOWN: _p("measure", "Lock-down of an area"),
    WHITE_LIST: _p("measure", "White list"),
    CIRCUIT_BREAKER: _p("measure", "Circuit breaker"),
}
WHAT_IT_DOES: Final = {
    IMPORT_SUSPENSION: _l(
        "Goods of this producer that were declared to customs within these days are not clear to circulate. Goods that "
        "were declared before are not touched."
    ),
    LOCKDOWN: _l(
        "While it holds, only businesses on the white list may send or sell goods from sites within the area."
    ),
    WHITE_LIST: _l("This business may go on trading from sites within the area while the area is locked down."),
    CIRCUIT_BREAKER: _l(
        "While it holds, this business may not send or sell goods: from one site, or from all of them."
    ),
}
LABELS: Final = {
    "kind": _l("Kind of measure"),
    "region_code": _l("Where it holds"),
    "starts_on": _l("First day"),
    "ends_on": _l("Last day"),
    "producer_id": _l("Producer"),
    "business": _l("Business"),
    "site_id": _l("Site"),
    "positive_no": _l("Which positive of the plant"),
    "document_no": _l("Number of the notice"),
    "source": _l("Notice and who issued it"),
    "reason": _l("Reason"),
    "lifted_at": _l("Lifted at"),
}
CHIPS: Final = {
    "in_force": "measure.in_force", "upcoming": "measure.upcoming", "ended": "measure.ended",
    "lifted": "measure.lifted", "void": "measure.void",
}  # fmt: skip


def subject(row: dict[str, Any]) -> str:
    """Return whom or what a measure concerns, as its title: a producer, a business, else its area."""
    if row["producer"]:
        return " ".join(filter(None, (row["producer"]["name"], row["producer"]["plant_no"])))
    if row["business"]:
        return " ".join(filter(None, (row["business"]["name"], row["site_name"])))
    return str(KIND_WORDS[row["kind"]])


@bp.get("/measures")
@edge("measure.read")
def list_measures(session: Session, actor: Actor) -> Any:
    """Show measures: those that hold, or all; of one kind, of one area."""
    form = Form((name, text.strip()) for name, text in request.args.items() if text.strip())
    errors: dict[str, str] = {}
    query = load(MeasureQuery(), Form())
    try:
        query = load(MeasureQuery(), form)
    except REFUSALS as error:
        errors = refusal(error, LABELS)[0]
    everything = form.get("in_force") == "false"
    if query["in_force"] is False:
        query["in_force"] = None  # the filter's other end is "all", those that hold among them
    elif not everything:
        query["in_force"] = True
    rows, following = measures.search(session, actor, **query | {"limit": PAGE_ROWS})
    page = render_template(
        "measures/list.html",
        rows=rows,
        following=following,
        values=form,
        errors=errors,
        everything=everything,
        may_record=relation(actor, measures.ACTION) is not None,
        names=regions.names(session, {row["region_code"] for row in rows}, current_locale()),
        **_words(),
    )
    return Response(page, 422 if errors else 200)


def _words() -> dict[str, Any]:
    return {
        "kinds": KIND_WORDS, "what_it_does": WHAT_IT_DOES, "labels": LABELS, "chips": CHIPS, "subject": subject,
    }  # fmt: skip


@bp.get("/measures/public")
@edge(PUBLIC)
def public_measures(session: Session, _actor: Actor | None) -> Any:
    """Show everybody what holds today: suspended imports, lock-downs and the white list; no circuit breakers."""
    query = load(MeasureQuery(), Form()) | {"limit": PUBLIC_ROWS, "in_force": True}
    found = {
        kind: measures.search(session, None, **query | {"kind": kind})
        for kind in (LOCKDOWN, WHITE_LIST, IMPORT_SUSPENSION)
    }
    codes = {row["region_code"] for rows, _following in found.values() for row in rows}
    return render_template(
        "measures/public.html",
        found=found,
        today=regions.today(),
        names=regions.names(session, codes, current_locale()),
        **_words(),
    )


@bp.get("/measures/<uuid:measure_id>")
@edge("measure.read")
def show_measure(session: Session, actor: Actor, measure_id: UUID) -> Any:
    """Show a measure with its former versions."""
    row = measures.read(session, actor, measure_id)
    changes = relation(actor, measures.ACTION) is not None and may(actor, measures.ACTION, _at(row["region_code"]))
    return render_template(
        "measures/show.html",
        row=row,
        place=regions.name(session, row["region_code"], current_locale()),
        may_change=changes and row["lifted_at"] is None,
        **_words(),
    )


def _at(region_code: str) -> Resource:
    return Resource.of(regions=[region_code])


@bp.route("/measures/new", methods=["GET", "POST"])
@edge("measure.record")
def new_measure(session: Session, actor: Actor) -> Any:
    """Ask which kind, then whom it concerns, then for the rest; or record it."""
    if request.method == "POST":
        return _submit(session, actor, lambda form: _record(session, actor, form), _new_form(session, actor))
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        return render_template("measures/kind.html", **_words())
    about = request.args.get("about", "").strip()
    if kind == LOCKDOWN or about:
        return _new_form(session, actor)(_start(session, actor, kind, about), {})
    return _find_page(session, actor, kind)


def _find_page(session: Session, actor: Actor, kind: str) -> str:
    """Return the page that looks for the producer or business that a measure is to concern."""
    asked = request.args.get("q", "").strip()[: limits.NAME_CHARS]
    found: list[tuple[str, str, str]] = []
    if asked and kind == IMPORT_SUSPENSION:
        rows, _more = registry.search_producers(session, actor, q=asked, limit=FOUND)
        found = [
            (str(row["producer_id"]), row["name"], " ".join(filter(None, (row["country"], row["plant_no"]))))
            for row in rows
        ]
    elif asked:
        rows, _more = registry.search_businesses(session, actor, q=asked, limit=FOUND)
        found = [(str(row["business_id"]), row["name"], row["uscc"] or row["temporary_no"] or "") for row in rows]
    return render_template("measures/find.html", kind=kind, asked=asked, found=found, **_words())


def _start(session: Session, actor: Actor, kind: str, about: str) -> Form:
    """Return the form as it is opened: today, the own area, and of a suspension how long the rule book suggests."""
    today = regions.today()
    form = Form(
        {"kind": kind, "starts_on": pages.day(today), "region_code": actor.regions[0] if actor.regions else NATION}
    )
    if kind == IMPORT_SUSPENSION:
        form["producer_id"] = about
        suggested = measures.suggestion(session, _producer(session, about), today)
        form["positive_no"] = str(suggested["positive_no"])
        form["ends_on"] = pages.day(suggested["ends_on"])
    elif kind != LOCKDOWN:
        form["business"] = str(registry.find_business(session, about).business_id)
    return form


def _producer(session: Session, text: str) -> UUID:
    try:
        producer_id = UUID(text)
    except ValueError as error:
        raise NotFound from error
    if not lookups.producers(session, [producer_id]):
        raise NotFound
    return producer_id


def _record(session: Session, actor: Actor, form: Form) -> str:
    made = measures.record(session, actor, **load(NewMeasureSchema(), form))
    flash(_("The measure is recorded."), "success")
    return url_for("measures_pages.show_measure", measure_id=made["measure_id"])


def _new_form(session: Session, actor: Actor) -> Callable[..., Response]:
    def show(form: Form, errors: dict[str, str], status: int = 200) -> Response:
        kind = form.get("kind", "")
        if kind not in KINDS:
            raise NotFound
        page = render_template(
            "measures/form.html",
            row=None,
            kind=kind,
            values=form,
            errors=errors,
            areas=_areas(session, actor),
            suggested=_suggested(session, form),
            once=form.get("_once") or new_once(),
            **_concerned(session, form),
            **_words(),
        )
        return Response(page, status)

    return show


def _concerned(session: Session, form: Form) -> dict[str, Any]:
    """Return the name of the producer or business that a form is about, and the sites it may name."""
    if form.get("producer_id"):
        producer_id = _producer(session, form["producer_id"])
        producer = lookups.producers(session, [producer_id])[producer_id]
        return {"about": " ".join(filter(None, (producer.name, producer.plant_no))), "sites": []}
    if form.get("business"):
        business = registry.find_business(session, form["business"])
        sites = lookups.sites_of(session, business.business_id)
        return {"about": business.name, "sites": [(str(site.site_id), site.name) for site in sites]}
    return {"about": "", "sites": []}


def _suggested(session: Session, form: Form) -> dict[str, Any] | None:
    """Return what the rule book suggests for the first day that stands in the form, None where it has none."""
    if form.get("kind") != IMPORT_SUSPENSION:
        return None
    try:
        starts_on = date.fromisoformat(form.get("starts_on", ""))
        return measures.suggestion(session, _producer(session, form.get("producer_id", "")), starts_on)
    except (ValueError, LookupError):
        return None


def _areas(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return code and name of the regions that the actor may choose from: own ones and those right below them."""
    codes = list(actor.regions)
    for area in actor.regions:
        codes += [region.code for region in regions.search(session, parent_code=area, limit=limits.PAGE_MAX)[0]]
    names = regions.names(session, codes, current_locale())
    return [(code, f"{names[code]} {code}") for code in dict.fromkeys(codes)]


def _submit(session: Session, actor: Actor, act: Callable[[Form], str], again: Callable[..., Response]) -> Response:
    form = copy(request.form)
    try:
        return once(session, actor.user_id, form, lambda: act(form))
    except REFUSALS as error:
        return again(form, *refusal(error, LABELS))


@bp.route("/measures/<uuid:measure_id>/change", methods=["GET", "POST"])
@edge("measure.record")
def change_measure(session: Session, actor: Actor, measure_id: UUID) -> Any:
    """Ask for other dates or words of a measure, or add the version."""
    row = measures.read(session, actor, measure_id, to_change=True)

    def show(form: Form, errors: dict[str, str], status: int = 200) -> Response:
        page = render_template(
            "measures/form.html",
            row=row,
            kind=row["kind"],
            values=form,
            errors=errors,
            about=subject(row),
            sites=[],
            areas=[],
            suggested=None,
            once=form.get("_once") or new_once(),
            newer=form.get("version") != str(row["version"]),
            **_words(),
        )
        return Response(page, status)

    def act(form: Form) -> str:
        measures.change(session, actor, measure_id, **load(MeasureChangeSchema(), form))
        flash(_("The measure is changed; the former version stays to be read."), "success")
        return url_for("measures_pages.show_measure", measure_id=measure_id)

    if request.method == "POST":
        return _submit(session, actor, act, show)
    shown = ("version", "starts_on", "ends_on", "positive_no", "document_no", "source", "reason")
    return show(filled({name: row[name] for name in shown}), {})


@bp.route("/measures/<uuid:measure_id>/lift", methods=["GET", "POST"])
@edge("measure.record")
def lift_measure(session: Session, actor: Actor, measure_id: UUID) -> Any:
    """Ask whether a measure is to be lifted, or lift it."""
    row = measures.read(session, actor, measure_id, to_change=True)

    def show(form: Form, errors: dict[str, str], status: int = 200) -> Response:
        once_only = form.get("_once") or new_once()
        page = render_template("measures/lift.html", row=row, values=form, errors=errors, once=once_only, **_words())
        return Response(page, status)

    def act(form: Form) -> str:
        measures.lift(session, actor, measure_id, **load(MeasureLiftSchema(), form))
        flash(_("The measure is lifted."), "success")
        return url_for("measures_pages.show_measure", measure_id=measure_id)

    if request.method == "POST":
        return _submit(session, actor, act, show)
    return show(filled({"version": row["version"]}), {})
