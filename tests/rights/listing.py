"""Writes what the matrix found as a text that people read line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.rights.matrix import DENY, RELATIONS, Cell
from tests.rights.requests import Route

GOLDEN = Path(__file__).parents[1] / "golden" / "authorization.txt"
HEAD = """\
Who may do what: asker × action × route × what the thing is to the asker → answer. Found by asking every route
(tests/rights); `GOLDEN=write .venv/bin/pytest tests/rights/test_authorization.py` writes it anew.
  allow   done or shown, or refused for what the books say (409)
  brief   only what everybody may look up
  refuse  not done and said why: a field is wrong, the form comes back
  deny    not signed in, or not with this role, position or key
  hide    as if it weren't there; a list leaves it out
Pages are asked by fewer than the API. Routes that answer alike stand together; who isn't named was not asked.
"""
WIDTH = max(map(len, RELATIONS))


def listed(answers: dict[Cell, str], *, api: bool) -> str:
    """Return the part of the list about the API or about pages, by action."""
    rows: dict[Route, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for cell, answer in answers.items():
        if cell.route.is_api == api:
            rows[cell.route][cell.asker].append(f"{cell.relation} → {answer}")
    groups: dict[tuple[str, str], list[Route]] = defaultdict(list)
    for route, askers in rows.items():
        groups[route.permission, _block(askers)].append(route)
    parts = []
    for (permission, block), routes in sorted(groups.items(), key=lambda item: (item[0][0], item[1][0].name)):
        parts.append("\n".join([f"[{permission}]", *(f"  {route.name}" for route in routes), block]))
    return "\n\n".join(parts) + "\n"


def _block(askers: dict[str, list[str]]) -> str:
    """Return a line an asker; those of whom everything is said in one word stand together at the end."""
    lines, alike = [], defaultdict(list)
    for asker, said in askers.items():
        answers = {text.rpartition(" → ")[2] for text in said}
        if len(answers) == 1:
            answer = answers.pop()
            about = "" if answer == DENY else f" ({'; '.join(text.partition(' → ')[0] for text in said)})"
            alike[answer].append(asker + about)
        else:
            lines.append(f"    {asker:<{WIDTH}}  {' · '.join(said)}")
    for answer, who in alike.items():
        lines.append(f"    {answer:<6} {', '.join(who)}")
    return "\n".join(lines)


def parts(text: str) -> dict[str, str]:
    """Return the two parts of the list by name."""
    _head, _mark, rest = text.partition("\n=== API ===\n\n")
    api, _mark, pages = rest.partition("\n=== pages ===\n\n")
    return {"API": api, "pages": pages}


def written(api: str, pages: str) -> str:
    """Return the whole list."""
    return f"{HEAD}\n=== API ===\n\n{api}\n=== pages ===\n\n{pages}"


def only(routes: Iterable[Route], *, api: bool) -> list[Route]:
    """Return the routes of one part."""
    return [route for route in routes if route.is_api == api]
