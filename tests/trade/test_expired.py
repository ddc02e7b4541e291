"""Goods past their date that were sold or used: the books say so all the same, with a warning that counts them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlmodel import Session

from coldchain.core import clock
from coldchain.trade.service import entries
from tests.factories.world import World
from tests.ledger.books import SINCE_2023, batch, party, product
from tests.trade.entries import line
from tests.trade.parties import merchant
from tests.trade.test_backcheck import dated
from tests.trade.test_entry_pages import SALES, Counter


@pytest.fixture
def today() -> Iterator[date]:
    """Hold the clock, so that no midnight falls between a date and what is judged by it."""
    with clock.simulated(clock.now()):
        yield clock.now().astimezone(clock.BEIJING).date()


def warnings(made: dict[str, Any]) -> list[tuple[str, dict[str, int]]]:
    """Return an entry's warnings of dates."""
    return [(each["code"], each["params"]) for each in made["warnings"] if each["code"] == "expired"]


@pytest.mark.parametrize("use_case", [entries.sell, entries.use])
def test_batches_past_their_date_are_counted(session: Session, today: date, use_case: Any) -> None:
    owner = party(session)
    of = product(session)
    yesterday = today - timedelta(days=1)
    past, also_past, last_day = (dated(session, owner, of, 100, day) for day in (yesterday, yesterday, today))
    undated = batch(session, owner, of, 100)
    lines = [line(each, 5) for each in (past, also_past, last_day, undated)]
    made = use_case(session, merchant(owner), zone_id=owner.zone_id, lines=lines)
    assert warnings(made) == [("expired", {"count": 2})]
    made = use_case(session, merchant(owner), zone_id=owner.zone_id, lines=lines[2:])
    assert warnings(made) == []


def test_the_day_is_the_day_it_happened_in_beijing(session: Session, today: date) -> None:
    owner = party(session)
    day = today - timedelta(days=3)
    with clock.simulated(SINCE_2023):
        goods = dated(session, owner, product(session), 100, day)
    last_minute = datetime(day.year, day.month, day.day, 23, 59, tzinfo=clock.BEIJING)
    for when, found in ((last_minute, 0), (last_minute + timedelta(minutes=2), 1)):
        made = entries.sell(session, merchant(owner), zone_id=owner.zone_id, lines=[line(goods, 1)], occurred_at=when)
        assert len(warnings(made)) == found


def test_both_doors_say_it_and_the_page_before_it_counts(app: Flask, world: World) -> None:
    shop = Counter(world)  # all of it is past its date since 2022
    body = {"zone_id": shop.counter["zone_id"], "lines": [{"batch_id": shop.chicken, "quantity_units": 1}]}
    (warning,) = shop.api.post("/uses", body, 201)["warnings"]
    assert warning["code"] == "expired"
    assert "已过保质期的批次：1 个" in warning["message"]
    shop.reader.open(shop.address(SALES))
    page = shop.reader.send(SALES, 200, _step="check", **shop.typed())
    assert "Nothing is entered yet." in page
    assert "expiry date when they left: 1." in page
    shop.reader.send(SALES, 200, _step="send")
    assert shop.there(shop.chicken) == 40 - 1 - 13
