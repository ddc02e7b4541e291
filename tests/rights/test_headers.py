"""Every answer brings the headers that keep a browser from harm, and no form counts that isn't ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from coldchain.app import create_app
from tests.rights.matrix import Matrix
from tests.rights.realm import Realm
from tests.rights.requests import Route, request, routes
from tests.rights.signed import CSRF, SITE, signed_in
from tests.rights.undone import Undone

STRICT = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "form-action 'self'", "font-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "manifest-src 'self'",
}  # fmt: skip
OF_FILES = {"default-src 'none'", "sandbox"}
PRIVATE = "no-store"
# A form's answer, to which its sender may come back: their own browser keeps it until the sign-out (`Clear-Site-Data`).
WAY_BACK = "private, no-cache"
KEPT_BY_NOBODY = (
    "/sign-", "/me/", "/people/", "/invitation/", "/slip", "/link/", "/accounts/", "/register", "/privacy/",
    "/personal/",
)  # fmt: skip


def _wrong(headers: dict[str, str], *, static: bool = False) -> list[str]:
    """Return what an answer's headers lack; a file that somebody sent is closed in even more."""
    found = []
    policy = {part.strip() for part in headers.get("Content-Security-Policy", "").split(";")}
    if policy not in (STRICT, OF_FILES):
        found.append(f"CSP {sorted(policy ^ STRICT)}")
    expected = {
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }  # fmt: skip
    found += [f"{name}: {headers.get(name)}" for name, value in expected.items() if headers.get(name) != value]
    if not static and PRIVATE not in headers.get("Cache-Control", ""):
        found.append(f"Cache-Control: {headers.get('Cache-Control')}")
    if "Server" in headers and "Werkzeug" in headers["Server"]:
        found.append("Server names its make")
    return found


def _ask(matrix: Matrix, route: Route, asker: str) -> tuple[int, dict[str, str], list[str]]:
    wanted = request(matrix.realm, route, matrix.realm.cases["own"])
    body = {"json": wanted.json} if wanted.json is not None else {"data": wanted.form} if wanted.form else {}
    with matrix.remembered():
        response = matrix.client.open(
            wanted.path, method=wanted.method, query_string=wanted.query,
            headers=matrix.realm.askers[asker].headers, **body,  # type: ignore[arg-type]
        )  # fmt: skip
    response.close()
    matrix.undone.undo()
    return response.status_code, dict(response.headers), response.headers.getlist("Set-Cookie")


@pytest.mark.parametrize("asker", ["owner", "nobody"])
def test_every_answer_has_the_strict_headers(realm: Realm, undone: Undone, asker: str) -> None:
    """Pages, API, downloads, redirections and refusals of every route, and of addresses that there are not."""
    matrix = Matrix(realm, undone)
    wrong, shown_again = {}, []
    for route in routes(realm.app):
        status, headers, cookies = _ask(matrix, route, asker)
        is_form = route.method == "POST" and not route.is_api and asker != "nobody"
        if is_form and not route.rule.startswith(KEPT_BY_NOBODY) and headers.get("Cache-Control") == WAY_BACK:
            headers["Cache-Control"] = PRIVATE
            shown_again.append(route.name)
        lacks = _wrong(headers) + [cookie for cookie in cookies if not _sound(cookie)]
        if lacks:
            wrong[f"{route.name} [{status}]"] = lacks
    for path in ("/nothing-here", "/api/v1/nothing", "/healthz", "/api/v1/openapi.json", "/api/v1/docs", "/sales/new"):
        response = matrix.client.delete(path) if path == "/sales/new" else matrix.client.get(path)
        if lacks := _wrong(dict(response.headers)):
            wrong[path] = lacks
        response.close()
    static = matrix.client.get("/static/css/coldchain.css")
    if lacks := _wrong(dict(static.headers), static=True):
        wrong["static"] = lacks
    static.close()
    assert not wrong
    assert (len(shown_again) > 20) is (asker == "owner"), shown_again


def _sound(cookie: str) -> bool:
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    if "max-age=0" in attributes:
        return True  # it is taken away and holds nothing
    return "httponly" in attributes and bool(attributes & {"samesite=lax", "samesite=strict"})


def test_cookies_of_production_travel_by_tls_only(realm: Realm) -> None:
    """With secure cookies every cookie says so; scripts and other sites get none of them."""
    app = create_app(replace(realm.app.config["SETTINGS"], secure_cookies=True), connect=False)
    signed = signed_in(app, "owner")
    assert len(signed.cookies) > 1
    for cookie in signed.cookies:
        assert _sound(cookie), cookie
        assert "; secure" in cookie.lower(), cookie


def _changing(realm: Realm) -> Iterator[Route]:
    for route in routes(realm.app):
        if route.method != "GET":
            yield route


def test_no_change_by_cookie_without_our_token(realm: Realm, undone: Undone) -> None:
    """Every changing route, by a page session without the token or with a made-up one: refused, nothing written."""
    signed = signed_in(realm.app, "owner")
    wrong = []
    for route in _changing(realm):
        for token in ({}, {"X-CSRFToken": "made up"}):
            wanted = request(realm, route, realm.cases["own"])
            body = {"json": wanted.json} if wanted.json is not None else {"data": wanted.form} if wanted.form else {}
            undone.statements.clear()
            response = signed.client.open(
                wanted.path, method=wanted.method, query_string=wanted.query, base_url="https://localhost",
                headers={"Accept": "application/json", "Referer": "https://localhost/", **token}, **body,  # type: ignore[arg-type]
            )  # fmt: skip
            told = response.get_json(silent=True) or {}
            changed = [
                each for each in undone.statements if re.match(r"\s*(INSERT|DELETE|UPDATE (?!user_session))", each)
            ]
            if response.status_code != 400 or told.get("code") != "csrf_failed" or changed:
                wrong.append((route.name, response.status_code, told.get("code"), changed))
    assert not wrong
    assert signed.client.get("/api/v1/me", base_url=SITE).status_code == 200, "the session goes on"


def test_the_same_session_with_our_token_gets_through(realm: Realm) -> None:
    """The control: it was the token that was missing."""
    signed = signed_in(realm.app, "owner")
    sent = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/", "X-CSRFToken": signed.token}}
    page = signed.client.get("/standing-consents", base_url="https://localhost").get_data(as_text=True)
    sent["headers"]["X-CSRFToken"] = CSRF.search(page)[1]  # type: ignore[index]
    path = f"/api/v1/batches/{realm.cases['own'].ids['batch_id']}/label-runs"
    assert signed.client.post(path, json={"level": "batch"}, **sent).status_code == 202  # type: ignore[arg-type]


def test_a_token_needs_no_csrf_and_wins_over_a_cookie(realm: Realm) -> None:
    """Programs send a bearer token, which no other site can send for them."""
    signed = signed_in(realm.app, "owner")
    headers = realm.askers["admin"].headers
    told = signed.client.get("/api/v1/me", headers=headers, base_url="https://localhost").get_json()
    assert told["username"] == "admin"
