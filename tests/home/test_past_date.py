"""Goods past their date say so beside whatever the gate says: its last day is a good day, by Beijing's calendar."""

import re
from datetime import UTC, date, datetime

from flask import Flask
from flask.testing import FlaskClient

from coldchain.core import clock
from coldchain.core.pages import is_past
from coldchain.labels.code import LabelCode
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World

LAST_DAY = datetime(2022, 11, 5, 15, 59, tzinfo=UTC)  # a minute before midnight in Beijing
AFTER = datetime(2022, 11, 5, 16, 0, tzinfo=UTC)
MARK = "已过保质期 2022-11-05"


def shown(page: str) -> str:
    """Return the words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_last_day_is_a_good_day() -> None:
    for moment, past in ((LAST_DAY, False), (AFTER, True)):
        with clock.simulated(moment):
            assert is_past(date(2022, 11, 5)) is past
            assert is_past(None) is False


def test_every_page_of_the_goods_says_it(app: Flask, world: World, people: People, client: FlaskClient) -> None:
    """Clear to circulate stays what the gate says; the mark stands beside it, for the public too."""
    made = world.cleared()
    code = LabelCode(made["batch"]["batch_code"], "batch", 0).text
    merchant = Reader.of(app, people.merchant(made["owner"]["business_id"]), lang="zh_CN")
    officer = Reader.of(app, world.regulator, lang="zh_CN")
    batch = f"/batches/{made['batch']['batch_id']}"
    pages = [*(merchant.open(path) for path in ("/batches", "/stock")), officer.open(f"/C/{code}")]
    for page in pages:
        assert "可流通" in shown(page)
        assert MARK in shown(page)
    assert "已过保质期（2022-11-05）：不得销售、使用。" in shown(merchant.open(batch))
    client.set_cookie("lang", "zh_CN")
    for moment, past in ((LAST_DAY, False), (AFTER, True)):
        with clock.simulated(moment):
            public = client.get(f"/C/{code}")
            assert (MARK in shown(public.get_data(as_text=True))) is past
            assert client.get(f"/C/{code}", headers={"Accept": "application/json"}).get_json()["badge"] == "green"
