"""The real web server and worker, as processes of their own on a fresh database."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config import ROOT


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


@pytest.fixture
def live(database: Engine, tmp_path: Path) -> Iterator[Live]:
    """Web and worker on the fresh database; nothing is left behind."""
    url = database.url.render_as_string(hide_password=False).replace("postgresql+psycopg://", "postgresql://")
    var_dir = tmp_path / "var"
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        environment = os.environ | {
            "DATABASE_URL": url, "DATABASE_OWNER_URL": url, "VAR_DIR": str(var_dir), "PORT": str(port),
            "COLDCHAIN_DEMO": "0", "COLDCHAIN_ENV": "test",
        }  # fmt: skip
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "coldchain.ops.run_web", str(bound.fileno()), "wsgi:app", "1"],
                cwd=ROOT, env=environment, pass_fds=(bound.fileno(),),
            ),
            subprocess.Popen([sys.executable, "-m", "coldchain.ops.worker"], cwd=ROOT, env=environment),
        ]  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/readyz")
        yield Live(f"http://127.0.0.1:{port}", var_dir)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
            process.wait()
