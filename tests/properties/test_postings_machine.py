"""Any history of postings adds up to what the plain model says, in memory: nothing is made, nothing vanishes (R10)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from coldchain.ledger.postings import balanced
from tests.properties.ledger_model import CUSTODY, OUTSIDE, Place, Step
from tests.properties.ledger_rules import OWNERS, ZONES, Mode, MovementRules

EXAMPLES = 20_000 if os.environ.get("COLDCHAIN_LONG") == "1" else 1_000


class PostedInMemory(MovementRules):
    """What the entries say is added up in a counter; the model decides alone what there is."""

    owners = [UUID(int=number) for number in range(1, OWNERS + 1)]
    zones = [UUID(int=number) for number in range(11, ZONES + 11)]

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Counter[Place]] = []

    def make_batch(self, owner: int, zone: int, parents: set[int]) -> int:
        self.posted.append(Counter())
        return super().make_batch(owner, zone, parents)

    def post(self, steps: Sequence[Step], mode: Mode) -> bool:
        needed: Counter[tuple[int, Place]] = Counter()
        for step in steps:
            if step.source[0] in CUSTODY:
                needed[step.batch, step.source] += step.units
        if any(self.model.units(*where) < units for where, units in needed.items()):
            return False
        for step in steps:
            assert balanced(step.entries) is step.entries
            assert {abs(entry.quantity_units) for entry in step.entries} == {step.units}
            for entry in step.entries:
                where = (entry.zone_id or entry.consignment_id) if entry.account in CUSTODY else None
                self.posted[step.batch][entry.account, entry.owner_id, where] += entry.quantity_units
            self.model.move(step)
        return True

    @invariant()
    def postings_are_the_model(self) -> None:
        for batch, posted in enumerate(self.posted):
            assert sum(posted.values()) == 0
            assert self.model.conserved(batch)
            sums: Counter[str] = Counter()
            for (account, _, _), units in posted.items():
                sums[account] += units
            assert -sums["opening"] == self.model.entered[batch]
            assert -sums["found"] == self.model.found[batch]
            assert {name: sums[name] for name in OUTSIDE} == {name: self.model.outside(batch, name) for name in OUTSIDE}
            assert {place: units for place, units in posted.items() if place[0] in CUSTODY and units} == (
                self.model.custody(batch)
            )
            assert all(units >= 0 for place, units in posted.items() if place[0] in CUSTODY)
            assert all(sums[name] >= 0 for name in OUTSIDE if name != "transformed")


def test_any_history_of_postings_is_the_models() -> None:
    run_state_machine_as_test(
        PostedInMemory,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=12, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
