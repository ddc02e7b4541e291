"""What a partner's program has: an address, tokens, and its own opinion of what an answer should look like.

Standard library only, nothing of the program: requests go over HTTP, users and tokens come from its command line.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PROBLEM = ("type", "title", "status", "code", "detail", "errors", "request_id")
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Wrong(AssertionError):
    """The program did not do what the contract says."""


def uscc(serial: int) -> str:
    """Return an invented USCC with a right check character (GB 32100-2015)."""
    body = f"91230204{serial:09d}"
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


def query(**values: Any) -> str:
    """Return a query string, leaving out what is None."""
    parts = [f"{name}={quote(str(value), safe='')}" for name, value in values.items() if value is not None]
    return "?" + "&".join(parts) if parts else ""


@dataclass
class Answer:
    """A status, headers (lower case) and a body."""

    request: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def kind(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").split(";")[0]

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def shows(self) -> str:
        """Say what was asked and what came."""
        return f"{self.request} → {self.status} {self.body[:1500].decode(errors='replace')}"


def expect(ok: Any, what: str) -> None:
    """Raise Wrong unless `ok`."""
    if not ok:
        raise Wrong(what)


def same(got: Any, wanted: Any, what: str) -> None:
    """Raise Wrong unless both are equal, numbers of the same type too."""
    if got != wanted or isinstance(got, bool) != isinstance(wanted, bool):
        raise Wrong(f"{what}: {got!r}, not {wanted!r}")


def sound(value: Any, where: str = "") -> None:
    """Raise Wrong unless times have offsets, dates are dates, identifiers are UUIDs and quantities are integers."""
    if isinstance(value, list):
        for place, one in enumerate(value):
            sound(one, f"{where}[{place}]")
    if not isinstance(value, dict):
        return
    for name, one in value.items():
        here = f"{where}.{name}"
        if one is not None and not isinstance(one, dict | list):
            if name.endswith("_at"):
                expect(isinstance(one, str) and MOMENT.fullmatch(one), f"{here} is no time with offset: {one!r}")
            elif name.endswith(("_date", "_on")):
                expect(isinstance(one, str) and DAY.fullmatch(one), f"{here} is no date: {one!r}")
            elif name.endswith("_id") and name != "request_id":
                expect(isinstance(one, str) and UUID.fullmatch(one), f"{here} is no identifier: {one!r}")
            elif name.endswith(("_units", "_g", "_count", "pieces")):
                expect(isinstance(one, int) and not isinstance(one, bool), f"{here} is no integer: {one!r}")
        sound(one, here)


@dataclass
class Person:
    """Somebody with (or without) a token."""

    base: str
    token: str | None = None
    name: str = "nobody"
    extra: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send bytes to an address (below /api/v1 unless it begins with `//`); return what came, 5xx is Wrong."""
        target = path[1:] if path.startswith("//") else "/api/v1" + path
        sent = {"Accept-Language": "zh-CN"} | self.extra
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        parts = urlsplit(self.base)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request(method, target, body, sent | dict(headers or {}))
            response = connection.getresponse()
            came = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(f"{self.name}: {method} {target}", response.status, came, response.read())
        finally:
            connection.close()
        expect(answer.status < 500 or answer.status == 503, answer.shows())
        return answer

    def raw(self, method: str, path: str, status: int | tuple[int, ...], **kwargs: Any) -> Answer:
        """Send and expect a status, or one of several."""
        answer = self.send(method, path, **kwargs)
        allowed = status if isinstance(status, tuple) else (status,)
        expect(answer.status in allowed, f"{answer.shows()} (expected {status})")
        return answer

    def get(self, path: str, status: int | tuple[int, ...] = 200, **kwargs: Any) -> Any:
        """GET an address; return its JSON."""
        return _read(self.raw("GET", path, status, **kwargs))

    def post(self, path: str, body: Any = None, status: int | tuple[int, ...] = 200, *, key: str | None = None) -> Any:
        """POST JSON; return the JSON that came."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        sent = json.dumps({} if body is None else body).encode()
        return _read(self.raw("POST", path, status, body=sent, headers=headers))

    def refused(
        self, path: str, body: Any, status: int | tuple[int, ...], code: str | None = None, pointer: str | None = None
    ) -> Any:
        """POST JSON that must be refused with a status and a code, of the problem or of one of its errors."""
        problem = self.post(path, body, status)
        codes = {problem["code"]} | {error["code"] for error in problem["errors"]}
        expect(code is None or code in codes, f"{path}: {codes}, not {code}")
        pointers = {error["pointer"] for error in problem["errors"]}
        expect(pointer is None or pointer in pointers, f"{path}: {pointers}, not {pointer}")
        return problem

    def every(self, path: str, limit: int = 200) -> list[Any]:
        """Return all items of a list, page by page."""
        items: list[Any] = []
        cursor = None
        while True:
            page = self.get(path + ("&" if "?" in path else "?") + query(limit=limit, cursor=cursor)[1:])
            expect(len(page["items"]) <= limit, f"{path}: more than {limit} on a page")
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items


def _read(answer: Answer) -> Any:
    """Return the JSON of an answer, after a look at what all answers share."""
    if answer.status >= 400:
        same(answer.kind, "application/problem+json", answer.request)
        problem = answer.json
        for name in PROBLEM:
            expect(name in problem, f"{answer.shows()}: no {name}")
        same(problem["status"], answer.status, f"{answer.request} status")
        expect(re.fullmatch(r"[a-z0-9_]+", problem["code"]), f"{answer.shows()}: code")
        for error in problem["errors"]:
            expect(set(error) >= {"pointer", "code", "message"}, f"{answer.shows()}: errors")
        return problem
    same(answer.kind, "application/json", answer.request)
    sound(answer.json, answer.request)
    return answer.json


def shape(answer: Any, wanted: Mapping[str, Any], where: str = "answer") -> None:
    """Raise Wrong unless every named field is there: a type, a tuple of types, a test, a nested shape, or a value."""
    for name, kind in wanted.items():
        expect(name in answer, f"{where}: no {name} in {sorted(answer)}")
        value, here = answer[name], f"{where}.{name}"
        if isinstance(kind, dict):
            shape(value, kind, here)
        elif isinstance(kind, list):
            expect(isinstance(value, list), f"{here}: no list")
            for one in value:
                shape(one, kind[0], here)
        elif isinstance(kind, type | tuple):
            right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
            expect(right, f"{here}: {value!r} is no {kind}")
        elif callable(kind):
            expect(kind(value), f"{here}: {value!r}")
        else:
            same(value, kind, here)


def ident(value: Any) -> bool:
    """Say whether a value is an identifier."""
    return isinstance(value, str) and bool(UUID.fullmatch(value))


OPTIONAL = (str, type(None))
BRIEF: Mapping[str, Any] = {"business_id": ident, "uscc": OPTIONAL, "name": str}


def flask(arguments: tuple[str, ...]) -> str:
    """Run a command of the program as a process; return what it printed."""
    program = str(Path(sys.executable).parent / "flask")
    done = subprocess.run([program, *arguments], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"flask {' '.join(arguments)}: {done.returncode} {done.stderr}")
    return done.stdout


@dataclass
class Walk:
    """A walk along the contract: keeps count of its lines."""

    base: str
    region: str = "230204"
    elsewhere: str = "230202"
    run: str = ""
    command: Callable[[tuple[str, ...]], str] = flask
    results: list[tuple[str, str | None]] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    serial: int = 0

    @contextmanager
    def line(self, title: str) -> Iterator[None]:
        """Judge one line of the contract and say how it went."""
        trouble: str | None = None
        try:
            yield
        except (Wrong, KeyError, TypeError, ValueError, IndexError, OSError, StopIteration) as error:
            trouble = f"{type(error).__name__}: {error}"
        self.results.append((title, trouble))
        print(f"{'FAIL' if trouble else 'ok  '} {title}" + (f"\n     {trouble}" if trouble else ""), flush=True)

    def fail(self, title: str, trouble: str) -> None:
        """Keep a failure that belongs to no line."""
        self.results.append((title, trouble))
        print(f"FAIL {title}\n     {trouble}", flush=True)

    def new_uscc(self) -> str:
        """Return an invented USCC that nobody has."""
        self.serial += 1
        return uscc(int(self.run, 36) % 10_000_000 * 100 + self.serial)

    def flask(self, *arguments: str) -> str:
        """Run a command of the program; return what it printed."""
        return self.command(arguments)

    def account(self, name: str, role: str, *options: str) -> Person:
        """Make a user and a token by the commands; `walk.people[name]` is this person from then on."""
        username = f"{name}-{self.run}"
        link = self.flask("accounts", "create", username, "--role", role, *options)
        expect(re.search(r"https?://\S+$", link.strip()), f"no sign-in link: {link!r}")
        token = self.flask("accounts", "token", username).splitlines()[-1]
        expect(re.fullmatch(r"\S{20,}", token), f"the last line is no token: {token!r}")
        self.people[name] = Person(self.base, token, name)
        return self.people[name]


Part = Callable[[Walk], None]
