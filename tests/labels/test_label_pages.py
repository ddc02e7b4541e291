"""The pages of labels: the form, the run with its files, the list; with and without script."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coldchain.accounts import service
from coldchain.accounts.session import COOKIE
from coldchain.core import db
from coldchain.labels import jobs
from tests.factories import second_step
from tests.factories.people import Speaker
from tests.factories.scenes import Scenes
from tests.factories.world import World


def _goods(world: World) -> dict[str, Any]:
    owner = world.business()
    site = world.site(owner)
    product = world.product(name="示例虾仁😀")
    arrival = world.arrival(
        owner, site, world.zone(site), [{"product_id": product["product_id"], "quantity_units": 3_600}]
    )
    return {"owner": owner, "product": product, "batch": arrival["batches"][0]}


@pytest.fixture
def goods(scenes: Scenes) -> dict[str, Any]:
    """An importer with a batch of 600 pieces whose name has a character that no font has."""
    return scenes.of(_goods)


def browser(app: Flask, who: Speaker) -> FlaskClient:
    """A browser in which somebody is signed in."""
    with db.transaction() as session:
        second_step.give(session, who.user)
        secret = service.open_session(session, who.user, "test")
    client = app.test_client()
    client.set_cookie(COOKIE, secret)
    return client


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    """A page as its reader gets it."""
    response = client.get(path, headers={"Accept": "text/html", "Accept-Language": "zh"})
    assert response.status_code == status, response.get_data(as_text=True)
    return unescape(response.get_data(as_text=True))


def send(client: FlaskClient, path: str, fields: dict[str, str]) -> Any:
    """Fill the form in and send it."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, path))
    assert token
    return client.post(path, data={"csrf_token": token[1], **fields}, headers={"Accept-Language": "zh"})


def test_the_form_offers_the_next_pieces_and_names_what_cannot_be_printed(
    app: Flask, world: World, goods: dict[str, Any]
) -> None:
    client = browser(app, world.merchant(goods["owner"]))
    path = f"/batches/{goods['batch']['batch_id']}/labels"
    html = page(client, path)
    assert re.search(r'name="piece_from"[^>]* value="1"', html)
    assert re.search(r'name="piece_to"[^>]* value="500"', html)
    assert "标签上用〓代替：😀" in html
    assert re.search(r'value="piece"[^>]* checked', html)
    assert re.search(r'value="batch"[^>]* checked', page(client, f"{path}?level=batch"))
    answer = send(client, path, {"level": "piece", "piece_from": "1", "piece_to": "500"})
    assert answer.status_code == 303
    html = page(client, path)
    assert re.search(r'name="piece_from"[^>]* value="501"', html)
    assert re.search(r'name="piece_to"[^>]* value="600"', html)
    assert "第 1–500 件" in html


def test_a_run_is_followed_until_it_is_ready(app: Flask, world: World, goods: dict[str, Any]) -> None:
    client = browser(app, world.merchant(goods["owner"]))
    path = f"/batches/{goods['batch']['batch_id']}/labels"
    there = send(client, path, {"level": "piece", "piece_from": "2", "piece_to": "3"}).headers["Location"]
    html = page(client, there)
    assert f'data-hx-get="{there}/progress"' in html
    assert f'<a href="{there}">' in html  # without script: look again
    assert "正在生成标签 0 / 2" in html
    jobs.run(run_id=there.rpartition("/")[2])
    part = page(client, f"{there}/progress")
    assert "<html" not in part
    assert "hx-get" not in part
    assert "/sheet.pdf" in part
    html = page(client, there)
    assert "100 %" in html
    assert client.get(re.search(r'href="(/api/v1/label-runs/[^"]+/sheet\.pdf)"', html)[1]).status_code == 200  # type: ignore[index]
    assert "已生成" in page(client, "/labels")


def test_the_batch_label_ignores_the_two_numbers(app: Flask, world: World, goods: dict[str, Any]) -> None:
    client = browser(app, world.merchant(goods["owner"]))
    path = f"/batches/{goods['batch']['batch_id']}/labels"
    answer = send(client, path, {"level": "batch", "piece_from": "x", "piece_to": ""})
    assert answer.status_code == 303
    assert "散货牌" in page(client, answer.headers["Location"])


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"piece_from": "1", "piece_to": "601"}, "piece_to", "这批货的件号是 1 到 600。"),
        ({"piece_from": "9", "piece_to": "8"}, "piece_to", "止号比起号小。"),
        ({"piece_from": "1", "piece_to": "501"}, "piece_to", "一次最多 500 张"),
        ({"piece_from": "", "piece_to": ""}, "piece_from", "要么填起止件号"),
        ({"piece_from": "三", "piece_to": "5"}, "piece_from", "piece_from"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    app: Flask, world: World, goods: dict[str, Any], fields: dict[str, str], field: str, said: str
) -> None:
    client = browser(app, world.merchant(goods["owner"]))
    answer = send(client, f"/batches/{goods['batch']['batch_id']}/labels", {"level": "piece"} | fields)
    html = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "有错误：" in html
    assert f'href="#f-{field}"' in html
    assert said in html
    assert re.search(rf'name="piece_to"[^>]* value="{fields["piece_to"]}"', html)
    assert world.merchant(goods["owner"]).get("/label-runs")["items"] == []


def test_pages_are_shown_to_the_entitled_only(app: Flask, world: World, goods: dict[str, Any]) -> None:
    path = f"/batches/{goods['batch']['batch_id']}/labels"
    there = send(browser(app, world.merchant(goods["owner"])), path, {"level": "batch"}).headers["Location"]
    assert page(browser(app, world.regulator), there)
    assert page(browser(app, world.inspector), there)
    page(browser(app, world.inspector), path)
    page(browser(app, world.lab()[1]), path, 403)
    for who in (world.merchant(world.business()), world.people.regulator("511011")):
        page(browser(app, who), path, 404)
        page(browser(app, who), there, 404)
        page(browser(app, who), f"{there}/progress", 404)
        assert there not in page(browser(app, who), "/labels")
    assert app.test_client().get(there).status_code == 401


def test_an_empty_list_says_where_labels_are_made(app: Flask, world: World) -> None:
    assert "还没有标签" in page(browser(app, world.merchant(world.business())), "/labels")
