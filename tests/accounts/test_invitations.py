"""Invitations and people: who may let whom in, what a link is worth, what ends with somebody's access."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from coldchain.accounts import service
from coldchain.accounts.models import AuditEvent, Invitation, User
from coldchain.core import clock, db, limits
from tests.factories.people import People, Speaker
from tests.factories.reader import Reader
from tests.factories.world import World

SECRET = "long enough, I hope"
JOINED = {"display_name": "李店员", "phone": "13700000001", "password": SECRET}


@pytest.fixture
def shop(world: World) -> dict[str, Any]:
    """A business with two sites, one of another business, and its owner."""
    business = world.business()
    return {
        "business": business,
        "sites": [world.site(business, "shop"), world.site(business, "shop")],
        "other": world.site(world.business(), "shop"),
        "owner": world.merchant(business),
    }


def join(app: Flask, link: str, **typed: Any) -> Reader:
    """Open an invitation's link as somebody new and join."""
    reader, path = Reader(app), urlsplit(link).path
    reader.open(path)
    reader.send(path, 200, **JOINED | typed)
    return reader


def speaker(people: People, username: str) -> Speaker:
    """Return a person at the API."""
    with db.transaction() as session:
        user = service.user_by_name(session, username)
        return Speaker(people.app.test_client(), service.new_token(session, user), user)


def test_a_clerk_comes_in_limited_to_a_site(app: Flask, people: People, shop: dict[str, Any]) -> None:
    owner, (first, second) = shop["owner"], shop["sites"]
    made = owner.post("/invitations", {"position": "clerk", "site_ids": [first["site_id"]]}, 201)
    assert "/invitation/" in made["link"]
    assert [site["site_id"] for site in made["sites"]] == [first["site_id"]]
    (listed,) = owner.get("/invitations")["items"]
    assert listed["state"] == "open"
    assert "link" not in listed  # once is once
    with db.transaction() as session:
        row = session.scalars(select(Invitation)).one()
        assert made["link"].rpartition("/")[2] not in str(row.model_dump())
    reader = Reader(app)
    path = urlsplit(made["link"]).path
    reader.open(path)
    reader.open(path)  # looking does not spend it
    page = reader.send(path, 422, **JOINED | {"phone": "1370000"})
    assert 'href="#f-phone"' in page
    reader.send(path, 200, **JOINED)
    assert reader.path == "/"
    assert "李店员" in reader.text
    assert "Ask the owner of the business for a new one" in Reader(app).open(path, 404)
    assert owner.get("/invitations")["items"] == []

    clerk = speaker(people, JOINED["phone"])
    with db.transaction() as session:
        user = service.user_by_name(session, JOINED["phone"])
        actor = service.actor_of(session, user)
        assert (user.role, user.position, user.is_waiting) == ("merchant", "clerk", False)
        assert {str(site_id) for site_id in actor.site_ids or ()} == {first["site_id"]}
    for method, address in (("get", "/people"), ("get", "/invitations"), ("post", "/invitations")):
        getattr(clerk, method)(address, *([{"position": "clerk"}] if method == "post" else []), expect=403)
    owner.post(f"/people/{JOINED['phone']}/sites", {"site_ids": []}, 422)  # no site is not every site
    clerk.post(f"/people/{JOINED['phone']}/sites", {"site_ids": None}, 403)  # a limit is not the clerk's to lift

    owner.post(f"/people/{JOINED['phone']}/sites", {"site_ids": [shop["other"]["site_id"]]}, 422)
    changed = owner.post(f"/people/{JOINED['phone']}/sites", {"site_ids": [second["site_id"]]}, 200)
    assert [site["site_id"] for site in changed["sites"]] == [second["site_id"]]
    people_now = owner.get("/people")["items"]
    assert [person["username"] for person in people_now] == [shop["owner"].user.username, JOINED["phone"]]


def test_what_an_invitation_can_not(world: World, people: People, shop: dict[str, Any]) -> None:
    owner, stranger = shop["owner"], world.merchant(world.business())
    site = {"site_ids": [shop["sites"][0]["site_id"]]}
    assert owner.post("/invitations", {"position": "owner"} | site, 422)["errors"][0]["code"] == "owner_without_limit"
    other = {"position": "clerk", "site_ids": [shop["other"]["site_id"]]}
    assert owner.post("/invitations", other, 422)["errors"][0]["pointer"] == "/site_ids/0"
    ref = shop["business"]["business_id"]
    stranger.post("/invitations", {"position": "clerk", "business": ref}, 404)
    stranger.get(f"/people?business={ref}", 404)
    stranger.get(f"/invitations?business={ref}", 404)
    people.regulator("511011").post("/invitations", {"position": "owner", "business": ref}, 404)
    world.inspector.post("/invitations", {"position": "owner", "business": ref}, 403)
    world.regulator.post("/invitations", {"position": "owner"}, 422)  # of which business?
    made = world.regulator.post("/invitations", {"position": "owner", "business": ref}, 201)
    people.admin().post("/invitations", {"position": "clerk", "business": ref}, 201)
    stranger.post(f"/invitations/{made['invitation_id']}/revoke", None, 404)
    stranger.post(f"/people/{owner.user.username}/end", None, 404)
    stranger.post(f"/people/{people.regulator().user.username}/end", None, 404)
    owner.post(f"/invitations/{made['invitation_id']}/revoke", None, 200)  # whoever made it: it is the owner's house
    owner.post(f"/invitations/{made['invitation_id']}/revoke", None, 200)
    people.nobody().client.get(urlsplit(made["link"]).path)
    assert people.nobody().client.get(urlsplit(made["link"]).path).status_code == 404
    key = {"Idempotency-Key": "same"}
    links = {owner.post("/invitations", {"position": "clerk"}, 201, headers=key)["link"] for _each in range(2)}
    assert len(links) == 2, "an answer that holds a secret is not kept"
    world.regulator.post(f"/businesses/{ref}/close", {"reason": "ended"})
    assert owner.post("/invitations", {"position": "clerk"}, 409)["code"] == "wrong_state"
    assert people.nobody().client.get(urlsplit(links.pop()).path).status_code == 404


def test_a_link_runs_out(app: Flask, shop: dict[str, Any]) -> None:
    made = shop["owner"].post("/invitations", {"position": "clerk"}, 201)
    path = urlsplit(made["link"]).path
    with db.transaction() as session:
        row = session.scalars(select(Invitation)).one()
        assert row.expires_at - row.created_at == timedelta(days=limits.INVITATION_DAYS)
        session.execute(update(Invitation).values(expires_at=clock.now() + timedelta(seconds=30)))
    reader = Reader(app)
    reader.open(path)
    with db.transaction() as session:
        session.execute(update(Invitation).values(expires_at=clock.now()))
    reader.send(path, 404, **JOINED)
    assert shop["owner"].get("/invitations")["items"] == []


def test_ending_access_ends_every_way_in(app: Flask, people: People, shop: dict[str, Any]) -> None:
    owner = shop["owner"]
    second = join(app, owner.post("/invitations", {"position": "owner"}, 201)["link"])
    at_api = speaker(people, JOINED["phone"])
    left = at_api.post("/invitations", {"position": "owner"}, 201)["link"]  # a door left open for later
    with db.transaction() as session:
        reset = service.new_link(session, service.user_by_name(session, JOINED["phone"]))
    ended = owner.post(f"/people/{JOINED['phone']}/end", None, 200)
    assert ended["is_active"] is False
    at_api.get("/me", 401)
    second.open("/")
    assert second.path.startswith("/sign-in")
    assert people.nobody().client.get(urlsplit(left).path).status_code == 404
    assert people.nobody().client.get(f"/link/{reset}").status_code == 404
    page = second.send("/sign-in", 422, username=JOINED["phone"], password=SECRET)
    assert "wrong" in page
    refused = owner.post(f"/people/{owner.user.username}/end", None, 409)
    assert refused["code"] == "last_owner"
    owner.get("/me", 200)
    with db.transaction() as session:
        events = session.scalars(select(AuditEvent).order_by(col(AuditEvent.at))).all()
        kinds = [event.kind for event in events]
        user = session.scalars(select(User).where(col(User.username) == JOINED["phone"])).one()
    assert {"invitation_created", "invitation_used", "account_created", "account_ended"} <= set(kinds)
    by = [(event.user_id, event.subjects) for event in events if event.kind == "account_ended"]
    assert by == [(owner.user.user_id, [user.user_id])]
    assert JOINED["phone"] not in str([event.detail for event in events])
    assert user.is_active is False


def test_the_pages_of_people(app: Flask, world: World, shop: dict[str, Any]) -> None:
    owner = Reader.of(app, shop["owner"])
    first = shop["sites"][0]
    assert 'href="/people"' in owner.text
    owner.open("/people")
    page = owner.send("/people/invitations", 422, position="clerk", _limit="some")
    assert "Choose at least one site" in page
    page = owner.send("/people/invitations", 200, position="clerk", _limit="some", site_ids=[first["site_id"]])
    link = re.search(r"http://[^<\s]+/invitation/[\w-]+", page)
    assert link
    assert 'class="cc-qr"' in page
    assert first["name"] in page
    assert link[0] not in owner.open("/people")
    assert "Open invitations" in owner.text
    clerk = join(app, link[0])
    assert 'href="/people"' not in clerk.text
    clerk.open("/people", 403)
    page = owner.open(f"/people/{JOINED['phone']}")
    assert re.search(rf'value="{first["site_id"]}" checked', page)
    owner.send(f"/people/{JOINED['phone']}/sites", 200, _limit="all", site_ids=[])
    assert "every site" in owner.text
    owner.open("/people")
    owner.send("/people/invitations", 200, position="owner", _limit="some", site_ids=[first["site_id"]])
    owner.open("/people")  # an owner has no limit, whatever was ticked
    revoke = re.search(r'action="(/people/invitations/[^"]+/revoke)"', owner.text)
    assert revoke
    owner.send(revoke[1], 200)
    assert "Open invitations" not in owner.text
    owner.open(f"/people/{shop['owner'].user.username}")
    owner.open(f"/people/{shop['owner'].user.username}/end")
    page = owner.send(f"/people/{shop['owner'].user.username}/end", 409)
    assert "only owner" in page
    assert "danger" not in owner.open(f"/people/{JOINED['phone']}"), "what can't be taken back is asked on its own page"
    owner.open(f"/people/{JOINED['phone']}/end")
    owner.send(f"/people/{JOINED['phone']}/end", 200)
    assert "The access of 李店员 is ended." in owner.text
    assert "Let the person back in" in owner.text
    clerk.open("/people")
    assert clerk.path.startswith("/sign-in")
    regulator = Reader.of(app, world.regulator)
    here = f"/people?business={shop['business']['business_id']}"
    assert here in regulator.open(f"/businesses/{shop['business']['business_id']}")
    regulator.open(here)
    page = regulator.send("/people/invitations", 200, position="owner")
    assert "/invitation/" in page
    regulator.open("/people", 404)
    Reader.of(app, world.merchant(world.business())).open(here, 404)
