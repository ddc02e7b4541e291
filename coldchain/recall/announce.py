"""Announcing: at once all that the books know is locked and listed, and what they do not know becomes a route (R9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.batches import watch
from coldchain.batches.watch import Moved
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding
from coldchain.recall import assistance, drafts, masses, tasks
from coldchain.recall.models import Recall, SweepTask, TaskExpected
from coldchain.regions.tree import stem
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site, Zone
from coldchain.trade import service as trade

Key = tuple[UUID | None, UUID | None]


@dataclass(frozen=True)
class Announced:
    """What an announcement did. `businesses`: owners and custodians; `assistance`: requests to other regions; grams."""

    recall: Recall
    batches: int
    sites_from_books: int
    sites_blanket: int
    businesses: int
    mass_total_g: int
    tasks: int
    assistance: int = 0


def announce(session: Session, actor: Actor, recall_id: UUID, *, occurred_at: datetime | None = None) -> Announced:
    """Lock every matching batch at every holder, transit included, and make the tasks; a drill locks nothing.

    Raises Conflict `wrong_state` when it is no draft any more, Invalid `in_future`. Lock order: recall, watch criteria,
    batches.
    """
    occurred = claimed(occurred_at)
    recall = drafts.get(session, actor, recall_id, "recall.announce", lock=True)
    drafts.require_state(recall, "draft")
    version = drafts.current_version(session, recall)
    now = clock.now()
    watch.lock_exclusive(session)
    batch_ids = drafts.matched_batches(session, version.criterion)
    ledger.lock_batches(session, batch_ids, exclusive=True)
    if recall.kind != "drill":
        cause = holds.Cause("recall", recall.recall_id, recall.version)
        holds.place(session, actor, batch_ids, cause, "red", occurred)
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
        occurred_at=occurred,
        region_code=recall.region_code,
        data={
            "version": recall.version,
            "batch_ids": batch_ids,
            "sites_from_books": announced.sites_from_books,
            "sites_blanket": announced.sites_blanket,
            "mass_total_g": announced.mass_total_g,
        },
    )
    return replace(announced, assistance=len(assistance.send(session, actor, recall)))


@dataclass(frozen=True)
class FromBooks:
    """Tasks that the books made, and the businesses that they touch."""

    new_tasks: list[UUID]
    businesses: set[UUID]


@dataclass(frozen=True)
class Place:
    """Where goods lie: a site, or goods in transit to nobody's known site."""

    site_id: UUID | None
    consignment_id: UUID | None
    business_id: UUID | None
    region_code: str
    office_id: UUID | None

    @property
    def key(self) -> Key:
        """Return what tells places apart: the site, or without one the consignment."""
        return self.site_id, None if self.site_id else self.consignment_id


def add_from_books(session: Session, actor: Actor, recall: Recall, holdings: list[Holding]) -> FromBooks:
    """Make or extend one task for each place where the books have stock; what is expected there is added to it."""
    places = _places(session, recall, holdings)
    unit_mass = masses.unit_mass_g(session, {h.batch_id for h in holdings})
    known, new_tasks = tasks_at(session, actor, recall, {place.key: place for place in places.values()})
    now = clock.now()  # after the tasks are locked
    expected = [
        {
            "expected_id": new_id(), "task_id": known[places[holding.holding_id].key], "batch_id": holding.batch_id,
            "owner_id": holding.owner_id, "zone_id": holding.zone_id, "consignment_id": holding.consignment_id,
            "quantity_units": holding.quantity_units,
            "mass_g": holding.quantity_units * unit_mass[holding.batch_id], "recorded_at": now,
        }
        for holding in holdings
    ]  # fmt: skip
    if expected:
        session.execute(insert(TaskExpected), expected)
    owners = {holding.owner_id for holding in holdings}
    return FromBooks(new_tasks, owners | {place.business_id for place in places.values() if place.business_id})


def add_moved(session: Session, actor: Actor, recall: Recall, moved: Moved) -> None:
    """Make, extend or reopen the task at a site where locked goods came off the road, or were fetched or moved to.

    What the books expected there of the same consignment already is not counted again: a row of 0 units only says that
    it is there now, which reopens a task that was looked at before the lorry came.
    """
    arrived = [
        holding
        for holding in ledger.holdings(session, list(moved.units))
        if holding.zone_id == moved.zone_id and holding.owner_id == moved.owner_id and holding.account == "zone"
    ]
    places = _places(session, recall, arrived)
    known, _new = tasks_at(session, actor, recall, {place.key: place for place in places.values()})
    unit_mass = masses.unit_mass_g(session, moved.units)
    expected = select(col(TaskExpected.task_id), col(TaskExpected.batch_id)).where(
        col(TaskExpected.task_id).in_(known.values()), col(TaskExpected.consignment_id) == moved.consignment_id
    )
    counted = {(row.task_id, row.batch_id) for row in session.execute(expected)} if moved.consignment_id else set()
    now = clock.now()  # after the tasks are locked
    rows = []
    for holding in arrived:
        task_id = known[places[holding.holding_id].key]
        quantity = 0 if (task_id, holding.batch_id) in counted else moved.units[holding.batch_id]
        rows.append(
            {
                "expected_id": new_id(), "task_id": task_id, "batch_id": holding.batch_id,
                "owner_id": holding.owner_id, "zone_id": moved.zone_id, "consignment_id": moved.consignment_id,
                "quantity_units": quantity, "mass_g": quantity * unit_mass[holding.batch_id], "recorded_at": now,
            }
        )  # fmt: skip
    if rows:
        session.execute(insert(TaskExpected), rows)


def _places(session: Session, recall: Recall, holdings: list[Holding]) -> dict[UUID, Place]:
    zone_ids = {h.zone_id for h in holdings if h.zone_id}
    rows = session.execute(
        select(col(Zone.zone_id), Site)
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(col(Zone.zone_id).in_(zone_ids))
    )
    site_of_zone = {row[0]: row[1] for row in rows}
    destinations = trade.destinations(session, {h.consignment_id for h in holdings if h.consignment_id})
    sites = registry.sites(session, {d.site_id for d in destinations.values() if d.site_id})
    receivers = homes(session, {d.business_id for d in destinations.values() if d.site_id is None})
    places = {}
    for holding in holdings:
        site = site_of_zone.get(holding.zone_id) if holding.zone_id else None
        business_id = None
        if site is None and holding.consignment_id:
            destination = destinations[holding.consignment_id]
            site = sites.get(destination.site_id) if destination.site_id else None
            business_id = destination.business_id
        home = receivers.get(business_id) if business_id else None
        at = Area(site.region_code, site.office_id) if site else home or Area(recall.region_code)
        places[holding.holding_id] = Place(
            site_id=site.site_id if site else None,
            consignment_id=holding.consignment_id,
            business_id=site.business_id if site else business_id,
            region_code=at.region_code,
            office_id=at.office_id,
        )
    return places


def homes(session: Session, business_ids: Iterable[UUID | None]) -> dict[UUID, Area]:
    """Return where businesses are registered: goods on the road to one of them are looked for by its own officers."""
    wanted = {business_id for business_id in business_ids if business_id}
    rows = session.execute(
        select(col(Business.business_id), col(Business.region_code), col(Business.office_id)).where(
            col(Business.business_id).in_(wanted)
        )
    )
    return {row.business_id: Area(row.region_code, row.office_id) for row in rows}


def tasks_at(
    session: Session, actor: Actor, recall: Recall, places: Mapping[Key, Place]
) -> tuple[dict[Key, UUID], list[UUID]]:
    """Return the task at each place, locked, and those that had to be made; one that was made meanwhile serves."""
    known = _locked_tasks(session, recall, places)
    now = clock.now()
    fresh = [
        {
            "task_id": new_id(), "recall_id": recall.recall_id, "origin": "from_books",
            "business_id": place.business_id, "site_id": place.site_id,
            "consignment_id": None if place.site_id else place.consignment_id,
            "region_code": place.region_code, "office_id": place.office_id,
            "occurred_at": now, "recorded_at": now, "recorded_by": actor.user_id,
        }
        for key, place in sorted(places.items(), key=lambda pair: str(pair[0]))
        if key not in known
    ]  # fmt: skip
    if not fresh:
        return known, []
    table = SweepTask.__table__  # type: ignore[attr-defined]
    session.connection().execute(
        upsert(table).on_conflict_do_nothing(index_elements=tasks.ONE_A_SITE, index_where=table.c.site_id.is_not(None)),
        fresh,
    )
    known = _locked_tasks(session, recall, places)
    made = {row["task_id"] for row in fresh}
    return known, [task_id for task_id in known.values() if task_id in made]


def _locked_tasks(session: Session, recall: Recall, keys: Iterable[Key]) -> dict[Key, UUID]:
    site_ids = {site_id for site_id, _ in keys if site_id}
    consignment_ids = {consignment_id for _, consignment_id in keys if consignment_id}
    places = col(SweepTask.site_id).in_(site_ids) | col(SweepTask.consignment_id).in_(consignment_ids)
    return {
        (task.site_id, None if task.site_id else task.consignment_id): task.task_id
        for task in tasks.hold(session, recall.recall_id, places)
    }


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
