"""What posting does to the accounts, and what it refuses (R8, R10)."""

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds, postings, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold, Holding, Movement, Posting
from coldchain.ledger.postings import Draft
from tests.ledger.books import NOW, batch, party, product, sent, stock


def test_goods_go_on_the_road_and_arrive(session: Session) -> None:
    seller, buyer = party(session), party(session)
    goods = batch(session, seller, product(session), 100)
    road, draft = sent(goods, seller, 30)
    moved = service.post(session, SYSTEM, [draft])
    assert [movement.kind for movement in moved] == ["dispatch"]
    assert stock(session, goods) == {("zone", seller.zone_id): (70, 0), ("transit", road): (30, 0)}
    entries = postings.confirm(seller.business_id, buyer.business_id, buyer.zone_id, road, 30)
    service.post(session, SYSTEM, [Draft("confirmation", goods, entries, NOW, consignment_id=road, moves_locked=True)])
    assert stock(session, goods) == {("zone", seller.zone_id): (70, 0), ("zone", buyer.zone_id): (30, 0)}
    assert check.stock_from_movements(session) is None


def test_what_comes_back_is_the_sellers_again(session: Session) -> None:
    seller = party(session)
    goods = batch(session, seller, product(session), 100)
    road, draft = sent(goods, seller, 100)
    service.post(session, SYSTEM, [draft])
    entries = postings.reject(seller.business_id, seller.zone_id, road, 100)
    service.post(session, SYSTEM, [Draft("rejection", goods, entries, NOW, consignment_id=road, moves_locked=True)])
    assert stock(session, goods) == {("zone", seller.zone_id): (100, 0)}


def test_what_is_sold_has_no_balance_row(session: Session) -> None:
    seller = party(session)
    goods = batch(session, seller, product(session), 10)
    road = new_id()
    entries = postings.hand_over(seller.business_id, seller.zone_id, road, 10)
    service.post(session, SYSTEM, [Draft("dispatch", goods, entries, NOW, consignment_id=road)])
    assert stock(session, goods) == {}
    assert service.holdings(session, [goods]) == []
    sold = session.scalar(select(col(Posting.quantity_units)).where(col(Posting.account) == "sold"))
    assert sold == 10
    assert check.stock_from_movements(session) is None


@pytest.mark.parametrize(("wanted", "refused"), [(100, False), (101, True)])
def test_the_last_unit_leaves_and_not_one_more(session: Session, wanted: int, refused: bool) -> None:
    seller = party(session)
    goods = batch(session, seller, product(session), 100)
    _, draft = sent(goods, seller, wanted)
    if not refused:
        service.post(session, SYSTEM, [draft])
        return
    with pytest.raises(Conflict) as caught:
        service.post(session, SYSTEM, [draft])
    assert caught.value.code == "insufficient_stock"
    assert caught.value.extra == {"available": {str(goods): 100}}
    assert stock(session, goods) == {("zone", seller.zone_id): (100, 0)}


def test_two_lines_from_one_account_are_taken_together(session: Session) -> None:
    """60 and 50 of 100 each fit alone and not together: the sum is judged."""
    seller = party(session)
    goods = batch(session, seller, product(session), 100)
    with pytest.raises(Conflict) as caught:
        service.post(session, SYSTEM, [sent(goods, seller, 60)[1], sent(goods, seller, 50)[1]])
    assert caught.value.code == "insufficient_stock"
    service.post(session, SYSTEM, [sent(goods, seller, 60)[1], sent(goods, seller, 40)[1]])
    assert ("zone", seller.zone_id) not in stock(session, goods)


def test_one_short_line_stops_all_lines(session: Session) -> None:
    seller = party(session)
    of = product(session)
    plenty, little = batch(session, seller, of, 100), batch(session, seller, of, 5)
    with pytest.raises(Conflict):
        service.post(session, SYSTEM, [sent(plenty, seller, 10)[1], sent(little, seller, 6)[1]])
    assert stock(session, plenty) == {("zone", seller.zone_id): (100, 0)}
    assert session.scalars(select(Movement).where(col(Movement.kind) == "dispatch")).all() == []


def test_another_owners_goods_in_the_same_zone_are_another_account(session: Session) -> None:
    keeper, tenant = party(session), party(session)
    goods = batch(session, keeper, product(session), 100)
    tenant.zones = keeper.zones
    with pytest.raises(Conflict) as caught:
        service.post(session, SYSTEM, [sent(goods, tenant, 1)[1]])
    assert caught.value.extra == {"available": {str(goods): 0}}


def test_a_held_batch_does_not_leave_and_the_refusal_names_the_cause(session: Session) -> None:
    seller = party(session)
    goods = batch(session, seller, product(session), 100)
    cause = Cause("recall", new_id(), 1)
    holds.place(session, SYSTEM, [goods], cause, "red", NOW)
    with pytest.raises(Conflict) as caught:
        service.post(session, SYSTEM, [sent(goods, seller, 1)[1]])
    assert caught.value.code == "locked"
    assert caught.value.extra["holds"] == [
        {"batch_id": str(goods), "grade": "red", "cause": {"kind": "recall", "id": str(cause.id), "version": 1}}
    ]


@pytest.mark.parametrize("answer", ["confirm", "reject"])
def test_what_already_travels_arrives_and_carries_the_lock(session: Session, answer: str) -> None:
    seller, buyer = party(session), party(session)
    goods = batch(session, seller, product(session), 100)
    road, draft = sent(goods, seller, 40)
    service.post(session, SYSTEM, [draft])
    holds.place(session, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW)
    assert stock(session, goods)["transit", road] == (40, 40)
    if answer == "confirm":
        entries = postings.confirm(seller.business_id, buyer.business_id, buyer.zone_id, road, 40)
        expected = {("zone", seller.zone_id): (60, 60), ("zone", buyer.zone_id): (40, 40)}
    else:
        entries = postings.reject(seller.business_id, seller.zone_id, road, 40)
        expected = {("zone", seller.zone_id): (100, 100)}
    service.post(session, SYSTEM, [Draft("confirmation", goods, entries, NOW, consignment_id=road, moves_locked=True)])
    assert stock(session, goods) == expected
    assert check.stock_from_movements(session) is None


def _part_hold(session: Session, goods: object, units: int) -> None:
    """Hold a part of the only holding, as an inspection on site does."""
    holding = session.scalars(select(Holding).where(col(Holding.batch_id) == goods)).one()
    session.add(
        Hold(
            batch_id=holding.batch_id, holding_id=holding.holding_id, quantity_units=units, grade="amber",
            cause_kind="inspection", cause_id=new_id(), cause_version=1, occurred_at=NOW, recorded_at=NOW,
        )
    )  # fmt: skip
    session.flush()
    holds.recompute(session, [holding.batch_id])


@pytest.mark.parametrize(("wanted", "code"), [(70, None), (71, "locked"), (100, "locked"), (101, "insufficient_stock")])
def test_a_part_that_is_held_stays_and_the_rest_may_go(session: Session, wanted: int, code: str | None) -> None:
    seller = party(session)
    goods = batch(session, seller, product(session), 100)
    _part_hold(session, goods, 30)
    _, draft = sent(goods, seller, wanted)
    if code is None:
        service.post(session, SYSTEM, [draft])
        assert stock(session, goods)["zone", seller.zone_id] == (30, 30)
        assert check.stock_from_movements(session) is None
        return
    with pytest.raises(Conflict) as caught:
        service.post(session, SYSTEM, [draft])
    assert caught.value.code == code


def test_posting_costs_the_same_statements_for_one_line_and_for_many(session: Session) -> None:
    seller, of = party(session), product(session)
    goods = [batch(session, seller, of, 10) for _ in range(40)]
    counts = []
    for chosen in (goods[:1], goods[1:]):
        drafts = [sent(one, seller, 3)[1] for one in chosen]
        said: list[str] = []

        def count(_c: object, _cu: object, statement: str, *_: object, into: list[str] = said) -> None:
            into.append(statement)

        event.listen(session.connection(), "before_cursor_execute", count)
        service.post(session, SYSTEM, drafts)
        event.remove(session.connection(), "before_cursor_execute", count)
        counts.append(len(said))
    assert counts[0] == counts[1] <= 8


def test_a_movement_that_does_not_balance_is_refused_by_code_and_by_the_database(session: Session) -> None:
    seller = party(session)
    goods = batch(session, seller, product(session), 10)
    one_sided = postings.Entry("zone", seller.business_id, seller.zone_id, None, 5)
    with pytest.raises(AssertionError):
        service.post(session, SYSTEM, [Draft("intake", goods, (one_sided,), NOW)])
    movement = session.scalars(select(Movement).where(col(Movement.batch_id) == goods)).one()
    with pytest.raises(DBAPIError, match="do not balance"), session.begin_nested():
        session.execute(
            text("""INSERT INTO posting (posting_id, movement_id, line_no, batch_id, account, owner_id, quantity_units)
                    VALUES (:id, :movement, 3, :batch, 'found', :owner, 1)"""),
            {"id": new_id(), "movement": movement.movement_id, "batch": goods, "owner": seller.business_id},
        )


@pytest.mark.parametrize("table", ["movement", "posting"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET batch_id = batch_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_posted_is_never_changed(session: Session, table: str, statement: str) -> None:
    batch(session, party(session), product(session))
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"), session.begin_nested():
        session.execute(text(statement.format(table)))


@pytest.mark.parametrize("count", [0, service.MOVEMENTS_PER_POST + 1])
def test_a_post_is_bounded(session: Session, count: int) -> None:
    seller = party(session)
    draft = sent(new_id(), seller, 1)[1]
    with pytest.raises(ValueError, match="movements at once"):
        service.post(session, SYSTEM, [draft] * count)
