"""Who uses a VAR_DIR: web and worker as long as they live, a restore alone. The kernel frees a killed one's lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LOCK_FILE: Final = "running.lock"


class InUse(Exception):
    """Web or worker runs on this VAR_DIR."""


def stay(var_dir: Path) -> int:
    """Say for the rest of this process that it uses `var_dir`; return the lock. Waits for the end of a restore."""
    lock = _open(var_dir)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


@contextlib.contextmanager
def alone(var_dir: Path) -> Iterator[None]:
    """Keep web and worker from starting on `var_dir` during the block. Raises InUse when one runs."""
    lock = _open(var_dir)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse from None
        yield
    finally:
        os.close(lock)


def _open(var_dir: Path) -> int:
    var_dir.mkdir(parents=True, exist_ok=True)
    return os.open(var_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
