"""Goods of a recall that had left before the books knew: entered late, at their own time, despite the lock (补录).

Each is a line of the recall that its reports state from the moment it was recorded; somebody looks again where the
goods left, and at the place that they went to (R8, R9).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.batches import watch
from coldchain.batches.models import Batch
from coldchain.core import clock, paging
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.recall import assistance, drafts, masses, reach
from coldchain.recall.announce import Key, Place, homes, tasks_at
from coldchain.recall.models import LateLine, Recall, TaskExpected
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Product, Site
from coldchain.trade import service as trade

CONSIGNMENT = "consignment"


@dataclass(frozen=True)
class LateView:
    """A late line with the goods and the places that a reader needs by name.

    Of an end outside the reader's areas the region alone is told: its site, owner or receiver are None.
    """

    line: LateLine
    batch: Batch
    product: Product
    region_code: str
    to_region_code: str | None
    owner: registry.BusinessBrief | None
    to_business: registry.BusinessBrief | None
    site_id: UUID | None
    site_name: str | None
    to_site_id: UUID | None
    to_site_name: str | None
    receiver: trade.Person | None

    @property
    def mass_g(self) -> int:
        """Grams that had left."""
        return self.line.quantity_units * self.product.unit_mass_g


def on_late(session: Session, actor: Actor, recall_id: UUID, late: watch.Late) -> None:
    """Write what had left of a running recall's goods and see that somebody looks where they were and where they went.

    In the transaction of the fact. Called after the accounts were written: tasks are locked last.
    """
    recall = session.get(Recall, recall_id)
    if recall is None or recall.state != "announced":
        return
    left, bound_for = _places(session, recall, late)
    places: dict[Key, Place] = {place.key: place for place in (left, bound_for) if place is not None}
    known, _new = tasks_at(session, actor, recall, places)
    now = clock.now()  # after the tasks are locked
    unit_mass = masses.unit_mass_g(session, late.units)
    expected = []
    for batch_id, units in late.units.items():
        expected.append(_expected(known[left.key], batch_id, late, 0, 0, None, now))
        if bound_for is not None:
            mass_g = units * unit_mass[batch_id]
            expected.append(_expected(known[bound_for.key], batch_id, late, units, mass_g, late.subject_id, now))
    session.execute(insert(TaskExpected), expected)
    session.execute(
        insert(LateLine),
        [
            {
                "late_id": new_id(), "recall_id": recall_id, "batch_id": batch_id, "owner_id": late.owner_id,
                "quantity_units": units, "subject_kind": late.subject_kind, "subject_id": late.subject_id,
                "site_id": late.site_id, "to_business_id": late.to_business_id,
                "to_site_id": bound_for.site_id if bound_for else None, "occurred_at": late.occurred_at,
                "recorded_at": now, "recorded_by": actor.user_id,
            }
            for batch_id, units in late.units.items()
        ],
    )  # fmt: skip
    _record(session, actor, recall, late, left, bound_for)
    assistance.send(session, actor, recall)


def _places(session: Session, recall: Recall, late: watch.Late) -> tuple[Place, Place | None]:
    """Return where the goods left, and where a consignment took them: a site, else whoever signed for them."""
    road = trade.destinations(session, [late.subject_id]) if late.subject_kind == CONSIGNMENT else {}
    destination = road.get(late.subject_id)
    to_site_id = late.to_site_id or (destination.site_id if destination else None)
    sites = registry.sites(session, [late.site_id, to_site_id])
    here = sites[late.site_id]
    left = Place(here.site_id, None, here.business_id, here.region_code, here.office_id)
    if to_site_id is not None:
        there = sites[to_site_id]
        return left, Place(there.site_id, None, there.business_id, there.region_code, there.office_id)
    if destination is None:
        return left, None
    home = homes(session, [late.to_business_id]).get(late.to_business_id) if late.to_business_id else None
    at = home or Area(recall.region_code)
    return left, Place(None, late.subject_id, late.to_business_id, at.region_code, at.office_id)


def _expected(
    task_id: UUID, batch_id: UUID, late: watch.Late, units: int, mass_g: int, road: UUID | None, now: datetime
) -> dict[str, Any]:
    """Return what a task expects of a batch; a row of 0 units only says that there is something to look at again."""
    return {
        "expected_id": new_id(), "task_id": task_id, "batch_id": batch_id, "owner_id": late.owner_id, "zone_id": None,
        "consignment_id": road, "quantity_units": units, "mass_g": mass_g, "recorded_at": now,
    }  # fmt: skip


def _record(
    session: Session, actor: Actor, recall: Recall, late: watch.Late, left: Place, bound_for: Place | None
) -> None:
    """Write the fact for the region where the goods left: of what lies elsewhere others read the sums."""
    journal.append(
        session,
        actor,
        kind="recall.late_entered",
        subject_id=recall.recall_id,
        occurred_at=late.occurred_at,
        region_code=left.region_code,
        data={
            "subject_kind": late.subject_kind,
            "subject_id": late.subject_id,
            "owner_id": late.owner_id,
            "site_id": late.site_id,
            "to_business_id": late.to_business_id,
            "to_site_id": bound_for.site_id if bound_for else None,
            "lines": [{"batch_id": batch_id, "quantity_units": units} for batch_id, units in late.units.items()],
        },
    )


def facts(session: Session, recall_id: UUID, as_of: datetime) -> list[tuple[UUID, int]]:
    """Return the document and the grams of each late line recorded by `as_of`, for the figures of a report."""
    rows = session.execute(
        select(col(LateLine.subject_id), col(LateLine.quantity_units) * col(Product.unit_mass_g))
        .join(Batch, col(Batch.batch_id) == col(LateLine.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(LateLine.recall_id) == recall_id, col(LateLine.recorded_at) <= as_of)
    )
    return [(subject_id, int(mass_g)) for subject_id, mass_g in rows]


def listing(
    session: Session,
    actor: Actor,
    recall_id: UUID,
    *,
    limit: int,
    cursor: str | None = None,
    as_of: datetime | None = None,
) -> tuple[list[LateView], str | None]:
    """Return a page of a recall's late lines with an end in the reader's areas, recorded by `as_of` (default: all).

    Newest first. Raises NotFound. The sums of all of them are in the report.
    """
    recall = drafts.get(session, actor, recall_id)
    statement = select(LateLine).where(col(LateLine.recall_id) == recall.recall_id, _touches(actor, recall))
    if as_of is not None:
        statement = statement.where(col(LateLine.recorded_at) <= as_of)
    rows, following = paging.page(session, statement, col(LateLine.late_id), limit, cursor)
    return _views(session, actor, recall, rows), following


def _touches(actor: Actor, recall: Recall) -> ColumnElement[bool]:
    """Return the condition that a line left or went to a place in the reader's areas."""
    sites = select(col(Site.site_id)).where(reach.inside(actor, col(Site.region_code), col(Site.office_id)))
    receivers = select(col(Business.business_id)).where(
        reach.inside(actor, col(Business.region_code), col(Business.office_id))
    )
    nowhere = and_(col(LateLine.to_site_id).is_(None), col(LateLine.to_business_id).in_(receivers))
    ends = [col(LateLine.site_id).in_(sites), col(LateLine.to_site_id).in_(sites), nowhere]
    if reach.runs(actor, recall):  # who took goods without being registered is looked for by who runs the recall
        ends.append(and_(col(LateLine.to_site_id).is_(None), col(LateLine.to_business_id).is_(None)))
    return or_(*ends)


def _views(session: Session, actor: Actor, recall: Recall, rows: list[LateLine]) -> list[LateView]:
    goods = {
        batch.batch_id: (batch, product)
        for batch, product in session.execute(
            select(Batch, Product)
            .join(Product, col(Product.product_id) == col(Batch.product_id))
            .where(col(Batch.batch_id).in_({row.batch_id for row in rows}))
        )
    }
    businesses = registry.brief(session, [i for row in rows for i in (row.owner_id, row.to_business_id)])
    sites = registry.sites(session, [i for row in rows for i in (row.site_id, row.to_site_id)])
    receivers = homes(session, (row.to_business_id for row in rows))
    persons = trade.persons(session, {row.subject_id for row in rows if row.subject_kind == CONSIGNMENT})
    found = []
    for row in rows:
        here = sites[row.site_id]
        there = sites.get(row.to_site_id) if row.to_site_id else None
        home = receivers.get(row.to_business_id) if row.to_business_id else None
        person = persons.get(row.subject_id)
        bound = Area(there.region_code, there.office_id) if there else home
        if bound is None and person is not None:
            bound = Area(recall.region_code)
        sees_from = reach.sees(actor, here.region_code, here.office_id)
        sees_to = bound is not None and reach.sees(actor, bound.region_code, bound.office_id)
        found.append(
            LateView(
                line=row,
                batch=goods[row.batch_id][0],
                product=goods[row.batch_id][1],
                region_code=here.region_code,
                to_region_code=bound.region_code if bound else None,
                owner=businesses[row.owner_id] if sees_from else None,
                to_business=businesses.get(row.to_business_id) if sees_to and row.to_business_id else None,
                site_id=here.site_id if sees_from else None,
                site_name=here.name if sees_from else None,
                to_site_id=there.site_id if sees_to and there else None,
                to_site_name=there.name if sees_to and there else None,
                receiver=person if sees_to else None,
            )
        )
    return found
