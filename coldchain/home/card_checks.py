"""When officers were last at a business: of sweeps and by themselves, as its card shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.inspections import visits
from coldchain.inspections.models import Finding, FindingLine
from coldchain.journal import personal
from coldchain.recall.models import Recall, SweepTask
from coldchain.registry.service import overview

CHECKS_SHOWN: Final = 8


@dataclass(frozen=True)
class Check:
    """Officers at a site: when, where, by whom; of a sweep the outcome's code, for which notice, how many sealed.

    A visit has no outcome: it says how many findings it had, and leads to the first.
    """

    occurred_at: datetime
    site: str
    officers: list[str]
    outcome: str | None = None
    title: str = ""
    sealed: int = 0
    task_id: UUID | None = None
    found: int = 0
    finding_id: UUID | None = None


def looked_at(session: Session, actor: Actor, business_id: UUID, sites: dict[UUID, str]) -> list[Check]:
    """Return the latest visits of sweeps and of officers by themselves, the newest first."""
    checks = _checks(session, sites) + _visits(session, actor, business_id, sites)
    return sorted(checks, key=lambda check: check.occurred_at, reverse=True)[:CHECKS_SHOWN]


def _visits(session: Session, actor: Actor, business_id: UUID, sites: dict[UUID, str]) -> list[Check]:
    """Return the latest visits to the business and to these sites of it, also those that found nothing."""
    if relation(actor, "site_finding.read") is None:
        return []
    rows = [
        visit
        for visit in visits.last_visits(session, business_id, CHECKS_SHOWN)
        if visit.site_id is None or visit.site_id in sites
    ]
    names = overview.names(session, [visit.recorded_by for visit in rows])
    found = visits.findings_of(session, [visit.visit_id for visit in rows])
    return [
        Check(
            visit.occurred_at,
            sites[visit.site_id] if visit.site_id else "",
            [names[visit.recorded_by]] if visit.recorded_by in names else [],
            found=len(found.get(visit.visit_id, [])),
            finding_id=next(iter(found.get(visit.visit_id, [])), None),
        )
        for visit in rows
    ]


def _checks(session: Session, sites: dict[UUID, str]) -> list[Check]:
    """Return the latest visits to these sites; what a drill did is none."""
    if not sites:
        return []
    rows = session.execute(
        select(Finding, SweepTask.site_id, Recall.title)
        .outerjoin(SweepTask, col(SweepTask.task_id) == col(Finding.task_id))
        .outerjoin(Recall, col(Recall.recall_id) == col(SweepTask.recall_id))
        .where(
            or_(col(Finding.site_id).in_(sites), col(SweepTask.site_id).in_(sites)),
            or_(col(Recall.kind).is_(None), col(Recall.kind) != "drill"),
        )
        .order_by(col(Finding.occurred_at).desc(), col(Finding.finding_id).desc())
        .limit(CHECKS_SHOWN)
    ).all()
    found = [row[0] for row in rows]
    names = overview.names(session, [finding.recorded_by for finding in found])
    seconds = personal.reveal(session, [finding.second_officer_id for finding in found])
    sealed: dict[UUID, int] = dict(
        session.execute(
            select(col(FindingLine.finding_id), func.count())
            .where(
                col(FindingLine.finding_id).in_([finding.finding_id for finding in found]),
                col(FindingLine.disposition) == "sealed",
            )
            .group_by(col(FindingLine.finding_id))
        ).all()
    )
    return [
        Check(
            finding.occurred_at,
            sites.get(finding.site_id or site_id, ""),
            [
                name
                for name in (names.get(finding.recorded_by), _known(seconds, finding.second_officer_id))
                if name is not None
            ],
            finding.outcome,
            title or "",
            sealed.get(finding.finding_id, 0),
            finding.task_id,
        )
        for finding, site_id, title in rows
    ]


def _known(values: dict[UUID, str], personal_id: UUID | None) -> str | None:
    return values.get(personal_id) if personal_id else None
