"""Large tables: every bad cell named, nothing lost, nothing twice; the worker's count; two at once make one."""

from __future__ import annotations

import random
import threading
import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from coldchain.accounts.service import actors
from coldchain.batches import watch
from coldchain.core import db, limits
from coldchain.exchange import jobs, service
from coldchain.exchange.arrivals import Arrivals
from tests.exchange.sheets import DELIVERY, HEAD, hand_in, line, xlsx
from tests.factories.world import World
from tests.races.meeting import meet

BAD: tuple[tuple[str, Any, str], ...] = (
    ("品名", "没有的产品", "unknown_product"), ("生产日期", "去年", "not_date"),
    ("生产日期", "2021-02-30", "no_such_day"), ("保质期至", "2019-01-01", "before_production"),
    ("数量", "很多", "not_quantity"),
    ("数量", "452", "unit_missing"), ("库区", "Z9", "unknown_zone"), ("生产日期", "2021-01-31", "after_arrival"),
)  # fmt: skip


def table(count: int, wrong: int, seed: int = 1) -> tuple[list[list[Any]], set[tuple[int, str, str]]]:
    """Return rows of deliveries of 500 lines at most, `wrong` of which have one bad cell, and where those are."""
    chosen = random.Random(seed).sample(range(count), wrong)
    where: set[tuple[int, str, str]] = set()
    rows = []
    for n in range(count):
        head = DELIVERY | {"封志号": f"HL{n // 500}"} if n % 500 == 0 else {}
        cells: dict[str, Any] = {"数量": f"{n % 90 + 1}件零{n % 6}盒"} | head
        if n in chosen:
            name, value, code = BAD[n % len(BAD)]
            cells[name] = value
            where.add((n + 2, "ABCDEFGHIJK"[HEAD.index(name)], code))
        rows.append(line("凤爪", **cells))
    return rows, where


def rows_in_books() -> tuple[Any, ...]:
    """Return how many arrivals, batches and units are in the books."""
    with db.engine().connect() as connection:
        return tuple(connection.execute(text(
            "SELECT (SELECT count(*) FROM arrival), count(*), coalesce(sum(quantity_units), 0),"
            " (SELECT coalesce(sum(quantity_units), 0) FROM holding WHERE zone_id IS NOT NULL) FROM batch"
        )).one())  # fmt: skip


@pytest.mark.parametrize(("count", "wrong"), [(60, 24), pytest.param(limits.IMPORT_ROWS, 500, marks=pytest.mark.slow)])
def test_all_bad_cells_of_many_are_named_and_then_every_line_is_taken_in_once(
    world: World, monkeypatch: pytest.MonkeyPatch, count: int, wrong: int
) -> None:
    monkeypatch.setattr(limits, "IMPORT_ROWS_AT_ONCE", min(limits.IMPORT_ROWS_AT_ONCE, count - 1))
    owner = world.business()
    world.zone(world.site(owner))
    world.product(name="凤爪", units_per_piece=6)
    who = world.merchant(owner)
    times = {}

    def timed(what: str, act: Any, *arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        found = act(*arguments, **named)
        times[what] = f"{time.perf_counter() - began:.1f}"
        return found

    rows, where = table(count, wrong)
    looked = timed("hand in", hand_in, who, xlsx(rows))
    timed("look, bad", jobs.look, import_id=looked["import_id"])
    refused = who.get(f"/sheets/{looked['import_id']}")
    assert (refused["state"], refused["errors_count"]) == ("refused", wrong)
    assert {(e["row"], e["letter"], e["code"]) for e in refused["errors"]} == where
    assert rows_in_books() == (0, 0, 0, 0)
    rows, _none = table(count, 0)
    looked = hand_in(who, xlsx(rows))
    timed("look, good", jobs.look, import_id=looked["import_id"])
    assert who.get(f"/sheets/{looked['import_id']}")["state"] == "checked"
    assert who.post(f"/sheets/{looked['import_id']}/take")["state"] == "taking"
    timed("take", jobs.take, import_id=looked["import_id"])
    jobs.take(import_id=looked["import_id"])
    taken = who.get(f"/sheets/{looked['import_id']}")
    assert (taken["state"], taken["rows_done"]) == ("done", count)
    units = sum((n % 90 + 1) * 6 + n % 6 for n in range(count))
    assert rows_in_books() == (-(-count // 500), count, units, units)
    print(f"{count} rows, seconds: {times}")


def test_what_changed_since_the_look_is_named_and_nothing_is_taken_in(world: World) -> None:
    owner = world.business()
    world.zone(world.site(owner))
    world.product(name="凤爪")
    who = world.merchant(owner)
    looked = hand_in(who, xlsx([line("凤爪", **DELIVERY), line("凤爪", 生产日期="2020-12-01")]))
    world.regulator.post(f"/businesses/{owner['business_id']}/suspend", {"reason": "示例"})
    taken = who.post(f"/sheets/{looked['import_id']}/take")
    assert (taken["state"], [e["code"] for e in taken["errors"]]) == ("refused", ["business_suspended"])
    assert rows_in_books() == (0, 0, 0, 0)


def test_the_same_table_taken_in_twice_at_once_makes_one(world: World, rounds: Any) -> None:
    owner = world.business()
    world.zone(world.site(owner))
    world.product(name="凤爪")
    who = world.merchant(owner)
    with db.transaction() as session:
        actor = actors.actor_by_token(session, str(who.token))
    for number in range(rounds(2, 40)):
        content = xlsx([line("凤爪", **DELIVERY | {"封志号": f"HL{number}"})])
        ids = [UUID(hand_in(who, content)["import_id"]) for _ in range(4)]
        met = meet([lambda session, each=each: service.take(session, actor, each).state for each in ids])
        assert sorted(map(str, met)) == ["already"] * 3 + ["done"]
        shown = [who.get(f"/sheets/{each}") for each in ids]
        assert len({each["units"][0]["arrival_id"] for each in shown}) == 1
        assert rows_in_books()[0] == number + 1


def test_a_large_table_gives_way_to_who_announces(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps announcements out while it runs: it undoes itself when one waits, and is taken in whole afterwards."""
    monkeypatch.setattr(limits, "IMPORT_ROWS_AT_ONCE", 5)
    monkeypatch.setattr(jobs, "PAUSE_S", 0.01)
    owner = world.business()
    world.zone(world.site(owner))
    world.product(name="凤爪")
    who = world.merchant(owner)
    looked = hand_in(who, xlsx([line("凤爪", **DELIVERY | {"封志号": f"HL{n}"}) for n in range(6)]))
    jobs.look(import_id=looked["import_id"])
    who.post(f"/sheets/{looked['import_id']}/take")
    begun, through = threading.Event(), threading.Event()

    def announce() -> None:
        begun.wait(30)
        with db.transaction() as session:
            watch.lock_exclusive(session)
            through.set()

    enter, ways = Arrivals.enter, []

    def slowly(self: Arrivals, session: Any, actor: Any, unit: Any) -> Any:
        made = enter(self, session, actor, unit)
        if not begun.is_set():
            begun.set()
            while not service.awaited(session):
                time.sleep(0.01)
            ways.append(through.is_set())
        return made

    monkeypatch.setattr(Arrivals, "enter", slowly)
    thread = threading.Thread(target=announce)
    thread.start()
    jobs.take(import_id=looked["import_id"])
    thread.join(30)
    assert ways == [False], "it was waited for"
    assert through.is_set()
    assert who.get(f"/sheets/{looked['import_id']}")["state"] == "done"
    assert rows_in_books()[0] == 6
