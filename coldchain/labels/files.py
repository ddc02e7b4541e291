"""Where the files of a label run lie under VAR_DIR, and writing them so that a half-written one is never seen."""

import os
import secrets
from pathlib import Path
from typing import Final
from uuid import UUID

SHEET: Final = "sheet.pdf"
ARCHIVE: Final = "labels.zip"
PICTURE: Final = "label.png"


def folder(var_dir: Path, run_id: UUID) -> Path:
    """Return the folder of a run's files."""
    return var_dir / "labels" / str(run_id)


def names(total: int) -> tuple[str, ...]:
    """Return the files that a run of that many labels makes; a single label comes as a picture too."""
    return (SHEET, ARCHIVE, PICTURE) if total == 1 else (SHEET, ARCHIVE)


def complete(var_dir: Path, run_id: UUID, total: int) -> bool:
    """Say whether every file of a run is there."""
    return all((folder(var_dir, run_id) / name).is_file() for name in names(total))


def write(var_dir: Path, run_id: UUID, name: str, content: bytes) -> None:
    """Write a file of a run; whoever reads meanwhile sees the former one or the whole new one."""
    target = folder(var_dir, run_id) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
