"""The walk's part on asking the books: stock as of a past moment, as known then and now; backwards checks."""

from __future__ import annotations

from typing import Any

from tests.journeys import contract_goods as goods
from tests.journeys.contract_client import BRIEF, Walk, expect, ident, query, same, shape
from tests.journeys.contract_entries import entry
from tests.journeys.contract_trade import cleared

KINDS = {
    "stock_without_source", "purchase_without_consignment", "sales_above_purchases", "unanswered_consignment",
    "expired_at_counter", "count_variance",
}  # fmt: skip
ROW = {
    "kind": str, "business": BRIEF, "since": str, "as_of": str, "mass_g": int, "message_zh": str, "message_en": str,
    "solve": {"act": str, "href": str, "text_zh": str, "text_en": str},
}  # fmt: skip


def _units(walk: Walk, batch: str, **asked: Any) -> dict[str | None, tuple[int, int]]:
    """Return {zone: (units, locked units)} of the merchant's stock of a batch."""
    rows = walk.people["M"].every("/stock" + query(batch_id=batch, **asked))
    return {row["zone_id"]: (row["quantity_units"], row["locked_units"]) for row in rows}


def past(walk: Walk) -> None:
    """Stock as of a past moment: what was answered then, and what late facts say of it now."""
    merchant, store = walk.people["M"], walk.things["zone import_dedicated"]
    batch = cleared(walk, 100)
    with walk.line("GET /stock?as_of=&known_at=: asked later, what was known then is what was answered then"):
        merchant.post("/sales", entry(walk, batch, 10), 201)
        before = merchant.get("/stock" + query(batch_id=batch))
        same(before["as_of"], before["known_at"], "the present is known now")
        merchant.post("/sales", entry(walk, batch, 5), 201)
        then = {"as_of": before["as_of"], "known_at": before["as_of"]}
        again = merchant.get("/stock" + query(batch_id=batch, **then))
        same([row | {"status": None} for row in before["items"]], again["items"], "as known then")
        same(_units(walk, batch), {store: (85, 0)}, "now")
    with walk.line("… a late fact and a correction change what is known now of then, not what was known then"):
        late = merchant.post("/sales", entry(walk, batch, 20, occurred_at=goods.now(minutes=30)), 201)
        moment = goods.now(minutes=29)
        same(_units(walk, batch, as_of=moment, known_at=moment), {}, "the goods weren't entered then")
        same(_units(walk, batch, as_of=moment), {store: (80, 0)}, "late")
        same(_units(walk, batch, **then), {store: (90, 0)}, "known then")
        right = {"reason": "多记", "lines": [{"batch_id": batch, "quantity_units": 8}]}
        merchant.post(f"/stock-entries/{late['entry_id']}/correct", right, 201)
        same(_units(walk, batch, as_of=moment), {store: (92, 0)}, "corrected")
        same(_units(walk, batch, known_at=before["as_of"]), {store: (90, 0)}, "as_of now by what was known then")
    with walk.line("… the future → 422 in_future; others see nothing of it"):
        for name in ("as_of", "known_at"):
            refused = merchant.raw("GET", "/stock" + query(**{name: "2099-01-01T00:00:00Z"}), 422).json
            same([(each["pointer"], each["code"]) for each in refused["errors"]], [(f"/{name}", "in_future")], "why")
        same(walk.people["S"].every("/stock" + query(batch_id=batch, as_of=before["as_of"])), [], "a stranger")


def backchecks(walk: Walk) -> None:
    """What the books don't explain: each row leads to where it is solved, and ends by it."""
    merchant, things = walk.people["M"], walk.things
    asked = "/backchecks" + query(business=things["M"]["uscc"])

    def rows(batch: str) -> dict[str, int]:
        return {row["kind"]: row["quantity_units"] for row in merchant.every(asked) if row["batch_id"] == batch}

    with walk.line(
        "GET /backchecks?kind=&business=&site_id=: existing stock without a supplier, until a paper is there"
    ):
        bare = {"supplier": None, "container_no": None, "seal_no": None, "customs_declaration_no": None}
        batch = goods.enter(walk, "chicken", 30, entry_mode="existing_stock", **bare)
        page = merchant.get(asked)
        shape(page, {"items": list, "as_of": str})
        row = next(row for row in merchant.every(asked) if row["batch_id"] == batch)
        shape(row, ROW | {"kind": "stock_without_source", "quantity_units": 30, "batch_id": ident, "site_id": ident})
        expect("阳性" not in str(row) and "违法" not in str(row), "no blame")
        merchant.raw("GET", f"/{row['solve']['href']}", (200, 302, 401))
        same(len([r for r in merchant.every(asked + "&kind=expired_at_counter") if r["batch_id"] == batch]), 0, "kind")
        paper = {"kind": "purchase_receipt", "number": "JH-1", "issuer": "走查贸易", "issued_on": "2021-01-09"}
        merchant.post(f"/batches/{batch}/evidence", paper, 201)
        same(rows(batch), {}, "solved")
    with walk.line(
        "… a supplier in the register whose books have no such consignment; missing by a count until recovered"
    ):
        bought = goods.enter(walk, "chicken", 6, supplier={"business": things["B"]["uscc"]})
        same(rows(bought), {"purchase_without_consignment": 6}, "purchase")
        same([r for r in walk.people["B"].every("/backchecks") if r["batch_id"] == bought], [], "the supplier's list")
        count = {"batch_id": bought, "quantity_units": 4, "reason": "少了"}
        merchant.post("/stocktakes", entry(walk, bought, 1) | {"lines": [count]}, 201)
        same(rows(bought).get("count_variance"), 2, "missing")
        merchant.post("/recoveries", entry(walk, bought, 2, **{"from": "missing"}), 201)
        same(rows(bought).get("count_variance"), None, "recovered")
    with walk.line("… officers of the region and their own business only; lab 403; unknown kinds and fields 422"):
        for name, sees in (("R", True), ("I", True), ("S", False), ("elsewhere", False)):
            listed = walk.people[name].every("/backchecks")
            same(any(row["batch_id"] == bought for row in listed), sees, f"{name} sees it")
            expect({row["kind"] for row in listed} <= KINDS, "kinds")
        walk.people["L"].raw("GET", "/backchecks", 403)
        for wrong in ("kind=blame", "limit=0", "limit=201", "cursor=none", "colour=red"):
            merchant.raw("GET", f"/backchecks?{wrong}", 422)
