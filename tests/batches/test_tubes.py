"""Tubes and results over HTTP (R5, R17)."""

from sqlmodel import col, select

from coldchain.core import clock, db
from coldchain.journal.models import JournalEntry

SOME_ID = "00000000-0000-7000-8000-000000000000"


def test_a_tube_shows_code_and_product_only(case):
    made = case.tube(case.first, case.second, sampled_by="李示例")
    assert made["state"] == "pending"
    assert made["sampled_by"] == "李示例"
    assert made["region_code"] == "230203"
    assert made["samples"][0]["batch"] == {
        "batch_id": case.first, "batch_code": case.arrival["batches"][0]["batch_code"],
        "product": {"product_id": case.product["product_id"], "name": case.product["name"], "name_en": None},
    }  # fmt: skip
    case.lab[1].get(f"/batches/{case.first}", 403)
    assert "test_pending" in case.missing()
    assert [tube["tube_no"] for tube in case.batch()["tubes"]] == ["LJ-0001"]


def test_zones_vehicles_and_unlisted_things(case):
    samples = [
        {"zone_id": case.zone["zone_id"], "sample_site": "environment"},
        {"vehicle_plate": "黑B12345", "sample_site": "surface"},
        {"unlisted": "门把手", "sample_site": "environment", "basis": "whole_batch"},
    ]
    made = case.tube(samples=samples)
    assert [sample["basis"] for sample in made["samples"]] == ["whole_batch"] * 3
    assert made["samples"][0]["zone_id"] == case.zone["zone_id"]


WRONG_SAMPLES = [
    ({}, "/samples/0", "one_subject"),
    ({"batch_id": SOME_ID, "unlisted": "x"}, "/samples/0", "one_subject"),
    ({"batch_id": SOME_ID}, "/samples/0/batch_id", "unknown_batch"),
    ({"zone_id": SOME_ID}, "/samples/0/zone_id", "unknown_zone"),
    ({"worker_id": SOME_ID}, "/samples/0/worker_id", "unknown_worker"),
    ({"unlisted": "x", "piece_from": 1, "piece_to": 2}, "/samples/0/basis", "range_needs_batch"),
    (
        {"batch_id": "first", "basis": "scanned", "piece_from": 1, "piece_to": 21},
        "/samples/0/piece_to",
        "beyond_pieces",
    ),
    ({"batch_id": "first", "basis": "scanned"}, "/samples/0/piece_from", "required"),
    ({"batch_id": "first", "sample_site": "roof"}, "/samples/0/sample_site", "not_one_of"),
]


def test_a_wrong_sample_is_refused(case):
    for sample, pointer, code in WRONG_SAMPLES:
        named = {"batch_id": case.first} if sample.get("batch_id") == "first" else {}
        refused = case.tube(samples=[{"sample_site": "surface"} | sample | named], expect=422)
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused["errors"]}
        assert case.lab[1].get("/tubes")["items"] == []


def test_the_limit_of_samples(case):
    one = {"batch_id": case.first, "sample_site": "surface"}
    assert len(case.tube(samples=[one] * 200)["samples"]) == 200
    assert case.tube(samples=[one] * 201, tube_no="LJ-2", expect=422)["errors"][0]["code"] == "wrong_count"


def test_a_lab_enters_its_own_tubes_and_results_only(case, world):
    other = world.lab()
    case.tube(case.first, speaker=other[1], expect=404)
    tube = case.tube(case.first)
    other[1].get(f"/tubes/{tube['tube_id']}", 404)
    assert other[1].get("/tubes")["items"] == []
    other[1].post(
        f"/tubes/{tube['tube_id']}/results",
        {"stage": "preliminary", "result": "negative", "received_at": "2021-01-18T12:00:00+08:00",
         "reported_at": "2021-01-18T18:00:00+08:00", "report_no": "R"},
        404,
    )  # fmt: skip
    case.tube(case.first, tube_no="LJ-9", lab=other[0]["uscc"], speaker=other[1])


def test_merchants_neither_sample_nor_report(case):
    case.tube(case.first, speaker=case.merchant, expect=403)
    case.merchant.get("/tubes", 403)


def test_officers_sample_what_lies_in_their_region(case, world):
    made = case.tube(case.first, speaker=world.inspector)
    assert world.regulator.get(f"/tubes/{made['tube_id']}")["tube_no"] == "LJ-0001"
    assert [tube["tube_id"] for tube in case.lab[1].get("/tubes?pending=true")["items"]] == [made["tube_id"]]
    elsewhere = world.people.inspector("230204")
    refused = case.tube(case.first, tube_no="LJ-2", speaker=elsewhere, expect=422)
    assert refused["errors"][0]["code"] == "unknown_batch"
    elsewhere.get(f"/tubes/{made['tube_id']}", 404)
    assert elsewhere.get("/tubes")["items"] == []
    body = {"stage": "preliminary", "result": "negative", "received_at": "2021-01-18T12:00:00+08:00",
            "reported_at": "2021-01-18T18:00:00+08:00", "report_no": "R"}  # fmt: skip
    refused = world.regulator.post(f"/tubes/{made['tube_id']}/results", body, 422)
    assert (refused["errors"][0]["pointer"], refused["errors"][0]["code"]) == ("/photo", "required")


def test_an_unregistered_lab_is_refused(case, world):
    for lab in (SOME_ID, case.owner["business_id"], "91230203000009999X"):
        refused = case.tube(case.first, lab=lab, speaker=world.inspector, expect=422)
        assert (refused["errors"][0]["pointer"], refused["errors"][0]["code"]) == ("/lab", "unknown_lab")
    world.regulator.post(f"/businesses/{case.lab[0]['business_id']}/suspend", {"reason": "示例"})
    assert case.tube(case.first, expect=422)["errors"][0]["code"] == "unknown_lab"


def test_a_tube_number_is_unique_within_a_lab(case, world):
    case.tube(case.first)
    assert case.tube(case.second, expect=409)["code"] == "tube_exists"
    other = world.lab()
    case.tube(case.first, lab=other[0]["uscc"], speaker=other[1])


def test_times_must_be_possible(case):
    assert case.tube(case.first, sampled_at="2099-01-01T00:00:00Z", expect=422)["errors"][0]["code"] == "in_future"
    tube = case.tube(case.first)
    for fields, pointer, code in (
        ({"received_at": "2021-01-18T09:59:59+08:00"}, "/received_at", "received_before_sampled"),
        ({"reported_at": "2021-01-18T11:59:59+08:00"}, "/reported_at", "reported_before_received"),
        ({"reported_at": "2099-01-01T00:00:00Z"}, "/reported_at", "in_future"),
        ({"result": "maybe"}, "/result", "not_one_of"),
        ({"stage": "final"}, "/stage", "not_one_of"),
        ({"report_no": None}, "/report_no", "required"),
    ):
        refused = case.result(tube, **({"result": "negative"} | fields), expect=422)
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused["errors"]}
    assert case.lab[1].get(f"/tubes/{tube['tube_id']}")["results"] == []
    case.result(tube, "negative", received_at="2021-01-18T10:00:00+08:00", reported_at="2021-01-18T10:00:00+08:00")


def test_a_preliminary_negative_counts_as_tested(case):
    tube = case.tube(case.first)
    made = case.result(tube, "negative", analyst="赵示例")
    assert made["tube_state"] == "negative"
    assert [batch["batch_id"] for batch in made["batches"]] == [case.first]
    assert "status" not in made["batches"][0]
    assert case.gate()["basis"]["test"]["state"] == "met"
    assert "test_missing" in case.missing(case.second)
    shown = case.lab[1].get(f"/tubes/{tube['tube_id']}")
    assert (shown["state"], shown["results"][0]["analyst"]) == ("negative", "赵示例")
    assert case.lab[1].get("/tubes?pending=true")["items"] == []
    assert len(case.lab[1].get("/tubes?pending=false")["items"]) == 1


def test_pieces_of_several_tubes_add_up(case):
    for number, (first, last) in enumerate([(1, 10), (11, 20)], 1):
        sample = {"batch_id": case.first, "sample_site": "outer_pack", "piece_from": first, "piece_to": last}
        tube = case.tube(samples=[sample], tube_no=f"LJ-{number}")
        expected = "test_not_covered" if number == 1 else "test_pending"
        assert expected in case.missing()
        case.result(tube, "negative")
    assert case.gate()["basis"]["test"] == {
        "required": "per_piece", "state": "met", "bases": ["declared_range"], "covered": [[1, 20]], "uncovered": [],
        "tubes": {"negative": ["LJ-1", "LJ-2"]},
    }  # fmt: skip


def test_an_invalid_result_changes_nothing(case):
    tube = case.tube(case.first)
    assert case.result(tube, "invalid")["tube_state"] == "invalid"
    assert "test_invalid" in case.missing()
    assert case.batch()["restriction"] == "none"
    assert len(case.lab[1].get("/tubes?pending=true")["items"]) == 1
    case.result(tube, "negative", stage="recheck", hour=20)
    assert case.gate()["basis"]["test"]["state"] == "met"


def test_a_suspended_lab_reports_nothing(case, world):
    tube = case.tube(case.first)
    world.regulator.post(f"/businesses/{case.lab[0]['business_id']}/suspend", {"reason": "示例"})
    assert case.result(tube, "negative", expect=409)["code"] == "business_suspended"


def test_an_environment_sample_is_not_a_test_of_the_goods(case):
    tube = case.tube(samples=[{"batch_id": case.first, "sample_site": "environment"}])
    case.result(tube, "negative")
    verdict = case.gate()
    assert "test_missing" in [item["code"] for item in verdict["missing"]]
    assert [note["code"] for note in verdict["notes"]] == ["sample_not_of_goods"]


def test_a_tube_may_claim_when_it_was_filled(world):
    """Every fact takes `occurred_at`; a tube's is the time of sampling unless another is claimed."""
    have = world.cleared(6)
    batch_id = have["batch"]["batch_id"]
    world.tube(have["lab"], [batch_id], occurred_at="2021-01-18T10:05:00+08:00")
    world.tube(have["lab"], [batch_id])
    with db.transaction() as session:
        told = session.scalars(
            select(JournalEntry.occurred_at)
            .where(col(JournalEntry.kind) == "tube.registered")
            .order_by(col(JournalEntry.recorded_at))
        ).all()
    assert [f"{moment.astimezone(clock.BEIJING):%H:%M}" for moment in told] == ["10:00", "10:05", "10:00"]
    sample = {"batch_id": batch_id, "sample_site": "outer_pack"}
    body = {
        "tube_no": "X", "lab": have["lab"][0]["uscc"], "sampled_at": "2021-01-18T10:00:00+08:00", "samples": [sample],
        "occurred_at": "2999-01-01T00:00:00Z",
    }  # fmt: skip
    have["lab"][1].post("/tubes", body, 422)
    have["lab"][1].post("/tubes", body | {"occurred_at": "2031-01-01T00:00:00Z"}, 422)
