"""The form of a business without a code: what it asks, and what was typed. Shown by the register and by sweeps."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import Form, copy, load
from coldchain.core.uploads import Upload
from coldchain.registry import identity_schemas as schemas
from coldchain.registry import words

LABELS: Final = {
    "name": _l("Name on the sign"),
    "phone": _l("Phone"),
    "place": _l("Where it is"),
    "kinds": _l("Kinds of business"),
    "site_kind": _l("What kind of place it is"),
    "region_code": _l("Region"),
    "photo": _l("Photograph of the place"),
    "into": _l("Into which business"),
    "reason": _l("How it is known that the two are one"),
}


def words_of() -> dict[str, Any]:
    """Return the words that the form's template needs."""
    return {"labels": LABELS, "kinds": words.BUSINESS_KINDS, "site_kinds": words.SITE_KINDS}


def typed(sent: Form) -> tuple[Form, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Return what was typed, and what reads it with its photograph: fields for the service. Raises what is refused."""
    form = copy(sent)

    def read(files: Mapping[str, Any]) -> dict[str, Any]:
        said = load(schemas.ProvisionalSchema(), form)
        file = files.get("photo")
        if file is not None and file.filename:
            said["photo"] = Upload().deserialize(file, "photo").content
        return said

    return form, read
