"""The form to sign in and the session that it opens: as typed, new, random, kept hashed, ended when it ends."""

from __future__ import annotations

import hashlib
import re

from sqlalchemy import select
from sqlmodel import col

from coldchain.accounts import service as accounts
from coldchain.accounts.models import UserSession
from coldchain.core import db
from tests.rights.realm import Realm
from tests.rights.signed import CSRF, SITE, attempt, give_password, signed_in


def test_password_fields_are_masked_and_helpers_may_fill_them(realm: Realm) -> None:
    page = realm.app.test_client().get("/sign-in").get_data(as_text=True)
    field = re.search(r'<input[^>]*name="password"[^>]*>', page)
    assert field
    assert 'type="password"' in field[0]
    assert 'autocomplete="current-password"' in field[0]
    assert "paste" not in page
    assert 'autocomplete="off"' not in page


def test_a_password_counts_as_typed(realm: Realm) -> None:
    """Nothing is cut off, trimmed or turned into other letters; 200 characters are fine."""
    typed = "  Ünd 密码 " + "x" * 186 + "Yz "
    assert len(typed) <= 200
    give_password("owner", typed)
    assert attempt(realm.app, "owner", typed)[0] in {302, 303}
    for other in (typed.strip(), typed.lower(), typed[:72], typed[:-2], typed + "x"):
        assert attempt(realm.app, "owner", other)[0] == 422


def test_a_session_is_new_random_and_kept_hashed(realm: Realm) -> None:
    """A session that somebody planted is not taken over; each sign-in has a secret of its own."""
    give_password("owner")
    secrets = {signed_in(realm.app, "owner").secret for _ in range(3)}
    planted = "planted-by-a-stranger-0123456789abcdefghijk"
    secrets.add(attempt(realm.app, "owner", planted=planted)[1].secret)
    assert len(secrets) == 4
    assert planted not in secrets
    assert all(len(secret) >= 43 for secret in secrets), "256 bits"
    with db.transaction() as session:
        kept = set(session.scalars(select(col(UserSession.session_hash))))
    assert {hashlib.sha256(secret.encode()).hexdigest() for secret in secrets} <= kept
    assert not secrets & kept


def test_signing_out_ends_the_session_and_no_answer_is_kept(realm: Realm) -> None:
    """What the browser kept opens nothing any more, and it was told to keep no page."""
    signed = signed_in(realm.app, "owner")
    page = signed.client.get("/stock", base_url=SITE)
    text = page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"
    assert re.search(r'<form[^>]*action="/sign-out"', text)
    token = CSRF.search(text)
    assert token
    headers = {"Referer": f"{SITE}/stock"}
    signed.client.post("/sign-out", data={"csrf_token": token[1]}, headers=headers, base_url=SITE)
    again = realm.app.test_client()
    again.set_cookie("cc_session", signed.secret, domain="localhost")
    assert again.get("/api/v1/me", base_url=SITE).status_code == 401


def test_an_account_that_ends_has_no_session_and_no_key(realm: Realm) -> None:
    signed = signed_in(realm.app, "owner")
    key = realm.askers["owner"].headers
    assert signed.client.get("/api/v1/me", base_url=SITE).status_code == 200
    assert realm.app.test_client().get("/api/v1/me", headers=key).status_code == 200
    with db.transaction() as session:
        accounts.user_by_name(session, "owner").is_active = False
    assert signed.client.get("/api/v1/me", base_url=SITE).status_code == 401
    assert realm.app.test_client().get("/api/v1/me", headers=key).status_code == 401
