"""What each kind of stock entry does to the accounts, and what refuses it (R1, R4, R8, R10, R12, R13)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.core.errors import Conflict, DomainError, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.ledger import check
from coldchain.ledger.models import Movement
from coldchain.registry.models import Business
from coldchain.trade.service import entries
from tests.ledger.books import Party, batch, party, product, stock
from tests.trade.entries import accounts, entry_count, facts, flags, line, positive, recall, seal, zone
from tests.trade.parties import merchant, officer

PROVEN = {"receiver": "示例无害化处理厂", "receipt_no": "WHH-1", "witness": "王示例"}


@pytest.fixture
def owner(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, owner: Party) -> UUID:
    """100 units, cleared, six in a piece, in the owner's general zone."""
    return batch(session, owner, product(session), 100)


def do(session: Session, use_case: Any, owner: Party, goods: Any, units: int = 10, **more: Any) -> dict[str, Any]:
    """Enter units of one batch (or lines) by the owner."""
    lines = goods if isinstance(goods, list) else [line(goods, units)]
    made: dict[str, Any] = use_case(session, merchant(owner), **({"zone_id": owner.zone_id, "lines": lines} | more))
    return made


def refused(code: str, session: Session, *given: Any, **more: Any) -> DomainError:
    """Expect a refusal that leaves no entry behind."""
    before = entry_count(session)
    with pytest.raises(DomainError) as caught, session.begin_nested():
        do(session, *given, **more)
    assert code in {caught.value.code, *(error.code for error in caught.value.errors)}
    assert entry_count(session) == before
    return caught.value


LEAVING = [
    (entries.sell, {}, "sold", "sale.recorded"),
    (entries.use, {}, "used", "use.recorded"),
    (entries.lose, {"reason": "包装破损"}, "lost", "loss.recorded"),
    (entries.destroy, PROVEN, "destroyed", "goods.destroyed"),
    (
        entries.give_back,
        {"to": {"name": "示例外贸", "country": "BR"}, "receipt_no": "TY-1"},
        "returned",
        "goods.returned",
    ),
]


@pytest.mark.parametrize(("use_case", "more", "account", "fact"), LEAVING, ids=[row[2] for row in LEAVING])
def test_goods_leave_onto_their_account_and_the_journal_tells_it(
    session: Session, owner: Party, goods: UUID, use_case: Any, more: Any, account: str, fact: str
) -> None:
    made = do(session, use_case, owner, goods, 10, **more)
    assert stock(session, goods) == {("zone", owner.zone_id): (90, 0)}
    assert accounts(session, goods) == {"opening": -100, "zone": 90, account: 10}
    assert (made["late"], made["flags"], made["warnings"]) == (False, [], [])
    assert [(row["quantity_units"], row["current_units"], row["mass_g"]) for row in made["lines"]] == [(10, 10, 20_000)]
    (told,) = facts(session, made["entry_id"])
    assert (told.kind, told.business_id, told.region_code) == (fact, owner.business_id, "230203")
    (movement,) = json.loads(told.body)["data"]["movements"]
    assert [(side[0], side[3]) for side in movement["entries"]] == [("zone", -10), (account, 10)]
    written = session.get_one(Movement, UUID(movement["id"]))
    assert (written.entry_id, written.kind) == (made["entry_id"], made["kind"])
    assert made["lines"][0]["movement_id"] == written.movement_id
    assert check.stock_from_movements(session) is None


@pytest.mark.parametrize("use_case", [entries.sell, entries.use])
def test_sales_and_uses_keep_the_verdict_that_let_them_go(
    session: Session, owner: Party, goods: UUID, use_case: Any
) -> None:
    made = do(session, use_case, owner, goods)
    assert made["lines"][0]["verdict"]["clear"] is True
    assert made["lines"][0]["verdict"]["judged_for"]


@pytest.mark.parametrize("use_case", [entries.sell, entries.use])
def test_the_gate_refuses_what_is_intended(session: Session, owner: Party, use_case: Any) -> None:
    goods, unproven = (batch(session, owner, product(session), 50, papers=papers) for papers in (True, False))
    error = refused("gate_refused", session, use_case, owner, [line(goods, 5), line(unproven, 5)])
    assert [(row["line"], row["batch_id"]) for row in error.extra["missing"]] == [(1, str(unproven))]
    assert accounts(session, goods) == {"opening": -50, "zone": 50}


@pytest.mark.parametrize(("use_case", "more", "account", "fact"), LEAVING, ids=[row[2] for row in LEAVING])
def test_no_more_than_there_is(
    session: Session, owner: Party, goods: UUID, use_case: Any, more: Any, account: str, fact: str
) -> None:
    error = refused("insufficient_stock", session, use_case, owner, goods, 101, **more)
    assert error.extra["available"] == {str(goods): 100}
    do(session, use_case, owner, goods, 100, **more)
    assert accounts(session, goods) == {"opening": -100, account: 100}


def test_one_line_too_much_refuses_all(session: Session, owner: Party, goods: UUID) -> None:
    other = batch(session, owner, product(session), 5)
    refused("insufficient_stock", session, entries.sell, owner, [line(goods, 10), line(other, 6)])
    assert accounts(session, goods) == {"opening": -100, "zone": 100}


def test_a_batch_is_named_once(session: Session, owner: Party, goods: UUID) -> None:
    refused("duplicate_batch", session, entries.sell, owner, [line(goods, 1), line(goods, 1)])


@pytest.mark.parametrize(
    ("use_case", "more"),
    [(entries.sell, {}), (entries.use, {}), (entries.open_pieces, {})],
    ids=["sale", "use", "opening"],
)
def test_a_lock_refuses_what_is_intended(session: Session, owner: Party, goods: UUID, use_case: Any, more: Any) -> None:
    recall(session, goods)
    error = refused("locked", session, use_case, owner, goods, 6, **more)
    assert error.extra["holds"][0]["cause"]["kind"] == "recall"


def test_units_held_apart_stay_and_the_rest_may_go(session: Session, owner: Party, goods: UUID) -> None:
    seal(session, owner, goods, 40)
    refused("locked", session, entries.sell, owner, goods, 61)
    do(session, entries.sell, owner, goods, 60)
    assert stock(session, goods) == {("zone", owner.zone_id): (40, 40)}
    refused("locked", session, entries.use, owner, goods, 1)
    refused("insufficient_stock", session, entries.use, owner, goods, 41)


# --- losses, destruction, returns of locked goods ---


@pytest.mark.parametrize("whole", [True, False])
def test_a_loss_of_locked_goods_is_told_and_accepted(session: Session, owner: Party, goods: UUID, whole: bool) -> None:
    recall(session, goods) if whole else seal(session, owner, goods, 95)
    made = do(session, entries.lose, owner, goods, 10, reason="冷库断电")
    assert accounts(session, goods) == {"opening": -100, "zone": 90, "lost": 10}
    assert stock(session, goods) == {("zone", owner.zone_id): (90, 90)}
    assert flags(session, made["entry_id"]) == [("count_under_lock", goods)]
    assert (made["late"], made["flags"]) == (False, ["count_under_lock"])
    assert [warning["code"] for warning in made["warnings"]] == ["count_under_lock"]
    assert check.stock_from_movements(session) is None


def test_a_loss_of_free_units_beside_held_ones_is_nobodys_business(session: Session, owner: Party, goods: UUID) -> None:
    seal(session, owner, goods, 95)
    made = do(session, entries.lose, owner, goods, 5, reason="包装破损")
    assert (made["flags"], made["warnings"]) == ([], [])
    assert stock(session, goods) == {("zone", owner.zone_id): (95, 95)}


@pytest.mark.parametrize("whole", [True, False])
def test_locked_goods_are_destroyed_held_ones_first(session: Session, owner: Party, goods: UUID, whole: bool) -> None:
    recall(session, goods) if whole else seal(session, owner, goods, 40)
    do(session, entries.destroy, owner, goods, 30, **PROVEN)
    left = (70, 70) if whole else (70, 10)
    assert stock(session, goods) == {("zone", owner.zone_id): left}
    do(session, entries.destroy, owner, goods, 70, **PROVEN)
    assert accounts(session, goods) == {"opening": -100, "destroyed": 100}
    assert check.stock_from_movements(session) is None


def test_locked_goods_are_not_destroyed_without_papers(session: Session, owner: Party, goods: UUID) -> None:
    seal(session, owner, goods, 1)
    for name in PROVEN:
        error = refused("required", session, entries.destroy, owner, goods, 1, **(PROVEN | {name: None}))
        assert [each.pointer for each in error.errors] == [f"/{name}"]
    error = refused("required", session, entries.give_back, owner, goods, 1, to={"name": "示例外贸"})
    assert [each.pointer for each in error.errors] == ["/receipt_no"]
    refused("required", session, entries.give_back, owner, goods, 1)
    assert stock(session, goods) == {("zone", owner.zone_id): (100, 1)}


def test_free_goods_may_go_without_papers_and_the_answer_says_so(session: Session, owner: Party, goods: UUID) -> None:
    for use_case in (entries.destroy, entries.give_back):
        made = do(session, use_case, owner, goods, 1)
        assert [warning["code"] for warning in made["warnings"]] == ["unproven"]


def test_the_witness_is_a_person_whom_the_journal_does_not_name(session: Session, owner: Party, goods: UUID) -> None:
    made = do(session, entries.destroy, owner, goods, 1, reason="李示例说坏了", method="incineration", **PROVEN)
    assert (made["witness"], made["reason"], made["detail"]["receipt_no"]) == ("王示例", "李示例说坏了", "WHH-1")
    (told,) = facts(session, made["entry_id"])
    assert "王示例" not in told.body
    assert "李示例" not in told.body
    assert set(json.loads(told.body)["data"]["people"]) == {"witness", "reason"}


def test_a_return_to_a_registered_business_is_a_consignment(session: Session, owner: Party) -> None:
    buyer = party(session)
    goods = batch(session, owner, product(session), 50)
    do(session, entries.change_owner, owner, goods, 20, to_owner=str(buyer.business_id))
    made = entries.give_back(
        session, merchant(buyer), zone_id=owner.zone_id, lines=[line(goods, 5)],
        to={"business": str(owner.business_id)}, reason="多了",
    )  # fmt: skip
    assert (made["kind"], made["entry_id"], made["lines"][0]["current_units"]) == ("return", None, 5)
    assert stock(session, goods)["transit", made["consignment_id"]] == (5, 0)
    for extra in ({"to": {"business": str(owner.business_id), "name": "示例"}}, {"receipt_no": "1"}):
        given = {"to": {"business": str(owner.business_id)}} | extra
        with pytest.raises(Invalid) as caught:
            entries.give_back(session, merchant(buyer), zone_id=owner.zone_id, lines=[line(goods, 5)], **given)
        assert caught.value.errors[0].code == "one_receiver"


# --- relocation ---


def test_goods_move_to_another_zone(session: Session, owner: Party, goods: UUID) -> None:
    there = zone(session, owner)
    made = do(session, entries.relocate, owner, goods, 30, to_zone_id=there)
    assert stock(session, goods) == {("zone", owner.zone_id): (70, 0), ("zone", there): (30, 0)}
    assert accounts(session, goods) == {"opening": -100, "zone": 100}
    assert (made["to_zone_id"], made["lines"][0]["verdict"]) == (there, None)
    assert facts(session, made["entry_id"])[0].kind == "goods.relocated"


def test_goods_may_move_into_another_businesss_store(session: Session, owner: Party, goods: UUID) -> None:
    store = party(session, site_kind="cold_store")
    do(session, entries.relocate, owner, goods, 30, to_zone_id=store.zone_id)
    assert stock(session, goods)["zone", store.zone_id] == (30, 0)
    made = do(session, entries.sell, owner, goods, 30, zone_id=store.zone_id)
    assert made["site_id"] == store.site_id


def test_goods_go_into_anothers_shop_by_a_consignment_only(session: Session, owner: Party, goods: UUID) -> None:
    shop = party(session)
    with pytest.raises(NotFound):  # whose zone that is, and of what kind, is nobody else's to learn
        do(session, entries.relocate, owner, goods, 30, to_zone_id=shop.zone_id)
    with pytest.raises(Conflict) as told:
        entries.relocate(
            session, officer(), owner=owner.business_id, zone_id=owner.zone_id, to_zone_id=shop.zone_id,
            lines=[line(goods, 30)],
        )  # fmt: skip
    assert told.value.code == "not_a_store"


def test_unproven_goods_may_be_stored_elsewhere(session: Session, owner: Party) -> None:
    goods = batch(session, owner, product(session), 10, papers=False)
    do(session, entries.relocate, owner, goods, 10, to_zone_id=zone(session, owner))


def test_a_relocation_goes_somewhere_else(session: Session, owner: Party, goods: UUID) -> None:
    refused("same_zone", session, entries.relocate, owner, goods, 1, to_zone_id=owner.zone_id)
    refused("not_found", session, entries.relocate, owner, goods, 1, to_zone_id=new_id())


@pytest.mark.parametrize(
    ("imported", "kind", "fits"),
    [
        (True, "import_dedicated", True),
        (True, "sale_counter", True),
        (True, "general", False),
        (True, "quarantine", True),
        (True, "processing", True),
        (False, "general", True),
        (False, "import_dedicated", False),
        (False, "sale_counter", False),
    ],
)
def test_imported_goods_have_zones_of_their_own(session: Session, imported: bool, kind: str, fits: bool) -> None:
    owner = party(session, kind="import_dedicated" if imported else "general")
    goods = batch(session, owner, product(session, imported=imported), 10)
    there = zone(session, owner, kind)
    if fits:
        do(session, entries.relocate, owner, goods, 1, to_zone_id=there)
    else:
        error = refused("zone_not_dedicated", session, entries.relocate, owner, goods, 1, to_zone_id=there)
        assert error.extra["batch_ids"] == [str(goods)]


@pytest.mark.parametrize(
    ("source", "target", "kind", "outcome"),
    [
        ("ultra", "frozen", "general", "zone_too_warm"),
        ("frozen", "chilled", "general", "zone_too_warm"),
        ("ultra", "chilled", "general", "zone_too_warm"),
        ("frozen", "ultra", "general", None),
        ("chilled", "frozen", "general", None),
        ("frozen", "chilled", "quarantine", "warmer_zone"),
        ("frozen", "chilled", "processing", "warmer_zone"),
        ("frozen", "frozen", "quarantine", None),
    ],
)
def test_goods_are_not_stored_warmer(
    session: Session, owner: Party, source: str, target: str, kind: str, outcome: str | None
) -> None:
    goods = batch(session, owner, product(session), 10)
    here = zone(session, owner, "processing", source)  # a warm one takes frozen goods to be worked on
    do(session, entries.relocate, owner, goods, 10, to_zone_id=here)
    given = {"zone_id": here, "to_zone_id": zone(session, owner, kind, target)}
    if outcome == "zone_too_warm":
        refused(outcome, session, entries.relocate, owner, goods, 1, **given)
        return
    made = do(session, entries.relocate, owner, goods, 1, **given)
    assert made["flags"] == ([outcome] if outcome else [])
    assert [warning["code"] for warning in made["warnings"]] == ([outcome] if outcome else [])


def test_goods_on_sale_may_lie_warmer(session: Session) -> None:
    owner = party(session, kind="import_dedicated")
    goods = batch(session, owner, product(session, imported=True), 10)
    made = do(session, entries.relocate, owner, goods, 1, to_zone_id=zone(session, owner, "sale_counter", "chilled"))
    assert made["flags"] == ["warmer_zone"]


def test_locked_goods_move_into_quarantine_only_and_stay_locked(session: Session, owner: Party, goods: UUID) -> None:
    cause = recall(session, goods)
    refused("locked", session, entries.relocate, owner, goods, 30, to_zone_id=zone(session, owner))
    apart = zone(session, owner, "quarantine")
    do(session, entries.relocate, owner, goods, 30, to_zone_id=apart)
    assert stock(session, goods) == {("zone", owner.zone_id): (70, 70), ("zone", apart): (30, 30)}
    refused("locked", session, entries.relocate, owner, goods, 30, zone_id=apart, to_zone_id=owner.zone_id)
    assert cause
    assert check.stock_from_movements(session) is None


def test_a_part_lock_goes_into_quarantine_with_its_units(session: Session, owner: Party, goods: UUID) -> None:
    seal(session, owner, goods, 40)
    apart = zone(session, owner, "quarantine")
    do(session, entries.relocate, owner, goods, 50, to_zone_id=apart)
    assert stock(session, goods) == {("zone", owner.zone_id): (50, 0), ("zone", apart): (50, 40)}
    refused("locked", session, entries.sell, owner, goods, 11, zone_id=apart)
    do(session, entries.sell, owner, goods, 50)
    assert check.stock_from_movements(session) is None


# --- owner change ---


def test_goods_become_anothers_where_they_lie(session: Session, owner: Party, goods: UUID) -> None:
    buyer = party(session)
    made = do(session, entries.change_owner, owner, goods, 30, to_owner=str(buyer.business_id))
    assert (made["to_owner"].business_id, made["lines"][0]["verdict"]["clear"]) == (buyer.business_id, True)
    assert accounts(session, goods) == {"opening": -100, "zone": 100}
    do(session, entries.sell, buyer, goods, 30, zone_id=owner.zone_id)
    refused("insufficient_stock", session, entries.sell, owner, goods, 71)
    assert check.stock_from_movements(session) is None


def test_a_change_of_owner_is_gated_and_locked(session: Session, owner: Party, goods: UUID) -> None:
    to = {"to_owner": str(party(session).business_id)}
    unproven = batch(session, owner, product(session), 10, papers=False)
    refused("gate_refused", session, entries.change_owner, owner, unproven, 1, **to)
    positive(session, goods)
    refused("locked", session, entries.change_owner, owner, goods, 1, **to)


def test_who_may_become_the_owner(session: Session, owner: Party, goods: UUID) -> None:
    refused("same_owner", session, entries.change_owner, owner, goods, 1, to_owner=str(owner.business_id))
    refused("unknown_business", session, entries.change_owner, owner, goods, 1, to_owner=str(new_id()))
    pending = party(session, status="pending")
    made = do(session, entries.change_owner, owner, goods, 1, to_owner=str(pending.business_id))
    assert [warning["code"] for warning in made["warnings"]] == ["receiver_not_active"]


@pytest.mark.parametrize("status", ["suspended", "closed", "rejected"])
def test_a_stopped_business_sells_nothing(session: Session, owner: Party, goods: UUID, status: str) -> None:
    session.get_one(Business, owner.business_id).status = status
    session.flush()
    refused("seller_not_active", session, entries.sell, owner, goods)
    refused("seller_not_active", session, entries.change_owner, owner, goods, to_owner=str(party(session).business_id))
    do(session, entries.lose, owner, goods, reason="过期")


# --- opening ---


def test_whole_pieces_are_opened(session: Session, owner: Party, goods: UUID) -> None:
    made = do(session, entries.open_pieces, owner, goods, 12)
    assert stock(session, goods) == {("zone", owner.zone_id): (100, 0)}
    assert [warning["code"] for warning in made["warnings"]] == ["print_counter_label"]
    (told,) = facts(session, made["entry_id"])
    assert told.kind == "piece.opened"
    (movement,) = session.scalars(select(Movement).where(col(Movement.entry_id) == made["entry_id"]))
    assert movement.kind == "opening_of_piece"
    assert check.stock_from_movements(session) is None


@pytest.mark.parametrize("units", [1, 5, 7, 11])
def test_half_a_piece_is_not_opened(session: Session, owner: Party, goods: UUID, units: int) -> None:
    other = batch(session, owner, product(session), 12)
    error = refused("not_whole_pieces", session, entries.open_pieces, owner, [line(other, 6), line(goods, units)])
    assert [(each.pointer, each.params) for each in error.errors] == [("/lines/1/quantity_units", {"pack": 6})]


def test_no_more_pieces_than_there_are(session: Session, owner: Party, goods: UUID) -> None:
    refused("insufficient_stock", session, entries.open_pieces, owner, goods, 102)


# --- recovery ---


def test_sold_goods_come_back(session: Session, owner: Party, goods: UUID) -> None:
    do(session, entries.sell, owner, goods, 30)
    made = do(session, entries.recover, owner, goods, 20, from_account="sold")
    assert accounts(session, goods) == {"opening": -100, "zone": 90, "sold": 10}
    assert made["detail"] == {"from": "sold"}
    error = refused("insufficient_stock", session, entries.recover, owner, goods, 11, from_account="sold")
    assert error.extra == {"available": {str(goods): 10}, "account": "sold"}
    refused("insufficient_stock", session, entries.recover, owner, goods, 1, from_account="missing")
    do(session, entries.recover, owner, goods, 10, from_account="sold")
    assert check.stock_from_movements(session) is None


def test_anothers_sales_are_not_recovered(session: Session, owner: Party, goods: UUID) -> None:
    buyer = party(session)
    do(session, entries.change_owner, owner, goods, 30, to_owner=str(buyer.business_id))
    do(session, entries.sell, buyer, goods, 30, zone_id=owner.zone_id)
    refused("insufficient_stock", session, entries.recover, owner, goods, 1, from_account="sold")


def test_recovered_goods_are_locked_while_their_batch_is(session: Session, owner: Party, goods: UUID) -> None:
    do(session, entries.sell, owner, goods, 30)
    recall(session, goods)
    do(session, entries.recover, owner, goods, 20, from_account="sold")
    assert stock(session, goods) == {("zone", owner.zone_id): (90, 90)}
    assert check.stock_from_movements(session) is None


def test_goods_are_not_recovered_into_a_wrong_zone(session: Session, owner: Party, goods: UUID) -> None:
    do(session, entries.sell, owner, goods, 30)
    counter = zone(session, owner, "import_dedicated")
    refused("zone_not_dedicated", session, entries.recover, owner, goods, 1, from_account="sold", zone_id=counter)


def test_an_officer_enters_on_behalf(session: Session, owner: Party, goods: UUID) -> None:
    made = entries.sell(session, officer(), zone_id=owner.zone_id, lines=[line(goods, 1)])
    assert made["on_behalf_of"] == owner.business_id
    assert made["owner"].business_id == owner.business_id
