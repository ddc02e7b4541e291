"""Entering a paper for an arrival (it serves all its batches) or for one batch."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Evidence
from coldchain.batches.service import targets
from coldchain.batches.service.gate import settle_status
from coldchain.core import clock
from coldchain.core.claims import claimed, claimed_day
from coldchain.core.errors import Invalid
from coldchain.core.identifiers import IdentifierError, check_customs_declaration
from coldchain.journal import service as journal
from coldchain.policy import vocabulary


def register(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    number: str,
    issuer: str,
    issued_on: date,
    valid_to: date | None = None,
    quantity_units: int | None = None,
    occurred_at: datetime | None = None,
    arrival_id: UUID | None = None,
    batch_id: UUID | None = None,
) -> dict[str, Any]:
    """Enter one paper and return it with the status of the batches that it serves (R1).

    Raises Invalid (`unknown_kind`, `in_future`, `before_issue`, a customs declaration's number codes), NotFound,
    Forbidden, Conflict `arrival_withdrawn`.
    """
    target = targets.find(session, actor, "evidence.register", arrival_id=arrival_id, batch_id=batch_id)
    targets.require_entered(session, target)
    occurred = claimed(occurred_at)
    if kind not in vocabulary.evidence_kinds():
        raise Invalid.of(
            "/kind", "unknown_kind", "This should be one of: {values}.", values=", ".join(vocabulary.evidence_kinds())
        )
    claimed_day(issued_on, "/issued_on")
    if valid_to is not None and valid_to < issued_on:
        raise Invalid.of("/valid_to", "before_issue", "This paper would have ended before it was issued.")
    paper = Evidence(
        arrival_id=target.arrival_id,
        batch_id=target.batch_id,
        kind=kind,
        number=_checked_number(kind, number),
        issuer=issuer,
        issued_on=issued_on,
        valid_to=valid_to,
        quantity_units=quantity_units,
        occurred_at=occurred,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=target.owner_id if actor.is_officer else None,
    )
    session.add(paper)
    session.flush()
    journal.append(
        session,
        actor,
        kind="evidence.registered",
        subject_id=paper.evidence_id,
        occurred_at=occurred,
        data={
            "arrival_id": target.arrival_id, "batch_id": target.batch_id, "kind": kind, "number": paper.number,
            "issuer": issuer, "issued_on": issued_on, "valid_to": valid_to, "quantity_units": quantity_units,
            "on_behalf_of": paper.on_behalf_of,
        },
        business_id=target.owner_id,
        region_code=target.region_code,
    )  # fmt: skip
    return describe(paper) | {"batches": _statuses(session, target.batch_ids)}


def _checked_number(kind: str, number: str) -> str:
    """Return a paper's number as it is kept; only customs declarations have a public format."""
    if kind != "customs_declaration":
        return number
    try:
        return check_customs_declaration(number)
    except IdentifierError as error:
        raise Invalid.of("/number", error.code, error.message, **dict(error.params)) from error


def _statuses(session: Session, batch_ids: list[UUID]) -> list[dict[str, Any]]:
    now = settle_status(session, batch_ids)
    return [{"batch_id": batch_id, "status": now[batch_id]} for batch_id in batch_ids]


def describe(paper: Evidence) -> dict[str, Any]:
    """Return a paper as the API shows it."""
    return {
        "evidence_id": paper.evidence_id,
        "arrival_id": paper.arrival_id,
        "batch_id": paper.batch_id,
        "kind": paper.kind,
        "number": paper.number,
        "issuer": paper.issuer,
        "issued_on": paper.issued_on,
        "valid_to": paper.valid_to,
        "quantity_units": paper.quantity_units,
        "state": "verified" if paper.verified_at else "entered",
        "verified_at": paper.verified_at,
        "occurred_at": paper.occurred_at,
        "recorded_at": paper.recorded_at,
        "on_behalf_of": paper.on_behalf_of,
    }
