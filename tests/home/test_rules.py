"""The rule book as data: what a change would do, saving it, two who save at once, what a dispatch proves (R1)."""

import json
import re
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from coldchain.batches import jobs
from coldchain.core import db, limits
from coldchain.home import rules_words
from coldchain.journal.models import JournalEntry
from coldchain.policy import rulebook
from tests.batches.conftest import Case
from tests.factories.reader import Reader

CODE = "three_papers_one_code_heilongjiang"
FORM = ("name_zh", "name_en", "region_code", "imported", "categories", "valid_from", "valid_to", "evidence",
        "disinfection", "testing", "code_required", "supplier_required", "requires_verified", "grace_until",
        "source")  # fmt: skip


@pytest.fixture
def case(world):
    """Two imported batches; the first is clear."""
    case = Case(world)
    case.papers()
    case.disinfect()
    case.result(case.tube(case.first, case.second), "negative")
    case.merchant.post(f"/batches/{case.first}/label-runs", {"level": "batch"}, 202)
    return case


def newest(admin, code=CODE):
    rows = admin.get(f"/rules/evidence-policies?code={code}")["items"]
    row = max(rows, key=lambda each: each["version"])
    return {name: row[name] for name in FORM} | {"code": code, "based_on": row["version"]}


def places(case, world):
    """More goods: of another day, in another province, domestic, and sold out."""
    lines = [{"product_id": case.product["product_id"], "quantity_units": 6}]
    old = world.arrival(case.owner, case.site, case.zone, lines, arrived_at="2020-12-20T08:00:00+08:00")
    general = world.zone(case.site, "general")
    ice = world.product(imported=False, category="ice")
    home = world.arrival(
        case.owner, case.site, general, [{"product_id": ice["product_id"], "quantity_units": 6}], supplier=None,
        entry_mode="existing_stock",
    )  # fmt: skip
    south = world.people.regulator("370000")
    site = south.post("/sites", {"business": case.owner["business_id"], "name": "山东库", "kind": "cold_store",
                                 "region_code": "370102", "address": "示例路"}, 201)  # fmt: skip
    zone = south.post(f"/sites/{site['site_id']}/zones",
                      {"code": "Z", "kind": "import_dedicated", "temperature_class": "frozen"}, 201)  # fmt: skip
    there = world.arrival(case.owner, site, zone, lines)
    return [arrival["batches"][0]["batch_id"] for arrival in (old, home, there)]


def test_the_preview_says_what_saving_then_does(world, case):
    admin = world.people.admin()
    others = places(case, world)
    every = [case.first, case.second, *others]
    before = {batch_id: case.gate(batch_id)["clear"] for batch_id in every}
    change = newest(admin) | {"code_required": False, "source": "示例更正"}
    seen = admin.post("/rules/evidence-policies/preview", change, 200)
    assert (seen["candidates"], seen["judged"], seen["next"]) == (2, 2, None)
    assert (seen["to_clear"], seen["to_held"], seen["reasons"]) == (1, 0, 0)
    (row,) = seen["items"]
    assert (row["batch_id"], row["clear_before"], row["clear_after"]) == (case.second, False, True)
    assert (row["missing_before"], row["missing_after"]) == (["code_missing"], [])
    assert case.gate(case.second)["clear"] is False  # nothing was saved
    parts, cursor = [], None
    for _number in range(2):
        part = admin.post("/rules/evidence-policies/preview", change | {"limit": 1, "cursor": cursor}, 200)
        assert (part["judged"], part["candidates"]) == (1, 2)
        parts, cursor = parts + part["items"], part["next"]
    assert (parts, cursor) == ([row], None)
    assert admin.post("/rules/evidence-policies", change, 201) == {"code": CODE, "version": 2}
    after = {batch_id: case.gate(batch_id)["clear"] for batch_id in every}
    assert {each for each in every if before[each] != after[each]} == {case.second}
    assert case.gate(case.second)["policy"]["version"] == 2
    jobs.rejudge(region_code="230000")
    assert case.batch(case.second)["status"] == "cleared"


def test_a_stricter_rule_and_a_new_row_nearer_by(world, case):
    admin = world.people.admin()
    strict = newest(admin) | {"requires_verified": True}
    seen = admin.post("/rules/evidence-policies/preview", strict, 200)
    assert (seen["to_held"], seen["to_clear"], seen["reasons"]) == (1, 0, 1)
    assert seen["items"][0]["missing_after"] == ["evidence_unverified"] * 3
    easy = newest(admin) | {"code": "qiqihar_2021", "based_on": 0, "region_code": "230200", "evidence": [],
                            "disinfection": "none", "testing": "none", "code_required": False}  # fmt: skip
    assert admin.post("/rules/evidence-policies/preview", easy, 200)["to_clear"] == 1
    elsewhere = easy | {"region_code": "370000"}
    assert admin.post("/rules/evidence-policies/preview", elsewhere, 200)["candidates"] == 0
    later = easy | {"valid_from": "2022-01-01"}  # in force from then on, and before the region's first row too
    assert admin.post("/rules/evidence-policies/preview", later, 200)["candidates"] == 0
    poultry = easy | {"categories": ["aquatic"]}
    assert admin.post("/rules/evidence-policies/preview", poultry, 200)["candidates"] == 0


def test_who_may_and_what_is_refused(world, case):
    admin = world.people.admin()
    change = newest(admin)
    for speaker in (world.regulator, world.inspector, case.merchant):
        speaker.post("/rules/evidence-policies", change, 403)
        speaker.post("/rules/evidence-policies/preview", change, 403)
        assert len(speaker.get(f"/rules/evidence-policies?code={CODE}")["items"]) == 1
    codes = {}
    for name, value in (("code", "Ünruly"), ("valid_to", "2020-01-01"), ("region_code", "999999"), ("source", None),
                        ("evidence", [["no_such_paper"]]), ("evidence", [[]]), ("testing", "some")):  # fmt: skip
        based_on = 0 if name == "code" else 1
        answer = admin.post("/rules/evidence-policies", change | {name: value, "based_on": based_on}, 422)
        codes[name] = answer["errors"][0]["code"]
    assert codes == {"code": "invalid", "valid_to": "before_start", "region_code": "unknown_region",
                     "source": "required", "evidence": "wrong_count", "testing": "not_one_of"}  # fmt: skip
    for path in ("/rules/evidence-policies", "/rules/evidence-policies/preview"):
        for name, value, pointer in (("evidence", [None], "/evidence/0"), ("evidence", [[None]], "/evidence/0/0"),
                                     ("categories", [None], "/categories/0")):  # fmt: skip
            (error,) = admin.post(path, change | {name: value}, 422)["errors"]
            assert (error["pointer"], error["code"]) == (pointer, "required")
    full = [["nucleic_acid"]] * limits.EVIDENCE_GROUPS
    admin.post("/rules/evidence-policies/preview", change | {"evidence": full}, 200)
    admin.post("/rules/evidence-policies/preview", change | {"evidence": [*full, ["nucleic_acid"]]}, 422)
    wide = [["nucleic_acid"] * limits.EVIDENCE_ALTERNATIVES]
    admin.post("/rules/evidence-policies/preview", change | {"evidence": wide}, 200)
    admin.post("/rules/evidence-policies/preview", change | {"evidence": [wide[0] + wide[0][:1]]}, 422)
    admin.post("/rules/evidence-policies/preview", change | {"limit": limits.PREVIEW_BATCHES}, 200)
    admin.post("/rules/evidence-policies/preview", change | {"limit": limits.PREVIEW_BATCHES + 1}, 422)
    admin.post("/rules/evidence-policies/preview", change | {"cursor": "x"}, 422)
    assert admin.post("/rules/evidence-policies", change | {"based_on": 0}, 409)["code"] == "rule_exists"
    admin.post("/rules/evidence-policies", change, 201)
    refused = admin.post("/rules/evidence-policies", change, 409)
    assert (refused["code"], refused["version"]) == ("newer_version", 2)


def test_a_version_is_never_changed(world, case):
    world.people.admin().post("/rules/evidence-policies", newest(world.people.admin()), 201)
    for table in ("evidence_policy", "disinfection_protocol", "policy_parameter", "measure_version"):
        with pytest.raises(DBAPIError), db.transaction() as session:
            session.execute(text(f"UPDATE {table} SET source = 'x'"))


def test_protocols_and_figures(world, case):
    admin = world.people.admin()
    rows = admin.get("/rules/disinfection-protocols?code=chilled_chlorine_500")["items"]
    body = {
        name: value for name, value in rows[0].items() if name not in {"version", "recorded_at"} and value is not None
    }
    weaker = body | {"based_on": 1, "concentration_min_mg_per_l": 400}
    assert admin.post("/rules/disinfection-protocols", weaker, 201)["version"] == 2
    assert admin.post("/rules/disinfection-protocols", weaker, 409)["code"] == "newer_version"
    upside = body | {"based_on": 2, "ambient_from_c": 10, "ambient_to_c": 10}
    assert admin.post("/rules/disinfection-protocols", upside, 422)["errors"][0]["code"] == "upside_down"
    nowhere = body | {"based_on": 2, "region_code": "999999"}
    assert admin.post("/rules/disinfection-protocols", nowhere, 422)["errors"][0]["code"] == "unknown_region"
    ended = body | {"based_on": 2, "valid_from": "2021-02-02", "valid_to": "2021-02-01"}
    assert admin.post("/rules/disinfection-protocols", ended, 422)["errors"][0]["code"] == "before_start"
    figure = {"name": "pool_limit", "based_on": 1, "value": "10", "valid_from": "2021-01-01", "source": "示例"}
    assert admin.post("/rules/figures", figure, 201)["version"] == 2
    assert admin.post("/rules/figures", figure, 409)["code"] == "newer_version"
    assert (
        admin.post("/rules/figures", figure | {"based_on": 2, "value": "[1]"}, 422)["errors"][0]["code"]
        == "wrong_shape"
    )
    admin.post("/rules/figures", figure | {"name": "no_such_figure"}, 404)
    assert {row["value"] for row in admin.get("/rules/figures?code=pool_limit")["items"]} == {10, 20}
    world.regulator.post("/rules/figures", figure, 403)


def test_a_treatment_is_judged_by_the_protocols_of_its_own_day_and_place(world, case):
    admin = world.people.admin()
    (row,) = admin.get("/rules/disinfection-protocols?code=frozen_chlorine_3000")["items"]
    body = {name: value for name, value in row.items() if name not in {"version", "recorded_at"} and value is not None}
    longer = body | {"based_on": 1, "contact_min": 30, "valid_from": "2021-01-19"}
    admin.post("/rules/disinfection-protocols", longer, 201)
    there = body | {"code": "frozen_elsewhere", "based_on": 0, "contact_min": 60, "region_code": "310000"}
    admin.post("/rules/disinfection-protocols", there, 201)
    for day, minutes, state in (("18", 10, "met"), ("19", 10, "not_met"), ("19", 30, "met")):
        made = case.disinfect(occurred_at=f"2021-01-{day}T10:00:00+08:00", contact_min=minutes)
        assert made["protocol_state"] == state
    here = body | {"code": "frozen_here", "based_on": 0, "contact_min": 60, "region_code": "230203"}
    admin.post("/rules/disinfection-protocols", here, 201)
    assert case.disinfect(contact_min=10)["protocol_state"] == "not_met"


def test_what_a_dispatch_was_judged_by_is_provable(world, case):
    admin = world.people.admin()
    admin.post("/rules/evidence-policies", newest(admin) | {"source": "第二版"}, 201)
    buyer = world.business("买方")
    world.site(buyer, "shop")
    made = case.merchant.post("/consignments", {
        "from_zone_id": case.zone["zone_id"], "to": {"business": buyer["uscc"]}, "handover": "await_confirmation",
        "lines": [{"batch_id": case.first, "quantity_units": 6}],
    }, 201)  # fmt: skip
    admin.post("/rules/evidence-policies", newest(admin) | {"source": "第三版"}, 201)
    with db.transaction() as session:
        bodies = session.exec(
            select(JournalEntry.body).where(JournalEntry.subject_id == UUID(made["consignment_id"]))
        ).one()
        told = json.loads(bodies)["data"]["lines"][0]
        saved = session.exec(select(JournalEntry.body).where(JournalEntry.kind == "evidence_policy.added"))
        second = next(data for body in saved if (data := json.loads(body)["data"])["version"] == 2)
    assert told["policy"] == f"{CODE}.2"
    assert told["rules"][0] == f"evidence_policy:{CODE}.2@{second['digest']}"
    assert second["source"] == "第二版"
    assert told["rules"][1].startswith("disinfection_protocol:frozen_chlorine")
    kept = case.merchant.get(f"/consignments/{made['consignment_id']}")["lines"][0]["verdict"]["rules"]
    assert [rule["version"] for rule in kept] == [2, 1]


def test_an_administrator_at_the_pages(app, world, case):
    admin = Reader.of(app, world.people.admin())
    admin.open("/rules")
    assert "Three papers and one code (Heilongjiang)" in admin.text
    admin.open(f"/rules/policies/{CODE}")
    admin.open(f"/rules/policies/draft?code={CODE}")
    draft = "/rules/policies/draft"
    admin.send(draft, 422, _step="check", source="", code_required=None)
    assert 'href="#f-source"' in admin.text
    admin.send(draft, 200, _step="check", source="示例更正")
    assert "Not clear, would be clear" in admin.text
    assert case.batch(case.second)["batch_code"] in admin.text
    change = newest(world.people.admin()) | {"source": "别人先改的"}
    world.people.admin().post("/rules/evidence-policies", change, 201)
    admin.send(draft, 409, _step="send")
    assert "The row has a newer version: 2" in admin.text
    assert "别人先改的" in admin.text
    assert "示例更正" in admin.text  # nothing typed is lost
    admin.send(draft, 200, _step="check")
    admin.send(draft, 200, _step="send")
    assert admin.path == f"/rules/policies/{CODE}"
    assert "Version 3" in admin.text
    for of, code in (("protocols", "chilled_chlorine_500"), ("figures", "pool_limit")):
        admin.open(f"/rules?of={of}")
        admin.open(f"/rules/{of}/draft?code={code}")
        admin.send(f"/rules/{of}/draft", 200, _step="check", source="新通知")
        assert "None:" in admin.text
        admin.send(f"/rules/{of}/draft", 200, _step="send")
        assert "新通知" in admin.text
    admin.open("/rules/policies/draft")
    admin.send(draft, 422, _step="check", code="x")


def test_every_figure_has_a_name_and_a_value_in_words(app, world):
    """No code of a row, no JSON on the page of the figures, in Chinese as in English."""
    with db.transaction() as session:
        names = {row.name for row in rulebook.parameters(session)}
    assert names == set(rules_words.FIGURES)
    page = Reader.of(app, world.regulator, lang="zh_CN").open("/rules?of=figures")
    cells = page.partition("<tbody>")[2].partition("</tbody>")[0]
    shown = re.sub(r"<[^>]+>", " ", cells)
    assert not re.findall(r"[a-z]+_[a-z_]+|[{}\[\]]", shown)
    for words in ("：168；", "最低：0；最高：10", "第 4 件：外包装", "不予办理", "到货前提前报备（小时）"):
        assert words in shown
    assert rules_words.figure("newer_than_these_words") == "newer_than_these_words"
