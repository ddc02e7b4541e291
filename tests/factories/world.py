"""A small world through the API: businesses, stores, products, arrivals, papers. Each call returns the API's answer."""

from __future__ import annotations

import itertools
from typing import Any

from tests.factories.people import People, Speaker

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_serial = itertools.count(1)


def uscc(serial: int | None = None) -> str:
    """Return a valid invented USCC (GB 32100-2015)."""
    number = next(_serial) if serial is None else serial
    body = f"91230203{number:09d}"
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


class World:
    """People and things of one district, made as needed."""

    def __init__(self, people: People, region_code: str = "230203") -> None:
        self.people = people
        self.region_code = region_code
        self.regulator = people.regulator(region_code)
        self.inspector = people.inspector(region_code)

    def business(self, name: str = "示例食品", *, active: bool = True, **fields: Any) -> dict[str, Any]:
        """Register a business; active ones have their letter and approval."""
        body = {
            "uscc": uscc(), "name": f"{name}{next(_serial)}", "kinds": ["importer"], "handles_imported": True,
            "region_code": self.region_code, "legal_representative": "张示例", "phone": "13800000000",
            "address": "示例路1号",
        } | fields  # fmt: skip
        made: dict[str, Any] = self.regulator.post("/businesses", body, 201)
        if active:
            if body["handles_imported"]:
                letter = {"version": "2021-01", "signed_by": "张示例", "signed_on": "2021-01-04"}
                self.regulator.post(f"/businesses/{made['business_id']}/commitment-letters", letter)
            self.regulator.post(f"/businesses/{made['business_id']}/approve")
        return made

    def merchant(self, business: dict[str, Any]) -> Speaker:
        """The merchant of a business."""
        return self.people.merchant(business["business_id"])

    def site(self, business: dict[str, Any], kind: str = "cold_store", **fields: Any) -> dict[str, Any]:
        """Register a site of a business."""
        body = {
            "business": business["business_id"], "name": f"示例场所{next(_serial)}", "kind": kind,
            "region_code": self.region_code, "address": "示例路2号",
        } | fields  # fmt: skip
        made: dict[str, Any] = self.regulator.post("/sites", body, 201)
        return made

    def zone(self, site: dict[str, Any], kind: str = "import_dedicated", **fields: Any) -> dict[str, Any]:
        """Register a zone of a site."""
        body = {"code": f"A{next(_serial)}", "kind": kind, "temperature_class": "frozen"} | fields
        made: dict[str, Any] = self.regulator.post(f"/sites/{site['site_id']}/zones", body, 201)
        return made

    def product(
        self, *, imported: bool = True, producer: dict[str, Any] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Register a product, and its producer when none is given."""
        country = "BR" if imported else "CN"
        if producer is None:
            number = next(_serial)
            producer = self.regulator.post(
                "/producers", {"name": f"示例禽业{number}", "country": country, "plant_no": f"SIF{number}"}
            )
        body = {
            "producer_id": producer["producer_id"], "name": f"示例冻鸡{next(_serial)}", "category": "poultry",
            "origin_country": country, "ledger_unit": "unit", "units_per_piece": 6, "unit_mass_g": 2000,
            "imported": imported,
        } | fields  # fmt: skip
        made: dict[str, Any] = self.regulator.post("/products", body)
        return made

    def arrival(
        self,
        owner: dict[str, Any],
        site: dict[str, Any],
        zone: dict[str, Any],
        lines: list[dict[str, Any]],
        **fields: Any,
    ) -> dict[str, Any]:
        """Register an arrival by its owner's merchant; lines need product_id and quantity_units."""
        body = {
            "site_id": site["site_id"], "entry_mode": "arrived", "arrived_at": "2021-01-18T06:40:00+08:00",
            "supplier": {"name": "示例贸易"}, "container_no": "CSQU3054383", "seal_no": "HL20771",
            "customs_declaration_no": "190120211000042871",
            "lines": [
                {"zone_id": zone["zone_id"], "production_date": "2020-11-06", "expiry_date": "2022-11-05"} | line
                for line in lines
            ],
        } | fields  # fmt: skip
        made: dict[str, Any] = self.merchant(owner).post("/arrivals", body, 201)
        return made

    def lab(self) -> tuple[dict[str, Any], Speaker]:
        """A registered lab and its person."""
        lab = self.business("示例检测", kinds=["lab"], handles_imported=False)
        return lab, self.people.lab(lab["business_id"])

    def papers(self, owner: dict[str, Any], arrival: dict[str, Any]) -> None:
        """Give an arrival the four papers of Heilongjiang's 四证."""
        for kind, number in (
            ("customs_declaration", "190120211000042871"), ("inspection_quarantine", "CIQ-1"),
            ("nucleic_acid", "NAT-1"), ("disinfection", "DIS-1"),
        ):  # fmt: skip
            self.merchant(owner).post(
                f"/arrivals/{arrival['arrival_id']}/evidence",
                {"kind": kind, "number": number, "issuer": "示例机构", "issued_on": "2021-01-17"},
                201,
            )

    def disinfect(self, owner: dict[str, Any], arrival: dict[str, Any], **fields: Any) -> Any:
        """Disinfect an arrival as a whole, by a protocol that counts at −18 °C."""
        body = {
            "occurred_at": "2021-01-18T09:10:00+08:00", "performed_by": "示例消毒", "place": "1 号冷库",
            "object": "外包装",
            "agent": "chlorine_cacl2_ethanol", "concentration_mg_per_l": 3000, "contact_min": 10,
            "volume_ml_per_m2": 250, "ambient_temperature_c": -18, "basis": "whole_batch",
        } | fields  # fmt: skip
        return self.merchant(owner).post(f"/arrivals/{arrival['arrival_id']}/disinfections", body, 201)

    def tube(self, lab: tuple[dict[str, Any], Speaker], batch_ids: list[str], **fields: Any) -> dict[str, Any]:
        """Register a tube with a whole-batch outer-pack sample of each batch."""
        body = {
            "tube_no": f"LJ-{next(_serial):04d}", "lab": lab[0]["business_id"],
            "sampled_at": "2021-01-18T10:00:00+08:00", "sampled_by": "李示例",
            "samples": [
                {"batch_id": batch_id, "sample_site": "outer_pack", "basis": "whole_batch"} for batch_id in batch_ids
            ],
        } | fields  # fmt: skip
        made: dict[str, Any] = lab[1].post("/tubes", body, 201)
        return made

    def result(
        self, lab: tuple[dict[str, Any], Speaker], tube: dict[str, Any], result: str = "negative", **fields: Any
    ) -> Any:
        """Report a tube's result."""
        body = {
            "stage": "preliminary", "result": result, "received_at": "2021-01-18T12:00:00+08:00",
            "reported_at": "2021-01-18T18:00:00+08:00", "report_no": f"R-{next(_serial)}",
        } | fields  # fmt: skip
        return lab[1].post(f"/tubes/{tube['tube_id']}/results", body, 201)

    def cleared(self, quantity_units: int = 100, **product: Any) -> dict[str, Any]:
        """An importer with one cleared batch in its own store: keys owner, site, zone, product, arrival, batch, lab."""
        owner = self.business()
        site = self.site(owner)
        zone = self.zone(site)
        made = self.product(**product)
        arrival = self.arrival(
            owner, site, zone, [{"product_id": made["product_id"], "quantity_units": quantity_units}]
        )
        self.papers(owner, arrival)
        self.disinfect(owner, arrival)
        lab = self.lab()
        batch = arrival["batches"][0]
        self.result(lab, self.tube(lab, [batch["batch_id"]]))
        self.merchant(owner).post(f"/batches/{batch['batch_id']}/label-runs", {"level": "batch"}, 202)
        return {
            "owner": owner, "site": site, "zone": zone, "product": made, "arrival": arrival, "batch": batch, "lab": lab,
        }  # fmt: skip

    def shop(self) -> dict[str, Any]:
        """A shop with one site and a dedicated counter: keys owner, site, zone."""
        owner = self.business("示例冻品店", kinds=["shop"])
        site = self.site(owner, "shop")
        return {"owner": owner, "site": site, "zone": self.zone(site, "sale_counter")}
