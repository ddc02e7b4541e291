"""The stewards of a cold store (库长): who answers for it, from when to when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Index, text
from sqlmodel import Field, SQLModel

from coldchain.core.columns import key, moment, one_of, ref, words

STEWARD_KINDS = ("territorial", "industry", "enterprise")
STEWARDED = ("cold_store",)  # kinds of site that must have one of each


class Steward(SQLModel, table=True):
    """One person's term in one post at one store; only its end is ever added. Name and phone are personal values."""

    __tablename__ = "steward"
    __table_args__ = (
        one_of("kind", STEWARD_KINDS),
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="dates"),
        CheckConstraint("NOT publish_phone OR phone_id IS NOT NULL", name="published"),
        Index("uq_steward_running", "site_id", "kind", unique=True, postgresql_where=text("ended_on IS NULL")),
    )

    steward_id: UUID = key()
    site_id: UUID = ref("site.site_id")
    kind: str = words()
    name_id: UUID = ref("personal_value.personal_id")
    phone_id: UUID | None = ref("personal_value.personal_id", null=True)
    publish_phone: bool
    started_on: date = Field(sa_column=Column(Date, nullable=False))
    ended_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)
    end_recorded_at: datetime | None = moment(null=True)
    end_recorded_by: UUID | None = ref(null=True, index=False)
