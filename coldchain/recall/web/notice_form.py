"""The form of a notice: what the page asks, as the fields of the same schema that the API loads, and back."""

from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.core import countries, limits, pages
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import Form, copy, filled, labelled, several
from coldchain.recall import words
from coldchain.recall.models import Recall, RecallVersion
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry.words import SITE_KINDS

# A box of several values on the page, and the list of the schema that it fills.
BOXES: Final = {
    "_batch_nos": "criterion-batch_nos",
    "_container_nos": "criterion-container_nos",
    "_customs_declaration_nos": "criterion-customs_declaration_nos",
    "_origin_countries": "criterion-origin_countries",
    "_plant_nos": "criterion-plant_nos",
    "_gtins": "criterion-gtins",
}
LABELS: Final = {
    "kind": _l("Kind of notice"),
    "notice_no": _l("Number of the notice"),
    "issuer": _l("Issued by"),
    "title": _l("Title"),
    "received_at": _l("Received at"),
    "deadline_at": _l("To be done by"),
    "reason": _l("Reason"),
    "criterion": _l("What is looked for"),
    "criterion-producer_ids": _l("Producers"),
    "criterion-product_ids": _l("Products"),
    "criterion-series": _l("Series"),
    "criterion-product_name_contains": _l("Product name contains"),
    "criterion-production_date_from": _l("Produced from"),
    "criterion-production_date_to": _l("Produced until"),
    "criterion-imported": _l("Imported or domestic"),
    "_batch_nos": _l("Production batch numbers"),
    "_container_nos": _l("Container numbers"),
    "_customs_declaration_nos": _l("Customs declaration numbers"),
    "_origin_countries": _l("Countries of origin"),
    "_plant_nos": _l("Plant numbers"),
    "_gtins": _l("GTINs"),
    "blanket-site_kinds": _l("Kinds of sites"),
    "blanket-region_code": _l("Area"),
    "blanket-office": _l("Office"),
}


def _country(code: str) -> str:
    return countries.country_name(code, current_locale())


def for_schema(form: Form) -> Form:
    """Return the page's form as the schema's fields: boxes parted, countries as codes, no area without site kinds."""
    fields = copy(form)
    for box, name in BOXES.items():
        values = several(form.get(box, ""))
        if box == "_origin_countries":
            values = [countries.code(value) for value in values]
        fields.setlist(name, values)
    if not fields.getlist("blanket-site_kinds"):
        for name in [name for name in fields if name.startswith("blanket-")]:
            fields.poplist(name)
    return fields


def on_page(errors: dict[str, str]) -> dict[str, str]:
    """Return errors of the schema's fields at the page's own fields, each with the label of its field."""
    boxes = {name: box for box, name in BOXES.items()}
    found: dict[str, str] = {}
    for name, message in errors.items():
        head, _dash, last = name.rpartition("-")
        plain = head if last.isdecimal() else name
        found.setdefault(boxes.get(plain, plain), message)
    whole = found.pop("criterion", None)
    named = labelled(found, LABELS)
    if whole is not None:
        named["criterion-series"] = _("Say what is looked for: at least one part of the criterion.")
    return named


def asked(values: Form) -> Form:
    """Return the fields of an address that say what is looked for, and a title; others of it fill nothing."""
    form: Form = Form()
    for name in (*(name for name in LABELS if name.startswith("criterion-")), *BOXES, "title"):
        texts = [text[: limits.TEXT_CHARS] for text in values.getlist(name)[: limits.CRITERION_VALUES] if text]
        if texts:
            form.setlist(name, texts)
    return form


def of_recall(recall: Recall, version: RecallVersion) -> Form:
    """Return the form that a written notice fills."""
    criterion = dict(version.criterion)
    boxes = {name.removeprefix("criterion-"): box for box, name in BOXES.items()}
    form = filled(
        {
            "kind": recall.kind,
            "notice_no": version.notice_no,
            "issuer": version.issuer,
            "title": recall.title,
            "received_at": recall.received_at,
            "deadline_at": recall.deadline_at,
            "reason": version.reason,
            "criterion": {name: value for name, value in criterion.items() if name not in boxes},
            "blanket": {name: value for name, value in (version.blanket or {}).items() if name != "office_id"},
        }
    )
    for name, box in boxes.items():
        if criterion.get(name):
            form.setlist(box, [" ".join(criterion[name])])
    if version.blanket and version.blanket.get("office_id"):
        form["blanket-office"] = version.blanket["office_id"]
    return form


def criterion_rows(session: Session, criterion: dict[str, Any]) -> list[tuple[str, str]]:
    """Return label and value of each part of a stored criterion, in words."""
    producers = registry.producers(session, [UUID(str(i)) for i in criterion.get("producer_ids") or ()])
    products = registry.products(session, [UUID(str(i)) for i in criterion.get("product_ids") or ()])
    comma = _(", ")
    rows = [
        (LABELS["criterion-producer_ids"], comma.join(p.name for p in producers.values())),
        (LABELS["_plant_nos"], comma.join(criterion.get("plant_nos") or ())),
        (LABELS["criterion-product_ids"], comma.join(p.name for p in products.values())),
        (LABELS["criterion-series"], criterion.get("series")),
        (LABELS["criterion-product_name_contains"], criterion.get("product_name_contains")),
        (LABELS["_gtins"], comma.join(criterion.get("gtins") or ())),
        (LABELS["_batch_nos"], comma.join(criterion.get("batch_nos") or ())),
        (LABELS["criterion-production_date_from"], criterion.get("production_date_from")),
        (LABELS["criterion-production_date_to"], criterion.get("production_date_to")),
        (LABELS["_origin_countries"], comma.join(_country(code) for code in criterion.get("origin_countries") or ())),
        (LABELS["_container_nos"], comma.join(criterion.get("container_nos") or ())),
        (LABELS["_customs_declaration_nos"], comma.join(criterion.get("customs_declaration_nos") or ())),
        (LABELS["criterion-imported"], {True: _("Imported only"), False: _("Domestic only")}.get(
            criterion.get("imported"))),  # type: ignore[arg-type]
    ]  # fmt: skip
    return [(str(label), str(value)) for label, value in rows if value]


def blanket_text(session: Session, blanket: dict[str, Any] | None, locale: str) -> str:
    """Return area, office and kinds of sites of a blanket check in one line; without one, that there is none."""
    if not blanket:
        return _("No blanket check: only what the books know")
    office_id = blanket.get("office_id")
    office = regions.offices_by_id(session, [UUID(office_id)])[UUID(office_id)].name if office_id else ""
    place = regions.name(session, blanket["region_code"], locale)
    kinds = _(", ").join(str(SITE_KINDS[kind]) for kind in blanket["site_kinds"])
    return _("%(place)s: %(kinds)s", place=f"{place} {office}".strip(), kinds=kinds)


def summary(session: Session, recall: Recall, version: RecallVersion, locale: str) -> list[tuple[str, str]]:
    """Return label and value of everything that a notice says, to be checked before it is announced."""
    return [
        (str(LABELS["kind"]), str(words.RECALL_KINDS[recall.kind])),
        (str(LABELS["title"]), recall.title),
        (str(LABELS["notice_no"]), version.notice_no),
        (str(LABELS["issuer"]), version.issuer),
        (str(LABELS["received_at"]), pages.moment(recall.received_at)),
        *([(str(LABELS["deadline_at"]), pages.moment(recall.deadline_at))] if recall.deadline_at else []),
        (str(LABELS["reason"]), version.reason),
        *criterion_rows(session, version.criterion),
        (_("Blanket check"), blanket_text(session, version.blanket, locale)),
    ]
