"""The walk's first part: the running program, its people, its errors, repeated requests and lists."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.journeys.contract_client import BRIEF, Person, Walk, expect, query, same, shape

ROUTES = """
POST /businesses | POST /businesses/{}/commitment-letters | POST /businesses/{}/approve | POST /businesses/{}/reject
POST /businesses/{}/suspend | POST /businesses/{}/reinstate | POST /businesses/{}/close | GET /businesses
GET /businesses/{} | GET /sites/{} | GET /offices | POST /sites | POST /sites/{}/zones | POST /producers
POST /products
POST /arrivals | GET /arrivals/{} | POST /arrivals/{}/evidence | POST /batches/{}/evidence
POST /arrivals/{}/disinfections | POST /batches/{}/disinfections | POST /tubes | POST /tubes/{}/results | GET /batches
GET /batches/{} | GET /batches/{}/gate | POST /batches/{}/label-runs | GET /label-runs/{} | POST /consignments
GET /consignments/{} | POST /consignments/{}/confirm | POST /consignments/{}/reject | GET /stock | POST /recalls
GET /recalls | GET /recalls/{} | GET /recalls/{}/matches | POST /recalls/{}/announce | GET /recalls/{}/tasks
POST /recalls/{}/tasks | POST /sweep-tasks/{}/findings | POST /recalls/{}/sample-results | GET /recalls/{}/report
POST /consignments/{}/dispute | POST /consignments/{}/settle | POST /consignments/{}/slip | GET /consignments/{}/slip
GET /recalls/{}/late-lines
POST /businesses/provisional | POST /businesses/{}/merge
GET /search | GET /journal/checkpoint | GET /journal/key | GET /me
"""


def business(walk: Walk, **fields: Any) -> dict[str, Any]:
    """Return the body of a registration."""
    return {
        "uscc": walk.new_uscc(), "name": f"走查食品{walk.serial}（虚构）{walk.run}", "kinds": ["importer"],
        "handles_imported": True, "region_code": walk.region, "legal_representative": "张示例",
        "phone": "13800000000", "address": "示例路1号",
    } | fields  # fmt: skip


def health(walk: Walk) -> None:
    """Alive, ready, measured, described."""
    nobody = walk.people["nobody"]
    with walk.line("GET /healthz, /readyz"):
        expect(nobody.get("//healthz"), "an answer")
        expect(nobody.get("//readyz"), "an answer")
    with walk.line("GET /metrics (Prometheus)"):
        metrics = nobody.raw("GET", "//metrics", 200)
        same(metrics.kind, "text/plain", "type")
        expect(re.search(r"^# TYPE \w+ \w+$", metrics.text, re.MULTILINE), metrics.text[:200])
    with walk.line("GET /api/v1/openapi.json is OpenAPI 3.1 and names every route; /api/v1/docs"):
        document = nobody.get("/openapi.json")
        expect(document["openapi"].startswith("3.1"), document["openapi"])
        published = {
            f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path).removeprefix('/api/v1')}"
            for path, methods in document["paths"].items() for method in methods
        }  # fmt: skip
        missing = {route.strip() for line in ROUTES.strip().splitlines() for route in line.split("|")} - published
        expect(not missing, f"not in the document: {sorted(missing)}")
        same(nobody.raw("GET", "/docs", 200).kind, "text/html", "docs")


def people(walk: Walk) -> None:
    """Users, links and tokens from the command line; who is who."""
    with walk.line("flask accounts create/token: officers and admin; GET /me"):
        walk.account("admin", "admin")
        walk.account("R", "regulator", "--region", walk.region)
        walk.account("I", "inspector", "--region", walk.region)
        walk.account("elsewhere", "regulator", "--region", walk.elsewhere)
        me = walk.people["R"].get("/me")
        shape(me, {"username": f"R-{walk.run}", "role": "regulator", "business": None})
        same(me["regions"], [walk.region], "regions")
        shape(walk.people["I"].get("/me"), {"role": "inspector", "business": None})
        shape(walk.people["admin"].get("/me"), {"role": "admin"})
    with walk.line("an older token stays valid; a token wins over a cookie"):
        newer = walk.flask("accounts", "token", f"R-{walk.run}").splitlines()[-1]
        expect(newer != walk.people["R"].token, "a new token is new")
        for token in (newer, walk.people["R"].token):
            bearer = Person(walk.base, token, "R", {"Cookie": "session=nonsense"})
            same(bearer.get("/me")["username"], f"R-{walk.run}", "who")
    with walk.line("businesses and their people: merchant, buyer, stranger, lab (on their USCC)"):
        for name, kinds, imported in (
            ("M", ["importer", "wholesaler"], True), ("B", ["shop"], True), ("S", ["shop"], False),
            ("L", ["lab"], False), ("L2", ["lab"], False),
        ):  # fmt: skip
            made = walk.people["R"].post("/businesses", business(walk, kinds=kinds, handles_imported=imported), 201)
            walk.things[name] = made
            address = f"/businesses/{made['uscc']}"
            if imported:
                letter = {"version": "2021-01", "signed_by": "张示例", "signed_on": "2021-01-04"}
                walk.people["R"].post(f"{address}/commitment-letters", letter, (200, 201))
            walk.people["R"].post(f"{address}/approve")
            walk.account(name, "lab" if kinds == ["lab"] else "merchant", "--uscc", made["uscc"])
        me = walk.people["M"].get("/me")
        shape(me, {"role": "merchant", "business": BRIEF, "regions": list})
        same(me["business"]["uscc"], walk.things["M"]["uscc"], "business")


def errors(walk: Walk) -> None:
    """Every refusal is a problem with a stable code; nothing is a 500."""
    regulator, nobody = walk.people["R"], walk.people["nobody"]
    with walk.line("401 comes before 422, for no token and for a wrong one"):
        nobody.refused("/sites", {"nonsense": 1}, 401)
        Person(walk.base, "cc_wrong", "wrong").refused("/sites", {"nonsense": 1}, 401)
        nobody.get("/me", 401)
        nobody.get("/stock?nonsense=1", 401)
    with walk.line("400 malformed: broken, too deep, duplicate keys, over-long numbers, not UTF-8"):
        headers = {"Content-Type": "application/json"}
        for body in (
            b"{", b"", b"nonsense", b"NaN", b'{"a": NaN}', b'{"a": Infinity}', b'{"name": "a", "name": "b"}',
            b"[" * 20_000, b"[" * 20_000 + b"]" * 20_000, b'{"a":' * 20_000,
            b'{"a": ' + b"9" * 5000 + b"}", b'{"a": 1e' + b"9" * 50 + b"}",
            b'{"name": "\xff\xfe"}', b"\xef\xbb\xbf{}x",
        ):  # fmt: skip
            answer = regulator.raw("POST", "/businesses", 400, body=body, headers=headers)
            same(answer.kind, "application/problem+json", body[:20].decode(errors="replace"))
    with walk.line("413 for 5 MB, 415 for another content type"):
        large = json.dumps({"name": "a" * 5_000_000}).encode()
        same(
            regulator.raw("POST", "/businesses", 413, body=large, headers=headers).kind,
            "application/problem+json",
            "413",
        )
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data"):
            sent = {"Content-Type": kind}
            answer = regulator.raw("POST", "/businesses", 415, body=json.dumps(business(walk)).encode(), headers=sent)
            same(answer.kind, "application/problem+json", kind)
    with walk.line("404 and 405 are problems too; what is not there or not a UUID is 404"):
        for path in ("/nothing", "/arrivals/0197a000-0000-7000-8000-000000000000", "/batches/nonsense"):
            regulator.get(path, 404)
        same(regulator.raw("DELETE", "/businesses", 405).kind, "application/problem+json", "405")
    with walk.line("422: unknown fields in body and query, missing, wrong types; stable codes and pointers"):
        regulator.refused("/businesses", business(walk, colour="red"), 422, "unknown_field", "/colour")
        regulator.get("/businesses?colour=red", 422)
        regulator.get("/me?colour=red", 422)
        body = business(walk)
        del body["name"]
        regulator.refused("/businesses", body, 422, "required", "/name")
        regulator.refused("/businesses", business(walk, handles_imported="yes"), 422, None, "/handles_imported")
        regulator.refused("/businesses", business(walk, kinds=["spaceport"]), 422, None, "/kinds/0")
        regulator.refused("/businesses", [1, 2], (400, 422))
        regulator.refused("/businesses", business(walk, region_code="999999"), (404, 422))
    with walk.line("texts refuse controls, surrogates and bidi controls"):
        for bad in ("a\u202eb", "a\u2066b", "a\u2069b", "a\u202ab", "a\x00b", "a\x07b", "\x1b[31m", "\ud800", "a\x7f"):
            regulator.refused("/businesses", business(walk, name=bad), (400, 422))
        long = business(walk)
        made = regulator.post("/businesses", long, 201)
        regulator.refused(f"/businesses/{made['business_id']}/reject", {"reason": "理" * 501}, 422, None, "/reason")
        regulator.post(f"/businesses/{made['business_id']}/reject", {"reason": "理" * 500})


def repeats(walk: Walk) -> None:
    """The same request twice under one key."""
    regulator = walk.people["R"]
    with walk.line("Idempotency-Key: same key and content → same answer byte for byte"):
        body, key = business(walk, handles_imported=False), f"key-{walk.run}-1"
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        first = regulator.raw("POST", "/businesses", 201, body=json.dumps(body).encode(), headers=headers)
        again = regulator.raw("POST", "/businesses", 201, body=json.dumps(body).encode(), headers=headers)
        same(again.body, first.body, "the answer")
        turned = dict(reversed(body.items()))
        spaced = json.dumps(turned, indent=2, ensure_ascii=False).encode()
        same(regulator.raw("POST", "/businesses", 201, body=spaced, headers=headers).body, first.body, "parsed content")
    with walk.line("other content under the same key → 422 idempotency_mismatch"):
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        other = json.dumps(body | {"address": "示例路9号"}).encode()
        same(
            regulator.raw("POST", "/businesses", 422, body=other, headers=headers).json["code"],
            "idempotency_mismatch",
            "code",
        )
    with walk.line("the key is scoped to principal and route; only 2xx is kept"):
        key = f"key-{walk.run}-2"
        regulator.post("/businesses", {"name": "x"}, 422, key=key)
        regulator.post("/businesses", body, 409, key=key)
        made = regulator.post("/businesses", business(walk, handles_imported=False), 201, key=key)
        regulator.post(f"/businesses/{made['business_id']}/approve", {}, key=key)
        walk.people["M"].post("/producers", {"name": f"走查{walk.run}", "country": "CN"}, 201, key=key)


def lists(walk: Walk) -> None:
    """Pages of lists."""
    regulator = walk.people["R"]
    with walk.line("lists: {items, next}, limit 1 to 200, cursor walks every row once"):
        for _ in range(3):
            regulator.post("/businesses", business(walk, handles_imported=False), 201)
        address = "/businesses" + query(region_code=walk.region)
        whole = regulator.every(address)
        parts = regulator.every(address, limit=2)
        same([row["business_id"] for row in parts], [row["business_id"] for row in whole], "rows")
        same(len({row["business_id"] for row in parts}), len(parts), "each row once")
        page = regulator.get(address + "&limit=1")
        same(set(page), {"items", "next"}, "fields")
        expect(isinstance(page["next"], str) and len(page["items"]) == 1, "one row and a cursor")
    with walk.line("limit 0, 201, words, twice and a wrong cursor → 422"):
        for bad in (
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=x",
            "limit=1.5",
            "cursor=nonsense",
            "limit=1&limit=2",
            "_limit=1",
        ):
            regulator.get(f"/businesses?{bad}", 422)
        for path in (
            "/sites",
            "/arrivals",
            "/batches",
            "/stock",
            "/consignments",
            "/recalls",
            "/producers",
            "/products",
        ):
            shape(regulator.get(f"{path}?limit=200"), {"items": list})
            regulator.get(f"{path}?limit=201", 422)
            regulator.get(f"{path}?cursor=%00", (400, 422))
