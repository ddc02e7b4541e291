"""Venues and sites corrected, their coordinates, their signs, and who may do what with them."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from coldchain.accounts import service as accounts
from coldchain.core import db
from coldchain.journal import history
from coldchain.labels.code import qr_text
from coldchain.regions import service as regions
from coldchain.registry.service import venues

VENUE = {"name": "示例福鼎市场", "kind": "market", "region_code": "230203", "address": "示例路"}


def codes(problem):
    return {(error["pointer"], error["code"]) for error in problem["errors"]}


def test_a_renamed_venue_keeps_its_sign_and_what_was_said_before(world):
    with db.transaction() as session:
        regions.ensure_office(session, "230203", "示例光明所")
    made = world.regulator.post("/venues", VENUE | {"latitude": 47.3542, "longitude": 123.9551}, 201)
    assert (made["latitude"], made["longitude"]) == (47.3542, 123.9551)
    body = {"name": "示例新福鼎市场", "kind": "park", "address": "示例新路", "office": "示例光明所"}
    corrected = world.regulator.post(f"/venues/{made['venue_id']}/correct", body, 200)
    assert corrected["sign_code"] == made["sign_code"]
    assert (corrected["name"], corrected["kind"], corrected["latitude"]) == ("示例新福鼎市场", "park", None)
    assert corrected["office"]["name"] == "示例光明所"
    assert world.regulator.get(f"/venues/{made['venue_id']}") == corrected
    world.regulator.post(f"/venues/{made['venue_id']}/correct", body, 200)  # nothing new: no fact
    with db.transaction() as session:
        (told,) = history.of_subject(session, made["venue_id"], ["venue.corrected"])
        assert told.data["before"]["name"] == VENUE["name"]
        assert told.data["before"]["latitude"] == "47.354200"
        assert told.data["after"]["name"] == "示例新福鼎市场"
        assert "region_code" not in told.data["after"]
        assert venues.former_names(session, made["venue_id"]) == [VENUE["name"]]
    elsewhere = world.people.regulator("230202")
    elsewhere.post(f"/venues/{made['venue_id']}/correct", body, 404)
    world.inspector.post(f"/venues/{made['venue_id']}/correct", body, 403)


def test_a_site_is_corrected_by_its_owner_and_its_officers(world):
    owner, stranger = world.business(), world.business()
    with db.transaction() as session:
        office = regions.ensure_office(session, "230203", "示例光明所")
    world.people.admin().post(f"/offices/{office.office_id}/grids", {"code": "G1", "name": "一格"}, 201)
    venue = world.regulator.post("/venues", VENUE, 201)
    site = world.site(owner)
    body = {
        "name": "示例新库", "address": "示例路 9 号", "office": "示例光明所", "grid": "G1", "latitude": -90,
        "longitude": 180, "venue_id": venue["venue_id"],
    }  # fmt: skip
    corrected = world.merchant(owner).post(f"/sites/{site['site_id']}/correct", body, 200)
    assert corrected["sign_code"] == site["sign_code"]
    assert (corrected["grid"]["code"], corrected["venue"]["name"]) == ("G1", VENUE["name"])
    assert (corrected["latitude"], corrected["longitude"], corrected["kind"]) == (-90, 180, site["kind"])
    world.merchant(stranger).post(f"/sites/{site['site_id']}/correct", body, 404)
    world.people.regulator("230202").post(f"/sites/{site['site_id']}/correct", body, 404)
    path = f"/sites/{site['site_id']}/correct"
    assert ("/grid", "unknown_grid") in codes(world.regulator.post(path, body | {"grid": "G2"}, 422))
    assert ("/longitude", "half_a_place") in codes(world.regulator.post(path, body | {"longitude": None}, 422))
    for name, bound in (("latitude", 90), ("longitude", 180)):
        for past in (bound + 0.000001, -bound - 0.000001):
            assert (f"/{name}", "out_of_range") in codes(world.regulator.post(path, body | {name: past}, 422))


def test_no_place_changes_its_code_whoever_asks(world, owner_url):
    site = world.site(world.business())
    zone = world.zone(site)
    assert {site["sign_code"][0], zone["sign_code"][0]} == {"S", "Z"}
    engine = db.connect(owner_url)
    for table in ("site", "zone"):
        with pytest.raises(DBAPIError, match="keeps its code"), engine.begin() as connection:
            connection.execute(text(f"UPDATE {table} SET sign_code = 'S' || sign_code"))
    engine.dispose()


def test_signs_are_printed_by_who_works_there(world):
    owner, stranger = world.business(), world.business()
    site = world.site(owner)
    zone = world.zone(site)
    venue = world.regulator.post("/venues", VENUE, 201)
    merchant = world.merchant(owner)
    for code in (site["sign_code"], zone["sign_code"], zone["sign_code"].lower()):
        response = merchant.client.get(
            f"/api/v1/signs/{code}/sign.png?size=a5", headers={"Authorization": f"Bearer {merchant.token}"}
        )
        assert (response.status_code, response.content_type) == (200, "image/png")
    response = world.regulator.client.get(
        f"/api/v1/signs/{venue['sign_code']}/sign.pdf", headers={"Authorization": f"Bearer {world.regulator.token}"}
    )
    assert response.data.startswith(b"%PDF")
    assert f"{venue['sign_code']}-a4-sign.pdf" in response.headers["Content-Disposition"]
    merchant.get(f"/signs/{venue['sign_code']}/sign.pdf", 404)
    world.merchant(stranger).get(f"/signs/{site['sign_code']}/sign.pdf", 404)
    merchant.get("/signs/S00000000000/sign.pdf", 404)
    merchant.get(f"/signs/{site['sign_code']}/sign.pdf?size=a3", 422)
    merchant.get(f"/signs/{zone['sign_code']}/stewards.pdf", 404)
    assert qr_text("https://trace.example/C/" + site["sign_code"]).isupper()


def test_counts_are_of_what_the_asker_sees(world):
    venue = world.regulator.post("/venues", VENUE, 201)
    owner, other = world.business(), world.business()
    world.site(owner, "cold_store", venue_id=venue["venue_id"])
    world.site(owner, "stall", venue_id=venue["venue_id"])
    world.site(other, "stall", venue_id=venue["venue_id"])

    def counted(speaker):
        with db.transaction() as session:
            actor = accounts.actor_of(session, accounts.user_by_name(session, speaker.user.username))
            return venues.counts(session, actor, [UUID(venue["venue_id"])]).get(UUID(venue["venue_id"]))

    assert counted(world.regulator) == venues.Counts(3, 1, 2)
    assert counted(world.merchant(owner)) == venues.Counts(2, 1, 1)
    assert counted(world.people.regulator("230202")) == venues.Counts(0, 0, 0)
    lab = world.business(kinds=["lab"], handles_imported=False)
    assert counted(world.people.lab(lab["business_id"])) is None
