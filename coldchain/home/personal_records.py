"""Where a person's name or phone is recorded, how long it must be kept, and erasing it (R6, R21).

A personal value is named by columns of many rooms; this room stands high enough to know them all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Select, Uuid, cast, exists, false, func, literal, null, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, may, relation
from coldchain.accounts.service import audit
from coldchain.batches.models import Arrival, Batch, Sample, TestResult, Tube
from coldchain.core import clock, limits
from coldchain.core.errors import Conflict, Forbidden, Invalid, NotFound
from coldchain.home.retention import kept_until, may_be_erased
from coldchain.inspections.models import Finding
from coldchain.journal import personal
from coldchain.journal.models import PersonalValue
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Business, CommitmentLetter, Worker
from coldchain.registry.models_identity import BusinessContact
from coldchain.registry.models_stewards import Steward
from coldchain.trade.models import Consignment, ConsignmentLine, StockEntry, StockEntryLine

PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{5,20}")  # names one person; a name may be several people's
ENDED: Final = ("closed", "rejected")  # a business in one of these states stands for nobody any more
PAGES: Final = {
    "business": "/businesses/",
    "arrival": "/arrivals/",
    "consignment": "/consignments/",
    "stock_entry": "/stock-entries/",
    "tube": "/tubes/",
}


@dataclass(frozen=True)
class Use:
    """A record that names a value: its kind and id, when it was recorded, until when its goods keep.

    `in_force`: it stands for a business that has not been struck off, however old it is.
    """

    kind: str
    record_id: UUID
    recorded_at: datetime
    expires: date | None = None
    in_force: bool = False

    @property
    def href(self) -> str | None:
        """Return the page of the record, None where it has none of its own."""
        return f"{PAGES[self.kind]}{self.record_id}" if self.kind in PAGES else None


@dataclass(frozen=True)
class Held:
    """One value that is held, or was: where it is recorded, and the last day on which it must be kept."""

    row: PersonalValue
    until: date
    uses: list[Use] = field(default_factory=list)
    business: Any = None

    @property
    def in_use(self) -> bool:
        """Say whether a record in force names it: who stands for a business that is still registered is not let go."""
        return any(use.in_force for use in self.uses)

    @property
    def due(self) -> bool:
        """Say whether it may be erased today."""
        return may_be_erased(self.until, _today(), in_use=self.in_use) and self.row.erased_at is None


def _today() -> date:
    return clock.now().astimezone(clock.BEIJING).date()


def _expiry(line: Any, key: Any, of: Any) -> Any:
    """Return the last expiry date of the batches that lines name."""
    named = select(func.max(col(Batch.expiry_date))).join(line, line.batch_id == col(Batch.batch_id))
    return named.where(key == of).correlate_except(Batch, line).scalar_subquery()


def _registered(business_id: Any) -> Any:
    """Return whether a business is in the register and has not been struck off."""
    row = aliased(Business)
    return exists().where(col(row.business_id) == business_id, col(row.status).not_in(ENDED))


def _last_letter() -> Any:
    """Return whether a commitment letter is the last one of its business."""
    later = aliased(CommitmentLetter)
    same = col(later.business_id) == col(CommitmentLetter.business_id)
    return ~exists().where(same, col(later.letter_id) > col(CommitmentLetter.letter_id))


def _sources() -> list[tuple[str, Any, Any, Any, Any, Any]]:
    """Return (kind, value column, record id, recorded at, last expiry of goods, in force) for every column of a value.

    The register's entry of a business and its last commitment letter are in force until it is struck off, the name of
    somebody at work or of a steward until that ends.
    """
    arrived: Any = (
        select(func.max(col(Batch.expiry_date)))
        .where(col(Batch.arrival_id) == col(Arrival.arrival_id))
        .correlate(Arrival)
        .scalar_subquery()
    )
    sent = _expiry(ConsignmentLine, col(ConsignmentLine.consignment_id), col(Consignment.consignment_id))
    counted = _expiry(StockEntryLine, col(StockEntryLine.entry_id), col(StockEntry.entry_id))
    sampled = _expiry(Sample, col(Sample.tube_id), col(Tube.tube_id))
    reported = _expiry(Sample, col(Sample.tube_id), col(TestResult.tube_id))
    never = cast(null(), Date)
    business, arrival, consignment, letter = Business, Arrival, Consignment, CommitmentLetter
    other, contact = false(), BusinessContact
    reached = col(contact.ended_at).is_(None)
    named = _registered(col(Business.business_id))
    signed = _registered(col(CommitmentLetter.business_id)) & _last_letter()
    employed = col(Worker.ended_on).is_(None)
    in_post = col(Steward.ended_on).is_(None)
    return [
        ("business", business.legal_representative_id, business.business_id, business.recorded_at, never, named),
        ("business", business.phone_id, business.business_id, business.recorded_at, never, named),
        ("commitment_letter", letter.signed_by_id, letter.letter_id, letter.recorded_at, never, signed),
        ("arrival", arrival.driver_name_id, arrival.arrival_id, arrival.recorded_at, arrived, other),
        ("arrival", arrival.driver_phone_id, arrival.arrival_id, arrival.recorded_at, arrived, other),
        ("consignment", consignment.to_name_id, consignment.consignment_id, consignment.recorded_at, sent, other),
        ("consignment", consignment.to_phone_id, consignment.consignment_id, consignment.recorded_at, sent, other),
        ("consignment", consignment.to_address_id, consignment.consignment_id, consignment.recorded_at, sent, other),
        ("consignment", consignment.driver_name_id, consignment.consignment_id, consignment.recorded_at, sent, other),
        ("consignment", consignment.driver_phone_id, consignment.consignment_id, consignment.recorded_at, sent, other),
        ("stock_entry", StockEntry.witness_id, StockEntry.entry_id, StockEntry.recorded_at, counted, other),
        ("tube", Tube.sampled_by_id, Tube.tube_id, Tube.recorded_at, sampled, other),
        ("test_result", TestResult.analyst_id, TestResult.result_id, TestResult.recorded_at, reported, other),
        ("business", contact.name_id, contact.business_id, contact.recorded_at, never, reached),
        ("business", contact.phone_id, contact.business_id, contact.recorded_at, never, reached),
        ("worker", Worker.name_id, Worker.worker_id, Worker.recorded_at, never, employed),
        ("steward", Steward.name_id, Steward.steward_id, Steward.recorded_at, never, in_post),
        ("steward", Steward.phone_id, Steward.steward_id, Steward.recorded_at, never, in_post),
        ("finding", Finding.second_officer_id, Finding.finding_id, Finding.recorded_at, never, other),
    ]  # fmt: skip


PAIRS: Final = (  # a phone and the name of the same person beside it
    (Business.phone_id, Business.legal_representative_id),
    (BusinessContact.phone_id, BusinessContact.name_id),
    (Arrival.driver_phone_id, Arrival.driver_name_id),
    (Consignment.to_phone_id, Consignment.to_name_id),
    (Consignment.to_phone_id, Consignment.to_address_id),
    (Consignment.driver_phone_id, Consignment.driver_name_id),
    (Steward.phone_id, Steward.name_id),
)


def uses(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Use]]:
    """Return the records that name some values, in one statement."""
    parts: list[Select[Any]] = [
        select(
            cast(col(value), Uuid).label("personal_id"),
            literal(kind).label("kind"),
            col(record_id).label("record_id"),
            col(recorded_at).label("recorded_at"),
            expiry.label("expires"),
            in_force.label("in_force"),
        ).where(col(value).in_(ids))
        for kind, value, record_id, recorded_at, expiry, in_force in _sources()
    ]
    found: dict[UUID, list[Use]] = {}
    for row in session.execute(union_all(*parts)) if ids else ():
        found.setdefault(row.personal_id, []).append(
            Use(row.kind, row.record_id, row.recorded_at, row.expires, row.in_force)
        )
    return found


def _with_companions(session: Session, rows: list[PersonalValue]) -> list[PersonalValue]:
    """Return values with the names that stand beside them where they are phones, in one more statement."""
    ids = [row.personal_id for row in rows]
    if not ids:
        return rows
    beside = union_all(*(select(col(name).label("id")).where(col(phone).in_(ids)) for phone, name in PAIRS)).subquery()
    more = session.scalars(
        select(PersonalValue)
        .where(col(PersonalValue.personal_id).in_(select(beside.c.id)), col(PersonalValue.personal_id).not_in(ids))
        .order_by(col(PersonalValue.personal_id).desc())
        .limit(limits.PERSONAL_VALUES_MAX)
    )
    return [*rows, *more]


def held(session: Session, rows: Sequence[PersonalValue]) -> list[Held]:
    """Return values with their records and retention, in a constant number of statements."""
    by_value = uses(session, [row.personal_id for row in rows])
    figures = policy.parameters(session, _today())
    names = registry.brief(session, (row.business_id for row in rows))
    return [
        Held(
            row,
            _until(row, by_value.get(row.personal_id, []), figures),
            by_value.get(row.personal_id, []),
            names.get(row.business_id) if row.business_id else None,
        )
        for row in rows
    ]


def _until(row: PersonalValue, named: Sequence[Use], figures: Any) -> date:
    """Return the last day of retention; a list of people names the day from which it may be erased (R6, R21)."""
    years, months = int(figures["retention_years"]), int(figures["retention_after_shelf_life_months"])
    if row.purge_on is not None:
        return row.purge_on - timedelta(days=1)
    moments = [(use.recorded_at, use.expires) for use in named] or [(row.recorded_at, None)]
    return max(
        kept_until(at.astimezone(clock.BEIJING).date(), expires, years=years, months_after=months)
        for at, expires in moments
    )


def resource(row: PersonalValue) -> Resource:
    """Return what rights about a personal value are asked of."""
    return Resource.of(row.business_id, regions=[row.region_code])


def about_person(session: Session, actor: Actor, person: str, action: str) -> list[Held]:
    """Return the values that are exactly this name or phone, and the names beside a phone, as far as `actor` reaches.

    Raises Forbidden. They count as shown to `actor`.
    """
    if relation(actor, action) is None:
        raise Forbidden("Your role may not do this.")
    rows = _with_companions(session, personal.find(session, person, limits.PERSONAL_VALUES_MAX))
    seen = [row for row in rows if may(actor, action, resource(row))]
    personal.shown(session).update({row.personal_id: row.business_id for row in seen if row.value is not None})
    return held(session, seen)


def read(session: Session, actor: Actor, personal_id: UUID) -> Held:
    """Return one value with its records for whoever may erase it. Raises NotFound. It counts as shown."""
    row = session.get(PersonalValue, personal_id)
    if row is None:
        raise NotFound
    authorize(actor, "personal.erase", resource(row))
    if row.value is not None:
        personal.shown(session)[row.personal_id] = row.business_id
    return held(session, [row])[0]


def erase(session: Session, actor: Actor, personal_id: UUID, *, reason: str) -> Held:
    """Erase one value for good. Raises NotFound, Conflict `already_erased`, `in_use`, `retention_runs` (R6, R21)."""
    found = read(session, actor, personal_id)
    if found.row.erased_at is not None:
        raise Conflict("This was erased before.", code="already_erased")
    if found.until >= _today():
        raise Conflict(
            "This must be kept until {until}; it can't be erased before that.",
            code="retention_runs",
            extra={"kept_until": found.until.isoformat()},
            until=found.until.isoformat(),
        )
    if found.in_use:
        raise Conflict(
            "The record is in force: who stands for a registered business is kept until it is struck off.",
            code="in_use",
        )
    _erase(session, actor, [found], reason)
    return found


def chosen(
    session: Session, actor: Actor, person: str, personal_ids: Sequence[UUID] | None
) -> tuple[list[Held], list[Held]]:
    """Return those of a name's or phone's values that are to be erased and may be, and those that stay.

    `personal_ids` None: all of them, where they can't be of several people of one name. Raises Forbidden, NotFound when
    nothing is held within the actor's reach; Invalid `required` when a name stands in records of several businesses,
    `unknown_value`.
    """
    everything = [each for each in about_person(session, actor, person, "personal.erase") if each.row.erased_at is None]
    if not everything:
        raise NotFound("Nothing is recorded under this name or phone in your area.")
    if personal_ids is None and len({each.row.business_id for each in everything}) > 1 and not PHONE.fullmatch(person):
        words = "People of one name stand in records of several businesses. Say which values are to be erased."
        raise Invalid.of("/personal_ids", "required", words)
    known = {each.row.personal_id for each in everything}
    for index, wanted in enumerate(personal_ids or ()):
        if wanted not in known:
            raise Invalid.of(
                f"/personal_ids/{index}", "unknown_value", "This is not held of this person, or not any more."
            )
    meant = known if personal_ids is None else set(personal_ids)
    going = [each for each in everything if each.due and each.row.personal_id in meant]
    return going, [each for each in everything if each not in going]


def erase_person(
    session: Session, actor: Actor, person: str, *, reason: str, personal_ids: Sequence[UUID] | None = None
) -> tuple[list[Held], list[Held]]:
    """Erase what may be erased of this name or phone, or some values of it; return the erased and what stays.

    Raises as `chosen`.
    """
    going, staying = chosen(session, actor, person, personal_ids)
    _erase(session, actor, going, reason)
    return going, staying


def _erase(session: Session, actor: Actor, values: Sequence[Held], reason: str) -> None:
    ids = [each.row.personal_id for each in values]
    if not ids:
        return
    personal.erase(session, actor, ids, reason=reason)
    audit(
        session,
        "personal_erased",
        actor.user_id,
        action="personal.erase",
        subject_kind="personal",
        subjects=[*sorted({each.row.business_id for each in values if each.row.business_id}), *ids],
        values=str(len(ids)),
    )
