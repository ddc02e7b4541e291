"""Whatever is changed behind our back, verification finds it and names it."""

import os
import pty
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.core import db
from coldchain.core.embedded_postgres import Endpoint
from coldchain.core.ids import new_id
from coldchain.journal import checkpoint, cli, files, identity, merkle, sequencer, service, verify
from config import Settings
from tests.conftest import _admin, _at
from tests.journal.conftest import Forger, forger_of
from tests.journal.helpers import NOON, Clerk, fact, write

ROUNDS = (1, 4, 37, 90, 2, 66)
COUNT = sum(ROUNDS)
PENDING = 3
VICTIM = 16  # an entry with a person, a business and a region; the left child of node 1/8


@dataclass
class Written:
    """A journal of 200 leaves under six checkpoints, and three entries that wait."""

    engine: Engine
    var_dir: Path
    forger: Forger


@pytest.fixture(scope="module")
def written(postgres: Endpoint, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    name = f"clone_{new_id().hex}"
    _admin(postgres, f"CREATE DATABASE {name} TEMPLATE {template} OWNER coldchain_owner STRATEGY file_copy")
    engine = db.connect(_at(postgres.url, name))
    var_dir = tmp_path_factory.mktemp("var")
    for count in ROUNDS:
        write(engine, count)
        sequencer.run_once(engine, var_dir)
    write(engine, PENDING)
    yield Written(engine, var_dir, forger_of(engine, postgres))
    engine.dispose()
    _admin(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=[5_000, 16], ids=["one chunk", "many chunks"])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "CHUNK", request.param)


def difference(session: Session, var_dir: Path | None) -> tuple[str, str]:
    found = verify.verify(session, var_dir).difference
    assert found is not None, "it went unnoticed"
    return found.code, found.where


@pytest.mark.usefixtures("chunk")
def test_an_honest_journal_fits(written: Written) -> None:
    steps: list[tuple[int, int]] = []
    with Session(written.engine) as session:
        report = verify.verify(session, written.var_dir, lambda done, total: steps.append((done, total)))
        assert report.difference is None
        assert (report.entries, report.leaves, report.pending) == (COUNT + PENDING, COUNT, PENDING)
        assert report.checkpoints == len(ROUNDS)
        last = session.execute(text("SELECT root FROM journal_checkpoint ORDER BY size DESC LIMIT 1")).scalar_one()
        assert report.root == bytes(last)
        assert verify.verify(session, None).difference is None, "a machine without the files can verify too"
    assert steps[-1] == (COUNT, COUNT)
    assert steps == sorted(steps)


def test_an_empty_journal_fits(database: Engine, var_dir: Path) -> None:
    with Session(database) as session:
        assert verify.verify(session, var_dir).difference is None
    sequencer.run_once(database, var_dir)
    with Session(database) as session:
        report = verify.verify(session, var_dir)
    assert (report.difference, report.checkpoints, report.root) == (None, 1, merkle.EMPTY_ROOT)


ENTRY = f"entry_id = (SELECT entry_id FROM journal_leaf WHERE index = {VICTIM})"
PENDING_ENTRY = "entry_id = (SELECT entry_id FROM journal_pending ORDER BY entry_id LIMIT 1)"

# What the forger does → the code and the place that must be named.
FORGERIES: dict[str, tuple[str, str, str]] = {
    "a byte of a body": (
        f"UPDATE journal_entry SET body = replace(body, '\"quantity_units\"', '\"quantity_unitt\"') WHERE {ENTRY}",
        "body", f"leaf {VICTIM} ",
    ),
    "a body made invalid": (f"UPDATE journal_entry SET body = '' WHERE {ENTRY}", "body", f"leaf {VICTIM} "),
    "the hash of an entry": (
        f"UPDATE journal_entry SET leaf_hash = sha256('') WHERE {ENTRY}", "body", f"leaf {VICTIM} ",
    ),
    "a leaf": (f"UPDATE journal_leaf SET leaf_hash = sha256('') WHERE index = {VICTIM}", "leaf", f"leaf {VICTIM} "),
    "another entry in its place": (
        f"UPDATE journal_leaf SET entry_id = (SELECT entry_id FROM journal_pending LIMIT 1) WHERE index = {VICTIM}",
        "leaf", f"leaf {VICTIM} ",
    ),
    "a leaf taken out": (f"DELETE FROM journal_leaf WHERE index = {VICTIM}", "leaf_gap", f"leaf {VICTIM}"),
    "an entry taken out": (f"DELETE FROM journal_entry WHERE {ENTRY}", "entry_missing", f"leaf {VICTIM}"),
    "a low node": ("UPDATE journal_node SET hash = sha256('') WHERE level = 1 AND index = 70", "node", "node 1/70"),
    "a high node": ("UPDATE journal_node SET hash = sha256('') WHERE level = 7 AND index = 0", "node", "node 7/0"),
    "a node taken out": ("DELETE FROM journal_node WHERE level = 3 AND index = 24", "node", "node 3/24"),
    "a node put in": (
        "INSERT INTO journal_node VALUES (4, 12, sha256(''))", "node_unexpected", "journal_node",
    ),
    "the note of a checkpoint": (
        "UPDATE journal_checkpoint SET note = replace(note, E'\\n42\\n', E'\\n41\\n') WHERE size = 42",
        "checkpoint_signature", "checkpoint 42",
    ),
    "the root of a checkpoint": (
        "UPDATE journal_checkpoint SET root = sha256('') WHERE size = 42", "checkpoint_columns", "checkpoint 42",
    ),
    "the size of a checkpoint": (
        "UPDATE journal_checkpoint SET size = 43 WHERE size = 42", "checkpoint_columns", "checkpoint 43",
    ),
    "the origin of a checkpoint": (
        "UPDATE journal_checkpoint SET origin = 'demo/x' WHERE size = 42", "checkpoint_columns", "checkpoint 42",
    ),
    "the identity": ("DELETE FROM system_mark WHERE name = 'journal_log'", "identity_missing", "journal_log"),
    "the identity broken": (
        "UPDATE system_mark SET value = jsonb_set(value, '{keys}', '[\"x\"]') WHERE name = 'journal_log'",
        "identity_broken", "journal_log",
    ),
    "the newest leaves forgotten": (
        "DELETE FROM journal_checkpoint WHERE size > 134; DELETE FROM journal_leaf WHERE index >= 134;"
        "DELETE FROM journal_node n WHERE (n.index + 1) * (1 << n.level::int) > 134;"
        "DELETE FROM journal_entry e WHERE NOT EXISTS (SELECT 1 FROM journal_leaf l WHERE l.entry_id = e.entry_id)"
        "AND NOT EXISTS (SELECT 1 FROM journal_pending p WHERE p.entry_id = e.entry_id)",
        "leaves_missing", verify.OUTSIDE,
    ),
    "an entry that does not wait": (
        f"DELETE FROM journal_pending WHERE {PENDING_ENTRY}", "entry_lost", "entry ",
    ),
    "an entry that waits again": (
        f"INSERT INTO journal_pending SELECT entry_id FROM journal_leaf WHERE index = {VICTIM}",
        "pending_twice", "entry ",
    ),
    "the body of a waiting entry": (
        f"UPDATE journal_entry SET body = replace(body, 'nonce', 'nonse') WHERE {PENDING_ENTRY}", "body", "(pending)",
    ),
    "the columns of a waiting entry": (
        f"UPDATE journal_entry SET kind = 'x' WHERE {PENDING_ENTRY}", "columns", "(pending)",
    ),
    **{
        f"column {column}": (f"UPDATE journal_entry SET {column} = {value} WHERE {ENTRY}", "columns", f"leaf {VICTIM} ")
        for column, value in {
            "kind": "'arrival.withdrawn'",
            "subject_id": "gen_random_uuid()",
            "business_id": "gen_random_uuid()",
            "region_code": "'230204'",
            "recorded_by": "gen_random_uuid()",
            "occurred_at": "occurred_at + interval '1 microsecond'",
            "recorded_at": "recorded_at - interval '1 day'",
        }.items()
    },
    **{
        f"column {column} emptied": (
            f"UPDATE journal_entry SET {column} = NULL WHERE {ENTRY}", "columns", f"leaf {VICTIM} ",
        )
        for column in ("business_id", "region_code", "recorded_by")
    },
}  # fmt: skip


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("case", FORGERIES)
def test_a_forgery_is_found_and_named(written: Written, case: str) -> None:
    statement, code, where = FORGERIES[case]
    with written.forger() as session:
        for part in statement.split(";"):
            assert session.execute(text(part)).rowcount > 0, "the forgery must do something"  # type: ignore[attr-defined]
        found = difference(session, written.var_dir)
    assert found[0] == code
    assert where in found[1]


def rewrite(session: Session, *, leaves: bool = False, nodes: bool = False) -> None:
    """Change a body and everything that a careful forger without the key can change after it."""
    content = session.execute(text(f"SELECT body FROM journal_entry WHERE {ENTRY}")).scalar_one()
    forged = content.replace('"quantity_units":11', '"quantity_units":12')
    assert forged != content
    digest = merkle.leaf_hash(forged.encode())
    session.execute(
        text(f"UPDATE journal_entry SET body = :body, leaf_hash = :hash WHERE {ENTRY}"),
        {"body": forged, "hash": digest},
    )
    if leaves:
        session.execute(text("UPDATE journal_leaf SET leaf_hash = :h WHERE index = :i"), {"h": digest, "i": VICTIM})
    if nodes:
        stored = session.execute(text("SELECT leaf_hash FROM journal_leaf ORDER BY index")).scalars()
        fresh, _ = merkle.extend(0, {}, [bytes(leaf) for leaf in stored])
        session.execute(
            text("UPDATE journal_node SET hash = :hash WHERE level = :level AND index = :index"),
            [{"level": level, "index": index, "hash": value} for level, index, value in fresh],
        )


@pytest.mark.usefixtures("chunk")
def test_a_thorough_forger_is_still_found(written: Written) -> None:
    """Each further step only moves the first difference up the tree; in the end a signed root contradicts."""
    for steps, expected in (
        ({}, ("leaf", f"leaf {VICTIM} ")),
        ({"leaves": True}, ("node", "node 1/8")),
        ({"leaves": True, "nodes": True}, ("root", "checkpoint 42")),
    ):
        with written.forger() as session:
            rewrite(session, **steps)
            code, where = difference(session, written.var_dir)
        assert code == expected[0]
        assert where.startswith(expected[1])


def resign(session: Session, key: Ed25519PrivateKey, origin: str) -> None:
    stored = [
        bytes(leaf) for leaf in session.execute(text("SELECT leaf_hash FROM journal_leaf ORDER BY index")).scalars()
    ]
    for size in session.execute(text("SELECT size FROM journal_checkpoint")).scalars().all():
        head = checkpoint.Checkpoint(origin, size, merkle.tree_root(stored[:size]))
        session.execute(
            text("UPDATE journal_checkpoint SET note = :note, root = :root WHERE size = :size"),
            {"note": checkpoint.sign(head, key), "root": head.root, "size": size},
        )


def test_not_even_with_a_key_of_their_own(written: Written) -> None:
    """The whole database rewritten and signed anew: the key in VAR_DIR is another one."""
    mine = Ed25519PrivateKey.generate()
    with written.forger() as session:
        known = identity.read(session)
        assert known is not None
        rewrite(session, leaves=True, nodes=True)
        resign(session, mine, known.origin)
        assert difference(session, written.var_dir)[0] == "checkpoint_signature"
        vkey = checkpoint.verifier_of(known.origin, mine).vkey()
        for keys in (f'["{vkey}"]', f'["{vkey}", "{known.vkeys[0]}"]'):
            session.execute(
                text("UPDATE system_mark SET value = jsonb_set(value, '{keys}', CAST(:keys AS jsonb)) WHERE name = :n"),
                {"keys": keys, "n": identity.MARK},
            )
            code, where = difference(session, written.var_dir)
            assert (code, where) in {("key_changed", "journal_log"), ("root", verify.OUTSIDE)}


def test_not_even_with_our_key(written: Written) -> None:
    """Whoever steals the key but can't write VAR_DIR is contradicted by the last checkpoint kept there."""
    with written.forger() as session:
        known = identity.read(session)
        assert known is not None
        rewrite(session, leaves=True, nodes=True)
        resign(session, files.signing_key(written.var_dir), known.origin)
        assert difference(session, written.var_dir) == ("root", verify.OUTSIDE)


OUTSIDE_FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "gone": (lambda path: path.unlink(), "outside_missing"),
    "broken": (lambda path: path.write_bytes(b"\xff"), "outside_unreadable"),
    "changed": (lambda path: path.write_text(path.read_text().replace("\n200\n", "\n199\n")), "checkpoint_signature"),
    "of another journal": (
        lambda path: path.write_text(
            checkpoint.sign(checkpoint.Checkpoint("coldchain/other", 1, bytes(32)), Ed25519PrivateKey.generate())
        ),
        "other_journal",
    ),
    "empty": (lambda path: path.write_text(""), "other_journal"),
}


@pytest.mark.parametrize("case", OUTSIDE_FILES)
def test_the_file_outside_is_checked(written: Written, case: str) -> None:
    spoil, code = OUTSIDE_FILES[case]
    path = written.var_dir / files.CHECKPOINT_FILE
    kept = path.read_bytes()
    try:
        spoil(path)
        with Session(written.engine) as session:
            assert difference(session, written.var_dir) == (code, verify.OUTSIDE)
    finally:
        path.write_bytes(kept)


def test_a_sequencer_may_run_meanwhile(written: Written) -> None:
    """Counts, leaves and nodes come from one snapshot when the transaction is REPEATABLE READ."""
    with Session(written.engine) as session, session.begin():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(text("SELECT 1"))
        with written.forger() as other:
            other.execute(text("DELETE FROM journal_leaf WHERE index > 100"))
            assert verify.verify(session, written.var_dir).difference is None


def trial(written: Written, *checks: tuple[str, cli.Check]) -> Flask:
    app = Flask("trial")
    app.config["SETTINGS"] = Settings.from_env({"COLDCHAIN_ENV": "test", "VAR_DIR": str(written.var_dir)})
    cli.register(app.cli, checks)
    return app


@pytest.fixture
def connected(written: Written) -> Written:
    """The module's database as this process's own."""
    db.configure(written.engine.url.render_as_string(hide_password=False))
    return written


def run(app: Flask) -> Any:
    return app.test_cli_runner().invoke(args=["journal", "verify"])


def test_the_command_says_what_fits(connected: Written) -> None:
    result = run(trial(connected, ("stock from movements", lambda _session, _progress: None)))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert f"{COUNT + PENDING} entries, {COUNT} leaves, {PENDING} pending, {len(ROUNDS)} checkpoints" in lines[0]
    assert lines[2:] == ["stock from movements: fits", "no difference"]
    assert result.stderr == "", "no bar where nobody watches"


def test_the_command_names_a_difference_in_the_stock(connected: Written) -> None:
    def never(_session: Session, _progress: verify.Progress) -> str | None:
        raise AssertionError("what comes after the first difference is not looked at")

    app = trial(connected, ("stock", lambda _session, _progress: "holding 7 says 3, movements say 4"), ("never", never))
    result = run(app)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "first difference: stock: holding 7 says 3, movements say 4"


def test_the_command_names_a_difference_in_the_journal(connected: Written) -> None:
    path = connected.var_dir / files.CHECKPOINT_FILE
    kept = path.read_bytes()
    try:
        path.unlink()
        result = run(trial(connected))
    finally:
        path.write_bytes(kept)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith(
        "first difference: outside_missing at VAR_DIR/journal/last_checkpoint"
    )


def test_entries_of_before_and_after_are_told_apart(database: Engine, var_dir: Path) -> None:
    """Times are compared to the microsecond, in whatever zone they were given."""
    with db.transaction() as session:
        service.append_many(session, Clerk(), [fact(occurred_at=NOON + timedelta(microseconds=1)), fact()])
    sequencer.run_once(database, var_dir)
    with Session(database) as session:
        assert verify.verify(session, var_dir).difference is None


def test_a_person_who_watches_sees_a_bar(connected: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the bar goes from nothing to all of it; what a program reads on standard output stays the same."""
    controller, terminal = pty.openpty()
    try:
        with os.fdopen(terminal, "w") as stderr:
            monkeypatch.setattr(sys, "stderr", stderr)
            monkeypatch.setattr(verify, "CHUNK", 50)
            with cli._progress("journal") as progress, Session(connected.engine) as session:
                assert verify.verify(session, connected.var_dir, progress).difference is None
            stderr.flush()
            shown = os.read(controller, 65_536).decode()
    finally:
        os.close(controller)
    assert "journal" in shown
    assert "25%" in shown
    assert "100%" in shown
