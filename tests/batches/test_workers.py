"""People who are tested on a schedule, and the surroundings of goods (R15): entered, sampled, due, hidden (R16)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from coldchain.accounts.actor import Actor, Area
from coldchain.batches.service import due
from coldchain.core import clock, db, limits
from coldchain.core.ids import new_id
from coldchain.journal.models import JournalEntry

NAME = "工示例"
BEGUN = {"name": NAME, "post": "搬运", "started_on": "2021-01-16"}


def register(who, expect=201, **fields):
    return who.post("/workers", BEGUN | fields, expect)


def sample(case, worker, speaker=None, expect=201, **fields):
    samples = [{"worker_id": worker["worker_id"], "sample_site": "personnel"}]
    return case.tube(samples=samples, speaker=speaker or case.world.inspector, expect=expect, **fields)


@pytest.fixture
def worker(case):
    return register(case.merchant, site_id=case.site["site_id"])


def test_a_worker_is_due_soon_after_beginning_then_on_schedule(case, worker):
    assert (worker["name"], worker["post"], worker["site_name"]) == (NAME, "搬运", case.site["name"])
    assert worker["last_sampled_at"] is None
    assert datetime.fromisoformat(worker["due_at"]) == datetime(2021, 1, 17, 16, tzinfo=UTC)  # 48 h after midnight
    assert worker["overdue"] is True
    tube = sample(case, worker)
    sampled_at = datetime.fromisoformat(tube["sampled_at"])
    (item,) = case.merchant.get("/workers")["items"]
    assert datetime.fromisoformat(item["last_sampled_at"]) == sampled_at
    assert datetime.fromisoformat(item["due_at"]) == sampled_at + timedelta(hours=168)
    with clock.simulated(sampled_at + timedelta(hours=167)):
        assert case.merchant.get("/workers")["items"][0]["overdue"] is False


def test_who_left_is_due_no_more(case, worker):
    here = f"/workers/{worker['worker_id']}/end"
    case.merchant.post(here, {"ended_on": "2021-01-15"}, 422)
    case.merchant.post(here, {"ended_on": "2099-01-01"}, 422)
    gone = case.merchant.post(here, {"ended_on": "2021-01-20"}, 200)
    assert gone["ended_on"] == "2021-01-20"
    assert case.merchant.post(here, {"ended_on": "2021-01-21"}, 409)["code"] == "wrong_state"
    assert case.merchant.get("/workers?current=true")["items"] == []
    (item,) = case.merchant.get("/workers?current=false")["items"]
    assert item["due_at"] is None


def test_names_are_for_the_business_and_its_officers(case, worker, world):
    tube = sample(case, worker)
    assert tube["samples"][0]["worker"] == {"worker_id": worker["worker_id"], "post": "搬运", "name": NAME}
    seen = case.lab[1].get(f"/tubes/{tube['tube_id']}")
    assert seen["samples"][0]["worker"] == {"worker_id": worker["worker_id"], "post": "搬运", "name": None}
    case.lab[1].get("/workers", 403)
    assert world.merchant(world.business()).get("/workers")["items"] == []
    elsewhere = world.people.inspector("230204")
    assert elsewhere.get("/workers")["items"] == []
    refused = sample(case, worker, elsewhere, 422, tube_no="LJ-2")
    assert refused["errors"][0]["code"] == "unknown_worker"
    world.people.regulator("230204").post(f"/workers/{worker['worker_id']}/end", {"ended_on": "2021-01-20"}, 404)
    with db.transaction() as session:
        told = select(JournalEntry.body).where(col(JournalEntry.kind).in_(["worker.registered", "tube.registered"]))
        bodies = session.scalars(told).all()
    assert bodies
    assert not any(NAME in body for body in bodies)


def test_what_is_no_worker_of_the_business_is_refused(case, world):
    other = world.business()
    for fields, pointer, code in (
        ({"site_id": world.site(other)["site_id"]}, "/site_id", "unknown_site"),
        ({"started_on": "2099-01-01"}, "/started_on", "in_future"),
        ({"name": None}, "/name", "required"),
        ({"name": "名" * (limits.NAME_CHARS + 1)}, "/name", "too_long"),
        ({"post": None}, "/post", "required"),
    ):
        refused = register(case.merchant, 422, **fields)
        assert (pointer, code) in {(e["pointer"], e["code"]) for e in refused["errors"]}
    register(case.merchant, 404, business=other["business_id"])
    register(world.inspector, 403)
    assert register(world.regulator, 422)["errors"][0]["pointer"] == "/business"
    made = register(world.regulator, business=case.owner["uscc"], name="名" * limits.NAME_CHARS)
    assert made["business"]["business_id"] == case.owner["business_id"]


def test_zones_of_some_kinds_are_due_on_schedule(case, world):
    general = world.zone(case.site, "general")
    officer = Actor(new_id(), "o", "o", "inspector", areas=(Area("230203"),))
    with db.transaction() as session:
        (found,) = due.surroundings(session, officer, limit=9)
        assert str(found.row.zone_id) == case.zone["zone_id"] != general["zone_id"]
        assert found.due_at == found.row.recorded_at + timedelta(hours=168)
        assert not found.overdue
    later = clock.now()
    case.tube(samples=[{"zone_id": case.zone["zone_id"], "sample_site": "environment"}], sampled_at=later.isoformat())
    with db.transaction() as session:
        (found,) = due.surroundings(session, officer, limit=9, business_id=UUID(case.owner["business_id"]))
        assert found.due_at == later + timedelta(hours=168)
        with clock.simulated(later + timedelta(hours=169)):
            assert found.overdue
        elsewhere = Actor(new_id(), "o", "o", "inspector", areas=(Area("230204"),))
        assert due.surroundings(session, elsewhere, limit=9) == []
