"""Dispatch: who may, to whom, and what is refused without anything half done (R1, R8, R10, R12)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM, Actor, Area
from coldchain.batches import reach
from coldchain.batches.models import Batch
from coldchain.core import clock
from coldchain.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal.models import JournalEntry, PersonalValue
from coldchain.ledger import check, holds
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold, Holding, Movement
from coldchain.policy.models import PolicyParameter
from coldchain.registry.models import Business
from coldchain.trade.models import Consignment
from coldchain.trade.service import confirm
from tests.ledger.books import NOW, Party, batch, party, product, stock
from tests.trade.parties import merchant, officer, send


@pytest.fixture
def seller(session: Session) -> Party:
    return party(session)


@pytest.fixture
def buyer(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, seller: Party) -> UUID:
    return batch(session, seller, product(session), 100)


def refused(session: Session, code: str, kind: type[DomainError], *args: Any, **more: Any) -> DomainError:
    """Send, expect that refusal, and see that nothing at all was written."""
    before = [session.scalar(select(func.count()).select_from(t)) for t in (Consignment, Movement, JournalEntry)]
    with pytest.raises(kind) as caught, session.begin_nested():
        send(session, *args, **more)
    found = {caught.value.code} | {error.code for error in caught.value.errors}
    assert code in found
    after = [session.scalar(select(func.count()).select_from(t)) for t in (Consignment, Movement, JournalEntry)]
    assert before == after
    return caught.value


def test_the_owner_sends_and_the_answer_tells_all(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    driver = {"name": "陈示例", "phone": "13900000000"}
    made = send(session, merchant(seller), seller, buyer, goods, vehicle_plate="黑B示001", driver=driver)
    assert (made["state"], made["late"], made["warnings"]) == ("in_transit", False, [])
    assert made["to"]["business"].business_id == buyer.business_id
    assert made["to_site_id"] == buyer.site_id
    assert made["driver"] == driver
    assert made["mass_g"] == 60_000
    (line,) = made["lines"]
    assert (line["batch_id"], line["quantity_units"], line["confirmed_units"]) == (goods, 30, None)
    assert line["verdict"]["clear"] is True
    assert (line["verdict"]["policy"]["code"], line["verdict"]["policy"]["version"]) == ("domestic_other", 1)
    assert stock(session, goods) == {
        ("zone", seller.zone_id): (70, 0), ("transit", made["consignment_id"]): (30, 0),
    }  # fmt: skip
    assert check.stock_from_movements(session) is None


def test_the_journal_has_the_fact_and_no_person(session: Session, seller: Party, goods: UUID) -> None:
    made = send(
        session, merchant(seller), seller, {"name": "王示例", "phone": "13700000000", "address": "示例路9号"}, goods,
        driver={"name": "陈示例", "phone": "13900000000"},
    )  # fmt: skip
    entry = session.scalars(select(JournalEntry).where(col(JournalEntry.subject_id) == made["consignment_id"])).one()
    assert entry.kind == "consignment.dispatched"
    assert (entry.business_id, entry.region_code) == (seller.business_id, "230203")
    for person in ("王示例", "13700000000", "陈示例", "13900000000", "示例路9号"):
        assert person not in entry.body
    row = session.get_one(Consignment, made["consignment_id"])
    kept = session.get_one(PersonalValue, row.to_name_id)
    assert kept.commitment in entry.body
    assert str(goods) in entry.body


def test_numbers_are_read_out_loud(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    numbers = {send(session, SYSTEM, seller, buyer, goods, 1)["consignment_no"] for _ in range(20)}
    assert len(numbers) == 20
    today = clock.now().astimezone(clock.BEIJING)
    assert all(number.startswith(f"FH{today:%y%m%d}-") and len(number) == 14 for number in numbers)


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        ("buyer", NotFound),
        ("stranger", NotFound),
        ("inspector", Forbidden),
        ("lab", Forbidden),
        ("elsewhere", NotFound),
    ],
)
def test_who_may_not_send(
    session: Session, seller: Party, buyer: Party, goods: UUID, actor: str, kind: type[DomainError]
) -> None:
    actors = {
        "buyer": merchant(buyer),
        "stranger": merchant(party(session)),
        "inspector": Actor(new_id(), "inspector", "示例", "inspector", areas=(Area("230203"),)),
        "lab": Actor(new_id(), "lab", "示例", "lab", business_id=buyer.business_id),
        "elsewhere": officer("511011"),
    }
    with pytest.raises(kind):
        send(session, actors[actor], seller, buyer, goods, owner=str(seller.business_id))


def test_an_officer_of_the_region_sends_for_the_owner(
    session: Session, seller: Party, buyer: Party, goods: UUID
) -> None:
    made = send(session, officer("230200"), seller, buyer, goods)
    assert made["on_behalf_of"] == seller.business_id
    movement = session.scalars(select(Movement).where(col(Movement.kind) == "dispatch")).one()
    assert movement.on_behalf_of == seller.business_id


def test_a_tenant_sends_its_own_goods_and_the_keeper_may_not(session: Session, seller: Party, buyer: Party) -> None:
    """Goods of one owner often lie in another's store: the account is (owner, zone)."""
    keeper = party(session)
    seller.zones, seller.site_id = keeper.zones, keeper.site_id
    goods = batch(session, seller, product(session), 10)
    with pytest.raises(Forbidden):
        send(session, merchant(keeper), seller, buyer, goods, 1, owner=str(seller.business_id))
    refused(session, "not_found", NotFound, merchant(keeper), seller, buyer, goods, 1)
    made = send(session, merchant(seller), seller, buyer, goods, 10)
    assert made["owner"].business_id == seller.business_id


def test_a_strangers_zone_and_a_strangers_batch_are_not_there(session: Session, seller: Party, buyer: Party) -> None:
    other = party(session)
    theirs = batch(session, other, product(session), 10)
    mine = batch(session, seller, product(session), 10)
    unknown = refused(session, "not_found", NotFound, merchant(seller), seller, buyer, new_id())
    strange = refused(session, "not_found", NotFound, merchant(seller), seller, buyer, theirs)
    assert str(strange) == str(unknown)
    refused(session, "not_found", NotFound, merchant(seller), other, buyer, mine)
    refused(session, "not_found", NotFound, merchant(seller), Party(new_id(), new_id(), [new_id()]), buyer, mine)


@pytest.mark.parametrize(("units", "code"), [(100, None), (101, "insufficient_stock")])
def test_stock_is_the_limit(
    session: Session, seller: Party, buyer: Party, goods: UUID, units: int, code: str | None
) -> None:
    if code is None:
        assert send(session, merchant(seller), seller, buyer, goods, units)["state"] == "in_transit"
        return
    refusal = refused(session, code, Conflict, merchant(seller), seller, buyer, goods, units)
    assert refusal.extra == {"available": {str(goods): 100}}


def test_a_batch_once_had_and_now_gone_is_insufficient_not_unknown(
    session: Session, seller: Party, buyer: Party, goods: UUID
) -> None:
    send(session, merchant(seller), seller, buyer, goods, 100)
    refused(session, "insufficient_stock", Conflict, merchant(seller), seller, buyer, goods, 1)


def test_the_gate_names_every_line_that_may_not_leave(session: Session, seller: Party, buyer: Party) -> None:
    of = product(session)
    good, bare, other = (
        batch(session, seller, of, 10), batch(session, seller, of, 10, papers=False),
        batch(session, seller, of, 10, papers=False),
    )  # fmt: skip
    lines = [{"batch_id": one, "quantity_units": 1} for one in (good, bare, other)]
    refusal = refused(session, "gate_refused", Conflict, merchant(seller), seller, buyer, lines)
    assert [(line["line"], line["batch_id"]) for line in refusal.extra["missing"]] == [(1, str(bare)), (2, str(other))]
    (item,) = refusal.extra["missing"][0]["missing"]
    assert item["rule"] == "R1"
    assert all(item[name] for name in ("code", "message_zh", "message_en", "next_zh", "next_en"))
    assert stock(session, good) == {("zone", seller.zone_id): (10, 0)}


@pytest.mark.parametrize(("region_code", "known"), [("230203", True), ("440300", False)])
def test_the_gate_is_that_of_the_sending_sites_region(
    session: Session, buyer: Party, region_code: str, known: bool
) -> None:
    """Imported goods of 18 Jan 2021: what Heilongjiang asks for then; where no row is known, that a row is missing."""
    seller = party(session, kind="import_dedicated", region_code=region_code)
    goods = batch(session, seller, product(session, imported=True), 10, at=NOW)
    refusal = refused(session, "gate_refused", Conflict, merchant(seller), seller, buyer, goods, 1)
    (line,) = refusal.extra["missing"]
    codes = {item["code"] for item in line["missing"]}
    assert codes
    assert ("policy_missing" in codes) is not known
    assert (line["policy"] is not None) is known


def test_a_lock_refuses_and_names_its_cause(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    cause = Cause("recall", new_id())
    holds.place(session, SYSTEM, [goods], cause, "red", NOW)
    refusal = refused(session, "locked", Conflict, merchant(seller), seller, buyer, goods, 1)
    assert refusal.extra["holds"][0]["cause"]["id"] == str(cause.id)
    holds.end(session, SYSTEM, cause, "撤回")
    assert send(session, merchant(seller), seller, buyer, goods, 1)["state"] == "in_transit"


def test_a_seal_at_one_holder_binds_nobody_else(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    """Units sealed on site bind their account; who has other goods of the batch isn't told of it."""
    road = send(session, merchant(seller), seller, buyer, goods, 40)["consignment_id"]
    lines = [{"batch_id": goods, "quantity_units": 40}]
    confirm(session, merchant(buyer), road, zone_id=buyer.zone_id, lines=lines)
    for of, units in ((buyer, 40), (seller, 50)):
        holding = session.scalars(select(Holding).where(col(Holding.zone_id) == of.zone_id)).one()
        session.add(
            Hold(
                batch_id=goods, holding_id=holding.holding_id, quantity_units=units, grade="sealed",
                cause_kind="inspection", cause_id=of.site_id, cause_version=1, occurred_at=NOW, recorded_at=NOW,
            )
        )  # fmt: skip
    session.flush()
    holds.recompute(session, [goods])
    refusal = refused(session, "locked", Conflict, merchant(seller), seller, buyer, goods, 11)
    assert [hold["cause"]["id"] for hold in refusal.extra["holds"]] == [str(seller.site_id)]
    assert send(session, merchant(seller), seller, buyer, goods, 10)["state"] == "in_transit"


def test_a_lock_is_said_before_missing_papers(session: Session, seller: Party, buyer: Party) -> None:
    """Nobody is sent for papers when the authority has locked the goods."""
    goods = batch(session, seller, product(session), 10, papers=False)
    holds.place(session, SYSTEM, [goods], Cause("result", new_id()), "amber", NOW)
    refused(session, "locked", Conflict, merchant(seller), seller, buyer, goods, 1)


def test_one_locked_line_stops_all(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    free = batch(session, seller, product(session), 10)
    holds.place(session, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW)
    lines = [{"batch_id": free, "quantity_units": 1}, {"batch_id": goods, "quantity_units": 1}]
    refused(session, "locked", Conflict, merchant(seller), seller, buyer, lines)


@pytest.mark.parametrize("status", ["suspended", "closed", "rejected"])
def test_a_stopped_seller_is_blocked(session: Session, buyer: Party, seller: Party, goods: UUID, status: str) -> None:
    session.execute(update(Business).where(col(Business.business_id) == seller.business_id).values(status=status))
    session.expire_all()
    refused(session, "seller_not_active", Conflict, merchant(seller), seller, buyer, goods)


@pytest.mark.parametrize("status", ["pending", "rejected", "suspended", "closed"])
def test_a_receiver_who_is_not_active_is_a_warning(session: Session, seller: Party, goods: UUID, status: str) -> None:
    made = send(session, merchant(seller), seller, party(session, status=status), goods)
    assert [warning["code"] for warning in made["warnings"]] == ["receiver_not_active"]


def test_what_the_rule_book_blocks_is_data(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    """R12 is data per kind: a later row makes unregistered receivers a refusal and lets stopped sellers go on."""
    for name, value in (("unregistered_party", "block"), ("suspended_seller", "warn")):
        session.add(
            PolicyParameter(
                name=name, value=value, valid_from=clock.now().date(), source="示例", recorded_at=clock.now()
            )
        )
    session.flush()
    refused(session, "receiver_not_active", Conflict, merchant(seller), seller, {"name": "王示例", "phone": "1"}, goods)
    session.execute(update(Business).where(col(Business.business_id) == seller.business_id).values(status="suspended"))
    session.expire_all()
    made = send(session, merchant(seller), seller, buyer, goods)
    assert [warning["code"] for warning in made["warnings"]] == ["seller_not_active"]


def test_a_pending_seller_is_a_warning(session: Session, buyer: Party) -> None:
    seller = party(session, status="pending")
    goods = batch(session, seller, product(session), 10)
    made = send(session, merchant(seller), seller, buyer, goods, 1)
    assert [warning["code"] for warning in made["warnings"]] == ["seller_not_approved"]


def test_goods_go_to_a_name_and_a_phone(session: Session, seller: Party, goods: UUID) -> None:
    to = {"name": "王示例", "phone": "13700000000", "address": "示例路9号"}
    made = send(session, merchant(seller), seller, to, goods)
    assert made["to"] == {"business": None} | to
    assert (made["state"], made["to_site_id"]) == ("in_transit", None)
    assert [warning["code"] for warning in made["warnings"]] == ["receiver_not_active"]


def test_signed_by_a_name_leaves_the_books(session: Session, seller: Party, goods: UUID) -> None:
    to = {"name": "王示例", "phone": "13700000000"}
    made = send(session, merchant(seller), seller, to, goods, 40, handover="signed_in_person")
    assert made["state"] == "signed"
    assert stock(session, goods) == {("zone", seller.zone_id): (60, 0)}
    send(session, merchant(seller), seller, to, goods, 60, handover="signed_in_person")
    assert stock(session, goods) == {}
    assert session.scalar(select(reach.current_status()).where(col(Batch.batch_id) == goods)) == "depleted"
    assert check.stock_from_movements(session) is None


def test_signed_by_a_business_is_theirs_to_put_away(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    made = send(session, merchant(seller), seller, buyer, goods, handover="signed_in_person")
    assert made["state"] == "signed"
    assert stock(session, goods)["transit", made["consignment_id"]] == (30, 0)


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ({}, "one_receiver"),
        ({"business": "B", "name": "王示例", "phone": "1"}, "one_receiver"),
        ({"business": "B", "phone": "1"}, "one_receiver"),
        ({"name": "王示例"}, "required"),
    ],
)
def test_exactly_one_receiver(session: Session, seller: Party, goods: UUID, to: dict[str, str], code: str) -> None:
    refused(session, code, Invalid, merchant(seller), seller, to, goods)


def test_sites_of_the_receiver(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    other = party(session)
    for site_id in (other.site_id, new_id()):
        refused(session, "not_receivers_site", Invalid, merchant(seller), seller, buyer, goods, to_site_id=site_id)
    name = {"name": "王示例", "phone": "1"}
    refused(session, "not_receivers_site", Invalid, merchant(seller), seller, name, goods, to_site_id=buyer.site_id)
    refused(session, "same_site", Invalid, merchant(seller), seller, seller, goods)
    nobody = {"business": "91230203NOBODY0000"}
    refused(session, "unknown_business", Invalid, merchant(seller), seller, nobody, goods)
    refused(session, "unknown_business", Invalid, officer(), seller, buyer, goods, owner=str(new_id()))


def test_a_batch_is_named_once(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    lines = [{"batch_id": goods, "quantity_units": 1}, {"batch_id": goods, "quantity_units": 2}]
    refusal = refused(session, "duplicate_batch", Invalid, merchant(seller), seller, buyer, lines)
    assert refusal.errors[0].pointer == "/lines/1/batch_id"


@pytest.mark.parametrize(
    ("handover", "minutes", "code"),
    [
        ("signed_in_person", 14, None),
        ("signed_in_person", 16, "late"),
        ("await_confirmation", 16, "late"),
        ("await_confirmation", -4, None),
        ("await_confirmation", -6, "in_future"),
    ],
)
def test_when_it_happened(
    session: Session, seller: Party, buyer: Party, goods: UUID, handover: str, minutes: int, code: str | None
) -> None:
    when = {"handover": handover, "occurred_at": clock.now() - timedelta(minutes=minutes)}
    if code in {None, "late"}:
        made = send(session, merchant(seller), seller, buyer, goods, **when)
        assert made["late"] is (code == "late")
        assert made["occurred_at"] == when["occurred_at"]
    else:
        refused(session, str(code), Invalid, merchant(seller), seller, buyer, goods, **when)


def test_goods_do_not_leave_before_they_came(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    refused(session, "before_intake", Invalid, merchant(seller), seller, buyer, goods, occurred_at=NOW)
