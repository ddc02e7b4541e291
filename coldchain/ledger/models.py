"""Tables of the ledger. `movement` and `posting` are append-only; `holding` is their running sum in custody."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import SQLModel

from coldchain.core.columns import key, moment, one_of, ref, whole, words

CUSTODY = ("zone", "transit", "processing")
EXTERNAL = ("opening", "found", "sold", "used", "transformed", "destroyed", "lost", "missing", "returned")
MOVEMENT_KINDS = (
    "intake", "withdrawal", "dispatch", "confirmation", "rejection", "sale", "use", "relocation", "owner_change",
    "opening_of_piece", "transformation", "destruction", "return", "stocktake", "split", "recovery", "correction",
    "loss", "settlement", "merging",
)  # fmt: skip
CAUSE_KINDS = ("recall", "result", "inspection")
HOLD_GRADES = ("amber", "red", "sealed", "confirmed")  # sealed: the physical act, cause `inspection`


class Movement(SQLModel, table=True):
    """One event that moves units of one batch; its postings sum to zero (R10)."""

    __tablename__ = "movement"
    __table_args__ = (
        one_of("kind", MOVEMENT_KINDS),
        Index("ix_movement_batch_time", "batch_id", "occurred_at"),
        Index("ix_movement_entry", "entry_id", postgresql_where=text("entry_id IS NOT NULL")),
    )

    movement_id: UUID = key()
    batch_id: UUID = ref("batch.batch_id", index=False)
    kind: str = words()
    arrival_id: UUID | None = ref(null=True)
    consignment_id: UUID | None = ref(null=True)
    entry_id: UUID | None = ref(null=True, index=False)  # the document (出入库单) of trade that it belongs to
    corrects_id: UUID | None = ref("movement.movement_id", null=True)
    reason: str | None = words(null=True)
    late: bool = False
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


_PLACE = """
    (account = 'zone' AND zone_id IS NOT NULL AND consignment_id IS NULL) OR
    (account = 'transit' AND zone_id IS NULL AND consignment_id IS NOT NULL) OR
    (account = 'processing' AND zone_id IS NOT NULL AND consignment_id IS NULL)"""


class Posting(SQLModel, table=True):
    """One side of a movement: signed units on the account (owner, zone), or on an external account."""

    __tablename__ = "posting"
    __table_args__ = (
        one_of("account", CUSTODY + EXTERNAL),
        CheckConstraint("quantity_units <> 0", name="quantity"),
        CheckConstraint(f"account NOT IN ('zone', 'transit', 'processing') OR {_PLACE}", name="place"),
        Index("ix_posting_batch", "batch_id", "account", "owner_id"),
        Index("ix_posting_varied", "batch_id", "owner_id", postgresql_where=text("account IN ('found', 'missing')")),
        UniqueConstraint("movement_id", "line_no"),
    )

    posting_id: UUID = key()
    movement_id: UUID = ref("movement.movement_id", index=False)
    line_no: int = whole()
    batch_id: UUID = ref("batch.batch_id", index=False)
    account: str = words()
    owner_id: UUID = ref("business.business_id")
    zone_id: UUID | None = ref("zone.zone_id", null=True)
    consignment_id: UUID | None = ref(null=True)
    quantity_units: int = whole()


class Holding(SQLModel, table=True):
    """What is in one custody account now; the sum of its postings, kept in the same transaction."""

    __tablename__ = "holding"
    __table_args__ = (
        one_of("account", CUSTODY),
        CheckConstraint("quantity_units >= 0", name="quantity"),
        CheckConstraint("held_units BETWEEN 0 AND quantity_units", name="held"),
        CheckConstraint(_PLACE, name="place"),
        Index(
            "uq_holding_account", "batch_id", "account", "owner_id", "zone_id", "consignment_id", unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip

    holding_id: UUID = key()
    batch_id: UUID = ref("batch.batch_id", index=False)
    account: str = words()
    owner_id: UUID = ref("business.business_id")
    zone_id: UUID | None = ref("zone.zone_id", null=True)
    consignment_id: UUID | None = ref(null=True)
    quantity_units: int = whole()
    held_units: int = whole()


class Hold(SQLModel, table=True):
    """A block on stock in the books, with its cause and the cause's version; ends exactly with its cause (R8).

    `holding_id` null: every holding of the batch, present and future. `quantity_units` null: the whole of it.
    """

    __tablename__ = "hold"
    __table_args__ = (
        one_of("cause_kind", CAUSE_KINDS),
        one_of("grade", HOLD_GRADES),
        CheckConstraint("quantity_units IS NULL OR (quantity_units > 0 AND holding_id IS NOT NULL)", name="part"),
        Index("ix_hold_active", "batch_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_hold_cause", "cause_kind", "cause_id", "cause_version"),
    )

    hold_id: UUID = key()
    batch_id: UUID = ref("batch.batch_id", index=False)
    holding_id: UUID | None = ref("holding.holding_id", null=True)
    quantity_units: int | None = whole(null=True)
    grade: str = words()
    cause_kind: str = words()
    cause_id: UUID = ref(index=False)
    cause_version: int = whole()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    ended_at: datetime | None = moment(null=True)
    ended_reason: str | None = words(null=True)
    ended_by: UUID | None = ref(null=True, index=False)
