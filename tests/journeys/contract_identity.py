"""Businesses without a code and what they become: the contract's lines on provisional identities and mergers."""

from __future__ import annotations

from tests.journeys.contract_client import Walk, expect, ident, same, shape
from tests.journeys.contract_door import business


def provisional(walk: Walk) -> None:
    """Find a business without a code, let it have a site, merge it into the one that it turns out to be."""
    regulator, inspector = walk.people["R"], walk.people["I"]
    with walk.line("POST /businesses/provisional (R I): 201 {business_id, temporary_no}"):
        body = {"name": f"走查无照摊{walk.run}", "phone": "13700001111", "place": "示例市场 3 排", "site_kind": "stall"}
        found = inspector.post("/businesses/provisional", body, 201)
        shape(found, {"business_id": ident, "temporary_no": str, "uscc": None})
        shape(regulator.post("/businesses/provisional", {"name": f"走查摊{walk.run}"}, 201), {"temporary_no": str})
        by_number = regulator.get(f"/businesses/{found['temporary_no']}")
        same(by_number["business_id"], found["business_id"], "found by its number")
        walk.people["M"].refused("/businesses/provisional", body, 403)
    with walk.line("POST /businesses/{b}/merge {into}: everything follows, the old id finds the new one"):
        into = regulator.post("/businesses", business(walk), 201)
        address = f"/businesses/{found['business_id']}/merge"
        would = regulator.get(f"{address}?into={into['uscc']}")
        done = regulator.post(address, {"into": into["uscc"]}, 200)
        same(done["moves"], would["moves"], "what was said before")
        expect(done["moves"]["sites"] == 1, "its site goes over")
        same(regulator.get(f"/businesses/{found['business_id']}")["business_id"], into["business_id"], "the old id")
        owner = regulator.get(f"/sites/{found['site_id']}")["business"]
        same(owner["business_id"], into["business_id"], "whose site it is")
        regulator.refused(address, {"into": into["uscc"]}, 409, "business_merged")
        regulator.refused(f"/businesses/{into['uscc']}/merge", {"into": found["temporary_no"]}, 409, "not_provisional")
        inspector.refused(address, {"into": into["uscc"]}, 403)
