"""What this room's codes are called on screen, in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from coldchain.batches import pools
from coldchain.core import pages
from coldchain.core.i18n import LazyText, current_locale, ngettext
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.policy import vocabulary
from coldchain.policy.vocabulary import Word

GOODS_NAMED: Final = 3
ENTRY_MODES: Final[dict[str, LazyText]] = {
    "declared": _p("entry mode", "Declared in advance"),
    "arrived": _p("entry mode", "Goods that came"),
    "existing_stock": _p("entry mode", "Stock that was there already"),
    "paper": _p("entry mode", "Entered from paper"),
    "processed": _p("entry mode", "Made here from other goods"),
}
ENTRY_MODE_HINTS: Final[dict[str, LazyText]] = {
    "declared": _p("entry mode", "They come later: a day before at least"),
    "arrived": _p("entry mode", "They are here now"),
    "existing_stock": _p("entry mode", "They were here before you began to register"),
    "paper": _p("entry mode", "They came some time ago; the paper is at hand to be photographed"),
}
BASES: Final[dict[str, LazyText]] = {
    "scanned": _p("basis", "Scanned"),
    "declared_range": _p("basis", "Pieces as declared"),
    "whole_batch": _p("basis", "Whole batch"),
}
SAMPLE_SITES: Final[dict[str, LazyText]] = {
    "outer_pack": _p("sample site", "Outer pack"),
    "inner_pack": _p("sample site", "Inner pack"),
    "surface": _p("sample site", "Surface of the goods"),
    "environment": _p("sample site", "Environment"),
    "personnel": _p("sample site", "Person"),
}
STAGES: Final[dict[str, LazyText]] = {
    "preliminary": _p("stage", "First test"),
    "recheck": _p("stage", "Re-check"),
    "confirmation": _p("stage", "Confirmation"),
}
RESULTS: Final[dict[str, LazyText]] = {
    "negative": _p("result", "Negative"),
    "positive": _p("result", "Positive"),
    "invalid": _p("result", "Invalid"),
}
FLAGS: Final[dict[str, LazyText]] = {
    "suspected_mixed_storage": _p("flag", "Goods and zone don't fit: suspected mixed storage"),
    "container_missing": _p("flag", "The container number is missing"),
    "seal_missing": _p("flag", "The seal number is missing"),
    "from_paper": _p("flag", "Entered from paper"),
    "voucher_missing": _p("flag", "No photograph of the paper yet"),
    "declared_late": _p("flag", "Declared late"),
    "quantity_differs": _p("flag", "Less or more came than declared"),
    "declaration_number_differs": _p("flag", "Two declaration numbers differ, to be checked"),
}
FLAG_KINDS: Final[dict[str, LazyText]] = {
    "late_under_lock": _p("flag", "Entered after the lock: had left before"),
    "late_unproven": _p("flag", "Entered late: had left before it was clear"),
    "late_while_stopped": _p("flag", "Entered late: happened while the business was stopped"),
    "mixed_storage": _p("flag", "Suspected mixed storage"),
    "count_under_lock": _p("flag", "Locked goods are not there"),
    "count_differs": _p("flag", "The count differs from the books"),
    "warmer_zone": _p("flag", "Moved to where it is warmer"),
    "declared_late": _p("flag", "Declared late"),
    "entered_from_paper": _p("flag", "Entered from paper"),
    "number_override": _p("flag", "Container number kept although its check digit fails"),
    "certificate_overbooked": _p("flag", "More goods than the certificate says"),
    "certificate_differs": _p("flag", "The same certificate with other particulars"),
    "not_declared": _p("flag", "Imported goods came undeclared"),
    "container_missing": _p("flag", "The container number is missing"),
    "seal_missing": _p("flag", "The seal number is missing"),
    "existing_after_grace": _p("flag", "Existing stock registered after its period"),
    "declaration_number_differs": _p("flag", "Two declaration numbers differ, to be checked"),
}
SEALED_FLAGS: Final[dict[str, LazyText]] = {  # of goods that officers had sealed on site
    "late_under_lock": _p("flag", "Entered after the seal: had left before"),
    "count_under_lock": _p("flag", "Sealed goods are not there"),
}
FLAG_ENDS: Final[dict[str, LazyText]] = {  # of flags that end when what they say holds no longer
    "numbers_agree": _p("flag", "Both numbers agree now"),
    "numbers_changed": _p("flag", "One of the numbers was changed"),
}
IDENTITY_FIELDS: Final[dict[str, LazyText]] = {
    "container_no": _l("Container number"),
    "seal_no": _l("Seal number"),
    "customs_declaration_no": _l("Customs declaration number"),
    "vehicle_plate": _l("Vehicle plate"),
    "product_id": _l("Product"),
    "batch_no": _l("Production batch number"),
    "production_date": _l("Production date"),
    "expiry_date": _l("Expiry date"),
}
CERTIFICATE_DIFFERENCES: Final[dict[str, LazyText]] = {
    "holder": _p("certificate", "another owner"),
    "plant": _p("certificate", "another plant"),
    "quantity": _p("certificate", "another quantity"),
}
PROTOCOL_STATES: Final[dict[str, LazyText]] = {
    "met": _p("protocol", "Meets a protocol"),
    "not_met": _p("protocol", "Meets no protocol at its temperature: doesn't count"),
    "no_protocol": _p("protocol", "No protocol is on record for this agent: counts"),
}
# A tube's state as the chip of the vocabulary; what is not in here is the officers' and the lab's own word.
TUBE_CHIPS: Final[dict[str, str]] = {
    "pending": "sent",
    "negative": "negative",
    "invalid": "invalid",
    "positive": "preliminary_positive",
    "confirmed": "confirmed_positive",
}
POOL_CHIPS: Final[dict[str, str]] = {  # people and places that share a tube: it is not yet known which of them
    "preliminary_positive": "pool_positive",
    "recheck_positive": "pool_recheck_positive",
}
ORDER_CHIPS: Final[dict[str, str]] = {"open": "order.open", "done": "order.done", "withdrawn": "withdrawn"}
MERCHANT_TUBE_CHIPS: Final[dict[str, str]] = TUBE_CHIPS | {"positive": "rechecking"}


def said(word: Word) -> str:
    """Return a word of the rule book in the reader's language."""
    return word.name_zh if current_locale() == "zh_CN" else word.name_en


def evidence_kind(code: str) -> str:
    """Return what a kind of evidence is called."""
    return said(vocabulary.evidence_kinds()[code])


def agent(code: str) -> str:
    """Return what a disinfectant is called."""
    return said(vocabulary.agents()[code])


def choices(words: Mapping[str, LazyText], codes: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Return codes and their words, for a select."""
    return [(code, str(words[code])) for code in (words if codes is None else codes)]


def tiles(words: Mapping[str, LazyText], codes: Iterable[str] | None = None) -> list[dict[str, str]]:
    """Return codes and their words, for tiles."""
    return [{"value": code, "text": text} for code, text in choices(words, codes)]


def product_name(product: Any) -> str:
    """Return a product's name in the reader's language, of a row or of a dict that describes it."""
    english = _part(product, "name_en") if current_locale() == "en" else None
    return str(english or _part(product, "name"))


def _part(product: Any, name: str) -> Any:
    return product[name] if isinstance(product, Mapping) else getattr(product, name)


def specification(product: Any) -> str:
    """Return what a piece holds: `2 kg × 6`; goods by weight: `10 kg`."""
    unit_mass_g, units_per_piece = _part(product, "unit_mass_g"), _part(product, "units_per_piece")
    if _part(product, "ledger_unit") == "gram" or units_per_piece == 1:
        return pages.kilograms(unit_mass_g * units_per_piece)
    return f"{pages.kilograms(unit_mass_g)} × {units_per_piece}"


def quantity(quantity_units: int, product: Any) -> str:
    """Return a quantity of a product in pieces and loose units; goods by weight in kg."""
    counted_by = (_part(product, name) for name in ("units_per_piece", "ledger_unit", "unit_word"))
    return pages.pieces(quantity_units, *counted_by)


def piece_words(basis: str, piece_from: int | None, piece_to: int | None) -> str:
    """Return which pieces a record is about: `pieces 1–360`, or the whole batch."""
    if piece_from is None or piece_to is None:
        return str(BASES[basis])
    return ngettext(
        "piece %(ranges)s",
        "pieces %(ranges)s",
        piece_to - piece_from + 1,
        ranges=pages.piece_ranges([(piece_from, piece_to)]),
    )


def treatment_words(record: Mapping[str, Any]) -> str:
    """Return a disinfection in one line: agent, strength, contact, temperature."""
    degrees = f"{record['ambient_temperature_c'].normalize():f}".replace("-", "−")
    return _(
        "%(agent)s %(strength)s mg/L, %(minutes)s min at %(degrees)s °C",
        agent=agent(record["agent"]),
        strength=record["concentration_mg_per_l"],
        minutes=record["contact_min"],
        degrees=degrees,
    )


def own_words(item: Mapping[str, Any], name: str) -> str:
    """Return `message` or `next` of a verdict's item in the reader's language."""
    return str(item[f"{name}_{'zh' if current_locale() == 'zh_CN' else 'en'}"])


def sentences(texts: Iterable[str]) -> str:
    """Return finished sentences as one text; Chinese ones need no blank between them."""
    return ("" if current_locale() == "zh_CN" else " ").join(text for text in texts if text)


def sample_name(sample: Mapping[str, Any]) -> str:
    """Return what a sample is of that is no batch: a vehicle, something unlisted, a zone, a person at work."""
    worker = sample.get("worker")
    if worker:
        return " ".join(part for part in (worker["name"], worker["post"]) if part)
    if sample["unlisted"] or sample["vehicle_plate"]:
        return str(sample["unlisted"] or sample["vehicle_plate"])
    zone = sample.get("zone_code")
    if zone:
        return _("Zone %(code)s", code=zone)
    return _("A zone") if sample.get("zone_id") else ""  # a laboratory learns nothing of where it lies


def alike(samples: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Return samples of the same thing, swab and pieces once each, in the order given, with how many there are."""
    counted: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for sample in samples:
        of = sample["batch"]["batch_id"] if sample["batch"] else (sample.get("zone_id"), sample_name(sample))
        pieces = sample["basis"], sample["piece_from"], sample["piece_to"]
        counted.setdefault((of, sample["sample_site"], *pieces), []).append(sample)
    return [(same[0], len(same)) for same in counted.values()]


def tube_goods(tube: Mapping[str, Any]) -> str:
    """Return what a tube holds samples of in one line, each once, the first few by name."""
    named = (product_name(s["batch"]["product"]) if s["batch"] else sample_name(s) for s in tube["samples"])
    listed = list(dict.fromkeys(named))
    shown = _(", ").join(listed[:GOODS_NAMED])
    if len(listed) <= GOODS_NAMED:
        return shown
    return _(", ").join([shown, ngettext("and %(num)s more", "and %(num)s more", len(listed) - GOODS_NAMED)])


def tube_chip(tube: Any, *, merchant: bool = False) -> str:
    """Return the chip of what a tube's results come to; a merchant reads of no positive before it is confirmed (R8)."""
    if merchant:
        return MERCHANT_TUBE_CHIPS[_part(tube, "state")]
    found = "recheck_positive" if _part(tube, "rechecked") else TUBE_CHIPS[_part(tube, "state")]
    return POOL_CHIPS.get(found, found) if _shared(tube) else found


def pool_words(tube: Any) -> str:
    """Return how many share a tube; nothing for a single sample and for goods alone."""
    kinds = _shared(tube)
    if not kinds:
        return ""
    if set(kinds) == {"worker_id"}:
        return _("%(count)s people in one tube", count=len(kinds))
    if set(kinds) == {"zone_id"}:
        return _("%(count)s zones in one tube", count=len(kinds))
    return _("%(count)s different samples in one tube", count=len(kinds))


def _shared(tube: Any) -> tuple[str, ...]:
    """Return who and what shares a tube: of a described one, or as it was found out before (`shared`)."""
    if isinstance(tube, Mapping):
        return tube["shared"] if "shared" in tube else pools.shared(tube.get("samples", ()))
    return getattr(tube, "shared", ())


def flag_word(flag: Mapping[str, Any]) -> LazyText:
    """Return what a flag says, of goods that were sealed when it was raised that they were."""
    kind = str(flag["kind"])
    return SEALED_FLAGS.get(kind, FLAG_KINDS[kind]) if (flag["data"] or {}).get("sealed") else FLAG_KINDS[kind]
