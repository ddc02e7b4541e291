"""A second look: what each business can reach by pages and API holds no string that is another's own.

Every business's facts carry its mark, which stands in addresses, drivers, plates, phones, numbers, reasons and names of
sites; the public directory (uscc, name, kinds, status, region) does not carry it. A reader's own mark and those of its
trading partners may be seen.
"""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from uuid import uuid4

import pytest

from coldchain.accounts.models import OFFICER_ROLES
from tests.rights.matrix import Matrix
from tests.rights.realm import MARKS, PHONE, Realm
from tests.rights.requests import QUERIES, Request, request, routes
from tests.rights.undone import Undone

LONG = os.environ.get("COLDCHAIN_LONG") == "1"
# Whose marks a reader may see: its own, and of those that it trades with.
KNOWN: dict[str, set[str]] = {
    "owner": {"seller", "buyer", "keeper", "lab", "carrier"},
    "clerk of another site": {"seller", "buyer", "keeper", "lab", "carrier"},
    "buyer": {"seller", "buyer", "keeper", "lab"},  # a delivery note names the store that goods are fetched from
    "keeper": {"seller", "keeper", "lab"},
    "stranger": {"stranger", "distant buyer", "other lab", "carrier"},
    "carrier": {"carrier", "seller", "buyer"},
    "lab": {"lab"},
    "waiting": {"waiting"},
    "disinfection service": {"service", "seller", "keeper"},  # whose goods it treats, and where
    "inspector of one office": {"seller", "buyer", "lab", "carrier"},
    "regulator of the other district": {"distant", "distant buyer", "other lab", "stranger", "carrier"},
}
ONLY_LONG = {"disinfection service", "clerk of another site", "regulator of the other district"}
# What a keeper must not learn of the goods that it keeps: to whom they go, who drives them there.
BUYERS = ("YIQZX", "JIAQZX送货", "JIAQZX争议")
LINK = re.compile(r'(?:href|data-hx-get|action|src)="(/[^"#]*)')
BATCH_NO = re.compile(r"[A-Z]+-(B\d|MADE)")
PAGES_MAX, ALIKE_MAX = 200, 2


def own(mark: str) -> list[str]:
    """Return what only one business's facts hold."""
    return [mark, *([PHONE[mark]] if mark in PHONE else [])]


def foreign(asker: str) -> dict[str, str]:
    """Return the strings that an asker must not see, and whose they are."""
    return {text: key for key, mark in MARKS.items() if key not in KNOWN[asker] for text in own(mark)}


class Look:
    """One reader who opens whatever they can find."""

    def __init__(self, realm: Realm, undone: Undone, asker: str) -> None:
        self.realm, self.undone, self.asker = realm, undone, asker
        self.client = realm.app.test_client(use_cookies=False)
        self.matrix = Matrix(realm, undone)
        self.strange = foreign(asker)
        self.leaks: set[str] = set()
        self.seen: set[str] = set()
        self.opened = 0
        self.alike: Counter[str] = Counter()

    def read(self, path: str, **sent: object) -> str:
        """Open an address and look for what is another's."""
        with self.matrix.remembered():
            response = self.client.open(path, headers=self.realm.askers[self.asker].headers, **sent)  # type: ignore[arg-type]
            text = response.get_data().decode("utf-8", "replace")
            response.close()
        self.undone.undo()
        self.opened += 1
        if path.startswith(("/C/", "/api/v1/codes/")):
            text = BATCH_NO.sub("", text)  # who holds a package reads its batch number from it (R16)
        if path.startswith("/api/v1/codes/") and self.realm.askers[self.asker].role in OFFICER_ROLES:
            text = ""  # an officer with a package in hand sees what proves it, wherever it came from
        for mark, whose in self.strange.items():
            if re.search(rf"(?<![A-Z0-9]){mark}", text):
                self.leaks.add(f"{mark} ({whose}) at {_shape(path)} [{response.status_code}]")
        return text if response.status_code == 200 else ""

    def walk(self, begin: list[str]) -> None:
        """Follow every link that an answer holds, some pages of each kind."""
        waiting = deque(begin)
        while waiting and self.opened < PAGES_MAX:
            path = waiting.popleft().replace("&amp;", "&")
            shape = _shape(path).partition("?")[0]
            if path in self.seen or path.startswith("/static/") or self.alike[shape] >= ALIKE_MAX:
                continue
            self.seen.add(path)
            self.alike[shape] += 1
            waiting.extend(LINK.findall(self.read(path)))


def _shape(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", path)


def starts(realm: Realm) -> list[str]:
    """Return every address that names nothing: lists, desks, empty forms."""
    found = []
    for route in routes(realm.app):
        if route.method == "GET" and not route.arguments and route.name not in QUERIES:
            found.append(route.rule)
        elif route.method == "GET" and not route.arguments and route.is_api and "search" not in route.rule:
            found.append(f"{route.rule}?limit=200" if "journal" not in route.rule else route.rule)
    return found


@pytest.mark.parametrize("asker", KNOWN if LONG else sorted(set(KNOWN) - ONLY_LONG))
def test_what_can_be_reached_is_nobody_elses(realm: Realm, undone: Undone, asker: str) -> None:
    """From every list and desk, along every link, and at every address of every case: no mark of a stranger."""
    look = Look(realm, undone, asker)
    for word in ("示例", *realm.cases["strange"].ids["batch_code"][:4:4], "JIAQZX", "BINGQZX", "13811110003"):
        look.read(f"/api/v1/search?q={word}")
    look.walk(starts(realm))
    for route in routes(realm.app):
        if route.method == "GET" and route.arguments:
            for case in realm.cases.values():
                wanted = request(realm, route, case)
                if wanted.path not in look.seen:
                    look.read(wanted.path, query_string=wanted.query)
    assert look.opened > 100
    assert not look.leaks, "\n".join(sorted(look.leaks))


@pytest.mark.parametrize("asker", ["stranger", "keeper"])
def test_refusals_tell_nothing(realm: Realm, undone: Undone, asker: str) -> None:
    """404, 409 and 422 about what is another's, by its id or with ids that are made up, hold no mark either."""
    look = Look(realm, undone, asker)
    for route in routes(realm.app):
        if route.method == "GET" or not (route.is_api or LONG):
            continue
        for name, case in realm.cases.items():
            if name == "kept" or case.owner["business_id"] == realm.businesses.get(asker, {}).get("business_id"):
                continue
            look.read(**_sent(request(realm, route, case)))
    look.read(f"/api/v1/batches/{uuid4()}")
    leaks = {leak for leak in look.leaks if not _typed(leak)}
    assert not leaks, "\n".join(sorted(leaks))


def _sent(wanted: Request) -> dict[str, object]:
    body = {"json": wanted.json} if wanted.json is not None else {"data": wanted.form} if wanted.form else {}
    return {"path": wanted.path, "method": wanted.method, **body}


def _typed(leak: str) -> bool:
    """Say whether a form came back with what the reader had typed into it."""
    return "[422]" in leak or "[200]" in leak


def test_a_keeper_sees_goods_and_papers_but_no_buyer(realm: Realm, undone: Undone) -> None:
    """Who stores another's goods knows how much lies there and what proves it, not where it goes."""
    look = Look(realm, undone, "keeper")
    look.strange |= dict.fromkeys(BUYERS, "buyer")
    kept = realm.cases["kept"]
    stock = look.read(f"/api/v1/stock?batch_id={kept.ids['batch_id']}")
    assert '"quantity_units"' in stock
    buyer = kept.buyer["business_id"]
    assert '"items":[]' in look.read(f"/api/v1/consignments?business={buyer}").replace(" ", "")
    assert '"items":[]' not in look.read(f"/api/v1/consignments?business={kept.owner['business_id']}").replace(" ", "")
    assert "JIAQZX-ins" in look.read(f"/api/v1/batches/{kept.ids['batch_id']}"), "the papers needed to store"
    look.walk(starts(realm))
    assert not look.leaks, "\n".join(sorted(look.leaks))


def test_a_clerk_of_some_sites_finds_nothing_of_the_others(realm: Realm, undone: Undone) -> None:
    """No list, desk or empty form shows goods that lie at other sites of the same business, or in others' stores."""
    look = Look(realm, undone, "clerk of another site")
    for case in ("own", "kept"):
        ids = realm.cases[case].ids
        look.strange |= dict.fromkeys((ids["batch_code"], str(ids["batch_id"])), case)
    begin = starts(realm)
    kept = realm.cases["kept"].ids["zone_id"]
    look.walk([*begin, *(f"{path}?zone_id={kept}" for path in begin if path.endswith("/new"))])
    assert not look.leaks, "\n".join(sorted(look.leaks))
