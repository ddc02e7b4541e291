"""The file of a backup: a ZIP of tables and files, its contents listed with their hashes in `manifest.json`.

Pure input and output, no database. Written front to back in bounded memory, so that the hash of the whole file is known
when it ends; read by the list alone: nothing is unpacked because an archive says so, and every byte is compared with
the list before anything counts. A name never leaves the three folders of VAR_DIR that belong to a backup.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from coldchain.core.ids import new_id

FORMAT: Final = "coldchain-backup"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 256 * 1024 * 1024
TABLES: Final = "database/"
FILES: Final = "files/"
FOLDERS: Final = ("journal", "keys", "uploads")  # of VAR_DIR
BLOCK_BYTES: Final = 1024 * 1024
COMPRESSION_LEVEL: Final = 3

_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


class BackupError(Exception):
    """A backup can't be made, read or restored; `code` never changes, the message is one line."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Part:
    """One member of the archive: how many bytes it has and their SHA-256 (hex)."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TablePart(Part):
    """The rows of a table in COPY's text form, with the columns in their order."""

    columns: tuple[str, ...]
    rows: int


@dataclass(slots=True)
class Manifest:
    """What is in a backup. `sequences`: (last value, was it given out); `journal`: what was signed, for people."""

    created_at: str
    server: str
    revision: str
    journal: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, TablePart] = field(default_factory=dict)
    sequences: dict[str, tuple[int, bool]] = field(default_factory=dict)
    files: dict[str, Part] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return the list as it is written."""
        return json.dumps({"format": FORMAT, "version": VERSION} | asdict(self), indent=1).encode("utf-8")

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """Read and check a list. Raises BackupError `not_a_backup`, `newer_format`, `unsafe_name`."""
        try:
            raw = json.loads(content)
            if raw["format"] != FORMAT:
                raise BackupError("not_a_backup", f"the list says it is {raw['format']!r}")
            if raw["version"] != VERSION:
                raise BackupError("newer_format", f"this program reads version {VERSION}, not {raw['version']!r}")
            found = cls(
                created_at=datetime.fromisoformat(raw["created_at"]).isoformat(),
                server=_words(raw["server"]),
                revision=_words(raw["revision"]),
                journal=dict(raw["journal"]),
                tables={
                    _words(name): TablePart(
                        *_size_and_hash(part), tuple(_words(column) for column in part["columns"]), _count(part["rows"])
                    )
                    for name, part in raw["tables"].items()
                },
                sequences={
                    _words(name): (_count(last), bool(given)) for name, (last, given) in raw["sequences"].items()
                },
                files={safe_name(_words(name)): Part(*_size_and_hash(part)) for name, part in raw["files"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise BackupError("not_a_backup", f"its list can't be read ({type(error).__name__})") from error
        return found

    def members(self) -> dict[str, Part]:
        """Return every member by its name in the archive."""
        return {TABLES + name: part for name, part in self.tables.items()} | {
            FILES + name: part for name, part in self.files.items()
        }


def _words(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("not a line of text")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError("not a count")
    return value


def _size_and_hash(part: Any) -> tuple[int, str]:
    digest = _words(part["sha256"])
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError("not a SHA-256")
    return _count(part["size_bytes"]), digest


def safe_name(name: str) -> str:
    """Return a file's name relative to VAR_DIR (`uploads/…`, `keys/…`, `journal/…`) if it stays inside.

    Raises BackupError `unsafe_name`.
    """
    path = PurePosixPath(name)
    inside = len(path.parts) > 1 and path.parts[0] in FOLDERS and str(path) == name
    if not inside or ".." in path.parts or "\\" in name or not name.isprintable() or len(name.encode()) > 1000:
        raise BackupError("unsafe_name", f"{name!r} is no name of a file in a backup")
    return name


class _Hashed:
    """A file that is only ever appended to, and the hash of all that was written."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        return self._file.write(content)

    def flush(self) -> None:
        self._file.flush()


class Writer:
    """Writes an archive; `add` takes the blocks of a member as they come."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self._out = _Hashed(file)
        self._zip = zipfile.ZipFile(self._out, "w", compresslevel=COMPRESSION_LEVEL)  # type: ignore[call-overload]

    def add(self, name: str, blocks: Iterable[Any], *, compress: bool = True) -> Part:
        """Write one member and return its size and hash."""
        self._zip.compression = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        digest, size_bytes = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as member:
            for block in blocks:
                member.write(block)
                digest.update(block)
                size_bytes += len(block)
        return Part(size_bytes, digest.hexdigest())

    def abandon(self) -> None:
        """Leave an unfinished archive as it is; its file is about to go."""
        self._zip.fp = None

    def finish(self, manifest: Manifest) -> str:
        """Write the list and return the SHA-256 (hex) of the whole file."""
        self.add(MANIFEST, [manifest.to_json()])
        self._zip.close()
        self._out.flush()
        return self._out.sha256.hexdigest()


@contextlib.contextmanager
def writing(target: Path, *, force: bool) -> Iterator[Writer]:
    """Yield a writer; the file (mode 0600) appears under its name when all is written and on disk, or not at all.

    Raises BackupError `file_exists` unless `force`, `file_unusable`.
    """
    if target.exists() and not force:
        raise BackupError("file_exists", f"{target} is there already; --force replaces it")
    spare = target.with_name(f".{target.name}.{new_id().hex}")
    try:
        handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                writer = Writer(file)
                try:
                    yield writer
                finally:
                    writer.abandon()
                file.flush()
                os.fsync(file.fileno())
            _appear(spare, target, force)
        finally:
            spare.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError("file_unusable", f"{error.filename or target}: {error.strerror}") from error


def _appear(spare: Path, target: Path, force: bool) -> None:
    if force:
        spare.replace(target)
    else:
        try:
            os.link(spare, target)  # unlike a rename it never replaces what somebody else put there meanwhile
        except FileExistsError:
            raise BackupError("file_exists", f"{target} is there already; --force replaces it") from None
        except OSError:  # a file system without links
            if target.exists():
                raise BackupError("file_exists", f"{target} is there already; --force replaces it") from None
            spare.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Archive:
    """A backup that is read; `blocks` gives a member's bytes and refuses it when they aren't those of the list."""

    def __init__(self, path: Path) -> None:
        """Open a backup and read its list.

        Raises BackupError `file_unusable`, `not_a_backup`, `newer_format`, `unsafe_name`.
        """
        self.path = path
        try:
            with _readable():
                self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise BackupError("file_unusable", f"{path}: {error.strerror or error}") from error
        try:
            self.manifest = Manifest.from_json(self._list())
            self._parts = self.manifest.members()
            names = [info.filename for info in self._zip.infolist()]
            if sorted(names) != sorted([MANIFEST, *self._parts]):
                raise BackupError("not_a_backup", "it holds other members than its list says")
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()

    def _list(self) -> bytes:
        with _readable():
            try:
                info = self._zip.getinfo(MANIFEST)
            except KeyError:
                raise BackupError("not_a_backup", "it holds no list of its contents") from None
            if info.file_size > MANIFEST_BYTES_MAX:
                raise BackupError("not_a_backup", "its list is too long")
            with self._zip.open(info) as member:
                return member.read(MANIFEST_BYTES_MAX)

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a member in blocks of at most BLOCK_BYTES.

        Raises BackupError `damaged` at the latest after the last one: what was read before must not be kept.
        """
        part = self._parts[name]
        digest, left = hashlib.sha256(), part.size_bytes
        with _readable(), self._zip.open(name) as member:
            while block := member.read(BLOCK_BYTES):
                left -= len(block)
                if left < 0:
                    break
                digest.update(block)
                yield block
        if left != 0 or digest.hexdigest() != part.sha256:
            raise BackupError("damaged", f"{name} is not what the list of the backup says")

    def sha256(self) -> str:
        """Return the hash (hex) of the whole file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise BackupError("damaged", f"it is no whole backup ({error})") from error
