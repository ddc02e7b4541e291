"""Results that supersede: a laboratory corrects, a result moves to the right tube, an officer enters or releases."""

import io
from uuid import UUID

import pytest
from PIL import Image
from sqlmodel import select

from coldchain.accounts.actor import SYSTEM
from coldchain.core import clock, db
from coldchain.journal.models import JournalEntry
from coldchain.ledger import holds
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold

SOME_ID = "00000000-0000-7000-8000-000000000000"
BODY = {
    "stage": "preliminary", "received_at": "2021-01-18T12:00:00+08:00", "reported_at": "2021-01-18T18:00:00+08:00",
    "report_no": "R-18",
}  # fmt: skip


def photograph():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    return out.getvalue()


def enter_for_lab(who, tube, content=None, expect=201, **fields):
    """Enter a result as an officer does: a form with a file."""
    data = {name: text for name, text in (BODY | {"result": "negative"} | fields).items() if text is not None}
    if content is not None:
        data["photo"] = (io.BytesIO(content), "report.png")
    answer = who.client.post(
        f"/api/v1/tubes/{tube['tube_id']}/results", data=data, content_type="multipart/form-data",
        headers={"Authorization": f"Bearer {who.token}"},
    )  # fmt: skip
    assert answer.status_code == expect, answer.get_data(as_text=True)
    return answer.get_json()


def move(who, tube, result, expect=201, **body):
    address = f"/tubes/{tube['tube_id']}/results/{result['result_id']}/move"
    return who.post(address, {"reason": "录错管号"} | body, expect)


def grades(case, batch_id):
    return [hold["grade"] for hold in case.batch(batch_id)["holds"]]


def facts(kind):
    with db.transaction() as session:
        return list(session.scalars(select(JournalEntry.body).where(JournalEntry.kind == kind)))


@pytest.fixture
def two(case):
    """Two tubes: the first holds a sample of the first batch, the second of the second."""
    return case.tube(case.first, tube_no="LJ-1"), case.tube(case.second, tube_no="LJ-2")


# --- a laboratory corrects its result ---


def test_a_corrected_positive_ends_its_holds_and_no_others(case):
    tube = case.tube(case.first)
    wrong = case.result(tube, "positive")
    other = Cause("recall", UUID(int=7), 1)
    with db.transaction() as session:
        holds.place(session, SYSTEM, [UUID(case.first)], other, "red", clock.now())
    made = case.result(tube, "negative", supersedes_id=wrong["result_id"], reason="报告看错行")
    assert (made["tube_state"], made["supersedes_id"], made["reason"]) == (
        "negative", wrong["result_id"], "报告看错行",
    )  # fmt: skip
    assert [hold["cause"]["kind"] for hold in case.batch()["holds"]] == ["recall"]
    with db.transaction() as session:
        ended = session.exec(select(Hold).where(Hold.cause_id == UUID(wrong["result_id"]))).one()
        assert ended.ended_reason == "result_superseded"
        holds.end(session, SYSTEM, other, "withdrawn")
    assert case.batch()["restriction"] == "none"
    first, second = case.lab[1].get(f"/tubes/{tube['tube_id']}")["results"]
    assert (first["superseded_by"], first["superseded_reason"]) == (second["result_id"], "报告看错行")
    assert (first["moved_to"], second["superseded_by"]) == (None, None)
    assert case.gate()["basis"]["test"]["state"] == "met"
    assert len(facts("result.superseded")) == 1


def test_a_corrected_negative_locks(case):
    tube = case.tube(case.first)
    wrong = case.result(tube, "negative")
    case.result(tube, "positive", supersedes_id=wrong["result_id"], reason="报告看错行")
    assert grades(case, case.first) == ["red"]


def test_a_corrected_confirmation_falls_back_to_the_first_positive_without_a_gap(case):
    tube = case.tube(case.first)
    first = case.result(tube, "positive")
    wrong = case.result(tube, "positive", stage="confirmation", hour=20)
    case.result(
        tube, "invalid", stage="confirmation", hour=21, supersedes_id=wrong["result_id"], reason="样本污染"
    )  # fmt: skip
    (hold,) = case.batch()["holds"]
    assert (hold["grade"], hold["cause"]["id"]) == ("red", first["result_id"])
    with db.transaction() as session:
        ended = session.exec(select(Hold).where(Hold.cause_id == UUID(wrong["result_id"]))).one()
        again = session.exec(select(Hold).where(Hold.cause_id == UUID(first["result_id"]), Hold.ended_at == None)).one()  # noqa: E711
        assert ended.ended_reason == "result_superseded"
        assert again.recorded_at <= ended.ended_at


def test_a_correction_names_a_result_of_its_tube_once_and_why(case, two):
    first, second = two
    wrong = case.result(first, "positive")
    for fields, pointer, code in (
        ({"supersedes_id": wrong["result_id"]}, "/reason", "required"),
        ({"supersedes_id": SOME_ID, "reason": "x"}, "/supersedes_id", "unknown_result"),
    ):
        refused = case.result(first, "negative", expect=422, **fields)
        assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [(pointer, code)]
    elsewhere = {"supersedes_id": wrong["result_id"], "reason": "x"}
    assert case.result(second, "negative", expect=422, **elsewhere)["errors"][0]["code"] == "unknown_result"
    case.result(first, "negative", hour=19, **elsewhere)
    assert case.result(first, "negative", hour=20, expect=409, **elsewhere)["code"] == "already_superseded"


# --- a result on the wrong tube ---


def test_a_result_on_the_wrong_tube_moves_with_its_holds(case, two):
    first, second = two
    wrong = case.result(first, "positive", analyst="赵示例")
    made = move(case.lab[1], first, wrong, to_tube_no="LJ-2")
    assert (made["tube_id"], made["tube_state"], made["former_tube_state"]) == (
        second["tube_id"], "positive", "pending",
    )  # fmt: skip
    assert (made["report_no"], made["reported_at"]) == (wrong["report_no"], wrong["reported_at"])
    assert (grades(case, case.first), grades(case, case.second)) == ([], ["red"])
    assert "test_pending" in case.missing(case.first)
    shown = case.lab[1].get(f"/tubes/{first['tube_id']}")
    assert (shown["state"], shown["results"][0]["moved_to"]) == (
        "pending", {"tube_id": second["tube_id"], "tube_no": "LJ-2"},
    )  # fmt: skip
    assert case.lab[1].get(f"/tubes/{second['tube_id']}")["results"][0]["analyst"] == "赵示例"
    assert [t["tube_id"] for t in case.lab[1].get("/tubes?pending=true")["items"]] == [first["tube_id"]]
    assert move(case.lab[1], first, wrong, to_tube_no="LJ-2", expect=409)["code"] == "already_superseded"
    back = move(case.lab[1], second, made, to_tube_id=first["tube_id"])  # and back again: nothing is lost
    assert (back["tube_state"], back["former_tube_state"]) == ("positive", "pending")
    assert (grades(case, case.first), grades(case, case.second)) == (["red"], [])


def test_goods_in_both_tubes_are_never_free_in_between(case):
    first = case.tube(case.first, tube_no="LJ-1")
    case.tube(case.first, case.second, tube_no="LJ-2")
    wrong = case.result(first, "positive")
    move(case.lab[1], first, wrong, to_tube_no="LJ-2")
    assert (grades(case, case.first), grades(case, case.second)) == (["amber"], ["amber"])
    with db.transaction() as session:
        former, later = session.exec(
            select(Hold).where(Hold.batch_id == UUID(case.first)).order_by(Hold.recorded_at)
        ).all()
        assert later.recorded_at <= former.ended_at
        assert former.ended_reason == "result_superseded"


def test_a_moved_negative_leaves_its_batch_untested(case, two):
    first, _second = two
    wrong = case.result(first, "negative")
    assert case.gate(case.first)["basis"]["test"]["state"] == "met"
    move(case.lab[1], first, wrong, to_tube_no="LJ-2")
    assert case.gate(case.first)["basis"]["test"]["state"] == "not_covered"
    assert case.gate(case.second)["basis"]["test"]["state"] == "met"


def test_what_is_no_right_tube_is_refused(case, two, world):
    first, _second = two
    wrong = case.result(first, "positive")
    other = world.lab()
    case.tube(case.second, tube_no="LJ-9", lab=other[0]["uscc"], speaker=other[1])
    case.tube(case.second, tube_no="LJ-3", sampled_at="2021-01-18T12:00:01+08:00")
    for body, code in (
        ({}, "required"),
        ({"to_tube_no": "LJ-1"}, "same_tube"),
        ({"to_tube_no": "LJ-9"}, "unknown_tube"),
        ({"to_tube_id": SOME_ID}, "unknown_tube"),
        ({"to_tube_no": "LJ-3"}, "received_before_sampled"),
        ({"to_tube_no": "LJ-2", "occurred_at": "2099-01-01T00:00:00Z"}, "in_future"),
    ):
        assert move(case.lab[1], first, wrong, expect=422, **body)["errors"][0]["code"] == code
    move(other[1], first, wrong, to_tube_no="LJ-2", expect=404)
    move(case.merchant, first, wrong, to_tube_no="LJ-2", expect=403)
    move(world.people.inspector("230204"), first, wrong, to_tube_no="LJ-2", expect=404)
    assert grades(case, case.first) == ["red"]
    theirs = case.tube(case.second, tube_no="LJ-8", lab=other[0]["uscc"], speaker=other[1])
    refused = move(world.inspector, first, wrong, to_tube_id=theirs["tube_id"], expect=422)
    assert refused["errors"][0]["code"] == "other_lab"
    move(world.inspector, first, wrong, to_tube_no="LJ-2")
    assert grades(case, case.second) == ["red"]


# --- an officer enters for a laboratory ---


def test_an_officer_enters_with_a_photograph_and_the_laboratory_confirms(case, world):
    tube = case.tube(case.first)
    made = enter_for_lab(world.inspector, tube, photograph())
    assert (made["entered_for_lab"], made["tube_state"]) == (True, "negative")
    assert case.gate()["basis"]["test"]["state"] == "met"
    lab = case.lab[1]
    assert [t["tube_id"] for t in lab.get("/tubes?to_confirm=true")["items"]] == [tube["tube_id"]]
    here = f"/tubes/{tube['tube_id']}/results/{made['result_id']}"
    photo = lab.client.get(f"/api/v1{here}/photo", headers={"Authorization": f"Bearer {lab.token}"})
    assert (photo.status_code, photo.content_type) == (200, "image/jpeg")
    assert photo.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    case.merchant.get(f"{here}/photo", 403)
    world.lab()[1].get(f"{here}/photo", 404)
    world.inspector.post(f"{here}/confirm", {}, 403)
    world.lab()[1].post(f"{here}/confirm", {}, 404)
    confirmed = lab.post(f"{here}/confirm", {}, 200)
    assert confirmed["results"][0]["confirmed_at"]
    assert lab.get("/tubes?to_confirm=true")["items"] == []
    assert lab.post(f"{here}/confirm", {}, 409)["code"] == "wrong_state"
    (fact,) = facts("result.reported")
    assert case.lab[0]["business_id"] in fact  # on behalf of whom
    assert "photo_sha256" in fact


def test_a_positive_that_was_entered_for_a_laboratory_locks_and_is_corrected_by_it(case, world):
    tube = case.tube(case.first)
    wrong = enter_for_lab(world.inspector, tube, photograph(), result="positive")
    assert grades(case, case.first) == ["red"]
    own = enter_for_lab(
        world.inspector, tube, photograph(), supersedes_id=wrong["result_id"], reason="看错", report_no="R-19",
        reported_at="2021-01-18T19:00:00+08:00", result="positive",
    )  # fmt: skip
    case.result(tube, "negative", hour=20, supersedes_id=own["result_id"], reason="代录有误")
    assert grades(case, case.first) == []
    assert case.lab[1].get("/tubes?to_confirm=true")["items"] == []


def test_an_officer_neither_enters_without_the_report_nor_corrects_the_laboratory(case, world):
    tube = case.tube(case.first)
    assert enter_for_lab(world.inspector, tube, expect=422)["errors"][0]["pointer"] == "/photo"
    assert enter_for_lab(world.inspector, tube, b"%PDF-1.7", expect=422)["errors"][0]["code"] == "not_an_image"
    assert enter_for_lab(case.lab[1], tube, photograph(), expect=422)["errors"][0]["code"] == "not_needed"
    assert enter_for_lab(world.inspector, tube, photograph(), 422, other="x")["errors"][0]["code"] == "unknown_field"
    enter_for_lab(world.people.inspector("230204"), tube, photograph(), expect=404)
    reported = case.result(tube, "positive")
    refused = enter_for_lab(
        world.inspector, tube, photograph(), expect=409, supersedes_id=reported["result_id"], reason="x"
    )
    assert refused["code"] == "lab_result"
    assert len(case.lab[1].get(f"/tubes/{tube['tube_id']}")["results"]) == 1
    world.inspector.post(f"/tubes/{tube['tube_id']}/results", BODY | {"result": "negative", "photo": "x"}, 422)


# --- released by decision ---


def test_a_positive_is_released_by_decision_and_counts_as_nothing(case, world):
    tube = case.tube(case.first, case.second)
    case.result(tube, "positive")
    case.result(tube, "positive", stage="recheck", hour=20)
    here = f"/tubes/{tube['tube_id']}/release"
    body = {"reason": "采样管污染，疾控复核", "document_no": "建市监〔2021〕3号"}
    world.inspector.post(here, body, 403)
    world.people.regulator("230204").post(here, body, 404)
    case.lab[1].post(here, body, 403)
    world.regulator.post(here, {}, 422)
    shown = world.regulator.post(here, body, 200)
    assert shown["state"] == "invalid"
    assert {result["release_reason"] for result in shown["results"]} == {body["reason"]}
    for batch_id in (case.first, case.second):
        assert grades(case, batch_id) == []
        assert "test_invalid" in case.missing(batch_id)
    assert world.regulator.post(here, body, 409)["code"] == "wrong_state"
    assert len(facts("result.released")) == 2
    case.result(tube, "negative", stage="recheck", hour=22)
    assert case.gate()["basis"]["test"]["state"] == "met"


def test_a_confirmed_positive_is_not_released(case, world):
    tube = case.tube(case.first)
    case.result(tube, "positive")
    case.result(tube, "positive", stage="confirmation", hour=20)
    refused = world.regulator.post(f"/tubes/{tube['tube_id']}/release", {"reason": "x"}, 409)
    assert (refused["code"], refused["state"]) == ("wrong_state", "confirmed")
    assert grades(case, case.first) == ["confirmed"]


# --- pools and places ---


def test_a_tube_says_where_it_was_filled_and_when_it_pools_too_much(case):
    one = {"batch_id": case.first, "sample_site": "surface"}
    at_limit = case.tube(samples=[one] * 20, place="1 号冷库")
    assert (at_limit["place"], at_limit["pool_limit"], at_limit["over_pool_limit"]) == ("1 号冷库", 20, False)
    assert case.tube(samples=[one] * 21, tube_no="LJ-2")["over_pool_limit"] is True
    room = {"zone_id": case.zone["zone_id"], "sample_site": "environment"}
    before = case.tube(samples=[room] * 21, tube_no="LJ-3", sampled_at="2019-01-18T10:00:00+08:00")
    assert (before["pool_limit"], before["over_pool_limit"]) == (None, False), "there was no figure then"
