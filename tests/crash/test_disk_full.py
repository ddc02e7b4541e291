"""A full disk: nothing acknowledged is lost, clients are told to come again, and it goes on when there is room."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres
from tests.crash.house import House
from tests.crash.judge import inconsistent, troubles
from tests.crash.traffic import Pair, Traffic, books
from tests.factories.people import People
from tests.factories.world import World
from tests.ops.helpers import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Mount = Callable[[Path, int], Path]
FULL_S = 15.0


@pytest.fixture
def small_disk() -> Iterator[Mount]:
    """Return a function that mounts a small disk at a place; without the right to mount the test is left out."""
    mounted: list[Path] = []

    def mount(place: Path, size_mb: int) -> Path:
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0755", "tmpfs", str(place)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"a small disk can't be mounted here, which needs root and the right to: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        with suppress(OSError):
            place.rmdir()


def fill(filler: Path) -> None:
    """Take all room of a disk by one file."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def work(house: House) -> tuple[Traffic, dict[str, set[str]]]:
    """Start the program; return clients who may begin, and what the books hold before."""
    house.start()
    world = World(People(house.app()))
    traffic = Traffic(house, [Pair.make(world) for _ in range(2)])
    db.engine().dispose()
    return traffic, books(house)


def use_up_the_log(house: House) -> None:
    """Let the server need a new segment of its log now and not in an hour."""
    with suppress(psycopg.Error), psycopg.connect(house.endpoint.admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_switch_wal()")


@pytest.mark.parametrize("log_too", [False, True], ids=["tables", "tables and log"])
def test_the_databases_disk_is_full(
    log_too: bool, small_disk: Mount, make_var_dir: Callable[[str], Path], free_port: int
) -> None:
    """Whether rows find no room, or the log, so that the server stops and can't start again."""
    house = House(make_var_dir("var"), free_port)
    home = small_disk(EmbeddedPostgres(house.var_dir).home, 300)
    try:
        traffic, since = work(house)
        until, said = time.monotonic() + FULL_S, []
        with traffic:
            time.sleep(1)
            fill(home / "filler")
            while time.monotonic() < until:
                if log_too:
                    use_up_the_log(house)
                said.append(house.send("GET", "/readyz"))
                time.sleep(0.5)
            before = len(traffic.deeds)
            (home / "filler").unlink()
            house.await_ready()
            time.sleep(2)
        assert {answer.status for answer in said} == {503}
        assert {answer.json["storage"] for answer in said} == {"no room left"}
        assert {"retry-after" in answer.headers for answer in said} == {True}
        assert ("does not answer" in {answer.json["database"] for answer in said}) == log_too
        assert traffic.turned_away["503"] > 20
        assert len(traffic.deeds) > before
        assert troubles(house, traffic, since, traffic.deeds) == []
        assert inconsistent(house, list(traffic.notes)) == []
        house.stop()
    finally:
        house.end()


def test_the_disk_of_files_is_full(small_disk: Mount, make_var_dir: Callable[[str], Path], free_port: int) -> None:
    """The last checkpoint finds no room: goods move on, nothing is signed, and signing catches up afterwards."""
    house = House(make_var_dir("var"), free_port)
    small_disk(house.var_dir, 64)
    try:
        traffic, since = work(house)
        filler = house.var_dir / "filler"
        with traffic:
            assert eventually(lambda: len(traffic.notes) > 0)
            fill(filler)
            time.sleep(2)
            signed, before = len(traffic.notes), len(traffic.deeds)
            time.sleep(3)
            ready = house.send("GET", "/readyz")
            assert len(traffic.deeds) > before
            assert len(traffic.notes) <= signed + 1
            filler.unlink()
            house.await_ready()
            assert eventually(lambda: len(traffic.notes) > signed + 1)
        assert (ready.status, ready.json["storage"]) == (503, "no room left")
        assert ready.json["journal"] == "alarm: files_unusable"
        assert traffic.wrong == []
        assert eventually(lambda: house.send("GET", "/readyz").json["journal"] == "ok")
        assert troubles(house, traffic, since, traffic.deeds) == []
        assert inconsistent(house, list(traffic.notes)) == []
    finally:
        house.end()
