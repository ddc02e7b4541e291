"""What is hidden costs and says exactly what is absent costs and says, counted in statements; so do unknown names."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from coldchain.accounts import passwords
from coldchain.accounts import service as accounts
from coldchain.core import db
from tests.rights.matrix import Matrix
from tests.rights.realm import Asker, Case, Realm
from tests.rights.requests import Route, request, routes
from tests.rights.undone import Undone

STRANGE_TO = {"stranger": "own", "regulator of the other district": "own", "lab": "strange"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def _detail(realm: Realm) -> list[Route]:
    """Return the routes that show one thing by its id."""
    return [r for r in routes(realm.app) if r.method == "GET" and any(name.endswith("_id") for name in r.arguments)]


def _ask(matrix: Matrix, asker: Asker, path: str) -> tuple[int, int, dict[str, Any]]:
    """Return status, number of statements, and what the problem says but its number."""
    matrix.undone.undo()
    headers = asker.headers | {"Accept": "application/json"}
    response = matrix.client.get(path, headers=headers)
    told = response.get_json(silent=True) or {}
    told.pop("request_id", None)
    response.close()
    count = len([each for each in matrix.undone.statements if "audit_event" not in each])  # which is bounded by itself
    matrix.undone.undo()
    return response.status_code, count, told


@pytest.mark.parametrize("asker", STRANGE_TO)
def test_a_hidden_thing_is_as_absent(realm: Realm, undone: Undone, asker: str) -> None:
    """Same status, same words, same number of statements: nothing tells that the id of another's thing exists."""
    matrix = Matrix(realm, undone)
    who, case = realm.askers[asker], realm.cases[STRANGE_TO[asker]]
    compared, different = 0, []
    for route in _detail(realm):
        path = request(realm, route, case).path
        _ask(matrix, who, path)  # what a process asks once and keeps
        hidden, absent = _ask(matrix, who, path), _ask(matrix, who, UUID.sub(lambda _: str(uuid.uuid4()), path))
        compared += hidden[0] == 404
        if hidden[0] == 404 and hidden != absent:
            different.append(f"{route.name}: {hidden[1]} and {absent[1]} statements, {hidden[2].get('detail')!r} "
                             f"and {absent[0]} {absent[2].get('detail')!r}")  # fmt: skip
    assert compared > 3
    assert not different, "\n".join(different)


def test_an_unknown_name_costs_a_wrong_password(realm: Realm, undone: Undone, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same argon2 calls, statements and words, whether the name or the password is wrong."""
    with db.transaction() as session:
        accounts.user_by_name(session, "owner").password_hash = passwords.hash_password("a long enough password")
    calls: list[str] = []
    verify = passwords.HASHER.verify if hasattr(passwords, "HASHER") else None
    real = verify or passwords._hasher.verify

    def counted(stored: str, typed: str) -> bool:
        calls.append(stored[:12])
        return bool(real(stored, typed))

    hasher = type(passwords.HASHER if verify else passwords._hasher)
    monkeypatch.setattr(hasher, "verify", lambda _self, stored, typed: counted(stored, typed))
    found = []
    for name in ("owner", "nobody of this name"):
        client = realm.app.test_client()
        page = client.get("/sign-in").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        calls.clear()
        undone.statements.clear()
        answer = client.post("/sign-in", data={"username": name, "password": "wrong", "csrf_token": token[1]})  # type: ignore[index]
        told = re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True))
        said = re.search(r"密码不对|错误|不对", told)
        found.append((answer.status_code, len(calls), len(undone.statements), bool(said)))
    assert found[0] == found[1]
    assert found[0][1] == 1, "argon2 ran"


def case_of(realm: Realm, name: str) -> Case:
    """Return a case by name."""
    return realm.cases[name]
