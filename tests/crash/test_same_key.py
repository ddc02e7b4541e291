"""One request sent 64 times at once under one key is one act, and stays it after everything was started anew."""

from __future__ import annotations

import http.client
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from coldchain.core import db
from tests.crash.house import Answer, House
from tests.crash.traffic import Deed, Pair, books
from tests.factories.people import People
from tests.factories.world import World

pytestmark = [pytest.mark.xdist_group("crash"), pytest.mark.timeout(900)]
AT_ONCE = 64


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


def test_one_key_is_one_act(
    make_var_dir: Callable[[str], Path], free_port: int, rounds: Callable[[int, int], int]
) -> None:
    """At once, at once again after web and database were killed; the control: without a shared key all 64 are done."""
    house = House(make_var_dir("var"), free_port)
    try:
        house.start()
        pair = Pair.make(World(People(house.app())))
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
    except http.client.HTTPException as error:
        pytest.fail(f"no whole answer: {error!r}")
    finally:
        house.end()
