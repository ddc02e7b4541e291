"""Whatever people enter, in whatever order, goods neither appear nor vanish, and each service changes what it says.

After each step the stock is what the movements sum to, the movements are what the journal tells, and no account that
can't be is below zero (R8, R10, R20).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, select
from sqlmodel import col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import service as batches
from coldchain.core import clock
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Holding
from coldchain.trade import service as trade
from coldchain.trade.service import entries, splitting, transforming
from tests.ledger.books import NOW
from tests.properties.trade_rules import Entered, Lot, Sent, State, Trading
from tests.trade.entries import ago, line
from tests.trade.parties import merchant, officer

NOBODY = {"name": "王示例", "phone": "13700000000"}
PROOF = {"method": "焚烧", "receiver": "示例处理厂", "receipt_no": "R1", "witness": "示例见证"}
LEAVES = {"sale": "sold", "use": "used", "loss": "lost", "destruction": "destroyed", "return": "returned"}
DOES: dict[str, Callable[..., Any]] = {
    "sale": entries.sell, "use": entries.use, "loss": entries.lose, "destruction": entries.destroy,
    "return": entries.give_back, "relocation": entries.relocate, "owner_change": entries.change_owner,
    "opening": entries.open_pieces, "recovery": entries.recover,
}  # fmt: skip
GATED = {"sale", "use", "owner_change"}
few = st.integers(1, 14)


def some(machine: TradeMachine) -> bool:
    """Say whether there are goods."""
    return bool(machine.batches)


class TradeMachine(Trading):
    """The rules."""

    @initialize(data=st.data(), owner=st.integers(0, 2))
    def begin(self, data: st.DataObject, owner: int) -> None:
        """Something has happened already: goods were sold, others are on the road, some may be sealed."""
        self.new_batch(owner, 24)
        self.new_batch(owner, 18)
        for kind in ("sale", "loss"):
            self.leave(data, kind, 2, late=False)
        self.dispatch(data, 5, (owner + 1) % 3, "road")
        if data.draw(st.booleans(), label="sealed"):
            self.seal(data)

    @rule(owner=st.integers(0, 2), units=st.integers(6, 24))
    def arrive(self, owner: int, units: int) -> None:
        self.new_batch(owner, units)

    # stock entries

    def enter(self, kind: str, lot: Lot, units: int, each: State, mode: str, **more: Any) -> None:
        """Make an entry of one line, with the refusal that locks, stock and gate foretell."""
        given = {"zone_id": lot.zone_id, "owner": self.of(lot.owner), "lines": [line(lot.batch_id, units)]} | more
        refused: str | None = lot.refusal(mode, units)
        if kind in GATED and mode == "intended" and not lot.whole and not self.clear(lot.batch_id):
            refused = "gate_refused"
        change = Counter({key: count * units for key, count in each.items()})
        made = self.attempt(
            lambda: DOES[kind](self.session, self.actor(lot.owner, lot.zone_id), **given), change, refused
        )
        if made is not None:
            self.entries.append(Entered(made["entry_id"], kind, units, each))

    def here(self, lot: Lot) -> tuple[UUID, str, UUID, UUID | None]:
        """Name the account in which a lot lies."""
        return lot.batch_id, "zone", self.of(lot.owner), lot.zone_id

    @precondition(some)
    @rule(data=st.data(), kind=st.sampled_from(sorted(LEAVES)), units=few, late=st.booleans())
    def leave(self, data: st.DataObject, kind: str, units: int, late: bool) -> None:
        if (lot := self.draw_lot(data)) is None:
            return
        more: dict[str, Any] = {}
        if late and lot.batch_id in self.entered_here and lot.zone_id == self.parties[lot.owner].zone_id:
            more["occurred_at"] = ago(hours=1)
        if "occurred_at" in more and not self.had_long(lot):
            del more["occurred_at"]
        fact = kind not in GATED or "occurred_at" in more
        if kind == "destruction":
            more |= PROOF
        elif kind == "return":
            more |= {"to": {"country": "BR"}, "receipt_no": "R2"}
        elif kind == "loss":
            more["reason"] = "破损"
        each = Counter({self.here(lot): -1, (lot.batch_id, LEAVES[kind], self.of(lot.owner), None): 1})
        self.enter(kind, lot, units, each, "fact" if fact else "intended", **more)

    def had_long(self, lot: Lot) -> bool:
        """Say whether the goods came to this owner by the arrival: what came later wasn't here an hour ago."""
        return (lot.batch_id, "opening", self.of(lot.owner), None) in self.state

    @precondition(some)
    @rule(data=st.data(), units=few, quarantine=st.booleans())
    def relocate(self, data: st.DataObject, units: int, quarantine: bool) -> None:
        if (lot := self.draw_lot(data)) is None:
            return
        home = self.parties[self.home[lot.zone_id]]
        target = self.quarantines[self.home[lot.zone_id]] if quarantine else home.zones[lot.zone_id == home.zones[0]]
        if target != lot.zone_id:
            each = Counter({self.here(lot): -1, (lot.batch_id, "zone", self.of(lot.owner), target): 1})
            self.enter("relocation", lot, units, each, "fact" if quarantine else "intended", to_zone_id=target)

    @precondition(some)
    @rule(data=st.data(), units=few, to=st.integers(0, 2))
    def change_owner(self, data: st.DataObject, units: int, to: int) -> None:
        if (lot := self.draw_lot(data)) is None or lot.owner == to:
            return
        each = Counter({self.here(lot): -1, (lot.batch_id, "zone", self.of(to), lot.zone_id): 1})
        self.enter("owner_change", lot, units, each, "intended", to_owner=self.of(to))

    @precondition(some)
    @rule(data=st.data(), pieces=st.integers(1, 3))
    def open_pieces(self, data: st.DataObject, pieces: int) -> None:
        if (lot := self.draw_lot(data)) is not None:
            self.enter("opening", lot, 6 * pieces, Counter(), "intended")

    @precondition(some)
    @rule(data=st.data(), account=st.sampled_from(["sold", "missing"]), units=few)
    def recover(self, data: st.DataObject, account: str, units: int) -> None:
        gone = sorted((key for key in self.state if key[1] == account), key=str)
        if not gone:
            return
        batch_id, _, owner_id, _ = key = data.draw(st.sampled_from(gone), label="what")
        owner = [self.of(number) for number in range(3)].index(owner_id)
        at = self.parties[owner].zone_id
        each = Counter({key: -1, (batch_id, "zone", owner_id, at): 1})
        lot = Lot(batch_id, owner, at, self.state[key], self.state[key], whole=False)
        self.enter("recovery", lot, units, each, "fact", from_account=account)

    @precondition(some)
    @rule(data=st.data(), counted=st.integers(0, 30), shortage=st.sampled_from(["lost", "missing"]))
    def count(self, data: st.DataObject, counted: int, shortage: str) -> None:
        if (lot := self.draw_lot(data)) is None:
            return
        more, less = max(0, counted - lot.units), max(0, lot.units - counted)
        change = Counter({
            self.here(lot): more - less,
            (lot.batch_id, "found", self.of(lot.owner), None): -more,
            (lot.batch_id, shortage, self.of(lot.owner), None): less,
        })  # fmt: skip
        said = line(lot.batch_id, counted, reason="盘点", shortage=shortage)
        self.attempt(lambda: entries.count(
            self.session, self.actor(lot.owner, lot.zone_id), zone_id=lot.zone_id, owner=self.of(lot.owner),
            lines=[said],
        ), change)  # fmt: skip

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), right=st.integers(0, 14))
    def correct(self, data: st.DataObject, right: int) -> None:
        """Say what was right. Less is refused only if the goods have gone on, more as if it were said anew."""
        entry = data.draw(st.sampled_from(self.entries), label="entry")
        units = right * 6 if entry.kind == "opening" else right
        if units == entry.units:
            return
        more = units - entry.units
        refused: set[str] | None = {"insufficient_stock", "locked", "gate_refused"}
        if more < 0 and entry.kind in {"use", "loss", "destruction", "return"}:
            refused = None
        batch_id = next(iter(entry.each), (self.batches[0],))[0] if entry.each else None
        if batch_id is None:
            row = entries.get(self.session, officer(), entry.entry_id)
            batch_id = row["lines"][0]["batch_id"]
        change = Counter({key: count * more for key, count in entry.each.items()})
        made = self.attempt(lambda: entries.correct(
            self.session, officer(), entry.entry_id, reason="更正", lines=[line(UUID(str(batch_id)), units)]
        ), change, refused)  # fmt: skip
        if made is not None:
            entry.units = units

    # hand-over

    @precondition(some)
    @rule(data=st.data(), units=few, to=st.integers(0, 2), how=st.sampled_from(["road", "road", "name", "name_late"]))
    def dispatch(self, data: st.DataObject, units: int, to: int, how: str) -> None:
        if (lot := self.draw_lot(data)) is None or (how == "road" and to == self.home[lot.zone_id]):
            return
        if how == "road" and to == lot.owner:
            return
        late = how == "name_late" and self.had_long(lot) and lot.zone_id == self.parties[lot.owner].zone_id
        refused = lot.refusal("fact" if late else "intended", units)
        if not late and not lot.whole and not self.clear(lot.batch_id):
            refused = "gate_refused"
        receiver: dict[str, str] = {"business": str(self.of(to))} if how == "road" else NOBODY
        gains = "transit" if how == "road" else "sold"
        change = Counter({self.here(lot): -units, (lot.batch_id, gains, self.of(lot.owner), None): units})
        made = self.attempt(lambda: trade.dispatch(
            self.session, self.actor(lot.owner, lot.zone_id), from_zone_id=lot.zone_id, owner=self.of(lot.owner),
            to=receiver, handover="await_confirmation" if how == "road" else "signed_in_person",
            lines=[line(lot.batch_id, units)], occurred_at=ago(hours=1) if late else None,
        ), change, refused)  # fmt: skip
        if made is not None and how == "road":
            self.sent.append(Sent(made["consignment_id"], lot.batch_id, lot.owner, to, lot.zone_id, units))

    @precondition(some)
    @rule(data=st.data(), units=few, to=st.integers(0, 2))
    def send_back(self, data: st.DataObject, units: int, to: int) -> None:
        """To whom it came from, held or not; who never had it is told so."""
        if (lot := self.draw_lot(data)) is None:
            return
        came_from = [sent.seller for sent in self.sent if (sent.batch_id, sent.buyer) == (lot.batch_id, lot.owner)]
        if came_from and data.draw(st.booleans(), label="supplier"):
            to = came_from[-1]
        if to in {lot.owner, self.home[lot.zone_id]}:
            return
        foretold = lot.refusal("fact", units)
        refused = {"not_supplier"} | ({foretold} if foretold else set())
        change = Counter({self.here(lot): -units, (lot.batch_id, "transit", self.of(lot.owner), None): units})
        made = self.attempt(lambda: trade.dispatch_return(
            self.session, self.actor(lot.owner, lot.zone_id), from_zone_id=lot.zone_id, owner=self.of(lot.owner),
            to={"business": str(self.of(to))}, lines=[line(lot.batch_id, units)],
        ), change, refused)  # fmt: skip
        if made is not None:
            assert units <= lot.units
            self.sent.append(Sent(made["consignment_id"], lot.batch_id, lot.owner, to, lot.zone_id, units))

    def draw_sent(self, data: st.DataObject) -> Sent | None:
        """Choose a consignment that waits for something."""
        waiting = [sent for sent in self.sent if sent.open_units or sent.disputed_units or sent.surplus_units]
        return data.draw(st.sampled_from(waiting), label="consignment") if waiting else None

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), where=st.integers(0, 1))
    def confirm(self, data: st.DataObject, where: int) -> None:
        """All, less or more: what is short is disputed on the road, what is more comes from the sender or is found."""
        sent = self.draw_sent(data)
        if sent is None or not sent.open_units:
            return
        most = sent.open_units + (0 if sent.disputed_units or sent.surplus_units else 4)
        came = data.draw(st.integers(1, most), label="came")
        delivered, surplus = min(came, sent.open_units), max(0, came - sent.open_units)
        at, buyer, seller = self.parties[sent.buyer].zones[where], self.of(sent.buyer), self.of(sent.seller)
        lies = self.lot(sent.batch_id, sent.seller, sent.from_zone)
        gives = (sent.batch_id, "zone", seller, sent.from_zone) if lies.free_units >= surplus and not lies.whole else (
            sent.batch_id, "found", buyer, None
        )  # fmt: skip
        change: State = Counter({(sent.batch_id, "transit", seller, None): -delivered})
        change[sent.batch_id, "zone", buyer, at] += came
        change[gives] -= surplus
        made = self.attempt(lambda: trade.confirm(
            self.session, merchant(self.parties[sent.buyer]), sent.consignment_id, zone_id=at,
            lines=[line(sent.batch_id, came)], reason="数量不符" if came != sent.open_units else None,
        ), change)  # fmt: skip
        assert made is not None
        sent.disputed_units += sent.open_units - delivered
        sent.open_units, sent.surplus_units = 0, sent.surplus_units + surplus
        sent.surplus_zone = at if surplus else sent.surplus_zone

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        sent = self.draw_sent(data)
        if sent is None or not sent.open_units:
            return
        seller = self.of(sent.seller)
        change = Counter({
            (sent.batch_id, "transit", seller, None): -sent.open_units,
            (sent.batch_id, "zone", seller, sent.from_zone): sent.open_units,
        })  # fmt: skip
        refused = {"wrong_state"} if sent.disputed_units or sent.surplus_units else None
        made = self.attempt(lambda: trade.reject(
            self.session, merchant(self.parties[sent.buyer]), sent.consignment_id, reason="拒收"
        ), change, refused)  # fmt: skip
        sent.open_units = 0 if made is not None else sent.open_units

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def dispute(self, data: st.DataObject) -> None:
        sent = self.draw_sent(data)
        if sent is None or not sent.open_units:
            return
        units = data.draw(st.integers(1, sent.open_units), label="units")
        refused = {"wrong_state"} if sent.surplus_units else None
        made = self.attempt(lambda: trade.dispute(
            self.session, merchant(self.parties[sent.buyer]), sent.consignment_id, lines=[line(sent.batch_id, units)],
            reason="化冻",
        ), {}, refused)  # fmt: skip
        if made is not None:
            sent.open_units, sent.disputed_units = sent.open_units - units, sent.disputed_units + units

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), outcome=st.sampled_from(["delivered", "returned", "lost", "missing"]))
    def settle(self, data: st.DataObject, outcome: str) -> None:
        sent = self.draw_sent(data)
        there = (sent.surplus_units or sent.disputed_units) if sent else 0
        if sent is None or not there:
            return
        units = data.draw(st.integers(1, there), label="units")
        seller, buyer, at = self.of(sent.seller), self.of(sent.buyer), self.parties[sent.buyer].zone_id
        change: State = Counter()
        refused: set[str] | None = None
        if sent.surplus_units:
            refused = {"not_for_surplus"} if outcome in {"lost", "missing"} else None
            if outcome == "returned":
                change[sent.batch_id, "zone", buyer, sent.surplus_zone] -= units
                change[sent.batch_id, "zone", seller, sent.from_zone] += units
                refused = {"insufficient_stock"}
        else:
            gains = {
                "delivered": (sent.batch_id, "zone", buyer, at),
                "returned": (sent.batch_id, "zone", seller, sent.from_zone),
            }.get(outcome, (sent.batch_id, outcome, seller, None))
            change = Counter({(sent.batch_id, "transit", seller, None): -units})
            change[gains] += units
        made = self.attempt(lambda: trade.settle(
            self.session, officer(), sent.consignment_id, reason="协商", zone_id=at,
            lines=[{"batch_id": sent.batch_id, "outcome": outcome, "quantity_units": units}],
        ), change, refused)  # fmt: skip
        if made is not None and sent.surplus_units:
            sent.surplus_units -= units
        elif made is not None:
            sent.disputed_units -= units

    # others made of them

    @precondition(some)
    @rule(data=st.data(), units=few, more=few)
    def transform(self, data: st.DataObject, units: int, more: int) -> None:
        first, second = self.draw_lot(data), self.draw_lot(data)
        if first is None or second is None:
            return
        lots = {first.batch_id: (first, units)}
        if second.batch_id != first.batch_id and (second.owner, second.zone_id) == (first.owner, first.zone_id):
            lots[second.batch_id] = (second, more)
        refusals = {lot.refusal("intended", wanted) for lot, wanted in lots.values()} - {None}
        unclear = any(not self.clear(batch_id) for batch_id in lots)
        refused: Any = None
        if refusals or unclear:
            refused = {"locked", "insufficient_stock", "gate_refused"}
        total = sum(wanted for _, wanted in lots.values())
        output = {
            "product_id": self.made_of.product_id, "production_date": clock.now().date(), "batch_no": None,
            "expiry_date": None, "quantity_units": total, "zone_id": None,
        }  # fmt: skip
        owner = self.of(first.owner)

        def change(made: Any) -> State:
            assert not refusals
            child = UUID(str(made["outputs"][0]["batch_id"]))
            self.batches.append(child)
            changes: State = Counter({
                (child, "transformed", owner, None): -total,
                (child, "zone", owner, UUID(str(made["outputs"][0]["zone_id"]))): total,
            })  # fmt: skip
            for lot, wanted in lots.values():
                changes[self.here(lot)] -= wanted
                changes[lot.batch_id, "transformed", owner, None] += wanted
            return changes

        self.attempt(lambda: transforming.transform(
            self.session, self.actor(first.owner, first.zone_id), process="repack", zone_id=first.zone_id,
            owner=owner, lines=[line(batch_id, wanted) for batch_id, (_, wanted) in lots.items()], outputs=[output],
        ), change, refused)  # fmt: skip

    @precondition(some)
    @rule(data=st.data(), first=st.integers(1, 4), count=st.integers(0, 2))
    def split(self, data: st.DataObject, first: int, count: int) -> None:
        if (lot := self.draw_lot(data)) is None:
            return
        owner = self.of(lot.owner)

        def change(made: Any) -> State:
            child, units = UUID(str(made["batch_id"])), made["quantity_units"]
            assert lot.refusal("intended", units) is None
            self.batches.append(child)
            return Counter({
                self.here(lot): -units, (lot.batch_id, "transformed", owner, None): units,
                (child, "transformed", owner, None): -units, (child, "zone", owner, lot.zone_id): units,
            })  # fmt: skip

        codes = {"locked", "insufficient_stock", "pieces_gone", "beyond_pieces"}
        self.attempt(lambda: splitting.split(
            self.session, self.actor(lot.owner, lot.zone_id), lot.batch_id, piece_from=first, piece_to=first + count,
            zone_id=lot.zone_id, owner=owner,
        ), change, codes)  # fmt: skip

    # holds

    @precondition(some)
    @rule(data=st.data(), kind=st.sampled_from(["recall", "result"]))
    def hold(self, data: st.DataObject, kind: str) -> None:
        chosen = data.draw(st.sampled_from(self.batches), label="batch")
        family = {chosen} | batches.descendants(self.session, [chosen])
        cause = Cause(kind, new_id())
        holds.place(self.session, SYSTEM, family, cause, "red", NOW)
        self.whole.append((cause, family))

    @precondition(some)
    @rule(data=st.data())
    def seal(self, data: st.DataObject) -> None:
        if (lot := self.draw_lot(data)) is None:
            return
        units = data.draw(st.integers(1, lot.units), label="units")
        holding_id = self.session.scalars(
            select(col(Holding.holding_id)).where(
                col(Holding.batch_id) == lot.batch_id, col(Holding.owner_id) == self.of(lot.owner),
                col(Holding.zone_id) == lot.zone_id,
            )
        ).one()  # fmt: skip
        cause = Cause("inspection", new_id())
        holds.place_parts(self.session, SYSTEM, {holding_id: units}, cause, "sealed", NOW)
        self.parts.append(cause)

    @precondition(lambda self: self.whole or self.parts)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        causes = [cause for cause, _ in self.whole] + self.parts
        cause = data.draw(st.sampled_from(causes), label="cause")
        holds.end(self.session, SYSTEM, cause, "解除")
        self.whole = [each for each in self.whole if each[0] != cause]
        self.parts = [each for each in self.parts if each != cause]

    # what stands

    @invariant()
    def books_agree(self) -> None:
        assert check.stock_from_movements(self.session) is None
        assert check.movements_from_journal(self.session) is None
        sums: Counter[tuple[UUID, str]] = Counter()
        for (batch_id, account, _, _), units in self.state.items():
            sums[batch_id, account] += units
        for (batch_id, account), units in sums.items():
            below = account in {"opening", "found"} or (account == "transformed" and batch_id not in self.entered_here)
            assert below or units >= 0, f"{units} units of {batch_id} are {account}"
        road = sum(sent.open_units + sent.disputed_units for sent in self.sent)
        assert road == sum(units for (_, account), units in sums.items() if account == "transit")


def test_whatever_is_entered_the_books_agree(shared_database: Engine, rounds: Callable[[int, int], int]) -> None:
    machine: Any = type("Bound", (TradeMachine,), {"engine": shared_database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=rounds(30, 800), stateful_step_count=rounds(15, 30), deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
