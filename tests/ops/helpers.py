"""Looking at real processes, and waiting for them."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def processes_of(*words: str) -> list[int]:
    """Return the processes, not counting this one, whose command line or working folder names one of the words."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            named = (folder / "cmdline").read_bytes().decode(errors="replace") + os.readlink(folder / "cwd")
            if any(word in named for word in words) and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found


def command_line(pid: int) -> str:
    """Return a process's command line, its words parted by NUL; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def eventually(condition: Callable[[], bool], timeout_s: float = 20) -> bool:
    """Wait until the condition holds; False when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
