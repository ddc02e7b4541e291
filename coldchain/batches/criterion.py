"""Pure: whether a batch is what a notice describes (R9).

`matches` is the one meaning of a criterion: every field that is given must fit, any of its values may. A criterion that
names nothing selects nothing. What was corrected is matched by what was said at first as well (R11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from coldchain.core.text import normalise_name

Criterion = Mapping[str, Any]

FIELDS = (
    "producer_ids", "plant_nos", "product_ids", "series", "product_name_contains", "gtins", "batch_nos",
    "production_date_from", "production_date_to", "origin_countries", "container_nos", "customs_declaration_nos",
    "imported",
)  # fmt: skip
LOT_PARTS = (
    ("batch_nos",),
    ("production_date_from", "production_date_to"),
    ("container_nos",),
    ("customs_declaration_nos",),
)  # fmt: skip  (fields of a lot that one value has to fit together)


@dataclass(frozen=True)
class Identity:
    """What a criterion looks at in a batch; `producer_ids` holds the producer and the one it was merged into."""

    product_id: UUID
    producer_ids: frozenset[UUID]
    product_names: tuple[str, ...]
    origin_country: str
    imported: bool
    production_date: date | None = None
    series: str | None = None
    gtin: str | None = None
    plant_nos: tuple[str, ...] = ()
    batch_no: str | None = None
    container_no: str | None = None
    customs_declaration_no: str | None = None
    batch_id: UUID | None = field(default=None, compare=False)
    before: tuple["Identity", ...] = field(default=(), compare=False)  # with one field as it was before a correction


def given(criterion: Criterion) -> dict[str, Any]:
    """Return the fields of `criterion` that say something: empty lists and texts and null are left out."""
    return {
        name: value
        for name, value in criterion.items()
        if name in FIELDS and value is not None and value not in ([], (), "")
    }


def matches(criterion: Criterion, identity: Identity) -> bool:
    """Say whether `identity` is what `criterion` describes (R9): all given fields, any value of each.

    Numbers and names are compared without case, blanks and separators. A pack without a batch number has its production
    date (YYYYMMDD) for one. What was corrected fits by its value now or by any that it had before (R11).
    """
    said, known = given(criterion), (identity, *identity.before)
    if not said or not any(matches_product(said, each) for each in known):
        return False
    parts = [{name: said[name] for name in group if name in said} for group in LOT_PARTS]
    return all(any(matches_lot(part, each) for each in known) for part in parts)


def matches_product(criterion: Criterion, identity: Identity) -> bool:
    """Say whether the product of `identity` fits the product's part of `criterion`."""
    said = given(criterion)
    tests = (
        "producer_ids" not in said or not ids_of(said["producer_ids"]).isdisjoint(identity.producer_ids),
        "product_ids" not in said or identity.product_id in ids_of(said["product_ids"]),
        "plant_nos" not in said or _any_equal(said["plant_nos"], identity.plant_nos),
        "series" not in said or _any_equal([said["series"]], (identity.series,)),
        "product_name_contains" not in said or _contains(said["product_name_contains"], identity.product_names),
        "gtins" not in said or (identity.gtin is not None and _gtin(identity.gtin) in map(_gtin, said["gtins"])),
        "origin_countries" not in said or identity.origin_country in said["origin_countries"],
        "imported" not in said or identity.imported == said["imported"],
    )
    return all(tests)


def matches_lot(criterion: Criterion, identity: Identity) -> bool:
    """Say whether batch number, dates and papers of `identity` fit their part of `criterion`."""
    said = given(criterion)
    made = identity.production_date
    earliest, latest = day_of(said.get("production_date_from")), day_of(said.get("production_date_to"))
    number = identity.batch_no or (f"{made:%Y%m%d}" if made else None)
    tests = (
        earliest is None or (made is not None and made >= earliest),
        latest is None or (made is not None and made <= latest),
        "batch_nos" not in said or _any_equal(said["batch_nos"], (number,)),
        "container_nos" not in said or _any_equal(said["container_nos"], (identity.container_no,)),
        "customs_declaration_nos" not in said
        or _any_equal(said["customs_declaration_nos"], (identity.customs_declaration_no,)),
    )
    return all(tests)


def _any_equal(wanted: Any, there: tuple[str | None, ...]) -> bool:
    keys = {normalise_name(str(value)) for value in wanted} - {""}
    return any(value is not None and normalise_name(value) in keys for value in there)


def _contains(wanted: Any, names: tuple[str, ...]) -> bool:
    keys = [key for value in ([wanted] if isinstance(wanted, str) else wanted) if (key := normalise_name(str(value)))]
    return any(key in normalise_name(name) for key in keys for name in names)


def _gtin(value: str) -> str:
    return str(value).zfill(14)


def ids_of(values: Any) -> set[UUID]:
    """Return ids that a criterion holds as text or as UUID."""
    return {value if isinstance(value, UUID) else UUID(str(value)) for value in values}


def day_of(value: Any) -> date | None:
    """Return a day that a criterion holds as text or as a date."""
    if value is None or isinstance(value, date):
        return value
    return date.fromisoformat(str(value))
