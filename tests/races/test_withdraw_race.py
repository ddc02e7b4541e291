"""Withdrawing an arrival while its goods are moved: the goods moved or the arrival is gone, never both (R11)."""

from collections.abc import Callable
from uuid import UUID

from coldchain.accounts.service import actors
from coldchain.batches import service as batches
from coldchain.core import db
from coldchain.core.errors import Conflict
from coldchain.ledger import check
from coldchain.trade.service import entries
from tests.batches.deliveries import Delivery
from tests.factories.world import World
from tests.races.meeting import Balance, meet


def test_a_withdrawal_and_a_move_exclude_each_other(world: World, rounds: Callable[[int, int], int]) -> None:
    """The loser is refused by its own code, and the books agree with their history."""
    delivery, balance, seen = Delivery(world), Balance(), set[str]()
    for _round in range(rounds(8, 100)):
        made = delivery.enter(delivery.line(), arrived_at="2021-01-18T06:40:00+08:00")
        batch_id = UUID(made["batches"][0]["batch_id"])
        with db.transaction() as session:
            actor = actors.actor_by_token(session, delivery.merchant.token)

        def withdraw(session, made=made, actor=actor):  # type: ignore[no-untyped-def]
            balance.first()
            batches.withdraw_arrival(session, actor, UUID(made["arrival_id"]), reason="录错了")

        def move(session, batch_id=batch_id, actor=actor):  # type: ignore[no-untyped-def]
            balance.second()
            entries.relocate(
                session, actor, zone_id=UUID(delivery.zone["zone_id"]), to_zone_id=UUID(delivery.other_zone["zone_id"]),
                lines=[{"batch_id": batch_id, "quantity_units": 6}],
            )  # fmt: skip

        results = meet([withdraw, move])
        refused = [result.code for result in results if isinstance(result, Conflict)]
        assert refused in (["already_moved"], ["insufficient_stock"]), results
        seen |= set(refused)
        balance.lean(first_won=refused == ["insufficient_stock"], second_won=refused == ["already_moved"])
    assert rounds(0, 1) == 0 or seen == {"already_moved", "insufficient_stock"}, "with many rounds both orders happen"
    with db.transaction() as session:
        assert check.stock_from_movements(session) is check.movements_from_journal(session) is None
