"""Walk the contract from first line to last against a running program, as its partners would.

    .venv/bin/python -m tests.journeys.contract_walk http://127.0.0.1:8000

Makes users of its own by `flask accounts`, businesses and goods of its own in one district, and prints a line for each
line of the contract. Exit code 1 when one of them is not kept. It may be run again and again on the same data.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from tests.journeys import (
    contract_arrivals,
    contract_cards,
    contract_door,
    contract_entries,
    contract_goods,
    contract_handover,
    contract_identity,
    contract_journal,
    contract_making,
    contract_papers,
    contract_past,
    contract_places,
    contract_register,
    contract_results,
    contract_sweep,
    contract_trade,
)
from tests.journeys.contract_client import Part, Person, Walk, flask

PARTS: tuple[Part, ...] = (
    contract_door.health, contract_door.people, contract_door.errors, contract_door.repeats, contract_door.lists,
    contract_register.businesses, contract_register.look_up, contract_register.places,
    contract_places.venues_and_signs, contract_register.catalogue, contract_identity.provisional,
    contract_goods.arrivals, contract_goods.batches, contract_goods.papers, contract_goods.tubes,
    contract_goods.labels, contract_goods.domestic, contract_papers.files, contract_papers.words,
    contract_arrivals.declared, contract_arrivals.withdrawn, contract_arrivals.on_paper,
    contract_trade.dispatches, contract_trade.answers, contract_trade.positives, contract_trade.races,
    contract_results.for_the_lab, contract_results.corrected, contract_results.workers,
    contract_handover.differences, contract_handover.slips, contract_handover.consents,
    contract_entries.each_kind, contract_entries.refusals, contract_entries.late_facts, contract_entries.corrections,
    contract_making.splits, contract_making.transformations,
    contract_past.past, contract_past.backchecks,
    contract_sweep.scene, contract_sweep.recall, contract_sweep.tasks, contract_sweep.findings, contract_sweep.samples,
    contract_sweep.report, contract_sweep.finding_things, contract_handover.late,
    contract_cards.cards, contract_cards.figures, contract_journal.journal,
)  # fmt: skip


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def walk(url: str, command: Callable[[tuple[str, ...]], str] = flask) -> Walk:
    """Walk all parts, making users by `command`; the results are in the answer."""
    going = Walk(url.rstrip("/"), run=_base36(time.time_ns() // 1_000_000), command=command)
    going.people["nobody"] = Person(going.base)
    for part in PARTS:
        try:
            part(going)
        except KeyError as missing:  # what an earlier line should have made
            going.fail(part.__doc__ or part.__name__, f"not walked to its end, {missing} was not made")
    return going


def main() -> int:
    """Walk and say how it went."""
    if len(sys.argv) != 2:
        print("usage: python -m tests.journeys.contract_walk URL", file=sys.stderr)
        return 2
    results = walk(sys.argv[1]).results
    failed = [title for title, trouble in results if trouble]
    print(f"{len(results)} lines, {len(failed)} not kept")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
