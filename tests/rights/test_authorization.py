"""Every route × everybody × everything against the golden list, and no entry of the table of rights that it misses."""

from __future__ import annotations

import os

import pytest

from tests.rights import listing
from tests.rights.matrix import ALLOW, Matrix
from tests.rights.mutants import mutants, seen, seen_behind
from tests.rights.realm import Realm
from tests.rights.requests import HOW, routes
from tests.rights.undone import Undone

PARTS = ["API", "pages"]  # each part is asked in one process: tests/conftest.py
# What nobody of the realm gets through, each with its reason.
NEVER_LET_THROUGH: dict[str, str] = {
    "GET /tour": "only a demonstration has one: tests/journeys/test_demonstration.py",
    "GET /link/<secret>": "nobody's secret is known",
    "POST /link/<secret>": "nobody's secret is known",
    "POST /sign-in": "nobody's password is known",
    "POST /sign-in/pin": "nobody's PIN is known",
    "GET /invitation/<secret>": "nobody's secret is known",
    "POST /invitation/<secret>": "nobody's secret is known",
    "GET /slip/<secret>": "nobody's secret is known",
    "POST /slip/<secret>": "nobody's secret is known",
    "POST /sign-in/again": "nobody's password is known",
    "POST /me/password": "nobody's password is known",
    "POST /me/second-step": "nobody's code is known",
    "POST /api/v1/keys": "a person makes keys, a key doesn't: tests/accounts/test_keys_and_links.py",
    "POST /me/keys": "a person makes keys, a key doesn't: tests/accounts/test_keys_and_links.py",
}
# Rights behind another one: who may not read a thing gets no further, whatever else the table gives.
BEHIND = {
    "evidence.register": "batch.read", "evidence.verify": "arrival.read", "platform_code.record": "batch.read",
    "label.make": "batch.read", "result.register": "tube.read", "result.file": "tube.read",
    "result.confirm": "tube.read", "result.move": "tube.read", "result.release": "tube.read",
    "worker.register": "worker.read",
    "trade.answer": "trade.read", "tube.register": "batch.read", "stock.correct": "stock.read",
    "arrival.correct": "arrival.read", "sheet.use": "arrival.register", "card.read": "stock.read",
}  # fmt: skip
NO_ROUTE_YET = {"account.manage"}  # the command line alone asks for it


@pytest.fixture(scope="package")
def _found() -> dict[str, tuple[Matrix, dict]]:  # type: ignore[type-arg]
    return {}


@pytest.fixture
def matrix(realm: Realm, undone: Undone, _found: dict, request: pytest.FixtureRequest):  # type: ignore[no-untyped-def,type-arg]
    """The matrix of one part and its answers, asked once."""
    part = request.param
    if part not in _found:
        asked = Matrix(realm, undone)
        _found[part] = asked, asked.answers(listing.only(routes(realm.app), api=part == "API"))
    return part, *_found[part]


@pytest.mark.parametrize("matrix", PARTS, indirect=True)
def test_answers_are_as_listed(matrix) -> None:  # type: ignore[no-untyped-def]
    """A difference is a change of rights: `GOLDEN=write`, then read every changed line."""
    part, _asked, answers = matrix
    now = listing.listed(answers, api=part == "API")
    kept = listing.parts(listing.GOLDEN.read_text(encoding="utf-8") if listing.GOLDEN.exists() else "")
    if os.environ.get("GOLDEN") == "write":
        kept[part] = now
        listing.GOLDEN.write_text(listing.written(kept["API"], kept["pages"]), encoding="utf-8")
    assert now == kept[part]


@pytest.mark.parametrize("matrix", PARTS, indirect=True)
def test_every_route_lets_somebody_through(matrix) -> None:  # type: ignore[no-untyped-def]
    """What is sent is so well-formed that the rights decide; else a refusal would prove nothing."""
    _part, _asked, answers = matrix
    through = {cell.route.name for cell, answer in answers.items() if answer == ALLOW}
    never = {cell.route.name for cell in answers} - through - set(NEVER_LET_THROUGH)
    assert not never, f"{sorted(never)}: nobody gets through; {HOW}"


@pytest.mark.parametrize("matrix", ["API"], indirect=True)
def test_no_entry_of_the_table_is_idle(matrix) -> None:  # type: ignore[no-untyped-def]
    """Taking an entry away, loosening it by a step or to all, or giving it to one more role is seen by some route."""
    _part, asked, answers = matrix
    asked_for = {route.permission for route in routes(asked.realm.app)}
    unseen = [mutant for mutant in mutants() if not seen(mutant, asked, answers)]
    unseen = [each for each in unseen if each.action not in NO_ROUTE_YET or each.action in asked_for]
    pages = [route for route in routes(asked.realm.app) if not route.is_api]
    idle = []
    for mutant in unseen:
        if mutant.action in BEHIND and seen_behind(mutant, BEHIND[mutant.action], asked, answers):
            continue
        only_pages = [route for route in pages if route.permission == mutant.action]  # what only pages ask for
        if not seen(mutant, asked, asked.answers(only_pages)):
            idle.append(str(mutant))
    assert not idle, "no route tells: " + "; ".join(idle)
