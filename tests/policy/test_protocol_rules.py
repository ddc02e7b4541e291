"""When a disinfection meets a protocol, border by border, with rows made here (R7)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from coldchain.policy.protocols import Protocol, Treatment, in_force, judge_treatment, meets, valid_at

FROZEN = Protocol(
    None, "frozen", 1, "chlorine", Decimal(-25), Decimal(0), 3000, 10, 200, 300, None, "冷冻", "frozen", "test",
)  # fmt: skip
OPEN = replace(FROZEN, code="open", ambient_from_c=None, ambient_to_c=None, volume_from_ml_per_m2=None)
DONE = Treatment("chlorine", 3000, 10, Decimal(-18), 200)


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, True),
        ({"agent": "soap"}, False),
        ({"concentration_mg_per_l": 2999}, False),
        ({"concentration_mg_per_l": 9000}, True),
        ({"contact_min": 9}, False),
        ({"contact_min": 99}, True),
        ({"ambient_temperature_c": Decimal(-25)}, True),
        ({"ambient_temperature_c": Decimal("-25.01")}, False),
        ({"ambient_temperature_c": Decimal("-0.01")}, True),
        ({"ambient_temperature_c": Decimal(0)}, False),
        ({"volume_ml_per_m2": 199}, False),
        ({"volume_ml_per_m2": 9000}, True),
        ({"volume_ml_per_m2": None}, True),
    ],
)
def test_a_treatment_is_at_least_what_the_protocol_asks(changes: dict, met: bool) -> None:  # type: ignore[type-arg]
    treatment = replace(DONE, **changes)
    assert meets(FROZEN, treatment) is met
    state, protocol = judge_treatment([FROZEN], treatment)
    assert (state, protocol) == {
        True: ("met", FROZEN), False: ("no_protocol" if treatment.agent == "soap" else "not_met", None),
    }[met]  # fmt: skip


def test_an_open_end_has_no_border() -> None:
    for degrees in (-90, 0, 90):
        assert valid_at(OPEN, Decimal(degrees))
        assert meets(OPEN, replace(DONE, ambient_temperature_c=Decimal(degrees), volume_ml_per_m2=1))
    assert not valid_at(replace(OPEN, ambient_from_c=Decimal(1)), Decimal(0))
    assert valid_at(replace(OPEN, ambient_from_c=Decimal(1)), Decimal(1))
    assert not valid_at(replace(OPEN, ambient_to_c=Decimal(1)), Decimal(1))


def test_the_first_row_that_is_met_is_named() -> None:
    strong = replace(FROZEN, code="strong", concentration_min_mg_per_l=5000)
    other = replace(FROZEN, code="other", agent="peracetic_acid")
    assert judge_treatment([other, strong, FROZEN, OPEN], DONE) == ("met", FROZEN)
    assert judge_treatment([other, strong], DONE) == ("not_met", None)
    assert judge_treatment([other], DONE) == ("no_protocol", None)
    assert judge_treatment([], DONE) == ("no_protocol", None)


HERE = ("230203", "230200", "230000", "000000")
DAY = date(2021, 1, 20)


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [
        (None, None, True), (DAY, DAY, True), (date(2021, 1, 21), None, False), (None, date(2021, 1, 19), False),
        (date(2021, 1, 19), date(2021, 1, 21), True),
    ],
)  # fmt: skip
def test_a_row_holds_on_its_days_first_and_last_included(starts: date | None, ends: date | None, holds: bool) -> None:
    assert bool(in_force([replace(FROZEN, valid_from=starts, valid_to=ends)], regions=HERE, on=DAY)) is holds


def test_of_a_code_the_newest_version_that_had_begun_counts() -> None:
    stricter = replace(FROZEN, version=2, contact_min=30, valid_from=DAY)
    for on, state in ((date(2021, 1, 19), "met"), (DAY, "not_met")):
        assert judge_treatment(in_force([stricter, FROZEN], regions=HERE, on=on), DONE)[0] == state
    ended = replace(FROZEN, version=2, valid_to=date(2021, 1, 19))
    assert in_force([FROZEN, ended], regions=HERE, on=DAY) == [], "its end was a correction of the first"


def test_the_nearest_region_with_a_row_for_that_temperature_decides() -> None:
    nation, other = FROZEN, replace(FROZEN, code="other", region_code="310000", contact_min=1)
    city = replace(FROZEN, code="city", region_code="230200", contact_min=30)
    warm = replace(FROZEN, code="warm", region_code="230203", ambient_from_c=Decimal(0), ambient_to_c=None)
    rows = in_force([nation, other, city, warm], regions=HERE, on=DAY)
    assert rows == [warm, city, nation]
    assert judge_treatment(rows, DONE) == ("not_met", None)
    assert judge_treatment(rows, replace(DONE, contact_min=30)) == ("met", city)
    assert judge_treatment(rows, replace(DONE, ambient_temperature_c=Decimal(4))) == ("met", warm)
    assert in_force([other], regions=HERE, on=DAY) == []
