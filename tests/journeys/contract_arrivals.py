"""The walk's arrivals beyond the first round: declared in advance and taken in, withdrawn, corrected, from paper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.contract_client import Walk, ident, query, same, shape
from tests.journeys.contract_goods import arrival, now
from tests.journeys.contract_handover import photograph

DECLARED = {"batch_id": ident, "batch_code": str, "piece_count": int, "status": "declared"}


def _bare(body: dict[str, Any], *without: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in {"arrived_at", *without}}


def _declared(walk: Walk, hours: float, *units: int) -> dict[str, Any]:
    chicken = walk.things["chicken"]["product_id"]
    lines = [{"product_id": chicken, "quantity_units": each, "batch_no": f"D-{walk.run}"} for each in units]
    ahead = {"entry_mode": "declared", "expected_at": (datetime.now(UTC) + timedelta(hours=hours)).isoformat()}
    body = _bare(arrival(walk, lines, **ahead), "container_no", "seal_no")
    made: dict[str, Any] = walk.people["M"].post("/arrivals", body, 201)
    return made


def declared(walk: Walk) -> None:
    """Goods declared in advance, and what becomes of them."""
    merchant, regulator = walk.people["M"], walk.people["R"]
    with walk.line('POST /arrivals {entry_mode: "declared", expected_at}: batches, no stock, no movement'):
        made = walk.things["declared"] = _declared(walk, 48, 60, 30)
        shape(made, {"arrival_id": ident, "batches": [DECLARED], "arrived_at": None, "flags": []})
        first, second = (batch["batch_id"] for batch in made["batches"])
        same(merchant.get(f"/batches/{first}")["stock"], [], "stock")
        same(merchant.get("/stock" + query(batch_id=first))["items"], [], "stock")
        same(merchant.get(f"/batches/{first}/gate")["clear"], False, "clear")
        merchant.refused("/arrivals", _bare(arrival(walk, []), "lines") | {"entry_mode": "declared"}, 422)
    with walk.line("… less than 24 h before it comes: flagged, not refused"):
        late = _declared(walk, 3, 6)
        same(late["flags"], ["declared_late"], "flags")
        kinds = [row["subject_id"] for row in regulator.every("/flags?kind=declared_late")]
        same(late["arrival_id"] in kinds, True, "the officer's list")
    with walk.line("POST /arrivals/{id}/intake {arrived_at, …}: what really came becomes stock"):
        address = f"/arrivals/{made['arrival_id']}/intake"
        for name, status in (("S", 404), ("elsewhere", 404), ("I", 403), ("L", 403)):
            walk.people[name].refused(address, {}, status)
        body = {"arrived_at": now(minutes=5), "container_no": "CSQU3054383", "seal_no": "HL20771",
                "lines": [{"batch_id": second, "quantity_units": 27}]}  # fmt: skip
        merchant.refused(address, body | {"container_no": "CSQU3054384"}, 422, "container_check")
        merchant.refused(address, body | {"arrived_at": "2099-01-01T00:00:00Z"}, 422, "in_future")
        taken = merchant.post(address, body, 200)
        same([batch["quantity_units"] for batch in taken["batches"]], [60, 27], "received")
        same({batch["status"] for batch in taken["batches"]}, {"held"}, "status")
        same(merchant.get(f"/batches/{second}")["stock"][0]["quantity_units"], 27, "stock")
        merchant.refused(address, body, 409, "wrong_state")


def withdrawn(walk: Walk) -> None:
    """Taken back while nothing has moved; corrected after that."""
    merchant, things = walk.people["M"], walk.things
    line = {"product_id": things["chicken"]["product_id"], "quantity_units": 12, "batch_no": f"W-{walk.run}"}
    with walk.line("POST /arrivals/{id}/withdraw {reason}: of declared goods and of goods that came"):
        for made in (_declared(walk, 48, 6), merchant.post("/arrivals", arrival(walk, [line]), 201)):
            address = f"/arrivals/{made['arrival_id']}"
            merchant.refused(f"{address}/withdraw", {}, 422)
            walk.people["elsewhere"].refused(f"{address}/withdraw", {"reason": "示例"}, 404)
            gone = merchant.post(f"{address}/withdraw", {"reason": "录重了"}, 200)
            shape(gone, {"state": "withdrawn", "withdrawn_reason": "录重了", "withdrawn_at": str})
            same(merchant.get(f"/batches/{made['batches'][0]['batch_id']}")["stock"], [], "stock")
            merchant.refused(f"{address}/withdraw", {"reason": "又一次"}, 409, "arrival_withdrawn")
            merchant.get(address)
    with walk.line("… 409 once something has moved, pointing at corrections, which name what they correct"):
        made = merchant.post("/arrivals", arrival(walk, [line]), 201)
        batch, address = made["batches"][0]["batch_id"], f"/arrivals/{made['arrival_id']}"
        lost = {"zone_id": things["zone import_dedicated"], "reason": "破损",
                "lines": [{"batch_id": batch, "quantity_units": 1}]}  # fmt: skip
        merchant.post("/losses", lost, 201)
        refused = merchant.refused(f"{address}/withdraw", {"reason": "录错了"}, 409, "already_moved")
        same(refused["corrections"], f"/api/v1{address}/corrections", "where to correct")
        body = {"reason": "抄错了", "container_no": "TGHU1234567", "lines": [{"batch_id": batch, "batch_no": "W-2"}]}
        right = merchant.post(f"{address}/corrections", body, 201)
        same(right["container_no"], "TGHU1234567", "container")
        said = {(row["field"], row["former_value"], row["value"]) for row in right["corrections"]}
        wanted = {("container_no", "CSQU3054383", "TGHU1234567"), ("batch_no", f"W-{walk.run}", "W-2")}
        same(said, wanted, "corrections")


def on_paper(walk: Walk) -> None:
    """Entered from paper, with its photograph."""
    merchant, things = walk.people["M"], walk.things
    line = {"product_id": things["chicken"]["product_id"], "quantity_units": 12}
    with walk.line(
        'POST /arrivals {entry_mode: "paper"}: a past time, marked as such, with the photograph of the paper'
    ):
        made = merchant.post("/arrivals", arrival(walk, [line], entry_mode="paper"), 201)
        same(sorted(made["flags"]), ["from_paper", "voucher_missing"], "flags")
        merchant.refused("/arrivals", _bare(arrival(walk, [line], entry_mode="paper")), 422, "required")
        body = (
            b'--cut\r\nContent-Disposition: form-data; name="file"; filename="paper.png"\r\n'
            b"Content-Type: image/png\r\n\r\n" + photograph() + b"\r\n--cut--\r\n"
        )
        address, headers = f"/arrivals/{made['arrival_id']}", {"Content-Type": "multipart/form-data; boundary=cut"}
        kept = merchant.raw("POST", f"{address}/vouchers", 201, body=body, headers=headers).json
        same(merchant.get(address)["flags"], ["from_paper"], "flags")
        shown = merchant.raw("GET", f"{address}/vouchers/{kept['voucher_id']}", 200)
        same(shown.kind, "image/jpeg", "the photograph")
        walk.people["S"].raw("GET", f"{address}/vouchers/{kept['voucher_id']}", 404)
