"""Registering a business and deciding about it."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.accounts.service import registration
from coldchain.core import clock, plain_words
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, DomainError, FieldError, Invalid
from coldchain.core.identifiers import Problem, doubt_food_licence
from coldchain.core.ids import new_id
from coldchain.core.text import normalise_name
from coldchain.core.text_search import searchable
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.journal.models import PersonalValue
from coldchain.regions import service as regions
from coldchain.registry import card_no as cards
from coldchain.registry import states
from coldchain.registry.models import Business, CommitmentLetter
from coldchain.registry.service import numbers, reopening
from coldchain.registry.service.business_view import describe, resource
from coldchain.registry.service.lookups import find_business, ids_of, named_business

CARD_DRAWS: Final = 5  # 35 random bits: a second draw is rare, a fifth means that something else is wrong


def named(name: str) -> str:
    """Return a name. Raises Invalid `invalid` at `/name` when it has no letter, sign or digit to find it by."""
    if not any(sign.isalnum() for sign in normalise_name(name)):
        raise Invalid.of("/name", "invalid", "This value is not possible.")
    return name


def named_in_public(name: str) -> str:
    """Return a name that a sign or a public page may show (R16).

    Raises Invalid at `/name` as `named`, and `names_a_person` when it holds a phone or identity number.
    """
    if plain_words.names_a_person(name):
        raise Invalid.of(
            "/name",
            "names_a_person",
            "This name is shown to anybody and holds what looks like a phone or identity number. Leave it out.",
        )
    return named(name)


def register(
    session: Session,
    actor: Actor,
    *,
    uscc: str,
    name: str,
    kinds: Sequence[str],
    handles_imported: bool,
    region_code: str,
    legal_representative: str,
    phone: str,
    address: str,
    office: str | None = None,
    licence_no: str | None = None,
    uscc_override: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Register a business, pending until an officer decides; a card number at once if it handles imported food.

    A code whose check character fails needs a reason, `uscc_override`. Raises Invalid `uscc_check`, `unknown_region`,
    `unknown_office`, `in_future`; NotFound outside the officer's regions; Conflict `business_exists` when the USCC is
    registered, also when 64 officers send it at the same moment.
    """
    regions.check(session, region_code)
    authorize(actor, "business.register", Resource.of(regions=[region_code]))
    business = enter(
        session,
        actor,
        uscc=uscc,
        name=name,
        kinds=kinds,
        handles_imported=handles_imported,
        region_code=region_code,
        legal_representative=legal_representative,
        phone=phone,
        address=address,
        office=office,
        licence_no=licence_no,
        uscc_override=uscc_override,
        occurred_at=occurred_at,
    )
    return describe(session, actor, [business])[0]


def enter(
    session: Session,
    recorder: journal.Recorder,
    *,
    uscc: str,
    name: str,
    kinds: Sequence[str],
    handles_imported: bool,
    region_code: str,
    legal_representative: str,
    phone: str,
    address: str,
    office: str | None,
    licence_no: str | None,
    occurred_at: datetime | None,
    uscc_override: str | None = None,
) -> Business:
    """Write a new business, pending; the caller has checked the right and the region. Raises as `register` does."""
    occurred = claimed(occurred_at)
    override = numbers.override_of(uscc, uscc_override)
    office_id = regions.find_office(session, region_code, office).office_id if office else None
    refuse_known(session, uscc)
    business_id = new_id()
    of: dict[str, Any] = {"business_id": business_id, "region_code": region_code}
    legal = personal.keep(session, legal_representative, "legal_representative", **of)
    telephone = personal.keep(session, phone, "phone", **of)
    now = clock.now()
    business = _insert(
        session,
        business_id=business_id,
        uscc=uscc,
        name=named(name),
        kinds=list(dict.fromkeys(kinds)),
        handles_imported=handles_imported,
        region_code=region_code,
        office_id=office_id,
        legal_representative_id=legal and legal.personal_id,
        phone_id=telephone and telephone.personal_id,
        address=address,
        licence_no=licence_no,
        uscc_override=override,
        status="pending",
        occurred_at=occurred,
        applied_at=now,
        recorded_at=now,
        recorded_by=recorder.user_id,
    )
    told(session, recorder, business, "business.registered", occurred, legal, telephone)
    return business


def told(
    session: Session,
    recorder: journal.Recorder,
    business: Business,
    kind: str,
    occurred_at: datetime,
    legal: PersonalValue | None,
    telephone: PersonalValue | None,
    corrected: dict[str, Any] | None = None,
) -> None:
    """Write to the journal all that is said of a business: `business.registered`, `business.corrected`.

    `corrected`: what else belongs to a correction of what stands, after which its state (`to`) is as before.
    """
    of: dict[str, Any] = {"business_id": business.business_id, "region_code": business.region_code}
    why = None if corrected else personal.keep(session, business.uscc_override, "reason", **of)
    more = corrected or ({"uscc_override": why.commitment, "reason_id": why.personal_id} if why else {})
    journal.append(
        session,
        recorder,
        kind=kind,
        subject_id=business.business_id,
        occurred_at=occurred_at,
        data={
            "uscc": business.uscc, "name": business.name, "kinds": business.kinds,
            "handles_imported": business.handles_imported, "card_no": business.card_no,
            "region_code": business.region_code, "office_id": business.office_id, "address": business.address,
            "licence_no": business.licence_no, "legal_representative": legal and legal.commitment,
            "legal_representative_id": legal and legal.personal_id,
            "phone": telephone and telephone.commitment, "phone_id": telephone and telephone.personal_id, **more,
        },
        **of,
    )  # fmt: skip


def doubts(licence_no: str | None) -> list[tuple[str, Problem]]:
    """Return what looks wrong with a registered business but does not stop it: pointer and problem of each."""
    problem = doubt_food_licence(licence_no) if licence_no else None
    return [("/licence_no", problem)] if problem else []


def refuse_known(session: Session, uscc: str) -> None:
    """Raise Conflict `business_exists` when a USCC is registered."""
    known = session.scalar(select(col(Business.business_id)).where(col(Business.uscc) == uscc))
    if known is not None:
        raise Conflict(
            "A business with this unified social credit code is registered already.",
            code="business_exists",
            errors=[FieldError("/uscc", "business_exists", "This code is registered already.")],
            extra={"business_id": str(known)},
        )


def draw_card_no(region_code: str) -> str:
    """Return a card number that is most likely free; its unique index decides."""
    return cards.new_card_no(region_code, secrets.randbits(cards.RANDOM_BITS))


def _insert(
    session: Session,
    *,
    business_id: UUID,
    uscc: str,
    name: str,
    handles_imported: bool,
    region_code: str,
    **values: Any,
) -> Business:
    """Insert a business; the unique index on the USCC decides a race, and a card number that is taken is drawn anew."""
    for _draw in range(CARD_DRAWS):
        card_no = None
        if handles_imported:
            card_no = draw_card_no(region_code)
        inserted = session.scalar(
            insert(Business)
            .values(
                business_id=business_id,
                uscc=uscc,
                name=name,
                handles_imported=handles_imported,
                region_code=region_code,
                card_no=card_no,
                search_text=searchable(name, numbers=(uscc, card_no)),
                **values,
            )
            .on_conflict_do_nothing()
            .returning(col(Business.business_id))
        )
        if inserted is not None:
            return find_business(session, business_id)
        refuse_known(session, uscc)
    raise DomainError("The books are busy. Try again in a moment.", code="unavailable", status=503)


def decide(
    session: Session,
    actor: Actor,
    ref: str | UUID,
    *,
    decision: str,
    reason: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Approve, reject, suspend, reinstate or close a business; only approving needs no reason.

    Raises NotFound; Invalid `required` without a reason, `in_future`; Conflict `wrong_state`, and
    `commitment_letter_missing` when a business that handles imported food has signed none, `provisional` without
    a USCC (it is merged or closed), `business_merged` when it was.
    """
    found = named_business(session, ref)
    authorize(actor, "business.decide", resource(found))
    occurred = claimed(occurred_at)
    if reason is None and decision != "approve":
        raise Invalid.of("/reason", "required", "This is needed.")
    business = locked(session, found.business_id)
    _refuse_provisional(business, decision)
    before, after = business.status, reopening.after(session, business, decision)
    if after is None:
        raise _wrong_state(session, business)
    if decision == "approve" and business.handles_imported and not _has_letter(session, business.business_id):
        raise Conflict(
            "The commitment letter is missing: record the signed letter, then approve.",
            code="commitment_letter_missing",
        )
    kept = personal.keep(session, reason, "reason", business_id=business.business_id, region_code=business.region_code)
    business.status, business.status_reason = after, reason
    if after == "pending":
        business.applied_at = clock.now()
    session.flush()
    if decision == "approve":
        registration.end_waiting(session, business.business_id)
    journal.append(
        session,
        actor,
        kind=states.FACTS[decision],
        subject_id=business.business_id,
        occurred_at=occurred,
        data={
            "from": before, "to": after, "reason_id": kept and kept.personal_id, "reason": kept and kept.commitment,
        },
        business_id=business.business_id,
        region_code=business.region_code,
    )  # fmt: skip
    return describe(session, actor, [business])[0]


def _refuse_provisional(business: Business, decision: str) -> None:
    """Raise Conflict for what can't be decided of an identity without a USCC: it is merged, or closed."""
    if business.merged_into_id is not None:
        raise Conflict(
            "This identity was merged into a business. Act on that business.",
            code="business_merged",
            extra={"into": str(business.merged_into_id)},
        )
    if business.uscc is None and decision != "close":
        raise Conflict(
            "This business has no unified social credit code yet: let it register, then merge the two.",
            code="provisional",
        )


def _wrong_state(session: Session, business: Business) -> Conflict:
    return Conflict(
        states.REFUSALS[business.status],
        code="wrong_state",
        extra={"state": business.status, "possible": list(reopening.possible(session, business))},
    )


def locked(session: Session, business_id: UUID) -> Business:
    """Return a business's row, locked until the end of the transaction."""
    return session.scalars(
        select(Business)
        .where(col(Business.business_id) == business_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _has_letter(session: Session, business_id: UUID) -> bool:
    ids = ids_of(session, business_id)
    statement = select(col(CommitmentLetter.letter_id)).where(col(CommitmentLetter.business_id).in_(ids)).limit(1)
    return session.scalar(statement) is not None
