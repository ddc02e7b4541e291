"""The list of security requirements: each row says met, partly, open or n/a, and each test that it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+)[^|]*\|[^|]+\| (\w[\w/]*) \| (.+) \|$")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
ROWS = [found for line in (ROOT / "docs/security/asvs.md").read_text().splitlines() if (found := ROW.match(line))]


def test_the_list_is_read() -> None:
    """Every chapter has its rows, each once, each with a state that we know."""
    numbers = [row[1] for row in ROWS]
    assert len(numbers) == len(set(numbers)) > 70
    assert {number.partition(".")[0] for number in numbers} == {"5", "6", "7", "8", "16"}
    assert {row[2] for row in ROWS} <= {"met", "partly", "open", "n/a"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_named_tests_exist(row: re.Match[str]) -> None:
    """A row never stands on a test that was renamed or taken away."""
    for path, name in NAMED.findall(row[3]):
        file = ROOT / path
        assert file.exists(), path
        assert not name or re.search(rf"^ *(async )?def {name}\(", file.read_text(), re.MULTILINE), f"{path}::{name}"
