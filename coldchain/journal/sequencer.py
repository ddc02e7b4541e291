"""Gives pending entries their places in the tree, then signs the grown tree: `run_once`, every second by the worker.

Two transactions under one advisory lock, so that any number of these may run. Leaves and nodes come first and are
committed whatever happens to the signature. A checkpoint is signed only when the stored tree is consistent with the
last one in the database and with the last one in VAR_DIR, and it is kept in VAR_DIR before the database publishes it;
otherwise the alarm is raised and stays until an honest tree is back.

One that is stopped in the middle keeps the others waiting for IDLE_MS, then the database ends its transaction. When it
goes on it can't commit any more, and it can't replace the file either, since that is no longer the one it has seen.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.core import clock
from coldchain.journal import alarm, checkpoint, files, identity, merkle, tree
from coldchain.journal.models import JournalCheckpoint

log = logging.getLogger(__name__)

LOCK: Final = 0x6A6F75726E616C  # "journal"
BATCH_LEAVES: Final = 5_000
BATCHES_PER_RUN: Final = 20  # so that a long queue still gets a checkpoint every few seconds
IDLE_MS: Final = 8_000  # less than others wait for the lock (db.LOCK_TIMEOUT_MS), more than any of our own pauses

_LOCK: Final = text("""
    SELECT set_config('idle_in_transaction_session_timeout', CAST(:idle_ms AS text), true), pg_advisory_xact_lock(:lock)
""")
_TAKE: Final = text("""
    WITH taken AS (
        DELETE FROM journal_pending WHERE entry_id IN (
            SELECT entry_id FROM journal_pending ORDER BY entry_id LIMIT :most)
        RETURNING entry_id
    )
    INSERT INTO journal_leaf (index, entry_id, leaf_hash)
    SELECT :size + row_number() OVER (ORDER BY entry_id) - 1, entry_id, leaf_hash
    FROM taken JOIN journal_entry USING (entry_id)
    RETURNING index, leaf_hash
""")
_ADD_NODES: Final = text("""
    INSERT INTO journal_node (level, index, hash)
    SELECT * FROM unnest(CAST(:levels AS bigint[]), CAST(:indexes AS bigint[]), CAST(:hashes AS bytea[]))
""")
_LAST: Final = text("SELECT size, note FROM journal_checkpoint ORDER BY size DESC LIMIT 1")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is signed and what is there: leaves, the newest note in the database, the one outside."""

    size: int
    last_size: int | None
    last_note: str | None
    outside: str | None

    @property
    def settled(self) -> str | None:
        """Return the newest note in the database if it covers every leaf."""
        return self.last_note if self.last_size == self.size else None


def run_once(engine: Engine, var_dir: Path) -> int:
    """Sequence what is pending (at most BATCH_LEAVES · BATCHES_PER_RUN entries), sign, and return the leaves added.

    Never raises for a tree that may not be signed: that is the alarm's matter. Raises SQLAlchemyError.
    """
    added = 0
    try:
        for _ in range(BATCHES_PER_RUN):
            count = sequence_batch(engine)
            added += count
            if count < BATCH_LEAVES:
                break
        sign_if_grown(engine, var_dir)
    except (alarm.Refusal, OSError) as refusal:
        alarm.raise_(engine, refusal)
    except tree.MissingNode as error:  # then nothing can be appended either: what was written keeps waiting
        alarm.raise_(engine, alarm.Refusal("node_missing", str(error)))
    except files.Superseded:
        log.warning("another sequencer signed while this one was held up")
    return added


def lock(session: Session) -> None:
    """Become the only sequencer until the transaction ends; waits for another, but not for one that has stopped."""
    session.execute(_LOCK, {"lock": LOCK, "idle_ms": IDLE_MS})


def sequence_batch(engine: Engine, most: int = BATCH_LEAVES) -> int:
    """Move up to `most` pending entries, in order of their ids, into the tree and return how many there were.

    Raises tree.MissingNode when the tree lacks what the next leaf is hashed with.
    """
    with Session(engine) as session, session.begin():
        lock(session)
        return take(session, most)


def take(session: Session, most: int = BATCH_LEAVES) -> int:
    """Do what `sequence_batch` does in the caller's transaction, which holds the lock."""
    size = tree.size(session)  # own statement: its snapshot is younger than the lock
    rows = sorted((row[0], bytes(row[1])) for row in session.execute(_TAKE, {"most": most, "size": size}))
    if not rows:
        return 0
    peaks = tree.peaks(session, size)
    nodes, _ = merkle.extend(size, peaks, [digest for _, digest in rows])
    if nodes:
        levels, indexes, hashes = zip(*nodes, strict=True)
        session.execute(_ADD_NODES, {"levels": list(levels), "indexes": list(indexes), "hashes": list(hashes)})
    return len(rows)


def sign_if_grown(engine: Engine, var_dir: Path) -> checkpoint.Checkpoint | None:
    """Sign the tree if it has leaves that no checkpoint covers (or no checkpoint at all) and return what was signed.

    Raises alarm.Refusal when it may not be signed, tree.MissingNode, OSError when VAR_DIR can't be used, and
    files.Superseded when another sequencer signed although this one held the lock when it began.
    """
    with _refusals():
        _name(engine, var_dir)
        with Session(engine) as session, session.begin():
            lock(session)
            head = _sign(session, var_dir)
            alarm.clear(session)
            return head


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (checkpoint.BadNote, files.FileUnusable, identity.IdentityRefused) as error:
        raise alarm.Refusal(getattr(error, "code", "unreadable"), str(error)) from error


def _name(engine: Engine, var_dir: Path) -> None:
    """Give a new journal its origin in a transaction of its own: what is kept outside never names one that may vanish.

    Where a real journal's checkpoint lies outside already there is nothing new to name: signing refuses that.
    """
    with Session(engine) as session, session.begin():
        if identity.read(session) is not None:
            return
        lock(session)
        outside = files.last_checkpoint(var_dir)
        if outside is None or identity.is_demo(outside):
            identity.establish(session, files.signing_key(var_dir))


def look(session: Session, var_dir: Path) -> Seen:
    """Return what is there, after the lock was taken. Raises files.FileUnusable, OSError."""
    last = session.execute(_LAST).one_or_none()
    size, note = (None, None) if last is None else (last.size, last.note)
    return Seen(tree.size(session), size, note, files.last_checkpoint(var_dir))


def _sign(session: Session, var_dir: Path) -> checkpoint.Checkpoint | None:
    seen = look(session, var_dir)
    if seen.settled is not None and seen.outside == seen.settled and not alarm.is_raised(session):
        return None
    key = files.signing_key(var_dir)
    head = judge(session, seen, key)
    if seen.settled is not None:
        files.keep_checkpoint(var_dir, seen.settled, instead_of=seen.outside)
        return None
    publish(session, var_dir, seen, head, key)
    return head


def publish(session: Session, var_dir: Path, seen: Seen, head: checkpoint.Checkpoint, key: Ed25519PrivateKey) -> None:
    """Sign a head, keep it outside in place of what was seen there, then in the caller's transaction.

    Raises files.Superseded, files.FileUnusable, OSError.
    """
    note = checkpoint.sign(head, key)
    files.keep_checkpoint(var_dir, note, instead_of=seen.outside)
    session.add(JournalCheckpoint(size=head.size, origin=head.origin, root=head.root, note=note, signed_at=clock.now()))


def judge(session: Session, seen: Seen, key: Ed25519PrivateKey) -> checkpoint.Checkpoint:
    """Return the head of the tree that is there, which extends everything that was signed before.

    Raises alarm.Refusal, identity.IdentityRefused, checkpoint.BadNote, tree.MissingNode.
    """
    log_identity = identity.establish(session, key)
    head = checkpoint.Checkpoint(log_identity.origin, seen.size, tree.root(session, seen.size))
    if seen.last_note is not None:
        _must_extend(session, head, _open(seen.last_note, log_identity.verifiers()), "stored")
    if seen.outside is not None:
        _check_outside(session, head, seen.outside, log_identity)
    elif seen.last_note is not None and not log_identity.is_demo:
        raise alarm.Refusal("outside_missing", "the last checkpoint kept outside the database is gone")
    return head


def _check_outside(
    session: Session, head: checkpoint.Checkpoint, outside: str, log_identity: identity.Identity
) -> None:
    """Refuse a tree that forgets what was signed last; a demonstration may replace another demonstration."""
    claimed = outside.partition("\n")[0]
    if claimed != head.origin:
        if log_identity.is_demo and identity.is_demo(claimed):
            log.warning("the journal of an earlier demonstration is replaced")
            return
        raise alarm.Refusal("other_journal", "the last checkpoint outside the database is another journal's")
    _must_extend(session, head, _open(outside, log_identity.verifiers()), "outside")


def _open(note: str, verifiers: list[checkpoint.Verifier]) -> checkpoint.Checkpoint:
    """Return a checkpoint signed by any of the journal's keys, the newest first. Raises BadNote."""
    for verifier in verifiers[:0:-1]:
        try:
            return checkpoint.open_checkpoint(note, verifier)
        except checkpoint.BadNote:
            continue
    return checkpoint.open_checkpoint(note, verifiers[0])


def _must_extend(session: Session, head: checkpoint.Checkpoint, signed: checkpoint.Checkpoint, where: str) -> None:
    if signed.origin != head.origin:
        raise alarm.Refusal("other_journal", f"the {where} checkpoint is another journal's")
    if signed.size > head.size:
        raise alarm.Refusal(f"{where}_ahead", f"{signed.size} leaves were signed, only {head.size} are there")
    proof = tree.consistency(session, signed.size, head.size)
    if not merkle.verify_consistency(signed.size, head.size, signed.root, head.root, proof):
        raise alarm.Refusal(f"{where}_inconsistent", f"the tree does not extend the one signed at {signed.size} leaves")
