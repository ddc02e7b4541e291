"""Goods of a sweep that had left before the books knew: the lock, who looks where, what the bulletin says and when."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from coldchain.core import db
from coldchain.core.clock import now
from coldchain.journal import history
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.recall.test_sweep import announced, confirm, report, tasks

PERSON = {"name": "王示例", "phone": "13700000000", "address": "示例路7号"}


def signed(world: World, have: dict[str, Any], to: Any, units: int, minutes: int, expect: int = 201) -> dict[str, Any]:
    """Enter now what somebody signed for some minutes ago."""
    made: dict[str, Any] = world.merchant(have["owner"]).post(
        "/consignments",
        {
            "from_zone_id": have["zone"]["zone_id"], "to": to, "handover": "signed_in_person",
            "occurred_at": (now() - timedelta(minutes=minutes)).isoformat(),
            "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": units}],
        },
        expect,
    )  # fmt: skip
    return made


def at(world: World, recall: dict[str, Any], site: dict[str, Any]) -> dict[str, Any]:
    """Return the task at a site."""
    return next(task for task in tasks(world, recall) if task["site_id"] == site["site_id"])


def lines(world: World, recall: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the recall's late lines."""
    items: list[dict[str, Any]] = world.regulator.get(f"/recalls/{recall['recall_id']}/late-lines")["items"]
    return items


def test_signed_for_before_the_lock_and_entered_after_it(world: World) -> None:
    """Signed for at 11, locked at 12, entered at 14: accepted, late; both sites are looked at, the recall says so."""
    have, shop = world.cleared(100, series="分割鸡"), world.shop()
    recall = announced(world)
    left = at(world, recall, have["site"])
    world.inspector.post(f"/sweep-tasks/{left['task_id']}/findings", {"outcome": "none_found"}, 201)
    assert at(world, recall, have["site"])["state"] == "none_found"
    before = now()
    made = signed(world, have, {"business": shop["owner"]["business_id"]}, 30, 180)
    assert (made["state"], made["late"]) == ("signed", True)
    assert [warning["code"] for warning in made["warnings"]] == ["late_under_recall", "expired"]
    assert at(world, recall, have["site"])["state"] == "open", "somebody looks again where they left"
    there = at(world, recall, shop["site"])
    assert (there["state"], [row["quantity_units"] for row in there["expected"]]) == ("open", [30])
    (line,) = lines(world, recall)
    assert (line["quantity_units"], line["mass_g"], line["subject_id"]) == (30, 60_000, made["consignment_id"])
    assert (line["site_id"], line["to_site_id"]) == (have["site"]["site_id"], shop["site"]["site_id"])
    assert line["to_business"]["business_id"] == shop["owner"]["business_id"]
    stock = world.regulator.get(f"/batches/{have['batch']['batch_id']}")["stock"]
    assert all(row["locked_units"] == row["quantity_units"] for row in stock)
    found = report(world, recall)
    assert (found["figures"]["late_entries"], found["figures"]["late_mass_g"]) == (1, 60_000)
    assert "补录1笔" in found["text_zh"]
    assert "60 kg had left" in found["text_en"]
    earlier = report(world, recall, before)
    assert (earlier["figures"]["late_entries"], "补录" in earlier["text_zh"]) == (0, False)


def test_what_arrives_is_expected_once(world: World) -> None:
    have, shop = world.cleared(100, series="分割鸡"), world.shop()
    recall = announced(world)
    made = signed(world, have, {"business": shop["owner"]["business_id"]}, 30, 180)
    confirm(world, made, shop, shop["zone"], have["batch"]["batch_id"], 30)
    there = at(world, recall, shop["site"])
    assert sum(row["quantity_units"] for row in there["expected"]) == 30


def test_goods_that_a_name_signed_for_have_a_task_with_the_phone(world: World) -> None:
    have = world.cleared(100, series="分割鸡")
    recall = announced(world)
    made = signed(world, have, PERSON, 10, 60)
    (task,) = [task for task in tasks(world, recall) if task["site_id"] is None]
    assert (task["consignment_id"], task["receiver"]) == (made["consignment_id"], PERSON)
    assert [row["quantity_units"] for row in task["expected"]] == [10]
    assert lines(world, recall)[0]["to_business"] is None


def test_goods_on_the_road_to_a_name_are_looked_for_there(world: World) -> None:
    """Unconfirmed for ever, since nobody can: located at the buyer, with the phone to call."""
    have = world.cleared(100, series="分割鸡")
    world.merchant(have["owner"]).post(
        "/consignments",
        {
            "from_zone_id": have["zone"]["zone_id"], "to": PERSON, "handover": "await_confirmation",
            "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": 10}],
        },
        201,
    )  # fmt: skip
    recall = announced(world)
    (task,) = [task for task in tasks(world, recall) if task["site_id"] is None]
    assert task["receiver"] == PERSON
    assert [row["quantity_units"] for row in task["expected"]] == [10]


@pytest.mark.parametrize("handover", ["await_confirmation", "signed_in_person"])
def test_intended_or_on_the_spot_it_stays_refused(world: World, handover: str) -> None:
    have, shop = world.cleared(100, series="分割鸡"), world.shop()
    recall = announced(world)
    minutes = 180 if handover == "await_confirmation" else 10
    body = {
        "from_zone_id": have["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
        "handover": handover, "occurred_at": (now() - timedelta(minutes=minutes)).isoformat(),
        "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": 30}],
    }  # fmt: skip
    assert world.merchant(have["owner"]).post("/consignments", body, 409)["code"] == "locked"
    assert lines(world, recall) == []


def test_each_late_entry_is_a_line_and_a_fact(world: World) -> None:
    have, shop = world.cleared(100, series="分割鸡"), world.shop()
    recall = announced(world)
    for minutes in (60, 120):
        signed(world, have, {"business": shop["owner"]["business_id"]}, 5, minutes)
    assert [line["quantity_units"] for line in lines(world, recall)] == [5, 5]
    assert report(world, recall)["figures"]["late_entries"] == 2
    with db.transaction() as session:
        told = history.of_subject(session, UUID(recall["recall_id"]), ["recall.late_entered"])
    assert len(told) == 2


def test_who_reads_the_late_lines(world: World) -> None:
    have, shop = world.cleared(100, series="分割鸡"), world.shop()
    recall = announced(world)
    signed(world, have, {"business": shop["owner"]["business_id"]}, 5, 60)
    address = f"/recalls/{recall['recall_id']}/late-lines"
    world.inspector.get(address, 200)
    world.people.regulator("511011").get(address, 404)
    world.merchant(have["owner"]).get(address, 403)


def test_the_board_shows_what_had_left(app: Flask, world: World) -> None:
    have, shop = world.cleared(100, series="分割鸡"), world.shop()
    recall = announced(world)
    address = f"/recalls/{recall['recall_id']}"
    reader = Reader.of(app, world.regulator)
    assert "Had left before the books knew" not in reader.open(address)
    made = signed(world, have, {"business": shop["owner"]["business_id"]}, 5, 60)
    signed(world, have, PERSON, 5, 60)
    page = reader.open(address)
    assert "Had left before the books knew" in page
    assert f"/consignments/{made['consignment_id']}" in page
    assert PERSON["name"] in page
    assert PERSON["phone"] in reader.open(f"{address}/route")
