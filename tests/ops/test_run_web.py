"""The web server's own part: how its workers are stopped."""

import multiprocessing
import signal
import time
from pathlib import Path

from granian.server.mp import WorkerProcess

from coldchain.ops.run_web import PreboundServer
from tests.ops.helpers import eventually


def deaf_at_first(ready: Path, times: int) -> None:
    """Swallow some stops, as a worker that only begins to serve does."""
    heard: list[int] = []

    def hear(_number: int, _frame: object) -> None:
        heard.append(1)
        if len(heard) > times:
            raise SystemExit

    signal.signal(signal.SIGTERM, hear)
    ready.touch()
    while True:
        time.sleep(0.1)


def test_a_worker_that_lost_a_stop_is_asked_again(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    server = PreboundServer("nowhere:app")
    worker = WorkerProcess(server, 0, deaf_at_first, ())
    worker.inner = multiprocessing.get_context("spawn").Process(target=deaf_at_first, args=(ready, 2))
    server.wrks = [worker]
    worker.inner.start()
    assert eventually(ready.exists)
    server._stop_workers()
    assert worker.inner.exitcode == 0  # by itself, not killed
    assert server.wrks == []
