"""The walk's results: entered by officers with the report's photograph, confirmed, corrected, moved; people at work."""

from __future__ import annotations

from typing import Any

from tests.journeys import contract_goods as goods
from tests.journeys.contract_client import Person, Walk, expect, ident, same, shape
from tests.journeys.contract_handover import photograph
from tests.journeys.contract_trade import cleared


def entered(who: Person, address: str, told: dict[str, Any], status: int, photo: bytes | None = None) -> Any:
    """Enter a result as a form does, with a photograph or without."""
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in told.items()
    ]
    if photo is not None:
        head = b'--cut\r\nContent-Disposition: form-data; name="photo"; filename="r.png"\r\n'
        parts.append(head + b"Content-Type: image/png\r\n\r\n" + photo + b"\r\n")
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    return who.raw("POST", address, status, body=b"".join(parts) + b"--cut--\r\n", headers=headers)


def for_the_lab(walk: Walk) -> None:
    """Officers enter for a laboratory, which confirms."""
    merchant, lab = walk.people["M"], walk.people["L"]
    with walk.line("POST /tubes/{id}/results (R I as 代录 with photo): counts at once, the lab confirms later"):
        batch = walk.things["entered"] = cleared(walk, 30)
        for name in ("R", "I"):
            tube = lab.post("/tubes", goods.tube(walk, goods.whole(batch)), 201)
            address = f"/tubes/{tube['tube_id']}/results"
            told = goods.result(walk)
            entered(walk.people[name], address, told, 422)
            walk.people[name].refused(address, told, 422, "required", "/photo")
            made = entered(walk.people[name], address, told, 201, photograph()).json
            shape(made, {"result_id": ident, "result": "negative", "entered_for_lab": True})
            expect(made["result_id"] in str(lab.get("/tubes?to_confirm=true")), "it waits for the laboratory")
            here = f"{address}/{made['result_id']}"
            walk.people["L2"].post(f"{here}/confirm", {}, 404)
            lab.post(f"{here}/confirm", {}, 200)
            same(lab.get(f"/tubes/{tube['tube_id']}")["results"][0]["entered_for_lab"], True, "still visible as such")
        entered(merchant, address, told, 403, photograph())


def corrected(walk: Walk) -> None:
    """A result on the wrong tube, and one that was wrong."""
    merchant, lab = walk.people["M"], walk.people["L"]
    first, second = cleared(walk, 30), cleared(walk, 30)

    def held(batch: str) -> list[str]:
        return [hold["grade"] for hold in merchant.get(f"/batches/{batch}")["holds"]]

    with walk.line("a result on the wrong tube moves in one transaction: its holds end, those of the right tube begin"):
        wrong, right = (lab.post("/tubes", goods.tube(walk, goods.whole(each)), 201) for each in (first, second))
        made = lab.post(f"/tubes/{wrong['tube_id']}/results", goods.result(walk, "positive"), 201)
        same((held(first), held(second)), (["red"], []), "before")
        address = f"/tubes/{wrong['tube_id']}/results/{made['result_id']}/move"
        walk.people["L2"].refused(address, {"to_tube_no": right["tube_no"], "reason": "x"}, 404)
        moved = lab.post(address, {"to_tube_no": right["tube_no"], "reason": "录错管号"}, 201)
        same((held(first), held(second)), ([], ["red"]), "after")
        same(lab.get(f"/tubes/{wrong['tube_id']}")["results"][0]["superseded_by"], moved["result_id"], "visible")
    with walk.line("a corrected result supersedes visibly and ends exactly its holds"):
        told = goods.result(walk, "negative", supersedes_id=moved["result_id"], reason="报告看错行")
        lab.post(f"/tubes/{right['tube_id']}/results", told, 201)
        same(held(second), [], "free")


def workers(walk: Walk) -> None:
    """People at work are sampled on a schedule."""
    with walk.line("worker_id in POST /tubes: people of a business, due on a schedule, names for those who may know"):
        name = f"工示例{walk.run}"
        body = {"name": name, "post": "搬运", "started_on": "2021-01-04"}
        made = walk.people["M"].post("/workers", body, 201)
        shape(made, {"worker_id": ident, "due_at": str, "overdue": True})
        samples = [{"worker_id": made["worker_id"], "sample_site": "personnel"}]
        tube = walk.people["I"].post("/tubes", goods.tube(walk, samples), 201)
        expect(name not in str(walk.people["L"].get(f"/tubes/{tube['tube_id']}")), "the lab reads the name")
        walk.people["L"].get("/workers", 403)
