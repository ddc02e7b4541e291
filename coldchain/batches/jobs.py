"""Judging batches anew after the rules changed, apart from the request that changed them.

The gate itself is always judged live; it is the status that lists show which is brought up to date here, a few hundred
batches a transaction. Done twice it changes nothing the second time.
"""

from typing import Final
from uuid import UUID

from sqlmodel import col, select

from coldchain.batches.models import NOT_HERE, Batch
from coldchain.batches.service.gate import settle_status
from coldchain.core import db, jobs
from coldchain.ledger.models import Holding
from coldchain.regions.tree import stem
from coldchain.registry.service import measures

AT_ONCE: Final = 200


@jobs.task(measures.REJUDGE)
def rejudge(producer_id: str | None = None, region_code: str | None = None) -> None:
    """Bring the status of batches in stock up to date: those of a producer, or that came in within a region."""
    after = UUID(int=0)
    while True:
        with db.transaction() as session:
            wanted = select(Batch.batch_id).where(
                col(Batch.batch_id) > after,
                col(Batch.status).not_in(NOT_HERE),
                col(Batch.batch_id).in_(select(col(Holding.batch_id)).where(col(Holding.quantity_units) > 0)),
            )
            if producer_id is not None:
                same = measures.same_producers(session, UUID(producer_id))
                wanted = wanted.where(col(Batch.producer_id).in_(same))
            if region_code is not None:
                wanted = wanted.where(col(Batch.region_code).like(f"{stem(region_code)}%"))
            rows = list(session.exec(wanted.order_by(col(Batch.batch_id)).limit(AT_ONCE)))
            if not rows:
                return
            settle_status(session, rows)
            after = rows[-1]
