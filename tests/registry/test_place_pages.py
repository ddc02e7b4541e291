"""Pages of venues, sites and stewards: from the form to the sign, what was typed is kept, who finds which button."""

import re

import pytest
from flask import Flask

from coldchain.core import db
from coldchain.regions import service as regions
from tests.factories.reader import Reader
from tests.factories.world import World


@pytest.fixture
def regulator(app: Flask, world: World) -> Reader:
    """The district's regulator at the pages."""
    with db.transaction() as session:
        regions.ensure_office(session, "230203", "示例光明所")
    return Reader.of(app, world.regulator)


def test_a_venue_from_the_form_to_its_sign_and_renamed(regulator: Reader, world: World) -> None:
    regulator.open("/venues/new")
    page = regulator.send("/venues/new", 422, name="示例表单市场", latitude="47.35", address="示例路")
    for kept in ('value="示例表单市场"', 'value="47.35"', 'href="#f-kind"'):
        assert kept in page
    page = regulator.send("/venues/new", 422, kind="market")
    assert 'href="#f-longitude"' in page
    page = regulator.send("/venues/new", 200, kind="market", longitude="123.95", office="示例光明所")
    here = regulator.path
    code = re.search(r"/api/v1/signs/(V[0-9A-Z]{11})/sign\.pdf", page)
    assert code
    assert 'href="geo:47.350000,123.950000?q=47.350000,123.950000"' in page
    regulator.open(f"{here}/correct")
    page = regulator.send(f"{here}/correct", 422, name="")
    assert 'value="123.950000"' in page
    page = regulator.send(f"{here}/correct", 200, name="示例新市场", latitude="", longitude="")
    assert "示例表单市场" in page, "its former name"
    assert code[1] in page
    assert "geo:" not in page
    owner = world.business()
    world.site(owner, "stall", venue_id=here.rpartition("/")[2], name="示例摊")
    assert "示例摊" in regulator.open(here)
    listed = regulator.open("/venues?q=新市场")
    assert "示例新市场" in listed
    assert re.search(r'data-th="Sites">1<', listed)
    assert "No venue is found" in regulator.open("/venues?q=没有这个")
    regulator.open("/venues?kind=nonsense", 422)


def test_a_site_is_corrected_and_a_steward_named_then_replaced(app: Flask, regulator: Reader, world: World) -> None:
    owner = world.business()
    site = world.site(owner)
    here = f"/sites/{site['site_id']}"
    page = regulator.open(here)
    assert page.count("/stewards/new?kind=") >= 3
    regulator.open(f"{here}/correct")
    page = regulator.send(f"{here}/correct", 422, latitude="91", longitude="0")
    assert 'value="91"' in page
    page = regulator.send(f"{here}/correct", 200, name="示例改名库", latitude="", longitude="", office="示例光明所")
    assert "示例改名库" in page
    assert site["name"] in page
    new = f"{here}/stewards/new"
    regulator.open(f"{new}?kind=industry")
    page = regulator.send(new, 422, name="", publish_phone="true")
    for kept in ('href="#f-name"', 'value="industry" checked', 'value="true" checked'):
        assert kept in page
    page = regulator.send(new, 422, name="周示例", publish_phone="true")
    assert 'href="#f-phone"' in page
    page = regulator.send(new, 200, phone="0832-0000009", started_on="2021-01-05")
    assert "周示例" in page
    regulator.open(f"{new}?kind=industry")
    page = regulator.send(new, 200, name="吴示例", started_on="2021-01-20")
    assert "1 former steward" in page
    end = re.search(r"/stewards/[0-9a-f-]{36}/end", page)
    assert end
    regulator.open(end[0])
    regulator.send(end[0], 422, ended_on="2021-01-01")
    page = regulator.send(end[0], 200, ended_on="2021-01-25")
    assert "2 former stewards" in page
    assert "already" in regulator.open(end[0], 409) or "ended on" in regulator.text
    merchant = Reader.of(app, world.merchant(owner))
    page = merchant.open(here)
    assert "/stewards/new?kind=enterprise" in page
    assert "/stewards/new?kind=industry" not in page
    page = merchant.open(f"{here}/stewards/new")
    assert 'value="industry"' not in page
    assert "示例改名库" in regulator.open("/stewards")


def test_readers_without_the_right_find_no_button(app: Flask, world: World) -> None:
    venue = world.regulator.post(
        "/venues", {"name": "示例商场", "kind": "mall", "region_code": "230203", "address": "示例路"}, 201
    )
    inspector = Reader.of(app, world.inspector)
    page = inspector.open(f"/venues/{venue['venue_id']}")
    assert "/correct" not in page
    assert "sign.pdf" in page, "an inspector may print what hangs at the door"
    assert "/venues/new" not in inspector.open("/venues")
    merchant = Reader.of(app, world.merchant(world.business()))
    assert "sign.pdf" not in merchant.open(f"/venues/{venue['venue_id']}")
    merchant.open(f"/venues/{venue['venue_id']}/correct", 403)


def test_a_merchant_reads_how_many_sites_are_its_own_and_no_zero_of_what_it_cannot_see(
    app: Flask, world: World
) -> None:
    market = {"name": "示例市场", "kind": "market", "region_code": "230203", "address": "示例路"}
    venue = world.regulator.post("/venues", market, 201)
    owner, other = world.business(), world.business()
    world.site(owner, "stall", venue_id=venue["venue_id"])
    world.site(other, "cold_store", venue_id=venue["venue_id"])
    page = Reader.of(app, world.merchant(owner)).open("/venues")
    assert re.search(r'data-th="Your sites">1<', page)
    assert 'data-th="Cold stores"' not in page
    assert 'data-th="Businesses"' not in page
    page = Reader.of(app, world.regulator).open("/venues")
    assert re.search(r'data-th="Sites">2<.*data-th="Cold stores">1<.*data-th="Businesses">2<', page)
