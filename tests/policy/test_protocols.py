"""Disinfection records against the shipped protocols (R7), at each border."""

from datetime import date
from decimal import Decimal

import pytest

from coldchain.policy import service
from coldchain.policy.protocols import Treatment, judge_treatment


@pytest.fixture(scope="module")
def protocols(shared_database):
    from sqlmodel import Session

    with Session(shared_database) as session:
        return service.protocols(session, "230203", date(2021, 1, 20))


@pytest.mark.parametrize(
    ("agent", "mg", "minutes", "ambient", "volume", "state"),
    [
        ("chlorine", 500, 30, "0", None, "met"),
        ("chlorine", 499, 30, "0", None, "not_met"),
        ("chlorine", 500, 29, "4", None, "not_met"),
        ("chlorine", 1000, 1, "4", None, "met"),
        ("chlorine", 5000, 60, "-0.01", None, "not_met"),
        ("chlorine", 3000, 10, "-18", 250, "not_met"),
        ("chlorine_dioxide", 200, 0, "0", None, "met"),
        ("chlorine_cacl2_ethanol", 3000, 10, "-18", None, "met"),
        ("chlorine_cacl2_ethanol", 3000, 10, "-18", 250, "met"),
        ("chlorine_cacl2_ethanol", 3000, 10, "-18", 200, "met"),
        ("chlorine_cacl2_ethanol", 3000, 10, "-18", 199, "not_met"),
        ("chlorine_cacl2_ethanol", 2999, 10, "-18", 250, "not_met"),
        ("chlorine_cacl2_ethanol", 3000, 9, "-18", 250, "not_met"),
        ("chlorine_cacl2_ethanol", 3000, 10, "-25", 250, "met"),
        ("chlorine_cacl2_ethanol", 3000, 10, "-25.01", 250, "not_met"),
        ("chlorine_cacl2_ethanol", 3000, 10, "0", 250, "not_met"),
        ("chlorine_cacl2", 5000, 10, "-40", None, "met"),
        ("chlorine_cacl2", 5000, 10, "-25", None, "not_met"),
        ("peracetic_acid", 1, 0, "-18", None, "no_protocol"),
    ],
)
def test_records(protocols, agent, mg, minutes, ambient, volume, state):
    found, protocol = judge_treatment(protocols, Treatment(agent, mg, minutes, Decimal(ambient), volume))
    assert found == state
    assert (protocol is not None) is (state == "met")


def test_loading_twice_adds_nothing(session):
    assert service.load(session) == 0


def test_parameters(session):
    assert service.parameter(session, "late_after_min", date(2021, 1, 1)) == 15
    with pytest.raises(LookupError):
        service.parameter(session, "late_after_min", date(2019, 12, 31))
    with pytest.raises(LookupError):
        service.parameter(session, "no_such_figure", date(2021, 1, 1))
