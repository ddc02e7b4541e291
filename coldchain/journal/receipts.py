"""Finds facts within a reader's reach and writes receipts of those that a signed checkpoint covers.

`Reach` is what `accounts.rights.scope(actor, "journal.read")` gives: this room lies below accounts and asks nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlmodel import Session, col

from coldchain.core import paging
from coldchain.core.errors import Conflict, DomainError, NotFound
from coldchain.journal import checkpoint, health, identity, receipt, tree
from coldchain.journal.models import JournalEntry, JournalLeaf

FACTS_OF_SUBJECTS: Final = 100


class Reach(Protocol):
    """How far a reader sees: everything, one business's facts, or those of some regions (as code stems)."""

    @property
    def everything(self) -> bool:
        """Say whether nothing is hidden."""

    @property
    def business_id(self) -> UUID | None:
        """Return the business whose facts are seen."""

    @property
    def business_ids(self) -> frozenset[UUID]:
        """Return every id that facts of the business may bear."""

    @property
    def site_ids(self) -> frozenset[UUID] | None:
        """Return the sites that the reader is limited to, None without a limit: no fact says at which it was."""

    @property
    def region_stems(self) -> tuple[str, ...]:
        """Return how the codes of the regions begin whose facts are seen."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One fact that a receipt can be had of; `index` is None until it has its place."""

    entry_id: UUID
    subject_id: UUID
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    index: int | None


@dataclass(frozen=True, slots=True)
class Placed:
    """One fact in its place, as it is hashed."""

    index: int
    leaf_hash: bytes
    body: str


def within(reach: Reach) -> ColumnElement[bool]:
    """Return the condition that an entry lies in `reach`."""
    if reach.everything:
        return true()
    if reach.site_ids is not None:
        return false()
    if reach.business_id is not None:
        return col(JournalEntry.business_id).in_(reach.business_ids)
    region_code = col(JournalEntry.region_code)
    return or_(false(), *(region_code.startswith(stem) for stem in reach.region_stems))


def of_subject(session: Session, reach: Reach, subject_ids: UUID | Iterable[UUID], kinds: Iterable[str]) -> list[Noted]:
    """Return the facts of some kinds about one or more subjects that the reader may see, oldest first.

    At most FACTS_OF_SUBJECTS, the newest ones.
    """
    wanted = [subject_ids] if isinstance(subject_ids, UUID) else list(subject_ids)
    if not wanted:
        return []
    statement = _noted(reach).where(col(JournalEntry.subject_id).in_(wanted), col(JournalEntry.kind).in_(list(kinds)))
    rows = session.execute(statement.order_by(col(JournalEntry.entry_id).desc()).limit(FACTS_OF_SUBJECTS))
    return [Noted(*row) for row in reversed(rows.all())]


def search(
    session: Session, reach: Reach, *, subject_id: UUID, kind: str | None, limit: int, cursor: str | None
) -> tuple[list[Noted], str | None]:
    """Return facts about a subject that the reader may see, oldest first, and the next cursor."""
    statement = _noted(reach).where(col(JournalEntry.subject_id) == subject_id)
    if kind is not None:
        statement = statement.where(col(JournalEntry.kind) == kind)
    if cursor is not None:
        statement = statement.where(col(JournalEntry.entry_id) > paging.decode(cursor))
    rows = session.execute(statement.order_by(col(JournalEntry.entry_id)).limit(limit + 1)).all()
    found = [Noted(*row) for row in rows[:limit]]
    return found, paging.encode(found[-1].entry_id) if len(rows) > limit else None


def _noted(reach: Reach) -> Any:
    return (
        select(
            col(JournalEntry.entry_id),
            col(JournalEntry.subject_id),
            col(JournalEntry.kind),
            col(JournalEntry.occurred_at),
            col(JournalEntry.recorded_at),
            col(JournalLeaf.index),
        )
        .select_from(JournalEntry)
        .join(JournalLeaf, col(JournalLeaf.entry_id) == col(JournalEntry.entry_id), isouter=True)
        .where(within(reach))
    )


def at(session: Session, reach: Reach, index: int) -> Placed:
    """Return the fact at a place of the tree. Raises NotFound when there is none or the reader may not see it."""
    row = session.execute(
        select(col(JournalLeaf.leaf_hash), col(JournalEntry.body))
        .select_from(JournalLeaf)
        .join(JournalEntry, col(JournalEntry.entry_id) == col(JournalLeaf.entry_id))
        .where(col(JournalLeaf.index) == index, within(reach))
    ).one_or_none()
    if row is None:
        raise NotFound
    return Placed(index, bytes(row[0]), row[1])


def signed_size(session: Session) -> int:
    """Return how many leaves the newest checkpoint covers. Raises DomainError 503 `checkpoint_not_ready`."""
    last = health.last_checkpoint(session)
    if last is None:
        raise not_ready()
    return last.size


def not_ready() -> DomainError:
    """Return the refusal before the first signature."""
    return DomainError("The journal has not been signed yet. Try again soon.", code="checkpoint_not_ready", status=503)


def damaged() -> DomainError:
    """Return the refusal while what is stored does not lead to what was signed."""
    return DomainError(
        "The journal does not agree with what was signed. The operator has to look at it.",
        code="journal_damaged",
        status=503,
    )


def make(session: Session, reach: Reach, entry_id: UUID) -> tuple[int, str]:
    """Return the place of a fact and its receipt under the newest checkpoint.

    Raises NotFound, DomainError 503 `checkpoint_not_ready`, Conflict `receipt_not_ready` while no signed checkpoint
    covers the fact, DomainError 503 `journal_damaged` rather than hand out a receipt that proves nothing.
    """
    row = session.execute(
        select(col(JournalLeaf.index), col(JournalEntry.body))
        .select_from(JournalEntry)
        .join(JournalLeaf, col(JournalLeaf.entry_id) == col(JournalEntry.entry_id), isouter=True)
        .where(col(JournalEntry.entry_id) == entry_id, within(reach))
    ).one_or_none()
    if row is None:
        raise NotFound
    last, log_identity = health.last_checkpoint(session), identity.read(session)
    if last is None or log_identity is None:
        raise not_ready()
    index, body = row
    if index is None or index >= last.size:
        raise Conflict("This fact is not signed yet. Try again in a few seconds.", code="receipt_not_ready")
    try:
        hashes = tree.inclusion(session, index, last.size)
        made = receipt.Receipt(index, body.encode("utf-8"), tuple(hashes), last.note).text()
        receipt.check(made, log_identity.verifiers())
    except (tree.MissingNode, receipt.BadReceipt, checkpoint.BadNote) as error:
        raise damaged() from error
    return index, made
