"""Tables of visits and what officers found on them (问题, R14)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date
from sqlmodel import Field, SQLModel

from coldchain.core.columns import key, keys, moment, one_of, ref, words

FINDING_STATES = ("open", "answered", "rectified", "decided")
SHOWN_STATES = (*FINDING_STATES, "overdue", "lifted")  # by which lists are asked
REVIEWS = ("rectified", "not_rectified")
FINDING_EVENTS = ("answered", "returned", "rectified", "decided")


class Visit(SQLModel, table=True):
    """An officer looked at a business or a site of it (append-only); without findings it found nothing wrong."""

    __tablename__ = "visit"

    visit_id: UUID = key()
    business_id: UUID = ref("business.business_id")
    site_id: UUID | None = ref("site.site_id", null=True)
    region_code: str = words(index=True)
    office_id: UUID | None = ref("office.office_id", null=True, index=False)
    flag_id: UUID | None = ref("flag.flag_id", null=True, index=False)  # what the officer followed up
    note: str | None = words(null=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class SiteFinding(SQLModel, table=True):
    """What was found (问题): of the catalogue or in free words. Only `state` and `rectify_by` ever change.

    `decided`: an officer's decision made it a violation (违法行为), until that is lifted (`site_findings.lifted`).
    """

    __tablename__ = "site_finding"
    __table_args__ = (
        one_of("state", FINDING_STATES),
        CheckConstraint("num_nonnulls(kind_id, wording) = 1", name="wording"),
    )

    finding_id: UUID = key()
    visit_id: UUID = ref("visit.visit_id")
    business_id: UUID = ref("business.business_id")
    site_id: UUID | None = ref("site.site_id", null=True)
    region_code: str = words(index=True)
    office_id: UUID | None = ref("office.office_id", null=True, index=False)
    kind_id: UUID | None = ref("finding_kind.kind_id", null=True, index=False)
    wording: str | None = words(null=True)
    batch_ids: list[UUID] = keys()
    rectify_by: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    state: str = words(index=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class SiteFindingEvent(SQLModel, table=True):
    """What was said of a finding later: the business's answer, the officer's second look (复查), a decision."""

    __tablename__ = "site_finding_event"
    __table_args__ = (
        one_of("kind", FINDING_EVENTS),
        CheckConstraint("(kind = 'decided') = (decision_id IS NOT NULL)", name="decision"),
    )

    event_id: UUID = key()
    finding_id: UUID = ref("site_finding.finding_id")
    kind: str = words()
    text: str | None = words(null=True)
    rectify_by: date | None = Field(default=None, sa_column=Column(Date, nullable=True))  # of `returned`: the new day
    decision_id: UUID | None = ref("enforcement_decision.decision_id", null=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class VisitPhoto(SQLModel, table=True):
    """A photograph of a visit, or of the answer to a finding of it (append-only)."""

    __tablename__ = "visit_photo"

    photo_id: UUID = key()
    visit_id: UUID = ref("visit.visit_id")
    event_id: UUID | None = ref("site_finding_event.event_id", null=True)
    file_id: UUID = ref("stored_file.file_id", index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
