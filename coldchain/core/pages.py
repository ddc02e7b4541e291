"""How numbers, times and codes are written on pages, in print and in texts; pure but for `install`.

Invariants: integers in (grams, units), text out; nothing is rounded through binary floats; every time is Beijing time.
The words of states live in `vocabulary`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from coldchain.core import clock, i18n, limits, text_size, unit_words, vocabulary
from coldchain.core.clock import BEIJING

if TYPE_CHECKING:
    from flask import Flask

    from coldchain.core.errors import FieldError

GRAMS_PER_KG: Final = 1_000
GRAMS_PER_T: Final = 1_000_000
CENT: Final = Decimal("0.01")
UNKNOWN: Final = "—"
CODE_GROUP: Final = 4
DIGEST_SHOWN: Final = 10


def number(value: int | Decimal) -> str:
    """Return a number with thousands marked by commas: `5,784`."""
    return f"{value:,}"


def tonnes(mass_g: int) -> str:
    """Return grams as tonnes, two decimals always: `10.87 t`."""
    return f"{(Decimal(mass_g) / GRAMS_PER_T).quantize(CENT, ROUND_HALF_UP):,} t"


def kilograms(mass_g: int) -> str:
    """Return grams as kilograms with at most two decimals: `5,784 kg`, `360.42 kg`; under 10 g in grams, never as 0."""
    if 0 < abs(mass_g) < 10:
        return f"{mass_g} g"
    text = f"{(Decimal(mass_g) / GRAMS_PER_KG).quantize(CENT, ROUND_HALF_UP):,}"
    return f"{text.rstrip('0').rstrip('.')} kg"


def mass(mass_g: int | None) -> str:
    """Return grams as people read them: `10.87 t` from one tonne on, else `360.42 kg`; None (not weighed) is a dash."""
    if mass_g is None:
        return UNKNOWN
    return tonnes(mass_g) if abs(mass_g) >= GRAMS_PER_T else kilograms(mass_g)


def pieces(quantity_units: int, units_per_piece: int, ledger_unit: str, unit_word: str | None = None) -> str:
    """Return a quantity in full pieces and loose units: `452 件零 132 盒`, under a piece `3 盒`; gram ledgers in kg.

    `unit_word` is what the product calls its smallest unit (袋), one of `unit_words.CODES`.
    """
    if ledger_unit == "gram":
        return kilograms(quantity_units)
    if units_per_piece < 1:
        raise ValueError("a piece holds at least one unit")
    sign = "−" if quantity_units < 0 else ""
    full, loose = divmod(abs(quantity_units), units_per_piece)
    whole = i18n.ngettext("%(count)s piece", "%(count)s pieces", full, count=number(full))
    if not loose:
        return sign + whole
    rest = unit_words.counted(loose, number(loose), unit_word)
    if not full:
        return sign + rest
    return sign + i18n.gettext("%(pieces)s + %(loose)s", pieces=whole, loose=rest)


def piece_ranges(ranges: Iterable[tuple[int, int]]) -> str:
    """Return ranges of piece numbers, both ends included: `1–360, 400`."""
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in ranges)


def _beijing(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment without an offset can't be shown: nobody knows whose clock it is")
    return value.astimezone(BEIJING)


def day(value: date | datetime | None) -> str:
    """Return a date `2021-01-19` (of a moment: its day in Beijing); None is a dash."""
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        value = _beijing(value)
    return value.strftime("%Y-%m-%d")


def is_past(value: date | None) -> bool:
    """Say whether a last day is over by Beijing's calendar: an expiry date is the last day; None never passes."""
    return value is not None and value < clock.now().astimezone(BEIJING).date()


def moment(value: datetime | None) -> str:
    """Return a moment as Beijing time `2021-01-19 19:00`; None is a dash. Raises ValueError without an offset."""
    return UNKNOWN if value is None else _beijing(value).strftime("%Y-%m-%d %H:%M")


def short_moment(value: datetime | None) -> str:
    """Return a moment as Beijing time without its year `01-19 19:00`, where a page's as-of time names the year."""
    return UNKNOWN if value is None else _beijing(value).strftime("%m-%d %H:%M")


def machine_moment(value: datetime) -> str:
    """Return a moment for `<time datetime>` and form fields: RFC 3339 with Beijing's offset."""
    return _beijing(value).isoformat(timespec="seconds")


def form_moment(value: datetime | None) -> str:
    """Return a moment as the text a form field holds: `2021-01-19 19:00`, Beijing time; None is empty."""
    return "" if value is None else moment(value)


def code_groups(code: str) -> Markup:
    """Return a code in groups of four that are apart on screen and together when copied."""
    plain = code.replace(" ", "")
    groups = [plain[start : start + CODE_GROUP] for start in range(0, len(plain), CODE_GROUP)]
    return Markup('<span class="cc-code">{}</span>').format(
        Markup("").join(Markup("<span>{}</span>").format(group) for group in groups)
    )


def percent(part: int, whole: int) -> str:
    """Return a share for an SVG bar's `width`: `74.73%`; of nothing it is `0%`."""
    if whole <= 0:
        return "0%"
    share = (Decimal(100) * max(0, min(part, whole)) / whole).quantize(CENT, ROUND_HALF_UP)
    return f"{share}%"


def field_id(name: str) -> str:
    """Return the HTML id of a form field, the target of the error summary's link."""
    return f"f-{name}"


def line_of(name: str) -> str:
    """Return which row of a repeated group a form field is in, to stand before its error: `_lines-2-pieces` → `3: `."""
    found = re.match(r"_?(lines|papers|samples)-(\d{1,4})-", name)
    if found is None:
        return ""
    number_shown = int(found[2]) + 1
    if found[1] == "lines":
        return i18n.gettext("Goods %(number)s – ", number=number_shown)
    if found[1] == "papers":
        return i18n.gettext("Paper %(number)s – ", number=number_shown)
    return i18n.gettext("Sample %(number)s – ", number=number_shown)


def errors_by_field(errors: Iterable[FieldError | Mapping[str, Any]]) -> dict[str, str]:
    """Return `{form name: message}` of field errors, first error a field: `/lines/0/hs_code` → `lines-0-hs_code`.

    Takes the domain's errors or the rows of a problem document; an error of the whole form has the name `""`.
    """
    found: dict[str, str] = {}
    for error in errors:
        if isinstance(error, Mapping):
            pointer, message = str(error["pointer"]), str(error["message"])
        else:
            pointer, message = error.pointer, i18n.gettext(error.message).format(**error.params)
        name = pointer.strip("/").replace("/", "-").replace("~1", "/").replace("~0", "~")
        found.setdefault(name, message)
    return found


class Assets:
    """Addresses of static files that change with their content, so that browsers may keep them for long."""

    def __init__(self, folder: Path, url_path: str) -> None:
        self.folder = folder
        self.url_path = url_path
        self._urls: dict[str, str] = {}

    def __call__(self, filename: str) -> str:
        """Return the address of a file of the static folder. Raises FileNotFoundError."""
        if filename not in self._urls:
            digest = hashlib.sha256((self.folder / filename).read_bytes()).hexdigest()
            self._urls[filename] = f"{self.url_path}/{filename}?v={digest[:DIGEST_SHOWN]}"
        return self._urls[filename]


class Icons:
    """Draws icons of the sprite: decoration only, the word always stands beside it in text."""

    def __init__(self, sprite_url: str) -> None:
        self.sprite_url = sprite_url

    def __call__(self, name: str) -> Markup:
        """Return the `<svg>` of one icon, hidden from screen readers."""
        return Markup('<svg class="cc-i" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>').format(
            self.sprite_url, name
        )

    def chip(self, kind: str, icon: str, word: object) -> Markup:
        """Return a status chip: icon, word, colour. Raises ValueError for a kind that the sheet doesn't know."""
        if kind not in vocabulary.KINDS:
            raise ValueError(f"no such kind of chip: {kind}")
        return Markup('<span class="cc-chip {}">{}{}</span>').format(kind, self(icon), escape(str(word)))

    def status(self, code: str) -> Markup:
        """Return the chip of a state code of the vocabulary. Raises KeyError for an unknown code."""
        chip = vocabulary.status_chip(code)
        return self.chip(chip.kind, chip.icon, chip.word)


FILTERS: Final = {
    "number": number,
    "mass": mass,
    "tonnes": tonnes,
    "kilograms": kilograms,
    "pieces": pieces,
    "piece_ranges": piece_ranges,
    "day": day,
    "moment": moment,
    "short_moment": short_moment,
    "machine_moment": machine_moment,
    "form_moment": form_moment,
    "code_groups": code_groups,
    "field_id": field_id,
    "line_of": line_of,
    "errors_by_field": errors_by_field,
}


def install(app: Flask) -> None:
    """Give the templates translation, the filters above, `asset`, `icon`, `chip`, `large_text` and more."""
    environment = app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.for_number, newstyle=True, pgettext=i18n.pgettext
    )
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(FILTERS)
    environment.tests["past"] = is_past
    assets = Assets(Path(str(app.static_folder)), str(app.static_url_path))
    icons = Icons(assets("icons.svg"))
    environment.globals.update(
        asset=assets,
        icon=icons,
        chip=icons.chip,
        status_chip=icons.status,
        status_word=lambda code: vocabulary.status_chip(code).word,
        percent=percent,
        current_locale=i18n.current_locale,
        large_text=text_size.is_large,
        file_bytes=limits.UPLOAD_BYTES,
        form_bytes=limits.FORM_BYTES,
    )
