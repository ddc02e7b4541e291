"""64 dispatches from a stock of 100: never oversold, never negative, what was acknowledged is what moved (R10)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core import db
from coldchain.core.errors import Conflict
from coldchain.ledger import check, service
from tests.ledger.books import Party, batch, party, product, sent, stock
from tests.races.meeting import Act, meet, pause
from tests.trade.parties import merchant, send

WRITERS = 64
STOCK = 100


def fresh(session: Session) -> tuple[Party, Party, UUID]:
    """Return a seller with a full stock, a buyer, and the batch."""
    seller, buyer = party(session), party(session)
    return seller, buyer, batch(session, seller, product(session), STOCK)


def by_ledger(seller: Party, buyer: Party, goods: UUID, units: int) -> Act:
    """A dispatch as the ledger sees it."""
    return lambda session: service.post(session, SYSTEM, [sent(goods, seller, units)[1]])


def by_trade(seller: Party, buyer: Party, goods: UUID, units: int) -> Act:
    """A dispatch as the door sees it: rights, gate, locks, ledger, journal."""
    return lambda session: send(session, merchant(seller), seller, buyer, goods, units)


def faults(seller: Party, goods: UUID, wanted: list[int], results: list[Any]) -> list[str]:
    """Return what is wrong after a round; nothing is when the protocol holds."""
    found = [
        f"unexpected: {result!r}"
        for result in results
        if isinstance(result, Exception) and not (isinstance(result, Conflict) and result.code == "insufficient_stock")
    ]
    moved = [units for units, result in zip(wanted, results, strict=True) if not isinstance(result, Exception)]
    refused = [units for units, result in zip(wanted, results, strict=True) if isinstance(result, Conflict)]
    with db.transaction() as session:
        there = stock(session, goods)
        difference = check.stock_from_movements(session)
    left = there.pop(("zone", seller.zone_id), (0, 0))[0]
    road = [units for units, _ in there.values()]
    if sum(moved) > STOCK:
        found.append(f"oversold: {sum(moved)} of {STOCK}")
    if left != STOCK - sum(moved):
        found.append(f"{left} are left after {sum(moved)} were acknowledged")
    if sorted(road) != sorted(moved):
        found.append("what is on the road is not what was acknowledged")
    if any(units <= left for units in refused):
        found.append(f"refused although {left} were left")
    if difference:
        found.append(difference)
    return found


def play(make: Callable[[Party, Party, UUID, int], Act], writers: int = WRITERS) -> list[str]:
    """Play one round with random sizes that together exceed the stock; return its faults."""
    with db.transaction() as session:
        seller, buyer, goods = fresh(session)
    wanted = [random.randint(1, 6) for _ in range(writers)]
    results = meet([make(seller, buyer, goods, units) for units in wanted])
    return faults(seller, goods, wanted, results)


def wrong_sums(found: list[str]) -> list[str]:
    """Return the faults that tell of goods, not of a broken test."""
    return [fault for fault in found if not fault.startswith("unexpected")]


def test_the_ledger_never_oversells(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(20, 200)):
        assert play(by_ledger) == []


def test_dispatches_never_oversell(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(20, 200)):
        assert play(by_trade) == []


def test_the_race_sees_a_ledger_that_does_not_lock(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race with accounts read without their row locks: it must fail, else the race is blind."""
    unlocked = str(service._LOCK_ACCOUNTS.text).replace("FOR UPDATE OF holding", "")
    assert "FOR UPDATE" not in unlocked
    naive = text(unlocked)

    def move(session: Session, *args: Any, former: Any = service._move) -> None:
        pause()
        former(session, *args)

    monkeypatch.setattr(service, "_LOCK_ACCOUNTS", naive)
    monkeypatch.setattr(service, "_move", move)
    assert any(wrong_sums(play(by_ledger, 16)) for _ in range(20))
