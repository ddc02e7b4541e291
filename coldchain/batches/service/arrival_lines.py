"""The lines of an arrival: each is checked against the catalogue, the zones and the dates, and becomes a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from coldchain.batches import storage
from coldchain.core import limits
from coldchain.core.errors import Conflict, FieldError, Invalid
from coldchain.core.i18n import pgettext
from coldchain.registry import service as registry
from coldchain.registry import words
from coldchain.registry.models import Product, Site, Zone


@dataclass(frozen=True)
class Line:
    """One line that may be entered: a product's units of one production batch, for one zone of the arrival's site."""

    line_no: int
    product: Product
    zone: Zone
    batch_no: str | None
    production_date: date
    expiry_date: date | None
    quantity_units: int
    piece_count: int

    @property
    def mixed(self) -> bool:
        """Say whether the zone is not meant for these goods (R4)."""
        return not storage.fits(self.zone.kind, self.product.imported)


@dataclass(frozen=True)
class Mixed:
    """A line, from 0, whose zone is of a kind that is not meant for its goods (R4)."""

    index: int
    imported: bool
    kind: str


@dataclass(frozen=True)
class AllowedZones:
    """The kinds of zone that may take imported (or other) goods, said in the reader's language when it is shown."""

    imported: bool

    def __str__(self) -> str:
        return pgettext("list separator", ", ").join(
            str(words.ZONE_KINDS[kind]) for kind in storage.allowed_zones(self.imported)
        )


def pieces(quantity_units: int, units_per_piece: int) -> int:
    """Return how many pieces hold that many units: loose units are the last, open piece."""
    return -(-quantity_units // units_per_piece)


@dataclass(frozen=True)
class Wording:
    """Under which name of a request lines stand, and how it is said that they were produced too late."""

    name: str = "lines"
    after: str = "The production date is after the arrival on {day}."


def check(
    session: Session,
    site: Site,
    arrived_on: date,
    lines: Sequence[Mapping[str, Any]],
    *,
    existing_stock: bool,
    wording: Wording = Wording(),
) -> list[Line]:
    """Return the lines as they may be entered, `line_no` from 1; three statements however many there are.

    Raises Invalid with every field that is wrong: `unknown_product`, `unknown_zone`, `wrong_site`, `after_arrival`,
    `before_production`, `too_many_pieces`; Conflict `zone_not_dedicated` (R4) unless it is existing stock.
    """
    products = registry.products(session, {line["product_id"] for line in lines})
    zones = registry.zones(session, {line["zone_id"] for line in lines})
    errors: list[FieldError] = []
    checked: list[Line] = []
    mixed: list[Mixed] = []
    for index, line in enumerate(lines):
        product, zone = products.get(line["product_id"]), zones.get(line["zone_id"])
        wrong = _wrong(f"/{wording.name}/{index}", wording.after, line, product, zone, site, arrived_on)
        errors += wrong
        here = zone[0] if zone is not None and zone[1].site_id == site.site_id else None
        if product is not None and here is not None and not storage.fits(here.kind, product.imported):
            mixed.append(Mixed(index, product.imported, here.kind))
        if not wrong and product is not None and zone is not None:
            checked.append(
                Line(
                    line_no=index + 1,
                    product=product,
                    zone=zone[0],
                    batch_no=line.get("batch_no"),
                    production_date=line["production_date"],
                    expiry_date=line.get("expiry_date"),
                    quantity_units=line["quantity_units"],
                    piece_count=pieces(line["quantity_units"], product.units_per_piece),
                )
            )
    told = [] if existing_stock else [_mixed_error(each, wording.name) for each in mixed]
    if errors:
        raise Invalid(errors=errors + told)
    if told:
        raise _mixed_refusal(mixed[0], told)
    return checked


def _wrong(
    pointer: str,
    after: str,
    line: Mapping[str, Any],
    product: Product | None,
    zone: tuple[Zone, Site] | None,
    site: Site,
    arrived_on: date,
) -> list[FieldError]:
    def error(name: str, code: str, message: str, **params: Any) -> FieldError:
        return FieldError(f"{pointer}/{name}", code, message, params)

    errors = []
    if product is None:
        errors.append(error("product_id", "unknown_product", "There is no such product."))
    if zone is None or zone[1].business_id != site.business_id:  # what is another's is no other than what isn't there
        errors.append(error("zone_id", "unknown_zone", "There is no such zone."))
    elif zone[1].site_id != site.site_id:
        errors.append(error("zone_id", "wrong_site", "This zone belongs to another site."))
    errors += wrong_dates(pointer, line["production_date"], line.get("expiry_date"), arrived_on, after)
    if product is not None:
        quantity = line["quantity_units"]
        if pieces(quantity, product.units_per_piece) > limits.PIECES_MAX:
            errors.append(
                error(
                    "quantity_units", "too_many_pieces", "At most {limit} pieces in one batch.",
                    limit=limits.PIECES_MAX,
                )
            )  # fmt: skip
        elif quantity * product.unit_mass_g > limits.MASS_G_MAX:
            errors.append(
                error("quantity_units", "too_heavy", "At most {limit} g in one batch.", limit=limits.MASS_G_MAX)
            )
    return errors


def wrong_dates(
    pointer: str, made: date, expires: date | None, arrived_on: date, after: str = Wording.after
) -> list[FieldError]:
    """Return what is wrong with the dates of a line: `after_arrival`, `before_production`."""
    errors = []
    if made > arrived_on:
        errors.append(FieldError(f"{pointer}/production_date", "after_arrival", after, {"day": arrived_on.isoformat()}))
    if expires is not None and expires < made:
        told = "The expiry date is before the production date."
        errors.append(FieldError(f"{pointer}/expiry_date", "before_production", told))
    return errors


def _mixed_error(mixed: Mixed, name: str) -> FieldError:
    return FieldError(
        f"/{name}/{mixed.index}/zone_id",
        "zone_not_dedicated",
        "This zone is of the kind {kind}; these goods go into: {allowed}.",
        {"kind": words.ZONE_KINDS[mixed.kind], "allowed": AllowedZones(mixed.imported)},
    )


def _mixed_refusal(first: Mixed, errors: list[FieldError]) -> Conflict:
    """Return Conflict `zone_not_dedicated` for lines whose zone is not meant for their goods (R4)."""
    message = (
        "Imported goods go into a zone of their own: {allowed}. Line {line} names a zone of the kind {kind}."
        if first.imported
        else "A dedicated zone takes imported goods only; other goods go into: {allowed}. "
        "Line {line} names a zone of the kind {kind}."
    )
    return Conflict(
        message,
        code="zone_not_dedicated",
        errors=errors,
        line=first.index + 1,
        kind=words.ZONE_KINDS[first.kind],
        allowed=AllowedZones(first.imported),
        extra={"zone_kind": first.kind, "allowed_zone_kinds": list(storage.allowed_zones(first.imported))},
    )
