"""Flags: officers of the region see them and close them with a reason; nobody else knows of them."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import flags
from coldchain.batches.flags import Mark
from coldchain.batches.models import FLAG_KINDS
from coldchain.batches.pages_words import FLAG_KINDS as FLAG_WORDS
from coldchain.core import clock, db
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World


@pytest.fixture
def goods(scenes: Scenes) -> dict[str, Any]:
    """A store with one cleared batch, whose own flags are closed."""
    return scenes.of(_without_flags)


def _without_flags(world: World) -> dict[str, Any]:
    goods = world.cleared(100)
    for flag in world.regulator.get("/flags")["items"]:
        world.regulator.post(f"/flags/{flag['flag_id']}/close", {"reason": "示例"}, 200)
    return goods


def raised(goods: dict[str, Any], kind: str = "count_under_lock", region_code: str = "230203", **data: Any) -> UUID:
    """Raise a flag about the batch and return its id."""
    given = {"quantity_units": 13, "held_units": 7, "site_id": goods["site"]["site_id"]} | data
    batch_id = UUID(goods["batch"]["batch_id"])
    owner_id = UUID(goods["owner"]["business_id"])
    mark = Mark(kind, "batch", batch_id, region_code, clock.now(), batch_id, owner_id, given)
    with db.transaction() as session:
        return flags.raise_(session, SYSTEM, [mark])[0]


def test_every_kind_has_its_word() -> None:
    assert set(FLAG_WORDS) == set(FLAG_KINDS)


def test_an_officer_reads_and_closes_a_flag(world: World, goods: dict[str, Any]) -> None:
    flag_id = raised(goods)
    (seen,) = world.regulator.get("/flags")["items"]
    assert seen["flag_id"] == str(flag_id)
    assert (seen["kind"], seen["state"], seen["closed_at"]) == ("count_under_lock", "open", None)
    assert seen["batch_code"] == goods["batch"]["batch_code"]
    assert seen["business"]["name"] == goods["owner"]["name"]
    assert seen["data"]["held_units"] == 7
    path = f"/flags/{flag_id}/close"
    world.regulator.post(path, {}, 422)
    world.regulator.post(path, {"reason": " "}, 422)
    closed = world.regulator.post(path, {"reason": "现场已核对"}, 200)
    assert (closed["state"], closed["closed_reason"]) == ("closed", "现场已核对")
    assert world.regulator.post(path, {"reason": "again"}, 409)["code"] == "wrong_state"
    assert world.regulator.get("/flags")["items"] == []
    assert [each["flag_id"] for each in world.regulator.get("/flags?state=closed&kind=count_under_lock")["items"]] == [
        str(flag_id)
    ]


def test_who_else_may_what(world: World, people: People, goods: dict[str, Any]) -> None:
    flag_id = raised(goods)
    path = f"/flags/{flag_id}/close"
    assert len(world.inspector.get("/flags")["items"]) == 1
    world.inspector.post(path, {"reason": "x"}, 403)
    assert people.regulator("511011").get("/flags")["items"] == []
    people.regulator("511011").post(path, {"reason": "x"}, 404)
    world.regulator.post(f"/flags/{uuid4()}/close", {"reason": "x"}, 404)
    owner = world.merchant(goods["owner"])
    owner.get("/flags", 403)
    owner.post(path, {"reason": "x"}, 403)
    people.nobody().get("/flags", 401)


def test_the_list_filters_and_pages(world: World, goods: dict[str, Any]) -> None:
    ids = [str(raised(goods, kind)) for kind in ("count_differs", "warmer_zone", "count_differs")]
    world.regulator.get("/flags?state=lost", 422)
    world.regulator.get("/flags?colour=red", 422)
    found = world.regulator.get("/flags?kind=count_differs")["items"]
    assert [each["flag_id"] for each in found] == [ids[2], ids[0]]
    assert world.regulator.get(f"/flags?batch_id={uuid4()}")["items"] == []
    first = world.regulator.get("/flags?limit=2")
    rest = world.regulator.get(f"/flags?limit=2&cursor={first['next']}")
    assert [each["flag_id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None


def test_the_page_leads_to_the_document_and_closes_with_a_reason(
    app: Flask, world: World, goods: dict[str, Any]
) -> None:
    flag_id = raised(goods)
    officer = Reader.of(app, world.regulator)
    assert "1 flag to look at" in officer.open("/")
    page = officer.open("/flags")
    assert "Locked goods are not there" in page
    assert f'href="/batches/{goods["batch"]["batch_id"]}"' in page
    assert "2 pieces + 1 unit" in page
    assert "of them locked: 1 piece + 1 unit" in page
    path = f"/flags/{flag_id}/close"
    officer.open(path)
    page = officer.send(path, 422, reason=" ")
    assert 'href="#f-reason"' in page
    assert "cc-errors" in page
    officer.send(path, 200, reason="现场已核对，货在隔离区")
    assert officer.path == "/flags"
    assert "The flag is closed." in officer.text
    assert "No flag is open" in officer.text
    assert "现场已核对，货在隔离区" in officer.open("/flags?state=closed")
    page = officer.open(path, 409)
    assert 'name="reason"' not in page
    assert "to look at" not in officer.open("/")


def test_the_inspector_sees_the_line_and_the_page_but_no_button(
    app: Flask, world: World, goods: dict[str, Any]
) -> None:
    inspector = Reader.of(app, world.inspector)
    assert 'href="/flags"' in inspector.open("/"), "in the navigation"
    assert "flag to look at" not in inspector.text
    flag_id = raised(goods, "late_under_lock")
    assert "1 flag to look at" in inspector.open("/")
    page = inspector.open("/flags")
    assert "Entered after the lock: had left before" in page
    assert f"/flags/{flag_id}/close" not in page
    inspector.open(f"/flags/{flag_id}/close", 403)


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_the_pages_are_drawn_in_both_languages(app: Flask, world: World, goods: dict[str, Any], lang: str) -> None:
    officer = Reader.of(app, world.regulator, lang=lang)
    assert officer.open("/flags").count("<h1") == 1
    for kind in FLAG_KINDS:
        raised(goods, kind)
    flag_id = raised(goods)
    for address in ("/", "/flags", "/flags?state=closed", f"/flags/{flag_id}/close"):
        assert officer.open(address).count("<h1") == 1, address
    for kind in FLAG_KINDS:
        assert len(world.regulator.get(f"/flags?kind={kind}")["items"]) >= 1
        assert officer.open(f"/flags?kind={kind}").count("<tr") >= 2
