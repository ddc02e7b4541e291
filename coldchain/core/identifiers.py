"""Numbers that other people issue: what a right one looks like, and what is wrong with this one.

Each `check_*` function takes what somebody typed and returns the number as we keep it (capitals, no blanks), or raises
`IdentifierError`. A code is stable; a message is an English message id whose `{placeholders}` are filled from `params`
after translation. `overridable` says that real numbers exist which fail the rule, so an officer may insist with a
reason. A rule that only warns has a function `doubt_*` of its own, which takes a checked number.

Pure: no database, no clock, no framework.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

import pycountry
from stdnum import ean
from stdnum import iso6346 as container
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

Param = str | int

USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_SHAPE = re.compile(rf"[1-9ANY][1-9ANY][0-9]{{6}}[{USCC_SIGNS}]{{10}}")
_CONTAINER_SHAPE = re.compile(r"[A-Z]{3}[UJZR][0-9]{7}")
_LICENCE_SHAPE = re.compile(r"(JY|SC)[0-9]{14}")
_MOBILE_SHAPE = re.compile(r"1[3-9][0-9]{9}")
_PLANT_SHAPE = re.compile(r"[A-Z0-9][A-Z0-9 ./\-]{0,39}")
_DIGITS = re.compile(r"[0-9]+")
_BLANKS = re.compile(r"[ \t\u00a0\u3000\-\u2010-\u2015]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LONGEST_SHOWN = 40
FIRST_CUSTOMS_YEAR = 1990  # electronic declarations began in the nineties; an older year is a slip of the pen

OVERSEAS_REGISTRATION_FROM = date(2022, 1, 1)  # GACC decree 248: registration numbers of 18 characters


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a number: a stable code, an English message id and what fills its placeholders."""

    code: str
    message: str
    params: Mapping[str, Param]


class IdentifierError(ValueError):
    """A number breaks its rule: `code` is stable, `message` an English message id, `params` fill its placeholders."""

    def __init__(
        self, code: str, message: str, params: Mapping[str, Param] | None = None, *, overridable: bool = False
    ):
        """Keep the parts apart, so that the edge can translate the message before it fills it."""
        self.code = code
        self.message = message
        self.params: Mapping[str, Param] = MappingProxyType(dict(params or {}))
        self.overridable = overridable
        super().__init__(message.format_map(self.params))


def _compact(text: str) -> str:
    """Return what was typed with full-width signs narrowed, blanks and dashes removed and letters made capitals."""
    return _BLANKS.sub("", text.translate(_FULL_WIDTH)).upper()


def _shown(text: str) -> str:
    """Return the number as a message may repeat it: bounded in length."""
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def check_uscc(text: str) -> str:
    """Return the unified social credit code (GB 32100-2015) as 18 capitals and digits.

    Raises IdentifierError: `uscc_length`, `uscc_shape`, `uscc_check` (overridable: real codes exist that fail).
    Departments A, N and Y are accepted beside the digits, since villages' collectives (N) run cold stores too.
    """
    value = _compact(text)
    if len(value) != 18:
        raise IdentifierError(
            "uscc_length",
            "A unified social credit code has 18 characters; this one has {length}",
            {"length": len(value)},
        )
    if not _USCC_SHAPE.fullmatch(value):
        raise IdentifierError(
            "uscc_shape",
            "A unified social credit code has 2 signs for the registering body, 6 digits for the region and 10 digits "
            "or capitals without I, O, S, V and Z; {value} does not",
            {"value": _shown(value)},
        )
    if uscc.calc_check_digit(value[:17]) != value[17]:
        raise IdentifierError(
            "uscc_check",
            "The last character of this unified social credit code does not fit the others: look for a slip of the pen",
            {"value": value},
            overridable=True,
        )
    return value


def uscc_check_character(first_17: str) -> str:
    """Return the check character that makes 17 signs a unified social credit code (GB 32100-2015)."""
    return uscc.calc_check_digit(first_17)


def check_customs_declaration(text: str, *, latest_year: int = 9999, import_only: bool = False) -> str:
    """Return the customs declaration number as 18 digits: 4 district, 4 year, 1 flag (1 import, 0 export), 9 sequence.

    `latest_year` is the year that the asker lives in; `import_only` also refuses an export's number.
    Raises IdentifierError: `customs_declaration_length`, `_digits`, `_year`, `_flag`, `_export`.
    """
    value = _compact(text)
    if not _DIGITS.fullmatch(value):
        raise IdentifierError(
            "customs_declaration_digits",
            "A customs declaration number has digits only; {value} does not",
            {"value": _shown(value)},
        )
    if len(value) != 18:
        raise IdentifierError(
            "customs_declaration_length",
            "A customs declaration number has 18 digits; this one has {length}",
            {"length": len(value)},
        )
    year = int(value[4:8])
    if not FIRST_CUSTOMS_YEAR <= year <= latest_year:
        raise IdentifierError(
            "customs_declaration_year",
            "Digits 5 to 8 of a customs declaration number are the year; {year} is not a year it can be from",
            {"year": value[4:8]},
        )
    if value[8] not in "01":
        raise IdentifierError(
            "customs_declaration_flag",
            "Digit 9 of a customs declaration number is 1 for import or 0 for export; this one is {flag}",
            {"flag": value[8]},
        )
    if import_only and value[8] != "1":
        raise IdentifierError(
            "customs_declaration_export",
            "Digit 9 of this customs declaration number is 0, an export; imported goods have 1",
        )
    return value


def check_import_declaration(text: str) -> str:
    """Return the customs declaration number of goods that came in: as `check_customs_declaration`, with digit 9 a 1.

    Raises IdentifierError: its codes, `customs_declaration_export` among them.
    """
    return check_customs_declaration(text, import_only=True)


def check_container(text: str) -> str:
    """Return the freight container number (ISO 6346) as 4 capitals and 7 digits.

    Raises IdentifierError: `container_length`, `container_shape`, `container_check` (overridable).
    """
    value = _compact(text)
    if len(value) != 11:
        raise IdentifierError(
            "container_length",
            "A container number has 4 letters and 7 digits, 11 characters; this one has {length}",
            {"length": len(value)},
        )
    if not _CONTAINER_SHAPE.fullmatch(value):
        raise IdentifierError(
            "container_shape",
            "A container number has 3 letters for the owner, then U, J, Z or R, then 7 digits; {value} does not",
            {"value": _shown(value)},
        )
    expected = container.calc_check_digit(value[:10])
    if expected != value[10]:
        raise IdentifierError(
            "container_check",
            "The last digit of container number {value} should be {expected}: look for a slip of the pen",
            {"value": value, "expected": expected},
            overridable=True,
        )
    return value


def _gs1(text: str, code: str, lengths: tuple[int, ...], wrong_length: str, wrong_check: str) -> str:
    """Return a GS1 key of one of `lengths` digits whose mod-10 check digit fits."""
    value = _compact(text)
    if not _DIGITS.fullmatch(value) or len(value) not in lengths:
        raise IdentifierError(f"{code}_length", wrong_length, {"value": _shown(value), "length": len(value)})
    expected = ean.calc_check_digit(value[:-1])
    if expected != value[-1]:
        raise IdentifierError(f"{code}_check", wrong_check, {"value": value, "expected": expected})
    return value


def check_gtin(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits (GS1 General Specifications).

    Raises IdentifierError: `gtin_length`, `gtin_check`.
    """
    return _gs1(
        text,
        "gtin",
        (8, 12, 13, 14),
        "A GTIN has 8, 12, 13 or 14 digits; this one has {length} characters",
        "The last digit of GTIN {value} should be {expected}: look for a slip of the pen",
    )


def check_gln(text: str) -> str:
    """Return a GLN of 13 digits (GS1 General Specifications).

    Raises IdentifierError: `gln_length`, `gln_check`.
    """
    return _gs1(
        text,
        "gln",
        (13,),
        "A GLN has 13 digits; this one has {length} characters",
        "The last digit of GLN {value} should be {expected}: look for a slip of the pen",
    )


def check_sscc(text: str) -> str:
    """Return an SSCC of 18 digits (GS1 General Specifications).

    Raises IdentifierError: `sscc_length`, `sscc_check`.
    """
    return _gs1(
        text,
        "sscc",
        (18,),
        "An SSCC has 18 digits; this one has {length} characters",
        "The last digit of SSCC {value} should be {expected}: look for a slip of the pen",
    )


def check_hs_code(text: str) -> str:
    """Return the HS code as 8, 10 or 13 digits; the printed form with dots is accepted.

    Raises IdentifierError: `hs_code_length`.
    """
    value = _compact(text).replace(".", "")
    if not _DIGITS.fullmatch(value) or len(value) not in (8, 10, 13):
        raise IdentifierError(
            "hs_code_length",
            "An HS code has 8, 10 or 13 digits; this one has {length} characters",
            {"length": len(value)},
        )
    return value


def check_mobile(text: str) -> str:
    """Return a Chinese mobile phone number: 11 digits from 13 to 19, without +86, blanks and dashes.

    Raises IdentifierError: `mobile_shape`.
    """
    value = _compact(text)
    for prefix in ("+86", "0086"):
        value = value.removeprefix(prefix)
    if not _MOBILE_SHAPE.fullmatch(value):
        raise IdentifierError(
            "mobile_shape",
            "A mobile phone number has 11 digits and begins with 13 to 19; {value} does not",
            {"value": _shown(value)},
        )
    return value


def check_food_licence(text: str) -> str:
    """Return the food licence number: JY (trade) or SC (production) and 14 digits.

    Raises IdentifierError: `food_licence_shape`. See `doubt_food_licence` for its check digit.
    """
    value = _compact(text)
    if not _LICENCE_SHAPE.fullmatch(value):
        raise IdentifierError(
            "food_licence_shape",
            "A food licence number is JY or SC and 14 digits; {value} is not",
            {"value": _shown(value)},
        )
    return value


def doubt_food_licence(value: str) -> Problem | None:
    """Return the warning `food_licence_check` when the check digit (GB/T 17710, MOD 11,10) does not fit."""
    expected = food_licence_check_digit(value[2:15])
    if expected == value[15]:
        return None
    return Problem(
        "food_licence_check",
        "The last digit of food licence number {value} should be {expected}: compare it with the licence",
        MappingProxyType({"value": value, "expected": expected}),
    )


def food_licence_check_digit(first_13: str) -> str:
    """Return the check digit that closes the 13 digits of a food licence number (GB/T 17710, MOD 11,10)."""
    return mod_11_10.calc_check_digit(first_13)


@cache
def _countries() -> Mapping[str, str]:
    """Return alpha-2 and alpha-3 codes of ISO 3166-1, each with its alpha-2 code."""
    codes = {country.alpha_2: country.alpha_2 for country in pycountry.countries}
    codes.update({country.alpha_3: country.alpha_2 for country in pycountry.countries})
    return MappingProxyType(codes)


def check_country(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country given by its alpha-2 or alpha-3 code.

    Raises IdentifierError: `country_unknown`.
    """
    value = _compact(text)
    found = _countries().get(value)
    if found is None:
        raise IdentifierError(
            "country_unknown",
            "A country is given by its ISO 3166 code, such as CN or BR; {value} is none",
            {"value": _shown(value)},
        )
    return found


def check_plant_no(text: str) -> str:
    """Return the plant number of a producer abroad as capitals, with the blanks and dashes that belong to it.

    Raises IdentifierError: `plant_no_shape`. See `doubt_plant_no` for its length.
    """
    value = text.translate(_FULL_WIDTH).strip().upper()
    if not _PLANT_SHAPE.fullmatch(value):
        raise IdentifierError(
            "plant_no_shape",
            "A plant number has 1 to 40 letters, digits, blanks, dots, slashes or hyphens; {value} does not",
            {"value": _shown(value)},
        )
    return value


def doubt_plant_no(value: str, *, on: date) -> Problem | None:
    """Return the warning `plant_no_length` when a plant number used on a day since 2022 is not 18 characters long."""
    if on < OVERSEAS_REGISTRATION_FROM or len(value) == 18:
        return None
    return Problem(
        "plant_no_length",
        "Since 2022 the registration number of an overseas plant has 18 characters; this one has {length}. "
        "The number that its home country gave is kept as it is",
        MappingProxyType({"length": len(value)}),
    )


CHECKS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "uscc": check_uscc,
        "customs_declaration": check_customs_declaration,
        "container": check_container,
        "gtin": check_gtin,
        "gln": check_gln,
        "sscc": check_sscc,
        "hs_code": check_hs_code,
        "food_licence": check_food_licence,
        "plant_no": check_plant_no,
        "country": check_country,
    }
)
