"""A positive result against everything that moves goods, and seals against what takes sealed goods along (R8).

After the result nothing of the batch is free, nor of what was made of it, and nothing left by an intended movement once
the lock stood: what the laboratory's transaction saw in custody is what is there in the end.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import service as batches
from coldchain.core import clock, db
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds, postings, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Hold, Holding
from coldchain.ledger.postings import Draft
from coldchain.registry.models import Business
from coldchain.trade import service as trade
from coldchain.trade.service import entries, transforming
from tests.ledger.books import NOW, Party, batch, party, posted, product
from tests.races.meeting import Act, Balance, meet, pause
from tests.races.test_announce_race import missed, naive_lock, naive_recompute, slow_lock, unexpected, with_locks
from tests.trade.entries import line, zone
from tests.trade.parties import merchant, send

STOCK = 100
ON_THE_ROAD = 20
TAKERS = 12


class Market:
    """A seller with goods in a zone, some of them on the road to a buyer, and a tube that was taken of them."""

    def __init__(self, session: Session) -> None:
        self.seller: Party = party(session, 2)
        self.buyer: Party = party(session)
        self.quarantine = zone(session, self.seller, "quarantine")
        self.kind = product(session).product_id
        self.goods: UUID = batch(session, self.seller, product(session), STOCK)
        sent = send(session, merchant(self.seller), self.seller, self.buyer, self.goods, ON_THE_ROAD)
        self.road: UUID = sent["consignment_id"]
        lab = party(session)
        session.get_one(Business, lab.business_id).kinds = ["lab"]
        session.flush()
        tube = batches.register_tube(
            session, SYSTEM, tube_no=f"T{random.randrange(10**9)}", lab=lab.business_id, sampled_at=clock.now(),
            samples=[{"batch_id": self.goods, "sample_site": "outer_pack"}],
        )  # fmt: skip
        self.tube_id: UUID = tube["tube_id"]

    def acts(self) -> dict[str, Act]:
        """Return who moves goods: the first ones are refused under a lock, the last two never are."""
        seller = merchant(self.seller)

        def enter(use_case: Callable[..., Any], **more: Any) -> Act:
            units = random.randint(1, 9)
            return lambda session: use_case(
                session, seller, zone_id=self.seller.zone_id, lines=[line(self.goods, units)], **more
            )

        def confirm(session: Session) -> Any:
            return trade.confirm(
                session, merchant(self.buyer), self.road, zone_id=self.buyer.zone_id,
                lines=[line(self.goods, ON_THE_ROAD)],
            )  # fmt: skip

        def make(session: Session) -> Any:
            made = {"product_id": self.kind, "production_date": clock.now().date(), "quantity_units": 5}
            return transforming.transform(
                session, seller, process="repack", zone_id=self.seller.zone_id, lines=[line(self.goods, 5)],
                outputs=[made | {"batch_no": None, "expiry_date": None, "zone_id": None}],
            )  # fmt: skip

        return {
            "dispatch": lambda session: send(session, seller, self.seller, self.buyer, self.goods, 7),
            "sale": enter(entries.sell),
            "use": enter(entries.use),
            "relocation": enter(entries.relocate, to_zone_id=self.seller.zones[1]),
            "owner_change": enter(entries.change_owner, to_owner=self.buyer.business_id),
            "opening": lambda session: entries.open_pieces(
                session, seller, zone_id=self.seller.zone_id, lines=[line(self.goods, 6)]
            ),
            "transformation": make,
            "quarantine": enter(entries.relocate, to_zone_id=self.quarantine),
            "confirmation": confirm,
        }

    def report(self, session: Session) -> int:
        """A laboratory reports a positive result; return what is in custody once the lock stands."""
        now = clock.now()
        batches.report_result(
            session, SYSTEM, self.tube_id, stage="preliminary", result="positive", received_at=now,
            reported_at=now + timedelta(milliseconds=1), report_no="R",
        )  # fmt: skip
        return self.custody(session)

    def custody(self, session: Session) -> int:
        """Return how many units are in zones and on the road."""
        return session.scalar(
            select(func.sum(col(Holding.quantity_units))).where(col(Holding.batch_id) == self.goods)
        ) or 0  # fmt: skip


INTENDED = 7


def play_positive(balance: Balance, scene: type[Market] = Market) -> tuple[list[str], int]:
    """Play one round; return its faults and how many intended movements got through."""
    with db.transaction() as session:
        market = scene(session)

    def timed(act: Act, wait: Callable[[], None]) -> Act:
        def acting(session: Session) -> Any:
            wait()
            return act(session)

        return acting

    acts = [timed(act, balance.first) for act in market.acts().values()]
    results = meet([*acts, timed(market.report, balance.second)])
    found = unexpected(results)
    if any(isinstance(result, Exception) for result in results[INTENDED:]):
        found.append(f"unexpected: what a lock never refuses was refused: {results[INTENDED:]!r}")
    with db.transaction() as session:
        left = market.custody(session)
        free = session.scalars(
            select(Holding).where(
                col(Holding.batch_id).in_({market.goods} | batches.descendants(session, [market.goods])),
                col(Holding.held_units) != col(Holding.quantity_units),
            )
        ).all()
        differences = [check.stock_from_movements(session), check.movements_from_journal(session)]
    if left != results[-1] and not isinstance(results[-1], Exception):
        found.append(f"{results[-1]} were in custody when the lock stood, {left} are now")
    found += [f"{row.account}: {row.held_units} of {row.quantity_units} are held" for row in free]
    through = sum(not isinstance(result, Exception) for result in results[:INTENDED])
    balance.lean(first_won=through == INTENDED, second_won=through == 0)
    return found + [difference for difference in differences if difference], through


def test_a_positive_result_against_all_that_moves(
    database: Engine, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_locks(monkeypatch, slow_lock)
    count, through, balance = rounds(20, 200), 0, Balance()
    for _ in range(count):
        faults, moved = play_positive(balance)
        assert faults == []
        through += moved
    assert 0 < through < count * INTENDED  # both orders were seen: they did meet


def test_the_race_with_a_result_sees_a_missing_lock(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race without the batch locks: it must fail, else the race is blind."""
    with_locks(monkeypatch, naive_lock)
    monkeypatch.setattr(holds, "recompute", naive_recompute)
    balance = Balance()
    assert any(missed(*play_positive(balance)) for _ in range(60))


# seals on the move


class Sealed:
    """A batch in two zones, some of it sealed in each by different officers."""

    def __init__(self, session: Session) -> None:
        self.owner: Party = party(session, 3)
        self.goods: UUID = batch(session, self.owner, product(session), STOCK)
        self.post(session, self.relocation(0, 1, 40))
        self.causes = [Cause("inspection", new_id()) for _ in range(2)]
        for cause, holding in zip(self.causes, service.holdings(session, [self.goods]), strict=True):
            holds.place_parts(session, SYSTEM, {holding.holding_id: 25}, cause, "sealed", NOW)

    def relocation(self, here: int, there: int, units: int, takes: Any = None) -> Draft:
        """Store units in another zone."""
        zones = self.owner.zones
        entries_ = postings.relocate(self.owner.business_id, zones[here], zones[there], units)
        return Draft("relocation", self.goods, entries_, NOW, takes_held=takes)

    def leaving(self, here: int, units: int, takes: Any) -> Draft:
        """Sell units, or destroy them."""
        account = "destroyed" if takes == "first" else "sold"
        entries_ = postings.leave(account, self.owner.business_id, self.owner.zones[here], units)
        return Draft("sale", self.goods, entries_, NOW, takes_held=takes)

    def post(self, session: Session, draft: Draft) -> Draft:
        """Post it under the batch's shared lock alone, and tell the journal."""
        posted(session, [draft])
        return draft

    def taker(self) -> Act:
        """Somebody who takes units in some way from some zone."""
        here, there = random.sample(range(3), 2)
        takes = random.choice([None, "first", "last"])
        units = random.randint(1, 12)
        draft = (
            self.leaving(here, units, takes) if random.random() < 0.4 else self.relocation(here, there, units, takes)
        )
        return lambda session: self.post(session, draft)


def play_seals() -> list[str]:
    """Take sealed and free goods in all ways at once, while one seal is opened; return the faults."""
    with db.transaction() as session:
        scene = Sealed(session)
    opened, kept = scene.causes
    acts = [scene.taker() for _ in range(TAKERS)]
    results = meet([*acts, lambda session: holds.end(session, SYSTEM, opened, "解除封存")])
    allowed = {"insufficient_stock", "locked"}
    found = [
        f"unexpected: {result!r}"
        for result in results
        if isinstance(result, Exception) and not (isinstance(result, Conflict) and result.code in allowed)
    ]
    done = [result for result in results[:-1] if isinstance(result, Draft)]
    could_end = sum(
        -draft.entries[0].quantity_units for draft in done if draft.takes_held and draft.entries[1].account != "zone"
    )
    with db.transaction() as session:
        differences = [check.stock_from_movements(session), check.movements_from_journal(session)]
        claims: Counter[UUID] = Counter()
        for cause_id, units, there in session.execute(
            select(col(Hold.cause_id), col(Hold.quantity_units), col(Holding.quantity_units))
            .join(Holding, col(Holding.holding_id) == col(Hold.holding_id))
            .where(col(Hold.batch_id) == scene.goods, col(Hold.ended_at).is_(None))
        ):
            claims[cause_id] += units
            if units > there:
                found.append(f"a seal holds {units} of {there}")
    if claims[opened.id]:
        found.append(f"{claims[opened.id]} are still held by the seal that was opened")
    if not 25 - could_end <= claims[kept.id] <= 25:
        found.append(f"{claims[kept.id]} of 25 are held by the seal that stays, {could_end} could have gone")
    return found + [difference for difference in differences if difference]


def test_seals_go_with_their_goods_whoever_else_takes_some(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(20, 200)):
        assert play_seals() == []


def test_the_race_of_seals_sees_accounts_that_are_not_locked(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race with accounts read without their row locks: it must fail, else the race is blind."""
    unlocked = str(service._LOCK_ACCOUNTS.text).replace("FOR UPDATE OF holding", "")

    def standing(*args: Any, former: Any = holds.standing) -> Any:
        pause()
        return former(*args)

    monkeypatch.setattr(service, "_LOCK_ACCOUNTS", text(unlocked))
    monkeypatch.setattr(holds, "standing", standing)
    assert any(not fault.startswith("unexpected") for _ in range(20) for fault in play_seals())
