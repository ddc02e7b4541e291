"""A town for rights: businesses, sites, offices, and goods that came, moved, were sent, tested, flagged and labelled.

Histories are invented, not valid trade: rights ask only whose something is, where it lies, came from and is bound for.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.batches.models import Arrival, Batch, Evidence, Flag, Sample, Tube
from coldchain.batches.models_disinfection import DisinfectionOrder
from coldchain.core.ids import new_id
from coldchain.inspections.models_findings import SiteFinding, Visit
from coldchain.journal import personal
from coldchain.labels.models import LabelRun
from coldchain.ledger import postings
from coldchain.ledger.models import Holding
from coldchain.ledger.postings import Draft
from coldchain.regions.models import Office
from coldchain.registry.models import Business, Site, Worker, Zone
from coldchain.registry.models_decisions import EnforcementDecision
from coldchain.trade.models import Consignment, ConsignmentLine, StockEntry
from tests.ledger.books import NOW, Party, posted, product, sent

REGIONS = ("230203", "230204", "511011")


class Town:
    """A few businesses with sites in regions and offices, and goods that came, moved, were sent and tested."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.dice = session, random.Random(seed)
        self.offices = [
            self.add(Office(region_code=code, name=f"所{new_id()}", recorded_at=NOW)) for code in (*REGIONS, REGIONS[0])
        ]
        self.goods = product(session)
        self.businesses = [self.business() for _ in range(4)]
        ids = [business.business_id for business in self.businesses]
        self.sites = [self.site(business_id) for business_id in ids for _ in range(self.dice.randint(1, 2))]
        self.zones = [self.zone(site) for site in self.sites]
        self.batches = [self.batch() for _ in range(4)]
        for _ in range(9):
            self.dice.choice(
                [
                    self.send,
                    self.send,
                    self.relocate,
                    self.relocate,
                    self.change_owner,
                    self.test,
                    self.hire,
                    self.flag,
                    self.visit,
                    self.label,
                    self.enter,
                    self.order,
                ]
            )()

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def place(self) -> dict[str, Any]:
        """Return a region and, often, an office of it."""
        code = self.dice.choice(REGIONS)
        office = self.dice.choice([None, *(o.office_id for o in self.offices if o.region_code == code)])
        return {"region_code": code, "office_id": office}

    def business(self) -> Business:
        number = str(new_id())
        return self.add(
            Business(
                uscc=number, name=number, search_text=number, kinds=["shop", "carrier", "lab"], handles_imported=False,
                status="active", occurred_at=NOW, recorded_at=NOW, **self.place(),
            )
        )  # fmt: skip

    def site(self, business_id: UUID) -> Site:
        return self.add(Site(business_id=business_id, name="店", kind="shop", recorded_at=NOW, **self.place()))

    def zone(self, site: Site) -> Zone:
        return self.add(
            Zone(site_id=site.site_id, code="Z", kind="general", temperature_class="frozen", recorded_at=NOW)
        )

    def batch(self) -> Batch:
        """Goods of one business that came into a site of its own or of another."""
        at = self.dice.randrange(len(self.sites))
        site, zone, owner = self.sites[at], self.zones[at], self.dice.choice(self.businesses).business_id
        arrival = self.add(
            Arrival(
                arrival_no=str(new_id()), owner_id=owner, site_id=site.site_id, entry_mode="arrived", arrived_at=NOW,
                supplier_name="示例", occurred_at=NOW, recorded_at=NOW,
            )
        )  # fmt: skip
        batch = self.add(
            Batch(
                batch_code=str(new_id()), arrival_id=arrival.arrival_id, line_no=1, product_id=self.goods.product_id,
                producer_id=self.goods.producer_id, owner_id=owner, site_id=site.site_id, zone_id=zone.zone_id,
                region_code=site.region_code, production_date=date(2020, 11, 6), quantity_units=100, piece_count=17,
                status="cleared", search_text="b", code_made_at=NOW, occurred_at=NOW, recorded_at=NOW,
            )
        )  # fmt: skip
        entries = postings.intake(owner, zone.zone_id, 100)
        posted(self.session, [Draft("intake", batch.batch_id, entries, NOW, arrival.arrival_id)])
        for target in ({"arrival_id": arrival.arrival_id}, {"batch_id": batch.batch_id}):
            self.add(
                Evidence(
                    kind="other", number="N", issuer="示例", issued_on=date(2020, 11, 7), occurred_at=NOW,
                    recorded_at=NOW, **target,
                )
            )  # fmt: skip
        return batch

    def lying(self) -> Holding | None:
        found = self.session.scalars(
            select(Holding)
            .where(col(Holding.account) == "zone", col(Holding.quantity_units) > 0)
            .where(col(Holding.batch_id).in_([batch.batch_id for batch in self.batches]))
            .order_by(col(Holding.holding_id))
        ).all()  # fmt: skip
        return self.dice.choice(found) if found else None

    def send(self) -> None:
        """Send some or all of what lies somewhere, to a business, perhaps to one of its sites, perhaps by a carrier."""
        here = self.lying()
        if here is None:
            return
        left = next(s for s, z in zip(self.sites, self.zones, strict=True) if z.zone_id == here.zone_id)
        to = self.dice.choice(self.businesses).business_id
        bound = self.dice.choice([None, *(s.site_id for s in self.sites if s.business_id == to)])
        units = self.dice.choice([here.quantity_units, max(1, here.quantity_units // 2)])
        owner = Party(here.owner_id, left.site_id, [here.zone_id])
        consignment_id, draft = sent(here.batch_id, owner, units)
        carrier = self.dice.choice([None, self.dice.choice(self.businesses).business_id])
        self.add(
            Consignment(
                consignment_id=consignment_id, consignment_no=str(new_id()), owner_id=here.owner_id,
                from_zone_id=here.zone_id, from_site_id=left.site_id, to_business_id=to, to_site_id=bound,
                carrier_id=carrier, purpose="delivery", handover="await_confirmation",
                state=self.dice.choice(["in_transit", "disputed", "confirmed", "rejected"]), occurred_at=NOW,
                recorded_at=NOW,
            )
        )  # fmt: skip
        self.add(
            ConsignmentLine(
                consignment_id=consignment_id, line_no=1, batch_id=here.batch_id, quantity_units=units,
                disputed_units=0, verdict={},
            )
        )  # fmt: skip
        posted(self.session, [draft])

    def change_owner(self) -> None:
        """Give what lies somewhere to another business where it lies; what it owns already is sold."""
        here = self.lying()
        if here is None:
            return
        to = self.dice.choice(self.businesses).business_id
        if to == here.owner_id:
            entries = postings.leave("sold", here.owner_id, here.zone_id, here.quantity_units)
            posted(self.session, [Draft("sale", here.batch_id, entries, NOW)])
            return
        entries = postings.change_owner(here.owner_id, to, here.zone_id, here.quantity_units)
        posted(self.session, [Draft("owner_change", here.batch_id, entries, NOW)])

    def relocate(self) -> None:
        """Move what lies somewhere to another zone, of whoever."""
        here, there = self.lying(), self.dice.choice(self.zones).zone_id
        if here is not None and here.zone_id != there:
            units = self.dice.choice([here.quantity_units, max(1, here.quantity_units // 2)])
            entries = postings.relocate(here.owner_id, here.zone_id, there, units)
            posted(self.session, [Draft("relocation", here.batch_id, entries, NOW)])

    def test(self) -> None:
        lab = self.dice.choice(self.businesses)
        tube = self.add(
            Tube(tube_no=str(new_id()), lab_id=lab.business_id, region_code=self.dice.choice(REGIONS), sampled_at=NOW,
                 recorded_at=NOW)
        )  # fmt: skip
        for batch in self.dice.sample(self.batches, self.dice.randint(0, 2)):
            self.add(
                Sample(tube_id=tube.tube_id, batch_id=batch.batch_id, sample_site="outer_pack", basis="whole_batch")
            )

    def hire(self) -> None:
        """Let somebody work for a business, at one of its sites or at no fixed one."""
        site = self.dice.choice(self.sites)
        person = personal.keep(self.session, "示例", "worker", business_id=site.business_id)
        assert person is not None
        fixed = self.dice.random() < 0.7
        self.add(
            Worker(
                business_id=site.business_id, site_id=site.site_id if fixed else None, post="搬运",
                name_id=person.personal_id, region_code=site.region_code, started_on=NOW.date(), recorded_at=NOW,
            )
        )  # fmt: skip

    def flag(self) -> None:
        self.add(
            Flag(
                kind="mixed_storage", subject_kind="batch", subject_id=new_id(),
                business_id=self.dice.choice(self.businesses).business_id, region_code=self.dice.choice(REGIONS),
                data={}, occurred_at=NOW, recorded_at=NOW,
            )
        )  # fmt: skip

    def visit(self) -> None:
        """Find something at a site, about its own business or a tenant, and decide about it, or about the business."""
        site, business = self.dice.choice([None, *self.sites]), self.dice.choice(self.businesses)
        here = site or business
        of = {
            "business_id": business.business_id, "site_id": site.site_id if site else None,
            "region_code": here.region_code, "office_id": here.office_id, "recorded_at": NOW,
        }  # fmt: skip
        visit = self.add(Visit(occurred_at=NOW, **of))
        self.add(SiteFinding(visit_id=visit.visit_id, wording="示例", state="open", occurred_at=NOW, **of))
        self.add(
            EnforcementDecision(
                number=str(new_id()), kinds=["publication"], reason="示例", basis="示例", starts_at=NOW,
                ends_at=NOW + timedelta(days=1), **of,
            )
        )  # fmt: skip

    def label(self) -> None:
        self.add(
            LabelRun(
                batch_id=self.dice.choice(self.batches).batch_id, level="batch", state="done", done=1, total=1,
                business_id=self.dice.choice(self.businesses).business_id, recorded_at=NOW,
            )
        )  # fmt: skip

    def enter(self) -> None:
        at = self.dice.randrange(len(self.sites))
        to = self.dice.choice([None, *self.zones])
        self.add(
            StockEntry(
                entry_no=str(new_id()), kind="sale", owner_id=self.dice.choice(self.businesses).business_id,
                zone_id=self.zones[at].zone_id, site_id=self.sites[at].site_id,
                region_code=self.sites[at].region_code, to_zone_id=to.zone_id if to else None,
                to_owner_id=self.dice.choice([None, self.dice.choice(self.businesses).business_id]), detail={},
                occurred_at=NOW, recorded_at=NOW,
            )
        )  # fmt: skip

    def order(self) -> None:
        """Let a business ask another (or itself) to disinfect a batch that lies somewhere."""
        site = self.dice.choice(self.sites)
        self.add(
            DisinfectionOrder(
                batch_id=self.dice.choice(self.batches).batch_id, site_id=site.site_id, region_code=site.region_code,
                customer_id=self.dice.choice(self.businesses).business_id,
                service_id=self.dice.choice(self.businesses).business_id, recorded_at=NOW,
            )
        )  # fmt: skip
