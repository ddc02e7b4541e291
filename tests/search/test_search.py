"""Searching: all terms must match, by own numbers and by names, and nobody finds what is another's."""

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tests.factories.people import People, Speaker
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World


@pytest.fixture
def goods(scenes: Scenes) -> dict[str, Any]:
    """An importer with one cleared batch."""
    return scenes.of(World.cleared)


def _found(speaker: Speaker, q: str, **filters: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={quote(value)}" for name, value in {"q": q, **filters}.items())
    items: list[dict[str, Any]] = speaker.get(f"/search?{query}", 200)["items"]
    return items


def _kinds(items: list[dict[str, Any]]) -> set[str]:
    return {item["kind"] for item in items}


def test_a_batch_is_found_by_every_number_and_name_of_its_own(world: World, goods: dict[str, Any]) -> None:
    batch = world.regulator.get(f"/batches/{goods['batch']['batch_id']}")
    ways = [
        batch["batch_code"], batch["batch_code"].lower(), "CSQU3054383", "csqu3054", "190120211000042871",
        goods["product"]["name"], goods["owner"]["name"], goods["owner"]["uscc"],
        world.regulator.get(f"/producers/{goods['product']['producer_id']}")["name"],
    ]  # fmt: skip
    for way in ways:
        found = [item for item in _found(world.regulator, way) if item["kind"] == "batch"]
        assert [item["batch_id"] for item in found] == [batch["batch_id"]], way
        assert found[0]["href"] == f"/batches/{batch['batch_id']}"


def test_all_terms_must_match(world: World, goods: dict[str, Any]) -> None:
    name = goods["product"]["name"]
    both = _found(world.regulator, f"{name} {goods['owner']['name']}")
    assert "batch" in _kinds(both)
    assert _found(world.regulator, f"{name} 没有这样的词") == []
    assert _found(world.regulator, "%") == []


def test_a_buyer_finds_what_it_owns_by_its_own_name(world: World, goods: dict[str, Any]) -> None:
    shop = world.shop()
    sent = world.merchant(goods["owner"]).post(
        "/consignments",
        {
            "from_zone_id": goods["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
            "handover": "await_confirmation",
            "lines": [{"batch_id": goods["batch"]["batch_id"], "quantity_units": 5}],
        },
    )  # fmt: skip
    world.merchant(shop["owner"]).post(
        f"/consignments/{sent['consignment_id']}/confirm",
        {
            "zone_id": shop["zone"]["zone_id"],
            "lines": [{"batch_id": goods["batch"]["batch_id"], "quantity_units": 5}],
        },
    )
    for speaker in (world.regulator, world.merchant(shop["owner"])):
        found = _found(speaker, shop["owner"]["name"], kind="batch")
        assert [item["batch_id"] for item in found] == [goods["batch"]["batch_id"]]


def test_a_stranger_finds_no_goods_and_no_papers(world: World, goods: dict[str, Any], people: People) -> None:
    other = world.merchant(world.business("别的食品"))
    elsewhere = people.regulator("511011")
    for q in (goods["product"]["name"], "190120211000042871", "CIQ-1", "NAT-1", goods["batch"]["batch_code"]):
        for speaker in (other, elsewhere):
            assert _kinds(_found(speaker, q)) <= {"code", "product", "producer", "business"}, q
        assert not {"batch", "document"} & _kinds(_found(goods["lab"][1], q))


def test_papers_are_found_by_their_numbers(world: World, goods: dict[str, Any]) -> None:
    for q, kind in (("CIQ-1", "inspection_quarantine"), ("ciq1", "inspection_quarantine"), ("HL20771", "seal")):
        found = [item for item in _found(world.regulator, q) if item["kind"] == "document"]
        assert kind in {item["document_kind"] for item in found}, q
        assert all(item["href"].startswith(("/arrivals/", "/batches/")) for item in found)
    assert "document" in _kinds(_found(world.merchant(goods["owner"]), "CIQ-1"))


def test_recalls_are_found_by_those_who_may_read_them(world: World, goods: dict[str, Any], people: People) -> None:
    world.regulator.post(
        "/recalls",
        {
            "kind": "drill", "notice_no": "演练〔2021〕7 号", "issuer": "示例指挥部", "title": "冻库演练",
            "received_at": "2021-01-19T12:00:00+08:00", "reason": "练习", "criterion": {"series": "分割鸡"},
        },
        201,
    )  # fmt: skip
    for q in ("冻库演练", "冷库", "演练 7", "示例指挥部"):
        assert "recall" in _kinds(_found(world.regulator, q)), q
    assert "recall" not in _kinds(_found(world.merchant(goods["owner"]), "演练"))
    assert "recall" not in _kinds(_found(people.regulator("511011"), "演练"))


def test_filters_narrow_batches(world: World, goods: dict[str, Any]) -> None:
    name = goods["product"]["name"]
    yes = {
        "region_code": "230200", "status": "cleared", "restriction": "none", "production_date_from": "2020-11-06",
        "production_date_to": "2020-11-06", "arrived_from": "2021-01-18", "arrived_to": "2021-01-18",
    }  # fmt: skip
    no = {
        "region_code": "511011", "status": "held", "restriction": "locked", "production_date_from": "2020-11-07",
        "production_date_to": "2020-11-05", "arrived_from": "2021-01-19", "arrived_to": "2021-01-17",
    }  # fmt: skip
    for filter_name, value in yes.items():
        assert "batch" in _kinds(_found(world.regulator, name, **{filter_name: value})), filter_name
        assert "batch" not in _kinds(_found(world.regulator, name, **{filter_name: no[filter_name]})), filter_name
    assert _kinds(_found(world.regulator, "示例", status="active")) == {"business"}


def test_pages_of_results_meet_without_gap_or_overlap(world: World) -> None:
    names = [world.business("分页食品", active=False)["name"] for _ in range(7)]
    found: list[str] = []
    cursor = ""
    for _ in range(9):
        page = world.regulator.get(f"/search?q={quote('分页')}&limit=2{cursor}")
        found += [item["title"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(found) == sorted(names)


def test_bad_queries_are_refused(world: World) -> None:
    for query in ("", "q=", "q=a&limit=201", "q=a&cursor=xyz", "q=a&kind=person", "q=a&word=b", "q=%E2%80%AE"):
        problem = world.regulator.get(f"/search?{query}", 422)
        assert problem["errors"], query
    world.people.nobody().get("/search?q=a", 401)


def test_the_page_shows_kinds_and_goes_straight_to_a_label(app: Flask, world: World, goods: dict[str, Any]) -> None:
    reader = Reader.of(app, world.regulator)
    page = reader.open(f"/search?q={quote(goods['product']['name'])}")
    assert f"/batches/{goods['batch']['batch_id']}" in page
    code = goods["batch"]["batch_code"]
    response = reader.client.get(f"/search?q={code[:4]}%20{code[4:].lower()}")
    assert response.status_code == 303
    assert response.headers["Location"].startswith(f"/C/{code}")
    merchant = Reader.of(app, world.merchant(goods["owner"]))
    response = merchant.client.get(f"/search?q={code}")
    assert response.headers["Location"] == f"/batches/{goods['batch']['batch_id']}"
    wrong = reader.open("/search?q=a&production_date_from=2021-13-45", 422)
    assert 'value="2021-13-45"' in wrong
    assert reader.open("/search?status=held")
    assert "Nothing was found" in reader.open("/search?q=zzzzzzz")


def test_a_sign_is_found_by_its_code_and_leads_to_what_it_shows(world: World, people: People) -> None:
    site = world.site(world.business())
    zone = world.zone(site)
    typed = f"{site['sign_code'][:4]} {site['sign_code'][4:8]} {site['sign_code'][8:]}".lower()
    for speaker in (world.regulator, world.merchant(world.business()), people.regulator("511011")):
        (found,) = _found(speaker, typed)
        assert (found["kind"], found["href"], found["subtitle"]) == ("code", f"/C/{site['sign_code']}", site["name"])
    (found,) = _found(world.regulator, zone["sign_code"])
    assert found["subtitle"] == f"{site['name']} {zone['code']}"
    assert _found(world.regulator, "S00000000000") == []


def test_a_whole_number_leads_straight_to_what_bears_it(app: Flask, world: World, goods: dict[str, Any]) -> None:
    """Seal, arrival, paper, notice, batch number, card, code: one thing's number opens it; several are listed."""
    world.regulator.post(
        "/recalls",
        {
            "kind": "drill", "notice_no": "演练〔2021〕7 号", "issuer": "示例指挥部", "title": "冻库演练",
            "received_at": "2021-01-19T12:00:00+08:00", "reason": "练习", "criterion": {"series": "分割鸡"},
        },
        201,
    )  # fmt: skip
    owner, arrival = goods["owner"], f"/arrivals/{goods['arrival']['arrival_id']}"
    reader = Reader.of(app, world.regulator)

    def way(typed: str) -> str:
        answer = reader.client.get(f"/search?q={quote(typed)}")
        return str(answer.headers.get("Location", answer.status_code))

    (notice,) = world.regulator.get("/recalls")["items"]
    assert way("HL20771") == way("csqu 3054383") == way("CIQ-1") == way("190120211000042871") == arrival
    assert way("演练[2021]7号") == way("演练〔2021〕7 号") == f"/recalls/{notice['recall_id']}"
    assert way(owner["uscc"].lower()) == f"/businesses/{owner['business_id']}"
    assert way(owner["card_no"]) == way(owner["card_no"].replace("-", " ").lower())
    assert way(owner["card_no"]) == f"/businesses/{owner['business_id']}/card"
    assert way("HL2077") == "200", "a part of a number leads nowhere by itself"
    assert way("2021") == "200"
    assert way("CIQ-1\x00") == "422"
    line = {"product_id": goods["product"]["product_id"], "quantity_units": 6, "batch_no": "LOT 77"}
    second = world.arrival(owner, goods["site"], goods["zone"], [line])
    assert way("lot-77") == f"/batches/{second['batches'][0]['batch_id']}"
    assert way("HL20771") == "200", "two deliveries have this seal: both are listed"
    far = Reader.of(app, world.people.regulator("511011"))
    for typed in ("HL20771", "LOT 77", "演练〔2021〕7 号", "CIQ-1"):
        assert far.client.get(f"/search?q={quote(typed)}").status_code == 200, typed
    assert far.client.get(f"/search?q={owner['card_no']}").headers["Location"] == f"/K/{owner['card_no']}"


def test_a_temporary_number_leads_to_who_stands_now(app: Flask, world: World) -> None:
    """Also after the merger: the number is still on papers that were given out."""
    found = world.inspector.post("/businesses/provisional", {"name": "示例摊", "region_code": "230203"}, 201)
    owner = world.business()
    reader = Reader.of(app, world.regulator)
    at = f"/search?q={found['temporary_no'].lower()}"
    assert reader.client.get(at).headers["Location"] == f"/businesses/{found['business_id']}"
    world.regulator.post(f"/businesses/{found['business_id']}/merge", {"into": owner["uscc"]}, 200)
    assert reader.client.get(at).headers["Location"] == f"/businesses/{owner['business_id']}"
