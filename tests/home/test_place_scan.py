"""What a place's sign shows: anybody, a stranger's business, its own people, a tenant, the officers of its area."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlmodel import col

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import SYSTEM
from coldchain.batches import flags
from coldchain.batches.flags import Mark
from coldchain.core import clock, db
from coldchain.home import place_wrong
from coldchain.registry.models import Site
from tests.factories.people import Speaker


def page(speaker: Speaker, path: str, expect: int = 200) -> str:
    headers = {"Authorization": f"Bearer {speaker.token}"} if speaker.token else {}
    response = speaker.client.get(path, headers=headers | {"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert response.status_code == expect, response.get_data(as_text=True)[:500]
    return str(response.get_data(as_text=True))


def as_json(speaker: Speaker, path: str):
    response = speaker.client.get(path, headers={"Accept": "application/json"})
    assert response.status_code == 200
    return response.get_json()


@pytest.fixture
def store(world):
    """A third party's cold store with a tenant's locked and not cleared goods, two stewards, an overdue person."""
    keeper, tenant = world.business("示例冷库公司", kinds=["cold_store"]), world.business("示例货主")
    venue = world.regulator.post(
        "/venues", {"name": "示例园区", "kind": "park", "region_code": "230203", "address": "示例路"}, 201
    )
    site = world.site(keeper, venue_id=venue["venue_id"])
    zone, spare = world.zone(site), world.zone(site)
    arrival = world.arrival(tenant, site, zone, [{"product_id": world.product()["product_id"], "quantity_units": 60}])
    for kind, phone, publish in (("territorial", "0832-0000001", True), ("enterprise", "13800000003", False)):
        who = {"kind": kind, "name": f"{kind[:3]}示例", "phone": phone, "publish_phone": publish}
        world.regulator.post(f"/sites/{site['site_id']}/stewards", who | {"started_on": "2021-01-05"}, 201)
    worker = {"business": keeper["business_id"], "site_id": site["site_id"], "name": "从业示例", "post": "搬运"}
    world.regulator.post("/workers", worker | {"started_on": "2021-01-04"}, 201)
    return {"keeper": keeper, "tenant": tenant, "venue": venue, "site": site, "zone": zone, "spare": spare,
            "batch": arrival["batches"][0]}  # fmt: skip


def test_an_officer_reads_what_is_open_there_overdue_first_and_nobody_else_does(world, store):
    code, site_id = store["site"]["sign_code"], store["site"]["site_id"]
    today = clock.now().astimezone(clock.BEIJING).date()
    late = {"wording": "无温度记录", "rectify_by": (today - timedelta(days=1)).isoformat()}
    soon = {"wording": "库门积水", "rectify_by": (today + timedelta(days=1)).isoformat()}
    ids = {}
    for finding in (soon, late):
        visit = {"site_id": site_id, "findings": [finding]}
        visit["occurred_at"] = (clock.now() - timedelta(days=3)).isoformat()
        ids[finding["wording"]] = world.inspector.post("/visits", visit, 201)["findings"][0]["finding_id"]
    read = page(world.inspector, f"/C/{code}")
    assert 0 < read.index(f"/findings/{ids['无温度记录']}") < read.index(f"/findings/{ids['库门积水']}")
    for stranger in (world.people.nobody(), world.merchant(store["tenant"])):
        assert "库门积水" not in page(stranger, f"/C/{code}")


def test_anybody_reads_who_works_there_and_no_more(world, store):
    site, code = store["site"], store["site"]["sign_code"]
    read = page(world.people.nobody(), f"/C/{code}")
    for shown in (site["name"], store["keeper"]["name"], store["keeper"]["card_no"], "0832-0000001", "ent示例"):
        assert shown in read
    tenant, goods = store["tenant"]["name"], store["batch"]["batch_code"]
    for hidden in ("13800000003", "从业示例", tenant, goods, "/stock", site["address"]):
        assert hidden not in read, hidden
    told = as_json(world.people.nobody(), f"/C/{code.lower()}")
    assert (told["level"], told["code"], told["name"]) == ("site", code, site["name"])
    assert told["works_here"] == [
        {"site": site["name"], "business": store["keeper"]["name"], "status": "active",
         "card_no": store["keeper"]["card_no"]}
    ]  # fmt: skip
    assert told["stewards"] == [
        {"kind": "territorial", "name": "ter示例", "phone": "0832-0000001"},
        {"kind": "enterprise", "name": "ent示例", "phone": None},
    ]
    zone = as_json(world.people.nobody(), f"/C/{store['zone']['sign_code']}")
    assert (zone["level"], zone["zone"]["code"]) == ("zone", store["zone"]["code"])
    venue = as_json(world.people.nobody(), f"/C/{store['venue']['sign_code']}")
    assert [each["site"] for each in venue["works_here"]] == [site["name"]]
    missing = world.people.nobody().client.get("/C/S00000000000", headers={"Accept": "application/json"})
    assert missing.status_code == 404


def test_without_a_card_and_suspended_is_said(world):
    plain = world.site(world.business(handles_imported=False))
    assert as_json(world.people.nobody(), f"/C/{plain['sign_code']}")["works_here"][0]["card_no"] is None
    stopped = world.business()
    site = world.site(stopped)
    world.regulator.post(f"/businesses/{stopped['business_id']}/suspend", {"reason": "示例"}, 200)
    told = as_json(world.people.nobody(), f"/C/{site['sign_code']}")["works_here"][0]
    assert (told["status"], told["card_no"]) == ("suspended", stopped["card_no"])


def test_its_own_people_and_a_tenant_find_their_work(world, store):
    site_id, code = store["site"]["site_id"], store["site"]["sign_code"]
    keeper = page(world.merchant(store["keeper"]), f"/C/{code}")
    stock, arrival, move = f"/stock?site_id={site_id}", f"/arrivals/new?site_id={site_id}", "/relocations/new?zone_id="
    for link in (stock, arrival, move, f"/sites/{site_id}"):
        assert link in keeper
    tenant = page(world.merchant(store["tenant"]), f"/C/{code}")
    assert stock in tenant
    assert f"{move}{store['zone']['zone_id']}" in tenant, "out of the zone where its goods lie"
    assert f"/sites/{site_id}" not in tenant
    stranger = page(world.merchant(world.business()), f"/C/{code}")
    assert "/stock" not in stranger
    assert store["tenant"]["name"] not in stranger
    for speaker in (world.merchant(store["keeper"]), world.merchant(store["tenant"])):
        form = page(speaker, arrival)
        chosen = rf'name="site_id" value="{site_id}"|<option value="{site_id}" selected'
        assert re.search(chosen, form), "the arrival is at the scanned place"
    zone = page(world.merchant(store["keeper"]), f"/C/{store['spare']['sign_code']}")
    assert f"{move}{store['spare']['zone_id']}" in zone


def test_an_officer_reads_what_is_wrong_before_any_tap(world, store):
    site, code = store["site"], store["site"]["sign_code"]
    read = page(world.inspector, f"/C/{code}")
    assert "这里有什么问题" in read
    assert f"/batches/{store['batch']['batch_id']}" in read, "not cleared"
    assert "缺行业库长" in read
    assert "缺属地库长" not in read
    assert "从业示例" in read, "overdue"
    assert f"/sites/{site['site_id']}" in read
    assert "这里有 3 项问题" in read
    spare = page(world.inspector, f"/C/{store['spare']['sign_code']}")
    assert "账上没有发现问题" in spare
    assert "缺行业库长" not in spare
    zone = page(world.inspector, f"/C/{store['zone']['sign_code']}")
    assert f"/batches/{store['batch']['batch_id']}" in zone
    assert "从业示例" not in zone
    venue = page(world.inspector, f"/C/{store['venue']['sign_code']}")
    assert "这里有 3 项问题" in venue
    assert f"/C/{code}" in venue
    # a sweep and its lock
    series = world.regulator.get(f"/batches/{store['batch']['batch_id']}")["product"]["product_id"]
    recall = world.regulator.post(
        "/recalls",
        {"kind": "outbreak_sweep", "notice_no": "示例-1", "issuer": "示例局", "title": "示例排查", "reason": "示例",
         "received_at": "2021-01-19T12:00:00+08:00", "criterion": {"product_ids": [series]}},
        201,
    )  # fmt: skip
    world.regulator.post(f"/recalls/{recall['recall_id']}/announce", {}, 200)
    read = page(world.inspector, f"/C/{code}")
    assert "这里有 4 项问题" in read
    assert "示例排查" in read
    assert re.search(r"/sweep-tasks/[0-9a-f-]{36}", read)
    # of another district: what anybody reads
    other = page(world.people.inspector("230202"), f"/C/{code}")
    assert "这里有什么问题" not in other
    assert "从业示例" not in other


def test_the_page_of_a_site(world, store):
    path = f"/sites/{store['site']['site_id']}"
    for speaker in (world.regulator, world.inspector, world.people.admin(), world.merchant(store["keeper"])):
        read = page(speaker, path)
        for shown in (store["tenant"]["name"], "从业示例", "13800000003", store["zone"]["sign_code"][:4]):
            assert shown in read, (speaker.user.username, shown)
    assert "sign.pdf" in page(world.inspector, path)
    page(world.merchant(store["tenant"]), path, 404)
    page(world.people.inspector("230202"), path, 404)
    page(world.people.lab(world.business(kinds=["lab"], handles_imported=False)["business_id"]), path, 403)


def test_what_is_wrong_costs_the_same_for_any_number_of_places(world, store, database):
    """A market has hundreds of stalls: the statements of its scan don't grow with them."""

    def cost():
        asked = []
        listen = lambda *arguments: asked.append(arguments[2])  # noqa: E731
        event.listen(database, "before_cursor_execute", listen)
        try:
            with db.transaction() as session:
                actor = accounts.actor_of(session, accounts.user_by_name(session, world.inspector.user.username))
                sites = session.scalars(select(Site).where(col(Site.venue_id) == UUID(venue_id))).all()
                asked.clear()
                found = place_wrong.at(session, actor, sites)
                return len(sites), len(asked), sum(each.total for each in found.values())
        finally:
            event.remove(database, "before_cursor_execute", listen)

    venue_id = store["venue"]["venue_id"]
    one, statements, wrong = cost()
    for _ in range(3):
        world.zone(world.site(world.business(), venue_id=venue_id))
    several, same_statements, more_wrong = cost()
    assert (one, several) == (1, 4)
    assert same_statements == statements <= 10
    assert more_wrong == wrong + 3 * 3, "three stores without stewards"


def test_a_flag_about_goods_or_the_place_is_counted_once(world, store):
    site_id, zone_id = store["site"]["site_id"], store["zone"]["zone_id"]
    batch_id, elsewhere = UUID(store["batch"]["batch_id"]), world.zone(world.site(store["keeper"]))
    there = {"zone_id": elsewhere["zone_id"]}
    marks = [
        Mark("count_under_lock", "batch", batch_id, "230203", clock.now(), about, None, data)
        for about, data in (
            (batch_id, {"site_id": site_id, "zone_id": zone_id}),  # in all three ways
            (None, {"site_id": site_id}),
            (None, there),
        )
    ]
    with db.transaction() as session:
        made = flags.raise_(session, SYSTEM, marks)
    assert "这里的货有 2 个标记" in page(world.inspector, f"/C/{store['site']['sign_code']}")
    assert "这里的货有 1 个标记" in page(world.inspector, f"/C/{store['zone']['sign_code']}")
    assert "标记" not in page(world.merchant(store["keeper"]), f"/sites/{site_id}")
    world.regulator.post(f"/flags/{made[0]}/close", {"reason": "示例"}, 200)
    assert "这里的货有 1 个标记" in page(world.inspector, f"/C/{store['site']['sign_code']}")
