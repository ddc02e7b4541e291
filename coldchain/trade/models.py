"""Tables of consignments (发货单 / 送货单)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, whole, words

HANDOVERS = ("await_confirmation", "signed_in_person")
CONSIGNMENT_STATES = ("in_transit", "confirmed", "disputed", "rejected", "signed")


class Consignment(SQLModel, table=True):
    """A dispatch that the buyer confirms, disputes or rejects, or that was signed in person."""

    __tablename__ = "consignment"
    __table_args__ = (
        one_of("handover", HANDOVERS),
        one_of("state", CONSIGNMENT_STATES),
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
    to_address: str | None = words(null=True)
    to_site_id: UUID | None = ref("site.site_id", null=True)
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


class ConsignmentLine(SQLModel, table=True):
    """Units of one batch in a consignment, with the verdict that let them leave."""

    __tablename__ = "consignment_line"
    __table_args__ = (
        UniqueConstraint("consignment_id", "batch_id"),
        CheckConstraint("quantity_units >= 1", name="quantity"),
        CheckConstraint("confirmed_units IS NULL OR confirmed_units >= 0", name="confirmed"),
    )

    consignment_id: UUID = ref("consignment.consignment_id", primary=True)
    line_no: int = whole(primary=True)
    batch_id: UUID = ref("batch.batch_id")
    quantity_units: int = whole()
    confirmed_units: int | None = whole(null=True)
    verdict: dict[str, Any] = document()
