"""A laboratory at work: nothing by a scan alone, none twice, what it confirms in plain sight, zones and people too."""

import re
from uuid import UUID

import pytest
from flask import Flask

from coldchain.batches import worker_numbers
from coldchain.core import db
from coldchain.registry.models import Zone
from tests.batches.conftest import Case
from tests.batches.test_corrections import photograph
from tests.batches.test_result_pages import WORK, csv, row, upload
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.home import test_stopped


def main(page: str) -> str:
    """Return the words of a page's main part, with single blanks."""
    return " ".join(test_stopped.main(page).split())


@pytest.fixture
def lab(app: Flask, case: Case) -> Reader:
    return Reader.of(app, case.lab[1])


def results(case: Case, number: str) -> list[dict[str, str]]:
    """Return the results of a tube."""
    return list(case.lab[1].get(f"/tubes?tube_no={number}")["items"][0]["results"])


def test_a_scan_alone_enters_nothing_and_a_run_says_large_what_it_enters(lab: Reader, case: Case) -> None:
    case.tube(case.first, tube_no="LJ-1"), case.tube(case.second, tube_no="LJ-2")
    assert "/tubes/work" in lab.open("/tubes")
    lab.open("/tubes/work")
    unchosen = {name: text for name, text in WORK.items() if name != "result"}
    lab.send("/tubes/work", 422, tube_no="LJ-1", **unchosen)
    assert results(case, "LJ-1") == []
    page = lab.send("/tubes/work", 200, result="negative", **unchosen | {"tube_no": "LJ-1"})
    assert re.search(r"<h2>What is scanned now is entered as: Negative</h2>", page)
    kept = dict(lab.form("/tubes/work")["fields"])
    assert {name: kept[name] for name in ("received_at", "reported_at", "report_no")} == {
        name: WORK[name] for name in ("received_at", "reported_at", "report_no")
    }
    page = lab.send("/tubes/work", 409, tube_no="LJ-1")
    words = main(page)
    for said in ("LJ-1 has a result already", "R-1", "赵示例", "2021-01-18 18:00", "Correct the result"):
        assert said in words, said
    assert len(results(case, "LJ-1")) == 1
    kept = dict(lab.form("/tubes/work")["fields"])
    assert (kept["tube_no"], kept["_run"], kept["report_no"]) == ("", "negative", "R-1")
    lab.send("/tubes/work", 200, tube_no="LJ-2")
    assert [each["result"] for each in results(case, "LJ-2")] == ["negative"]
    lab.open("/tubes/work?after=LJ-2")
    assert "result" not in dict(lab.form("/tubes/work")["fields"]), "another result is chosen anew"
    lab.send("/tubes/work", 200, tube_no="LJ-2", result="negative", stage="recheck")
    assert len(results(case, "LJ-2")) == 2, "a re-check is another test"


def test_a_file_names_its_positives_before_it_is_taken_in(lab: Reader, case: Case) -> None:
    case.tube(case.first, tube_no="LJ-1"), case.tube(case.second, tube_no="LJ-2")
    lab.open("/tubes/work")
    page = upload(lab, "/tubes/work/file", 200, content=csv(row("LJ-1"), row("LJ-2", "阳性")))
    outcome = main(page[: page.index('action="/tubes/work/file"')] + "</main")
    code = case.batch(case.second)["batch_code"]
    assert "LJ-2" in outcome
    assert f"{code[:4]} {code[4:]}" in outcome
    assert "LJ-1" not in outcome
    assert results(case, "LJ-2") == []


def test_what_a_laboratory_confirms_stands_beside_the_button(app: Flask, world: World, lab: Reader, case: Case) -> None:
    tube = case.tube(case.first)
    inspector = Reader.of(app, world.inspector)
    action = f"/tubes/{tube['tube_id']}/results/new"
    inspector.open(action)
    told = {name: text for name, text in WORK.items() if name != "analyst"} | {"result": "positive"}
    upload(inspector, action, 200, field="photo", name="report.jpg", content=photograph(), _step="check", **told)
    inspector.send(action, 200, _step="send")
    chinese = Reader.of(app, case.lab[1], lang="zh-CN")
    words = main(chinese.open(f"/tubes/{tube['tube_id']}"))
    assert "核对无误，确认结果" in words
    assert "确认收货" not in words
    before = words[: words.index("核对无误")]
    assert before.rindex("这是您机构报告的结果吗？") < before.rindex("LJ-0001") < before.rindex("R-1")
    assert "阳性" in before[before.rindex("这是您机构报告的结果吗？") :]


def test_a_laboratory_registers_a_zone_by_its_sign_and_a_person_by_number(
    app: Flask, world: World, lab: Reader, case: Case
) -> None:
    body = {"name": "赵示例", "post": "搬运工", "started_on": "2021-01-04"}
    person = case.merchant.post("/workers", body, 201)
    with db.transaction() as session:
        sign = session.get_one(Zone, UUID(case.zone["zone_id"])).sign_code
    due = main(Reader.of(app, world.inspector).open("/sampling-due"))
    number = worker_numbers.number(UUID(person["worker_id"]))
    assert number in due
    assert f"{sign[:4]} {sign[4:8]} {sign[8:]}" in due
    told = {"sampled_at": "2021-01-18 10:00", "_step": "send"}
    for tube_no, of, code, error in (
        ("HJ-1", "zone_id", sign.lower(), None), ("RY-1", "worker_id", number, None),
        ("HJ-2", "zone_id", "Z000", "There is no such zone"), ("RY-2", "worker_id", "0000 0000", "no such worker"),
    ):  # fmt: skip
        lab.open("/tubes/new")
        typed = told | {"tube_no": tube_no, "_samples__0__of": of, "_samples__0__code": code}
        page = lab.send("/tubes/new", 422 if error else 200, **typed)
        assert error is None or error in page
    (zone,) = case.lab[1].get("/tubes?tube_no=HJ-1")["items"][0]["samples"]
    assert (zone["zone_id"], zone["sample_site"]) == (case.zone["zone_id"], "environment")
    shown = lab.open(f"/tubes/{case.lab[1].get('/tubes?tube_no=HJ-1')['items'][0]['tube_id']}")
    assert 'class="cc-rowhead">A zone' in shown, (
        "a row is never without a name, whatever is not the laboratory's to know"
    )
    (who,) = case.lab[1].get("/tubes?tube_no=RY-1")["items"][0]["samples"]
    assert (who["worker"]["worker_id"], who["sample_site"]) == (person["worker_id"], "personnel")
    assert "赵示例" not in lab.open(f"/tubes/{case.lab[1].get('/tubes?tube_no=RY-1')['items'][0]['tube_id']}")


def test_a_positive_person_is_spoken_of_as_a_person_at_the_check_and_on_the_receipt(lab: Reader, case: Case) -> None:
    body = {"name": "赵示例", "post": "搬运工", "started_on": "2021-01-04"}
    person = case.merchant.post("/workers", body, 201)
    tube = case.tube(samples=[{"worker_id": person["worker_id"], "sample_site": "personnel"}], tube_no="RY-1")
    action = f"/tubes/{tube['tube_id']}/results/new"
    for stage, result, said, unsaid in (
        ("preliminary", "positive", ("goes off work", "re-checks the same tube", "Officers and the business"), "batch"),
        ("recheck", "positive", ("goes off work", "confirms the result with the same tube"), "batch"),
        ("recheck", "negative", ("No goods were sampled in this tube",), "for 0 batches"),
    ):
        typed = WORK | {"stage": stage, "result": result, "report_no": f"R-{stage}-{result}"}
        lab.open(action)
        check, receipt = main(lab.send(action, 200, _step="check", **typed)), main(lab.send(action, 200, _step="send"))
        for words in said:
            assert words in receipt, words
            assert words in check or result == "negative", words
        assert unsaid not in receipt
        assert result == "negative" or "o goods are locked" in check


def test_a_tube_that_came_long_after_its_sampling_is_asked_about_and_taken(lab: Reader, case: Case) -> None:
    action = f"/tubes/{case.tube(case.first)['tube_id']}/results/new"
    lab.open(action)
    typed = WORK | {"result": "negative", "reported_at": "2021-01-25 12:00"}
    page = lab.send(action, 200, _step="check", **typed | {"received_at": "2021-01-25 10:00"})
    assert "Check the date" not in page
    lab.open(action)
    page = lab.send(action, 200, _step="check", **typed | {"received_at": "2021-01-25 10:01"})
    assert "Received more than 7 days after it was sampled (2021-01-18 10:00). Check the date." in main(page)
    lab.send(action, 200, _step="send")
    assert len(results(case, "LJ-0001")) == 1


def test_a_number_typed_another_way_is_taken_when_it_is_the_only_one(lab: Reader, case: Case) -> None:
    (
        case.tube(case.first, tube_no="LJ-5009"),
        case.tube(case.first, tube_no="LJ-11"),
        case.tube(case.first, tube_no="LJ1-1"),
    )
    lab.open("/tubes/work")
    lab.send("/tubes/work", 200, **WORK | {"tube_no": "ｌｊ 5009"})
    assert [each["result"] for each in results(case, "LJ-5009")] == ["negative"]
    lab.send("/tubes/work", 422, tube_no="lj11")
    lab.send("/tubes/work", 422, tube_no="--")
    lab.send("/tubes/work", 200, tube_no="LJ-11")
    assert (len(results(case, "LJ-11")), results(case, "LJ1-1")) == (1, []), "an exact match wins"


def test_a_merchants_desk_names_each_locked_batch(app: Flask, case: Case) -> None:
    case.result(case.tube(case.first, case.second), "positive")
    words = main(Reader.of(app, case.merchant).open("/"))
    for batch_id, number in ((case.first, "L1"), (case.second, "L2")):
        code = case.batch(batch_id)["batch_code"]
        assert f"{number} {code[:4]} {code[4:]} is locked" in words


def test_a_tube_lists_what_is_alike_once_with_how_many_and_names_a_store_to_its_laboratory_by_kind_alone(
    app: Flask, lab: Reader, case: Case, world: World
) -> None:
    swab = {"zone_id": case.zone["zone_id"], "sample_site": "environment"}
    outer = {"batch_id": case.first, "sample_site": "outer_pack"}
    tube = case.tube(samples=[swab, outer, swab, outer, outer | {"sample_site": "inner_pack"}, swab])
    page = Reader.of(app, world.regulator).open(f"/tubes/{tube['tube_id']}")
    zone = case.zone["code"]
    counted = re.findall(r'data-th="Swab">([^<]+)<.*?data-th="Number of samples">(\d+)<', page, re.DOTALL)
    assert [count for _swab, count in counted] == ["3", "2", "1"]
    assert counted[0][0] == "Environment"
    assert f"Zone {zone}" in page
    mine = lab.open(f"/tubes/{tube['tube_id']}")
    assert f"Zone {zone}" not in mine
    assert "A zone" in mine
