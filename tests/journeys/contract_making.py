"""The walk's part on batches that are made of batches: splits and transformations."""

from __future__ import annotations

from typing import Any

from tests.journeys import contract_goods as goods
from tests.journeys import contract_register as register
from tests.journeys.contract_client import Walk, expect, ident, query, same, shape
from tests.journeys.contract_trade import cleared, held, lines

WHERE = "zone import_dedicated"


def units(walk: Walk, batch: str, zone: str = WHERE) -> tuple[int, int]:
    """Return units and locked units of the merchant's in a zone."""
    return held(walk, batch).get((walk.things["M"]["business_id"], walk.things[zone]), (0, 0))


def splits(walk: Walk) -> None:
    """A part of a batch gets a code of its own, and goes its own way."""
    merchant, things = walk.people["M"], walk.things
    size = things["chicken body"]["units_per_piece"]
    batch = goods.enter(walk, "chicken", 10 * size)
    for kind, number in goods.PAPERS.items():
        paper = {"kind": kind, "number": number, "issuer": "走查机构", "issued_on": "2021-01-09"}
        merchant.post(f"/batches/{batch}/evidence", paper, 201)
    some = goods.disinfection() | {"basis": "declared_range", "piece_from": 1, "piece_to": 4}
    merchant.post(f"/batches/{batch}/disinfections", some, 201)
    tube = walk.people["L"].post("/tubes", goods.tube(walk, goods.whole(batch)), 201)
    walk.people["L"].post(f"/tubes/{tube['tube_id']}/results", goods.result(walk), 201)
    path = f"/batches/{batch}/split"
    with walk.line(
        "POST /batches/{id}/split (M) {piece_from, piece_to} → 201 with the child's batch_id and batch_code"
    ):
        expect(not merchant.get(f"/batches/{batch}/gate")["clear"], "all or nothing")
        made = merchant.post(path, {"piece_from": 1, "piece_to": 4}, 201)
        shape(made, {"batch_id": ident, "batch_code": str, "entry_id": ident, "quantity_units": 4 * size})
        child = things["split"] = made["batch_id"]
        expect(merchant.get(f"/batches/{child}/gate")["clear"], "the proven part is clear")
        expect(not merchant.get(f"/batches/{batch}/gate")["clear"], "the rest is not")
        same((units(walk, child)[0], units(walk, batch)[0]), (4 * size, 6 * size), "units")
        came = merchant.get(f"/batches/{child}")["came_from"]
        same([(each["batch_id"], each["piece_from"], each["piece_to"]) for each in came], [(batch, 1, 4)], "origin")
        same([each["batch_id"] for each in merchant.get(f"/batches/{batch}")["went_into"]], [child], "what became")
    with walk.line("split: 409 pieces_gone, 422 beyond_pieces; others' batches are 404; a positive reaches the part"):
        merchant.refused(path, {"piece_from": 4, "piece_to": 5}, 409, "pieces_gone")
        merchant.refused(path, {"piece_from": 5, "piece_to": 11}, 422, "beyond_pieces", "/piece_to")
        walk.people["B"].refused(path, {"piece_from": 5, "piece_to": 6}, 404)
        again = walk.people["L"].post("/tubes", goods.tube(walk, goods.whole(batch)), 201)
        address = f"/tubes/{again['tube_id']}/results"
        walk.people["L"].post(address, goods.result(walk, "positive"), 201)
        same(units(walk, child), (4 * size, 4 * size), "locked")
        merchant.refused(path, {"piece_from": 5, "piece_to": 6}, 409, "locked")
        walk.people["L"].post(address, goods.result(walk, "negative", stage="recheck"), 201)
        same(units(walk, child)[1], 0, "released")


def transformations(walk: Walk) -> None:
    """Goods go in, others come out, and no gram appears."""
    merchant, things = walk.people["M"], walk.things
    unit_g = things["chicken body"]["unit_mass_g"]
    cut = register.product(walk, "走查鸡块", unit_mass_g=unit_g, units_per_piece=10)["product_id"]
    first, second = cleared(walk, 60), cleared(walk, 60)

    def body(batch: str, amount: int, out: int, **more: Any) -> dict[str, Any]:
        made = {"product_id": cut, "production_date": "2021-01-09", "quantity_units": out}
        return {
            "zone_id": things[WHERE], "process": "cut", "lines": lines(batch, amount), "outputs": [made], "loss_g": 0,
        } | more  # fmt: skip

    with walk.line("POST /transformations (M) {zone_id, process, lines, outputs, loss_g} → 201; masses balance"):
        both = lines(first, 20) + lines(second, 10)
        made = merchant.post("/transformations", body(first, 1, 28, lines=both, loss_g=2 * unit_g), 201)
        shape(made, {"entry_id": ident, "outputs": [{"batch_id": ident, "batch_code": str, "quantity_units": 28}]})
        child = things["made"] = made["outputs"][0]["batch_id"]
        same([units(walk, each)[0] for each in (first, second, child)], [40, 50, 28], "units")
        missing = merchant.get(f"/batches/{child}/gate")["missing"]
        same([item["code"] for item in missing], ["code_missing"], "a code of its own")
        merchant.post(f"/batches/{child}/label-runs", {"level": "batch"}, 202)
        expect(merchant.get(f"/batches/{child}/gate")["clear"], "clear as all that went in")
        came = merchant.get(f"/batches/{child}")["came_from"]
        same(sorted(each["batch_id"] for each in came), sorted([first, second]), "origins")
        listed = merchant.every("/stock-entries" + query(batch_id=child))
        same([item["kind"] for item in listed], ["transformation"], "its entry")
    with walk.line("transformations: 422 mass_differs with the figures; 409 gate_refused, insufficient_stock; 404"):
        refused = merchant.refused("/transformations", body(first, 10, 5), 422, "mass_differs", "/loss_g")
        same(refused["masses"]["difference_g"], 5 * unit_g, "the figure")
        merchant.refused("/transformations", body(first, 10, 11), 422, "mass_differs")
        merchant.refused("/transformations", body(things["batches"][1], 1, 1), (409, 422))
        merchant.refused("/transformations", body(first, 41, 41), 409, "insufficient_stock")
        walk.people["B"].refused("/transformations", body(first, 1, 1), (403, 404))
        same(units(walk, first)[0], 40, "nothing went")
    with walk.line("locks follow to descendants; a notice of a source finds what was made; locked goods don't go in"):
        tube = walk.people["L"].post("/tubes", goods.tube(walk, goods.whole(first)), 201)
        address = f"/tubes/{tube['tube_id']}/results"
        walk.people["L"].post(address, goods.result(walk, "positive"), 201)
        same(units(walk, child), (28, 28), "locked")
        same(units(walk, second)[1], 0, "what else went in is not")
        merchant.refused("/transformations", body(child, 1, 1), 409, "locked")
        walk.people["L"].post(address, goods.result(walk, "negative", stage="recheck"), 201)
        same(units(walk, child)[1], 0, "released")
