"""Signed for in person earlier is a fact: accepted despite gate and lock, marked late, told to who must know."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import watch
from coldchain.batches.models import Flag
from coldchain.core import clock
from coldchain.core.errors import Conflict, Invalid
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds
from coldchain.ledger import service as ledger
from coldchain.ledger.holds import Cause
from coldchain.trade import service
from tests.ledger.books import Party, batch, party, product, stock
from tests.trade.parties import merchant, officer, send

PERSON = {"name": "王示例", "phone": "13700000000"}


@pytest.fixture
def seller(session: Session) -> Party:
    return party(session)


@pytest.fixture
def buyer(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, seller: Party) -> UUID:
    return batch(session, seller, product(session), 100)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[UUID, watch.Late]]:
    """What recalls are told."""
    heard: list[tuple[UUID, watch.Late]] = []
    monkeypatch.setattr(watch, "on_late", [lambda _session, _actor, cause_id, late: heard.append((cause_id, late))])
    return heard


def signed(minutes: int = 180, **more: Any) -> dict[str, Any]:
    """Signed for some minutes ago."""
    return {"handover": "signed_in_person", "occurred_at": clock.now() - timedelta(minutes=minutes)} | more


def lock(session: Session, goods: UUID, kind: str = "recall") -> UUID:
    """Lock a batch everywhere, now."""
    cause_id = new_id()
    holds.place(session, SYSTEM, [goods], Cause(kind, cause_id), "red", clock.now())
    return cause_id


def flags(session: Session) -> list[tuple[str, UUID | None]]:
    """Return what officers are to look at."""
    rows = session.scalars(select(Flag).order_by(col(Flag.kind)))
    return [(row.kind, row.batch_id) for row in rows if row.subject_kind != "arrival"]


def test_signed_for_before_the_lock_and_entered_after_it(
    session: Session, seller: Party, buyer: Party, goods: UUID, told: list[Any]
) -> None:
    """The goods travel locked to the buyer, the recall learns of it, and the buyer still says into which zone."""
    recall_id = lock(session, goods)
    made = send(session, merchant(seller), seller, buyer, goods, 30, **signed())
    assert (made["state"], made["late"]) == ("signed", True)
    assert stock(session, goods) == {
        ("zone", seller.zone_id): (70, 70), ("transit", made["consignment_id"]): (30, 30),
    }  # fmt: skip
    ((cause_id, late),) = told
    assert cause_id == recall_id
    assert late.units == {goods: 30}
    assert (late.subject_kind, late.subject_id) == ("consignment", made["consignment_id"])
    assert (late.site_id, late.to_business_id, late.to_site_id) == (seller.site_id, buyer.business_id, buyer.site_id)
    assert [warning["code"] for warning in made["warnings"]] == ["late_under_recall"]
    lines = [{"batch_id": goods, "quantity_units": 30}]
    service.confirm(session, merchant(buyer), made["consignment_id"], zone_id=buyer.zone_id, lines=lines)
    assert stock(session, goods)["zone", buyer.zone_id] == (30, 30)
    assert check.stock_from_movements(session) is None


def test_to_a_name_the_goods_are_sold(session: Session, seller: Party, goods: UUID, told: list[Any]) -> None:
    lock(session, goods)
    made = send(session, merchant(seller), seller, PERSON, goods, 30, **signed())
    assert (made["state"], made["late"]) == ("signed", True)
    assert stock(session, goods) == {("zone", seller.zone_id): (70, 70)}
    assert told[0][1].to_business_id is None
    assert check.stock_from_movements(session) is None


def test_under_another_lock_and_without_papers_officers_are_flagged(
    session: Session, seller: Party, buyer: Party, told: list[Any]
) -> None:
    bare = batch(session, seller, product(session), 50, papers=False)
    lock(session, bare, "result")
    made = send(session, merchant(seller), seller, buyer, bare, 10, **signed())
    assert told == []
    assert flags(session) == [("late_under_lock", bare), ("late_unproven", bare)]
    assert {warning["code"] for warning in made["warnings"]} == {"late_under_lock", "late_unproven"}
    assert made["lines"][0]["verdict"]["clear"] is False


def test_a_late_fact_about_free_goods_tells_nobody(
    session: Session, seller: Party, buyer: Party, goods: UUID, told: list[Any]
) -> None:
    made = send(session, merchant(seller), seller, buyer, goods, 30, **signed())
    assert (made["late"], made["warnings"], told, flags(session)) == (True, [], [], [])


@pytest.mark.parametrize("minutes", [0, 14])
def test_on_the_spot_it_is_judged_as_of_now(
    session: Session, seller: Party, buyer: Party, goods: UUID, minutes: int
) -> None:
    lock(session, goods)
    with pytest.raises(Conflict) as caught:
        send(session, merchant(seller), seller, buyer, goods, **signed(minutes))
    assert caught.value.code == "locked"


@pytest.mark.parametrize("minutes", [16, 180, 60 * 24])
def test_what_is_intended_is_not_back_dated_past_a_lock(
    session: Session, seller: Party, buyer: Party, goods: UUID, minutes: int
) -> None:
    lock(session, goods)
    when = clock.now() - timedelta(minutes=minutes)
    with pytest.raises(Conflict) as caught:
        send(session, merchant(seller), seller, buyer, goods, occurred_at=when)
    assert caught.value.code == "locked"
    assert stock(session, goods) == {("zone", seller.zone_id): (100, 100)}


def test_more_than_there_is_never_left(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    lock(session, goods)
    with pytest.raises(Conflict) as caught:
        send(session, merchant(seller), seller, buyer, goods, 101, **signed())
    assert caught.value.code == "insufficient_stock"


def bought(session: Session, seller: Party, buyer: Party, goods: UUID, units: int = 30) -> None:
    """Let a buyer have units from a seller."""
    road = send(session, merchant(seller), seller, buyer, goods, units)["consignment_id"]
    lines = [{"batch_id": goods, "quantity_units": units}]
    service.confirm(session, merchant(buyer), road, zone_id=buyer.zone_id, lines=lines)


def back(session: Session, actor: Any, owner: Party, to: Any, goods: UUID, units: int = 10, **more: Any) -> Any:
    """Send units back."""
    to = {"business": str(to.business_id)} if isinstance(to, Party) else to
    lines = [{"batch_id": goods, "quantity_units": units}]
    return service.dispatch_return(session, actor, from_zone_id=owner.zone_id, to=to, lines=lines, **more)


def test_locked_goods_go_back_to_whom_they_came_from_and_stay_locked(
    session: Session, seller: Party, buyer: Party, goods: UUID
) -> None:
    bought(session, seller, buyer, goods)
    lock(session, goods)
    made = back(session, merchant(buyer), buyer, seller, goods, reason="退回")
    assert (made["state"], made["purpose"]) == ("in_transit", "return")
    road = made["consignment_id"]
    assert stock(session, goods)["transit", road] == (10, 10)
    lines = [{"batch_id": goods, "quantity_units": 10}]
    service.confirm(session, merchant(seller), road, zone_id=seller.zone_id, lines=lines)
    assert stock(session, goods) == {("zone", seller.zone_id): (80, 80), ("zone", buyer.zone_id): (20, 20)}
    assert check.stock_from_movements(session) is None


def seal(session: Session, owner: Party, goods: UUID, units: int) -> None:
    """Hold some of what an owner has in its first zone, apart."""
    (holding,) = [
        row
        for row in ledger.holdings(session, [goods])
        if (row.owner_id, row.zone_id) == (owner.business_id, owner.zone_id)
    ]
    holds.place_parts(
        session, SYSTEM, {holding.holding_id: units}, Cause("inspection", new_id()), "sealed", clock.now()
    )


def test_what_is_held_apart_goes_back_first_and_its_hold_goes_along(
    session: Session, seller: Party, buyer: Party, goods: UUID
) -> None:
    """Sealed units travel, arrive in part, and come back in part: at each place as many are held as went there."""
    bought(session, seller, buyer, goods, 30)
    seal(session, buyer, goods, 20)
    with pytest.raises(Conflict) as caught:
        send(session, merchant(buyer), buyer, seller, goods, 11)
    assert caught.value.code == "locked"
    road = back(session, merchant(buyer), buyer, seller, goods, 25)["consignment_id"]
    assert stock(session, goods)["transit", road] == (25, 20)
    assert stock(session, goods)["zone", buyer.zone_id] == (5, 0)
    lines = [{"batch_id": goods, "quantity_units": 10}]
    service.confirm(session, merchant(seller), road, zone_id=seller.zone_id, lines=lines, reason="先到 10 盒")
    assert stock(session, goods)["zone", seller.zone_id] == (80, 10)
    assert stock(session, goods)["transit", road] == (15, 10)
    settled = [{"batch_id": goods, "quantity_units": 15, "outcome": "returned"}]
    service.settle(session, merchant(buyer), road, lines=settled, reason="拉回")
    assert stock(session, goods) == {("zone", seller.zone_id): (80, 10), ("zone", buyer.zone_id): (20, 10)}
    assert check.stock_from_movements(session) is None


def test_late_goods_leave_free_ones_first(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    """60 of 100 are sealed; 50 had left: 40 free ones and 10 of the sealed, which officers are told of."""
    seal(session, seller, goods, 60)
    made = send(session, merchant(seller), seller, buyer, goods, 50, **signed())
    assert [warning["code"] for warning in made["warnings"]] == ["late_under_lock"]
    assert stock(session, goods) == {
        ("zone", seller.zone_id): (50, 50), ("transit", made["consignment_id"]): (50, 10),
    }  # fmt: skip
    assert check.stock_from_movements(session) is None


def test_a_return_is_no_way_around_a_lock(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    """Only to whom the goods came from: not to a third, not to a name, not from the one who had them first."""
    bought(session, seller, buyer, goods)
    lock(session, goods)
    for owner, to in ((buyer, party(session)), (seller, buyer)):
        with pytest.raises(Invalid) as caught:
            back(session, merchant(owner), owner, to, goods)
        assert caught.value.errors[0].code == "not_supplier"
    with pytest.raises(Invalid) as caught:
        back(session, merchant(buyer), buyer, PERSON, goods)
    assert caught.value.errors[0].code == "required"


def test_an_officer_returns_for_the_owner(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    bought(session, seller, buyer, goods)
    made = back(session, officer(), buyer, seller, goods)
    assert made["on_behalf_of"] == buyer.business_id


@pytest.mark.parametrize(
    ("celsius", "warned"), [(None, False), ("-18", False), ("-25.5", False), ("-17.99", True), ("4", True)]
)
def test_how_cold_it_left(
    session: Session, seller: Party, buyer: Party, goods: UUID, celsius: str | None, warned: bool
) -> None:
    measured = None if celsius is None else Decimal(celsius)
    made = send(session, merchant(seller), seller, buyer, goods, departure_temperature_c=measured)
    assert made["departure_temperature_c"] == measured
    assert [warning["code"] for warning in made["warnings"]] == (["departure_temperature"] if warned else [])


@pytest.mark.parametrize(("celsius", "warned"), [(None, False), ("-18", False), ("-12", True), ("0", True)])
def test_how_cold_it_came(
    session: Session, seller: Party, buyer: Party, goods: UUID, celsius: str | None, warned: bool
) -> None:
    road = send(session, merchant(seller), seller, buyer, goods)["consignment_id"]
    measured = None if celsius is None else Decimal(celsius)
    made = service.confirm(
        session, merchant(buyer), road, zone_id=buyer.zone_id, lines=[{"batch_id": goods, "quantity_units": 30}],
        arrival_temperature_c=measured,
    )  # fmt: skip
    assert made["arrival_temperature_c"] == measured
    assert [warning["code"] for warning in made["warnings"]] == (["arrival_temperature"] if warned else [])
