"""What the journal keeps outside the database, in VAR_DIR: its signing key and the last checkpoint that it signed.

Whoever can write the database alone can then neither sign nor make the journal forget what was published. The last
checkpoint is replaced only by somebody who says what is replaced, under a lock on the folder: a process that slept
through what others did can't put back what it knew. What an adoption replaces is archived and stays for good.
"""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from coldchain.core.ids import new_id

KEY_FILE: Final = Path("keys") / "journal_ed25519"
CHECKPOINT_FILE: Final = Path("journal") / "last_checkpoint"
LOCK_FILE: Final = Path("journal") / ".lock"
ARCHIVE: Final = Path("journal") / "archive"
FILE_BYTES_MAX: Final = 100_000
LOCK_WAIT_S: Final = 5.0
LOCK_POLL_S: Final = 0.02


class FileUnusable(Exception):
    """A file of the journal exists but can't be used as what it should be; the message names it, `code` is stable."""

    def __init__(self, message: str, code: str = "unreadable") -> None:
        super().__init__(message)
        self.code = code


class Superseded(Exception):
    """The last checkpoint is not the one that the caller wanted to replace: somebody signed meanwhile."""


def signing_key(var_dir: Path) -> Ed25519PrivateKey:
    """Return the journal's key, made once (file mode 0600) by whoever comes first. Raises FileUnusable, OSError."""
    path = var_dir / KEY_FILE
    if not path.exists():
        _make_key(path)
    return _load_key(path)


def existing_key(var_dir: Path) -> Ed25519PrivateKey | None:
    """Return the journal's key if there is one. Raises FileUnusable, OSError."""
    path = var_dir / KEY_FILE
    return _load_key(path) if path.exists() else None


def _load_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FileUnusable(f"{path} is not a private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise FileUnusable(f"{path} is not an Ed25519 key")
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _link_new(path, pem)


def last_checkpoint(var_dir: Path) -> str | None:
    """Return the note of the last checkpoint signed, or None when there is no file. Raises FileUnusable, OSError."""
    return _text(var_dir / CHECKPOINT_FILE)


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX).decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise FileUnusable(f"{path} is not text") from error


def keep_checkpoint(var_dir: Path, note: str, *, instead_of: str | None) -> None:
    """Replace the last checkpoint `instead_of` (None: there is none); after this returns it survives a loss of power.

    Raises Superseded when another one is there by now, FileUnusable `files_busy` when somebody else holds the folder
    for LOCK_WAIT_S, OSError.
    """
    path = var_dir / CHECKPOINT_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with _held(var_dir / LOCK_FILE):
        if last_checkpoint(var_dir) != instead_of:
            raise Superseded
        _replace(path, note.encode("utf-8"))


def archive(var_dir: Path, note: str) -> Path:
    """Keep a checkpoint that is about to be replaced under its origin, size and hash for good; return its file.

    Raises OSError.
    """
    origin, size, *_ = [*note.split("\n"), "", ""]
    name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in f"{origin}_{size}")
    path = var_dir / ARCHIVE / f"{name[:150]}-{hashlib.sha256(note.encode('utf-8')).hexdigest()[:16]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    _link_new(path, note.encode("utf-8"))
    return path


def archived(var_dir: Path) -> list[str]:
    """Return every archived checkpoint, oldest file first. Raises FileUnusable, OSError."""
    folder = var_dir / ARCHIVE
    if not folder.is_dir():
        return []
    paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    notes = [_text(path) for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))]
    return [note for note in notes if note is not None]


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold the lock of the folder; the system lets go of it when the process ends, however that happens."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise FileUnusable(f"another process holds {path}", "files_busy") from error
                time.sleep(LOCK_POLL_S)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, content: bytes) -> None:
    spare = _write_spare(path, content)
    spare.replace(path)
    _sync_folder(path.parent)


def _link_new(path: Path, content: bytes) -> None:
    """Make a file that nobody ever sees half-written; one that is there already stays."""
    spare = _write_spare(path, content)
    try:
        with contextlib.suppress(FileExistsError):  # another process was quicker: its file is the file
            os.link(spare, path)
    finally:
        spare.unlink()
    _sync_folder(path.parent)


def _write_spare(path: Path, content: bytes) -> Path:
    spare = path.with_name(f".{path.name}.{new_id().hex}")
    handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        spare.unlink(missing_ok=True)
        raise
    return spare


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
