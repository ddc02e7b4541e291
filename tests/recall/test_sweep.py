"""A recall from draft to report through the API: what is locked, what is listed, and what was known when."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from coldchain.core import db
from coldchain.core.clock import now
from coldchain.journal import history
from tests.factories.world import World

AREA = {"region_code": "230203", "site_kinds": ["cold_store"]}


def draft(world: World, **fields: Any) -> dict[str, Any]:
    """Draft a recall of everything of one product's producer."""
    body = {
        "kind": "outbreak_sweep", "notice_no": "JH-2021-01", "issuer": "建华区市场监管局", "title": "示例鸡排查",
        "received_at": now().isoformat(), "reason": "示例原因", "criterion": {"series": "分割鸡"},
    } | fields  # fmt: skip
    made: dict[str, Any] = world.regulator.post("/recalls", body, 201)
    return made


def announced(world: World, **fields: Any) -> dict[str, Any]:
    """Draft and announce."""
    recall = draft(world, **fields)
    return recall | world.regulator.post(f"/recalls/{recall['recall_id']}/announce", {}, 200)


def report(world: World, recall: dict[str, Any], as_of: datetime | None = None) -> dict[str, Any]:
    """Return the report as of a time."""
    query = f"?as_of={quote(as_of.isoformat())}" if as_of else ""
    made: dict[str, Any] = world.regulator.get(f"/recalls/{recall['recall_id']}/report{query}")
    return made


def tasks(world: World, recall: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all tasks."""
    items: list[dict[str, Any]] = world.inspector.get(f"/recalls/{recall['recall_id']}/tasks?limit=200")["items"]
    return items


def test_announcing_locks_lists_and_says_what_is_unknown(world: World) -> None:
    """Books give one task a site, the area gives blanket tasks, and dispatch is refused from then on."""
    have = world.cleared(100, series="分割鸡")
    shop = world.shop()
    other = world.site(have["owner"], "shop")
    recall = announced(world, blanket={"region_code": "230203", "site_kinds": ["shop", "cold_store"]})
    assert (recall["batches"], recall["sites_from_books"], recall["tasks"]) == (1, 1, 1 + recall["sites_blanket"])
    assert recall["mass_total_g"] == 100 * 2000
    found = tasks(world, recall)
    assert len(found) == recall["tasks"]
    assert {t["site_id"] for t in found} >= {have["site"]["site_id"], shop["site"]["site_id"], other["site_id"]}
    books = next(t for t in found if t["origin"] == "from_books")
    assert books["expected"][0]["quantity_units"] == 100
    refused = world.merchant(have["owner"]).post(
        "/consignments",
        {
            "from_zone_id": have["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
            "handover": "await_confirmation",
            "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": 1}],
        },
        409,
    )  # fmt: skip
    assert refused["code"] == "locked"
    batch = world.regulator.get(f"/batches/{have['batch']['batch_id']}")
    assert batch["restriction"] == "locked"
    figures = report(world, recall)["figures"]
    assert figures["locked_mass_g"] == 200_000
    assert figures["sealed_mass_g"] == 0
    assert figures["sites_open"] == figures["sites_due"] == recall["tasks"]


def test_stock_registered_afterwards_is_pulled_in_and_reopens_the_task(world: World) -> None:
    """A batch that matches and is entered later is held at once and added to its site's task."""
    have = world.cleared(10, series="分割鸡")
    recall = announced(world)
    task = tasks(world, recall)[0]
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "none_found"}, 201)
    assert tasks(world, recall)[0]["state"] == "none_found"
    line = {"product_id": have["product"]["product_id"], "quantity_units": 7}
    late = world.arrival(have["owner"], have["site"], have["zone"], [line])
    again = tasks(world, recall)
    assert len(again) == 1
    assert again[0]["state"] == "open"
    assert [e["quantity_units"] for e in again[0]["expected"]] == [10, 7]
    batch = world.regulator.get(f"/batches/{late['batches'][0]['batch_id']}")
    assert batch["restriction"] == "locked"
    assert batch["stock"][0]["locked_units"] == 7


def test_a_finding_changes_the_report_and_the_past_stays(world: World) -> None:
    """Facts recorded after `as_of` are not in it; a later finding of the same task replaces the earlier one."""
    have = world.cleared(100, series="分割鸡")
    recall = announced(world)
    before = now()
    task = tasks(world, recall)[0]
    line = {
        "batch_id": have["batch"]["batch_id"], "examined_units": 80, "matched_units": 60, "mass_g": 160_000,
        "disposition": "sealed", "seal_no": "JH-1",
    }  # fmt: skip
    body = {
        "outcome": "found", "lines": [line], "samples": [{"place": "示例市场", "round": 1, "pieces": 8}],
        "people_controlled": 2, "disinfected": True,
    }  # fmt: skip
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", body, 201)
    middle = now()
    figures = report(world, recall)["figures"]
    assert (figures["sites_found"], figures["sites_weighed"], figures["people_controlled"]) == (1, 1, 2)
    assert (figures["examined_mass_g"], figures["sealed_mass_g"]) == (160_000, 120_000)
    assert figures["locked_mass_g"] == 40 * 2000
    assert figures["samples"] == [{"round": 1, "place": "示例市场", "pieces": 8, "state": "taken"}]
    assert world.regulator.get(f"/batches/{have['batch']['batch_id']}")["restriction"] == "sealed"
    more = body | {"lines": [line | {"examined_units": 100, "matched_units": 100, "mass_g": 200_000}]}
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", more | {"people_controlled": 5}, 201)
    assert report(world, recall)["figures"]["sealed_mass_g"] == 200_000
    assert report(world, recall)["figures"]["people_controlled"] == 5
    assert report(world, recall)["figures"]["samples_total"] == 8
    assert report(world, recall, middle)["figures"] == figures
    assert report(world, recall, before)["figures"]["sites_found"] == 0
    assert "示例鸡排查" in report(world, recall)["text_zh"]
    assert "not known" in report(world, recall)["text_en"]


def test_samples_move_and_never_multiply(world: World) -> None:
    """taken → sent → negative; more than there are is refused and nothing changes."""
    world.cleared(10, series="分割鸡")
    recall = announced(world)
    task = tasks(world, recall)[0]
    samples = [{"place": "示例市场", "round": 1, "pieces": 20}]
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "none_found", "samples": samples}, 201)
    address = f"/recalls/{recall['recall_id']}/sample-results"

    def move(pieces: int, state: str, expect: int = 201, **target: Any) -> Any:
        target = target or {"place": "示例市场"}
        body = {"round": 1, "pieces": pieces, "state": state, "occurred_at": now().isoformat()} | target
        return world.inspector.post(address, body, expect)

    move(15, "sent")
    move(12, "negative")
    refused = move(9, "negative", 422)
    assert refused["errors"][0]["code"] == "more_than_there_are"
    by_state = report(world, recall)["figures"]["samples_by_state"]
    assert by_state == {"taken": 5, "sent": 3, "negative": 12}
    move(1, "positive", task_ids=[task["task_id"]])
    assert report(world, recall)["figures"]["samples_by_state"] == {
        "taken": 5,
        "sent": 2,
        "negative": 12,
        "positive": 1,
    }
    move(1, "sent", 422, place="nowhere")
    move(1, "sent", 422, place="示例市场", task_ids=[task["task_id"]])


def test_a_site_found_on_foot(world: World) -> None:
    """Registered or not, it gets one task; a site that has one is answered with it."""
    have = world.cleared(10, series="分割鸡")
    shop = world.shop()
    recall = announced(world)
    address = f"/recalls/{recall['recall_id']}/tasks"
    made = world.inspector.post(address, {"site_id": shop["site"]["site_id"]}, 201)
    assert (made["origin"], made["site_id"]) == ("on_foot", shop["site"]["site_id"])
    assert world.inspector.post(address, {"site_id": shop["site"]["site_id"]}, 200)["task_id"] == made["task_id"]
    existing = world.inspector.post(address, {"site_id": have["site"]["site_id"]}, 200)
    assert existing["origin"] == "from_books"
    unlisted = world.inspector.post(address, {"name": "示例烤鸡架", "address": "示例路 9 号"}, 201)
    assert unlisted["site_id"] is None
    assert unlisted["place_name"] == "示例烤鸡架"
    world.inspector.post(address, {}, 422)
    line = {
        "unlisted": {"name": "分割鸡", "producer": "示例"}, "examined_units": 3, "matched_units": 3,
        "disposition": "taken_off",
    }  # fmt: skip
    finding = {"outcome": "found", "lines": [line]}
    world.inspector.post(f"/sweep-tasks/{unlisted['task_id']}/findings", finding, 201)
    figures = report(world, recall)["figures"]
    assert figures["sites_by_origin"] == {"from_books": 1, "blanket": 0, "on_foot": 2}
    assert (figures["sites_found"], figures["sites_weighed"]) == (1, 0)


def test_goods_on_the_road_are_locked_and_have_a_task(world: World) -> None:
    """Transit is located at the receiver; confirming is allowed and carries the lock along."""
    have = world.cleared(100, series="分割鸡")
    shop = world.shop()
    sent = world.merchant(have["owner"]).post(
        "/consignments",
        {
            "from_zone_id": have["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
            "handover": "await_confirmation",
            "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": 30}],
        },
        201,
    )  # fmt: skip
    recall = announced(world)
    assert recall["sites_from_books"] == 2
    assert recall["businesses"] == 2
    assert {t["site_id"] for t in tasks(world, recall)} == {have["site"]["site_id"], shop["site"]["site_id"]}
    world.merchant(shop["owner"]).post(
        f"/consignments/{sent['consignment_id']}/confirm",
        {
            "zone_id": shop["zone"]["zone_id"],
            "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": 30}],
        },
    )
    stock = world.regulator.get(f"/batches/{have['batch']['batch_id']}")["stock"]
    assert sum(row["quantity_units"] for row in stock) == 100
    assert all(row["locked_units"] == row["quantity_units"] for row in stock)
    assert report(world, recall)["figures"]["locked_mass_g"] == 200_000


def test_a_drill_locks_nothing(world: World) -> None:
    """A drill makes tasks and a report, and goods go on moving."""
    have = world.cleared(10, series="分割鸡")
    recall = announced(world, kind="drill")
    assert recall["sites_from_books"] == 1
    assert world.regulator.get(f"/batches/{have['batch']['batch_id']}")["restriction"] == "none"
    assert report(world, recall)["figures"]["locked_mass_g"] == 0
    line = {"batch_id": have["batch"]["batch_id"], "examined_units": 10, "matched_units": 10, "disposition": "sealed"}
    address = f"/sweep-tasks/{tasks(world, recall)[0]['task_id']}/findings"
    world.inspector.post(address, {"outcome": "found", "lines": [line]}, 201)
    batch = world.regulator.get(f"/batches/{have['batch']['batch_id']}")
    assert (batch["restriction"], batch["stock"][0]["locked_units"]) == ("none", 0)


def test_goods_sealed_again_are_the_same_goods(world: World) -> None:
    """A second visit that states the seals again holds no more than there are, one that finds more holds more."""
    have = world.cleared(100, series="分割鸡")
    recall = announced(world, criterion={"batch_nos": ["none of ours"]}, blanket=AREA)
    task = next(t for t in tasks(world, recall) if t["site_id"] == have["site"]["site_id"])
    line = {"batch_id": have["batch"]["batch_id"], "disposition": "sealed"}
    for units in (30, 30, 40, 20):
        seen = {"outcome": "found", "lines": [line | {"examined_units": 100, "matched_units": units}]}
        world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", seen, 201)
    batch = world.regulator.get(f"/batches/{have['batch']['batch_id']}")
    assert batch["stock"][0]["locked_units"] == 40
    assert [hold["quantity_units"] for hold in batch["holds"]] == [30, 10]


def test_officers_record_where_they_are(world: World) -> None:
    """The place of another district is no place of whoever runs the recall: officers of there see and record it."""
    have = world.cleared(10, series="分割鸡")
    elsewhere = world.people.inspector("230204")
    store = world.people.regulator("230204").post(
        "/sites",
        {
            "business": have["owner"]["business_id"], "name": "示例外区冷库", "kind": "cold_store",
            "region_code": "230204", "address": "示例路4号",
        },
        201,
    )  # fmt: skip
    zone = world.people.regulator("230204").post(
        f"/sites/{store['site_id']}/zones",
        {"code": "E1", "kind": "import_dedicated", "temperature_class": "frozen"},
        201,
    )
    line = {"product_id": have["product"]["product_id"], "quantity_units": 7}
    world.arrival(have["owner"], store, zone, [line])
    recall = announced(world)
    assert [t["site_id"] for t in tasks(world, recall)] == [have["site"]["site_id"]]
    task = elsewhere.get(f"/recalls/{recall['recall_id']}/tasks")["items"][0]
    assert task["site_id"] == store["site_id"]
    address = f"/sweep-tasks/{task['task_id']}"
    world.inspector.get(address, 404)
    world.inspector.post(f"{address}/findings", {"outcome": "none_found"}, 404)
    elsewhere.post(f"{address}/findings", {"outcome": "none_found"}, 201)
    on_foot = f"/recalls/{recall['recall_id']}/tasks"
    world.inspector.post(on_foot, {"name": "示例摊", "region_code": "230204"}, 404)
    world.inspector.post(on_foot, {"name": "示例摊", "region_code": "999999"}, 422)
    world.inspector.post(on_foot, {"site_id": store["site_id"]}, 404)


def test_a_part_of_the_region_sees_its_own_places(world: World) -> None:
    """In a city's sweep a district's officers see the tasks of their district."""
    world.cleared(10, series="分割鸡")
    city = world.people.regulator("230200")
    body = {
        "kind": "outbreak_sweep", "notice_no": "N", "issuer": "I", "title": "T", "received_at": now().isoformat(),
        "reason": "R", "criterion": {"series": "分割鸡"},
        "blanket": {"region_code": "230200", "site_kinds": ["cold_store"]},
    }  # fmt: skip
    recall = city.post("/recalls", body, 201)
    city.post(f"/recalls/{recall['recall_id']}/announce", {}, 200)
    address = f"/recalls/{recall['recall_id']}/tasks"
    assert [len(who.get(address)["items"]) for who in (city, world.inspector)] == [1, 1]
    assert world.people.inspector("230204").get(address)["items"] == []


def test_a_laboratory_learns_of_its_own_samples_only(world: World) -> None:
    have = world.cleared(10, series="分割鸡")
    recall = announced(world)
    task = tasks(world, recall)[0]
    samples = [{"place": place, "round": 1, "pieces": 5} for place in ("示例市场", "示例冷库")]
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "none_found", "samples": samples}, 201)
    moved = {"round": 1, "place": "示例市场", "pieces": 5, "state": "negative"}
    address = f"/recalls/{recall['recall_id']}/sample-results"
    assert {row["place"] for row in have["lab"][1].post(address, moved, 201)["samples"]} == {"示例市场"}
    moved = moved | {"place": "示例冷库"}
    assert len(world.inspector.post(address, moved, 201)["samples"]) == 2


def test_what_was_sampled_is_in_the_journal(world: World) -> None:
    """The count that a finding states is a fact that an authority relies on."""
    world.cleared(10, series="分割鸡")
    recall = announced(world)
    address = f"/sweep-tasks/{tasks(world, recall)[0]['task_id']}/findings"
    samples = [{"place": "示例市场", "round": 1, "pieces": 20}]
    made = world.inspector.post(address, {"outcome": "none_found", "samples": samples}, 201)
    with db.transaction() as session:
        told = history.of_subject(session, UUID(made["finding_id"]), ["samples.taken"])
    assert [fact.data["samples"] for fact in told] == [samples]


@pytest.mark.parametrize(
    ("criterion", "finds"),
    [
        ({"origin_countries": ["BRA"]}, True),
        ({"origin_countries": ["br", "CN"]}, True),
        ({"gtins": ["6 901234 567892"]}, True),
        ({"origin_countries": ["Brazil"]}, None),
        ({"gtins": ["6901234567890"]}, None),
        ({"production_date_from": "2021-01-02", "production_date_to": "2021-01-01"}, None),
    ],
)
def test_a_criterion_is_understood_or_refused(world: World, criterion: dict[str, Any], finds: bool | None) -> None:
    """However a number is written it means the same; one that can't be meant is refused, not matched to nothing."""
    world.cleared(10, gtin="6901234567892")
    if finds is None:
        body = {
            "kind": "drill", "notice_no": "N", "issuer": "I", "title": "T", "received_at": now().isoformat(),
            "reason": "R", "criterion": criterion,
        }  # fmt: skip
        refused = world.regulator.post("/recalls", body, 422)
        assert refused["errors"][0]["pointer"].startswith("/criterion/")
    else:
        made = draft(world, criterion=criterion)
        assert world.regulator.get(f"/recalls/{made['recall_id']}/matches")["batches"] == 1


def test_a_finding_that_names_nobody_known_says_which_field(world: World) -> None:
    """A stranger's id is a wrong field, not a task that isn't there."""
    have = world.cleared(10, series="分割鸡")
    recall = announced(world)
    address = f"/sweep-tasks/{tasks(world, recall)[0]['task_id']}/findings"
    line = {"batch_id": have["batch"]["batch_id"], "examined_units": 1, "matched_units": 1, "disposition": "left"}
    for name in ("owner", "zone_id"):
        refused = world.inspector.post(address, {"outcome": "found", "lines": [line | {name: str(uuid4())}]}, 422)
        assert refused["errors"][0]["pointer"] == f"/lines/0/{name}"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"criterion": {}}, "criterion_empty"),
        ({"criterion": {"batch_nos": []}}, "criterion_empty"),
        ({"criterion": {"colour": "red"}}, "unknown_field"),
        ({"received_at": "2999-01-01T00:00:00Z"}, "not_time"),
        ({"received_at": (now() + timedelta(days=1)).isoformat()}, "in_future"),
        ({"blanket": {"region_code": "999999", "site_kinds": ["shop"]}}, "unknown_region"),
        ({"blanket": {"region_code": "230203", "site_kinds": []}}, "wrong_count"),
        ({"kind": "party"}, "not_one_of"),
        ({"title": "a\u202eb"}, None),
    ],
)
def test_bad_drafts(world: World, change: dict[str, Any], code: str | None) -> None:
    """Each is refused with a stable code and nothing is written."""
    body = {
        "kind": "outbreak_sweep", "notice_no": "N", "issuer": "I", "title": "T", "received_at": now().isoformat(),
        "reason": "R", "criterion": {"series": "分割鸡"},
    } | change  # fmt: skip
    refused = world.regulator.post("/recalls", body, 422)
    assert code is None or refused["errors"][0]["code"] == code
    assert world.regulator.get("/recalls")["items"] == []


def test_who_may(world: World) -> None:
    """Merchants and labs see no recall; an officer elsewhere sees 404; announcing twice is refused."""
    have = world.cleared(10, series="分割鸡")
    recall = announced(world)
    address = f"/recalls/{recall['recall_id']}"
    world.merchant(have["owner"]).get(address, 403)
    have["lab"][1].get(f"{address}/report", 403)
    world.people.nobody().get(address, 401)
    world.people.regulator("110101").get(address, 404)
    world.inspector.post(f"{address}/announce", {}, 403)
    assert world.regulator.post(f"{address}/announce", {}, 409)["code"] == "wrong_state"
    world.people.inspector("110101").post(
        f"/sweep-tasks/{tasks(world, recall)[0]['task_id']}/findings", {"outcome": "closed"}, 404
    )


def test_as_of_before_and_after(world: World) -> None:
    """Before the recall was recorded there is nothing; the future is refused; the very moment is inclusive."""
    started = now() - timedelta(seconds=1)
    recall = announced(world)
    address = f"/recalls/{recall['recall_id']}/report?as_of="
    world.regulator.get(address + quote(started.isoformat()), 404)
    world.regulator.get(address + quote((now() + timedelta(hours=1)).isoformat()), 422)
    recorded = world.regulator.get(f"/recalls/{recall['recall_id']}")["recorded_at"]
    world.regulator.get(address + quote(recorded), 200)


def send(world: World, have: dict[str, Any], shop: dict[str, Any], units: int) -> dict[str, Any]:
    """Send some of the cleared batch to a shop."""
    sent: dict[str, Any] = world.merchant(have["owner"]).post(
        "/consignments",
        {
            "from_zone_id": have["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
            "handover": "await_confirmation",
            "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": units}],
        },
        201,
    )  # fmt: skip
    return sent


def confirm(
    world: World, sent: dict[str, Any], shop: dict[str, Any], zone: dict[str, Any], batch_id: str, n: int
) -> None:
    """Confirm a consignment into a zone of the shop's."""
    world.merchant(shop["owner"]).post(
        f"/consignments/{sent['consignment_id']}/confirm",
        {"zone_id": zone["zone_id"], "lines": [{"batch_id": batch_id, "quantity_units": n}]},
    )


def test_locked_goods_that_come_off_the_road_are_looked_for_where_they_are(world: World) -> None:
    """Confirmed at another site: a task there. At the expected one, looked at before the lorry came: open again."""
    have = world.cleared(100, series="分割鸡")
    shop, second = world.shop(), world.shop()
    other = world.site(shop["owner"], "shop")
    other_zone = world.zone(other, "sale_counter")
    batch_id = have["batch"]["batch_id"]
    first, expected = send(world, have, shop, 30), send(world, have, second, 20)
    recall = announced(world)
    there = {t["site_id"]: t for t in tasks(world, recall)}
    assert other["site_id"] not in there
    at_second = there[second["site"]["site_id"]]
    world.inspector.post(f"/sweep-tasks/{at_second['task_id']}/findings", {"outcome": "none_found"}, 201)
    confirm(world, first, shop, other_zone, batch_id, 30)
    confirm(world, expected, second, second["zone"], batch_id, 20)
    there = {t["site_id"]: t for t in tasks(world, recall)}
    assert sum(e["quantity_units"] for e in there[other["site_id"]]["expected"]) == 30
    again = there[second["site"]["site_id"]]
    assert (again["state"], sum(e["quantity_units"] for e in again["expected"])) == ("open", 20)


def test_locked_goods_sent_back_are_looked_for_where_they_came_from(world: World) -> None:
    """A store that had sent everything has no task; the rejected goods make one."""
    have = world.cleared(10, series="分割鸡")
    shop = world.shop()
    sent = send(world, have, shop, 10)
    recall = announced(world)
    assert have["site"]["site_id"] not in {t["site_id"] for t in tasks(world, recall)}
    world.merchant(shop["owner"]).post(f"/consignments/{sent['consignment_id']}/reject", {"reason": "示例"})
    back = {t["site_id"]: t for t in tasks(world, recall)}[have["site"]["site_id"]]
    assert [e["quantity_units"] for e in back["expected"]] == [10]


def test_officers_of_a_place_elsewhere_read_the_sweep(world: World) -> None:
    """A sweep with a place in another district is listed and read there; a district without one sees nothing."""
    have = world.cleared(10, series="分割鸡")
    far = World(world.people, "230202")
    shop = far.shop()
    send(world, have, shop, 10)
    recall = announced(world)
    neighbour = world.people.inspector("230202")
    assert [r["recall_id"] for r in neighbour.get("/recalls")["items"]] == [recall["recall_id"]]
    neighbour.get(f"/recalls/{recall['recall_id']}")
    stranger = world.people.inspector("230204")
    assert stranger.get("/recalls")["items"] == []
    stranger.get(f"/recalls/{recall['recall_id']}", 404)


def test_lists_of_a_recall_are_paged_and_filtered(world: World) -> None:
    """Matches, tasks and findings come in pages; tasks by state, site and business."""
    have = world.cleared(10, series="分割鸡")
    line = {"product_id": have["product"]["product_id"], "quantity_units": 1}
    world.arrival(have["owner"], have["site"], have["zone"], [line, line | {"production_date": "2020-10-01"}])
    shop = world.shop()
    recall = announced(world, blanket={"region_code": "230203", "site_kinds": ["shop", "cold_store"]})
    address = f"/recalls/{recall['recall_id']}"
    first = world.inspector.get(f"{address}/matches?limit=2")
    rest = world.inspector.get(f"{address}/matches?limit=2&cursor={first['next']}")
    assert len({row["batch_id"] for row in first["items"] + rest["items"]}) == first["batches"] == rest["batches"] == 3
    assert rest["next"] is None
    task = world.inspector.get(f"{address}/tasks?site_id={shop['site']['site_id']}")["items"][0]
    assert world.inspector.get(f"{address}/tasks?business={shop['owner']['uscc']}")["items"] == [task]
    for outcome in ("closed", "none_found"):
        world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": outcome}, 201)
    done = world.inspector.get(f"{address}/tasks?state=none_found&limit=1")
    assert ([row["task_id"] for row in done["items"]], done["next"]) == ([task["task_id"]], None)
    undone = world.inspector.get(f"{address}/tasks?state=open&limit=1")
    assert task["task_id"] not in {row["task_id"] for row in undone["items"]}
    newest = world.inspector.get(f"/sweep-tasks/{task['task_id']}/findings?limit=1")
    older = world.inspector.get(f"/sweep-tasks/{task['task_id']}/findings?limit=1&cursor={newest['next']}")
    assert [page["items"][0]["outcome"] for page in (newest, older)] == ["none_found", "closed"]
    world.inspector.get(f"{address}/tasks?state=lost", 422)
    world.inspector.get(f"{address}/matches?limit=0", 422)


def test_batches_by_number_and_stock_by_zone(world: World) -> None:
    """A batch is found by what is printed on packs and labels, stock by its zone."""
    have = world.cleared(10)
    line = {"product_id": have["product"]["product_id"], "quantity_units": 1, "batch_no": "B 1588"}
    made = world.arrival(have["owner"], have["site"], have["zone"], [line])["batches"][0]
    for query in ("batch_no=B%201588", f"batch_code={made['batch_code'].lower()}"):
        found = world.regulator.get(f"/batches?{query}")["items"]
        assert [row["batch_id"] for row in found] == [made["batch_id"]]
    assert len(world.regulator.get(f"/stock?zone_id={have['zone']['zone_id']}")["items"]) == 2
    assert world.regulator.get(f"/stock?zone_id={world.zone(have['site'])['zone_id']}")["items"] == []
