"""The same at the same moment: one is made, the others find it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from coldchain.core import db, limits
from tests.factories.world import uscc

MANY = 64


def at_once(speaker, bodies, path):
    """POST all bodies from as many threads at one moment; return the answers."""
    start = Barrier(len(bodies))

    def ask(body):
        client = speaker.client.application.test_client()
        start.wait(30)
        return client.post("/api/v1" + path, json=body, headers={"Authorization": f"Bearer {speaker.token}"})

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(ask, bodies))


@pytest.fixture
def regulator(people):
    return people.regulator()


def test_one_business_of_sixty_four(regulator):
    body = {
        "uscc": uscc(), "name": "示例甲", "kinds": ["importer"], "handles_imported": True, "region_code": "230203",
        "legal_representative": "张示例", "phone": "13800000000", "address": "路",
    }  # fmt: skip
    answers = at_once(regulator, [body] * MANY, "/businesses")
    assert Counter(a.status_code for a in answers) == {201: 1, 409: MANY - 1}
    assert {a.get_json()["code"] for a in answers if a.status_code == 409} == {"business_exists"}
    with db.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM business")) == 1
        assert session.scalar(text("SELECT count(*) FROM personal_value")) == 2, "the refused leave nothing behind"
        assert session.scalar(text("SELECT count(*) FROM journal_entry WHERE kind = 'business.registered'")) == 1


@pytest.mark.parametrize("numbers", [{"plant_no": "SIF601"}, {"licence_no": "SC10412010600017"}, {}])
def test_one_producer_with_every_name_it_was_given(regulator, numbers):
    names = [f"示例厂{i % 8}" if numbers else "示例厂" for i in range(24)]
    answers = at_once(regulator, [{"name": name, "country": "CN"} | numbers for name in names], "/producers")
    assert Counter(a.status_code for a in answers) == {201: 1, 200: 23}
    (producer_id,) = {a.get_json()["producer_id"] for a in answers}
    producer = regulator.get(f"/producers/{producer_id}")
    assert {producer["name"], *producer["aliases"]} == set(names)
    for name in set(names):
        assert [p["producer_id"] for p in regulator.get(f"/producers?q={name}")["items"]] == [producer_id]


def test_one_product(regulator):
    producer = regulator.post("/producers", {"name": "示例厂", "country": "BR", "plant_no": "SIF601"}, 201)
    body = {
        "producer_id": producer["producer_id"], "name": "冻鸡", "category": "poultry", "origin_country": "BR",
        "ledger_unit": "unit", "units_per_piece": 6, "unit_mass_g": 2000, "imported": True,
    }  # fmt: skip
    answers = at_once(regulator, [body] * 16, "/products")
    assert Counter(a.status_code for a in answers) == {201: 1, 200: 15}
    assert len({a.get_json()["product_id"] for a in answers}) == 1


def test_one_zone_of_a_code_and_one_decision(world, regulator):
    business = world.business(active=False, handles_imported=False)
    site = world.site(business)
    body = {"code": "A1", "kind": "general", "temperature_class": "frozen"}
    answers = at_once(regulator, [body] * 8, f"/sites/{site['site_id']}/zones")
    assert Counter(a.status_code for a in answers) == {201: 1, 409: 7}
    answers = at_once(regulator, [{}] * 8, f"/businesses/{business['business_id']}/approve")
    assert Counter(a.status_code for a in answers) == {200: 1, 409: 7}
    assert {a.get_json()["code"] for a in answers if a.status_code == 409} == {"wrong_state"}


def test_the_list_of_names_is_bounded_however_many_come_at_once(regulator):
    rounds = [[f"别名{i}-{j}甲" for j in range(10)] for i in range(8)]
    bodies = [{"name": "示例厂", "country": "BR", "plant_no": "SIF1", "aliases": names} for names in rounds]
    answers = at_once(regulator, bodies, "/producers")
    assert Counter(a.status_code for a in answers) == {201: 1, 200: 7}
    (producer,) = regulator.get("/producers?plant_no=SIF1")["items"]
    assert len(producer["aliases"]) == limits.ALIASES
