"""Self-registration: what the public may send, what the waiting owner sees, what a decision changes."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlmodel import col

from coldchain.accounts import service
from coldchain.accounts.models import AuditEvent, RegistrationAttempt, User
from coldchain.core import db, limits
from coldchain.core.i18n import set_locale
from coldchain.core.idempotency import IdempotencyRecord
from coldchain.registry.models import Business
from tests.factories.people import People, Speaker
from tests.factories.reader import Reader
from tests.factories.world import World, uscc

SECRET = "long enough, I hope"
PHONE = "13912345678"
TYPED = {
    "name": "示例自登食品", "kinds": ["shop"], "handles_imported": "false", "region_code": "230203",
    "address": "示例路 3 号", "account__display_name": "王示例", "account__phone": "+86 139-1234-5678",
    "account__password": SECRET,
}  # fmt: skip


def body(**fields: Any) -> dict[str, Any]:
    """Return a registration by the public."""
    return {
        "uscc": uscc(), "name": "示例自登", "kinds": ["shop"], "handles_imported": False, "region_code": "230203",
        "legal_representative": "王示例", "phone": PHONE, "address": "示例路 3 号",
    } | fields  # fmt: skip


def account(phone: str = PHONE, password: str = SECRET) -> dict[str, Any]:
    """Return the owner's account."""
    return {"display_name": "王示例", "phone": phone, "password": password}


def count(table: Any) -> int:
    """Return how many rows a table has."""
    with db.transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_from_the_form_to_approval(app: Flask, world: World) -> None:
    reader = Reader(app)
    reader.open("/register")
    code = uscc()
    page = reader.send("/register", 422)
    for name in ("uscc", "name", "kinds", "region_code", "account-display_name", "account-phone", "account-password"):
        assert f'href="#f-{name}"' in page
    page = reader.send("/register", 422, uscc=code, **TYPED | {"account__phone": "12345"})
    assert 'href="#f-account-phone"' in page
    assert page.count("11 digits") == 2  # once in the summary, once at the field: the page asks for the phone once
    assert 'value="示例自登食品"' in page
    assert SECRET not in page
    page = reader.send("/register", 200, uscc=code, **TYPED)
    assert reader.path == "/"
    assert "waits for a decision" in page
    assert "Jianhua" in page
    assert "The supervision authority of" in page
    reader.open("/businesses/mine")  # its own business it may read
    assert "示例路 3 号" in reader.text
    for path in ("/batches", "/arrivals/new", "/people", "/consignments", "/sales/new"):
        reader.open(path, 403)

    officer = Reader.of(app, world.regulator)
    desk = officer.open("/")
    assert "王示例" in desk
    assert PHONE in desk
    here = re.search(r'href="(/businesses/[0-9a-f-]{36})"', desk)
    assert here
    shown = officer.open(f"{here[1]}/decisions/approve")
    assert "王示例" in shown
    assert PHONE in shown
    officer.send(f"{here[1]}/decisions/approve", 200)
    assert "Applications" not in officer.open("/")
    reader.open("/")
    assert "waits for a decision" not in reader.text
    reader.open("/batches")
    reader.open("/people")


def test_the_queue_shows_what_waits_longest_first(app: Flask, world: World, people: People) -> None:
    names = [world.business(f"排队{number}", active=False)["name"] for number in range(7)]
    with db.transaction() as session:  # the third is sent again later, the last came long before
        at = session.scalar(select(func.max(col(Business.applied_at))))
        assert at is not None
        for name, hours in ((names[2], 1), (names[6], -1)):
            moved = at + timedelta(hours=hours)
            session.execute(update(Business).where(col(Business.name) == name).values(applied_at=moved))
    page = Reader.of(app, world.regulator).open("/")
    part = page[page.index('id="applications"') :]
    part = part[: part.index("</section>")]
    shown = re.findall(r'cc-rowhead"><a href="[^"]+">([^<]+)</a>', part)
    assert shown == [names[6], names[0], names[1], names[3], names[4]]
    assert "All 7 applications" in part
    assert "排队" not in Reader.of(app, people.regulator("511011")).open("/")


def test_a_refusal_gives_its_reason_and_the_form_again(app: Flask, world: World) -> None:
    reader = Reader(app)
    reader.open("/register")
    reader.send("/register", 200, uscc=uscc(), **TYPED)
    (found,) = world.regulator.get("/businesses?status=pending")["items"]
    ref = found["business_id"]
    reader.open("/register/correct")
    assert reader.path == "/"  # nothing to correct while it waits
    world.regulator.post(f"/businesses/{ref}/reject", {"reason": "The name is another one"}, 200)
    page = reader.open("/")
    assert "was not approved" in page
    assert "The name is another one" in page
    page = reader.open("/register/correct")
    assert "The name is another one" in page
    assert 'value="示例自登食品"' in page
    assert f'value="{PHONE}"' in page
    page = reader.send("/register/correct", 422, name="")
    assert 'href="#f-name"' in page
    page = reader.send("/register/correct", 200, name="示例正名食品", handles_imported="true", kinds=["carrier"])
    assert "waits for a decision" in page
    assert "commitment letter" in page.lower()
    read = world.regulator.get(f"/businesses/{ref}")
    assert (read["name"], read["status"], read["status_reason"]) == ("示例正名食品", "pending", None)
    assert read["card_no"]
    assert world.regulator.get(f"/search?q={read['card_no']}")["items"]
    with db.transaction() as session:
        user = session.scalars(select(User).where(col(User.username) == PHONE)).one()
        assert (user.role, user.is_waiting) == ("carrier", True)
        kinds = [row["kind"] for row in session.execute(_FACTS, {"id": ref}).mappings()]
    assert kinds == ["business.registered", "business.rejected", "business.corrected"]


_FACTS = text("SELECT kind FROM journal_entry WHERE subject_id = :id ORDER BY recorded_at, entry_id")


def test_a_correction_may_not_take_anothers_code(world: World, people: People) -> None:
    taken = world.business()
    made = people.nobody().post("/businesses", body(account=account()), 201)
    ref = made["business_id"]
    world.regulator.post(f"/businesses/{ref}/reject", {"reason": "wrong code"})
    owner = signed_in(people, PHONE)
    again = body(uscc=taken["uscc"])
    assert owner.post(f"/businesses/{ref}/resubmit", again, 409)["code"] == "business_exists"
    owner.post(f"/businesses/{ref}/resubmit", body(region_code="999999"), 422)
    owner.post(f"/businesses/{ref}/resubmit", body(), 200)
    assert owner.post(f"/businesses/{ref}/resubmit", body(), 409)["code"] == "wrong_state"
    stranger = world.merchant(taken)
    stranger.post(f"/businesses/{ref}/resubmit", body(), 404)
    world.regulator.post(f"/businesses/{ref}/resubmit", body(), 403)


def signed_in(people: People, phone: str) -> Any:
    """Return the person of a phone number at the API."""
    with db.transaction() as session:
        user = service.user_by_name(session, phone)
        return Speaker(people.app.test_client(), service.new_token(session, user), user)


def test_by_api_without_a_sign_in(people: People, world: World) -> None:
    nobody = people.nobody()
    made = nobody.post("/businesses", body(handles_imported=True), 201)
    assert made["status"] == "pending"
    assert made["card_no"]
    assert world.regulator.get(f"/businesses/{made['business_id']}")["phone"] == PHONE
    assert count(User) == 2  # the factory's officers: without `account` nobody gets one
    made = nobody.post("/businesses", body(account=account()), 201)
    owner = signed_in(people, PHONE)
    assert owner.get("/me")["business"]["business_id"] == made["business_id"]
    owner.post("/sites", {"business": made["business_id"]} | SITE, 403)
    world.regulator.post(f"/businesses/{made['business_id']}/approve")
    owner.post("/sites", {"business": made["business_id"]} | SITE, 201)


SITE = {"name": "示例店", "kind": "shop", "region_code": "230203", "address": "示例路 3 号"}


def test_what_the_public_may_not(people: People, world: World) -> None:
    nobody = people.nobody()
    known = world.business()
    refused = nobody.post("/businesses", body(uscc=known["uscc"], account=account()), 409)
    assert refused["code"] == "business_exists"
    assert "invitation" in refused["detail"]  # of the problem, in the reader's language
    assert "business_id" not in refused
    assert known["name"] not in str(refused)
    assert count(User) == 2
    officer = world.regulator.post("/businesses", body(account=account()), 422)
    assert officer["errors"][0]["pointer"] == "/account"
    assert world.regulator.post("/businesses", body(uscc=known["uscc"]), 409)["business_id"] == known["business_id"]
    nobody.post("/businesses", body(account=account(password="short")), 422)
    nobody.post("/businesses", body(account=account(phone="021-12345678")), 422)
    nobody.post("/businesses", body(account=account()), 201)
    twice = nobody.post("/businesses", body(account=account()), 409)
    assert twice["code"] == "account_exists"
    assert count(Business) == 2, "what is refused with its account leaves no business behind"
    world.merchant(known).post("/businesses", body(), 403)


@pytest.fixture(autouse=True)
def english(app: Flask) -> None:
    """Let people at the API read English."""
    app.before_request_funcs.setdefault(None, []).append(_english)


def _english() -> None:
    set_locale("en")


def test_a_key_makes_it_one_act_and_keeps_no_password(people: People) -> None:
    nobody, key = people.nobody(), {"Idempotency-Key": "one"}
    sent = body(account=account())
    first = nobody.post("/businesses", sent, 201, headers=key)
    assert nobody.post("/businesses", sent, 201, headers=key) == first
    other = sent | {"account": account(password=SECRET + "!")}
    assert nobody.post("/businesses", other, 422, headers=key)["code"] == "idempotency_mismatch"
    assert count(Business) == 1
    with db.transaction() as session:
        kept = session.scalars(select(IdempotencyRecord)).one()
        said = str(kept.model_dump()) + str([event.detail for event in session.scalars(select(AuditEvent))])
        journal = str(session.execute(text("SELECT body FROM journal_entry")).all())
    assert SECRET not in said + journal
    assert PHONE not in journal
    assert _hash_of(sent) != kept.content_hash, "a password could be found by trying"


def _hash_of(sent: dict[str, Any]) -> str:
    """Return what would be kept to compare by if the password stood in it as it is."""
    whole = sent | {"office": None, "licence_no": None, "occurred_at": None}
    content = {"body": whole, "path": {}, "query": {}}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def test_too_many_from_one_address(people: People) -> None:
    nobody = people.nobody()
    with db.transaction() as session:
        now = session.scalar(select(func.now()))
        assert now is not None
        old = now - timedelta(minutes=limits.REGISTRATIONS_MINUTES, seconds=1)
        session.add_all(RegistrationAttempt(address="127.0.0.1", at=old) for _each in range(30))
        session.add_all(RegistrationAttempt(address="192.0.2.1", at=now) for _each in range(30))
        session.add_all(
            RegistrationAttempt(address="127.0.0.1", at=now) for _each in range(limits.REGISTRATIONS_PER_ADDRESS - 2)
        )
    known = nobody.post("/businesses", body(), 201)  # the last but one that is let through
    nobody.post("/businesses", body(uscc=known["uscc"]), 409)  # a refused one counts too
    assert nobody.post("/businesses", body(), 429)["code"] == "too_many_attempts"
    reader = Reader(people.app)
    reader.open("/register")
    page = reader.send("/register", 429, uscc=uscc(), **TYPED)
    assert "Too many registrations" in page
    assert 'value="示例自登食品"' in page
    people.regulator().post("/businesses", body(), 201)  # officers are not counted
    assert count(Business) == 2


def test_the_same_form_twice_signs_in_and_makes_one(app: Flask, world: World) -> None:
    first, code = Reader(app), uscc()
    first.open("/register")
    form = first.text
    first.send("/register", 200, uscc=code, **TYPED)
    first.client.delete_cookie("cc_session")
    first.text = form
    first.path = "/register"
    page = first.send("/register", 200, uscc=code, **TYPED)
    assert "waits for a decision" in page
    assert count(Business) == 1
    thief = Reader(app)  # the same form with another password opens nothing
    thief.open("/register")
    once = re.search(r'name="_once" value="([^"]+)"', form)
    assert once
    thief.send("/register", 200, uscc=code, _once=once[1], **TYPED | {"account__password": "some other words"})
    assert thief.path.startswith("/sign-in")


def test_a_laboratory_goes_on_by_the_form(app: Flask, world: World) -> None:
    """Its people need a second step, so that having chosen a password opens nothing yet."""
    reader = Reader(app)
    reader.open("/register")
    reader.send("/register", 200, uscc=uscc(), **TYPED | {"kinds": ["lab"]})
    assert reader.path.startswith("/sign-in")
    with db.transaction() as session:
        user = session.scalars(select(User).where(col(User.username) == PHONE)).one()
        assert (user.role, user.is_waiting) == ("lab", True)


def test_districts_are_those_where_somebody_decides(app: Flask, people: People) -> None:
    reader = Reader(app)
    assert 'name="region_code" type="text"' in reader.open("/register")  # nobody decides anywhere yet
    people.regulator("230203")
    people.inspector("511011")  # an inspector does not decide
    page = reader.open("/register")
    assert re.findall(r'<option value="(\d{6})"', page) == ["230203"]
    people.regulator("230200")
    found = re.findall(r'<option value="(\d{6})"', reader.open("/register"))
    assert "230203" in found
    assert len(found) > 5
    assert "230200" not in found
    assert all(code.startswith("2302") for code in found)
