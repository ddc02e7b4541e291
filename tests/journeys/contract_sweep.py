"""The walk's fifth part: a recall from draft to report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys import contract_goods as goods
from tests.journeys.contract_client import BRIEF, OPTIONAL, Walk, expect, ident, query, same, shape
from tests.journeys.contract_register import product, site, zone
from tests.journeys.contract_trade import cleared, dispatch, held, lines

UNIT_G = 2000
KINDS = ["cold_store", "shop", "supermarket"]


def notice(walk: Walk, **fields: Any) -> dict[str, Any]:
    """Return the body of a recall of the walk's series."""
    return {
        "kind": "outbreak_sweep", "notice_no": f"协查-{walk.run}", "issuer": "走查市场监管局",
        "title": f"走查排查{walk.run}",
        "received_at": goods.now(minutes=5), "reason": "外包装阳性，走查用",
        "criterion": {"series": f"排查系列{walk.run}"},
        "blanket": {"region_code": walk.region, "site_kinds": KINDS}, "deadline_at": None,
    } | fields  # fmt: skip


def scene(walk: Walk) -> None:
    """100 units in the store, 20 at the buyer's, 10 on the road to its shop, 4 to no named shop; 50 of a tenant."""
    merchant, buyer, things = walk.people["M"], walk.people["B"], walk.things
    with walk.line("a third party's goods lie in another's store: account (owner, zone)"):
        things["wanted"] = product(walk, "走查分割鸡", series=f"排查系列{walk.run}")
        things["hot"] = batch = cleared(walk, 134, "wanted")
        line = [{"product_id": things["wanted"]["product_id"], "quantity_units": 50}]
        body = goods.arrival(walk, line, owner=things["S"]["uscc"])
        made = walk.people["R"].post("/arrivals", body, 201)
        things["tenant batch"] = made["batches"][0]["batch_id"]
        stock = walk.people["S"].get(f"/batches/{things['tenant batch']}")["stock"]
        same([row["owner"]["business_id"] for row in stock], [things["S"]["business_id"]], "owner")
        walk.people["S"].post("/arrivals", goods.arrival(walk, [line[0] | {"quantity_units": 1}]), 201)
    with walk.line("goods with the buyer, on the road to its shop, and to a buyer whose shop is not named"):
        given = merchant.post("/consignments", dispatch(walk, batch, 20), 201)["consignment_id"]
        receive = {"zone_id": things["counter"], "lines": lines(batch, 20)}
        buyer.post(f"/consignments/{given}/confirm", receive)
        merchant.post("/consignments", dispatch(walk, batch, 10), 201)  # its only site
        things["shop 2"] = site(walk, "B", kind="supermarket", name=f"走查二店{walk.run}")
        things["counter 2"] = zone(walk, things["shop 2"], "C2", "sale_counter")
        things["lost road"] = merchant.post("/consignments", dispatch(walk, batch, 4), 201)["consignment_id"]


def recall(walk: Walk) -> None:
    """Draft, matches, announcement."""
    regulator, things = walk.people["R"], walk.things
    with walk.line("POST /recalls (R) → 201 {recall_id, state: draft, version: 1}; not for I, M, L; bad ones refused"):
        for kind in ("assistance", "food_recall", "drill"):
            shape(regulator.post("/recalls", notice(walk, kind=kind), 201), {"state": "draft"})
        made = regulator.post("/recalls", notice(walk), 201)
        shape(made, {"recall_id": ident, "state": "draft", "version": 1})
        things["recall"] = made["recall_id"]
        for name in ("I", "M", "L", "admin"):
            walk.people[name].refused("/recalls", notice(walk), 403)
        wide = {
            "producer_ids": [things["producer"]], "plant_nos": ["SIF1"],
            "product_ids": [things["wanted"]["product_id"]],
            "series": "x", "product_name_contains": "鸡", "gtins": ["6901234567892"], "batch_nos": ["1588"],
            "production_date_from": "2020-01-01", "production_date_to": "2021-01-01", "origin_countries": ["BR"],
            "container_nos": ["CSQU3054383"], "customs_declaration_nos": ["190120211000042871"], "imported": True,
        }  # fmt: skip
        regulator.post("/recalls", notice(walk, criterion=wide), 201)
        for wrong in (
            {"criterion": {}}, {"criterion": {"colour": "red"}}, {"kind": "party"}, {"received_at": "2021-01-19"},
            {"received_at": "2099-01-01T00:00:00Z"}, {"blanket": {"region_code": "999999", "site_kinds": KINDS}},
            {"criterion": {"production_date_from": "2021-02-01", "production_date_to": "2021-01-01"}},
            {"blanket": {"region_code": walk.region, "site_kinds": ["moon"]}}, {"reason": "x" * 501},
        ):  # fmt: skip
            regulator.refused("/recalls", notice(walk, **wrong), (404, 422))
    address = f"/recalls/{things['recall']}"
    with walk.line("GET /recalls, /recalls/{id}: officers of the region; others 403/404"):
        shape(regulator.get(address), {"recall_id": ident, "criterion": dict, "notice_no": f"协查-{walk.run}"})
        expect(
            any(row["recall_id"] == things["recall"] for row in walk.people["I"].every("/recalls?state=draft")),
            "listed",
        )
        walk.people["elsewhere"].get(address, 404)
        for name in ("M", "S", "L"):
            walk.people[name].get(address, (403, 404))
    with walk.line("GET /recalls/{id}/matches before anything is announced; nothing is locked"):
        found = regulator.get(f"{address}/matches")
        same({row["batch_id"] for row in found["items"]} >= {things["hot"], things["tenant batch"]}, True, "matches")
        same(sum(row["quantity_units"] for row in found["items"]), 134 + 50 + 1, "units")
        same({locked for _, locked in held(walk, things["hot"]).values()}, {0}, "not locked yet")
    with walk.line("POST /recalls/{id}/announce (R) → counts, mass, tasks"):
        for name in ("I", "M", "L"):
            walk.people[name].refused(f"{address}/announce", {}, 403)
        walk.people["elsewhere"].refused(f"{address}/announce", {}, 404)
        registered = [row for row in regulator.every("/sites" + query(region_code=walk.region)) if row["kind"] in KINDS]
        told = regulator.post(f"{address}/announce", {})
        shape(told, {
            "state": "announced", "batches": 3, "sites_from_books": int, "sites_blanket": int, "businesses": 3,
            "mass_total_g": 185 * UNIT_G, "tasks": int,
        })  # fmt: skip
        things["told"], things["registered"] = told, registered
        regulator.refused(f"{address}/announce", {}, 409)
    with walk.line("… it locks at once, everywhere: store, buyer, road, tenant"):
        for batch in (things["hot"], things["tenant batch"]):
            for units, locked in held(walk, batch).values():
                same(locked, units, "locked")
        walk.people["M"].refused("/consignments", dispatch(walk, things["hot"], 1), 409, "locked")
        seen = walk.people["M"].get(f"/batches/{things['hot']}")
        shape(seen, {"restriction": "locked", "holds": [{"cause": {"kind": str}}]})
        code = seen["batch_code"]
        shown = walk.people["nobody"].get(f"//C/{code}", headers={"Accept": "application/json"})
        expect(shown["badge"] != "green", f"the public is told: {shown}")


def tasks(walk: Walk) -> None:
    """One task per site and recall; whoever is not in the register is found on foot."""
    inspector, things, told = walk.people["I"], walk.things, walk.things["told"]
    address = f"/recalls/{things['recall']}/tasks"
    with walk.line("GET /recalls/{id}/tasks: one per site, from the books or blanket, with what is expected"):
        found = inspector.every(address, limit=3)
        shape(
            found[0],
            {
                "task_id": ident,
                "origin": str,
                "business": lambda v: v is None or v["name"],
                "state": str,
                "expected": list,
            },
        )
        same(len(found), told["tasks"], "tasks")
        sites = [task["site_id"] for task in found if task["site_id"]]
        same(len(sites), len(set(sites)), "one per site")
        same(set(sites), {row["site_id"] for row in things["registered"]}, "every registered site of those kinds")
        books = {task["site_id"]: task for task in found if task["origin"] == "from_books"}
        same(set(books), {things["store"]["site_id"], things["shop"]["site_id"], None}, "sites that the books know")
        same(told["sites_from_books"] + told["sites_blanket"] >= len(sites), True, f"{told}")
        things["books"] = books
        for place, units in (("store", 100 + 50 + 1), ("shop", 20 + 10)):
            expected = books[things[place]["site_id"]]["expected"]
            same(sum(row["quantity_units"] for row in expected), units, place)
        same([row["batch_id"] for row in books[None]["expected"]], [things["hot"]], "on the road to no named site")
        shape(books[things["store"]["site_id"]], {"business": BRIEF, "state": "open"})
        things["blank"] = [task for task in found if task["origin"] == "blanket"]
    with walk.line("POST /recalls/{id}/tasks (I): a site found on foot, registered or not"):
        body = {"name": f"走查烤鸡架{walk.run}", "address": "示例路9号"}
        made = inspector.post(address, body, 201)
        shape(made, {"task_id": ident, "origin": "on_foot", "site_id": None, "state": "open"})
        things["on foot"] = made["task_id"]
        again = inspector.post(address, {"site_id": things["store"]["site_id"]}, (200, 201))
        same(again["task_id"], things["books"][things["store"]["site_id"]]["task_id"], "one task per site")
        for name in ("M", "L"):
            walk.people[name].refused(address, body, 403)
        walk.people["elsewhere"].refused(address, body, 404)
        inspector.refused(address, {"site_id": goods.NOWHERE}, (404, 422))
    with walk.line("stock that matches and is registered later is pulled in: locked, expected, a new site gets a task"):
        late = {"entry_mode": "existing_stock", "arrived_at": goods.now(days=20)}
        there = {"site_id": things["shop 2"]["site_id"], "owner": things["B"]["business_id"]}
        line = {"product_id": things["wanted"]["product_id"], "quantity_units": 7, "zone_id": things["counter 2"]}
        made = walk.people["B"].post("/arrivals", goods.arrival(walk, [line], **late, **there), 201)
        batch = made["batches"][0]["batch_id"]
        same(walk.people["B"].get(f"/batches/{batch}")["restriction"], "locked", "restriction")
        after = {task["site_id"]: task for task in inspector.every(address)}
        task = after[things["shop 2"]["site_id"]]
        same([row["quantity_units"] for row in task["expected"]], [7], "expected")
        things["late task"], things["late batch"] = task["task_id"], batch


def findings(walk: Walk) -> None:
    """What inspectors saw."""
    inspector, things = walk.people["I"], walk.things
    store = things["books"][things["store"]["site_id"]]["task_id"]
    shop = things["books"][things["shop"]["site_id"]]["task_id"]
    line = {
        "batch_id": things["hot"], "owner": things["M"]["uscc"], "zone_id": things["zone import_dedicated"],
        "examined_units": 90, "matched_units": 60, "mass_g": 180_000, "disposition": "sealed",
        "seal_no": f"JH-{walk.run}",
    }  # fmt: skip
    found = {
        "outcome": "found", "captured_at": goods.now(minutes=1), "lines": [line],
        "samples": [{"place": "走查市场", "round": 1, "pieces": 12}], "people_controlled": 3, "disinfected": True,
    }  # fmt: skip
    things["before findings"] = datetime.now(UTC).isoformat()
    with walk.line("POST /sweep-tasks/{id}/findings (I): bad ones are refused and change nothing"):
        for wrong in (
            {"outcome": "lost"}, {"lines": [line | {"matched_units": 91}]}, {"lines": [line | {"examined_units": -1}]},
            {"lines": [line | {"disposition": "eaten"}]}, {"lines": [line | {"mass_g": 10**30}]},
            {"people_controlled": -1},
            {"lines": [line | {"product_id": things["wanted"]["product_id"]}]}, {"captured_at": "2099-01-01T00:00:00Z"},
            {"lines": [{k: v for k, v in line.items() if k != "batch_id"}]},
            {"lines": [line | {"batch_id": goods.NOWHERE}]},
            {"samples": [{"place": "x", "round": 0, "pieces": 1}]}, {"samples": [{"place": "x", "round": 1,
            "pieces": 0}]},
        ):  # fmt: skip
            inspector.refused(f"/sweep-tasks/{store}/findings", found | wrong, (404, 422))
        for name in ("M", "L"):
            walk.people[name].refused(f"/sweep-tasks/{store}/findings", found, 403)
        walk.people["elsewhere"].refused(f"/sweep-tasks/{store}/findings", found, 404)
        inspector.refused(f"/sweep-tasks/{goods.NOWHERE}/findings", found, 404)
        same(_report(walk)["figures"]["sites_checked"], 0, "nothing checked")
    with walk.line("… found (by batch, product, unlisted), none_found, closed, unreachable, refused"):
        things["first finding"] = inspector.post(f"/sweep-tasks/{store}/findings", found, 201)
        shape(things["first finding"], {"finding_id": ident, "outcome": "found"})
        none = {
            "outcome": "none_found",
            "samples": [{"place": "走查超市", "round": 1, "pieces": 8}],
            "people_controlled": 2,
        }
        inspector.post(f"/sweep-tasks/{shop}/findings", none, 201)
        unlisted = {
            "unlisted": {"name": "分割鸡", "producer": "走查厂", "production_date": "2021-01-01", "batch_no": "1588"},
            "examined_units": 5, "matched_units": 5, "mass_g": None, "disposition": "taken_off",
        }  # fmt: skip
        inspector.post(f"/sweep-tasks/{things['on foot']}/findings", {"outcome": "found", "lines": [unlisted]}, 201)
        for task, outcome in zip(things["blank"], ("closed", "unreachable", "refused"), strict=False):
            inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": outcome}, 201)
        by_product = {
            "product_id": things["wanted"]["product_id"],
            "examined_units": 7,
            "matched_units": 7,
            "mass_g": 14_000,
        }
        body = {"outcome": "found", "lines": [by_product | {"disposition": "left"}]}
        inspector.post(f"/sweep-tasks/{things['late task']}/findings", body, 201)
        states = {task["task_id"]: task["state"] for task in inspector.every(f"/recalls/{things['recall']}/tasks")}
        same((states[store], states[shop], states[things["on foot"]]), ("found", "none_found", "found"), "states")
    with walk.line("the strongest restriction is shown: sealed over locked"):
        same(walk.people["M"].get(f"/batches/{things['hot']}")["restriction"], "sealed", "restriction")
    with walk.line("stock pulled in later reopens the task"):
        late = [{"product_id": things["wanted"]["product_id"], "quantity_units": 3}]
        again = {"entry_mode": "existing_stock", "arrived_at": goods.now(days=2)}
        walk.people["M"].post("/arrivals", goods.arrival(walk, late, **again), 201)
        task = next(t for t in inspector.every(f"/recalls/{things['recall']}/tasks") if t["task_id"] == store)
        same(task["state"], "open", "state")
        same(sum(row["quantity_units"] for row in task["expected"]), 100 + 50 + 1 + 3, "expected")
        inspector.post(f"/sweep-tasks/{store}/findings", found, 201)


def _report(walk: Walk, as_of: str | None = None, status: int = 200) -> Any:
    return walk.people["R"].get(f"/recalls/{walk.things['recall']}/report" + query(as_of=as_of), status)


def samples(walk: Walk) -> None:
    """Samples by place and round."""
    things = walk.things
    address = f"/recalls/{things['recall']}/sample-results"
    shop = things["books"][things["shop"]["site_id"]]["task_id"]

    def move(name: str, status: int, **fields: Any) -> None:
        body = {"round": 1, "pieces": 1, "state": "sent", "occurred_at": goods.now()} | fields
        walk.people[name].post(address, body, status)

    def now_are() -> dict[tuple[str, str], int]:
        rows = _report(walk)["figures"]["samples"]
        shape({"rows": rows}, {"rows": [{"round": 1, "place": str, "pieces": int, "state": str}]})
        return {(row["place"], row["state"]): row["pieces"] for row in rows}

    with walk.line("POST /recalls/{id}/sample-results (R I L): taken → sent → negative | positive, each piece once"):
        same(now_are(), {("走查市场", "taken"): 12, ("走查超市", "taken"): 8}, "as taken")
        move("I", 201, place="走查市场", pieces=12)
        move("L", 201, place="走查市场", pieces=9, state="negative")
        move("R", 201, place="走查市场", pieces=1, state="positive")
        move("I", 201, task_ids=[shop], pieces=8, state="negative")
        wanted = {
            ("走查市场", "sent"): 2,
            ("走查市场", "negative"): 9,
            ("走查市场", "positive"): 1,
            ("走查超市", "negative"): 8,
        }
        same(now_are(), wanted, "after")
    with walk.line("… more than there are → 422; nowhere, both, neither, other rounds refused"):
        move("I", 422, place="走查市场", pieces=3, state="negative")
        move("I", 422, place="没有这里")
        move("I", 422, place="走查市场", task_ids=[shop])
        move("I", 422)
        move("I", 422, place="走查市场", round=2)
        move("I", 422, place="走查市场", state="taken")
        move("M", 403, place="走查市场")
        move("elsewhere", 404, place="走查市场")
        same(now_are(), wanted, "unchanged")


def report(walk: Walk) -> None:
    """What was known when."""
    things = walk.things
    due = len(walk.people["I"].every(f"/recalls/{things['recall']}/tasks"))
    with walk.line("GET /recalls/{id}/report: figures of the latest findings, texts in both languages"):
        told = _report(walk)
        outcomes = min(3, len(things["blank"]))
        shape(told, {"text_zh": str, "text_en": str, "figures": {
            "sites_due": due, "sites_checked": 4, "sites_found": 3, "sites_none": 1, "sites_open": due - 4,
            "sealed_mass_g": 60 * UNIT_G, "examined_mass_g": 180_000 + 14_000, "sites_weighed": 2,
            "people_controlled": 5, "locked_mass_g": (185 + 7 + 3 - 60) * UNIT_G, "samples": list,
        }})  # fmt: skip
        same(outcomes, 3, "closed, unreachable and refused sites of this walk")
        for word in ("应查", "已查", "发现", "查无", "未查", f"{due}"):
            expect(word in told["text_zh"], f"{word} in {told['text_zh']}")
        expect(told["text_en"].strip() and f"{due}" in told["text_en"], told["text_en"])
    with walk.line("… as_of: recorded_at ≤ as_of, inclusive; before the recall → 404; in the future → 422"):
        before = _report(walk, things["before findings"])["figures"]
        same((before["sites_checked"], before["people_controlled"], before["samples"]), (0, 0, []), "before")
        at = things["first finding"]["recorded_at"]
        first = _report(walk, at)["figures"]
        same((first["sites_found"], first["people_controlled"], first["sites_weighed"]), (1, 3, 1), "at that instant")
        just = (datetime.fromisoformat(at) - timedelta(microseconds=1)).isoformat()
        same(_report(walk, just)["figures"]["sites_found"], 0, "an instant before")
        _report(walk, "2021-01-01T00:00:00Z", 404)
        _report(walk, (datetime.now(UTC) + timedelta(hours=1)).isoformat(), 422)
        _report(walk, "yesterday", 422)
        _report(walk, "2026-01-19T19:00:00", 422)
        walk.people["M"].get(f"/recalls/{things['recall']}/report", (403, 404))
        walk.people["elsewhere"].get(f"/recalls/{things['recall']}/report", 404)


def finding_things(walk: Walk) -> None:
    """One search for everything."""
    regulator, things = walk.people["R"], walk.things
    hot = regulator.get(f"/batches/{things['batches'][0]}")
    with walk.line("GET /search?q=: batches, businesses, products, producers, documents, codes, recalls"):

        def ids(person: str, words: str) -> set[str]:
            rows = walk.people[person].every("/search" + query(q=words))
            return {value for row in rows for name, value in row.items() if name == "id" or name.endswith("_id")} - {
                None
            }

        batch, made = things["batches"][0], things["arrival"]["arrival_id"]
        for words, wanted in (
            (hot["batch_code"], batch), (f"B-{walk.run}", batch), (f"走查冻鸡翅 {walk.run}", batch),
            (f"走查冻鸡翅 {walk.run}", things["chicken"]["product_id"]), (f"走查禽业 {walk.run}", things["producer"]),
            (f"走查禽业 B-{walk.run}", batch), (f"{things['M']['name']} B-{walk.run}", batch), (things["M"]["uscc"],
            things["M"]["business_id"]),
            (things["M"]["name"], things["M"]["business_id"]), (f"走查排查{walk.run}", things["recall"]),
            (f"协查-{walk.run}", things["recall"]), (f"CSQU3054383 B-{walk.run}", batch),
            (f"190120211000042871 B-{walk.run}", batch),
        ):  # fmt: skip
            expect(wanted in ids("R", words), f"{words!r} does not find {wanted}")
        rows = regulator.every("/search" + query(q="190120211000042871", kind="document"))
        shape({"rows": rows}, {"rows": [{"kind": "document", "id": ident, "title": str}]})
        expect(rows and made, "documents")
    with walk.line("… all terms must match; nobody finds another's goods; bad queries refused"):
        same(ids("R", f"B-{walk.run} 没有这个词"), set(), "all terms")
        for name in ("S", "elsewhere"):
            expect(things["batches"][0] not in ids(name, f"B-{walk.run}"), f"{name} finds it")
        expect(things["recall"] not in ids("M", f"走查排查{walk.run}"), "a merchant finds the recall")
        for bad in ("", "?q=", "?q=" + "a" * 500, "?q=a&kind=moon", "?q=%00", "?query=a"):
            regulator.get(f"/search{bad}", 422)
        for odd in ("%", "_", "'", '"', "\\", "(((", "🐔", "a" * 200, "鸡" * 60, "*:*", "--", "ﷺ", "e\u0301"):
            shape(regulator.get("/search" + query(q=odd)), {"items": list, "next": OPTIONAL})
