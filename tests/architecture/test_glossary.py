"""The glossary has a row for every word that a screen says for a code; the picture of the house is the house."""

import importlib
import os
import pkgutil
import re
from collections.abc import Iterator, Mapping
from configparser import ConfigParser

import coldchain
from coldchain.core.i18n import LazyText, use_locale
from coldchain.core.vocabulary import CHIPS, Chip
from config import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
PICTURE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- written by `GOLDEN=write pytest tests/architecture/test_glossary.py` -->\n"
# Tables of words that stand for no code of the data: labels of fields, hints, whole sentences, names of acts.
NO_VALUES = re.compile(r"LABELS$|HINTS$|^_|COLUMNS|MESSAGES|VERBS|TOLD|SOLVED_BY|WHAT_IT_DOES|^WORDS$|^VALUES$")


def tables() -> Iterator[tuple[str, Mapping[str, LazyText]]]:
    """Every table of words by code, with the room that it is in."""
    seen: set[int] = set()
    for module in sorted(pkgutil.walk_packages(coldchain.__path__, "coldchain."), key=lambda found: found.name):
        if module.name.startswith("coldchain.ops."):
            continue
        for name, table in vars(importlib.import_module(module.name)).items():
            if not isinstance(table, Mapping) or not table or id(table) in seen or NO_VALUES.search(name):
                continue
            if all(isinstance(word, LazyText) for word in table.values()) and all(isinstance(k, str) for k in table):
                seen.add(id(table))
                yield f"{module.name.split('.')[1]}: {name.lower()}", table


def values() -> set[tuple[str, str, str]]:
    """Every code that a screen has a word for: code, Chinese, English."""
    words = [(code, word) for _where, table in tables() for code, word in table.items()]
    words += [(code, chip.word) for code, chip in CHIPS.items() if isinstance(chip, Chip)]
    said = {}
    for locale in ("zh_CN", "en"):
        with use_locale(locale):
            said[locale] = [str(word) for _code, word in words]
    return {
        (code.rpartition(".")[2] or code, zh, en)
        for (code, _), zh, en in zip(words, said["zh_CN"], said["en"], strict=True)
    }


def written() -> str:
    """The glossary's rows of values."""
    rows = [f"| {code} | {zh} | {en} |" for code, zh, en in sorted(values())]
    return BEGIN + "\n".join(["| code | 中文 | English |", "|---|---|---|", *rows]) + "\n"


def test_every_value_that_a_screen_shows_has_a_row() -> None:
    """A new state, kind or outcome is looked up where every other is."""
    text = GLOSSARY.read_text(encoding="utf-8")
    if os.environ.get("GOLDEN") == "write":
        text = text.partition(BEGIN)[0] + written()
        GLOSSARY.write_text(text, encoding="utf-8")
    assert len(values()) > 200
    assert text.endswith(written())


def test_the_picture_shows_the_floors_that_are_checked() -> None:
    """`docs/architecture.md` names the rooms in the order in which `lint-imports` lets them depend on each other."""
    rules = ConfigParser()
    rules.read(ROOT / ".importlinter")
    floors = [line.strip() for line in rules["importlinter:contract:floors"]["layers"].splitlines() if line.strip()]
    picture = PICTURE.read_text(encoding="utf-8").split("```")[1]
    drawn = [line.partition("  ")[0].strip() for line in picture.splitlines() if line and not line.startswith(" ")]
    assert drawn == floors
    rooms = {room.strip() for floor in floors for room in floor.split("|")}
    there = {path.parent.name for path in (ROOT / "coldchain").glob("*/__init__.py")} | {"app"}
    assert rooms == there
