"""The finding form: what an officer's thumb says, as the fields of the same schema that the API loads, and back.

The page counts pieces and loose units, and lets the mass be computed, weighed or left out; the schema knows units and
grams. A line that comes from the books keeps their owner and zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import labelled
from coldchain.batches.models import Batch
from coldchain.core.errors import DomainError
from coldchain.core.fields import Int, Number
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import Form
from coldchain.core.problems import said
from coldchain.inspections.models import FindingLine
from coldchain.labels import code as label_code
from coldchain.recall.web import goods, named_goods
from coldchain.registry import service as registry

UNLISTED: Final = "u"
LOOKED: Final = ("found", "none_found")
LABELS: Final = {
    "outcome": _l("Outcome"),
    "captured_at": _l("Seen at"),
    "people_controlled": _l("People under control"),
    "disinfected": _l("Disinfected"),
    "second_officer": _l("Second officer"),
    "note": _l("Note"),
    "photo-file": _l("Photograph"),
    "_find": _l("Another product"),
    "_lines-*-what": _l("Goods"),
    "_lines-*-code": _l("Code on the label"),
    "_lines-*-pieces": _l("Examined"),
    "_lines-*-loose": _l("Loose"),
    "_lines-*-match": _l("Matching"),
    "_lines-*-matched_pieces": _l("Matching pieces"),
    "_lines-*-matched_loose": _l("Matching loose"),
    "_lines-*-mass": _l("Net mass"),
    "_lines-*-mass_kg": _l("Weighed"),
    "lines-*-disposition": _l("What was done"),
    "lines-*-seal_no": _l("Seal number"),
    "lines-*-unlisted-name": _l("Name on the pack"),
    "lines-*-unlisted-producer": _l("Producer on the pack"),
    "lines-*-unlisted-production_date": _l("Production date"),
    "lines-*-unlisted-batch_no": _l("Production batch number"),
    "samples-*-place": _l("Place"),
    "samples-*-round": _l("Round"),
    "samples-*-pieces": _l("Samples"),
}
# Where an error of the schema's or service's field stands on the page.
_SEEN_AT: Final = {
    "examined_units": "pieces",
    "matched_units": "matched_pieces",
    "mass_g": "mass_kg",
    "batch_id": "what",
    "product_id": "what",
    "unlisted": "what",
    "owner": "what",
    "zone_id": "what",
}


@dataclass(frozen=True)
class Choice:
    """Goods that a line may be about; sizes as the product has them."""

    key: str
    text: str
    hint: str
    batch_id: UUID | None
    product_id: UUID | None
    owner_id: UUID | None
    zone_id: UUID | None
    units_per_piece: int
    ledger_unit: str
    unit_mass_g: int
    named: bool = True  # by the notice, the books of the place or an earlier look there; else somebody searched for it


@dataclass
class Built:
    """The schema's fields that a form stands for, errors of the page's own fields, and which line became which."""

    fields: Form
    errors: dict[str, str] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    samples: dict[int, int] = field(default_factory=dict)


def _of_batch(batch: Batch, product: Any, owner_id: UUID | None = None, zone_id: UUID | None = None) -> Choice:
    return Choice(
        key=f"b:{batch.batch_id}:{owner_id or ''}:{zone_id or ''}",
        text=product.name,
        hint=_("batch %(code)s", code=batch.batch_code),
        batch_id=batch.batch_id,
        product_id=None,
        owner_id=owner_id,
        zone_id=zone_id,
        units_per_piece=product.units_per_piece,
        ledger_unit=product.ledger_unit,
        unit_mass_g=product.unit_mass_g,
    )


def _of_product(product: Any, hint: str, *, named: bool = True) -> Choice:
    return Choice(
        key=f"p:{product.product_id}",
        text=product.name,
        hint=hint,
        batch_id=None,
        product_id=product.product_id,
        owner_id=None,
        zone_id=None,
        units_per_piece=product.units_per_piece,
        ledger_unit=product.ledger_unit,
        unit_mass_g=product.unit_mass_g,
        named=named,
    )


def choices(
    session: Session,
    actor: Actor,
    criterion: Mapping[str, Any],
    expected: list[goods.Expected],
    seen: list[FindingLine],
    scanned: UUID | None,
    typed: Form,
) -> list[Choice]:
    """Return what lines may be about: stock of the books, what was seen before, a scanned batch, matching products.

    Any other product of the catalogue comes last, once somebody searched for it.
    """
    found = [_of_batch(each.batch, each.product, each.row.owner_id, each.row.zone_id) for each in expected]
    known = goods.batches(session, [*(line.batch_id for line in seen), scanned])
    for line in seen:
        if line.batch_id:
            found.append(_of_batch(*known[line.batch_id], line.owner_id, line.zone_id))
    if scanned in known and scanned not in {choice.batch_id for choice in found}:
        found.append(_of_batch(*known[scanned]))
    by_name = named_goods.names_products(criterion)
    hint = _("as the notice describes it") if by_name else _("the notice selects goods of it in the books")
    found += [_of_product(product, hint) for product in named_goods.of_notice(session, criterion)]
    listed = {choice.product_id for choice in found}
    products = registry.products(session, [line.product_id for line in seen])
    hint = _("recorded here before")
    found += [_of_product(product, hint) for product in products.values() if product.product_id not in listed]
    others = named_goods.others(session, actor, typed, [choice.product_id for choice in found])
    found += [_of_product(product, _("not named by the notice"), named=False) for product in others]
    return list({choice.key: choice for choice in found}.values())


def of_finding(rows: list[FindingLine], known: list[Choice]) -> Form:
    """Return the form that an earlier finding's lines fill, since the latest finding is the one that counts."""
    by_key = {choice.key: choice for choice in known}
    form: Form = Form()
    for index, row in enumerate(rows):
        key = f"b:{row.batch_id}:{row.owner_id or ''}:{row.zone_id or ''}" if row.batch_id else f"p:{row.product_id}"
        key = UNLISTED if row.unlisted else key
        size = by_key[key].units_per_piece if key in by_key else 1
        computed = row.examined_units * by_key[key].unit_mass_g if key in by_key else None
        mass = "none" if row.mass_g is None else "computed" if row.mass_g == computed else "weighed"
        match = "all" if row.matched_units == row.examined_units else "part" if row.matched_units else "none"
        values: dict[str, Any] = {
            "_lines-{}-what": key,
            "_lines-{}-pieces": row.examined_units // size,
            "_lines-{}-loose": row.examined_units % size,
            "_lines-{}-match": match,
            "_lines-{}-matched_pieces": row.matched_units // size if match == "part" else "",
            "_lines-{}-matched_loose": row.matched_units % size if match == "part" else "",
            "_lines-{}-mass": mass,
            "_lines-{}-mass_kg": Decimal(row.mass_g) / 1000 if mass == "weighed" and row.mass_g is not None else "",
            "lines-{}-disposition": row.disposition,
            "lines-{}-seal_no": row.seal_no or "",
            **{f"lines-{{}}-unlisted-{name}": value for name, value in (row.unlisted or {}).items()},
        }
        for name, value in values.items():
            form[name.format(index)] = str(value)
    return form


def build(session: Session, form: Form, known: list[Choice], lines: int, samples: int) -> Built:
    """Return the schema's fields of a form of so many lines and samples, without lines where nothing was looked at."""
    built = Built(Form())
    for name in ("outcome", "captured_at", "people_controlled", "disinfected", "second_officer", "note"):
        if form.get(name):
            built.fields[name] = form[name]
    if form.get("outcome") not in LOOKED:
        return built
    by_key = {choice.key: choice for choice in known}
    for index in range(lines):
        _line(session, form, by_key, index, built)
    for index in range(samples):
        if form.get(f"samples-{index}-pieces", "").strip() in {"", "0"}:
            continue
        position = len(built.samples)
        built.samples[position] = index
        for name in ("place", "round", "pieces"):
            built.fields[f"samples-{position}-{name}"] = form.get(f"samples-{index}-{name}", "")
    return built


def _line(session: Session, form: Form, by_key: dict[str, Choice], index: int, built: Built) -> None:
    def typed(name: str) -> str:
        return form.get(f"_lines-{index}-{name}", "").strip()

    def wrong(name: str, message: str) -> None:
        built.errors.setdefault(f"_lines-{index}-{name}", message)

    named = form.get(f"lines-{index}-unlisted-name", "").strip()
    if not typed("code") and not named and _zero(typed("pieces")) and _zero(typed("loose")):
        return  # nothing of it was looked at
    position = len(built.lines)
    built.lines[position] = index
    fields: dict[str, Any] = {name: form.get(f"lines-{index}-{name}") for name in ("disposition", "seal_no")}
    choice = _chosen(session, by_key, typed("what"), typed("code"), wrong)
    if choice:
        fields |= {
            "batch_id": choice.batch_id,
            "product_id": choice.product_id,
            "owner": choice.owner_id,
            "zone_id": choice.zone_id,
        }
    elif typed("what") == UNLISTED:
        for name in ("name", "producer", "production_date", "batch_no"):
            fields[f"unlisted-{name}"] = form.get(f"lines-{index}-unlisted-{name}")
        if not fields["unlisted-name"]:
            built.errors.setdefault(f"lines-{index}-unlisted-name", _("This is needed."))
        if not _zero(typed("loose")):
            wrong("loose", _("Goods in no list are counted in pieces only."))
    size = choice.units_per_piece if choice else 1
    examined = _units(typed("pieces"), typed("loose"), size, wrong, ("pieces", "loose"))
    matched = examined
    if typed("match") == "part":
        matched = _units(
            typed("matched_pieces"), typed("matched_loose"), size, wrong, ("matched_pieces", "matched_loose")
        )
        if not matched:
            wrong("matched_pieces", _("Say how many of them match."))
    elif typed("match") == "none":
        matched = 0
    elif typed("match") != "all":
        wrong("match", _("Say whether all of it matches."))
    fields |= {"examined_units": examined, "matched_units": matched}
    fields["mass_g"] = _mass_g(typed("mass"), typed("mass_kg"), examined, choice, wrong)
    for name, value in fields.items():
        if value is not None and value != "":
            built.fields[f"lines-{position}-{name}"] = str(value)


def _chosen(session: Session, by_key: dict[str, Choice], what: str, code: str, wrong: Any) -> Choice | None:
    if code:
        try:
            label = label_code.parse(code)
        except DomainError as error:
            wrong("code", said(error.message, error.params))
            return None
        now = labelled.find(session, label.batch_code, label.serial)
        if now is None:
            wrong("code", _("No batch has this code."))
            return None
        batch_id = now.batch_id
        known = goods.batches(session, [batch_id])
        same = next((choice for choice in by_key.values() if choice.batch_id == batch_id), None)
        return same or _of_batch(*known[batch_id])
    if what in by_key:
        return by_key[what]
    if what != UNLISTED:
        wrong("what", _("Say which goods these are, or type the code on the label."))
    return None


def _zero(text: str) -> bool:
    return text in {"", "0"}


def _units(pieces: str, loose: str, size: int, wrong: Any, names: tuple[str, str]) -> int:
    """Return units of typed pieces and loose units; says which of the two is no whole number."""
    total = 0
    for text, factor, name in ((pieces, size, names[0]), (loose, 1, names[1])):
        value = Int().from_form(text)
        if value is None:
            continue
        if not isinstance(value, int) or value < 0:
            wrong(name, _("This should be a whole number."))
        else:
            total += value * factor
    return total


def _mass_g(how: str, mass_kg: str, examined_units: int, choice: Choice | None, wrong: Any) -> int | None:
    """Return grams: computed from the product's size, as weighed in kg, or None when nobody weighed."""
    if how == "weighed":
        kilograms = Number(0, 10_000_000).from_form(mass_kg.replace(",", ""))
        if not isinstance(kilograms, float) or kilograms < 0:
            wrong("mass_kg", _("Type the mass in kilograms, such as 184.5."))
            return None
        return int((Decimal(str(kilograms)) * 1000).quantize(Decimal(1), ROUND_HALF_UP))
    if how == "computed":
        if choice is None:
            wrong("mass", _("Goods in no list have no known size: weigh them, or say that they were not weighed."))
            return None
        return examined_units * choice.unit_mass_g
    if how != "none":
        wrong("mass", _("Say how the mass is known."))
    return None


def on_page(errors: Mapping[str, str], built: Built) -> dict[str, str]:
    """Return errors of the schema's fields at the page's own fields."""
    found = dict(built.errors)
    for name, message in errors.items():
        found.setdefault(_page_name(name, built), message)
    return found


def _page_name(name: str, built: Built) -> str:
    group, _dash, rest = name.partition("-")
    number, _dash, last = rest.partition("-")
    if group == "lines" and number.isdecimal():
        index = built.lines.get(int(number), 0)
        moved = _SEEN_AT.get(last, "what" if not last else None)
        return f"_lines-{index}-{moved}" if moved else f"lines-{index}-{last}"
    if group == "samples" and number.isdecimal():
        return f"samples-{built.samples.get(int(number), 0)}-{last or 'place'}"
    return {"lines": "_lines-0-pieces", "samples": "samples-0-pieces"}.get(group, name)
