"""Papers with their files: handing in, who sees them, an officer's word, replacing, one certificate for many."""

from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import select
from sqlmodel import col

from coldchain.batches.models import Evidence, EvidenceCheck, Flag
from coldchain.core import clock, db, limits, stored_files
from coldchain.core.stored_files import StoredFile
from coldchain.journal.models import JournalEntry
from coldchain.policy.models import EvidencePolicy
from tests.factories import hostile

PAPER = {"kind": "inspection_quarantine", "number": "CIQ-7", "issuer": "示例海关", "issued_on": "2021-01-17"}
SOME_ID = "00000000-0000-7000-8000-000000000000"


def hand_in(who, path, content, name="paper.pdf", expect=201, headers=None, **fields):
    """Hand in a paper as a form does; None: without a file."""
    data = {**PAPER, **fields}
    if content is not None:
        data["file"] = [(io.BytesIO(each), name) for each in (content if isinstance(content, list) else [content])]
    given = {"Authorization": f"Bearer {who.token}"} | (headers or {})
    response = who.client.post(f"/api/v1{path}/evidence", data=data, content_type="multipart/form-data", headers=given)
    assert response.status_code == expect, response.get_data(as_text=True)
    return response.get_json()


def fetch(who, evidence_id, expect=200, page=None):
    """Fetch a paper's file, or the picture of one of its pages."""
    headers = {"Authorization": f"Bearer {who.token}"} if who.token else {}
    path = f"/api/v1/evidence/{evidence_id}/{'file' if page is None else f'pages/{page}'}"
    response = who.client.get(path, headers=headers)
    assert response.status_code == expect, response.get_data(as_text=True)
    return response


def arrival(case):
    return f"/arrivals/{case.arrival['arrival_id']}"


def facts(kind, subject_id):
    """The data of the journal's entries of a kind about something, oldest first."""
    with db.transaction() as session:
        rows = session.scalars(select(JournalEntry).where(col(JournalEntry.kind) == kind))
        bodies = [json.loads(row.body) for row in rows]
    return [body["data"] for body in bodies if body["subject"] == str(subject_id)]


def test_a_paper_with_its_file_serves_its_batches_and_is_kept(case):
    content = hostile.pdf(pages=2)
    made = hand_in(case.merchant, arrival(case), content, quantity_units="180", valid_to="2022-01-01")
    assert (made["quantity_units"], made["valid_to"], made["state"]) == (180, "2022-01-01", "entered")
    assert [each["status"] for each in made["batches"]] == ["held", "held"]
    assert made["file"]["media_type"] == "application/pdf"
    assert (made["file"]["size_bytes"], made["file"]["pages"]) == (len(content), 2)
    (fact,) = facts("evidence.registered", made["evidence_id"])
    assert fact["file_sha256"] == made["file"]["sha256"]
    for paper in (case.batch()["evidence"][0], case.merchant.get(arrival(case))["evidence"][0]):
        assert paper["file"] == made["file"]
    shown = fetch(case.merchant, made["evidence_id"])
    assert (shown.data, shown.content_type) == (content, "application/pdf")
    name = f"{made['file']['sha256'][:16]}.pdf"
    assert shown.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert shown.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for page, status in ((1, 200), (2, 200), (3, 404)):
        picture = fetch(case.merchant, made["evidence_id"], status, page)
        assert status == 404 or (picture.content_type, picture.data[:2]) == ("image/jpeg", b"\xff\xd8")


def test_a_photograph_is_shown_in_the_page(case):
    made = hand_in(case.merchant, f"/batches/{case.first}", hostile.photograph("WEBP"), "IMG_1.webp")
    shown = fetch(case.merchant, made["evidence_id"])
    assert (shown.content_type, shown.headers["Content-Disposition"][:6]) == ("image/jpeg", "inline")
    assert fetch(case.merchant, made["evidence_id"], page=1).data == shown.data


def test_a_form_without_a_file_is_a_paper_too(case):
    made = hand_in(case.merchant, arrival(case), None)
    assert made["file"] is None
    assert fetch(case.merchant, made["evidence_id"], 404).get_json()["code"] == "no_file"
    assert fetch(case.merchant, SOME_ID, 404).get_json()["code"] == "not_found"


HOSTILE = {
    "program.pdf": (lambda: b"MZ" + bytes(99), "unknown_file_type"),
    "script.pdf": (lambda: hostile.pdf(hostile.script_on_opening), "pdf_active"),
    "locked.pdf": (lambda: hostile.pdf(encryption=hostile.pikepdf.Encryption(owner="o", user="u")), "pdf_encrypted"),
    "archive.pdf": (hostile.zip_hidden_in_pdf, "polyglot"),
    "large.png": (lambda: hostile.claimed_png(50_000, 50_000), "too_many_pixels"),
    "empty.pdf": (lambda: b"", "required"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_name_and_leaves_nothing(case, settings, name):
    made, code = HOSTILE[name]
    refused = hand_in(case.merchant, arrival(case), made(), name, 422)
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [("/file", code)]
    assert case.batch()["evidence"] == []
    assert not [path for path in settings.var_dir.rglob("*") if path.is_file() and "uploads" in path.parts]


def test_a_path_in_the_name_leads_nowhere(case, settings):
    content = hostile.pdf()
    made = hand_in(case.merchant, arrival(case), content, "../../../keys/secret_key")
    kept = [path for path in (settings.var_dir / "uploads").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [made["file"]["sha256"]]
    assert all("secret" not in str(path) for path in settings.var_dir.rglob("*.pdf"))


def test_what_else_is_wrong_with_a_form(case):
    content = hostile.pdf()
    wrong = [
        ({"content": [content, content]}, "/file", "repeated"),
        ({"content": content, "quantity_units": "0"}, "/quantity_units", "out_of_range"),
        ({"content": content, "colour": "red"}, "/colour", "unknown_field"),
        ({"content": None, "file": "text"}, "/file", "not_a_file"),
        ({"content": content, "issued_on": "2021/1/17"}, "/issued_on", "not_date"),
    ]
    for fields, pointer, code in wrong:
        refused = hand_in(case.merchant, arrival(case), expect=422, **fields)
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused["errors"]}
    with db.transaction() as session:
        assert session.scalars(select(StoredFile)).all() == []


def test_a_file_is_bounded_at_the_door(case):
    """Sent as raw bytes: the test client leaves its own spool file of a large form open."""
    content = bytes(limits.UPLOAD_BYTES + 1)
    fields = "".join(
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in PAPER.items()
    )
    file = '--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    response = case.merchant.client.post(
        f"/api/v1{arrival(case)}/evidence", data=(fields + file).encode() + content + b"\r\n--cut--\r\n",
        content_type="multipart/form-data; boundary=cut", headers={"Authorization": f"Bearer {case.merchant.token}"},
    )  # fmt: skip
    assert response.status_code == 422
    errors = response.get_json()["errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [("/file", "too_large")]


def test_the_same_form_with_the_same_key_is_one_paper(case):
    content, key = hostile.pdf(), {"Idempotency-Key": "p-1"}
    first = hand_in(case.merchant, arrival(case), content, headers=key)
    assert hand_in(case.merchant, arrival(case), content, "other-name.pdf", headers=key) == first
    for other in ({"content": hostile.pdf(pages=2)}, {"content": content, "number": "CIQ-8"}, {"content": None}):
        refused = hand_in(case.merchant, arrival(case), headers=key, expect=422, **other)
        assert refused["code"] == "idempotency_mismatch"
    assert len(case.batch()["evidence"]) == 1


def test_the_same_file_for_two_papers_is_kept_once(case, settings):
    content = hostile.pdf()
    one = hand_in(case.merchant, f"/batches/{case.first}", content)
    two = hand_in(case.merchant, f"/batches/{case.second}", content)
    assert one["file"] == two["file"]
    assert len([path for path in (settings.var_dir / "uploads").rglob("*") if path.is_file()]) == 1


def test_who_stores_the_goods_sees_their_papers_and_nobody_else(case, world):
    """Owner, buyer, keeper of the store, officers of the area and the administrator; no laboratory, no stranger."""
    made = hand_in(case.merchant, arrival(case), hostile.pdf())
    own = hand_in(case.merchant, f"/batches/{case.first}", hostile.photograph())
    store = world.business("示例冷库", kinds=["cold_store"])
    kept = world.zone(world.site(store))
    keeper, stranger = world.merchant(store), world.merchant(world.business())
    papers = (made["evidence_id"], own["evidence_id"])
    for evidence_id in papers:
        fetch(keeper, evidence_id, 404)
    case.merchant.post("/relocations", {
        "zone_id": case.zone["zone_id"], "to_zone_id": kept["zone_id"],
        "lines": [{"batch_id": case.first, "quantity_units": 6}],
    }, 201)  # fmt: skip
    for evidence_id in papers:
        for who in (case.merchant, keeper, world.regulator, world.inspector):
            fetch(who, evidence_id)
            assert who.get(f"/evidence/{evidence_id}")["evidence_id"] == evidence_id
        for who in (stranger, world.people.regulator("511011")):
            fetch(who, evidence_id, 404)
            who.get(f"/evidence/{evidence_id}", 404)
        fetch(case.lab[1], evidence_id, 403)
        fetch(world.people.nobody(), evidence_id, 401)


def test_papers_of_a_batch_are_seen_by_who_got_a_part_of_it(case, world):
    """A part that was split off goes on with the papers of the whole."""
    own = hand_in(case.merchant, f"/batches/{case.first}", hostile.photograph())
    part = case.merchant.post(f"/batches/{case.first}/split", {
        "zone_id": case.zone["zone_id"], "piece_from": 1, "piece_to": 2,
    }, 201)  # fmt: skip
    store = world.business("示例冷库", kinds=["cold_store"])
    kept = world.zone(world.site(store))
    child = part.get("batch_id") or part["batches"][0]["batch_id"]
    case.merchant.post("/relocations", {
        "zone_id": case.zone["zone_id"], "to_zone_id": kept["zone_id"],
        "lines": [{"batch_id": child, "quantity_units": 12}],
    }, 201)  # fmt: skip
    fetch(world.merchant(store), own["evidence_id"])


def test_a_file_that_is_gone_is_said_so(case, settings):
    made = hand_in(case.merchant, arrival(case), hostile.pdf())
    stored_files.path_of(settings.var_dir, made["file"]["sha256"]).unlink()
    for page in (None, 1):
        assert fetch(case.merchant, made["evidence_id"], 404, page).get_json()["code"] == "no_file"


# --- an officer's word ---


def require_verified(world):
    """Let the policy in force ask for verified papers, by a newer version of it."""
    with db.transaction() as session:
        row = session.scalars(
            select(EvidencePolicy)
            .where(col(EvidencePolicy.region_code) == "230000", col(EvidencePolicy.imported))
            .order_by(col(EvidencePolicy.valid_from).desc())
        ).first()
        assert row is not None
        values = row.model_dump() | {"version": row.version + 1, "requires_verified": True, "recorded_at": clock.now()}
        values.pop("policy_id")
        session.add(EvidencePolicy(**values))


def test_an_officer_verifies_and_the_gate_counts_it_where_the_rule_asks(case, world):
    require_verified(world)
    case.papers()
    papers = {paper["kind"]: paper["evidence_id"] for paper in case.batch()["evidence"]}
    assert case.missing()[:3] == ["evidence_unverified"] * 3
    said = world.regulator.post(f"/evidence/{papers['nucleic_acid']}/verify")
    assert (said["state"], bool(said["verified_at"]), len(said["batches"])) == ("verified", True, 2)
    assert case.missing()[:3].count("evidence_unverified") == 2
    basis = {group["kind"]: group["state"] for group in case.gate()["basis"]["evidence"]}
    assert basis["nucleic_acid"] == "verified"
    (fact,) = facts("evidence.verified", papers["nucleic_acid"])
    assert (fact["kind"], fact["number"], fact["reason"]) == ("nucleic_acid", "N-1", None)


def test_a_refused_paper_stops_counting_and_its_owner_reads_why_and_what_next(case, world):
    case.papers()
    paper = next(each for each in case.batch()["evidence"] if each["kind"] == "nucleic_acid")
    said = world.regulator.post(f"/evidence/{paper['evidence_id']}/refuse", {"reason": "号码与实验室记录不符"})
    assert (said["state"], said["refused_reason"]) == ("refused", "号码与实验室记录不符")
    item = next(item for item in case.gate()["missing"] if item["code"] == "evidence_refused")
    assert "号码与实验室记录不符" in item["message_zh"]
    assert "更换核酸检测合格证明" in item["next_zh"]
    assert "Replace" in item["next_en"]
    with db.transaction() as session:
        checks = session.scalars(select(EvidenceCheck)).all()
    assert [(row.outcome, row.reason) for row in checks] == [("refused", "号码与实验室记录不符")]
    newer = case.paper("nucleic_acid", number="N-2", replaces=paper["evidence_id"])
    assert newer["replaces"] == paper["evidence_id"]
    assert "evidence_refused" not in case.missing()
    shown = {each["number"]: each for each in case.batch()["evidence"] if each["kind"] == "nucleic_acid"}
    assert shown["N-1"]["replaced_by"] == newer["evidence_id"]
    assert shown["N-1"]["state"] == "refused"
    assert shown["N-2"]["replaced_by"] is None


def test_an_officers_word_can_change_and_none_is_overwritten(case, world):
    paper = case.paper("nucleic_acid")["evidence_id"]
    world.regulator.post(f"/evidence/{paper}/verify")
    assert world.regulator.post(f"/evidence/{paper}/verify", expect=409)["code"] == "wrong_state"
    world.regulator.post(f"/evidence/{paper}/refuse", {"reason": "复核"})
    assert world.regulator.post(f"/evidence/{paper}/refuse", {"reason": "再"}, 409)["code"] == "wrong_state"
    assert "evidence_refused" in case.missing()
    world.regulator.post(f"/evidence/{paper}/verify")
    assert "evidence_refused" not in case.missing()
    with db.transaction() as session:
        outcomes = session.scalars(select(EvidenceCheck.outcome).order_by(col(EvidenceCheck.check_id))).all()
    assert outcomes == ["verified", "refused", "verified"]
    assert world.regulator.post(f"/evidence/{paper}/refuse", {}, 422)["errors"][0]["pointer"] == "/reason"


def test_who_may_not_verify(case, world):
    paper = case.paper("nucleic_acid")["evidence_id"]
    for who, status in (
        (case.merchant, 403), (world.inspector, 403), (case.lab[1], 403), (world.people.nobody(), 401),
        (world.people.regulator("230204"), 404),
    ):  # fmt: skip
        who.post(f"/evidence/{paper}/verify", expect=status)
        who.post(f"/evidence/{paper}/refuse", {"reason": "x"}, status)
    world.regulator.post(f"/evidence/{SOME_ID}/verify", expect=404)
    case.merchant.get("/evidence", 403)
    assert world.people.regulator("230204").get("/evidence")["items"] == []


def test_the_queue_holds_what_waits_oldest_or_ending_first(case, world):
    first = case.paper("nucleic_acid", valid_to="2021-06-01")["evidence_id"]
    second = case.paper("disinfection", f"/batches/{case.first}", valid_to="2021-03-01")["evidence_id"]
    third = case.paper("inspection_quarantine")["evidence_id"]

    def queue(query=""):
        return [row["evidence_id"] for row in world.regulator.get(f"/evidence{query}")["items"]]

    assert queue() == [first, second, third]
    assert queue("?order=expiring") == [second, first]
    assert queue("?kind=disinfection") == [second]
    for order, expected in (("oldest", [first, second, third]), ("expiring", [second, first])):
        found, cursor = [], ""
        while cursor is not None:
            page = world.regulator.get(f"/evidence?limit=1&order={order}{cursor}")
            found += [row["evidence_id"] for row in page["items"]]
            cursor = page["next"] and f"&cursor={page['next']}"
        assert found == expected
    world.regulator.post(f"/evidence/{first}/verify")
    world.regulator.post(f"/evidence/{second}/refuse", {"reason": "x"})
    assert queue() == [third]
    assert (queue("?state=verified"), queue("?state=refused")) == ([first], [second])
    newer = case.paper("inspection_quarantine", replaces=third)["evidence_id"]
    assert queue() == [newer]


# --- replacing ---


def test_a_paper_is_replaced_once_by_one_of_its_kind_and_goods(case, world):
    old = case.paper("nucleic_acid", valid_to="2021-01-17")["evidence_id"]
    assert "evidence_expired" in case.missing()
    for path, kind in ((arrival(case), "disinfection"), (f"/batches/{case.first}", "nucleic_acid")):
        refused = case.paper(kind, path, 422, replaces=old)
        assert refused["errors"][0]["code"] == "unknown_paper"
    assert case.paper("nucleic_acid", expect=422, replaces=SOME_ID)["errors"][0]["code"] == "unknown_paper"
    new = case.paper("nucleic_acid", replaces=old)["evidence_id"]
    assert "evidence_expired" not in case.missing()
    assert case.paper("nucleic_acid", expect=409, replaces=old)["code"] == "replaced_already"
    for word in ("verify", "refuse"):
        body = {"reason": "x"} if word == "refuse" else None
        assert world.regulator.post(f"/evidence/{old}/{word}", body, 409)["code"] == "replaced_already"
    assert [fact["replaces"] for fact in facts("evidence.registered", new)] == [old]
    with db.transaction() as session:
        assert session.get(Evidence, new).supersedes_id is not None


# --- one certificate, many deliveries ---


def flags():
    with db.transaction() as session:
        rows = session.scalars(select(Flag).order_by(col(Flag.flag_id))).all()
        return [(row.kind, row.data) for row in rows if row.kind.startswith("certificate")]


def test_a_certificate_for_more_than_it_says_is_flagged_and_reuse_alone_is_not(case, world):
    case.paper("inspection_quarantine", f"/batches/{case.first}", quantity_units=180)  # 120 of 180
    case.paper("inspection_quarantine", f"/batches/{case.second}")  # 60 more: all of it
    case.paper("inspection_quarantine")  # the delivery as a whole, the same goods again
    assert flags() == []
    case.paper("nucleic_acid", quantity_units=180)
    case.paper("nucleic_acid", f"/batches/{case.first}", number="N-9", quantity_units=119)
    ((kind, data),) = flags()
    assert kind == "certificate_overbooked"
    assert (data["booked_units"], data["certificate_units"], data["number"]) == (120, 119, "N-9")
    listed = world.regulator.get("/flags?kind=certificate_overbooked")["items"]
    assert (listed[0]["subject_kind"], listed[0]["batch_id"]) == ("batch", case.first)


def test_another_holder_plant_or_quantity_is_flagged(case, world):
    case.paper("inspection_quarantine", quantity_units=180)
    other = world.business()
    site = world.site(other)
    zone = world.zone(site)
    line = [{"product_id": world.product()["product_id"], "quantity_units": 6}]
    theirs = world.arrival(other, site, zone, line, container_no=None, seal_no=None)
    merchant = world.merchant(other)
    body = {"kind": "inspection_quarantine", "number": "N-1", "issuer": "另写的名称", "issued_on": "2021-01-17"}
    merchant.post(f"/arrivals/{theirs['arrival_id']}/evidence", body | {"quantity_units": 200}, 201)
    found = dict(flags())
    assert found["certificate_differs"]["differs"] == ["holder", "plant", "quantity"]
    assert found["certificate_overbooked"]["booked_units"] == 186
    assert str(case.owner["business_id"]) not in json.dumps(found)


def test_numbers_that_others_give_out_are_told_apart_by_issuer(case, world):
    other = world.business()
    site = world.site(other)
    line = [{"product_id": case.product["product_id"], "quantity_units": 6}]
    theirs = world.arrival(other, site, world.zone(site), line, container_no=None, seal_no=None)
    case.paper("purchase_receipt", number="0001", issuer="甲店", quantity_units=180)
    body = {"kind": "purchase_receipt", "number": "0001", "issued_on": "2021-01-17", "quantity_units": 6}
    path = f"/arrivals/{theirs['arrival_id']}/evidence"
    world.merchant(other).post(path, body | {"issuer": "乙店"}, 201)
    assert flags() == []
    world.merchant(other).post(path, body | {"issuer": "甲店"}, 201)
    assert {kind for kind, _data in flags()} == {"certificate_differs", "certificate_overbooked"}
