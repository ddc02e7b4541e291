"""Any process is killed at any moment while clients work: what was acknowledged is there, once, and signed history
stays one history."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from coldchain.accounts import service as accounts
from coldchain.accounts.session import COOKIE
from coldchain.core import db
from tests.crash.house import VICTIMS, House
from tests.crash.judge import inconsistent, troubles
from tests.crash.traffic import Pair, Traffic, books
from tests.factories.people import People
from tests.factories.world import World
from tests.ops.helpers import eventually

pytestmark = pytest.mark.xdist_group("crash")
STORM = 64


@pytest.fixture
def house(make_var_dir: Callable[[str], Path], free_port: int) -> Iterator[House]:
    """A program that runs, of which nothing is left after the test."""
    it = House(make_var_dir("var"), free_port)
    try:
        it.start()
        yield it
    finally:
        it.end()


def loose(house: House) -> None:
    """Let the server acknowledge what it has not written yet: what a broken program would do."""
    with psycopg.connect(house.endpoint.admin_url, autocommit=True) as connection:
        for setting in ("synchronous_commit = off", "wal_writer_delay = '10s'", "wal_writer_flush_after = '1GB'"):
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")


@pytest.mark.timeout(1500)
def test_what_was_acknowledged_is_there_once(house: House, rounds: Callable[[int, int], int]) -> None:
    """Web, worker, a backend or the postmaster dies in every round; at last the control: with a server that forgets,
    the same questions find the loss."""
    world = World(People(house.app()))
    pairs = [Pair.make(world) for _ in range(2)]
    traffic = Traffic(house, pairs)
    with db.transaction() as session:
        secret = accounts.open_session(session, session.merge(world.regulator.user), None)
    traffic.pages = [("/sign-in", ""), ("/", f"{COOKIE}={secret}")]
    db.engine().dispose()
    since = books(house)
    count = rounds(5, 50)
    for number in range(count):
        kind = VICTIMS[number % len(VICTIMS)]
        seen = len(traffic.deeds)
        with traffic:
            time.sleep(0.2 + random.random())
            house.kill(kind)
            time.sleep(0.2)
            house.await_ready()
            time.sleep(0.3 if count == 5 else 2.0)  # the supervisor grants no child more than five restarts a minute
        found = troubles(house, traffic, since, traffic.deeds[seen:])
        assert found == [], f"round {number}, {kind} killed: {traffic.turned_away}"
    assert {deed.kind for deed in traffic.deeds} == {"dispatch", "confirm", "arrival"}
    assert sum(traffic.turned_away.values()) > 0, "nobody noticed any of it"
    assert traffic.changed_answers(random.sample(traffic.deeds, min(100, len(traffic.deeds)))) == []
    assert len(traffic.notes) >= 3
    assert inconsistent(house, list(traffic.notes)) == []

    loose(house)
    seen = len(traffic.deeds)
    with traffic:
        time.sleep(1)
        assert eventually(lambda: len(traffic.deeds) > seen + 20)
        house.kill("postmaster")
        time.sleep(0.2)
        house.await_ready()
    assert troubles(house, traffic, since, traffic.deeds[seen:]) != [], "the control lost nothing, or nobody noticed"
