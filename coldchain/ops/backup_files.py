"""What a backup keeps of VAR_DIR, and putting it back: aside first, then by renaming, and undone when the rest fails.

Nothing that lies in VAR_DIR is overwritten: it gets a dated name. One thing is stronger than the backup: a checkpoint
that was signed later. It says what the world has seen; with the backup's own in its place the journal would go on from
the older state as if nothing were missing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from coldchain.core.ids import new_id
from coldchain.journal import checkpoint, files, identity
from coldchain.ops.backup_archive import BLOCK_BYTES, FILES, FOLDERS, Archive, BackupError, safe_name

SMALL_BYTES_MAX: Final = 1_000_000
JOURNAL: Final = str(files.CHECKPOINT_FILE.parent)


def small_files(var_dir: Path, folder: str) -> dict[str, bytes]:
    """Return the files of one folder of VAR_DIR (keys, checkpoints) by their names relative to VAR_DIR.

    Raises BackupError `file_unusable` for one that can't be what belongs there.
    """
    found = {}
    for name, path in listed(var_dir, folder):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            found[name] = file.read(SMALL_BYTES_MAX + 1)
            if len(found[name]) > SMALL_BYTES_MAX:
                raise BackupError("file_unusable", f"{path} is too large for a key or a checkpoint")
    return found


def listed(var_dir: Path, folder: str) -> Iterator[tuple[str, Path]]:
    """Yield (name relative to VAR_DIR, path) of the regular files of a folder; half-written ones begin with a dot.

    Raises BackupError `unsafe_name` for a name that could not be restored.
    """
    for parent, folders, names in os.walk(var_dir / folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield safe_name(path.relative_to(var_dir).as_posix()), path


def blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in blocks."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


@contextlib.contextmanager
def spare_folder(var_dir: Path) -> Iterator[Path]:
    """Yield a folder inside VAR_DIR for its owner alone; what is left in it afterwards is removed."""
    folder = var_dir / f".restore-{new_id().hex}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpack(archive: Archive, into: Path, *, only: tuple[str, ...] = FOLDERS) -> None:
    """Write the files of a backup below `into`; those of other folders than `only` are read and compared alone.

    Raises BackupError `damaged`, OSError.
    """
    for name in archive.manifest.files:
        content = archive.blocks(FILES + name)
        if not name.startswith(tuple(f"{folder}/" for folder in only)):
            for _ in content:
                pass
            continue
        path = into / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for block in content:
                file.write(block)
    os.sync()  # once for all of them


@contextlib.contextmanager
def in_place(unpacked: Path, var_dir: Path, at: datetime) -> Iterator[list[str]]:
    """Rename the unpacked folders into VAR_DIR for the block, and back when it fails; yield what was kept, in words."""
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    done: list[tuple[Path, Path]] = []
    notes: list[str] = []
    try:
        for folder in FOLDERS:
            source, target = unpacked / folder, var_dir / folder
            if folder == JOURNAL and _outranks(var_dir / files.CHECKPOINT_FILE, unpacked / files.CHECKPOINT_FILE):
                notes += _beside(source, target, stamp, done)
                continue
            if target.exists():
                aside = var_dir / f"{folder}.before-restore-{stamp}"
                _rename(target, aside, done)
                notes.append(f"kept: {aside}")
            if source.exists():
                _rename(source, target, done)
        yield notes
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        raise
    handle = os.open(var_dir, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rename(source: Path, target: Path, done: list[tuple[Path, Path]]) -> None:
    source.rename(target)
    done.append((source, target))


def _beside(source: Path, target: Path, stamp: str, done: list[tuple[Path, Path]]) -> list[str]:
    """Leave the newer checkpoint where it is and lay what the backup has beside it; return this in words."""
    own = source / files.CHECKPOINT_FILE.name
    if own.exists():
        _rename(own, target / f"{own.name}.of-backup-{stamp}", done)
    for path in sorted(source.rglob("*")):
        wanted = target / path.relative_to(source)
        if path.is_file() and not wanted.exists():
            wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _rename(path, wanted, done)
    return [
        f"note: {target / own.name} is newer than the backup, or another journal's, and stays",
        "note: nothing will be signed until the restored books are adopted: flask journal adopt-restore",
    ]


def _outranks(kept: Path, own: Path) -> bool:
    """Say whether what was signed and lies in VAR_DIR may say more than the checkpoint of the backup."""
    here, there = _head(kept), _head(own)
    if here is None or kept.read_bytes() == (own.read_bytes() if own.exists() else None):
        return False
    if there is None or here.origin != there.origin:
        return not identity.is_demo(here.origin)  # a demonstration gives way
    return here.size >= there.size


def _head(path: Path) -> checkpoint.Checkpoint | None:
    try:
        return checkpoint.parse(path.read_text(encoding="utf-8").partition("\n\n")[0] + "\n")
    except (FileNotFoundError, checkpoint.BadNote, UnicodeDecodeError):
        return None
