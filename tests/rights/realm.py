"""One district with businesses that trade, a stranger, a third-party cold store, a neighbour district, and all who ask.

Every business's facts carry its own mark (`Case.mark`, `MARKS`), so that a search finds what belongs to whom.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import SYSTEM
from coldchain.accounts.models import ApiToken, Assignment, Device, UserSession, UserSite
from coldchain.batches import flags
from coldchain.batches.flags import Mark
from coldchain.core import clock, db
from coldchain.journal import sequencer
from coldchain.journal.models import JournalEntry, JournalLeaf, PersonalValue
from coldchain.labels import jobs
from coldchain.recall.models import AssistanceRequest
from coldchain.regions import service as regions
from tests.factories.people import People, Speaker
from tests.factories.world import World
from tests.journeys.contract_handover import photograph

HERE, THERE = "230203", "230202"  # two districts of one city
OWN_OFFICE, OTHER_OFFICE = "示例一所", "示例二所"
PHONE = {"JIAQZX": "13811110001", "YIQZX": "13811110002", "BINGQZX": "13811110003", "DINGQZX": "13811110004",
         "WUQZX": "13811110005", "JIQZX": "13811110006", "GENGQZX": "13811110007"}  # fmt: skip
DAY = {"production_date": "2020-11-06", "expiry_date": "2030-11-05"}


@dataclass
class Case:
    """Goods of one owner in one place, with everything that can be said about them."""

    name: str
    mark: str
    owner: dict[str, Any]
    keeper: dict[str, Any]
    buyer: dict[str, Any]
    lab: tuple[dict[str, Any], Speaker]
    officer: Speaker
    region: str
    office: str | None
    lab_mark: str
    carried: dict[str, str] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)


@dataclass
class Asker:
    """Somebody who asks: a name for the list, what they send along, who they are."""

    name: str
    headers: dict[str, str]
    role: str
    business: str | None = None
    user_id: UUID | None = None


class Realm:
    """The world: `cases` by name, `askers` by name; built once through the API."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        people = People(app)
        with db.transaction() as session:
            self.own_office = regions.ensure_office(session, HERE, OWN_OFFICE).office_id
            other = regions.ensure_office(session, HERE, OTHER_OFFICE).office_id
            distant = regions.ensure_office(session, THERE, "示例三所").office_id
            self.offices = {"own": self.own_office, "kept": other, "strange": other, "distant": distant}
        self.here, self.there = World(people, HERE), World(people, THERE)
        self.businesses: dict[str, dict[str, Any]] = {}
        self.cases: dict[str, Case] = {}
        self._found_businesses()
        self._lay_goods()
        self._announce()
        sequencer.run_once(db.engine(), app.config["SETTINGS"].var_dir)
        for case in self.cases.values():
            self._journal(case)
            self._office(case)
        self.askers = {asker.name: asker for asker in self._askers()}
        self._give_keys()
        self._let_in()

    # --- who trades ---

    def business(self, key: str, name: str, world: World | None = None, **fields: Any) -> dict[str, Any]:
        """Register a business whose own facts carry its mark."""
        mark = MARKS[key]
        body = {
            "phone": PHONE.get(mark, "13900000000"), "address": f"{mark}路1号", "legal_representative": f"{mark}法人",
        } | fields  # fmt: skip
        made = (world or self.here).business(name, **body)
        self.businesses[key] = made
        return made

    def _found_businesses(self) -> None:
        self.business("seller", "甲食品", office=OWN_OFFICE)
        self.business("buyer", "乙超市", kinds=["shop"], office=OWN_OFFICE)
        self.business("stranger", "丙冻品")
        self.business("keeper", "丁冷库", kinds=["cold_store"], office=OTHER_OFFICE)
        self.business("distant", "戊食品", self.there)
        self.business("distant buyer", "己超市", self.there, kinds=["shop"])
        self.business("carrier", "庚运输", kinds=["carrier"], handles_imported=False)
        self.business("lab", "辛检测", kinds=["lab"], handles_imported=False)
        self.business("other lab", "壬检测", kinds=["lab"], handles_imported=False)
        self.business("service", "子消毒", kinds=["disinfection_service"], handles_imported=False)
        self.business("other service", "丑消毒", kinds=["disinfection_service"], handles_imported=False)
        self.business("waiting", "癸食品", active=False)
        for key, world in (("buyer", self.here), ("distant buyer", self.there)):
            site = world.site(self.businesses[key], "shop", name=f"{MARKS[key]}店", address=f"{MARKS[key]}店址")
            zone = world.zone(site, "sale_counter", code=f"{MARKS[key]}柜")
            self.businesses[key] |= {"site_id": site["site_id"], "zone_id": zone["zone_id"]}

    def lab_of(self, key: str) -> tuple[dict[str, Any], Speaker]:
        """Return a lab and its person."""
        lab = self.businesses[key]
        return lab, self.here.people.lab(lab["business_id"])

    # --- what there is ---

    def _lay_goods(self) -> None:
        lab, other = self.lab_of("lab"), self.lab_of("other lab")
        b = self.businesses
        self._case("own", "seller", "seller", b["buyer"], lab, self.here, OWN_OFFICE)
        self._case("kept", "seller", "keeper", b["buyer"], lab, self.here, OTHER_OFFICE)
        self._case("strange", "stranger", "stranger", b["distant buyer"], other, self.here, None)
        self._case("distant", "distant", "distant", b["distant buyer"], other, self.there, None)
        elsewhere = self.here.site(b["seller"], "cold_store", name="JIAQZX另库", office=OWN_OFFICE)
        self.clerk_site = UUID(elsewhere["site_id"])

    def _case(
        self, name: str, owner: str, keeper: str, buyer: dict[str, Any], lab: Any, world: World, office: str | None
    ) -> None:
        mark = MARKS[owner]
        of = Case(
            name, mark, self.businesses[owner], self.businesses[keeper], buyer, lab, world.regulator,
            world.region_code, office, MARKS["lab"] if lab[0] is self.businesses["lab"] else MARKS["other lab"],
        )  # fmt: skip
        if name == "own":
            of.carried = {"carrier": self.businesses["carrier"]["uscc"]}
        place = MARKS[keeper]
        site = world.site(
            of.keeper, name=f"{place}库{name}", address=f"{place}库址", **({"office": office} if office else {})
        )
        zone = world.zone(site, code=f"{place}{name[:2].upper()}1")
        spare = world.zone(site, code=f"{place}{name[:2].upper()}2")
        venue = {"name": f"示例市场{name}", "kind": "market", "region_code": world.region_code, "address": "示例路"}
        named = {"kind": "enterprise", "name": f"{place}库长", "started_on": "2021-01-04"}
        of.ids["venue_id"] = world.regulator.post("/venues", venue, 201)["venue_id"]
        held = world.regulator.post(f"/sites/{site['site_id']}/stewards", named, 201)
        of.ids |= {"steward_id": held["steward_id"], "sign_code": site["sign_code"]}
        # Whoever drafts a recall names these goods by their series.
        series = f"召回{world.region_code}"
        producer = self._producer(world)
        product = world.product(producer=producer, series="平常")
        wanted = world.product(producer=producer, series=series)
        of.ids |= {"site_id": site["site_id"], "zone_id": zone["zone_id"], "spare_zone_id": spare["zone_id"]}
        of.ids |= {"product_id": product["product_id"], "producer_id": producer["producer_id"]}
        of.ids |= {"business": of.owner["business_id"], "series": series, "region": world.region_code}
        of.ids |= {"phone": PHONE[mark], "owner_name": of.owner["name"]}
        self._arrive(of, world, [product, wanted])
        self._trade(of, world)
        listed = {"kind": "white_list", "region_code": of.region, "business": of.owner["business_id"]}
        made = of.officer.post("/measures", listed | {"starts_on": "2021-01-01", "source": "示例名单"}, 201)
        of.ids |= {"measure_id": made["measure_id"], "rule_code": "three_papers_one_code_heilongjiang"}
        self._identities(of, world)
        self._visit(of)
        self.cases[name] = of

    def _identities(self, of: Case, world: World) -> None:
        """Let a business without a code be found, keep a licence and a contact, refuse somebody who objects."""
        found = self.app.test_client().post(
            "/api/v1/businesses/provisional",
            data={"name": f"示例{of.name}摊", "region_code": of.region, "photo": (BytesIO(photograph()), "place.png")},
            content_type="multipart/form-data", headers={"Authorization": f"Bearer {of.officer.token}"},
        )  # fmt: skip
        assert found.status_code == 201, found.get_data(as_text=True)
        of.ids["found_id"] = found.get_json()["business_id"]
        here = f"/businesses/{of.ids['business']}"
        licence = {"number": "JY12302030000017", "valid_to": "2030-01-01"}
        of.ids["licence_id"] = of.officer.post(f"{here}/licences", licence, 201)["licence_id"]
        contact = {"post": "仓管", "name": f"{of.mark}联系人", "phone": PHONE[of.mark]}
        of.ids["contact_id"] = of.officer.post(f"{here}/contacts", contact, 201)["contact_id"]
        refused = world.business("示例驳回", active=False)["business_id"]
        of.officer.post(f"/businesses/{refused}/reject", {"reason": "示例"}, 200)
        objection = {"objection": f"{of.mark}异议"}
        of.ids["appeal_id"] = of.officer.post(f"/businesses/{refused}/objections", objection, 201)["appeal_id"]
        other = world.regulator.post("/producers", {"name": f"示例{of.name}另一厂", "country": "BR"})
        of.ids["other_producer_id"] = other["producer_id"]
        of.ids["other_product_id"] = world.product(producer=other)["product_id"]

    def _producer(self, world: World) -> dict[str, Any]:
        number = len(self.cases) + 1
        made: dict[str, Any] = world.regulator.post(
            "/producers", {"name": f"示例禽业{number}", "country": "BR", "plant_no": f"SIF{number}"}
        )
        return made

    def _arrive(self, of: Case, world: World, products: list[dict[str, Any]]) -> None:
        """Enter an arrival of two batches with all its papers; the first is cleared and labelled."""
        zone, mark = of.ids["zone_id"], of.mark
        body = {
            "site_id": of.ids["site_id"], "owner": of.owner["business_id"], "entry_mode": "arrived",
            "arrived_at": "2021-01-18T06:40:00+08:00", "supplier": {"name": f"{mark}货源"},
            "container_no": "CSQU3054383", "seal_no": f"{mark}SEAL", "customs_declaration_no": "190120211000042871",
            "vehicle_plate": f"黑{mark}", "driver": {"name": f"{mark}司机", "phone": PHONE[mark]},
            "lines": [
                DAY | {"zone_id": zone, "product_id": each["product_id"], "quantity_units": 600}
                | {"batch_no": f"{mark}-B{n}"}
                for n, each in enumerate(products)
            ],
        }  # fmt: skip
        arrival = of.officer.post("/arrivals", body, 201)
        of.ids["arrival_id"] = arrival["arrival_id"]
        of.ids["batch_id"], of.ids["wanted_id"] = (each["batch_id"] for each in arrival["batches"])
        of.ids["batch_code"] = arrival["batches"][0]["batch_code"]
        for kind in ("customs_declaration", "inspection_quarantine", "nucleic_acid", "disinfection"):
            number = "190120211000042871" if kind == "customs_declaration" else f"{mark}-{kind[:3]}"
            paper = {"kind": kind, "number": number, "issuer": f"{mark}机构", "issued_on": "2021-01-17"}
            of.officer.post(f"/arrivals/{of.ids['arrival_id']}/evidence", paper, 201)
        made = of.officer.client.post(
            f"/api/v1/arrivals/{of.ids['arrival_id']}/evidence",
            data=paper | {"kind": "other", "number": f"{mark}-FILE", "file": (BytesIO(photograph()), "paper.png")},
            headers={"Authorization": f"Bearer {of.officer.token}"}, content_type="multipart/form-data",
        )  # fmt: skip
        of.ids["evidence_id"] = made.get_json()["evidence_id"]
        self._sign(of)
        of.officer.post(f"/arrivals/{of.ids['arrival_id']}/disinfections", disinfection(mark), 201)
        tube = of.lab[1].post("/tubes", tube_body(of, f"{of.lab_mark}{of.name[:2]}1"), 201)
        of.ids["tube_id"] = tube["tube_id"]
        of.lab[1].post(f"/tubes/{tube['tube_id']}/results", result_body(of.lab_mark), 201)
        shown = of.lab[1].get(f"/tubes/{tube['tube_id']}")
        of.ids["result_id"] = shown["results"][0]["result_id"]
        open_tube = of.lab[1].post("/tubes", tube_body(of, f"{of.lab_mark}{of.name[:2]}2"), 201)
        of.ids["open_tube_id"] = open_tube["tube_id"]
        self._sample_more(of)
        run = of.officer.post(f"/batches/{of.ids['batch_id']}/label-runs", {"level": "batch"}, 202)
        of.ids["run_id"] = run["run_id"]
        jobs.run(run_id=run["run_id"])
        self._declare(of, body)
        self._order(of)

    def _sign(self, of: Case) -> None:
        """Hand in the owner's letter on paper."""
        signed = of.officer.client.post(
            f"/api/v1/businesses/{of.owner['business_id']}/commitment-letters",
            data={"version": "2021-01", "signed_by": f"{of.mark}签署", "signed_on": "2021-01-04",
                  "file": (BytesIO(photograph()), "letter.png")},
            headers={"Authorization": f"Bearer {of.officer.token}"}, content_type="multipart/form-data",
        )  # fmt: skip
        assert signed.status_code == 201, signed.get_data(as_text=True)
        of.ids["letter_id"], of.ids["card_no"] = signed.get_json()["letter_id"], of.owner["card_no"]

    def _declare(self, of: Case, body: dict[str, Any]) -> None:
        """Declare one more arrival in advance, and keep a photograph with the one that is there."""
        head = {name: value for name, value in body.items() if name not in {"arrived_at", "driver", "lines"}}
        ahead = {"entry_mode": "declared", "expected_at": (clock.now() + timedelta(days=2)).isoformat()}
        line = body["lines"][0] | {"batch_no": f"{of.mark}-D"}
        of.ids["declared_id"] = of.officer.post("/arrivals", head | ahead | {"lines": [line]}, 201)["arrival_id"]
        kept = of.officer.client.post(
            f"/api/v1/arrivals/{of.ids['arrival_id']}/vouchers", data={"file": (BytesIO(photograph()), "paper.png")},
            headers={"Authorization": f"Bearer {of.officer.token}"},
        )  # fmt: skip
        assert kept.status_code == 201, kept.get_data(as_text=True)
        of.ids["voucher_id"] = kept.get_json()["voucher_id"]

    def _order(self, of: Case) -> None:
        """Ask a service to disinfect the goods twice: it did so once, with a certificate."""
        service = self.businesses["service" if of.mark == MARKS["seller"] else "other service"]
        of.ids["service"] = service["uscc"]
        asked = {"service": service["uscc"], "note": f"{of.mark}门"}
        for name in ("order_id", "open_order_id"):
            made = of.officer.post(f"/arrivals/{of.ids['arrival_id']}/disinfection-orders", asked, 201)
            of.ids[name] = made["order_id"]
        treated = disinfection(of.mark) | {"certificate": True}
        del treated["performed_by"]
        done = self.here.people.merchant(service["business_id"]).post(
            f"/disinfection-orders/{of.ids['order_id']}/disinfections", treated, 201
        )
        of.ids["disinfection_id"] = done["disinfection_id"]

    def _sample_more(self, of: Case) -> None:
        """Enter a person at work, a positive of the surroundings, and a result that an officer entered for the lab."""
        worker = {"business": of.owner["business_id"], "site_id": None, "name": f"{of.mark}工人", "post": "搬运"}
        made = of.officer.post("/workers", worker | {"started_on": "2021-01-04"}, 201)
        of.ids["worker_id"] = made["worker_id"]
        for name, number in (("positive_tube_id", 3), ("entered_tube_id", 4)):
            body = tube_body(of, f"{of.lab_mark}{of.name[:2]}{number}")
            body["samples"] = [{"zone_id": of.ids["zone_id"], "sample_site": "environment"}]
            of.ids[name] = of.lab[1].post("/tubes", body, 201)["tube_id"]
        positive = result_body(of.lab_mark) | {"result": "positive"}
        of.lab[1].post(f"/tubes/{of.ids['positive_tube_id']}/results", positive, 201)
        entered = self.app.test_client().post(
            f"/api/v1/tubes/{of.ids['entered_tube_id']}/results",
            data=result_body(of.lab_mark) | {"photo": (BytesIO(photograph()), "report.png")},
            content_type="multipart/form-data", headers={"Authorization": f"Bearer {of.officer.token}"},
        )  # fmt: skip
        assert entered.status_code == 201, entered.get_data(as_text=True)
        of.ids["entered_id"] = entered.get_json()["result_id"]

    def _trade(self, of: Case, world: World) -> None:
        """Send some to the buyer, who disputes a part; use, sell and lose some; give a consent; raise a flag."""
        sent = of.officer.post("/consignments", dispatch_body(of), 201)
        of.ids |= {"consignment_id": sent["consignment_id"], "consignment_no": sent["consignment_no"]}
        buyer = world.merchant(of.buyer)
        line = {"batch_id": of.ids["batch_id"], "quantity_units": 6}
        told = {"lines": [line], "reason": f"{of.mark}争议"}
        buyer.post(f"/consignments/{sent['consignment_id']}/dispute", told)
        answered = self.app.test_client().post(
            f"/api/v1/consignments/{sent['consignment_id']}/slip", data={"file": (BytesIO(photograph()), "slip.png")},
            headers={"Authorization": f"Bearer {of.officer.token}"},
        )  # fmt: skip
        assert answered.status_code == 201, answered.get_data(as_text=True)
        entry = of.officer.post("/losses", goods_body(of, 6) | {"reason": f"{of.mark}损耗"}, 201)
        of.ids["entry_id"] = entry["entry_id"]
        of.officer.post("/sales", goods_body(of, 6) | {"reason": f"{of.mark}售出"}, 201)
        counted = goods_body(of, 560) | {"reason": f"{of.mark}盘盈"}
        of.officer.post("/stocktakes", counted, 201)
        of.ids["made_id"] = of.officer.post("/transformations", made_body(of), 201)["entry_id"]
        trusted = self.businesses["keeper" if of.name == "kept" else "carrier"]["uscc"]
        given = of.officer.post(f"/businesses/{of.ids['business']}/standing-consents", {"custodian": trusted}, 201)
        of.ids["consent_id"] = given["consent_id"]
        batch_id, owner_id = UUID(of.ids["batch_id"]), UUID(of.owner["business_id"])
        data = {"quantity_units": 13, "held_units": 7, "site_id": of.ids["site_id"]}
        mark = Mark("count_under_lock", "batch", batch_id, of.region, clock.now(), batch_id, owner_id, data)
        with db.transaction() as session:
            of.ids["flag_id"] = str(flags.raise_(session, SYSTEM, [mark])[0])

    def _visit(self, of: Case) -> None:
        """Record two findings of a visit with a photograph, and a published decision about one of them."""
        visit = of.officer.post("/visits", visit_body(of), 201)
        kept = of.officer.client.post(
            f"/api/v1/visits/{visit['visit_id']}/photos", data={"file": (BytesIO(photograph()), "place.png")},
            headers={"Authorization": f"Bearer {of.officer.token}"}, content_type="multipart/form-data",
        )  # fmt: skip
        assert kept.status_code == 201, kept.get_data(as_text=True)
        still_open, decided = (each["finding_id"] for each in visit["findings"])
        made = of.officer.post("/decisions", decision_body(of, decided, "一"), 201)
        of.ids |= {
            "visit_id": visit["visit_id"], "photo_id": kept.get_json()["photo_id"], "site_finding_id": still_open,
            "decision_id": made["decision_id"],
        }  # fmt: skip
        self._put_right(of, made["decision_id"])

    def _put_right(self, of: Case, decision_id: str) -> None:
        """Let the owner report with a photograph that it is put right, and an officer give it back."""
        owner = self.here.people.merchant(of.owner["business_id"])
        told = owner.client.post(
            f"/api/v1/decisions/{decision_id}/report", headers={"Authorization": f"Bearer {owner.token}"},
            data={"text": "已整改", "file": (BytesIO(photograph()), "done.png")}, content_type="multipart/form-data",
        )  # fmt: skip
        assert told.status_code == 200, told.get_data(as_text=True)
        of.ids["report_photo_id"] = told.get_json()["events"][0]["photos"][0]
        back = {"outcome": "not_rectified", "text": "示例退回"}
        of.officer.post(f"/decisions/{decision_id}/review", back, 200)

    def _announce(self) -> None:
        """Announce a recall in each district, keep a draft in each, and report from each site but one."""
        for world in (self.here, self.there):
            made = world.regulator.post("/recalls", recall_body(f"召回{world.region_code}"), 201)
            kept = world.regulator.post("/recalls", recall_body(f"召回{world.region_code}", "草稿"), 201)
            world.regulator.post(f"/recalls/{made['recall_id']}/announce", {}, 200)
            tasks = world.regulator.get(f"/recalls/{made['recall_id']}/tasks?limit=200")["items"]
            for case in self.cases.values():
                if case.region != world.region_code:
                    continue
                task = next(each for each in tasks if each["site_id"] == case.ids["site_id"])
                found = world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", finding_body(case), 201)
                findings = world.inspector.get(f"/sweep-tasks/{task['task_id']}/findings")["items"]
                case.ids |= {"recall_id": made["recall_id"], "draft_id": kept["recall_id"], "task_id": task["task_id"]}
                case.ids["finding_id"] = found.get("finding_id") or findings[0]["finding_id"]
                case.ids["sweep_photo_id"] = self._photograph(world, case)
                on_foot = {"name": f"{case.mark}摊", "region_code": case.region}
                foot = world.inspector.post(f"/recalls/{made['recall_id']}/tasks", on_foot, 201)
                case.ids["foot_id"] = foot["task_id"]

    def _photograph(self, world: World, case: Case) -> str:
        """Keep a photograph with the finding of a case's task."""
        kept = self.app.test_client().post(
            f"/api/v1/sweep-tasks/{case.ids['task_id']}/findings/{case.ids['finding_id']}/photos",
            data={"file": (BytesIO(photograph()), "place.png")}, content_type="multipart/form-data",
            headers={"Authorization": f"Bearer {world.inspector.token}"},
        )  # fmt: skip
        assert kept.status_code == 201, kept.get_data(as_text=True)
        return str(kept.get_json()["photo_id"])

    def _journal(self, case: Case) -> None:
        with db.transaction() as session:
            entry = session.scalars(
                select(JournalEntry).where(col(JournalEntry.subject_id) == UUID(case.ids["arrival_id"]))
            ).first()
            assert entry is not None
            leaf = session.scalars(select(JournalLeaf).where(col(JournalLeaf.entry_id) == entry.entry_id)).one()
            case.ids |= {"journal_id": str(entry.entry_id), "index": leaf.index}

    def _office(self, case: Case) -> None:
        """Say which office a case's place is of, with a grid of its own, and which phone of a person is held."""
        office_id = str(self.offices[case.name])
        grid = case.officer.post(f"/offices/{office_id}/grids", {"code": f"W{case.name[:2]}", "name": "一格"}, 201)
        with db.transaction() as session:
            held = select(PersonalValue).where(
                col(PersonalValue.business_id) == UUID(case.owner["business_id"]),
                col(PersonalValue.region_code) == case.region,
                col(PersonalValue.value) == case.ids["phone"],
            )
            person = session.scalars(held.order_by(col(PersonalValue.personal_id))).first()
            assert person is not None
            case.ids |= {"office_id": office_id, "personal_id": str(person.personal_id)}
        grids = grid.get("grids", [grid])
        case.ids["grid_id"] = next(each["grid_id"] for each in grids if each["code"] == f"W{case.name[:2]}")

    # --- who asks ---

    def _askers(self) -> list[Asker]:
        b = self.businesses
        made = [Asker("nobody", {}, "nobody"), self._asker("admin", "admin")]
        made += [
            self._officer("regulator of the district", "regulator", HERE),
            self._officer("inspector of the district", "inspector", HERE),
            self._officer("inspector of one office", "inspector", HERE, office_id=self.own_office),
            self._officer("regulator lent from the other district", "regulator", THERE, lent=HERE),
            self._officer("regulator of the other district", "regulator", THERE),
            self._officer("inspector of the other district", "inspector", THERE),
            self._officer("regulator whose time is over", "regulator", HERE, expired=True),
            self._officer("inspector whose time is over", "inspector", HERE, expired=True),
            self._asker("owner", "merchant", "seller"),
            self._asker("clerk", "merchant", "seller", position="clerk"),
            self._asker("clerk of another site", "merchant", "seller", position="clerk", site=self.clerk_site),
            self._asker("buyer", "merchant", "buyer"),
            self._asker("keeper", "merchant", "keeper"),
            self._asker("stranger", "merchant", "stranger"),
            self._asker("distant owner", "merchant", "distant"),
            self._asker("waiting", "merchant", "waiting", is_waiting=True),
            self._asker("carrier", "carrier", "carrier"),
            self._asker("lab", "lab", "lab"),
            self._asker("clerk of the carrier", "carrier", "carrier", position="clerk"),
            self._asker("clerk of the lab", "lab", "lab", position="clerk"),
            self._asker("other lab", "lab", "other lab"),
            self._asker("disinfection service", "merchant", "service"),
            self._asker("owner's key for batches", "merchant", "seller", scopes=["batch.read", "arrival.read"]),
            self._officer("regulator's key for tasks", "regulator", HERE, scopes=["recall.read", "finding.record"]),
        ]
        assert all(asker.business is None or asker.business in b for asker in made)
        return made

    def _give_keys(self) -> None:
        """Give somebody of each case's owner a key and a page session, which are theirs alone."""
        for name, username in {
            "own": "owner",
            "kept": "owner",
            "strange": "stranger",
            "distant": "distant owner",
        }.items():
            with db.transaction() as session:
                user = accounts.user_by_name(session, username)
                label = f"{self.cases[name].mark}钥匙{name}"
                accounts.new_token(session, user, label)
                accounts.open_session(session, user, label)
                session.flush()
                key = session.scalars(select(ApiToken).where(col(ApiToken.label) == label)).one()
                opened = session.scalars(select(UserSession).where(col(UserSession.user_agent) == label)).one()
                self.cases[name].ids |= {
                    "username": username, "key_id": str(key.key_id), "session_id": str(opened.session_id)
                }  # fmt: skip
            self._hand_in(self.cases[name], next(asker for asker in self.askers.values() if asker.name == username))

    def _hand_in(self, case: Case, who: Asker) -> None:
        """Hand in a spreadsheet of people at work, which nobody has taken in yet: it is its sender's alone."""
        rows = f"姓名,岗位,上岗日期\n{case.mark}工{case.name},搬运,2021-01-04\n"
        answer = self.app.test_client().post(
            "/api/v1/sheets/workers", headers=who.headers, data={"file": (BytesIO(rows.encode()), "people.csv")}
        )
        assert answer.status_code == 201, answer.get_data(as_text=True)
        case.ids["import_id"] = answer.get_json()["import_id"]

    def _let_in(self) -> None:
        """Give each case somebody of its business, an officer, a device, an invitation and a request for assistance."""
        people = {"own": "clerk", "kept": "clerk", "strange": "stranger", "distant": "distant owner"}
        for name, case in self.cases.items():
            here = case.region == HERE
            officer = "inspector of the district" if here else "inspector of the other district"
            asked = {"business": case.owner["business_id"], "position": "clerk"}
            case.ids |= {"person": people[name], "officer": officer, "assignee": officer}
            case.ids["own_site_id"] = str(self.clerk_site) if case.mark == MARKS["seller"] else case.ids["site_id"]
            case.ids["invitation_id"] = case.officer.post("/invitations", asked, 201)["invitation_id"]
            with db.transaction() as session:
                user = accounts.user_by_name(session, people[name])
                device = Device(
                    device_hash=f"{name}", user_id=user.user_id, pin_hash="-", wrong_pins=0, created_at=clock.now()
                )
                row = session.scalars(
                    select(Assignment).where(col(Assignment.user_id) == accounts.user_by_name(session, officer).user_id)
                ).first()
                wanted = AssistanceRequest(
                    request_no=f"XC-{name}", recall_id=UUID(case.ids["recall_id"]), region_code=case.region,
                    office_id=self.offices[name] if name != "strange" else None, sites_due=1, expected_mass_g=1,
                    recorded_at=clock.now(),
                )  # fmt: skip
                session.add_all([device, wanted])
                session.flush()
                assert row is not None
                case.ids |= {
                    "device_id": str(device.device_id), "assignment_id": str(row.assignment_id),
                    "request_id": str(wanted.request_id),
                }  # fmt: skip

    def _asker(
        self, name: str, role: str, business: str | None = None, *, site: UUID | None = None,
        scopes: list[str] | None = None, **fields: Any,
    ) -> Asker:  # fmt: skip
        """Make an account with a token."""
        with db.transaction() as session:
            business_id = UUID(self.businesses[business]["business_id"]) if business else None
            user = accounts.create_user(session, username=name, role=role, business_id=business_id, **fields)
            if site:
                session.add(UserSite(user_id=user.user_id, site_id=site))
            return self._with_token(session, user, name, role, business, scopes)

    def _officer(
        self, name: str, role: str, region: str, *, office_id: UUID | None = None, lent: str | None = None,
        expired: bool = False, scopes: list[str] | None = None,
    ) -> Asker:  # fmt: skip
        with db.transaction() as session:
            user = accounts.create_user(session, username=name, role=role, region_code=region, office_id=office_id)
            if lent:
                since = clock.now() - timedelta(days=1)
                session.add(Assignment(user_id=user.user_id, region_code=lent, kind="support", valid_from=since))
            if expired:
                row = session.scalars(select(Assignment).where(col(Assignment.user_id) == user.user_id)).one()
                row.valid_from -= timedelta(days=9)
                row.valid_to = clock.now() - timedelta(minutes=1)
            return self._with_token(session, user, name, role, None, scopes)

    @staticmethod
    def _with_token(
        session: Any, user: Any, name: str, role: str, business: str | None, scopes: list[str] | None
    ) -> Asker:
        token = accounts.new_token(session, user)
        if scopes:
            session.flush()
            row = session.scalars(select(ApiToken).where(col(ApiToken.user_id) == user.user_id)).one()
            row.scopes = scopes
        return Asker(name, {"Authorization": f"Bearer {token}"}, role, business, user.user_id)


MARKS = {
    "seller": "JIAQZX", "buyer": "YIQZX", "stranger": "BINGQZX", "keeper": "DINGQZX", "distant": "WUQZX",
    "distant buyer": "JIQZX", "carrier": "GENGQZX", "lab": "XINQZX", "other lab": "RENQZX", "waiting": "GUIQZX",
    "service": "ZIQZX", "other service": "CHOUQZX",
}  # fmt: skip


def goods_body(of: Case, units: int = 1) -> dict[str, Any]:
    """Return an entry about the case's goods."""
    line = {"batch_id": of.ids["batch_id"], "quantity_units": units}
    return {"zone_id": of.ids["zone_id"], "owner": of.owner["business_id"], "lines": [line]}


def dispatch_body(of: Case, units: int = 60) -> dict[str, Any]:
    """Return a dispatch of the case's goods to its buyer."""
    return {
        "from_zone_id": of.ids["zone_id"], "owner": of.owner["business_id"], "to": {"business": of.buyer["uscc"]},
        "handover": "await_confirmation", "vehicle_plate": f"黑{of.mark}9",
        "driver": {"name": f"{of.mark}送货", "phone": PHONE[of.mark]}, **of.carried,
        "lines": [{"batch_id": of.ids["batch_id"], "quantity_units": units}],
    }  # fmt: skip


def made_body(of: Case) -> dict[str, Any]:
    """Return a repacking of some of the case's goods."""
    out = DAY | {"product_id": of.ids["product_id"], "quantity_units": 6, "batch_no": f"{of.mark}-MADE"}
    return goods_body(of, 6) | {"process": "repack", "outputs": [out], "loss_g": 0}


def disinfection(mark: str) -> dict[str, Any]:
    """Return a disinfection record that counts."""
    return {
        "occurred_at": "2021-01-18T09:10:00+08:00", "performed_by": f"{mark}消毒", "place": f"{mark}冷库",
        "object": "外包装", "agent": "chlorine_cacl2_ethanol", "concentration_mg_per_l": 3000, "contact_min": 10,
        "volume_ml_per_m2": 250, "ambient_temperature_c": -18, "basis": "whole_batch",
    }  # fmt: skip


def tube_body(of: Case, number: str) -> dict[str, Any]:
    """Return a tube with a sample of the case's first batch."""
    sample = {"batch_id": of.ids["batch_id"], "sample_site": "outer_pack", "basis": "whole_batch"}
    return {
        "tube_no": number, "lab": of.lab[0]["business_id"], "sampled_at": "2021-01-18T10:00:00+08:00",
        "sampled_by": f"{of.lab_mark}采样", "samples": [sample],
    }  # fmt: skip


def result_body(mark: str) -> dict[str, Any]:
    """Return a negative result."""
    return {
        "stage": "preliminary", "result": "negative", "received_at": "2021-01-18T12:00:00+08:00",
        "reported_at": "2021-01-18T18:00:00+08:00", "report_no": f"{mark}-REP",
    }  # fmt: skip


def recall_body(series: str, title: str = "排查") -> dict[str, Any]:
    """Return a notice about one series."""
    return {
        "kind": "outbreak_sweep", "notice_no": f"JH-{series[-6:]}-{title}", "issuer": "示例局",
        "title": f"RECALLQ{title}", "received_at": clock.now().isoformat(), "reason": "RECALLQ原因",
        "criterion": {"series": series},
    }  # fmt: skip


def visit_body(of: Case) -> dict[str, Any]:
    """Return a visit to the case's site that found two things about its owner."""
    findings = [{"kind": "heilongjiang_mixed_storage"}, {"wording": f"{of.mark}问题"}]
    place = {"site_id": of.ids["site_id"], "business": of.owner["business_id"]}
    return place | {"note": f"{of.mark}备注", "findings": findings}


def decision_body(of: Case, finding_id: str, number: str) -> dict[str, Any]:
    """Return a decision about the case's site that stops nothing and that only its business and officers read."""
    return {
        "finding_ids": [finding_id], "kinds": ["order_to_rectify"],
        "number": f"{of.mark}{of.name[:2]}〔2021〕{number}号",
        "reason": f"{of.mark}事由", "basis": "示例依据", "site_only": True,
        "ends_at": (clock.now() + timedelta(days=7)).isoformat(),
    }  # fmt: skip


def finding_body(of: Case) -> dict[str, Any]:
    """Return a finding of some of the recalled goods."""
    line = {
        "batch_id": of.ids["wanted_id"], "examined_units": 12, "matched_units": 6, "disposition": "sealed",
        "seal_no": f"{of.mark}F", "zone_id": of.ids["zone_id"],
    }  # fmt: skip
    return {
        "outcome": "found", "lines": [line], "people_controlled": 0, "disinfected": True,
        "samples": [{"place": "示例市场", "round": 1, "pieces": 8}],
    }  # fmt: skip
