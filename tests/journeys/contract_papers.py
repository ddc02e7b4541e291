"""The walk's papers as files: handed in as multipart, seen by who stores the goods, verified by officers, replaced."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from tests.journeys.contract_client import Person, Walk, expect, ident, same, shape
from tests.journeys.contract_handover import photograph

PAPER = {"kind": "other", "number": "FILE-1", "issuer": "走查机构", "issued_on": "2021-01-09"}


def pdf(extra: bytes = b"") -> bytes:
    """Return a PDF of one blank page, written by hand; `extra` goes into its catalogue."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R" + extra + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 4\n0000000000 65535 f \n" + rows
    return body + table + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def hand_in(who: Person, address: str, content: bytes, status: int, name: str = "paper.pdf", **fields: Any) -> Any:
    """Hand in a paper as a form does; return the JSON that came."""
    parts = b"".join(
        f'--cut\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'.encode()
        for field, text in (PAPER | fields).items()
        if field != "key"
    )
    file = f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    if "key" in fields:
        headers["Idempotency-Key"] = fields["key"]
    body = parts + file + content + b"\r\n--cut--\r\n"
    return json.loads(who.raw("POST", f"{address}/evidence", status, body=body, headers=headers).body)


def files(walk: Walk) -> None:
    """Papers with their files."""
    merchant, things = walk.people["M"], walk.things
    arrival, batch = f"/arrivals/{things['arrival']['arrival_id']}", f"/batches/{things['batches'][0]}"
    with walk.line(
        "POST …/evidence as multipart with `file`: PDF and photographs by content, kept by hash, idempotent"
    ):
        content = pdf()
        made = hand_in(merchant, arrival, content, 201, key="papers-1", quantity_units=600)
        shape(made, {"evidence_id": ident, "quantity_units": 600, "state": "entered"})
        shape(made["file"], {"media_type": "application/pdf", "pages": 1, "size_bytes": len(content)})
        same(made["file"]["sha256"], hashlib.sha256(content).hexdigest(), "the hash of what was handed in")
        same(hand_in(merchant, arrival, content, 201, key="papers-1", quantity_units=600), made, "the same again")
        hand_in(merchant, arrival, photograph(), 422, key="papers-1", quantity_units=600)
        picture = hand_in(merchant, batch, photograph(), 201, "a.png")
        same(picture["file"]["media_type"], "image/jpeg", "drawn anew")
        expect(any(p["file"] for p in merchant.get(batch)["evidence"]), "the batch names it")
    with walk.line("… what is not taken is refused by name, whatever it is called"):
        for content, code in (
            (b"MZ" + bytes(200), "unknown_file_type"),
            (pdf(b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"), "pdf_active"),
            (pdf()[:60], "pdf_damaged"),
        ):
            problem = hand_in(merchant, arrival, content, 422, "../paper.pdf")
            same([(e["pointer"], e["code"]) for e in problem["errors"]], [("/file", code)], code)
    with walk.line("a paper's file is for those who may see the goods: own type, nosniff, sandbox"):
        address = f"/evidence/{made['evidence_id']}"
        for name in ("M", "R", "I", "admin"):
            shown = walk.people[name].raw("GET", f"{address}/file", 200)
            same((shown.kind, shown.body[:5]), ("application/pdf", b"%PDF-"), "a PDF")
            same(shown.headers["x-content-type-options"], "nosniff", "headers")
            expect("sandbox" in shown.headers["content-security-policy"], "in a sandbox")
            expect(shown.headers["content-disposition"].startswith("attachment; "), "to be saved")
        same(merchant.raw("GET", f"{address}/pages/1", 200).kind, "image/jpeg", "a page as a picture")
        for name, status in (("S", 404), ("elsewhere", 404), ("nobody", 401), ("L", 403)):
            for path in (address, f"{address}/file", f"{address}/pages/1"):
                walk.people[name].raw("GET", path, status)


def words(walk: Walk) -> None:
    """An officer's word on papers, replacing, other platforms' codes."""
    merchant, regulator, things = walk.people["M"], walk.people["R"], walk.things
    chicken = things["batches"][0]
    batch = f"/batches/{chicken}"
    with walk.line("papers wait for an officer (R): verified, or refused with a reason; then a newer one replaces it"):
        made = merchant.post(f"{batch}/evidence", PAPER | {"number": "W-1"}, 201)
        address = f"/evidence/{made['evidence_id']}"
        waiting = {row["evidence_id"] for row in regulator.every("/evidence?state=entered")}
        expect(made["evidence_id"] in waiting, "it waits")
        for name, status in (("M", 403), ("I", 403), ("L", 403), ("elsewhere", 404)):
            walk.people[name].refused(f"{address}/verify", {}, status)
        same(regulator.post(f"{address}/verify")["state"], "verified", "state")
        regulator.refused(f"{address}/verify", {}, 409, "wrong_state")
        regulator.refused(f"{address}/refuse", {}, 422)
        said = regulator.post(f"{address}/refuse", {"reason": "编号不符"})
        shape(said, {"state": "refused", "refused_reason": "编号不符"})
        newer = merchant.post(f"{batch}/evidence", PAPER | {"number": "W-2", "replaces": made["evidence_id"]}, 201)
        same(merchant.get(address)["replaced_by"], newer["evidence_id"], "both are shown")
        regulator.refused(f"{address}/verify", {}, 409, "replaced_already")
    with walk.line("other platforms' codes are cross-references: kept, found, and which platform lacks one"):
        code = f"PT-{walk.run}-0001"
        before = {each["platform"] for each in merchant.get(batch)["platforms_missing"]}
        merchant.post(f"{batch}/platform-codes", {"platform": "national", "code": code}, 201)
        after = {each["platform"] for each in merchant.get(batch)["platforms_missing"]}
        same(before - after, {"national"}, "what lacks")
        found = walk.people["I"].get(f"/codes/{quote(code, safe='')}")
        same((found["batch_id"], found["platform_code"]), (chicken, code), "by scan")
        expect(any(row.get("batch_id") == chicken for row in merchant.every(f"/search?q={code}")), "by search")
