"""Withdrawing an arrival while nothing has moved: taken back by movements, nothing deleted (R11)."""

import pytest
from sqlmodel import select

from coldchain.batches.models import Batch
from coldchain.core import db
from coldchain.ledger import check
from coldchain.ledger.models import Holding, Movement
from tests.batches.deliveries import Delivery, at, hours
from tests.recall.test_sweep import announced


@pytest.fixture
def delivery(scenes):
    """An importer that made a mistake."""
    with at():
        yield scenes.of(Delivery)


def test_stock_is_taken_back_by_a_movement_that_names_the_intake(delivery):
    made = delivery.enter()
    with at(1):
        gone = delivery.withdraw(made, reason="录重了")
    assert (gone["state"], gone["withdrawn_reason"], gone["withdrawn_at"][:13]) == (
        "withdrawn", "录重了", gone["withdrawn_at"][:13],
    )  # fmt: skip
    assert {batch["status"] for batch in gone["batches"]} == {"withdrawn"}
    assert delivery.batch(gone)["stock"] == []
    with db.transaction() as session:
        moves = session.exec(select(Movement).order_by(Movement.movement_id)).all()
        assert [move.kind for move in moves] == ["intake", "intake", "withdrawal", "withdrawal"]
        assert {move.corrects_id for move in moves[2:]} == {move.movement_id for move in moves[:2]}
        assert [row.quantity_units for row in session.exec(select(Holding))] == [0, 0]
        assert check.stock_from_movements(session) is check.movements_from_journal(session) is None
    assert delivery.withdraw(made, 409)["code"] == "arrival_withdrawn"
    assert delivery.correct(made, seal_no="HL2", expect=409)["code"] == "arrival_withdrawn"
    paper = {"kind": "nucleic_acid", "number": "N", "issuer": "示例", "issued_on": "2021-01-17"}
    for path in (f"/arrivals/{made['arrival_id']}", f"/batches/{made['batches'][0]['batch_id']}"):
        assert delivery.merchant.post(f"{path}/evidence", paper, 409)["code"] == "arrival_withdrawn"
    assert delivery.missing(made["batches"][0]["batch_id"])[0] == "withdrawn"


def test_at_the_past_moment_nothing_was_there(delivery):
    made = delivery.enter(delivery.line())
    with at(2):
        delivery.withdraw(made)
    with at(3):
        query = f"/stock?batch_id={made['batches'][0]['batch_id']}&as_of={hours(1)}".replace("+", "%2B")
        assert delivery.merchant.get(query)["items"] == []


def test_what_only_was_declared_is_withdrawn_without_a_movement(delivery):
    made = delivery.declare()
    assert delivery.withdraw(made)["state"] == "withdrawn"
    with db.transaction() as session:
        assert session.exec(select(Movement)).all() == []
    with at(48):
        assert delivery.take_in(made, 409)["code"] == "arrival_withdrawn"


def test_after_a_movement_the_way_is_a_correction(world, delivery):
    made = delivery.enter(delivery.line(batch_no="L9"))
    batch_id = made["batches"][0]["batch_id"]
    move = {"zone_id": delivery.zone["zone_id"], "to_zone_id": delivery.other_zone["zone_id"],
            "lines": [{"batch_id": batch_id, "quantity_units": 6}]}  # fmt: skip
    delivery.merchant.post("/relocations", move, 201)
    refused = delivery.withdraw(made, 409)
    assert refused["code"] == "already_moved"
    assert refused["corrections"].endswith(f"/arrivals/{made['arrival_id']}/corrections")
    assert delivery.batch(made)["status"] == "held"


def test_what_an_authority_looks_for_does_not_vanish(world, delivery):
    stock, declared = delivery.enter(delivery.line()), delivery.declare(delivery.line())
    announced(world)
    assert delivery.withdraw(stock, 409)["code"] == "locked"
    assert delivery.withdraw(declared, 409)["code"] == "locked"
    assert delivery.withdraw(stock, 409, world.regulator)["code"] == "locked"
    gone = delivery.withdraw(declared, speaker=world.regulator)
    assert (gone["state"], gone["on_behalf_of"]) == ("withdrawn", None)


def test_only_the_owner_and_its_officers(world, delivery):
    made = delivery.enter()
    delivery.withdraw(made, 404, world.merchant(world.business()))
    delivery.withdraw(made, 404, world.people.regulator("110101"))
    delivery.withdraw(made, 403, world.inspector)


def test_a_reason_is_needed(delivery):
    made = delivery.enter()
    path = f"/arrivals/{made['arrival_id']}/withdraw"
    assert delivery.merchant.post(path, {}, 422)["errors"][0]["pointer"] == "/reason"


def test_the_public_reads_that_it_was_taken_back(delivery, client):
    made = delivery.enter(delivery.line())
    delivery.withdraw(made)
    shown = client.get(f"/C/{made['batches'][0]['batch_code']}", headers={"Accept": "application/json"}).json
    assert shown["badge"] == "amber"
    assert "withdrawn" in {reason["code"] for reason in shown["reasons"]}


def test_a_withdrawn_batch_is_in_no_list_of_stock(delivery):
    made = delivery.enter(delivery.line())
    delivery.withdraw(made)
    listed = delivery.merchant.get("/batches?status=withdrawn")["items"]
    assert [item["batch_id"] for item in listed] == [made["batches"][0]["batch_id"]]
    assert delivery.merchant.get("/batches?status=held")["items"] == []
    with db.transaction() as session:
        assert len(session.exec(select(Batch)).all()) == 1
