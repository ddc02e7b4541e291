"""Pure: which pieces of a batch a sampling plan of the rule book suggests, and what to swab on each (R5, *data*)."""

from collections.abc import Sequence


def suggest(plan: Sequence[Sequence[str]], piece_count: int) -> list[tuple[int, str]]:
    """Return (piece, sample site) for each suggested sample, the pieces spread evenly over 1…`piece_count`.

    `plan`: for each piece the sites to swab; of a batch with fewer pieces each piece is taken once.
    """
    taken = min(len(plan), piece_count)
    return [((2 * index + 1) * piece_count // (2 * taken) + 1, site) for index in range(taken) for site in plan[index]]
