"""Producers and products that were entered twice: merged by officers, and recalls keep matching."""

import pytest

from coldchain.core import db
from coldchain.ledger import check
from tests.registry.test_provisional import recall

PRODUCT = {
    "name": "冻鸡翅", "category": "poultry", "origin_country": "BR", "ledger_unit": "unit", "units_per_piece": 6,
    "unit_mass_g": 2000, "imported": True,
}  # fmt: skip


def producer(world, name, **fields):
    return world.regulator.post("/producers", {"name": name, "country": "BR"} | fields, 201)["producer_id"]


def stocked(world, place, producer_id, **fields):
    """Register a product and an arrival of it; return ids of product and batch."""
    product = world.regulator.post("/products", PRODUCT | {"producer_id": producer_id} | fields)["product_id"]
    line = {"product_id": product, "quantity_units": 60}
    arrival = world.arrival(place["owner"], place["site"], place["zone"], [line])
    return product, arrival["batches"][0]["batch_id"]


def held(world, batch_id):
    return {hold["cause"]["id"] for hold in world.regulator.get(f"/batches/{batch_id}")["holds"]}


@pytest.fixture
def place(world):
    owner = world.business()
    site = world.site(owner)
    return {"owner": owner, "site": site, "zone": world.zone(site)}


def announced(world, criterion):
    made = world.regulator.post(
        "/recalls",
        {
            "kind": "food_recall", "notice_no": "示例通知 2 号", "issuer": "示例专班", "title": "示例召回",
            "received_at": "2021-01-19T12:00:00+08:00", "reason": "示例", "criterion": criterion,
        },
        201,
    )  # fmt: skip
    world.regulator.post(f"/recalls/{made['recall_id']}/announce", None, 200)
    return made["recall_id"]


def matched(world, criterion):
    made = world.regulator.post(
        "/recalls",
        {
            "kind": "drill", "notice_no": "示例演练", "issuer": "示例专班", "title": "示例演练",
            "received_at": "2021-01-19T12:00:00+08:00", "reason": "示例", "criterion": criterion,
        },
        201,
    )  # fmt: skip
    return {row["batch_id"] for row in world.regulator.get(f"/recalls/{made['recall_id']}/matches")["items"]}


class TestProducers:
    def test_notices_on_either_describe_the_goods_of_both(self, world, place):
        one, two = (
            producer(world, "示例大桥道", plant_no="SIF901"),
            producer(world, "示例大橋道食品", plant_no="SIF902"),
        )
        _, of_one = stocked(world, place, one)
        other_product, of_two = stocked(world, place, two, name="冻鸡爪")
        running = announced(world, {"producer_ids": [one]})
        assert (held(world, of_one), held(world, of_two)) == ({running}, set())

        merged = world.regulator.post(f"/producers/{two}/merge", {"into": one, "reason": "同一厂"}, 200)

        assert (merged["producer_id"], merged["aliases"]) == (one, ["示例大橋道食品"])
        assert held(world, of_two) == {running}, "the running notice holds them in the same request"
        (task,) = world.regulator.get(f"/recalls/{running}/tasks")["items"]
        assert {row["batch_id"] for row in task["expected"]} == {of_one, of_two}
        line = {"product_id": other_product, "quantity_units": 12}
        later = world.arrival(place["owner"], place["site"], place["zone"], [line])["batches"][0]["batch_id"]
        assert held(world, later) == {running}, "and what is registered later"
        everything = {of_one, of_two, later}
        assert matched(world, {"producer_ids": [two]}) == everything
        assert matched(world, {"plant_nos": ["sif-902"]}) == everything
        assert matched(world, {"plant_nos": ["SIF901"], "product_name_contains": "鸡爪"}) == {of_two, later}
        with db.transaction() as session:
            assert check.stock_from_movements(session) is None

    def test_it_is_found_by_every_name_and_number_and_stays_visible(self, world):
        one, two = producer(world, "示例大桥道", plant_no="SIF901"), producer(world, "示例老名字", plant_no="SIF902")
        world.regulator.post(f"/producers/{two}/merge", {"into": one}, 200)
        assert [p["producer_id"] for p in world.regulator.get("/producers?q=老名字")["items"]] == [one]
        again = world.regulator.post("/producers", {"name": "示例老名字", "country": "BR", "plant_no": "SIF902"}, 200)
        assert again["producer_id"] == one
        assert world.regulator.get(f"/producers/{two}")["merged_into"] == one
        assert world.regulator.post(f"/producers/{two}/merge", {"into": one}, 409)["code"] == "merged_already"
        three = producer(world, "示例三厂", plant_no="SIF903")
        world.regulator.post(f"/producers/{three}/merge", {"into": two}, 200)  # leads on to the one that stands
        assert world.regulator.get(f"/producers/{three}")["merged_into"] == one
        four = producer(world, "示例四厂", plant_no="SIF904")
        world.regulator.post(f"/producers/{one}/merge", {"into": four}, 200)
        assert world.regulator.get(f"/producers/{two}")["merged_into"] == four

    def test_by_officers_only(self, world, place):
        one, two = producer(world, "示例一厂", plant_no="SIF901"), producer(world, "示例二厂", plant_no="SIF902")
        world.merchant(place["owner"]).post(f"/producers/{two}/merge", {"into": one}, 403)
        world.inspector.post(f"/producers/{two}/merge", {"into": one}, 403)
        world.regulator.post(f"/producers/{two}/merge", {"into": two}, 422)
        world.regulator.post(f"/producers/{two}/merge", {"into": place["owner"]["business_id"]}, 422)
        world.regulator.post(f"/producers/{place['owner']['business_id']}/merge", {"into": one}, 404)


class TestProducts:
    def test_the_same_but_for_writing(self, world, place):
        maker = producer(world, "示例一厂", plant_no="SIF901")
        one, of_one = stocked(world, place, maker, name="冻鸡全翅")
        two, of_two = stocked(world, place, maker, name="冷冻鸡全翅", series="分割鸡")
        (pair,) = world.regulator.get("/catalogue/duplicates")["products"]
        assert {pair["one"]["product_id"], pair["other"]["product_id"]} == {one, two}
        world.regulator.post(f"/products/{two}/merge", {"into": one}, 200)
        assert matched(world, {"product_ids": [one]}) == {of_one, of_two}
        assert matched(world, {"product_name_contains": "冷冻鸡"}) == {of_one, of_two}
        assert matched(world, {"series": "分割鸡"}) == {of_one, of_two}
        running = recall(world, two)
        assert (held(world, of_one), held(world, of_two)) == ({running}, {running})
        assert world.regulator.get("/catalogue/duplicates")["products"] == []
        again = world.regulator.post(
            "/products", PRODUCT | {"producer_id": maker, "name": "冷冻鸡全翅", "series": "分割鸡"}, 200
        )
        assert again["product_id"] == one

    @pytest.mark.parametrize("other", [{"unit_mass_g": 2500}, {"units_per_piece": 12}, {"origin_country": "AR"}])
    def test_numbers_never_differ_harmlessly(self, world, place, other):
        maker = producer(world, "示例一厂", plant_no="SIF901")
        one, _ = stocked(world, place, maker)
        two, _ = stocked(world, place, maker, **other)
        refused = world.regulator.post(f"/products/{two}/merge", {"into": one}, 409)
        assert (refused["code"], refused["differs"]) == ("not_the_same", list(other))
        assert world.regulator.get("/catalogue/duplicates")["products"] == []


def test_producers_that_look_alike(world):
    one, two = producer(world, "天津大桥道食品有限公司"), producer(world, "天津市大桥道食品")
    producer(world, "黑龙江正大实业")
    (pair,) = world.regulator.get("/catalogue/duplicates")["producers"]
    assert {pair["one"]["producer_id"], pair["other"]["producer_id"]} == {one, two}
