"""64 people take 100 units in every way that there is, at once: never oversold, and each book says the same (R10)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text
from sqlmodel import Session, col

from coldchain.core import clock, db
from coldchain.core.errors import Conflict
from coldchain.ledger import check, service
from coldchain.ledger.models import Posting
from coldchain.trade.models import Consignment, StockEntry
from coldchain.trade.service import entries, transforming
from tests.ledger.books import Party, batch, party, product
from tests.races.meeting import Act, meet, pause
from tests.trade.entries import ago, line, zone
from tests.trade.parties import merchant, send

PEOPLE = 64
STOCK = 100
NOBODY = {"name": "王示例", "phone": "13700000000"}
PROOF = {"method": "焚烧", "receiver": "示例处理厂", "receipt_no": "R1", "witness": "示例见证"}


class Shop:
    """A seller with one batch in one zone, and all the ways in which units of it can go."""

    def __init__(self, session: Session) -> None:
        self.seller: Party = party(session, 2)
        self.buyer: Party = party(session)
        self.quarantine = zone(session, self.seller, "quarantine")
        self.made_of = product(session)
        self.goods: UUID = batch(session, self.seller, product(session), STOCK)

    def ways(self) -> dict[str, tuple[str, Callable[[Session, int], Any]]]:
        """Return name → the account that gains, and how to do it with so many units."""
        seller, at = merchant(self.seller), self.seller.zone_id
        elsewhere, buyer = self.seller.zones[1], self.buyer.business_id

        def enter(use_case: Callable[..., Any], **more: Any) -> Callable[[Session, int], Any]:
            def act(session: Session, units: int) -> Any:
                return use_case(session, seller, zone_id=at, lines=[line(self.goods, units)], **more)

            return act

        def ship(to: Any, handover: str, **more: Any) -> Callable[[Session, int], Any]:
            def act(session: Session, units: int) -> Any:
                return send(session, seller, self.seller, to, self.goods, units, handover=handover, **more)

            return act

        return {
            "dispatch": ("transit", ship(self.buyer, "await_confirmation")),
            "signed": ("sold", ship(NOBODY, "signed_in_person")),
            "signed_late": ("sold", ship(NOBODY, "signed_in_person", occurred_at=ago(hours=1))),
            "sale": ("sold", enter(entries.sell)),
            "late_sale": ("sold", enter(entries.sell, occurred_at=ago(hours=1))),
            "use": ("used", enter(entries.use)),
            "loss": ("lost", enter(entries.lose, reason="破损")),
            "relocation": ("elsewhere", enter(entries.relocate, to_zone_id=elsewhere)),
            "quarantine": ("quarantine", enter(entries.relocate, to_zone_id=self.quarantine)),
            "owner_change": ("buyer", enter(entries.change_owner, to_owner=buyer)),
            "destruction": ("destroyed", enter(entries.destroy, **PROOF)),
            "return": ("returned", enter(entries.give_back, to={"country": "BR"}, receipt_no="R2")),
            "transformation": ("transformed", self.transform),
        }

    def transform(self, session: Session, units: int) -> Any:
        """Make as much of another product."""
        output = {
            "product_id": self.made_of.product_id, "production_date": clock.now().date(), "batch_no": None,
            "expiry_date": None, "quantity_units": units, "zone_id": None,
        }  # fmt: skip
        return transforming.transform(
            session, merchant(self.seller), process="repack", zone_id=self.seller.zone_id,
            lines=[line(self.goods, units)], outputs=[output],
        )  # fmt: skip

    def where(self, session: Session) -> Counter[str]:
        """Return how many units the postings have where, in the words of `ways`; `here` is what is left."""
        names = {
            (self.seller.business_id, self.seller.zone_id): "here",
            (self.seller.business_id, self.seller.zones[1]): "elsewhere",
            (self.seller.business_id, self.quarantine): "quarantine",
            (self.buyer.business_id, self.seller.zone_id): "buyer",
        }
        rows = session.execute(
            select(col(Posting.account), col(Posting.owner_id), col(Posting.zone_id), func.sum(Posting.quantity_units))
            .where(col(Posting.batch_id) == self.goods, col(Posting.account) != "opening")
            .group_by(col(Posting.account), col(Posting.owner_id), col(Posting.zone_id))
        )
        found: Counter[str] = Counter()
        for account, owner_id, zone_id, units in rows:
            found[names[owner_id, zone_id] if account == "zone" else account] += int(units)
        return found


def faults(shop: Shop, wanted: list[tuple[str, int]], results: list[Any], documents: int) -> list[str]:
    """Return what is wrong after a round; nothing is when the protocol holds."""
    found = [
        f"unexpected: {result!r}"
        for result in results
        if isinstance(result, Exception) and not (isinstance(result, Conflict) and result.code == "insufficient_stock")
    ]
    done = [way for way, result in zip(wanted, results, strict=True) if not isinstance(result, Exception)]
    refused = [units for (_, units), result in zip(wanted, results, strict=True) if isinstance(result, Conflict)]
    with db.transaction() as session:
        where = shop.where(session)
        differences = [check.stock_from_movements(session), check.movements_from_journal(session)]
        written = count_documents(session)
    moved = sum(units for _, units in done)
    expected = Counter({"here": STOCK - moved})
    for way, units in done:
        expected[shop.ways()[way][0]] += units
    if moved > STOCK:
        found.append(f"oversold: {moved} of {STOCK}")
    if {name: units for name, units in where.items() if units} != {n: units for n, units in expected.items() if units}:
        found.append(f"acknowledged was {dict(expected)}, the books have {dict(where)}")
    if any(units <= where["here"] for units in refused):
        found.append(f"refused although {where['here']} were left")
    if written - documents != len(done):
        found.append(f"{written - documents} documents for {len(done)} that were acknowledged")
    return found + [difference for difference in differences if difference]


def count_documents(session: Session) -> int:
    """Return how many documents trade has written."""
    tables = (StockEntry, Consignment)
    return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def play(people: int = PEOPLE) -> tuple[list[str], Counter[str]]:
    """Play one round; return its faults and in which ways something got through."""
    with db.transaction() as session:
        shop = Shop(session)
        documents = count_documents(session)
    ways = shop.ways()
    names = [list(ways)[number % len(ways)] for number in range(people)]
    random.shuffle(names)
    wanted = [(name, random.randint(1, 6)) for name in names]

    def acting(way: str, units: int) -> Act:
        return lambda session: ways[way][1](session, units)

    results = meet([acting(*each) for each in wanted])
    through = Counter(
        way for (way, _), result in zip(wanted, results, strict=True) if not isinstance(result, Exception)
    )
    return faults(shop, wanted, results, documents), through


def test_64_people_and_100_units(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(20, 200)):
        assert play()[0] == []


def test_every_way_gets_through_where_there_is_enough_for_all(database: Engine) -> None:
    with db.transaction() as session:
        ways = list(Shop(session).ways())
    assert play(len(ways)) == ([], Counter(ways))  # at most six units each: else the race might never run one of them


def test_the_race_sees_accounts_that_are_not_locked(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race with accounts read without their row locks: it must fail, else the race is blind."""
    unlocked = str(service._LOCK_ACCOUNTS.text).replace("FOR UPDATE OF holding", "")

    def move(session: Session, *args: Any, former: Any = service._move) -> None:
        pause()
        former(session, *args)

    monkeypatch.setattr(service, "_LOCK_ACCOUNTS", text(unlocked))
    monkeypatch.setattr(service, "_move", move)
    assert any(not fault.startswith("unexpected") for _ in range(20) for fault in play(26)[0])
