"""One reader per kind of cell, pure: what people write into spreadsheets, as the values that schemas take.

Each raises Invalid (its errors have no pointer: the cell is known to whoever reads the row) saying what would be right.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from coldchain.core import limits
from coldchain.core.errors import Invalid
from coldchain.core.identifiers import IdentifierError
from coldchain.core.phones import check_phone
from coldchain.core.text import normalise_name

EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (a sheet's cells know no offset)
SERIALS: Final = (32874, 73415)  # 1990-01-01 to 2100-12-31 as a sheet counts days
_SERIAL: Final = re.compile(r"(\d{5})(?:\.(\d{1,12}))?")
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+0?0:00(?::00)?)?|(\d{4})(\d{2})(\d{2})")
_MOMENT: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(\d{1,2})[:时点](\d{1,2})(?:[:分]\d{0,2}秒?)?"
)
_ROUNDED: Final = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
_WHOLE: Final = re.compile(r"\d{1,15}")
PIECE_WORDS: Final = ("件", "箱", "pieces", "piece", "pcs", "ctns", "ctn", "cartons", "carton")
UNIT_WORDS: Final = ("盒", "袋", "包", "瓶", "罐", "个", "只", "条", "块", "支", "枚", "份", "units", "unit")
MASS_WORDS: Final[dict[str, int]] = {
    "kg": 1_000, "千克": 1_000, "公斤": 1_000, "g": 1, "克": 1, "t": 1_000_000, "吨": 1_000_000, "斤": 500,
}  # fmt: skip
_COUNTED: Final = re.compile(
    rf"(?:(\d{{1,15}})(?:{'|'.join(PIECE_WORDS)}))?[零又加余+和]?(?:(\d{{1,15}})(?:{'|'.join(UNIT_WORDS)}))?",
    re.IGNORECASE,
)
_WEIGHED: Final = re.compile(rf"(\d{{1,12}})(?:\.(\d{{1,6}}))?({'|'.join(MASS_WORDS)})", re.IGNORECASE)

Reader = Callable[[str], Any]


def plain(text: str) -> str:
    """Return a cell's text with narrow signs (`２０２０` as 2020, `：` as a colon), without blanks at its ends."""
    return unicodedata.normalize("NFKC", text).strip()


def text(cell: str) -> str:
    """Return text as it stands; the schema bounds and cleans it."""
    return cell


def number_text(cell: str) -> str:
    """Return a number that a check knows (GTIN, declaration): narrow, without blanks and commas, never a rounded one.

    Raises Invalid `rounded_number`.
    """
    return re.sub(r"[\s,]", "", plain(name_text(cell)))


def name_text(cell: str) -> str:
    """Return a number that is somebody's own name for a thing (batch, seal) as it was typed: every sign may count.

    The schema trims and cleans it as it does for whoever sends it otherwise. Raises Invalid `rounded_number`.
    """
    if _ROUNDED.fullmatch(re.sub(r"[\s,]", "", plain(cell))):
        raise Invalid.of(
            "", "rounded_number",
            "The spreadsheet has rounded this number. Format the column as text and type it once more.",
        )  # fmt: skip
    return cell


def day(cell: str) -> str:
    """Return a date as `2020-11-06`: from 2020/11/6, 2020年11月6日, 20201106 or a sheet's own number of the day.

    Raises Invalid `not_date`, `no_such_day`.
    """
    found = plain(cell)
    serial = _SERIAL.fullmatch(found)
    if serial and SERIALS[0] <= int(serial[1]) <= SERIALS[1] and not int(serial[2] or 0):
        return (EPOCH + timedelta(days=int(serial[1]))).date().isoformat()
    parts = _DAY.fullmatch(found)
    if parts is None:
        raise Invalid.of("", "not_date", "Write a date with its year, for example 2020-11-06.")
    year, month, of_month = (int(part) for part in parts.groups() if part is not None)
    return _date(year, month, of_month).isoformat()


def moment(cell: str) -> str:
    """Return a time as a form's, `2021-01-19 19:00` in Beijing; a date alone is its beginning.

    Raises Invalid `not_time`, `no_such_day`.
    """
    found = plain(cell)
    if _SERIAL.fullmatch(found) and SERIALS[0] <= int(found[:5]) <= SERIALS[1]:
        written = EPOCH + timedelta(minutes=round(float(found) * 1_440))
        return written.strftime("%Y-%m-%d %H:%M")
    parts = _MOMENT.fullmatch(found)
    if parts:
        year, month, of_month, hour, minute = map(int, parts.groups())
        if hour > 23 or minute > 59:
            raise _no_time()
        return f"{_date(year, month, of_month).isoformat()} {hour:02d}:{minute:02d}"
    if _DAY.fullmatch(found):
        return f"{day(found)} 00:00"
    raise _no_time()


def identifier(check: Callable[[str], str]) -> Reader:
    """Return the reader of a number that a validator of `core.identifiers` knows."""

    def read(cell: str) -> str:
        try:
            return check(number_text(cell))
        except IdentifierError as error:
            raise Invalid.of("", error.code, error.message, **dict(error.params)) from error

    return read


def phone(cell: str) -> str:
    """Return a phone as `core.phones` keeps it; a comma in it is no blank. Raises Invalid with its code."""
    try:
        return check_phone(name_text(cell))
    except IdentifierError as error:
        raise Invalid.of("", error.code, error.message, **dict(error.params)) from error


def is_day(cell: str) -> bool:
    """Say whether a cell is a date without a time."""
    found = plain(cell)
    return _DAY.fullmatch(found) is not None or re.fullmatch(r"\d{5}", found) is not None


def _no_time() -> Invalid:
    return Invalid.of("", "not_time", "Write a date and a time, for example 2021-01-19 19:00.")


def _date(year: int, month: int, of_month: int) -> date:
    if not limits.DATE_YEAR_MIN <= year <= limits.DATE_YEAR_MAX:
        raise Invalid.of("", "out_of_range", "The year should be from {minimum} to {maximum}.",
                         minimum=limits.DATE_YEAR_MIN, maximum=limits.DATE_YEAR_MAX)  # fmt: skip
    try:
        return date(year, month, of_month)
    except ValueError as error:
        raise Invalid.of("", "no_such_day", "There is no such day in the calendar.") from error


def whole(cell: str) -> int:
    """Return a whole number. Raises Invalid `not_whole`."""
    found = re.sub(r"[\s,]", "", plain(cell))
    if not _WHOLE.fullmatch(found):
        raise Invalid.of("", "not_whole", "Write a whole number, for example 452.")
    return int(found)


@dataclass(frozen=True)
class Choice:
    """A closed list of words; `spoken` are all that people write, as `key` has them, with the code of each."""

    spoken: Mapping[str, str]
    shown: Callable[[], str]

    def __call__(self, cell: str) -> str:
        """Return the code of a word. Raises Invalid `not_one_of`, saying the words."""
        found = self.spoken.get(key(cell))
        if found is None:
            raise Invalid.of("", "not_one_of", "Write one of: {values}.", values=self.shown())
        return found


def key(word: str) -> str:
    """Return the form by which words are compared; signs alone (+, -) stay."""
    return normalise_name(word) or plain(word)


@dataclass(frozen=True)
class Amount:
    """A quantity as it was written: pieces and loose units, a mass, or a bare number."""

    pieces: int | None = None
    loose: int | None = None
    mass_g: int | None = None
    bare: int | None = None


def amount(cell: str) -> Amount:
    """Return what a quantity says: 452件零132盒, 452 件, 132盒, 10.5kg, 904. Raises Invalid `not_quantity`."""
    found = re.sub(r"[\s,]", "", plain(cell))
    if _WHOLE.fullmatch(found):
        return Amount(bare=int(found))
    counted = _COUNTED.fullmatch(found)
    if counted and (counted[1] or counted[2]):
        return Amount(pieces=int(counted[1]) if counted[1] else None, loose=int(counted[2]) if counted[2] else None)
    weighed = _WEIGHED.fullmatch(found)
    if weighed is None:
        raise Invalid.of("", "not_quantity", "Write how many and of what, for example {example}.",
                         example="452件零132盒, 452件, 10.5kg")  # fmt: skip
    of_one = MASS_WORDS[weighed[3].lower()]
    fraction = weighed[2] or ""
    total = int(weighed[1] + fraction) * of_one
    if total % 10 ** len(fraction):
        raise Invalid.of("", "below_a_gram", "This is finer than a gram.")
    return Amount(mass_g=total // 10 ** len(fraction))


def units(given: Amount, *, units_per_piece: int, unit_mass_g: int, by_mass: bool) -> int:
    """Return a quantity in a product's ledger unit. Raises Invalid, saying what would be right for this product:

    `unit_missing` for a bare number of what has pieces and units, `counted_by_weight`, `not_whole_units`.
    """
    if given.bare is not None and not (units_per_piece == 1 and not by_mass):
        example = f"{given.bare}kg" if by_mass else f"{given.bare}件"
        raise Invalid.of("", "unit_missing", "Say of what, for example {example}.", example=example)
    if given.bare is not None:
        return given.bare
    if given.mass_g is not None:
        if given.mass_g % unit_mass_g:
            raise Invalid.of("", "not_whole_units",
                             "This is no whole number of units of {mass} g. Write pieces and loose units.",
                             mass=unit_mass_g)  # fmt: skip
        return given.mass_g // unit_mass_g
    if by_mass and given.loose is not None:
        raise Invalid.of(
            "", "counted_by_weight", "This product is kept by weight: write kilograms, for example 10.5kg."
        )
    return (given.pieces or 0) * units_per_piece + (given.loose or 0)
