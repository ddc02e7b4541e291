"""Reading commitment letters: which a business signed, the papers, and who has not signed what is asked for today."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, select, true
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize, scope
from coldchain.core import paging
from coldchain.core.errors import NotFound
from coldchain.core.stored_files import StoredFile
from coldchain.journal import personal
from coldchain.registry.models import Business, CommitmentLetter
from coldchain.registry.service.business_view import resource
from coldchain.registry.service.commitments import current_text
from coldchain.registry.service.lookups import find_business
from coldchain.registry.service.reach import businesses_within

STATES = ("missing", "outdated")
ASKED = ("pending", "active", "suspended")  # of businesses in one of these states a letter is asked


def latest(session: Session, business_id: UUID) -> CommitmentLetter | None:
    """Return the letter that counts: of the newest version signed, the one recorded last."""
    return session.scalars(
        select(CommitmentLetter)
        .where(col(CommitmentLetter.business_id) == business_id)
        .order_by(
            col(CommitmentLetter.version).desc(),
            col(CommitmentLetter.recorded_at).desc(),
            col(CommitmentLetter.letter_id).desc(),
        )
        .limit(1)
    ).first()


def of_business(session: Session, actor: Actor, ref: str | UUID) -> list[dict[str, Any]]:
    """Return the letters of a business, the one recorded last first. Raises Forbidden, NotFound."""
    business = find_business(session, ref)
    authorize(actor, "business.read", resource(business))
    rows = session.scalars(
        select(CommitmentLetter)
        .where(col(CommitmentLetter.business_id) == business.business_id)
        .order_by(col(CommitmentLetter.recorded_at).desc(), col(CommitmentLetter.letter_id).desc())
    ).all()
    signers = personal.reveal(session, [row.signed_by_id for row in rows])
    return [
        {
            "letter_id": row.letter_id,
            "business_id": row.business_id,
            "version": row.version,
            "text_hash": row.text_hash,
            "signed_by": signers.get(row.signed_by_id),
            "signed_on": row.signed_on,
            "has_file": row.file_id is not None,
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ]


def file_of(session: Session, actor: Actor, ref: str | UUID, letter_id: UUID) -> StoredFile:
    """Return the row of the signed paper of a letter. Raises Forbidden, NotFound, also when none was handed in."""
    try:
        business = find_business(session, ref)
    except NotFound as error:  # in the words in which what is another's is hidden
        raise NotFound from error
    authorize(actor, "business.read", resource(business))
    letter = session.get(CommitmentLetter, letter_id)
    if letter is None or letter.business_id != business.business_id or letter.file_id is None:
        raise NotFound
    return session.get_one(StoredFile, letter.file_id)


def lacking(
    session: Session, actor: Actor, *, state: str | None = None, limit: int, cursor: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the businesses with imported food that have not signed today's version, newest first.

    `state`: missing (none signed at all) or outdated. Each row: the business, `state`, the version signed last. Raises
    Forbidden, Invalid `invalid_cursor`.
    """
    rows, following = paging.page(session, _lacking(session, actor, state), col(Business.business_id), limit, cursor)
    signed: dict[UUID, str] = dict(
        session.execute(
            select(col(CommitmentLetter.business_id), func.max(col(CommitmentLetter.version)))
            .where(col(CommitmentLetter.business_id).in_([row.business_id for row in rows]))
            .group_by(col(CommitmentLetter.business_id))
        ).all()
    )
    return [
        {
            "business": row,
            "status": row.status,
            "card_no": row.card_no,
            "state": "outdated" if row.business_id in signed else "missing",
            "version": signed.get(row.business_id),
        }
        for row in rows
    ], following


def count_lacking(session: Session, actor: Actor, statuses: Sequence[str] = ASKED) -> dict[str, int]:
    """Return how many businesses in these states that the reader may read lack the letter, by what they lack.

    Raises Forbidden.
    """
    return {
        state: session.scalar(select(func.count()).select_from(_lacking(session, actor, state, statuses).subquery()))
        or 0
        for state in STATES
    }


def _lacking(session: Session, actor: Actor, state: str | None, statuses: Sequence[str] = ASKED) -> Select[Any]:
    current = current_text(session)
    letters = select(col(CommitmentLetter.letter_id)).where(
        col(CommitmentLetter.business_id) == col(Business.business_id)
    )
    any_signed = letters.exists()
    asked: ColumnElement[bool] = (
        false() if current is None else ~letters.where(col(CommitmentLetter.version) >= current.version).exists()
    )
    narrowed = {None: true(), "missing": ~any_signed, "outdated": any_signed}[state]
    return select(Business).where(
        businesses_within(scope(actor, "business.read")),
        col(Business.handles_imported),
        col(Business.status).in_(statuses),
        col(Business.merged_into_id).is_(None),
        asked,
        narrowed,
    )
