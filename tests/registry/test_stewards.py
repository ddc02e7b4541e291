"""Stewards of cold stores: who names whom, that history stays, what may be read by whom, which stores lack one."""

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from coldchain.core import db
from coldchain.home import personal_records
from coldchain.journal import personal
from coldchain.journal.models import JournalEntry
from coldchain.registry.models_stewards import Steward
from coldchain.registry.service import stewards

PHONES = {"territorial": "0832-0000001", "industry": "0832-0000002", "enterprise": "13800000003"}


def body(kind, name="张示例", **more):
    return {"kind": kind, "name": name, "started_on": "2021-01-05", "phone": PHONES[kind]} | more


def codes(problem):
    return {(error["pointer"], error["code"]) for error in problem["errors"]}


def test_three_posts_a_successor_and_the_history(world):
    owner = world.business()
    site = world.site(owner)
    path = f"/sites/{site['site_id']}/stewards"
    for kind in PHONES:
        world.regulator.post(path, body(kind, publish_phone=kind != "enterprise"), 201)
    again = world.regulator.post(path, body("industry", "李示例", started_on="2021-01-20"), 201)
    listed = world.regulator.get(path)["items"]
    assert (listed[0]["kind"], listed[0]["name"], listed[0]["ended_on"]) == ("industry", "李示例", None)
    assert {(each["name"], each["ended_on"]) for each in listed if each["kind"] == "industry"} == {
        ("李示例", None), ("张示例", "2021-01-20"),
    }  # fmt: skip
    assert len(listed) == 4
    early = world.regulator.post(path, body("industry", "王示例", started_on="2021-01-19"), 422)
    assert ("/started_on", "wrong_order") in codes(early)
    world.regulator.post(f"/stewards/{again['steward_id']}/end", {"ended_on": "2021-01-25"}, 200)
    assert world.regulator.post(f"/stewards/{again['steward_id']}/end", {"ended_on": "2021-01-26"}, 409)
    with db.transaction() as session:
        (held,) = stewards.stewards_of(session, [UUID(site["site_id"])]).values()
        assert [(each.kind, each.phone) for each in held] == [
            ("territorial", PHONES["territorial"]), ("enterprise", PHONES["enterprise"]),
        ]  # fmt: skip
        (held,) = stewards.stewards_of(session, [UUID(site["site_id"])], public=True).values()
        assert [(each.name, each.phone) for each in held] == [("张示例", PHONES["territorial"]), ("张示例", None)]
    with db.transaction() as session:
        stewards.stewards_of(session, [UUID(site["site_id"])], public=True)
        assert not personal.shown(session), "what hangs at the door is nobody's reading"
        stewards.stewards_of(session, [UUID(site["site_id"])])
        assert len(personal.shown(session)) == 4
        facts = session.scalars(select(col(JournalEntry.body)).where(col(JournalEntry.kind).startswith("steward.")))
        kept = "".join(facts)
        assert "示例" not in kept
        assert not any(phone in kept for phone in PHONES.values())
        assert "2021-01-25" in kept


def test_a_business_names_its_own_steward_only(world):
    owner, stranger = world.business(), world.business()
    store, shop = world.site(owner), world.site(owner, "shop")
    merchant = world.merchant(owner)
    mine = merchant.post(f"/sites/{store['site_id']}/stewards", body("enterprise"), 201)
    assert mine["publish_phone"] is False
    refused = merchant.post(f"/sites/{store['site_id']}/stewards", body("industry"), 403)
    assert refused["code"] == "not_yours_to_name"
    theirs = world.regulator.post(f"/sites/{store['site_id']}/stewards", body("industry"), 201)
    merchant.post(f"/stewards/{theirs['steward_id']}/end", {"ended_on": "2021-01-25"}, 403)
    world.merchant(stranger).post(f"/sites/{store['site_id']}/stewards", body("enterprise"), 404)
    world.merchant(stranger).get(f"/sites/{store['site_id']}/stewards", 404)
    world.merchant(stranger).post(f"/stewards/{mine['steward_id']}/end", {"ended_on": "2021-01-25"}, 404)
    world.inspector.post(f"/sites/{store['site_id']}/stewards", body("industry"), 403)
    wrong = world.regulator.post(f"/sites/{shop['site_id']}/stewards", body("industry"), 422)
    assert ("/site_id", "not_a_cold_store") in codes(wrong)
    bare = body("industry", publish_phone=True) | {"phone": None}
    assert ("/phone", "required") in codes(world.regulator.post(f"/sites/{store['site_id']}/stewards", bare, 422))
    ahead = body("territorial", started_on="2099-01-01")
    refused = world.regulator.post(f"/sites/{store['site_id']}/stewards", ahead, 422)
    assert ("/started_on", "in_future") in codes(refused)


def test_stores_that_lack_one_are_listed(world):
    owner = world.business()
    whole, part, none = (world.site(owner) for _ in range(3))
    world.site(owner, "shop")
    for kind in PHONES:
        world.regulator.post(f"/sites/{whole['site_id']}/stewards", body(kind), 201)
    world.regulator.post(f"/sites/{part['site_id']}/stewards", body("industry"), 201)
    world.site(world.business())
    listed = {row["site_id"]: row["lacking"] for row in world.regulator.get("/stewards/lacking")["items"]}
    assert whole["site_id"] not in listed
    assert listed[part["site_id"]] == ["territorial", "enterprise"]
    assert listed[none["site_id"]] == ["territorial", "industry", "enterprise"]
    bare = {row["site_id"] for row in world.regulator.get("/stewards/lacking?none_at_all=true")["items"]}
    assert part["site_id"] not in bare
    assert none["site_id"] in bare
    assert {row["site_id"] for row in world.merchant(owner).get("/stewards/lacking")["items"]} == {
        part["site_id"], none["site_id"],
    }  # fmt: skip
    assert world.people.regulator("230202").get("/stewards/lacking")["items"] == []
    gone = world.business()
    struck = world.site(gone)["site_id"]
    lacks = lambda: {row["site_id"] for row in world.regulator.get("/stewards/lacking")["items"]}  # noqa: E731
    assert struck in lacks()
    world.regulator.post(f"/businesses/{gone['business_id']}/close", {"reason": "示例"})
    assert struck not in lacks(), "nobody is named at a store of who was struck off"
    first = world.regulator.get("/stewards/lacking?limit=1")
    rest = world.regulator.get(f"/stewards/lacking?limit=1&cursor={first['next']}")
    assert first["items"][0]["site_id"] != rest["items"][0]["site_id"]


def test_a_steward_in_the_post_is_not_let_go_and_a_former_one_is_in_time(world):
    site = world.site(world.business())
    made = world.regulator.post(f"/sites/{site['site_id']}/stewards", body("enterprise"), 201)
    with db.transaction() as session:
        row = session.get_one(Steward, UUID(made["steward_id"]))
        for personal_id in (row.name_id, row.phone_id):
            (use,) = personal_records.uses(session, [personal_id])[personal_id]
            assert (use.kind, use.in_force) == ("steward", True)
    world.regulator.post(f"/stewards/{made['steward_id']}/end", {"ended_on": "2021-01-25"}, 200)
    with db.transaction() as session:
        (use,) = personal_records.uses(session, [row.name_id])[row.name_id]
        assert use.in_force is False


def test_a_term_is_never_rewritten(world, owner_url):
    site = world.site(world.business())
    world.regulator.post(f"/sites/{site['site_id']}/stewards", body("enterprise"), 201)
    engine = db.connect(owner_url)
    for statement in (
        "UPDATE steward SET kind = 'industry'", "UPDATE steward SET publish_phone = true", "DELETE FROM steward"
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match=r"never change|append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()
