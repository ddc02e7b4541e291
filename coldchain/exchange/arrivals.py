"""Arrivals from a spreadsheet: rows are lines of goods; what a delivery shares stands in its first row, or is merged.

The rows of a delivery follow each other: a row whose fields of the delivery are empty, or say what was said above,
belongs to the delivery above it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import service
from coldchain.batches.schemas.arrivals import ArrivalRegistrationSchema
from coldchain.batches.service.arrival_lines import pieces
from coldchain.core import identifiers, limits, sheet_cells
from coldchain.core.errors import DomainError, FieldError, Invalid, NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.sheet_cells import Amount
from coldchain.core.sheet_import import Column, Row, Table
from coldchain.exchange.arrival_columns import COLUMNS
from coldchain.exchange.engine import Said, Unit
from coldchain.exchange.places import Places
from coldchain.exchange.products import Catalogue
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Product

HEAD: Final[tuple[str, ...]] = (
    "arrived_at", "entry_mode", "container_no", "seal_no", "customs_declaration_no", "supplier", "vehicle_plate",
    "site",
)  # fmt: skip
AMOUNTS: Final = ("quantity", "pieces", "loose", "mass")
CELLS: Final = {  # what schemas and services call it → which column says it
    "expected_at": "arrived_at", "occurred_at": "arrived_at", "supplier/name": "supplier", "site_id": "site",
    "supplier/business": "supplier", "product_id": "product", "zone_id": "zone", "quantity_units": "quantity",
}  # fmt: skip


class Arrivals:
    """The kind of spreadsheet whose rows are lines of arrivals."""

    name = "arrivals"
    action = "arrival.register"
    title = _l("Arrivals from a spreadsheet")
    columns: tuple[Column, ...] = COLUMNS
    of_business = True
    remarks: tuple[LazyText, ...] = (
        _l("Rows of one delivery follow each other. What they share stands in the first row, or in merged cells."),
        _l(
            "Products must be in the catalogue. Papers, disinfections and samples are added to the arrivals afterwards."
        ),
    )

    def prepare(
        self, session: Session, actor: Actor, business: Business | None, table: Table, said: Sequence[Said]
    ) -> list[Unit]:
        """Return the deliveries with the lines that can be made out."""
        if business is None:
            raise Invalid.of("/business", "required", "Name the business that the goods belong to.")
        catalogue = Catalogue(session, [each for _row, each in said])
        places = Places(session, actor, business)
        units: list[Unit] = []
        deliveries = _deliveries(said)
        if len(deliveries) > limits.IMPORT_ARRIVALS:
            raise Invalid.of("/file", "too_many_arrivals",
                             "At most {limit} deliveries in one spreadsheet; these are {count}.",
                             limit=limits.IMPORT_ARRIVALS, count=len(deliveries))  # fmt: skip
        bad = {(cell.row, cell.name) for cell in table.bad}
        for head, rows in deliveries:
            unit = _unit(session, table, business, head, rows, bad)
            if unit is not None and _fill(table, unit, rows, catalogue, places, bad):
                units.append(unit)
        return units

    def enter(self, session: Session, actor: Actor, unit: Unit) -> dict[str, Any]:
        """Enter a delivery as the API does."""
        arrival_id = service.register_arrival(session, actor, **ArrivalRegistrationSchema().load(unit.data))
        return {"arrival_id": str(arrival_id)}

    def refuse(self, table: Table, unit: Unit, error: DomainError) -> Unit | None:
        """Name what was refused of lines and of the delivery; the lines that were not named are tried once more."""
        gone: set[int] = set()
        for each in error.errors or (FieldError("", error.code, error.message, error.params),):
            parts = each.pointer.strip("/").split("/")
            if parts[0] == "lines" and len(parts) > 1:
                index = int(parts[1])
                gone.add(index)
                name = CELLS.get(parts[-1], parts[-1])
                table.refuse(unit.rows[index], _standing(table, unit.rows[index], name), each)
            else:
                name = "/".join(parts)
                table.refuse(unit.rows[0], _standing(table, unit.rows[0], CELLS.get(name, name)), each)
        left = [n for n in range(len(unit.rows)) if n not in gone]
        if not gone or not left:
            return None
        lines = unit.data["lines"]
        return Unit([unit.rows[n] for n in left], unit.data | {"lines": [lines[n] for n in left]}, unit.summary)


def _standing(table: Table, row: Row, name: str) -> str:
    """Return the column that says something of a row: the product by its GTIN, the quantity by its pieces."""
    if name == "product" and not row.cells.get("product"):
        return "gtin"
    if name == "quantity":
        return next((each for each in AMOUNTS if row.cells.get(each)), "quantity")
    return name if name in table.places or name in HEAD else "product"


def _deliveries(said: Sequence[Said]) -> list[tuple[dict[str, Any], list[Said]]]:
    """Return the rows by delivery, each with what its head says."""
    found: list[tuple[dict[str, Any], list[Said]]] = []
    for row, each in said:
        head = {name: each[name] for name in HEAD if name in each}
        written = {name for name in HEAD if row.cells.get(name)}
        goes_on = found and all(found[-1][0].get(name) == head.get(name) for name in written)
        if goes_on:
            found[-1][1].append((row, each))
        else:
            found.append((head, [(row, each)]))
    return found


def _unit(
    session: Session, table: Table, owner: Business, head: Mapping[str, Any], rows: Sequence[Said],
    bad: set[tuple[int, str]],
) -> Unit | None:  # fmt: skip
    """Return a delivery without its lines; None when it is not said when it came."""
    first = rows[0][0]
    mode = head.get("entry_mode", "arrived")
    data: dict[str, Any] = {"owner": str(owner.business_id), "entry_mode": mode, "lines": []}
    data |= {name: head[name] for name in HEAD[2:5] if name in head}
    if "vehicle_plate" in head:
        data["vehicle_plate"] = head["vehicle_plate"]
    if "supplier" in head:
        data["supplier"] = {"business" if _is_registered(session, head["supplier"]) else "name": head["supplier"]}
    if "arrived_at" in head:
        data["expected_at" if mode == "declared" else "arrived_at"] = head["arrived_at"].replace(" ", "T") + "+08:00"
    elif (first.number, "arrived_at") not in bad:
        table.refuse(
            first, "arrived_at", FieldError("", "required", "Say when the goods came: in the first row of a delivery.")
        )
        return None
    if len(rows) > limits.LINES_PER_REQUEST:
        excess = rows[limits.LINES_PER_REQUEST][0]
        table.refuse(excess, "product", FieldError("", "too_many_lines", "At most {limit} rows in one delivery.",
                                                    {"limit": limits.LINES_PER_REQUEST}))  # fmt: skip
        return None
    summary = {name: head.get(name) for name in ("arrived_at", "container_no", "supplier", "site")}
    return Unit([], data, summary | {"entry_mode": mode, "row": first.number})


def _is_registered(session: Session, text: str) -> bool:
    try:
        registry.find_business(session, identifiers.check_uscc(text))
    except (identifiers.IdentifierError, NotFound):
        return False
    return True


def _fill(
    table: Table, unit: Unit, rows: Sequence[Said], catalogue: Catalogue, places: Places, bad: set[tuple[int, str]]
) -> bool:
    """Put the lines that can be made out into a delivery; say whether there is any."""
    site_id: UUID | None = None
    mass_g = piece_count = 0
    for row, each in rows:
        product = _product(table, row, each, catalogue, bad)
        site = {"site": unit.summary["site"]} if unit.summary["site"] else {}
        place = places.find({name: each[name] for name in ("zone",) if name in each} | site, product)
        if isinstance(place[1], FieldError):
            if product is not None or place[1].code != "no_zone_fits":
                table.refuse(row, str(place[0]), place[1])
            continue
        if site_id is None:
            site_id = place[0]
            unit.data["site_id"] = str(site_id)
        units = _units(table, row, each, product, bad)
        dates = {name: each.get(name) for name in ("production_date", "expiry_date")}
        if product is None or units is None or not all(dates.values()) or (row.number, "batch_no") in bad:
            continue
        unit.rows.append(row)
        unit.data["lines"].append(
            dates
            | {"product_id": str(product.product_id), "zone_id": str(place[1]), "quantity_units": units}
            | ({"batch_no": each["batch_no"]} if "batch_no" in each else {})
        )
        mass_g += units * product.unit_mass_g
        piece_count += pieces(units, product.units_per_piece)
    unit.summary |= {"lines": len(unit.rows), "mass_g": mass_g, "pieces": piece_count}
    return bool(unit.rows)


def _product(
    table: Table, row: Row, each: Mapping[str, Any], catalogue: Catalogue, bad: set[tuple[int, str]]
) -> Product | None:
    if (row.number, "gtin") in bad:
        return None
    found = catalogue.find(each)
    if isinstance(found, Product):
        return found
    table.refuse(row, found[0], found[1])
    return None


def _units(
    table: Table, row: Row, each: Mapping[str, Any], product: Product | None, bad: set[tuple[int, str]]
) -> int | None:
    """Return a row's quantity in the product's ledger unit; None when it is bad or can't be known."""
    if any((row.number, name) in bad for name in AMOUNTS):
        return None
    given = each.get("quantity")
    name = "quantity" if given else "pieces" if "pieces" in each else "loose" if "loose" in each else "mass"
    if given is None and ("pieces" in each or "loose" in each):
        parts = [each[part] for part in ("pieces", "loose") if part in each]
        given = Amount(*(sum(getattr(p, which) or 0 for p in parts) or None for which in ("pieces", "loose", "mass_g")))
    given = given or each.get("mass")
    if given is None:
        table.refuse(
            row, "quantity" if "quantity" in table.places else "pieces", FieldError("", "required", "This is needed.")
        )
        return None
    if product is None:
        return None
    try:
        units = sheet_cells.units(
            given, units_per_piece=product.units_per_piece, unit_mass_g=product.unit_mass_g,
            by_mass=product.ledger_unit == "gram",
        )  # fmt: skip
    except Invalid as error:
        table.refuse_all(row, error, name)
        return None
    if not 1 <= units <= limits.QUANTITY_UNITS_MAX:
        table.refuse(row, name, FieldError("", "out_of_range", "This quantity is not possible."))
        return None
    return units
