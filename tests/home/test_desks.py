"""Start pages and the frame: counted from rows, one for each role, in two languages."""

import re

from flask import Flask
from sqlalchemy import update
from sqlmodel import col

from coldchain.accounts.models import Assignment
from coldchain.core import clock, db, marks
from coldchain.home import shell
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World


def _sums(page: str) -> dict[str, str]:
    """Return label and number of each line of the area's figures."""
    return dict(re.findall(r"<li><span>([^<]+)</span><b>([0-9.,]+) <small>", page))


def test_the_regulators_figures_are_counted(app: Flask, world: World) -> None:
    reader = Reader.of(app, world.regulator)
    assert _sums(reader.open("/")) == {
        "Businesses on the register": "0", "With a card (imported food)": "0", "Commitment letter signed": "0",
        "Sites": "0", "Imported goods in stock": "0",
    }  # fmt: skip
    goods = world.cleared(100)  # 100 × 2 kg, and a laboratory without a card
    world.business("待审", active=False)
    world.business("国产", handles_imported=False)
    shown = _sums(reader.open("/"))
    assert shown["Businesses on the register"] == "4"
    assert shown["With a card (imported food)"] == "1"  # a pending business has a number, but no card in force
    assert shown["Commitment letter signed"] == "1"
    assert shown["Imported goods in stock"] == "200"
    assert "1 business waits for approval" in reader.text
    world.regulator.post(f"/businesses/{goods['owner']['business_id']}/close", {"reason": "ends"})
    assert _sums(reader.open("/"))["Businesses on the register"] == "3"


def test_another_districts_regulator_sees_none_of_it(app: Flask, world: World, people: People) -> None:
    world.cleared(100)
    reader = Reader.of(app, people.regulator("511011"))
    assert set(_sums(reader.open("/")).values()) == {"0"}
    province = Reader.of(app, people.regulator("230000"))
    assert _sums(province.open("/"))["Imported goods in stock"] == "200"


def test_a_regulator_whose_assignment_ended_has_no_jobs(app: Flask, world: World, people: People) -> None:
    """No area is no area, not the whole country."""
    world.business("待审", active=False)
    former = people.regulator("511011")
    with db.transaction() as session:
        session.execute(update(Assignment).where(col(Assignment.region_code) == "511011").values(valid_to=clock.now()))
    assert "waits for approval" not in Reader.of(app, former).open("/")


def test_jobs_name_what_waits(app: Flask, world: World) -> None:
    world.cleared(10)
    draft = world.regulator.post(
        "/recalls",
        {
            "kind": "food_recall", "notice_no": "N1", "issuer": "I", "title": "Frozen recall",
            "received_at": "2021-01-19T12:00:00+08:00", "reason": "r", "criterion": {"imported": True},
        },
        201,
    )  # fmt: skip
    reader = Reader.of(app, world.regulator)
    page = reader.open("/")
    assert "Not announced yet: Frozen recall" in page
    assert "Out of time" in page  # the rule book gives two hours after the notice
    world.regulator.post(f"/recalls/{draft['recall_id']}/announce")
    page = reader.open("/")
    assert "Not announced yet" not in page
    assert "1 site waits to be sealed, 20 kg" in page
    inspector = Reader.of(app, world.inspector)
    page = inspector.open("/")
    assert "1 site not checked" in page
    assert re.search(r"/sweep-tasks/[0-9a-f-]{36}/finding", page)


def test_the_administrator_sees_accounts_and_states(app: Flask, world: World, people: People) -> None:
    reader = Reader.of(app, people.admin())
    page = reader.open("/")
    assert "3 accounts" in page  # itself, and the world's two officers
    assert 'href="/accounts?role=inspector"' in page
    assert "Entries signed" in page
    assert "Database" in page


def test_nobody_is_asked_to_sign_in(app: Flask) -> None:
    reader = Reader(app)
    page = reader.open("/")
    assert reader.path == "/sign-in"
    assert "Demonstration accounts" not in page
    page = reader.send("/sign-in", 422, username="nobody", password="wrong")
    assert "Name or password is wrong." in page
    assert 'value="nobody"' in page
    assert 'href="#f-username"' in page


def test_the_demonstration_says_so(app: Flask) -> None:
    with db.transaction() as session:
        marks.write(session, shell.DEMO_MARK, {"title": "x"})
    page = Reader(app).open("/sign-in")
    assert "Demonstration accounts" in page
    assert 'class="cc-demo"' in page


def test_the_language_is_switched_by_a_form_and_stays_on_the_page(app: Flask, world: World) -> None:
    reader = Reader.of(app, world.regulator)
    reader.open("/businesses?status=active")
    reader.send("/language", 200, lang="zh_CN")
    assert reader.path == "/businesses?status=active"
    assert '<html lang="zh-CN">' in reader.text
    reader.send("/language", 200, lang="en")
    assert '<html lang="en">' in reader.text


def test_the_navigation_holds_only_what_the_role_may_open(app: Flask, world: World, people: People) -> None:
    readers = [Reader.of(app, world.regulator), Reader.of(app, world.inspector), Reader.of(app, people.admin())]
    for reader in readers:
        page = reader.open("/")
        nav = page.partition('<nav class="cc-nav"')[2].partition("</nav>")[0]
        links = re.findall(r'href="([^"]+)"', nav)
        assert len(links) >= 3
        for link in links:
            reader.open(link)
