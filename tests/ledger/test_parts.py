"""Units that are held apart: what stays, what goes, and what follows them (R8)."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from coldchain.accounts.actor import SYSTEM
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.journal.models import JournalEntry
from coldchain.ledger import check, holds, postings, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold
from coldchain.ledger.parts import Shelf, cut, demanded, spread
from coldchain.ledger.postings import Draft, Entry
from tests.ledger.books import NOW, Party, batch, party, product, sent, stock


@st.composite
def leavings(draw: st.DrawFn) -> tuple[list[int], int, int, int]:
    """Claims on an account, what is there, how much goes, and how much of that is held."""
    there = draw(st.integers(1, 30))
    claims = draw(st.lists(st.integers(0, there), max_size=5))
    held = demanded(there, claims)
    going = draw(st.integers(0, there))
    return claims, there, going, draw(st.integers(max(0, going - (there - held)), min(going, held)))


@given(leavings())
def test_what_is_claimed_is_cut_and_never_lost(case: tuple[list[int], int, int, int]) -> None:
    claims, there, going, held = case
    gone = cut(claims, there, going, held)
    stays = [claim - part for claim, part in zip(claims, gone, strict=True)]
    assert all(0 <= part <= going for part in gone)
    assert all(0 <= part <= there - going for part in stays)
    assert demanded(there - going, stays) == demanded(there, claims) - held
    assert demanded(going, gone) >= held
    if sum(claims) <= there:
        assert sum(gone) == held


@pytest.mark.parametrize(("going", "held"), [(5, 6), (11, 3), (9, 0), (3, -1)])
def test_a_cut_that_can_not_be_is_refused(going: int, held: int) -> None:
    with pytest.raises(AssertionError):
        cut([4], 10, going, held)


@pytest.mark.parametrize(
    ("units", "takes", "going", "left"),
    [
        (6, None, {}, {"a": 4}),
        (3, "last", {}, {"a": 4}),
        (7, "last", {"a": 1}, {"a": 3}),
        (3, "first", {"a": 3}, {"a": 1}),
        (7, "first", {"a": 4}, {"a": 0}),
        (10, "last", {"a": 4}, {"a": 0}),
    ],
)
def test_held_ones_first_or_last(units: int, takes: str, going: dict[str, int], left: dict[str, int]) -> None:
    shelf = Shelf[str](10)
    shelf.claim("a", 4)
    assert shelf.give(units, takes) == going  # type: ignore[arg-type]
    assert shelf.claims == left
    assert shelf.changed() == (left if going else {})


def test_what_may_not_be_taken_stays() -> None:
    shelf = Shelf[str](10)
    shelf.claim("a", None)
    with pytest.raises(AssertionError):
        shelf.give(1, None)


def test_claims_go_where_the_units_go() -> None:
    assert spread({"a": 5, "b": 2}, [5]) == [{"a": 5, "b": 2}]
    assert spread({"a": 5}, [3, 4]) == [{"a": 3}, {"a": 2}]
    assert spread({"a": 5}, []) == []


# in the books


@pytest.fixture
def seller(session: Session) -> Party:
    return party(session, 2)


@pytest.fixture
def goods(session: Session, seller: Party) -> UUID:
    return batch(session, seller, product(session), 100)


def seal(session: Session, goods: UUID, units: int | None, account: str = "zone") -> Cause:
    """Hold units of the first such holding apart, as an officer on site does."""
    cause = Cause("inspection", new_id())
    holding = next(each for each in service.holdings(session, [goods]) if each.account == account)
    holds.place_parts(session, SYSTEM, {holding.holding_id: units}, cause, "sealed", NOW)
    return cause


def active(session: Session, goods: UUID) -> Counter[tuple[UUID, UUID | None, int | None]]:
    """Return (cause, holding, units) of what is in force."""
    found = holds.active(session, [goods]).get(goods, [])
    return Counter((hold.cause_id, hold.holding_id, hold.quantity_units) for hold in found)


def relocation(goods: UUID, seller: Party, units: int, **how: object) -> Draft:
    entries = postings.relocate(seller.business_id, seller.zones[0], seller.zones[1], units)
    return Draft("relocation", goods, entries, NOW, **how)  # type: ignore[arg-type]


def leaving(goods: UUID, seller: Party, units: int, account: str = "destroyed", **how: object) -> Draft:
    entries = postings.leave(account, seller.business_id, seller.zone_id, units)
    return Draft("destruction", goods, entries, NOW, **how)  # type: ignore[arg-type]


def facts(session: Session, goods: UUID) -> list[str]:
    rows = session.exec(select(JournalEntry).where(col(JournalEntry.subject_id) == goods)).all()
    return sorted(row.kind for row in rows if row.kind.startswith("hold."))


def test_a_part_follows_into_quarantine_with_its_cause(session: Session, seller: Party, goods: UUID) -> None:
    cause = seal(session, goods, 30)
    service.post(session, SYSTEM, [relocation(goods, seller, 20, takes_held="first")])
    assert stock(session, goods) == {("zone", seller.zones[0]): (80, 10), ("zone", seller.zones[1]): (20, 20)}
    rows = session.exec(select(Hold).where(col(Hold.batch_id) == goods).order_by(col(Hold.recorded_at))).all()
    assert {(row.cause_id, row.cause_version, row.grade, row.occurred_at) for row in rows} == {
        (cause.id, 1, "sealed", NOW)
    }
    assert (rows[0].quantity_units, rows[0].ended_reason) == (30, "moved")
    assert sorted(row.quantity_units or 0 for row in rows if row.ended_at is None) == [10, 20]
    assert facts(session, goods) == ["hold.ended", "hold.placed", "hold.placed", "hold.placed"]
    assert check.stock_from_movements(session) is None
    assert holds.end(session, SYSTEM, cause, "解除") == [goods]
    assert stock(session, goods) == {("zone", seller.zones[0]): (80, 0), ("zone", seller.zones[1]): (20, 0)}


def test_a_part_is_gone_with_what_is_destroyed(session: Session, seller: Party, goods: UUID) -> None:
    seal(session, goods, 30)
    service.post(session, SYSTEM, [leaving(goods, seller, 25, takes_held="first")])
    assert stock(session, goods)["zone", seller.zone_id] == (75, 5)
    service.post(session, SYSTEM, [leaving(goods, seller, 10, takes_held="first")])
    assert stock(session, goods)["zone", seller.zone_id] == (65, 0)
    assert active(session, goods) == Counter()
    ended = session.exec(select(Hold.ended_reason).where(col(Hold.batch_id) == goods)).all()
    assert set(ended) == {"gone"}
    assert check.stock_from_movements(session) is None


def test_what_already_happened_takes_free_units_first(session: Session, seller: Party, goods: UUID) -> None:
    seal(session, goods, 30)
    late = {"takes_held": "last", "late": True, "moves_locked": True}
    service.post(session, SYSTEM, [leaving(goods, seller, 70, "sold", **late)])
    assert stock(session, goods)["zone", seller.zone_id] == (30, 30)
    service.post(session, SYSTEM, [leaving(goods, seller, 12, "sold", **late)])
    assert stock(session, goods)["zone", seller.zone_id] == (18, 18)
    assert check.stock_from_movements(session) is None


@pytest.mark.parametrize("account", ["zone", "used"])
def test_who_says_nothing_takes_nothing_that_is_held(
    session: Session, seller: Party, goods: UUID, account: str
) -> None:
    seal(session, goods, 30)
    make = relocation if account == "zone" else leaving
    with pytest.raises(Conflict) as caught:
        service.post(session, SYSTEM, [make(goods, seller, 71, moves_locked=True)])
    assert caught.value.code == "locked"
    assert len(caught.value.extra["holds"]) == 1


def test_intended_movements_are_served_before_those_that_take_what_is_held(
    session: Session, seller: Party, goods: UUID
) -> None:
    """In whatever order they are given: 70 free units are sold, the destruction takes the sealed ones."""
    seal(session, goods, 30)
    drafts = [leaving(goods, seller, 30, takes_held="last"), leaving(goods, seller, 70, "sold")]
    service.post(session, SYSTEM, drafts)
    assert stock(session, goods) == {}
    assert active(session, goods) == Counter()


@pytest.mark.parametrize("answer", ["confirm", "reject"])
def test_a_return_road_carries_the_part_on(session: Session, seller: Party, goods: UUID, answer: str) -> None:
    supplier = party(session)
    cause = seal(session, goods, 30)
    road, draft = sent(goods, seller, 40)
    back = Draft("dispatch", goods, draft.entries, NOW, consignment_id=road, takes_held="first", moves_locked=True)
    service.post(session, SYSTEM, [back])
    assert stock(session, goods) == {("zone", seller.zone_id): (60, 0), ("transit", road): (40, 30)}
    place = (supplier if answer == "confirm" else seller).zone_id
    if answer == "confirm":
        entries = postings.confirm(seller.business_id, supplier.business_id, place, road, 35)
    else:
        entries = postings.reject(seller.business_id, place, road, 35)
    service.post(session, SYSTEM, [Draft("confirmation", goods, entries, NOW, consignment_id=road, moves_locked=True)])
    there = stock(session, goods)
    assert there["zone", place] == ((35, 30) if answer == "confirm" else (95, 30))
    assert there["transit", road] == (5, 0)
    assert {hold.cause_id for hold in holds.active(session, [goods])[goods]} == {cause.id}
    assert check.stock_from_movements(session) is None


def test_parts_follow_when_the_whole_batch_is_held_too(session: Session, seller: Party, goods: UUID) -> None:
    """The recall ends; the seal goes on where the goods are now."""
    seal(session, goods, 30)
    recall = Cause("recall", new_id())
    holds.place(session, SYSTEM, [goods], recall, "red", NOW)
    with pytest.raises(Conflict):
        service.post(session, SYSTEM, [relocation(goods, seller, 90, takes_held="first")])
    service.post(session, SYSTEM, [relocation(goods, seller, 90, takes_held="first", moves_locked=True)])
    assert stock(session, goods) == {("zone", seller.zones[0]): (10, 10), ("zone", seller.zones[1]): (90, 90)}
    holds.end(session, SYSTEM, recall, "撤回")
    assert stock(session, goods) == {("zone", seller.zones[0]): (10, 0), ("zone", seller.zones[1]): (90, 30)}
    assert check.stock_from_movements(session) is None


def test_several_causes_stay_with_their_goods(session: Session, seller: Party, goods: UUID) -> None:
    """60 and 70 of 100 overlap: whatever goes and stays is held, and each cause takes off only its own."""
    one, two = seal(session, goods, 60), seal(session, goods, 70)
    service.post(session, SYSTEM, [relocation(goods, seller, 50, takes_held="first")])
    assert stock(session, goods) == {("zone", seller.zones[0]): (50, 50), ("zone", seller.zones[1]): (50, 50)}
    claimed: Counter[UUID] = Counter()
    for hold in holds.active(session, [goods])[goods]:
        claimed[hold.cause_id] += hold.quantity_units or 0
    assert claimed == {one.id: 60, two.id: 70}
    holds.end(session, SYSTEM, one, "解除")
    assert sum(held for _, held in stock(session, goods).values()) == 70
    holds.end(session, SYSTEM, two, "解除")
    assert sum(held for _, held in stock(session, goods).values()) == 0


def test_a_whole_holding_is_held_with_what_comes_to_it(session: Session, seller: Party, goods: UUID) -> None:
    service.post(session, SYSTEM, [relocation(goods, seller, 40)])
    holding = next(each for each in service.holdings(session, [goods]) if each.zone_id == seller.zones[1])
    cause = Cause("inspection", new_id())
    holds.place_parts(session, SYSTEM, {holding.holding_id: None}, cause, "sealed", NOW)
    service.post(session, SYSTEM, [relocation(goods, seller, 10)])
    assert stock(session, goods) == {("zone", seller.zones[0]): (50, 0), ("zone", seller.zones[1]): (50, 50)}
    back = postings.relocate(seller.business_id, seller.zones[1], seller.zones[0], 20)
    service.post(session, SYSTEM, [Draft("relocation", goods, back, NOW, takes_held="first")])
    assert stock(session, goods) == {("zone", seller.zones[0]): (70, 20), ("zone", seller.zones[1]): (30, 30)}
    back = postings.relocate(seller.business_id, seller.zones[1], seller.zones[0], 30)
    service.post(session, SYSTEM, [Draft("relocation", goods, back, NOW, takes_held="first")])
    assert stock(session, goods) == {("zone", seller.zones[0]): (100, 50)}
    assert holds.end(session, SYSTEM, cause, "解除") == [goods]
    assert stock(session, goods) == {("zone", seller.zones[0]): (100, 0)}
    assert check.stock_from_movements(session) is None


def test_parts_that_go_two_ways_are_shared(session: Session, seller: Party, goods: UUID) -> None:
    seal(session, goods, 30)
    entries = (
        Entry("zone", seller.business_id, seller.zones[0], None, -20),
        Entry("destroyed", seller.business_id, None, None, 5),
        Entry("zone", seller.business_id, seller.zones[1], None, 15),
    )
    service.post(session, SYSTEM, [Draft("destruction", goods, entries, NOW, takes_held="first")])
    assert stock(session, goods) == {("zone", seller.zones[0]): (80, 10), ("zone", seller.zones[1]): (15, 15)}
    assert check.stock_from_movements(session) is None


@pytest.mark.parametrize("units", [0, 101, -1])
def test_no_more_is_held_apart_than_is_there(session: Session, goods: UUID, units: int) -> None:
    with pytest.raises(ValueError, match="units to hold"):
        seal(session, goods, units)


def test_holding_nothing_or_what_is_unknown_apart(session: Session, goods: UUID) -> None:
    cause = Cause("inspection", new_id())
    assert holds.place_parts(session, SYSTEM, {}, cause, "sealed", NOW) == []
    with pytest.raises(ValueError, match="units to hold"):
        holds.place_parts(session, SYSTEM, {new_id(): 1}, cause, "sealed", NOW)
    with pytest.raises(ValueError, match="no such cause or grade"):
        holds.place_parts(session, SYSTEM, {new_id(): 1}, cause, "pink", NOW)


def test_a_part_ends_with_its_own_cause_and_version_only(session: Session, seller: Party, goods: UUID) -> None:
    """Wherever it went meanwhile, and whatever else holds the same goods."""
    holding = service.holdings(session, [goods])[0].holding_id
    first, other = Cause("inspection", new_id(), 1), Cause("inspection", new_id(), 1)
    second = Cause("inspection", first.id, 2)
    for cause, units in ((first, 10), (second, 20), (other, 30)):
        holds.place_parts(session, SYSTEM, {holding: units}, cause, "sealed", NOW)
    service.post(session, SYSTEM, [relocation(goods, seller, 45, takes_held="first")])
    for cause, rest in ((second, 40), (first, 30), (other, 0)):
        assert holds.end(session, SYSTEM, cause, "解除封存") == [goods]
        assert holds.end(session, SYSTEM, cause, "解除封存") == []
        assert sum(held for _, held in stock(session, goods).values()) == rest
    assert check.stock_from_movements(session) is None


def test_what_a_cause_holds_twice_in_a_place_is_one_claim(session: Session, seller: Party, goods: UUID) -> None:
    """Two seals of one cause, one brought in by a relocation: cut together, never more than is there."""
    cause = seal(session, goods, 40)
    service.post(session, SYSTEM, [relocation(goods, seller, 30, takes_held="first")])
    service.post(session, SYSTEM, [relocation(goods, seller, 30, takes_held="first")])
    assert stock(session, goods) == {("zone", seller.zones[0]): (40, 0), ("zone", seller.zones[1]): (60, 40)}
    back = postings.relocate(seller.business_id, seller.zones[1], seller.zones[0], 35)
    service.post(session, SYSTEM, [Draft("relocation", goods, back, NOW, takes_held="last")])
    assert stock(session, goods) == {("zone", seller.zones[0]): (75, 15), ("zone", seller.zones[1]): (25, 25)}
    there = {holding.zone_id: holding.holding_id for holding in service.holdings(session, [goods])}
    assert active(session, goods) == {
        (cause.id, there[seller.zones[0]], 15): 1, (cause.id, there[seller.zones[1]], 25): 1
    }  # fmt: skip
    with pytest.raises(ValueError, match="units to hold"):
        holds.place_parts(session, SYSTEM, {there[seller.zones[1]]: 1}, cause, "sealed", NOW)
    assert check.stock_from_movements(session) is None
