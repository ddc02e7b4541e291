"""Claimed times at the edge of the future."""

from datetime import UTC, date, datetime, timedelta

import pytest

from coldchain.core import clock, limits
from coldchain.core.claims import claimed, claimed_day
from coldchain.core.errors import Invalid

NOW = datetime(2021, 1, 19, 15, 58, tzinfo=UTC)  # 23:58 in Beijing
SKEW = timedelta(seconds=limits.CLOCK_SKEW_S)


@pytest.fixture(autouse=True)
def _now():
    with clock.simulated(NOW):
        yield


def test_default_is_now():
    assert claimed(None) == NOW


def test_up_to_the_skew():
    assert claimed(NOW + SKEW) == NOW + SKEW
    with pytest.raises(Invalid) as caught:
        claimed(NOW + SKEW + timedelta(microseconds=1), "/arrived_at")
    assert [(e.pointer, e.code) for e in caught.value.errors] == [("/arrived_at", "in_future")]


def test_any_past():
    assert claimed(datetime(1990, 1, 1, tzinfo=UTC)).year == 1990


def test_days_are_beijing_s():
    assert claimed_day(date(2021, 1, 19), "/signed_on") == date(2021, 1, 19)
    assert claimed_day(date(2021, 1, 20), "/signed_on") == date(2021, 1, 20), "two minutes to midnight, five of skew"
    with pytest.raises(Invalid):
        claimed_day(date(2021, 1, 21), "/signed_on")
    with clock.simulated(NOW - timedelta(minutes=10)), pytest.raises(Invalid):
        claimed_day(date(2021, 1, 20), "/signed_on")
