"""Venues, sites and zones at the API."""

from uuid import uuid4

import pytest

from coldchain.core import db, limits
from coldchain.regions import service as regions


@pytest.fixture
def offices(people):
    """Two offices, one of another district."""
    with db.transaction() as session:
        here = regions.ensure_office(session, "230203", "示例光明所")
        there = regions.ensure_office(session, "230202", "示例龙沙所")
    return here, there


@pytest.fixture
def business(world):
    return world.business()


def pointers(problem):
    return {(error["pointer"], error["code"]) for error in problem["errors"]}


def site_body(business, **fields):
    return {
        "business": business["uscc"], "name": "示例冷库", "kind": "cold_store", "region_code": "230203",
        "address": "示例路 2 号",
    } | fields  # fmt: skip


VENUE = {"name": "示例福鼎市场", "kind": "market", "region_code": "230203", "address": "示例路"}


def test_venue_site_zone(world, business, offices):
    regulator = world.regulator
    venue = regulator.post("/venues", VENUE | {"office": "示例光明所"}, 201)
    assert venue["office"]["office_id"] == str(offices[0].office_id)
    site = regulator.post("/sites", site_body(business, venue_id=venue["venue_id"], kind="stall"), 201)
    assert site["venue"] == {"venue_id": venue["venue_id"], "name": VENUE["name"]}
    assert site["office"] == venue["office"], "a site without an office of its own is under its venue's"
    assert site["business"] == {name: business[name] for name in ("business_id", "uscc", "name")}
    body = {"code": "A-1", "kind": "import_dedicated", "temperature_class": "frozen"}
    zone = world.merchant(business).post(f"/sites/{site['site_id']}/zones", body, 201)
    assert {name: zone[name] for name in body} == body
    again = regulator.post(f"/sites/{site['site_id']}/zones", body | {"kind": "general"}, 409)
    assert again["code"] == "zone_exists"
    read = regulator.get(f"/sites/{site['site_id']}")
    assert read == site | {"zones": [zone]}
    assert regulator.get(f"/sites?business={business['business_id']}")["items"] == [read]
    elsewhere = regulator.post("/sites", site_body(business), 201)
    regulator.post(f"/sites/{elsewhere['site_id']}/zones", body, 201)


def test_an_office_given_wins(world, business, offices):
    venue = world.regulator.post("/venues", VENUE, 201)
    fields = {"venue_id": venue["venue_id"], "office": str(offices[0].office_id)}
    assert world.regulator.post("/sites", site_body(business, **fields), 201)["office"]["name"] == "示例光明所"
    assert world.regulator.post("/sites", site_body(business), 201)["office"] is None


def test_filters(world, business, offices):
    regulator = world.regulator
    other = world.business()
    market = regulator.post("/venues", VENUE, 201)
    park = regulator.post("/venues", VENUE | {"name": "示例园区 50%", "kind": "park"}, 201)
    one = regulator.post("/sites", site_body(business, venue_id=market["venue_id"]), 201)["site_id"]
    two = regulator.post("/sites", site_body(other, kind="shop", name="示例超市"), 201)["site_id"]

    def sites(query, who=regulator):
        return [site["site_id"] for site in who.get(f"/sites?{query}")["items"]]

    assert sites("") == [two, one]
    assert sites(f"business={other['uscc']}") == [two]
    assert sites("kind=cold_store") == [one]
    assert sites(f"venue_id={market['venue_id']}") == [one]
    assert sites("region_code=230200") == [two, one]
    assert sites("region_code=230202") == []
    assert sites("q=超市") == [two]
    assert sites("", world.merchant(business)) == [one]
    assert sites(f"business={other['uscc']}", world.merchant(business)) == []
    assert [v["venue_id"] for v in regulator.get("/venues?kind=park")["items"]] == [park["venue_id"]]
    assert [v["venue_id"] for v in regulator.get("/venues?q=50%25")["items"]] == [park["venue_id"]]
    assert regulator.get("/venues?region_code=511011")["items"] == []
    assert [o["name"] for o in regulator.get("/offices?region_code=230200")["items"]] == ["示例龙沙所", "示例光明所"]
    assert [o["name"] for o in regulator.get("/offices?q=光明")["items"]] == ["示例光明所"]
    regulator.get("/sites?colour=red", 422)


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"kind": "market"}, "/kind", "not_one_of"),
        ({"name": "（）"}, "/name", "invalid"),
        ({"region_code": "999999"}, "/region_code", "unknown_region"),
        ({"office": "没有这个所"}, "/office", "unknown_office"),
        ({"office": "示例龙沙所"}, "/office", "unknown_office"),
        ({"venue_id": str(uuid4())}, "/venue_id", "unknown_venue"),
        ({"venue_id": "x"}, "/venue_id", "not_id"),
        ({"address": "长" * (limits.ADDRESS_CHARS + 1)}, "/address", "too_long"),
        ({"stock": 1}, "/stock", "unknown_field"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "/occurred_at", "in_future"),
    ],
)
def test_bad_sites(world, business, offices, fields, pointer, code):
    assert pointers(world.regulator.post("/sites", site_body(business, **fields), 422)) == {(pointer, code)}


def test_a_venue_of_another_district(world, business, people):
    venue = people.regulator("230202").post("/venues", VENUE | {"region_code": "230202"}, 201)
    problem = world.regulator.post("/sites", site_body(business, venue_id=venue["venue_id"]), 422)
    assert pointers(problem) == {("/venue_id", "venue_elsewhere")}
    wide = people.regulator("230200").post("/venues", VENUE | {"region_code": "230200"}, 201)
    world.regulator.post("/sites", site_body(business, venue_id=wide["venue_id"]), 201)


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"kind": "cold"}, "/kind", "not_one_of"),
        ({"temperature_class": -18}, "/temperature_class", "not_one_of"),
        ({"code": ""}, "/code", "required"),
        ({"code": "甲" * 41}, "/code", "too_long"),
    ],
)
def test_bad_zones(world, business, fields, pointer, code):
    site = world.site(business)
    body = {"code": "A", "kind": "general", "temperature_class": "chilled"} | fields
    assert pointers(world.regulator.post(f"/sites/{site['site_id']}/zones", body, 422)) == {(pointer, code)}


def test_no_such_site(world):
    world.regulator.get(f"/sites/{uuid4()}", 404)
    world.regulator.get("/sites/x", 404)
    zone = {"code": "A", "kind": "general", "temperature_class": "chilled"}
    world.regulator.post(f"/sites/{uuid4()}/zones", zone, 404)
    world.regulator.post("/sites", site_body({"uscc": str(uuid4())}), 404)
