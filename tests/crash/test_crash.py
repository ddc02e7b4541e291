"""Any process is killed at any moment, and one key is sent 64 times at once: what was acknowledged is there, once, and
signed history stays one history. The tests share one program; the last control leaves it broken."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence

import psycopg
import pytest

from coldchain.accounts import service as accounts
from coldchain.accounts.models import User
from coldchain.accounts.session import COOKIE
from coldchain.core import db
from tests.crash.house import VICTIMS, Answer, House
from tests.crash.judge import inconsistent, troubles
from tests.crash.traffic import Deed, Pair, Traffic, books
from tests.factories import second_step
from tests.factories.people import People
from tests.factories.world import World
from tests.ops.helpers import eventually

pytestmark = [pytest.mark.timeout(1500)]
AT_ONCE = 64


@pytest.fixture(scope="module")
def town(house: House) -> World:
    """Who lives there."""
    return World(People(house.app()))


def storm(house: House, deeds: Sequence[Deed]) -> list[Answer]:
    """Send all of them at the same moment."""
    meet = threading.Barrier(len(deeds))
    answers: list[Answer] = []

    def send(deed: Deed) -> None:
        meet.wait(60)
        answers.append(house.send("POST", deed.path, deed.body, token=deed.token, key=deed.key))

    threads = [threading.Thread(target=send, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(answers) == len(deeds), "somebody was not answered"
    return answers


def settled(house: House, deed: Deed, answers: list[Answer]) -> bytes:
    """Return the one answer that was a yes, after a look at the others; ask again if all came too early."""
    told = {answer.body for answer in answers if answer.status == 201}
    rest = {(answer.status, answer.json["code"]) for answer in answers if answer.status != 201}
    assert rest <= {(409, "in_progress")}
    assert len(told) <= 1
    return told.pop() if told else house.send("POST", deed.path, deed.body, token=deed.token, key=deed.key).body


def loose(house: House) -> None:
    """Let the server acknowledge what it has not written yet: what a broken program would do."""
    with psycopg.connect(house.endpoint.admin_url, autocommit=True) as connection:
        for setting in ("synchronous_commit = off", "wal_writer_delay = '10s'", "wal_writer_flush_after = '1GB'"):
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")


def test_one_key_is_one_act(house: House, town: World, rounds: Callable[[int, int], int]) -> None:
    """At once, at once again after web and database were killed; the control: without a shared key all 64 are done."""
    pair = Pair.make(town)
    db.engine().dispose()
    before = books(house)["dispatch"]
    kept: list[tuple[Deed, bytes]] = []
    for _ in range(rounds(20, 200)):
        deed = pair.dispatch()
        kept.append((deed, settled(house, deed, storm(house, [deed] * AT_ONCE))))
    made = books(house)["dispatch"] - before
    assert len(made) == len(kept) == len({body for _, body in kept})

    house.kill("postmaster")
    house.kill("web")
    house.await_ready()
    for deed, body in kept[:: max(1, len(kept) // 5)]:
        answers = storm(house, [deed] * AT_ONCE)
        assert {answer.body for answer in answers if answer.status == 201} <= {body}
        assert settled(house, deed, answers) == body
    assert books(house)["dispatch"] - before == made

    control = [Deed(**{**vars(pair.dispatch()), "key": uuid.uuid4().hex}) for _ in range(AT_ONCE)]
    done = [answer for answer in storm(house, control) if answer.status == 201]
    assert len(done) > AT_ONCE // 2
    assert len(books(house)["dispatch"] - before) == len(made) + len(done)


def test_what_was_acknowledged_is_there_once(house: House, town: World, rounds: Callable[[int, int], int]) -> None:
    """Web, worker, a backend or the postmaster dies in every round; at last the control: with a server that forgets,
    the same questions find the loss."""
    house.app()  # connects this process again
    traffic = Traffic(house, [Pair.make(town) for _ in range(2)])
    with db.transaction() as session:
        second_step.give(session, session.get_one(User, town.regulator.user.user_id))
        secret = accounts.open_session(session, session.merge(town.regulator.user), None)
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
