"""One arrival of two imported batches in an importer's store, held for want of everything."""

import pytest


class Case:
    """An importer, its store and one arrival; short words for the requests about it."""

    def __init__(self, world):
        self.world = world
        self.owner = world.business()
        self.site = world.site(self.owner)
        self.zone = world.zone(self.site)
        self.product = world.product()
        lines = [
            {"product_id": self.product["product_id"], "quantity_units": 120, "batch_no": "L1"},
            {"product_id": self.product["product_id"], "quantity_units": 60, "batch_no": "L2"},
        ]
        self.arrival = world.arrival(self.owner, self.site, self.zone, lines)
        self.first, self.second = (batch["batch_id"] for batch in self.arrival["batches"])
        self.merchant = world.merchant(self.owner)
        self.lab = world.lab()

    def gate(self, batch_id=None, query=""):
        return self.merchant.get(f"/batches/{batch_id or self.first}/gate{query}")

    def missing(self, batch_id=None):
        return [item["code"] for item in self.gate(batch_id)["missing"]]

    def batch(self, batch_id=None, speaker=None):
        return (speaker or self.merchant).get(f"/batches/{batch_id or self.first}")

    def paper(self, kind, path=None, expect=201, **fields):
        body = {"kind": kind, "number": "N-1", "issuer": "示例机构", "issued_on": "2021-01-17"} | fields
        return self.merchant.post(f"{path or '/arrivals/' + self.arrival['arrival_id']}/evidence", body, expect)

    def papers(self):
        for kind in ("inspection_quarantine", "nucleic_acid", "disinfection"):
            self.paper(kind)

    def disinfect(self, path=None, expect=201, speaker=None, **fields):
        body = {
            "occurred_at": "2021-01-18T09:10:00+08:00", "performed_by": "示例消毒", "place": "1 号冷库",
            "object": "外包装", "agent": "chlorine_cacl2_ethanol", "concentration_mg_per_l": 3000, "contact_min": 10,
            "ambient_temperature_c": -18, "basis": "whole_batch",
        } | fields  # fmt: skip
        path = path or f"/arrivals/{self.arrival['arrival_id']}"
        return (speaker or self.merchant).post(f"{path}/disinfections", body, expect)

    def tube(self, *batch_ids, samples=None, expect=201, speaker=None, **fields):
        body = {
            "tube_no": "LJ-0001", "lab": self.lab[0]["uscc"], "sampled_at": "2021-01-18T10:00:00+08:00",
            "samples": samples or [{"batch_id": batch_id, "sample_site": "outer_pack", "basis": "whole_batch"}
                                   for batch_id in batch_ids],
        } | fields  # fmt: skip
        return (speaker or self.lab[1]).post("/tubes", body, expect)

    def result(self, tube, result, stage="preliminary", expect=201, hour=18, **fields):
        body = {
            "stage": stage, "result": result, "received_at": "2021-01-18T12:00:00+08:00",
            "reported_at": f"2021-01-18T{hour:02d}:00:00+08:00", "report_no": f"R-{hour}",
        } | fields  # fmt: skip
        return self.lab[1].post(f"/tubes/{tube['tube_id']}/results", body, expect)


@pytest.fixture
def case(scenes):
    """An arrival of two batches that lacks everything."""
    return scenes.of(Case)
