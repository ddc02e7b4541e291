"""The audit log as a page: who did it and about whom, in words."""

import ast
import re
from pathlib import Path

from flask import Flask
from sqlalchemy import delete
from sqlmodel import col

from coldchain.accounts import service
from coldchain.accounts.action_words import WORDS
from coldchain.accounts.models import Assignment
from coldchain.accounts.rights import TABLE
from coldchain.core import db
from coldchain.home import audit_words
from tests.factories.reader import Reader
from tests.factories.world import World

ROOT = Path(__file__).resolve().parents[2] / "coldchain"
UUID = re.compile(r">[^<]*[0-9a-f]{8}-[0-9a-f]{4}-[^<]*<")


def kinds_written() -> set[str]:
    """Return every kind that the program gives to `audit` as a plain text."""
    found = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name.endswith("audit"):
                found |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    return {each for each in found if isinstance(each, str) and re.fullmatch(r"[a-z]+(_[a-z]+)+", each)}


def test_every_kind_and_action_has_words() -> None:
    """No code of the program's stands on the page."""
    kinds = kinds_written()
    assert {"signed_in", "assignment_given", "slip_printed"} <= kinds
    assert kinds - set(audit_words.KINDS) == set()
    assert set(TABLE) - set(WORDS) == set()


def test_the_line_names_who_did_it_and_about_whom(app: Flask, world: World) -> None:
    """A link that the administrator makes is the administrator's act; what a command does is nobody's own."""
    buyer = world.merchant(world.business())
    name = buyer.user.username
    admin = Reader.of(app, world.people.admin())
    admin.open(f"/accounts/{name}")
    admin.send(f"/accounts/{name}/link", 200)
    with db.transaction() as session:
        service.new_link(session, service.user_by_name(session, name))
    page = admin.open(f"/audit?person={name}&kind=link_created")
    rows = page.partition("<tbody>")[2].split("</tr>")
    assert "Command line" in rows[0]
    assert f"/audit?person={name}" in rows[0]
    assert '<a href="/audit?person=admin">' in rows[1]
    assert f"/audit?person={name}" in rows[1]
    lines = world.people.admin().get(f"/audit-events?kind=link_created&person={name}")["items"]
    assert [line["user"]["username"] if line["user"] else None for line in lines] == [None, "admin"]


def test_words_in_the_place_of_codes_and_ids(app: Flask, world: World) -> None:
    """Actions, roles and ids are said in words; a line's link leads on all the same."""
    business = world.business(phone="13912345678")
    world.regulator.get(f"/businesses/{business['business_id']}")
    world.regulator.get("/audit-events", 403)
    admin = Reader.of(app, world.people.admin(), lang="zh_CN")
    page = admin.open("/audit?kind=personal_read")
    assert "查经营主体" in page
    assert "business.lookup" not in page
    assert not UUID.search(page.partition("<tbody>")[2]), "an id is no name"
    assert "个人信息 …" in page
    page = admin.open("/audit?kind=account_created")
    assert "角色：" in page
    assert "role " not in page.partition("<tbody>")[2]
    page = admin.open("/audit?kind=refused")
    assert "查看审计日志" in page


def test_an_officer_without_an_area_is_told_so(app: Flask, world: World) -> None:
    """No desk of zeros: the page says whom to ask."""
    inspector = world.people.inspector("230202")
    with db.transaction() as session:
        user = service.user_by_name(session, inspector.user.username)
        session.execute(delete(Assignment).where(col(Assignment.user_id) == user.user_id))
    reader = Reader.of(app, inspector)
    assert "You have no area now" in reader.open("/")
    assert "ask the administrator" in reader.text
