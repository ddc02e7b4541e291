"""Positives on desks until they are dealt with; of people and places, of whom and what, and what is done (R8, R15)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from coldchain.core import clock
from tests.batches.conftest import Case
from tests.factories.people import Speaker
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.home.test_stopped import main


@pytest.fixture
def case(world: World) -> Case:
    return Case(world)


def tube(
    world: World, lab: tuple[dict[str, Any], Speaker], number: str, hours: int = 3, **subject: Any
) -> dict[str, Any]:
    """Enter a tube with one sample, taken some hours ago."""
    site = "personnel" if "worker_id" in subject else "environment" if "zone_id" in subject else "outer_pack"
    body = {
        "tube_no": number, "lab": lab[0]["uscc"],
        "sampled_at": (clock.now() - timedelta(hours=hours)).isoformat(), "samples": [subject | {"sample_site": site}],
    }  # fmt: skip
    return dict(world.inspector.post("/tubes", body, 201))


def report(lab: tuple[dict[str, Any], Speaker], made: dict[str, Any], result: str, stage: str = "preliminary") -> None:
    now = clock.now()
    body = {
        "stage": stage, "result": result, "received_at": now.isoformat(), "reported_at": now.isoformat(),
        "report_no": f"R-{made['tube_no']}-{stage}",
    }  # fmt: skip
    lab[1].post(f"/tubes/{made['tube_id']}/results", body, 201)


def test_positive_goods_stand_on_officers_desks_until_they_are_dealt_with(app: Flask, world: World, case: Case) -> None:
    first, second = case.tube(case.first), case.tube(case.second, tube_no="LJ-2")
    case.result(first, "positive")
    case.result(second, "positive", hour=19)
    case.result(second, "positive", stage="confirmation", hour=20)
    regulator, inspector = Reader.of(app, world.regulator), Reader.of(app, world.inspector)
    for reader in (regulator, inspector):
        page = reader.open("/")
        words = main(page)
        assert f'href="/tubes/{first["tube_id"]}/positive"' in page
        assert words.index("Tube LJ-2:") < words.index("Tube LJ-0001:"), "what is confirmed comes first"
        assert "destroy, return or recover them" in words
        assert "awaits the re-check of the same tube" in words
    listed = main(inspector.open("/tubes?positive=true"))
    assert "LJ-0001" in listed
    case.result(first, "negative", stage="recheck", hour=21)
    words = main(inspector.open("/"))
    assert "LJ-0001" not in words
    assert "LJ-0001" not in main(inspector.open("/tubes?positive=true"))
    body = {
        "zone_id": case.zone["zone_id"], "method": "incineration", "receiver": "示例处理厂", "receipt_no": "D-1",
        "witness": "王示例", "lines": [{"batch_id": case.second, "quantity_units": 60}],
    }  # fmt: skip
    case.merchant.post("/destructions", body, 201)
    assert "LJ-2" not in main(inspector.open("/")), "nothing of it is left"
    assert "LJ-2" in main(inspector.open("/tubes?positive=true")), "and it stays positive"


def test_a_positive_person_or_zone_is_named_locks_nothing_and_stays_until_a_negative(
    app: Flask, world: World, case: Case
) -> None:
    body = {"name": "赵示例", "post": "搬运工", "started_on": "2021-01-04"}
    person = case.merchant.post("/workers", body, 201)
    inspector, merchant = Reader.of(app, world.inspector), Reader.of(app, case.merchant)
    zone, now = case.zone["zone_id"], clock.now() + timedelta(seconds=1)
    with clock.simulated(now):
        who = tube(world, case.lab, "RY-1", worker_id=person["worker_id"])
        where = tube(world, case.lab, "HJ-1", zone_id=zone)
        report(case.lab, who, "positive")
        report(case.lab, where, "positive")
        report(case.lab, where, "positive", "confirmation")
        words = main(inspector.open(f"/tubes/{who['tube_id']}/positive"))
        for said in (
            "Preliminary positive: 赵示例 搬运工",
            "none are locked by it",
            "goes off work",
            "disease-control",
        ):
            assert said in words, said
        for wrong in ("Release", "Destroy", "Locked at every holder"):
            assert wrong not in words, wrong
        assert "Whole batch" not in main(inspector.open(f"/tubes/{who['tube_id']}"))
        page = inspector.open(f"/tubes/{where['tube_id']}/positive")
        words = main(page)
        for said in ("Confirmed positive: ", case.site["name"], "Disinfect the zone", "Goods that lie there now"):
            assert said in words, said
        assert f'href="/batches/{case.first}"' in page
        for reader in (inspector, merchant):
            words = main(reader.open("/sampling-due"))
            assert "Preliminary positive" in words
            assert "Confirmed positive" in words
        desk = main(inspector.open("/"))
        assert desk.index("HJ-1") < desk.index("RY-1")
        desk = main(merchant.open("/"))
        assert "Somebody who works here is positive: 搬运工" in desk
        assert "A zone is positive" in desk
    with clock.simulated(now + timedelta(days=2)):
        report(case.lab, tube(world, case.lab, "RY-2", 1, worker_id=person["worker_id"]), "negative")
        report(case.lab, tube(world, case.lab, "HJ-2", 1, zone_id=zone), "negative")
        for reader in (inspector, merchant):
            words = main(reader.open("/")) + main(reader.open("/sampling-due"))
            assert "ositive" not in words.replace("Positive results", "")


def test_a_positive_pool_of_people_is_no_positive_of_each(app: Flask, world: World, case: Case) -> None:
    people = [
        case.merchant.post("/workers", {"name": name, "post": "装卸工", "started_on": "2021-01-04"}, 201)
        for name in ("郑示例", "冯示例", "蒋示例")
    ]
    inspector, merchant = Reader.of(app, world.inspector), Reader.of(app, case.merchant)
    with clock.simulated(clock.now() + timedelta(seconds=1)):
        samples = [{"worker_id": each["worker_id"], "sample_site": "personnel"} for each in people]
        at = (clock.now() - timedelta(hours=3)).isoformat()
        body = {"tube_no": "RY-3", "lab": case.lab[0]["uscc"], "sampled_at": at, "samples": samples}
        made = dict(world.inspector.post("/tubes", body, 201))
        report(case.lab, made, "positive")
        follow_up, page = f"/tubes/{made['tube_id']}/positive", f"/tubes/{made['tube_id']}"
        pages = {path: main(inspector.open(path)) for path in (follow_up, page, "/", "/sampling-due")}
        pages |= {f"business {path}": main(merchant.open(path)) for path in ("/", "/sampling-due")}
        for where, words in pages.items():
            assert "Pool positive, awaits its re-check" in words, where
            assert "3 people in one tube" in words, where
            assert "Preliminary positive" not in words, where
        assert "here is positive" not in pages["business /"]
        assert "goes off work" in pages[follow_up]
        assert "Off work" in pages["business /"]
        report(case.lab, made, "positive", "recheck")
        assert "Pool positive on re-check" in main(inspector.open("/"))


def test_another_areas_positive_is_on_no_desk_here(app: Flask, world: World, case: Case) -> None:
    case.result(case.tube(case.first), "positive")
    elsewhere = Reader.of(app, world.people.inspector("511011"))
    assert "LJ-0001" not in elsewhere.open("/") + elsewhere.open("/tubes?positive=true")
