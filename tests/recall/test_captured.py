"""A finding is judged by the rights of the moment when it was captured: assignments that began or ended meanwhile."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update
from sqlmodel import col

from coldchain.accounts.models import Assignment
from coldchain.core import clock, db, limits
from coldchain.journal import history
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.recall.test_sweep import announced, tasks


def _assigned(world: World, begin: datetime, end: datetime | None) -> None:
    """Let the inspector's assignment run from–to."""
    with db.transaction() as session:
        session.execute(
            update(Assignment)
            .where(col(Assignment.user_id) == world.inspector.user.user_id)
            .values(valid_from=begin, valid_to=end)
        )


@pytest.fixture
def task(world: World) -> dict[str, Any]:
    """A task of a running recall."""
    world.cleared(10, series="分割鸡")
    return tasks(world, announced(world))[0]


def test_what_was_seen_while_assigned_is_recorded_afterwards(world: World, task: dict[str, Any]) -> None:
    """From three days to one day ago: then yes, before and after no; the task is not seen now."""
    now = clock.now()
    _assigned(world, now - timedelta(days=3), now - timedelta(days=1))
    address = f"/sweep-tasks/{task['task_id']}"
    seen_at = now - timedelta(days=2)

    def upload(moment: datetime | None, expect: int) -> Any:
        at = {"captured_at": moment.isoformat()} if moment else {}
        return world.inspector.post(f"{address}/findings", {"outcome": "closed", **at}, expect)

    world.inspector.get(address, 404)
    upload(None, 404)
    upload(now - timedelta(days=4), 404)
    upload(now - timedelta(days=1), 404)  # an assignment ends at its end
    upload(now - timedelta(hours=2), 404)
    made = upload(seen_at, 201)
    with db.transaction() as session:
        fact = history.of_subject(session, UUID(made["finding_id"]), ["finding.recorded"])[0]
    assert (fact.occurred_at, fact.recorded_at > now) == (seen_at, True)
    assert [row["finding_id"] for row in world.regulator.get(f"{address}/findings")["items"]] == [made["finding_id"]]


def test_what_was_seen_before_the_assignment_is_not_recorded(world: World, task: dict[str, Any]) -> None:
    """Who is of the place now is told why; a clock that differs by minutes is no reason to refuse."""
    now = clock.now()
    _assigned(world, now - timedelta(minutes=1), None)
    address = f"/sweep-tasks/{task['task_id']}/findings"

    def upload(ago: timedelta, expect: int) -> Any:
        body = {"outcome": "closed", "captured_at": (clock.now() - ago).isoformat()}
        answer = world.inspector.post(address, body, expect)
        return answer["errors"][0] if expect == 422 else answer

    refused = upload(timedelta(seconds=limits.CLOCK_SKEW_S + 30), 422)
    assert (refused["code"], refused["pointer"]) == ("not_assigned_then", "/captured_at")
    upload(timedelta(seconds=limits.CLOCK_SKEW_S - 30), 201)
    assert upload(timedelta(minutes=-10), 422)["code"] == "in_future"


def test_a_capture_is_uploaded_within_days(world: World, task: dict[str, Any]) -> None:
    """Seven days by the rule book, and not a minute longer."""
    _assigned(world, clock.now() - timedelta(days=30), None)
    address = f"/sweep-tasks/{task['task_id']}/findings"
    for ago, expect in ((timedelta(days=7, minutes=1), 422), (timedelta(days=7, minutes=-1), 201)):
        body = {"outcome": "closed", "captured_at": (clock.now() - ago).isoformat()}
        answer = world.inspector.post(address, body, expect)
        assert expect == 201 or answer["errors"][0]["code"] == "captured_too_long_ago"


def test_the_form_that_was_open_when_the_assignment_ended_is_still_sent(
    app: Flask, world: World, task: dict[str, Any]
) -> None:
    inspector = Reader.of(app, world.inspector)
    address = f"/sweep-tasks/{task['task_id']}/finding"
    inspector.open(f"{address}?outcome=closed")
    form, path = inspector.text, inspector.path
    captured = clock.now()
    _assigned(world, captured - timedelta(days=2), captured - timedelta(hours=1))
    local = (captured - timedelta(hours=3)).astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M")
    inspector.send(address, 404, _step="check", captured_at=captured.isoformat())
    inspector.text, inspector.path = form, path
    inspector.send(address, 200, _step="check", captured_at=local)
    inspector.send(address, 200, _step="record")
    assert "/findings/" in inspector.path  # the receipt, to who recorded it
    inspector.open(address, 404)
    inspector.open(f"/sweep-tasks/{task['task_id']}", 404)


@pytest.mark.parametrize("path", ["tasks", "sample-results"])
def test_a_place_on_foot_and_a_sample_count_are_judged_like_a_finding(
    world: World, task: dict[str, Any], path: str
) -> None:
    """By the rights of when it was, for who has left as for who has only come."""
    world.regulator.post(
        f"/sweep-tasks/{task['task_id']}/findings",
        {"outcome": "none_found", "samples": [{"place": "示例市场", "round": 1, "pieces": 4}]}, 201,
    )  # fmt: skip
    bodies = {
        "tasks": {"name": "示例无名小店", "region_code": "230203"},
        "sample-results": {"round": 1, "place": "示例市场", "pieces": 1, "state": "sent"},
    }
    now = clock.now()

    def upload(moment: datetime, expect: int) -> Any:
        body = bodies[path] | {"occurred_at": moment.isoformat()}
        return world.inspector.post(f"/recalls/{task['recall_id']}/{path}", body, expect)

    _assigned(world, now - timedelta(days=3), now - timedelta(days=1))
    upload(now - timedelta(days=4), 404)
    upload(now, 404)
    upload(now - timedelta(days=2), 201)
    _assigned(world, now - timedelta(minutes=1), None)
    assert upload(now - timedelta(hours=1), 422)["errors"][0]["code"] == "not_assigned_then"
    upload(now, 201)
