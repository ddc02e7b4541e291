"""The walk's fourth part: dispatch, confirm, reject, stock, and a positive result."""

from __future__ import annotations

import threading
from typing import Any

from tests.journeys import contract_goods as goods
from tests.journeys.contract_client import BRIEF, OPTIONAL, Walk, expect, ident, query, same, shape
from tests.journeys.contract_register import site, zone


def dispatch(walk: Walk, batch: str, units: int, **fields: Any) -> dict[str, Any]:
    """Return the body of a dispatch from the merchant's store to the buyer."""
    return {
        "from_zone_id": walk.things["zone import_dedicated"], "to": {"business": walk.things["B"]["uscc"]},
        "handover": "await_confirmation", "vehicle_plate": "黑B54321", "driver": {"name": "钱示例",
        "phone": "13700000000"},
        "lines": [{"batch_id": batch, "quantity_units": units}],
    } | fields  # fmt: skip


def lines(batch: str, units: int) -> list[dict[str, Any]]:
    """Return one line."""
    return [{"batch_id": batch, "quantity_units": units}]


def held(walk: Walk, batch: str) -> dict[tuple[str, str | None], tuple[int, int]]:
    """Return {(owner, zone): (units, locked units)} of a batch's stock."""
    rows = walk.people["R"].every("/stock" + query(batch_id=batch))
    return {(row["owner"]["business_id"], row["zone_id"]): (row["quantity_units"], row["locked_units"]) for row in rows}


def dispatches(walk: Walk) -> None:
    """Goods leave."""
    merchant, things = walk.people["M"], walk.things
    chicken, ice, _ = things["batches"]
    owner, store = things["M"]["business_id"], things["zone import_dedicated"]
    with walk.line("the buyer's site and counter"):
        things["shop"] = site(walk, "B", kind="shop", name=f"走查冻品店{walk.run}")
        things["counter"] = zone(walk, things["shop"], "C1", "sale_counter")
    with walk.line("POST /consignments (M): 201 in_transit; stock shows the road as {zone_id: null, consignment_id}"):
        sent = merchant.post("/consignments", dispatch(walk, chicken, 100), 201)
        shape(sent, {"consignment_id": ident, "state": "in_transit"})
        things["sent"] = sent["consignment_id"]
        rows = merchant.every("/stock" + query(batch_id=chicken))
        road = next(row for row in rows if row["zone_id"] is None)
        shape(
            road,
            {
                "consignment_id": things["sent"],
                "quantity_units": 100,
                "locked_units": 0,
                "site_id": things["shop"]["site_id"],
            },
        )
        same({row["zone_id"]: row["quantity_units"] for row in rows}, {store: 500, None: 100}, "stock")
        stock = merchant.get(f"/batches/{chicken}")["stock"]
        expect(
            {(row["zone_id"], row["consignment_id"]) for row in stock} >= {(None, things["sent"])}, "in the batch too"
        )
    with walk.line("409 gate_refused (with what is missing), insufficient_stock; nothing is half done"):
        refused = merchant.refused("/consignments", dispatch(walk, ice, 1), 409, "gate_refused")
        expect("missing" in str(refused), f"says what is missing: {refused}")
        merchant.refused("/consignments", dispatch(walk, chicken, 501), 409, "insufficient_stock")
        both = lines(chicken, 1) + lines(ice, 1)
        merchant.refused("/consignments", dispatch(walk, chicken, 1, lines=both), 409, "gate_refused")
        same(held(walk, chicken)[owner, store], (500, 0), "nothing left")
    with walk.line("bad dispatches → 422/404: no line, twice, 0, huge, strangers' batch, zone, site, both receivers"):
        for wrong in (
            {"lines": []}, {"lines": lines(chicken, 0)}, {"lines": lines(chicken, -1)}, {"lines": lines(chicken,
            10**30)},
            {"lines": lines(goods.NOWHERE, 1)}, {"from_zone_id": things["counter"]}, {"from_zone_id": goods.NOWHERE},
            {"to_site_id": things["store"]["site_id"]}, {"handover": "by_owl"}, {"to": {}},
            {"to": {"name": "只有名字"}},
            {"to": {"business": things["B"]["uscc"], "name": "x", "phone": "1"}},
            {"occurred_at": "2099-01-01T00:00:00Z"},
            {"to": {"business": "91350100M000100Y43"}},
        ):  # fmt: skip
            merchant.refused("/consignments", dispatch(walk, chicken, 1) | wrong, (404, 422))
        for name, status in (("S", 404), ("B", 404), ("elsewhere", 404), ("I", 403), ("L", 403)):
            walk.people[name].refused("/consignments", dispatch(walk, chicken, 1, owner=things["M"]["uscc"]), status)
        same(held(walk, chicken)[owner, store], (500, 0), "nothing left")
    with walk.line("signed_in_person with occurred_at over 15 minutes ago → 201 late:true; now → signed"):
        late = {"handover": "signed_in_person", "occurred_at": goods.now(minutes=20)}
        shape(merchant.post("/consignments", dispatch(walk, chicken, 1) | late, 201), {"late": True, "state": "signed"})
        fresh = {"handover": "signed_in_person", "occurred_at": goods.now(minutes=2)}
        made = merchant.post("/consignments", dispatch(walk, chicken, 10) | fresh, 201)
        seen = merchant.get(f"/consignments/{made['consignment_id']}")
        expect(seen["state"] in {"in_transit", "signed"}, seen["state"])
    with walk.line("to a name and a phone"):
        person = {"to": {"name": "孙示例", "phone": "13600000000", "address": "示例路7号"}}
        made = merchant.post("/consignments", dispatch(walk, chicken, 5) | person, 201)
        shape(merchant.get(f"/consignments/{made['consignment_id']}")["to"], {"name": "孙示例", "phone": "13600000000"})
    with walk.line("an officer dispatches for the owner: on_behalf_of"):
        made = walk.people["R"].post("/consignments", dispatch(walk, chicken, 5, owner=things["M"]["business_id"]), 201)
        shown = walk.people["R"].get(f"/consignments/{made['consignment_id']}")
        same(shown["on_behalf_of"], things["M"]["business_id"], "on_behalf_of")


def answers(walk: Walk) -> None:
    """The buyer answers."""
    merchant, buyer, things = walk.people["M"], walk.people["B"], walk.things
    chicken = things["batches"][0]
    owner, shop, store = things["M"]["business_id"], things["B"]["business_id"], things["zone import_dedicated"]
    address = f"/consignments/{things['sent']}"
    body = {"zone_id": things["counter"], "lines": lines(chicken, 100)}
    with walk.line("GET /consignments/{id}: both parties and officers; 404 for others"):
        for name in ("M", "B", "R", "I", "admin"):
            shape(
                walk.people[name].get(address),
                {"consignment_id": ident, "state": "in_transit", "owner": BRIEF, "lines": list},
            )
        for name in ("S", "elsewhere"):
            walk.people[name].get(address, 404)
    with walk.line("confirm is the buyer's: others 403/404, wrong zone, batch or quantity refused"):
        for name, status in (("M", (403, 404)), ("S", 404), ("I", 403), ("L", 403)):
            walk.people[name].refused(f"{address}/confirm", body, status)
        for wrong in (
            {"zone_id": store}, {"zone_id": goods.NOWHERE}, {"lines": []}, {"lines": lines(goods.NOWHERE, 1)},
            {"lines": lines(chicken, 0)},
        ):  # fmt: skip
            buyer.refused(f"{address}/confirm", body | wrong, (404, 409, 422))
    with walk.line("POST /consignments/{id}/confirm {zone_id, lines} (buyer) → confirmed; goods are the buyer's"):
        shape(buyer.post(f"{address}/confirm", body), {"consignment_id": things["sent"], "state": "confirmed"})
        same(held(walk, chicken)[shop, things["counter"]], (100, 0), "the buyer's")
        buyer.refused(f"{address}/confirm", body, 409)
        buyer.refused(f"{address}/reject", {"reason": "晚了"}, 409)
        same(held(walk, chicken)[shop, things["counter"]], (100, 0), "once only")
        stored = [row for row in buyer.get(f"/batches/{chicken}")["stock"] if row["zone_id"]]
        same([row["owner"]["business_id"] for row in stored], [shop], "a buyer sees no other's store")
        expect(buyer.get(f"/batches/{chicken}/gate")["clear"], "the buyer asks the gate")
    with walk.line("POST /consignments/{id}/reject {reason} (buyer) → rejected; goods are back"):
        before = held(walk, chicken)[owner, store][0]
        made = merchant.post("/consignments", dispatch(walk, chicken, 40), 201)
        buyer.refused(f"/consignments/{made['consignment_id']}/reject", {}, 422, None, "/reason")
        back = buyer.post(f"/consignments/{made['consignment_id']}/reject", {"reason": "温度不合格"})
        same(back["state"], "rejected", "state")
        same(held(walk, chicken)[owner, store], (before, 0), "all is back")
    with walk.line("GET /consignments: filters by field; GET /stock?business=&site_id=&batch_id="):
        shape(merchant.get("/consignments?state=confirmed"), {"items": [{"state": "confirmed"}], "next": OPTIONAL})
        merchant.get("/consignments?state=lost", 422)
        rows = walk.people["R"].every("/stock" + query(business=things["B"]["uscc"], site_id=things["shop"]["site_id"]))
        same({row["owner"]["business_id"] for row in rows}, {shop}, "owners")
        same(walk.people["S"].every("/stock" + query(batch_id=chicken)), [], "a stranger's")
        of_other = buyer.every("/stock" + query(business=things["M"]["uscc"]))
        same([row for row in of_other if row["zone_id"]], [], "another's store; only what is on its way is seen")


def races(walk: Walk) -> None:
    """Many at once."""
    merchant, things = walk.people["M"], walk.things
    with walk.line("64 dispatches from a stock of 100 at once: never oversold, never a 5xx"):
        batch = cleared(walk, 100)
        codes = together(
            64, lambda _: merchant.send("POST", "/consignments", body_of(dispatch(walk, batch, 3)), JSON).status
        )
        same(set(codes) <= {201, 409, 429}, True, f"{sorted(set(codes))}")
        left = held(walk, batch)[things["M"]["business_id"], things["zone import_dedicated"]][0]
        same((codes.count(201), left), (33, 1), "33 × 3 leave 1")
    with walk.line("one USCC 64 × at once: one business; one idempotency key 64 × at once: one answer"):
        from tests.journeys.contract_door import business

        body = body_of(business(walk))
        codes = together(64, lambda _: walk.people["R"].send("POST", "/businesses", body, JSON).status)
        same((codes.count(201), codes.count(409)), (1, 63), "one wins")
        body, headers = body_of(business(walk)), JSON | {"Idempotency-Key": f"race-{walk.run}"}
        sent = together(64, lambda _: walk.people["R"].send("POST", "/businesses", body, headers))
        made = {answer.body for answer in sent if answer.status == 201}
        same(len(made), 1, "different answers")
        others = {(a.status, a.json["code"]) for a in sent if a.status != 201}
        expect(others <= {(409, "in_progress")}, f"{others}")


JSON = {"Content-Type": "application/json"}


def body_of(value: Any) -> bytes:
    """Return JSON."""
    import json

    return json.dumps(value).encode()


def together(count: int, work: Any) -> list[Any]:
    """Do the same work many times at once; return what came."""
    barrier, came = threading.Barrier(count), [None] * count

    def one(place: int) -> None:
        barrier.wait()
        try:
            came[place] = work(place)
        except BaseException as error:
            came[place] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=one, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in came:
        if isinstance(each, BaseException):
            raise each
    return came


def cleared(walk: Walk, units: int, product: str = "chicken") -> str:
    """Enter a batch and bring everything that it needs; return its id."""
    batch = goods.enter(walk, product, units)
    merchant, lab = walk.people["M"], walk.people["L"]
    for kind, number in goods.PAPERS.items():
        paper = {"kind": kind, "number": number, "issuer": "走查机构", "issued_on": "2021-01-09"}
        merchant.post(f"/batches/{batch}/evidence", paper, 201)
    merchant.post(f"/batches/{batch}/disinfections", goods.disinfection(), 201)
    made = lab.post("/tubes", goods.tube(walk, goods.whole(batch)), 201)
    lab.post(f"/tubes/{made['tube_id']}/results", goods.result(walk), 201)
    return batch


def positives(walk: Walk) -> None:
    """A preliminary positive locks everywhere; a re-check on the same tube decides for all its batches."""
    merchant, buyer, lab, things = walk.people["M"], walk.people["B"], walk.people["L"], walk.things
    owner, store = things["M"]["business_id"], things["zone import_dedicated"]
    with walk.line("a preliminary positive locks its tube's batches at every holder, in transit too"):
        first, second = cleared(walk, 60), cleared(walk, 60)
        given = merchant.post("/consignments", dispatch(walk, first, 20), 201)["consignment_id"]
        receive = {"zone_id": things["counter"], "lines": lines(first, 20)}
        buyer.post(f"/consignments/{given}/confirm", receive)
        road = merchant.post("/consignments", dispatch(walk, first, 10), 201)["consignment_id"]
        pool = lab.post("/tubes", goods.tube(walk, goods.whole(first, second)), 201)
        address = f"/tubes/{pool['tube_id']}/results"
        lab.post(address, goods.result(walk, "positive"), 201)
        same(held(walk, first), {
            (owner, store): (30, 30), (things["B"]["business_id"], things["counter"]): (20, 20), (owner, None): (10,
            10),
        }, "locked")  # fmt: skip
        seen = merchant.get(f"/batches/{second}")
        expect(seen["restriction"] != "none", "pool mates too")
        shape(seen["holds"][0], {"cause": {"kind": str}})
        merchant.refused("/consignments", dispatch(walk, second, 1), 409, "locked")
        buyer_zone = {"from_zone_id": things["counter"], "to": {"name": "x", "phone": "13600000000"}}
        buyer.refused("/consignments", dispatch(walk, first, 1) | buyer_zone, 409, "locked")
    with walk.line("the public reads that sale is paused until the re-check, never 'positive' before confirmation"):
        code = merchant.get(f"/batches/{first}")["batch_code"]
        for kind in ("application/json", "text/html"):
            shown = walk.people["nobody"].raw("GET", f"//C/{code}", 200, headers={"Accept": kind}).text
            expect("阳性" not in shown and "ositive" not in shown, f"the public reads it: {shown[:800]}")
        page = walk.people["nobody"].raw("GET", f"//C/{code}", 200, headers={"Accept": "text/html"}).text
        expect("暂停销售" in page, "暂停销售")
    with walk.line("confirming what travels is allowed and carries the lock along"):
        buyer.post(f"/consignments/{road}/confirm", receive | {"lines": lines(first, 10)})
        same(held(walk, first)[things["B"]["business_id"], things["counter"]], (30, 30), "the lock came along")
    with walk.line("a negative re-check on the same tube frees all its batches"):
        again = {"received_at": "2021-01-11T08:00:00+08:00", "reported_at": "2021-01-11T12:00:00+08:00"}
        lab.post(address, goods.result(walk, "negative", "recheck", **again), 201)
        for batch in (first, second):
            same({locked for _, locked in held(walk, batch).values()}, {0}, "free")
            same(merchant.get(f"/batches/{batch}")["restriction"], "none", "restriction")
        merchant.post("/consignments", dispatch(walk, second, 1), 201)
    with walk.line("confirmed positive is the strongest restriction"):
        third = cleared(walk, 6)
        tube = lab.post("/tubes", goods.tube(walk, goods.whole(third)), 201)
        lab.post(f"/tubes/{tube['tube_id']}/results", goods.result(walk, "positive"), 201)
        same(merchant.get(f"/batches/{third}")["restriction"], "locked", "before")
        lab.post(f"/tubes/{tube['tube_id']}/results", goods.result(walk, "positive", "confirmation", **again), 201)
        same(merchant.get(f"/batches/{third}")["restriction"], "confirmed_positive", "after")
