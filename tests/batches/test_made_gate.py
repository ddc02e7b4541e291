"""What was split off or made from others: pieces against sets of pieces, and the gate over real rows (R1, R5)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import facts, service, states
from coldchain.batches.models import Arrival, Batch, BatchOrigin, Disinfection, Sample, Tube
from coldchain.batches.origins import Origin, Origins, located
from coldchain.core import clock, db
from coldchain.core.ids import new_id
from coldchain.policy import coverage, engine
from coldchain.policy.coverage import Piece
from coldchain.policy.facts import BatchFacts, PolicyRow, Source
from coldchain.registry.models import Product

START = datetime(2021, 1, 18, 6, tzinfo=UTC)
COUNT = 24
ROW = PolicyRow(
    None, "t", 1, "", "", None, True, None, date(2020, 1, 1), None, (), "every_piece", "per_piece", True, False,
    False, None, "",
)  # fmt: skip


def key(number):
    return UUID(int=number + 1)


class Heap:
    """A batch of pieces that is split again and again; each batch knows which pieces of the first one it is.

    Time is a counter; records are kept with what they cover, so that a verdict can be recomputed piece by piece.
    """

    def __init__(self, count):
        self.own = {0: list(range(1, count + 1))}  # batch -> the first batch's numbers, in the batch's own order
        self.left = {0: set(range(1, count + 1))}
        self.origins = []
        self.time = 0
        self.treated = {}  # first batch's piece -> basis of a record that covers it
        self.treatments = []
        self.tubes = []
        self.tested = set()
        self.coded = {}  # batch -> time
        self.recorded = {0: 0}
        self.coded_pieces = set()

    def moment(self):
        self.time += 1
        return START + timedelta(minutes=self.time)

    def free(self, batch, first, last):
        return all(self.own[batch][number - 1] in self.left[batch] for number in range(first, last + 1))

    def split(self, batch, first, last):
        child, when = len(self.own), self.moment()
        self.own[child] = self.own[batch][first - 1 : last]
        self.left[batch] -= set(self.own[child])
        self.left[child] = set(self.own[child])
        self.recorded[child] = self.time
        self.origins.append(Origin(key(child), key(batch), "split", 1, first, last, when))

    def treat(self, batch, basis, first, last):
        when = self.moment()
        pieces = self.left[batch] if basis == "whole_batch" else set(self.own[batch][first - 1 : last])
        self.treated |= dict.fromkeys(pieces, basis)
        whole = basis == "whole_batch"
        self.treatments.append(
            Disinfection(
                disinfection_id=new_id(), batch_id=key(batch), basis=basis, piece_from=None if whole else first,
                piece_to=None if whole else last, protocol_state="met", agent="chlorine", occurred_at=when,
                ambient_temperature_c=Decimal(1), concentration_mg_per_l=500, contact_min=30,
            )
        )  # fmt: skip

    def test(self, batch, basis, first, last):
        when = self.moment()
        whole = basis == "whole_batch"
        self.tested |= self.left[batch] if whole else set(self.own[batch][first - 1 : last])
        tube = Tube(tube_id=new_id(), tube_no=f"T{self.time}", sampled_at=when)
        self.tubes.append(
            Sample(
                sample_id=new_id(), tube_id=tube.tube_id, batch_id=key(batch), sample_site="outer_pack", basis=basis,
                piece_from=None if whole else first, piece_to=None if whole else last,
            )
        )  # fmt: skip
        self.tubes[-1] = (key(batch), tube, self.tubes[-1])

    def code(self, batch):
        self.moment()
        self.coded.setdefault(batch, self.time)
        self.coded_pieces |= self.left[batch]

    def books(self):
        arrival = Arrival(arrival_id=key(10_000), entry_mode="arrived", occurred_at=START, recorded_at=START)
        product = Product(product_id=key(10_001), imported=True, category="poultry")
        batches = {
            key(number): Batch(
                batch_id=key(number), batch_code=f"B{number}", arrival_id=arrival.arrival_id, piece_count=len(pieces),
                production_date=START.date(),
                recorded_at=START + timedelta(minutes=self.recorded[number]),
                code_made_at=START + timedelta(minutes=self.coded[number]) if number in self.coded else None,
            )
            for number, pieces in self.own.items()
        }  # fmt: skip
        treatments = {}
        for record in self.treatments:
            treatments.setdefault(record.batch_id, []).append(record)
        negative, samples = states.TubeState("negative", None), {}
        for batch_id, tube, sample in self.tubes:
            samples.setdefault(batch_id, []).append(facts.TubeSamples(tube, negative, [sample]))
        books = facts.Books(batches, Origins.of(self.origins), {}, treatments, samples)
        return {number: books.facts(batches[key(number)], arrival, product) for number in self.own}


bases = st.sampled_from(["whole_batch", "declared_range", "scanned"])
number = st.integers(0, 10**6)
acts = st.lists(st.tuples(st.sampled_from(["split", "treat", "test", "code"]), number, number, number, bases),
                max_size=14)  # fmt: skip


def played(count, listed):
    heap = Heap(count)
    for act, which, one, other, basis in listed:
        batch = which % len(heap.own)
        first, last = sorted((one % len(heap.own[batch]) + 1, other % len(heap.own[batch]) + 1))
        if act == "split" and heap.free(batch, first, last):
            heap.split(batch, first, last)
        elif act == "treat":
            heap.treat(batch, basis, first, last)
        elif act == "test":
            heap.test(batch, basis, first, last)
        elif act == "code":
            heap.code(batch)
    return heap


@given(st.integers(1, COUNT), acts)
def test_every_piece_is_judged_by_the_records_that_spoke_of_it(count, listed):
    """A record speaks of the pieces that were there when it was made, whatever batch they are in later."""
    heap = played(count, listed)
    for batch, found in heap.books().items():
        verdict = engine.judge(ROW, replace(found, region_code="230203"))
        there = heap.left[batch] or set(heap.own[batch])
        numbers = {piece: place for place, piece in enumerate(heap.own[batch], 1)}
        for part, covered in (("disinfection", set(heap.treated)), ("test", heap.tested)):
            shown = verdict.basis[part]
            said = {n for first, last in shown["uncovered"] for n in range(first, last + 1)}
            # a whole-batch record of what was left can't speak of pieces that had gone: it is only asked for these
            assert said == {numbers[piece] for piece in there - covered} or not heap.left[batch]
            if not heap.left[batch]:
                assert said <= set(range(1, len(heap.own[batch]) + 1))
        if heap.left[batch]:
            assert verdict.basis["code"]["made"] is (heap.left[batch] <= heap.coded_pieces)


@given(st.integers(1, COUNT), acts)
def test_an_old_label_finds_the_batch_that_has_the_piece_now(count, listed):
    heap = played(count, [act for act in listed if act[0] == "split"])
    splits = {}
    for origin in heap.origins:
        splits.setdefault(origin.parent_id, []).append(origin)
    for batch, pieces in heap.own.items():
        for place, piece in enumerate(pieces, 1):
            now, there = located(splits, key(batch), place)
            (owner,) = [n for n, own in heap.own.items() if key(n) == now]
            assert heap.own[owner][there - 1] == piece
            assert piece in heap.left[owner]


@given(st.lists(st.tuples(st.integers(1, COUNT), st.integers(1, COUNT)), max_size=4), st.integers(1, COUNT))
def test_what_was_split_off_is_neither_covered_nor_asked_for(pairs, count):
    gone = [pair for pair in pairs if pair[0] <= pair[1] <= count]
    out = {n for first, last in gone for n in range(first, last + 1)}
    there = set(range(1, count + 1)) - out or set(range(1, count + 1))
    found = coverage.cover([Piece("declared_range", 2, 5)], count, gone)
    covered = {n for first, last in found.covered for n in range(first, last + 1)}
    uncovered = {n for first, last in found.uncovered for n in range(first, last + 1)}
    assert covered == there & set(range(2, 6))
    assert uncovered == there - covered
    assert not coverage.cover([Piece("whole_batch")], count, gone).uncovered


# over real rows


def made(case, sources, *, kind="transformation", arrival=None, pieces=None, quantity_units=6, product=None, code=True):
    """A batch that came out of others, as the services write it; returns its id."""
    with db.transaction() as session:
        first = session.get(Batch, UUID(sources[0]))
        now = clock.now()
        if kind == "split":
            values = first.model_dump() | {"line_no": len(service.batch_ids_of(session, first.arrival_id)) + 1}
        else:
            given_arrival = session.get(Arrival, first.arrival_id)
            arrival = Arrival(**(given_arrival.model_dump() | {
                "arrival_id": new_id(), "arrival_no": f"X{new_id()}", "entry_mode": "processed", "supplier_id": None,
                "supplier_name": None, "recorded_at": now,
            }))  # fmt: skip
            session.add(arrival)
            session.flush()
            values = first.model_dump() | {"arrival_id": arrival.arrival_id, "line_no": 1}
        count = pieces[1] - pieces[0] + 1 if pieces else 1
        child = Batch(**(values | {
            "batch_id": new_id(), "batch_code": str(new_id())[-12:], "quantity_units": quantity_units,
            "piece_count": count, "status": "held", "code_made_at": None, "occurred_at": now, "recorded_at": now,
        }))  # fmt: skip
        session.add(child)
        session.flush()
        for source in sources:
            session.add(BatchOrigin(
                child_id=child.batch_id, parent_id=UUID(source), kind=kind, quantity_units=6, recorded_at=now,
                piece_from=pieces[0] if pieces else None, piece_to=pieces[1] if pieces else None,
            ))  # fmt: skip
        session.flush()
        if code:
            service.note_code_made(session, [child.batch_id], now)
        return str(child.batch_id)


def verdict(batch_id, region="230203"):
    with db.transaction() as session:
        return service.gate(session, [UUID(batch_id)], region)[UUID(batch_id)]


def codes(batch_id):
    return [(item.code, str(item.batch_id) if item.batch_id else None) for item in verdict(batch_id).missing]


def status(batch_id):
    with db.transaction() as session:
        return session.get(Batch, UUID(batch_id)).status


def coded(*batch_ids):
    with db.transaction() as session:
        service.note_code_made(session, [UUID(batch_id) for batch_id in batch_ids], clock.now())


def test_a_proven_part_leaves_and_the_rest_stays(case):
    case.papers()
    case.disinfect(f"/batches/{case.first}", basis="declared_range", piece_from=1, piece_to=12)
    case.result(case.tube(case.first), "negative")
    coded(case.first)
    assert codes(case.first) == [("disinfection_not_covered", None)]
    child = made(case, [case.first], kind="split", pieces=(1, 12), quantity_units=72, code=False)
    found = verdict(child)
    assert found.clear
    assert [note.code for note in found.notes] == ["split_from"]
    assert found.basis["disinfection"]["covered"] == [[1, 12]]
    rest = verdict(case.first)
    assert [item.uncovered for item in rest.missing] == [((13, 20),)]
    assert [note.code for note in rest.notes] == ["split_off"]
    grandchild = made(case, [child], kind="split", pieces=(5, 6), quantity_units=12, code=False)
    assert verdict(grandchild).clear
    # treated afterwards: what was left is the batch now, its child is another one
    case.disinfect(f"/batches/{case.first}")
    assert verdict(case.first).clear
    other = made(case, [case.first], kind="split", pieces=(13, 20), quantity_units=48, code=False)
    assert verdict(other).clear


def test_a_record_of_the_whole_is_of_what_is_there_at_that_time(case):
    case.papers()
    case.result(case.tube(case.first), "negative")
    coded(case.first)
    child = made(case, [case.first], kind="split", pieces=(1, 10), quantity_units=60, code=False)
    case.disinfect(f"/batches/{case.first}", occurred_at=clock.now().isoformat())
    case.disinfect(occurred_at=clock.now().isoformat())  # of the whole arrival: the part is no line of it
    assert codes(child) == [("disinfection_missing", None)]
    assert codes(case.first) == []
    # an old record that is entered late speaks of both
    case.disinfect(f"/batches/{case.first}")
    assert codes(child) == []


def test_labels_made_after_the_split_are_not_on_the_child(case):
    case.papers()
    case.disinfect()
    case.result(case.tube(case.first), "negative")
    child = made(case, [case.first], kind="split", pieces=(1, 10), quantity_units=60, code=False)
    coded(case.first)
    assert codes(child) == [("code_missing", None)]
    coded(child)
    assert codes(child) == []


def test_goods_made_from_others_are_clear_when_each_of_them_is(case):
    mixed = made(case, [case.first, case.second])
    again = made(case, [mixed])
    lacking = {batch_id for _, batch_id in codes(again)}
    assert lacking == {case.first, case.second}  # the first sources are named, not what lies between
    (item, *_) = verdict(again).missing
    assert item.batch_code in item.message_zh
    assert item.batch_code in item.message_en
    assert [note.code for note in verdict(again).notes] == ["made_from"]
    case.papers()
    case.disinfect()
    coded(case.first, case.second)
    case.result(case.tube(case.first), "negative")
    assert codes(again) == [("test_missing", case.second)]
    assert status(again) == "held"
    case.result(case.tube(case.second, tube_no="LJ-2"), "negative")
    assert codes(again) == []
    assert status(again) == "cleared"  # what is entered for a source reaches what was made of it
    split = made(case, [again], kind="split", pieces=(1, 1), code=False)
    assert verdict(split).clear
    assert [note.code for note in verdict(split).notes] == ["split_from", "made_from"]


def test_made_goods_need_their_own_code_and_no_positive_test_of_their_own(case):
    case.papers()
    case.disinfect()
    coded(case.first)
    case.result(case.tube(case.first), "negative")
    child = made(case, [case.first], code=False)
    assert codes(child) == [("code_missing", None)]
    coded(child)
    assert verdict(child).clear
    tube = case.tube(child, tube_no="LJ-9")
    assert verdict(child).clear  # nothing more is asked for, so nothing is waited for
    case.result(tube, "positive")
    assert codes(child) == [("test_positive", None)]
    assert codes(case.first) == []
    assert [hold["grade"] for hold in case.batch(child)["holds"]] == ["red"]
    assert case.batch(case.first)["holds"] == []


def test_what_was_made_from_itself_has_only_its_own_papers_to_show(case):
    coded(case.first, case.second)
    one = made(case, [case.first])
    with db.transaction() as session:
        session.add(BatchOrigin(
            child_id=UUID(case.first), parent_id=UUID(one), kind="transformation", quantity_units=1,
            recorded_at=clock.now(),
        ))  # fmt: skip
    assert not verdict(one).clear
    assert not verdict(case.first).clear


def test_a_long_line_costs_no_more_statements(case, database):
    line = [case.first]
    for _ in range(30):
        line.append(made(case, [line[-1]] + [b for b in (case.second,) if len(line) % 3 == 0]))
    parts = [made(case, [line[-1]], kind="split", pieces=(1, 1), code=False)]

    def statements(batch_ids):
        seen = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(database, "before_cursor_execute", note)
        try:
            with Session(database) as session:
                found = service.gate(session, [UUID(b) for b in batch_ids], "230203")
        finally:
            event.remove(database, "before_cursor_execute", note)
        assert set(found) == {UUID(b) for b in batch_ids}
        return len(seen)

    alone = statements([case.second])
    assert statements([parts[0]]) == statements([*line, *parts, case.second]) == alone <= 8
    assert {batch_id for _, batch_id in codes(parts[0])} == {case.first, case.second}


def test_missing_items_of_a_source_that_many_ways_lead_to_are_said_once():
    def fact(number, made_from=()):
        return BatchFacts(
            key(number), "230203", True, "poultry", date(2021, 1, 18), 1, batch_code=f"B{number}", made_from=made_from
        )

    root = engine.judge(ROW, fact(0))
    source = Source(key(0), "B0", root)
    twice = [Source(key(n), f"B{n}", engine.judge(ROW, fact(n, (key(0),)), [source])) for n in (1, 2)]
    last = engine.judge(ROW, fact(3, (key(1), key(2))), twice)
    assert [(item.code, item.batch_code) for item in last.missing] == [
        ("code_missing", None), ("code_missing", "B1"), ("disinfection_missing", "B0"), ("test_missing", "B0"),
        ("code_missing", "B0"), ("code_missing", "B2"),
    ]  # fmt: skip
    assert last.basis["made_from"][0] == {"batch_id": str(key(1)), "batch_code": "B1", "clear": False}


@pytest.mark.parametrize("imported", [True, False])
def test_without_a_policy_made_goods_are_judged_by_their_sources(imported):
    fact = BatchFacts(key(1), "440300", imported, "poultry", date(2021, 1, 18), 1, made_from=(key(0),))
    clear = engine.judge(None, BatchFacts(key(0), "440300", False, "poultry", date(2021, 1, 18), 1))
    held = engine.judge(None, BatchFacts(key(0), "440300", True, "poultry", date(2021, 1, 18), 1))
    assert engine.judge(None, fact, [Source(key(0), "B0", clear)]).clear is not imported
    assert not engine.judge(None, fact, [Source(key(0), "B0", held)]).clear


def test_the_status_of_a_parent_follows_what_is_left(case):
    case.papers()
    case.disinfect(f"/batches/{case.first}", basis="declared_range", piece_from=1, piece_to=12)
    case.result(case.tube(case.first), "negative")
    coded(case.first)
    made(case, [case.first], kind="split", pieces=(13, 20), quantity_units=48, code=False)
    with db.transaction() as session:
        assert service.settle_status(session, [UUID(case.first)])[UUID(case.first)] == "cleared"
    assert SYSTEM.user_id is None
