"""What receiver and sender say about a consignment: confirm, reject, dispute, settle, and the signed slip."""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.batches import pages_goods, storage
from coldchain.batches import pages_words as goods_words
from coldchain.core import problems
from coldchain.core.edge import edge
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, labelled, load, new_once, once, refusal
from coldchain.core.uploads import Handed
from coldchain.registry import service as registry
from coldchain.registry.service.reach import at
from coldchain.trade import pages_dispatch as dispatch_form
from coldchain.trade import pages_words as words
from coldchain.trade import schemas, service
from coldchain.trade.service.answering import DIFFERS
from coldchain.trade.web.blueprint import bp
from coldchain.trade.web.shown import shown
from config import Settings

SITES_SHOWN: Final = 200
LINES: Final = "lines"
UNFIT: Final = "zone_not_dedicated"
LABELS: Final = {
    "zone_id": _l("Into which zone"),
    "reason": _l("Reason"),
    "arrival_temperature_c": _l("Temperature on arrival"),
    "lines-*-quantity_units": _l("Quantity"),
    "_lines-*-pieces": _l("Number of pieces"),
    "lines-*-outcome": _l("What became of it"),
    "file": _l("Photograph of the signed slip"),
}
# Codes of a quantity that is more than there is → what the page says instead, in pieces and loose units.
TOO_MANY: Final = {
    "more_than_open": _l("Only %(quantity)s of this batch wait for an answer."),
    "more_than_disputed": _l("Only %(quantity)s of this batch are in dispute."),
    "in_dispute": _l("A part of this batch is in dispute: settle that, and confirm %(quantity)s now."),
}
Act = Callable[[Form], None]


@bp.route("/consignments/<uuid:consignment_id>/confirm", methods=["GET", "POST"])
@edge("trade.answer")
def confirm_consignment(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Show what came and ask for its zone, or put it there; less or more is said with a reason."""
    context = shown(session, actor, consignment_id)
    if not context["may_confirm"]:
        return render_template("trade/answered.html", **context), 409
    lines = [line for line in context["consignment"]["lines"] if line["open_units"]]

    def act(form: Form) -> None:
        made = service.confirm(session, actor, consignment_id, **load(schemas.ConfirmSchema(), form))
        if made["state"] == "disputed":
            flash(_("What came is in your books. The rest is in dispute until both sides agree."), "success")
        else:
            flash(_("Receipt is confirmed. The goods are in your books."), "success")
        for warning in made["warnings"]:
            flash(problems.said(warning["message"], warning.get("params", {})), "message")

    context |= _zones(session, actor, context, lines) | {"asked": lines}
    return _answer(session, actor, "trade/confirm.html", act, context, _counted(context, lines, "open_units"))


@bp.route("/consignments/<uuid:consignment_id>/reject", methods=["GET", "POST"])
@edge("trade.answer")
def reject_consignment(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Ask why goods go back, or send them back."""
    context = shown(session, actor, consignment_id)
    if not context["may_reject"]:
        return render_template("trade/answered.html", **context), 409

    def act(form: Form) -> None:
        service.reject(session, actor, consignment_id, **load(schemas.RejectConsignmentSchema(), form))
        flash(_("The goods are sent back to where they came from."), "success")

    return _answer(session, actor, "trade/reject.html", act, context, Form())


@bp.route("/consignments/<uuid:consignment_id>/dispute", methods=["GET", "POST"])
@edge("trade.answer")
def dispute_consignment(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Ask what is not as it should be and why, or note it; the rest can still be confirmed."""
    context = shown(session, actor, consignment_id)
    if not context["may_dispute"]:
        return render_template("trade/answered.html", **context), 409
    lines = [line for line in context["consignment"]["lines"] if line["open_units"]]

    def act(form: Form) -> None:
        service.dispute(session, actor, consignment_id, **load(schemas.DisputeSchema(), form))
        flash(_("It is noted. The goods stay on the road until both sides agree."), "success")

    return _answer(
        session, actor, "trade/dispute.html", act, context | {"asked": lines, "skips_empty": True}, _named(lines)
    )


@bp.route("/consignments/<uuid:consignment_id>/settle", methods=["GET", "POST"])
@edge("trade.answer")
def settle_consignment(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Ask what became of disputed goods, or note it: they came, went back, got lost or are missing."""
    context = shown(session, actor, consignment_id)
    if not context["may_settle"]:
        return render_template("trade/answered.html", **context), 409
    lines = [line for line in context["consignment"]["lines"] if line["disputed_units"]]
    sayable = service.sayable(session, actor, consignment_id)

    def act(form: Form) -> None:
        made = service.settle(session, actor, consignment_id, **load(schemas.SettleSchema(), form))
        if made["state"] == "disputed":
            flash(_("It is noted. Other quantities are still in dispute."), "success")
        else:
            flash(_("The dispute is settled."), "success")

    context |= {
        "asked": lines,
        "skips_empty": True,
        "sayable": {
            batch_id: [{"value": outcome, "text": words.OUTCOMES[outcome]} for outcome in outcomes]
            for batch_id, outcomes in sayable.items()
        },
        "choices": _zones(session, actor, context, lines)["choices"]
        if any("delivered" in outcomes for outcomes in sayable.values()) and context["consignment"]["to"]["business"]
        else [],
    }
    form = _counted(context, lines, "disputed_units")
    for index, line in enumerate(lines):
        if len(sayable[line["batch_id"]]) == 1:
            form[f"{LINES}-{index}-outcome"] = sayable[line["batch_id"]][0]
    return _answer(session, actor, "trade/settle.html", act, context, form)


@bp.route("/consignments/<uuid:consignment_id>/slip", methods=["GET", "POST"])
@edge("trade.answer")
def add_slip(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Ask for a photograph of the signed slip, or keep it."""
    context = shown(session, actor, consignment_id)
    if not context["may_add_slip"]:
        return render_template("trade/answered.html", **context), 409

    def act(_form: Form) -> None:
        content: Handed = schemas.SlipSchema().load(request.files.to_dict())["file"]
        settings: Settings = current_app.config["SETTINGS"]
        service.keep_slip(session, actor, consignment_id, var_dir=settings.var_dir, content=content.content)
        if context["slip_closes"]:
            flash(_("The photograph is kept. The consignment is closed: the goods left the books as sold."), "success")
        else:
            flash(_("The photograph is kept with the consignment."), "success")

    return _answer(session, actor, "trade/slip.html", act, context, Form())


def _zones(session: Session, actor: Actor, context: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the receiver's zones to choose from, those that may take all of these goods first, and its sites.

    `no_fit`: zones there are, but none that may take them (R4); `makes`: sites where the reader may make one.
    """
    receiver = context["consignment"]["to"]["business"]
    if receiver is None:
        return {"choices": [], "no_fit": False, "makes": []}
    sites, _more = registry.search_sites(session, actor, business=str(receiver.business_id), limit=SITES_SHOWN)
    known = registry.sites(session, [site["site_id"] for site in sites])
    wanted = {line["product"]["imported"] for line in lines}
    places = [
        (not all(storage.fits(zone.kind, imported) for imported in wanted), zone, known[site["site_id"]])
        for site in sites
        for zone in site["zones"]
    ]
    places.sort(key=lambda place: place[0])
    makes = [site for site in known.values() if may(actor, "zone.register", at(site, receiver.business_id))]
    return {
        "choices": [(str(zone.zone_id), dispatch_form.place_text(zone, site)) for _unfit, zone, site in places],
        "no_fit": bool(places) and all(unfit for unfit, _zone, _site in places),
        "fits": sum(not unfit for unfit, _zone, _site in places),
        "makes": [{"site_id": site.site_id, "name": site.name} for site in makes],
        "imported": True in wanted,
    }


def _named(lines: list[dict[str, Any]]) -> Form:
    """Return the form that names each line's batch."""
    return Form({f"{LINES}-{index}-batch_id": str(line["batch_id"]) for index, line in enumerate(lines)})


def _counted(context: dict[str, Any], lines: list[dict[str, Any]], units: str) -> Form:
    """Return the form that names each line's batch with a quantity, in pieces and loose units."""
    form = _named(lines)
    for index, line in enumerate(lines):
        product = context["products"][line["product"]["product_id"]]
        pieces, loose = divmod(line[units], product.units_per_piece)
        form[f"_{LINES}-{index}-pieces"] = str(pieces)
        form[f"_{LINES}-{index}-loose"] = str(loose) if loose else ""
    return form


def _for_schema(form: Form, context: dict[str, Any]) -> tuple[Form, dict[int, int]]:
    """Return the form with quantities in the ledger's unit, and which line of the page each of its lines is.

    Where the page lets lines be left empty (`skips_empty`), those are left out.
    """
    fields = copy(form)
    asked = context.get("asked", [])
    sizes = {
        index: context["products"][line["product"]["product_id"]].units_per_piece for index, line in enumerate(asked)
    }
    pages_goods.fill_quantities(fields, LINES, sizes)
    if not context.get("skips_empty"):
        return fields, {}
    kept: Form = Form()
    numbers: dict[str, int] = {}
    for name, text in fields.items(multi=True):
        found = re.fullmatch(rf"{LINES}-(\d{{1,4}})-(.*)", name)
        if found is None:
            kept.add(name, text)
        elif fields.get(f"{LINES}-{found[1]}-quantity_units"):
            kept.add(f"{LINES}-{numbers.setdefault(found[1], len(numbers))}-{found[2]}", text)
    return kept, {new: int(old) for old, new in numbers.items()}


def _on_page(errors: dict[str, str], numbers: dict[int, int]) -> dict[str, str]:
    """Return errors of the lines that were sent at the lines of the page."""

    def moved(name: str) -> str:
        found = re.fullmatch(rf"{LINES}-(\d+)(-.*)", name)
        return f"{LINES}-{numbers.get(int(found[1]), int(found[1]))}{found[2]}" if found else name

    return {moved(name): message for name, message in errors.items()}


def _in_pieces(error: Exception, context: dict[str, Any], numbers: dict[int, int]) -> dict[str, str]:
    """Return what is said of too large quantities, by the names that the lines were sent under."""
    found = {}
    for wrong in problems.as_domain_error(error).errors:
        at_line = re.fullmatch(rf"/{LINES}/(\d+)/quantity_units", wrong.pointer)
        if at_line is None or wrong.code not in TOO_MANY:
            continue
        index = int(at_line[1])
        line = context["asked"][numbers.get(index, index)]
        product = context["products"][line["product"]["product_id"]]
        (units,) = wrong.params.values()
        text = str(TOO_MANY[wrong.code]) % {"quantity": goods_words.quantity(units, product)}
        found[f"{LINES}-{index}-quantity_units"] = text
    return labelled(found, LABELS)


def _answer(session: Session, actor: Actor, template: str, act: Act, context: dict[str, Any], prefilled: Form) -> Any:
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    consignment_id = context["consignment"]["consignment_id"]
    if request.method == "POST":
        fields, numbers = _for_schema(form, context)

        def done() -> str:
            act(fields)
            return url_for("trade_pages.show_consignment", consignment_id=consignment_id)

        try:
            return once(session, actor.user_id, form, done)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
            errors |= _in_pieces(error, context, numbers)
            errors = pages_goods.at_pieces(_on_page(errors, numbers), LINES, form)
            if getattr(error, "code", "") == UNFIT and "" in errors:
                errors = labelled({"zone_id": errors[""]}, LABELS)
            if getattr(error, "code", "") == DIFFERS:  # the count may be right: what lacks is why
                errors = {"reason": _("The quantity differs from what was sent: say why.")}
    else:
        form = prefilled
        if len(context.get("choices", ())) == 1 or context.get("fits") == 1:
            form["zone_id"] = context["choices"][0][0]
    page = render_template(
        template, values=form, errors=errors, labels=LABELS, once=form.get("_once") or new_once(), **context
    )
    return Response(page, status)
