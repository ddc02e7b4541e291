"""A recall that reaches into another region: locked everywhere, seen by name at home only, handed to its officers."""

import json
from dataclasses import dataclass
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import SYSTEM
from coldchain.core import db
from coldchain.journal import history
from coldchain.recall import assistance
from coldchain.recall.models import Recall
from coldchain.regions import service as regions
from tests.factories.people import People, Speaker
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.recall.test_late import signed
from tests.recall.test_sweep import announced, confirm, send

FAR = "230202"


@dataclass
class Two:
    """Two regions with goods of one recall: at home a store, abroad a shop of each of two offices."""

    home: World
    far: World
    have: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]
    office_1: UUID
    office_2: UUID
    of_office_1: Speaker
    recall: dict[str, Any]
    requests: dict[str, dict[str, Any]]

    @property
    def abroad(self) -> list[str]:
        """What nobody at home may read: names, addresses and phones of the places abroad."""
        return [*self.of(self.first), *self.of(self.second)]

    @staticmethod
    def of(shop: dict[str, Any]) -> list[str]:
        """What tells of a shop."""
        return [shop["site"]["name"], shop["site"]["site_id"], shop["site"]["address"], shop["phone"]]


def officer_of(people: People, region_code: str, office_id: UUID | None, name: str, role: str = "inspector") -> Speaker:
    """Make an officer of an office (None: of the region)."""
    with db.transaction() as session:
        user = accounts.create_user(
            session, username=name, role=role, region_code=region_code, office_id=office_id, display_name=f"甲{name}"
        )
        token = accounts.new_token(session, user)
    return Speaker(people.app.test_client(), token, user)


def _shop(world: World, office: str, number: int) -> dict[str, Any]:
    owner = world.business(
        f"外区冻品{number}", kinds=["shop"], office=office, phone=f"1390000000{number}", address=f"外区街{number}号"
    )
    site = world.site(owner, "shop", name=f"外区门店{number}", office=office, address=f"外区路{number}7号")
    zone = world.zone(site, "sale_counter")
    return {"owner": owner, "site": site, "zone": zone, "phone": f"1390000000{number}"}


def _two(world: World) -> Two:
    far = World(world.people, FAR)
    with db.transaction() as session:
        offices = [regions.ensure_office(session, FAR, f"外区{n}所").office_id for n in (1, 2)]
    have = world.cleared(100, series="分割鸡")
    first, second = _shop(far, "外区1所", 1), _shop(far, "外区2所", 2)
    batch_id = have["batch"]["batch_id"]
    send(world, have, first, 17)
    confirm(world, send(world, have, second, 23), second, second["zone"], batch_id, 23)
    recall = announced(world)
    requests = world.regulator.get(f"/recalls/{recall['recall_id']}/assistance")["items"]
    return Two(
        world, far, have, first, second, offices[0], offices[1],
        officer_of(world.people, FAR, offices[0], "office_1"), recall,
        {request["office"]["office_id"]: request for request in requests},
    )  # fmt: skip


@pytest.fixture
def two(scenes: Scenes) -> Two:
    """17 units are on the road to the first shop, 23 lie in the second, 60 at home; announced at home."""
    return scenes.of(_two)


def everything(two: Two, who: Speaker) -> str:
    """Return all that the API and the pages about the recall say to somebody, whatever is refused left out."""
    recall_id = two.recall["recall_id"]
    at = f"/recalls/{recall_id}"
    found = []
    paths = [
        "/recalls", at, f"{at}/matches", f"{at}/tasks?limit=200", f"{at}/tasks?state=open", f"{at}/report",
        f"{at}/late-lines", f"{at}/assistance", "/search?q=%E7%A4%BA%E4%BE%8B%E9%B8%A1%E6%8E%92%E6%9F%A5",
        *(f"/assistance/{each['request_id']}" for each in two.requests.values()),
    ]  # fmt: skip
    for path in paths:
        answer = who.client.get("/api/v1" + path, headers={"Authorization": f"Bearer {who.token}"})
        found.append(json.dumps(answer.get_json(), ensure_ascii=False))
    reader = Reader.of(two.home.people.app, who, lang="zh_CN")
    for page in (
        "/", "/recalls", at, f"{at}?state=all", f"{at}?office={two.office_2}", f"{at}/route", f"{at}/announced",
        f"{at}/tasks/new", f"{at}/sample-results/new", f"{at}/assign", "/handover",
        f"/C/{two.have['batch']['batch_code']}", "/search?q=%E7%A4%BA%E4%BE%8B%E9%B8%A1%E6%8E%92%E6%9F%A5",
        *(f"/assistance/{each['request_id']}" for each in two.requests.values()),
    ):  # fmt: skip
        found.append(reader.open(page, expect=None))
    return "\n".join(found)


def _far_task(two: Two, shop: dict[str, Any]) -> str:
    items = two.far.regulator.get(f"/recalls/{two.recall['recall_id']}/tasks")["items"]
    return str(next(task["task_id"] for task in items if task["site_id"] == shop["site"]["site_id"]))


def test_every_holder_is_locked_wherever_it_is(two: Two) -> None:
    assert two.recall["mass_total_g"] == 100 * 2000
    assert (two.recall["sites_from_books"], two.recall["assistance"]) == (3, 2)
    sold = {
        "zone_id": two.second["zone"]["zone_id"],
        "lines": [{"batch_id": two.have["batch"]["batch_id"], "quantity_units": 1}],
    }
    refused = two.far.merchant(two.second["owner"]).post("/consignments", {
        "from_zone_id": sold["zone_id"], "to": {"name": "示例人", "phone": "13911111111"},
        "handover": "await_confirmation", "lines": sold["lines"],
    }, 409)  # fmt: skip
    assert refused["code"] == "locked"
    stock = two.far.regulator.get(f"/stock?batch_id={two.have['batch']['batch_id']}")["items"]
    assert sorted((row["quantity_units"], row["locked_units"]) for row in stock) == [(17, 17), (23, 23)]


def test_who_runs_it_reads_totals_of_other_regions_and_no_name(two: Two) -> None:
    for who in (two.home.regulator, two.home.inspector):
        told = everything(two, who)
        for secret in two.abroad:
            assert secret not in told, secret
        assert two.have["site"]["name"] in told
    at = f"/recalls/{two.recall['recall_id']}"
    figures = two.home.regulator.get(f"{at}/report")["figures"]
    assert (figures["sites_due"], figures["sites_open"], figures["locked_mass_g"]) == (3, 3, 200_000)
    abroad = {row["office_id"]: (row["sites_due"], row["locked_mass_g"]) for row in figures["elsewhere"]}
    assert abroad == {str(two.office_1): (1, 34_000), str(two.office_2): (1, 46_000)}
    assert len(two.home.regulator.get(f"{at}/tasks")["items"]) == 1
    assert two.home.regulator.get(f"{at}/tasks?site_id={two.second['site']['site_id']}")["items"] == []
    two.home.regulator.get(f"/sweep-tasks/{_far_task(two, two.second)}", 404)
    two.home.regulator.get(f"/sweep-tasks/{_far_task(two, two.second)}/findings", 404)
    matched = two.home.regulator.get(f"{at}/matches")
    assert [row["quantity_units"] for row in matched["items"]] == [77]  # the road began at home
    assert matched["elsewhere"] == {"batches": 0, "holders": 1, "mass_g": 46_000}
    assert matched["mass_total_g"] == 200_000
    admin = everything(two, two.home.people.admin())
    assert all(secret in admin for secret in (two.first["site"]["name"], two.second["site"]["name"]))


def test_the_other_regions_officers_see_their_own_places_only(two: Two) -> None:
    told = everything(two, two.far.regulator)
    for shop in (two.first, two.second):
        assert shop["site"]["name"] in told
        assert shop["site"]["address"] in told
    for secret in (two.have["site"]["name"], two.have["site"]["site_id"], "示例路2号"):
        assert secret not in told, secret
    office = everything(two, two.of_office_1)
    assert two.first["site"]["name"] in office
    for secret in (*two.of(two.second), two.have["site"]["name"], two.have["site"]["site_id"], "示例路2号"):
        assert secret not in office, secret
    two.of_office_1.get(f"/sweep-tasks/{_far_task(two, two.second)}", 404)
    two.of_office_1.post(f"/sweep-tasks/{_far_task(two, two.second)}/findings", {"outcome": "closed"}, 404)
    stranger = two.home.people.regulator("230204")
    stranger.get(f"/recalls/{two.recall['recall_id']}", 404)
    for request in two.requests.values():
        stranger.get(f"/assistance/{request['request_id']}", 404)
    two.of_office_1.get(f"/assistance/{two.requests[str(two.office_2)]['request_id']}", 404)


def test_a_place_found_on_foot_belongs_to_the_finders_office(two: Two) -> None:
    address = f"/recalls/{two.recall['recall_id']}/tasks"
    made = two.of_office_1.post(address, {"name": "外区地摊"}, 201)
    assert (made["region_code"], made["office"]["office_id"]) == (FAR, str(two.office_1))
    two.of_office_1.post(address, {"name": "外区地摊", "office": "外区2所"}, 404)
    assert "外区地摊" not in everything(two, two.home.regulator)


def test_samples_and_late_goods_of_other_regions_go_by_the_region(two: Two) -> None:
    at = f"/recalls/{two.recall['recall_id']}"
    samples = [{"place": "外区采样市场", "round": 1, "pieces": 9}]
    body = {"outcome": "none_found", "samples": samples}
    two.far.inspector.post(f"/sweep-tasks/{_far_task(two, two.second)}/findings", body, 201)
    refused = two.home.inspector.post(
        f"{at}/sample-results", {"round": 1, "place": "外区采样市场", "pieces": 9, "state": "sent"}, 422
    )
    assert refused["errors"][0]["code"] == "more_than_there_are"
    two.far.inspector.post(
        f"{at}/sample-results", {"round": 1, "place": "外区采样市场", "pieces": 4, "state": "sent"}, 201
    )
    counts = {(row["state"], row["place"]): row["pieces"] for row in _figures(two)["samples"]}
    assert sorted(counts.values()) == [4, 5]
    assert {place for _state, place in counts} == {"龙沙区"}
    signed(two.home, two.have, {"business": two.first["owner"]["business_id"]}, 3, 60)
    (ours,) = two.home.regulator.get(f"{at}/late-lines")["items"]
    assert (ours["site_name"], ours["to_site_name"], ours["to_business"], ours["to_region_code"]) == (
        two.have["site"]["name"], None, None, FAR
    )  # fmt: skip
    (theirs,) = two.far.regulator.get(f"{at}/late-lines")["items"]
    assert (theirs["site_name"], theirs["owner"], theirs["to_site_name"]) == (None, None, two.first["site"]["name"])
    assert officer_of(two.home.people, FAR, two.office_2, "office_2").get(f"{at}/late-lines")["items"] == []
    told = everything(two, two.home.regulator)
    for secret in (*two.abroad, "外区采样市场"):
        assert secret not in told, secret


def _figures(two: Two) -> dict[str, Any]:
    found: dict[str, Any] = two.home.regulator.get(f"/recalls/{two.recall['recall_id']}/report")["figures"]
    return found


def test_a_request_is_sent_taken_over_once_noted_and_done(two: Two) -> None:
    first, second = two.requests[str(two.office_1)], two.requests[str(two.office_2)]
    assert (first["state"], first["region_code"], first["sites_due"], first["expected_mass_g"]) == (
        "sent",
        FAR,
        1,
        34_000,
    )
    assert first["request_no"] != second["request_no"]
    take, note = f"/assistance/{first['request_id']}/take-over", f"/assistance/{first['request_id']}/notes"
    two.home.regulator.post(take, {}, 404)
    two.home.people.regulator("230204").post(take, {}, 404)
    taken = two.of_office_1.post(take, {}, 200)
    assert (taken["state"], taken["taken_over_by"], taken["officer"]["username"]) == (
        "taken_over",
        "甲office_1",
        "office_1",
    )
    assert two.far.regulator.post(take, {}, 409)["code"] == "taken_over_already"
    two.far.regulator.post(note, {"note": "示例"}, 404)
    two.home.inspector.post(note, {"note": "示例"}, 403)
    two.home.regulator.post(note, {"note": "请今天完成"}, 201)
    two.of_office_1.post(f"/sweep-tasks/{_far_task(two, two.first)}/findings", {"outcome": "closed"}, 201)
    assert two.home.regulator.get(f"/assistance/{first['request_id']}")["state"] == "taken_over"
    two.of_office_1.post(f"/sweep-tasks/{_far_task(two, two.first)}/findings", {"outcome": "none_found"}, 201)
    done = two.home.regulator.get(f"/assistance/{first['request_id']}")
    assert (done["state"], done["now"]["sites_none"], done["notes"][0]["note"]) == ("done", 1, "请今天完成")
    assert [row["state"] for row in two.far.regulator.get(f"/recalls/{two.recall['recall_id']}/assistance")["items"]
            if row["request_id"] == second["request_id"]] == ["sent"]  # fmt: skip
    with db.transaction() as session:
        facts = history.of_subject(
            session, UUID(first["request_id"]), ["assistance.sent", "assistance.taken_over", "assistance.noted"]
        )
    assert [fact.kind for fact in facts] == ["assistance.sent", "assistance.taken_over", "assistance.noted"]
    assert facts[0].data["sites_due"] == 1


def test_goods_pulled_in_where_nobody_was_asked_make_a_request(two: Two) -> None:
    third = World(two.home.people, "230204")
    owner = third.business("第三区")
    site = third.site(owner)
    line = {"product_id": two.have["product"]["product_id"], "quantity_units": 7}
    for _again in range(2):
        third.arrival(owner, site, third.zone(site), [line])
    found = two.home.regulator.get(f"/recalls/{two.recall['recall_id']}/assistance?limit=200")["items"]
    new = [row for row in found if row["region_code"] == "230204"]
    assert [(row["office"], row["sites_due"], row["expected_mass_g"]) for row in new] == [(None, 1, 14_000)]
    assert site["name"] not in everything(two, two.home.regulator)
    assert "协查" in Reader.of(two.home.people.app, third.inspector, lang="zh_CN").open("/")


def test_two_that_find_a_new_region_at_one_moment_ask_it_once(two: Two) -> None:
    """The second waits for the first and then finds the request there."""
    city = two.home.people.inspector("230200")
    place = {"name": "第三区摊位", "region_code": "230204"}
    city.post(f"/recalls/{two.recall['recall_id']}/tasks", place, 201)
    sent: list[int] = []

    def send_again() -> None:
        with db.transaction() as session:
            recall = session.get_one(Recall, UUID(two.recall["recall_id"]))
            sent.append(len(assistance.send(session, SYSTEM, recall)))

    other = Thread(target=send_again)
    with db.transaction() as session:
        recall = session.get_one(Recall, UUID(two.recall["recall_id"]))
        first = assistance.send(session, SYSTEM, recall)
        assert [request.region_code for request in first] == ["230204"]
        other.start()
        other.join(0.5)
        assert other.is_alive()
    other.join(20)
    assert sent == [0]


def test_a_prefectures_notice_covers_the_regions_inside(two: Two) -> None:
    city = World(two.home.people, "230200")
    recall = announced(city)
    assert recall["assistance"] == 0
    assert city.regulator.get(f"/recalls/{recall['recall_id']}/assistance")["items"] == []
    items = city.regulator.get(f"/recalls/{recall['recall_id']}/tasks")["items"]
    assert {task["site_id"] for task in items} == {
        shop["site"]["site_id"] for shop in (two.have, two.first, two.second)
    }
    assert city.regulator.get(f"/recalls/{recall['recall_id']}/report")["figures"]["elsewhere"] == []


def test_the_request_is_taken_over_and_noted_by_pages(two: Two) -> None:
    address = f"/assistance/{two.requests[str(two.office_2)]['request_id']}"
    theirs = Reader.of(two.home.people.app, two.far.regulator)
    desk = theirs.open("/")
    assert address in desk
    theirs.open(address)
    theirs.send(f"{address}/take-over", 200)
    assert "Taken over" in theirs.text
    assert address not in theirs.open("/")
    ours = Reader.of(two.home.people.app, two.home.regulator)
    ours.open(address)
    assert "To your sites" not in ours.text
    page = ours.send(f"{address}/notes", 422, note="")
    assert 'href="#f-note"' in page
    assert "Please hurry" in ours.send(f"{address}/notes", 200, note="Please hurry")
    assert "Please hurry" in theirs.open(address)


def test_a_request_that_was_taken_over_is_handed_on_until_it_is_done(two: Two) -> None:
    request = two.requests[str(two.office_1)]["request_id"]
    two.of_office_1.post(f"/assistance/{request}/take-over", {}, 200)
    next_one = officer_of(two.home.people, FAR, two.office_1, "next_one")
    officer_of(two.home.people, FAR, two.office_2, "other_office")
    regulator = Reader.of(two.home.people.app, two.far.regulator)
    regulator.open("/handover?officer=office_1")
    assert "is not assigned to this place" in regulator.send("/handover", 422, to_all="other_office")
    receipt = regulator.send("/handover", 200, to_all="next_one", end="true")
    assert "was handed to " in receipt
    assert "in your areas has ended." in receipt
    found = two.home.regulator.get(f"/assistance/{request}")
    assert (found["officer"]["username"], found["taken_over_by"]) == ("next_one", "甲office_1")
    assert "1 open thing" in regulator.open("/handover?officer=next_one")
    next_one.post(f"/sweep-tasks/{_far_task(two, two.first)}/findings", {"outcome": "none_found"}, 201)
    assert "This officer has nothing open" in regulator.open("/handover?officer=next_one")


def test_the_requests_stand_in_a_list_after_they_were_taken_over(app: Flask, two: Two, people: People) -> None:
    first, second = two.requests[str(two.office_1)], two.requests[str(two.office_2)]
    two.of_office_1.post(f"/assistance/{first['request_id']}/take-over", {}, 200)
    asked, asking = Reader.of(app, two.of_office_1), Reader.of(app, two.home.regulator)
    assert 'href="/assistance"' in asked.open("/"), "the desk leads to them"
    assert first["request_no"] in asked.open("/assistance")
    assert "Taken over" in asked.text
    assert second["request_no"] not in asked.text, "another office's"
    assert first["request_no"] not in asked.open("/assistance?direction=out")
    for path in ("/assistance", "/assistance?direction=out"):
        page = asking.open(path)
        assert first["request_no"] in page
        assert second["request_no"] in page
        assert not [secret for secret in two.abroad if secret in page]
    assert first["request_no"] not in asking.open("/assistance?direction=in")
    stranger = Reader.of(app, people.regulator("511011"))
    assert "There is no request" in stranger.open("/assistance")
    assert 'href="/assistance"' in asking.open(f"/recalls/{two.recall['recall_id']}")


def test_a_desk_says_whose_figures_a_running_sweep_shows(app: Flask, two: Two) -> None:
    page = Reader.of(app, two.of_office_1).open("/")
    assert "The whole sweep, all areas together. In your area: 1, not checked 1." in page
