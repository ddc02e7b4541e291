"""Receiver, sender and officer say everything at once about one consignment: units are in one place, answers add up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from coldchain.core import db
from coldchain.core.errors import Conflict, DomainError, Invalid
from coldchain.ledger import check
from coldchain.ledger.models import Posting
from coldchain.trade import service, states
from coldchain.trade.models import Consignment, ConsignmentLine
from coldchain.trade.service import answers, reading
from tests.ledger.books import Party, batch, party, product
from tests.races.meeting import Act, meet, pause
from tests.trade.parties import merchant, officer, send

SENT = 30
STOCK = 40
REFUSALS = {
    "wrong_state", "quantity_differs", "more_than_open", "more_than_disputed", "in_dispute", "nothing_came",
    "not_for_surplus", "insufficient_stock", "invalid",
}  # fmt: skip


@dataclass(frozen=True)
class Road:
    """A consignment on its way, between whom, and of what."""

    seller: Party
    buyer: Party
    goods: UUID
    consignment_id: UUID


def fresh(session: Session) -> Road:
    """Return 30 of 40 units on their way."""
    seller, buyer = party(session), party(session)
    goods = batch(session, seller, product(session), STOCK)
    return Road(seller, buyer, goods, send(session, merchant(seller), seller, buyer, goods, SENT)["consignment_id"])


def acts(road: Road) -> list[Act]:
    """Return what people say, in any order: whole, less and more came, a dispute, a rejection, settlements, a sale."""

    def lines(units: int, **more: Any) -> list[dict[str, Any]]:
        return [{"batch_id": road.goods, "quantity_units": units, **more}]

    def confirm(units: int, reason: str | None = None) -> Act:
        return lambda session: service.confirm(
            session, merchant(road.buyer), road.consignment_id, zone_id=road.buyer.zone_id, lines=lines(units),
            reason=reason,
        )  # fmt: skip

    def dispute(units: int) -> Act:
        return lambda session: service.dispute(
            session, merchant(road.buyer), road.consignment_id, lines=lines(units), reason="破损"
        )

    def settle(outcome: str, units: int) -> Act:
        return lambda session: service.settle(
            session, officer(), road.consignment_id, lines=lines(units, outcome=outcome), reason="协商",
            zone_id=road.buyer.zone_id,
        )  # fmt: skip

    def reject(session: Session) -> Any:
        return service.reject(session, merchant(road.buyer), road.consignment_id, reason="不收")

    def sell(session: Session) -> Any:
        return send(session, merchant(road.seller), road.seller, {"name": "王示例", "phone": "1"}, road.goods, 8)

    said = [
        confirm(SENT), confirm(SENT - 4, "少了"), confirm(SENT + 3, "多了"), dispute(5), dispute(10), reject, sell,
        settle("returned", 2), settle("delivered", 2), settle("lost", 1), settle("missing", 1), settle("delivered", 3),
    ]  # fmt: skip
    random.shuffle(said)
    return said


def faults(road: Road, results: list[Any]) -> list[str]:
    """Return what is wrong after a round; nothing is when the protocol holds."""
    found = []
    for result in results:
        codes = {result.code, *(error.code for error in result.errors)} if isinstance(result, DomainError) else set()
        if isinstance(result, Exception) and not codes & REFUSALS:
            found.append(f"unexpected: {result!r}")
    with db.transaction() as session:
        difference = check.stock_from_movements(session)
        if difference:
            found.append(difference)
        consignment = session.get_one(Consignment, road.consignment_id)
        (line,) = reading.lines_so_far(session, consignment).values()
        row = session.scalars(
            select(ConsignmentLine).where(col(ConsignmentLine.consignment_id) == road.consignment_id)
        ).one()
        state = consignment.state
        summed = dict(
            session.execute(
                select(col(Posting.account), func.sum(col(Posting.quantity_units)))
                .where(col(Posting.consignment_id) == road.consignment_id, col(Posting.batch_id) == road.goods)
                .group_by(col(Posting.account))
            ).all()
        )
    if line.open_units + line.road_disputed_units != summed.get("transit", 0):
        found.append(f"{summed.get('transit', 0)} on the road, {line} says otherwise")
    if (row.confirmed_units or 0, row.disputed_units) != (line.confirmed_units, line.disputed_units):
        found.append(f"the running sums {row.confirmed_units}, {row.disputed_units} are not those of {line}")
    if state != states.after([line], signed=False):
        found.append(f"{state} with {line}")
    return found


def play() -> list[str]:
    """Play one round; return its faults."""
    with db.transaction() as session:
        road = fresh(session)
    try:
        return faults(road, meet(acts(road)))
    except AssertionError as error:  # answers that can't stand beside each other
        return [str(error)]


def test_answers_at_once_add_up(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(20, 200)):
        assert play() == []


def test_the_race_sees_answers_that_do_not_wait(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race without the lock on the consignment's row: it must fail, else the race is blind."""

    def get(session: Session, actor: Any, consignment_id: UUID) -> answers.Answer:
        consignment = session.get(Consignment, consignment_id, populate_existing=True)
        assert consignment is not None
        answer = answers.Answer(
            consignment, reading.involved(session, consignment), reading.lines_so_far(session, consignment),
            consignment.occurred_at, late=False,
        )  # fmt: skip
        pause()
        return answer

    monkeypatch.setattr(answers, "opened", get)
    assert any(any(not fault.startswith("unexpected: Op") for fault in play()) for _ in range(20))


def test_what_is_refused_says_why(database: Engine) -> None:
    """A second confirmation of the same units is told of the state, not of the stock."""
    with db.transaction() as session:
        road = fresh(session)
    confirm = {
        "zone_id": road.buyer.zone_id, "lines": [{"batch_id": road.goods, "quantity_units": SENT}],
    }  # fmt: skip
    results = meet([lambda session: service.confirm(session, merchant(road.buyer), road.consignment_id, **confirm)] * 8)
    refused = [result for result in results if isinstance(result, Conflict | Invalid)]
    assert len(refused) == 7
    assert {error.code for error in refused} == {"wrong_state"}
