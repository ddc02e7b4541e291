"""Sign-in slips and PINs: who prints, what scanning spends, where a PIN is worth something and where not."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from coldchain.accounts import pins
from coldchain.accounts.models import AuditEvent, Device, SignInSlip, User
from coldchain.core import clock, db, limits
from tests.accounts.test_sign_in_pages import age
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World

PHONE = "13700000002"
PIN = "408173"


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("12345", "pin_shape"), ("1234567", "pin_shape"), ("12 456", "pin_shape"), ("１２３５７９", "pin_shape"),
        ("000000", "pin_repeated"), ("121212", "pin_repeated"), ("123123", "pin_repeated"), ("112233", "pin_repeated"),
        ("123456", "pin_run"), ("654321", "pin_run"), ("890123", "pin_run"), ("210987", "pin_run"),
        ("000002", "pin_of_phone"), ("137000", "pin_of_phone"), (PIN, None), ("123465", None), ("111112", None),
    ],
)  # fmt: skip
def test_easily_guessed_pins(pin: str, why: str | None) -> None:
    assert pins.weakness(pin, PHONE) == why


def printed(reader: Reader, business: dict[str, Any], **typed: Any) -> str:
    """Print a slip through the page and return the path that its code leads to."""
    reader.open(f"/slips/new?business={business['business_id']}")
    page = reader.send("/slips/new", 200, **typed)
    found = re.search(r"http://[^<\s]+/slip/[\w-]+", page)
    assert found, page
    return urlsplit(found[0]).path


def scanned(app: Flask, path: str, pin: str = PIN) -> Reader:
    """Scan a slip on a new device and choose a PIN."""
    device = Reader(app)
    device.open(path)
    device.send(path, 200, pin=pin, again=pin)
    assert device.path == "/"
    return device


def test_from_the_slip_to_the_pin(app: Flask, world: World) -> None:
    business = world.business()
    inspector = Reader.of(app, world.inspector)
    link = f"/slips/new?business={business['business_id']}"
    assert link in inspector.open(f"/businesses/{business['business_id']}").replace("&amp;", "&")
    inspector.open(link)
    page = inspector.send("/slips/new", 422, display_name="赵店主", phone="137")
    assert 'value="赵店主"' in page
    path = printed(inspector, business, display_name="赵店主", phone=PHONE)
    assert all(words in inspector.text for words in ("赵店主", business["name"], PHONE, 'class="cc-qr"'))
    with db.transaction() as session:
        officer = session.merge(world.inspector.user).display_name
    assert f"<dt>Printed by</dt><dd>{officer}</dd>" in inspector.text
    assert "data-print" in inspector.text
    inspector.open(link)
    inspector.text = inspector.text.replace("_person", "_nothing")  # a second owner may not come in this way
    inspector.send("/slips/new", 422)
    with db.transaction() as session:
        row = session.scalars(select(SignInSlip)).one()
        assert path.rpartition("/")[2] != row.slip_hash
        assert row.expires_at - row.created_at == timedelta(minutes=limits.SLIP_MINUTES)
        user = session.scalars(select(User).where(col(User.username) == PHONE)).one()
        assert (user.position, user.role, user.password_hash) == ("owner", "merchant", None)

    device = Reader(app)
    assert "赵店主" in device.open(path)
    for pin, again, said in (("123456", "123456", "run of digits"), (PIN, "408174", "not the same")):
        page = device.send(path, 422, pin=pin, again=again)
        assert said in page
        assert pin not in re.sub(r"not 123456", "", page)
    device.send(path, 200, pin=PIN, again=PIN)  # a refused PIN has not spent the slip
    assert device.path == "/"
    assert "赵店主" in device.text
    assert "Ask the officer to print a new one" in Reader(app).open(path, 404)

    device.send("/sign-out", 200)
    assert "赵店主" in device.text
    assert device.path == "/sign-in"
    page = device.send("/sign-in/pin", 422, pin="999999")
    assert "Tries left: 4" in page
    device.send("/sign-in/pin", 200, pin=PIN)
    assert device.path == "/"
    with db.transaction() as session:
        assert session.scalars(select(Device)).one().wrong_pins == 0, "a right one begins the count anew"
        kinds = [event.kind for event in session.scalars(select(AuditEvent))]
        details = str([event.detail for event in session.scalars(select(AuditEvent))])
    assert {"slip_printed", "device_added", "pin_refused", "signed_in"} <= set(kinds)
    assert PIN not in details
    assert PHONE not in details


def test_a_pin_is_worth_nothing_elsewhere(app: Flask, world: World) -> None:
    business = world.business()
    device = scanned(app, printed(Reader.of(app, world.regulator), business, display_name="赵店主", phone=PHONE))
    elsewhere = Reader(app)
    elsewhere.open("/sign-in")
    assert "赵店主" not in elsewhere.text
    assert 'action="/sign-in/pin"' not in elsewhere.text
    elsewhere.send("/sign-in", 422, username=PHONE, password=PIN)
    device.send("/sign-out", 200)
    token = device.form("/sign-in/pin")["fields"]
    for cookie in ("", "made-up"):
        elsewhere.client.set_cookie("cc_pin", cookie)
        elsewhere.open("/sign-in")
        csrf = dict(elsewhere.form("/sign-in")["fields"])["csrf_token"]
        answer = elsewhere.client.post("/sign-in/pin", data={"csrf_token": csrf, "pin": PIN})
        assert answer.status_code == 403
    assert token
    with db.transaction() as session:  # the browser has kept the cookie for longer than it may
        old = clock.now() - timedelta(days=limits.DEVICE_DAYS)
        session.execute(update(Device).values(created_at=old, last_used_at=None))
    page = device.send("/sign-in/pin", 403, pin=PIN)
    assert "new slip" in page


def test_five_wrong_pins_end_the_device(app: Flask, world: World) -> None:
    business = world.business()
    regulator = Reader.of(app, world.regulator)
    device = scanned(app, printed(regulator, business, display_name="赵店主", phone=PHONE))
    device.send("/sign-out", 200)
    for left in range(limits.PINS_WRONG_MAX - 1, 0, -1):
        assert f"Tries left: {left}" in device.send("/sign-in/pin", 422, pin="999990")
    device.send("/sign-in/pin", 403, pin="999990")
    assert 'action="/sign-in/pin"' not in device.text
    device.open("/sign-in")
    assert 'action="/sign-in/pin"' not in device.text
    with db.transaction() as session:
        row = session.scalars(select(Device)).one()
        assert (row.ended_why, row.wrong_pins) == ("wrong_pins", limits.PINS_WRONG_MAX)
    csrf = dict(device.form("/sign-in")["fields"])["csrf_token"]
    assert device.client.post("/sign-in/pin", data={"csrf_token": csrf, "pin": PIN}).status_code == 403
    again = printed(regulator, business)  # the person is known now: one button
    device.open(again)
    device.send(again, 200, pin="273914", again="273914")
    assert device.path == "/"


def test_slips_are_short_lived_and_one_at_a_time(app: Flask, world: World, people: People) -> None:
    business = world.business()
    regulator = Reader.of(app, world.regulator)
    first = printed(regulator, business, display_name="赵店主", phone=PHONE)
    second = printed(regulator, business)
    Reader(app).open(first, 404)  # left on the counter
    Reader(app).open(second)
    with db.transaction() as session:
        session.execute(update(SignInSlip).values(expires_at=clock.now()))
    Reader(app).open(second, 404)
    third = printed(regulator, business)
    people.admin().post(f"/accounts/{PHONE}/end")
    Reader(app).open(third, 404)
    ref = business["business_id"]
    regulator.open(f"/slips/new?business={ref}")
    assert "Nobody of this business may sign in" in regulator.text


def test_who_may_print_and_end(app: Flask, world: World, people: People) -> None:
    business, lab = world.business(), world.business(kinds=["lab"], handles_imported=False)
    link = f"/slips/new?business={business['business_id']}"
    owner, stranger = Reader.of(app, world.merchant(business)), Reader.of(app, world.merchant(world.business()))
    for reader, status in (
        (owner, 403), (Reader.of(app, people.admin()), 403), (Reader.of(app, people.regulator("511011")), 404),
        (Reader(app), 401),
    ):  # fmt: skip
        reader.open(link, status)
    regulator = Reader.of(app, world.regulator)
    regulator.open(f"/slips/new?business={lab['business_id']}")
    assert "No slip for a laboratory" in regulator.text
    device = scanned(app, printed(regulator, business))
    page = owner.open(f"/people/{world.merchant(business).user.username}")
    found = re.search(r'action="(/devices/[^"]+/end)"', page)
    assert found
    ref = found[1].split("/")[2]
    world.merchant(world.business()).post(f"/devices/{ref}/end", None, 404)
    people.inspector("511011").post(f"/devices/{ref}/end", None, 404)
    assert found[1] in regulator.open(link)
    regulator.send(found[1], 200)
    assert regulator.path.startswith("/slips/new")
    device.open("/")
    assert device.path.startswith("/sign-in"), "a lost phone is signed out"
    assert 'action="/sign-in/pin"' not in device.text
    owner.open("/sign-in")
    stranger.open("/")
    second = scanned(app, printed(regulator, business))
    owner = Reader.of(app, world.merchant(business))
    page = owner.open(f"/people/{world.merchant(business).user.username}")
    found = re.search(r'action="(/devices/[^"]+/end)"', page)
    assert found
    owner.send(found[1], None)
    second.open("/")
    assert second.path.startswith("/sign-in")


def test_a_business_that_waits_gets_an_owner_who_waits(app: Flask, world: World) -> None:
    business = world.business(active=False, handles_imported=False)
    device = scanned(app, printed(Reader.of(app, world.regulator), business, display_name="赵店主", phone=PHONE))
    assert "waits for a decision" in device.text
    device.open("/batches", 403)
    world.regulator.post(f"/businesses/{business['business_id']}/approve")
    device.open("/batches", 200)


def test_a_pin_proves_who_one_is_where_there_is_no_password(app: Flask, world: World) -> None:
    business = world.business()
    path = printed(Reader.of(app, world.inspector), business, display_name="赵店主", phone=PHONE)
    device = scanned(app, path)
    age(limits.FRESH_MINUTES + 1)
    device.open("/people")
    device.send("/people/invitations", position="owner")
    assert device.path.startswith("/sign-in/again")
    assert "The PIN of this device" in device.text
    device.send("/sign-in/again", 422, password="999999")
    device.send("/sign-in/again", 200, password=PIN)
    assert device.path == "/sign-in/kept"
    page = device.send("/people/invitations", 200)
    assert re.search(r"http://[^<\s]+/invitation/[\w-]+", page)
