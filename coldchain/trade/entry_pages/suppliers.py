"""Whom goods came from, to fill in the form of a return."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.batches.models import Arrival, Batch
from coldchain.core.page_forms import Form
from coldchain.trade.models import Consignment, ConsignmentLine


def fill(session: Session, owner_id: UUID, batch_ids: Sequence[UUID], form: Form) -> None:
    """Put the supplier of the first batch into a form: the last sender to this owner, else that of its arrival."""
    for batch_id in batch_ids[:1]:
        sender = session.scalar(
            select(col(Consignment.owner_id))
            .join(ConsignmentLine, col(ConsignmentLine.consignment_id) == col(Consignment.consignment_id))
            .where(
                col(ConsignmentLine.batch_id) == batch_id,
                col(Consignment.to_business_id) == owner_id,
                col(Consignment.purpose) == "delivery",
                col(Consignment.to_zone_id).is_not(None),
            )
            .order_by(col(Consignment.recorded_at).desc())
            .limit(1)
        )
        arrival = session.scalars(
            select(Arrival)
            .join(Batch, col(Batch.arrival_id) == col(Arrival.arrival_id))
            .where(col(Batch.batch_id) == batch_id, col(Batch.owner_id) == owner_id)
        ).first()
        supplier_id = sender or (arrival.supplier_id if arrival else None)
        if supplier_id is not None:
            form["to-business"] = str(supplier_id)
        elif arrival is not None and arrival.supplier_name:
            form["to-name"] = arrival.supplier_name
