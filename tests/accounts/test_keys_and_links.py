"""API keys that are narrowed, end and can be ended; links for a forgotten password; what is purged."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlmodel import Session, col

from coldchain.accounts import rights, service
from coldchain.accounts.action_words import WORDS
from coldchain.accounts.models import (
    ApiToken,
    Assignment,
    AuditEvent,
    KnownDevice,
    ParkedForm,
    SignInFailure,
    SignInLink,
    UserSession,
)
from coldchain.accounts.service import parking, purge, throttle
from coldchain.app import create_app
from coldchain.core import clock, db, limits
from coldchain.core.idempotency import IdempotencyRecord
from config import Settings
from tests.factories.people import People, Speaker
from tests.factories.reader import Reader
from tests.factories.world import World


def in_days(days: float) -> str:
    """A moment from now, as JSON says it."""
    return (clock.now() + timedelta(days=days)).isoformat()


class PageSession:
    """The API by a page session's cookie."""

    def __init__(self, app: Flask, speaker: Speaker) -> None:
        self.reader = Reader.of(app, speaker)
        self.token = dict(self.reader.form("/sign-out")["fields"])["csrf_token"]

    def post(self, path: str, body: Any = None) -> Any:
        return self.reader.client.post("/api/v1" + path, json=body or {}, headers={"X-CSRFToken": self.token})


def test_a_key_may_what_it_was_made_for_until_it_ends(app: Flask, people: People, world: World) -> None:
    merchant = world.merchant(world.shop()["owner"])
    page = PageSession(app, merchant)
    asked = {"label": "till", "expires_at": in_days(30), "scopes": ["stock.read", "batch.read"]}
    made = page.post("/keys", asked)
    assert made.status_code == 201
    key = Speaker(app.test_client(), made.get_json()["token"])
    key.get("/stock")
    assert key.get("/arrivals", expect=403)["code"] == "forbidden"
    for path in ("/keys", "/sessions"):
        key.get(path, expect=403)
    assert key.post("/keys", asked, expect=403)["code"] == "forbidden"
    listed = page.reader.client.get("/api/v1/keys").get_json()["items"]
    (row,) = [row for row in listed if row["label"] == "till"]
    assert "token" not in row
    assert row["last_used_at"] is not None
    assert sorted(row["scopes"]) == ["batch.read", "stock.read"]
    with db.transaction() as session:
        kept = session.scalars(select(ApiToken).where(col(ApiToken.label) == "till")).one()
        assert kept.token_hash == service.digest(made.get_json()["token"])
    with clock.simulated(clock.now() + timedelta(days=30, seconds=1)):
        assert key.get("/stock", expect=401)["code"] == "invalid_token"
    stranger = world.merchant(world.business())
    stranger.post(f"/keys/{row['key_id']}/revoke", expect=404)
    key.get("/stock")
    assert page.post(f"/keys/{row['key_id']}/revoke").status_code == 200
    assert key.get("/stock", expect=401)["code"] == "invalid_token"
    with db.transaction() as session:
        kinds = session.scalars(select(col(AuditEvent.kind)).where(col(AuditEvent.kind).startswith("key_"))).all()
        assert kinds[-2:] == ["key_created", "key_revoked"]


def test_a_key_is_made_by_a_person_for_what_that_person_may_and_not_for_ever(
    app: Flask, people: People, world: World
) -> None:
    merchant = world.merchant(world.shop()["owner"])
    page = PageSession(app, merchant)
    assert (
        merchant.post("/keys", {"label": "x", "expires_at": in_days(1)}, expect=403)["code"] == "page_session_required"
    )
    for body, pointer, code in [
        ({"label": "x", "expires_at": in_days(1), "scopes": ["recall.announce"]}, "/scopes", "not_yours"),
        ({"label": "x", "expires_at": in_days(1), "scopes": ["sign_in.manage"]}, "/scopes", "not_yours"),
        ({"label": "x", "expires_at": in_days(1), "scopes": ["no such"]}, "/scopes", "not_yours"),
        ({"label": "x", "expires_at": in_days(1), "scopes": []}, "/scopes", None),
        ({"label": "x"}, "/expires_at", "required"),
        ({"label": "x", "expires_at": in_days(-1)}, "/expires_at", "out_of_range"),
        ({"label": "x", "expires_at": in_days(limits.KEY_DAYS_MAX + 1)}, "/expires_at", "out_of_range"),
        ({"expires_at": in_days(1)}, "/label", "required"),
    ]:  # fmt: skip
        refused = page.post("/keys", body)
        assert refused.status_code == 422, body
        (error,) = refused.get_json()["errors"]
        assert error["pointer"] == pointer
        assert code in {None, error["code"]}
    made = page.post("/keys", {"label": "x", "expires_at": in_days(limits.KEY_DAYS_MAX - 0.1)})
    assert made.get_json()["scopes"] == []
    unlimited = Speaker(app.test_client(), made.get_json()["token"])
    unlimited.get("/arrivals")
    assert (
        unlimited.post("/keys", {"label": "y", "expires_at": in_days(1)}, expect=403)["code"] == "page_session_required"
    )


def test_an_officers_key_announces_only_when_it_was_made_for_that(app: Flask, people: People, world: World) -> None:
    business = world.business()["business_id"]
    page = PageSession(app, people.regulator())
    narrow = page.post("/keys", {"label": "n", "expires_at": in_days(1), "scopes": ["business.read"]}).get_json()
    wide = page.post("/keys", {"label": "w", "expires_at": in_days(1), "scopes": ["business.decide"]}).get_json()
    path = f"/businesses/{business}/suspend"
    Speaker(app.test_client(), narrow["token"]).post(path, {"reason": "x"}, expect=403)
    Speaker(app.test_client(), wide["token"]).post(path, {"reason": "x"}, expect=200)


def test_the_page_makes_and_ends_keys(app: Flask, world: World) -> None:
    reader = Reader.of(app, world.merchant(world.shop()["owner"]))
    reader.open("/me")
    assert "Announce notices" not in reader.text
    reader.send("/me/keys", 422, label="till", scopes=None)
    assert "Tick what the key may do" in reader.text
    assert 'value="till"' in reader.text
    reader.send("/me/keys", 422, label="", scopes=["stock.read"])
    reader.send("/me/keys", 200, label="till", scopes=["stock.read"])
    token = reader.text.partition('id="key-text" tabindex="-1">')[2].partition("<")[0]
    Speaker(app.test_client(), token).get("/stock")
    Speaker(app.test_client(), token).get("/arrivals", expect=403)
    assert token not in reader.open("/me")
    key_id = reader.text.partition("/me/keys/")[2][:36]
    reader.send(f"/me/keys/{key_id}/revoke", 200)
    Speaker(app.test_client(), token).get("/stock", expect=401)


def test_every_action_has_words() -> None:
    assert set(WORDS) == set(rights.TABLE)
    assert set(rights.TABLE) >= rights.FRESH


def test_a_forgotten_password_is_replaced_by_a_link_of_who_may_give_it(
    app: Flask, people: People, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    merchant = world.merchant(world.shop()["owner"])
    there = Reader.of(app, merchant)
    path = f"/accounts/{merchant.user.username}/reset-link"
    unknown = people.regulator("511011").post("/accounts/nobody/reset-link", expect=404)
    foreign = people.regulator("511011").post(path, expect=404)
    assert (unknown["code"], unknown["detail"]) == (foreign["code"], foreign["detail"])
    people.regulator().post(f"/accounts/{people.inspector().user.username}/reset-link", expect=404)
    people.inspector().post(path, expect=403)
    merchant.post(path, expect=403)
    people.admin().post(f"/accounts/{people.inspector().user.username}/reset-link", expect=201)
    first = people.admin().post(path, expect=201)["link"]
    given = people.regulator().post(path, expect=201)
    link = "/link/" + given["link"].rpartition("/")[2]
    reader = Reader(app)
    reader.open("/link/" + first.rpartition("/")[2], 404)
    there.open("/me")
    assert there.path == "/me", "nothing changes before the link is used"
    for _ in range(2):
        reader.open(link)
    reader.send(link, 422, password="short")
    reader.send(link, 200, password="a new long password")
    reader.open("/me")
    assert reader.path == "/me"
    assert there.client.get("/me").status_code == 303
    Reader(app).open(link, 404)
    late = people.regulator().post(path, expect=201)["link"].rpartition("/")[2]
    with clock.simulated(clock.now() + timedelta(hours=limits.RESET_LINK_HOURS, seconds=1)):
        Reader(app).open("/link/" + late, 404)
    assert link.rpartition("/")[2] not in caplog.text


def test_what_an_officer_handed_out_ends_with_the_right_to_it(app: Flask, people: People, world: World) -> None:
    """A reset link and an invitation open no door once their maker may open none there."""
    shop = world.shop()["owner"]
    merchant = world.merchant(shop)
    officer = people.get("soon_gone", "regulator", region_code="230203")
    link = officer.post(f"/accounts/{merchant.user.username}/reset-link", None, 201)["link"]
    invited = officer.post("/invitations", {"position": "owner", "business": shop["business_id"]}, 201)["link"]
    paths = [urlsplit(each).path for each in (link, invited)]
    stranger = app.test_client()
    assert [stranger.get(path).status_code for path in paths] == [200, 200]
    with db.transaction() as session:
        ended = update(Assignment).where(col(Assignment.user_id) == officer.user.user_id)
        session.execute(ended.values(valid_to=clock.now()))
    assert [stranger.get(path).status_code for path in paths] == [404, 404]


def test_a_narrowed_key_reads_no_personal_export(app: Flask, people: People, world: World) -> None:
    merchant = world.merchant(world.shop()["owner"])
    page = PageSession(app, merchant)
    made = page.post("/keys", {"label": "till", "expires_at": in_days(30), "scopes": ["stock.read"]}).get_json()
    Speaker(app.test_client(), made["token"]).get("/privacy", expect=403)
    merchant.get("/privacy")


def test_a_link_is_no_way_around_the_second_step(app: Flask, people: People) -> None:
    inspector = people.inspector()
    Reader.of(app, inspector)
    given = people.admin().post(f"/accounts/{inspector.user.username}/reset-link")["link"]
    link = "/link/" + given.rpartition("/")[2]
    reader = Reader(app)
    reader.open(link)
    reader.send(link, 200, password="a new long password")
    assert reader.path.startswith("/sign-in/second-step")
    assert reader.client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(("proxies", "counted"), [(0, "127.0.0.1"), (1, "192.0.2.1"), (2, "198.51.100.7")])
def test_a_failure_counts_for_the_address_that_our_own_proxies_saw(
    app: Flask, settings: Settings, proxies: int, counted: str
) -> None:
    client = create_app(replace(settings, trusted_proxies=proxies)).test_client()
    token = client.get("/sign-in").get_data(as_text=True).partition('csrf_token" value="')[2].partition('"')[0]
    claimed = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7, 192.0.2.1"}
    client.post("/sign-in", data={"csrf_token": token, "username": "kim", "password": "x"}, headers=claimed)
    with db.transaction() as session:
        assert session.scalars(select(col(SignInFailure.address))).all() == [counted]


def test_what_is_past_its_time_is_purged_and_nothing_else(session: Session) -> None:
    user = service.create_user(session, username="kim", role="admin")
    now = clock.now()

    def fill() -> None:
        session.add(SignInFailure(username="kim", address="10.0.0.1", at=clock.now()))
        service.close_session(session, service.open_session(session, user, None))
        service.open_session(session, user, None)
        service.new_link(session, user, kind="reset")
        throttle.remember_device(session, user.user_id, f"browser {clock.now()}")
        parking.park(session, user.user_id, "ended", "/x", [("a", "b")], had_files=False)
        session.add(
            IdempotencyRecord(
                scope=str(clock.now()), principal="p", route="r", content_hash="c", status=200, headers={}, body="",
                recorded_at=clock.now(),
            )
        )  # fmt: skip
        session.flush()

    def left() -> dict[str, int]:
        models = (SignInFailure, UserSession, SignInLink, KnownDevice, ParkedForm, IdempotencyRecord)
        return {m.__tablename__: session.scalar(select(func.count()).select_from(m)) or 0 for m in models}

    before = left()
    fill()
    assert all(purge.purge(session)[name] == 0 for name in before), "nothing of today goes"
    with clock.simulated(now + timedelta(days=limits.IDEMPOTENCY_DAYS - 1)):
        gone = purge.purge(session)
        assert gone["idempotency_record"] == 0, "an answer is kept for 30 days at least"
        assert gone["sign_in_failure"] == 1
        assert gone["parked_form"] == 1
        assert gone["user_session"] == 0
        fill()
    with clock.simulated(now + timedelta(days=limits.IDEMPOTENCY_DAYS + 2)):
        gone = purge.purge(session)
        assert (gone["idempotency_record"], gone["user_session"], gone["sign_in_link"]) == (1, 2, 1)
        assert gone["known_device"] == 0
        assert left()["idempotency_record"] == before["idempotency_record"] + 1
    with clock.simulated(now + timedelta(days=limits.KNOWN_DEVICE_DAYS + 1)):
        assert purge.purge(session)["known_device"] == 1
