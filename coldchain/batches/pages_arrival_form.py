"""The form of an arrival: what the page asks, as the fields of the schemas that the API loads, and back.

One form carries the arrival, its papers and, while one is being registered, a new product. Fields of the page's own
start with `_`: a line's search text, pieces and loose units, the papers, the new product.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import marshmallow as ma
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_arrival_rows as rows
from coldchain.batches import pages_goods, schemas, service
from coldchain.batches import pages_kept_files as kept_files
from coldchain.batches.service import arrival_numbers
from coldchain.core import clock, countries, limits, pages
from coldchain.core.errors import FieldError, Invalid, NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.identifiers import IdentifierError, check_uscc
from coldchain.core.ids import new_id
from coldchain.core.page_forms import REFUSALS, Form, attempt, change_lines, copy, load, refusal
from coldchain.registry import service as registry
from coldchain.registry.catalogue_schemas import ProducerRegistrationSchema, ProductRegistrationSchema
from coldchain.registry.words import TEMPERATURE_CLASSES, ZONE_KINDS

LINES: Final = "lines"
PAPERS: Final = "papers"
PAPER: Final = "_papers"
SITES_SHOWN: Final = 200
MODES: Final = ("declared", "arrived", "existing_stock", "paper")
GRAM_UNIT_MASS_G: Final = "1"
NUMBERS: Final = ("container_no", "container_override", "customs_declaration_no")

LABELS: Final[dict[str, LazyText]] = {
    "owner": _l("Owner of the goods"),
    "entry_mode": _l("What is entered"),
    "site_id": _l("Site"),
    "arrived_at": _l("Arrived at"),
    "expected_at": _l("Expected at"),
    "_store": _l("In another business's cold store"),
    "_supplier": _l("Supplier"),
    "customs_declaration_no": _l("Customs declaration number"),
    "container_no": _l("Container number"),
    "seal_no": _l("Seal number"),
    "container_override": _l("Why this container number is right all the same"),
    "vehicle_plate": _l("Vehicle plate"),
    "driver-name": _l("Driver"),
    "driver-phone": _l("Driver's phone"),
    "lines": _l("The goods"),
    "lines-*-product_id": _l("Product"),
    "lines-*-zone_id": _l("Zone"),
    "lines-*-production_date": _l("Production date"),
    "lines-*-expiry_date": _l("Expiry date"),
    "lines-*-quantity_units": _l("Quantity"),
    "_lines-*-pieces": _l("Number of pieces"),
    "_lines-*-loose": _l("Loose units"),
    "lines-*-batch_no": _l("Production batch number"),
    "_papers-*-kind": _l("Kind of paper"),
    "_papers-*-number": _l("Number of the paper"),
    "_papers-*-issued_on": _l("Issued on"),
    "_papers-*-issuer": _l("Issuer"),
    "_papers-*-file": _l("Photograph or PDF of the paper"),
    "_producer-name": _l("Producer"),
    "_producer-country": _l("Country of the producer"),
    "_producer-plant_no": _l("Plant number"),
    "_producer-licence_no": _l("Licence number of the producer"),
    "_product-name": _l("Product name"),
    "_product-imported": _l("Imported or domestic"),
    "_product-category": _l("Category"),
    "_product-series": _l("Series"),
    "_product-ledger_unit": _l("Counted by"),
    "_product-units_per_piece": _l("Units a piece"),
    "_product-unit_mass_g": _l("Net mass of a unit"),
    "_product-unit_word": _l("The smallest unit is called"),
    "_product-gtin": _l("GTIN"),
    "_product-hs_code": _l("HS code"),
}


def blank(sites: list[dict[str, Any]]) -> Form:
    """Return the form as it is opened: now, at the only site and zone if there is just one."""
    form: Form = Form({"entry_mode": "arrived", "arrived_at": pages.form_moment(clock.now())})
    if len(sites) == 1:
        form["site_id"] = str(sites[0]["site_id"])
        if len(sites[0]["zones"]) == 1:
            form["lines-0-zone_id"] = str(sites[0]["zones"][0].zone_id)
    return form


def own_sites(session: Session, actor: Actor, owner: str | None) -> list[dict[str, Any]]:
    """Return the sites, with their zones, that goods of the owner (default: the actor's business) can arrive at."""
    return registry.search_sites(session, actor, business=owner or str(actor.business_id), limit=SITES_SHOWN)[0]


def zone_texts(sites: list[dict[str, Any]]) -> list[tuple[Any, str]]:
    """Return zones and what they are called, with their site where there are several."""
    found = []
    for site in sites:
        for zone in site["zones"]:
            parts = [zone.code, str(ZONE_KINDS[zone.kind]), str(TEMPERATURE_CLASSES[zone.temperature_class])]
            if len(sites) > 1:
                parts.insert(0, site["name"])
            found.append((zone, " ".join(parts)))
    return found


def redrawn(form: Form) -> tuple[Form, dict[str, int], bool]:
    """Return the form after an add or remove button, how many lines each group shows, and whether one was pressed."""
    pressed = form.get("_add") or (form.get("_remove") or "").rpartition("-")[0]
    counts, changed, any_pressed = {}, form, False
    changed, repeated = _rows_changed(changed)
    for group, least in ((LINES, 1), (PAPERS, 0)):
        for_group = copy(changed)
        if pressed != group:
            for_group.poplist("_add")
            for_group.poplist("_remove")
        after, counts[group], was_pressed = change_lines(for_group, group, least)
        any_pressed = any_pressed or was_pressed
        changed = after if pressed == group or pressed not in {LINES, PAPERS} else _with_buttons(after, form)
    above = changed.get(f"{LINES}-{rows.parent(changed, max(0, counts[LINES] - 2))}-zone_id")
    if form.get("_add") == LINES and above:
        changed.setdefault(f"{LINES}-{counts[LINES] - 1}-zone_id", above)  # goods of one delivery mostly go together
    changed.poplist("_add")
    changed.poplist("_remove")
    return changed, counts, any_pressed or repeated


def _rows_changed(form: Form) -> tuple[Form, bool]:
    """Return the form after a button that repeats a product, or removes it with its other dates."""
    count = change_lines(_plain(form), LINES)[1]
    changed = copy(form)
    repeated = changed.poplist("_repeat")
    if repeated and repeated[-1].isdecimal() and int(repeated[-1]) < count < limits.LINES_PER_REQUEST:
        return rows.repeat(changed, int(repeated[-1]), count), True
    gone = re.fullmatch(rf"{LINES}-(\d{{1,4}})", form.get("_remove", ""))
    if gone is None or int(gone[1]) >= count:
        return changed, bool(repeated)
    return _plain(rows.remove(_plain(changed), int(gone[1]), count)), True


def _plain(form: Form) -> Form:
    changed = copy(form)
    for name in ("_add", "_remove"):
        changed.poplist(name)
    return changed


def _with_buttons(form: Form, original: Form) -> Form:
    for name in ("_add", "_remove"):
        if name in original:
            form.setlist(name, original.getlist(name))
    return form


def without_empty(form: Form, groups: Sequence[str] = (LINES, PAPERS)) -> Form:
    """Return the form without lines and papers in which nothing was typed, the others counted anew from 0."""
    kept = copy(form)
    for group in groups:
        least = 1 if group == LINES else 0
        filled = (rows.filled(kept) if group == LINES else _papers_at_hand(kept)) or list(range(least))
        renumbered: Form = Form()
        for name, text in kept.items(multi=True):
            found = re.match(rf"(_?{group}-)(\d{{1,4}})(-.*)", name)
            if found is None:
                renumbered.add(name, text)
            elif int(found[2]) in filled:
                renumbered.add(f"{found[1]}{filled.index(int(found[2]))}{found[3]}", text)
        kept = renumbered
    return kept


def _papers_at_hand(form: Form) -> list[int]:
    """Return the papers of which more than the kind was typed: a kind alone only says which are asked for."""
    return sorted(
        {
            int(found[1])
            for name, text in form.items(multi=True)
            if text.strip() and (found := re.match(rf"_{PAPERS}-(\d{{1,4}})-(?!kind$)", name))
        }
    )


def units_per_piece(session: Session, form: Form) -> dict[int, int]:
    """Return how many ledger units a piece holds, of each line in which a known product was chosen."""
    chosen = chosen_products(rows.joined(form))
    products = registry.products(session, pages_goods.uuids(chosen.values()))
    return {
        index: products[UUID(text)].units_per_piece
        for index, text in chosen.items()
        if pages_goods.uuids([text]) and UUID(text) in products
    }


def for_schema(session: Session, form: Form) -> Form:
    """Return the form with quantities in the ledger's unit and the supplier as a business or a name."""
    fields = rows.joined(form)
    fields.poplist("expected_at" if form.get("entry_mode") != "declared" else "arrived_at")
    pages_goods.fill_quantities(fields, LINES, units_per_piece(session, form))
    supplier = form.get("_supplier", "").strip()
    if supplier:
        fields["supplier-business" if _is_registered(session, supplier) else "supplier-name"] = supplier
    return fields


def _is_registered(session: Session, text: str) -> bool:
    try:
        registry.find_business(session, check_uscc(text))
    except (IdentifierError, NotFound):
        return False
    return True


def chosen_products(form: Form) -> dict[int, str]:
    """Return the product's id of each line in which one was chosen."""
    return {
        int(found[1]): text
        for name, text in form.items(multi=True)
        if text and (found := re.fullmatch(rf"{LINES}-(\d{{1,4}})-product_id", name))
    }


def part(form: Form, prefix: str) -> Form:
    """Return the fields whose names start with `prefix-`, without it."""
    start = f"{prefix}-"
    return Form((name.removeprefix(start), text) for name, text in form.items(multi=True) if name.startswith(start))


class Refused(Exception):
    """Parts of the form were refused: `errors` by the form's own field names, `status` to answer with."""

    def __init__(self, errors: Mapping[str, str], status: int) -> None:
        super().__init__(status)
        self.errors = dict(errors)
        self.status = status


@contextmanager
def named(prefix: str = "") -> Iterator[None]:
    """Turn what a schema or service refuses inside the block into Refused, with the names that the form has."""
    start = f"{prefix}-" if prefix else ""
    general = re.sub(r"-\d+-$", "-*-", start)
    labels = {name.removeprefix(general): label for name, label in LABELS.items() if name.startswith(general)}
    try:
        yield
    except REFUSALS as error:
        errors, status = refusal(error, labels)
        raise Refused({start + name if name else "": text for name, text in errors.items()}, status) from error


def register(session: Session, actor: Actor, form: Form) -> UUID:
    """Enter the arrival and its papers as the form says, and return its id. Raises Refused with all that is wrong."""
    errors = pages_goods.loose_of_single(form, LINES, units_per_piece(session, form))
    errors |= dict(kept_files.refused(form))
    prefixes = [f"{PAPER}-{index}" for index in range(change_lines(form, PAPERS, 0)[1])]
    arrival, status = _read_arrival(session, actor, form, errors)
    papers = {prefix: _read_paper(session, actor, form, prefix, errors) for prefix in prefixes}
    if arrival is None:
        raise Refused(errors, status)
    arrival_id = None
    try:
        with attempt(session), named():
            arrival_id = service.register_arrival(session, actor, **arrival)
    except Refused as refused:
        errors, status = refused.errors | errors, status if errors else refused.status
    for prefix, paper in papers.items():
        if arrival_id is not None and paper is not None:
            try:
                with attempt(session), named(prefix):
                    service.register_evidence(session, actor, arrival_id=arrival_id, **paper)
            except Refused as refused:
                errors, status = errors | refused.errors, status if errors else refused.status
    if errors or arrival_id is None:
        raise Refused(errors, status)
    return arrival_id


def _read_arrival(
    session: Session, actor: Actor, form: Form, errors: dict[str, str]
) -> tuple[dict[str, Any] | None, int]:
    """Return what the form says of the arrival, None when it can't be read; all that is wrong goes to `errors`."""
    schema, fields = schemas.ArrivalRegistrationSchema(), _without_own(for_schema(session, form))
    try:
        with named():
            return load(schema, fields), 422
    except Refused as refused:
        errors |= refused.errors
        cause = refused.__cause__
    read = cause.valid_data if isinstance(cause, ma.ValidationError) and isinstance(cause.valid_data, dict) else {}
    for check in (  # with the others, though it is the service that judges them
        lambda: arrival_numbers.read(*(form.get(name) or None for name in NUMBERS)),
        lambda: _refuse(service.arrival_faults(session, actor, read)),
    ):
        try:
            with named():
                check()
        except Refused as refused:
            for name, text in refused.errors.items():
                errors.setdefault(name, text)
    return None, 422


def _refuse(found: list[FieldError]) -> None:
    if found:
        raise Invalid(errors=found)


def _read_paper(
    session: Session, actor: Actor, form: Form, prefix: str, errors: dict[str, str]
) -> dict[str, Any] | None:
    """Return what the form says of a paper with its file, None when something is wrong; that goes to `errors`."""
    try:
        with named(prefix):
            paper = load(schemas.EvidenceRegistrationSchema(), _paper(form, prefix))
            service.checked_paper(paper["kind"], paper["number"], paper["issued_on"], paper["valid_to"])
    except Refused as refused:
        errors |= refused.errors
        paper = None
    try:
        with named(prefix):
            file = kept_files.find(session, actor, form, f"{prefix}-")
    except Refused as refused:
        errors |= refused.errors
        return None
    return paper and paper | {"file_id": file.file_id if file else None}


def _paper(form: Form, prefix: str) -> Form:
    """Return the fields of a paper; the declaration's number was typed once already."""
    fields = part(form, prefix)
    fields.poplist(kept_files.KEPT)
    fields.poplist(kept_files.BAD)
    if fields.get("kind") == "customs_declaration" and not fields.get("number"):
        fields["number"] = form.get("customs_declaration_no", "")
    return fields


def _without_own(form: Form) -> Form:
    return Form((name, text) for name, text in form.items(multi=True) if not name.startswith("_"))


def register_product(session: Session, actor: Actor, form: Form) -> UUID:
    """Register the new product that the form describes, and its producer, and return its id. Raises Refused."""
    producer_fields, product_fields = part(form, "_producer"), part(form, "_product")
    producer_fields["country"] = countries.code(producer_fields.get("country", ""))
    product_fields["producer_id"] = str(new_id())  # stands in until the producer is known, so that all is checked
    product_fields["origin_country"] = producer_fields["country"]
    if product_fields.get("ledger_unit") == "gram":
        product_fields["unit_mass_g"] = GRAM_UNIT_MASS_G
    errors: dict[str, str] = {}
    loaded: list[dict[str, Any]] = []
    for prefix, schema, fields in (
        ("_producer", ProducerRegistrationSchema(), producer_fields),
        ("_product", ProductRegistrationSchema(), product_fields),
    ):
        try:
            with named(prefix):
                loaded.append(load(schema, fields))
        except Refused as refused:
            errors |= refused.errors
    errors.pop("_product-origin_country", None)  # the same field as the producer's country
    if errors:
        raise Refused(errors, 422)
    with named("_producer"):
        producer, _new = registry.register_producer(session, actor, **loaded[0])
    with named("_product"):
        product, _new = registry.register_product(
            session, actor, **loaded[1] | {"producer_id": producer["producer_id"]}
        )
    return UUID(str(product["product_id"]))
