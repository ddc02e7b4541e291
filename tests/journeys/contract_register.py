"""The walk's second part: the register and the catalogue."""

from __future__ import annotations

import secrets
from typing import Any

from tests.journeys.contract_client import BRIEF, OPTIONAL, Walk, expect, ident, query, same, shape
from tests.journeys.contract_door import business

KINDS = (
    "importer", "producer", "wholesaler", "supermarket", "shop", "caterer", "ecommerce", "cold_store", "carrier", "lab",
    "disinfection_service", "market_operator",
)  # fmt: skip
LETTER = {"version": "2021-01", "signed_by": "张示例", "signed_on": "2021-01-04"}


def site(walk: Walk, owner: str, **fields: Any) -> dict[str, Any]:
    """Register a site of a business by its regulator."""
    body = {
        "business": walk.things[owner]["business_id"], "name": f"走查冷库{walk.run}", "kind": "cold_store",
        "region_code": walk.region, "address": "示例路2号",
    } | fields  # fmt: skip
    made: dict[str, Any] = walk.people["R"].post("/sites", body, 201)
    return made


def zone(walk: Walk, place: dict[str, Any], code: str, kind: str = "import_dedicated") -> str:
    """Register a frozen zone; return its id."""
    body = {"code": code, "kind": kind, "temperature_class": "frozen"}
    made: dict[str, Any] = walk.people["R"].post(f"/sites/{place['site_id']}/zones", body, 201)
    return str(made["zone_id"])


def businesses(walk: Walk) -> None:
    """Registration, letter, decisions, look-up."""
    regulator = walk.people["R"]
    with walk.line("POST /businesses (R): 201 with card, status pending; each kind"):
        body = business(walk, kinds=list(KINDS), licence_no="JY12302040000018")
        made = regulator.post("/businesses", body, 201)
        shape(
            made,
            {"business_id": ident, "uscc": body["uscc"], "name": body["name"], "card_no": str, "status": "pending"},
        )
        same(sorted(made["kinds"]), sorted(KINDS), "kinds")
        plain = regulator.post("/businesses", business(walk, handles_imported=False), 201)
        shape(plain, {"card_no": None, "status": "pending"})
    with walk.line("the same USCC again → 409 business_exists; a wrong check digit → 422"):
        regulator.refused("/businesses", body, 409, "business_exists")
        regulator.refused("/businesses", business(walk, uscc=body["uscc"], name="另一个"), 409, "business_exists")
        regulator.refused("/businesses", business(walk, uscc=body["uscc"].lower()), (409, 422))
        regulator.refused("/businesses", business(walk, uscc="91350100M000100Y4Z"), 422, None, "/uscc")
    with walk.line("POST /businesses (P): pending, its owner waits; a known phone or USCC → 409"):
        public = walk.people["nobody"]
        phone = f"139{secrets.randbelow(10**8):08d}"
        account = {"display_name": "王示例", "phone": phone, "password": "long enough, I hope"}
        own = public.post("/businesses", business(walk, handles_imported=False) | {"account": account}, 201)
        shape(own, {"business_id": ident, "status": "pending", "card_no": None})
        public.refused("/businesses", business(walk) | {"account": account}, 409, "account_exists")
        public.refused("/businesses", business(walk, uscc=body["uscc"]), 409, "business_exists")
    with walk.line("POST /businesses is not for I, M, L"):
        for name in ("I", "M", "L", "admin"):
            walk.people[name].refused("/businesses", business(walk), 403)
    address = f"/businesses/{made['uscc']}"
    with walk.line("approve with handles_imported and no letter → 409 commitment_letter_missing"):
        regulator.refused(f"{address}/approve", {}, 409, "commitment_letter_missing")
    with walk.line("POST /businesses/{b}/commitment-letters (M R), by USCC and by id; an unknown version is refused"):
        regulator.refused(f"{address}/commitment-letters", LETTER | {"version": "1999-01"}, (404, 422))
        own = f"/businesses/{walk.things['M']['business_id']}/commitment-letters"
        walk.people["M"].post(own, LETTER, (200, 201))
        walk.people["M"].refused(f"{address}/commitment-letters", LETTER, 404)
        walk.people["elsewhere"].refused(f"{address}/commitment-letters", LETTER, 404)
        regulator.post(f"{address}/commitment-letters", LETTER, (200, 201))
    with walk.line("approve, suspend, reinstate, close, reject (R): pending | active | rejected | suspended | closed"):
        for name, status in (("M", 403), ("I", 403), ("L", 403), ("elsewhere", 404)):
            walk.people[name].refused(f"{address}/approve", {}, status)
        for step, reason, status in (
            ("approve", None, "active"), ("suspend", "走查", "suspended"), ("reinstate", "走查", "active"),
            ("close", "走查", "closed"),
        ):  # fmt: skip
            same(regulator.post(f"{address}/{step}", {"reason": reason} if reason else {})["status"], status, step)
            same(regulator.get(address)["status"], status, step)
        regulator.refused(f"{address}/approve", {}, 409)
        regulator.refused(f"{address}/suspend", {}, 422, None, "/reason")
        other = f"/businesses/{plain['business_id']}"
        same(regulator.post(f"{other}/reject", {"reason": "走查"})["status"], "rejected", "reject")
    walk.things["closed"] = made["business_id"]


def look_up(walk: Walk) -> None:
    """Who may read what of a business."""
    regulator = walk.people["R"]
    with walk.line(
        "GET /businesses/{b} by USCC and id; anyone signed in reads uscc, name, kinds, status, region, no phone"
    ):
        owner = walk.things["M"]
        shape(
            regulator.get(f"/businesses/{owner['uscc']}"), {"business_id": owner["business_id"], "phone": "13800000000"}
        )
        for name in ("S", "L", "elsewhere", "I", "admin", "M"):
            seen = walk.people[name].get(f"/businesses/{owner['business_id']}")
            shape(
                seen,
                {
                    "uscc": owner["uscc"],
                    "name": owner["name"],
                    "kinds": list,
                    "status": "active",
                    "region_code": walk.region,
                },
            )
        for name in ("S", "L", "elsewhere"):
            seen = walk.people[name].get(f"/businesses/{owner['business_id']}")
            expect("13800000000" not in str(seen) and "张示例" not in str(seen), f"{name} reads persons: {seen}")
        regulator.get("/businesses/91350100M000100Y4Z", 404)
        regulator.get(f"/businesses/{walk.new_uscc()}", 404)
    with walk.line("GET /businesses: filters by field"):
        stranger = walk.people["S"]
        labs = stranger.every("/businesses" + query(kind="lab", region_code=walk.region))
        expect(all("lab" in row["kinds"] for row in labs), "labs only")
        expect(
            {walk.things["L"]["business_id"], walk.things["L2"]["business_id"]} <= {r["business_id"] for r in labs},
            "labs",
        )
        closed = stranger.every("/businesses" + query(status="closed", region_code=walk.region))
        expect(walk.things["closed"] in {row["business_id"] for row in closed}, "closed")
        expect({row["status"] for row in closed} == {"closed"}, "closed only")
        one = stranger.get("/businesses" + query(uscc=owner["uscc"]))["items"]
        same([row["business_id"] for row in one], [owner["business_id"]], "by uscc")
        stranger.get("/businesses?kind=spaceport", 422)
    with walk.line("GET /offices"):
        shape(stranger.get("/offices"), {"items": [{"office_id": ident, "name": str}], "next": OPTIONAL})


def places(walk: Walk) -> None:
    """Sites and zones."""
    regulator, merchant, stranger = walk.people["R"], walk.people["M"], walk.people["S"]
    with walk.line("POST /sites (M R): each kind; own business by default, another's refused"):
        for kind in ("stall", "shop", "supermarket", "kitchen", "plant", "first_store"):
            shape(site(walk, "S", kind=kind), {"site_id": ident, "kind": kind, "business": BRIEF})
        body = {
            "business": walk.things["M"]["uscc"], "name": f"走查总库{walk.run}", "kind": "cold_store",
            "region_code": walk.region, "address": "示例路3号",
        }  # fmt: skip
        walk.things["store"] = merchant.post("/sites", body, 201)
        stranger.refused("/sites", body, 404)
        walk.people["elsewhere"].refused("/sites", body, 404)
        for name in ("I", "L"):
            walk.people[name].refused("/sites", body, 403)
        merchant.refused("/sites", body | {"kind": "moon"}, 422, None, "/kind")
        merchant.refused("/sites", body | {"venue_id": "0197a000-0000-7000-8000-000000000000"}, (404, 422))
        merchant.refused("/sites", body | {"office": "没有的所"}, (404, 422))
    with walk.line("POST /sites/{site_id}/zones (M R): each kind and temperature class"):
        address = f"/sites/{walk.things['store']['site_id']}/zones"
        for kind in ("import_dedicated", "general", "sale_counter", "quarantine", "processing"):
            made = merchant.post(address, {"code": f"Z-{kind}", "kind": kind, "temperature_class": "frozen"}, 201)
            shape(made, {"zone_id": ident, "kind": kind})
            walk.things[f"zone {kind}"] = made["zone_id"]
        for warmth in ("chilled", "ultra"):
            regulator.post(address, {"code": f"T-{warmth}", "kind": "general", "temperature_class": warmth}, 201)
        merchant.refused(address, {"code": "Z-general", "kind": "general", "temperature_class": "frozen"}, (409, 422))
        stranger.refused(address, {"code": "X", "kind": "general", "temperature_class": "frozen"}, 404)
        walk.people["I"].refused(address, {"code": "X", "kind": "general", "temperature_class": "frozen"}, 403)
    with walk.line("GET /sites/{id} with its zones; not a stranger's"):
        seen = merchant.get(f"/sites/{walk.things['store']['site_id']}")
        shape(seen, {"site_id": ident, "business": BRIEF, "zones": [{"zone_id": ident, "code": str, "kind": str}]})
        same(len(seen["zones"]), 7, "zones")
        for name in ("R", "I", "admin"):
            walk.people[name].get(f"/sites/{seen['site_id']}")
        stranger.get(f"/sites/{seen['site_id']}", 404)
        walk.people["elsewhere"].get(f"/sites/{seen['site_id']}", 404)


def catalogue(walk: Walk) -> None:
    """Producers and products are found again."""
    merchant, regulator = walk.people["M"], walk.people["R"]
    plant, licence = f"SIF{walk.run}", f"SC{int(walk.run, 36) % 10**14:014d}"
    with walk.line(
        "POST /producers (M R): 201; the same (country, plant_no) → 200, same id, other name kept as an alias"
    ):
        body = {"name": f"走查禽业 {walk.run}", "country": "BR", "plant_no": plant, "aliases": ["走查别名"]}
        made = merchant.post("/producers", body, 201)
        shape(made, {"producer_id": ident})
        walk.things["producer"] = made["producer_id"]
        same(merchant.post("/producers", body, 200)["producer_id"], made["producer_id"], "again")
        again = regulator.post("/producers", body | {"name": "Walk Poultry Ltd"}, 200)
        same(again["producer_id"], made["producer_id"], "by another")
        expect("Walk Poultry Ltd" in again["aliases"], f"an alias: {again}")
        expect(
            merchant.post("/producers", body | {"country": "AR"}, 201)["producer_id"] != made["producer_id"], "country"
        )
    with walk.line("… else the same licence_no, else (country, normalised name) by the same business"):
        first = merchant.post("/producers", {"name": "走查工厂", "country": "CN", "licence_no": licence}, 201)
        again = regulator.post("/producers", {"name": "走查工厂二", "country": "CN", "licence_no": licence}, 200)
        same(again["producer_id"], first["producer_id"], "licence")
        name = f"Walk  Foods {walk.run}"
        first = merchant.post("/producers", {"name": name, "country": "CN"}, 201)
        again = merchant.post("/producers", {"name": name.upper().replace("  ", " "), "country": "CN"}, 200)
        same(again["producer_id"], first["producer_id"], "normalised name")
        other = walk.people["S"].post("/producers", {"name": name, "country": "CN"}, 201)
        expect(other["producer_id"] != first["producer_id"], "a typed name alone joins nothing across businesses")
        merchant.refused("/producers", {"name": "x", "country": "XX"}, 422, None, "/country")
        walk.people["L"].refused("/producers", body, 403)
    with walk.line("POST /products (M R): 201; all identity fields equal → 200; every category"):
        walk.things["chicken"] = product(walk, "走查冻鸡翅", "frozen wings", series=f"走查系列{walk.run}")
        again = merchant.post("/products", walk.things["chicken body"], 200)
        same(again["product_id"], walk.things["chicken"]["product_id"], "again")
        for category in ("meat", "aquatic", "dairy", "ice", "produce", "other"):
            product(walk, f"走查{category}", category=category)
        walk.things["beef"] = product(
            walk, "走查牛肉（按重）", ledger_unit="gram", unit_mass_g=1, units_per_piece=10_000
        )
        walk.things["ice"] = product(walk, "走查雪糕", category="ice", units_per_piece=200, unit_mass_g=75)
        walk.things["pork"] = product(walk, "走查国产鸡", imported=False, origin_country="CN")
    with walk.line("gram ledger: unit_mass_g 1; wrong GTIN, HS, category, size → 422"):
        body = walk.things["chicken body"]
        merchant.refused("/products", body | {"ledger_unit": "gram", "unit_mass_g": 2}, 422)
        for change in (
            {"gtin": "6901234567893"}, {"hs_code": "12345"}, {"category": "stone"}, {"units_per_piece": 0},
            {"unit_mass_g": -1}, {"unit_mass_g": 1.5}, {"units_per_piece": 10**30}, {"unit_mass_g": "12"},
            {"producer_id": "0197a000-0000-7000-8000-000000000000"}, {"imported": 1},
        ):  # fmt: skip
            merchant.refused("/products", body | change, (404, 422))


def product(walk: Walk, name: str, name_en: str | None = None, **fields: Any) -> dict[str, Any]:
    """Register a product that nobody has registered before."""
    body = {
        "producer_id": walk.things["producer"], "name": f"{name} {walk.run}", "name_en": name_en, "category": "poultry",
        "origin_country": "BR", "ledger_unit": "unit", "units_per_piece": 6, "unit_mass_g": 2000, "imported": True,
    } | fields  # fmt: skip
    made: dict[str, Any] = walk.people["M"].post("/products", body, 201)
    shape(made, {"product_id": ident})
    walk.things.setdefault("chicken body", body)
    return made
