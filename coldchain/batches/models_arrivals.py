"""Tables of what becomes of an arrival: taken in, withdrawn, corrected, shown on paper, drafted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, whole, words

ARRIVAL_FIELDS = ("container_no", "seal_no", "customs_declaration_no", "vehicle_plate")
BATCH_FIELDS = ("product_id", "batch_no", "production_date", "expiry_date")


class IntakeLine(SQLModel, table=True):
    """What was declared of a batch and what really came of it; 0 units: it didn't come."""

    __tablename__ = "intake_line"
    __table_args__ = (CheckConstraint("declared_units >= 1 AND received_units >= 0", name="quantities"),)

    batch_id: UUID = ref("batch.batch_id", primary=True)
    arrival_id: UUID = ref("arrival.arrival_id")
    declared_units: int = whole()
    declared_zone_id: UUID = ref("zone.zone_id", index=False)
    received_units: int = whole()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class ArrivalWithdrawal(SQLModel, table=True):
    """That an arrival was entered by mistake, or never came: taken back while nothing of it had moved."""

    __tablename__ = "arrival_withdrawal"

    arrival_id: UUID = ref("arrival.arrival_id", primary=True)
    reason: str = words()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class IdentityCorrection(SQLModel, table=True):
    """One field of an arrival (`batch_id` null) or of a batch: what it said, what is right (R11).

    The row of the arrival or batch holds the value that is right now; a trigger lets it change to what a correction
    says only. `corrects_id`: the correction of the same field that this one corrects in turn.
    """

    __tablename__ = "identity_correction"
    __table_args__ = (
        one_of("field", ARRIVAL_FIELDS + BATCH_FIELDS),
        CheckConstraint(
            "(batch_id IS NULL) = (field IN ('container_no', 'seal_no', 'customs_declaration_no', 'vehicle_plate'))",
            name="subject",
        ),
        CheckConstraint("former_value IS DISTINCT FROM value", name="differs"),
    )

    correction_id: UUID = key()
    arrival_id: UUID = ref("arrival.arrival_id")
    batch_id: UUID | None = ref("batch.batch_id", null=True)
    field: str = words()
    former_value: str | None = words(null=True)
    value: str = words()
    reason: str = words()
    corrects_id: UUID | None = ref("identity_correction.correction_id", null=True, index=False)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class ArrivalVoucher(SQLModel, table=True):
    """A photograph of the paper that an arrival was entered from (凭证照片)."""

    __tablename__ = "arrival_voucher"
    __table_args__ = (UniqueConstraint("arrival_id", "file_id"),)

    voucher_id: UUID = key()
    arrival_id: UUID = ref("arrival.arrival_id", index=False)
    file_id: UUID = ref("stored_file.file_id", index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class ArrivalDraft(SQLModel, table=True):
    """The form of an arrival that its writer has not sent yet, theirs alone; there may be several."""

    __tablename__ = "arrival_draft"

    draft_id: UUID = key()
    user_id: UUID = ref("app_user.user_id")
    owner_id: UUID = ref("business.business_id", index=False)
    fields: list[list[str]] = document()
    updated_at: datetime = moment()
