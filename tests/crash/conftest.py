"""Fixtures of the tests that kill: places and programs of which nothing is left afterwards."""

import shutil
import socket
from collections.abc import Iterator

import pytest

from coldchain.core.embedded_postgres import EmbeddedPostgres
from tests.crash.house import House
from tests.ops.conftest import free_port, make_var_dir, remove

__all__ = ["free_port", "make_var_dir", "remove"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A program that runs, shared by the tests of a module."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    it = House(tmp_path_factory.mktemp("house") / "var", port)
    try:
        it.start()
        yield it
    finally:
        it.end()
        server = EmbeddedPostgres(it.var_dir)
        for folder in (server.home, server.socket_dir):
            shutil.rmtree(folder, ignore_errors=True)
