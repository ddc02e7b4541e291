"""What findings and decisions are called on screen."""

from collections.abc import Mapping
from typing import Any, Final

from coldchain.core.i18n import LazyText, current_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p

DECISION_KINDS: Final[Mapping[str, LazyText]] = {
    "order_to_rectify": _p("decision kind", "Order to put right"),
    "suspension": _p("decision kind", "Suspension until put right"),
    "publication": _p("decision kind", "Publication"),
}
KIND_HINTS: Final[Mapping[str, LazyText]] = {
    "order_to_rectify": _l("The business puts right what was found by the end, and reports it"),
    "suspension": _l(
        "Dispatch, sale, use and changes of owner are refused until an officer saw it put right, or the end"
    ),
    "publication": _l("Stands on the public page until the end, then goes by itself"),
}
OBJECTIONS: Final[Mapping[str, LazyText]] = {
    "none": _p("objection", "None"),
    "waiting": _p("objection", "Raised, not answered yet"),
    "upheld": _p("objection", "Raised; the decision was upheld"),
    "lifted": _p("objection", "Raised; the decision was lifted"),
}
LISTS: Final[Mapping[str, LazyText]] = {
    "shandong_eight": _l("Shandong's eight"),
    "heilongjiang_six": _l("Heilongjiang's six"),
}
EVENTS: Final[Mapping[str, LazyText]] = {
    "answered": _l("The business says that it is put right"),
    "returned": _l("Looked at again: not put right yet"),
    "rectified": _l("Looked at again: put right"),
    "decided": _l("An officer decided"),
    "objected": _l("The business objected"),
    "upheld": _l("The decision was upheld"),
    "lifted": _l("The decision was lifted"),
    "reported": _l("The business says that it is put right"),
}
DECISION_EVENTS: Final[Mapping[str, LazyText]] = {
    **EVENTS,
    "returned": _l("Looked at again: not put right yet"),
    "rectified": _l("Looked at again: put right, what was ordered is over"),
}
LABELS: Final[Mapping[str, LazyText]] = {
    "site_id": _l("Where"),
    "business": _l("Business"),
    "kinds": _l("What was found, of the catalogue"),
    "wording": _l("What else was found, in your words"),
    "batch_codes": _l("Batches that it is about"),
    "rectify_by": _l("To be put right by"),
    "note": _l("Note on the visit"),
    "occurred_at": _l("Time of the visit"),
    "photo": _l("Photograph"),
    "file": _l("Photograph"),
    "text": _l("What was done or seen"),
    "outcome": _l("Outcome"),
    "finding_ids": _l("Findings"),
    "number": _l("Number of the decision"),
    "reason": _l("Reason of the decision"),
    "basis": _l("Legal basis"),
    "starts_at": _l("Holds from"),
    "ends_at": _l("Holds until"),
    "site_only": _l("About this site alone"),
    "effective_at": _l("Lifted from"),
    "rectified_at": _l("Put right since"),
}
DECISION_LABELS: Final[Mapping[str, LazyText]] = {**LABELS, "kinds": _l("What is decided")}


def own_words(row: Mapping[str, Any], name: str) -> str:
    """Return a text of a finding in the reader's language where there is one, else as it was written."""
    other = row.get(f"{name}_en")
    return str(other if current_locale() == "en" and other else row[name] or "")


def of_kind(kind: Any, name: str) -> str:
    """Return a text of a row of the catalogue in the reader's language."""
    return str(getattr(kind, f"{name}_{'en' if current_locale() == 'en' else 'zh'}"))
