"""A backup holds one moment of everything, can be proven, and comes back whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import Engine

from coldchain.app import create_app
from coldchain.core import db
from coldchain.core.embedded_postgres import Endpoint
from coldchain.core.ids import new_id
from coldchain.journal import files, health, sequencer
from coldchain.ops import backup, backup_files, migrate, presence
from coldchain.ops.backup_archive import MANIFEST, Archive, BackupError, Manifest, safe_name
from config import Settings
from tests.conftest import _admin, _at
from tests.factories.people import People
from tests.factories.world import World

PICTURE = b"\xff\xd8 a photograph"
PICTURE_NAME = f"uploads/{hashlib.sha256(PICTURE).hexdigest()[:2]}/{hashlib.sha256(PICTURE).hexdigest()}"


@pytest.fixture
def lived_in(app: Flask, world: World) -> Settings:
    """A program with goods, a signed journal, an upload, and an entry that waits for its place."""
    return live_in(app, world)


def live_in(app: Flask, world: World) -> Settings:
    settings: Settings = app.config["SETTINGS"]
    world.cleared()
    path = settings.var_dir / PICTURE_NAME
    path.parent.mkdir(mode=0o700, parents=True)
    path.write_bytes(PICTURE)
    path.with_name(".half-written").write_bytes(b"not yet")
    sequencer.run_once(db.engine(), settings.var_dir)
    world.business(active=False)
    return settings


@dataclass
class Source:
    """A program that is only looked at, and its backup."""

    settings: Settings
    content: bytes


@pytest.fixture(scope="module")
def source(postgres: Endpoint, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """Made once for all tests that don't change it."""
    name = f"clone_{new_id().hex[:12]}"
    _admin(postgres, f"CREATE DATABASE {name} TEMPLATE {template} OWNER coldchain_owner STRATEGY file_copy")
    folder = tmp_path_factory.mktemp("source")
    base = Settings.from_env({"COLDCHAIN_ENV": "test", "VAR_DIR": str(folder / "var"), "COLDCHAIN_DEMO": "0"})
    url, owner_url = _at(postgres.url, name), _at(postgres.owner_url, name)
    settings = replace(base, database_url=url, database_owner_url=owner_url)
    app = create_app(settings)
    live_in(app, World(People(app)))
    backup.create(settings, folder / "backup.zip")
    db.engine().dispose()
    yield Source(settings, (folder / "backup.zip").read_bytes())
    _admin(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def saved(source: Source, tmp_path: Path) -> Path:
    """A copy of the backup."""
    target = tmp_path / "backup.zip"
    target.write_bytes(source.content)
    return target


@pytest.fixture
def make_place(postgres: Endpoint, source: Source, tmp_path: Path) -> Iterator[Callable[..., Settings]]:
    """Return a maker of settings for an empty database of two roles and a new VAR_DIR."""
    made: list[str] = []

    def make(**other: Any) -> Settings:
        made.append(f"clone_{new_id().hex[:12]}")
        _admin(postgres, f"CREATE DATABASE {made[-1]} OWNER coldchain_owner")
        addresses = {
            "database_url": _at(postgres.url, made[-1]),
            "database_owner_url": _at(postgres.owner_url, made[-1]),
        }
        return replace(source.settings, **(addresses | {"var_dir": tmp_path / made[-1]} | other))

    yield make
    for name in made:
        _admin(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def restored(path: Path, place: Settings, **options: bool) -> tuple[backup.Verified, list[str]]:
    with Archive(path) as archive:
        return backup.restore(archive, place, **options)


def verified(path: Path, scratch: Path) -> backup.Verified:
    scratch.mkdir()
    with Archive(path) as archive:
        return backup.verify(archive, scratch)


def refusal(path: Path, place: Settings) -> str:
    """Return the code of the refusal, after a look at whether nothing was done."""
    with pytest.raises(BackupError) as caught:
        restored(path, place)
    assert "\n" not in str(caught.value)
    assert tables(place) == []
    left = {each.name for each in place.var_dir.iterdir()} if place.var_dir.exists() else set()
    assert left <= {presence.LOCK_FILE}
    return caught.value.code


def tables(place: Settings) -> list[str]:
    with psycopg.connect(str(place.database_owner_url)) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        return [name for (name,) in found]


SHAPE = """
    SELECT 'column', table_name, column_name, data_type, column_default, is_nullable
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text, ''
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'right', relname, relacl::text, '', '', '' FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
    ORDER BY 1, 2, 3, 4
"""


def picture(url: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the whole shape of a database and the hash of every table's rows."""
    with psycopg.connect(url) as connection:
        shape = connection.execute(SHAPE).fetchall()
        names = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        content = {
            name: connection.execute(
                f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t".encode()
            ).fetchone()
            for name in names
        }
        for (name,) in connection.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
        ).fetchall():
            content[name] = connection.execute(f"SELECT last_value, is_called FROM {name}".encode()).fetchone()
    return shape, content


def test_everything_comes_back(source: Source, saved: Path, make_place: Callable[..., Settings]) -> None:
    """Rows, shape, rights, triggers and sequences are the same; so are the files; the service's role may not change
    history."""
    place = make_place()
    found, notes = restored(saved, place)
    assert (found.difference, notes) == (None, [])
    assert found.journal.pending == 1
    assert picture(str(place.database_owner_url)) == picture(str(source.settings.database_owner_url))
    assert (place.var_dir / PICTURE_NAME).read_bytes() == PICTURE
    for name in (files.KEY_FILE, files.CHECKPOINT_FILE):
        assert (place.var_dir / name).read_bytes() == (source.settings.var_dir / name).read_bytes()
        assert stat.S_IMODE((place.var_dir / name).stat().st_mode) == 0o600
    assert {each.name for each in place.var_dir.iterdir()} == {"journal", "keys", "uploads", presence.LOCK_FILE}
    with psycopg.connect(str(place.database_url)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM journal_entry")


def test_the_restored_journal_goes_on(saved: Path, make_place: Callable[..., Settings]) -> None:
    """Nothing newer was signed anywhere: the waiting entry gets its place and the grown tree is signed."""
    place = make_place()
    restored(saved, place)
    engine = db.configure(str(place.database_url))
    assert sequencer.run_once(engine, place.var_dir) == 1
    with db.transaction() as session:
        report = backup.journal_verify.verify(session, place.var_dir)
    assert (report.difference, report.pending, report.checkpoints) == (None, 0, 2)


def test_the_file(lived_in: Settings, tmp_path: Path) -> None:
    """For its owner alone, never in place of another, its hash said, and no half of it left behind."""
    target = tmp_path / "backups" / "one"
    target.parent.mkdir()
    made = backup.create(lived_in, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert hashlib.sha256(target.read_bytes()).hexdigest() == made.sha256
    with pytest.raises(BackupError) as caught:
        backup.create(lived_in, target)
    assert caught.value.code == "file_exists"
    again = backup.create(lived_in, target, force=True)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == again.sha256
    with pytest.raises(BackupError) as caught:
        backup.create(replace(lived_in, database_owner_url="postgresql:///nowhere?host=/nowhere"), target, force=True)
    assert caught.value.code == "database_refused"
    assert hashlib.sha256(target.read_bytes()).hexdigest() == again.sha256
    with pytest.raises(BackupError) as caught:
        backup.create(lived_in, tmp_path / "nowhere" / "one")
    assert caught.value.code == "file_unusable"
    assert [each.name for each in target.parent.iterdir()] == ["one"]


def test_nobody_waits_and_nothing_is_torn(
    lived_in: Settings, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While tables are read, others write and sign; the backup holds what was there when its reading began."""
    plain = backup.backup_tables.rows
    reached = threading.Event()

    def slow(cursor: Any, table: str, of: Any) -> Iterator[bytes]:
        if table == "arrival":
            world.cleared()
            sequencer.run_once(db.engine(), lived_in.var_dir)
            reached.set()
        return plain(cursor, table, of)

    monkeypatch.setattr(backup.backup_tables, "rows", slow)
    made = backup.create(lived_in, tmp_path / "one")
    assert reached.is_set()
    found = verified(tmp_path / "one", tmp_path / "scratch")
    assert found.difference is None
    assert (found.journal.pending, found.journal.checkpoints) == (1, 1)
    assert made.manifest.tables["arrival"].rows == 1


def test_signed_between_the_two_looks(
    app: Flask, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first checkpoint of all appears after the file was looked for and before the snapshot: it looks again."""
    settings: Settings = app.config["SETTINGS"]
    world.business(active=False)
    plain, looks = backup_files.small_files, []

    def look(var_dir: Path, folder: str) -> dict[str, bytes]:
        found = plain(var_dir, folder)
        looks.append(folder)
        if len(looks) == 1:
            sequencer.run_once(db.engine(), var_dir)
        return found

    monkeypatch.setattr(backup_files, "small_files", look)
    made = backup.create(settings, tmp_path / "one")
    assert looks.count("journal") == 2
    assert str(files.CHECKPOINT_FILE) in made.manifest.files
    assert verified(tmp_path / "one", tmp_path / "scratch").difference is None


def test_reading_the_checkpoint_late_would_look_like_a_loss(
    lived_in: Settings, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blind test of the order: the file read after the snapshot speaks of leaves that the backup lacks."""
    plain = backup._write_tables

    def late(cursor: Any, writer: Any, manifest: Any) -> None:
        plain(cursor, writer, manifest)
        sequencer.run_once(db.engine(), lived_in.var_dir)
        outside.update(early(lived_in.var_dir, "journal"))

    early, outside = backup_files.small_files, dict[str, bytes]()
    monkeypatch.setattr(backup, "_write_tables", late)
    monkeypatch.setattr(backup_files, "small_files", lambda *of: outside if of[1] == "journal" else early(*of))
    backup.create(lived_in, tmp_path / "one")
    assert "leaves_missing" in str(verified(tmp_path / "one", tmp_path / "scratch").difference)


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_database_that_is_not_empty(saved: Path, make_place: Callable[..., Settings]) -> None:
    place = make_place()
    with psycopg.connect(str(place.database_owner_url)) as connection:
        connection.execute("CREATE TABLE mine (n int)")
    with pytest.raises(BackupError) as caught:
        restored(saved, place)
    assert caught.value.code == "database_not_empty"
    assert tables(place) == ["mine"]


def test_somebody_is_connected(saved: Path, make_place: Callable[..., Settings]) -> None:
    place = make_place()
    with psycopg.connect(str(place.database_url)):
        assert refusal(saved, place) == "database_in_use"


def test_web_or_worker_runs_on_the_folder(saved: Path, make_place: Callable[..., Settings]) -> None:
    place = make_place()
    lock = presence.stay(place.var_dir)
    try:
        assert refusal(saved, place) == "program_runs"
    finally:
        os.close(lock)
    restored(saved, place)


def test_a_newer_program_made_it(saved: Path, make_place: Callable[..., Settings]) -> None:
    forge(saved, revision="9999")
    assert refusal(saved, make_place()) == "newer_program"


def test_an_older_program_made_it(
    saved: Path, make_place: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is loaded into the shape of its own revision and brought up to this one."""
    steps = []
    plain = migrate.upgrade_within

    def watched(connection: Any, revision: str) -> None:
        steps.append(revision)
        plain(connection, revision)

    monkeypatch.setattr(migrate, "upgrade_within", watched)
    restored(saved, make_place())
    assert steps == [migrate.head(), "head"]


def test_every_truncation(saved: Path, make_place: Callable[..., Settings]) -> None:
    place, whole = make_place(), saved.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 100, len(whole) - 1):
        saved.write_bytes(whole[:length])
        assert refusal(saved, place) in {"damaged", "not_a_backup"}
    saved.write_bytes(b"PK\x05\x06" + bytes(18))
    assert refusal(saved, place) == "not_a_backup"


def test_damaged_bytes(saved: Path, make_place: Callable[..., Settings]) -> None:
    """Wherever a byte is turned: it is refused, or it said nothing (a ZIP's times and spare fields)."""
    whole, refused = saved.read_bytes(), 0
    with Archive(saved) as archive:
        written = archive.manifest
    for part in range(24):
        turned = 40 + part * (len(whole) - 60) // 24
        saved.write_bytes(whole[:turned] + bytes([whole[turned] ^ 0xFF]) + whole[turned + 1 :])
        try:
            with Archive(saved) as archive:
                assert archive.manifest == written
                for name in written.members():
                    for _ in archive.blocks(name):
                        pass
        except BackupError:
            refused += 1
    assert refused >= 16
    saved.write_bytes(whole[: len(whole) // 3] + bytes(64) + whole[len(whole) // 3 + 64 :])
    assert refusal(saved, make_place()) in {"damaged", "not_a_backup"}


@contextmanager
def rewritten(path: Path) -> Iterator[dict[str, bytes]]:
    """Give the members of a ZIP to be changed and write them anew."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    yield members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def forge(
    path: Path, *, put: dict[str, bytes] | None = None, rename: dict[str, str] | None = None, **listed: Any
) -> None:
    """Change members of a backup and its list, with right hashes, as somebody with time would."""
    with rewritten(path) as members:
        manifest = json.loads(members[MANIFEST]) | listed
        for name, content in (put or {}).items():
            members[name] = content
            kind, _, rest = name.partition("/")
            group = manifest["tables"] if kind == "database" else manifest["files"]
            group.setdefault(rest, {}).update(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        for old, new in (rename or {}).items():
            members["files/" + new] = members.pop("files/" + old)
            manifest["files"][new] = manifest["files"].pop(old)
        members[MANIFEST] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    "name",
    ["uploads/../../etc/cron.d/x", "/etc/passwd", "../x", "uploads", "other/x", "uploads//x", "uploads/./x", "keys\\x",
     "uploads/a\nb", "uploads/\x00", "secret_key", "", "uploads/" + "a" * 1000],
)  # fmt: skip
def test_a_name_that_leads_elsewhere(name: str, saved: Path, make_place: Callable[..., Settings]) -> None:
    with pytest.raises(BackupError):
        safe_name(name)
    if "\x00" not in name and name:
        forge(saved, rename={PICTURE_NAME: name})
        assert refusal(saved, make_place()) in {"unsafe_name", "not_a_backup"}


def test_an_unlisted_member(saved: Path, make_place: Callable[..., Settings]) -> None:
    with rewritten(saved) as members:
        members["files/uploads/more"] = b"x"
    assert refusal(saved, make_place()) == "not_a_backup"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"[" * 100_000, b'{"format": "coldchain-backup"}', b"\xff"])
def test_a_list_that_is_none(content: bytes, saved: Path) -> None:
    with rewritten(saved) as members:
        members[MANIFEST] = content
    with pytest.raises(BackupError) as caught:
        Archive(saved)
    assert caught.value.code == "not_a_backup"


def test_rows_cannot_be_statements(saved: Path, make_place: Callable[..., Settings]) -> None:
    """A forged archive puts values into columns, and nothing else."""
    with Archive(saved) as archive:
        marks = b"".join(archive.blocks("database/system_mark"))
    forge(saved, put={"database/system_mark": b"DROP TABLE posting;\n" + marks})
    assert refusal(saved, make_place()) == "database_refused"
    forge(saved, put={"database/system_mark": marks + b"\\.\nDROP TABLE posting;\n"})
    place = make_place()
    with suppress(BackupError):
        restored(saved, place)
        assert "posting" in tables(place)


def test_a_changed_fact_is_found_though_every_hash_was_made_anew(
    saved: Path, make_place: Callable[..., Settings], tmp_path: Path
) -> None:
    with Archive(saved) as archive:
        entries = b"".join(archive.blocks("database/journal_entry"))
        holdings = b"".join(archive.blocks("database/holding"))
        columns = archive.manifest.tables["holding"].columns
    plain = saved.read_bytes()
    forge(saved, put={"database/journal_entry": entries.replace("示例".encode(), "事例".encode())})
    assert "body at leaf" in str(verified(saved, tmp_path / "one").difference)
    assert refusal(saved, make_place()) == "differs"
    saved.write_bytes(plain)
    row = holdings.rstrip(b"\n").split(b"\t")
    row[columns.index("quantity_units")] = b"90"
    forge(saved, put={"database/holding": b"\t".join(row) + b"\n"})
    assert "stock from movements" in str(verified(saved, tmp_path / "two").difference)
    place = make_place()
    assert refusal(saved, place) == "differs"
    assert restored(saved, place, despite_differences=True)[0].difference is not None
    assert "holding" in tables(place)


def test_an_upload_that_a_row_names_must_be_there(
    lived_in: Settings, tmp_path: Path, make_place: Callable[..., Settings]
) -> None:
    digest = hashlib.sha256(PICTURE).hexdigest()
    with psycopg.connect(str(lived_in.database_owner_url)) as connection:
        connection.execute(
            "INSERT INTO stored_file (file_id, sha256, media_type, size_bytes, pages, recorded_at)"
            " VALUES (gen_random_uuid(), %s, 'image/jpeg', 1, 1, now())",
            (digest,),
        )
    backup.create(lived_in, tmp_path / "whole")
    assert verified(tmp_path / "whole", tmp_path / "one").difference is None
    (lived_in.var_dir / PICTURE_NAME).write_bytes(b"another photograph")
    backup.create(lived_in, tmp_path / "changed")
    assert "is not what was handed in" in str(verified(tmp_path / "changed", tmp_path / "two").difference)
    (lived_in.var_dir / PICTURE_NAME).unlink()
    backup.create(lived_in, tmp_path / "lacking")
    assert "is missing" in str(verified(tmp_path / "lacking", tmp_path / "three").difference)
    assert refusal(tmp_path / "lacking", make_place()) == "differs"


# --- beside what is there already ------------------------------------------------------------------------------------


def test_a_newer_checkpoint_stays_and_the_journal_notices(
    lived_in: Settings, world: World, make_place: Callable[..., Settings], tmp_path: Path
) -> None:
    """Yesterday's copy beside what was signed today: nothing is signed, the alarm says why."""
    saved = tmp_path / "yesterday"
    backup.create(lived_in, saved)
    world.business(active=False)
    sequencer.run_once(db.engine(), lived_in.var_dir)
    newer = (lived_in.var_dir / files.CHECKPOINT_FILE).read_bytes()
    shutil.rmtree(lived_in.var_dir / "uploads")
    place = make_place(var_dir=lived_in.var_dir)
    with Archive(saved) as archive:
        own = b"".join(archive.blocks(f"files/{files.CHECKPOINT_FILE}"))
    _, notes = restored(saved, place)
    assert any("adopt-restore" in note for note in notes)
    assert (place.var_dir / files.CHECKPOINT_FILE).read_bytes() == newer
    beside = [each for each in (place.var_dir / "journal").iterdir() if ".of-backup-" in each.name]
    assert [each.read_bytes() for each in beside] == [own]
    assert (place.var_dir / PICTURE_NAME).read_bytes() == PICTURE
    engine = db.configure(str(place.database_url))
    sequencer.run_once(engine, place.var_dir)
    with db.transaction() as session:
        raised = health.alarm(session)
    assert raised is not None
    assert raised["code"] == "outside_ahead"


def test_what_lies_there_is_kept(source: Source, saved: Path, make_place: Callable[..., Settings]) -> None:
    place = make_place()
    other = place.var_dir / "uploads" / "zz" / "other"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"somebody's")
    key = place.var_dir / files.KEY_FILE
    key.parent.mkdir()
    key.write_bytes(b"another key")
    _, notes = restored(saved, place)
    assert len(notes) == 2
    assert all(note.startswith("kept: ") for note in notes)
    kept = [Path(note.removeprefix("kept: ")) for note in notes]
    assert {(each / "zz" / "other").read_bytes() for each in kept if (each / "zz").exists()} == {b"somebody's"}
    assert {(each / key.name).read_bytes() for each in kept if (each / key.name).exists()} == {b"another key"}
    assert key.read_bytes() == (source.settings.var_dir / files.KEY_FILE).read_bytes()


def test_a_failure_at_the_very_end_undoes_the_files(
    saved: Path, make_place: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills at the last renaming: what lay there lies there again, and the database is empty."""
    place = make_place()
    mine = place.var_dir / files.KEY_FILE
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"another key")
    plain = Path.rename

    def full(self: Path, target: Path) -> Path:
        if target == place.var_dir / "uploads":
            raise OSError(28, "No space left on device", str(target))
        return plain(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(BackupError) as caught:
        restored(saved, place)
    assert caught.value.code == "file_unusable"
    assert mine.read_bytes() == b"another key"
    assert {each.name for each in place.var_dir.iterdir()} == {"keys", presence.LOCK_FILE}
    assert tables(place) == []


def test_the_commands(
    app: Flask, lived_in: Settings, tmp_path: Path, make_place: Callable[..., Settings], database: Engine
) -> None:
    commands: FlaskCliRunner = app.test_cli_runner()
    target = str(tmp_path / "one")
    made = commands.invoke(args=["backup", "create", target])
    assert made.exit_code == 0, made.output
    assert made.output.splitlines()[-1].startswith("sha256 ")
    proven = commands.invoke(args=["backup", "verify", target])
    assert proven.exit_code == 0, proven.output
    assert made.output.splitlines()[-1] in proven.output
    assert proven.output.splitlines()[-1] == "no difference"
    refused = commands.invoke(args=["backup", "create", target])
    assert (refused.exit_code, len(refused.output.splitlines())) == (1, 1)
    app.config["SETTINGS"] = make_place()
    back = commands.invoke(args=["backup", "restore", target])
    assert back.exit_code == 0, back.output
    assert back.output.splitlines()[-1] == "restored"
    Path(target).write_bytes(b"junk")
    for command in ("verify", "restore"):
        junk = commands.invoke(args=["backup", command, target])
        assert (junk.exit_code, len(junk.output.splitlines())) == (1, 1)
    assert not list(Path(tempfile.gettempdir()).glob("coldchain-verify-*"))


def test_a_list_reads_back(saved: Path) -> None:
    with Archive(saved) as archive:
        assert Manifest.from_json(archive.manifest.to_json()) == archive.manifest
