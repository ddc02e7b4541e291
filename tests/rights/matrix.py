"""Asks every route as everybody about everything and says what came of it: allow, refuse, deny, hide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jinja2 import FunctionLoader

from coldchain.accounts import rights
from coldchain.accounts import session as identifying
from coldchain.core.edge import PUBLIC, SIGNED_IN
from tests.rights.realm import Asker, Case, Realm
from tests.rights.requests import BRIEFLY, LISTS, SHOWS_WHAT_IT_DID, Route, request
from tests.rights.undone import Undone

# Which cases an asker asks about, and what they are to that asker.
DISTRICT = {"own": "in region", "distant": "out of region"}
RELATIONS: dict[str, dict[str, str]] = {
    "nobody": {"own": "any"},
    "admin": {"own": "any"},
    "regulator of the district": DISTRICT,
    "inspector of the district": DISTRICT,
    "inspector of one office": {"own": "own office", "kept": "other office", "distant": "out of region"},
    "regulator lent from the other district": {"own": "lent region"},
    "regulator of the other district": {"strange": "bound for the region", "own": "out of region"},
    "regulator whose time is over": {"own": "expired"},
    "inspector whose time is over": {"own": "expired"},
    "owner": {"own": "own", "kept": "own, kept by another", "strange": "other"},
    "clerk": {"own": "own"},
    "clerk of another site": {"own": "own, other site", "kept": "own, kept by another"},
    "buyer": {"own": "bought"},
    "keeper": {"kept": "kept for another"},
    "stranger": {"own": "other"},
    "waiting": {"own": "other"},
    "carrier": {"own": "carried", "strange": "other"},
    "lab": {"own": "tested", "strange": "other"},
    "clerk of the carrier": {"own": "carried"},
    "clerk of the lab": {"own": "tested"},
    "owner's key for batches": {"own": "own"},
    "regulator's key for tasks": {"own": "in region"},
    "disinfection service": {"own": "asked to treat", "strange": "other"},
}
# Who asks only where the address says so: elsewhere they are a business like any other.
ASKS_ONLY = {"disinfection service": "disinfection"}
# Pages are asked by fewer than the API: their services are the same, their edges are not.
NOT_AT_PAGES = {
    "clerk of the carrier",
    "clerk of the lab",
    "regulator of the other district", "inspector whose time is over", "owner's key for batches",
    "regulator's key for tasks",
}  # fmt: skip
ONCE_AT_PAGES = {"clerk of another site", "lab", "carrier"}
FEW = {"nobody", "owner", "regulator of the district", "lab"}  # where no role is asked for
ALLOW, BRIEF, REFUSE, DENY, HIDE = "allow", "brief", "refuse", "deny", "hide"
# The routes whose pages are read for what they list; all other pages are answered without being drawn.
DRAWN = {rule for rule in LISTS if not rule.startswith("/api/")}


@dataclass(frozen=True)
class Cell:
    """One asker, one route, one case."""

    route: Route
    asker: str
    case: str

    @property
    def relation(self) -> str:
        """Return what the case is to the asker."""
        return RELATIONS[self.asker][self.case]


class Watched(dict[str, str]):
    """A row of the table of rights that remembers which of its entries were asked for."""

    def __init__(self, action: str, row: dict[str, str], seen: set[tuple[str, str]]) -> None:
        super().__init__(row)
        self.action, self.seen = action, seen

    def get(self, role: str, default: Any = None) -> Any:
        """Return the entry of a role."""
        self.seen.add((self.action, role))
        return super().get(role, default)


class Matrix:
    """The realm as everybody sees it."""

    def __init__(self, realm: Realm, undone: Undone) -> None:
        self.realm, self.undone = realm, undone
        self.client = realm.app.test_client(use_cookies=False)
        self.known: dict[str, Any] = {}
        self.consulted: dict[Cell, set[tuple[str, str]]] = {}
        self.statuses: dict[str, set[int]] = defaultdict(set)

    def cells(self, routes: Iterable[Route]) -> Iterator[Cell]:
        """Yield what is asked: a route that names nothing is asked once by each, about the first case."""
        for route in routes:
            names_something = route.arguments or route.method != "GET" or route.rule in LISTS
            for asker, relations in RELATIONS.items():
                if asker not in askers_of(route):
                    continue
                for case in relations if names_something else list(relations)[:1]:
                    if route.is_api or asker not in ONCE_AT_PAGES or case == next(iter(relations)):
                        yield Cell(route, asker, case)

    def answers(self, routes: Iterable[Route]) -> dict[Cell, str]:
        """Return the answer to everything; who is refused at the edge for their role is asked once."""
        found: dict[Cell, str] = {}
        for cell in self.cells(routes):
            first = Cell(cell.route, cell.asker, next(iter(RELATIONS[cell.asker])))
            at_edge = found.get(first) == DENY and rights_say_never(self.realm.askers[cell.asker], cell.route)
            found[cell] = DENY if at_edge else self.answer(cell)
        return found

    def answer(self, cell: Cell) -> str:
        """Return the answer to one request, which is taken back."""
        asker, case = self.realm.askers[cell.asker], self.realm.cases[cell.case]
        seen: set[tuple[str, str]] = set()
        with watching(seen), self._drawn(cell.route), self.remembered():
            status, text = self._send(cell.route, asker, case)
        self.consulted[cell] = seen
        self.statuses[cell.route.name].add(status)
        return self._judge(cell, case, status, text)

    def _judge(self, cell: Cell, case: Case, status: int, text: str) -> str:
        route = cell.route
        if status in {401, 403} or (status == 400 and cell.asker == "nobody" and not route.is_api):
            return DENY  # 400: a form without the token that only a page gives
        if status == 404:
            return HIDE
        shown_again = status == 200 and route.method == "POST" and not route.is_api
        if status == 422 or (shown_again and route.rule not in SHOWS_WHAT_IT_DID):
            return REFUSE  # nothing was done, and somebody said why; a page is shown again
        assert status < 400 or status == 409, f"{route.name} as {cell.asker}: {status} {text[:900]}"
        if status == 200 and (route.method == "GET" or route.rule in BRIEFLY):
            if route.rule in LISTS and str(case.ids[LISTS[route.rule]]) not in text:
                return HIDE
            if route.rule in BRIEFLY and str(case.ids[BRIEFLY[route.rule]]) not in text:
                return BRIEF
        return ALLOW

    def _send(self, route: Route, asker: Asker, case: Case) -> tuple[int, str]:
        wanted = request(self.realm, route, case)
        body: dict[str, Any] = {}
        if wanted.json is not None:
            body["json"] = wanted.json
        if wanted.form is not None:
            body["data"] = wanted.form
        try:
            response = self.client.open(
                wanted.path, method=wanted.method, query_string=wanted.query, headers=asker.headers, **body
            )
            text = response.get_data(as_text=True) if response.mimetype != "application/zip" else ""
            response.close()
            return response.status_code, text
        except UnicodeDecodeError:
            return response.status_code, ""
        finally:
            self.undone.undo()

    @contextmanager
    def remembered(self) -> Iterator[None]:
        """Find out once who a token stands for: that is most of what a refused request costs."""
        asked = identifying.service.actor_by_token

        def actor_by_token(session: Any, token: str) -> Any:
            if token not in self.known:
                self.known[token] = asked(session, token)
            return self.known[token]

        identifying.service.actor_by_token = actor_by_token
        try:
            yield
        finally:
            identifying.service.actor_by_token = asked

    @contextmanager
    def _drawn(self, route: Route) -> Iterator[None]:
        """Answer pages without drawing them, but those that are read for what they list."""
        if route.is_api or route.rule in DRAWN:
            yield
            return
        environment = self.realm.app.jinja_env
        loader, cache = environment.loader, environment.cache
        environment.loader, environment.cache = BLANK, {}
        try:
            yield
        finally:
            environment.loader, environment.cache = loader, cache


BLANK = FunctionLoader(lambda name: "")


def askers_of(route: Route) -> Collection[str]:
    """Return who asks a route."""
    if route.permission in {PUBLIC, SIGNED_IN} and not route.arguments:
        return FEW
    asked = {asker for asker in RELATIONS if ASKS_ONLY.get(asker, "") in route.rule}
    return asked if route.is_api else asked - NOT_AT_PAGES


@contextmanager
def watching(seen: set[tuple[str, str]]) -> Iterator[None]:
    """Note which entries of the table of rights are asked for."""
    table = dict(rights.TABLE)
    rights.TABLE.update({action: Watched(action, row, seen) for action, row in table.items()})
    try:
        yield
    finally:
        rights.TABLE.update(table)


def rights_say_never(asker: Asker, route: Route) -> bool:
    """Say whether the table gives the asker's role nothing at all for a route."""
    return asker.role not in rights.TABLE.get(route.permission, {})
