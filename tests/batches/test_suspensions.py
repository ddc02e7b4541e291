"""Imports suspended by plant through HTTP: recorded, judged by the day of declaration, changed, lifted (R18)."""

from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session, select

from coldchain.batches import jobs, service
from coldchain.core import db
from coldchain.journal.models import JournalEntry
from tests.factories.reader import Reader

SOURCE = "海关总署公告 2021 年第 1 号"
NUMBER = "190120211000042871"


def suspend(case, expect=201, speaker=None, **fields):
    body = {
        "kind": "import_suspension", "region_code": "230203", "producer_id": case.product["producer_id"],
        "starts_on": "2021-01-16", "ends_on": "2021-01-22", "positive_no": 1, "source": SOURCE,
    } | fields  # fmt: skip
    return (speaker or case.world.regulator).post("/measures", body, expect)


def stopped(case, batch_id=None):
    return "import_suspended" in case.missing(batch_id)


def test_goods_are_judged_by_the_day_of_declaration(case):
    assert not stopped(case)
    made = suspend(case)
    assert stopped(case)  # arrived on the 18th, and no declaration is there
    (item,) = [each for each in case.gate()["missing"] if each["code"] == "import_suspended"]
    assert SOURCE in item["message_zh"]
    assert "没有报关单" in item["message_zh"]
    assert (item["rule"], item["kind"], bool(item["next_en"])) == ("R18", "import_suspension", True)
    case.paper("customs_declaration", number=NUMBER, issued_on="2021-01-16")
    assert stopped(case)
    case.paper(
        "customs_declaration", f"/batches/{case.first}", number=NUMBER, issued_on="2021-01-15"
    )  # its own goes before
    assert not stopped(case)
    assert stopped(case, case.second)
    verdict = case.gate()
    assert [note["code"] for note in verdict["notes"]] == ["suspension_untouched"]
    assert verdict["basis"]["import_suspension"]["declared_by"] == "customs_declaration"
    assert [rule["kind"] for rule in verdict["rules"]] == ["evidence_policy", "measure"]
    assert verdict["rules"][1]["code"] == made["measure_id"]
    assert {len(rule["digest"]) for rule in verdict["rules"]} == {64}


def test_clear_goods_that_were_here_before_stay_clear_and_lists_follow(case):
    case.papers()
    case.disinfect()
    case.result(case.tube(case.first, case.second), "negative")
    for batch_id in (case.first, case.second):
        case.merchant.post(f"/batches/{batch_id}/label-runs", {"level": "batch"}, 202)
    jobs_of = case.product["producer_id"]
    assert case.batch()["status"] == "cleared"
    suspend(case, starts_on="2021-01-19", ends_on="2021-01-25")
    jobs.rejudge(producer_id=jobs_of)
    assert (case.gate()["clear"], case.batch()["status"]) == (True, "cleared")
    suspend(case)  # their day, but recorded after they were cleared
    verdict = case.gate()
    assert verdict["clear"] is True
    assert "suspension_too_late" in [note["code"] for note in verdict["notes"]]
    jobs.rejudge(producer_id=jobs_of)
    assert case.batch()["status"] == "cleared"


def test_goods_that_were_not_clear_wait_until_the_suspension_is_void(case):
    case.papers()
    case.disinfect()
    made = suspend(case)
    case.result(case.tube(case.first, case.second), "negative")
    for batch_id in (case.first, case.second):
        case.merchant.post(f"/batches/{batch_id}/label-runs", {"level": "batch"}, 202)
    assert case.missing() == ["import_suspended"]
    jobs.rejudge(producer_id=case.product["producer_id"])
    assert case.batch()["status"] == "held"
    case.world.regulator.post(f"/measures/{made['measure_id']}/lift", {"version": 1, "void": True}, 200)
    assert case.gate()["clear"] is True
    jobs.rejudge(region_code="230200")
    assert case.batch()["status"] == "cleared"


def test_who_may_record_and_what_is_refused(world, case):
    assert suspend(case, 404, region_code="370000")["code"] == "not_found"
    suspend(case, 404, region_code="000000")
    suspend(case, 403, speaker=case.merchant)
    suspend(case, 403, speaker=world.inspector)
    suspend(case, 201, speaker=world.people.admin(), region_code="000000")
    codes = [
        suspend(case, 422, **wrong)["errors"][0]["code"]
        for wrong in ({"ends_on": None}, {"ends_on": "2021-01-15"}, {"producer_id": None},
                      {"business": case.owner["uscc"]}, {"producer_id": case.first}, {"positive_no": 0})
    ]  # fmt: skip
    assert codes == ["required", "before_start", "required", "not_for_this_kind", "unknown_producer", "out_of_range"]


def test_two_at_once_and_the_history(world, case):
    made = suspend(case)
    path = f"/measures/{made['measure_id']}"
    longer = {"version": 1, "ends_on": "2021-02-12"}
    assert world.regulator.post(f"{path}/change", longer, 200)["version"] == 2
    refused = world.regulator.post(f"{path}/change", {"version": 1, "source": "又一份"}, 409)
    assert (refused["code"], refused["version"]) == ("newer_version", 2)
    world.regulator.post(f"{path}/lift", {"version": 1}, 409)
    read = case.merchant.get(path)
    assert (read["ends_on"], read["source"], read["state"]) == ("2021-02-12", SOURCE, "ended")
    assert [each["ends_on"] for each in read["history"]] == ["2021-01-22"]
    world.regulator.post(f"{path}/lift", {"version": 2}, 200)
    assert world.regulator.post(f"{path}/change", {"version": 3, "source": "x"}, 409)["code"] == "wrong_state"
    assert case.merchant.get(f"/measures?in_force=true&producer_id={case.product['producer_id']}")["items"] == []
    assert len(case.merchant.get("/measures?kind=import_suspension&region_code=230203")["items"]) == 1
    with db.transaction() as session:
        told = select(JournalEntry.kind).where(JournalEntry.subject_id == UUID(made["measure_id"]))
        assert sorted(session.exec(told)) == ["measure.changed", "measure.lifted", "measure.recorded"]


def test_the_next_ones_length_is_suggested(case):
    producer = case.product["producer_id"]
    path = f"/producers/{producer}/suspension-suggestion?starts_on=2021-03-01"
    assert case.merchant.get(path)["ends_on"] == "2021-03-07"
    first = suspend(case)
    suspend(case, starts_on="2021-02-01", ends_on="2021-02-07", positive_no=2)
    found = case.merchant.get(path)
    assert (found["earlier"], found["positive_no"], found["weeks"], found["ends_on"]) == (2, 3, 4, "2021-03-28")
    case.world.regulator.post(f"/measures/{first['measure_id']}/lift", {"version": 1, "void": True})
    assert case.merchant.get(path)["earlier"] == 1
    case.merchant.get(f"/producers/{case.first}/suspension-suggestion?starts_on=2021-03-01", 404)


def test_the_gates_statements_do_not_grow_with_suspensions(case):
    def count():
        seen = []
        with db.transaction() as session:
            engine = session.get_bind()
            event.listen(engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
            service.gate(Session(engine), [UUID(case.first), UUID(case.second)], "230203")
        return len(seen)

    suspend(case)
    count()  # the book is read anew
    one = count()
    for day in ("02", "03", "04", "05"):
        suspend(case, starts_on=f"2021-02-{day}", ends_on="2021-02-20")
    count()
    assert count() == one


def test_an_officer_at_the_pages(app, world, case):
    officer = Reader.of(app, world.regulator)
    officer.open("/measures/new")
    assert "/measures/new?kind=import_suspension" in officer.text
    plant = world.people.admin().get(f"/producers/{case.product['producer_id']}")["plant_no"]
    officer.open(f"/measures/new?kind=import_suspension&q={plant}")
    assert case.product["producer_id"] in officer.text
    officer.open(f"/measures/new?kind=import_suspension&about={case.product['producer_id']}")
    assert "The rule book suggests 1 week" in officer.text
    officer.send("/measures/new", 422, source="", starts_on="2021-01-16", ends_on="2021-01-22")
    assert 'href="#f-source"' in officer.text
    officer.send("/measures/new", 200, source=SOURCE)
    here = officer.path
    assert plant in officer.text
    officer.open(f"{here}/change")
    world.regulator.post(f"{here}/change".replace("/measures", "/measures", 1), {"version": 1, "ends_on": "2021-02-12"})
    officer.send(f"{here}/change", 409, source="又一份公告")
    assert "又一份公告" in officer.text  # nothing typed is lost
    assert "2021-02-12" in officer.text
    officer.send(f"{here}/change", 200)
    assert "又一份公告" in officer.text
    officer.open(f"{here}/lift")
    officer.send(f"{here}/lift", 200, void="true")
    assert "Entered by mistake" in officer.text
    officer.open("/measures?in_force=false")
    assert plant in officer.text
    nobody = app.test_client().get("/measures/public")
    assert nobody.status_code == 200
    assert plant not in nobody.get_data(as_text=True)
