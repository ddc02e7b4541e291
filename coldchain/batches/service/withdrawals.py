"""Withdrawing an arrival that was entered by mistake or never came, while nothing of it has moved (R11).

Nothing is deleted: the stock is taken back by movements that name the intake which they correct.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Batch
from coldchain.batches.models_arrivals import ArrivalWithdrawal
from coldchain.batches.service.arrival_acts import grasp
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict
from coldchain.journal import service as journal
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Movement
from coldchain.ledger.postings import Draft, intake, reverse


def withdraw(
    session: Session, actor: Actor, arrival_id: UUID, *, reason: str, occurred_at: datetime | None = None
) -> UUID:
    """Take an arrival and all its batches back, and return its id.

    The books are as if the goods had never come, from the moment of their intake on. Raises NotFound, Forbidden;
    Conflict `already_moved` once something of it has moved (then its fields are corrected), `locked` while a batch is
    held: what an authority looks for doesn't vanish (an officer may withdraw what only was declared), and
    `arrival_withdrawn`; Invalid `in_future`.
    """
    held = grasp(session, actor, arrival_id, "arrival.correct")
    occurred = claimed(occurred_at)
    batches = {batch.batch_id: batch for batch in held.batches}
    ledger.lock_batches(session, batches, exclusive=True)
    moved = select(Movement.movement_id).where(col(Movement.batch_id).in_(batches), col(Movement.kind) != "intake")
    if session.exec(moved.limit(1)).first() is not None:
        raise Conflict(
            "Some of these goods have moved already, so the arrival stays. Correct what is wrong in it instead.",
            code="already_moved",
            extra={"corrections": f"/api/v1/arrivals/{arrival_id}/corrections"},
        )
    locked = holds.active(session, batches)
    if locked and not (actor.is_officer and held.arrival.arrived_at is None):
        raise holds.refusal(locked)
    movements = _take_back(session, actor, batches, held.arrival.owner_id, reason, held.on_behalf_of)
    for batch in batches.values():
        batch.status = "withdrawn"
        session.add(batch)
    session.add(
        ArrivalWithdrawal(
            arrival_id=arrival_id, reason=reason, occurred_at=occurred, recorded_at=clock.now(),
            recorded_by=actor.user_id, on_behalf_of=held.on_behalf_of,
        )
    )  # fmt: skip
    session.flush()
    journal.append(
        session,
        actor,
        kind="arrival.withdrawn",
        subject_id=arrival_id,
        occurred_at=occurred,
        business_id=held.arrival.owner_id,
        region_code=held.site.region_code,
        data={
            "reason": reason,
            "batch_ids": sorted(batches),
            "on_behalf_of": held.on_behalf_of,
            "movements": movements,
        },
    )
    return arrival_id


def _take_back(
    session: Session, actor: Actor, batches: dict[UUID, Batch], owner_id: UUID, reason: str, behalf: UUID | None
) -> list[dict[str, object]]:
    """Undo the intake of each batch that had one; return the movements as the journal tells them."""
    intakes = session.exec(
        select(Movement).where(col(Movement.batch_id).in_(batches)).order_by(col(Movement.movement_id))
    ).all()
    drafts = [
        Draft(
            kind="withdrawal",
            batch_id=movement.batch_id,
            entries=reverse(
                intake(owner_id, batches[movement.batch_id].zone_id, batches[movement.batch_id].quantity_units)
            ),
            occurred_at=movement.occurred_at,
            arrival_id=movement.arrival_id,
            corrects_id=movement.movement_id,
            reason=reason,
            on_behalf_of=behalf,
        )
        for movement in intakes
    ]
    return ledger.told(ledger.post(session, actor, drafts), drafts) if drafts else []
