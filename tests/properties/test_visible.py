"""What a list shows is what the right to each row says: `visible` in SQL against `may` over plain Python aspects (R16).

An aspect is one way in which a row belongs to somebody; a row is seen when the right holds for one of its aspects.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM, Actor, Area
from coldchain.accounts.rights import TABLE, Resource, may
from coldchain.accounts.visible import KINDS, visible
from coldchain.batches.models import Arrival, Batch, Evidence, Flag, Sample, Tube
from coldchain.batches.models_disinfection import DisinfectionOrder
from coldchain.core.ids import new_id
from coldchain.inspections.models_findings import SiteFinding
from coldchain.labels.models import LabelRun
from coldchain.ledger.models import Holding, Posting
from coldchain.registry.models import Business, Site, Worker
from coldchain.registry.models_decisions import EnforcementDecision
from coldchain.trade.models import Consignment, ConsignmentLine, StockEntry
from coldchain.trade.service import roads
from tests.properties.town import Town

for room in ("batches", "labels", "registry", "trade"):  # each names its kinds
    import_module(f"coldchain.{room}.service")
import_module("coldchain.batches.flags")
import_module("coldchain.batches.service.disinfection_orders")
import_module("coldchain.inspections.enforcement")
import_module("coldchain.trade.service.entries")
roads.install()

EXAMPLES = 300 if os.environ.get("COLDCHAIN_LONG") == "1" else 14
COVERS = ("230203", "230200", "511011", "000000")
WAITING = {"in_transit", "disputed"}
Aspects = list[Resource]


def place(row: Business | Site) -> Area:
    return Area(row.region_code, row.office_id)


def in_site(site: Site, *business_ids: UUID | None) -> Resource:
    return Resource.of(*business_ids, places=[place(site)], site_ids=[site.site_id])


class Oracle:
    """Every row of the town, and in which ways each belongs to whom."""

    def __init__(self, session: Session, town: Town) -> None:
        self.businesses = {row.business_id: row for row in town.businesses}
        self.sites = {row.site_id: row for row in town.sites}
        self.site_of = {zone.zone_id: self.sites[zone.site_id] for zone in town.zones}
        self.batches = {row.batch_id: row for row in town.batches}

        def mine(model: Any) -> Sequence[Any]:
            return [row for row in session.scalars(select(model)) if row.batch_id in self.batches]

        self.holdings, self.postings = mine(Holding), mine(Posting)
        self.samples, self.lines = mine(Sample), mine(ConsignmentLine)
        known = self.businesses
        self.roads = {c.consignment_id: c for c in session.scalars(select(Consignment)) if c.owner_id in known}
        self.rows: dict[str, dict[UUID, Any]] = {
            "business": self.businesses,
            "site": self.sites,
            "arrival": {a.arrival_id: a for a in session.scalars(select(Arrival)) if a.owner_id in known},
            "batch": self.batches,
            "holding": {h.holding_id: h for h in self.holdings},
            "posting": {p.posting_id: p for p in self.postings},
            "consignment": self.roads,
            "stock_entry": {e.entry_id: e for e in session.scalars(select(StockEntry)) if e.owner_id in known},
            "tube": {t.tube_id: t for t in session.scalars(select(Tube)) if t.lab_id in known},
            "worker": {w.worker_id: w for w in session.scalars(select(Worker)) if w.business_id in known},
            "flag": {f.flag_id: f for f in session.scalars(select(Flag)) if f.business_id in known},
            "site_finding": {f.finding_id: f for f in session.scalars(select(SiteFinding)) if f.business_id in known},
            "enforcement_decision": {
                d.decision_id: d for d in session.scalars(select(EnforcementDecision)) if d.business_id in known
            },
            "paper": self.papers(session),
            "disinfection_order": self.orders(session),
            "disinfection_work": self.orders(session),
            "label_run": {r.run_id: r for r in session.scalars(select(LabelRun)) if r.business_id in known},
        }

    def orders(self, session: Session) -> dict[UUID, Any]:
        """The orders to disinfection services of the town's businesses."""
        found = session.scalars(select(DisinfectionOrder))
        return {row.order_id: row for row in found if row.customer_id in self.businesses}

    def papers(self, session: Session) -> dict[UUID, Any]:
        """The papers of the town's goods."""
        of_town = {batch.arrival_id for batch in self.batches.values()} | set(self.batches)
        found = [e for e in session.scalars(select(Evidence)) if (e.batch_id or e.arrival_id) in of_town]
        return {row.evidence_id: row for row in found}

    def disinfection_order(self, row: DisinfectionOrder) -> Aspects:
        """Whoever made it sees it where the goods are, and so do officers there."""
        return [in_site(self.sites[row.site_id], row.customer_id)]

    def disinfection_work(self, row: DisinfectionOrder) -> Aspects:
        """Whoever is asked sees it, at whatever site the person works."""
        return [Resource.of(row.service_id)]

    def bound(self, road: Consignment) -> Resource:
        """Who is to get a consignment, and where: at its site, else wherever the receiver is."""
        if road.to_site_id is not None:
            return in_site(self.sites[road.to_site_id], road.to_business_id)
        return Resource.of(road.to_business_id, places=[place(self.businesses[road.to_business_id])])

    def business(self, row: Business) -> Aspects:
        return [Resource.of(row.business_id, places=[place(row)])]

    def site(self, row: Site) -> Aspects:
        return [in_site(row, row.business_id)]

    def arrival(self, row: Arrival) -> Aspects:
        site = self.sites[row.site_id]
        return [in_site(site, row.owner_id), in_site(site, site.business_id)]

    def batch(self, row: Batch) -> Aspects:
        lay = [self.site_of[h.zone_id] for h in self.holdings if h.batch_id == row.batch_id and h.zone_id]
        lies = [
            self.site_of[h.zone_id]
            for h in self.holdings
            if h.batch_id == row.batch_id and h.zone_id and h.quantity_units > 0
        ]
        came = self.sites[row.site_id]
        owners = {row.owner_id} | {p.owner_id for p in self.postings if p.batch_id == row.batch_id}
        whole = Resource.of(
            *owners, places=[place(site) for site in (came, *lay)], site_ids=[s.site_id for s in (came, *lay)]
        )
        coming = [
            self.bound(self.roads[line.consignment_id])
            for line in self.lines
            if line.batch_id == row.batch_id and self.roads[line.consignment_id].state in WAITING
        ]
        return [whole, *(in_site(site, site.business_id) for site in lies), *coming]

    def holding(self, row: Holding) -> Aspects:
        if row.zone_id is not None:
            site = self.site_of[row.zone_id]
            return [in_site(site, row.owner_id), in_site(site, site.business_id)]
        road = self.roads[row.consignment_id]
        found = [Resource.of(row.owner_id), Resource.of(places=[place(self.sites[self.batches[row.batch_id].site_id])])]
        return found + ([self.bound(road)] if road.state in WAITING else [])

    def posting(self, row: Posting) -> Aspects:
        found = [Resource.of(row.owner_id)]
        if row.zone_id is not None:
            site = self.site_of[row.zone_id]
            found += [in_site(site, row.owner_id), in_site(site, site.business_id)]
        if row.account == "transit":
            found.append(Resource.of(places=[place(self.sites[self.batches[row.batch_id].site_id])]))
        return found

    def consignment(self, row: Consignment) -> Aspects:
        left = self.sites[row.from_site_id]
        return [in_site(left, row.owner_id, left.business_id), Resource.of(row.carrier_id), self.bound(row)]

    def stock_entry(self, row: StockEntry) -> Aspects:
        sites = [self.site_of[zone_id] for zone_id in (row.zone_id, row.to_zone_id) if zone_id]
        return [in_site(site, site.business_id, row.owner_id, row.to_owner_id) for site in sites]

    def tube(self, row: Tube) -> Aspects:
        about = [self.batches[s.batch_id] for s in self.samples if s.tube_id == row.tube_id]
        places = [place(self.sites[batch.site_id]) for batch in about]
        return [Resource.of(row.lab_id, places=[Area(row.region_code), *places])]

    def worker(self, row: Worker) -> Aspects:
        if row.site_id is not None:
            return [in_site(self.sites[row.site_id], row.business_id)]
        return [Resource.of(row.business_id, regions=[row.region_code])]

    def flag(self, row: Flag) -> Aspects:
        return [Resource.of(regions=[row.region_code])]

    def site_finding(self, row: SiteFinding) -> Aspects:
        """A finding belongs to its business, and to where the place lay at the time."""
        return [Resource.of(row.business_id, places=[Area(row.region_code, row.office_id)], site_ids=[row.site_id])]

    def enforcement_decision(self, row: EnforcementDecision) -> Aspects:
        return [Resource.of(row.business_id, places=[Area(row.region_code, row.office_id)], site_ids=[row.site_id])]

    def paper(self, row: Evidence) -> Aspects:
        """A paper is verified where the goods came in."""
        came = [b for b in self.batches.values() if row.batch_id == b.batch_id or row.arrival_id == b.arrival_id]
        return [Resource.of(places=[place(self.sites[batch.site_id])]) for batch in came]

    def label_run(self, row: LabelRun) -> Aspects:
        """A run belongs to who made it; a clerk sees it where it sees the goods, an officer where the goods are."""
        goods = self.batch(self.batches[row.batch_id])
        return [
            Resource.of(
                row.business_id if row.business_id in aspect.business_ids else None,
                places=aspect.places,
                site_ids=aspect.site_ids,
            )
            for aspect in goods
        ] + [Resource.of(row.business_id)]


ACTIONS = {
    "business": "business.read", "site": "site.read", "arrival": "arrival.read", "batch": "batch.read",
    "holding": "batch.read", "posting": "batch.read", "consignment": "trade.read", "stock_entry": "stock.read",
    "tube": "tube.read", "worker": "worker.read", "flag": "flag.read", "label_run": "label.read",
    "paper": "evidence.verify", "disinfection_order": "disinfection_order.read",
    "disinfection_work": "disinfection_order.do",
    "site_finding": "site_finding.read", "enforcement_decision": "enforcement.read",
}  # fmt: skip
MODELS = {
    "business": (Business, "business_id"), "site": (Site, "site_id"), "arrival": (Arrival, "arrival_id"),
    "batch": (Batch, "batch_id"), "holding": (Holding, "holding_id"), "posting": (Posting, "posting_id"),
    "consignment": (Consignment, "consignment_id"), "stock_entry": (StockEntry, "entry_id"),
    "tube": (Tube, "tube_id"), "worker": (Worker, "worker_id"), "flag": (Flag, "flag_id"),
    "label_run": (LabelRun, "run_id"), "paper": (Evidence, "evidence_id"),
    "disinfection_order": (DisinfectionOrder, "order_id"), "disinfection_work": (DisinfectionOrder, "order_id"),
    "site_finding": (SiteFinding, "finding_id"), "enforcement_decision": (EnforcementDecision, "decision_id"),
}  # fmt: skip


def actors(town: Town) -> Iterator[Actor]:
    """Yield everybody that the rules tell apart, for this town."""
    yield SYSTEM
    yield Actor(new_id(), "a", "a", "admin")
    offices = [office.office_id for office in town.offices]
    for role in ("regulator", "inspector"):
        for code in COVERS:
            yield Actor(new_id(), "o", "o", role, areas=(Area(code),))
        yield Actor(new_id(), "o", "o", role)
        yield Actor(new_id(), "o", "o", role, areas=(Area(town.offices[0].region_code, offices[0]),))
        yield Actor(new_id(), "o", "o", role, areas=(Area(town.offices[1].region_code, offices[1]), Area("511011")))
    for business in town.businesses[:2]:
        own = [site.site_id for site in town.sites if site.business_id == business.business_id]
        for role in ("merchant", "lab", "carrier"):
            person = {"role": role, "business_id": business.business_id}
            yield Actor(new_id(), "m", "m", position="owner", **person)
            yield Actor(new_id(), "m", "m", position="clerk", **person)
            yield Actor(new_id(), "m", "m", position="clerk", site_ids=frozenset(own[:1]), **person)
            yield Actor(new_id(), "m", "m", position="owner", is_waiting=True, **person)
            yield Actor(new_id(), "m", "m", position="owner", scopes=frozenset({"stock.read"}), **person)


def seen(session: Session, actor: Actor, name: str) -> set[UUID]:
    model, key = MODELS[name]
    statement = select(getattr(model, key))
    if model is LabelRun:  # its condition is about a run joined with its batch
        statement = statement.join(Batch, Batch.batch_id == LabelRun.batch_id)  # type: ignore[arg-type]
    return set(session.scalars(statement.where(visible(actor, name))))


def test_every_kind_is_compared() -> None:
    elsewhere = {"journal_entry"}  # below
    assert set(KINDS) - elsewhere == set(ACTIONS)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    derandomize=EXAMPLES < 100,
)  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_lists_show_what_the_right_to_each_row_says(shared_database: Engine, seed: int) -> None:
    with shared_database.connect() as connection:
        connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            town = Town(session, seed)
            oracle = Oracle(session, town)
            for actor in actors(town):
                for name, rows in oracle.rows.items():
                    if TABLE[ACTIONS[name]].get(actor.role) is None or not permitted(actor, ACTIONS[name]):
                        continue
                    aspects: Callable[[Any], Aspects] = getattr(oracle, name)
                    may_see = {
                        row_id
                        for row_id, row in rows.items()
                        if any(may(actor, ACTIONS[name], aspect) for aspect in aspects(row))
                    }
                    assert seen(session, actor, name) & set(rows) == may_see, (name, actor)
        connection.rollback()


def permitted(actor: Actor, action: str) -> bool:
    """Say whether key and waiting leave an action open; where they don't, `visible` raises (below)."""
    limited = actor.scopes is not None and action not in actor.scopes
    return not limited and (not actor.is_waiting or action == "business.read")
