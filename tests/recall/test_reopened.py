"""What is said of sites that were looked at: more goods came since, or the books hold what nobody saw there (R9)."""

from typing import Any

from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World
from tests.recall.test_sweep import announced, report, tasks


def _found(world: World, task: dict[str, Any], batch_id: str, units: int, **more: Any) -> None:
    line = {
        "batch_id": batch_id, "examined_units": units, "matched_units": units, "mass_g": units * 2000,
        "disposition": "sealed", "seal_no": "JH-1",
    } | more  # fmt: skip
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "found", "lines": [line]}, 201)


def test_what_comes_after_a_seal_makes_no_bulletin_untrue(app: Flask, world: World) -> None:
    """The task is open again and the site is neither 未到 nor one where nothing matched; every page says the same."""
    have = world.cleared(100, series="分割鸡")
    recall = announced(world)
    task = tasks(world, recall)[0]
    _found(world, task, have["batch"]["batch_id"], 100)
    line = {"product_id": have["product"]["product_id"], "quantity_units": 7}
    world.arrival(have["owner"], have["site"], have["zone"], [line])
    assert tasks(world, recall)[0]["state"] == "open"
    told = report(world, recall)
    figures = told["figures"]
    assert (figures["sites_due"], figures["sites_checked"], figures["sites_open"]) == (1, 0, 1)
    assert (figures["sites_reopened"], figures["sites_reopened_found"], figures["sites_not_reached_yet"]) == (1, 1, 0)
    assert figures["sealed_mass_g"] == 200_000
    assert "未查1家（已查过、又有货待查1家）" in told["text_zh"]
    assert "发现产品200公斤（1家中的1家），其中1家又有货待查，已全部现场封存" in told["text_zh"]
    assert "没有相符" not in told["text_zh"]
    assert "未到" not in told["text_zh"]
    assert "looked at, more goods came since 1" in told["text_en"]
    assert "Found 200 kg at 1 of 1 site; to 1 of them more goods came since" in told["text_en"]
    assert "nothing matched" not in told["text_en"]
    regulator, inspector = (Reader.of(app, who, lang="zh_CN") for who in (world.regulator, world.inspector))
    here = f"/recalls/{recall['recall_id']}"
    board = regulator.open(here)
    assert board.count("已查过、又有货待查 1") == 2, "the tile and the table of offices"
    for page in (board, regulator.open(f"{here}/route"), inspector.open("/"), inspector.open(f"{here}?state=open"),
                 inspector.open(f"/sweep-tasks/{task['task_id']}")):  # fmt: skip
        assert "已查过，又有货待查" in page
        assert "未到 1" not in page
    desk = regulator.open("/")
    assert "已查过、又有货待查 1" in desk
    assert "1 家待现场封存，共 14" in desk, "what was sealed before doesn't wait to be sealed"
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "closed"}, 201)
    told = report(world, recall)
    assert "先前有1家发现过相符的货" in told["text_zh"]
    assert "没有发现相符" not in told["text_zh"]


def test_what_a_checked_site_lacks_is_not_called_unlooked_at(app: Flask, world: World) -> None:
    """Fewer than in the books, then none: in the books and not seen there. What was seen and left was seen."""
    have = world.cleared(100, series="分割鸡")
    recall = announced(world)
    reader = Reader.of(app, world.regulator, lang="zh_CN")
    here = f"/recalls/{recall['recall_id']}"
    assert "货还没有人看过" in reader.open(here)
    task = tasks(world, recall)[0]
    for body, unseen in (
        ({"outcome": "none_found"}, 200_000),
        ({"units": 60}, 80_000),
        ({"units": 100, "disposition": "left", "seal_no": None}, 0),
    ):
        if "units" in body:
            _found(world, task, have["batch"]["batch_id"], **body)
        else:
            world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", body, 201)
        told = report(world, recall)
        figures = told["figures"]
        assert (figures["unseen_mass_g"], figures["sites_unseen"]) == (unseen, int(unseen > 0))
        assert figures["sites_locked_unchecked"] == 0
        board = reader.open(here)
        assert "货还没有人看过" not in board
        assert ("账上有、现场没有见到" in board) == ("现场没有见到" in told["text_zh"]) == bool(unseen)
        assert ("was not seen there" in told["text_en"]) == bool(unseen)
