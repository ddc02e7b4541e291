"""Writing facts: with the caller's transaction or not at all, never changed afterwards, persons only as commitments."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg import errors
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from coldchain.core import clock, db
from coldchain.core.ids import new_id
from coldchain.journal import body, merkle, personal, sequencer, service
from coldchain.journal.models import JournalEntry, JournalPending, PersonalValue
from tests.journal.helpers import NOON, Clerk, fact, leaked, rows, write

CLERK = Clerk(new_id())


def test_an_entry_holds_the_fact_and_waits_for_its_leaf(session: Session) -> None:
    subject, business = new_id(), new_id()
    moment = datetime(2021, 1, 19, 11, 0, tzinfo=UTC)
    with clock.simulated(moment):
        entry_id = service.append(
            session, CLERK, kind="recall.announced", subject_id=subject, occurred_at=NOON, data={"batches": 3},
            business_id=business, region_code="230203",
        )  # fmt: skip
    entry = session.get_one(JournalEntry, entry_id)
    assert (entry.kind, entry.subject_id, entry.business_id) == ("recall.announced", subject, business)
    assert (entry.region_code, entry.recorded_by) == ("230203", CLERK.user_id)
    assert (entry.occurred_at, entry.recorded_at) == (NOON, moment)
    assert session.get(JournalPending, entry_id) is not None
    assert entry.leaf_hash == hashlib.sha256(b"\x00" + entry.body.encode()).digest()
    said = json.loads(entry.body)
    assert len(bytes.fromhex(said.pop("nonce"))) == 16
    assert said == {
        "v": 1,
        "kind": "recall.announced",
        "subject": str(subject),
        "occurred_at": "2021-01-19T04:00:00.000000Z",
        "recorded_at": "2021-01-19T11:00:00.000000Z",
        "data": {
            "batches": 3,
            "_recorded_by": str(CLERK.user_id),
            "_business_id": str(business),
            "_region_code": "230203",
        },
    }


def test_equal_facts_have_different_leaves(session: Session) -> None:
    same = fact(1)
    one, two = service.append_many(session, CLERK, [same, same])
    assert session.get_one(JournalEntry, one).leaf_hash != session.get_one(JournalEntry, two).leaf_hash


def test_many_keep_their_order_across_bulk_statements(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BULK_ROWS", 3)
    facts = [fact(number) for number in range(10)]
    ids = service.append_many(session, Clerk(), facts)
    assert ids == sorted(ids)
    stored = [session.get_one(JournalEntry, entry_id) for entry_id in ids]
    assert [entry.subject_id for entry in stored] == [one.subject_id for one in facts]
    assert all(entry.recorded_by is None for entry in stored)
    assert len(session.exec(select(JournalPending)).all()) == 10


def test_no_facts_are_no_statement(session: Session) -> None:
    assert service.append_many(session, CLERK, []) == []


def test_a_fact_that_cannot_be_written_writes_nothing(session: Session) -> None:
    with pytest.raises(body.NotCanonical):
        service.append_many(session, CLERK, [fact(1), fact(2, data={"mass": 1.5})])
    assert session.exec(select(JournalEntry)).all() == []


def test_a_rollback_leaves_nothing(database: Engine) -> None:
    with Session(database) as session, session.begin() as transaction:
        service.append_many(session, CLERK, [fact(1), fact(2)])
        transaction.rollback()
    assert rows(database, "SELECT 1 FROM journal_entry UNION ALL SELECT 1 FROM journal_pending") == []


TABLES = {
    "journal_entry": "kind = 'x'",
    "journal_leaf": "leaf_hash = ''",
    "journal_node": "hash = ''",
    "journal_checkpoint": "note = 'x'",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ["service", "owner"])
def test_what_is_written_stays(database: Engine, owner_url: str, var_dir: Path, table: str, role: str) -> None:
    """The service has no right to change it, the owner of the tables is stopped by the triggers."""
    write(database, 3)
    sequencer.run_once(database, var_dir)
    before = rows(database, f"SELECT * FROM {table}")
    assert before
    engine = database if role == "service" else db.connect(owner_url)
    expected = errors.InsufficientPrivilege.sqlstate if role == "service" else "CC001"
    for statement in (f"UPDATE {table} SET {TABLES[table]}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
            connection.execute(text(statement))
        assert getattr(refused.value.orig, "sqlstate", None) == expected, statement
    assert rows(database, f"SELECT * FROM {table}") == before
    if role == "owner":
        engine.dispose()


def test_a_value_is_kept_apart_and_committed_to(session: Session) -> None:
    kept = personal.keep(session, "张三（虚构）")
    assert kept is not None
    assert kept.salt is not None
    assert len(kept.salt) >= 16
    assert kept.commitment == hashlib.sha256(kept.salt + "张三（虚构）".encode()).hexdigest()
    again = personal.keep(session, "张三（虚构）")
    assert again is not None
    assert again.commitment != kept.commitment, "equal names must not be recognisable"
    assert personal.keep(session, None) is None
    assert personal.keep(session, "") is None


def test_values_are_revealed_in_one_statement(session: Session) -> None:
    one, two = personal.keep(session, "甲"), personal.keep(session, "乙")
    assert one is not None
    assert two is not None
    unknown = new_id()
    found = personal.reveal(session, [one.personal_id, None, two.personal_id, one.personal_id, unknown])
    assert found == {one.personal_id: "甲", two.personal_id: "乙"}
    assert personal.reveal(session, [None]) == {}


def test_erasing_keeps_the_commitment_and_is_a_fact(database: Engine) -> None:
    with db.transaction() as session:
        kept = personal.keep(session, "13900000000")
        other = personal.keep(session, "李四（虚构）")
        assert kept is not None
        assert other is not None
        service.append_many(session, CLERK, [fact(data={"signer": kept.commitment})])
    with db.transaction() as session:
        assert personal.erase(session, CLERK, [kept.personal_id, None], reason="retention") == [kept.personal_id]
    with db.transaction() as session:
        row = session.get_one(PersonalValue, kept.personal_id)
        assert (row.value, row.salt, row.commitment) == (None, None, kept.commitment)
        assert row.erased_at is not None
        assert row.erased_reason == "retention"
        assert personal.reveal(session, [kept.personal_id, other.personal_id]) == {other.personal_id: "李四（虚构）"}
        assert personal.erase(session, CLERK, [kept.personal_id], reason="again") == []
        assert session.get_one(PersonalValue, kept.personal_id).erased_reason == "retention"
        erased = session.exec(select(JournalEntry).where(JournalEntry.kind == "personal.erased")).all()
        assert [(entry.subject_id, json.loads(entry.body)["data"]["commitment"]) for entry in erased] == [
            (kept.personal_id, kept.commitment)
        ]
        bodies = "".join(session.exec(select(JournalEntry.body)))
    assert kept.commitment in bodies
    assert "13900000000" not in bodies
    assert leaked(database) == []
    with db.transaction() as session:
        service.append_many(session, CLERK, [fact(data={"signer": "李四（虚构）"})])
    assert leaked(database) == [("arrival.registered", other.personal_id)], "the control is seen"


def test_a_commitment_never_changes(database: Engine) -> None:
    with db.transaction() as session:
        kept = personal.keep(session, "甲")
        assert kept is not None
    with pytest.raises(DBAPIError, match="never change"), db.transaction() as session:
        session.execute(
            text("UPDATE personal_value SET commitment = 'x' WHERE personal_id = :id"), {"id": kept.personal_id}
        )


def test_the_leaf_hash_of_an_entry_is_that_of_the_tree(session: Session) -> None:
    (entry_id,) = service.append_many(session, CLERK, [fact()])
    entry = session.get_one(JournalEntry, entry_id)
    assert merkle.tree_root([merkle.leaf_hash(entry.body.encode())]) == entry.leaf_hash
