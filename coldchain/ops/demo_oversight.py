"""What the demonstration does beside the trade and the sweeps: papers verified, visits, decisions, measures, orders.

Each handler calls the service that answers the request of its event (`ops/demo/oversight.py`).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches import jobs as batch_jobs  # noqa: F401  (registers the task that a measure enqueues)
from coldchain.batches import service as batches
from coldchain.batches.models import Evidence
from coldchain.batches.service import disinfection_orders, ordered_disinfections
from coldchain.inspections import enforcement, site_findings, visits
from coldchain.ops.demo import oversight
from coldchain.registry.service import licences, measures, workers

Handler = Callable[[Session, Actor, dict[str, Any]], UUID | None]


def findings_of(session: Session, visit_id: UUID) -> list[UUID]:
    """Return the findings of a visit in the order in which they were entered."""
    return visits.findings_of(session, [visit_id]).get(visit_id, [])


def _licence(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    licences.record(session, actor, arguments.pop("business"), **arguments)


def _worker(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return workers.register(session, actor, **arguments)["worker_id"]  # type: ignore[no-any-return]


def _verify(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    papers = select(col(Evidence.evidence_id)).where(col(Evidence.arrival_id).in_(arguments["arrival_ids"]))
    if kinds := arguments.get("kinds"):
        papers = papers.where(col(Evidence.kind).in_(kinds))
    reason = arguments.get("refused_for")
    for evidence_id in session.scalars(papers.order_by(col(Evidence.evidence_id))).all():
        if reason is None:
            batches.verify_paper(session, actor, evidence_id)
        else:
            batches.refuse_paper(session, actor, evidence_id, reason=reason)


def _visit(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return visits.record(session, actor, **arguments)[0].visit_id


def _answer(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    site_findings.answer(session, actor, arguments.pop("finding_id"), **arguments)


def _review(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    site_findings.review(session, actor, arguments.pop("finding_id"), **arguments)


def _decide(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return enforcement.decide(session, actor, **arguments).decision_id


def _object(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    enforcement.object_to(session, actor, arguments.pop("decision_id"), **arguments)


def _answer_objection(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    enforcement.answer(session, actor, arguments.pop("decision_id"), **arguments)


def _measure(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    measures.record(session, actor, **arguments)


def _order(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return disinfection_orders.make(session, actor, **arguments)["order_id"]  # type: ignore[no-any-return]


def do_order(session: Session, actor: Actor, arguments: dict[str, Any], var_dir: Path | None) -> None:
    """Enter what a service did for an order; its certificate is drawn where files are kept (`var_dir`)."""
    temperature = Decimal(arguments.pop("ambient_temperature_c"))
    ordered_disinfections.enter(
        session, actor, arguments.pop("order_id"), ambient_temperature_c=temperature, var_dir=var_dir, **arguments
    )


HANDLERS: Mapping[type[Any], Handler] = {
    oversight.RecordLicence: _licence,
    oversight.RegisterWorker: _worker,
    oversight.VerifyPapers: _verify,
    oversight.RecordVisit: _visit,
    oversight.AnswerFinding: _answer,
    oversight.ReviewFinding: _review,
    oversight.Decide: _decide,
    oversight.ObjectToDecision: _object,
    oversight.AnswerObjection: _answer_objection,
    oversight.RecordMeasure: _measure,
    oversight.OrderDisinfection: _order,
}
