"""The ledger in the database against the plain model: every movement kind, under whole and part holds (R8, R10).

After each step: Σ = 0, no account below zero, held ≤ there and what the active holds demand, stock = replay of the
movements = replay of what the journal tells, and a refusal exactly where the model says so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core.errors import Conflict
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.postings import Draft
from tests.ledger.books import NOW, Party, batch, party, posted, product
from tests.properties.ledger_model import CUSTODY, Place, Step
from tests.properties.ledger_rules import OWNERS, ZONES, Mode, MovementRules, has_batches

At = tuple[int, Place]  # batch and account
Claims = Counter[tuple[UUID, At]]  # units that a cause holds apart in an account
_STOCK = text("""
    SELECT batch_id, account, owner_id, coalesce(zone_id, consignment_id), quantity_units, held_units
    FROM holding WHERE quantity_units > 0""")
_CLAIMS = text("""
    SELECT hold.cause_id, hold.batch_id, account, owner_id, coalesce(zone_id, consignment_id),
           coalesce(hold.quantity_units, holding.quantity_units)
    FROM hold JOIN holding USING (holding_id) WHERE ended_at IS NULL""")
_TOLD = text(
    "SELECT body FROM journal_entry WHERE kind = 'test.posted' AND subject_id = ANY(CAST(:subjects AS uuid[]))"
)


class PostedInBooks(MovementRules):
    """Steps are posted as services do; every refusal and every hold is foretold."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.engine.connect()
        self.connection.begin()
        self.session = Session(self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        self.parties = [party(self.session, zones) for zones in (2, 1, 1)]
        assert len(self.parties) == OWNERS
        self.owners = [each.business_id for each in self.parties]
        self.zones = [zone_id for each in self.parties for zone_id in each.zones]
        assert len(self.zones) == ZONES
        self.product = product(self.session)
        self.batches: list[UUID] = []
        self.numbers: dict[UUID, int] = {}
        self.movement_ids: list[UUID] = []
        self.facts: list[UUID] = []
        self.whole: list[tuple[Cause, set[int]]] = []
        self.parts: list[Cause] = []

    def teardown(self) -> None:
        self.session.close()
        self.connection.rollback()
        self.connection.close()

    def make_batch(self, owner: int, zone: int, parents: set[int]) -> int:
        number = super().make_batch(owner, zone, parents)
        here: Party = self.parties[owner]
        made = batch(self.session, here, self.product, 100, stocked=False)
        self.batches.append(made)
        self.numbers[made] = number
        for cause, numbers in self.whole:  # a lock follows to what is made of locked goods
            if parents & numbers:
                numbers.add(number)
                holds.place(self.session, SYSTEM, [made], cause, "red", NOW)
        return number

    def draw_stock(self, data: st.DataObject) -> tuple[int, int, int]:
        """Choose goods, often those of which something is held apart: there is more to go wrong."""
        apart = sorted({at for _, at in self.claims() if at[1][0] == "zone"}, key=str)
        if not apart or data.draw(st.booleans(), label="any"):
            return super().draw_stock(data)
        number, (_, owner, zone) = data.draw(st.sampled_from(apart), label="held")
        assert zone is not None
        return number, self.owners.index(owner), self.zones.index(zone)

    # what should happen

    def is_whole(self, number: int) -> bool:
        """Say whether a cause holds the whole batch."""
        return any(number in numbers for _, numbers in self.whole)

    def takes(self, step: Step, mode: Mode) -> str | None:
        """Return how a movement treats what is held apart."""
        if mode == "apart":
            return "first"
        if mode == "late" and step.source[0] == "transit":
            return "first" if step.target[0] in CUSTODY else "last"
        return "last" if mode == "late" else None

    def foretold(self, steps: Sequence[Step], mode: Mode, before: Claims) -> str | None:
        """Return the code with which these steps are refused, None when they are done."""
        needed: Counter[At] = Counter()
        for step in steps:
            if step.source[0] in CUSTODY:
                needed[step.batch, step.source] += step.units
        codes = set()
        for at, units in needed.items():
            there = self.model.units(*at)
            apart = min(there, sum(claim for (_, where), claim in before.items() if where == at))
            if mode == "intended" and (self.is_whole(at[0]) or there - apart < units <= there):
                codes.add("locked")
            elif there < units:
                codes.add("insufficient_stock")
        return "locked" if "locked" in codes else next(iter(codes), None)

    def post(self, steps: Sequence[Step], mode: Mode) -> bool:
        before = self.claims()
        expected = self.foretold(steps, mode, before)
        drafts = [self.draft(step, mode) for step in steps]
        subject_id = new_id()
        refused, made = None, []
        try:
            with self.session.begin_nested():
                made = posted(self.session, drafts, subject_id)
        except Conflict as refusal:
            refused = refusal.code
        assert refused == expected
        if refused is not None:
            return False
        self.facts.append(subject_id)
        for step, movement in zip(steps, made, strict=True):
            self.model.move(step)
            self.movement_ids.append(movement.movement_id)
        self.check_claims(steps, mode, before)
        return True

    def draft(self, step: Step, mode: Mode) -> Draft:
        return Draft(
            step.kind, self.batches[step.batch], step.entries, NOW, consignment_id=step.consignment_id,
            corrects_id=None if step.corrects is None else self.movement_ids[step.corrects],
            late=mode == "late", moves_locked=mode != "intended",
            takes_held={"intended": None, "late": "last", "apart": "first"}[mode]
            if step.source[0] != "transit" else None,
        )  # type: ignore[arg-type]  # fmt: skip

    def claims(self) -> Claims:
        """Return what each cause holds apart, by account."""
        found: Claims = Counter()
        for cause_id, batch_id, account, owner_id, place, units in self.session.execute(_CLAIMS):
            if batch_id in self.numbers:
                found[cause_id, (self.numbers[batch_id], (account, owner_id, place))] += units
        return found

    def check_claims(self, steps: Sequence[Step], mode: Mode, before: Claims) -> None:
        """What was held is held: where it was, or where it went with the goods; it ends only with what left custody."""
        after = self.claims()
        if len(steps) > 1 or mode == "intended":
            assert after == before or any(cause.version == 2 for cause in self.parts)
            return
        [step] = steps
        at, to = (step.batch, step.source), (step.batch, step.target)
        gained = step.units if step.target[0] in CUSTODY else 0
        gave = step.units if step.source[0] in CUSTODY else 0
        there = self.model.units(*at) + gave if gave else 0
        there = there - gained if at == to else there
        held_before = min(there, sum(units for (_, where), units in before.items() if where == at)) if gave else 0
        takes = self.takes(step, mode)
        going = min(gave, held_before) if takes == "first" else max(0, gave - (there - held_before))
        for cause_id in {cause_id for cause_id, _ in before}:
            if cause_id in {cause.id for cause in self.parts if cause.version == 2}:
                continue  # of the whole holding: it grows with what comes
            sums = [sum(units for (cause, _), units in each.items() if cause == cause_id) for each in (before, after)]
            assert sums[0] - (0 if gained else gave) <= sums[1] <= sums[0]
        if gave and at != to:
            left = sum(units for (_, where), units in after.items() if where == at)
            assert min(there - gave, left) == held_before - going
        if gained and at != to:
            new = sum(units for (_, where), units in (after - before).items() if where == to)
            assert new >= going

    # holds

    @precondition(has_batches)
    @rule(data=st.data(), kind=st.sampled_from(["recall", "result"]), version=st.integers(1, 2))
    def hold_batches(self, data: st.DataObject, kind: str, version: int) -> None:
        """A recall or a positive result: the batches and all that was made of them."""
        chosen = data.draw(st.sets(st.integers(0, len(self.batches) - 1), min_size=1, max_size=2), label="batches")
        family = set().union(*(self.model.descendants(number) for number in chosen))
        cause = Cause(kind, new_id(), version)
        placed = holds.place(self.session, SYSTEM, [self.batches[number] for number in family], cause, "red", NOW)
        assert set(placed) == {self.batches[number] for number in family}
        self.whole.append((cause, family))

    @precondition(lambda self: self.whole)
    @rule(data=st.data())
    def release_batches(self, data: st.DataObject) -> None:
        cause, numbers = self.whole.pop(data.draw(st.integers(0, len(self.whole) - 1), label="which"))
        ended = holds.end(self.session, SYSTEM, cause, "解除")
        assert set(ended) == {self.batches[number] for number in numbers}

    @initialize(data=st.data())
    def begin_held(self, data: st.DataObject) -> None:
        """Most histories begin with something set apart."""
        if not self.batches:
            self.intake(0, 0, 12)
        self.set_apart(data, wholly=False, again=False)

    @precondition(has_batches)
    @rule(data=st.data(), wholly=st.booleans(), again=st.booleans())
    def set_apart(self, data: st.DataObject, wholly: bool, again: bool) -> None:
        """An officer on site seals some units of some holdings, or whole holdings (version 2 marks them here)."""
        rows = [
            row for row in self.session.execute(text(
                """SELECT holding_id, batch_id, account, owner_id, coalesce(zone_id, consignment_id) AS place,
                          quantity_units
                   FROM holding WHERE quantity_units > 0 ORDER BY holding_id"""
            )) if row.batch_id in self.numbers
        ]  # fmt: skip
        if not rows:
            return
        known = [cause for cause in self.parts if cause.version == (2 if wholly else 1)]
        cause = known[-1] if again and known else Cause("inspection", new_id(), 2 if wholly else 1)
        before = self.claims()
        free = {row.holding_id: row.quantity_units - before[cause.id, self.at(row)] for row in rows}
        rows = [row for row in rows if free[row.holding_id] > 0]
        if not rows:
            return
        chosen = data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=2, unique=True), label="holdings")
        parts = {
            row.holding_id: None if wholly else data.draw(st.integers(1, free[row.holding_id]), label="units")
            for row in chosen
        }
        assert len(holds.place_parts(self.session, SYSTEM, parts, cause, "sealed", NOW)) == len(parts)
        for row in chosen:
            before[cause.id, self.at(row)] += row.quantity_units if wholly else parts[row.holding_id] or 0
        assert self.claims() == before
        if cause not in self.parts:
            self.parts.append(cause)

    def at(self, row: Any) -> At:
        """Name the account of a row."""
        return self.numbers[row.batch_id], (row.account, row.owner_id, row.place)

    @precondition(lambda self: self.parts)
    @rule(data=st.data())
    def release_parts(self, data: st.DataObject) -> None:
        """The cause ends: exactly its claims are gone, wherever they went."""
        cause = self.parts.pop(data.draw(st.integers(0, len(self.parts) - 1), label="which"))
        before = self.claims()
        ended = holds.end(self.session, SYSTEM, cause, "解除封存")
        assert set(ended) == {self.batches[at[0]] for cause_id, at in before if cause_id == cause.id}
        assert self.claims() == Counter({key: units for key, units in before.items() if key[0] != cause.id})

    # what stands

    @invariant()
    def stock_is_the_models(self) -> None:
        claims = self.claims()
        seen: dict[int, dict[Place, int]] = {number: {} for number in range(len(self.batches))}
        for batch_id, account, owner_id, place, units, held in self.session.execute(_STOCK):
            if batch_id in self.numbers:
                number, there = self.numbers[batch_id], (account, owner_id, place)
                seen[number][there] = units
                apart = sum(claim for (_, at), claim in claims.items() if at == (number, there))
                assert held == (units if self.is_whole(number) else min(units, apart))
        for number in range(len(self.batches)):
            assert seen[number] == self.model.custody(number)
            assert self.model.conserved(number)

    @invariant()
    def stock_movements_and_journal_say_the_same(self) -> None:
        assert check.stock_from_movements(self.session) is None
        assert check.movements_from_journal(self.session) is None
        told: Counter[tuple[str, str, str, str]] = Counter()
        for body in self.session.execute(_TOLD, {"subjects": self.facts}).scalars():
            for movement in json.loads(body)["data"]["movements"]:
                for account, owner, place, units in movement["entries"]:
                    if account in CUSTODY:
                        told[movement["batch_id"], account, owner, place] += units
        kept = {
            (str(self.batches[number]), *map(str, place)): units
            for number in range(len(self.batches))
            for place, units in self.model.custody(number).items()
        }
        assert {key: units for key, units in told.items() if units} == kept


def run(engine: Engine, **bounds: Any) -> None:
    """Play the machine on a database."""
    machine: Any = type("Bound", (PostedInBooks,), {"engine": engine})
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(machine, settings=settings(deadline=None, suppress_health_check=slow, **bounds))


def test_any_history_gives_the_stock_of_the_model(shared_database: Engine, rounds: Callable[[int, int], int]) -> None:
    run(shared_database, max_examples=rounds(30, 2_000), stateful_step_count=rounds(20, 40))


def forgetful(carry: Callable[..., Any]) -> Callable[..., Any]:
    """Cut parts as the ledger does, and forget where they went."""

    def act(*args: Any) -> Any:
        carry(*args)
        return {}

    return act


@pytest.mark.parametrize("forgotten", ["_carry", "_refuse_held"])
def test_the_machine_sees_a_ledger_that_forgets_holds(
    shared_database: Engine, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    """Without the following of held units, or without the refusal, a history is found that differs."""
    former = getattr(service, forgotten)
    monkeypatch.setattr(service, forgotten, forgetful(former) if forgotten == "_carry" else lambda *_: None)
    with pytest.raises(AssertionError):
        run(shared_database, max_examples=300, stateful_step_count=20, database=None, phases=[Phase.generate])
