"""Work has an owner: tasks are given to officers of the place, and nobody leaves without handing on."""

import re
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlmodel import col

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import Area
from coldchain.accounts.models import Assignment, AuditEvent, User
from coldchain.accounts.service import leaving
from coldchain.accounts.service.officers import officers
from coldchain.core import clock, db
from coldchain.core.errors import Conflict
from coldchain.journal import history
from coldchain.recall import duties
from coldchain.recall.models import Duty
from coldchain.regions import service as regions
from tests.factories.people import Speaker
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.recall.test_reach import officer_of
from tests.recall.test_sweep import announced, draft


def _sweep(world: World) -> dict[str, Any]:
    with db.transaction() as session:
        office = regions.ensure_office(session, "230203", "示例所").office_id
    have = world.cleared(10, series="分割鸡")
    sites = [world.site(have["owner"], "shop", office="示例所") for _each in range(2)]
    recall = announced(world, blanket={"region_code": "230203", "site_kinds": ["shop", "cold_store"]})
    return {
        "recall": recall, "office": office, "sites": [site["site_id"] for site in sites],
        "second": officer_of(world.people, "230203", None, "second"),
        "of_office": officer_of(world.people, "230203", office, "of_office"),
    }  # fmt: skip


@pytest.fixture
def sweep(scenes: Scenes) -> dict[str, Any]:
    """A running sweep of two sites of an office and one of none; `second` is another inspector of the district."""
    return scenes.of(_sweep)


def tasks(world: World, recall: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all tasks, as the regulator reads them."""
    items: list[dict[str, Any]] = world.regulator.get(f"/recalls/{recall['recall_id']}/tasks?limit=200")["items"]
    return items


def _task(world: World, sweep: dict[str, Any], site_id: str | None = None) -> dict[str, Any]:
    found = tasks(world, sweep["recall"])
    return next(task for task in found if site_id is None or task["site_id"] == site_id)


def _elsewhere(sweep: dict[str, Any], world: World) -> dict[str, Any]:
    """Return the task of no office."""
    return next(task for task in tasks(world, sweep["recall"]) if task["office"] is None)


def _check(speaker: Speaker, areas: tuple[Area, ...]) -> None:
    with db.transaction() as session:
        leaving.check(session, session.get_one(User, speaker.user.user_id), areas)


def _count(table: Any) -> int:
    with db.transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_task_is_given_to_an_officer_of_its_place(world: World, sweep: dict[str, Any]) -> None:
    task = _task(world, sweep, sweep["sites"][0])
    assert task["officer"] is None
    address = f"/sweep-tasks/{task['task_id']}/assign"
    world.people.inspector("230204")
    for name in ("inspector_230204", "nobody", "admin", "merchant"):
        refused = world.regulator.post(address, {"username": name}, 422)
        assert refused["errors"][0]["code"] == "no_officer"
    world.inspector.post(address, {"username": "second"}, 403)
    world.people.regulator("230204").post(address, {"username": "inspector_230204"}, 404)
    for name in ("second", "of_office"):
        assert world.regulator.post(address, {"username": name}, 200)["officer"]["username"] == name
    assert _task(world, sweep, sweep["sites"][0])["officer"] == {"username": "of_office", "display_name": "甲of_office"}
    assert _count(Duty) == 2  # what was is kept
    none = f"/sweep-tasks/{_elsewhere(sweep, world)['task_id']}/assign"
    world.regulator.post(none, {"username": "of_office"}, 422)
    with db.transaction() as session:
        facts = history.of_subject(session, task["task_id"], ["sweep_task.assigned"])
        assert facts[-1].data["officer"] == str(sweep["of_office"].user.user_id)


def test_an_offices_tasks_are_given_in_one_go_and_mine_come_first(
    app: Flask, world: World, sweep: dict[str, Any]
) -> None:
    address = f"/recalls/{sweep['recall']['recall_id']}/assign"
    regulator = Reader.of(app, world.regulator)
    assert "Give tasks to officers" in regulator.open(f"/recalls/{sweep['recall']['recall_id']}")
    page = regulator.open(address)
    assert "2 sites not checked" in page
    names = [name for name, value in regulator.form(address)["fields"] if value == str(sweep["office"])]
    row = names[0].split("-")[1]
    refused = regulator.send(address, 422, **{f"rows__{row}__username": "inspector_230204"})
    assert f'href="#f-rows-{row}-username"' in refused
    regulator.open(address)
    regulator.send(address, 200, **{f"rows__{row}__username": "of_office"})
    given = {task["site_id"]: task["officer"] for task in tasks(world, sweep["recall"])}
    assert [site for site, officer in given.items() if officer] == sweep["sites"]
    mine = Reader.of(app, sweep["of_office"]).open("/")
    assert "given to you" in mine
    assert "given to you" not in Reader.of(app, sweep["second"]).open("/")


def test_nobody_leaves_with_open_work(world: World, sweep: dict[str, Any]) -> None:
    """Ending an assignment is refused while something lies outside what is left; done work doesn't count."""
    task = _task(world, sweep, sweep["sites"][0])
    _check(sweep["second"], ())
    world.regulator.post(f"/sweep-tasks/{task['task_id']}/assign", {"username": "second"}, 200)
    for left in ((), (Area("230204"),)):
        with pytest.raises(Conflict) as refused:
            _check(sweep["second"], left)
        assert refused.value.code == "tasks_without_owner"
        assert refused.value.params["count"] == 1
        assert refused.value.params["address"] == "/handover?officer=second"
    _check(sweep["second"], (Area("230203"),))
    _check(sweep["second"], (Area("230203", sweep["office"]),))
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "none_found"}, 201)
    _check(sweep["second"], ())
    draft(world)
    with pytest.raises(Conflict):
        _check(world.regulator, ())


def test_an_administrator_ends_nothing_that_would_be_left_without_an_owner(
    app: Flask, world: World, sweep: dict[str, Any]
) -> None:
    task = _task(world, sweep, sweep["sites"][0])
    world.regulator.post(f"/sweep-tasks/{task['task_id']}/assign", {"username": "second"})
    admin = world.people.admin()
    held = admin.get("/accounts/second")["assignments"][0]["assignment_id"]
    for address in (f"/accounts/second/assignments/{held}/end", "/accounts/second/end"):
        assert admin.post(address, {}, 409)["code"] == "tasks_without_owner"
    assert admin.get("/accounts/second")["is_active"]
    reader = Reader.of(app, admin)
    page = reader.open(f"/accounts/second/assignments/{held}/end")
    assert "1 thing is open there" in page
    assert "/handover?officer=second" in page
    assert f'action="/accounts/second/assignments/{held}/end"' not in page, "what would be refused is not offered"
    first = world.inspector.user.username
    world.regulator.post(f"/sweep-tasks/{task['task_id']}/assign", {"username": first})
    admin.post(f"/accounts/second/assignments/{held}/end", {})
    admin.post("/accounts/second/end", {})


def test_who_is_just_leaving_is_given_nothing(world: World, sweep: dict[str, Any]) -> None:
    """Giving and leaving at one moment: whoever comes second sees what the first did."""
    task = _task(world, sweep, sweep["sites"][0])
    refused: list[Conflict] = []

    def leave() -> None:
        try:
            _check(sweep["second"], ())
        except Conflict as error:
            refused.append(error)

    leaver = Thread(target=leave)
    with db.transaction() as session:
        actor = accounts.actor_of(session, session.get_one(User, world.regulator.user.user_id))
        duties.assign(session, actor, UUID(task["task_id"]), username="second")
        leaver.start()
        leaver.join(0.5)
        assert leaver.is_alive(), "leaving waits for what is being given"
    leaver.join(20)
    assert [error.code for error in refused] == ["tasks_without_owner"]


def test_everything_is_handed_on_in_one_screen(app: Flask, world: World, sweep: dict[str, Any]) -> None:
    first, other = _task(world, sweep, sweep["sites"][0]), _elsewhere(sweep, world)
    for task in (first, other):
        world.regulator.post(f"/sweep-tasks/{task['task_id']}/assign", {"username": "inspector_230203"}, 200)
    regulator = Reader.of(app, world.regulator)
    assert "/handover?officer=inspector_230203" in regulator.open("/handover")
    page = regulator.open("/handover?officer=inspector_230203")
    assert "2 open things" in page
    before = _count(Duty)
    page = regulator.send("/handover", 422, end="true")
    assert page.count("Choose who takes this over") >= 2
    page = regulator.send("/handover", 422, to_all="of_office", end="true")
    assert "is not assigned to this place" in page  # the task of no office
    assert 'name="end" value="true" checked' in page
    assert _count(Duty) == before
    fields = dict(regulator.form("/handover")["fields"])
    row = next(name.split("-")[1] for name, value in fields.items() if value == f"task:{other['task_id']}")
    done = regulator.send("/handover", 200, to_all="of_office", end="true", **{f"rows__{row}__to": "second"})
    assert re.search(r"2 things of \S+ were handed to ", done)
    assert _task(world, sweep, first["site_id"])["officer"]["username"] == "of_office"
    assert _elsewhere(sweep, world)["officer"]["username"] == "second"
    with db.transaction() as session:
        user = session.scalars(select(User).where(col(User.username) == "inspector_230203")).one()
        assert officers(session, [user.user_id])[0].areas == ()
        assert session.scalar(select(func.count()).where(col(AuditEvent.kind) == "assignment_ended")) == 1
    world.inspector.get(f"/sweep-tasks/{first['task_id']}", 404)


def test_drafts_are_handed_on_with_the_assignment(app: Flask, world: World) -> None:
    """The successor gets the assignment that ends, and with it the right to what it covers."""
    recall = draft(world)
    new = officer_of(world.people, "230203", None, "new", "regulator")
    with db.transaction() as session:
        office = regions.ensure_office(session, "230203", "示例所").office_id
        session.execute(
            Assignment.__table__.update()  # type: ignore[attr-defined]
            .where(col(Assignment.user_id) == new.user.user_id)
            .values(office_id=office)
        )
    admin = Reader.of(app, world.people.admin())
    admin.open("/handover?officer=regulator_230203")
    page = admin.send("/handover", 422, to_all="new", end="true")
    assert "is not assigned to this place" in page
    admin.send("/handover", 200, to_all="new", end="true", give="true")
    new.post(f"/recalls/{recall['recall_id']}/announce", {}, 200)
    world.regulator.get(f"/recalls/{recall['recall_id']}", 404)
    with db.transaction() as session:
        found = {officer.username: officer.areas for officer in officers(session)}
    assert found["regulator_230203"] == ()
    assert Area("230203") in found["new"]


def test_only_officers_of_ones_own_areas_are_handed_on(app: Flask, world: World, sweep: dict[str, Any]) -> None:
    task = _task(world, sweep, sweep["sites"][0])
    world.regulator.post(f"/sweep-tasks/{task['task_id']}/assign", {"username": "second"}, 200)
    stranger = Reader.of(app, world.people.regulator("230204"))
    assert "second" not in stranger.open("/handover")
    stranger.open("/handover?officer=second", 404)
    stranger.open("/handover?officer=admin", 404)
    stranger.open("/handover?officer=nobody", 404)
    Reader.of(app, sweep["second"]).open("/handover", 403)
    merchant = world.merchant(world.business())
    Reader.of(app, merchant).open("/handover", 403)


def test_what_outlives_an_assignment_is_seen_and_handed_on(world: World, sweep: dict[str, Any]) -> None:
    """A loan that runs out asks nobody: whoever looks after the place reads at once what has no owner there now."""
    task = _task(world, sweep, sweep["sites"][0])
    world.regulator.post(f"/sweep-tasks/{task['task_id']}/assign", {"username": "second"})
    reader = Reader.of(world.people.app, world.regulator, lang="zh-CN")
    assert "辖区分配已经结束" not in reader.open("/")
    with db.transaction() as session:
        session.execute(
            update(Assignment)
            .where(col(Assignment.user_id) == sweep["second"].user.user_id)
            .values(valid_to=clock.now())
        )
    assert "1 件未办完的工作，负责人的辖区分配已经结束" in reader.open("/")
    page = reader.open("/handover")
    assert page.index("officer=second") < page.index("officer=of_office")
    assert tasks(world, sweep["recall"])  # still there, and nobody else's
    elsewhere = Reader.of(world.people.app, world.people.regulator("330105"), lang="zh-CN")
    assert "officer=second" not in elsewhere.open("/handover")
    reader.open("/handover?officer=second")
    reader.send("/handover", 200, to_all=world.inspector.user.username)
    assert "辖区分配已经结束" not in reader.open("/")
