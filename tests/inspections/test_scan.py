"""What an officer sees who opens a label, and that a finding is two taps away."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from coldchain.accounts import service
from coldchain.accounts.session import COOKIE
from coldchain.core import db
from coldchain.labels.code import LabelCode
from tests.factories import second_step
from tests.factories.people import Speaker
from tests.factories.scenes import Scenes
from tests.factories.world import World


@pytest.fixture
def made(scenes: Scenes) -> dict[str, Any]:
    """A cleared batch."""
    return scenes.of(World.cleared, 60)


def browser(app: Flask, who: Speaker) -> FlaskClient:
    """A browser in which somebody is signed in."""
    with db.transaction() as session:
        second_step.give(session, who.user)
        secret = service.open_session(session, who.user, "test")
    client = app.test_client()
    client.set_cookie(COOKIE, secret)
    return client


def code_of(made: dict[str, Any], piece_no: int = 17) -> str:
    """The code of a piece."""
    return LabelCode(made["batch"]["batch_code"], "piece", piece_no).text


def page(client: FlaskClient, path: str, status: int = 200, lang: str = "zh") -> str:
    """A page as its reader gets it."""
    response = client.get(path, headers={"Accept": "text/html", "Accept-Language": lang})
    assert response.status_code == status, response.get_data(as_text=True)
    return unescape(response.get_data(as_text=True))


def post(client: FlaskClient, page_html: str, fields: dict[str, str]) -> Any:
    """Send a form of a page with its hidden token."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', page_html)
    assert token
    return client.post("/scan/found-here", data={"csrf_token": token[1], **fields})


def announce(world: World, made: dict[str, Any], who: Speaker | None = None, **fields: Any) -> str:
    """Announce a sweep for the batch's product; return its id."""
    who = who or world.regulator
    recall = who.post(
        "/recalls",
        {
            "kind": "outbreak_sweep", "notice_no": "示监〔2021〕7号", "issuer": "示例区市场监管局", "title": "示例排查",
            "received_at": "2021-01-20T08:30:00+08:00", "reason": "示例",
            "criterion": {"product_ids": [made["product"]["product_id"]]},
        } | fields,
        201,
    )  # fmt: skip
    who.post(f"/recalls/{recall['recall_id']}/announce", {})
    return str(recall["recall_id"])


def test_a_label_opens_the_officers_page(app: Flask, world: World, made: dict[str, Any]) -> None:
    html = page(browser(app, world.inspector), f"/C/{code_of(made)}")
    assert '<body class="cc-cold"' in html
    assert '<div class="cc-verdict go">' in html
    assert made["product"]["name"] in html
    assert made["site"]["name"] in html  # who has it, in the region
    assert made["owner"]["name"] in html
    assert "10 件" in html
    assert "这个码没有印制记录" in html
    assert f"/batches/{made['batch']['batch_id']}" in html


def test_the_open_task_is_one_tap_away_and_carries_the_batch(app: Flask, world: World, made: dict[str, Any]) -> None:
    recall_id = announce(world, made)
    task = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"][0]
    client = browser(app, world.inspector)
    html = page(client, f"/C/{code_of(made)}")
    assert '<div class="cc-verdict stop">' in html
    link = f"/sweep-tasks/{task['task_id']}/finding?batch_id={made['batch']['batch_id']}"
    assert html.count(f'href="{link}"') == 2  # beside the place, and docked at the thumb
    assert "系统锁定（待现场封存）" in html
    assert "示监〔2021〕7号" in html
    assert f"/recalls/{recall_id}" in html
    assert page(client, link)


def test_a_task_of_another_sweep_at_the_same_place_is_offered_after(
    app: Flask, world: World, made: dict[str, Any]
) -> None:
    other = world.product()
    ours = announce(world, made)
    announce(
        world,
        {**made, "product": other},
        title="另一次排查",
        notice_no="示监〔2021〕8号",
        blanket={"region_code": "230203", "site_kinds": ["cold_store"]},
    )
    html = page(browser(app, world.inspector), f"/C/{code_of(made)}")
    assert html.index("示例排查") < html.index("另一次排查")
    assert "这批货不在排查范围" in html
    assert ours in html


def test_a_place_that_nobody_knew_becomes_a_task(app: Flask, world: World, made: dict[str, Any]) -> None:
    recall_id = announce(world, made)
    client = browser(app, world.inspector)
    html = page(client, f"/C/{code_of(made)}")
    fields = {"_code": code_of(made), "_recall_id": recall_id, "name": "示例冻品摊 12 号", "_once": "k1"}
    answer = post(client, html, fields)
    assert answer.status_code == 303
    found = re.fullmatch(r"/sweep-tasks/([0-9a-f-]{36})/finding\?batch_id=([0-9a-f-]{36})", answer.headers["Location"])
    assert found
    assert found[2] == made["batch"]["batch_id"]
    task = world.inspector.get(f"/sweep-tasks/{found[1]}")
    assert (task["origin"], task["place_name"]) == ("on_foot", "示例冻品摊 12 号")
    again = post(client, html, fields)
    assert again.headers["Location"] == answer.headers["Location"]  # an impatient thumb makes one task


def test_goods_received_after_the_announcement_lead_to_their_task(
    app: Flask, world: World, made: dict[str, Any]
) -> None:
    """Goods were on the road to a shop of two sites when the sweep began, and were received at one of them."""
    shop = world.shop()
    world.site(shop["owner"], "shop")
    lines = [{"batch_id": made["batch"]["batch_id"], "quantity_units": 60}]
    sent = world.merchant(made["owner"]).post(
        "/consignments",
        {
            "from_zone_id": made["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
            "handover": "await_confirmation", "lines": lines,
        },
        201,
    )  # fmt: skip
    recall_id = announce(world, made)
    world.merchant(shop["owner"]).post(
        f"/consignments/{sent['consignment_id']}/confirm", {"zone_id": shop["zone"]["zone_id"], "lines": lines}
    )
    client = browser(app, world.inspector)
    html = page(client, f"/C/{code_of(made)}")
    tasks = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"]
    task = next(task for task in tasks if task["site_id"] == shop["site"]["site_id"])
    assert f"/sweep-tasks/{task['task_id']}/finding?batch_id={made['batch']['batch_id']}" in html
    assert f"在这里发现：{shop['site']['name']}" not in html


def test_found_here_without_a_name_says_what_is_needed(app: Flask, world: World, made: dict[str, Any]) -> None:
    recall_id = announce(world, made)
    client = browser(app, world.inspector)
    html = page(client, f"/C/{code_of(made)}")
    answer = post(client, html, {"_code": code_of(made), "_recall_id": recall_id, "name": " "})
    assert answer.status_code == 422
    assert "有错误：" in answer.get_data(as_text=True)
    assert len(world.inspector.get(f"/recalls/{recall_id}/tasks")["items"]) == 1


@pytest.mark.parametrize("recall_id", ["", "x", "018f3a2b-0000-7000-8000-000000000001"])
def test_found_here_for_no_recall_is_not_found(app: Flask, world: World, made: dict[str, Any], recall_id: str) -> None:
    announce(world, made)
    client = browser(app, world.inspector)
    html = page(client, f"/C/{code_of(made)}")
    answer = post(client, html, {"_code": code_of(made), "_recall_id": recall_id, "name": "示例摊"})
    assert answer.status_code in {404, 422}
    with db.engine().connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sweep_task WHERE origin = 'on_foot'")) == 0


def test_a_merchant_can_not_make_tasks(app: Flask, world: World, made: dict[str, Any]) -> None:
    recall_id = announce(world, made)
    client = browser(app, world.merchant(made["owner"]))
    html = page(client, f"/C/{code_of(made)}")
    answer = post(client, html, {"_code": code_of(made), "_recall_id": recall_id, "name": "示例摊"})
    assert answer.status_code == 403


def test_an_officer_elsewhere_sees_no_holder_and_no_task(app: Flask, world: World, made: dict[str, Any]) -> None:
    announce(world, made)
    html = page(browser(app, world.people.inspector("511011")), f"/C/{code_of(made)}")
    assert '<div class="cc-verdict stop">' in html
    assert "账上在您的辖区内没有这批货" in html
    for hidden in (made["site"]["name"], made["owner"]["name"], "/sweep-tasks/", "/recalls/", "/batches/"):
        assert hidden not in html
    assert "示监〔2021〕7号" in html  # the notice is public


def test_a_positive_is_named_to_officers_with_its_tube(app: Flask, world: World, made: dict[str, Any]) -> None:
    tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
    world.result(made["lab"], tube, "positive")
    html = page(browser(app, world.inspector), f"/C/{code_of(made)}")
    assert "初筛阳性" in html
    assert tube["tube_no"] in html
    assert '<div class="cc-verdict stop">' in html


def test_goods_that_lack_papers_name_what_is_missing(app: Flask, world: World) -> None:
    owner = world.business()
    site = world.site(owner)
    product = world.product()
    arrival = world.arrival(
        owner, site, world.zone(site), [{"product_id": product["product_id"], "quantity_units": 60}]
    )
    html = page(browser(app, world.inspector), f"/C/{code_of({'batch': arrival['batches'][0]})}")
    assert "不得出库" in html
    assert "尚未赋码" in html
    english = page(browser(app, world.inspector), f"/C/{code_of({'batch': arrival['batches'][0]})}", lang="en")
    assert "Must not leave" in english
    assert "No code was made" in english


def test_typed_and_scanned_codes_lead_to_the_label(app: Flask, world: World, made: dict[str, Any]) -> None:
    client = browser(app, world.inspector)
    assert "标签上的码" in page(client, "/scan")
    for typed in (code_of(made).lower(), f"HTTPS://TRACE.EXAMPLE/C/{code_of(made)}", f" {code_of(made)}\n"):
        answer = client.get("/scan", query_string={"code": typed})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/C/{code_of(made)}")


@pytest.mark.parametrize("typed", ["7K3M", "\x00", "\u202e" * 5, "A" * 9_000, "<b>", "7K3M9Q2U", "0000000000001"])
def test_a_wrong_code_is_said_beside_its_field(app: Flask, world: World, typed: str) -> None:
    client = browser(app, world.inspector)
    answer = client.get("/scan", query_string={"code": typed})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert 'class="cc-field bad"' in html
    assert "\x00" not in html
    assert "\u202e" not in html
    assert "<b>" not in html
    assert len(html) < 20_000
    assert page(client, "/C/7K3M", 404)


def test_laboratories_read_the_public_page(app: Flask, world: World, made: dict[str, Any]) -> None:
    announce(world, made)
    html = page(browser(app, made["lab"][1]), f"/C/{code_of(made)}")
    assert '<body class="cc-public">' in html
    assert made["site"]["name"] not in html
