"""Corrections are appended and name what they correct; notices match what was said and what is right (R11)."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from coldchain.batches.criterion import Identity, matches
from coldchain.core import db, limits
from coldchain.core.ids import new_id
from tests.batches.deliveries import Delivery, at
from tests.recall.test_sweep import announced, tasks


@pytest.fixture
def delivery(scenes):
    """An importer that copied a number wrongly."""
    with at():
        yield scenes.of(Delivery)


def moved(delivery, made):
    body = {"zone_id": delivery.zone["zone_id"], "to_zone_id": delivery.other_zone["zone_id"],
            "lines": [{"batch_id": made["batches"][0]["batch_id"], "quantity_units": 6}]}  # fmt: skip
    delivery.merchant.post("/relocations", body, 201)


def test_what_is_right_is_shown_and_what_was_said_is_kept(delivery):
    made = delivery.enter(delivery.line())
    moved(delivery, made)
    batch_id = made["batches"][0]["batch_id"]
    line = {"batch_id": batch_id, "batch_no": "L7", "production_date": "2020-11-07", "expiry_date": "2022-11-05"}
    once = delivery.correct(made, line, container_no="TGHU1234567", reason="抄错箱号")
    assert (once["container_no"], once["batches"][0]["batch_no"]) == ("TGHU1234567", "L7")
    assert once["batches"][0]["production_date"] == "2020-11-07"
    said = {(row["field"], row["former_value"], row["value"], row["batch_id"]) for row in once["corrections"]}
    assert said == {
        ("container_no", "CSQU3054383", "TGHU1234567", None), ("batch_no", "L1", "L7", batch_id),
        ("production_date", "2020-11-06", "2020-11-07", batch_id),
    }  # fmt: skip
    again = delivery.correct(made, {"batch_id": batch_id, "batch_no": "L8"})
    first, last = (row for row in again["corrections"] if row["field"] == "batch_no")
    assert (last["corrects_id"], first["corrects_id"], last["former_value"]) == (first["correction_id"], None, "L7")
    found = delivery.merchant.get("/search?q=TGHU1234567")["items"]
    assert batch_id in {item.get("batch_id") or item.get("id") for item in found}
    assert delivery.correct(made, container_no="TGHU1234567", expect=422)["errors"][0]["code"] == "nothing_to_correct"


CRITERIA = [
    {"batch_nos": ["L1"]}, {"batch_nos": ["L7"]},
    {"container_nos": ["CSQU3054383"]}, {"container_nos": ["TGHU1234567"]},
    {"production_date_from": "2020-11-06", "production_date_to": "2020-11-06"}, {"production_date_from": "2020-12-01"},
    {"batch_nos": ["L1"], "container_nos": ["TGHU1234567"]},
]  # fmt: skip


def corrected(delivery):
    made = delivery.enter(delivery.line())
    line = {"batch_id": made["batches"][0]["batch_id"], "batch_no": "L7", "production_date": "2020-12-07"}
    delivery.correct(made, line, container_no="TGHU1234567")
    return made


def test_a_later_notice_matches_both_values(world, delivery):
    made = corrected(delivery)
    delivery.enter(delivery.line(batch_no="X", production_date="2020-11-20"), container_no="MSKU0383250")
    for number, criterion in enumerate(CRITERIA):
        recall = world.regulator.post("/recalls", {
            "kind": "drill", "notice_no": f"N-{number}", "issuer": "示例", "title": "示例", "reason": "示例",
            "received_at": "2021-01-19T12:00:00+08:00", "criterion": criterion,
        }, 201)  # fmt: skip
        found = world.regulator.get(f"/recalls/{recall['recall_id']}/matches")
        assert [row["batch_id"] for row in found["items"]] == [made["batches"][0]["batch_id"]], criterion


def test_a_running_notice_catches_the_corrected_value_at_once(world, delivery):
    made = delivery.enter(delivery.line())
    recall = announced(world, criterion={"batch_nos": ["L7"]})
    assert delivery.batch(made)["restriction"] == "none"
    delivery.correct(made, {"batch_id": made["batches"][0]["batch_id"], "batch_no": "L7"})
    assert delivery.batch(made)["restriction"] == "locked"
    (task,) = tasks(world, recall)
    assert [row["quantity_units"] for row in task["expected"]] == [60]
    delivery.correct(made, seal_no="HL2")
    (task,) = tasks(world, recall)
    assert [row["quantity_units"] for row in task["expected"]] == [60], "nothing is expected twice"


def test_correcting_away_from_a_notice_frees_nothing(world, delivery):
    made = delivery.enter(delivery.line())
    announced(world, criterion={"batch_nos": ["L1"]})
    delivery.correct(made, {"batch_id": made["batches"][0]["batch_id"], "batch_no": "L7"})
    assert delivery.batch(made)["restriction"] == "locked"


def test_a_part_that_was_split_off_is_the_same_lot(world, delivery):
    made = delivery.enter(delivery.line())
    batch_id = made["batches"][0]["batch_id"]
    split = {"zone_id": delivery.zone["zone_id"], "piece_from": 1, "piece_to": 2}
    part = delivery.merchant.post(f"/batches/{batch_id}/split", split, 201)["batch_id"]
    delivery.correct(made, {"batch_id": batch_id, "production_date": "2020-11-09"})
    assert delivery.merchant.get(f"/batches/{part}")["production_date"] == "2020-11-09"


def test_another_product_must_be_counted_alike(world, delivery):
    made = delivery.enter(delivery.line())
    batch_id = made["batches"][0]["batch_id"]
    other = world.product(units_per_piece=12)
    refused = delivery.correct(made, {"batch_id": batch_id, "product_id": other["product_id"]}, expect=422)
    assert refused["errors"][0]["code"] == "counted_otherwise"
    right = world.product()
    delivery.correct(made, {"batch_id": batch_id, "product_id": right["product_id"]})
    assert delivery.batch(made)["producer"]["producer_id"] == right["producer_id"]
    for product in (delivery.product, right):
        criterion = {"product_ids": [product["product_id"]]}
        recall = announced(world, kind="drill", notice_no=f"D-{product['product_id']}", criterion=criterion)
        assert recall["batches"] == 1


WRONG = [
    ({"production_date": "2099-01-01"}, "after_arrival"), ({"expiry_date": "2020-11-05"}, "before_production"),
    ({"product_id": str(new_id())}, "unknown_product"), ({"batch_id": str(new_id())}, "unknown_batch"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code"), WRONG)
def test_what_can_not_be_right(delivery, fields, code):
    made = delivery.enter(delivery.line())
    line = {"batch_id": made["batches"][0]["batch_id"]} | fields
    refused = delivery.correct(made, line, container_no="TGHU1234567", expect=422)
    assert code in {error["code"] for error in refused["errors"]}
    assert delivery.merchant.get(f"/arrivals/{made['arrival_id']}")["corrections"] == []


def test_there_is_a_bound(delivery, monkeypatch):
    monkeypatch.setattr(limits, "CORRECTIONS_PER_ARRIVAL", 2)
    made = delivery.enter(delivery.line())
    for number in (1, 2):
        delivery.correct(made, seal_no=f"S{number}")
    assert delivery.correct(made, seal_no="S3", expect=409)["code"] == "too_many_corrections"


def test_the_database_lets_nothing_change_without_a_correction(delivery, owner_url):
    made = delivery.enter(delivery.line())
    engine = db.connect(owner_url)
    for statement in (
        "UPDATE batch SET batch_no = 'L2'", "UPDATE batch SET quantity_units = 1",
        "UPDATE batch SET producer_id = NULL",
        "UPDATE arrival SET container_no = NULL", "UPDATE arrival SET arrived_at = now()", "DELETE FROM arrival",
    ):  # fmt: skip
        with engine.connect() as connection, pytest.raises(DBAPIError, match=r"never change|append-only"):
            connection.execute(text(statement))
    engine.dispose()
    assert delivery.batch(made)["batch_no"] == "L1"


def test_each_field_fits_by_any_of_its_values_and_dates_by_one():
    """Pure: from and to must fit the same date; a pack without a number has its date for one."""
    facts = {"product_id": new_id(), "producer_ids": frozenset(), "product_names": (), "origin_country": "BR",
             "imported": True}  # fmt: skip
    early, late = date(2020, 11, 1), date(2020, 11, 30)
    now = Identity(**facts, production_date=late)
    both = Identity(**facts, production_date=late, before=(Identity(**facts, production_date=early),))
    between = {"production_date_from": "2020-11-10", "production_date_to": "2020-11-20"}
    assert not matches(between, both)
    assert matches({"production_date_to": "2020-11-20"}, both)
    assert not matches({"production_date_to": "2020-11-20"}, now)
    assert matches({"batch_nos": ["20201101"], "imported": True}, both)
    assert not matches({"batch_nos": ["20201101"], "imported": False}, both)
