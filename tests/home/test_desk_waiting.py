"""Whoever waits learns where to take the letter, can print it, and is not made the legal representative unasked."""

from flask import Flask
from sqlalchemy import update
from sqlmodel import col

from coldchain.core import db
from coldchain.regions import service as regions
from coldchain.regions.models import Office
from tests.accounts.test_registration import TYPED
from tests.factories.reader import Reader
from tests.factories.world import World, uscc
from tests.home.test_stopped import main


def registered(app: Flask, **more: str) -> Reader:
    """Register a business that handles imported food and stay signed in."""
    reader = Reader(app)
    reader.open("/register")
    reader.send("/register", 200, uscc=uscc(), **(TYPED | {"handles_imported": "true"} | more))
    return reader


def test_where_to_take_the_letter_is_said(app: Flask, world: World) -> None:
    reader = registered(app)
    words = main(reader.open("/"))
    assert "Where to go, whom to ring" in words
    assert "has entered an address or a phone here" in words, "that nobody did is said"
    with db.transaction() as session:
        regions.ensure_office(session, "230203", "示例所")
        session.execute(update(Office).where(col(Office.name) == "示例所").values(address="示例街5号", phone="0452-1"))
    page = reader.open("/")
    assert "示例街5号" in page
    assert "0452-1" in page
    assert "data-print" in page
    assert page.count("<details open>") == 1, "the newest letter can be read and printed"


def test_the_legal_representative_may_be_somebody_else(app: Flask, world: World) -> None:
    registered(app, legal_representative="法人示例")
    (found,) = world.regulator.get("/businesses?status=pending")["items"]
    assert found["legal_representative"] == "法人示例"
    assert "your own name is entered" in main(Reader(app).open("/register"))


def test_left_empty_it_is_the_owner(app: Flask, world: World) -> None:
    registered(app)
    (found,) = world.regulator.get("/businesses?status=pending")["items"]
    assert found["legal_representative"] == TYPED["account__display_name"]
