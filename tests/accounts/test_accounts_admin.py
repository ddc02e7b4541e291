"""The administrator's accounts: finding more than a page of them, making, ending, assignments that end and stay."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from coldchain.accounts import service
from coldchain.accounts.models import Assignment, User
from coldchain.core import clock, db
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World


@pytest.fixture
def admin(people: People) -> Any:
    """The administrator at the API."""
    return people.admin()


def actor_of(username: str, at: Any = None) -> Any:
    """Return whom an account stands for."""
    with db.transaction() as session:
        return service.actor_of(session, service.user_by_name(session, username), at)


def test_more_than_a_page_is_found(app: Flask, admin: Any) -> None:
    with db.transaction() as session:
        session.add_all(
            User(username=f"old{n:03d}", display_name=f"旧人{n}", role="inspector", created_at=clock.now())
            for n in range(205)
        )
    reader = Reader.of(app, admin)
    assert "206" in reader.text
    assert "command line" not in reader.text
    page = reader.open("/accounts")
    seen: set[str] = set()
    while True:
        seen |= set(re.findall(r'href="/accounts/([^"/?]+)"', page)) - {"new"}
        following = re.search(r'href="(/accounts\?cursor=[^"]+)" rel="next"', page)
        if not following:
            break
        page = reader.open(following[1].replace("&amp;", "&"))
    assert len(seen) == 206
    assert "旧人7<" in reader.open("/accounts?q=旧人7&role=inspector&is_active=true")
    assert "No account is found" in reader.open("/accounts?q=%25")  # a percent sign is a sign, not a pattern
    assert "No account is found" in reader.open("/accounts?is_active=false")
    listed = admin.get("/accounts?q=old00&limit=200")["items"]
    assert len(listed) == 10


def test_an_officer_is_made_and_moved(app: Flask, admin: Any, world: World) -> None:
    body = {"username": "xin.ren", "display_name": "新人", "role": "inspector", "region_code": "230203"}
    made = admin.post("/accounts", body, 201)
    assert [a["region_code"] for a in made["assignments"]] == ["230203"]
    newcomer = Reader(app)
    path = urlsplit(made["link"]).path
    newcomer.open(path)
    newcomer.send(path, 200, password="a long enough password")
    assert newcomer.path.startswith("/sign-in/set-up")  # an officer has a second step
    assert actor_of("xin.ren").regions == ("230203",)

    def assign(expect: int = 201, **fields: Any) -> Any:
        return admin.post("/accounts/xin.ren/assignments", fields, expect)

    assert assign(422, region_code="230202", kind="support")["errors"][0]["pointer"] == "/valid_to"
    assert assign(422, region_code="999999")["errors"][0]["code"] == "unknown_region"
    assert assign(422, region_code="230202", office="没有的所")["errors"][0]["code"] == "unknown_office"
    now = clock.now()
    tomorrow, later = (now + timedelta(days=1)).isoformat(), (now + timedelta(days=3)).isoformat()
    assert assign(422, region_code="230202", valid_from=later, valid_to=tomorrow)["errors"][0]["code"] == "wrong_order"
    loan = assign(region_code="230202", kind="support", valid_to=later)
    assert actor_of("xin.ren").regions == ("230202", "230203"), "overlapping is allowed"
    coming = assign(region_code="230204", valid_from=tomorrow)
    assert actor_of("xin.ren").regions == ("230202", "230203"), "not yet"
    assert "230204" in actor_of("xin.ren", now + timedelta(days=2)).regions
    end = f"/accounts/xin.ren/assignments/{loan['assignment_id']}/end"
    ended = admin.post(end, None, 200)
    assert ended["valid_to"]
    assert admin.post(end, None, 409)["code"] == "assignment_over"
    admin.post(f"/accounts/xin.ren/assignments/{coming['assignment_id']}/end", None, 200)
    assert "230204" not in actor_of("xin.ren", now + timedelta(days=2)).regions
    assert actor_of("xin.ren").regions == ("230203",)
    assert "230202" in actor_of("xin.ren", _during(loan)).regions
    assert len(admin.get("/accounts/xin.ren")["assignments"]) == 3, "ended, not deleted"
    other = admin.post("/accounts", body | {"username": "other"}, 201)
    admin.post(f"/accounts/xin.ren/assignments/{other['assignments'][0]['assignment_id']}/end", None, 404)


def _during(assignment: dict[str, Any]) -> Any:
    """Return the moment at which an assignment began."""
    with db.transaction() as session:
        found = select(Assignment).where(col(Assignment.region_code) == assignment["region_code"])
        return session.scalars(found).one().valid_from


def test_what_is_refused(admin: Any, world: World) -> None:
    business = world.business()

    def make(expect: int, **fields: Any) -> Any:
        body = {"username": "someone", "display_name": "某人"} | fields
        return admin.post("/accounts", body, expect)

    assert make(422, role="inspector")["errors"][0]["pointer"] == "/region_code"
    assert make(422, role="admin", region_code="230203")["errors"][0]["pointer"] == "/region_code"
    assert make(422, role="merchant")["errors"][0]["pointer"] == "/business"
    assert make(422, role="merchant", business="no such")["errors"][0]["code"] == "unknown_business"
    assert make(422, role="admin", position="owner")["errors"][0]["pointer"] == "/position"
    assert make(422, role="admin", office="x")["errors"][0]["pointer"] == "/office"
    assert make(422, role="king")["errors"][0]["code"] == "not_one_of"
    assert make(422, role="admin", username="a b")["errors"][0]["pointer"] == "/username"
    made = make(201, role="carrier", business=business["uscc"], position="clerk")
    assert (made["position"], made["business"]["business_id"]) == ("clerk", business["business_id"])
    assert make(409, role="admin")["code"] == "account_exists"
    admin.post("/accounts/someone/assignments", {"region_code": "230203"}, 409)
    assert admin.post("/accounts/admin/end", None, 409)["code"] == "own_account"
    admin.get("/accounts/nobody", 404)
    for reader in (world.regulator, world.inspector, world.merchant(business)):
        reader.get("/accounts", 403)
        reader.post("/accounts", {"username": "mine", "display_name": "x", "role": "admin"}, 403)
        reader.post("/accounts/admin/end", None, 403)
    with db.transaction() as session:
        assert session.scalars(select(User).where(col(User.username) == "mine")).first() is None


def test_ending_and_reopening(app: Flask, admin: Any, people: People) -> None:
    inspector = people.inspector()
    name = inspector.user.username
    page = Reader.of(app, inspector)
    admin.post(f"/accounts/{name}/end", None, 200)
    inspector.get("/me", 401)
    page.open("/", 200)
    assert page.path.startswith("/sign-in")
    admin.post(f"/accounts/{name}/reopen", None, 200)
    inspector.get("/me", 401)  # what ended stays ended
    reader = Reader.of(app, admin)
    reader.open(f"/accounts/{name}")
    shown = reader.send(f"/accounts/{name}/link", 200)
    link = re.search(r"http://[^<\s]+(/link/[\w-]+)", shown)
    assert link
    back = Reader(app)
    back.open(link[1])
    back.send(link[1], 200, password="another long password")
    assert back.path.startswith("/sign-in/second-step")


def test_the_pages_of_an_officer(app: Flask, admin: Any, world: World) -> None:
    reader = Reader.of(app, admin)
    reader.open("/accounts/new")
    page = reader.send("/accounts/new", 422, username="lao.li", display_name="老李", role="inspector", region_code="")
    assert 'value="老李"' in page
    page = reader.send("/accounts/new", 200, region_code="建华区")  # nobody knows codes by heart
    assert re.search(r"http://[^<\s]+/link/[\w-]+", page)
    page = reader.open("/accounts/lao.li")
    assert "Jianhua" in page
    assert "/handover" in page
    page = reader.send("/accounts/lao.li/assignments", 422, region_code="230202", kind="support", valid_to="")
    assert 'href="#f-valid_to"' in page
    assert 'value="230202"' in page
    page = reader.send("/accounts/lao.li/assignments", 200, valid_to="2099-01-02 08:00")
    assert "2099-01-02 08:00" in page
    assert "Support loan" in page
    ends = re.findall(r'href="(/accounts/lao.li/assignments/[^"]+/end)"', page)
    assert len(ends) == 2
    assert "Nothing is open there" in reader.open(ends[0])
    page = reader.send(ends[0], 200)
    assert "The assignment is ended." in page
    reader.send("/accounts/lao.li/end", 200)
    assert "Reopen the account" in reader.text
    reader.send("/accounts/lao.li/reopen", 200)
    assert "Close the account" in reader.text
    reader.open("/accounts/admin")
    assert "Close the account" not in reader.text  # not one's own

    assert 'href="/handover?officer=lao.li"' in reader.open("/accounts/lao.li")


def test_an_account_is_made_by_choosing_not_by_spelling(app: Flask, admin: Any, world: World) -> None:
    """An office brings its district along; a business is found by its name, unless several are meant."""
    office = admin.post("/offices", {"region_code": "230203", "name": "示例选择所"}, 201)
    business = world.business("独此一家食品")
    twins = [world.business("同名食品") for _each in range(2)]
    reader = Reader.of(app, admin)
    page = reader.open("/accounts/new")
    assert '<option value="Jianhua District">' in page
    typed = {"username": "chosen", "display_name": "选定", "role": "inspector", "region_code": "", "business": ""}
    reader.send("/accounts/new", 200, **typed, office=office["office_id"])
    (assigned,) = admin.get("/accounts/chosen")["assignments"]
    assert (assigned["region_code"], assigned["office_id"]) == ("230203", office["office_id"])
    trader = {"username": "13700000008", "display_name": "店员", "role": "merchant", "region_code": "", "office": ""}
    reader.open("/accounts/new")
    page = reader.send("/accounts/new", 422, **trader, business="同名食品")
    assert 'value="同名食品"' in page, "what several are called stays as it was typed"
    reader.send("/accounts/new", 200, business="独此一家")
    assert admin.get("/accounts/13700000008")["business"]["name"] == business["name"]
    assert twins


def test_a_carrier_has_a_small_desk(app: Flask, admin: Any, world: World) -> None:
    carrier = world.business("示例物流", kinds=["carrier"], handles_imported=False)
    made = admin.post(
        "/accounts",
        {"username": "13700000009", "display_name": "司机", "role": "carrier", "business": carrier["uscc"]}, 201,
    )  # fmt: skip
    reader, path = Reader(app), urlsplit(made["link"]).path
    reader.open(path)
    page = reader.send(path, 200, password="a long enough password")
    assert carrier["name"] in page
    assert "On the register" in page
    reader.open("/people")
    reader.open("/businesses/mine")
    assert "示例路1号" in reader.text
    reader.open("/batches", 403)
