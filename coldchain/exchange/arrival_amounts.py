"""How much a row of goods says: in one cell or in several, which may not say two things."""

from collections.abc import Mapping
from typing import Any, Final

from coldchain.core import limits, sheet_cells
from coldchain.core.errors import FieldError, Invalid
from coldchain.core.sheet_cells import Amount
from coldchain.core.sheet_import import Row, Table
from coldchain.registry.models import Product

AMOUNTS: Final = ("quantity", "pieces", "loose", "mass")


def units(table: Table, row: Row, each: Mapping[str, Any], product: Product | None) -> int | None:
    """Return a row's quantity in the product's ledger unit; None when it is bad, which is named, or can't be known."""
    if any((row.number, name) in table.named for name in AMOUNTS):
        return None
    given = each.get("quantity")
    counted = _counted(each)
    name = "quantity" if given else "pieces" if "pieces" in each else "loose" if "loose" in each else "mass"
    said = given or counted or each.get("mass")
    if said is None:
        lacking = "quantity" if "quantity" in table.places else "pieces"
        table.refuse(row, lacking, FieldError("", "required", "This is needed."))
        return None
    found = None
    if product is not None:
        try:
            found = sheet_cells.units(
                said, units_per_piece=product.units_per_piece, unit_mass_g=product.unit_mass_g,
                by_mass=product.ledger_unit == "gram",
            )  # fmt: skip
        except Invalid as error:
            table.refuse_all(row, error, name)
            return None
    if given and counted and contradict(given, counted, product, found):
        told = "The quantity says otherwise: {quantity}. Leave one of the two."
        other = "pieces" if "pieces" in each else "loose"
        table.refuse(row, other, FieldError("", "contradicts", told, {"quantity": row.cells["quantity"]}))
        return None
    if found is not None and not 1 <= found <= limits.QUANTITY_UNITS_MAX:
        table.refuse(row, name, FieldError("", "out_of_range", "This quantity is not possible."))
        return None
    return found


def _counted(each: Mapping[str, Any]) -> Amount | None:
    """Return what the columns of pieces and of loose units say together."""
    parts = [each[part] for part in ("pieces", "loose") if part in each]
    if not parts:
        return None
    return Amount(*(sum(getattr(p, which) or 0 for p in parts) or None for which in ("pieces", "loose", "mass_g")))


def contradict(quantity: Amount, counted: Amount, product: Product | None, found: int | None) -> bool:
    """Say whether the columns of pieces and loose units say another thing than the quantity, `found` in units.

    Pieces alone may leave out an open piece or count it. Goods kept by weight weigh what they weigh, whatever their
    pieces hold.
    """
    if quantity.pieces is not None and counted.pieces is not None and counted.loose is None:
        return counted.pieces not in {quantity.pieces, quantity.pieces + (1 if quantity.loose else 0)}
    if product is None or found is None or product.ledger_unit == "gram" or counted.mass_g:
        return False
    held = product.units_per_piece
    if counted.loose is None:
        return counted.pieces not in {found // held, -(-found // held)}
    if counted.pieces is None:
        return counted.loose not in {found, found % held}
    return counted.pieces * held + counted.loose != found
