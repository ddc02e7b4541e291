"""Announcing: at once all that the books know is locked and listed, and what they do not know becomes a route (R9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches import watch
from coldchain.core import clock
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding
from coldchain.recall import drafts, masses
from coldchain.recall.models import Recall, SweepTask, TaskExpected
from coldchain.regions.tree import stem
from coldchain.registry import service as registry
from coldchain.registry.models import Site, Zone
from coldchain.trade import service as trade


@dataclass(frozen=True)
class Announced:
    """What an announcement did. `businesses`: distinct owners and custodians; mass in grams."""

    recall: Recall
    batches: int
    sites_from_books: int
    sites_blanket: int
    businesses: int
    mass_total_g: int
    tasks: int


def announce(session: Session, actor: Actor, recall_id: UUID, *, occurred_at: datetime | None = None) -> Announced:
    """Lock every matching batch at every holder, transit included, and make the tasks; a drill locks nothing.

    Raises Conflict `wrong_state` when it is no draft any more. Lock order: recall, watch criteria, batches.
    """
    recall = drafts.get(session, actor, recall_id, "recall.announce", lock=True)
    drafts.require_state(recall, "draft")
    version = drafts.current_version(session, recall)
    now = clock.now()
    watch.lock_exclusive(session)
    batch_ids = drafts.matched_batches(session, version.criterion)
    ledger.lock_batches(session, batch_ids, exclusive=True)
    if recall.kind != "drill":
        cause = holds.Cause("recall", recall.recall_id, recall.version)
        holds.place(session, actor, batch_ids, cause, "red", occurred_at or now)
        watch.add(session, recall.recall_id, recall.version, version.criterion)
    recall.state, recall.announced_at = "announced", now
    found = [h for h in ledger.holdings(session, batch_ids) if h.quantity_units > 0]
    books = add_from_books(session, actor, recall, found)
    blanket = _add_blanket(session, actor, recall, version.blanket)
    products = masses.unit_mass_g(session, batch_ids)
    announced = Announced(
        recall=recall,
        batches=len(batch_ids),
        sites_from_books=len(books.new_tasks),
        sites_blanket=blanket,
        businesses=len(books.businesses),
        mass_total_g=sum(h.quantity_units * products[h.batch_id] for h in found),
        tasks=len(books.new_tasks) + blanket,
    )
    session.flush()
    journal.append(
        session,
        actor,
        kind="recall.announced",
        subject_id=recall.recall_id,
        occurred_at=occurred_at or now,
        region_code=recall.region_code,
        data={
            "version": recall.version,
            "batch_ids": batch_ids,
            "sites_from_books": announced.sites_from_books,
            "sites_blanket": announced.sites_blanket,
            "mass_total_g": announced.mass_total_g,
        },
    )
    return announced


@dataclass(frozen=True)
class FromBooks:
    """Tasks that the books made, and the businesses that they touch."""

    new_tasks: list[UUID]
    businesses: set[UUID]


@dataclass(frozen=True)
class _Place:
    """Where a holding lies: a site, or goods in transit to nobody's known site."""

    site_id: UUID | None
    consignment_id: UUID | None
    business_id: UUID | None
    region_code: str
    office_id: UUID | None


def add_from_books(session: Session, actor: Actor, recall: Recall, holdings: list[Holding]) -> FromBooks:
    """Make or extend one task for each place where the books have stock; what is expected there is added to it."""
    places = _places(session, recall, holdings)
    unit_mass = masses.unit_mass_g(session, {h.batch_id for h in holdings})
    known = _tasks_at(session, recall, places.values())
    now = clock.now()
    new_tasks: list[dict[str, Any]] = []
    businesses: set[UUID] = set()
    expected = []
    for holding in holdings:
        place = places[holding.holding_id]
        key = (place.site_id, None if place.site_id else place.consignment_id)
        if key not in known:
            known[key] = new_id()
            new_tasks.append(
                {
                    "task_id": known[key], "recall_id": recall.recall_id, "origin": "from_books",
                    "business_id": place.business_id, "site_id": place.site_id,
                    "consignment_id": None if place.site_id else place.consignment_id,
                    "region_code": place.region_code, "office_id": place.office_id,
                    "occurred_at": now, "recorded_at": now, "recorded_by": actor.user_id,
                }
            )  # fmt: skip
        businesses |= {b for b in (holding.owner_id, place.business_id) if b}
        expected.append(
            {
                "expected_id": new_id(), "task_id": known[key], "batch_id": holding.batch_id,
                "owner_id": holding.owner_id, "zone_id": holding.zone_id, "consignment_id": holding.consignment_id,
                "quantity_units": holding.quantity_units,
                "mass_g": holding.quantity_units * unit_mass[holding.batch_id], "recorded_at": now,
            }
        )  # fmt: skip
    if new_tasks:
        session.execute(insert(SweepTask), new_tasks)
    if expected:
        session.execute(insert(TaskExpected), expected)
    return FromBooks([task["task_id"] for task in new_tasks], businesses)


def _places(session: Session, recall: Recall, holdings: list[Holding]) -> dict[UUID, _Place]:
    zone_ids = {h.zone_id for h in holdings if h.zone_id}
    rows = session.execute(
        select(col(Zone.zone_id), Site)
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(col(Zone.zone_id).in_(zone_ids))
    )
    site_of_zone = {row[0]: row[1] for row in rows}
    destinations = trade.destinations(session, {h.consignment_id for h in holdings if h.consignment_id})
    sites = registry.sites(session, {d.site_id for d in destinations.values() if d.site_id})
    places = {}
    for holding in holdings:
        site = site_of_zone.get(holding.zone_id) if holding.zone_id else None
        business_id = None
        if site is None and holding.consignment_id:
            destination = destinations[holding.consignment_id]
            site = sites.get(destination.site_id) if destination.site_id else None
            business_id = destination.business_id
        places[holding.holding_id] = _Place(
            site_id=site.site_id if site else None,
            consignment_id=holding.consignment_id,
            business_id=site.business_id if site else business_id,
            region_code=site.region_code if site else recall.region_code,
            office_id=site.office_id if site else None,
        )
    return places


def _tasks_at(session: Session, recall: Recall, places: Any) -> dict[tuple[UUID | None, UUID | None], UUID]:
    found: dict[tuple[UUID | None, UUID | None], UUID] = {}
    site_ids = {p.site_id for p in places if p.site_id}
    consignment_ids = {p.consignment_id for p in places if not p.site_id}
    tasks = session.scalars(
        select(SweepTask).where(
            col(SweepTask.recall_id) == recall.recall_id,
            col(SweepTask.site_id).in_(site_ids) | col(SweepTask.consignment_id).in_(consignment_ids),
        )
    )
    for task in tasks:
        found[(task.site_id, None if task.site_id else task.consignment_id)] = task.task_id
    return found


def _add_blanket(session: Session, actor: Actor, recall: Recall, blanket: dict[str, Any] | None) -> int:
    """Make a task for every registered site of the chosen kinds and area, whatever the state of its business (R9)."""
    if blanket is None:
        return 0
    statement = select(Site).where(
        col(Site.region_code).startswith(stem(blanket["region_code"])),
        col(Site.kind).in_(blanket["site_kinds"]),
        ~select(col(SweepTask.task_id))
        .where(col(SweepTask.recall_id) == recall.recall_id, col(SweepTask.site_id) == col(Site.site_id))
        .exists(),
    )
    if blanket.get("office_id"):
        statement = statement.where(col(Site.office_id) == UUID(blanket["office_id"]))
    now = clock.now()
    rows = [
        {
            "task_id": new_id(), "recall_id": recall.recall_id, "origin": "blanket", "business_id": site.business_id,
            "site_id": site.site_id, "region_code": site.region_code, "office_id": site.office_id,
            "occurred_at": now, "recorded_at": now, "recorded_by": actor.user_id,
        }
        for site in session.scalars(statement.order_by(col(Site.site_id)))
    ]  # fmt: skip
    if rows:
        session.execute(insert(SweepTask), rows)
    return len(rows)
