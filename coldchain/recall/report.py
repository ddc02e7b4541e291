"""The report: figures computed from rows recorded by a time, and their text in both languages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text as sql
from sqlmodel import Session

from coldchain.accounts.actor import Actor, Area
from coldchain.core import clock
from coldchain.core.errors import Invalid, NotFound
from coldchain.inspections import service as inspections
from coldchain.recall import announce, bulletin, drafts, late, masses, reach, samples, tasks
from coldchain.recall.figures import CHECKED, Figures, LineFact, StockFact, TaskFact, compute
from coldchain.recall.models import Recall, RecallVersion
from coldchain.registry import service as registry
from coldchain.trade import service as trade

NOWHERE = UUID(int=0)

# Custody stock of the batches that this recall held at the time, from movements recorded by then.
_STOCK = sql("""
    WITH held AS (
        SELECT DISTINCT batch_id FROM hold
        WHERE cause_kind = 'recall' AND cause_id = :recall_id AND recorded_at <= :as_of
          AND (ended_at IS NULL OR ended_at > :as_of))
    SELECT p.batch_id, z.site_id, p.consignment_id, sum(p.quantity_units)::bigint AS quantity_units
    FROM posting p
    JOIN movement m ON m.movement_id = p.movement_id AND m.recorded_at <= :as_of
    LEFT JOIN zone z ON z.zone_id = p.zone_id
    WHERE p.batch_id IN (SELECT batch_id FROM held) AND p.account IN ('zone', 'transit', 'processing')
    GROUP BY p.batch_id, z.site_id, p.consignment_id
    HAVING sum(p.quantity_units) > 0
""")


@dataclass(frozen=True)
class Report:
    """What was known at `as_of`."""

    recall: Recall
    version: RecallVersion
    as_of: datetime
    figures: Figures
    text_zh: str
    text_en: str


def report(session: Session, actor: Actor, recall_id: UUID, as_of: datetime | None = None) -> Report:
    """Return a recall's report as of a time (aware, default now): only facts with recorded_at ≤ as_of count.

    Raises NotFound before the recall was recorded, Invalid `in_future`.
    """
    recall = drafts.get(session, actor, recall_id)
    now = clock.now()
    moment = as_of or now
    if moment > now:
        raise Invalid.of("/as_of", "in_future", "This time has not come yet.")
    if moment < recall.recorded_at:
        raise NotFound
    version = drafts.current_version(session, recall)
    counts = samples.buckets(samples.events_of(session, recall.recall_id, moment))
    figures = compute(
        _task_facts(session, recall, moment),
        _stock_facts(session, recall, moment),
        [(*key, pieces) for key, pieces in samples.as_read(session, actor, counts).items()],
        late.facts(session, recall.recall_id, moment),
        drill=recall.kind == "drill",
    )
    figures.elsewhere = [place for place in figures.places if not reach.sees(actor, place.region_code, place.office_id)]
    facts = bulletin.Facts.of(session, recall, version, moment, figures)
    return Report(recall, version, moment, figures, bulletin.text(facts, "zh_CN"), bulletin.text(facts, "en"))


def _task_facts(session: Session, recall: Recall, as_of: datetime) -> list[TaskFact]:
    views = tasks.views(session, tasks.all_tasks(session, recall, as_of), as_of)
    lines = inspections.lines_of(session, [view.finding.finding_id for view in views if view.finding])
    matched = inspections.tasks_with_matches(session, [view.task.task_id for view in views if view.finding], as_of)
    return [
        TaskFact(
            task_id=view.task.task_id,
            site_id=view.task.site_id,
            origin=view.task.origin,
            office_id=view.task.office_id,
            region_code=view.task.region_code,
            state=view.state,
            seen=view.finding is not None and view.finding.outcome in CHECKED,
            people_controlled=view.finding.people_controlled if view.finding else 0,
            lines=tuple(
                LineFact(line.batch_id, line.examined_units, line.matched_units, line.mass_g, line.disposition)
                for line in (lines.get(view.finding.finding_id, []) if view.finding else [])
            ),
            found_before=view.task.task_id in matched,
        )
        for view in views
    ]


def _stock_facts(session: Session, recall: Recall, as_of: datetime) -> list[StockFact]:
    rows = session.execute(_STOCK, {"recall_id": recall.recall_id, "as_of": as_of}).all()
    unit_mass = masses.unit_mass_g(session, {row.batch_id for row in rows})
    found = []
    places = _places(session, recall, rows)
    for row in rows:
        at = places[(row.site_id, row.consignment_id)]
        found.append(
            StockFact(
                row.batch_id, row.site_id, row.consignment_id, row.quantity_units, unit_mass[row.batch_id],
                at.region_code, at.office_id,
            )
        )  # fmt: skip
    return found


def _places(session: Session, recall: Recall, rows: Iterable[Any]) -> dict[tuple[UUID | None, UUID | None], Area]:
    """Return where stock lies or is bound for; what is on the road to nobody known counts for the recall's region."""
    there = {(row.site_id, row.consignment_id) for row in rows}
    roads = trade.destinations(session, {road for site, road in there if site is None and road is not None})
    sites = registry.sites(session, [*(site for site, _road in there), *(d.site_id for d in roads.values())])
    homes = announce.homes(session, (d.business_id for d in roads.values()))
    found = {}
    for site_id, road in there:
        bound = roads.get(road) if road is not None and site_id is None else None
        site = sites.get(site_id or (bound.site_id if bound else None) or NOWHERE)
        home = homes.get(bound.business_id or NOWHERE) if bound else None
        found[(site_id, road)] = Area(site.region_code, site.office_id) if site else home or Area(recall.region_code)
    return found
