"""How businesses are shown: everybody sees who they are, few see how to reach them (R16)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, union
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, may, relation, scope
from coldchain.accounts.visible import kind
from coldchain.core import paging
from coldchain.core.text_search import contains_all
from coldchain.journal import personal
from coldchain.regions import service as regions
from coldchain.regions.tree import stem
from coldchain.registry.models import Business, CommitmentLetter
from coldchain.registry.service import appeals, licences, people_to_reach
from coldchain.registry.service.lookups import find_business, plain_number
from coldchain.registry.service.reach import businesses_within, place

_Successor = aliased(Business)


def resource(business: Business) -> Resource:
    """Return what rights about a business are asked of."""
    return Resource.of(business.business_id, places=[place(business)])


@kind("business")
def visible_businesses(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `Business` of those whose card `actor` may read; the directory shows names of all."""
    return businesses_within(scope(actor, "business.read"))


def describe(session: Session, actor: Actor, businesses: Sequence[Business]) -> list[dict[str, Any]]:
    """Return businesses as `actor` may see them, in a constant number of statements.

    Everybody: ids, name, kinds, status, region. Officers of the region, the business itself and the administrator also
    card, office, address, licence, contact, reason and commitment letter (R16).
    """
    readable = [b for b in businesses if may(actor, "business.read", resource(b))]
    offices = regions.offices_by_id(session, (b.office_id for b in readable))
    people = personal.reveal(session, [i for b in readable for i in (b.legal_representative_id, b.phone_id)])
    letters = _latest_letters(session, [b.business_id for b in readable])
    former = _former(session, [b.business_id for b in readable])
    ids = [b.business_id for b in readable]
    held, reached, objected = (
        licences.running(session, ids),
        people_to_reach.listed(session, ids),
        appeals.listed(session, ids),
    )
    shown = set(ids)
    answers: list[dict[str, Any]] = []
    for b in businesses:
        answer: dict[str, Any] = {
            "business_id": b.business_id,
            "uscc": b.uscc,
            "name": b.name,
            "kinds": b.kinds,
            "status": b.status,
            "region_code": b.region_code,
        }
        if b.business_id in shown:
            letter = letters.get(b.business_id)
            answer |= {
                "temporary_no": b.temporary_no,
                "handles_imported": b.handles_imported,
                "card_no": b.card_no,
                "office": offices.get(b.office_id) if b.office_id else None,
                "address": b.address,
                "licence_no": b.licence_no,
                "legal_representative": people.get(b.legal_representative_id) if b.legal_representative_id else None,
                "phone": people.get(b.phone_id) if b.phone_id else None,
                "status_reason": b.status_reason,
                "commitment": letter and {"letter_id": letter.letter_id, "version": letter.version,
                                          "signed_on": letter.signed_on},
                "occurred_at": b.occurred_at,
                "recorded_at": b.recorded_at,
                "uscc_override": b.uscc_override,
                "has_photo": b.photo_id is not None,
                "merged_into": b.merged_into_id,
                "also_known_as": former.get(b.business_id, []),
                "licences": held[b.business_id],
                "contacts": reached[b.business_id],
                "objections": objected[b.business_id],
            }  # fmt: skip
        answers.append(answer)
    return answers


def _latest_letters(session: Session, ids: Sequence[UUID]) -> dict[UUID, CommitmentLetter]:
    if not ids:
        return {}
    standing = func.coalesce(col(Business.merged_into_id), col(Business.business_id))
    rows = session.execute(
        select(CommitmentLetter, standing)
        .join(Business, col(Business.business_id) == col(CommitmentLetter.business_id))
        .where(or_(col(Business.business_id).in_(ids), col(Business.merged_into_id).in_(ids)))
        .order_by(col(CommitmentLetter.recorded_at), col(CommitmentLetter.letter_id))
    )
    return {row[1]: row[0] for row in rows}


def _former(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the identities that were merged into each business, the first one first."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    if ids:
        rows = session.scalars(
            select(Business).where(col(Business.merged_into_id).in_(ids)).order_by(col(Business.business_id))
        )
        for row in rows:
            if row.merged_into_id is not None:
                said = {"business_id": row.business_id, "temporary_no": row.temporary_no, "name": row.name}
                found.setdefault(row.merged_into_id, []).append(said)
    return found


def read(session: Session, actor: Actor, ref: str | UUID) -> dict[str, Any]:
    """Return one business as `actor` may see it. Raises NotFound."""
    business = find_business(session, ref)
    authorize(actor, "business.lookup", resource(business))
    return describe(session, actor, [business])[0]


def _called(actor: Actor, q: str) -> Any:
    """Return a selection of the ids of what `q` finds: by its own words, or by a former identity's that is shown."""
    own = select(col(Business.business_id)).where(contains_all(col(Business.search_text), q))
    if relation(actor, "business.read") is None:
        return own
    merged = (
        select(col(_Successor.business_id))
        .join(Business, col(Business.merged_into_id) == col(_Successor.business_id))
        .where(contains_all(col(Business.search_text), q), businesses_within(scope(actor, "business.read"), _Successor))
    )
    return union(own, merged)


def search(
    session: Session,
    actor: Actor,
    *,
    kind: str | None = None,
    status: str | None = None,
    region_code: str | None = None,
    q: str | None = None,
    uscc: str | None = None,
    handles_imported: bool | None = None,
    provisional: bool | None = None,
    licence_expiring: bool | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of businesses as `actor` may see them, newest first, and the next cursor.

    `region_code` takes all within it; `q` is a search box over names, initials and numbers, for who may read the
    business also over those of the identities that were merged into it. Who handles imported food
    is shown to few, so that filter keeps to the businesses that `actor` may read. Raises Invalid `invalid_cursor`.
    """
    authorize(actor, "business.lookup", Resource())
    statement = select(Business).where(col(Business.merged_into_id).is_(None))
    if provisional is not None:
        statement = statement.where(col(Business.uscc).is_(None) if provisional else col(Business.uscc).is_not(None))
    if kind is not None:
        statement = statement.where(func.array_position(col(Business.kinds), kind).is_not(None))
    if status is not None:
        statement = statement.where(col(Business.status) == status)
    if region_code is not None:
        statement = statement.where(col(Business.region_code).startswith(stem(region_code)))
    if q is not None:
        statement = statement.where(col(Business.business_id).in_(_called(actor, q)))
    if uscc is not None:
        statement = statement.where(col(Business.uscc) == plain_number(uscc))
    if handles_imported is not None:
        statement = statement.where(col(Business.handles_imported) == handles_imported, visible_businesses(actor))
    if licence_expiring is not None:
        ends = licences.expiring(licences.warned_until(session))
        statement = statement.where(ends if licence_expiring else ~ends, visible_businesses(actor))
    rows, following = paging.page(session, statement, col(Business.business_id), limit, cursor)
    return describe(session, actor, rows), following
