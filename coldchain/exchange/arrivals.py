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
from coldchain.core import identifiers, limits
from coldchain.core.errors import DomainError, FieldError, Invalid, NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.sheet_import import Column, Row, Table
from coldchain.exchange import arrival_amounts, arrival_rest, partly
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
LINE: Final[tuple[str, ...]] = ("production_date", "expiry_date", "batch_no")
NEEDED: Final = {"production_date", "expiry_date", "product_id", "zone_id", "quantity_units"}
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
        for head, rows in deliveries:
            unit = _unit(session, table, business, head, rows)
            if unit is None:
                continue
            rest = _fill(table, unit, rows, catalogue, places)
            if unit.rows:
                units.append(unit)
            if rest:
                _check_rest(session, actor, table, unit, rest, places)
        return units

    def enter(self, session: Session, actor: Actor, unit: Unit) -> dict[str, Any]:
        """Enter a delivery as the API does."""
        read, errors = partly.load(ArrivalRegistrationSchema(), unit.data)
        if errors:
            raise Invalid(errors=[*errors, *service.arrival_faults(session, actor, read)])
        arrival_id = service.register_arrival(session, actor, **read)
        return {"arrival_id": str(arrival_id)}

    def refuse(self, table: Table, unit: Unit, error: DomainError) -> Unit | None:
        """Name what was refused of lines and of the delivery; the lines that were not named are tried once more."""
        gone: set[int] = set()
        for each in error.errors or (FieldError("", error.code, error.message, error.params),):
            parts = each.pointer.strip("/").split("/")
            if parts[0] == "lines" and len(parts) > 1:
                index = int(parts[1])
                gone.add(index)
                _say(table, unit.rows[index], parts[-1], each)
            else:
                _say(table, unit.head or unit.rows[0], "/".join(parts), each)
        left = [n for n in range(len(unit.rows)) if n not in gone]
        if not gone or not left:
            return None
        lines = unit.data["lines"]
        return Unit([unit.rows[n] for n in left], unit.data | {"lines": [lines[n] for n in left]}, unit.summary,
                    head=unit.head)  # fmt: skip


def _say(table: Table, row: Row, name: str, error: FieldError) -> None:
    """Name the cell of what a schema or a service calls `name`, unless it is named already."""
    column = _standing(table, row, CELLS.get(name, name))
    if (row.number, column) not in table.named:
        table.refuse(row, column, error)


def _standing(table: Table, row: Row, name: str) -> str:
    """Return the column that says something of a row: the product by its GTIN, the quantity by its pieces."""
    if name == "product" and not row.cells.get("product"):
        return "gtin"
    if name == "quantity":
        return next((each for each in arrival_amounts.AMOUNTS if row.cells.get(each)), "quantity")
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
    session: Session, table: Table, owner: Business, head: Mapping[str, Any], rows: Sequence[Said]
) -> Unit | None:
    """Return a delivery without its lines; None when it has too many."""
    first = rows[0][0]
    mode = head.get("entry_mode", "arrived")
    data: dict[str, Any] = {"owner": str(owner.business_id), "entry_mode": mode, "lines": []}
    data |= {name: head[name] for name in HEAD[2:5] if name in head}
    if "vehicle_plate" in head:
        data["vehicle_plate"] = head["vehicle_plate"]
    if "supplier" in head:
        data["supplier"] = {"business" if _is_registered(session, head["supplier"]) else "name": head["supplier"]}
    if "arrived_at" not in head:
        if (first.number, "arrived_at") not in table.named:
            told = "Say when the goods came: in the first row of a delivery."
            table.refuse(first, "arrived_at", FieldError("", "required", told))
    elif (first.number, "entry_mode") not in table.named:  # else it isn't known what the time means
        data["expected_at" if mode == "declared" else "arrived_at"] = head["arrived_at"].replace(" ", "T") + "+08:00"
    if len(rows) > limits.LINES_PER_REQUEST:
        excess = rows[limits.LINES_PER_REQUEST][0]
        table.refuse(excess, "product", FieldError("", "too_many_lines", "At most {limit} rows in one delivery.",
                                                    {"limit": limits.LINES_PER_REQUEST}))  # fmt: skip
        return None
    summary = {name: head.get(name) for name in ("arrived_at", "container_no", "supplier", "site")}
    return Unit([], data, summary | {"entry_mode": mode, "row": first.number}, head=first)


def _is_registered(session: Session, text: str) -> bool:
    try:
        registry.find_business(session, identifiers.check_uscc(text))
    except (identifiers.IdentifierError, NotFound):
        return False
    return True


def _fill(
    table: Table, unit: Unit, rows: Sequence[Said], catalogue: Catalogue, places: Places
) -> list[tuple[Row, dict[str, Any]]]:
    """Put the lines that can be made out into a delivery; return the others with what they do say."""
    rest: list[tuple[Row, dict[str, Any]]] = []
    mass_g = piece_count = 0
    for row, each in rows:
        line: dict[str, Any] = {name: each[name] for name in LINE if name in each}
        product = _product(table, row, each, catalogue)
        if product is not None:
            line["product_id"] = str(product.product_id)
        units = arrival_amounts.units(table, row, each, product)
        if units is not None:
            line["quantity_units"] = units
        site = {"site": unit.summary["site"]} if unit.summary["site"] else {}
        place = places.find({name: each[name] for name in ("zone",) if name in each} | site, product)
        if isinstance(place[1], UUID):
            unit.data.setdefault("site_id", str(place[0]))
            line["zone_id"] = str(place[1])
        elif product is not None or place[1].code != "no_zone_fits":
            table.refuse(row, str(place[0]), place[1])
        if product is None or units is None or not set(line) >= NEEDED or (row.number, "batch_no") in table.named:
            rest.append((row, line))
            continue
        unit.rows.append(row)
        unit.data["lines"].append(line)
        mass_g += units * product.unit_mass_g
        piece_count += pieces(units, product.units_per_piece)
    unit.summary |= {"lines": len(unit.rows), "mass_g": mass_g, "pieces": piece_count}
    return rest


def _check_rest(
    session: Session, actor: Actor, table: Table, unit: Unit, rest: Sequence[tuple[Row, dict[str, Any]]], places: Places
) -> None:
    """Name what else is wrong in the rows of a delivery that have a bad cell."""
    site_id = unit.data.get("site_id") or next((str(site["site_id"]) for site in places.own), None)
    if site_id is None:
        return
    first = unit.head or rest[0][0]
    arrival_rest.check(
        session, actor, unit.data | {"site_id": site_id}, rest,
        lambda row, name, error: _say(table, row or first, name, error),
    )  # fmt: skip


def _product(table: Table, row: Row, each: Mapping[str, Any], catalogue: Catalogue) -> Product | None:
    unread = (row.number, "gtin") in table.named
    if (row.number, "product") in table.named or (unread and "product" not in each):
        return None
    found = catalogue.find(each)
    if isinstance(found, Product):
        return found
    if not (unread and found[1].code == "ambiguous_product"):  # the GTIN may have said which
        table.refuse(row, found[0], found[1])
    return None
