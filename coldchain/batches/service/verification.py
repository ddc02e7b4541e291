"""Papers one by one: who may look at one and its file, and an officer's word on it (核验)."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import Session, col, or_, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation, scope
from coldchain.accounts.visible import kind
from coldchain.batches import declarations, origins, papers, reach
from coldchain.batches.models import Arrival, Batch, Evidence, EvidenceCheck
from coldchain.batches.papers import Paper
from coldchain.batches.service import declaration_numbers, targets
from coldchain.batches.service.evidence import statuses
from coldchain.batches.service.gate import lock_rows
from coldchain.core import clock, paging
from coldchain.core.errors import Conflict, Forbidden, NotFound
from coldchain.core.stored_files import StoredFile
from coldchain.journal import service as journal
from coldchain.registry.models import Site
from coldchain.registry.service.reach import sites_within

ORDERS = ("oldest", "expiring")


@kind("paper")
def visible_papers(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `Evidence` of the papers that an officer verifies: of goods that came into the area."""
    sites = select(col(Site.site_id)).where(sites_within(scope(actor, "evidence.verify")))
    return or_(
        col(Evidence.arrival_id).in_(select(col(Arrival.arrival_id)).where(col(Arrival.site_id).in_(sites))),
        col(Evidence.batch_id).in_(select(col(Batch.batch_id)).where(col(Batch.site_id).in_(sites))),
    )


def _in_state(actor: Actor, state: str) -> ColumnElement[bool]:
    """Return the condition on `Evidence` of the papers in the area that nothing replaced and that stand so."""
    said = (
        select(col(EvidenceCheck.outcome))
        .where(col(EvidenceCheck.evidence_id) == col(Evidence.evidence_id))
        .order_by(col(EvidenceCheck.check_id).desc())
        .limit(1)
        .correlate(Evidence)
        .scalar_subquery()
    )
    stands = func.coalesce(said, "entered") == state
    return visible_papers(actor) & papers.in_force() & stands


def search(
    session: Session,
    actor: Actor,
    *,
    state: str = "entered",
    evidence_kind: str | None = None,
    order: str = "oldest",
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the papers of an officer's area in one state, those entered first or those that expire first.

    By expiry those without an end are left out. Raises Forbidden.
    """
    statement = select(Evidence).where(_in_state(actor, state))
    if evidence_kind is not None:
        statement = statement.where(col(Evidence.kind) == evidence_kind)
    if order == "oldest":
        rows, following = paging.page(session, statement, col(Evidence.evidence_id), limit, cursor, newest_first=False)
    else:
        rows, following = _expiring(session, statement, limit, cursor)
    return described(session, rows), following


def _expiring(session: Session, statement: Any, limit: int, cursor: str | None) -> tuple[list[Evidence], str | None]:
    place = tuple_(col(Evidence.valid_to), col(Evidence.evidence_id))
    statement = statement.where(col(Evidence.valid_to).is_not(None))
    if cursor is not None:
        last = session.get(Evidence, paging.decode(cursor))
        if last is not None and last.valid_to is not None:
            statement = statement.where(place > tuple_(last.valid_to, last.evidence_id))
    ordered = statement.order_by(col(Evidence.valid_to), col(Evidence.evidence_id)).limit(limit + 1)
    rows = list(session.scalars(ordered))
    return rows[:limit], paging.encode(rows[limit - 1].evidence_id) if len(rows) > limit else None


def counts(session: Session, actor: Actor, today: date) -> dict[str, Any]:
    """Return how many papers wait to be verified in an officer's area, since when, and how many end first."""
    row: Any = session.execute(
        select(func.count(), func.min(col(Evidence.recorded_at)), func.min(col(Evidence.valid_to))).where(
            _in_state(actor, "entered")
        )
    ).one()
    return {"waiting": row[0], "since": row[1], "first_end": row[2], "overdue": row[2] is not None and row[2] < today}


def described(session: Session, rows: list[Evidence]) -> list[dict[str, Any]]:
    """Return papers as the API shows them, with their checks and what replaced them; at most three statements."""
    ids = [row.evidence_id for row in rows]
    checks: dict[UUID, EvidenceCheck] = {}
    for check in session.exec(
        select(EvidenceCheck).where(col(EvidenceCheck.evidence_id).in_(ids)).order_by(col(EvidenceCheck.check_id))
    ):
        checks[check.evidence_id] = check
    newer = session.exec(
        select(Evidence.supersedes_id, Evidence.evidence_id).where(col(Evidence.supersedes_id).in_(ids))
    ).all()
    replaced = {former: later for former, later in newer if former is not None}
    return papers.describe(
        session, [Paper(row, checks.get(row.evidence_id), replaced.get(row.evidence_id)) for row in rows]
    )


def read(session: Session, actor: Actor, evidence_id: UUID) -> dict[str, Any]:
    """Return one paper to whoever may see goods that it serves. Raises NotFound, Forbidden."""
    return described(session, [_seen(session, actor, evidence_id)])[0]


def history(session: Session, actor: Actor, evidence_id: UUID) -> list[EvidenceCheck]:
    """Return everything that officers said of a paper, oldest first. Raises NotFound, Forbidden."""
    _seen(session, actor, evidence_id)
    statement = select(EvidenceCheck).where(col(EvidenceCheck.evidence_id) == evidence_id)
    return list(session.exec(statement.order_by(col(EvidenceCheck.check_id))))


def file(session: Session, actor: Actor, evidence_id: UUID) -> StoredFile:
    """Return the row of a paper's file. Raises NotFound (`no_file` when it has none), Forbidden."""
    paper = _seen(session, actor, evidence_id)
    row = session.get(StoredFile, paper.file_id) if paper.file_id else None
    if row is None:
        raise NotFound("This paper was entered without a file.", code="no_file")
    return row


def _seen(session: Session, actor: Actor, evidence_id: UUID, action: str = "evidence.read") -> Evidence:
    """Return a paper that the actor may see: with its arrival, or with a batch that it serves.

    A paper of a batch serves what was split off that batch too, wherever it went. One statement, so that a paper that
    is hidden costs what an absent one does.
    """
    if relation(actor, action) is None:
        raise Forbidden("Your role may not do this.")
    own = select(col(Evidence.batch_id)).where(col(Evidence.evidence_id) == evidence_id)
    served = or_(
        col(Batch.arrival_id) == col(Evidence.arrival_id),
        col(Batch.batch_id) == col(Evidence.batch_id),
        col(Batch.batch_id).in_(origins.split_off(own)),
    )
    batches = select(col(Batch.batch_id)).where(served, reach.visible_batches(actor, action)).correlate(Evidence)
    arrivals = select(col(Arrival.arrival_id)).where(reach.visible_arrivals(actor, action))
    paper = session.exec(
        select(Evidence).where(
            col(Evidence.evidence_id) == evidence_id, or_(col(Evidence.arrival_id).in_(arrivals), batches.exists())
        )
    ).first()
    if paper is None:
        raise NotFound
    return paper


def verify(session: Session, actor: Actor, evidence_id: UUID) -> dict[str, Any]:
    """Say that a paper is what it claims; return it with the status of its batches.

    Raises NotFound, Forbidden, Conflict `replaced_already`, `wrong_state` when it is verified already.
    """
    return _say(session, actor, evidence_id, "verified", None)


def refuse(session: Session, actor: Actor, evidence_id: UUID, *, reason: str) -> dict[str, Any]:
    """Say with a reason that a paper doesn't count; return it with the status of its batches.

    Raises NotFound, Forbidden, Conflict `replaced_already`, `wrong_state` when it is refused already.
    """
    return _say(session, actor, evidence_id, "refused", reason)


def _say(session: Session, actor: Actor, evidence_id: UUID, outcome: str, reason: str | None) -> dict[str, Any]:
    paper = _seen(session, actor, evidence_id, "evidence.verify")
    target = targets.find(session, actor, "evidence.verify", arrival_id=paper.arrival_id, batch_id=paper.batch_id)
    lock_rows(session, set(target.batch_ids))  # two officers, or a replacement at the same moment
    now = described(session, [paper])[0]
    if now["replaced_by"] is not None:
        raise Conflict("This paper was replaced already.", code="replaced_already")
    if now["state"] == outcome:
        raise Conflict("An officer has said so already.", code="wrong_state", extra={"state": outcome})
    check = EvidenceCheck(
        evidence_id=evidence_id,
        outcome=outcome,
        reason=reason,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(check)
    session.flush()
    journal.append(
        session,
        actor,
        kind=f"evidence.{outcome}",
        subject_id=evidence_id,
        occurred_at=check.recorded_at,
        data={"check_id": check.check_id, "kind": paper.kind, "number": paper.number, "reason": reason},
        business_id=target.owner_id,
        region_code=target.region_code,
    )
    if paper.kind == declarations.KIND:
        about = {"arrival_id": target.arrival_id, "batch_id": target.batch_id}
        declaration_numbers.settle(session, actor, check.recorded_at, **about)
    return described(session, [paper])[0] | {"batches": statuses(session, target.batch_ids)}
