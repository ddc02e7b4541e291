"""Tables of arrivals and batches."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, whole, words

ENTRY_MODES = ("declared", "arrived", "existing_stock", "paper")
MADE_MODES = ("processed",)  # made here from other batches: written by the program, never entered
ORIGIN_KINDS = ("split", "transformation")
BATCH_STATES = ("declared", "held", "cleared", "depleted", "withdrawn")
NOT_HERE = ("declared", "withdrawn")  # states of a batch of which nothing came; no verdict changes them
BASES = ("scanned", "declared_range", "whole_batch")
SAMPLE_SITES = ("outer_pack", "inner_pack", "surface", "environment", "personnel")
STAGES = ("preliminary", "recheck", "confirmation")
RESULTS = ("negative", "positive", "invalid")
FLAG_KINDS = (
    "late_under_lock", "late_unproven", "mixed_storage", "count_under_lock", "count_differs", "warmer_zone",
    "declared_late", "entered_from_paper", "number_override", "certificate_overbooked", "certificate_differs",
    "not_declared", "container_missing", "seal_missing", "existing_after_grace", "declaration_number_differs",
    "late_while_stopped",
)  # fmt: skip
CHECK_OUTCOMES = ("verified", "refused")

_TARGET = "(arrival_id IS NULL) <> (batch_id IS NULL)"
_RANGE = """(basis = 'whole_batch' AND piece_from IS NULL AND piece_to IS NULL) OR
    (basis <> 'whole_batch' AND piece_from >= 1 AND piece_to >= piece_from)"""


class Arrival(SQLModel, table=True):
    """One delivery (到货单): container, seal, declaration, vehicle and papers once, many lines."""

    __tablename__ = "arrival"
    __table_args__ = (one_of("entry_mode", ENTRY_MODES + MADE_MODES),)

    arrival_id: UUID = key()
    arrival_no: str = words(unique=True)
    owner_id: UUID = ref("business.business_id")
    site_id: UUID = ref("site.site_id")
    entry_mode: str = words()
    expected_at: datetime | None = moment(null=True)
    arrived_at: datetime | None = moment(null=True)
    supplier_id: UUID | None = ref("business.business_id", null=True)
    supplier_name: str | None = words(null=True)
    container_no: str | None = words(null=True, index=True)
    seal_no: str | None = words(null=True)
    customs_declaration_no: str | None = words(null=True, index=True)
    vehicle_plate: str | None = words(null=True)
    driver_name_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    driver_phone_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class Batch(SQLModel, table=True):
    """One product of one production batch in one arrival (批次); `status` serves lists, the gate is judged live."""

    __tablename__ = "batch"
    __table_args__ = (
        one_of("status", BATCH_STATES),
        CheckConstraint("quantity_units >= 1 AND piece_count >= 1", name="quantity"),
        CheckConstraint("expiry_date IS NULL OR expiry_date >= production_date", name="dates"),
        UniqueConstraint("arrival_id", "line_no"),
        Index("ix_batch_grams", text("cc_grams(search_text)"), postgresql_using="gin"),
        Index("ix_batch_recorded", "recorded_at", "batch_id"),
    )

    batch_id: UUID = key()
    batch_code: str = words(unique=True)
    arrival_id: UUID = ref("arrival.arrival_id", index=False)
    line_no: int = whole()
    product_id: UUID = ref("product.product_id")
    producer_id: UUID = ref("producer.producer_id")
    owner_id: UUID = ref("business.business_id")  # who entered it; ownership of units is the ledger's
    site_id: UUID = ref("site.site_id")
    zone_id: UUID = ref("zone.zone_id", index=False)
    region_code: str = words(index=True)
    batch_no: str | None = words(null=True, index=True)
    production_date: date = Field(sa_column=Column(Date, nullable=False, index=True))
    expiry_date: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    quantity_units: int = whole()
    piece_count: int = whole()
    status: str = words(index=True)
    code_made_at: datetime | None = moment(null=True)  # first label run of this batch (R2)
    search_text: str = words()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class BatchOrigin(SQLModel, table=True):
    """A batch made from another: child ← parent; a split takes a range of the parent's pieces."""

    __tablename__ = "batch_origin"
    __table_args__ = (
        Index("ix_batch_origin_parent", "parent_id"),
        one_of("kind", ORIGIN_KINDS),
        CheckConstraint(
            "(kind = 'split') = (piece_from IS NOT NULL) AND (piece_from IS NULL) = (piece_to IS NULL)", name="range"
        ),
    )

    child_id: UUID = ref("batch.batch_id", primary=True)
    parent_id: UUID = ref("batch.batch_id", primary=True)
    kind: str = words()
    quantity_units: int = whole()  # of the parent
    piece_from: int | None = whole(null=True)
    piece_to: int | None = whole(null=True)
    recorded_at: datetime = moment()


class Evidence(SQLModel, table=True):
    """A document of an arrival or of one batch (随附证明); a newer one names what it replaces."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(_TARGET, name="target"),
        Index("uq_evidence_supersedes_id", "supersedes_id", unique=True),
    )

    evidence_id: UUID = key()
    arrival_id: UUID | None = ref("arrival.arrival_id", null=True)
    batch_id: UUID | None = ref("batch.batch_id", null=True)
    kind: str = words()
    number: str = words(index=True)
    issuer: str = words()
    issued_on: date = Field(sa_column=Column(Date, nullable=False))
    valid_to: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    quantity_units: int | None = whole(null=True)
    file_id: UUID | None = ref("stored_file.file_id", null=True, index=False)
    supersedes_id: UUID | None = ref("evidence.evidence_id", null=True, index=False)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class EvidenceCheck(SQLModel, table=True):
    """What an officer said of a paper (核验); the latest counts, none is overwritten."""

    __tablename__ = "evidence_check"
    __table_args__ = (
        one_of("outcome", CHECK_OUTCOMES),
        CheckConstraint("(outcome = 'refused') = (reason IS NOT NULL)", name="reason"),
    )

    check_id: UUID = key()
    evidence_id: UUID = ref("evidence.evidence_id")
    outcome: str = words()
    reason: str | None = words(null=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class PlatformCode(SQLModel, table=True):
    """The code of another platform that stands on a batch's cases (R2): a cross-reference, never our own code."""

    __tablename__ = "platform_code"
    __table_args__ = (
        UniqueConstraint("batch_id", "platform", "code_key"),
        Index("ix_platform_code_grams", text("cc_grams(code_key)"), postgresql_using="gin"),
    )

    code_id: UUID = key()
    batch_id: UUID = ref("batch.batch_id", index=False)
    platform: str = words()
    code: str = words()
    code_key: str = words(index=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class Disinfection(SQLModel, table=True):
    """Who treated what with what, how strong, how long, how cold (消毒记录, R7)."""

    __tablename__ = "disinfection"
    __table_args__ = (
        CheckConstraint(_TARGET, name="target"),
        one_of("basis", BASES),
        CheckConstraint(_RANGE, name="range"),
        one_of("protocol_state", ("met", "not_met", "no_protocol")),
    )

    disinfection_id: UUID = key()
    arrival_id: UUID | None = ref("arrival.arrival_id", null=True)
    batch_id: UUID | None = ref("batch.batch_id", null=True)
    performed_by: str = words()
    place: str = words()
    object: str = words()
    agent: str = words()
    additives: str | None = words(null=True)
    concentration_mg_per_l: int = whole()
    contact_min: int = whole()
    volume_ml_per_m2: int | None = whole(null=True)
    ambient_temperature_c: Decimal = Field(sa_column=Column(Numeric(6, 2), nullable=False))
    basis: str = words()
    piece_from: int | None = whole(null=True)
    piece_to: int | None = whole(null=True)
    protocol_id: UUID | None = ref("disinfection_protocol.protocol_id", null=True, index=False)
    protocol_state: str = words()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class Tube(SQLModel, table=True):
    """A sampling tube (采样管), numbered by the lab's kit; the result belongs to it."""

    __tablename__ = "tube"
    __table_args__ = (UniqueConstraint("lab_id", "tube_no"),)

    tube_id: UUID = key()
    tube_no: str = words()
    lab_id: UUID = ref("business.business_id", index=False)
    region_code: str = words()
    place: str | None = words(null=True)
    pool_limit: int | None = whole(null=True)  # how many samples one tube may pool, as the rule book said then
    sampled_at: datetime = moment()
    sampled_by_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class Sample(SQLModel, table=True):
    """What went into a tube: pieces of a batch, a zone, a vehicle, a worker, or something unlisted."""

    __tablename__ = "sample"
    __table_args__ = (
        one_of("sample_site", SAMPLE_SITES),
        one_of("basis", BASES),
        CheckConstraint(_RANGE, name="range"),
        CheckConstraint("num_nonnulls(batch_id, zone_id, vehicle_plate, worker_id, unlisted) = 1", name="subject"),
    )

    sample_id: UUID = key()
    tube_id: UUID = ref("tube.tube_id")
    batch_id: UUID | None = ref("batch.batch_id", null=True)
    zone_id: UUID | None = ref("zone.zone_id", null=True)
    vehicle_plate: str | None = words(null=True, index=True)
    worker_id: UUID | None = ref("worker.worker_id", null=True)
    unlisted: str | None = words(null=True)
    sample_site: str = words()
    basis: str = words()
    piece_from: int | None = whole(null=True)
    piece_to: int | None = whole(null=True)


class TestResult(SQLModel, table=True):
    """A lab's result for a tube; immutable, a correction supersedes visibly, on another tube too (R17)."""

    __tablename__ = "test_result"
    __table_args__ = (
        one_of("stage", STAGES),
        one_of("result", RESULTS),
        Index("uq_test_result_supersedes_id", "supersedes_id", unique=True),
        CheckConstraint("entered_for_lab = (photo_id IS NOT NULL)", name="photo"),
        CheckConstraint("supersedes_id IS NULL OR reason IS NOT NULL", name="reason"),
    )

    result_id: UUID = key()
    tube_id: UUID = ref("tube.tube_id")
    stage: str = words()
    result: str = words()
    received_at: datetime = moment()
    reported_at: datetime = moment()
    report_no: str = words()
    analyst_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    supersedes_id: UUID | None = ref("test_result.result_id", null=True, index=False)
    reason: str | None = words(null=True)  # why it supersedes
    entered_for_lab: bool = False  # by an officer, from the report's photograph (代录)
    photo_id: UUID | None = ref("stored_file.file_id", null=True, index=False)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class ResultConfirmation(SQLModel, table=True):
    """The laboratory says that what an officer entered for it is what it reported (R17)."""

    __tablename__ = "result_confirmation"

    result_id: UUID = ref("test_result.result_id", primary=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class ResultRelease(SQLModel, table=True):
    """An officer's recorded decision that a positive that isn't confirmed no longer locks anything (R8)."""

    __tablename__ = "result_release"

    result_id: UUID = ref("test_result.result_id", primary=True)
    tube_id: UUID = ref("tube.tube_id")
    reason: str = words()
    document_no: str | None = words(null=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class WatchCriterion(SQLModel, table=True):
    """What a running recall looks for; stored here so that registering a batch need not ask recall (R9)."""

    __tablename__ = "watch_criterion"
    __table_args__ = (UniqueConstraint("cause_id", "cause_version"),)

    watch_id: UUID = key()
    cause_id: UUID = ref(index=False)
    cause_version: int = whole()
    criterion: dict[str, Any] = document()
    recorded_at: datetime = moment()
    ended_at: datetime | None = moment(null=True)


class WatchMatch(SQLModel, table=True):
    """A batch registered after the announcement that matched; recall works it off into tasks in the same request."""

    __tablename__ = "watch_match"

    cause_id: UUID = ref(primary=True)
    cause_version: int = whole(primary=True)
    batch_id: UUID = ref("batch.batch_id", primary=True)
    recorded_at: datetime = moment()


class Flag(SQLModel, table=True):
    """Something an officer should look at (标记): a fact that stands out, no violation; closed with a reason."""

    __tablename__ = "flag"
    __table_args__ = (
        one_of("kind", FLAG_KINDS),
        Index("ix_flag_open", "region_code", "flag_id", postgresql_where=text("closed_at IS NULL")),
    )

    flag_id: UUID = key()
    kind: str = words()
    subject_kind: str = words()  # batch, arrival, consignment, stock_entry
    subject_id: UUID = ref()
    batch_id: UUID | None = ref("batch.batch_id", null=True)
    business_id: UUID | None = ref("business.business_id", null=True)
    region_code: str = words()
    data: dict[str, Any] = document()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    closed_at: datetime | None = moment(null=True)
    closed_by: UUID | None = ref(null=True, index=False)
    closed_reason: str | None = words(null=True)
