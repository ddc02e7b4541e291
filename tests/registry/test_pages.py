"""Pages of the register: finding, registering, deciding; what strangers see."""

import re

import pytest
from flask import Flask

from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World, uscc


@pytest.fixture
def regulator(app: Flask, world: World) -> Reader:
    """The district's regulator at the pages."""
    return Reader.of(app, world.regulator)


def test_a_business_from_the_form_to_its_first_zone(regulator: Reader) -> None:
    regulator.open("/businesses/new")
    typed = {
        "name": "示例表单食品", "kinds": ["importer", "wholesaler"], "handles_imported": "true",
        "legal_representative": "张示例", "phone": "13800000000", "address": "示例路 1 号",
    }  # fmt: skip
    page = regulator.send("/businesses/new", 422, uscc="91350100M000100Y44", **typed)
    assert 'href="#f-uscc"' in page
    assert 'value="示例表单食品"' in page
    assert len(re.findall(r'name="kinds" value="(importer|wholesaler)" checked', page)) == 2
    page = regulator.send("/businesses/new", 200, uscc=uscc())
    here = regulator.path
    assert "Awaiting approval" in page
    regulator.open(f"{here}/decisions/approve")
    page = regulator.send(f"{here}/decisions/approve", 409)
    assert "The commitment letter is missing" in page
    regulator.open(here)
    regulator.send(f"{here}/commitment-letters", 422, signed_by="", signed_on="2021-01-04")
    assert 'value="2021-01-04"' in regulator.text
    regulator.send(f"{here}/commitment-letters", 200, signed_by="张示例")
    assert "2021-01-04" in regulator.text
    regulator.open(f"{here}/decisions/approve")
    page = regulator.send(f"{here}/decisions/approve", 200)
    assert "On the register" in page
    regulator.open(f"{here}/sites/new")
    regulator.send(f"{here}/sites/new", 422, name="", kind="cold_store")
    regulator.send(f"{here}/sites/new", 200, name="示例 9 号库")
    zone_form = regulator.path
    assert re.fullmatch(r"/sites/[0-9a-f-]{36}/zones/new", zone_form)
    regulator.send(zone_form, 200, code="A01", kind="import_dedicated", temperature_class="frozen")
    assert "示例 9 号库" in regulator.text
    assert "A01" in regulator.text
    regulator.open(zone_form)
    page = regulator.send(zone_form, 409, code="A01", kind="general", temperature_class="frozen")
    assert 'value="A01"' in page


def test_decisions_need_their_reasons_and_are_told(regulator: Reader, world: World) -> None:
    business = world.business()
    here = f"/businesses/{business['business_id']}"
    regulator.open(f"{here}/decisions/suspend")
    page = regulator.send(f"{here}/decisions/suspend", 422)
    assert 'href="#f-reason"' in page
    page = regulator.send(f"{here}/decisions/suspend", 200, reason="Papers were missing twice")
    assert "Papers were missing twice" in page
    assert "Suspended" in page
    assert "regulator_230203" in page
    regulator.open(f"{here}/decisions/suspend")
    assert "in the state that the business is in" in regulator.text
    regulator.open(f"{here}/decisions/promote", 404)


def test_the_list_filters_and_pages(regulator: Reader, world: World) -> None:
    for number in range(23):
        world.business(f"列表食品{number}甲", active=False)
    page = regulator.open("/businesses?status=pending")
    assert page.count('class="cc-rowhead"') == 20
    following = re.search(r'href="(/businesses\?[^"]*cursor=[^"]+)"', page)
    assert following
    assert regulator.open(following[1].replace("&amp;", "&")).count('class="cc-rowhead"') == 3
    assert "列表食品7甲" in regulator.open("/businesses?q=列表食品7甲")
    assert "No business is found" in regulator.open("/businesses?q=没有这家")
    assert 'role="alert"' in regulator.open("/businesses?kind=bakery", 422)


def test_strangers_see_who_it_is_and_no_more(app: Flask, world: World, people: People) -> None:
    goods = world.cleared()
    here = f"/businesses/{goods['owner']['business_id']}"
    other = Reader.of(app, people.regulator("511011"))
    page = other.open(here)
    assert goods["owner"]["name"] in page
    for secret in ("13800000000", "张示例", "示例路1号", "200 kg"):
        assert secret not in page
    other.open(f"{here}/decisions/close", 404)
    other.open(f"{here}/sites/new", 404)
    inspector = Reader.of(app, world.inspector)
    assert "13800000000" in inspector.open(here)
    inspector.open("/businesses/new", 403)
    own = Reader.of(app, world.regulator).open(here)
    assert "200 kg" in own
