"""One page for every kind of entry: rows of what lies in a zone, a check of what would be entered, then a receipt.

The check is found out by entering it and taking that back. An entry of which somebody would be told (entered late,
flagged) is always shown there before it counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_goods
from coldchain.batches import pages_words as goods_words
from coldchain.core import clock, countries, pages, problems
from coldchain.core.edge import edge
from coldchain.core.errors import DomainError, NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal, trial
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.trade import entry_schemas as schemas
from coldchain.trade import pages_dispatch as dispatch_form
from coldchain.trade import pages_words as words
from coldchain.trade.entry_pages import rows, suppliers
from coldchain.trade.entry_pages.blueprint import bp
from coldchain.trade.entry_pages.kinds import ACTS, LABELS, Act
from coldchain.trade.entry_pages.rows import Place, Typed
from coldchain.trade.pages_dispatch import Offer
from coldchain.trade.service import lateness
from coldchain.trade.service.entries import stocktakes

REFUSED_LINES: Final = ("missing", "holds", "available")
AT_ZONE: Final = frozenset({"zone_not_dedicated", "zone_too_warm"})
TOLD: Final[Mapping[str, LazyText]] = {  # what the authority will see: flags, and what a recall is told
    **goods_words.FLAG_KINDS,
    lateness.LATE_UNDER_RECALL: _l("Entered after a recall's lock: had left before"),
}
NOT_SAID_YET: Final = "-"  # stands for a reason while the check finds out which rows need one


class LookFirstError(Exception):
    """Somebody would be told of this entry: it is shown before it counts."""


@dataclass
class Desk:
    """What a request is about: whose goods, in which zone, which rows, what was typed."""

    act: Act
    owner: Business
    places: list[Place]
    here: Place | None
    listed: list[Offer]
    form: Form
    on_behalf: bool
    only: bool
    errors: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Any] | None = None
    status: int = 200


def owner_of(session: Session, actor: Actor, ref: str) -> Business:
    """Return whose goods are entered: the reader's own, or those of the business an officer names. Raises NotFound."""
    if actor.business_id is not None:
        return registry.find_business(session, actor.business_id)
    if not ref:
        raise NotFound
    return registry.find_business(session, ref)


def desk(session: Session, actor: Actor, act: Act, form: Form) -> Desk:
    """Return what a form is about; the first zone where something lies when it names none."""
    owner = owner_of(session, actor, form.get("owner", ""))
    found = rows.places(session, actor, owner.business_id, act, form.get("zone_id", ""))
    here = next((place for place in found if str(place.zone.zone_id) == form.get("zone_id")), None)
    if here is None and not form.get("zone_id") and found:
        here = found[0]
    only = act.kind == "recovery" or bool(form.get("_only"))
    listed: list[Offer] = []
    if here is not None:
        form["zone_id"] = str(here.zone.zone_id)
        listed = rows.lying(session, owner.business_id, here.zone.zone_id, rows.named(form), only=only)
        if act.pieces_only:
            listed = [row for row in listed if row.product.units_per_piece > 1]  # a piece of one unit is open already
    return Desk(act, owner, found, here, listed, form, actor.business_id is None, only)


def start(session: Session, actor: Actor, act: Act) -> Response:
    """Show an empty form; `batch_id` shows that batch alone, `quarantine` chooses a quarantine zone to move into."""
    asked = request.args
    form: Form = Form({name: asked[name] for name in ("zone_id", "owner") if asked.get(name)})
    for batch_id in pages_goods.uuids([asked.get("batch_id", "")]):
        form[f"{rows.SHOWN}{batch_id}"] = "1"
        form["_only"] = "1"
    if act.kind in {"sale", "use", "stocktake"}:
        form["occurred_at"] = form["_prefilled"] = pages.form_moment(clock.now())
    shown = desk(session, actor, act, form)
    if act.kind == "return":
        suppliers.fill(session, shown.owner.business_id, rows.named(form), form)
    if asked.get("quarantine") and shown.here:
        apart = rows.targets(session, actor, shown.owner.business_id, shown.here.zone.zone_id)
        form["to_zone_id"] = next((str(p.zone.zone_id) for p in apart if p.zone.kind == "quarantine"), "")
    return form_page(session, actor, shown)


def submit(session: Session, actor: Actor, act: Act) -> Response:
    """Go one step on: a batch added by its code, back to the form, the check, or the entry itself."""
    form = copy(request.form)
    step = (form.poplist("_step") or [""])[-1]
    if step == "edit":
        form.poplist("_seen")
    if step == "add":
        return _added(session, actor, act, form)
    shown = desk(session, actor, act, form)
    if step not in {"check", "send"} or shown.here is None:
        return form_page(session, actor, shown)
    lines = rows.typed(for_schema(form), shown.listed, act)
    if not lines.batch_ids:
        return form_page(session, actor, _nothing_typed(shown))
    try:
        if step == "check":
            return check_page(session, actor, shown, lines)
        return once(session, actor.user_id, form, lambda: _enter(session, actor, shown, lines))
    except LookFirstError:
        return check_page(session, actor, shown, lines)
    except REFUSALS as error:
        return _refused(session, actor, shown, lines, error)


def for_schema(form: Form) -> Form:
    """Return a form without fields that stand for nothing: a receiver not chosen, a country by its name."""
    fields = copy(form)
    if fields.get("to-country"):
        fields["to-country"] = countries.code(fields["to-country"].strip())
    return fields


def serve(session: Session, actor: Actor, act: Act, lines: Typed) -> dict[str, Any]:
    """Enter what a form says. Raises ValidationError and what the service raises."""
    data = load(act.schema(), lines.form)
    return act.serve(session, actor, **data)


def told(made: dict[str, Any]) -> bool:
    """Say whether an entry is told to others, or is about another time than now."""
    return bool(made["late"] or made["flags"])


def _enter(session: Session, actor: Actor, shown: Desk, lines: Typed) -> str:
    made = serve(session, actor, shown.act, lines)
    if told(made) and not shown.form.get("_seen"):
        raise LookFirstError
    for warning in made["warnings"]:
        flash(problems.said(warning["message"], warning.get("params", {})), "message")
    if made.get("consignment_id"):
        flash(_("The goods are on their way back. The receiver confirms them."), "success")
        return url_for("trade_pages.show_consignment", consignment_id=made["consignment_id"])
    return url_for("entry_pages.entry_receipt", entry_id=made["entry_id"])


def _added(session: Session, actor: Actor, act: Act, form: Form) -> Response:
    owner = owner_of(session, actor, form.get("owner", ""))
    typed = form.get("_code", "").strip()
    batch_id = rows.by_code(session, owner.business_id, typed) if typed else None
    if batch_id is not None:
        form[f"{rows.SHOWN}{batch_id}"] = "1"
        form["_code"] = ""
        return form_page(session, actor, desk(session, actor, act, form))
    shown = desk(session, actor, act, form)
    shown.errors = {"_code": _("None of these goods has that code. It stands on the label: eight signs.")}
    shown.status = 422
    return form_page(session, actor, shown)


def _nothing_typed(shown: Desk) -> Desk:
    first = f"{rows.PIECES}{shown.listed[0].batch.batch_id}" if shown.listed else ""
    shown.errors, shown.status = {first: _("No quantity is typed yet. Type one beside at least one product.")}, 422
    return shown


def _refused(session: Session, actor: Actor, shown: Desk, lines: Typed, error: Exception) -> Response:
    found, shown.status = refusal(error, LABELS)
    if isinstance(error, DomainError) and error.code == "reason_needed":
        found = {name: _("Say what is known of the difference.") for name in found}  # how much, the page says in pieces
    shown.errors = rows.at_rows(found, lines, shown.listed, shown.form)
    if isinstance(error, DomainError) and any(name in error.extra for name in REFUSED_LINES):
        shown.refused, shown.errors = refused_lines(shown, lines, error), {}
    elif isinstance(error, DomainError) and error.code in AT_ZONE and "to_zone_id" in shown.act.fields:
        shown.errors = {"to_zone_id": problems.said(error.message, error.params)}
    for name in ("to_owner", "to", "to-business"):
        if name in shown.errors:
            shown.errors["_receiver"] = shown.errors.pop(name)
    if shown.act.kind == "stocktake" and any(name.startswith(rows.REASON) for name in shown.errors):
        return check_page(session, actor, shown, lines)
    return form_page(session, actor, shown)


def refused_lines(shown: Desk, lines: Typed, error: DomainError) -> dict[str, Any]:
    """Return what was refused: for each line its goods, what is in the way, what to do next."""
    refused = problems.problem(error)
    if error.code == "insufficient_stock":
        refused["detail"] = _("There is not enough in stock.")  # how much, each line says in pieces
    refused["lines"] = dispatch_form.explained(error, shown.listed, list(lines.batch_ids))
    if shown.act.told_late and error.code in {"locked", "gate_refused"}:
        refused["hint"] = _(
            "Had they left before? Then type the time when it happened: it is entered late, and the authority is told."
        )
    return refused


def form_page(session: Session, actor: Actor, shown: Desk) -> Response:
    """Draw the form with everything that was typed."""
    act, form = shown.act, shown.form
    asks = set(act.fields)
    chosen = form.get("to_owner") or form.get("to-business") or ""
    zones = (
        rows.targets(session, actor, shown.owner.business_id, shown.here.zone.zone_id)
        if shown.here and "to_zone_id" in asks
        else []
    )
    gone = (
        rows.gone(session, shown.owner.business_id, [row.batch.batch_id for row in shown.listed])
        if act.kind == "recovery"
        else {}
    )
    if gone and not form.get("from"):
        form["from"] = "sold" if any(units.get("sold", 0) > 0 for units in gone.values()) else "missing"
    page = render_template(
        "trade/entry_form.html",
        act=act,
        desk=shown,
        values=form,
        errors=shown.errors,
        refused=shown.refused,
        labels=LABELS,
        targets=[(str(place.zone.zone_id), place.with_temperature) for place in zones],
        apart=[place for place in zones if place.zone.kind == "quarantine"],
        may_add_zone=relation(actor, "zone.register") is not None,
        found=businesses(session, actor, act, form.get("_receiver", ""), chosen),
        gone=gone,
        methods=goods_words.choices(words.METHODS, schemas.DESTRUCTION_METHODS),
        sources=goods_words.tiles(words.RECOVERED_FROM, schemas.RECOVERED_FROM),
        now=clock.now(),
        once=form.get("_once") or new_once(),
        words=goods_words,
        may_read_all=relation(actor, "stock.read") is not None,
    )
    return Response(page, shown.status)


def businesses(session: Session, actor: Actor, act: Act, query: str, chosen: str = "") -> dict[str, Any]:
    """Return the businesses that a name or number finds, as tiles; for a return the last one is none of them."""
    found = dispatch_form.receivers(session, actor, query, chosen)
    if found["options"]:
        none = found["options"].pop()
        if "to" in act.fields:
            found["options"].append(none | {"text": _("None of these: a name below")})
    return found | {"name": "to-business" if "to" in act.fields else "to_owner"}


def check_page(session: Session, actor: Actor, shown: Desk, lines: Typed) -> Response:
    """Draw what would be entered: found out by entering it and taking that back. Raises what the service raises."""
    act = shown.act
    tried = Typed(_with_reasons(lines), lines.batch_ids) if act.kind == "stocktake" else lines
    with trial(session):
        made = serve(session, actor, act, tried)
        target = registry.zones(session, [made.get("to_zone_id")])
    to_tell = [code for code in TOLD if code in made["flags"] or code in {each["code"] for each in made["warnings"]}]
    shown_rows = [_checked(session, shown, line) for line in made["lines"]]
    page = render_template(
        "trade/entry_check.html",
        act=act,
        desk=shown,
        made=made,
        rows=shown_rows,
        target=next(iter(target.values()), None),
        told=told(made),
        warnings=[
            problems.said(each["message"], each.get("params", {}))
            for each in made["warnings"]
            if each["code"] not in to_tell
        ],
        flags=[TOLD[code] for code in to_tell],
        values=_carried(shown.form),
        typed=shown.form,
        errors=shown.errors,
        labels=LABELS,
        methods=words.METHODS,
        sources=words.RECOVERED_FROM,
        shortages=goods_words.tiles(words.SHORTAGES, ("missing", "lost")),
        words=goods_words,
        own_words=rows.own_words,
    )
    return Response(page, shown.status)


def _with_reasons(lines: Typed) -> Form:
    """Return a count's form with a reason in every line, so that the check can say which rows need one."""
    fields = copy(lines.form)
    for number in range(len(lines.batch_ids)):
        fields[f"lines-{number}-reason"] = fields.get(f"lines-{number}-reason") or NOT_SAID_YET
    return fields


def _carried(form: Form) -> Form:
    """Return the fields that the check page carries: those that it doesn't ask for itself."""
    asked = (rows.REASON, rows.SHORTAGE)
    return Form((name, text) for name, text in form.items(multi=True) if not name.startswith(asked) and name != "_seen")


def _checked(session: Session, shown: Desk, line: dict[str, Any]) -> dict[str, Any]:
    """Return one line of a check: what is entered, what is left, for a count the difference and the tolerance."""
    row = next(each for each in shown.listed if each.batch.batch_id == line["batch_id"])
    units = line["quantity_units"]
    checked = {"row": row, "key": str(row.batch.batch_id), "units": units, "left": row.units - units}
    if shown.act.kind == "stocktake":
        today = clock.now().astimezone(clock.BEIJING).date()
        permille = policy.parameters(session, today)[stocktakes.TOLERANCE]
        book = line["book_units"]
        allowed = stocktakes.tolerance_units(book, row.product, permille)
        checked |= {
            "book": book,
            "difference": units - book,
            "allowed": allowed,
            "beyond": abs(units - book) > allowed,
        }
    return checked


@bp.get("/stock-entries/businesses")
@edge("stock.record")
def find_businesses(session: Session, actor: Actor) -> Any:
    """Return the part of a form that lists businesses, while a name or a number is typed."""
    act = ACTS["return" if request.args.get("field") == "to-business" else "owner_change"]
    found = businesses(session, actor, act, request.args.get("_receiver", ""))
    return render_template("trade/entry_businesses.html", found=found, errors={})


def _register(act: Act) -> None:
    """Hang the form of one kind of entry on its address."""

    def show(session: Session, actor: Actor) -> Any:
        return start(session, actor, act)

    def send(session: Session, actor: Actor) -> Any:
        return submit(session, actor, act)

    views: tuple[tuple[str, str, Callable[..., Any]], ...] = (("", "GET", show), ("_submit", "POST", send))
    for ending, method, view in views:
        bp.add_url_rule(act.path, f"new_{act.kind}{ending}", edge("stock.record")(view), methods=[method])


for _act in ACTS.values():
    _register(_act)
