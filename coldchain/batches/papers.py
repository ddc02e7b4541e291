"""Papers as they stand: what was entered, what an officer said of it last, what replaced it, its file (R1).

Nothing is overwritten: a newer paper names the one that it replaces, a check of an officer is a row of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from coldchain.batches.models import Evidence, EvidenceCheck
from coldchain.core.columns import among
from coldchain.core.stored_files import StoredFile

STATES: Final = ("entered", "verified", "refused")

_Newer = aliased(Evidence)

# Built once: the gate asks at every movement that leaves.
_PAPERS: Final = (
    select(Evidence, EvidenceCheck)
    .outerjoin(EvidenceCheck, col(EvidenceCheck.evidence_id) == col(Evidence.evidence_id))
    .where(or_(col(Evidence.arrival_id) == among("arrival_ids"), col(Evidence.batch_id) == among("batch_ids")))
    .order_by(col(Evidence.evidence_id), col(EvidenceCheck.check_id))
)


@dataclass(frozen=True)
class Paper:
    """A paper, the latest check of it, and the paper that replaced it, if any."""

    row: Evidence
    check: EvidenceCheck | None = None
    superseded_by: UUID | None = None

    @property
    def state(self) -> str:
        """What an officer said of it last, `entered` before."""
        return self.check.outcome if self.check else "entered"


def in_force() -> ColumnElement[bool]:
    """Return the condition on `Evidence` that nothing replaced it."""
    return ~exists().where(col(_Newer.supersedes_id) == col(Evidence.evidence_id))


def every(session: Session, arrival_ids: Iterable[UUID], batch_ids: Iterable[UUID]) -> list[Paper]:
    """Return all papers of arrivals and batches, replaced ones too, oldest first; one statement."""
    found = session.execute(_PAPERS, {"arrival_ids": list(arrival_ids), "batch_ids": list(batch_ids)}).all()
    latest: dict[UUID, tuple[Evidence, EvidenceCheck | None]] = {row.evidence_id: (row, check) for row, check in found}
    replaced = {row.supersedes_id: row.evidence_id for row, _check in latest.values() if row.supersedes_id}
    return [Paper(row, check, replaced.get(evidence_id)) for evidence_id, (row, check) in latest.items()]


def current(session: Session, arrival_ids: Iterable[UUID], batch_ids: Iterable[UUID]) -> list[Paper]:
    """Return the papers of arrivals and batches that nothing replaced, oldest first; one statement."""
    return [paper for paper in every(session, arrival_ids, batch_ids) if paper.superseded_by is None]


def describe(session: Session, papers: Sequence[Paper]) -> list[dict[str, Any]]:
    """Return papers as the API shows them, with their files, in one statement."""
    wanted = {paper.row.file_id for paper in papers if paper.row.file_id}
    files: dict[UUID, StoredFile] = {}
    if wanted:
        statement = select(StoredFile).where(col(StoredFile.file_id).in_(wanted))
        files = {row.file_id: row for row in session.exec(statement)}
    return [_described(paper, files.get(paper.row.file_id) if paper.row.file_id else None) for paper in papers]


def _described(paper: Paper, file: StoredFile | None) -> dict[str, Any]:
    row, check = paper.row, paper.check
    return {
        "evidence_id": row.evidence_id,
        "arrival_id": row.arrival_id,
        "batch_id": row.batch_id,
        "kind": row.kind,
        "number": row.number,
        "issuer": row.issuer,
        "issued_on": row.issued_on,
        "valid_to": row.valid_to,
        "quantity_units": row.quantity_units,
        "state": paper.state,
        "checked_at": check.recorded_at if check else None,
        "verified_at": check.recorded_at if check and check.outcome == "verified" else None,
        "refused_reason": check.reason if check else None,
        "replaces": row.supersedes_id,
        "replaced_by": paper.superseded_by,
        "file": {
            "sha256": file.sha256, "media_type": file.media_type, "size_bytes": file.size_bytes, "pages": file.pages,
        } if file else None,
        "occurred_at": row.occurred_at,
        "recorded_at": row.recorded_at,
        "on_behalf_of": row.on_behalf_of,
    }  # fmt: skip
