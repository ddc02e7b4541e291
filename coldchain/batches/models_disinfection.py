"""Tables of what disinfection services are asked for: the order, its end, what was done. Nothing is rewritten."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from coldchain.core.columns import key, moment, ref, words

ORDER_STATES = ("open", "done", "withdrawn")


class DisinfectionOrder(SQLModel, table=True):
    """A disinfection service is asked to treat an arrival or a batch (消毒委托)."""

    __tablename__ = "disinfection_order"
    __table_args__ = (CheckConstraint("(arrival_id IS NULL) <> (batch_id IS NULL)", name="target"),)

    order_id: UUID = key()
    arrival_id: UUID | None = ref("arrival.arrival_id", null=True)
    batch_id: UUID | None = ref("batch.batch_id", null=True)
    customer_id: UUID = ref("business.business_id")
    service_id: UUID = ref("business.business_id")
    site_id: UUID = ref("site.site_id")  # where the goods were to be treated when it was asked
    region_code: str = words(index=True)
    note: str | None = words(null=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class DisinfectionOrderEnd(SQLModel, table=True):
    """Whoever asked takes an order back before anything was done for it."""

    __tablename__ = "disinfection_order_end"

    order_id: UUID = ref("disinfection_order.order_id", primary=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class OrderedDisinfection(SQLModel, table=True):
    """Which service entered a disinfection as its own act for which order, and the certificate that it issued."""

    __tablename__ = "ordered_disinfection"
    __table_args__ = (Index("uq_ordered_disinfection_evidence_id", "evidence_id", unique=True),)

    disinfection_id: UUID = ref("disinfection.disinfection_id", primary=True)
    order_id: UUID = ref("disinfection_order.order_id")
    service_id: UUID = ref("business.business_id", index=False)
    evidence_id: UUID | None = ref("evidence.evidence_id", null=True, index=False)
