"""Every movement kind as a rule of a machine; who posts and who judges is the machine's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from coldchain.core.ids import new_id
from coldchain.ledger import postings
from coldchain.ledger.postings import Entry
from tests.properties.ledger_model import OUTSIDE, Model, Place, Road, Step

OWNERS, ZONES = 3, 4
Mode = Literal["intended", "late", "apart"]  # refused when held; held units last; held units first
MODES: tuple[Mode, ...] = ("intended", "late", "apart")
LEAVES = {
    "sold": "sale", "used": "use", "lost": "loss", "missing": "stocktake", "destroyed": "destruction",
    "returned": "return",
}  # fmt: skip

owners = st.integers(0, OWNERS - 1)
zones = st.integers(0, ZONES - 1)
few = st.integers(1, 12)
modes = st.sampled_from(MODES)


def has_batches(machine: MovementRules) -> bool:
    """Say whether there is anything to move."""
    return bool(machine.model.there)


class MovementRules(RuleBasedStateMachine):
    """Three owners keep goods in four zones, send them, sell them, count them, make others of them, and correct it."""

    owners: list[UUID]
    zones: list[UUID]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()

    def post(self, steps: Sequence[Step], mode: Mode) -> bool:
        """Post these movements together, or find out that they are refused as they should be; say which."""
        raise NotImplementedError

    def make_batch(self, owner: int, zone: int, parents: set[int]) -> int:
        """Add a batch without goods."""
        return self.model.new_batch(parents)

    def zone(self, owner: int, zone: int) -> Place:
        """Name an owner's account in a zone."""
        return ("zone", self.owners[owner], self.zones[zone])

    def draw_batch(self, data: st.DataObject) -> int:
        """Choose a batch."""
        return data.draw(st.integers(0, len(self.model.there) - 1), label="batch")

    def draw_stock(self, data: st.DataObject) -> tuple[int, int, int]:
        """Choose a batch and an owner and zone, mostly where it lies: (batch, owner, zone)."""
        batch = self.draw_batch(data)
        lies = [
            (owner, zone)
            for owner in range(OWNERS)
            for zone in range(ZONES)
            if self.model.units(batch, self.zone(owner, zone))
        ]
        if not lies or data.draw(st.integers(0, 9), label="anywhere") == 9:
            return batch, *data.draw(st.tuples(owners, zones), label="place")
        return batch, *data.draw(st.sampled_from(lies), label="place")

    # into the books

    @initialize(owner=owners, zone=zones)
    def begin(self, owner: int, zone: int) -> None:
        self.intake(owner, zone, 12)

    @rule(owner=owners, zone=zones, units=few)
    def intake(self, owner: int, zone: int, units: int) -> None:
        batch = self.make_batch(owner, zone, set())
        entries = postings.intake(self.owners[owner], self.zones[zone], units)
        source = ("opening", self.owners[owner], None)
        assert self.post([Step("intake", batch, entries, source, self.zone(owner, zone), units)], "late")

    @precondition(has_batches)
    @rule(data=st.data(), units=few)
    def find(self, data: st.DataObject, units: int) -> None:
        batch, owner, zone = self.draw_stock(data)
        entries = postings.find(self.owners[owner], self.zones[zone], units)
        source = ("found", self.owners[owner], None)
        assert self.post([Step("stocktake", batch, entries, source, self.zone(owner, zone), units)], "late")

    @precondition(has_batches)
    @rule(data=st.data(), account=st.sampled_from(sorted(postings.RECOVERABLE)), zone=zones)
    def recover(self, data: st.DataObject, account: str, zone: int) -> None:
        batch = self.draw_batch(data)
        owner = data.draw(owners, label="owner")
        source = (account, self.owners[owner], None)
        there = self.model.units(batch, source)
        if there > 0:  # that no more comes back than went is judged above the ledger: outside there is no balance
            units = data.draw(st.integers(1, there), label="units")
            entries = postings.recover(account, self.owners[owner], self.zones[zone], units)
            assert self.post([Step("recovery", batch, entries, source, self.zone(owner, zone), units)], "late")

    # within and out of it

    @precondition(has_batches)
    @rule(data=st.data(), account=st.sampled_from(sorted(LEAVES)), units=few, mode=modes)
    def leave(self, data: st.DataObject, account: str, units: int, mode: Mode) -> None:
        batch, owner, zone = self.draw_stock(data)
        entries = postings.leave(account, self.owners[owner], self.zones[zone], units)
        target = (account, self.owners[owner], None)
        self.post([Step(LEAVES[account], batch, entries, self.zone(owner, zone), target, units)], mode)

    @precondition(has_batches)
    @rule(data=st.data(), to=zones, units=few, mode=modes)
    def relocate(self, data: st.DataObject, to: int, units: int, mode: Mode) -> None:
        batch, owner, zone = self.draw_stock(data)
        if to != zone:
            entries = postings.relocate(self.owners[owner], self.zones[zone], self.zones[to], units)
            step = Step("relocation", batch, entries, self.zone(owner, zone), self.zone(owner, to), units)
            self.post([step], mode)

    @precondition(has_batches)
    @rule(data=st.data(), to=owners, units=few)
    def change_owner(self, data: st.DataObject, to: int, units: int) -> None:
        batch, owner, zone = self.draw_stock(data)
        if to != owner:
            entries = postings.change_owner(self.owners[owner], self.owners[to], self.zones[zone], units)
            step = Step("owner_change", batch, entries, self.zone(owner, zone), self.zone(to, zone), units)
            self.post([step], "intended")

    @precondition(has_batches)
    @rule(data=st.data(), units=few)
    def open_pieces(self, data: st.DataObject, units: int) -> None:
        batch, owner, zone = self.draw_stock(data)
        entries = postings.open_pieces(self.owners[owner], self.zones[zone], units)
        place = self.zone(owner, zone)
        self.post([Step("opening_of_piece", batch, entries, place, place, units)], "intended")

    @precondition(has_batches)
    @rule(data=st.data(), taken=st.lists(few, min_size=1, max_size=3), made=st.lists(few, min_size=1, max_size=2))
    def transform(self, data: st.DataObject, taken: list[int], made: list[int]) -> None:
        batch, owner, zone = self.draw_stock(data)
        inputs = [batch, *(self.draw_batch(data) for _ in taken[1:])]
        here, outside = self.zone(owner, zone), ("transformed", self.owners[owner], None)
        into = postings.transform_in, postings.transform_out
        steps = [
            Step("transformation", each, into[0](self.owners[owner], self.zones[zone], units), here, outside, units)
            for each, units in zip(inputs, taken, strict=True)
        ]
        if self.post(steps, "intended"):
            for units in made:
                child = self.make_batch(owner, zone, set(inputs))
                entries = into[1](self.owners[owner], self.zones[zone], units)
                assert self.post([Step("transformation", child, entries, outside, here, units)], "late")

    @precondition(has_batches)
    @rule(data=st.data(), units=few)
    def split(self, data: st.DataObject, units: int) -> None:
        batch, owner, zone = self.draw_stock(data)
        here, outside = self.zone(owner, zone), ("transformed", self.owners[owner], None)
        child = len(self.model.there)
        entries = postings.transform_in(self.owners[owner], self.zones[zone], units)
        if self.post([Step("split", batch, entries, here, outside, units)], "intended"):
            assert self.make_batch(owner, zone, {batch}) == child
            entries = postings.transform_out(self.owners[owner], self.zones[zone], units)
            assert self.post([Step("split", child, entries, outside, here, units)], "late")

    # on the road

    @precondition(has_batches)
    @rule(data=st.data(), units=few, mode=modes)
    def dispatch(self, data: st.DataObject, units: int, mode: Mode) -> None:
        batch, owner, zone = self.draw_stock(data)
        road = new_id()
        entries = postings.dispatch(self.owners[owner], self.zones[zone], road, units)
        target = ("transit", self.owners[owner], road)
        if self.post([Step("dispatch", batch, entries, self.zone(owner, zone), target, units, road)], mode):
            self.model.roads.append(Road(road, batch, owner, zone))

    @precondition(has_batches)
    @rule(data=st.data(), units=few, mode=modes)
    def hand_over(self, data: st.DataObject, units: int, mode: Mode) -> None:
        batch, owner, zone = self.draw_stock(data)
        road = new_id()
        entries = postings.hand_over(self.owners[owner], self.zones[zone], road, units)
        target = ("sold", self.owners[owner], None)
        self.post([Step("dispatch", batch, entries, self.zone(owner, zone), target, units, road)], mode)

    @precondition(lambda self: self.model.roads)
    @rule(data=st.data(), how=st.sampled_from(["confirm", "reject", "lost", "missing"]), to=owners, zone=zones)
    def answer(self, data: st.DataObject, how: str, to: int, zone: int) -> None:
        road = data.draw(st.sampled_from(self.model.roads), label="road")
        seller, road_id = self.owners[road.owner], road.consignment_id
        source = ("transit", seller, road_id)
        left = self.model.units(road.batch, source)
        units = data.draw(st.integers(1, left + 1), label="units")
        entries: tuple[Entry, ...]
        if how == "confirm":
            entries = postings.confirm(seller, self.owners[to], self.zones[zone], road_id, units)
            step = Step("confirmation", road.batch, entries, source, self.zone(to, zone), units, road_id)
        elif how == "reject":
            entries = postings.reject(seller, self.zones[road.zone], road_id, units)
            step = Step("rejection", road.batch, entries, source, self.zone(road.owner, road.zone), units, road_id)
        else:
            entries = postings.settle(how, seller, road_id, units)
            step = Step("settlement", road.batch, entries, source, (how, seller, None), units, road_id)
        assert self.post([step], "late") is (units <= left)
        if units == left:
            self.model.roads.remove(road)

    @precondition(lambda self: self.model.roads)
    @rule(data=st.data(), to=owners, zone=zones, units=few, known=st.booleans())
    def confirm_more(self, data: st.DataObject, to: int, zone: int, units: int, known: bool) -> None:
        road = data.draw(st.sampled_from(self.model.roads), label="road")
        seller, source = self.owners[road.owner], self.zone(road.owner, road.zone)
        target = self.zone(to, zone)
        if known and source == target:
            return
        at = self.zones[road.zone] if known else None
        entries = postings.confirm_surplus(seller, at, self.owners[to], self.zones[zone], units)
        given = source if known else ("found", self.owners[to], None)
        step = Step("confirmation", road.batch, entries, given, target, units, road.consignment_id)
        self.post([step], "intended")

    # said wrongly before

    @precondition(lambda self: self.model.moved)
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        numbers = [
            number
            for number, step in enumerate(self.model.moved)
            if step.corrects is None
            and step.kind not in {"intake", "transformation", "split", "opening_of_piece"}
            and step.units > self.model.undone[number]
        ]
        if not numbers:
            return
        number = data.draw(st.sampled_from(numbers), label="which")
        wrong = self.model.moved[number]
        units = data.draw(st.integers(1, wrong.units - self.model.undone[number]), label="units")
        if wrong.target[0] in OUTSIDE and self.model.units(wrong.batch, wrong.target) < units:
            return  # it was recovered meanwhile: judged above the ledger
        entries = postings.reverse(scaled(wrong.entries, units))
        step = Step(
            "correction", wrong.batch, entries, wrong.target, wrong.source, units, wrong.consignment_id, number
        )  # fmt: skip
        self.post([step], "late")
        if step.target[0] == "transit" and self.model.units(step.batch, step.target):
            known = {road.consignment_id for road in self.model.roads}
            if wrong.consignment_id not in known and wrong.consignment_id is not None:
                owner = self.owners.index(step.target[1])
                self.model.roads.append(Road(wrong.consignment_id, step.batch, owner, 0))


def scaled(entries: tuple[Entry, ...], units: int) -> tuple[Entry, ...]:
    """Return the same two sides with that many units."""
    changes: Any = {True: units, False: -units}
    return tuple(
        Entry(each.account, each.owner_id, each.zone_id, each.consignment_id, changes[each.quantity_units > 0])
        for each in entries
    )
