"""What the journal keeps outside the database, in VAR_DIR: its signing key and the last checkpoint that it signed.

Whoever can write the database alone can then neither sign nor make the journal forget what was published.
"""

import contextlib
import os
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
FILE_BYTES_MAX: Final = 100_000


class FileUnusable(Exception):
    """A file of the journal exists but can't be read as what it should be; the message names it."""


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
    spare = _write_spare(path, pem)
    try:
        with contextlib.suppress(FileExistsError):  # another process was quicker: its key is the key
            os.link(spare, path)
    finally:
        spare.unlink()
    _sync_folder(path.parent)


def last_checkpoint(var_dir: Path) -> str | None:
    """Return the note of the last checkpoint signed, or None when there is no file. Raises FileUnusable, OSError."""
    path = var_dir / CHECKPOINT_FILE
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX).decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise FileUnusable(f"{path} is not text") from error


def keep_checkpoint(var_dir: Path, note: str) -> None:
    """Replace the last checkpoint; after this returns it survives a loss of power. Raises OSError."""
    path = var_dir / CHECKPOINT_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = _write_spare(path, note.encode("utf-8"))
    spare.replace(path)
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
