"""What a desk, the stock and a batch's page say of goods that are locked or sealed: of one's own goods only."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from coldchain.core import clock, pages
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.home.test_stopped import main
from tests.recall.test_sweep import announced, tasks


def sent(world: World, goods: dict[str, Any], shop: dict[str, Any], units: int) -> None:
    """Send units of a batch to a shop, which confirms them."""
    lines = [{"batch_id": goods["batch"]["batch_id"], "quantity_units": units}]
    body = {
        "from_zone_id": goods["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
        "handover": "await_confirmation", "lines": lines,
    }  # fmt: skip
    made = world.merchant(goods["owner"]).post("/consignments", body, 201)
    answer = {"zone_id": shop["zone"]["zone_id"], "lines": lines}
    world.merchant(shop["owner"]).post(f"/consignments/{made['consignment_id']}/confirm", answer)


def seal(world: World, recall: dict[str, Any], site: dict[str, Any], batch_id: str, units: int) -> None:
    """Seal units at a site."""
    task = next(each for each in tasks(world, recall) if each["site_id"] == site["site_id"])
    line = {
        "batch_id": batch_id, "examined_units": units, "matched_units": units, "disposition": "sealed",
        "seal_no": "JH-1",
    }  # fmt: skip
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "found", "lines": [line]}, 201)


def job_of(page: str) -> str:
    """Return the words of the first job of a desk."""
    found = re.search(r'<ul class="cc-jobs">.*?<li>(.*?)</li>', page, re.S)
    assert found
    return html.unescape(re.sub(r"<[^>]+>", " ", found[1]))


def test_sealed_goods_read_as_sealed_and_anothers_seal_changes_nothing_of_ones_own(app: Flask, world: World) -> None:
    start = clock.now()
    with clock.simulated(start):
        have, shop = world.cleared(100, series="分割鸡"), world.shop()
        sent(world, have, shop, 30)
        recall = announced(world)
    batch_id = have["batch"]["batch_id"]
    later = start + timedelta(days=2)
    with clock.simulated(later):
        seal(world, recall, shop["site"], batch_id, 30)
        theirs = Reader.of(app, world.merchant(shop["owner"]))
        job = job_of(theirs.open("/"))
        assert "is sealed: 5 pieces" in job
        assert f"Sealed on site since {pages.moment(later)}" in job
        assert f"Locked since {pages.moment(start)}" in job
        for path in ("/stock", f"/batches/{batch_id}"):
            words = main(theirs.open(path))
            assert "Sealed" in words, path
        assert "Locked" not in main(theirs.open("/stock"))
        mine = Reader.of(app, world.merchant(have["owner"]))
        job = job_of(mine.open("/"))
        assert "is locked: 11 pieces + 4 units" in job
        assert f"Locked since {pages.moment(start)}" in job
        assert pages.moment(later) not in job, "that was in another shop"
        assert "Sealed" not in main(mine.open("/stock"))


@pytest.mark.parametrize(("units", "said"), [(29, "Sealed of it: 4 pieces + 5 units"), (30, "is sealed: 5 pieces")])
def test_partly_sealed_is_not_sealed(app: Flask, world: World, units: int, said: str) -> None:
    have, shop = world.cleared(30, series="分割鸡"), world.shop()
    sent(world, have, shop, 30)
    recall = announced(world)
    seal(world, recall, shop["site"], have["batch"]["batch_id"], units)
    reader = Reader.of(app, world.merchant(shop["owner"]))
    assert said in job_of(reader.open("/"))
    for path in ("/stock", f"/batches/{have['batch']['batch_id']}"):
        assert ("Partly sealed" in main(reader.open(path))) is (units == 29), path
