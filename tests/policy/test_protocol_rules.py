"""When a disinfection meets a protocol, border by border, with rows made here (R7)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from coldchain.policy.protocols import Protocol, Treatment, judge_treatment, meets, valid_at

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
