"""The ledger against a plain model: any run of intake, dispatch, confirm, reject, hold and end gives the same stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # fmt: skip
from sqlalchemy import Engine
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds, postings, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.postings import Draft
from tests.ledger.books import NOW, batch, party, product, stock

Place = tuple[str, UUID]


@dataclass
class Road:
    """A consignment as the model knows it."""

    consignment_id: UUID
    batch: int
    seller: int
    units: int


@dataclass
class Model:
    """What should lie where: plain dictionaries, no database."""

    stock: list[Counter[Place]] = field(default_factory=list)
    entered: list[int] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    causes: list[tuple[Cause, set[int]]] = field(default_factory=list)

    def held(self, number: int) -> bool:
        """Say whether any cause holds this batch."""
        return any(number in batches for _, batches in self.causes)


class Ledger(RuleBasedStateMachine):
    """Three businesses trade batches of their own and each other's."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.engine.connect()
        self.connection.begin()
        self.session = Session(self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        self.parties = [party(self.session) for _ in range(3)]
        self.product = product(self.session)
        self.batches: list[UUID] = []
        self.model = Model()

    def teardown(self) -> None:
        self.session.close()
        self.connection.rollback()
        self.connection.close()

    def attempt(self, act: Callable[[], Any]) -> str | None:
        """Act as one request does: all or nothing. Return the code of a refusal."""
        try:
            with self.session.begin_nested():
                act()
        except Conflict as refusal:
            return refusal.code
        return None

    @rule(owner=st.integers(0, 2), units=st.integers(1, 12))
    def intake(self, owner: int, units: int) -> None:
        seller = self.parties[owner]
        self.batches.append(batch(self.session, seller, self.product, units))
        self.model.stock.append(Counter({("zone", seller.zone_id): units}))
        self.model.entered.append(units)

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), owner=st.integers(0, 2), units=st.integers(1, 12))
    def dispatch(self, data: st.DataObject, owner: int, units: int) -> None:
        number = data.draw(st.integers(0, len(self.batches) - 1))
        seller, road = self.parties[owner], new_id()
        entries = postings.dispatch(seller.business_id, seller.zone_id, road, units)
        draft = Draft("dispatch", self.batches[number], entries, NOW, consignment_id=road)
        code = self.attempt(lambda: service.post(self.session, SYSTEM, [draft]))
        there = self.model.stock[number]
        if self.model.held(number):
            assert code == "locked"
        elif there["zone", seller.zone_id] < units:
            assert code == "insufficient_stock"
        else:
            assert code is None
            there["zone", seller.zone_id] -= units
            there["transit", road] += units
            self.model.roads.append(Road(road, number, owner, units))

    @precondition(lambda self: self.model.roads)
    @rule(data=st.data(), buyer=st.integers(0, 2), confirms=st.booleans())
    def answer(self, data: st.DataObject, buyer: int, confirms: bool) -> None:
        road = self.model.roads.pop(data.draw(st.integers(0, len(self.model.roads) - 1)))
        seller, receiver = self.parties[road.seller], self.parties[buyer if confirms else road.seller]
        if confirms:
            entries = postings.confirm(
                seller.business_id, receiver.business_id, receiver.zone_id, road.consignment_id, road.units
            )
        else:
            entries = postings.reject(seller.business_id, seller.zone_id, road.consignment_id, road.units)
        kind = "confirmation" if confirms else "rejection"
        draft = Draft(
            kind, self.batches[road.batch], entries, NOW, consignment_id=road.consignment_id, moves_locked=True
        )
        assert self.attempt(lambda: service.post(self.session, SYSTEM, [draft])) is None
        assert self.attempt(lambda: service.post(self.session, SYSTEM, [draft])) == "insufficient_stock"
        there = self.model.stock[road.batch]
        there["transit", road.consignment_id] -= road.units
        there["zone", receiver.zone_id] += road.units

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        numbers = data.draw(st.sets(st.integers(0, len(self.batches) - 1), min_size=1))
        cause = Cause(data.draw(st.sampled_from(["recall", "result"])), new_id(), data.draw(st.integers(1, 2)))
        placed = holds.place(self.session, SYSTEM, [self.batches[number] for number in numbers], cause, "red", NOW)
        assert set(placed) == {self.batches[number] for number in numbers}
        self.model.causes.append((cause, numbers))

    @precondition(lambda self: self.model.causes)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        cause, numbers = self.model.causes.pop(data.draw(st.integers(0, len(self.model.causes) - 1)))
        ended = holds.end(self.session, SYSTEM, cause, "解除")
        assert set(ended) == {self.batches[number] for number in numbers}

    @invariant()
    def books_equal_the_model(self) -> None:
        for number, batch_id in enumerate(self.batches):
            there = {place: units for place, units in self.model.stock[number].items() if units}
            held = self.model.held(number)
            assert stock(self.session, batch_id) == {
                place: (units, units if held else 0) for place, units in there.items()
            }
            assert sum(there.values()) == self.model.entered[number]
        assert check.stock_from_movements(self.session) is None


def test_any_history_gives_the_stock_of_the_model(shared_database: Engine, rounds: Callable[[int, int], int]) -> None:
    machine = type("BoundLedger", (Ledger,), {"engine": shared_database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=rounds(30, 300), stateful_step_count=rounds(15, 40), deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )  # fmt: skip
