"""The owner of the tables, with every trigger off, changes history and commits: each change is found and named.

Two changes leave a database that agrees with itself in all it holds, the cut tail and yesterday's copy. Only the
checkpoint outside the database tells them; the last tests show that without it they pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from coldchain.core import db
from coldchain.journal import files, merkle, sequencer, verify
from tests.journal.helpers import rows, write
from tests.journal.restorable import Restorable
from tests.journal.test_sequencer import alarm

ROUNDS = (10, 7, 5)
COUNT = sum(ROUNDS)
TABLES = ("journal_entry", "journal_leaf", "journal_node", "journal_checkpoint", "journal_pending", "system_mark")
VICTIM = "(SELECT entry_id FROM journal_leaf WHERE index = 6)"
# what the entry says, and the hash of it (a colon before a digit would be a parameter)
BODY = f"UPDATE journal_entry SET body = replace(body, 'units\"\\:6', 'units\"\\:7') WHERE entry_id = {VICTIM}"
HASH = f"UPDATE journal_entry SET leaf_hash = sha256('\\x00' || convert_to(body, 'UTF8')) WHERE entry_id = {VICTIM}"


@pytest.fixture
def signed(books: Restorable) -> Restorable:
    """22 facts under three checkpoints."""
    for count in ROUNDS:
        books.grow(count)
    return books


@contextmanager
def owner(books: Restorable) -> Iterator[Session]:
    """Open a session of the tables' owner with no trigger and no foreign key in the way; it commits."""
    engine = db.connect(books.postgres.owner_url.replace("/coldchain?", f"/{books.name}?"))
    try:
        with Session(engine) as session, session.begin():
            for table in TABLES:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            for table in ("journal_leaf", "journal_pending"):
                session.execute(
                    text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS fk_{table}_entry_id_journal_entry")
                )
                session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS fk_{table}_entry_id"))
            session.execute(text("ALTER TABLE journal_leaf DROP CONSTRAINT uq_journal_leaf_entry_id"))
            yield session
    finally:
        engine.dispose()


def tamper(books: Restorable, *statements: str) -> None:
    """Change what is stored, past everything that would refuse it."""
    with owner(books) as session:
        for statement in statements:
            result: Any = session.execute(text(statement))
            assert result.rowcount > 0, "the change must change something"


def found(books: Restorable, var_dir: Path | None) -> tuple[str, str] | None:
    """Return code and place of the first difference."""
    with Session(books.engine) as session:
        difference = verify.verify(session, var_dir).difference
    return None if difference is None else (difference.code, difference.where)


CHANGES = {
    "a body": (
        [BODY],
        "body", "leaf 6 ",
    ),
    "a body and its hash": (
        [
            BODY,
            HASH,
        ],
        "leaf", "leaf 6 ",
    ),
    "a body, its hash and its leaf": (
        [
            BODY,
            HASH,
            "UPDATE journal_leaf l SET leaf_hash = e.leaf_hash FROM journal_entry e "
            "WHERE e.entry_id = l.entry_id AND l.index = 6",
        ],
        "node", "node 1/3",
    ),
    "a leaf": (["UPDATE journal_leaf SET leaf_hash = sha256('forged') WHERE index = 6"], "leaf", "leaf 6 "),
    "a node": (["UPDATE journal_node SET hash = sha256('forged') WHERE level = 2 AND index = 1"], "node", "node 2/1"),
    "an entry deleted": ([f"DELETE FROM journal_entry WHERE entry_id = {VICTIM}"], "entry_missing", "leaf 6"),
    "a leaf deleted": (["DELETE FROM journal_leaf WHERE index = 6"], "leaf_gap", "leaf 6"),
    "an entry and its leaf deleted": (
        [f"DELETE FROM journal_entry WHERE entry_id = {VICTIM}", "DELETE FROM journal_leaf WHERE index = 6"],
        "leaf_gap", "leaf 6",
    ),
    "a node deleted": (["DELETE FROM journal_node WHERE level = 1 AND index = 3"], "node", "node 1/3"),
    "a checkpoint deleted and another forged": (
        ["UPDATE journal_checkpoint SET note = replace(note, '\n17\n', '\n16\n'), size = 16 WHERE size = 17"],
        "checkpoint_signature", "checkpoint 16",
    ),
    "two entries swapped": (
        [
            "UPDATE journal_leaf l SET entry_id = o.entry_id FROM journal_leaf o "
            "WHERE (l.index, o.index) IN ((6, 11), (11, 6))"
        ],
        "leaf", "leaf 6 ",
    ),
    "two leaves swapped, hashes too": (
        [
            "UPDATE journal_leaf l SET entry_id = o.entry_id, leaf_hash = o.leaf_hash FROM journal_leaf o "
            "WHERE (l.index, o.index) IN ((6, 11), (11, 6))"
        ],
        "node", "node 1/3",
    ),
    "two neighbours swapped, hashes too": (
        [
            "UPDATE journal_leaf l SET entry_id = o.entry_id, leaf_hash = o.leaf_hash FROM journal_leaf o "
            "WHERE (l.index, o.index) IN ((6, 7), (7, 6))"
        ],
        "node", "node 1/3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_found_and_named(signed: Restorable, case: str) -> None:
    statements, code, where = CHANGES[case]
    tamper(signed, *statements)
    difference = found(signed, signed.var_dir)
    assert difference is not None, "it went unnoticed"
    assert difference[0] == code
    assert difference[1].startswith(where)
    assert found(signed, None) == difference, "for this the file outside is not needed"


def test_the_database_refuses_it_to_begin_with(signed: Restorable) -> None:
    """With its triggers the owner is refused as well; the service role has no right to try."""
    engine = db.connect(signed.postgres.owner_url.replace("/coldchain?", f"/{signed.name}?"))
    try:
        for statement in (
            "UPDATE journal_entry SET body = ''", "DELETE FROM journal_leaf", "UPDATE journal_node SET hash = ''",
            "TRUNCATE journal_checkpoint", "TRUNCATE journal_entry CASCADE",
        ):  # fmt: skip
            for tried in (engine, signed.engine):
                with Session(tried) as session, pytest.raises(Exception, match=r"append|permission"):
                    session.execute(text(statement))
    finally:
        engine.dispose()


def cut(books: Restorable, size: int) -> None:
    """Take the tail away with all that points at it: what is left is a whole journal of `size` facts."""
    tamper(
        books,
        f"DELETE FROM journal_checkpoint WHERE size > {size}",
        f"DELETE FROM journal_node WHERE (index + 1) * (1::bigint << level::int) > {size}",
        f"DELETE FROM journal_entry WHERE entry_id IN (SELECT entry_id FROM journal_leaf WHERE index >= {size})",
        f"DELETE FROM journal_leaf WHERE index >= {size}",
    )


# --- the two that only the checkpoint outside tells ---


def test_a_cut_tail_is_told_by_the_checkpoint_outside(signed: Restorable) -> None:
    cut(signed, 17)
    assert found(signed, signed.var_dir) == ("leaves_missing", verify.OUTSIDE)
    assert signed.sequence() == "outside_ahead"
    write(signed.engine, 9)
    assert signed.sequence() == "outside_inconsistent", "growing past what was signed does not heal it"
    assert found(signed, signed.var_dir) == ("root", verify.OUTSIDE)
    assert max(row[0] for row in rows(signed.engine, "SELECT size FROM journal_checkpoint")) == 17, "nothing is signed"


def test_a_cut_tail_passes_without_the_checkpoint_outside(signed: Restorable) -> None:
    """The control: a database cut at a checkpoint agrees with itself, so nothing inside could tell."""
    cut(signed, 17)
    assert found(signed, None) is None
    older = rows(signed.engine, "SELECT note FROM journal_checkpoint WHERE size = 17")[0][0]
    (signed.var_dir / files.CHECKPOINT_FILE).write_text(older)  # whoever can write there too leaves no trace here
    assert found(signed, signed.var_dir) is None
    signed.grow(3)
    assert alarm(signed.engine) is None
    assert found(signed, signed.var_dir) is None


def test_a_tail_cut_below_its_checkpoint_is_told_inside(signed: Restorable) -> None:
    with owner(signed) as session:
        session.execute(text("DELETE FROM journal_leaf WHERE index >= 20"))
        session.execute(text("DELETE FROM journal_node WHERE (index + 1) * (1::bigint << level::int) > 20"))
    assert found(signed, None) == ("leaves_missing", f"checkpoint {COUNT}")


def test_yesterdays_copy_is_told_by_the_checkpoint_outside(signed: Restorable) -> None:
    yesterday = signed.copy()
    signed.grow(4)
    signed.put_back(yesterday)
    assert found(signed, signed.var_dir) == ("leaves_missing", verify.OUTSIDE)
    assert signed.sequence() == "outside_ahead"
    write(signed.engine, 4)
    assert signed.sequence() == "outside_inconsistent"
    assert found(signed, signed.var_dir) == ("root", verify.OUTSIDE)


def test_yesterdays_copy_passes_without_the_checkpoint_outside(signed: Restorable) -> None:
    """The control: yesterday's copy with yesterday's file is yesterday, and goes on as another today."""
    yesterday = signed.copy()
    kept = (signed.var_dir / files.CHECKPOINT_FILE).read_bytes()
    signed.grow(4)
    published = files.last_checkpoint(signed.var_dir)
    assert published is not None
    signed.put_back(yesterday)
    assert found(signed, None) is None
    (signed.var_dir / files.CHECKPOINT_FILE).write_bytes(kept)
    assert found(signed, signed.var_dir) is None
    signed.grow(4)
    assert alarm(signed.engine) is None
    rewritten = files.last_checkpoint(signed.var_dir)
    assert rewritten is not None
    assert rewritten.split("\n")[:2] == published.split("\n")[:2], "the same origin, the same size"
    assert rewritten.split("\n")[2] != published.split("\n")[2], "and another root: two histories under one name"


def test_a_missing_file_is_not_taken_for_a_new_journal(signed: Restorable) -> None:
    cut(signed, 17)
    (signed.var_dir / files.CHECKPOINT_FILE).unlink()
    assert signed.sequence() == "outside_missing"
    assert found(signed, signed.var_dir) == ("outside_missing", verify.OUTSIDE)


def test_nodes_and_leaves_rewritten_to_the_top_are_told_by_the_signature(signed: Restorable) -> None:
    """Everything that hangs together by hashes is recomputed by the forger; what was signed is not his to change."""
    with owner(signed) as session:
        session.execute(text(BODY))
        bodies = session.execute(
            text("SELECT body FROM journal_leaf JOIN journal_entry USING (entry_id) ORDER BY index")
        ).scalars()
        leaves = [merkle.leaf_hash(body.encode()) for body in bodies]
        values = [{"index": index, "hash": leaf} for index, leaf in enumerate(leaves)]
        session.execute(text("UPDATE journal_leaf SET leaf_hash = :hash WHERE index = :index"), values)
        session.execute(
            text("UPDATE journal_entry e SET leaf_hash = l.leaf_hash FROM journal_leaf l WHERE l.entry_id = e.entry_id")
        )
        fresh, _ = merkle.extend(0, {}, leaves)
        session.execute(
            text("UPDATE journal_node SET hash = :hash WHERE level = :level AND index = :index"),
            [{"level": level, "index": index, "hash": value} for level, index, value in fresh],
        )
    assert found(signed, None) == ("root", "checkpoint 10")
    write(signed.engine, 1)
    sequencer.run_once(signed.engine, signed.var_dir)
    assert alarm(signed.engine) == "stored_inconsistent"
