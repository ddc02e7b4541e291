"""Clients who send until they are answered, each request under a key of its own, and what must be true afterwards."""

from __future__ import annotations

import http.client
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.crash.house import Answer, House
from tests.factories.world import World

PATIENCE_S = 60
UNITS = 1_000_000  # per seller: more than any run sends


@dataclass
class Deed:
    """One request and what it was answered."""

    kind: str
    path: str
    body: dict[str, Any]
    token: str
    units: int
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    answer: Answer | None = None
    sent: int = 0

    @property
    def subject_id(self) -> str:
        """The id of what was made or changed."""
        assert self.answer is not None
        return str(self.answer.json["arrival_id" if self.kind == "arrival" else "consignment_id"])


@dataclass
class Pair:
    """A seller with goods, a shop that buys, and the tokens of both."""

    seller: dict[str, Any]
    shop: dict[str, Any]
    seller_token: str
    shop_token: str

    @classmethod
    def make(cls, world: World) -> Pair:
        """Register both."""
        seller, shop = world.cleared(UNITS), world.shop()
        tokens = [world.merchant(each["owner"]).token for each in (seller, shop)]
        return cls(seller, shop, str(tokens[0]), str(tokens[1]))

    def dispatch(self) -> Deed:
        """Goods for the shop."""
        units = random.randint(1, 9)
        body = {
            "from_zone_id": self.seller["zone"]["zone_id"], "to": {"business": self.shop["owner"]["business_id"]},
            "handover": "await_confirmation",
            "lines": [{"batch_id": self.seller["batch"]["batch_id"], "quantity_units": units}],
        }  # fmt: skip
        return Deed("dispatch", "/api/v1/consignments", body, self.seller_token, units)

    def confirm(self, sent: Deed) -> Deed:
        """The shop took them."""
        body = {"zone_id": self.shop["zone"]["zone_id"], "lines": sent.body["lines"]}
        return Deed(
            "confirm", f"/api/v1/consignments/{sent.subject_id}/confirm", body, self.shop_token, sent.units
        )  # fmt: skip

    def arrival(self) -> Deed:
        """New goods at the seller's."""
        units = random.randint(1, 99)
        body = {
            "site_id": self.seller["site"]["site_id"], "entry_mode": "arrived",
            "arrived_at": "2021-01-18T06:40:00+08:00", "supplier": {"name": "示例贸易"},
            "container_no": "CSQU3054383", "seal_no": "HL20771", "customs_declaration_no": "190120211000042871",
            "lines": [{
                "product_id": self.seller["product"]["product_id"], "zone_id": self.seller["zone"]["zone_id"],
                "production_date": "2020-11-06", "expiry_date": "2022-11-05", "quantity_units": units,
            }],
        }  # fmt: skip
        return Deed("arrival", "/api/v1/arrivals", body, self.seller_token, units)


class Traffic:
    """Clients at work; `deeds` are those that were answered for good, `wrong` what no client should ever see."""

    def __init__(self, house: House, pairs: Sequence[Pair]) -> None:
        """Nothing is sent before the block."""
        self.house, self.pairs = house, pairs
        self.deeds: list[Deed] = []
        self.wrong: list[str] = []
        self.turned_away: Counter[str] = Counter()
        self.notes: dict[str, None] = {}
        self.pages: list[tuple[str, str]] = []  # address and cookie of pages that are looked at meanwhile
        self.pages_away: Counter[str] = Counter()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Traffic:
        """Let two clients per pair and one reader of checkpoints and pages begin."""
        self._stop.clear()
        self._threads = [threading.Thread(target=self._serve, args=(pair,)) for pair in self.pairs for _ in range(2)]
        self._threads.append(threading.Thread(target=self._watch))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let everybody finish what they began."""
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_S)
        assert not any(thread.is_alive() for thread in self._threads)

    def _serve(self, pair: Pair) -> None:
        waiting: list[Deed] = []
        while not self._stop.is_set():
            draw = random.random()
            if waiting and draw < 0.4:
                deed = pair.confirm(waiting.pop())
            else:
                deed = pair.dispatch() if draw < 0.8 else pair.arrival()
            if not self.insist(deed):
                return
            self.deeds.append(deed)
            if deed.kind == "dispatch":
                waiting.append(deed)

    def insist(self, deed: Deed) -> bool:
        """Send until an answer for good comes; say whether it was a yes."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            answer = self.once(deed)
            if (
                answer is None
                or answer.status == 503
                or (answer.status == 409 and answer.json["code"] == "in_progress")
            ):
                time.sleep(0.02 + random.random() * 0.05)
                continue
            if answer.status not in {200, 201}:
                self.wrong.append(f"{deed.kind}: {answer.status} {answer.body.decode(errors='replace')[:500]}")
                return False
            deed.answer = answer
            return True
        self.wrong.append(f"{deed.kind}: no answer within {PATIENCE_S} s")
        return False

    def once(self, deed: Deed) -> Answer | None:
        """Send one time; None when no whole answer came."""
        deed.sent += 1
        try:
            answer = self.house.send("POST", deed.path, deed.body, token=deed.token, key=deed.key)
        except (OSError, http.client.HTTPException) as error:
            self.turned_away[type(error).__name__] += 1
            return None
        if answer.status == 503:
            self.turned_away["503"] += 1
            if "retry-after" not in answer.headers or answer.json["code"] != "unavailable":
                self.wrong.append(f"{deed.kind}: 503 {answer.headers} {answer.body.decode(errors='replace')[:500]}")
        return answer

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            for path, cookie in (("/api/v1/journal/checkpoint", None), ("/readyz", None), *self.pages):
                try:
                    answer = self.house.send("GET", path, cookie=cookie)
                except (OSError, http.client.HTTPException):
                    continue
                if answer.status not in {200, 503}:
                    self.wrong.append(f"{path}: {answer.status} {answer.body.decode(errors='replace')[:500]}")
                elif answer.status == 503:
                    self.pages_away[path] += 1
                elif path.endswith("checkpoint"):
                    self.notes[answer.body.decode()] = None

    def changed_answers(self, deeds: Sequence[Deed]) -> list[str]:
        """Send answered requests again with their keys; return those that are not answered byte for byte the same."""
        found = []
        for deed in deeds:
            first = deed.answer
            assert first is not None
            again = self.once(deed)
            if again is None or (again.status, again.body) != (first.status, first.body):
                found.append(f"{deed.kind} {deed.subject_id}: {again and again.status}")
        return found

    def unlike_the_books(self, since: dict[str, set[str]]) -> list[str]:
        """Compare what was acknowledged with what the database holds beyond `since`: each once, and nothing else."""
        now, found = books(self.house), []
        made = {kind: [deed.subject_id for deed in self.deeds if deed.kind == kind] for kind in now}
        for kind, ids in now.items():
            told = Counter(made[kind])
            for odd in sorted(set(told) ^ (ids - since[kind])):
                found.append(f"{kind} {odd}: {'acknowledged but not there' if odd in told else 'never acknowledged'}")
            found += [f"{kind} {each}: acknowledged {count} times" for each, count in told.items() if count > 1]
        with psycopg.connect(self.house.endpoint.admin_url) as connection:
            for pair in self.pairs:
                sent, got = (
                    sum(deed.units for deed in self.deeds if deed.kind == kind and deed.token == token)
                    for kind, token in (("dispatch", pair.seller_token), ("confirm", pair.shop_token))
                )
                rows = connection.execute(
                    "SELECT account, zone_id::text, sum(quantity_units)::bigint FROM holding WHERE batch_id = %s"
                    " GROUP BY 1, 2",
                    (pair.seller["batch"]["batch_id"],),
                )
                there = {zone or account: units for account, zone, units in rows if units}
                wanted = {
                    pair.seller["zone"]["zone_id"]: UNITS - sent, pair.shop["zone"]["zone_id"]: got,
                    "transit": sent - got,
                }  # fmt: skip
                if there != {place: units for place, units in wanted.items() if units}:
                    found.append(f"stock is {there}, acknowledged were {wanted}")
        return found


def books(house: House) -> dict[str, set[str]]:
    """Return the ids of what the database holds of each kind."""
    asked = {
        "dispatch": "SELECT consignment_id::text FROM consignment",
        "confirm": "SELECT consignment_id::text FROM consignment WHERE state = 'confirmed'",
        "arrival": "SELECT arrival_id::text FROM arrival",
    }
    with psycopg.connect(house.endpoint.admin_url) as connection:
        return {kind: {row[0] for row in connection.execute(statement.encode())} for kind, statement in asked.items()}
