"""Threads that truly meet: each has its own connection, open and warm, before any of them acts."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from coldchain.core import db

MEET_TIMEOUT_S = 60
Act = Callable[[Session], Any]


def meet(acts: Sequence[Act]) -> list[Any]:
    """Run every act in a transaction of its own at the same moment; return results, or the errors that they raised."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        try:
            with db.transaction() as session:
                session.execute(text("SELECT 1"))
                barrier.wait(MEET_TIMEOUT_S)
                results[number] = acts[number](session)
        except Exception as error:  # the round judges it
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(MEET_TIMEOUT_S)
    if any(thread.is_alive() for thread in threads):
        raise AssertionError("a transaction never ended")
    return results


def pause(most_s: float = 0.004) -> None:
    """Wait a little, differently each time: what lies between two statements when the network is slow."""
    time.sleep(random.random() * most_s)


class Balance:
    """Keeps a race open on any machine: whoever came last in a round gets a head start in the next.

    `first` and `second` give the pause of each side before it acts; `lean` moves the start by STEP_S.
    """

    STEP_S = 0.004

    def __init__(self) -> None:
        self.offset_s = 0.0

    def first(self) -> None:
        """Pause one side."""
        time.sleep(max(0.0, -self.offset_s) + random.random() * self.STEP_S)

    def second(self) -> None:
        """Pause the other side."""
        time.sleep(max(0.0, self.offset_s) + random.random() * self.STEP_S)

    def lean(self, first_won: bool, second_won: bool) -> None:
        """Take note of a round that one side won altogether."""
        self.offset_s += self.STEP_S * (second_won - first_won)
