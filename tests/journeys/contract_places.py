"""Venues, the signs of places, and the stewards of cold stores."""

from __future__ import annotations

import re

from tests.journeys.contract_client import Walk, expect, ident, same, shape

SIGN = re.compile(r"[VSZ][0-9A-HJKMNP-TV-Z]{11}")


def venues_and_signs(walk: Walk) -> None:
    """Venues, and one code for each place that stays when it is renamed."""
    regulator, merchant, nobody = walk.people["R"], walk.people["M"], walk.people["nobody"]
    body = {"name": f"走查市场{walk.run}", "kind": "market", "region_code": walk.region, "address": "示例路5号"}
    with walk.line("POST /venues (R): each kind → {venue_id}; not a merchant, not an inspector, not elsewhere"):
        for kind in ("park", "mall", "market"):
            made = regulator.post("/venues", body | {"kind": kind}, 201)
            shape(made, {"venue_id": ident, "name": body["name"], "kind": kind, "sign_code": str})
        for name in ("M", "I", "L"):
            walk.people[name].refused("/venues", body, 403)
        walk.people["elsewhere"].refused("/venues", body, 404)
        regulator.refused("/venues", body | {"kind": "moon"}, 422, None, "/kind")
    store = walk.things["store"]
    with walk.line("sites and zones lie in a venue; each level has its own sign, and keeps it when it is renamed"):
        change = {"name": f"走查改名库{walk.run}", "address": "示例路3号", "venue_id": made["venue_id"]}
        renamed = merchant.post(f"/sites/{store['site_id']}/correct", change, 200)
        same(renamed["venue"]["venue_id"], made["venue_id"], "venue")
        same(renamed["sign_code"], store["sign_code"], "the sign of a renamed site")
        codes = [made["sign_code"], renamed["sign_code"], renamed["zones"][0]["sign_code"]]
        expect(all(SIGN.fullmatch(code) for code in codes), f"signs: {codes}")
        same([code[0] for code in codes], ["V", "S", "Z"], "levels")
    with walk.line("the sign's address: who works here, card and status; no phones, no people at work"):
        for code in codes:
            told = nobody.get(f"//C/{code}", headers={"Accept": "application/json"})
            shape(told, {"code": code, "level": str, "works_here": list, "stewards": list})
            expect("13800000000" not in str(told), f"a phone: {told}")
        same(told["works_here"][0]["business"], walk.things["M"]["name"], "who works here")
    with walk.line("stewards (库长): three a cold store, a successor ends the term before, history stays"):
        address = f"/sites/{store['site_id']}/stewards"
        for kind in ("territorial", "industry", "enterprise"):
            term = {"kind": kind, "name": "走查库长", "started_on": "2021-01-04"}
            shape(regulator.post(address, term, 201), {"steward_id": ident, "kind": kind, "ended_on": None})
        regulator.post(address, term | {"name": "走查接任", "started_on": "2021-02-01"}, 201)
        terms = merchant.get(address)["items"]
        same(sorted(str(each["ended_on"]) for each in terms), ["2021-02-01", "None", "None", "None"], "terms")
        merchant.refused(address, term | {"kind": "industry"}, 403)
        lacking = regulator.every("/stewards/lacking")
        expect(store["site_id"] not in {site["site_id"] for site in lacking}, "has all three")
