"""Pure: when two descriptions are one product. Spelling differs harmlessly, numbers never do."""

import hashlib
import json
import re
import unicodedata

from coldchain.core.text import normalise_name

_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[^0-9\w]+(?=[0-9])")


def comparable(text: str | None) -> str | None:
    """Return a name as identities compare it: like `normalise_name`, but `1.5` is not `15`."""
    if text is None:
        return None
    narrow = unicodedata.normalize("NFKC", text)
    return normalise_name(_BETWEEN_DIGITS.sub("⁄", narrow))  # a sign that normalising leaves alone


def product_identity(
    *,
    producer_id: str,
    name: str,
    name_en: str | None,
    series: str | None,
    category: str,
    origin_country: str,
    gtin: str | None,
    hs_code: str | None,
    ledger_unit: str,
    units_per_piece: int,
    unit_mass_g: int,
    imported: bool,
) -> str:
    """Return the SHA-256 (hex) over all identity fields of a product; equal means the same product."""
    gtin_14 = gtin.zfill(14) if gtin else None  # GS1: the same number in 8, 12, 13 or 14 digits
    fields = [
        producer_id, comparable(name), comparable(name_en), comparable(series), category, origin_country, gtin_14,
        hs_code, ledger_unit, units_per_piece, unit_mass_g, imported,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()
