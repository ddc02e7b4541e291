"""Goods on forms: a product found by a few characters, a quantity in pieces and loose units."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_words as words
from coldchain.core.countries import country_name
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import Form
from coldchain.registry import service as registry

FOUND_MAX: Final = 8
QUERY_CHARS_MIN: Final = 2
QUERY_CHARS_MAX: Final = 100
_GS1 = re.compile(r"^(?:\](?:C1|d2|Q3|e0))?\(?01\)?(?=[0-9]{14}(?![0-9]))")
_ITEM = re.compile(r"[0-9]{8,14}")
_DIGITS = re.compile(r"[0-9]{1,15}")


def uuids(texts: Iterable[str]) -> list[UUID]:
    """Return the texts that are ids; the schema says so of the others when the form is sent."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def typed_units(pieces: str, loose: str, units_per_piece: int) -> str:
    """Return what pieces and loose units come to in the ledger unit, as a form's text; what is no number stays so."""
    total, seen = 0, False
    for text, factor in ((pieces, units_per_piece), (loose, 1)):
        plain = re.sub(r"[,，\s]", "", text)
        if not plain:
            continue
        if not _DIGITS.fullmatch(plain):
            return text
        total, seen = total + int(plain) * factor, True
    return str(total) if seen else ""


def fill_quantities(form: Form, group: str, units_per_piece: Mapping[int, int]) -> None:
    """Put `group-N-quantity_units` into a form from its `_group-N-pieces` and `_group-N-loose`."""
    for name in list(form):
        found = re.fullmatch(rf"_{group}-(\d{{1,4}})-pieces", name)
        if found:
            index = int(found[1])
            loose = form.get(f"_{group}-{index}-loose", "")
            form[f"{group}-{index}-quantity_units"] = typed_units(form[name], loose, units_per_piece.get(index, 1))


def loose_of_single(form: Form, group: str, units_per_piece: Mapping[int, int]) -> dict[str, str]:
    """Return an error for each line with loose units of a product whose piece is one unit: it can't be opened."""
    told = _("A piece of this product is one unit: write it as pieces.")
    names = {index: f"_{group}-{index}-loose" for index, size in units_per_piece.items() if size == 1}
    return {name: told for name in names.values() if re.search(r"[1-9]", form.get(name, ""))}


def at_pieces(errors: Mapping[str, str], group: str, form: Form) -> dict[str, str]:
    """Return errors of a quantity at the field where it is typed: the pieces, or loose units that are no number."""
    moved = {}
    for name, message in errors.items():
        line = re.fullmatch(rf"{group}-(\d+)-quantity_units", name)
        if line:
            loose = re.sub(r"[,，\s]", "", form.get(f"_{group}-{line[1]}-loose", ""))
            wrong = bool(loose) and not _DIGITS.fullmatch(loose)
            moved[f"_{group}-{line[1]}-{'loose' if wrong else 'pieces'}"] = message
        else:
            moved[name] = message
    return moved


def option(product: Mapping[str, Any]) -> dict[str, Any]:
    """Return a product as a tile to choose."""
    facts = [
        product["producer_name"],
        words.specification(product),
        country_name(product["origin_country"], current_locale()),
        _("Imported") if product["imported"] else _("Domestic"),
    ]
    return {
        "value": str(product["product_id"]),
        "text": words.product_name(product),
        "hint": _(", ").join(facts),
        "full": True,
    }


def scanned(text: str) -> str:
    """Return the number of a trade item that a scanner typed, as the catalogue may hold it: without leading zeros."""
    plain = _GS1.sub("", text)
    return plain.lstrip("0") if _ITEM.fullmatch(plain) else text


def trade_item(text: str) -> str:
    """Return the number that stands on a pack as a new product is registered with it, "" for what is none."""
    plain = _GS1.sub("", text.strip()[:QUERY_CHARS_MAX])
    if not _ITEM.fullmatch(plain):
        return ""
    return plain[1:] if len(plain) == 14 and plain.startswith("0") else plain


def found_products(session: Session, actor: Actor, query: str, chosen: str = "") -> dict[str, Any]:
    """Return what a line shows of products: the chosen one, those that the typed text finds, whether there are more.

    The only one that is found is chosen at once.
    """
    query = scanned(query.strip()[:QUERY_CHARS_MAX])
    options: list[dict[str, Any]] = []
    more = False
    for product_id in uuids([chosen] if chosen else []):
        if registry.products(session, [product_id]):
            options.append(option(registry.read_product(session, actor, product_id)))
    if len(query) >= QUERY_CHARS_MIN:
        rows, following = registry.search_products(session, actor, q=query, limit=FOUND_MAX)
        more = following is not None
        options += [option(row) for row in rows if str(row["product_id"]) != chosen]
    value = chosen if any(row["value"] == chosen for row in options) else ""
    if not value and len(options) == 1:
        value = options[0]["value"]
    return {"options": options, "value": value, "more": more, "asked": len(query) >= QUERY_CHARS_MIN,
            "short": 0 < len(query) < QUERY_CHARS_MIN}  # fmt: skip
