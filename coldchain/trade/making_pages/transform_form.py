"""The form of a transformation: what the page asks, as the fields of the API's schema, and back.

Goods that go in are rows of what lies in a zone; goods that come out are lines with a product found by a few characters
or registered here; masses are typed in kilograms. Fields of the page's own start with `_`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.batches import pages_goods
from coldchain.batches.pages_arrival_form import LABELS as ARRIVAL_LABELS
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.page_forms import Form, change_lines, copy
from coldchain.registry import service as registry
from coldchain.trade import pages_words as words
from coldchain.trade.entry_pages import rows
from coldchain.trade.entry_pages.kinds import IN_WORK, Act
from coldchain.trade.making_schemas import TransformationSchema
from coldchain.trade.pages_dispatch import Offer
from coldchain.trade.service import transforming

OUTPUTS: Final = "outputs"
LOSS, ADDED = "_loss_kg", "_added_kg"
_OUTPUT: Final = re.compile(rf"{OUTPUTS}-(\d{{1,4}})-product_id")

ACT: Final = Act(
    "transformation", "/transformations/new", TransformationSchema, transforming.transform,
    words.ENTRY_KINDS["transformation"],
    _l("Goods go in, others come out. Nothing gets clear by it: what is made is judged by all that went in."),
    _l("Happened at"), _l("Enter the processing"), zone_kinds=IN_WORK, checked=True,
)  # fmt: skip
PROCESSES: Final[dict[str, LazyText]] = {
    "cut": _p("process", "Cutting"),
    "repack": _p("process", "Repacking"),
    "cook": _p("process", "Cooking"),
    "mix": _p("process", "Mixing"),
}
LABELS: Final[dict[str, LazyText]] = {
    name: label for name, label in ARRIVAL_LABELS.items() if name.startswith(("_producer", "_product"))
} | {
    "process": _l("What is done"),
    LOSS: _l("Lost, kg"),
    ADDED: _l("Other ingredients, kg"),
    "reason": _l("Reason"),
    "occurred_at": _l("Happened at"),
    "outputs": _l("What comes out"),
    "outputs-*-product_id": _l("Product"),
    "outputs-*-production_date": _l("Production date"),
    "outputs-*-expiry_date": _l("Expiry date"),
    "outputs-*-batch_no": _l("Production batch number"),
    "outputs-*-zone_id": _l("Zone"),
    "outputs-*-quantity_units": _l("Quantity"),
    "_outputs-*-pieces": _l("Number of pieces"),
    "_outputs-*-loose": _l("Loose units"),
}


def redrawn(form: Form) -> tuple[Form, int, bool]:
    """Return the form after an add or remove button, how many outputs it shows, and whether one was pressed."""
    changed, count, pressed = change_lines(form, OUTPUTS)
    if pressed and form.get("_add") == OUTPUTS:
        for name in ("zone_id", "production_date", "expiry_date"):  # mostly the same for all that comes out
            above = changed.get(f"{OUTPUTS}-{count - 2}-{name}", "")
            changed.setdefault(f"{OUTPUTS}-{count - 1}-{name}", above)
    return changed, count, pressed


def units_per_piece(session: Session, form: Form) -> dict[int, int]:
    """Return how many ledger units a piece holds, of each output in which a known product was chosen."""
    chosen = {
        int(found[1]): text for name, text in form.items(multi=True) if text and (found := _OUTPUT.fullmatch(name))
    }
    products = registry.products(session, pages_goods.uuids(chosen.values()))
    return {
        index: products[UUID(text)].units_per_piece
        for index, text in chosen.items()
        if pages_goods.uuids([text]) and UUID(text) in products
    }


def for_schema(session: Session, form: Form, listed: Sequence[Offer]) -> rows.Typed:
    """Return the form as the schema takes it, with quantities in the ledger's unit, and which batch each line is."""
    fields = copy(form)
    pages_goods.fill_quantities(fields, OUTPUTS, units_per_piece(session, form))
    for name, typed in (("loss_g", LOSS), ("added_g", ADDED)):
        fields[name] = rows.grams(form.get(typed, ""))
    lines = rows.typed(fields, listed, ACT)
    without = Form((name, text) for name, text in lines.form.items(multi=True) if not name.startswith("_"))
    return rows.Typed(without, lines.batch_ids)


def errors_of_loose(session: Session, form: Form) -> dict[str, str]:
    """Return an error for each output with loose units of a product that is never opened."""
    return pages_goods.loose_of_single(form, OUTPUTS, units_per_piece(session, form))


def at_fields(errors: Mapping[str, str], lines: rows.Typed, listed: Sequence[Offer], form: Form) -> dict[str, str]:
    """Return errors of the schema's fields at the fields where they were typed."""
    own = {"loss_g": LOSS, "added_g": ADDED}
    moved = rows.at_rows({own.get(name, name): message for name, message in errors.items()}, lines, listed, form)
    return pages_goods.at_pieces(moved, OUTPUTS, form)


def same_dates(form: Form, batch: Any) -> None:
    """Fill the first output's dates with those of the only batch that goes in: cut goods keep them."""
    form[f"{OUTPUTS}-0-production_date"] = batch.production_date.isoformat()
    if batch.expiry_date:
        form[f"{OUTPUTS}-0-expiry_date"] = batch.expiry_date.isoformat()
