"""Stocktakes: a count against the books, with a tolerance that is data (R20)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from coldchain.batches import watch
from coldchain.core.errors import DomainError, Invalid
from coldchain.ledger import check
from coldchain.policy import service as policy
from coldchain.registry.models import Product
from coldchain.trade.service import entries
from coldchain.trade.service.entries.stocktakes import TOLERANCE, tolerance_units
from tests.ledger.books import Party, batch, party, product, stock
from tests.trade.entries import accounts, ago, entry_count, facts, flags, line, positive, recall, seal, zone
from tests.trade.parties import merchant


@pytest.fixture
def owner(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, owner: Party) -> UUID:
    return batch(session, owner, product(session), 100)


@pytest.fixture
def told() -> Iterator[list[watch.Late]]:
    heard: list[watch.Late] = []
    others, watch.on_late[:] = list(watch.on_late), [lambda _s, _a, _cause, late: heard.append(late)]
    yield heard
    watch.on_late[:] = others


def weighed(session: Session, owner: Party, category: str = "aquatic", grams: int = 10_000) -> UUID:
    """A batch whose ledger unit is the gram."""
    of = product(session, unit_mass_g=1)
    of.ledger_unit, of.category, of.units_per_piece = "gram", category, 1_000
    session.flush()
    return batch(session, owner, of, grams)


def count(session: Session, owner: Party, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"zone_id": owner.zone_id, "lines": list(lines)} | more
    return entries.count(session, merchant(owner), **given)


def test_a_count_that_agrees_moves_nothing(session: Session, owner: Party, goods: UUID) -> None:
    made = count(session, owner, line(goods, 100))
    assert stock(session, goods) == {("zone", owner.zone_id): (100, 0)}
    (shown,) = made["lines"]
    assert (shown["quantity_units"], shown["book_units"], shown["movement_id"]) == (100, 100, None)
    assert (made["flags"], made["warnings"]) == ([], [])
    assert facts(session, made["entry_id"])[0].kind == "stock.counted"


def test_a_shortage_is_missing_a_surplus_is_found(session: Session, owner: Party, goods: UUID) -> None:
    made = count(session, owner, line(goods, 97, reason="少了三盒"))
    assert accounts(session, goods) == {"opening": -100, "zone": 97, "missing": 3}
    assert made["flags"] == ["count_differs"]
    made = count(session, owner, line(goods, 99, reason="又找到两盒"))
    assert accounts(session, goods) == {"opening": -100, "zone": 99, "missing": 3, "found": -2}
    assert made["lines"][0]["book_units"] == 97
    assert check.stock_from_movements(session) is None


def test_a_shortage_may_be_known_to_be_lost(session: Session, owner: Party, goods: UUID) -> None:
    count(session, owner, line(goods, 90, reason="融化", shortage="lost"))
    assert accounts(session, goods) == {"opening": -100, "zone": 90, "lost": 10}


def test_nothing_there_is_a_count_too(session: Session, owner: Party, goods: UUID) -> None:
    count(session, owner, line(goods, 0, reason="全部不见"))
    assert accounts(session, goods) == {"opening": -100, "missing": 100}


def test_a_difference_needs_a_reason(session: Session, owner: Party, goods: UUID) -> None:
    other = batch(session, owner, product(session), 5)
    for lines in ([line(other, 5), line(goods, 99)], [line(other, 5), line(goods, 101)]):
        before = entry_count(session)
        with pytest.raises(Invalid) as caught:
            count(session, owner, *lines)
        assert caught.value.code == "reason_needed"
        assert [(e.pointer, e.params) for e in caught.value.errors] == [
            ("/lines/1/reason", {"book": 100, "allowed": 0})
        ]
        assert entry_count(session) == before


def test_a_reason_of_the_whole_count_serves_its_lines(session: Session, owner: Party, goods: UUID) -> None:
    made = count(session, owner, line(goods, 97), reason="少三盒")
    assert accounts(session, goods) == {"opening": -100, "zone": 97, "missing": 3}
    assert (made["reason"], made["flags"]) == ("少三盒", ["count_differs"])


@pytest.mark.parametrize(
    ("category", "allowed"), [("aquatic", 300), ("meat", 150), ("poultry", 150), ("ice", 100), ("other", 50)]
)
def test_at_the_tolerance_and_one_past_it(session: Session, owner: Party, category: str, allowed: int) -> None:
    goods = weighed(session, owner, category)
    made = count(session, owner, line(goods, 10_000 - allowed))
    assert accounts(session, goods) == {"opening": -10_000, "zone": 10_000 - allowed, "lost": allowed}
    assert (made["flags"], made["warnings"]) == ([], [])
    other = weighed(session, owner, category)
    with pytest.raises(Invalid) as caught:
        count(session, owner, line(other, 10_000 - allowed - 1))
    assert caught.value.code == "reason_needed"
    made = count(session, owner, line(other, 10_000 - allowed - 1, reason="少称了"))
    assert accounts(session, other)["missing"] == allowed + 1
    assert flags(session, made["entry_id"]) == [("count_differs", other)]


def test_a_surplus_within_the_tolerance_is_found_without_a_word(session: Session, owner: Party) -> None:
    goods = weighed(session, owner)
    made = count(session, owner, line(goods, 10_300))
    assert accounts(session, goods)["found"] == -300
    assert made["flags"] == []
    other = weighed(session, owner)
    with pytest.raises(Invalid):
        count(session, owner, line(other, 10_301))


def test_the_tolerance_is_data_and_rounds_down(session: Session) -> None:
    from coldchain.core import clock

    shares = policy.parameters(session, clock.now().date())[TOLERANCE]
    aquatic = Product(ledger_unit="gram", category="aquatic")
    boxed = Product(ledger_unit="unit", category="aquatic")
    assert [tolerance_units(units, aquatic, shares) for units in (0, 33, 34, 1_000)] == [0, 0, 1, 30]
    assert tolerance_units(1_000_000, boxed, shares) == 0


def test_a_batch_that_never_lay_in_that_zone_may_be_found_there(session: Session, owner: Party, goods: UUID) -> None:
    there = zone(session, owner)
    made = count(session, owner, line(goods, 7, reason="放错库区"), zone_id=there)
    assert stock(session, goods) == {("zone", owner.zone_id): (100, 0), ("zone", there): (7, 0)}
    assert made["lines"][0]["book_units"] == 0
    stranger = batch(session, party(session), product(session), 10)
    with pytest.raises(DomainError) as caught:
        count(session, owner, line(stranger, 1, reason="别人的"))
    assert caught.value.code == "not_found"


def test_goods_found_where_they_may_not_lie_are_flagged(session: Session, owner: Party, goods: UUID) -> None:
    counter = zone(session, owner, "import_dedicated")
    made = count(session, owner, line(goods, 7, reason="放错库区"), zone_id=counter)
    assert made["flags"] == ["count_differs", "mixed_storage"]


# --- under a lock ---


@pytest.mark.parametrize("whole", [True, False])
def test_a_count_is_accepted_under_a_lock_and_told(
    session: Session, owner: Party, goods: UUID, told: list[watch.Late], whole: bool
) -> None:
    recall(session, goods) if whole else seal(session, owner, goods, 95)
    made = count(session, owner, line(goods, 90, reason="少了"))
    assert stock(session, goods) == {("zone", owner.zone_id): (90, 90)}
    assert flags(session, made["entry_id"]) == [("count_differs", goods), ("count_under_lock", goods)]
    assert told == []  # counted on the spot: the officer's flag
    assert check.stock_from_movements(session) is None


def test_a_count_that_leaves_held_units_alone_is_told_as_a_difference_only(
    session: Session, owner: Party, goods: UUID
) -> None:
    seal(session, owner, goods, 40)
    made = count(session, owner, line(goods, 40, reason="少了"))
    assert made["flags"] == ["count_differs"]
    assert stock(session, goods) == {("zone", owner.zone_id): (40, 40)}


def test_more_of_a_locked_batch_is_found_locked(session: Session, owner: Party, goods: UUID) -> None:
    positive(session, goods)
    made = count(session, owner, line(goods, 110, reason="多了"))
    assert stock(session, goods) == {("zone", owner.zone_id): (110, 110)}
    assert made["flags"] == ["count_differs"]


# --- late counts ---


def test_a_late_count_is_compared_with_the_books_of_its_moment(session: Session, owner: Party, goods: UUID) -> None:
    """Counted 95 two hours ago; 60 were sold since: five are missing, 35 are left."""
    entries.sell(session, merchant(owner), zone_id=owner.zone_id, lines=[line(goods, 60)])
    made = count(session, owner, line(goods, 95, reason="少了五盒"), occurred_at=ago(hours=2))
    assert made["late"] is True
    assert made["lines"][0]["book_units"] == 100
    assert accounts(session, goods) == {"opening": -100, "zone": 35, "sold": 60, "missing": 5}
    assert check.stock_from_movements(session) is None


def test_a_late_count_does_not_take_what_has_left_since(session: Session, owner: Party, goods: UUID) -> None:
    entries.sell(session, merchant(owner), zone_id=owner.zone_id, lines=[line(goods, 60)])
    with pytest.raises(DomainError) as caught, session.begin_nested():
        count(session, owner, line(goods, 50, reason="少了"), occurred_at=ago(hours=2))
    assert caught.value.code == "insufficient_stock"
    assert accounts(session, goods) == {"opening": -100, "zone": 40, "sold": 60}


def test_a_late_count_under_a_recall_is_told_to_the_recall(
    session: Session, owner: Party, goods: UUID, told: list[watch.Late]
) -> None:
    recall(session, goods)
    made = count(session, owner, line(goods, 90, reason="少了"), occurred_at=ago(hours=2))
    assert [dict(late.units) for late in told] == [{goods: 10}]
    assert made["flags"] == ["count_differs"]


def test_what_was_typed_stays_out_of_the_journal(session: Session, owner: Party, goods: UUID) -> None:
    made = count(session, owner, line(goods, 90, reason="李示例拿走了"), reason="王示例盘点")
    (told,) = facts(session, made["entry_id"])
    assert "示例" not in told.body
    assert made["lines"][0]["reason"] == "李示例拿走了"
