"""A whole day with marked names and phones: they stand in the table of personal values and nowhere else (R21)."""

import json
import logging
import uuid

import pytest
from sqlalchemy import Engine, text

from coldchain.core import db
from tests.factories.world import World

MARK = "密某"  # in every name of this day
PHONE = "1390000"  # the beginning of every phone of this day
ELSEWHERE = ("personal_value", "procrastinate_jobs", "alembic_version")


def phone(number: int) -> str:
    """Return a phone of this day."""
    return f"{PHONE}{number:04d}"


def keyed() -> dict[str, str]:
    """Every act of the day is sent with a key: its answer is kept."""
    return {"Idempotency-Key": uuid.uuid4().hex}


def columns(engine: Engine) -> list[tuple[str, str]]:
    """Return every column of every table of ours that can hold words."""
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns c JOIN information_schema.tables t"
                " USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
                " AND (c.data_type IN ('text', 'jsonb', 'json', 'ARRAY', 'character varying', 'USER-DEFINED'))"
                " AND table_name NOT LIKE 'procrastinate%'"
            )
        ).all()
    return [(table, column) for table, column in found if table not in ELSEWHERE]


def leaked(engine: Engine) -> list[str]:
    """Return table and column of everything that holds a marked name or phone."""
    found = []
    with engine.connect() as connection:
        for table, column in columns(engine):
            statement = (
                f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE :name OR "{column}"::text LIKE :phone'
            )
            if connection.scalar(text(statement), {"name": f"%{MARK}%", "phone": f"%{PHONE}%"}):
                found.append(f"{table}.{column}")
    return found


def a_day(world: World) -> None:
    """Let every fact that names a person happen once."""
    regulator, inspector = world.regulator, world.inspector
    owner = world.business(legal_representative=f"{MARK}法人", phone=phone(1), active=False)
    here = f"/businesses/{owner['business_id']}"
    letter = {"version": "2021-01", "signed_by": f"{MARK}签字", "signed_on": "2021-01-04"}
    regulator.post(f"{here}/commitment-letters", letter, headers=keyed())
    regulator.post(f"{here}/approve", {}, headers=keyed())
    site = world.site(owner)
    zone = world.zone(site)
    product = world.product()
    line = {"product_id": product["product_id"], "quantity_units": 60}
    arrival = world.arrival(owner, site, zone, [line], driver={"name": f"{MARK}司机", "phone": phone(2)})
    world.papers(owner, arrival)
    world.disinfect(owner, arrival)
    lab = world.lab()
    batch = arrival["batches"][0]
    tube = world.tube(lab, [batch["batch_id"]], sampled_by=f"{MARK}采样")
    world.result(lab, tube, analyst=f"{MARK}检测")
    merchant = world.merchant(owner)
    merchant.post(f"/batches/{batch['batch_id']}/label-runs", {"level": "batch"}, 202)
    sent = {
        "from_zone_id": zone["zone_id"], "to": {"name": f"{MARK}收货", "phone": phone(3)},
        "handover": "await_confirmation", "driver": {"name": f"{MARK}送货", "phone": phone(4)},
        "lines": [{"batch_id": batch["batch_id"], "quantity_units": 6}],
    }  # fmt: skip
    merchant.post("/consignments", sent, 201, headers=keyed())
    quarantine = world.zone(site, "quarantine")
    moved = {
        "zone_id": zone["zone_id"], "to_zone_id": quarantine["zone_id"],
        "lines": [{"batch_id": batch["batch_id"], "quantity_units": 6}],
    }  # fmt: skip
    merchant.post("/relocations", moved, 201, headers=keyed())
    destroyed = {
        "zone_id": quarantine["zone_id"], "lines": [{"batch_id": batch["batch_id"], "quantity_units": 6}],
        "reason": "包装破损", "receiver": "示例无害化处理厂", "receipt_no": "WHH-1", "method": "incineration",
        "witness": f"{MARK}见证",
    }  # fmt: skip
    merchant.post("/destructions", destroyed, 201, headers=keyed())
    recall = regulator.post(
        "/recalls",
        {
            "kind": "outbreak_sweep", "notice_no": "示例〔2021〕1号", "issuer": "示例局", "title": "示例排查",
            "received_at": "2021-01-19T12:00:00+08:00", "reason": "示例",
            "criterion": {"product_ids": [product["product_id"]]},
        },
        201,
    )  # fmt: skip
    regulator.post(f"/recalls/{recall['recall_id']}/announce", {}, headers=keyed())
    (task,) = [
        each
        for each in inspector.get(f"/recalls/{recall['recall_id']}/tasks")["items"]
        if each["site_id"] == site["site_id"]
    ]
    finding = {"outcome": "none_found", "second_officer": f"{MARK}执法", "people_controlled": 0, "disinfected": True}
    inspector.post(f"/sweep-tasks/{task['task_id']}/findings", finding, 201, headers=keyed())


def mistakes(world: World) -> list[str]:
    """Send marked words where they are refused and return the problems' texts."""
    client = world.regulator.client
    told = []
    for path, body in (
        ("/businesses", {"uscc": MARK, "name": MARK, "phone": PHONE + "x" * 60, "legal_representative": MARK * 200}),
        ("/businesses/x/commitment-letters", {"version": MARK, "signed_by": MARK, "signed_on": PHONE}),
        ("/consignments", {"to": {"name": MARK, "phone": PHONE}, "driver": {"name": MARK, "phone": 1}, "lines": MARK}),
        ("/personal/erase", {"person": MARK, "reason": MARK}),
        ("/tubes", {"sampled_by": MARK, "tube_no": MARK, "lab": "9" * 18, "sampled_at": PHONE, "samples": []}),
    ):
        response = client.post("/api/v1" + path, json=body, headers=world.regulator._headers(None))
        assert response.status_code >= 400, path
        told.append(response.text)
    return told


def test_marked_names_stand_in_one_place(world: World, database: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """No journal body, stock entry, audit line, kept answer, search text, log line or problem holds them."""
    caplog.set_level(logging.DEBUG)
    a_day(world)
    with database.connect() as connection:
        kept = set(connection.scalars(text("SELECT value FROM personal_value WHERE value LIKE :m"), {"m": f"%{MARK}%"}))
        answers = connection.scalar(text("SELECT count(*) FROM idempotency_record"))
        what = set(connection.scalars(text("SELECT DISTINCT what FROM personal_value")))
    named = {"法人", "签字", "司机", "采样", "检测", "收货", "送货", "见证", "执法"}
    assert kept == {MARK + name for name in named}, "every fact of the day kept its person"
    assert answers >= 6, "answers are kept, so they were searched"
    assert "other" not in what, "each says what it is"
    assert leaked(database) == []
    told = mistakes(world)
    assert [words for words in told if MARK in words or PHONE in words] == []
    assert leaked(database) == []
    assert [r.getMessage() for r in caplog.records if MARK in r.getMessage() or PHONE in r.getMessage()] == []
    assert [r for r in caplog.records if MARK in json.dumps(r.__dict__, default=str, ensure_ascii=False)] == []


def test_the_search_would_find_a_leak(world: World, database: Engine, owner_url: str) -> None:
    """The control: a name in one free text of a register is found."""
    owner = world.business(active=False)
    with db.transaction() as session:
        session.execute(
            text("UPDATE business SET address = :leak WHERE business_id = :id"),
            {"leak": f"{MARK}家", "id": owner["business_id"]},
        )
    assert leaked(database) == ["business.address"]


def test_a_kept_answer_is_the_same_and_unreadable(world: World, database: Engine) -> None:
    """Byte for byte what was answered, though the table alone can't tell it."""
    from tests.factories.world import uscc

    body = {
        "uscc": uscc(), "name": "示例甲", "kinds": ["shop"], "handles_imported": False, "region_code": "230203",
        "legal_representative": f"{MARK}甲", "phone": phone(9), "address": "示例路1号",
    }  # fmt: skip
    headers = keyed()
    first = world.regulator.post("/businesses", body, 201, headers=headers)
    again = world.regulator.post("/businesses", body, 201, headers=headers)
    assert first == again
    assert first["phone"] == phone(9)
    assert leaked(database) == []
