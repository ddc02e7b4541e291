"""A seal holds goods in the books, and the journal tells of each one."""

import json

from sqlalchemy import select
from sqlmodel import col

from coldchain.core import db
from coldchain.journal.models import JournalEntry
from coldchain.ledger import check
from tests.factories.world import World
from tests.recall.test_sweep import AREA, announced, tasks


def test_every_seal_is_a_fact(world: World) -> None:
    have = world.cleared(100, series="分割鸡")
    recall = announced(world, criterion={"batch_nos": ["none of ours"]}, blanket=AREA)
    task = next(each for each in tasks(world, recall) if each["site_id"] == have["site"]["site_id"])
    line = {"batch_id": have["batch"]["batch_id"], "disposition": "sealed", "examined_units": 100}
    address = f"/sweep-tasks/{task['task_id']}/findings"
    findings = []
    for units in (30, 30, 40):
        seen = {"outcome": "found", "lines": [line | {"matched_units": units}]}
        findings.append(world.inspector.post(address, seen, 201)["finding_id"])
    with db.transaction() as session:
        told = [
            json.loads(body)["data"]
            for body in session.scalars(
                select(col(JournalEntry.body))
                .where(col(JournalEntry.kind) == "hold.placed")
                .order_by(col(JournalEntry.entry_id))
            )
        ]
        assert check.stock_from_movements(session) is None
    assert [(fact["cause_id"], fact["quantity_units"]) for fact in told] == [(findings[0], 30), (findings[2], 10)]
    assert {(fact["cause_kind"], fact["grade"]) for fact in told} == {("inspection", "sealed")}
    assert told[0]["account"] == ["zone", have["owner"]["business_id"], have["zone"]["zone_id"]]
