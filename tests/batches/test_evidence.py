"""Papers and disinfection records over HTTP (R1, R5, R7)."""

SOME_ID = "00000000-0000-7000-8000-000000000000"


def test_one_set_of_papers_serves_every_batch(case):
    assert case.missing()[:3] == ["evidence_missing"] * 3
    made = case.paper("inspection_quarantine", number="CIQ-1", valid_to="2022-01-01", quantity_units=180)
    assert made["state"] == "entered"
    assert made["arrival_id"] == case.arrival["arrival_id"]
    assert made["batch_id"] is None
    assert [each["status"] for each in made["batches"]] == ["held", "held"]
    for batch_id in (case.first, case.second):
        assert case.missing(batch_id)[:2] == ["evidence_missing"] * 2
        assert [paper["number"] for paper in case.batch(batch_id)["evidence"]] == ["CIQ-1"]
    read = case.merchant.get(f"/arrivals/{case.arrival['arrival_id']}")
    assert [paper["kind"] for paper in read["evidence"]] == ["inspection_quarantine"]


def test_a_paper_of_one_batch_serves_that_batch(case):
    case.paper("nucleic_acid", f"/batches/{case.first}")
    assert len(case.missing(case.first)) == len(case.missing(case.second)) - 1


def test_an_expired_paper_does_not_count(case):
    case.paper("nucleic_acid", issued_on="2021-01-01", valid_to="2021-01-17")
    assert "evidence_expired" in case.missing()
    case.paper("nucleic_acid", issued_on="2021-01-01", valid_to="2021-01-18")
    assert "evidence_expired" not in case.missing()


WRONG_PAPERS = [
    ({"kind": "birth_certificate"}, "/kind", "not_one_of"),
    ({"kind": "customs_declaration", "number": "1901 2021 1 00004287"}, "/number", "customs_declaration_length"),
    ({"kind": "customs_declaration", "number": "190120212000042871"}, "/number", "customs_declaration_flag"),
    ({"issued_on": "2099-01-01"}, "/issued_on", "in_future"),
    ({"valid_to": "2021-01-16"}, "/valid_to", "before_issue"),
    ({"issuer": " "}, "/issuer", "required"),
    ({"number": None}, "/number", "required"),
    ({"number": "x" * 101}, "/number", "too_long"),
    ({"quantity_units": 0}, "/quantity_units", "out_of_range"),
    ({"occurred_at": "2099-01-01T00:00:00Z"}, "/occurred_at", "in_future"),
    ({"file": "x"}, "/file", "unknown_field"),
]


def test_a_wrong_paper_is_refused(case):
    for fields, pointer, code in WRONG_PAPERS:
        refused = case.paper(**({"kind": "nucleic_acid"} | fields), expect=422)
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused["errors"]}
        assert case.batch()["evidence"] == []


def test_a_customs_declaration_is_kept_as_digits(case):
    assert case.paper("customs_declaration", number="1901 2021 1 000042871")["number"] == "190120211000042871"


def test_only_owner_holder_and_officer_enter_facts(case, world):
    body = {"kind": "nucleic_acid", "number": "N-1", "issuer": "示例", "issued_on": "2021-01-17"}
    for path in (f"/arrivals/{case.arrival['arrival_id']}/evidence", f"/batches/{case.first}/evidence"):
        world.merchant(world.business()).post(path, body, 404)
        world.people.regulator("230204").post(path, body, 404)
        world.inspector.post(path, body, 403)
        case.lab[1].post(path, body, 403)
        world.people.nobody().post(path, body, 401)
        made = world.regulator.post(path, body, 201)
        assert made["on_behalf_of"] == case.owner["business_id"]
    case.paper("nucleic_acid", f"/batches/{SOME_ID}", 404)
    case.paper("nucleic_acid", f"/arrivals/{SOME_ID}", 404)


def test_disinfection_of_the_arrival_covers_every_piece_of_every_batch(case):
    made = case.disinfect()
    assert (made["protocol_state"], made["protocol"]) == ("met", "frozen_chlorine_3000")
    for batch_id in (case.first, case.second):
        found = case.gate(batch_id)["basis"]["disinfection"]
        assert (found["state"], found["bases"]) == ("met", ["whole_batch"])


def test_ranges_of_pieces_add_up(case):
    path = f"/batches/{case.first}"  # 120 units of 6: pieces 1 to 20
    case.disinfect(path, basis="declared_range", piece_from=1, piece_to=12)
    item = next(item for item in case.gate()["missing"] if item["kind"] == "disinfection_record")
    assert (item["code"], item["uncovered"]) == ("disinfection_not_covered", [[13, 20]])
    case.disinfect(path, basis="scanned", piece_from=12, piece_to=20)
    found = case.gate()["basis"]["disinfection"]
    assert (found["state"], found["bases"]) == ("met", ["scanned", "declared_range"])
    assert "disinfection_missing" in case.missing(case.second)


def test_a_treatment_that_meets_no_protocol_is_kept_but_does_not_count(case):
    made = case.disinfect(agent="chlorine")
    assert (made["protocol_state"], made["protocol"]) == ("not_met", None)
    verdict = case.gate()
    assert "protocol_not_met" in [item["code"] for item in verdict["missing"]]
    assert [note["code"] for note in verdict["notes"]] == ["agent_freezes"]
    assert len(case.batch()["disinfections"]) == 1
    case.disinfect()  # 补消毒
    assert "protocol_not_met" not in case.missing()


def test_an_agent_without_protocol_counts_with_a_note(case):
    assert case.disinfect(agent="peracetic_acid")["protocol_state"] == "no_protocol"
    verdict = case.gate()
    assert verdict["basis"]["disinfection"]["state"] == "met"
    assert [note["code"] for note in verdict["notes"]] == ["no_protocol"]


WRONG_TREATMENTS = [
    ({"basis": "declared_range"}, "/piece_from", "required"),
    ({"basis": "declared_range", "piece_from": 1}, "/piece_to", "required"),
    ({"basis": "declared_range", "piece_from": 3, "piece_to": 2}, "/piece_to", "wrong_order"),
    ({"basis": "declared_range", "piece_from": 1, "piece_to": 21}, "/piece_to", "beyond_pieces"),
    ({"basis": "declared_range", "piece_from": 0, "piece_to": 2}, "/piece_from", "out_of_range"),
    ({"basis": "whole_batch", "piece_from": 1, "piece_to": 20}, "/piece_from", "range_not_allowed"),
    ({"basis": "guess"}, "/basis", "not_one_of"),
    ({"agent": "soap"}, "/agent", "not_one_of"),
    ({"concentration_mg_per_l": -1}, "/concentration_mg_per_l", "out_of_range"),
    ({"contact_min": 10_081}, "/contact_min", "out_of_range"),
    ({"ambient_temperature_c": -300}, "/ambient_temperature_c", "out_of_range"),
    ({"ambient_temperature_c": "cold"}, "/ambient_temperature_c", "not_number"),
    ({"volume_ml_per_m2": 0}, "/volume_ml_per_m2", "out_of_range"),
    ({"occurred_at": "2099-01-01T00:00:00Z"}, "/occurred_at", "in_future"),
]


def test_a_wrong_treatment_is_refused(case):
    for fields, pointer, code in WRONG_TREATMENTS:
        refused = case.disinfect(f"/batches/{case.first}", 422, **fields)
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused["errors"]}
        assert case.batch()["disinfections"] == []


def test_pieces_are_numbered_within_a_batch(case):
    refused = case.disinfect(expect=422, basis="declared_range", piece_from=1, piece_to=5)
    assert refused["errors"][0]["code"] == "range_needs_batch"


def test_the_last_piece_counts(case):
    case.disinfect(f"/batches/{case.first}", basis="scanned", piece_from=1, piece_to=20)
    assert case.gate()["basis"]["disinfection"]["state"] == "met"
