"""Tables of consignments (发货单 / 送货单)."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, whole, words

HANDOVERS = ("await_confirmation", "signed_in_person")
PURPOSES = ("delivery", "return")  # a return goes back to whom the goods came from (退货)
CONSIGNMENT_STATES = ("in_transit", "confirmed", "disputed", "rejected", "signed")
ANSWER_KINDS = ("confirmed", "rejected", "disputed", "settled")
ANSWER_OUTCOMES = ("delivered", "surplus", "returned", "lost", "missing", "disputed")
ENTRY_KINDS = (
    "sale", "use", "loss", "relocation", "owner_change", "opening", "transformation", "destruction", "return",
    "stocktake", "split", "recovery", "correction",
)  # fmt: skip


def degrees() -> Any:
    """A temperature in °C that may be unknown, NUMERIC(6, 2)."""
    return Field(default=None, sa_column=Column(Numeric(6, 2), nullable=True))


class Consignment(SQLModel, table=True):
    """A dispatch that the buyer confirms, disputes or rejects, or that was signed in person."""

    __tablename__ = "consignment"
    __table_args__ = (
        one_of("handover", HANDOVERS),
        one_of("state", CONSIGNMENT_STATES),
        one_of("purpose", PURPOSES),
        CheckConstraint("(to_business_id IS NULL) = (to_name_id IS NOT NULL)", name="receiver"),
    )

    consignment_id: UUID = key()
    consignment_no: str = words(unique=True)
    owner_id: UUID = ref("business.business_id")
    from_zone_id: UUID = ref("zone.zone_id", index=False)
    from_site_id: UUID = ref("site.site_id")
    to_business_id: UUID | None = ref("business.business_id", null=True)
    to_name_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    to_phone_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    to_address_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    to_site_id: UUID | None = ref("site.site_id", null=True)
    carrier_id: UUID | None = ref("business.business_id", null=True)
    purpose: str = words()
    handover: str = words()
    state: str = words(index=True)
    vehicle_plate: str | None = words(null=True)
    driver_name_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    driver_phone_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    late: bool = False
    occurred_at: datetime = moment()
    recorded_at: datetime = moment(index=True)
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)
    answered_at: datetime | None = moment(null=True)
    answered_by: UUID | None = ref(null=True, index=False)
    answer_reason: str | None = words(null=True)
    to_zone_id: UUID | None = ref("zone.zone_id", null=True, index=False)
    departure_temperature_c: Decimal | None = degrees()
    arrival_temperature_c: Decimal | None = degrees()
    slip_file_id: UUID | None = ref("stored_file.file_id", null=True, index=False)  # photo of the signed slip


class ConsignmentLine(SQLModel, table=True):
    """Units of one batch in a consignment, with the verdict that let them leave."""

    __tablename__ = "consignment_line"
    __table_args__ = (
        UniqueConstraint("consignment_id", "batch_id"),
        CheckConstraint("quantity_units >= 1", name="quantity"),
        CheckConstraint("confirmed_units IS NULL OR confirmed_units >= 0", name="confirmed"),
        CheckConstraint("disputed_units >= 0", name="disputed"),
    )

    consignment_id: UUID = ref("consignment.consignment_id", primary=True)
    line_no: int = whole(primary=True)
    batch_id: UUID = ref("batch.batch_id")
    quantity_units: int = whole()
    confirmed_units: int | None = whole(null=True)
    disputed_units: int = whole()  # what sender and receiver don't agree on yet
    verdict: dict[str, Any] = document()


class ConsignmentAnswer(SQLModel, table=True):
    """One thing that receiver or sender said about a consignment: confirmed, rejected, disputed, settled."""

    __tablename__ = "consignment_answer"
    __table_args__ = (one_of("kind", ANSWER_KINDS),)

    answer_id: UUID = key()
    consignment_id: UUID = ref("consignment.consignment_id")
    kind: str = words()
    zone_id: UUID | None = ref("zone.zone_id", null=True, index=False)
    reason: str | None = words(null=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class ConsignmentAnswerLine(SQLModel, table=True):
    """What of one batch that answer is about: units delivered, in surplus, sent back, lost, missing or disputed."""

    __tablename__ = "consignment_answer_line"
    __table_args__ = (
        one_of("outcome", ANSWER_OUTCOMES),
        CheckConstraint("quantity_units >= 1", name="quantity"),
    )

    answer_id: UUID = ref("consignment_answer.answer_id", primary=True)
    line_no: int = whole(primary=True)
    batch_id: UUID = ref("batch.batch_id", index=False)
    outcome: str = words()
    quantity_units: int = whole()


class StandingConsent(SQLModel, table=True):
    """That an owner lets a keeper of its goods send them on, until it is withdrawn."""

    __tablename__ = "standing_consent"
    __table_args__ = (
        CheckConstraint("owner_id <> custodian_id", name="two"),
        Index(
            "uq_standing_consent_running", "owner_id", "custodian_id", unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    consent_id: UUID = key()
    owner_id: UUID = ref("business.business_id", index=False)
    custodian_id: UUID = ref("business.business_id")
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)
    ended_at: datetime | None = moment(null=True)
    ended_by: UUID | None = ref(null=True, index=False)


class StockEntry(SQLModel, table=True):
    """One document about goods in a zone (出入库单): sales, uses, moves, counts and corrections with their lines."""

    __tablename__ = "stock_entry"
    __table_args__ = (
        one_of("kind", ENTRY_KINDS),
        Index("ix_stock_entry_recorded", "recorded_at", "entry_id"),
    )

    entry_id: UUID = key()
    entry_no: str = words(unique=True)
    kind: str = words()
    owner_id: UUID = ref("business.business_id")
    zone_id: UUID = ref("zone.zone_id", index=False)
    site_id: UUID = ref("site.site_id")
    region_code: str = words(index=True)
    to_owner_id: UUID | None = ref("business.business_id", null=True)
    to_zone_id: UUID | None = ref("zone.zone_id", null=True)
    corrects_id: UUID | None = ref("stock_entry.entry_id", null=True)
    late: bool = False
    reason: str | None = words(null=True)
    detail: dict[str, Any] = document()  # what only this kind has: method, receiver, receipt, yield; no person's name
    witness_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    file_id: UUID | None = ref("stored_file.file_id", null=True, index=False)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class StockEntryLine(SQLModel, table=True):
    """Units of one batch in a stock entry; what a count found against the books; the verdict that let goods leave."""

    __tablename__ = "stock_entry_line"
    __table_args__ = (
        CheckConstraint("quantity_units >= 0", name="quantity"),
        CheckConstraint("book_units IS NULL OR book_units >= 0", name="book"),
    )

    entry_id: UUID = ref("stock_entry.entry_id", primary=True)
    line_no: int = whole(primary=True)
    batch_id: UUID = ref("batch.batch_id")
    quantity_units: int = whole()
    book_units: int | None = whole(null=True)
    movement_id: UUID | None = ref("movement.movement_id", null=True, index=False)  # none when a count agrees
    reason: str | None = words(null=True)
    verdict: dict[str, Any] | None = document(null=True)
