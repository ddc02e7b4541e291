"""Fixtures for tests that drive real processes: a VAR_DIR whose server and folders are gone afterwards."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from coldchain.core.embedded_postgres import EmbeddedPostgres
from tests.ops.helpers import eventually, processes_of


@pytest.fixture(scope="session")
def remove() -> Iterator[Callable[[Path], None]]:
    """Return a function that removes a folder in the background: a synced cluster takes a second to remove."""
    removers: list[subprocess.Popen[bytes]] = []
    yield lambda folder: removers.append(subprocess.Popen(["rm", "-rf", str(folder)]))
    for remover in removers:
        remover.wait()


def none_of(word: str) -> bool:
    """Tell whether no process names the word."""
    return not processes_of(word)


@pytest.fixture
def make_var_dir(tmp_path: Path, remove: Callable[[Path], None]) -> Iterator[Callable[[str], Path]]:
    """Return a maker of VAR_DIRs; whatever was started on them is ended and removed after the test."""
    made: list[Path] = []

    def make(name: str = "var") -> Path:
        made.append(tmp_path / name)
        return made[-1]

    yield make
    for var_dir in made:
        for server in (EmbeddedPostgres(var_dir), EmbeddedPostgres.throwaway(var_dir)):
            for pid in processes_of(str(server.home)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert eventually(partial(none_of, str(server.home)))
            for folder in (server.home, server.socket_dir):
                if folder.exists():
                    remove(folder)


@pytest.fixture
def var_dir(make_var_dir: Callable[[str], Path]) -> Path:
    """Return one VAR_DIR."""
    return make_var_dir("var")


@pytest.fixture
def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
