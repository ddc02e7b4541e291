"""The large-text switch: for anybody, by one form, kept by the device over signing in and out; without it nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coldchain.core import text_size
from tests.factories.people import People
from tests.factories.reader import PASSWORD, Reader
from tests.factories.world import World

LARGE = ' class="cc-large"'


def test_large_text_stays_on_the_device(app: Flask, world: World, people: People) -> None:
    """Chosen before signing in, it holds after it and after signing out, and goes by the same button."""
    merchant = people.merchant(world.business("示例商店")["business_id"])
    Reader.of(app, merchant)  # sets a password
    reader = Reader(app)
    page = reader.open("/sign-in")
    assert LARGE not in page
    assert '<button aria-pressed="false">Large text</button>' in page
    page = reader.send("/text-size", 200)
    assert LARGE in page
    assert '<button aria-pressed="true">Large text</button>' in page
    assert reader.path == "/sign-in"
    reader.send("/sign-in", 200, username=merchant.user.username, password=PASSWORD)
    assert LARGE in reader.open("/batches")
    assert LARGE in reader.send("/sign-out", 200)
    assert LARGE not in reader.send("/text-size", 200)
    assert LARGE not in reader.open("/cards")


def test_cold_mode_has_the_switch(app: Flask, people: People) -> None:
    reader = Reader.of(app, people.inspector())
    reader.open("/scan")
    assert LARGE in reader.send("/text-size", 200)
    assert reader.path == "/scan"


def test_the_public_pages_have_the_switch(client: FlaskClient) -> None:
    """Also where nothing is found; a cookie that nobody set is the usual text, and never reaches the page."""
    for path in ("/C/NOSUCHCODE", "/cards", "/published-decisions", "/nowhere"):
        assert 'action="/text-size"' in client.get(path).get_data(as_text=True), path
    client.set_cookie(text_size.COOKIE, '"><script>')
    page = client.get("/cards").get_data(as_text=True)
    assert LARGE not in page
    assert '"><script>' not in page


@pytest.mark.parametrize("size", ["", "huge", "large\r\nSet-Cookie: x=1"])
def test_any_other_size_is_the_usual_one(app: Flask, size: str) -> None:
    reader = Reader(app)
    reader.open("/sign-in")
    reader.send("/text-size", 200, size="large")
    assert LARGE not in reader.send("/text-size", 200, size=size)
