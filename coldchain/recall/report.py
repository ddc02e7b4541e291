"""The report: figures computed from rows recorded by a time, and their text in both languages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text as sql
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock
from coldchain.core.errors import Invalid, NotFound
from coldchain.inspections import service as inspections
from coldchain.recall import bulletin, drafts, late, masses, samples, tasks
from coldchain.recall.figures import Figures, LineFact, StockFact, TaskFact, compute
from coldchain.recall.models import Recall, RecallVersion

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
    figures = compute(
        _task_facts(session, recall, moment),
        _stock_facts(session, recall, moment),
        [
            (bucket.round, bucket.place, bucket.state, pieces)
            for bucket, pieces in samples.buckets(samples.events_of(session, recall.recall_id, moment)).items()
        ],
        late.facts(session, recall.recall_id, moment),
    )
    facts = bulletin.Facts.of(session, recall, version, moment, figures)
    return Report(recall, version, moment, figures, bulletin.text(facts, "zh_CN"), bulletin.text(facts, "en"))


def _task_facts(session: Session, recall: Recall, as_of: datetime) -> list[TaskFact]:
    views = tasks.views(session, tasks.all_tasks(session, recall, as_of), as_of)
    lines = inspections.lines_of(session, [view.finding.finding_id for view in views if view.finding])
    return [
        TaskFact(
            task_id=view.task.task_id,
            site_id=view.task.site_id,
            origin=view.task.origin,
            office_id=view.task.office_id,
            region_code=view.task.region_code,
            state=view.state,
            seen=view.finding is not None,
            people_controlled=view.finding.people_controlled if view.finding else 0,
            lines=tuple(
                LineFact(line.batch_id, line.examined_units, line.matched_units, line.mass_g, line.disposition)
                for line in (lines.get(view.finding.finding_id, []) if view.finding else [])
            ),
        )
        for view in views
    ]


def _stock_facts(session: Session, recall: Recall, as_of: datetime) -> list[StockFact]:
    rows = session.execute(_STOCK, {"recall_id": recall.recall_id, "as_of": as_of}).all()
    unit_mass = masses.unit_mass_g(session, {row.batch_id for row in rows})
    return [
        StockFact(row.batch_id, row.site_id, row.consignment_id, row.quantity_units, unit_mass[row.batch_id])
        for row in rows
    ]
