"""Entering a paper of an arrival (for all its batches) or of one batch, with its file, or in place of another."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import declarations, papers
from coldchain.batches.models import Evidence
from coldchain.batches.papers import Paper
from coldchain.batches.service import certificates, declaration_numbers, targets
from coldchain.batches.service.gate import lock_rows, settle_status
from coldchain.batches.service.targets import Target
from coldchain.core import clock, stored_files
from coldchain.core.claims import claimed, claimed_day
from coldchain.core.errors import Conflict, Invalid
from coldchain.core.gathered import Gathered
from coldchain.core.identifiers import IdentifierError, check_import_declaration
from coldchain.core.ids import new_id
from coldchain.core.stored_files import StoredFile
from coldchain.journal import service as journal
from coldchain.policy import vocabulary


def register(
    session: Session, actor: Actor, *, arrival_id: UUID | None = None, batch_id: UUID | None = None, **told: Any
) -> dict[str, Any]:
    """Enter a paper of an arrival or a batch by whoever has the goods, or an officer; `told`: see `enter`.

    Raises what `enter` does, NotFound, Forbidden.
    """
    target = targets.find(session, actor, "evidence.register", arrival_id=arrival_id, batch_id=batch_id)
    return enter(session, actor, target, **told)


def enter(
    session: Session,
    actor: Actor,
    target: Target,
    *,
    kind: str,
    number: str,
    issuer: str,
    issued_on: date,
    valid_to: date | None = None,
    quantity_units: int | None = None,
    occurred_at: datetime | None = None,
    replaces: UUID | None = None,
    content: bytes | None = None,
    var_dir: Path | None = None,
    file_id: UUID | None = None,
    evidence_id: UUID | None = None,
) -> dict[str, Any]:
    """Enter one paper and return it with the status of the batches that it serves (R1).

    `content` is its file (PDF, JPEG, PNG, WebP), kept below `var_dir`, `file_id` one that is kept already; `replaces` a
    paper of the same kind and goods, which stays to be read and counts no more; `evidence_id` the id that a file itself
    names. The caller has checked the right. Raises Invalid (`unknown_kind`, `in_future`, `before_issue`,
    `unknown_paper`, a customs declaration's number codes, those of `stored_files.keep`), Conflict `replaced_already`,
    `arrival_withdrawn`.
    """
    targets.require_entered(session, target)
    occurred = claimed(occurred_at)
    number = checked(kind, number, issued_on, valid_to)
    file = session.get(StoredFile, file_id) if file_id is not None else None
    if content is not None and var_dir is not None:
        file = stored_files.keep(session, var_dir, content, actor.user_id, "/file")
    certificates.enter_alone(session, kind, number)
    lock_rows(session, set(target.batch_ids))
    if replaces is not None:
        _check_replaced(session, target, kind, replaces)
    paper = Evidence(
        evidence_id=evidence_id or new_id(),
        arrival_id=target.arrival_id,
        batch_id=target.batch_id,
        kind=kind,
        number=number,
        issuer=issuer,
        issued_on=issued_on,
        valid_to=valid_to,
        quantity_units=quantity_units,
        file_id=file.file_id if file else None,
        supersedes_id=replaces,
        occurred_at=occurred,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=target.owner_id if actor.is_officer else None,
    )
    session.add(paper)
    session.flush()
    _note(session, actor, paper, target, file)
    certificates.flag(session, actor, paper, target)
    if kind == declarations.KIND:
        declaration_numbers.settle(session, actor, occurred, arrival_id=target.arrival_id, batch_id=target.batch_id)
    return papers.describe(session, [Paper(paper)])[0] | {"batches": statuses(session, target.batch_ids)}


def checked(kind: str, number: str, issued_on: date, valid_to: date | None = None) -> str:
    """Return a paper's number as it is kept. Raises Invalid with all that is wrong in the paper itself."""
    gathered = Gathered()
    gathered.take(lambda: _check(kind, issued_on, valid_to))
    kept = gathered.take(lambda: _checked_number(kind, number))
    gathered.refuse()
    return kept or number


def _check(kind: str, issued_on: date, valid_to: date | None) -> None:
    if kind not in vocabulary.evidence_kinds():
        raise Invalid.of(
            "/kind", "unknown_kind", "This should be one of: {values}.", values=", ".join(vocabulary.evidence_kinds())
        )
    claimed_day(issued_on, "/issued_on")
    if valid_to is not None and valid_to < issued_on:
        raise Invalid.of("/valid_to", "before_issue", "This paper would have ended before it was issued.")


def _check_replaced(session: Session, target: Target, kind: str, replaces: UUID) -> None:
    """Raise unless the paper to be replaced is one of the same kind and goods that nothing replaced yet."""
    former = session.get(Evidence, replaces)
    same = former is not None and (former.arrival_id, former.batch_id) == (target.arrival_id, target.batch_id)
    if former is None or not same or former.kind != kind:
        raise Invalid.of("/replaces", "unknown_paper", "There is no such paper of this kind for these goods.")
    if session.scalar(select(col(Evidence.evidence_id)).where(col(Evidence.supersedes_id) == replaces)):
        raise Conflict("This paper was replaced already.", code="replaced_already")


def _note(session: Session, actor: Actor, paper: Evidence, target: Target, file: StoredFile | None) -> None:
    journal.append(
        session,
        actor,
        kind="evidence.registered",
        subject_id=paper.evidence_id,
        occurred_at=paper.occurred_at,
        data={
            "arrival_id": paper.arrival_id, "batch_id": paper.batch_id, "kind": paper.kind, "number": paper.number,
            "issuer": paper.issuer, "issued_on": paper.issued_on, "valid_to": paper.valid_to,
            "quantity_units": paper.quantity_units, "on_behalf_of": paper.on_behalf_of,
            "replaces": paper.supersedes_id, "file_sha256": file.sha256 if file else None,
        },
        business_id=target.owner_id,
        region_code=target.region_code,
    )  # fmt: skip


def _checked_number(kind: str, number: str) -> str:
    """Return a paper's number as it is kept; only customs declarations have a public format."""
    if kind != "customs_declaration":
        return number
    try:
        return check_import_declaration(number)
    except IdentifierError as error:
        raise Invalid.of("/number", error.code, error.message, **dict(error.params)) from error


def statuses(session: Session, batch_ids: list[UUID]) -> list[dict[str, Any]]:
    """Bring batches up to date with what was just said of their papers, and return the status of each."""
    now = settle_status(session, batch_ids)
    return [{"batch_id": batch_id, "status": now[batch_id]} for batch_id in batch_ids]
