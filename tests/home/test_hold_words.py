"""R8: a locked batch says who locked it and since when, what ends it, what is still allowed, and whom to ask."""

from typing import Any

from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World
from tests.recall.test_sweep import announced, tasks


def _locked(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Goods under a notice, sealed in part and named by a tube, at a site of an office with a phone."""
    office = {"region_code": "230203", "name": "示例中华街所", "phone": "0452-1234567"}
    world.regulator.post("/offices", office, 201)
    owner = world.business()
    site = world.site(owner, office="示例中华街所")
    product = world.product(series="分割鸡")
    line = {"product_id": product["product_id"], "quantity_units": 60}
    made = world.arrival(owner, site, world.zone(site), [line])
    batch = made["batches"][0]
    recall = announced(world)
    task = tasks(world, recall)[0]["task_id"]
    seen = {"batch_id": batch["batch_id"], "examined_units": 60, "matched_units": 6, "disposition": "sealed"}
    world.inspector.post(f"/sweep-tasks/{task}/findings", {"outcome": "found", "lines": [seen]}, 201)
    return owner, batch


def _holds(reader: Reader, batch: dict[str, Any]) -> str:
    return reader.open(f"/batches/{batch['batch_id']}").partition('id="holds"')[2].partition("</section>")[0]


def test_each_lock_says_who_placed_it_and_what_ends_it(app: Flask, world: World) -> None:
    """A notice, a seal and a tube; a merchant reads of a re-check, nobody is left without whom to ask."""
    owner, batch = _locked(world)
    lab = world.lab()
    tube = world.tube(lab, [batch["batch_id"]])
    world.result(lab, tube, result="positive")
    merchant, officer = Reader.of(app, world.merchant(owner)), Reader.of(app, world.regulator)
    said = _holds(merchant, batch)
    for words in (
        "Locked by the market supervision of",
        "amended and names these goods no longer, or withdrawn",
        "Sealed by 示例中华街所, phone 0452-1234567.",
        "when officers take the seal off",
        f"when a re-check of tube {tube['tube_no']} is negative",
        "you send nothing in yourself",
        "Each lock ends with its own cause",
        "moving into a quarantine zone, returning, destroying, and confirming what is on the road",
        "Whom to ask: 示例中华街所, phone 0452-1234567",
    ):
        assert words in said, words
    assert said.count("since ") == 3
    assert "ositive" not in said
    told = _holds(officer, batch)
    assert "A decision to release is recorded with its reason." in told
    assert "you send nothing in yourself" not in told
    world.result(lab, tube, stage="recheck", result="positive")
    again = _holds(merchant, batch)
    assert f"when the confirmation of tube {tube['tube_no']} is negative" in again
    assert "ositive" not in again
    world.result(lab, tube, stage="confirmation", result="positive")
    assert "destroyed, returned abroad or recovered" in _holds(merchant, batch)


def test_in_chinese_and_without_an_office(app: Flask, world: World) -> None:
    """An office without a phone is named alone; a site of no office names none."""
    have = world.cleared(10, series="分割鸡")
    announced(world)
    said = _holds(Reader.of(app, world.merchant(have["owner"]), lang="zh_CN"), have["batch"])
    assert "由建华区市场监管部门按此通知锁定。" in said
    assert "通知更正后不再涉及这批货，或者通知撤回，锁定自动解除，不用申请。" in said
    assert "仍然可以：封存、检查、盘点" in said
    assert "有问题请问" not in said
    assert "每个锁定" not in said, "there is one only"
