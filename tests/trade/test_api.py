"""Consignments and stock over HTTP: the shapes of the contract, its codes, and words in the reader's language."""

from __future__ import annotations

from typing import Any

import pytest

from coldchain.core import limits
from tests.factories.scenes import Scenes
from tests.factories.world import World


@pytest.fixture
def goods(scenes: Scenes) -> dict[str, Any]:
    """An importer with 100 units of a cleared batch."""
    return scenes.of(World.cleared, 100)


def body(goods: dict[str, Any], to: dict[str, Any], units: Any = 30, **more: Any) -> dict[str, Any]:
    """Return a dispatch of some units."""
    return {
        "from_zone_id": goods["zone"]["zone_id"], "to": to, "handover": "await_confirmation",
        "lines": [{"batch_id": goods["batch"]["batch_id"], "quantity_units": units}],
    } | more  # fmt: skip


def test_from_dispatch_to_receipt(world: World, goods: dict[str, Any]) -> None:
    seller, shop = world.merchant(goods["owner"]), world.shop()
    buyer = world.merchant(shop["owner"])
    driver = {"name": "陈示例", "phone": "13900000000"}
    sent = seller.post(
        "/consignments",
        body(goods, {"business": shop["owner"]["uscc"]}, vehicle_plate="黑B示001", driver=driver),
        201,
    )
    assert (sent["state"], sent["to_site_id"]) == ("in_transit", shop["site"]["site_id"])
    assert [warning["code"] for warning in sent["warnings"]] == ["expired"]
    assert "已过保质期的批次：1 个" in sent["warnings"][0]["message"]
    assert sent["to"]["business"] == {name: shop["owner"][name] for name in ("business_id", "uscc", "name")}
    assert sent["driver"] == driver
    assert sent["lines"][0]["verdict"]["clear"] is True
    stock = buyer.get("/stock")["items"]
    assert [(i["zone_id"], i["consignment_id"], i["quantity_units"]) for i in stock] == [
        (None, sent["consignment_id"], 30)
    ]
    lines = [{"batch_id": goods["batch"]["batch_id"], "quantity_units": 30}]
    done = buyer.post(
        f"/consignments/{sent['consignment_id']}/confirm", {"zone_id": shop["zone"]["zone_id"], "lines": lines}
    )
    assert (done["state"], done["lines"][0]["confirmed_units"]) == ("confirmed", 30)
    stock = buyer.get(f"/stock?batch_id={goods['batch']['batch_id']}")["items"]
    assert [(i["zone_id"], i["owner"]["uscc"], i["quantity_units"], i["mass_g"]) for i in stock] == [
        (shop["zone"]["zone_id"], shop["owner"]["uscc"], 30, 60_000)
    ]
    (listed,) = buyer.get("/consignments?direction=in&state=confirmed")["items"]
    assert listed["consignment_no"] == sent["consignment_no"]
    assert seller.get("/consignments?direction=in") == {"items": [], "next": None}
    again = buyer.post(
        f"/consignments/{sent['consignment_id']}/confirm",
        {"zone_id": shop["zone"]["zone_id"], "lines": lines}, 409,
    )  # fmt: skip
    assert again["code"] == "wrong_state"


def test_a_stranger_finds_nothing(world: World, goods: dict[str, Any]) -> None:
    shop, stranger = world.shop(), world.merchant(world.business())
    sent = world.merchant(goods["owner"]).post("/consignments", body(goods, {"business": shop["owner"]["uscc"]}), 201)
    path = f"/consignments/{sent['consignment_id']}"
    stranger.get(path, 404)
    stranger.post(f"{path}/reject", {"reason": "不收"}, 404)
    stranger.post("/consignments", body(goods, {"business": shop["owner"]["uscc"]}), 404)
    assert stranger.get("/stock")["items"] == []
    assert stranger.get("/consignments")["items"] == []
    world.people.nobody().get(path, 401)
    world.people.nobody().post("/consignments", {}, 401)


def test_the_gate_refuses_in_both_languages(world: World) -> None:
    owner = world.business()
    site = world.site(owner)
    zone = world.zone(site)
    arrival = world.arrival(owner, site, zone, [{"product_id": world.product()["product_id"], "quantity_units": 10}])
    goods = {"zone": zone, "batch": arrival["batches"][0]}
    refused = world.merchant(owner).post(
        "/consignments", body(goods, {"business": world.shop()["owner"]["uscc"]}, 1), 409
    )
    assert refused["code"] == "gate_refused"
    (line,) = refused["missing"]
    assert (line["line"], line["batch_id"]) == (0, goods["batch"]["batch_id"])
    assert len(line["missing"]) > 1
    assert all(item[name] for item in line["missing"] for name in ("message_zh", "message_en", "next_zh", "next_en"))


def test_refusals_speak_the_readers_language(world: World, goods: dict[str, Any]) -> None:
    seller, to = world.merchant(goods["owner"]), {"business": world.shop()["owner"]["uscc"]}
    chinese = seller.post("/consignments", body(goods, to, 101), 409)
    assert (chinese["code"], chinese["available"]) == (
        "insufficient_stock", {goods["batch"]["batch_id"]: 100},
    )  # fmt: skip
    assert chinese["detail"] == "库存不足：账上只有 100 个最小单位。"
    english = seller.post("/consignments", body(goods, to, 101), 409, headers={"Accept-Language": "en"})
    assert english["detail"] == "There is not enough in stock: 100 units are there."
    warned = seller.post("/consignments", body(goods, {"name": "王示例", "phone": "13700000000"}, 1), 201)
    assert [w["code"] for w in warned["warnings"]] == ["receiver_not_active", "expired"]
    assert "收货方" in warned["warnings"][0]["message"]


BAD_SHAPES: list[tuple[dict[str, Any], str]] = [
    ({"lines": []}, "/lines"),
    ({"lines": None}, "/lines"),
    ({"lines": [{"batch_id": "x", "quantity_units": 1}]}, "/lines/0/batch_id"),
    ({"handover": "thrown_over_the_wall"}, "/handover"),
    ({"from_zone_id": None}, "/from_zone_id"),
    ({"to": "somebody"}, "/to"),
    ({"to": {}}, "/to"),
    ({"to": {"name": "王\u202e示例", "phone": "1"}}, "/to/name"),
    ({"to": {"business": "91230203NOBODY0000"}}, "/to/business"),
    ({"occurred_at": "yesterday"}, "/occurred_at"),
    ({"occurred_at": "2999-01-01T00:00:00+08:00"}, "/occurred_at"),
    ({"surprise": 1}, "/surprise"),
]
BAD_QUANTITIES = [0, -1, 1.5, "30", True, None, limits.QUANTITY_UNITS_MAX + 1]


def test_bad_shapes(world: World, goods: dict[str, Any]) -> None:
    to = {"business": world.shop()["owner"]["uscc"]}
    seller = world.merchant(goods["owner"])
    for change, pointer in BAD_SHAPES:
        problem = seller.post("/consignments", body(goods, to) | change, 422)
        assert pointer in {error["pointer"] for error in problem["errors"]}, change
    for units in BAD_QUANTITIES:
        problem = seller.post("/consignments", body(goods, to, units), 422)
        assert {error["pointer"] for error in problem["errors"]} == {"/lines/0/quantity_units"}, units
    for bad in ("?limit=0", "?limit=201", "?colour=red", "?cursor=!"):
        seller.get(f"/consignments{bad}", 422)
        seller.get(f"/stock{bad}", 422)
    for bad in ("?state=lost", "?direction=up"):
        seller.get(f"/consignments{bad}", 422)
    assert seller.get("/consignments")["items"] == []


def test_the_same_key_sends_once(world: World, goods: dict[str, Any]) -> None:
    seller, to = world.merchant(goods["owner"]), {"business": world.shop()["owner"]["uscc"]}
    key = {"Idempotency-Key": "send-1"}
    first = seller.post("/consignments", body(goods, to), 201, headers=key)
    assert seller.post("/consignments", body(goods, to), 201, headers=key) == first
    assert len(seller.get("/consignments?direction=out")["items"]) == 1
    seller.post("/consignments", body(goods, to, 31), 422, headers=key)


def test_an_officer_enters_for_the_owner_and_for_the_receiver(world: World, goods: dict[str, Any]) -> None:
    shop = world.shop()
    sent = world.regulator.post(
        "/consignments", body(goods, {"business": shop["owner"]["uscc"]}, owner=goods["owner"]["uscc"]), 201
    )
    assert sent["on_behalf_of"] == goods["owner"]["business_id"]
    path = f"/consignments/{sent['consignment_id']}"
    world.inspector.get(path, 200)
    world.inspector.post(f"{path}/reject", {"reason": "不收"}, 403)
    assert world.regulator.post(f"{path}/reject", {"reason": "不收"}, 200)["state"] == "rejected"
    assert {i["quantity_units"] for i in world.inspector.get("/stock")["items"]} == {100}
