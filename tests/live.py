"""The real web server and worker, as processes of their own on a fresh database.

They are forked from a process that has read the program already: to read it anew costs every test seconds.
"""

import multiprocessing
import os
import runpy
import socket
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config import ROOT

# One key for all programs of this process: what one of them sealed another opens.
TEST_ENV = {"COLDCHAIN_ENV": "test", "COLDCHAIN_DEMO": "0", "SECRET_KEY": uuid.uuid4().hex}
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["tests.preloaded"])


@dataclass
class Live:
    """Where the program answers."""

    url: str
    var_dir: Path


def _wait(url: str, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while True:
        with suppress(OSError):
            if urllib.request.urlopen(url, timeout=5).status == 200:  # noqa: S310 (our own loopback address)
                return
        if time.monotonic() > until:
            raise TimeoutError(url)
        time.sleep(0.1)


def _run(environment: dict[str, str], module: str, bound: socket.socket | None = None) -> None:
    """Be the program's own process from here on, as `python -m module` would start it."""
    os.environ.update(environment)
    os.chdir(ROOT)
    multiprocessing.set_start_method(None, force=True)  # the server chooses its own
    sys.argv[1:] = [str(os.dup(bound.fileno())), "wsgi:app", "1"] if bound else []
    runpy.run_module(module, run_name="__main__", alter_sys=True)


@pytest.fixture
def live(database: Engine, tmp_path: Path) -> Iterator[Live]:
    """Web and worker on the fresh database; nothing is left behind."""
    url = database.url.render_as_string(hide_password=False).replace("postgresql+psycopg://", "postgresql://")
    var_dir = tmp_path / "var"
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        environment = {
            "DATABASE_URL": url, "DATABASE_OWNER_URL": url, "VAR_DIR": str(var_dir), "PORT": str(port),
            **TEST_ENV,
        }  # fmt: skip
        processes = [
            _FORK.Process(target=_run, args=(environment, "coldchain.ops.run_web", bound)),
            _FORK.Process(target=_run, args=(environment, "coldchain.ops.worker")),
        ]
        for process in processes:
            process.start()
    try:
        _wait(f"http://127.0.0.1:{port}/readyz")
        yield Live(f"http://127.0.0.1:{port}", var_dir)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(15)
            process.kill()
            process.join()
            process.close()
