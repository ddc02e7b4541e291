"""The way back of somebody whose access was ended; what ends with a device; a PIN beside a second step."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from coldchain.accounts import passwords, service
from coldchain.accounts.models import AuditEvent, User, UserSession
from coldchain.accounts.service import totp
from coldchain.core import db
from tests.accounts.test_invitations import JOINED, join, speaker
from tests.accounts.test_slips import PHONE, PIN, printed, scanned
from tests.factories import second_step
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World

NEW_PASSWORD = "another long password"
NEW_PIN = "730518"


@pytest.fixture
def business(world: World) -> dict[str, Any]:
    """A business that nobody acts for yet."""
    return world.business()


def invited(world: World, business: dict[str, Any], position: str = "clerk") -> str:
    """Return the link of a new invitation."""
    made = world.regulator.post("/invitations", {"position": position, "business": business["business_id"]}, 201)
    return str(made["link"])


def row(username: str) -> User:
    """Return an account as it stands."""
    with db.transaction() as session:
        user = service.user_by_name(session, username)
        session.expunge(user)
        return user


def test_an_ended_clerk_comes_back_by_a_new_invitation(
    app: Flask, people: People, world: World, business: dict[str, Any]
) -> None:
    """The same account, a new password; the old sessions, keys and password stay worth nothing."""
    old = join(app, invited(world, business))
    token = speaker(people, JOINED["phone"])
    before = row(JOINED["phone"])
    world.regulator.post(f"/people/{JOINED['phone']}/end", None, 200)
    back = join(app, invited(world, business), display_name="李归来", password=NEW_PASSWORD)
    assert back.path == "/"
    after = row(JOINED["phone"])
    assert (after.user_id, after.is_active, after.display_name) == (before.user_id, True, "李归来")
    token.get("/me", 401)
    old.open("/people")
    assert old.path.startswith("/sign-in")
    fresh = Reader(app)
    fresh.open("/sign-in")
    fresh.send("/sign-in", 422, username=JOINED["phone"], password=JOINED["password"])
    fresh.send("/sign-in", 200, username=JOINED["phone"], password=NEW_PASSWORD)
    with db.transaction() as session:
        kinds = set(session.scalars(select(col(AuditEvent.kind)).where(col(AuditEvent.user_id) == after.user_id)))
    assert "account_reopened" in kinds


def test_a_number_that_is_in_use_is_told_what_to_do(app: Flask, world: World, business: dict[str, Any]) -> None:
    """An account in use, and one of another business even when it was ended, are not taken over; the link stays."""
    join(app, invited(world, business))
    link = invited(world, business)
    reader = Reader(app)
    path = link[link.index("/invitation/") :]
    reader.open(path)
    assert "Sign in with it." in reader.send(path, 409, **JOINED | {"password": NEW_PASSWORD})
    world.regulator.post(f"/people/{JOINED['phone']}/end", None, 200)
    elsewhere = invited(world, world.business())
    other = elsewhere[elsewhere.index("/invitation/") :]
    reader.open(other)
    assert "Give another number." in reader.send(other, 409, **JOINED | {"password": NEW_PASSWORD})
    assert not row(JOINED["phone"]).is_active
    reader.open(other, 200)


def test_ending_a_device_ends_its_sessions_alone(app: Flask, world: World, business: dict[str, Any]) -> None:
    """Sessions by PIN and by password on that phone end; the person's others go on, and the page says so."""
    regulator = Reader.of(app, world.regulator)
    phone = scanned(app, printed(regulator, business, display_name="赵店主", phone=PHONE))
    tablet = scanned(app, printed(regulator, business, _person=PHONE))
    with db.transaction() as session:
        user = service.user_by_name(session, PHONE)
        user.password_hash = passwords.hash_password(NEW_PASSWORD)
        ids = set(session.scalars(select(col(UserSession.device_id))).all()) - {None}
    assert len(ids) == 2
    phone.send("/sign-out", 200)
    phone.send("/sign-in", 200, username=PHONE, password=NEW_PASSWORD)  # on the same phone, by password
    desk = Reader(app)
    desk.open("/sign-in")
    desk.send("/sign-in", 200, username=PHONE, password=NEW_PASSWORD)
    page = desk.open(f"/people/{PHONE}")
    assert "Where the person is signed in elsewhere, that goes on." in page
    first = re.findall(r'action="(/devices/[^"]+/end)"', page)[0]
    assert "is ended: signed out there" in desk.send(first, 200)
    assert desk.path == f"/people/{PHONE}", "who pressed stays signed in"
    phone.open("/me")
    assert phone.path.startswith("/sign-in")
    assert "/sign-in/pin" not in phone.text
    tablet.open("/me")
    assert tablet.path == "/me"


def test_a_second_step_is_asked_after_a_pin_too(app: Flask, world: World, business: dict[str, Any]) -> None:
    """The page says what is true in each state; with a code set up the PIN alone opens nothing."""
    phone = scanned(app, printed(Reader.of(app, world.regulator), business, display_name="赵店主", phone=PHONE))
    page = phone.open("/me")
    assert "So far the PIN on your device is enough." in page
    assert "/me/password" not in page, "there is none to change"
    with db.transaction() as session:
        user = service.user_by_name(session, PHONE)
        shown = totp.pending(session, user)
        totp.enrol(session, user, second_step.code(shown))
    assert "You sign in with your PIN and a code from your phone." in phone.open("/me")
    phone.send("/sign-out", 200)
    phone.send("/sign-in/pin", 200, pin=PIN)
    assert phone.path.startswith("/sign-in/second-step")
    phone.open("/people")
    assert phone.path.startswith("/sign-in/second-step"), "half a sign-in opens nothing"
    phone.send("/sign-in/second-step", 422, code="000000")
    phone.send("/sign-in/second-step", 200, code=second_step.code(shown, 1))
    assert phone.open("/me")
    with db.transaction() as session:
        latest = select(UserSession).where(~col(UserSession.is_half)).order_by(col(UserSession.created_at).desc())
        assert session.scalars(latest).first().device_id is not None, "the whole session knows its device too"  # type: ignore[union-attr]
        kinds = list(session.scalars(select(col(AuditEvent.kind)).where(col(AuditEvent.kind) == "signed_in")))
    assert len(kinds) == 3, "the regulator, the slip, and the PIN with its code: half a sign-in is none"


def test_a_pin_is_changed_by_the_present_one(app: Flask, world: World, business: dict[str, Any]) -> None:
    """On its own device only; weak ones and a wrong present one are refused, and wrong ones are counted."""
    phone = scanned(app, printed(Reader.of(app, world.regulator), business, display_name="赵店主", phone=PHONE))
    phone.open("/me")
    for typed, words in (
        ({"current_pin": PIN, "pin": "123456", "again": "123456"}, "run of digits"),
        ({"current_pin": PIN, "pin": NEW_PIN, "again": PIN}, "not the same"),
        ({"current_pin": "999999", "pin": NEW_PIN, "again": NEW_PIN}, "not your present PIN"),
    ):
        assert words in phone.send("/me/pin", 422, **typed)
    assert "The PIN of this device is changed." in phone.send(
        "/me/pin", 200, current_pin=PIN, pin=NEW_PIN, again=NEW_PIN
    )
    phone.send("/sign-out", 200)
    assert "Tries left: 4" in phone.send("/sign-in/pin", 422, pin=PIN)
    phone.send("/sign-in/pin", 200, pin=NEW_PIN)
    assert phone.path == "/"
    elsewhere = Reader.of(app, world.merchant(world.business()))
    assert "/me/pin" not in elsewhere.open("/me")
