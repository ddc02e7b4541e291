"""Tables of recalls, tasks and samples."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, whole, words

RECALL_KINDS = ("outbreak_sweep", "assistance", "food_recall", "drill")
RECALL_STATES = ("draft", "announced", "withdrawn", "closed")
ORIGINS = ("from_books", "blanket", "on_foot")
SAMPLE_STATES = ("taken", "sent", "negative", "positive")
ASSISTANCE_EVENTS = ("taken_over", "noted")


class Recall(SQLModel, table=True):
    """An announced criterion with versions and bulletins."""

    __tablename__ = "recall"
    __table_args__ = (
        one_of("kind", RECALL_KINDS),
        one_of("state", RECALL_STATES),
        Index("ix_recall_grams", text("cc_grams(search_text)"), postgresql_using="gin"),
    )

    recall_id: UUID = key()
    kind: str = words()
    state: str = words(index=True)
    version: int = whole()
    title: str = words()
    region_code: str = words(index=True)
    received_at: datetime = moment()
    deadline_at: datetime | None = moment(null=True)
    announced_at: datetime | None = moment(null=True)
    search_text: str = words()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class RecallVersion(SQLModel, table=True):
    """One version of the notice: its number, reason, criterion and blanket area (append-only)."""

    __tablename__ = "recall_version"

    recall_id: UUID = ref("recall.recall_id", primary=True)
    version: int = whole(primary=True)
    notice_no: str = words()
    issuer: str = words()
    reason: str = words()
    criterion: dict[str, Any] = document()
    blanket: dict[str, Any] | None = document(null=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class SweepTask(SQLModel, table=True):
    """One site to be looked at (排查任务); `site_id` null: goods in transit to an unknown place, or found on foot."""

    __tablename__ = "sweep_task"
    __table_args__ = (
        one_of("origin", ORIGINS),
        Index(
            "uq_sweep_task_site", "recall_id", "site_id", unique=True, postgresql_where=text("site_id IS NOT NULL")
        ),
        Index("ix_sweep_task_recall", "recall_id", "task_id"),
    )  # fmt: skip

    task_id: UUID = key()
    recall_id: UUID = ref("recall.recall_id", index=False)
    origin: str = words()
    business_id: UUID | None = ref("business.business_id", null=True)
    site_id: UUID | None = ref("site.site_id", null=True)
    consignment_id: UUID | None = ref("consignment.consignment_id", null=True)
    place_name: str | None = words(null=True)
    address: str | None = words(null=True)
    region_code: str = words()
    office_id: UUID | None = ref("office.office_id", null=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class TaskExpected(SQLModel, table=True):
    """What the books say lies at a task's place; added to when more is registered (append-only)."""

    __tablename__ = "task_expected"
    __table_args__ = (CheckConstraint("quantity_units >= 0", name="quantity"),)

    expected_id: UUID = key()
    task_id: UUID = ref("sweep_task.task_id")
    batch_id: UUID = ref("batch.batch_id")
    owner_id: UUID = ref("business.business_id", index=False)
    zone_id: UUID | None = ref(null=True, index=False)
    consignment_id: UUID | None = ref(null=True, index=False)
    quantity_units: int = whole()
    mass_g: int = whole()
    recorded_at: datetime = moment()


class SampleEvent(SQLModel, table=True):
    """Pieces of one place (and task) and round that reached a state; append-only.

    A finding adds `taken`; a result moves that many pieces from their latest state to its own.
    """

    __tablename__ = "sample_event"
    __table_args__ = (
        one_of("state", SAMPLE_STATES),
        CheckConstraint("pieces > 0 OR (pieces < 0 AND state = 'taken')", name="pieces"),
        Index("ix_sample_event_recall", "recall_id", "recorded_at"),
    )

    event_id: UUID = key()
    recall_id: UUID = ref("recall.recall_id", index=False)
    task_id: UUID | None = ref("sweep_task.task_id", null=True)
    finding_id: UUID | None = ref("finding.finding_id", null=True, index=False)
    place: str = words()
    round: int = whole()
    pieces: int = whole()
    state: str = words()
    from_state: str | None = words(null=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class LateLine(SQLModel, table=True):
    """Goods of a recall that had gone before the books knew: entered late, at its own time, despite the lock (补录)."""

    __tablename__ = "recall_late_line"

    late_id: UUID = key()
    recall_id: UUID = ref("recall.recall_id")
    batch_id: UUID = ref("batch.batch_id")
    owner_id: UUID = ref("business.business_id")
    quantity_units: int = whole()
    subject_kind: str = words()  # consignment, stock_entry
    subject_id: UUID = ref(index=False)
    site_id: UUID = ref("site.site_id", index=False)  # where they left
    to_business_id: UUID | None = ref("business.business_id", null=True, index=False)
    to_site_id: UUID | None = ref("site.site_id", null=True, index=False)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class AssistanceRequest(SQLModel, table=True):
    """A request to another region, or an office of it, to look at its places (协查函); totals of then; append-only."""

    __tablename__ = "assistance_request"
    __table_args__ = (
        Index(
            "uq_assistance_request_place", "recall_id", "region_code", "office_id", unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip

    request_id: UUID = key()
    request_no: str = words(unique=True)
    recall_id: UUID = ref("recall.recall_id", index=False)
    region_code: str = words(index=True)
    office_id: UUID | None = ref("office.office_id", null=True, index=False)
    sites_due: int = whole()
    expected_mass_g: int = whole()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class AssistanceEvent(SQLModel, table=True):
    """What became of a request: taken over once (接收), notes of the asking side; append-only."""

    __tablename__ = "assistance_event"
    __table_args__ = (
        one_of("kind", ASSISTANCE_EVENTS),
        CheckConstraint("(kind = 'noted') = (note IS NOT NULL)", name="note"),
        Index(
            "uq_assistance_event_taken_over", "request_id", unique=True, postgresql_where=text("kind = 'taken_over'")
        ),
    )  # fmt: skip

    event_id: UUID = key()
    request_id: UUID = ref("assistance_request.request_id")
    kind: str = words()
    note: str | None = words(null=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class Duty(SQLModel, table=True):
    """That an officer has a task, a draft or a request from now on; the latest row of a thing counts; append-only."""

    __tablename__ = "duty"
    __table_args__ = (CheckConstraint("num_nonnulls(task_id, recall_id, request_id) = 1", name="one_thing"),)

    duty_id: UUID = key()
    task_id: UUID | None = ref("sweep_task.task_id", null=True)
    recall_id: UUID | None = ref("recall.recall_id", null=True)
    request_id: UUID | None = ref("assistance_request.request_id", null=True)
    user_id: UUID = ref("app_user.user_id")
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
