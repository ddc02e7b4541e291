"""Ties between processes: a child of ours never outlives its parent, however that one ends.

The kernel's tie (Linux: PR_SET_PDEATHSIG) is immediate but only asks; a watching thread works everywhere and, after a
time of grace, insists.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from typing import Final

PR_SET_PDEATHSIG: Final = 1
WATCH_S: Final = 1.0
PARENT_VARIABLE: Final = "COLDCHAIN_PARENT_PID"


def follow_parent(signal_number: int = signal.SIGTERM, grace_s: float = 10.0, parent: int | None = None) -> None:
    """End this process when its parent ends: by the signal at once, by SIGKILL after the grace (seconds).

    To be called by the child itself, early, in its main thread, after any change of user. The parent is the process id
    given here or in COLDCHAIN_PARENT_PID (so that one that has ended already is noticed), else the present parent.
    """
    named = os.environ.pop(PARENT_VARIABLE, "")
    parent = parent or (int(named) if named.isdigit() else os.getppid())
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    watch = threading.Thread(target=_watch, args=(parent, signal_number, grace_s), name="follow-parent", daemon=True)
    watch.start()


def _watch(parent: int, signal_number: int, grace_s: float) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    os.kill(os.getpid(), signal_number)
    time.sleep(grace_s)
    os.kill(os.getpid(), signal.SIGKILL)
