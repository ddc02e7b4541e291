"""Recomputes the journal from its bodies and names the first thing that does not fit.

One pass in the order of the leaves, in bounded memory: bodies → leaf hashes → interior nodes → the roots of every
checkpoint, in the database and in VAR_DIR, each under the origin and the keys that sign at its size. Nothing stored is
believed but the bodies and the signing key. Entries that still wait for their leaf are counted, not called an error.
The file is read before the database: whatever a sequencer signs meanwhile is there when its leaves are looked for.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import Session

from coldchain.journal import body, checkpoint, files, identity, merkle

CHUNK: Final = 5_000
OUTSIDE: Final = f"VAR_DIR/{files.CHECKPOINT_FILE}"

Progress = Callable[[int, int], None]

_UNBOUND: Final = text("SET LOCAL statement_timeout = 0")
_COUNTS: Final = text("""
    SELECT (SELECT count(*) FROM journal_entry), (SELECT count(*) FROM journal_leaf),
           (SELECT count(*) FROM journal_pending), (SELECT count(*) FROM journal_checkpoint)
""")
_COLUMNS: Final = """
    e.entry_id, e.leaf_hash, e.body, e.kind, e.subject_id::text, e.recorded_by::text, e.business_id::text,
    e.region_code,
    to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
"""
_LEAVES: Final = text(f"""
    SELECT l.index, l.leaf_hash, {_COLUMNS} FROM journal_leaf l LEFT JOIN journal_entry e USING (entry_id)
    ORDER BY l.index
""")  # noqa: S608  no value enters the text
_WAITING: Final = text(f"""
    SELECT 0, e.leaf_hash, {_COLUMNS} FROM journal_pending p JOIN journal_entry e USING (entry_id) ORDER BY entry_id
""")  # noqa: S608
_NODES: Final = text("""
    SELECT n.level, n.index, n.hash FROM journal_node n
    JOIN unnest(CAST(:levels AS bigint[]), CAST(:lows AS bigint[]), CAST(:highs AS bigint[])) AS span (level, low, high)
      ON n.level = span.level AND n.index >= span.low AND n.index < span.high
""")
_LOST: Final = text("""
    SELECT entry_id FROM journal_entry e
    WHERE NOT EXISTS (SELECT 1 FROM journal_leaf l WHERE l.entry_id = e.entry_id)
      AND NOT EXISTS (SELECT 1 FROM journal_pending p WHERE p.entry_id = e.entry_id)
    ORDER BY entry_id LIMIT 1
""")
_TWICE: Final = text(
    "SELECT entry_id FROM journal_pending JOIN journal_leaf USING (entry_id) ORDER BY entry_id LIMIT 1"
)
_NODE_COUNT: Final = text("SELECT count(*) FROM journal_node")
_CHECKPOINTS: Final = text("SELECT size, origin, root, note FROM journal_checkpoint ORDER BY size")
_RESTORED: Final = text("""
    SELECT e.body FROM journal_leaf l JOIN journal_entry e USING (entry_id)
    WHERE l.index = :index AND e.kind = :kind
""")
RESTORED: Final = "journal.restored"  # the kind of the entry with which an origin begins that comes after another


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that does not fit: a stable code, where, and in words."""

    code: str
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.code} at {self.where}: {self.words}"


@dataclass(slots=True)
class Report:
    """What was found; `difference` is None when everything fits."""

    entries: int = 0
    leaves: int = 0
    pending: int = 0
    checkpoints: int = 0
    origin: str | None = None
    root: bytes = merkle.EMPTY_ROOT
    difference: Difference | None = None


class Differs(Exception):
    """Carries the first difference out of the pass."""

    def __init__(self, code: str, where: str, words: str) -> None:
        super().__init__(words)
        self.difference = Difference(code, where, words)


@dataclass(slots=True)
class _Claim:
    """A signed head that the tree must have had, and where it is kept."""

    head: checkpoint.Checkpoint
    where: str


@dataclass(slots=True)
class _Pass:
    """The state of the pass: what is left to check and the tree so far."""

    claims: list[_Claim]
    size: int = 0
    peaks: dict[int, bytes] = field(default_factory=dict)
    nodes: int = 0


def verify(session: Session, var_dir: Path | None = None, progress: Progress | None = None) -> Report:
    """Recompute everything and return the report with the first difference.

    `var_dir`: where key and last checkpoint are kept, None when this machine has neither. `progress` gets leaves done
    and leaves in all. The session should begin a REPEATABLE READ transaction here if a sequencer runs meanwhile.
    """
    report = Report()
    outside = None if var_dir is None else _note_outside(var_dir)
    session.execute(_UNBOUND)
    report.entries, report.leaves, report.pending, report.checkpoints = session.execute(_COUNTS).one()
    try:
        if isinstance(outside, Differs):
            raise outside
        state = _Pass(_claims(session, var_dir, outside, report))
        _walk(session, state, report, progress or _silent)
        _waiting(session)
    except Differs as found:
        report.difference = found.difference
    return report


def _silent(_done: int, _total: int) -> None:
    """Show no progress."""


def _claims(session: Session, var_dir: Path | None, outside: str | None, report: Report) -> list[_Claim]:
    """Return every signed head by size after checking signature, origin and columns; the one in VAR_DIR too."""
    log_identity = identity.read(session)
    stored = session.execute(_CHECKPOINTS).all()
    if log_identity is None:
        if stored or (outside is not None and not identity.is_demo(outside)):
            raise Differs("identity_missing", "journal_log", "the journal's origin and key are gone")
        return []
    report.origin = log_identity.origin
    try:
        verifiers = {epoch.origin: epoch.verifiers() for epoch in log_identity.epochs}
    except checkpoint.BadNote as error:
        raise Differs("identity_broken", "journal_log", str(error)) from error
    if var_dir is not None:
        _check_key(var_dir, log_identity)
    _check_epochs(session, log_identity)
    claims = []
    for size, origin, root, note in stored:
        expected = log_identity.epoch_at(size).origin
        head = _opened(note, verifiers[expected], f"checkpoint {size}")
        if (head.size, head.origin, head.root) != (size, origin, bytes(root)) or origin != expected:
            raise Differs("checkpoint_columns", f"checkpoint {size}", "the columns are not what the note says")
        claims.append(_Claim(head, f"checkpoint {size}"))
    if var_dir is not None:
        claims += _outside(outside, log_identity, verifiers[log_identity.origin], bool(stored))
    return sorted(claims, key=lambda claim: claim.head.size)


def _check_epochs(session: Session, log_identity: identity.Identity) -> None:
    """Every origin that comes after another begins with the entry that says so."""
    for epoch in log_identity.epochs:
        if epoch.first_size == 0:
            continue
        index = epoch.first_size - 1
        content = session.execute(_RESTORED, {"index": index, "kind": RESTORED}).scalar()
        if content is None or _origin_announced(content) != epoch.origin:
            words = f"the entry with which the origin {epoch.origin} begins is not there"
            raise Differs("origin_unannounced", f"leaf {index}", words)


def _check_key(var_dir: Path, log_identity: identity.Identity) -> None:
    try:
        key = files.existing_key(var_dir)
    except (files.FileUnusable, OSError) as error:
        raise Differs("key_unusable", str(files.KEY_FILE), str(error)) from error
    if key is not None and checkpoint.verifier_of(log_identity.origin, key).vkey() != log_identity.vkeys[-1]:
        raise Differs("key_changed", "journal_log", "the database names another key than the one in VAR_DIR")


def _origin_announced(content: str) -> str | None:
    try:
        return str(json.loads(content)["data"]["origin"])
    except (ValueError, KeyError, TypeError, RecursionError):  # then its leaf does not fit either
        return None


def _outside(
    note: str | None, log_identity: identity.Identity, verifiers: Sequence[checkpoint.Verifier], signed: bool
) -> list[_Claim]:
    if note is None:
        if signed:
            raise Differs("outside_missing", OUTSIDE, "the last checkpoint kept outside the database is gone")
        return []
    origin = note.partition("\n")[0]
    if origin != log_identity.origin:
        raise Differs("other_journal", OUTSIDE, f"it is of the journal {origin!r}")
    return [_Claim(_opened(note, verifiers, OUTSIDE), OUTSIDE)]


def _note_outside(var_dir: Path) -> "str | Differs | None":
    try:
        return files.last_checkpoint(var_dir)
    except (files.FileUnusable, OSError) as error:
        return Differs("outside_unreadable", OUTSIDE, str(error))


def _opened(note: str, verifiers: Sequence[checkpoint.Verifier], where: str) -> checkpoint.Checkpoint:
    """Return a note's checkpoint; any key of its origin may have signed it, and only under its own name."""
    reason = "no key is known"
    for verifier in reversed(verifiers):
        try:
            return checkpoint.open_checkpoint(note, verifier)
        except checkpoint.BadNote as error:
            reason = str(error)
    raise Differs("checkpoint_signature", where, reason)


def _walk(session: Session, state: _Pass, report: Report, progress: Progress) -> None:
    _settle(state, {}, 0)
    for rows in _chunks(session, _LEAVES):
        leaves = [_leaf(row, state.size + offset) for offset, row in enumerate(rows)]
        fresh, grown = merkle.extend(state.size, state.peaks, leaves)
        _compare_nodes(session, fresh)
        known = {(level, index): digest for level, index, digest in fresh}
        known.update({(0, state.size + offset): digest for offset, digest in enumerate(leaves)})
        _settle(state, known, state.size + len(leaves))
        state.peaks, state.size, state.nodes = grown, state.size + len(leaves), state.nodes + len(fresh)
        progress(state.size, report.leaves)
    report.root = merkle.root_of(state.peaks)
    if state.claims:
        claim = state.claims[0]
        raise Differs("leaves_missing", claim.where, f"{claim.head.size} leaves were signed, {state.size} are there")
    stored = session.execute(_NODE_COUNT).scalar_one()
    if stored != state.nodes:
        raise Differs("node_unexpected", "journal_node", f"{stored} nodes are stored, the tree has {state.nodes}")


def _chunks(session: Session, statement: Any) -> Iterator[Sequence[Any]]:
    """Yield rows of a statement by CHUNK through a server-side cursor."""
    options = {"stream_results": True, "max_row_buffer": CHUNK}
    result = session.connection().execute(statement, execution_options=options)
    try:
        yield from result.partitions(CHUNK)
    finally:
        result.close()


def _settle(state: _Pass, known: dict[merkle.Node, bytes], reached: int) -> None:
    """Check every claim about a size up to `reached` against the tree recomputed so far."""
    while state.claims and state.claims[0].head.size <= reached:
        claim = state.claims.pop(0)
        old = {(level, (state.size >> level) - 1): digest for level, digest in state.peaks.items()}
        hashes = [known.get(node) or old[node] for node in merkle.peaks_of(claim.head.size)]
        if merkle.fold(hashes) != claim.head.root:
            raise Differs("root", claim.where, f"the tree of {claim.head.size} leaves has another root")


def _leaf(row: Any, expected: int) -> bytes:
    """Return the leaf hash recomputed from the body after checking index, both stored hashes and the columns."""
    index, leaf_hash, entry_id, entry_hash, content = row[0], row[1], row[2], row[3], row[4]
    if index != expected:
        raise Differs("leaf_gap", f"leaf {expected}", f"the next leaf stored is {index}")
    if entry_id is None:
        raise Differs("entry_missing", f"leaf {index}", "its entry is gone")
    digest = merkle.leaf_hash(content.encode("utf-8"))
    if digest != entry_hash:
        raise Differs("body", f"leaf {index} (entry {entry_id})", "the body is not the one that was hashed")
    if digest != leaf_hash:
        raise Differs("leaf", f"leaf {index} (entry {entry_id})", "the leaf is not the hash of the body")
    if not body.fits(content, *row[5:]):
        raise Differs("columns", f"leaf {index} (entry {entry_id})", "the row's columns are not what the body says")
    return digest


def _compare_nodes(session: Session, fresh: Sequence[tuple[int, int, bytes]]) -> None:
    """Compare the nodes that a chunk completes with the stored ones."""
    spans: dict[int, tuple[int, int]] = {}
    for level, index, _ in fresh:  # by level and index, so the first and the last of a level bound it
        spans[level] = (spans[level][0] if level in spans else index, index + 1)
    if not spans:
        return
    lows, highs = zip(*spans.values(), strict=True)
    rows = session.execute(_NODES, {"levels": list(spans), "lows": list(lows), "highs": list(highs)})
    stored = {(row[0], row[1]): row[2] for row in rows}
    for level, index, digest in fresh:
        if stored.get((level, index)) != digest:
            words = "it is not stored" if (level, index) not in stored else "it is not the hash of its children"
            raise Differs("node", f"node {level}/{index}", words)


def _waiting(session: Session) -> None:
    """Check entries without a leaf: each is waiting exactly once and agrees with itself."""
    twice = session.execute(_TWICE).scalar()
    if twice is not None:
        raise Differs("pending_twice", f"entry {twice}", "it has a leaf and waits for one too")
    lost = session.execute(_LOST).scalar()
    if lost is not None:
        raise Differs("entry_lost", f"entry {lost}", "it has no leaf and does not wait for one")
    for rows in _chunks(session, _WAITING):
        for row in rows:
            where = f"entry {row[2]} (pending)"
            if merkle.leaf_hash(row[4].encode("utf-8")) != row[3]:
                raise Differs("body", where, "the body is not the one that was hashed")
            if not body.fits(row[4], *row[5:]):
                raise Differs("columns", where, "the row's columns are not what the body says")
