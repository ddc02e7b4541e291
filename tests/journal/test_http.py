"""Entries, proofs and receipts over HTTP, in the whole program: who may see what, and what is refused how."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlmodel import Session

from coldchain.core import db
from coldchain.core.ids import new_id
from coldchain.core.openapi import document
from coldchain.journal import checkpoint, merkle, receipt, sequencer, service
from config import Settings
from tests.factories.people import People, Speaker
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.journal.conftest import Forger
from tests.journal.helpers import Clerk, fact, write


@pytest.fixture
def var_dir(settings: Settings) -> Path:
    """VAR_DIR of the program under test."""
    return settings.var_dir


def sign(var_dir: Path) -> int:
    """Sequence, sign, and return the size."""
    sequencer.run_once(db.engine(), var_dir)
    with Session(db.engine()) as session:
        return int(session.execute(text("SELECT max(size) FROM journal_checkpoint")).scalar_one())


def root(size: int) -> bytes:
    with Session(db.engine()) as session:
        leaves = session.execute(text("SELECT leaf_hash FROM journal_leaf ORDER BY index")).scalars().all()
    return merkle.tree_root([bytes(leaf) for leaf in leaves[:size]])


def hashes(answer: Any) -> list[bytes]:
    return [base64.b64decode(line, validate=True) for line in answer["proof"]]


def errors(speaker: Speaker, path: str, status: int = 422) -> dict[str, str]:
    answer = speaker.get(path, status)
    return {error["pointer"]: error["code"] for error in answer["errors"]}


def code(speaker: Speaker, path: str, status: int) -> str:
    return str(speaker.get(path, status)["code"])


# --- proofs, for everybody ---


@pytest.fixture
def signed(people: People, var_dir: Path) -> int:
    """21 entries under checkpoints of 8, 13 and 21."""
    for count in (8, 5, 8):
        write(db.engine(), count)
        sign(var_dir)
    return 21


def test_inclusion_is_proven_to_anybody(people: People, signed: int) -> None:
    nobody = people.nobody()
    with Session(db.engine()) as session:
        leaves = session.execute(text("SELECT leaf_hash FROM journal_leaf ORDER BY index")).scalars().all()
    for size in (1, 7, 8, 13, signed):
        for index in range(size):
            proof = hashes(nobody.get(f"/journal/inclusion?index={index}&tree_size={size}"))
            assert merkle.verify_inclusion(index, size, bytes(leaves[index]), proof, root(size))


def test_consistency_is_proven_to_anybody(people: People, signed: int) -> None:
    nobody = people.nobody()
    for second in (1, 8, 13, signed):
        for first in range(second + 1):
            proof = hashes(nobody.get(f"/journal/consistency?first={first}&second={second}"))
            assert merkle.verify_consistency(first, second, root(first), root(second), proof)
    assert nobody.get("/journal/consistency?first=0&second=0") == {"proof": []}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("inclusion?index=0&tree_size=22", {"/tree_size": "not_signed"}),
        ("inclusion?index=21&tree_size=21", {"/index": "not_in_tree"}),
        ("inclusion?index=20&tree_size=20", {"/index": "not_in_tree"}),
        ("inclusion?index=-1&tree_size=20", {"/index": "out_of_range"}),
        ("inclusion?index=0&tree_size=0", {"/tree_size": "out_of_range"}),
        ("inclusion?index=x&tree_size=1", {"/index": "not_integer"}),
        ("inclusion?index=9007199254740992&tree_size=1", {"/index": "out_of_range"}),
        ("inclusion?index=9007199254740991&tree_size=1", {"/index": "not_in_tree"}),
        ("inclusion?index=1&tree_size=9007199254740991", {"/tree_size": "not_signed"}),
        ("inclusion?tree_size=1", {"/index": "required"}),
        ("inclusion?index=1&tree_size=2&size=3", {"/size": "unknown_field"}),
        ("consistency?first=1&second=22", {"/second": "not_signed"}),
        ("consistency?first=8&second=7", {"/first": "wrong_order"}),
        ("consistency?first=-1&second=7", {"/first": "out_of_range"}),
        ("consistency?first=1", {"/second": "required"}),
        ("consistency?first=1&second=2&third=3", {"/third": "unknown_field"}),
    ],
)
def test_sizes_out_of_range_are_refused(people: People, signed: int, path: str, expected: dict[str, str]) -> None:
    assert errors(people.nobody(), f"/journal/{path}") == expected


def test_what_is_not_signed_is_not_proven(people: People, signed: int, var_dir: Path) -> None:
    """A tree without a checkpoint could still be signed differently, so nothing about it is given out."""
    write(db.engine(), 1)
    sequencer.sequence_batch(db.engine())
    nobody = people.nobody()
    assert errors(nobody, f"/journal/inclusion?index={signed}&tree_size={signed + 1}") == {"/tree_size": "not_signed"}
    assert errors(nobody, f"/journal/consistency?first=1&second={signed + 1}") == {"/second": "not_signed"}
    sign(var_dir)
    nobody.get(f"/journal/inclusion?index={signed}&tree_size={signed + 1}", 200)


@pytest.mark.parametrize(
    "path", ["inclusion?index=0&tree_size=1", "consistency?first=0&second=1", "origins", "checkpoint", "key"]
)
def test_before_the_first_signature(people: People, path: str) -> None:
    write(db.engine(), 1)
    assert code(people.nobody(), f"/journal/{path}", 503) == "checkpoint_not_ready"


def test_a_proof_that_lacks_a_node_is_no_500(people: People, signed: int, forger: Forger) -> None:
    with forger() as session:
        session.execute(text("DELETE FROM journal_node WHERE level = 2 AND index = 0"))
        session.commit()
    assert code(people.nobody(), f"/journal/inclusion?index=7&tree_size={signed}", 503) == "journal_damaged"
    assert code(people.nobody(), f"/journal/consistency?first=5&second={signed}", 503) in {"journal_damaged"}


def test_the_origins_are_listed(people: People, signed: int) -> None:
    nobody = people.nobody()
    (item,) = nobody.get("/journal/origins")["items"]
    note = nobody.get("/journal/checkpoint")
    (vkey,) = item["keys"]
    assert checkpoint.open_checkpoint(note, checkpoint.parse_vkey(vkey)).origin == item["origin"]
    assert (item["first_size"], item["after"]) == (0, [])


# --- entries and receipts, for those with a right to them ---


class Written:
    """Facts of two businesses in two regions, and readers of all kinds."""

    def __init__(self, people: People, var_dir: Path) -> None:
        world = World(people)
        self.mine, self.other = world.business(active=False), world.business(active=False)
        self.merchant = world.merchant(self.mine)
        self.facts = {
            "mine": fact(business_id=self.mine["business_id"], region_code="230203"),
            "other": fact(business_id=self.other["business_id"], region_code="230204"),
            "region": fact(business_id=None, region_code="230203"),
            "nobody": fact(business_id=None, region_code=None),
        }

        with db.transaction() as session:
            ids = service.append_many(session, Clerk(new_id()), list(self.facts.values()))
        self.entry_ids = dict(zip(self.facts, ids, strict=True))
        self.size = sign(var_dir)
        with Session(db.engine()) as session:
            rows = session.execute(text("SELECT entry_id, index FROM journal_leaf")).all()
        places = {row[0]: int(row[1]) for row in rows}
        self.places = {name: places[entry_id] for name, entry_id in self.entry_ids.items()}
        lab = world.business(active=False, kinds=["lab"], handles_imported=False)
        self.readers: dict[str, tuple[Speaker, set[str]]] = {
            "admin": (people.admin(), {"mine", "other", "region", "nobody"}),
            "regulator": (people.regulator("230203"), {"mine", "region"}),
            "inspector": (people.inspector("230203"), {"mine", "region"}),
            "city": (people.get("city", "regulator", region_code="230200"), {"mine", "other", "region"}),
            "elsewhere": (people.regulator("110101"), set()),
            "merchant": (self.merchant, {"mine"}),
            "lab": (people.lab(lab["business_id"]), set()),
        }


@pytest.fixture
def written(people: People, var_dir: Path) -> Written:
    return Written(people, var_dir)


def test_entries_are_seen_by_those_concerned(written: Written) -> None:
    for reader, (speaker, seen) in written.readers.items():
        for name, index in written.places.items():
            status = 200 if name in seen else 404
            answer = speaker.get(f"/journal/entries/{index}", status)
            assert (name in seen) == ("body" in answer), reader


def test_receipts_and_lists_have_the_same_rights(written: Written, people: People) -> None:
    for speaker, seen in written.readers.values():
        for name, entry_id in written.entry_ids.items():
            speaker.get(f"/journal/receipts/{entry_id}", 200 if name in seen else 404)
            listed = speaker.get(f"/journal/entries?subject_id={written.facts[name].subject_id}")
            assert [item["entry_id"] for item in listed["items"]] == ([str(entry_id)] if name in seen else [])
    nobody = people.nobody()
    nobody.get("/journal/entries/0", 401)
    nobody.get(f"/journal/receipts/{written.entry_ids['mine']}", 401)
    nobody.get(f"/journal/entries?subject_id={written.facts['mine'].subject_id}", 401)


def test_an_entry_is_given_as_it_was_hashed(written: Written, people: People) -> None:
    index = written.places["mine"]
    answer = people.admin().get(f"/journal/entries/{index}")
    assert set(answer) == {"index", "leaf_hash", "body"}
    assert answer["index"] == index
    digest = hashlib.sha256(b"\x00" + answer["body"].encode()).digest()
    assert base64.b64decode(answer["leaf_hash"]) == digest
    proof = hashes(people.nobody().get(f"/journal/inclusion?index={index}&tree_size={written.size}"))
    assert merkle.verify_inclusion(index, written.size, digest, proof, root(written.size))
    content = json.loads(answer["body"])
    assert content["subject"] == str(written.facts["mine"].subject_id)
    assert content["data"]["_business_id"] == written.mine["business_id"]


@pytest.mark.parametrize("place", ["999999", "9007199254740991", "9007199254740992", "9" * 40, "-1", "x", "0x1"])
def test_no_such_place(people: People, place: str) -> None:
    people.admin().get(f"/journal/entries/{place}", 404)


def test_a_receipt_is_checked_by_the_key_alone(written: Written, people: People) -> None:
    nobody = people.nobody()
    vkey = nobody.get("/journal/key").strip()
    made = written.merchant.get(f"/journal/receipts/{written.entry_ids['mine']}")
    proven = receipt.check(made, [checkpoint.parse_vkey(vkey)])
    assert proven.index == written.places["mine"]
    assert proven.fact["subject"] == str(written.facts["mine"].subject_id)
    assert made.endswith(nobody.get("/journal/checkpoint")), "under the newest checkpoint"


def test_a_receipt_waits_for_the_signature(people: People, var_dir: Path) -> None:
    admin = people.admin()
    (first,) = write(db.engine(), 1)
    assert code(admin, f"/journal/receipts/{first}", 503) == "checkpoint_not_ready"
    sign(var_dir)
    admin.get(f"/journal/receipts/{first}", 200)
    (second,) = write(db.engine(), 1)
    assert code(admin, f"/journal/receipts/{second}", 409) == "receipt_not_ready"
    sequencer.sequence_batch(db.engine())
    assert code(admin, f"/journal/receipts/{second}", 409) == "receipt_not_ready"
    sign(var_dir)
    admin.get(f"/journal/receipts/{second}", 200)
    assert code(admin, f"/journal/receipts/{new_id()}", 404) == "not_found"


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE journal_entry SET body = replace(body, 'quantity', 'quantitx') WHERE entry_id = :entry",
        "UPDATE journal_node SET hash = sha256('')",
        "DELETE FROM journal_node",
        "UPDATE journal_checkpoint SET note = replace(note, 'coldchain/', 'coldchain/x')",
    ],
)
def test_no_receipt_that_proves_nothing(written: Written, people: People, forger: Forger, forgery: str) -> None:
    entry_id = written.entry_ids["mine"]
    with forger() as session:
        values = {"entry": entry_id} if ":entry" in forgery else {}
        session.execute(text(forgery), values)
        session.commit()
    assert code(people.admin(), f"/journal/receipts/{entry_id}", 503) == "journal_damaged"


def test_facts_of_a_subject_come_in_pages(people: People, var_dir: Path) -> None:

    subject = new_id()
    with db.transaction() as session:
        facts = [fact(subject_id=subject, kind="trial.one" if number % 2 else "trial.two") for number in range(7)]
        ids = service.append_many(session, Clerk(), facts)
    admin = people.admin()
    path = f"/journal/entries?subject_id={subject}"
    before = admin.get(path)["items"]
    assert [item["index"] for item in before] == [None] * 7
    sign(var_dir)
    found, following = [], ""
    while True:
        page = admin.get(f"{path}&limit=3{following}")
        found += page["items"]
        if page["next"] is None:
            break
        following = f"&cursor={page['next']}"
    assert [item["entry_id"] for item in found] == [str(entry_id) for entry_id in ids]
    assert all(item["index"] is not None for item in found)
    ones = admin.get(f"{path}&kind=trial.one")["items"]
    assert [item["kind"] for item in ones] == ["trial.one"] * 3
    assert errors(admin, "/journal/entries") == {"/subject_id": "required"}
    assert errors(admin, f"{path}&colour=red") == {"/colour": "unknown_field"}
    assert "/limit" in errors(admin, f"{path}&limit=201")


# --- pages ---


class Sale:
    """A cleared batch of which some was sent and confirmed, and a recall of it; everything signed."""

    def __init__(self, people: People, world: World, var_dir: Path) -> None:
        self.goods, self.shop = world.cleared(100), world.shop()
        batch_id = self.goods["batch"]["batch_id"]
        self.seller, self.buyer = world.merchant(self.goods["owner"]), world.merchant(self.shop["owner"])
        sent = self.seller.post(
            "/consignments",
            {
                "from_zone_id": self.goods["zone"]["zone_id"], "to": {"business": self.shop["owner"]["business_id"]},
                "handover": "await_confirmation", "lines": [{"batch_id": batch_id, "quantity_units": 13}],
            },
            201,
        )  # fmt: skip
        self.consignment = f"/consignments/{sent['consignment_id']}"
        self.buyer.post(
            f"{self.consignment}/confirm",
            {
                "zone_id": self.shop["zone"]["zone_id"],
                "lines": [{"batch_id": batch_id, "quantity_units": 13}],
            },
        )
        self.batch = f"/batches/{batch_id}"
        tubes = people.regulator().get("/batches/" + batch_id)["tubes"]
        self.tube = f"/tubes/{tubes[0]['tube_id']}"
        recall = people.regulator().post(
            "/recalls",
            {
                "kind": "outbreak_sweep", "notice_no": "示例1号", "issuer": "示例机关", "title": "示例通知",
                "received_at": "2021-01-19T12:00:00+08:00", "reason": "示例",
                "criterion": {"product_ids": [self.goods["product"]["product_id"]]},
            },
            201,
        )  # fmt: skip
        people.regulator().post(f"/recalls/{recall['recall_id']}/announce")
        self.recall = f"/recalls/{recall['recall_id']}"
        sign(var_dir)


def proven_on(reader: Reader, page: str, key: checkpoint.Verifier) -> list[str]:
    """Return the kinds of the facts whose receipts a page offers, each downloaded and checked."""
    kinds = []
    for href in re.findall(r'href="(/journal/receipts/[^"]+)"', reader.open(page)):
        response = reader.client.get(href)
        assert response.status_code == 200
        assert response.content_type == "text/plain; charset=utf-8"
        name = response.headers["Content-Disposition"]
        proven = receipt.check(response.get_data(as_text=True), [key])
        assert name == f'attachment; filename="receipt-{proven.index}.tlog-proof"'
        kinds.append(proven.fact["kind"])
    return kinds


def test_receipts_are_offered_where_the_facts_are(app: Flask, people: People, world: World, var_dir: Path) -> None:
    sale = Sale(people, world, var_dir)
    key = checkpoint.parse_vkey(people.nobody().get("/journal/key").strip())
    seller, buyer = Reader.of(app, sale.seller), Reader.of(app, sale.buyer)
    officer = Reader.of(app, people.regulator())
    assert proven_on(officer, sale.consignment, key) == ["consignment.dispatched", "consignment.confirmed"]
    assert proven_on(seller, sale.consignment, key) == ["consignment.dispatched"], "what the other said is theirs"
    assert proven_on(buyer, sale.consignment, key) == ["consignment.confirmed"]
    assert proven_on(seller, sale.batch, key) == ["evidence.registered"] * 4
    assert proven_on(buyer, sale.batch, key) == []
    assert proven_on(officer, sale.tube, key) == ["result.reported"]
    assert proven_on(Reader.of(app, sale.goods["lab"][1]), sale.tube, key) == ["result.reported"]
    assert proven_on(officer, sale.recall, key) == ["recall.drafted", "recall.announced"]
    assert "下载存证回执" in Reader.of(app, sale.seller, lang="zh_CN").open(sale.consignment)


def test_a_stranger_gets_no_receipt_by_its_address(app: Flask, people: People, world: World, var_dir: Path) -> None:
    sale = Sale(people, world, var_dir)
    (href,) = re.findall(r'href="(/journal/receipts/[^"]+)"', Reader.of(app, sale.seller).open(sale.consignment))
    Reader.of(app, sale.buyer).open(href, 404)
    assert app.test_client().get(href).status_code in {302, 303, 401}


def test_how_a_receipt_is_checked_is_said_to_everybody(app: Flask, people: People, var_dir: Path) -> None:
    anybody = Reader(app)
    assert "has not been signed yet" in anybody.open("/journal")
    write(db.engine(), 3)
    sign(var_dir)
    vkey = people.nobody().get("/journal/key").strip()
    for lang in ("en", "zh_CN"):
        page = Reader(app, lang=lang).open("/journal")
        assert vkey.replace("+", "&#43;") in page or vkey in page
        assert "python -m coldchain.journal.receipt" in page


def test_the_document_describes_it(app: Flask) -> None:
    paths = document(app)["paths"]
    inclusion = paths["/api/v1/journal/inclusion"]["get"]
    assert {parameter["name"] for parameter in inclusion["parameters"]} == {"index", "tree_size"}
    assert inclusion["x-permission"] == "public"
    assert paths["/api/v1/journal/entries/{index}"]["get"]["x-permission"] == "journal.read"
