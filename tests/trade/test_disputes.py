"""Less, more, disputed, settled: who says what, where goods are, that nothing appears or vanishes (R8, R10)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM, Actor, Area
from coldchain.batches import watch
from coldchain.batches.models import Flag
from coldchain.core import clock
from coldchain.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal.models import JournalEntry
from coldchain.ledger import check, holds
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Posting
from coldchain.trade import service
from tests.ledger.books import Party, batch, party, product, stock
from tests.trade.parties import merchant, officer, send

PERSON = {"name": "王示例", "phone": "13700000000"}


@pytest.fixture
def seller(session: Session) -> Party:
    return party(session)


@pytest.fixture
def buyer(session: Session) -> Party:
    return party(session, 2)


@pytest.fixture
def goods(session: Session, seller: Party) -> UUID:
    return batch(session, seller, product(session), 100)


@pytest.fixture
def road(session: Session, seller: Party, buyer: Party, goods: UUID) -> UUID:
    """30 of 100 units on their way."""
    made: UUID = send(session, merchant(seller), seller, buyer, goods)["consignment_id"]
    return made


def lines(goods: UUID, units: int, **more: Any) -> list[dict[str, Any]]:
    """One line."""
    return [{"batch_id": goods, "quantity_units": units} | more]


def take(
    session: Session, by: Party | Actor, road: UUID, zone_id: UUID, goods: Any, units: int = 30, **more: Any
) -> Any:
    """Confirm what came."""
    actor = by if isinstance(by, Actor) else merchant(by)
    listed = goods if isinstance(goods, list) else lines(goods, units)
    return service.confirm(session, actor, road, zone_id=zone_id, lines=listed, **more)


def settled(session: Session, by: Party | Actor, road: UUID, goods: UUID, outcome: str, units: int, **more: Any) -> Any:
    """Settle one line."""
    actor = by if isinstance(by, Actor) else merchant(by)
    said = lines(goods, units, outcome=outcome)
    return service.settle(session, actor, road, lines=said, reason="协商一致", **more)


def units_of(made: dict[str, Any]) -> tuple[int | None, int, int]:
    """Return what of the first line is confirmed, disputed and open."""
    line = made["lines"][0]
    return line["confirmed_units"], line["disputed_units"], line["open_units"]


def sound(session: Session, goods: UUID, entered: int = 100) -> None:
    """See that the books agree with the movements and that nothing appeared or vanished (R10)."""
    assert check.stock_from_movements(session) is None
    summed = dict(
        session.execute(
            select(col(Posting.account), func.sum(col(Posting.quantity_units)))
            .where(col(Posting.batch_id) == goods)
            .group_by(col(Posting.account))
        ).all()
    )
    inside = sum(units for account, units in summed.items() if account not in {"opening", "found"})
    assert inside == entered - summed.get("found", 0)
    assert sum(summed.values()) == 0


def test_less_came(session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID) -> None:
    """What came is the buyer's; the rest stays on the road, disputed, until somebody says what became of it."""
    made = take(session, buyer, road, buyer.zone_id, goods, 25, reason="少 5 盒")
    assert (made["state"], made["answer_reason"], units_of(made)) == ("disputed", "少 5 盒", (25, 5, 0))
    assert stock(session, goods) == {
        ("zone", seller.zone_id): (70, 0), ("zone", buyer.zone_id): (25, 0), ("transit", road): (5, 0),
    }  # fmt: skip
    answer = made["answers"][0]
    assert (answer["kind"], answer["zone_id"], answer["reason"]) == ("confirmed", buyer.zone_id, "少 5 盒")
    assert [(line["outcome"], line["quantity_units"]) for line in answer["lines"]] == [
        ("delivered", 25), ("disputed", 5),
    ]  # fmt: skip
    sound(session, goods)


@pytest.mark.parametrize(
    ("outcome", "seller_has", "buyer_has"),
    [("delivered", 70, 30), ("returned", 75, 25), ("lost", 70, 25), ("missing", 70, 25)],
)
def test_each_way_to_settle(
    session: Session,
    seller: Party,
    buyer: Party,
    goods: UUID,
    road: UUID,
    outcome: str,
    seller_has: int,
    buyer_has: int,
) -> None:
    take(session, buyer, road, buyer.zone_id, goods, 25, reason="少 5 盒")
    by, more = (buyer, {"zone_id": buyer.zones[1]}) if outcome == "delivered" else (seller, {})
    made = settled(session, by, road, goods, outcome, 5, **more)
    assert (made["state"], units_of(made)) == ("confirmed", (30 if outcome == "delivered" else 25, 0, 0))
    there = stock(session, goods)
    assert there["zone", seller.zone_id] == (seller_has, 0)
    assert sum(units for (_account, zone), (units, _held) in there.items() if zone in buyer.zones) == buyer_has
    assert ("transit", road) not in there
    sound(session, goods)


def test_settled_in_parts_until_nothing_is_disputed(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    take(session, buyer, road, buyer.zone_id, goods, 20, reason="少 10 盒")
    assert settled(session, seller, road, goods, "lost", 4)["state"] == "disputed"
    assert settled(session, buyer, road, goods, "delivered", 1, zone_id=buyer.zone_id)["state"] == "disputed"
    with pytest.raises(Invalid) as caught:
        settled(session, seller, road, goods, "returned", 6)
    assert caught.value.errors[0].code == "more_than_disputed"
    said = [*lines(goods, 2, outcome="missing"), *lines(goods, 3, outcome="returned")]
    made = service.settle(session, merchant(seller), road, lines=said, reason="协商一致")
    assert (made["state"], units_of(made)) == ("confirmed", (21, 0, 0))
    assert len(made["answers"]) == 4
    sound(session, goods)
    with pytest.raises(Conflict) as refused:
        settled(session, seller, road, goods, "lost", 1)
    assert refused.value.code == "wrong_state"


def test_nothing_delivered_is_rejected_in_the_end(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    made = service.dispute(session, merchant(buyer), road, lines=lines(goods, 30), reason="车没到")
    assert (made["state"], units_of(made)) == ("disputed", (0, 30, 0))
    made = settled(session, seller, road, goods, "returned", 30)
    assert made["state"] == "rejected"
    assert stock(session, goods) == {("zone", seller.zone_id): (100, 0)}
    sound(session, goods)


def test_the_undisputed_rest_is_confirmed(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    service.dispute(session, merchant(buyer), road, lines=lines(goods, 4), reason="包装破损")
    assert stock(session, goods)["transit", road] == (30, 0)
    with pytest.raises(Invalid) as caught:
        take(session, buyer, road, buyer.zone_id, goods, 30, reason="都收了")
    assert caught.value.errors[0].code == "in_dispute"
    with pytest.raises(Invalid) as differs:
        take(session, buyer, road, buyer.zone_id, goods, 25)
    assert differs.value.code == "quantity_differs"
    made = take(session, buyer, road, buyer.zone_id, goods, 26)
    assert (made["state"], units_of(made)) == ("disputed", (26, 4, 0))
    assert settled(session, seller, road, goods, "returned", 4)["state"] == "confirmed"
    sound(session, goods)


def test_settled_before_the_rest_is_confirmed_it_waits_again(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    service.dispute(session, merchant(buyer), road, lines=lines(goods, 4), reason="包装破损")
    made = settled(session, seller, road, goods, "returned", 4)
    assert (made["state"], units_of(made)) == ("in_transit", (0, 0, 26))
    made = service.reject(session, merchant(buyer), road, reason="都不要了")
    assert made["state"] == "rejected"
    assert stock(session, goods) == {("zone", seller.zone_id): (100, 0)}
    sound(session, goods)


def test_more_came_and_the_seller_has_it_free(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    made = take(session, buyer, road, buyer.zone_id, goods, 33, reason="多 3 盒")
    assert (made["state"], units_of(made)) == ("disputed", (33, 3, 0))
    assert stock(session, goods) == {("zone", seller.zone_id): (67, 0), ("zone", buyer.zone_id): (33, 0)}
    sound(session, goods)
    with pytest.raises(Forbidden):
        settled(session, buyer, road, goods, "delivered", 3)
    with pytest.raises(Invalid) as caught:
        settled(session, seller, road, goods, "lost", 3)
    assert caught.value.errors[0].code == "not_for_surplus"
    made = settled(session, seller, road, goods, "delivered", 3)
    assert (made["state"], units_of(made)) == ("confirmed", (33, 0, 0))
    sound(session, goods)


@pytest.mark.parametrize("why", ["sold out", "locked"])
def test_more_came_than_the_seller_has_free_is_found(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID, why: str
) -> None:
    if why == "sold out":
        send(session, merchant(seller), seller, party(session), goods, 68)
    else:
        holds.place(session, SYSTEM, [goods], Cause("result", new_id()), "red", clock.now())
    made = take(session, buyer, road, buyer.zone_id, goods, 33, reason="多 3 盒")
    assert (made["state"], units_of(made)) == ("disputed", (33, 3, 0))
    held = 33 if why == "locked" else 0
    assert stock(session, goods)["zone", buyer.zone_id] == (33, held)
    assert stock(session, goods)["zone", seller.zone_id] == ((70, 70) if why == "locked" else (2, 0))
    sound(session, goods)


def test_a_surplus_goes_back_by_the_receivers_word(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    take(session, buyer, road, buyer.zones[1], goods, 33, reason="多 3 盒")
    with pytest.raises(Forbidden):
        settled(session, seller, road, goods, "returned", 3)
    made = settled(session, buyer, road, goods, "returned", 3)
    assert (made["state"], units_of(made)) == ("confirmed", (30, 0, 0))
    assert stock(session, goods) == {("zone", seller.zone_id): (70, 0), ("zone", buyer.zones[1]): (30, 0)}
    sound(session, goods)


def test_less_of_one_and_more_of_another(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    other = batch(session, seller, product(session), 10)
    road = send(session, merchant(seller), seller, buyer, [*lines(goods, 30), *lines(other, 5)])["consignment_id"]
    made = take(session, buyer, road, buyer.zone_id, [*lines(goods, 0), *lines(other, 6)], reason="装错了")
    assert made["state"] == "disputed"
    assert [(line["confirmed_units"], line["disputed_units"]) for line in made["lines"]] == [(0, 30), (6, 1)]
    settled(session, seller, road, goods, "returned", 30)
    assert settled(session, seller, road, other, "delivered", 1)["state"] == "confirmed"
    for batch_id, entered in ((goods, 100), (other, 10)):
        sound(session, batch_id, entered)


def test_a_batch_that_is_not_named_did_not_come(session: Session, seller: Party, buyer: Party, goods: UUID) -> None:
    other = batch(session, seller, product(session), 10)
    road = send(session, merchant(seller), seller, buyer, [*lines(goods, 30), *lines(other, 5)])["consignment_id"]
    made = take(session, buyer, road, buyer.zone_id, goods, 30, reason="另一批没到")
    assert [(line["confirmed_units"], line["disputed_units"]) for line in made["lines"]] == [(30, 0), (0, 5)]


def test_nothing_came_is_no_receipt(session: Session, buyer: Party, goods: UUID, road: UUID) -> None:
    with pytest.raises(Invalid) as caught:
        take(session, buyer, road, buyer.zone_id, goods, 0, reason="没到")
    assert caught.value.errors[0].code == "nothing_came"


@pytest.mark.parametrize("outcome", ["delivered", "returned", "lost", "missing"])
def test_locks_go_along_however_it_is_settled(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID, outcome: str, monkeypatch: Any
) -> None:
    """A recall is told where its goods are now; lost ones are flagged, since nobody can look at them any more."""
    holds.place(session, SYSTEM, [goods], Cause("recall", new_id()), "red", clock.now())
    heard: list[watch.Moved] = []
    monkeypatch.setattr(watch, "on_moved", [lambda _session, _actor, _cause, moved: heard.append(moved)])
    take(session, buyer, road, buyer.zone_id, goods, 25, reason="少 5 盒")
    settled(session, officer(), road, goods, outcome, 5, zone_id=buyer.zone_id)
    there = stock(session, goods)
    assert all(units == held for units, held in there.values())
    told = [(moved.zone_id, moved.units[goods]) for moved in heard]
    gone = {"delivered": [(buyer.zone_id, 5)], "returned": [(seller.zone_id, 5)]}.get(outcome, [])
    assert told == [(buyer.zone_id, 25), *gone]
    flagged = [(row.kind, row.data["held_units"]) for row in session.scalars(select(Flag)) if row.batch_id]
    assert flagged == ([("count_under_lock", 5)] if outcome in {"lost", "missing"} else [])
    sound(session, goods)


def test_every_answer_is_one_fact_that_tells_its_movements(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID
) -> None:
    take(session, buyer, road, buyer.zone_id, goods, 25, reason="王示例说少 5 盒")
    service_kinds = ["consignment.dispatched", "consignment.confirmed", "consignment.settled"]
    settled(session, seller, road, goods, "lost", 5)
    entries = session.scalars(
        select(JournalEntry).where(col(JournalEntry.subject_id) == road).order_by(col(JournalEntry.entry_id))
    ).all()
    assert [entry.kind for entry in entries] == service_kinds
    assert "王示例" not in entries[1].body
    assert '"settlement"' in entries[2].body


@pytest.mark.parametrize(
    ("who", "kind"),
    [("seller", Forbidden), ("stranger", NotFound), ("elsewhere", NotFound), ("inspector", Forbidden)],
)
def test_who_may_not_dispute(
    session: Session, seller: Party, goods: UUID, road: UUID, who: str, kind: type[DomainError]
) -> None:
    actor = _people(session, seller)[who]
    with pytest.raises(kind):
        service.dispute(session, actor, road, lines=lines(goods, 3), reason="破损")


@pytest.mark.parametrize(
    ("who", "outcome", "kind"),
    [
        ("seller", "delivered", Forbidden),
        ("buyer", "returned", Forbidden),
        ("buyer", "lost", Forbidden),
        ("stranger", "lost", NotFound),
        ("elsewhere", "lost", NotFound),
        ("inspector", "lost", Forbidden),
    ],
)
def test_nobody_settles_with_anothers_goods(
    session: Session, seller: Party, buyer: Party, goods: UUID, road: UUID, who: str, outcome: str,
    kind: type[DomainError],
) -> None:  # fmt: skip
    service.dispute(session, merchant(buyer), road, lines=lines(goods, 3), reason="破损")
    before = stock(session, goods)
    with pytest.raises(kind):
        settled(
            session, _people(session, seller)[who] if who != "buyer" else merchant(buyer), road, goods, outcome, 3,
            zone_id=buyer.zone_id,
        )  # fmt: skip
    assert stock(session, goods) == before


def _people(session: Session, seller: Party) -> dict[str, Actor]:
    return {
        "seller": merchant(seller),
        "stranger": merchant(party(session)),
        "elsewhere": officer("511011"),
        "inspector": Actor(new_id(), "inspector", "示例", "inspector", areas=(Area("230203"),)),
    }


def test_to_a_name_the_sender_says_what_became_of_it(session: Session, seller: Party, goods: UUID) -> None:
    """Nobody else has an account: the sender disputes and settles, an officer says that it was handed over."""
    road = send(session, merchant(seller), seller, PERSON, goods)["consignment_id"]
    service.dispute(session, merchant(seller), road, lines=lines(goods, 30), reason="车坏了")
    settled(session, seller, road, goods, "lost", 2)
    with pytest.raises(Forbidden):
        settled(session, seller, road, goods, "delivered", 28)
    made = settled(session, officer(), road, goods, "delivered", 28)
    assert (made["state"], units_of(made)) == ("confirmed", (28, 0, 0))
    assert stock(session, goods) == {("zone", seller.zone_id): (70, 0)}
    sound(session, goods)


def test_what_a_name_signed_for_is_over(session: Session, seller: Party, goods: UUID) -> None:
    made = send(session, merchant(seller), seller, PERSON, goods, handover="signed_in_person")
    assert made["lines"][0]["open_units"] == 0
    for actor in (merchant(seller), officer()):
        with pytest.raises(Conflict) as caught:
            service.dispute(session, actor, made["consignment_id"], lines=lines(goods, 3), reason="破损")
        assert caught.value.code == "wrong_state"


def _states(session: Session, seller: Party, buyer: Party, goods: UUID) -> dict[str, Callable[[], tuple[UUID, int]]]:
    """How a consignment gets into each state: returns its id and how many units are open."""

    def sent(**more: Any) -> UUID:
        made: UUID = send(session, merchant(seller), seller, buyer, goods, 10, **more)["consignment_id"]
        return made

    def confirmed() -> tuple[UUID, int]:
        road = sent()
        take(session, buyer, road, buyer.zone_id, goods, 10)
        return road, 0

    def rejected() -> tuple[UUID, int]:
        road = sent()
        service.reject(session, merchant(buyer), road, reason="不收")
        return road, 0

    def disputed() -> tuple[UUID, int]:
        road = sent()
        service.dispute(session, merchant(buyer), road, lines=lines(goods, 4), reason="破损")
        return road, 6

    return {
        "in_transit": lambda: (sent(), 10),
        "signed": lambda: (sent(handover="signed_in_person"), 10),
        "confirmed": confirmed,
        "rejected": rejected,
        "disputed": disputed,
    }


TABLE = {
    "in_transit": {"confirm": "confirmed", "less": "disputed", "reject": "rejected", "dispute": "disputed"},
    "signed": {"confirm": "confirmed", "less": "disputed", "dispute": "disputed"},
    "disputed": {"confirm": "disputed", "less": "disputed", "dispute": "disputed", "settle": "in_transit"},
    "confirmed": {},
    "rejected": {},
}


@pytest.mark.parametrize("answer", ["confirm", "less", "reject", "dispute", "settle"])
@pytest.mark.parametrize("state", list(TABLE))
def test_every_answer_in_every_state(
    session: Session, seller: Party, buyer: Party, goods: UUID, state: str, answer: str
) -> None:
    road, open_units = _states(session, seller, buyer, goods)[state]()
    units = max(1, open_units)
    before = stock(session, goods)

    def act() -> Any:
        if answer == "confirm":
            return take(session, buyer, road, buyer.zone_id, goods, units)
        if answer == "less":
            return take(session, buyer, road, buyer.zone_id, goods, max(1, units - 1), reason="少了")
        if answer == "reject":
            return service.reject(session, merchant(buyer), road, reason="不收")
        if answer == "dispute":
            return service.dispute(session, merchant(buyer), road, lines=lines(goods, 1), reason="破损")
        return settled(session, seller, road, goods, "returned", 4)

    if answer in TABLE[state]:
        assert act()["state"] == TABLE[state][answer]
    else:
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.code == "wrong_state"
        assert stock(session, goods) == before
    sound(session, goods)
