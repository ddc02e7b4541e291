"""People of the realm at the pages, signed in through the form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient

from coldchain.accounts import passwords
from coldchain.accounts import service as accounts
from coldchain.core import db

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
PASSWORD = "a long enough password"
SITE = "https://localhost"


@dataclass
class Signed:
    """A page session: its client, the token that its pages give, every cookie that was set, the session's own."""

    client: FlaskClient
    token: str
    cookies: list[str] = field(default_factory=list)

    @property
    def secret(self) -> str:
        """Return what the session's cookie holds."""
        return next(c.partition(";")[0].partition("=")[2] for c in self.cookies if c.startswith("cc_session="))


def give_password(username: str, password: str = PASSWORD) -> None:
    """Give somebody a password."""
    with db.transaction() as session:
        accounts.user_by_name(session, username).password_hash = passwords.hash_password(password)


def attempt(app: Flask, username: str, password: str = PASSWORD, planted: str | None = None) -> tuple[int, Signed]:
    """Send the sign-in form; return the status and what became of it."""
    client = app.test_client()
    if planted:
        client.set_cookie("cc_session", planted, domain="localhost")
    page = client.get("/sign-in", base_url=SITE)
    token = CSRF.search(page.get_data(as_text=True))
    assert token
    typed = {"username": username, "password": password, "csrf_token": token[1]}
    done = client.post("/sign-in", data=typed, headers={"Referer": f"{SITE}/sign-in"}, base_url=SITE)
    cookies = page.headers.getlist("Set-Cookie") + done.headers.getlist("Set-Cookie")
    return done.status_code, Signed(client, token[1], cookies)


def signed_in(app: Flask, username: str) -> Signed:
    """Return a page session of somebody, with a password given first."""
    give_password(username)
    status, signed = attempt(app, username)
    assert status in {302, 303}
    return signed
