"""Backups: database, uploads, keys and the outside checkpoint in one file that can be proven and put back.

What is read when, while the program goes on working:

1. **The outside checkpoint first.** A checkpoint is signed over leaves that are committed already. Read before the
   snapshot, all its leaves are in it; read after, it could speak of leaves that the snapshot lacks, and the restored
   journal would look cut off.
2. **Then one snapshot** of all tables, however long reading takes.
3. **Then keys and uploads.** Both are written before the rows that name them are committed, and never changed: whatever
   the snapshot names is there. What came later only lies there unnamed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from coldchain.core import clock, db, stored_files
from coldchain.core.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from coldchain.journal import files
from coldchain.journal import verify as journal_verify
from coldchain.ledger import check as ledger_check
from coldchain.ops import backup_files, backup_tables, migrate, presence
from coldchain.ops.backup_archive import FILES, TABLES, Archive, BackupError, Manifest, TablePart, Writer, writing
from config import Settings

TRIES: Final = 3
IN_BLOCKS: Final = {"yield_per": 5_000}
# What must hold in the books beside the journal itself: (what, a check of a session and a progress → words or None).
BOOK_CHECKS: Final = (
    ("stock from movements", ledger_check.stock_from_movements),
    ("movements from journal", ledger_check.movements_from_journal),
)


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup: its list and the SHA-256 (hex) of the file."""

    manifest: Manifest
    sha256: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What the books of a backup say when everything is recomputed; `difference` is the first that does not fit."""

    journal: journal_verify.Report
    difference: str | None


def create(settings: Settings, target: Path, *, force: bool = False) -> Made:
    """Write a backup of the live system to `target`.

    Raises BackupError `file_exists`, `file_unusable`, `database_not_ready`, `database_refused`, `unsafe_name`.
    """
    with writing(target, force=force) as writer, _refusals():
        for left in range(TRIES, 0, -1):
            outside = backup_files.small_files(settings.var_dir, backup_files.JOURNAL)
            with psycopg.connect(str(settings.database_owner_url)) as connection, connection.cursor() as cursor:
                backup_tables.begin_snapshot(connection)
                manifest = _described(cursor, connection.info.server_version)
                if manifest.journal["signed"] and str(files.CHECKPOINT_FILE) not in outside and left > 1:
                    continue  # signed for the first time between the two looks
                _write_tables(cursor, writer, manifest)
            break
        for name, content in outside.items():
            manifest.files[name] = writer.add(FILES + name, [content])
        for name, content in backup_files.small_files(settings.var_dir, "keys").items():
            manifest.files[name] = writer.add(FILES + name, [content])
        for name, path in backup_files.listed(settings.var_dir, "uploads"):
            with contextlib.suppress(FileNotFoundError):
                manifest.files[name] = writer.add(FILES + name, backup_files.blocks(path), compress=False)
        return Made(manifest, writer.finish(manifest))


def _described(cursor: backup_tables.Cursor, server: int) -> Manifest:
    """Return the list of a backup as far as the snapshot alone tells it."""
    at = backup_tables.revision(cursor)
    cursor.execute("""
        SELECT (SELECT value ->> 'origin' FROM system_mark WHERE name = 'journal_log'),
               (SELECT count(*) FROM journal_leaf), (SELECT count(*) FROM journal_pending),
               (SELECT max(size) FROM journal_checkpoint)
    """)
    origin, leaves, pending, signed = cursor.fetchone() or (None, 0, 0, None)
    journal = {"origin": origin, "leaves": leaves, "pending": pending, "signed": signed}
    version = f"{server // 10_000}.{server % 10_000}"
    return Manifest(created_at=clock.now().isoformat(), server=version, revision=at, journal=journal)


def _write_tables(cursor: backup_tables.Cursor, writer: Writer, manifest: Manifest) -> None:
    names = backup_tables.names(cursor)
    backup_tables.lock(cursor, names)
    for name in names:
        columns = backup_tables.columns(cursor, name)
        part = writer.add(TABLES + name, backup_tables.rows(cursor, name, columns))
        manifest.tables[name] = TablePart(part.size_bytes, part.sha256, columns, cursor.rowcount)
    manifest.sequences = backup_tables.sequences(cursor)


def verify(archive: Archive, scratch: Path, pg_bin: Path | None = None) -> Verified:
    """Load a backup into a throw-away server below `scratch` and recompute everything; nothing is left of it.

    Raises BackupError `damaged`, `shape_differs`, `newer_program`, `no_server`, `database_refused`.
    """
    known_revision(archive.manifest)
    unpacked = scratch / "unpacked"
    unpacked.mkdir(mode=0o700)
    backup_files.unpack(archive, unpacked, only=(backup_files.JOURNAL, "keys"))
    try:
        server = EmbeddedPostgres.throwaway(scratch / "server", pg_bin=pg_bin)
        with server as endpoint, _refusals(), _owner(endpoint.owner_url) as connection:
            fill(connection, archive, None)
            return check(connection, unpacked, archive.manifest)
    except EmbeddedPostgresError as error:
        raise BackupError("no_server", str(error)) from error


def restore(archive: Archive, settings: Settings, *, despite_differences: bool = False) -> tuple[Verified, list[str]]:
    """Put a backup into the empty database and VAR_DIR of `settings`; return what was verified and what was kept.

    All or nothing: the rows are committed last, after the files were renamed into place. Raises BackupError
    `program_runs`, `database_not_empty`, `database_in_use`, `newer_program`, `differs`, `file_unusable`, `damaged` and
    what else `verify` raises.
    """
    known_revision(archive.manifest)
    try:
        with presence.alone(settings.var_dir), _refusals(), _owner(str(settings.database_owner_url)) as connection:
            migrate.wait_for_others(connection)
            backup_tables.must_be_empty_and_alone(_cursor(connection))
            with backup_files.spare_folder(settings.var_dir) as unpacked:
                backup_files.unpack(archive, unpacked)
                fill(connection, archive, settings.service_role)
                found = check(connection, unpacked, archive.manifest)
                if found.difference is not None and not despite_differences:
                    raise BackupError("differs", f"{found.difference}; --despite-differences restores it as it is")
                with backup_files.in_place(unpacked, settings.var_dir, clock.now()) as notes:
                    connection.commit()
            _analyze(connection)
    except presence.InUse:
        raise BackupError("program_runs", f"web or worker runs on {settings.var_dir}; stop it first") from None
    return found, notes


def known_revision(manifest: Manifest) -> None:
    """Raise BackupError `newer_program` unless this program can make the shape of a backup's database."""
    if manifest.revision not in migrate.known():
        raise BackupError(
            "newer_program", f"it was made at revision {manifest.revision}, this program knows up to {migrate.head()}"
        )


def fill(connection: Connection, archive: Archive, service_role: str | None) -> None:
    """Make the shape of the backup's revision, load its rows, and bring it up to this program, in one transaction."""
    migrate.upgrade_within(connection, archive.manifest.revision)
    cursor = _cursor(connection)
    backup_tables.load(cursor, archive.manifest.tables, lambda table: archive.blocks(TABLES + table))
    backup_tables.set_sequences(cursor, archive.manifest.sequences)
    migrate.upgrade_within(connection, "head")
    if service_role is not None:
        migrate.grant(connection, service_role)


def check(connection: Connection, var_dir: Path, manifest: Manifest) -> Verified:
    """Recompute journal (key and outside checkpoint are in `var_dir`) and stock, and look for every row's upload."""
    with Session(connection) as session:
        report = journal_verify.verify(session, var_dir)
        difference = None if report.difference is None else str(report.difference)
        for what, holds in BOOK_CHECKS if difference is None else ():
            said = holds(session, None)
            difference = f"{what}: {said}" if said is not None else difference
        return Verified(report, difference or _upload_missing(session, manifest))


def _upload_missing(session: Session, manifest: Manifest) -> str | None:
    """Return the first upload that a row names and the backup lacks, in words; the name is the hash of the content."""
    rows = session.execute(text("SELECT sha256 FROM stored_file ORDER BY file_id"), execution_options=IN_BLOCKS)
    with contextlib.closing(rows):
        for (digest,) in rows:
            name = stored_files.path_of(Path(), digest).as_posix()
            if name not in manifest.files:
                return f"uploads: {name} is missing"
            if manifest.files[name].sha256 != digest:
                return f"uploads: {name} is not what was handed in"
    return None


def _analyze(connection: Connection) -> None:
    """Let the planner know the new rows at once; it would find out by itself within minutes."""
    with contextlib.suppress(SQLAlchemyError):
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("ANALYZE"))
        connection.commit()


@contextlib.contextmanager
def _owner(url: str) -> Iterator[Connection]:
    """Yield a connection in a transaction that is rolled back unless the block commits."""
    engine = db.connect(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _cursor(connection: Connection) -> backup_tables.Cursor:
    raw: Any = connection.connection.driver_connection
    return psycopg.Cursor(raw)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Say in one line what the database or the disk refused."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise BackupError("database_refused", reason) from error
    except psycopg.Error as error:
        raise BackupError("database_refused", str(error).strip().splitlines()[0]) from error
    except OSError as error:
        raise BackupError("file_unusable", f"{error.filename or 'disk'}: {error.strerror}") from error
