"""A seal holds goods in the books, and the journal tells of each one."""

import json
import re

from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from coldchain.core import db
from coldchain.journal.models import JournalEntry
from coldchain.ledger import check
from tests.factories.reader import Reader
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


def test_what_was_sealed_stays_said_when_the_owner_writes_goods_off(app: Flask, world: World) -> None:
    """The line says what the finding sealed, beside it what the books hold now; the flag says that it was sealed."""
    have = world.cleared(100, series="分割鸡")
    recall = announced(world)
    task = tasks(world, recall)[0]
    line = {
        "batch_id": have["batch"]["batch_id"], "owner": have["owner"]["business_id"], "examined_units": 100,
        "matched_units": 100, "disposition": "sealed", "seal_no": "JH-77",
    }  # fmt: skip
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "found", "lines": [line]}, 201)
    regulator, owner = (
        Reader.of(app, who, lang="zh_CN") for who in (world.regulator, world.merchant(have["owner"]))
    )  # fmt: skip
    here = f"/batches/{have['batch']['batch_id']}"
    page = regulator.open(here)
    said = re.search("现场封存：[^<]*", page)
    assert said
    assert "封条 JH-77" in said[0]
    assert "账上在封的现有" not in page
    world.merchant(have["owner"]).post(
        "/losses",
        {
            "zone_id": have["zone"]["zone_id"], "reason": "断电",
            "lines": [{"batch_id": have["batch"]["batch_id"], "quantity_units": 42}],
        },
        201,
    )  # fmt: skip
    for reader in (regulator, owner):
        page = reader.open(here)
        again = re.search("现场封存：[^<]*", page)
        assert again
        assert "封条 JH-77" in again[0]
        assert "：16 件零 4 盒、" in again[0]
        assert "现有 9 件零 4 盒" in again[0]
        assert ("inspector_230203" in again[0]) == (reader is regulator)
    assert said[0].removesuffix("。") in regulator.open(here), "who sealed it, how much and when stay as they were"
    assert "已封存的货物不在库中" in regulator.open("/flags")
