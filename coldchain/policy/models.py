"""Versioned rows of the rule book. A row is never changed: a new version is added."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text
from sqlmodel import Field, SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, whole, words
from coldchain.policy.measures import KINDS


class EvidencePolicy(SQLModel, table=True):
    """Which evidence, treatment and tests a batch needs, where and from when (R1)."""

    __tablename__ = "evidence_policy"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        one_of("disinfection", ("every_piece", "none")),
        one_of("testing", ("per_batch", "per_piece", "none")),
    )

    policy_id: UUID = key()
    code: str = words()
    version: int = whole()
    name_zh: str = words()
    name_en: str = words()
    region_code: str | None = words(null=True, index=True)  # null: national
    imported: bool
    categories: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text), nullable=True))  # null: every
    valid_from: date = Field(sa_column=Column(Date, nullable=False))
    valid_to: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    evidence: list[list[str]] = document()  # all of (any of)
    disinfection: str = words()
    testing: str = words()
    code_required: bool = False
    supplier_required: bool = False
    requires_verified: bool = False
    grace_until: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    source: str = words()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)  # none: shipped


class DisinfectionProtocol(SQLModel, table=True):
    """A way to disinfect that counts at a range of ambient temperature, where and from when (R7)."""

    __tablename__ = "disinfection_protocol"
    __table_args__ = (UniqueConstraint("code", "version"),)

    protocol_id: UUID = key()
    code: str = words()
    version: int = whole()
    region_code: str | None = words(null=True, index=True)  # null: national
    valid_from: date | None = Field(default=None, sa_column=Column(Date, nullable=True))  # of treatments; null: ever
    valid_to: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    agent: str = words(index=True)
    ambient_from_c: Decimal | None = Field(default=None, sa_column=Column(Numeric(6, 2), nullable=True))  # inclusive
    ambient_to_c: Decimal | None = Field(default=None, sa_column=Column(Numeric(6, 2), nullable=True))  # exclusive
    concentration_min_mg_per_l: int = whole()
    contact_min: int = whole()
    volume_from_ml_per_m2: int | None = whole(null=True)
    volume_to_ml_per_m2: int | None = whole(null=True)
    additives: str | None = words(null=True)
    name_zh: str = words()
    name_en: str = words()
    source: str = words()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)  # none: shipped


class PolicyParameter(SQLModel, table=True):
    """A figure of the rules that differs between places and dates; the newest row by `valid_from` is in force."""

    __tablename__ = "policy_parameter"

    parameter_id: UUID = key()
    name: str = words(index=True)
    value: Any = document()
    valid_from: date = Field(sa_column=Column(Date, nullable=False))
    source: str = words()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)  # none: shipped


class MeasureVersion(SQLModel, table=True):
    """One version of a measure of an authority: where, from when to when, whom it concerns, by which notice (R18)."""

    __tablename__ = "measure_version"
    __table_args__ = (
        UniqueConstraint("measure_id", "version"),
        one_of("kind", KINDS),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
        CheckConstraint("(kind = 'import_suspension') = (producer_id IS NOT NULL)", name="producer"),
        CheckConstraint("(kind IN ('white_list', 'circuit_breaker')) = (business_id IS NOT NULL)", name="business"),
        CheckConstraint("site_id IS NULL OR kind = 'circuit_breaker'", name="site"),
        CheckConstraint("kind <> 'circuit_breaker' OR reason IS NOT NULL", name="reason"),
    )

    row_id: UUID = key()
    measure_id: UUID = ref(index=False)
    version: int = whole()
    kind: str = words(index=True)
    region_code: str = words(index=True)
    starts_on: date = Field(sa_column=Column(Date, nullable=False))
    ends_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    producer_id: UUID | None = ref("producer.producer_id", null=True)
    business_id: UUID | None = ref("business.business_id", null=True)
    site_id: UUID | None = ref("site.site_id", null=True, index=False)
    positive_no: int | None = whole(null=True)  # the plant's how manieth positive led to a suspension
    document_no: str | None = words(null=True)
    source: str = words()
    reason: str | None = words(null=True)
    lifted_at: datetime | None = moment(null=True)
    void: bool = False  # entered by mistake: it never held
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
