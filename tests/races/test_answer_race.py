"""Two people of one shop answer at once: one answer counts, the other is told so, and the goods are in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from coldchain.core import db
from coldchain.core.errors import Conflict
from coldchain.ledger import check
from coldchain.trade import service
from tests.ledger.books import batch, party, product, stock
from tests.races.meeting import meet
from tests.trade.parties import merchant, send

ANSWERS = ("confirm", "reject", "confirm", "reject")


def test_one_answer_counts(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(20, 200)):
        with db.transaction() as session:
            seller, buyer = party(session), party(session)
            goods = batch(session, seller, product(session), 100)
            road = send(session, merchant(seller), seller, buyer, goods, 30)["consignment_id"]

        def answering(how: str, road: Any = road, buyer: Any = buyer, goods: Any = goods) -> Callable[[Session], Any]:
            lines = [{"batch_id": goods, "quantity_units": 30}]
            if how == "confirm":
                return lambda session: service.confirm(
                    session, merchant(buyer), road, zone_id=buyer.zone_id, lines=lines
                )
            return lambda session: service.reject(session, merchant(buyer), road, reason="不收")

        results = meet([answering(how) for how in ANSWERS])
        won = [how for how, result in zip(ANSWERS, results, strict=True) if not isinstance(result, Exception)]
        lost = [result for result in results if isinstance(result, Exception)]
        assert len(won) == 1
        assert {isinstance(error, Conflict) and error.code for error in lost} == {"wrong_state"}
        with db.transaction() as session:
            there = stock(session, goods)
            assert check.stock_from_movements(session) is None
        if won == ["confirm"]:
            assert there == {("zone", seller.zone_id): (70, 0), ("zone", buyer.zone_id): (30, 0)}
        else:
            assert there == {("zone", seller.zone_id): (100, 0)}
