"""Finding papers by their numbers: evidence, and the container, seal and declaration that an arrival names."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import String, and_, func, literal, or_
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import reach
from coldchain.batches.models import Arrival, Batch, Evidence
from coldchain.core import limits
from coldchain.core.text import search_terms

# What people leave out of a number, or put in.
_BLANKS: Final = r"[\s\-_.·/\\()（）〔〕\[\]【】,，:：]+"
_ARRIVAL_NUMBERS: Final = {
    "container": "container_no",
    "seal": "seal_no",
    "customs_declaration": "customs_declaration_no",
    "arrival": "arrival_no",
}


@dataclass(frozen=True)
class Document:
    """One paper or number: its kind, where it was entered."""

    document_id: UUID
    kind: str
    number: str
    issuer: str
    arrival_id: UUID | None
    batch_id: UUID | None


def plain(column: Any) -> Any:
    """Return a number's column as search terms are: lower case, without what people leave out of it or put in."""
    return func.regexp_replace(func.lower(func.coalesce(column, ""), type_=String), literal(_BLANKS), "", "g")


def find(session: Session, actor: Actor, q: str, limit: int) -> list[Document]:
    """Return papers whose number holds every term, newest first, of arrivals and batches that `actor` may see.

    A text without a digit names no paper: it finds none.
    """
    terms = search_terms(q, limit=limits.SEARCH_TERMS)
    if not any(sign.isdigit() for term in terms for sign in term):
        return []
    found = _evidence(session, actor, terms, limit)
    return (found + _arrivals(session, actor, terms, limit))[:limit]


def _evidence(session: Session, actor: Actor, terms: tuple[str, ...], limit: int) -> list[Document]:
    number = plain(col(Evidence.number))
    replaced = select(col(Evidence.supersedes_id)).where(col(Evidence.supersedes_id).is_not(None))
    statement = (
        select(Evidence)
        .where(
            and_(*(number.contains(term, autoescape=True) for term in terms)),
            col(Evidence.evidence_id).not_in(replaced),
            or_(
                col(Evidence.arrival_id).in_(select(col(Arrival.arrival_id)).where(reach.visible_arrivals(actor))),
                col(Evidence.batch_id).in_(select(col(Batch.batch_id)).where(reach.visible_batches(actor))),
            ),
        )
        .order_by(col(Evidence.evidence_id).desc())
        .limit(limit)
    )
    return [
        Document(row.evidence_id, row.kind, row.number, row.issuer, row.arrival_id, row.batch_id)
        for row in session.exec(statement)
    ]


def _arrivals(session: Session, actor: Actor, terms: tuple[str, ...], limit: int) -> list[Document]:
    columns = [plain(getattr(Arrival, name)) for name in _ARRIVAL_NUMBERS.values()]
    statement = (
        select(Arrival)
        .where(
            and_(*(or_(*(each.contains(term, autoescape=True) for each in columns)) for term in terms)),
            reach.visible_arrivals(actor),
        )
        .order_by(col(Arrival.arrival_id).desc())
        .limit(limit)
    )
    return [_document(row, terms) for row in session.exec(statement)]


def _document(row: Arrival, terms: tuple[str, ...]) -> Document:
    """Return the number of an arrival that holds the first term, to be shown as what was found."""
    numbers = [(kind, getattr(row, name) or "") for kind, name in _ARRIVAL_NUMBERS.items()]
    kind, number = next(
        (pair for pair in numbers if terms[0] in "".join(search_terms(pair[1]))), ("arrival", row.arrival_no)
    )
    return Document(row.arrival_id, kind, number, "", row.arrival_id, None)
