"""Positive results (R8): held everywhere at once, released with its cause and only with its cause."""

from uuid import UUID, uuid4

from sqlmodel import select

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import service
from coldchain.batches.models import BatchOrigin
from coldchain.core import clock, db
from coldchain.ledger import holds
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold


def grades(case, batch_id=None):
    return [hold["grade"] for hold in case.batch(batch_id)["holds"]]


def locked(case, batch_id=None):
    return [(row["quantity_units"], row["locked_units"]) for row in case.batch(batch_id)["stock"]]


def test_a_single_positive_is_red_and_locks_at_once(case):
    tube = case.tube(case.first)
    made = case.result(tube, "positive")
    assert made["tube_state"] == "positive"
    shown = case.batch()
    assert shown["restriction"] == "locked"
    assert [(hold["cause"]["kind"], hold["cause"]["id"], hold["grade"]) for hold in shown["holds"]] == [
        ("result", made["result_id"], "red")
    ]
    assert locked(case) == [(120, 120)]
    assert case.batch(case.second)["restriction"] == "none"
    assert "test_positive" in case.missing()
    found = case.merchant.get("/batches?restriction=locked")["items"]
    assert [item["batch_id"] for item in found] == [case.first]


def test_pool_mates_are_amber_and_a_recheck_decides_for_all(case):
    tube = case.tube(case.first, case.second)
    case.result(tube, "positive")
    assert grades(case, case.first) == grades(case, case.second) == ["amber"]
    case.result(tube, "negative", stage="recheck", hour=20)
    for batch_id in (case.first, case.second):
        assert case.batch(batch_id)["restriction"] == "none"
        assert locked(case, batch_id)[0][1] == 0
        assert case.gate(batch_id)["basis"]["test"]["state"] == "met"


def test_a_second_preliminary_negative_releases_nothing(case):
    tube = case.tube(case.first)
    case.result(tube, "positive")
    case.result(tube, "negative", hour=20)
    case.result(tube, "invalid", stage="recheck", hour=21)
    assert grades(case) == ["red"]
    other = case.tube(case.first, tube_no="LJ-2")
    case.result(other, "negative", hour=22)  # another tube's negative is not a re-check of this one
    assert grades(case) == ["red"]


def test_a_positive_recheck_keeps_the_hold_of_the_first(case):
    tube = case.tube(case.first)
    first = case.result(tube, "positive")
    case.result(tube, "positive", stage="recheck", hour=20)
    (hold,) = case.batch()["holds"]
    assert hold["cause"]["id"] == first["result_id"]


def test_confirmation_strengthens_without_a_gap(case):
    tube = case.tube(case.first, case.second)
    case.result(tube, "positive")
    confirmed = case.result(tube, "positive", stage="confirmation", hour=22)
    for batch_id in (case.first, case.second):
        shown = case.batch(batch_id)
        assert shown["restriction"] == "confirmed_positive"
        assert [(hold["grade"], hold["cause"]["id"]) for hold in shown["holds"]] == [
            ("confirmed", confirmed["result_id"])
        ]
        assert locked(case, batch_id)[0][1] > 0
    with db.transaction() as session:
        for hold in session.exec(select(Hold).where(Hold.grade == "amber")):
            later = session.exec(select(Hold).where(Hold.batch_id == hold.batch_id, Hold.grade == "confirmed")).one()
            assert hold.ended_reason == "superseded_by_confirmation"
            assert later.recorded_at <= hold.ended_at
    case.result(tube, "negative", stage="recheck", hour=23)  # does not undo a confirmation
    assert grades(case) == ["confirmed"]


def test_goods_stay_locked_while_another_cause_remains(case):
    tube = case.tube(case.first)
    case.result(tube, "positive")
    recall = Cause("recall", uuid4(), 1)
    with db.transaction() as session:
        holds.place(session, SYSTEM, [UUID(case.first)], recall, "red", clock.now())
    other = case.tube(case.first, case.second, tube_no="LJ-2")
    case.result(other, "positive", hour=19)
    assert sorted(grades(case)) == ["amber", "red", "red"]
    case.result(tube, "negative", stage="recheck", hour=20)
    assert sorted(grades(case)) == ["amber", "red"]
    assert locked(case) == [(120, 120)]
    case.result(other, "negative", stage="recheck", hour=21)
    assert [hold["cause"]["kind"] for hold in case.batch()["holds"]] == ["recall"]
    assert locked(case) == [(120, 120)]
    assert grades(case, case.second) == []
    with db.transaction() as session:
        holds.end(session, SYSTEM, recall, "withdrawn")
    assert case.batch()["restriction"] == "none"
    assert locked(case) == [(120, 0)]


def test_a_result_entered_late_does_not_undo_a_later_recheck(case):
    tube = case.tube(case.first)
    case.result(tube, "negative", stage="recheck", hour=20)
    case.result(tube, "positive", hour=18)
    assert grades(case) == []
    assert case.gate()["basis"]["test"]["state"] == "met"


def test_what_was_made_from_it_is_held_too(case, world):
    lines = [{"product_id": case.product["product_id"], "quantity_units": 6}] * 3
    arrival = world.arrival(case.owner, case.site, case.zone, lines)
    child, grandchild, other = (batch["batch_id"] for batch in arrival["batches"])
    with db.transaction() as session:
        now = clock.now()
        for made, source in ((child, case.first), (grandchild, child), (case.first, grandchild)):  # even round a ring
            origin = {"kind": "transformation", "quantity_units": 1}
            session.add(BatchOrigin(child_id=UUID(made), parent_id=UUID(source), recorded_at=now, **origin))
    with db.transaction() as session:
        assert service.descendants(session, [UUID(child)]) == {UUID(grandchild), UUID(case.first), UUID(child)}
    tube = case.tube(case.first)
    case.result(tube, "positive")
    assert [grades(case, each) for each in (case.first, child, grandchild, other)] == [["red"]] * 3 + [[]]
    case.result(tube, "negative", stage="recheck", hour=20)
    assert [grades(case, each) for each in (case.first, child, grandchild)] == [[]] * 3


def test_a_positive_of_something_else_holds_nothing(case):
    tube = case.tube(samples=[{"zone_id": case.zone["zone_id"], "sample_site": "environment"}])
    assert case.result(tube, "positive")["tube_state"] == "positive"
    with db.transaction() as session:
        assert session.exec(select(Hold)).all() == []


def test_held_at_every_holder_and_on_the_road(case, world):
    case.papers()
    case.disinfect()
    case.result(case.tube(case.first, tube_no="LJ-0"), "negative")
    with db.transaction() as session:
        service.note_code_made(session, [UUID(case.first)], clock.now())
    shop = world.shop()

    def send(units):
        body = {
            "from_zone_id": case.zone["zone_id"],
            "to": {"business": shop["owner"]["uscc"]},
            "handover": "await_confirmation",
            "lines": [{"batch_id": case.first, "quantity_units": units}],
        }
        return case.merchant.post("/consignments", body, 201)["consignment_id"]

    buyer = world.merchant(shop["owner"])
    buyer.get(f"/batches/{case.first}", 404)
    arrived = send(30)
    coming = case.batch(speaker=buyer)
    assert [(row["quantity_units"], row["consignment_id"]) for row in coming["stock"]] == [(30, arrived)]
    case.disinfect(f"/batches/{case.first}", 404, speaker=buyer)  # not the buyer's goods yet
    buyer.post(
        f"/consignments/{arrived}/confirm",
        {"zone_id": shop["zone"]["zone_id"], "lines": [{"batch_id": case.first, "quantity_units": 30}]},
    )
    case.disinfect(f"/batches/{case.first}", speaker=buyer)
    on_the_road = send(12)
    case.result(case.tube(case.first), "positive", hour=20)
    stock = world.people.admin().get(f"/batches/{case.first}")["stock"]
    assert sorted((row["quantity_units"], row["locked_units"]) for row in stock) == [(12, 12), (30, 30), (78, 78)]
    (road,) = [row for row in stock if row["account"] == "transit"]
    assert (road["zone_id"], road["consignment_id"]) == (None, on_the_road)
    bought = case.batch(speaker=buyer)
    assert bought["restriction"] == "locked"
    assert {(row["quantity_units"], row["site_id"]) for row in bought["stock"]} == {
        (30, shop["site"]["site_id"]), (12, shop["site"]["site_id"]),
    }  # fmt: skip
    own = case.batch()["stock"]
    assert sorted(row["quantity_units"] for row in own) == [12, 78]
