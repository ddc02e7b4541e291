"""The walk's third part: arrivals, papers, treatments, tubes, the gate, labels and what the public reads."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.contract_client import BRIEF, Person, Walk, expect, ident, query, same, shape

ARRIVED = "2021-01-10T06:40:00+08:00"  # while Heilongjiang asked for four papers, every piece treated and tested
PAPERS = {
    "customs_declaration": "190120211000042871", "inspection_quarantine": "CIQ-1", "nucleic_acid": "NAT-1",
    "disinfection": "DIS-1",
}  # fmt: skip
BATCH = {"batch_id": ident, "batch_code": str, "piece_count": int, "status": "held"}
MISSING = {
    "rule": str, "code": str, "message_zh": lambda text: any("一" <= c <= "鿿" for c in text),
    "message_en": str.isascii,
    "next_zh": lambda text: any("一" <= c <= "鿿" for c in text), "next_en": str,
}  # fmt: skip
NOWHERE = "0197a000-0000-7000-8000-000000000000"


def now(**ago: float) -> str:
    """Return a time some while ago."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def arrival(walk: Walk, lines: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """Return the body of an arrival at the merchant's store."""
    return {
        "site_id": walk.things["store"]["site_id"], "entry_mode": "arrived", "arrived_at": ARRIVED,
        "supplier": {"name": "走查贸易（虚构）"}, "container_no": "CSQU3054383", "seal_no": "HL20771",
        "customs_declaration_no": "190120211000042871", "vehicle_plate": "黑B12345",
        "driver": {"name": "赵示例", "phone": "13900000000"},
        "lines": [
            {
                "zone_id": walk.things["zone import_dedicated"], "production_date": "2020-11-06",
                "expiry_date": "2022-11-05",
            } | line
            for line in lines
        ],
    } | fields  # fmt: skip


def enter(walk: Walk, product: str, units: int, **fields: Any) -> str:
    """Enter one line by its merchant; return the batch's id."""
    line = {"product_id": walk.things[product]["product_id"], "quantity_units": units}
    made: dict[str, Any] = walk.people["M"].post("/arrivals", arrival(walk, [line], **fields), 201)
    return str(made["batches"][0]["batch_id"])


def disinfection(**fields: Any) -> dict[str, Any]:
    """Return the body of a disinfection that counts at −18 °C."""
    return {
        "occurred_at": "2021-01-10T09:10:00+08:00", "performed_by": "走查消毒", "place": "1 号冷库", "object": "外包装",
        "agent": "chlorine_cacl2_ethanol", "concentration_mg_per_l": 3000, "contact_min": 10, "volume_ml_per_m2": 250,
        "additives": "CaCl2 25 %, 乙醇 9.5 %", "ambient_temperature_c": -18, "basis": "whole_batch",
    } | fields  # fmt: skip


def tube(walk: Walk, samples: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """Return the body of a tube of the first lab."""
    walk.serial += 1
    return {
        "tube_no": f"T-{walk.run}-{walk.serial}", "lab": walk.things["L"]["uscc"],
        "sampled_at": "2021-01-10T10:00:00+08:00",
        "sampled_by": "李示例", "occurred_at": "2021-01-10T10:05:00+08:00", "samples": samples,
    } | fields  # fmt: skip


def result(walk: Walk, word: str = "negative", stage: str = "preliminary", **fields: Any) -> dict[str, Any]:
    """Return the body of a result."""
    walk.serial += 1
    return {
        "stage": stage, "result": word, "received_at": "2021-01-10T12:00:00+08:00",
        "reported_at": "2021-01-10T18:00:00+08:00", "report_no": f"R-{walk.run}-{walk.serial}", "analyst": "孔示例",
    } | fields  # fmt: skip


def whole(*batches: str) -> list[dict[str, Any]]:
    """Return whole-batch samples."""
    return [{"batch_id": one, "sample_site": "outer_pack", "basis": "whole_batch"} for one in batches]


def arrivals(walk: Walk) -> None:
    """Goods come in."""
    merchant, things = walk.people["M"], walk.things
    lines = [
        {"product_id": things["chicken"]["product_id"], "quantity_units": 600, "batch_no": f"B-{walk.run}"},
        {"product_id": things["ice"]["product_id"], "quantity_units": 452 * 200 + 132},
        {"product_id": things["beef"]["product_id"], "quantity_units": 360_420},
    ]
    with walk.line("POST /arrivals (M): 201, 452 pieces and 132 loose units are 453 pieces; grams by weight"):
        made = merchant.post("/arrivals", arrival(walk, lines), 201)
        shape(made, {"arrival_id": ident, "batches": [BATCH]})
        same([batch["piece_count"] for batch in made["batches"]], [100, 453, 37], "pieces")
        things["arrival"], things["batches"] = made, [batch["batch_id"] for batch in made["batches"]]
    with walk.line("… existing_stock without supplier, container, seal, at any past time"):
        bare = {"supplier": None, "container_no": None, "seal_no": None, "customs_declaration_no": None}
        old = {"entry_mode": "existing_stock", "arrived_at": "2019-05-01T00:00:00+08:00"}
        line = {"product_id": things["chicken"]["product_id"], "quantity_units": 1, "production_date": "2019-04-01"}
        body = {name: value for name, value in arrival(walk, [line], **old).items() if bare.get(name, 0) is not None}
        same(merchant.post("/arrivals", body, 201)["batches"][0]["piece_count"], 1, "an open piece")
    with walk.line("… an officer of the region enters for the owner: on_behalf_of"):
        body = arrival(walk, lines[:1], owner=things["M"]["uscc"])
        made = walk.people["R"].post("/arrivals", body, 201)
        same(made["on_behalf_of"], things["M"]["business_id"], "on_behalf_of")
        same(things["arrival"]["on_behalf_of"], None, "on_behalf_of of the owner's own")
        for name, status in (("S", 404), ("elsewhere", 404), ("I", 403), ("L", 403)):
            walk.people[name].refused("/arrivals", body, status)
    with walk.line("… bad lines are refused and nothing is half done"):
        before = len(merchant.every("/arrivals"))
        for change in (
            {"quantity_units": 0}, {"quantity_units": -5}, {"quantity_units": 10**30}, {"quantity_units": 1.5},
            {"production_date": "2020-02-30"}, {"expiry_date": "2020-01-01"}, {"product_id": NOWHERE},
            {"zone_id": NOWHERE}, {"batch_no": "x" * 1000}, {"colour": "red"}, {"quantity_units": "5"},
        ):  # fmt: skip
            merchant.refused("/arrivals", arrival(walk, [lines[0], lines[1] | change]), (404, 422))
        for wrong in (
            {"container_no": "CSQU3054384"}, {"customs_declaration_no": "123"}, {"arrived_at": "2021-01-10T06:40:00"},
            {"arrived_at": "2099-01-01T00:00:00Z"}, {"entry_mode": "teleport"}, {"site_id": NOWHERE},
            {"supplier": {"business": "91350100M000100Y43", "name": "both"}},
        ):  # fmt: skip
            merchant.refused("/arrivals", arrival(walk, lines, **wrong), (404, 422))
        merchant.refused("/arrivals", arrival(walk, []), 422)
        same(len(merchant.every("/arrivals")), before, "arrivals")
    with walk.line("GET /arrivals/{id}: by owner and officers, 404 for others"):
        address = f"/arrivals/{things['arrival']['arrival_id']}"
        for name in ("M", "R", "I", "admin"):
            shape(
                walk.people[name].get(address),
                {"arrival_id": ident, "owner": BRIEF, "batches": [BATCH], "seal_no": "HL20771"},
            )
        for name in ("S", "elsewhere"):
            walk.people[name].get(address, 404)
        walk.people["L"].get(address, (403, 404))


def batches(walk: Walk) -> None:
    """Read a batch; the gate says what is missing."""
    merchant, things = walk.people["M"], walk.things
    chicken = things["batches"][0]
    with walk.line("GET /batches/{id}: status, restriction, holds, stock by (owner, zone)"):
        seen = merchant.get(f"/batches/{chicken}")
        shape(seen, {"batch_id": chicken, "status": "held", "restriction": "none", "holds": [], "owner": BRIEF})
        same(len(seen["stock"]), 1, "rows of stock")
        shape(seen["stock"][0], {
            "owner": BRIEF, "site_id": things["store"]["site_id"], "zone_id": things["zone import_dedicated"],
            "quantity_units": 600, "locked_units": 0,
        })  # fmt: skip
        same(seen["stock"][0]["owner"]["business_id"], things["M"]["business_id"], "owner")
        for name in ("S", "elsewhere"):
            walk.people[name].get(f"/batches/{chicken}", 404)
            walk.people[name].get(f"/batches/{chicken}/gate", 404)
    with walk.line("GET /batches: filters by field; only what one may see"):
        rows = merchant.every("/batches" + query(status="held", arrival_id=things["arrival"]["arrival_id"]))
        same({row["batch_id"] for row in rows}, set(things["batches"]), "by arrival and status")
        same(merchant.every("/batches?status=cleared"), [], "cleared")
        same(walk.people["S"].every("/batches"), [], "a stranger's")
        merchant.get("/batches?status=ripe", 422)
    with walk.line("GET /batches/{id}/gate: not clear; everything missing with rule, code and both languages"):
        gate = merchant.get(f"/batches/{chicken}/gate")
        shape(gate, {"clear": False, "policy": {"code": str}, "missing": [MISSING], "basis": dict})
        expect(len(gate["missing"]) >= 6, f"four papers, disinfection, test: {[m['code'] for m in gate['missing']]}")
        zoned = merchant.get(f"/batches/{chicken}/gate" + query(zone_id=things["zone general"]))
        same(zoned["clear"], False, "for a zone")
        merchant.get(f"/batches/{chicken}/gate?zone_id={NOWHERE}", 404)
        merchant.get(f"/batches/{chicken}/gate?zone_id=x", 422)


def papers(walk: Walk) -> None:
    """What is missing is brought, one after another; the gate follows."""
    merchant, things = walk.people["M"], walk.things
    chicken, ice, _ = things["batches"]
    base, batch = f"/arrivals/{things['arrival']['arrival_id']}", f"/batches/{chicken}"
    paper = {"number": "N-1", "issuer": "走查机构", "issued_on": "2021-01-09"}
    with walk.line(
        "POST /arrivals/{id}/evidence (M R), /batches/{id}/evidence: each paper is missed until it is there"
    ):
        for kind, number in PAPERS.items():
            before = len(merchant.get(f"{batch}/gate")["missing"])
            made = merchant.post(f"{base}/evidence", paper | {"kind": kind, "number": number, "valid_to": None}, 201)
            shape(made, {"kind": kind, "number": number})
            same(len(merchant.get(f"{batch}/gate")["missing"]), before - 1, f"missing after {kind}")
        walk.people["R"].post(f"{batch}/evidence", paper | {"kind": "nucleic_acid", "quantity_units": 600}, 201)
        for name, status in (("S", 404), ("elsewhere", 404), ("I", 403), ("L", 403)):
            walk.people[name].refused(f"{batch}/evidence", paper | {"kind": "nucleic_acid"}, status)
        for wrong in (
            {"kind": "poem"},
            {"issued_on": "2021-13-01"},
            {"quantity_units": -1},
            {"issued_on": "2021-01-09T00:00:00Z"},
        ):
            merchant.refused(f"{batch}/evidence", paper | {"kind": "nucleic_acid"} | wrong, 422)
    with walk.line("POST …/disinfections (M R): no protocol met → kept, counts not; ranges join; whole batch"):
        weak = merchant.post(f"{batch}/disinfections", disinfection(concentration_mg_per_l=100), 201)
        expect(_lacks(merchant, batch, "disinfection"), f"still missing after {weak}")
        for first, last in ((1, 60), (61, 99)):
            ranged = {"basis": "declared_range", "piece_from": first, "piece_to": last}
            merchant.post(f"{batch}/disinfections", disinfection(**ranged), 201)
        expect(_lacks(merchant, batch, "disinfection"), "piece 100 is not treated")
        merchant.post(f"{batch}/disinfections", disinfection(basis="scanned", piece_from=100, piece_to=100), 201)
        expect(not _lacks(merchant, batch, "disinfection"), "all pieces are treated")
        walk.people["R"].post(f"{base}/disinfections", disinfection(), 201)
        for wrong in (
            {"agent": "prayer"}, {"basis": "declared_range"}, {"piece_from": 1, "piece_to": 2}, {"contact_min": -1},
            {"basis": "declared_range", "piece_from": 5, "piece_to": 4}, {"ambient_temperature_c": "cold"},
            {"basis": "declared_range", "piece_from": 1, "piece_to": 101},
        ):  # fmt: skip
            merchant.refused(f"{batch}/disinfections", disinfection(**wrong), 422)
        for agent in ("chlorine", "chlorine_dioxide", "peracetic_acid", "hydrogen_peroxide"):
            merchant.post(f"/batches/{ice}/disinfections", disinfection(agent=agent), 201)


def tubes(walk: Walk) -> None:
    """What is sampled, and what the laboratory finds."""
    merchant, things = walk.people["M"], walk.things
    chicken, ice, _ = things["batches"]
    batch = f"/batches/{chicken}"
    with walk.line("POST /tubes (L R I), each sample site and subject; a lab sees code and product only"):
        lab = walk.people["L"]
        others = [
            {"zone_id": things["zone import_dedicated"], "sample_site": "environment"},
            {"vehicle_plate": "黑B12345", "sample_site": "surface"}, {"unlisted": "刀具", "sample_site": "surface"},
            {"batch_id": chicken, "sample_site": "inner_pack", "basis": "declared_range", "piece_from": 1,
            "piece_to": 4},
        ]  # fmt: skip
        things["tube"] = lab.post("/tubes", tube(walk, [*whole(chicken), *others]), 201)
        shape(things["tube"], {"tube_id": ident})
        for secret in ("quantity_units", "13900000000", things["M"]["name"], "HL20771"):
            expect(secret not in str(things["tube"]["samples"]), f"the lab reads {secret}")
        lab.get(batch, (403, 404))
        for name in ("R", "I"):
            walk.people[name].post("/tubes", tube(walk, whole(ice)), 201)
        walk.people["M"].refused("/tubes", tube(walk, whole(ice)), 403)
        lab.refused("/tubes", tube(walk, whole(ice), lab=things["L2"]["uscc"]), (403, 404, 422))
        lab.refused("/tubes", tube(walk, whole(NOWHERE)), (404, 422))
        lab.refused("/tubes", tube(walk, []), 422)
        lab.refused("/tubes", tube(walk, [{"sample_site": "surface"}]), 422)
        lab.refused("/tubes", tube(walk, [{"batch_id": chicken, "unlisted": "x", "sample_site": "surface"}]), 422)
    with walk.line(
        "POST /tubes/{id}/results (L): negative makes the batch cleared; received before sampled is refused"
    ):
        address = f"/tubes/{things['tube']['tube_id']}/results"
        lab.refused(address, result(walk, received_at="2021-01-10T09:00:00+08:00"), 422)
        lab.refused(address, result(walk, "maybe"), 422)
        walk.people["L2"].refused(address, result(walk), 404)
        walk.people["M"].refused(address, result(walk), 403)
        expect(_lacks(merchant, batch, "test"), "not tested yet")
        made = lab.post(address, result(walk), 201)
        shape(made, {"result": "negative", "stage": "preliminary"})
        gate = merchant.get(f"{batch}/gate")
        shape(gate, {"clear": True, "missing": [], "policy": dict, "basis": dict})
        same(merchant.get(batch)["status"], "cleared", "status")


def _lacks(person: Person, batch: str, word: str) -> bool:
    """Say whether a gate misses something about a word that is no paper."""
    found = person.get(f"{batch}/gate")["missing"]
    return any(word in f"{one['code']} {one.get('kind')}" for one in found)


def labels(walk: Walk) -> None:
    """Labels are made, and read by the public."""
    merchant, things = walk.people["M"], walk.things
    batch = f"/batches/{things['batches'][0]}"
    with walk.line("POST /batches/{id}/label-runs → 202; GET /label-runs/{id} → done with a PDF and a ZIP of PNGs"):
        for body, total in (({"piece_from": 3, "piece_to": 14}, 12), ({"level": "batch"}, 1)):
            run = merchant.post(f"{batch}/label-runs", body, 202)
            shape(run, {"run_id": ident})
            until = time.monotonic() + 60
            while (seen := merchant.get(f"/label-runs/{run['run_id']}"))["state"] not in {"done", "failed"}:
                expect(time.monotonic() < until, f"not done: {seen}")
                time.sleep(0.2)
            shape(seen, {"state": "done", "done": total, "total": total, "files": {"pdf": str, "zip": str}})
            same(_file(merchant, seen["files"]["pdf"])[:5], b"%PDF-", "PDF")
            with zipfile.ZipFile(io.BytesIO(_file(merchant, seen["files"]["zip"]))) as files:
                same(sum(name.endswith(".png") for name in files.namelist()), total, "PNGs")
            walk.people["S"].get(f"/label-runs/{run['run_id']}", 404)
            same(walk.people["S"].send("GET", _path(seen["files"]["pdf"])).status, 404, "a stranger's file")
    with walk.line("label runs: wrong ranges, over 500 and strangers are refused; an officer may"):
        ice = f"/batches/{things['batches'][1]}"
        for wrong in (
            {}, {"piece_from": 0, "piece_to": 1}, {"piece_from": 2, "piece_to": 1}, {"piece_from": 1, "piece_to": 101},
            {"piece_from": 1}, {"level": "batch", "piece_from": 1, "piece_to": 2}, {"level": "galaxy"},
        ):  # fmt: skip
            merchant.refused(f"{batch}/label-runs", wrong, 422)
        walk.people["S"].refused(f"{batch}/label-runs", {"level": "batch"}, 404)
        for name in ("R", "I"):
            walk.people[name].post(f"{ice}/label-runs", {"piece_from": 1, "piece_to": 2}, 202)
    with walk.line("GET /C/{code} (P): HTML for people, JSON for Accept: application/json; no persons, no buyers"):
        public = walk.people["nobody"]
        code = merchant.get(batch)["batch_code"]
        shown = public.get(f"//C/{code}", headers={"Accept": "application/json"})
        shape(shown, {
            "batch_code": code, "product": lambda value: value is not None, "origin_country": "BR",
            "production_date": "2020-11-06", "expiry_date": "2022-11-05", "importer": lambda value: value is not None,
            "seller": lambda value: True, "evidence": [{"kind": str, "state": str}], "badge": "green", "reasons": list,
        })  # fmt: skip
        page = public.raw("GET", f"//C/{code}", 200, headers={"Accept": "text/html"})
        same(page.kind, "text/html", "page")
        for secret in ("13800000000", "13900000000", "张示例", "赵示例"):
            expect(secret not in page.text and secret not in str(shown), f"the public reads {secret}")
        held = merchant.get(f"/batches/{things['batches'][2]}")["batch_code"]
        expect(public.get(f"//C/{held}", headers={"Accept": "application/json"})["badge"] != "green", "held goods")
        same(public.send("GET", f"//C/{code.lower()}").status in {200, 301, 302, 308}, True, "lower case")
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        public.raw("GET", f"//C/{wrong}", 404, headers={"Accept": "application/json"})
        public.raw("GET", f"//C/{wrong}", 404, headers={"Accept": "text/html"})


def _path(address: str) -> str:
    """Return the path of an address, as `Person.send` takes it."""
    return "/" + ("/" + address.split("/", 3)[3] if "://" in address else address)


def _file(person: Person, address: str) -> bytes:
    return person.raw("GET", _path(address), 200).body


def domestic(walk: Walk) -> None:
    """Other policy rows: domestic goods, and imported ones where no row applies."""
    merchant, things = walk.people["M"], walk.things
    with walk.line("the gate by other rows: domestic poultry needs its three papers, and is then clear"):
        general = things["zone general"]
        line = {"product_id": things["pork"]["product_id"], "quantity_units": 60, "zone_id": general}
        made = merchant.post("/arrivals", arrival(walk, [line]), 201)
        batch = f"/batches/{made['batches'][0]['batch_id']}"
        gate = merchant.get(f"{batch}/gate")
        same((gate["clear"], len(gate["missing"])), (False, 3), f"{gate}")
        for kind in ("animal_quarantine", "factory_inspection", "purchase_receipt"):
            paper = {"kind": kind, "number": "D-1", "issuer": "走查机构", "issued_on": "2021-01-09"}
            merchant.post(f"{batch}/evidence", paper, 201)
        same(merchant.get(f"{batch}/gate")["clear"], True, "domestic")
        things["domestic batch"] = made["batches"][0]["batch_id"]
