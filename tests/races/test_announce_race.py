"""Announcing against dispatching and registering: nothing that matches slips past the lock (R8, R9)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import watch
from coldchain.batches.models import Batch
from coldchain.batches.service import arrivals
from coldchain.core import clock, db
from coldchain.core.errors import Conflict
from coldchain.ledger import check, holds
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding
from coldchain.recall import announce, drafts, pull_in
from coldchain.recall.models import TaskExpected
from tests.ledger.books import Party, batch, party, product
from tests.races.meeting import Balance, meet, pause
from tests.trade.parties import merchant, officer, send

STOCK = 100
DISPATCHERS = 3
REGISTRARS = 2


def draft(session: Session, criterion: dict[str, Any]) -> UUID:
    """Return a recall that is ready to be announced."""
    made, _ = drafts.draft(
        session, officer(), kind="food_recall", notice_no="示例〔2021〕1号", issuer="示例市场监管局", title="示例召回",
        received_at=clock.now(), reason="示例", criterion=criterion,
    )  # fmt: skip
    return made.recall_id


def announcing(recall_id: UUID, balance: Balance) -> Callable[[Session], Any]:
    """Announce as the door does."""

    def act(session: Session) -> Any:
        balance.second()
        return announce.announce(session, officer(), recall_id)

    return act


def unexpected(results: list[Any]) -> list[str]:
    """Return the errors that aren't a refusal because of the lock."""
    return [
        f"unexpected: {result!r}"
        for result in results
        if isinstance(result, Exception) and not (isinstance(result, Conflict) and result.code == "locked")
    ]


def slipped(recall_id: UUID, batch_ids: list[UUID]) -> list[str]:
    """Return what the announcement missed: goods that aren't held, or that no task expects where they lie."""
    with db.transaction() as session:
        holdings = session.scalars(
            select(Holding).where(col(Holding.batch_id).in_(batch_ids), col(Holding.quantity_units) > 0)
        ).all()
        expected = {
            (row.batch_id, row.zone_id or row.consignment_id): row.quantity_units
            for row in session.scalars(select(TaskExpected).where(col(TaskExpected.batch_id).in_(batch_ids)))
        }
        held = holds.active(session, batch_ids)
        difference = check.stock_from_movements(session)
    found = [f"{batch_id} is not held" for batch_id in batch_ids if batch_id not in held]
    for holding in holdings:
        place = (holding.batch_id, holding.zone_id or holding.consignment_id)
        if holding.held_units != holding.quantity_units:
            found.append(f"{holding.account}: {holding.held_units} of {holding.quantity_units} are held")
        if expected.get(place) != holding.quantity_units:
            found.append(f"{holding.account}: {holding.quantity_units} there, a task expects {expected.get(place)}")
    return found + ([difference] if difference else [])


def play_dispatch(balance: Balance) -> tuple[list[str], int]:
    """Play one round of dispatches against an announcement; return its faults and how many dispatches got through."""
    with db.transaction() as session:
        seller, buyer = party(session), party(session)
        goods = batch(session, seller, product(session), STOCK)
        recall_id = draft(session, {"batch_nos": [session.get_one(Batch, goods).batch_no]})
    sizes = [random.randint(1, STOCK // DISPATCHERS) for _ in range(DISPATCHERS)]

    def dispatching(units: int) -> Callable[[Session], Any]:
        def act(session: Session) -> Any:
            balance.first()
            return send(session, merchant(seller), seller, buyer, goods, units)

        return act

    results = meet([*(dispatching(units) for units in sizes), announcing(recall_id, balance)])
    faults = unexpected(results)
    announced = results[-1]
    if not isinstance(announced, Exception) and announced.mass_total_g != STOCK * 2_000:
        faults.append(f"the announcement counted {announced.mass_total_g} g")
    moved = sum(not isinstance(result, Exception) for result in results[:-1])
    balance.lean(first_won=moved == DISPATCHERS, second_won=moved == 0)
    return faults + slipped(recall_id, [goods]), moved


def play_register(balance: Balance) -> tuple[list[str], int]:
    """Play one round of registrations against an announcement; return its faults and how many were pulled in after."""
    with db.transaction() as session:
        owner = party(session)
        of = product(session)
        batch(session, owner, of, STOCK)
        recall_id = draft(session, {"product_ids": [str(of.product_id)]})

    def registering(serial: int) -> Callable[[Session], Any]:
        def act(session: Session) -> Any:
            balance.first()
            return register(session, owner, of.product_id, serial)

        return act

    results = meet([*(registering(serial) for serial in range(REGISTRARS)), announcing(recall_id, balance)])
    with db.transaction() as session:
        batch_ids = list(session.scalars(select(Batch.batch_id).where(col(Batch.product_id) == of.product_id)))
    faults = unexpected(results)
    if len(batch_ids) != REGISTRARS + 1:
        faults.append(f"{len(batch_ids)} batches are registered")
    pulled = len(batch_ids) - (0 if isinstance(results[-1], Exception) else results[-1].batches)
    balance.lean(first_won=pulled == 0, second_won=pulled == REGISTRARS)
    return faults + slipped(recall_id, batch_ids), pulled


def register(session: Session, owner: Party, product_id: UUID, serial: int) -> Any:
    """Register an arrival of one matching batch, as the door does."""
    return arrivals.register(
        session, SYSTEM, site_id=owner.site_id, owner=str(owner.business_id), entry_mode="arrived",
        arrived_at=clock.now(), supplier={"name": "示例贸易"},
        lines=[
            {
                "product_id": product_id, "zone_id": owner.zone_id, "batch_no": f"R{serial}",
                "production_date": clock.now().date(), "expiry_date": None, "quantity_units": 10,
            }
        ],
    )  # fmt: skip


def missed(faults: list[str], _count: int) -> list[str]:
    """Return the faults that tell of goods; a round in which something else broke proves nothing."""
    return [] if any(fault.startswith("unexpected") for fault in faults) else faults


@pytest.fixture
def pulled_in() -> None:
    """The subscription that the program makes when it starts."""
    pull_in.install()


def with_locks(monkeypatch: pytest.MonkeyPatch, lock: Callable[..., Any]) -> None:
    """Let every room lock batches by `lock`."""
    monkeypatch.setattr(ledger, "lock_batches", lock)
    monkeypatch.setattr(holds, "lock_batches", lock)


def slow_lock(session: Session, batch_ids: Any, *, exclusive: bool, real: Any = ledger.lock_batches) -> Any:
    """The real lock, and the pause that the naive one has: both races are equally slow."""
    locked = real(session, batch_ids, exclusive=exclusive)
    pause()
    return locked


def naive_lock(session: Session, batch_ids: Any, *, exclusive: bool) -> Any:
    """No lock at all: reads and then acts."""
    session.flush()
    pause()
    return sorted(set(batch_ids))


def naive_recompute(session: Session, batch_ids: Any) -> None:
    """One plain statement that holds what it sees."""
    session.execute(
        text("UPDATE holding SET held_units = quantity_units WHERE batch_id = ANY(:batch_ids)"),
        {"batch_ids": list(batch_ids)},
    )


def test_dispatch_against_announce(
    database: Engine, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_locks(monkeypatch, slow_lock)
    count = rounds(20, 200)
    through, balance = 0, Balance()
    for _ in range(count):
        faults, moved = play_dispatch(balance)
        assert faults == []
        through += moved
    assert 0 < through < count * DISPATCHERS  # both orders were seen: they did meet


def test_the_dispatch_race_sees_a_missing_lock(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race without the batch locks: it must fail, else the race is blind."""
    with_locks(monkeypatch, naive_lock)
    monkeypatch.setattr(holds, "recompute", naive_recompute)
    balance = Balance()
    assert any(missed(*play_dispatch(balance)) for _ in range(60))


def test_register_against_announce(
    database: Engine, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch, pulled_in: None
) -> None:
    for name in ("lock_shared", "lock_exclusive"):
        monkeypatch.setattr(watch, name, _slowly(getattr(watch, name)))
    count = rounds(20, 200)
    after, balance = 0, Balance()
    for _ in range(count):
        faults, pulled = play_register(balance)
        assert faults == []
        after += pulled
    assert 0 < after < count * REGISTRARS  # both orders were seen: they did meet


def _slowly(lock: Callable[[Session], None]) -> Callable[[Session], None]:
    def slow(session: Session) -> None:
        lock(session)
        pause()

    return slow


def test_the_register_race_sees_a_missing_lock(
    database: Engine, monkeypatch: pytest.MonkeyPatch, pulled_in: None
) -> None:
    """The same race without the lock on the watch criteria: it must fail, else the race is blind."""
    for name in ("lock_shared", "lock_exclusive"):
        monkeypatch.setattr(watch, name, lambda session: pause())
    balance = Balance()
    assert any(missed(*play_register(balance)) for _ in range(60))
