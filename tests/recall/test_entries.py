"""Stock entries while a sweep runs: what had left is a line of it, what came back or moved is looked at (R8, R9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from coldchain.core import db
from coldchain.core.clock import now
from coldchain.ledger import check
from tests.factories.world import World
from tests.recall.test_late import at, lines
from tests.recall.test_sweep import announced


def entry(have: dict[str, Any], units: int, *, hours: int = 0, **more: Any) -> dict[str, Any]:
    """Return an entry about some units of a batch, some hours ago."""
    when = {"occurred_at": (now() - timedelta(hours=hours)).isoformat()} if hours else {}
    rows = [{"batch_id": have["batch"]["batch_id"], "quantity_units": units}]
    return {"zone_id": have["zone"]["zone_id"], "lines": rows} | when | more


def looked(world: World, recall: dict[str, Any], site: dict[str, Any]) -> None:
    """Find nothing at a site."""
    task = at(world, recall, site)
    world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "none_found"}, 201)
    assert at(world, recall, site)["state"] == "none_found"


def test_what_was_sold_and_used_before_is_told_to_the_sweep(world: World) -> None:
    have = world.cleared(100, series="分割鸡")
    recall, owner = announced(world), world.merchant(have["owner"])
    looked(world, recall, have["site"])
    owner.post("/sales", entry(have, 10), 409)
    sold = owner.post("/sales", entry(have, 10, hours=2), 201)
    used = owner.post("/uses", entry(have, 5, hours=1), 201)
    assert "late_under_recall" in {warning["code"] for warning in sold["warnings"]}
    told = lines(world, recall)
    assert {(line["subject_id"], line["quantity_units"]) for line in told} == {
        (sold["entry_id"], 10),
        (used["entry_id"], 5),
    }
    assert at(world, recall, have["site"])["state"] == "open", "somebody looks again where they left"
    stock = owner.get(f"/stock?batch_id={have['batch']['batch_id']}")["items"]
    assert [(row["quantity_units"], row["locked_units"]) for row in stock] == [(85, 85)]
    fix = {"reason": "少录了", "lines": entry(have, 12)["lines"]}
    owner.post(f"/stock-entries/{sold['entry_id']}/correct", fix, 201)
    assert sum(line["quantity_units"] for line in lines(world, recall)) == 17


def test_what_comes_back_or_is_set_apart_elsewhere_is_looked_at(world: World) -> None:
    have = world.cleared(100, series="分割鸡")
    owner = world.merchant(have["owner"])
    owner.post("/sales", entry(have, 30), 201)
    recall = announced(world)
    looked(world, recall, have["site"])
    owner.post("/recoveries", entry(have, 20, **{"from": "sold"}), 201)
    task = at(world, recall, have["site"])
    assert (task["state"], sum(row["quantity_units"] for row in task["expected"])) == ("open", 90)
    elsewhere = world.site(have["owner"])
    apart = world.zone(elsewhere, "quarantine")["zone_id"]
    owner.post("/relocations", entry(have, 40, to_zone_id=apart), 201)
    there = at(world, recall, elsewhere)
    assert (there["state"], [row["quantity_units"] for row in there["expected"]]) == ("open", [40])
    with db.transaction() as session:
        assert check.stock_from_movements(session) is None
        assert check.movements_from_journal(session) is None
