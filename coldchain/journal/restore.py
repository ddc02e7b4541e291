"""Resumes a journal lawfully after its database was restored from an older copy: `adopt`.

What was signed can't be taken back, and a tree that forgets may not be signed under the same origin: readers would
hold two histories under one name. So the tree goes on from the entries that survive under a **new origin that names the
checkpoint it comes after**, its first entry (`journal.restored`) quotes that checkpoint with its signature, and the
file outside is archived, never deleted. Everybody who holds an older receipt can see what became of it.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.core import clock, marks
from coldchain.core.ids import new_id
from coldchain.journal import alarm, checkpoint, files, identity, sequencer, service, tree, verify

# What a restored copy, a lost file or a lost key looks like. Anything else is damage, and damage is not adopted.
ADOPTABLE: Final = ("outside_ahead", "outside_inconsistent", "outside_missing", "other_journal", "key_changed")

_INDEX: Final = text("SELECT index FROM journal_leaf WHERE entry_id = :entry_id")
_RESTORED: Final = text("SELECT body FROM journal_entry WHERE kind = :kind ORDER BY entry_id")


class NotAdopted(Exception):
    """Nothing was changed; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was done: the head under the new origin, the checkpoint it comes after, where that is archived.

    Of `leaves` entries that survive, the first `covered` were signed before; `index` is where the next one says so.
    """

    head: checkpoint.Checkpoint
    old: checkpoint.Checkpoint
    leaves: int
    covered: int
    index: int
    archived: Path | None


class _Operator:
    """Whoever runs the command has no account here."""

    user_id: UUID | None = None


def adopt(engine: Engine, var_dir: Path, *, reason: str, new_key: bool = False) -> Adopted:
    """Let the journal go on from what the database holds, under a new origin, and return what was done.

    `new_key`: the signing key is lost for good and the one in VAR_DIR takes its place. Raises NotAdopted
    `nothing_to_adopt`, `key_changed`, `demonstration`, `damaged` or the code of an alarm that a restore does not
    explain; files.Superseded, OSError, SQLAlchemyError.
    """
    with Session(engine) as session, session.begin():
        sequencer.lock(session)
        try:
            seen = sequencer.look(session, var_dir)
            key = files.signing_key(var_dir)
            cause = _cause(session, seen, key, new_key=new_key)
            old = _old(session, seen, key)
            _refuse_demonstration(session, old)
            _refuse_damage(session)
            notes = _unnamed(session, [old[1], *reversed(files.archived(var_dir))])
        except files.FileUnusable as error:
            raise NotAdopted(error.code, str(error)) from error
        return _resume(session, var_dir, seen, key, old[0], {"cause": cause, "reason": reason, "old": notes})


def _cause(session: Session, seen: sequencer.Seen, key: Ed25519PrivateKey, *, new_key: bool) -> str:
    """Return the code of the alarm that is to be adopted; asked anew, since the mark may be old. Raises NotAdopted."""
    code, words = "nothing_to_adopt", "the tree extends everything that was signed, so there is nothing to adopt"
    savepoint = session.begin_nested()
    try:
        sequencer.judge(session, seen, key)
    except (alarm.Refusal, identity.IdentityRefused) as refusal:
        code, words = refusal.code, str(refusal)
    except checkpoint.BadNote as error:
        code, words = "unreadable", str(error)
    except tree.MissingNode as error:
        code, words = "node_missing", str(error)
    finally:
        savepoint.rollback()  # a question leaves no identity behind
    if code not in ADOPTABLE:
        raise NotAdopted(code, words)
    if code == "key_changed" and not new_key:
        raise NotAdopted(code, f"{words}; bring {files.KEY_FILE} back, or say that it is lost for good (--new-key)")
    return code


def _old(session: Session, seen: sequencer.Seen, key: Ed25519PrivateKey) -> tuple[checkpoint.Checkpoint, str]:
    """Return the last checkpoint signed and its note: the one outside, else the newest in the database."""
    note = seen.outside if seen.outside is not None else seen.last_note
    if note is None:
        raise NotAdopted("nothing_to_adopt", "nothing was ever signed, so there is nothing to adopt")
    found = identity.read(session)
    origin = note.partition("\n")[0]
    try:
        verifiers = [verifier for epoch in (found.epochs if found else ()) for verifier in epoch.verifiers()]
        verifiers.append(checkpoint.verifier_of(origin, key))  # an origin that this copy is too old to know
    except checkpoint.BadNote as error:
        raise NotAdopted("unreadable", str(error)) from error
    for verifier in reversed(verifiers):
        try:
            return checkpoint.open_checkpoint(note, verifier), note
        except checkpoint.BadNote:
            continue
    raise NotAdopted("unreadable", "the last checkpoint outside the database was not signed by a key of this journal")


def _refuse_demonstration(session: Session, old: tuple[checkpoint.Checkpoint, str]) -> None:
    found = identity.read(session)
    demo = bool(marks.read(session, identity.DEMO_MARK)) if found is None else found.is_demo
    if demo != identity.is_demo(old[0].origin):
        raise NotAdopted("demonstration", "a demonstration neither follows a real journal nor becomes one")


def _refuse_damage(session: Session) -> None:
    """What survives must agree with itself, down to the last body."""
    difference = verify.verify(session).difference
    if difference is not None:
        raise NotAdopted("damaged", f"the database does not agree with itself: {difference}")


def _unnamed(session: Session, notes: Iterable[str]) -> list[dict[str, Any]]:
    """Return, newest first, the checkpoints of these notes that no surviving entry names yet."""
    named = {
        old["note"]
        for content in session.execute(_RESTORED, {"kind": verify.RESTORED}).scalars()
        for old in json.loads(content)["data"]["old"]
    }
    found = []
    for note in notes:
        if note in named:
            continue
        named.add(note)
        head = checkpoint.parse(note.partition("\n\n")[0] + "\n")
        root = base64.b64encode(head.root).decode("ascii")
        found.append({"origin": head.origin, "size": head.size, "root": root, "note": note})
    return found


def _resume(
    session: Session,
    var_dir: Path,
    seen: sequencer.Seen,
    key: Ed25519PrivateKey,
    old: checkpoint.Checkpoint,
    data: dict[str, Any],
) -> Adopted:
    """Write the first entry of the new origin, give it its place, and sign under the new origin."""
    origin, covered = identity.successor(session, old), seen.last_size or 0
    entry_id = service.append(
        session,
        _Operator(),
        kind=verify.RESTORED,
        subject_id=new_id(),
        occurred_at=clock.now(),
        data=data | {"origin": origin, "leaves": seen.size, "covered": covered},
    )
    while sequencer.take(session):
        pass
    index = int(session.execute(_INDEX, {"entry_id": entry_id}).scalar_one())
    identity.begin_epoch(session, origin, key, index + 1)
    size = tree.size(session)
    head = checkpoint.Checkpoint(origin, size, tree.root(session, size))
    archived = None if seen.outside is None else files.archive(var_dir, seen.outside)
    try:
        sequencer.publish(session, var_dir, seen, head, key)
    except files.FileUnusable as error:
        raise NotAdopted(error.code, str(error)) from error
    alarm.clear(session)
    return Adopted(head, old, seen.size, covered, index, archived)
