"""The web server: granian on a socket that the supervisor has bound.

`python -m coldchain.ops.run_web DESCRIPTOR [MODULE:APP [WORKERS]]`. On Linux granian binds by itself with SO_REUSEPORT,
so that a second server on a busy port starts without an error and takes half of the requests; a socket bound beforehand
without that option is what makes "busy" an error. Workers end with this process, and this one with its parent.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import time
from typing import Any, Final

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from coldchain.ops import presence
from coldchain.ops.processes import follow_parent
from config import var_dir_of

WORKERS: Final = 2
BACKLOG: Final = 1024
BLOCKING_THREADS: Final = max(4, 2 * (os.cpu_count() or 1))
WORKER_STOP_S: Final = 8
ASK_AGAIN_S: Final = 0.5


class PreboundServer(MPServer):
    """A granian that serves an already bound socket and asks its workers to stop until they do."""

    bound: socket.socket
    wrks: list[Any]

    def _init_shared_socket(self) -> None:
        holder: Any = SocketHolder  # (descriptor, is it a Unix socket, backlog); it listens
        descriptor = self.bound.fileno()
        vars(self).update(_ssp=None, _sfd=descriptor, _shd=holder(descriptor, False, BACKLOG), _sso=self.bound)

    def _stop_workers(self) -> None:
        # A worker that begins to serve loses the stop that reaches it just then (3 of 100 here): once isn't enough.
        deadline = time.monotonic() + WORKER_STOP_S
        while (left := [worker for worker in self.wrks if worker.is_alive()]) and time.monotonic() < deadline:
            for worker in left:
                worker.terminate()
            ask_again = time.monotonic() + ASK_AGAIN_S
            while any(worker.is_alive() for worker in left) and time.monotonic() < ask_again:
                time.sleep(0.01)
        super()._stop_workers()  # type: ignore[no-untyped-call]


def serve_worker(*arguments: Any, **options: Any) -> None:
    """Run one worker process, tied to the granian that forked it: its requests are lost with it anyway."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # until it serves: the inherited handler would swallow a stop
    granian = multiprocessing.parent_process()
    follow_parent(signal.SIGKILL, parent=granian.pid if granian else None)
    MPServer._spawn_wsgi_worker(*arguments, **options)


def serve(bound: socket.socket, target: str, workers: int = WORKERS) -> None:
    """Serve a WSGI application (`module:name`) on a bound socket until SIGTERM, by so many processes."""
    multiprocessing.set_start_method("fork")  # what the shared socket needs, and not the default from Python 3.14 on
    server = PreboundServer(
        target,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        blocking_threads=BLOCKING_THREADS,
        backlog=BACKLOG,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=WORKER_STOP_S,
        log_level=LogLevels.warning,
    )
    server.bound = bound
    server.bind_addr, server.bind_port = bound.getsockname()[:2]
    server.serve(spawn_target=serve_worker)


if __name__ == "__main__":
    follow_parent(grace_s=WORKER_STOP_S + 4)
    presence.stay(var_dir_of())
    given = dict(enumerate(sys.argv))
    serve(socket.socket(fileno=int(given[1])), given.get(2, "wsgi:app"), int(given.get(3, WORKERS)))
