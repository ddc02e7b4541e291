"""Places are dense and given once, whoever writes meanwhile; a tree is signed only if it extends what was signed."""

import base64
import logging
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.core import clock, db, marks
from coldchain.core.ids import new_id
from coldchain.journal import checkpoint, files, health, identity, merkle, sequencer, service, tree
from coldchain.journal import verify as journal_verify
from tests.journal.conftest import Forger
from tests.journal.helpers import Clerk, fact, leaves, nodes, put_outside, rows, write

WRITERS = 8


def sizes(engine: Engine) -> list[int]:
    return [row[0] for row in rows(engine, "SELECT size FROM journal_checkpoint ORDER BY size")]


def alarm(engine: Engine) -> str | None:
    with Session(engine) as session:
        value = health.alarm(session)
        return None if value is None else str(value["code"])


def assert_whole(engine: Engine, count: int) -> None:
    """Every entry has one leaf, indexes are 0 … count - 1, and the stored nodes are those of that tree."""
    found = leaves(engine)
    assert [index for index, _, _ in found] == list(range(count))
    assert len({entry_id for _, entry_id, _ in found}) == count
    fresh, _ = merkle.extend(0, {}, [digest for _, _, digest in found])
    assert nodes(engine) == {(level, index): digest for level, index, digest in fresh}
    assert rows(engine, "SELECT count(*) FROM journal_pending")[0][0] == 0
    assert rows(engine, "SELECT count(*) FROM journal_entry")[0][0] == count


def assert_verifies(engine: Engine, var_dir: Path) -> journal_verify.Report:
    with Session(engine) as session:
        report = journal_verify.verify(session, var_dir)
    assert report.difference is None
    return report


def test_the_first_run_signs_the_empty_tree(database: Engine, var_dir: Path) -> None:
    assert sequencer.run_once(database, var_dir) == 0
    (row,) = rows(database, "SELECT size, origin, root, note FROM journal_checkpoint")
    with Session(database) as session:
        known = identity.read(session)
    assert known is not None
    head = checkpoint.open_checkpoint(row.note, checkpoint.parse_vkey(known.vkeys[-1]))
    assert (head.size, head.root, head.origin) == (0, merkle.EMPTY_ROOT, known.origin)
    assert (row.size, row.origin, bytes(row.root)) == (0, known.origin, merkle.EMPTY_ROOT)
    assert row.note.split("\n")[1:3] == ["0", base64.b64encode(merkle.EMPTY_ROOT).decode()]
    assert known.origin.startswith("coldchain/")
    assert sequencer.run_once(database, var_dir) == 0
    assert sizes(database) == [0], "nothing grew, nothing is signed"


def test_entries_get_leaves_and_a_checkpoint(database: Engine, var_dir: Path) -> None:
    write(database, 5)
    assert sequencer.run_once(database, var_dir) == 5
    write(database, 8)
    assert sequencer.run_once(database, var_dir) == 8
    assert sizes(database) == [5, 13]
    assert_whole(database, 13)
    entries = rows(database, "SELECT entry_id, leaf_hash FROM journal_entry ORDER BY entry_id")
    assert [(entry_id, digest) for _, entry_id, digest in leaves(database)] == [(e[0], bytes(e[1])) for e in entries]
    assert assert_verifies(database, var_dir).checkpoints == 2
    with Session(database) as session:
        for index in range(13):
            proof = tree.inclusion(session, index, 13)
            assert merkle.verify_inclusion(index, 13, leaves(database)[index][2], proof, tree.root(session, 13))


def test_a_long_queue_is_taken_in_bounded_steps(
    database: Engine, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "BATCHES_PER_RUN", 3)
    write(database, 25)
    assert sequencer.sequence_batch(database, most=7) == 7
    monkeypatch.setattr(
        sequencer, "sequence_batch", lambda engine, most=5, inner=sequencer.sequence_batch: inner(engine, 5)
    )
    monkeypatch.setattr(sequencer, "BATCH_LEAVES", 5)
    assert sequencer.run_once(database, var_dir) == 15
    assert sizes(database) == [22]
    assert sequencer.run_once(database, var_dir) == 3
    assert_whole(database, 25)
    order = [entry_id for _, entry_id, _ in leaves(database)]
    assert order == sorted(order), "oldest first"


def test_an_open_transaction_keeps_nobody_waiting(database: Engine, var_dir: Path) -> None:
    """An entry written early and committed late gets a later leaf; those committed before do not wait for it."""
    with Session(database) as slow, slow.begin():
        (late,) = service.append_many(slow, Clerk(), [fact()])
        early = write(database, 2)
        assert sequencer.run_once(database, var_dir) == 2
    assert sequencer.run_once(database, var_dir) == 1
    assert [entry_id for _, entry_id, _ in leaves(database)] == [*early, late]
    assert_verifies(database, var_dir)


def test_dense_under_concurrent_writers_with_rollbacks(database: Engine, var_dir: Path) -> None:
    start, done = threading.Barrier(WRITERS + 2), threading.Event()

    def work(number: int) -> int:
        written = 0
        start.wait()
        for turn in range(20):
            count = (number + turn) % 4 + 1
            with Session(database) as session:
                service.append_many(session, Clerk(new_id()), [fact(turn) for _ in range(count)])
                if (number + turn) % 3 == 0:
                    session.rollback()
                else:
                    session.commit()
                    written += count
        return written

    def sequence() -> int:
        start.wait()
        taken = 0
        while not done.is_set():
            taken += sequencer.run_once(database, var_dir)
        return taken

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        sequencers = [pool.submit(sequence) for _ in range(2)]
        written = sum(pool.map(work, range(WRITERS)))
        done.set()
        taken = sum(future.result() for future in sequencers)
    taken += sequencer.run_once(database, var_dir)
    assert taken == written > 0
    assert_whole(database, written)
    assert alarm(database) is None
    assert assert_verifies(database, var_dir).leaves == written


def test_two_sequencers_never_give_one_index_twice(
    database: Engine, var_dir: Path, rounds: Callable[[int, int], int]
) -> None:
    total = 0
    with ThreadPoolExecutor(2) as pool:
        for _ in range(rounds(20, 200)):
            total += len(write(database, 4))
            gate = threading.Barrier(2)

            def run(barrier: threading.Barrier = gate) -> int:
                barrier.wait()
                return sequencer.run_once(database, var_dir)

            assert sum(future.result() for future in [pool.submit(run), pool.submit(run)]) == 4
    assert_whole(database, total)
    assert sizes(database)[-1] == total
    assert assert_verifies(database, var_dir).pending == 0


def test_files_are_private_and_made_once(var_dir: Path) -> None:
    gate = threading.Barrier(8)

    def load(_: int) -> bytes:
        gate.wait()
        return files.signing_key(var_dir).private_bytes_raw()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(load, range(8)))) == 1
    key = var_dir / "keys" / "journal_ed25519"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert list(key.parent.iterdir()) == [key], "no half-made file is left"
    put_outside(var_dir, "one\n")
    put_outside(var_dir, "two\n")
    kept = var_dir / "journal" / "last_checkpoint"
    assert kept.read_text() == "two\n"
    assert {path.name for path in kept.parent.iterdir()} == {kept.name, files.LOCK_FILE.name}


def test_the_last_checkpoint_is_kept_outside(database: Engine, var_dir: Path) -> None:
    write(database, 3)
    sequencer.run_once(database, var_dir)
    assert files.last_checkpoint(var_dir) == rows(database, "SELECT note FROM journal_checkpoint")[0][0]


def test_a_crash_between_file_and_database_heals(database: Engine, var_dir: Path, forger: Forger) -> None:
    """The file is written before the database publishes, so after a crash it may be one checkpoint ahead."""
    write(database, 3)
    sequencer.run_once(database, var_dir)
    write(database, 2)
    sequencer.run_once(database, var_dir)
    with forger() as session:
        session.execute(text("DELETE FROM journal_checkpoint WHERE size = 5"))
        session.commit()
    assert_verifies(database, var_dir)
    sequencer.run_once(database, var_dir)
    assert sizes(database) == [3, 5]
    assert alarm(database) is None


def sign_as(database: Engine, var_dir: Path, size: int, root: bytes) -> str:
    with Session(database) as session:
        known = identity.read(session)
    assert known is not None
    return checkpoint.sign(checkpoint.Checkpoint(known.origin, size, root), files.signing_key(var_dir))


Spoil = Callable[[Engine, Path, Any], None]


def outside_ahead(database: Engine, var_dir: Path, forger: Forger) -> None:
    put_outside(var_dir, sign_as(database, var_dir, 100, bytes(32)))


def outside_inconsistent(database: Engine, var_dir: Path, forger: Forger) -> None:
    put_outside(var_dir, sign_as(database, var_dir, 3, bytes(32)))


def outside_missing(database: Engine, var_dir: Path, forger: Forger) -> None:
    (var_dir / files.CHECKPOINT_FILE).unlink()


def other_journal(database: Engine, var_dir: Path, forger: Forger) -> None:
    note = checkpoint.sign(checkpoint.Checkpoint("coldchain/other", 1, bytes(32)), files.signing_key(var_dir))
    put_outside(var_dir, note)


def unreadable(database: Engine, var_dir: Path, forger: Forger) -> None:
    (var_dir / files.CHECKPOINT_FILE).write_bytes(b"\xff not a note")


def unsigned(database: Engine, var_dir: Path, forger: Forger) -> None:
    path = var_dir / files.CHECKPOINT_FILE
    path.write_text(path.read_text().replace("\n3\n", "\n2\n"))


def key_changed(database: Engine, var_dir: Path, forger: Forger) -> None:
    (var_dir / files.KEY_FILE).unlink()


def key_unreadable(database: Engine, var_dir: Path, forger: Forger) -> None:
    (var_dir / files.KEY_FILE).write_text("not a key")


def forge(statement: str) -> Spoil:
    def spoil(database: Engine, var_dir: Path, forger: Forger) -> None:
        with forger() as session:
            session.execute(text(statement))
            session.commit()

    return spoil


def demo_late(database: Engine, var_dir: Path, forger: Forger) -> None:
    with db.transaction() as session:
        marks.write(session, "demo", True)


def stored_inconsistent(database: Engine, var_dir: Path, forger: Forger) -> None:
    note = sign_as(database, var_dir, 3, bytes(32))
    with forger() as session:
        session.execute(text("UPDATE journal_checkpoint SET note = :note"), {"note": note})
        session.commit()


SPOILS: dict[str, tuple[Spoil, str]] = {
    "database restored from an older copy": (outside_ahead, "outside_ahead"),
    "history rewritten": (outside_inconsistent, "outside_inconsistent"),
    "file removed": (outside_missing, "outside_missing"),
    "file of another journal": (other_journal, "other_journal"),
    "file broken": (unreadable, "unreadable"),
    "file changed": (unsigned, "unreadable"),
    "key removed": (key_changed, "key_changed"),
    "key broken": (key_unreadable, "unreadable"),
    "demonstration declared late": (demo_late, "demo_mark_late"),
    "checkpoint in the database forged": (stored_inconsistent, "stored_inconsistent"),
    "leaf changed": (forge("UPDATE journal_leaf SET leaf_hash = sha256('') WHERE index = 2"), "stored_inconsistent"),
    "node changed": (forge("UPDATE journal_node SET hash = sha256('') WHERE level = 1"), "stored_inconsistent"),
    "node removed": (forge("DELETE FROM journal_node WHERE level = 1 AND index = 0"), "node_missing"),
    "leaves removed": (forge("DELETE FROM journal_leaf WHERE index > 1"), "stored_ahead"),
}


@pytest.mark.parametrize("case", SPOILS)
def test_a_tree_that_forgets_is_not_signed(
    database: Engine, var_dir: Path, forger: Forger, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    spoil, code = SPOILS[case]
    write(database, 3)
    sequencer.run_once(database, var_dir)
    spoil(database, var_dir, forger)
    before = files.last_checkpoint(var_dir) if code != "unreadable" else None
    if code != "stored_ahead":
        write(database, 2)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            sequencer.run_once(database, var_dir)
    assert alarm(database) == code
    assert sizes(database) == [3], "nothing was signed"
    assert [record.message for record in caplog.records] == ["the journal is not signed"], "said once"
    with Session(database) as session:
        assert health.state(session) == f"alarm: {code}"
        waiting = 2 if code == "node_missing" else 0  # without a node nothing can be hashed on top of it
        assert health.pending(session) == waiting, "entries get their leaves all the same"
    if before is not None:
        assert files.last_checkpoint(var_dir) == before


def test_an_alarm_is_found_without_a_write_and_ends_with_its_cause(database: Engine, var_dir: Path) -> None:
    write(database, 3)
    sequencer.run_once(database, var_dir)
    kept = files.last_checkpoint(var_dir)
    assert kept is not None
    outside_ahead(database, var_dir, None)  # type: ignore[arg-type]
    sequencer.run_once(database, var_dir)
    assert alarm(database) == "outside_ahead"
    write(database, 1)
    sequencer.run_once(database, var_dir)
    assert sizes(database) == [3]
    put_outside(var_dir, kept)
    sequencer.run_once(database, var_dir)
    assert alarm(database) is None
    assert sizes(database) == [3, 4]
    assert_verifies(database, var_dir)


def test_an_unwritable_folder_is_an_alarm(database: Engine, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    write(database, 2)
    assert sequencer.run_once(database, blocked) == 2
    assert alarm(database) == "files_unusable"
    assert sizes(database) == []


@pytest.fixture
def demo(database: Engine) -> Engine:
    with db.transaction() as session:
        marks.write(session, "demo", {"name": "jianhua"})
    return database


def test_a_demonstration_says_so_in_every_checkpoint(demo: Engine, var_dir: Path) -> None:
    write(demo, 2)
    sequencer.run_once(demo, var_dir)
    (note,) = (row[0] for row in rows(demo, "SELECT note FROM journal_checkpoint"))
    assert note.startswith("demo/")
    with db.transaction() as session:
        marks.write(session, "demo", False)
    write(demo, 2)
    sequencer.run_once(demo, var_dir)
    assert all(row[0].startswith("demo/") for row in rows(demo, "SELECT note FROM journal_checkpoint"))


def test_a_demonstration_survives_the_loss_of_its_files(demo: Engine, var_dir: Path, tmp_path: Path) -> None:
    """A fresh checkout on old demonstration data: new key, no last checkpoint; nobody relies on either."""
    write(demo, 2)
    sequencer.run_once(demo, var_dir)
    fresh = tmp_path / "fresh"
    sequencer.run_once(demo, fresh)
    assert alarm(demo) is None
    assert_verifies(demo, fresh)
    write(demo, 2)
    sequencer.run_once(demo, fresh)
    assert sizes(demo) == [2, 4]
    assert_verifies(demo, fresh)


def test_a_demonstration_may_follow_another(demo: Engine, var_dir: Path) -> None:
    former = checkpoint.Checkpoint("demo/former", 9, bytes(32))
    put_outside(var_dir, checkpoint.sign(former, Ed25519PrivateKey.generate()))
    write(demo, 2)
    sequencer.run_once(demo, var_dir)
    assert alarm(demo) is None
    assert_verifies(demo, var_dir)


def test_health_tells_of_what_waits(database: Engine, var_dir: Path) -> None:
    with Session(database) as session:
        assert (health.size(session), health.pending(session), health.pending_age_s(session)) == (0, 0, 0.0)
        assert (health.foot(session), health.last_checkpoint(session), health.state(session)) == (None, None, "ok")
    sequencer.run_once(database, var_dir)
    with Session(database) as session:
        assert health.foot(session) is None, "an empty journal verifies nothing"
    write(database, 3)
    with Session(database) as session:
        assert health.pending(session) == 3
        assert 0 <= health.pending_age_s(session) < 60
        assert health.state(session) == "ok"
        with clock.simulated(clock.now() + timedelta(minutes=2)):
            assert 110 < health.pending_age_s(session) < 200
            assert health.state(session).startswith("entries have waited for 1")
    sequencer.run_once(database, var_dir)
    with Session(database) as session:
        last = health.last_checkpoint(session)
        assert last is not None
        assert health.foot(session) == (3, last.signed_at)
        assert health.size(session) == 3
