"""Who holds what fits a description, before a notice: owners, places, quantities, and what the books don't know."""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import event

from coldchain.accounts.service import actors
from coldchain.core import db
from coldchain.recall import holders
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.recall.test_reach import officer_of

FAR = "230202"
DAY = {"production_date": "2020-11-06", "expiry_date": "2030-11-05"}


@dataclass
class Held:
    """A producer under two entries that were merged; goods of both at home, of one abroad; an older lot, another's."""

    home: World
    maker: dict[str, Any]
    alias: dict[str, Any]
    owner: dict[str, Any]
    keeper: dict[str, Any]
    site: dict[str, Any]
    batches: dict[str, dict[str, Any]]
    far_site: dict[str, Any]
    far_owner: dict[str, Any]
    far: World


def _held(world: World) -> Held:
    far = World(world.people, FAR)
    maker = world.regulator.post("/producers", {"name": "示例正禽业", "country": "BR", "plant_no": "SIF77"})
    alias = world.regulator.post("/producers", {"name": "示例正禽 S.A.", "country": "BR"})
    other = world.product()
    goods = {
        "new": world.product(producer=maker), "alias": world.product(producer=alias),
        "old": world.product(producer=maker), "other": other,
    }  # fmt: skip
    owner, keeper = world.business("示例货主"), world.business("示例冷库公司", kinds=["cold_store"])
    site = world.site(keeper)
    zone = world.zone(site)
    made = {
        name: world.arrival(
            owner, site, zone,
            [{"product_id": product["product_id"], "quantity_units": 61}
             | (DAY | {"production_date": "2020-01-01"} if name == "old" else DAY)],
        )["batches"][0]
        for name, product in goods.items()
    }  # fmt: skip
    far_owner = far.business("外区货主")
    far_site = far.site(far_owner, name="外区冷库")
    line = {"product_id": goods["new"]["product_id"], "quantity_units": 6} | DAY
    far.arrival(far_owner, far_site, far.zone(far_site), [line])
    world.site(keeper, "shop")  # of which the books say nothing
    path = f"/producers/{alias['producer_id']}/merge"
    world.regulator.post(path, {"into": maker["producer_id"], "reason": "同一家"}, 200)
    return Held(world, maker, alias, owner, keeper, site, made, far_site, far_owner, far)


@pytest.fixture
def held(scenes: Scenes) -> Held:
    """Goods of a merged producer in two regions."""
    return scenes.of(_held)


def asked(producer: dict[str, Any], **more: str) -> str:
    """Return the address of the list."""
    given = {"criterion-producer_ids": producer["producer_id"], "criterion-production_date_from": "2020-11-01"}
    return f"/holders?{urlencode(given | more)}"


def test_it_says_what_the_books_say_and_what_they_do_not(app: Flask, held: Held) -> None:
    """Both merged entries lead to the same goods; other regions are sums; the sites without any are counted."""
    reader = Reader.of(app, held.home.regulator)
    for producer in (held.maker, held.alias):
        text = reader.open(asked(producer))
        for name, shown in (("new", True), ("alias", True), ("old", False), ("other", False)):
            assert (f"/batches/{held.batches[name]['batch_id']}" in text) is shown, name
        assert held.owner["name"] in text
        assert f"/sites/{held.site['site_id']}" in text
        assert text.count("10 pieces") == 2
        assert "1 holder" in text
        assert "244 kg" in text  # 2 × 61 units of 2 kg
        assert "In other regions: 12 kg at 1 place" in text
        assert held.far_site["name"] not in text
        assert held.far_owner["name"] not in text
    unseen = reader.text.partition('id="unseen"')[2]
    assert "Shop" in unseen
    alike = reader.open(f"/holders?{urlencode({'_producer': '正禽'})}")
    assert held.maker["producer_id"] in alike, "a typed name finds the producer to be ticked"
    assert 'id="holders"' not in alike, "and selects nothing"
    reader.open("/holders?_producer=%00&criterion-series=%00", 422)
    empty = reader.open(asked(held.maker, **{"criterion-production_date_from": "2024-01-01"}))
    assert "The books know of no holder" in empty
    wrong = reader.open(asked(held.maker, **{"criterion-production_date_to": "2019-01-01"}), 422)
    assert "The last day comes before the first." in wrong


def test_the_draft_asks_for_the_same(app: Flask, held: Held) -> None:
    """The form is filled with what was asked, and what it keeps selects what was listed, by the same totals."""
    reader = Reader.of(app, held.home.regulator)
    text = reader.open(asked(held.maker))
    href = unescape(text.partition('href="/recalls/new?')[2].partition('"')[0])
    reader.open(f"/recalls/new?{href}")
    assert "示例正禽业 produced from 2020-11-01 on" in reader.text
    reader.send("/recalls/new", 200, _step="keep", kind="outbreak_sweep", notice_no="N 1", issuer="示例", reason="示例")
    (recall,) = held.home.regulator.get("/recalls")["items"]
    assert recall["state"] == "draft"
    assert recall["criterion"] == {
        "producer_ids": [held.maker["producer_id"]], "production_date_from": "2020-11-01"
    }  # fmt: skip
    found = held.home.regulator.get(f"/recalls/{recall['recall_id']}/matches")
    assert {each["batch_id"] for each in found["items"]} == {held.batches[n]["batch_id"] for n in ("new", "alias")}
    assert (found["batches"], found["mass_total_g"]) == (3, 256_000)


def test_it_is_for_who_may_draft(app: Flask, people: People, held: Held) -> None:
    """Inspectors and merchants have no such list; another region's officer sees its own by name; an office no sums."""
    for speaker in (held.home.inspector, held.home.merchant(held.owner)):
        assert Reader.of(app, speaker).client.get(asked(held.maker)).status_code == 403
    there = Reader.of(app, held.far.regulator).open(asked(held.maker))
    assert held.far_site["name"] in there
    assert held.site["name"] not in there
    assert "In other regions: 244 kg at 1 place" in there
    office = held.home.regulator.post("/offices", {"region_code": "230203", "name": "示例空所"}, 201)
    clerk = officer_of(people, "230203", office["office_id"], "empty-office", "regulator")
    seen = Reader.of(app, clerk).open(asked(held.maker))
    assert "The books know of no holder" in seen
    assert "In other regions" not in seen
    assert "/recalls/new?" not in seen


def _sweep(world: World, kind: str, criterion: dict[str, Any]) -> str:
    body = {
        "kind": kind, "notice_no": f"N {kind}", "issuer": "示例", "title": f"示例 {kind}", "reason": "示例",
        "received_at": "2021-01-19T12:00:00+08:00", "criterion": criterion,
    }  # fmt: skip
    recall: str = world.regulator.post("/recalls", body, 201)["recall_id"]
    world.regulator.post(f"/recalls/{recall}/announce", {}, 200)
    return recall


def test_it_says_what_sweeps_have_found_there(app: Flask, held: Held) -> None:
    """Each batch reads what was done with it at its place, and leads to the task; other regions' tasks stay theirs."""
    home, reader = held.home, Reader.of(app, held.home.regulator)
    assert "/sweep-tasks/" not in reader.open(asked(held.maker))
    recall = _sweep(home, "outbreak_sweep", {"producer_ids": [held.maker["producer_id"]]})
    drill = _sweep(home, "drill", {"producer_ids": [held.maker["producer_id"]]})
    there = {r: home.inspector.get(f"/recalls/{r}/tasks")["items"] for r in (recall, drill)}
    (task,), (practice,) = there[recall], there[drill]

    def rows() -> list[str]:
        page = reader.open(asked(held.maker))
        return page.partition('id="holders"')[2].partition("cc-total")[0].split("<tr>")[2:]

    def record(task: dict[str, Any], name: str, disposition: str) -> None:
        line = {
            "batch_id": held.batches[name]["batch_id"], "examined_units": 61, "matched_units": 61,
            "disposition": disposition,
        }  # fmt: skip
        home.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "found", "lines": [line]}, 201)

    for row in rows():
        assert row.count("Not checked") == 2, "of the sweep and of the drill"
        assert f"/sweep-tasks/{task['task_id']}" in row
    far = Reader.of(app, held.far.regulator).open(asked(held.maker))
    assert f"/sweep-tasks/{task['task_id']}" not in far
    assert "Not checked" in far, "its own place's task"
    record(task, "new", "taken_off")
    record(practice, "new", "sealed")
    by_batch = {n: row for row in rows() for n, made in held.batches.items() if made["batch_id"] in row}
    assert "Taken off sale" in by_batch["new"]
    assert "Sealing practised" in by_batch["new"]
    assert by_batch["alias"].count("Found") == 2, "other goods were found there; of these nothing was recorded"
    home.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "none_found"}, 201)
    assert all("None found" in row for row in rows())


def test_what_sweeps_found_costs_the_same_however_many_sites(app: Flask, held: Held) -> None:
    """Counted where the list is made, before and after more places with tasks."""
    home = held.home
    criterion = {"producer_ids": [held.maker["producer_id"]]}

    def statements() -> int:
        seen: list[str] = []
        note = lambda *args: seen.append(args[2])  # noqa: E731
        with db.transaction() as session:
            actor = actors.actor_by_token(session, str(home.regulator.token))
            event.listen(db.engine(), "before_cursor_execute", note)
            try:
                found = holders.holders(session, actor, criterion)
            finally:
                event.remove(db.engine(), "before_cursor_execute", note)
            assert all(row.seen for row in found.rows)
        return len(seen)

    _sweep(home, "outbreak_sweep", criterion)
    few = statements()
    for number in range(4):
        site = home.site(held.keeper, name=f"示例库 {number}")
        line = {"product_id": held.batches["new"]["product"]["product_id"], "quantity_units": 6} | DAY
        home.arrival(held.owner, site, home.zone(site), [line])
    assert statements() == few
