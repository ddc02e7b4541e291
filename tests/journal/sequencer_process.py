"""A sequencer in a process of its own that stops itself (SIGSTOP) at a chosen point, once.

`python -m tests.journal.sequencer_process URL VAR_DIR POINT IDLE_MS [SECONDS]`: one run, or runs for some seconds. The
exit code is 0 after a run that ended, 3 when the database or the file had gone on without it.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from coldchain.core import db
from coldchain.journal import checkpoint, files, merkle, sequencer

LEFT_BEHIND = 3
BLIND = "blind"


class Stop:
    """Wraps a function so that the process stops before or after it, the first time only."""

    def __init__(self) -> None:
        self.done = False

    def here(self) -> None:
        if not self.done:
            self.done = True
            os.kill(os.getpid(), signal.SIGSTOP)

    def before(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.here()
            return inner(*args, **kwargs)

        return call

    def after(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = inner(*args, **kwargs)
            self.here()
            return result

        return call


def _blindly(keep: Callable[..., None]) -> Callable[..., None]:
    def call(var_dir: Path, note: str, *, instead_of: str | None) -> None:
        del instead_of
        keep(var_dir, note, instead_of=files.last_checkpoint(var_dir))

    return call


def arm(point: str) -> None:
    """Make the process stop at a point of its first run."""
    if point.startswith(BLIND):  # as it would be without the comparison: whatever lies there is replaced
        setattr(files, "keep_checkpoint", _blindly(files.keep_checkpoint))  # noqa: B010
        point = point.removeprefix(f"{BLIND}: ")
    stop = Stop()
    module: Any
    wraps: dict[str, tuple[Any, str, Callable[..., Any]]] = {
        "queue taken, not committed": (merkle, "extend", stop.before),
        "leaves committed, not signed": (sequencer, "sign_if_grown", stop.before),
        "signed, file not looked at": (checkpoint, "sign", stop.after),
        "file looked at, not replaced": (files, "_replace", stop.before),
        "file replaced, not committed": (files, "keep_checkpoint", stop.after),
    }
    if point in wraps:
        module, name, wrap = wraps[point]
        setattr(module, name, wrap(getattr(module, name)))


def main(url: str, var_dir: str, point: str, idle_ms: str, seconds: str = "0") -> int:
    arm(point)
    sequencer.IDLE_MS = int(idle_ms)  # type: ignore[misc]
    engine = db.connect(url)
    until = time.monotonic() + float(seconds)
    try:
        while True:
            sequencer.run_once(engine, Path(var_dir))
            if time.monotonic() >= until:
                return 0
    except DBAPIError:
        return LEFT_BEHIND
    finally:
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
