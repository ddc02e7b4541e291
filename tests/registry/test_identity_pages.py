"""Pages of businesses without a code, mergers, licences, contacts and objections; what is typed stays."""

import pytest
from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World


@pytest.fixture
def regulator(app: Flask, world: World) -> Reader:
    """The district's regulator at the pages."""
    return Reader.of(app, world.regulator)


def test_found_from_a_sweep_task_and_merged(regulator: Reader, world: World) -> None:
    into = world.business("荣哥果蔬批发配送中心")  # long: the world adds a number of up to five digits
    made = world.regulator.post(
        "/recalls",
        {
            "kind": "drill", "notice_no": "示例 1", "issuer": "示例", "title": "示例演练", "reason": "示例",
            "received_at": "2021-01-19T12:00:00+08:00",
            "criterion": {"product_ids": [world.product()["product_id"]]},
        },
        201,
    )  # fmt: skip
    world.regulator.post(f"/recalls/{made['recall_id']}/announce", None, 200)
    on_foot = {"name": "荣哥果蔬批发配送中心店", "address": "示例市场门口"}
    task = world.inspector.post(f"/recalls/{made['recall_id']}/tasks", on_foot, 201)["task_id"]
    assert f"/sweep-tasks/{task}/provisional" in regulator.open(f"/sweep-tasks/{task}")
    form = f"/sweep-tasks/{task}/provisional"
    assert 'value="荣哥果蔬批发配送中心店"' in regulator.open(form)
    page = regulator.send(form, 422, name="", place="示例市场门口东", site_kind="stall")
    assert 'value="示例市场门口东"' in page
    page = regulator.send(form, 200, name="荣哥果蔬批发配送中心店")
    assert "The temporary number is T230203" in page
    shown = world.inspector.get(f"/recalls/{made['recall_id']}/tasks")["items"]
    (old,) = (each["business"]["business_id"] for each in shown if each["task_id"] == task)
    assert "Give a temporary number" not in regulator.open(f"/sweep-tasks/{task}")
    merge = f"/businesses/{old}/merge"
    assert into["name"] in regulator.open(merge), "offered for its name"
    assert "There is no such business" in regulator.open(f"{merge}?into=91350100M000100Y43", 422)
    page = regulator.open(f"{merge}?into={into['uscc']}")
    assert "Sweep tasks" in page
    page = regulator.send(merge, 200, reason="出示了执照")
    assert "Took over what was recorded under a temporary number" in page
    assert "出示了执照" in page
    regulator.open(merge, 404)


def test_licences_contacts_and_an_objection(app: Flask, regulator: Reader, world: World) -> None:
    business = world.business()
    here = f"/businesses/{business['business_id']}"
    merchant = Reader.of(app, world.merchant(business))
    merchant.open(f"{here}/particulars")
    page = merchant.send(f"{here}/licences", 422, number="JY123", valid_to="2031-01-01")
    assert 'value="JY123"' in page
    page = merchant.send(f"{here}/licences", 200, number="JY12302030000017", valid_to="2021-01-01")
    assert "Licence ended" in page
    assert "A licence of your business has ended" in merchant.open("/")
    merchant.open(f"{here}/particulars")
    page = merchant.send(f"{here}/contacts", 200, name="赵示例", post="仓管", phone="13600002222")
    assert "赵示例" in page
    merchant.open(f"{here}/objections")
    world.regulator.post(f"/businesses/{business['uscc']}/suspend", {"reason": "缺检测"}, 200)
    merchant.open(f"{here}/objections")
    page = merchant.send(f"{here}/objections", 200, objection="报告已补交")
    assert "Objection not answered yet" in page
    assert "objects to a decision" in regulator.open("/")
    regulator.open(f"{here}/objections")
    (appeal,) = world.regulator.get(f"/businesses/{business['uscc']}")["objections"]
    page = regulator.send(f"/objections/{appeal['appeal_id']}/answer", 200, outcome="stands", answer="报告不全")
    assert "The decision stands" in page


def test_a_code_that_fails_its_check_takes_a_reason_in_the_form(regulator: Reader) -> None:
    regulator.open("/businesses/new")
    typed = {
        "name": "示例表单食品", "kinds": ["shop"], "handles_imported": "false", "legal_representative": "张示例",
        "phone": "13800000000", "address": "示例路 1 号", "uscc": "91350100M000100Y44",
    }  # fmt: skip
    page = regulator.send("/businesses/new", 422, **typed)
    assert 'name="uscc_override"' in page
    page = regulator.send("/businesses/new", 200, uscc_override="执照原件如此")
    assert "执照原件如此" in page


def test_into_whom_is_found_by_name_and_what_goes_over_stands_beside(
    regulator: Reader, app: Flask, world: World
) -> None:
    """A name, initials or a card find who may take over; closed ones and other areas' are not offered."""
    found = world.inspector.post("/businesses/provisional", {"name": "示例路边摊", "region_code": "230203"}, 201)
    into, closed = world.business("示例正规店"), world.business("示例正规旧店")
    world.regulator.post(f"/businesses/{closed['business_id']}/close", {"reason": "示例"}, 200)
    far = World(world.people, "511011").business("示例正规远店")
    merge = f"/businesses/{found['business_id']}/merge"
    page = regulator.open(merge)
    assert "Nothing was recorded under this number" in page
    worker = {"business": found["business_id"], "name": "从业示例", "post": "售货", "started_on": "2021-01-04"}
    world.regulator.post("/workers", worker, 201)
    href = f'href="{merge}?into={into["business_id"]}"'
    for typed in ("正规", "slzgd", into["card_no"]):
        page = regulator.open(f"{merge}?into={typed}")
        assert href in page, typed
        assert "People at work" in page.partition('id="going-over"')[2], "what would move stands beside"
        for other in (closed, far):
            assert other["business_id"] not in page, typed
    regulator.open(f"{merge}?into=%00")
    page = regulator.open(f"{merge}?into={into['business_id']}")
    assert f"Merge into {into['name']}" in page
    stranger = Reader.of(app, world.people.regulator("511011"))
    stranger.open(f"{merge}?into=正规", 404)
