"""Tables of findings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, whole, words

OUTCOMES = ("found", "none_found", "closed", "unreachable", "refused")
DISPOSITIONS = ("sealed", "taken_off", "left")


class Finding(SQLModel, table=True):
    """What an officer saw at one place at one time (append-only)."""

    __tablename__ = "finding"
    __table_args__ = (one_of("outcome", OUTCOMES), CheckConstraint("people_controlled >= 0", name="people"))

    finding_id: UUID = key()
    task_id: UUID | None = ref("sweep_task.task_id", null=True)
    site_id: UUID | None = ref("site.site_id", null=True)
    outcome: str = words()
    people_controlled: int = whole()
    disinfected: bool | None = None
    second_officer_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    note: str | None = words(null=True)
    occurred_at: datetime = moment()  # captured_at
    recorded_at: datetime = moment(index=True)
    recorded_by: UUID | None = ref(null=True, index=False)


class FindingLine(SQLModel, table=True):
    """One kind of goods that was examined; `mass_g` null: not weighed."""

    __tablename__ = "finding_line"
    __table_args__ = (
        one_of("disposition", DISPOSITIONS),
        CheckConstraint("num_nonnulls(batch_id, product_id, unlisted) = 1", name="subject"),
        CheckConstraint("examined_units >= 0 AND matched_units BETWEEN 0 AND examined_units", name="units"),
        CheckConstraint("mass_g IS NULL OR mass_g >= 0", name="mass"),
        UniqueConstraint("finding_id", "line_no"),
    )

    line_id: UUID = key()
    finding_id: UUID = ref("finding.finding_id", index=False)
    line_no: int = whole()
    batch_id: UUID | None = ref("batch.batch_id", null=True)
    product_id: UUID | None = ref("product.product_id", null=True)
    unlisted: dict[str, Any] | None = document(null=True)
    owner_id: UUID | None = ref("business.business_id", null=True)
    zone_id: UUID | None = ref("zone.zone_id", null=True)
    examined_units: int = whole()
    matched_units: int = whole()
    mass_g: int | None = whole(null=True)
    disposition: str = words()
    seal_no: str | None = words(null=True)


class FindingPhoto(SQLModel, table=True):
    """A photograph of what was seen at a place (append-only)."""

    __tablename__ = "finding_photo"
    __table_args__ = (UniqueConstraint("finding_id", "file_id"),)

    photo_id: UUID = key()
    finding_id: UUID = ref("finding.finding_id", index=False)
    file_id: UUID = ref("stored_file.file_id", index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
