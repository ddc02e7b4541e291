"""Signing in by the pages: the steps, what is refused until they are done, sessions, and the way back."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from coldchain.accounts import service
from coldchain.accounts.models import AuditEvent, ParkedForm, User, UserSession
from coldchain.accounts.session import COOKIE, DEVICE_COOKIE
from coldchain.core import clock, db, limits
from tests.factories import second_step
from tests.factories.people import People, Speaker
from tests.factories.reader import PASSWORD, Reader
from tests.factories.world import World


def with_password(speaker: Speaker) -> str:
    """Give somebody a password and return the name."""
    with db.transaction() as session:
        user = session.get_one(User, speaker.user.user_id)
        service.set_password(session, user, PASSWORD)
        return user.username


def give_codes(speaker: Speaker) -> None:
    """Give somebody a second step of which no code was used."""
    with db.transaction() as session:
        assert second_step.give(session, session.get_one(User, speaker.user.user_id))


def password_step(app: Flask, speaker: Speaker) -> Reader:
    """Send name and password only."""
    reader = Reader(app)
    name = with_password(speaker)
    reader.open("/sign-in?next=/search?q=abc")
    reader.send("/sign-in", username=name, password=PASSWORD)
    return reader


def kinds(user_id: Any) -> list[str]:
    """What the audit log says of somebody."""
    with db.transaction() as session:
        rows = select(col(AuditEvent.kind)).where(col(AuditEvent.user_id) == user_id).order_by(col(AuditEvent.event_id))
        return list(session.scalars(rows))


def age(minutes: float, **columns: str) -> None:
    """Make every session older by moving its moments back."""
    by = timedelta(minutes=minutes)
    with db.transaction() as session:
        moved = {name: getattr(UserSession, name) - by for name in columns or ("authenticated_at",)}
        session.execute(update(UserSession).values(moved))


def test_who_must_have_a_second_step_does_nothing_before_it_is_set_up(app: Flask, people: People) -> None:
    officer = people.regulator()
    reader = password_step(app, officer)
    assert reader.path.startswith("/sign-in/set-up?next=")
    for page in ("/businesses", "/me", "/sign-in"):
        assert "/sign-in/set-up" in reader.client.get(page).headers["Location"]
    for path in ("/api/v1/me", "/api/v1/businesses"):
        refused = reader.client.get(path)
        assert (refused.status_code, refused.get_json()["code"]) == (401, "second_step_not_set_up")
    token = dict(reader.form("/sign-in/set-up")["fields"])["csrf_token"]
    refused = reader.client.post("/api/v1/venues", json={}, headers={"X-CSRFToken": token})
    assert (refused.status_code, refused.get_json()["code"]) == (401, "second_step_not_set_up")
    officer.get("/me")  # the bearer token goes on
    key = "".join(reader.text.partition('id="totp-key" tabindex="-1">')[2].partition("<")[0].split())
    reader.send("/sign-in/set-up", 422, code="000000")
    assert "code" in reader.text
    before = reader.client.get_cookie(COOKIE)
    reader.send("/sign-in/set-up", 200, code=second_step.code(key))
    assert reader.text.count('name="codes"') == limits.RECOVERY_CODES
    assert 'href="/search?q=abc"' in reader.text
    after = reader.client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value, "what was a half session is not the key to a full one"
    listed = [value for name, value in reader.form("/me/recovery-codes.txt")["fields"] if name == "codes"]
    reader.send("/me/recovery-codes.txt", codes=[*listed, "<script>", "x" * 99])
    assert reader.text.split() == listed
    reader.open("/me")
    assert f"{limits.RECOVERY_CODES} recovery codes are left" in reader.text
    assert "Give the second step up" not in reader.text
    assert kinds(officer.user.user_id)[-3:] == ["totp_enrolled", "recovery_codes_made", "signed_in"]


def test_the_second_step_leads_to_where_the_person_was_going(app: Flask, people: People) -> None:
    officer = people.regulator()
    give_codes(officer)
    reader = password_step(app, officer)
    assert reader.path.startswith("/sign-in/second-step")
    assert reader.client.get("/api/v1/me").get_json()["code"] == "second_step_required"
    assert "/sign-in/second-step" in reader.client.get("/businesses").headers["Location"]
    assert "/sign-in" in reader.client.get("/sign-in/set-up").headers["Location"], "no way around by another set-up"
    reader.send("/sign-in/second-step", 422, code="000000")
    used = second_step.code()
    reader.send("/sign-in/second-step", 200, code=used)
    assert reader.path == "/search?q=abc"
    again = password_step(app, officer)
    again.send("/sign-in/second-step", 422, code=used)
    assert "was used before" in again.text
    steps = ["second_step_refused", "signed_in", "second_step_refused"]
    assert kinds(officer.user.user_id)[-3:] == steps


def test_a_revoked_session_is_out_at_its_next_click_and_comes_back_where_it_was(
    app: Flask, people: People, world: World
) -> None:
    merchant = world.merchant(world.shop()["owner"])
    here, there = Reader.of(app, merchant), Reader.of(app, merchant)
    listed = here.client.get("/api/v1/sessions").get_json()["items"]
    assert [row["this_one"] for row in listed].count(True) == 1
    other = next(row["session_id"] for row in listed if not row["this_one"])
    here.open("/me")
    here.send(f"/me/sessions/{other}/revoke", 200)
    there.open("/search?q=%E9%B8%A1")
    assert there.path.startswith("/sign-in?next=")
    assert "You were signed out" in there.text
    there.send("/sign-in", username=merchant.user.username, password=PASSWORD)
    assert there.path == "/search?q=%E9%B8%A1"
    here.open("/me")
    here.send("/me/sessions/revoke-others", 200)
    assert there.client.get("/me").status_code == 303
    assert here.client.get("/me").status_code == 200
    stranger = world.merchant(world.business())
    stranger.post(f"/sessions/{other}/revoke", expect=404)
    assert kinds(merchant.user.user_id).count("session_revoked") == 2


@pytest.mark.parametrize("tight", [False, True])
def test_sessions_end_without_clicks_and_end_at_last(app: Flask, people: People, world: World, tight: bool) -> None:
    who = people.regulator() if tight else world.merchant(world.shop()["owner"])
    reader = Reader.of(app, who)
    idle = limits.TIGHT_SESSION_IDLE_MINUTES if tight else limits.SESSION_IDLE_MINUTES
    hours = limits.TIGHT_SESSION_HOURS if tight else limits.SESSION_HOURS
    start = clock.now()

    def status(minutes: float) -> int:
        with clock.simulated(start + timedelta(minutes=minutes)):
            return reader.client.get("/api/v1/me").status_code

    assert status(idle - 1) == 200
    assert status(2 * idle - 2) == 200, "a click starts the idle time anew"
    assert status(3 * idle) == 401
    with db.transaction() as session:
        session.execute(update(UserSession).values(last_seen_at=start + timedelta(hours=hours)))
    assert status(60 * hours - 1) == 200
    assert status(60 * hours + 1) == 401


def test_a_form_sent_by_an_ended_session_is_kept_for_its_sender_only(app: Flask, people: People, world: World) -> None:
    owner = world.shop()["owner"]
    merchant = world.merchant(owner)
    reader = Reader.of(app, merchant)
    token = dict(reader.form("/sign-out")["fields"])["csrf_token"]
    age(0)
    with db.transaction() as session:
        session.execute(update(UserSession).values(revoked_at=clock.now()))
    typed = {
        "_step": "check",
        "_supplier": "老王水产",
        "lines-0-batch_no": "A\r\n7",
        "csrf_token": token,
        "_once": "k1",
    }
    answer = reader.client.post("/arrivals/new?x=1", data=typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=%2Farrivals%2Fnew")
    reader.open("/sign-in?next=/arrivals/new")
    assert "What you sent last was not recorded yet" in reader.text
    stranger = world.merchant(world.business())
    name = with_password(stranger)
    jar = {c.key: c.value for c in reader.client._cookies.values()}
    other = Reader(app)
    for key, value in jar.items():
        other.client.set_cookie(key, value)
    other.open("/sign-in")
    other.send("/sign-in", username=name, password=PASSWORD)
    assert other.path == "/"
    assert "老王水产" not in other.open("/sign-in/kept")
    reader.send("/sign-in", username=merchant.user.username, password=PASSWORD)
    assert reader.path == "/sign-in/kept"
    assert "老王水产" in reader.text
    form = reader.form("/arrivals/new")
    sent = dict(form["fields"])
    assert form["action"] == "/arrivals/new?x=1"
    assert {name: sent[name] for name in typed if name != "csrf_token"} == {
        name: text for name, text in typed.items() if name != "csrf_token"
    }
    reader.send("/arrivals/new")
    assert "老王水产" in reader.text
    assert reader.status == 422
    reader.open("/sign-in")
    assert reader.path == "/", "what was shown once isn't pressed upon its sender again"
    with clock.simulated(clock.now() + timedelta(minutes=limits.PARKED_MINUTES, seconds=1)):
        assert "老王水产" not in reader.open("/sign-in/kept")


def test_nothing_is_kept_of_secrets_of_strangers_and_of_forged_forms(app: Flask, world: World) -> None:
    merchant = world.merchant(world.shop()["owner"])
    reader = Reader.of(app, merchant)
    token = dict(reader.form("/sign-out")["fields"])["csrf_token"]
    with db.transaction() as session:
        session.execute(update(UserSession).values(revoked_at=clock.now()))
    reader.client.post("/me/password", data={"current": PASSWORD, "password": "x" * 12, "csrf_token": token})
    reader.client.post("/arrivals/new", data={"_supplier": "forged"})
    reader.client.post("/arrivals/new", data={"_supplier": "x" * limits.PARKED_CHARS, "csrf_token": token})
    reader.client.set_cookie(COOKIE, "never a session")
    assert reader.client.post("/arrivals/new", data={"_supplier": "x", "csrf_token": token}).status_code == 303
    with db.transaction() as session:
        assert session.scalars(select(ParkedForm)).all() == []


def test_a_change_that_cant_be_undone_takes_a_fresh_proof_and_goes_on(app: Flask, people: People, world: World) -> None:
    business = world.business()["business_id"]
    officer = people.regulator()
    reader = Reader.of(app, officer)
    page = f"/businesses/{business}/decisions/suspend"
    reader.open(page)
    age(limits.FRESH_MINUTES + 1)
    reader.open(page)
    reader.send(page, reason="为了检查")
    assert reader.path.startswith("/sign-in/again?")
    assert "Approve, suspend, close or reinstate businesses" in reader.text
    assert people.admin().get(f"/businesses/{business}")["status"] == "active"
    token = dict(reader.form("/sign-out")["fields"])["csrf_token"]
    refused = reader.client.post(
        f"/api/v1/businesses/{business}/suspend", json={"reason": "x"}, headers={"X-CSRFToken": token}
    )
    assert (refused.status_code, refused.get_json()["code"]) == (403, "fresh_sign_in_required")
    assert refused.get_json()["action"] == "business.decide"
    give_codes(officer)
    reader.send("/sign-in/again", 422, password=PASSWORD, code="000000")
    reader.send("/sign-in/again", 422, password="wrong", code=second_step.code())
    reader.send("/sign-in/again", 200, password=PASSWORD, code=second_step.code())
    assert reader.path == "/sign-in/kept"
    assert "为了检查" in reader.text
    reader.send(page, 200)
    assert people.admin().get(f"/businesses/{business}")["status"] == "suspended"
    officer.post(f"/businesses/{business}/reinstate", {"reason": "a bearer token needs no page"})
    told = kinds(officer.user.user_id)
    assert told.count("reauthentication_refused") == 2
    assert told.count("reauthenticated") == 1


def test_announcing_in_one_go_takes_a_fresh_proof_too(app: Flask, people: People) -> None:
    reader = Reader.of(app, people.regulator())
    reader.open("/recalls/new")
    token = dict(reader.form("/recalls/new")["fields"])["csrf_token"]
    age(limits.FRESH_MINUTES + 1)
    drafted = reader.client.post("/recalls/new", data={"_step": "preview", "csrf_token": token})
    assert "Location" not in drafted.headers
    announced = reader.client.post("/recalls/new", data={"_step": "announce", "csrf_token": token})
    assert announced.headers["Location"].startswith("/sign-in/again?")


def test_a_changed_password_ends_the_other_sessions(app: Flask, world: World) -> None:
    merchant = world.merchant(world.shop()["owner"])
    here, there = Reader.of(app, merchant), Reader.of(app, merchant)
    here.open("/me")
    here.send("/me/password", 422, current="wrong", password="another long password")
    here.send("/me/password", 422, current=PASSWORD, password="short")
    here.send("/me/password", 422, current=PASSWORD, password=PASSWORD)
    here.send("/me/password", 200, current=PASSWORD, password="another long password")
    assert "Your password is changed" in here.text
    assert there.client.get("/me").status_code == 303
    fresh = Reader(app)
    fresh.open("/sign-in")
    fresh.send("/sign-in", 422, username=merchant.user.username, password=PASSWORD)
    fresh.send("/sign-in", 200, username=merchant.user.username, password="another long password")


def test_a_browser_is_known_after_a_whole_sign_in_only(app: Flask, people: People) -> None:
    officer = people.regulator()
    give_codes(officer)
    reader = password_step(app, officer)
    assert reader.client.get_cookie(DEVICE_COOKIE) is None
    reader.send("/sign-in/second-step", 200, code=second_step.code())
    cookie = reader.client.get_cookie(DEVICE_COOKIE)
    assert cookie is not None
    assert cookie.http_only
    planted = password_step(app, officer)
    planted.client.set_cookie(DEVICE_COOKIE, "planted by a stranger")
    give_codes(officer)
    planted.send("/sign-in/second-step", 200, code=second_step.code())
    handed = planted.client.get_cookie(DEVICE_COOKIE)
    assert handed is not None
    assert handed.value != "planted by a stranger"
