"""The words of the rule book: kinds of evidence, disinfectants, other platforms, in Chinese and English, from data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FILE = Path(__file__).parent / "data" / "vocabulary.toml"


@dataclass(frozen=True)
class Word:
    """One word in both languages; `freezes_below_zero` is meant for disinfectants, `number_names_it` for papers."""

    code: str
    name_zh: str
    name_en: str
    freezes_below_zero: bool = False
    number_names_it: bool = False


@cache
def _book() -> Mapping[str, list[dict[str, object]]]:
    return MappingProxyType(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def _words(table: str, key: str) -> Mapping[str, Word]:
    rows = _book()[table]
    return MappingProxyType(
        {
            str(row[key]): Word(
                str(row[key]),
                str(row["name_zh"]),
                str(row["name_en"]),
                bool(row.get("freezes_below_zero", False)),
                bool(row.get("number_names_it", False)),
            )
            for row in rows
        }
    )


@cache
def evidence_kinds() -> Mapping[str, Word]:
    """Return the kinds of evidence by code, in the order in which a form offers them."""
    return _words("evidence_kind", "kind")


@cache
def agents() -> Mapping[str, Word]:
    """Return the disinfectants by code, in the order in which a form offers them."""
    return _words("agent", "agent")


@dataclass(frozen=True)
class Platform:
    """Another traceability platform, and the region that asks for its codes (000000: the nation)."""

    code: str
    name_zh: str
    name_en: str
    region_code: str


@cache
def platforms() -> Mapping[str, Platform]:
    """Return the other platforms whose codes stand on cases, by code, in the order in which a form offers them."""
    rows = _book()["platform"]
    return MappingProxyType(
        {
            str(row["platform"]): Platform(
                str(row["platform"]), str(row["name_zh"]), str(row["name_en"]), str(row["region_code"])
            )
            for row in rows
        }
    )
