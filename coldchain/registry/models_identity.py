"""Tables about who a business is: mergers, licences, contacts, objections to decisions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Index, text
from sqlmodel import Field, SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, words

LICENCE_KINDS = ("JY", "SC")
PAIR_EVENTS = ("set_aside", "taken_back")
APPEAL_OUTCOMES = ("stands", "taken_back")


class BusinessMerger(SQLModel, table=True):
    """That a provisional identity turned out to be a business, and what went over with it (append-only)."""

    __tablename__ = "business_merger"
    __table_args__ = (CheckConstraint("from_id <> into_id", name="two"),)

    from_id: UUID = ref("business.business_id", primary=True)
    into_id: UUID = ref("business.business_id")
    moved: dict[str, Any] = document()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class BusinessPairEvent(SQLModel, table=True):
    """That an officer said of two that look alike that they are two, or took that back (append-only).

    `one_id` is the smaller; `compared`: what they were compared by at the time, a phone as the number of its value.
    """

    __tablename__ = "business_pair_event"
    __table_args__ = (
        one_of("kind", PAIR_EVENTS),
        CheckConstraint("one_id < other_id", name="two"),
        CheckConstraint("(kind = 'set_aside') = (reason IS NOT NULL)", name="reason"),
        Index("ix_business_pair_event_pair", "one_id", "other_id"),
    )

    event_id: UUID = key()
    one_id: UUID = ref("business.business_id", index=False)
    other_id: UUID = ref("business.business_id", index=False)
    kind: str = words()
    reason: str | None = words(null=True)
    compared: dict[str, Any] = document()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class BusinessLicence(SQLModel, table=True):
    """A licence (证照) of a business with its last day; a newer one ends it, nothing is deleted."""

    __tablename__ = "business_licence"
    __table_args__ = (
        one_of("kind", LICENCE_KINDS),
        CheckConstraint("valid_from IS NULL OR valid_from <= valid_to", name="dates"),
        Index("ix_business_licence_running", "valid_to", postgresql_where=text("ended_at IS NULL")),
    )

    licence_id: UUID = key()
    business_id: UUID = ref("business.business_id")
    kind: str = words()
    number: str = words()
    valid_from: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    valid_to: date = Field(sa_column=Column(Date, nullable=False))
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    ended_at: datetime | None = moment(null=True)
    ended_by: UUID | None = ref(null=True, index=False)


class BusinessContact(SQLModel, table=True):
    """Somebody to be reached at a business beside its legal representative; name and phone are personal values."""

    __tablename__ = "business_contact"

    contact_id: UUID = key()
    business_id: UUID = ref("business.business_id")
    post: str = words()
    name_id: UUID = ref("personal_value.personal_id", index=False)
    phone_id: UUID = ref("personal_value.personal_id", index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    ended_at: datetime | None = moment(null=True)
    ended_by: UUID | None = ref(null=True, index=False)


class BusinessAppeal(SQLModel, table=True):
    """What a business says against one decision about it, once (append-only); `decision_id`: its journal entry."""

    __tablename__ = "business_appeal"
    __table_args__ = (Index("ix_business_appeal_decision_id", "decision_id", unique=True),)

    appeal_id: UUID = key()
    business_id: UUID = ref("business.business_id")
    decision_id: UUID = ref(index=False)
    decision: str = words()
    objection: str = words()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class BusinessAppealAnswer(SQLModel, table=True):
    """What an officer answered to it (append-only)."""

    __tablename__ = "business_appeal_answer"
    __table_args__ = (one_of("outcome", APPEAL_OUTCOMES),)

    appeal_id: UUID = ref("business_appeal.appeal_id", primary=True)
    outcome: str = words()
    answer: str = words()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
