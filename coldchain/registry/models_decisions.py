"""Tables of officers' decisions about businesses (R14): stored low, so that trade may ask what is in force."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from coldchain.core.columns import key, moment, one_of, ref, wordlist, words
from coldchain.registry.decisions import EVENTS, KINDS, ONCE

_LISTED = ", ".join(f"'{kind}'" for kind in KINDS)
_SAID_ONCE = "kind IN (" + ", ".join(f"'{kind}'" for kind in ONCE) + ")"


class EnforcementDecision(SQLModel, table=True):
    """What an officer decided about a business, or about one site of it, from when until when (append-only)."""

    __tablename__ = "enforcement_decision"
    __table_args__ = (
        CheckConstraint(f"cardinality(kinds) > 0 AND kinds <@ ARRAY[{_LISTED}]", name="kinds"),
        CheckConstraint("ends_at > starts_at", name="period"),
        UniqueConstraint("region_code", "number"),
    )

    decision_id: UUID = key()
    number: str = words()
    business_id: UUID = ref("business.business_id")
    site_id: UUID | None = ref("site.site_id", null=True)  # only this site of it; null: the whole business
    kinds: list[str] = wordlist()
    reason: str = words()
    basis: str = words()
    starts_at: datetime = moment()
    ends_at: datetime = moment(index=True)  # the first moment at which it does not hold any more
    region_code: str = words()
    office_id: UUID | None = ref("office.office_id", null=True, index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class EnforcementEvent(SQLModel, table=True):
    """What was said of a decision later: objection, answer, that it is put right, second look (append-only)."""

    __tablename__ = "enforcement_event"
    __table_args__ = (
        one_of("kind", EVENTS),
        CheckConstraint("(kind IN ('lifted', 'rectified')) = (effective_at IS NOT NULL)", name="effective_at"),
        CheckConstraint("kind = 'rectified' OR text IS NOT NULL", name="text"),
        Index("uq_enforcement_event_once", "decision_id", "kind", unique=True, postgresql_where=sql(_SAID_ONCE)),
        Index("ix_enforcement_event_decision_id", "decision_id"),
    )

    event_id: UUID = key()
    decision_id: UUID = ref("enforcement_decision.decision_id", index=False)
    kind: str = words()
    text: str | None = words(null=True)  # who accepts need say nothing
    effective_at: datetime | None = moment(null=True)  # of `lifted` and `rectified`: from when on
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class EnforcementPhoto(SQLModel, table=True):
    """A photograph of what the business says that it has put right (append-only)."""

    __tablename__ = "enforcement_photo"
    __table_args__ = (UniqueConstraint("event_id", "file_id"),)

    photo_id: UUID = key()
    event_id: UUID = ref("enforcement_event.event_id", index=False)
    file_id: UUID = ref("stored_file.file_id", index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
