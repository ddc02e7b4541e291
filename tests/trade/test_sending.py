"""Who may send now (R18): lock-downs, the white list, circuit breakers; facts are accepted, intentions refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core import clock
from coldchain.core.errors import Conflict
from coldchain.regions import service as regions
from coldchain.registry.service import measures
from coldchain.trade.service import confirm, entries
from coldchain.trade.service.dispatching import dispatch_return
from tests.ledger.books import Party, batch, party, product
from tests.trade.parties import merchant, send


@pytest.fixture
def seller(session: Session) -> Party:
    return party(session)


@pytest.fixture
def buyer(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, seller: Party) -> UUID:
    return batch(session, seller, product(session), 100)


def order(session: Session, kind: str, **fields: Any) -> dict[str, Any]:
    given = {"region_code": "230203", "starts_on": regions.today(), "source": "区指挥部 3 号令"} | fields
    return measures.record(session, SYSTEM, kind=kind, **given)


def refused(session: Session, *args: Any, **more: Any) -> Conflict:
    with pytest.raises(Conflict) as caught, session.begin_nested():
        send(session, *args, **more)
    return caught.value


def test_a_lock_down_stops_who_is_not_on_the_white_list(
    session: Session, seller: Party, buyer: Party, goods: UUID
) -> None:
    lock = order(session, "lockdown", region_code="230200")
    error = refused(session, merchant(seller), seller, buyer, goods)
    assert (error.code, error.status) == ("locked_down", 409)
    assert error.extra["measure"]["measure_id"] == str(lock["measure_id"])
    assert "区指挥部 3 号令" in str(error)
    order(session, "white_list", business=seller.business_id, region_code="370000")  # elsewhere
    assert refused(session, merchant(seller), seller, buyer, goods).code == "locked_down"
    order(session, "white_list", business=seller.business_id)
    assert send(session, merchant(seller), seller, buyer, goods, 10)["warnings"] == []
    measures.lift(session, SYSTEM, lock["measure_id"], version=1)
    other = party(session)
    theirs = batch(session, other, product(session), 10)
    assert send(session, merchant(other), other, buyer, theirs, 5)["warnings"] == []


@pytest.mark.parametrize(("days", "stops"), [(1, False), (0, True), (-3, False)])
def test_a_measure_holds_on_its_days_alone(
    session: Session, seller: Party, buyer: Party, goods: UUID, days: int, stops: bool
) -> None:
    day = regions.today() + timedelta(days=days)
    order(session, "lockdown", starts_on=day, ends_on=day)
    if stops:
        assert refused(session, merchant(seller), seller, buyer, goods).code == "locked_down"
    else:
        assert send(session, merchant(seller), seller, buyer, goods)["state"] == "in_transit"


def test_a_circuit_breaker_stops_one_site_or_all_of_them(
    session: Session, seller: Party, buyer: Party, goods: UUID
) -> None:
    order(session, "white_list", business=seller.business_id)
    order(session, "circuit_breaker", business=buyer.business_id, reason="抽检阳性")
    assert send(session, merchant(seller), seller, buyer, goods, 10)["warnings"] == []
    here = order(session, "circuit_breaker", business=seller.business_id, site_id=seller.site_id, reason="从业人员阳性")
    error = refused(session, merchant(seller), seller, buyer, goods)
    assert error.code == "circuit_breaker"  # the white list is no way around it
    assert "从业人员阳性" not in str(error.extra)  # who keeps the goods may read the refusal too
    lines = [{"batch_id": goods, "quantity_units": 1}]
    with pytest.raises(Conflict, match="circuit_breaker"), session.begin_nested():
        entries.sell(session, merchant(seller), zone_id=seller.zone_id, lines=lines)
    with pytest.raises(Conflict, match="circuit_breaker"), session.begin_nested():
        entries.change_owner(
            session, merchant(seller), to_owner=buyer.business_id, zone_id=seller.zone_id, lines=lines
        )  # fmt: skip
    measures.lift(session, SYSTEM, here["measure_id"], version=1, void=True)
    assert send(session, merchant(seller), seller, buyer, goods, 10)["warnings"] == []


def test_what_was_signed_for_before_is_accepted_and_warned_about(
    session: Session, seller: Party, buyer: Party, goods: UUID
) -> None:
    order(session, "lockdown")
    late = {"handover": "signed_in_person", "occurred_at": clock.now() - timedelta(hours=3)}
    made = send(session, merchant(seller), seller, buyer, goods, 10, **late)
    assert "locked_down" in [each["code"] for each in made["warnings"]]
    lines = [{"batch_id": goods, "quantity_units": 1}]
    sold = entries.sell(
        session, merchant(seller), zone_id=seller.zone_id, lines=lines, occurred_at=clock.now() - timedelta(hours=3)
    )
    assert "locked_down" in [each["code"] for each in sold["warnings"]]


def test_goods_go_back_where_they_came_from(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    made = send(session, merchant(seller), seller, buyer, goods, 10)
    came = [{"batch_id": goods, "quantity_units": 10}]
    confirm(session, merchant(buyer), made["consignment_id"], zone_id=buyer.zone_id, lines=came)
    order(session, "lockdown")
    back = dispatch_return(
        session, merchant(buyer), from_zone_id=buyer.zone_id, to={"business": str(seller.business_id)},
        lines=[{"batch_id": goods, "quantity_units": 1}], owner=buyer.business_id,
    )  # fmt: skip
    assert "locked_down" in [each["code"] for each in back["warnings"]]


@pytest.mark.parametrize("act", [entries.sell, entries.use])
def test_who_is_stopped_neither_sells_nor_uses_and_enters_what_happened(
    session: Session, seller: Party, goods: UUID, act: Any
) -> None:
    order(session, "lockdown")
    given: dict[str, Any] = {"zone_id": seller.zone_id, "lines": [{"batch_id": goods, "quantity_units": 1}]}
    with pytest.raises(Conflict) as caught, session.begin_nested():
        act(session, merchant(seller), **given)
    assert caught.value.code == "locked_down"
    late = act(session, merchant(seller), **given, occurred_at=clock.now() - timedelta(hours=3))
    assert "locked_down" in [warning["code"] for warning in late["warnings"]]
