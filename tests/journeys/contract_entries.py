"""The walk's part on stock entries: sales, uses, losses, moves, owners, openings, counts, returns, corrections."""

from __future__ import annotations

from typing import Any

from tests.journeys import contract_goods as goods
from tests.journeys.contract_client import BRIEF, OPTIONAL, Person, Walk, expect, ident, query, same, shape
from tests.journeys.contract_trade import JSON, body_of, cleared, held, lines, together

MADE = {
    "entry_id": ident, "entry_no": str, "kind": str, "late": bool, "warnings": list, "flags": list, "owner": BRIEF,
    "lines": [{"batch_id": ident, "quantity_units": int, "current_units": int}],
}  # fmt: skip
PROOF = {"method": "incineration", "receiver": "走查无害化厂", "receipt_no": "W-1", "witness": "王示例"}


def entry(walk: Walk, batch: str, units: int, **fields: Any) -> dict[str, Any]:
    """Return the body of an entry about goods in the merchant's store."""
    return {"zone_id": walk.things["zone import_dedicated"], "lines": lines(batch, units)} | fields


def free(walk: Walk, batch: str, zone: str = "zone import_dedicated") -> tuple[int, int]:
    """Return units and locked units of the merchant's in a zone."""
    return held(walk, batch)[walk.things["M"]["business_id"], walk.things[zone]]


def each_kind(walk: Walk) -> None:
    """Every route records, moves what it says, and can be read back."""
    merchant, things = walk.people["M"], walk.things
    batch = things["entered"] = cleared(walk, 100)
    quarantine, buyer = things["zone quarantine"], things["B"]["uscc"]
    counted = {"lines": [{"batch_id": batch, "quantity_units": 50, "reason": "少了"}]}
    for path, kind, body, left in (
        ("/sales", "sale", entry(walk, batch, 10), 90),
        ("/uses", "use", entry(walk, batch, 1), 89),
        ("/losses", "loss", entry(walk, batch, 1, reason="破损"), 88),
        ("/relocations", "relocation", entry(walk, batch, 10, to_zone_id=quarantine), 78),
        ("/owner-changes", "owner_change", entry(walk, batch, 10, to_owner=buyer), 68),
        ("/openings", "opening", entry(walk, batch, 6), 68),
        ("/destructions", "destruction", entry(walk, batch, 5, **PROOF), 63),
        ("/returns", "return", entry(walk, batch, 5, to={"name": "走查外贸", "country": "BR"}, receipt_no="T-1"), 58),
        ("/recoveries", "recovery", entry(walk, batch, 4, **{"from": "sold"}), 62),
        ("/stocktakes", "stocktake", entry(walk, batch, 1) | counted, 50),
    ):
        with walk.line(f"POST {path} (M) {{zone_id, owner?, occurred_at?, lines, reason?}} → 201; stock follows"):
            made = merchant.post(path, body, 201)
            shape(made, MADE | {"kind": kind, "late": False})
            same(free(walk, batch)[0], left, "units left")
            read = merchant.get(f"/stock-entries/{made['entry_id']}")
            same(read["entry_no"], made["entry_no"], "entry_no")
            things[f"entry {kind}"] = made["entry_id"]
    with walk.line("GET /stock-entries: filters by kind, batch, site, business; newest first"):
        listed = merchant.every("/stock-entries" + query(batch_id=batch))
        same([item["kind"] for item in listed][-2:], ["use", "sale"], "order")
        same(len(merchant.every("/stock-entries" + query(batch_id=batch, kind="sale"))), 1, "by kind")
        same(len(merchant.every("/stock-entries" + query(batch_id=batch, business=buyer))), 1, "by business")
        site = things["store"]["site_id"]
        same(len(walk.people["R"].every("/stock-entries" + query(batch_id=batch, site_id=site))), 10, "by site")
        shape(merchant.get("/stock-entries"), {"items": [{"entry_id": ident, "line_count": int}], "next": OPTIONAL})
        merchant.get("/stock-entries?kind=eaten", 422)


def refusals(walk: Walk) -> None:
    """What entries are refused, with which codes."""
    merchant, things = walk.people["M"], walk.things
    batch, ice = cleared(walk, 60), things["batches"][1]
    with walk.line("entries: 409 gate_refused (sale, use, owner change), insufficient_stock; nothing is half done"):
        for path, more in (("/sales", {}), ("/uses", {}), ("/owner-changes", {"to_owner": things["B"]["uscc"]})):
            refused = merchant.refused(path, entry(walk, ice, 1, **more), 409, "gate_refused")
            expect("missing" in refused, "says what is missing")
        merchant.refused("/sales", entry(walk, batch, 61), 409, "insufficient_stock")
        both = entry(walk, batch, 1, lines=lines(batch, 1) + lines(ice, 1))
        merchant.refused("/sales", both, 409, "gate_refused")
        same(free(walk, batch), (60, 0), "nothing left")
    with walk.line("R4: 409 zone_not_dedicated, zone_too_warm; openings in whole pieces: 422 not_whole_pieces"):
        general = entry(walk, batch, 1, to_zone_id=things["zone general"])
        merchant.refused("/relocations", general, 409, "zone_not_dedicated")
        address = f"/sites/{things['store']['site_id']}/zones"
        warm = {"code": f"W{walk.run}", "kind": "import_dedicated", "temperature_class": "chilled"}
        chilled = merchant.post(address, warm, 201)["zone_id"]
        merchant.refused("/relocations", entry(walk, batch, 1, to_zone_id=chilled), 409, "zone_too_warm")
        merchant.refused("/openings", entry(walk, batch, 1), 422, "not_whole_pieces")
    with walk.line("entries: 404 for what one may not see, 403 for who has no such right, 422 for what can't be"):
        for name, status in (("S", 404), ("B", 404), ("elsewhere", 404), ("L", 403), ("admin", 403), ("nobody", 401)):
            walk.people[name].refused("/sales", entry(walk, batch, 1, owner=things["M"]["uscc"]), status)
        for wrong in (
            {"lines": []}, {"lines": lines(batch, 0)}, {"lines": lines(batch, -1)}, {"lines": lines(batch, 10**30)},
            {"lines": lines(goods.NOWHERE, 1)}, {"lines": lines(batch, 1) * 2}, {"zone_id": goods.NOWHERE},
            {"occurred_at": "2099-01-01T00:00:00Z"}, {"colour": "red"}, {"lines": lines(batch, 1) * 501},
        ):  # fmt: skip
            merchant.refused("/sales", entry(walk, batch, 1) | wrong, (404, 422))
        same(free(walk, batch), (60, 0), "nothing left")
    with walk.line("an officer of the region enters for the owner: on_behalf_of; the same key is the same entry"):
        made = walk.people["I"].post("/uses", entry(walk, batch, 1, owner=things["M"]["uscc"]), 201)
        same(made["on_behalf_of"], things["M"]["business_id"], "on_behalf_of")
        first = merchant.post("/sales", entry(walk, batch, 2), 201, key=f"sale-{walk.run}")
        same(merchant.post("/sales", entry(walk, batch, 2), 201, key=f"sale-{walk.run}"), first, "again")
        merchant.refused("/sales", entry(walk, batch, 0), 422)
        same(free(walk, batch), (57, 0), "once")
    with walk.line("64 sales from a stock of 57 at once: never oversold, never a 5xx"):
        body = body_of(entry(walk, batch, 2))
        codes = together(64, lambda _: merchant.send("POST", "/sales", body, JSON).status)
        same(set(codes) <= {201, 409, 429}, True, f"{sorted(set(codes))}")
        same((codes.count(201), free(walk, batch)[0]), (28, 1), "28 × 2 leave 1")


def late_facts(walk: Walk) -> None:
    """What already happened is accepted under a lock, what is intended is not."""
    merchant, lab, things = walk.people["M"], walk.people["L"], walk.things
    batch = cleared(walk, 100)
    hour = goods.now(hours=1)
    pool = lab.post("/tubes", goods.tube(walk, goods.whole(batch)), 201)
    lab.post(f"/tubes/{pool['tube_id']}/results", goods.result(walk, "positive"), 201)
    with walk.line("under a lock: sale, use, opening, owner change, relocation → 409 locked, back-dated or not"):
        same(free(walk, batch), (100, 100), "locked")
        for path, more in (
            ("/sales", {}), ("/uses", {}), ("/openings", {}), ("/openings", {"occurred_at": hour}),
            ("/owner-changes", {"to_owner": things["B"]["uscc"], "occurred_at": hour}),
            ("/relocations", {"to_zone_id": things["zone sale_counter"], "occurred_at": hour}),
        ):  # fmt: skip
            merchant.refused(path, entry(walk, batch, 6, **more), 409, "locked")
    with walk.line("under a lock: into quarantine, destruction with its papers, a loss, a count are recorded"):
        merchant.post("/relocations", entry(walk, batch, 20, to_zone_id=things["zone quarantine"]), 201)
        same(free(walk, batch, "zone quarantine"), (20, 20), "the lock went along")
        merchant.refused("/destructions", entry(walk, batch, 10), 422, "required")
        merchant.post("/destructions", entry(walk, batch, 10, **PROOF), 201)
        same(
            merchant.post("/losses", entry(walk, batch, 1, reason="断电"), 201)["flags"], ["count_under_lock"], "flags"
        )
        counted = [{"batch_id": batch, "quantity_units": 68, "reason": "少一盒"}]
        made = merchant.post("/stocktakes", entry(walk, batch, 1, lines=counted), 201)
        same(made["flags"], ["count_differs", "count_under_lock"], "flags")
        same(free(walk, batch), (68, 68), "still locked")
    with walk.line("a sale or use of over 15 minutes ago is a late fact: its own time, late, officers flagged"):
        for path in ("/sales", "/uses"):
            made = merchant.post(path, entry(walk, batch, 4, occurred_at=hour), 201)
            shape(made, MADE | {"late": True, "flags": lambda told: "late_under_lock" in told})
        same(free(walk, batch), (60, 60), "left and still locked")
        flagged = walk.people["R"].every("/flags" + query(batch_id=batch, kind="late_under_lock"))
        same(len(flagged), 2, "flags for officers")
    with walk.line("not before the goods were there: 422 before_intake"):
        early = entry(walk, batch, 1, occurred_at="2021-01-09T00:00:00+08:00")
        merchant.refused("/sales", early, 422, "before_intake")


def corrections(walk: Walk) -> None:
    """Corrections name what they correct; the corrected figure is shown, the history stays."""
    merchant, batch = walk.people["M"], cleared(walk, 60)
    with walk.line("POST /stock-entries/{id}/correct {reason, lines}: less, more, back again; history stays"):
        sold = merchant.post("/sales", entry(walk, batch, 20), 201)
        address = f"/stock-entries/{sold['entry_id']}"
        for right in (5, 30, 0):
            made = merchant.post(f"{address}/correct", {"reason": "录错", "lines": lines(batch, right)}, 201)
            shape(made, {"kind": "correction", "corrects_id": sold["entry_id"]})
            same(free(walk, batch)[0], 60 - right, "stock")
        shown = merchant.get(address)
        same([(row["quantity_units"], row["current_units"]) for row in shown["lines"]], [(20, 0)], "line")
        same(len(shown["corrections"]), 3, "corrections")
    with walk.line("corrections refused: no reason, nothing new, another batch, too much, of a correction, strangers"):
        right = {"reason": "录错", "lines": lines(batch, 1)}
        merchant.refused(f"{address}/correct", right | {"reason": None}, 422, None, "/reason")
        merchant.refused(f"{address}/correct", right | {"lines": lines(batch, 0)}, 422, "nothing_changed")
        merchant.refused(f"{address}/correct", right | {"lines": lines(goods.NOWHERE, 1)}, 422, "not_in_entry")
        merchant.refused(f"{address}/correct", right | {"lines": lines(batch, 61)}, 409, "insufficient_stock")
        merchant.refused(f"/stock-entries/{made['entry_id']}/correct", right, 409, "not_correctable")
        strangers: tuple[tuple[Person, int], ...] = (
            (walk.people["S"], 404), (walk.people["elsewhere"], 404), (walk.people["L"], 403), (walk.people["I"], 403),
        )  # fmt: skip
        for person, status in strangers:
            person.refused(f"{address}/correct", right, status)
        same(free(walk, batch)[0], 60, "nothing half done")
