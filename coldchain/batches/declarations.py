"""The customs declaration's number is said twice, with the delivery and on its paper: whether both say the same.

A difference is a fact that an officer looks at, no violation: either place may hold the slip of a pen.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from coldchain.batches.papers import Paper

KIND: Final = "customs_declaration"
FLAG: Final = "declaration_number_differs"


def differing(own: str | None, stated: Iterable[str]) -> list[str]:
    """Return what papers say instead of the delivery's own number; nothing when one says the same, or one is silent."""
    numbers = list(stated)
    if not own or not numbers or _plain(own) in {_plain(number) for number in numbers}:
        return []
    return sorted(set(numbers))


def _plain(number: str) -> str:
    return re.sub(r"[\W_]", "", number).upper()


def stated(papers: Iterable[Paper]) -> dict[UUID, list[str]]:
    """Return the numbers that count, by the arrival or the batch whose papers they are: none refused, none replaced."""
    found: dict[UUID, list[str]] = {}
    for paper in papers:
        of = paper.row.batch_id or paper.row.arrival_id
        if of and paper.row.kind == KIND and paper.state != "refused" and paper.superseded_by is None:
            found.setdefault(of, []).append(paper.row.number)
    return found


def shown(own: str | None, papers: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what the papers of goods, as answers show them, say instead of their delivery's own number."""
    found: dict[UUID, list[str]] = {}
    for paper in papers:
        if paper["kind"] == KIND and paper["state"] != "refused" and paper["replaced_by"] is None:
            found.setdefault(paper["batch_id"] or paper["arrival_id"], []).append(paper["number"])
    return sorted({number for numbers in found.values() for number in differing(own, numbers)})
