"""What a business that is stopped did and enters afterwards is accepted and told to officers (R12, R14, R18)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core import clock
from coldchain.regions import service as regions
from coldchain.registry.service import measures
from coldchain.trade.service import entries
from tests.factories.world import World
from tests.ledger.books import batch, party, product
from tests.trade.entries import ago, flags, line
from tests.trade.parties import merchant

NOON = (datetime.now(clock.BEIJING) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
END = NOON + timedelta(days=7)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KIND = "late_while_stopped"


class Shop:
    """A store with cleared goods, its person, a buyer and what officers are told of the store."""

    def __init__(self, world: World) -> None:
        self.world, self.goods = world, world.cleared(100)
        self.owner, self.buyer = world.merchant(self.goods["owner"]), world.shop()["owner"]
        self.batch_id = self.goods["batch"]["batch_id"]

    def enter(self, path: str, at: datetime, expect: int = 201, **more: Any) -> Any:
        """Enter that one unit left at a moment."""
        lines = [{"batch_id": self.batch_id, "quantity_units": 1}]
        body: dict[str, Any] = {"lines": lines, "occurred_at": at.isoformat()} | more
        if path == "/consignments":
            to = {"business": self.buyer["uscc"]}
            body = {"from_zone_id": self.goods["zone"]["zone_id"], "to": to, "handover": "signed_in_person"} | body
        else:
            body = {"zone_id": self.goods["zone"]["zone_id"]} | body
        return self.owner.post(path, body, expect)

    def told(self) -> list[str]:
        """Return the stops that officers read of, by the time of what happened."""
        found = self.world.regulator.get(f"/flags?kind={KIND}&batch_id={self.batch_id}")["items"]
        return [flag["data"]["stop"] for flag in sorted(found, key=lambda flag: str(flag["occurred_at"]))]


def codes(made: Any) -> set[str]:
    """Return what an entry is warned of; the world's goods may be past their date by then."""
    return {warning["code"] for warning in made["warnings"]} - {"expired"}


def suspend(shop: Shop) -> None:
    """Decide that the store is stopped from NOON to END."""
    visit = {"site_id": shop.goods["site"]["site_id"], "findings": [{"kind": "heilongjiang_mixed_storage"}]}
    finding_id = shop.world.inspector.post("/visits", visit, 201)["findings"][0]["finding_id"]
    body = {
        "finding_ids": [finding_id], "kinds": ["suspension"], "number": f"建〔{uuid4().hex[:8]}〕", "reason": "混放",
        "basis": "食品安全管理规定", "starts_at": NOON.isoformat(), "ends_at": END.isoformat(),
    }  # fmt: skip
    shop.world.regulator.post("/decisions", body, 201)


def test_under_a_decision_it_counts_when_the_goods_left(world: World) -> None:
    """To the minute, whenever it is entered: before the stop and from its end on nobody is told."""
    shop, code = Shop(world), "business_suspended_by_decision"
    with clock.simulated(NOON - MINUTE):
        suspend(shop)
    with clock.simulated(NOON + HOUR):
        for path in ("/consignments", "/sales", "/uses"):
            before = shop.enter(path, NOON - MINUTE)
            assert (before["late"], KIND in codes(before)) == (True, False)
        assert shop.told() == []
        for path in ("/consignments", "/sales", "/uses"):
            inside = shop.enter(path, NOON + 31 * MINUTE)
            assert (inside["late"], codes(inside)) == (True, {code, KIND})
        assert shop.told() == [code] * 3
        shop.enter("/losses", NOON + 31 * MINUTE, reason="破损")
        more = {"to_owner": shop.buyer["uscc"]}
        assert shop.enter("/owner-changes", NOON + 31 * MINUTE, 409, **more)["code"] == code
        sending = {"handover": "await_confirmation"}
        assert shop.enter("/consignments", NOON + 31 * MINUTE, 409, **sending)["code"] == code
        assert shop.enter("/sales", NOON + 50 * MINUTE, 409)["code"] == code
    with clock.simulated(END + HOUR):
        assert KIND not in codes(shop.enter("/sales", END))
        assert codes(shop.enter("/sales", END - MINUTE)) == {KIND}
    assert shop.told() == [code] * 4


def test_by_its_own_standing_it_is_accepted_before_and_told_within(world: World) -> None:
    shop = Shop(world)
    path = f"/businesses/{shop.goods['owner']['business_id']}"
    with clock.simulated(NOON):
        world.regulator.post(f"{path}/suspend", {"reason": "混放"}, 200)
    with clock.simulated(NOON + HOUR):
        for kind in ("/consignments", "/sales"):
            assert codes(shop.enter(kind, NOON - MINUTE)) == {"seller_not_active"}
            assert codes(shop.enter(kind, NOON + MINUTE)) == {"seller_not_active", KIND}
            assert shop.enter(kind, NOON + HOUR, 409)["code"] == "seller_not_active"
        sending = {"handover": "await_confirmation"}
        assert shop.enter("/consignments", NOON - MINUTE, 409, **sending)["code"] == "seller_not_active"
        assert codes(shop.enter("/uses", NOON + MINUTE)) == set(), "a kitchen's own use is not stopped by its standing"
        world.regulator.post(f"{path}/reinstate", {"reason": "已改正"}, 200)
    with clock.simulated(NOON + 2 * HOUR):
        assert codes(shop.enter("/sales", NOON + HOUR)) == set()
        assert codes(shop.enter("/sales", NOON + 59 * MINUTE)) == {KIND}
    assert shop.told() == ["seller_not_active"] * 3


@pytest.mark.parametrize(("void", "told"), [(False, True), (True, False)])
def test_under_a_measure_unless_it_never_held(session: Session, void: bool, told: bool) -> None:
    owner = party(session)
    goods = batch(session, owner, product(session), 10)
    given = {"region_code": "230203", "starts_on": regions.today() - timedelta(days=2), "source": "区指挥部 3 号令"}
    made = measures.record(
        session, SYSTEM, kind="circuit_breaker", business=owner.business_id, reason="抽检阳性", **given
    )
    measures.lift(session, SYSTEM, made["measure_id"], version=1, void=void)
    use = {"zone_id": owner.zone_id, "lines": [line(goods, 1)], "occurred_at": ago(minutes=29)}
    sold = entries.sell(session, merchant(owner), **use)
    assert flags(session, sold["entry_id"]) == ([(KIND, goods)] if told else [])
    assert sold["flags"] == ([KIND] if told else [])
