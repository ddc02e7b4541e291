"""A database restored from an older copy is noticed, and resumed under an origin that names what was signed before."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.core import db, marks
from coldchain.journal import checkpoint, cli, files, identity, merkle, receipt, receipts, restore, sequencer, verify
from config import Settings
from tests.journal.helpers import put_outside, rows, write
from tests.journal.restorable import REASON, All, Restorable
from tests.journal.test_sequencer import alarm, assert_verifies, sizes

RESTORED = "kind = 'journal.restored'"


@pytest.fixture
def restored(books: Restorable) -> Restorable:
    """Ten facts, a copy, seven more facts, and the copy put back."""
    books.grow(10)
    yesterday = books.copy()
    books.grow(7)
    books.put_back(yesterday)
    return books


def refused(books: Restorable, **options: Any) -> str:
    """Return why nothing is adopted, and see that nothing was changed."""

    def state() -> list[Any]:
        counts = [rows(books.engine, f"SELECT count(*) FROM {table}") for table in ("journal_leaf", "journal_entry")]
        notes = rows(books.engine, "SELECT size, note FROM journal_checkpoint ORDER BY size")
        known = rows(books.engine, "SELECT value FROM system_mark WHERE name = 'journal_log'")
        folder = books.var_dir / "journal"
        kept = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}
        return [counts, notes, known, kept]

    before = state()
    with pytest.raises(restore.NotAdopted) as caught:
        restore.adopt(books.engine, books.var_dir, reason=REASON, **options)
    assert state() == before
    return caught.value.code


def test_a_restored_copy_is_noticed_and_resumed(restored: Restorable) -> None:
    old_origin, old_note = restored.origin(), files.last_checkpoint(restored.var_dir)
    assert old_note is not None
    assert restored.sequence() == "outside_ahead"
    done = restored.adopt()
    assert (done.old.origin, done.old.size) == (old_origin, 17)
    assert (done.head.size, done.index) == (11, 10), "ten facts survived, the eleventh names what was signed"
    old_id = old_origin.split("/")[1]
    assert done.head.origin.startswith("coldchain/")
    assert done.head.origin.endswith(f"/after/{old_id}/17")
    assert done.head.origin != old_origin
    assert done.archived is not None
    assert done.archived.read_text() == old_note, "the checkpoint that was replaced is kept"
    assert done.archived.parent == restored.var_dir / "journal" / "archive"
    note = files.last_checkpoint(restored.var_dir)
    assert note is not None
    assert note == rows(restored.engine, "SELECT note FROM journal_checkpoint WHERE size = 11")[0][0]
    assert note.startswith(f"{done.head.origin}\n11\n")


def test_the_first_entry_names_the_old_checkpoint(restored: Restorable) -> None:
    old_note = files.last_checkpoint(restored.var_dir)
    assert old_note is not None
    with Session(restored.engine) as session:
        known = identity.read(session)
    assert known is not None
    done = restored.adopt()
    ((kind, body),) = rows(
        restored.engine,
        "SELECT e.kind, e.body FROM journal_leaf l JOIN journal_entry e USING (entry_id) WHERE l.index = 10",
    )
    data = json.loads(body)["data"]
    assert kind == "journal.restored"
    assert data["reason"] == REASON
    assert (data["origin"], data["cause"], data["leaves"]) == (done.head.origin, "outside_ahead", 10)
    (old,) = data["old"]
    assert old["note"] == old_note
    signed = checkpoint.open_checkpoint(old["note"], checkpoint.parse_vkey(known.vkeys[-1]))
    assert (signed.origin, signed.size) == (old["origin"], old["size"]), "anybody can check that it was signed"


def test_work_goes_on_under_the_new_origin(restored: Restorable) -> None:
    done = restored.adopt()
    restored.grow(5)
    restored.grow(3)
    assert alarm(restored.engine) is None
    assert sizes(restored.engine) == [10, 11, 16, 19]
    assert restored.origin() == done.head.origin
    origins = [row[0] for row in rows(restored.engine, "SELECT origin FROM journal_checkpoint ORDER BY size")]
    assert origins[0] == done.old.origin
    assert set(origins[1:]) == {done.head.origin}
    report = assert_verifies(restored.engine, restored.var_dir)
    assert (report.checkpoints, report.origin) == (4, done.head.origin)


def test_receipts_of_both_origins_are_good(books: Restorable) -> None:
    """What a receipt proved stays proven, also of a fact that did not survive."""
    books.grow(10)
    yesterday = books.copy()
    (lost,) = write(books.engine, 1)
    sequencer.run_once(books.engine, books.var_dir)
    with Session(books.engine) as session:
        known = identity.read(session)
        _, of_lost = receipts.make(session, All(), lost)
    assert known is not None
    books.put_back(yesterday)
    books.adopt()
    assert receipt.check(of_lost, known.verifiers()).index == 10
    with Session(books.engine) as session:
        now = identity.read(session)
        survivor = rows(books.engine, "SELECT entry_id FROM journal_leaf WHERE index = 4")[0][0]
        _, of_survivor = receipts.make(session, All(), survivor)
    assert now is not None
    assert receipt.check(of_survivor, now.verifiers()).index == 4
    with pytest.raises(receipt.BadReceipt):
        receipt.check(of_lost, now.verifiers())


def test_facts_written_during_the_alarm_survive(restored: Restorable) -> None:
    """Entries and leaves go on while nothing is signed, even past the size that was signed: then the roots differ."""
    write(restored.engine, 4)
    assert restored.sequence() == "outside_ahead"
    write(restored.engine, 20)
    assert restored.sequence() == "outside_inconsistent"
    write(restored.engine, 2)
    done = restored.adopt()
    assert (done.leaves, done.covered) == (34, 10), "what nobody signed is told apart"
    assert done.head.size == 10 + 4 + 20 + 2 + 1
    assert done.index == done.head.size - 1
    assert rows(restored.engine, "SELECT count(*) FROM journal_pending")[0][0] == 0


def test_a_copy_from_before_an_adoption_is_adopted_too(books: Restorable) -> None:
    """The copy does not know the origin of the checkpoint outside; nothing that was ever signed goes unnamed."""
    books.grow(10)
    first_copy = books.copy()
    books.grow(5)
    first_note = files.last_checkpoint(books.var_dir)
    books.put_back(first_copy)
    second = books.adopt()
    books.grow(4)
    second_note = files.last_checkpoint(books.var_dir)
    books.put_back(first_copy)
    assert books.sequence() == "other_journal"
    third = books.adopt()
    assert (third.old.origin, third.old.size) == (second.head.origin, 15)
    body = rows(books.engine, "SELECT body FROM journal_entry WHERE kind = 'journal.restored'")[0][0]
    assert [old["note"] for old in json.loads(body)["data"]["old"]] == [second_note, first_note]
    assert set(files.archived(books.var_dir)) == {first_note, second_note}
    books.grow(1)
    assert_verifies(books.engine, books.var_dir)


def test_several_adoptions_in_a_row(books: Restorable) -> None:
    books.grow(3)
    origins = [books.origin()]
    for _ in range(3):
        copy = books.copy()
        books.grow(2)
        books.put_back(copy)
        origins.append(books.adopt().head.origin)
        books.grow(1)
    assert len(set(origins)) == 4
    with Session(books.engine) as session:
        known = identity.read(session)
        assert known is not None
        assert [epoch.origin for epoch in known.epochs] == origins
        named = [
            json.loads(row[0])["data"]["old"][0]["origin"]
            for row in rows(
                books.engine, "SELECT body FROM journal_entry WHERE kind = 'journal.restored' ORDER BY entry_id"
            )
        ]
    assert named == origins[:-1], "each names the one before"
    assert len(files.archived(books.var_dir)) == 3
    assert_verifies(books.engine, books.var_dir)


def test_an_empty_database_in_place_of_a_full_one(books: Restorable, template: str) -> None:
    books.grow(5)
    books.put_back(template)
    assert books.sequence() == "other_journal"
    done = books.adopt()
    assert (done.old.size, done.head.size, done.index) == (5, 1, 0)
    books.grow(2)
    assert sizes(books.engine) == [1, 3]


def test_a_lost_file(books: Restorable) -> None:
    """VAR_DIR/journal is gone and no backup has it: the newest checkpoint in the database is named instead."""
    books.grow(5)
    (books.var_dir / files.CHECKPOINT_FILE).unlink()
    books.grow(2)
    assert alarm(books.engine) == "outside_missing"
    done = books.adopt()
    assert (done.old.size, done.head.size, done.archived) == (5, 8, None)


def test_a_lost_key_needs_a_word_more(books: Restorable) -> None:
    books.grow(5)
    (books.var_dir / files.KEY_FILE).unlink()
    books.grow(2)
    assert alarm(books.engine) == "key_changed"
    assert refused(books) == "key_changed"
    former = rows(books.engine, "SELECT value FROM system_mark WHERE name = 'journal_log'")[0][0]
    done = books.adopt(new_key=True)
    assert done.old.size == 5
    books.grow(2)
    assert_verifies(books.engine, books.var_dir)
    with Session(books.engine) as session:
        known = identity.read(session)
    assert known is not None
    assert known.epochs[0].vkeys == tuple(former["keys"])
    assert known.vkeys[-1].split("+")[2] != former["keys"][-1].split("+")[2], "another key signs"


# --- what is not adopted ---


def test_nothing_to_adopt(books: Restorable) -> None:
    assert refused(books) == "nothing_to_adopt", "nothing was ever signed"
    books.grow(3)
    assert refused(books) == "nothing_to_adopt"
    write(books.engine, 2)
    assert refused(books) == "nothing_to_adopt", "what waits is no alarm"
    assert refused(books, new_key=True) == "nothing_to_adopt"


def test_an_alarm_whose_cause_is_gone_is_not_adopted(books: Restorable) -> None:
    books.grow(3)
    kept = files.last_checkpoint(books.var_dir)
    assert kept is not None
    (books.var_dir / files.CHECKPOINT_FILE).unlink()
    assert books.sequence() == "outside_missing"
    put_outside(books.var_dir, kept)
    assert alarm(books.engine) == "outside_missing"
    assert refused(books) == "nothing_to_adopt", "the tree is asked, not the mark"


def test_adopting_twice_is_refused(restored: Restorable) -> None:
    restored.adopt()
    assert refused(restored) == "nothing_to_adopt"


DAMAGE = {
    "a body": ("UPDATE journal_entry SET body = replace(body, 'nonce', 'nonse')", "damaged"),
    "a leaf": ("UPDATE journal_leaf SET leaf_hash = sha256('') WHERE index = 3", "damaged"),
    "a node": ("UPDATE journal_node SET hash = sha256('') WHERE level = 1 AND index = 1", "damaged"),
    "a node gone": ("DELETE FROM journal_node WHERE level = 3", "node_missing"),
    "leaves gone": ("DELETE FROM journal_leaf WHERE index > 6", "stored_ahead"),
    "a checkpoint": ("UPDATE journal_checkpoint SET note = replace(note, '10', '11')", "unreadable"),
    "the identity": ("DELETE FROM system_mark WHERE name = 'journal_log'", "unreadable"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_not_adopted(restored: Restorable, case: str) -> None:
    """An adoption forgives that facts are missing at the end, never that one was changed."""
    statement, code = DAMAGE[case]
    with restored.forger()() as session:
        session.execute(text(statement))
        session.commit()
    assert refused(restored) == code


def test_a_file_that_nobody_signed_is_not_adopted(restored: Restorable) -> None:
    stranger = Ed25519PrivateKey.generate()
    forged = checkpoint.Checkpoint(restored.origin(), 99, bytes(32))
    put_outside(restored.var_dir, checkpoint.sign(forged, stranger))
    assert refused(restored) == "unreadable"
    foreign = checkpoint.Checkpoint("coldchain/foreign", 99, bytes(32))
    put_outside(restored.var_dir, checkpoint.sign(foreign, stranger))
    assert refused(restored) == "unreadable"
    (restored.var_dir / files.CHECKPOINT_FILE).write_bytes(b"\xff")
    assert refused(restored) == "unreadable"


# --- demonstrations stay demonstrations ---


@pytest.fixture
def demo(books: Restorable) -> Restorable:
    with db.transaction() as session:
        marks.write(session, "demo", {"name": "jianhua"})
    books.grow(4)
    return books


def test_a_demonstration_resumes_as_one(demo: Restorable) -> None:
    copy = demo.copy()
    demo.grow(4)
    demo.put_back(copy)
    assert demo.sequence() == "outside_ahead"
    done = demo.adopt()
    assert done.head.origin.startswith("demo/")
    demo.grow(1)
    assert restored_kinds(demo.engine) == 1


def restored_kinds(engine: Engine) -> int:
    return int(rows(engine, "SELECT count(*) FROM journal_entry WHERE kind = 'journal.restored'")[0][0])


def test_a_demonstration_is_not_promoted(demo: Restorable) -> None:
    """Neither by taking its marks away nor by putting it in the place of a real journal."""
    kept = files.last_checkpoint(demo.var_dir)
    assert kept is not None
    real = checkpoint.sign(checkpoint.Checkpoint("coldchain/real", 2, bytes(32)), files.signing_key(demo.var_dir))
    put_outside(demo.var_dir, real)
    assert demo.sequence() == "other_journal"
    assert refused(demo) == "demonstration"
    put_outside(demo.var_dir, kept)
    with demo.forger()() as session:
        session.execute(text("DELETE FROM system_mark WHERE name IN ('demo', 'journal_log')"))
        session.execute(text("DELETE FROM journal_checkpoint"))
        session.commit()
    assert demo.sequence() == "other_journal"
    assert refused(demo) == "demonstration"


def test_a_real_journal_does_not_follow_a_demonstration(books: Restorable) -> None:
    books.grow(3)
    note = checkpoint.sign(checkpoint.Checkpoint("demo/other", 2, bytes(32)), files.signing_key(books.var_dir))
    put_outside(books.var_dir, note)
    assert books.sequence() == "other_journal"
    assert refused(books) == "demonstration"


# --- what verification makes of it ---


FORGERIES = {
    "an old checkpoint under the new origin": (
        "UPDATE journal_checkpoint SET note = (SELECT note FROM journal_checkpoint WHERE size = 11) WHERE size = 10",
        "checkpoint_signature",
    ),
    "a new checkpoint under the old origin": (
        "UPDATE journal_checkpoint SET note = (SELECT note FROM journal_checkpoint WHERE size = 10) WHERE size = 11",
        "checkpoint_signature",
    ),
    "the entry that names the old one changed": (
        f"UPDATE journal_entry SET body = replace(body, 'outside_ahead', 'outside_behind') WHERE {RESTORED}",
        "body",
    ),
    "the entry that names the old one replaced": (
        "UPDATE journal_leaf SET entry_id = (SELECT entry_id FROM journal_leaf WHERE index = 2) WHERE index = 10",
        "origin_unannounced",
    ),
    "its origin changed": (
        "UPDATE journal_entry SET body = replace(body, 'coldchain/', 'coldchain/x') WHERE kind = 'journal.restored'",
        "origin_unannounced",
    ),
    "its body made unreadable": (
        "UPDATE journal_entry SET body = '[' WHERE kind = 'journal.restored'",
        "origin_unannounced",
    ),
    "the new origin forgotten": (
        "UPDATE system_mark SET value = value #> '{former,0}' WHERE name = 'journal_log'",
        "key_changed checkpoint_signature other_journal",
    ),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_forgeries_around_an_adoption_are_found(restored: Restorable, case: str) -> None:
    statement, codes = FORGERIES[case]
    restored.adopt()
    restored.grow(2)
    with restored.forger()() as session:
        session.execute(text("ALTER TABLE journal_leaf DROP CONSTRAINT uq_journal_leaf_entry_id"))
        assert session.execute(text(statement)).rowcount > 0  # type: ignore[attr-defined]
        found = verify.verify(session, restored.var_dir).difference
    assert found is not None
    assert found.code in codes.split()


def test_a_former_epoch_rewritten_with_our_key_is_contradicted_outside(restored: Restorable) -> None:
    """The new checkpoints cover the old leaves too, so the file outside protects what another origin signed."""
    restored.adopt()
    key = files.signing_key(restored.var_dir)
    with restored.forger()() as session:
        body = session.execute(
            text("SELECT body FROM journal_entry JOIN journal_leaf USING (entry_id) WHERE index = 1")
        ).scalar_one()
        forged = body.replace('"quantity_units":1', '"quantity_units":2')
        assert forged != body
        digest = merkle.leaf_hash(forged.encode())
        values = {"body": forged, "hash": digest}
        session.execute(
            text(
                "UPDATE journal_entry SET body = :body, leaf_hash = :hash "
                "WHERE entry_id = (SELECT entry_id FROM journal_leaf WHERE index = 1)"
            ),
            values,
        )
        session.execute(text("UPDATE journal_leaf SET leaf_hash = :hash WHERE index = 1"), values)
        leaves = [
            bytes(leaf) for leaf in session.execute(text("SELECT leaf_hash FROM journal_leaf ORDER BY index")).scalars()
        ]
        for level, index, value in merkle.extend(0, {}, leaves)[0]:
            session.execute(
                text("UPDATE journal_node SET hash = :hash WHERE level = :level AND index = :index"),
                {"hash": value, "level": level, "index": index},
            )
        for size, origin in session.execute(text("SELECT size, origin FROM journal_checkpoint")).all():
            head = checkpoint.Checkpoint(origin, size, merkle.tree_root(leaves[:size]))
            session.execute(
                text("UPDATE journal_checkpoint SET note = :note, root = :root WHERE size = :size"),
                {"note": checkpoint.sign(head, key), "root": head.root, "size": size},
            )
        assert verify.verify(session).difference is None, "the database alone is consistent"
        found = verify.verify(session, restored.var_dir).difference
    assert found is not None
    assert (found.code, found.where) == ("root", verify.OUTSIDE)


# --- the command ---


def run(books: Restorable, *arguments: str) -> Any:
    app = Flask("trial")
    app.config["SETTINGS"] = Settings.from_env({"COLDCHAIN_ENV": "test", "VAR_DIR": str(books.var_dir)})
    cli.register(app.cli)
    return app.test_cli_runner().invoke(args=["journal", *arguments])


def test_the_command(restored: Restorable) -> None:
    restored.sequence()
    noted = run(restored, "verify")
    assert noted.exit_code == 1
    assert "leaves_missing" in noted.stdout
    result = run(restored, "adopt-restore", "--reason", REASON)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].endswith(", 17 entries")
    assert "journal/archive/" in lines[1]
    assert lines[2] == "surviving entries: 10, of which 10 were signed before"
    assert lines[3].endswith("11 entries; entry 10 names the one before")
    assert run(restored, "verify").exit_code == 0
    again = run(restored, "adopt-restore")
    assert again.exit_code == 1
    assert again.stdout.startswith("nothing was adopted: nothing_to_adopt")
    assert run(restored, "adopt-restore", "--reason", "x" * 501).exit_code == 1


def test_the_command_that_checks_a_receipt(books: Restorable, tmp_path: Path) -> None:
    books.grow(5)
    entry_id = rows(books.engine, "SELECT entry_id FROM journal_leaf WHERE index = 3")[0][0]
    with Session(books.engine) as session:
        known = identity.read(session)
        _, made = receipts.make(session, All(), entry_id)
    assert known is not None
    path = tmp_path / "receipt.tlog-proof"
    path.write_text(made)
    for arguments in ([str(path)], [str(path), "--key", known.vkeys[-1]]):
        result = run(books, "check-receipt", *arguments)
        assert result.exit_code == 0, result.output
        assert result.stdout.splitlines()[-1] == "the receipt is good"
    path.write_text(made.replace("index 3", "index 2"))
    result = run(books, "check-receipt", str(path))
    assert result.exit_code == 1
    assert result.stdout.startswith("the receipt is not good: not_included")
    path.write_bytes(b"\xff")
    assert run(books, "check-receipt", str(path)).exit_code == 1
    assert run(books, "check-receipt", str(path), "--key", "x").exit_code == 1
    path.write_text(made)
    (books.var_dir / files.KEY_FILE).unlink()
    assert "--key" in run(books, "check-receipt", str(path)).output
