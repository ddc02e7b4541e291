"""Figures of the rules from text: only what the program can use in place of the former one."""

import tomllib
from pathlib import Path

import pytest

import coldchain
from coldchain.core import limits
from coldchain.core.errors import Invalid
from coldchain.policy import figures

SHIPPED = tomllib.loads((Path(coldchain.__file__).parent / "policy" / "data" / "parameters.toml").read_text("utf-8"))


@pytest.mark.parametrize("row", SHIPPED["parameter"], ids=lambda row: row["name"])
def test_each_shipped_figure_can_be_written_and_read(row):
    cold = row["name"].endswith("_temperature_c")
    assert figures.read(figures.written(row["value"]), row["value"], below_zero=cold) == row["value"]


@pytest.mark.parametrize(
    ("text", "like"),
    [("0", 15), ("-1", 0), ("1.5", 1), ("true", 1), ("null", 1),
     ('"1"', 1), (str(limits.COUNT_MAX + 1), 1),
     ("[]", [1]), ("[1, 0]", [1]), ("[1, \"1\"]", [1]), ('"stop"', "warn"), ('"outer_pack"', "warn"),
     ('{"warmest": -18, "coldest": -30}', {"warmest": -18}), ("{}", {"warmest": -18}),
     ('[["outer_pack"], []]', [["surface"]]),
     ('[["personnel"]]', [["surface"]]), (str([1] * 201), [1]),
     ('{"zh": "查"}', {"zh": "看", "en": "look"}), ('{"zh": "查", "en": " "}', {"zh": "看", "en": "look"}),
     ('{"zh": "' + "查" * 501 + '", "en": "look"}', {"zh": "看", "en": "look"})],
)  # fmt: skip
def test_what_no_rule_could_use_is_refused(text, like):
    with pytest.raises(Invalid) as caught:
        figures.read(text, like)
    assert caught.value.errors[0].code == "wrong_shape"


@pytest.mark.parametrize(
    ("text", "like", "value"),
    [("1", 15, 1), ("0", 0, 0), (str(limits.COUNT_MAX), 1, limits.COUNT_MAX), ('"block"', "warn", "block"),
     (str([1] * 200), [1], [1] * 200), ('[["outer_pack", "surface"]]', [["inner_pack"]], [["outer_pack", "surface"]])],
)  # fmt: skip
def test_what_fits_is_taken(text, like, value):
    assert figures.read(text, like) == value


@pytest.mark.parametrize("text", ["", "[1", "15 min", "[" * 100_000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(Invalid) as caught:
        figures.read(text, 15)
    assert caught.value.errors[0].code == "not_json"


def test_below_zero_only_where_it_is_meant():
    assert figures.fits({"warmest": -20}, {"warmest": -18}, below_zero=True)
    assert not figures.fits({"warmest": -20}, {"warmest": -18})
