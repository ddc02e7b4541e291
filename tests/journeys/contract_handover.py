"""The walk's hand-over: less, more, disputes, settling, the photographed slip, the delivery note, what is late."""

from __future__ import annotations

import struct
import zlib
from typing import Any
from urllib.parse import quote

from tests.journeys import contract_goods as goods
from tests.journeys.contract_client import BRIEF, OPTIONAL, Person, Walk, expect, ident, query, same, shape
from tests.journeys.contract_trade import cleared, dispatch, held, lines

PERSON = {"name": "孙示例", "phone": "13600000000", "address": "示例路7号"}


def photograph() -> bytes:
    """Return a small PNG, written by hand."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((200, 220, 240)) * 8 for _ in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def hand_in(who: Person, address: str, content: bytes, status: int) -> Any:
    """Hand in a file as a form does."""
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="slip.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + content + b"\r\n--cut--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    return who.raw("POST", f"{address}/slip", status, body=body, headers=headers)


def sent(walk: Walk, batch: str, units: int, **fields: Any) -> str:
    """Send units; return the consignment's address."""
    made = walk.people["M"].post("/consignments", dispatch(walk, batch, units, **fields), 201)
    return f"/consignments/{made['consignment_id']}"


def differences(walk: Walk) -> None:
    """Less, more, disputed, settled: conservation after each."""
    merchant, buyer, things = walk.people["M"], walk.people["B"], walk.things
    batch = things["handed"] = cleared(walk, 200)
    owner, shop, store = things["M"]["business_id"], things["B"]["business_id"], things["zone import_dedicated"]
    counter = things["counter"]

    def everything() -> int:
        return sum(units for units, _locked in held(walk, batch).values())

    with walk.line("confirm with another quantity → 422 quantity_differs without a reason"):
        address = sent(walk, batch, 40)
        body = {"zone_id": counter, "lines": lines(batch, 35)}
        for units in (39, 41, 0):
            wrong = body | {"lines": lines(batch, units)}
            buyer.refused(f"{address}/confirm", wrong, 422, "quantity_differs")
        buyer.refused(f"{address}/confirm", body | {"lines": lines(batch, 0), "reason": "没到"}, 422, "nothing_came")
        same(merchant.get(address)["state"], "in_transit", "state")
    with walk.line("… less, with a reason → disputed; the rest stays on the road, shown line by line and in answers"):
        seen = buyer.post(f"{address}/confirm", body | {"reason": "少 5 盒", "arrival_temperature_c": -9})
        shape(seen, {
            "state": "disputed", "arrival_temperature_c": -9.0,
            "lines": [{"confirmed_units": 35, "disputed_units": 5, "open_units": 0}],
            "answers": [{"kind": "confirmed", "reason": "少 5 盒", "lines": list}], "warnings": list,
        })  # fmt: skip
        codes = [warning["code"] for warning in seen["warnings"]]
        same(codes, ["arrival_temperature", "expired"], "too warm, and past its date: warnings")
        same(held(walk, batch), {(owner, store): (160, 0), (owner, None): (5, 0), (shop, counter): (35, 0)}, "stock")
        buyer.refused(f"{address}/reject", {"reason": "晚了"}, 409, "wrong_state")
    with walk.line("POST /consignments/{id}/settle: each side says its own, until nothing is disputed"):
        back = {"lines": [{"batch_id": batch, "outcome": "returned", "quantity_units": 2}], "reason": "漏装"}
        buyer.refused(f"{address}/settle", back, 403)
        walk.people["S"].refused(f"{address}/settle", back, 404)
        many = {"lines": [{"batch_id": batch, "outcome": "lost", "quantity_units": 6}], "reason": "x"}
        merchant.refused(f"{address}/settle", many, 422, "more_than_disputed")
        same(merchant.post(f"{address}/settle", back)["state"], "disputed", "3 left")
        rest = [
            {"batch_id": batch, "outcome": "lost", "quantity_units": 1},
            {"batch_id": batch, "outcome": "delivered", "quantity_units": 2},
        ]
        officer = {"lines": rest, "reason": "协商一致"}
        walk.people["R"].refused(f"{address}/settle", officer, 422, "required", "/zone_id")
        done = walk.people["R"].post(f"{address}/settle", officer | {"zone_id": counter})
        shape(done, {"state": "confirmed", "lines": [{"confirmed_units": 37, "disputed_units": 0}]})
        same((held(walk, batch), everything()), (
            {(owner, store): (162, 0), (shop, counter): (37, 0)}, 199,
        ), "one was lost")  # fmt: skip
    with walk.line(
        "… more than was sent: from the sender's zone if it lies there free, disputed until the sender agrees"
    ):
        address = sent(walk, batch, 10)
        more = {"zone_id": counter, "lines": lines(batch, 12), "reason": "多 2 盒"}
        same(buyer.post(f"{address}/confirm", more)["state"], "disputed", "state")
        same(everything(), 199, "nothing appeared")
        stays = {"lines": [{"batch_id": batch, "outcome": "delivered", "quantity_units": 2}], "reason": "同意"}
        buyer.refused(f"{address}/settle", stays, 403)
        same(merchant.post(f"{address}/settle", stays)["state"], "confirmed", "state")
        same(held(walk, batch), {(owner, store): (150, 0), (shop, counter): (49, 0)}, "stock")
    with walk.line("POST /consignments/{id}/dispute {lines, reason}; the undisputed rest is confirmed"):
        address = sent(walk, batch, 10)
        wrong = {"lines": lines(batch, 11), "reason": "破损"}
        buyer.refused(f"{address}/dispute", wrong, 422, "more_than_open")
        buyer.refused(f"{address}/dispute", {"lines": lines(batch, 3)}, 422, None, "/reason")
        merchant.refused(f"{address}/dispute", wrong, 403)
        seen = buyer.post(f"{address}/dispute", {"lines": lines(batch, 3), "reason": "破损"})
        shape(seen, {"state": "disputed", "lines": [{"disputed_units": 3, "open_units": 7}]})
        rest = {"zone_id": counter, "lines": lines(batch, 7)}
        same(buyer.post(f"{address}/confirm", rest)["state"], "disputed", "3 are disputed")
        all_back = {"lines": [{"batch_id": batch, "outcome": "returned", "quantity_units": 3}], "reason": "拉回"}
        same(merchant.post(f"{address}/settle", all_back)["state"], "confirmed", "state")
        same(everything(), 199, "nothing vanished")


def slips(walk: Walk) -> None:
    """The slip, the note, what nobody answers."""
    merchant, buyer, things = walk.people["M"], walk.people["B"], walk.things
    batch = things["handed"]
    with walk.line("signed in person to a name: a photograph of the slip, for the parties and officers only"):
        address = sent(walk, batch, 2, to=PERSON, handover="signed_in_person")
        merchant.get(f"{address}/slip", 404)
        hand_in(merchant, address, b"<html>", 422)
        hand_in(walk.people["S"], address, photograph(), 404)
        made = hand_in(merchant, address, photograph(), 201).json
        expect(ident(made["slip_file_id"]), f"a file: {made['slip_file_id']}")
        for name in ("M", "R", "I"):
            shown = walk.people[name].raw("GET", f"{address}/slip", 200)
            same((shown.kind, shown.body[:3]), ("image/jpeg", b"\xff\xd8\xff"), "a JPEG")
            same(shown.headers["x-content-type-options"], "nosniff", "headers")
        for name, status in (("S", 404), ("B", 404), ("elsewhere", 404), ("nobody", 401), ("L", 403)):
            walk.people[name].raw("GET", f"{address}/slip", status)
    with walk.line("GET /consignments?unanswered= and ?waiting_h=; each says how long it waits"):
        address = sent(walk, batch, 1, departure_temperature_c=-19)
        seen = merchant.get(address)
        shape(seen, {"waiting_h": 0, "unanswered": False, "departure_temperature_c": -19.0, "purpose": "delivery"})
        listed = merchant.every("/consignments?waiting_h=0")
        expect(seen["consignment_id"] in {row["consignment_id"] for row in listed}, "it waits")
        expect({row["state"] for row in listed} <= {"in_transit", "signed"}, "only what waits")
        long = {row["consignment_id"] for row in merchant.every("/consignments?unanswered=true")}
        expect(seen["consignment_id"] not in long, "not for long")
        merchant.get("/consignments?unanswered=maybe", 422)
    with walk.line("{PUBLIC_URL}/D/{consignment_no}, the code on the delivery note: sign in first"):
        number = seen["consignment_no"]
        asked = walk.people["nobody"].raw("GET", f"//D/{number}", (302, 303), headers={"Accept": "text/html"})
        same(asked.headers["location"], f"/sign-in?next={quote(f'/D/{number}', safe='')}", "sign in")
        led = buyer.raw("GET", f"//D/{number}", (302, 303), headers={"Accept": "text/html"})
        same(led.headers["location"], f"/consignments/{seen['consignment_id']}", "the page")
        walk.people["S"].raw("GET", f"//D/{number}", 404, headers={"Accept": "text/html"})
        note = merchant.raw(
            "GET", f"//consignments/{seen['consignment_id']}/note", 200, headers={"Accept": "text/html"}
        )
        expect(number in note.text and "<svg" in note.text, "the note has number and code")


def late(walk: Walk) -> None:
    """Signed for in person, entered after the lock."""
    merchant, regulator, things = walk.people["M"], walk.people["R"], walk.things
    batch, address = things["hot"], f"/recalls/{things['recall']}"
    past = {"occurred_at": goods.now(minutes=20)}
    with walk.line("a dispatch is not back-dated past a lock; signed in person on the spot neither"):
        merchant.refused("/consignments", dispatch(walk, batch, 2) | past, 409, "locked")
        spot = {"handover": "signed_in_person"}
        merchant.refused("/consignments", dispatch(walk, batch, 2) | spot, 409, "locked")
    with walk.line("signed in person over 15 minutes ago → 201 late, despite the lock; lock and task follow"):
        before = regulator.get(f"{address}/report")["figures"]["late_entries"]
        to = {"to_site_id": things["shop 2"]["site_id"]}
        made = merchant.post("/consignments", dispatch(walk, batch, 2) | spot | past | to, 201)
        shape(made, {"state": "signed", "late": True, "warnings": list})
        expect("late_under_recall" in {warning["code"] for warning in made["warnings"]}, "warned")
        rows = [row for row in regulator.every("/stock" + query(batch_id=batch)) if row["zone_id"] is None]
        road = next(row for row in rows if row["consignment_id"] == made["consignment_id"])
        same((road["quantity_units"], road["locked_units"]), (2, 2), "locked on the road")
        tasks = regulator.every(f"{address}/tasks" + query(site_id=things["shop 2"]["site_id"]))
        expected = [row for row in tasks[0]["expected"] if row["consignment_id"] == made["consignment_id"]]
        same((len(tasks), tasks[0]["state"], [row["quantity_units"] for row in expected]), (1, "open", [2]), "task")
    with walk.line("GET /recalls/{id}/late-lines; the report counts them from then on"):
        line = next(
            row for row in regulator.every(f"{address}/late-lines") if row["subject_id"] == made["consignment_id"]
        )
        shape(line, {
            "batch_id": batch, "quantity_units": 2, "mass_g": int, "subject_kind": "consignment", "owner": BRIEF,
            "to_business": BRIEF, "site_id": ident, "to_site_id": things["shop 2"]["site_id"],
            "occurred_at": str, "recorded_at": str, "site_name": OPTIONAL,
        })  # fmt: skip
        same(regulator.get(f"{address}/report")["figures"]["late_entries"], before + 1, "counted")
        walk.people["M"].get(f"{address}/late-lines", (403, 404))


def consents(walk: Walk) -> None:
    """Only the owner dispatches, an officer, or a custodian with the owner's recorded standing consent."""
    things, keeper, owner = walk.things, walk.people["M"], walk.people["S"]
    with walk.line("a custodian dispatches only with the owner's recorded standing consent, until it is withdrawn"):
        line = [{"product_id": things["chicken"]["product_id"], "quantity_units": 5}]
        made = walk.people["R"].post("/arrivals", goods.arrival(walk, line, owner=things["S"]["uscc"]), 201)
        batch = made["batches"][0]["batch_id"]
        body = dispatch(walk, batch, 1, owner=things["S"]["uscc"])
        keeper.refused("/consignments", body, 403)
        address = f"/businesses/{things['S']['uscc']}/standing-consents"
        keeper.refused(address, {"custodian": things["M"]["uscc"]}, 404)
        owner.refused(address, {"custodian": things["S"]["uscc"]}, 422, "same_business")
        given = owner.post(address, {"custodian": things["M"]["uscc"]}, 201)
        shape(given, {"consent_id": ident, "owner": BRIEF, "custodian": BRIEF, "ended_at": None})
        same([row["consent_id"] for row in owner.every(address)], [given["consent_id"]], "listed")
        keeper.refused("/consignments", body, 409, "gate_refused")  # the right is there, the papers are not
        ended = owner.raw("DELETE", f"{address}/{given['consent_id']}", 200).json
        expect(ended["ended_at"], "ended")
        keeper.refused("/consignments", body, 403)
