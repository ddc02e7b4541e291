"""Goods declared in advance: no stock until they are taken in, late ones flagged, notices find them (R3, R6, R9)."""

import pytest
from sqlmodel import select

from coldchain.batches.models import Flag
from coldchain.core import db
from coldchain.ledger import check
from coldchain.ledger.models import Holding, Movement
from tests.batches.deliveries import Delivery, at, hours
from tests.recall.test_sweep import announced, tasks


@pytest.fixture
def delivery(scenes):
    """An importer that declares."""
    with at():
        yield scenes.of(Delivery)


def late_flags(world):
    return world.regulator.get("/flags?kind=declared_late")["items"]


def test_declared_goods_are_no_stock_until_they_are_taken_in(world, delivery):
    made = delivery.declare()
    assert (made["state"], made["arrived_at"], made["flags"]) == ("declared", None, [])
    assert {batch["status"] for batch in made["batches"]} == {"declared"}
    with db.transaction() as session:
        assert session.exec(select(Movement)).all() == session.exec(select(Holding)).all() == []
    first, second = (batch["batch_id"] for batch in made["batches"])
    assert delivery.batch(made)["stock"] == []
    assert "not_arrived" in delivery.missing(first)
    refused = delivery.merchant.post(f"/batches/{first}/label-runs", {"level": "batch"}, 409)
    assert refused["code"] == "not_arrived"
    assert [b["batch_id"] for b in delivery.merchant.get("/batches?status=declared")["items"]] == [second, first]
    with at(49):
        taken = delivery.take_in(
            made, arrived_at=hours(48.5), container_no="CSQU3054383", seal_no="HL1",
            lines=[{"batch_id": second, "quantity_units": 27, "zone_id": delivery.other_zone["zone_id"]}],
        )  # fmt: skip
        assert (taken["state"], taken["container_no"], taken["seal_no"]) == ("arrived", "CSQU3054383", "HL1")
        assert taken["flags"] == ["quantity_differs"]
        names = ("quantity_units", "declared_units", "piece_count", "status")
        came = [tuple(batch[name] for name in names) for batch in taken["batches"]]
        assert came == [(60, 60, 10, "held"), (27, 30, 5, "held")]
        stock = delivery.batch(taken, 1)["stock"]
        assert [(row["quantity_units"], row["zone_id"]) for row in stock] == [(27, delivery.other_zone["zone_id"])]
        assert "not_arrived" not in delivery.missing(second)
        assert delivery.take_in(made, 409)["code"] == "wrong_state"
        found = delivery.merchant.get("/search?q=CSQU3054383")["items"]
        assert {first, second} <= {item.get("batch_id") or item.get("id") for item in found}
    with db.transaction() as session:
        assert [(m.kind, m.late) for m in session.exec(select(Movement))] == [("intake", True)] * 2
        assert check.stock_from_movements(session) is check.movements_from_journal(session) is None


def test_papers_given_before_the_goods_count_when_they_come(world, delivery):
    made = delivery.declare(delivery.line())
    batch_id = made["batches"][0]["batch_id"]
    world.papers(delivery.owner, made)
    assert delivery.batch(made)["status"] == "declared"
    with at(48):
        delivery.take_in(made)
        assert not {"evidence_missing", "not_arrived"} & set(delivery.missing(batch_id))


def test_a_line_that_did_not_come_is_withdrawn_and_not_all_may_be(delivery):
    made = delivery.declare()
    lines = [{"batch_id": batch["batch_id"], "quantity_units": 0} for batch in made["batches"]]
    with at(48):
        refused = delivery.take_in(made, 422, lines=lines)
        assert refused["errors"][0]["code"] == "nothing_received"
        taken = delivery.take_in(made, lines=lines[:1])
        assert [batch["status"] for batch in taken["batches"]] == ["withdrawn", "held"]
        assert delivery.missing(lines[0]["batch_id"])[0] == "withdrawn"
        assert delivery.batch(taken)["stock"] == []


@pytest.mark.parametrize(("ahead", "late"), [(24, False), (23.99, True)])
def test_less_than_a_day_ahead_is_flagged_and_not_refused(world, delivery, ahead, late):
    made = delivery.declare(expected_at=hours(ahead))
    assert (made["flags"] == ["declared_late"]) is late
    flags = late_flags(world)
    assert len(flags) == late
    if late:
        assert flags[0]["subject_id"] == made["arrival_id"]
        assert flags[0]["data"]["hours"] == 24


def test_goods_that_come_sooner_than_they_said_are_late_once(world, delivery):
    made = delivery.declare(container_no="CSQU3054383", seal_no="HL20771")
    with at(6):
        assert delivery.take_in(made, arrived_at=hours(5))["flags"] == ["declared_late"]
        assert len(late_flags(world)) == 1
    late = delivery.declare(expected_at=hours(2))
    with at(6):
        delivery.take_in(late)
    with db.transaction() as session:
        assert len(session.exec(select(Flag).where(Flag.kind == "declared_late")).all()) == 2


def test_a_container_without_its_seal_is_seen_at_intake(delivery):
    made = delivery.declare(container_no="CSQU3054383")
    assert "seal_missing" not in made["flags"]
    with at(48):
        assert "seal_missing" in delivery.take_in(made)["flags"]


WRONG = [
    ({"expected_at": None}, "/expected_at", "required"),
    ({"expected_at": hours(-1)}, "/expected_at", "in_past"),
    ({"expected_at": hours(366 * 24 + 1)}, "/expected_at", "too_far"),
    ({"arrived_at": hours(-1)}, "/arrived_at", "not_yet"),
]


@pytest.mark.parametrize(("fields", "pointer", "code"), WRONG)
def test_what_a_declaration_must_say(delivery, fields, pointer, code):
    body = {name: value for name, value in (delivery.body() | fields).items() if value is not None}
    refused = delivery.merchant.post("/arrivals", body, 422)
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(pointer, code)]


def test_a_year_ahead_is_the_furthest(delivery):
    delivery.declare(expected_at=hours(366 * 24))


def test_wrong_lines_of_an_intake_change_nothing(world, delivery):
    made, other = delivery.declare(), delivery.declare()
    first = made["batches"][0]["batch_id"]
    stranger = world.zone(world.site(delivery.owner))
    for lines, code in (
        ([{"batch_id": other["batches"][0]["batch_id"]}], "unknown_batch"),
        ([{"batch_id": first}, {"batch_id": first}], "duplicate_batch"),
        ([{"batch_id": first, "zone_id": stranger["zone_id"]}], "wrong_site"),
    ):
        assert delivery.take_in(made, 422, lines=lines)["errors"][0]["code"] == code
    mixed = [{"batch_id": first, "zone_id": delivery.general["zone_id"]}]
    assert delivery.take_in(made, 409, lines=mixed)["code"] == "zone_not_dedicated"
    assert delivery.take_in(made, 422, arrived_at=hours(1))["errors"][0]["code"] == "in_future"
    assert delivery.merchant.get(f"/arrivals/{made['arrival_id']}")["state"] == "declared"


def test_only_the_owner_and_its_officers_take_in(world, delivery):
    made = delivery.declare()
    path = f"/arrivals/{made['arrival_id']}/intake"
    world.merchant(world.business()).post(path, {}, 404)
    world.people.regulator("110101").post(path, {}, 404)
    with at(48):
        assert world.regulator.post(path, {}, 200)["state"] == "arrived"


def test_a_notice_finds_what_is_declared_and_locks_it_when_it_comes(world, delivery):
    """Before and after the announcement: locked at once, a task as soon as there is a place with goods."""
    before = delivery.declare(delivery.line())
    recall = announced(world)
    after = delivery.declare(delivery.line())
    for made in (before, after):
        assert delivery.batch(made)["restriction"] == "locked"
    assert tasks(world, recall) == []
    with at(48):
        for made in (before, after):
            taken = delivery.take_in(made)
            (row,) = delivery.batch(taken)["stock"]
            assert (row["quantity_units"], row["locked_units"]) == (60, 60)
        (task,) = tasks(world, recall)
        assert sorted(row["quantity_units"] for row in task["expected"]) == [60, 60]
        assert task["site_id"] == delivery.site["site_id"]


def test_the_container_named_at_intake_is_what_a_notice_looks_for(world, delivery):
    made = delivery.declare(delivery.line())
    recall = announced(world, criterion={"container_nos": ["CSQU3054383"]})
    assert delivery.batch(made)["restriction"] == "none"
    with at(48):
        taken = delivery.take_in(made, container_no="CSQU3054383", seal_no="HL1")
        assert delivery.batch(taken)["restriction"] == "locked"
        assert len(tasks(world, recall)) == 1


def test_declared_goods_can_not_be_sent(world, delivery):
    made = delivery.declare(delivery.line())
    body = {
        "from_zone_id": delivery.zone["zone_id"], "to": {"name": "孙示例", "phone": "13600000000"},
        "handover": "await_confirmation",
        "lines": [{"batch_id": made["batches"][0]["batch_id"], "quantity_units": 6}],
    }  # fmt: skip
    assert delivery.merchant.post("/consignments", body, 409)["code"] == "not_arrived"


def test_the_public_reads_that_they_have_not_come(delivery, client):
    made = delivery.declare(delivery.line())
    shown = client.get(f"/C/{made['batches'][0]['batch_code']}", headers={"Accept": "application/json"}).json
    assert shown["badge"] == "amber"
    assert [reason["code"] for reason in shown["reasons"]].count("not_arrived") == 1
