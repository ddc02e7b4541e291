"""Pages that correct an entry: the right quantities with a reason, or all of it taken back by one press."""

from typing import Any
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_goods
from coldchain.core import problems
from coldchain.core.edge import edge
from coldchain.core.errors import DomainError
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.registry.models import Product
from coldchain.trade import entry_schemas as schemas
from coldchain.trade.entry_pages import listing, rows
from coldchain.trade.entry_pages.blueprint import bp
from coldchain.trade.entry_pages.kinds import LABELS
from coldchain.trade.service import entries


@bp.route("/stock-entries/<uuid:entry_id>/correct", methods=["GET", "POST"])
@edge("stock.correct")
def correct_entry(session: Session, actor: Actor, entry_id: UUID) -> Any:
    """Ask for the right quantities and why, or set them."""
    page = listing.shown(session, actor, entry_id)
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200 if page["may_correct"] else 409
    if request.method == "POST" and page["may_correct"]:
        fields = _for_schema(form, page)
        try:
            return once(session, actor.user_id, form, lambda: _correct(session, actor, entry_id, fields))
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
            errors = _on_page(errors, page, form)
            if isinstance(error, DomainError) and "available" in error.extra:
                errors = _not_there(error, page)
    elif request.method == "GET":
        for line in page["entry"]["lines"]:
            form.update(_filled(line, page["products"][line["product"]["product_id"]]))
    drawn = render_template(
        "trade/entry_correct.html", values=form, errors=errors, once=form.get("_once") or new_once(), **page
    )
    return Response(drawn, status)


def _correct(session: Session, actor: Actor, entry_id: UUID, fields: Form) -> str:
    made = entries.correct(session, actor, entry_id, **load(schemas.CorrectionSchema(), fields))
    _tell(made)
    flash(_("Corrected. The right quantity counts from now on."), "success")
    return url_for("entry_pages.show_entry", entry_id=entry_id)


def _tell(made: dict[str, Any]) -> None:
    for warning in made["warnings"]:
        flash(problems.said(warning["message"], {}), "message")


@bp.post("/stock-entries/<uuid:entry_id>/undo")
@edge("stock.correct")
def undo_entry(session: Session, actor: Actor, entry_id: UUID) -> Any:
    """Take all of an entry back by a correction and return to where it was made; a refusal is shown on its page."""
    entry = entries.get(session, actor, entry_id)
    form = copy(request.form)
    lines = [{"batch_id": line["batch_id"], "quantity_units": 0} for line in entry["lines"]]

    def act() -> str:
        _tell(
            entries.correct(session, actor, entry_id, reason=_("Pressed by mistake, taken back at once"), lines=lines)
        )
        flash(_("Taken back. The goods are in the books again."), "success")
        owner = {"owner": entry["owner"].business_id} if actor.business_id is None else {}
        return url_for("entry_pages.kitchen", zone_id=entry["zone_id"], **owner)

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
        page = listing.shown(session, actor, entry_id)
        return Response(render_template("trade/entry.html", errors=errors, **page), status)


def _filled(line: dict[str, Any], product: Product) -> dict[str, str]:
    """Return the fields of a line as they stand: what is right by the last correction."""
    pieces, loose = divmod(line["current_units"], product.units_per_piece)
    if product.ledger_unit == "gram":
        return {
            f"{rows.PIECES}{line['batch_id']}": str(pieces) if pieces else "",
            f"{rows.LOOSE}{line['batch_id']}": f"{loose / rows.GRAMS_PER_KG:g}" if loose or not pieces else "",
        }
    return {
        f"{rows.PIECES}{line['batch_id']}": str(pieces),
        f"{rows.LOOSE}{line['batch_id']}": str(loose) if loose else "",
    }


def _for_schema(form: Form, page: dict[str, Any]) -> Form:
    """Return the form with a line for each batch of the entry whose quantity was changed."""
    fields = Form((name, text) for name, text in form.items(multi=True) if name == "reason")
    number = 0
    for line in page["entry"]["lines"]:
        units = _units(form, line, page["products"][line["product"]["product_id"]])
        if units != str(line["current_units"]):
            fields[f"lines-{number}-batch_id"] = str(line["batch_id"])
            fields[f"lines-{number}-quantity_units"] = units
            number += 1
    return fields


def _units(form: Form, line: dict[str, Any], product: Product) -> str:
    pieces, loose = (form.get(f"{name}{line['batch_id']}", "") for name in (rows.PIECES, rows.LOOSE))
    loose = rows.grams(loose) if product.ledger_unit == "gram" else loose
    return pages_goods.typed_units(pieces, loose, product.units_per_piece) or "0"


def _on_page(errors: dict[str, str], page: dict[str, Any], form: Form) -> dict[str, str]:
    """Return errors of the schema's lines at the fields where they were typed."""
    changed = [
        line
        for line in page["entry"]["lines"]
        if _units(form, line, page["products"][line["product"]["product_id"]]) != str(line["current_units"])
    ]
    moved = {}
    for name, message in errors.items():
        parts = name.split("-")
        if parts[0] == "lines" and len(parts) > 1 and int(parts[1]) < len(changed):
            moved[f"{rows.PIECES}{changed[int(parts[1])]['batch_id']}"] = message
        elif parts[0] == "lines":
            first = page["entry"]["lines"][0]["batch_id"]
            moved[f"{rows.PIECES}{first}"] = _("These are the quantities that the entry has already.")
        else:
            moved[name] = message
    return moved


def _not_there(error: DomainError, page: dict[str, Any]) -> dict[str, str]:
    """Return, at each line, that the goods are no longer where the entry put them or took them from."""
    found = {}
    for line in page["entry"]["lines"]:
        units = error.extra["available"].get(str(line["batch_id"]))
        if units is not None:
            product = page["products"][line["product"]["product_id"]]
            there = page["words"].quantity(units, product)
            found[f"{rows.PIECES}{line['batch_id']}"] = _("Not enough: %(quantity)s are there.", quantity=there)
    return found
