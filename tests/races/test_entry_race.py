"""Entries at once: nothing comes back that didn't leave, and of many corrections one after the other counts (R10)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from coldchain.core import db
from coldchain.core.errors import Conflict, Invalid
from coldchain.ledger import check
from coldchain.ledger import service as ledger
from coldchain.trade.service import entries
from coldchain.trade.service.entries import recoveries
from tests.ledger.books import Party, batch, party, product
from tests.races.meeting import Act, meet, pause
from tests.trade.entries import accounts, line
from tests.trade.parties import merchant

WRITERS = 12
SOLD = 30


def scene(session: Session) -> tuple[Party, UUID, UUID]:
    """Return an owner, a batch of which SOLD of 100 units were sold, and the entry that says so."""
    owner = party(session)
    goods = batch(session, owner, product(session), 100)
    made = entries.sell(session, merchant(owner), zone_id=owner.zone_id, lines=[line(goods, SOLD)])
    return owner, goods, made["entry_id"]


def unexpected(results: list[Any]) -> list[str]:
    """Return the errors that no rule explains."""
    allowed = {"insufficient_stock", "invalid"}
    return [
        repr(result)
        for result in results
        if isinstance(result, Exception) and not (isinstance(result, Conflict | Invalid) and result.code in allowed)
    ]


def fetch(owner: Party, goods: UUID, units: int) -> Act:
    """Recover units from what was sold."""

    def act(session: Session) -> Any:
        return entries.recover(
            session, merchant(owner), zone_id=owner.zone_id, from_account="sold", lines=[line(goods, units)]
        )

    return act


def play_recoveries() -> list[str]:
    """Fetch back more than was sold, all at once; return the faults."""
    with db.transaction() as session:
        owner, goods, _ = scene(session)
    results = meet([fetch(owner, goods, random.randint(3, 6)) for _ in range(WRITERS)])
    found = unexpected(results)
    with db.transaction() as session:
        there = accounts(session, goods)
        difference = check.stock_from_movements(session)
    if there.get("sold", 0) < 0 or there["zone"] > 100:
        found.append(f"more came back than was sold: {there}")
    return found + ([difference] if difference else [])


def test_no_more_comes_back_than_was_sold(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(20, 200)):
        assert play_recoveries() == []


def test_without_the_lock_more_comes_back_than_was_sold(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race is real: take the exclusive lock away and it is seen."""

    class Blind:
        def __getattr__(self, name: str) -> Any:
            return getattr(ledger, name)

        @staticmethod
        def lock_batches(*_given: Any, **_more: Any) -> list[UUID]:
            return []

    looked = recoveries.require_left

    def slowly(*given: Any) -> None:
        looked(*given)
        pause()

    monkeypatch.setattr(recoveries, "ledger", Blind())
    monkeypatch.setattr(recoveries, "require_left", slowly)
    assert any(play_recoveries() for _ in range(20))


def test_corrections_at_once_follow_one_another(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(20, 200)):
        with db.transaction() as session:
            owner, goods, entry_id = scene(session)

        def fix(right: int, owner: Party = owner, goods: UUID = goods, entry_id: UUID = entry_id) -> Act:
            return lambda session: entries.correct(
                session, merchant(owner), entry_id, reason="录错", lines=[line(goods, right)]
            )

        assert unexpected(meet([fix(random.randint(0, 60)) for _ in range(WRITERS)])) == []
        with db.transaction() as session:
            shown = entries.get(session, merchant(owner), entry_id)
            there = accounts(session, goods)
            assert there.get("sold", 0) == shown["lines"][0]["current_units"]
            assert there["zone"] + there.get("sold", 0) == 100
            assert check.stock_from_movements(session) is None
            assert check.movements_from_journal(session) is None
