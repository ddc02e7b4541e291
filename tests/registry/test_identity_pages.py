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
