"""What the receiver answers: confirm what came into a zone of theirs, or reject it. An answer is final.

Goods that already travel arrive whatever is locked meanwhile, and carry the lock along (R8).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.batches import watch
from coldchain.batches.models import Batch
from coldchain.batches.storage import fits
from coldchain.core import clock, limits
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from coldchain.core.i18n import N_
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.ledger import postings
from coldchain.ledger import service as ledger
from coldchain.ledger.postings import Draft
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Site, Zone
from coldchain.registry.service.reach import on_behalf_of
from coldchain.trade import states
from coldchain.trade.models import Consignment, ConsignmentLine
from coldchain.trade.service import reading

DIFFERS: Final = "quantity_differs"


def confirm(
    session: Session,
    actor: Actor,
    consignment_id: UUID,
    *,
    zone_id: UUID,
    lines: Sequence[Mapping[str, Any]],
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Put all of a consignment into a zone of the receiver's, now the receiver's goods; return the consignment.

    Raises NotFound, Forbidden for who isn't the receiver, Conflict `wrong_state`, `receiver_not_registered`,
    `zone_not_dedicated` (R4), Invalid `quantity_differs` when the lines aren't exactly what was sent.
    """
    consignment, involved = _open(session, actor, consignment_id)
    _require_answerer(actor, consignment, involved)
    buyer_id = consignment.to_business_id
    if buyer_id is None:
        raise Conflict("The receiver has no account to confirm into.", code="receiver_not_registered")
    _require_state(consignment, states.CONFIRMED)
    occurred = _answered_at(consignment, occurred_at)
    sent = _sent(session, consignment_id)
    _require_same(sent, lines)
    zone, site = _receiving_zone(session, actor, zone_id, buyer_id)
    _require_fitting(session, zone, list(sent))
    drafts = [
        Draft(
            "confirmation",
            batch_id,
            postings.confirm(consignment.owner_id, buyer_id, zone_id, consignment_id, units),
            occurred,
            consignment_id=consignment_id,
            on_behalf_of=on_behalf_of(actor, buyer_id),
            moves_locked=True,
        )
        for batch_id, units in sent.items()
    ]
    movements = ledger.told(ledger.post(session, actor, drafts), drafts)
    watch.tell_moved(session, actor, watch.Moved(sent, buyer_id, zone_id, consignment_id))
    session.execute(
        update(ConsignmentLine)
        .where(col(ConsignmentLine.consignment_id) == consignment_id)
        .values(confirmed_units=col(ConsignmentLine.quantity_units))
    )
    consignment.to_zone_id, consignment.to_site_id = zone_id, site.site_id
    _close(session, actor, consignment, states.CONFIRMED, None)
    journal.append(
        session,
        actor,
        kind="consignment.confirmed",
        subject_id=consignment_id,
        occurred_at=occurred,
        business_id=buyer_id,
        region_code=site.region_code,
        data={
            "to_zone_id": zone_id,
            "to_site_id": site.site_id,
            "on_behalf_of": on_behalf_of(actor, buyer_id),
            "lines": [{"batch_id": batch_id, "quantity_units": units} for batch_id, units in sent.items()],
            "movements": movements,
        },
    )
    return reading.describe(session, consignment)


def reject(
    session: Session, actor: Actor, consignment_id: UUID, *, reason: str, occurred_at: datetime | None = None
) -> dict[str, Any]:
    """Send all of a consignment back to the zone that it left; return the consignment.

    By the receiver, or an officer of its region; goods for a name and a phone are called back by an officer of the
    region that they left. Raises NotFound, Forbidden, Conflict `wrong_state`.
    """
    consignment, involved = _open(session, actor, consignment_id)
    _require_answerer(actor, consignment, involved)
    _require_state(consignment, states.REJECTED)
    occurred = _answered_at(consignment, occurred_at)
    sent = _sent(session, consignment_id)
    behalf = on_behalf_of(actor, consignment.to_business_id or consignment.owner_id)
    drafts = [
        Draft(
            "rejection",
            batch_id,
            postings.reject(consignment.owner_id, consignment.from_zone_id, consignment_id, units),
            occurred,
            consignment_id=consignment_id,
            on_behalf_of=behalf,
            moves_locked=True,
        )
        for batch_id, units in sent.items()
    ]
    movements = ledger.told(ledger.post(session, actor, drafts), drafts)
    watch.tell_moved(session, actor, watch.Moved(sent, consignment.owner_id, consignment.from_zone_id, consignment_id))
    session.execute(
        update(ConsignmentLine).where(col(ConsignmentLine.consignment_id) == consignment_id).values(confirmed_units=0)
    )
    _close(session, actor, consignment, states.REJECTED, reason)
    kept = personal.keep(session, reason)
    journal.append(
        session,
        actor,
        kind="consignment.rejected",
        subject_id=consignment_id,
        occurred_at=occurred,
        business_id=consignment.to_business_id or consignment.owner_id,
        region_code=involved.answering_region,
        data={
            "back_to_zone_id": consignment.from_zone_id,
            "reason_id": kept and kept.personal_id,
            "reason": kept and kept.commitment,
            "on_behalf_of": behalf,
            "lines": [{"batch_id": batch_id, "quantity_units": units} for batch_id, units in sent.items()],
            "movements": movements,
        },
    )
    return reading.describe(session, consignment)


def _open(session: Session, actor: Actor, consignment_id: UUID) -> tuple[Consignment, reading.Involved]:
    """Return the consignment, locked until the end of the transaction. Raises NotFound for who may not see it.

    Rows that name it may still be written: an announcement that waits for nothing of ours makes a task for its goods.
    """
    consignment = session.get(Consignment, consignment_id, with_for_update={"key_share": True}, populate_existing=True)
    if consignment is None:
        raise NotFound("There is no such consignment.")
    involved = reading.involved(session, consignment)
    if not may(actor, "trade.read", involved.resource):
        raise NotFound("There is no such consignment.")
    return consignment, involved


def _require_answerer(actor: Actor, consignment: Consignment, involved: reading.Involved) -> None:
    answering = Resource.of(consignment.to_business_id, regions=[involved.answering_region])
    if not may(actor, "trade.answer", answering):
        raise Forbidden("Only the receiver, or an officer of its region, answers a consignment.")


def _require_state(consignment: Consignment, answer: str) -> None:
    if not states.may_become(consignment.state, answer):
        raise Conflict(
            "This consignment was answered already or can't be answered so.",
            code="wrong_state",
            extra={"state": consignment.state},
        )


def _answered_at(consignment: Consignment, occurred_at: datetime | None) -> datetime:
    occurred = claimed(occurred_at)
    if occurred + timedelta(seconds=limits.CLOCK_SKEW_S) < consignment.occurred_at:
        raise Invalid.of("/occurred_at", "before_dispatch", "The goods were not sent yet at that time.")
    return occurred


def _sent(session: Session, consignment_id: UUID) -> dict[UUID, int]:
    rows = session.execute(
        select(col(ConsignmentLine.batch_id), col(ConsignmentLine.quantity_units))
        .where(col(ConsignmentLine.consignment_id) == consignment_id)
        .order_by(col(ConsignmentLine.line_no))
    )
    return {row.batch_id: row.quantity_units for row in rows}


def _require_same(sent: Mapping[UUID, int], lines: Sequence[Mapping[str, Any]]) -> None:
    """Raise Invalid unless the lines name exactly what was sent."""
    named: set[UUID] = set()
    for number, line in enumerate(lines):
        batch_id, pointer = line["batch_id"], f"/lines/{number}"
        if batch_id in named:
            raise Invalid.of(f"{pointer}/batch_id", "duplicate_batch", "Name each batch once.")
        named.add(batch_id)
        if batch_id not in sent:
            raise Invalid.of(f"{pointer}/batch_id", "not_in_consignment", "This batch is not in the consignment.")
        if line["quantity_units"] != sent[batch_id]:
            message = N_("{sent} units were sent: confirm all of them, or reject the consignment.")
            raise _differs(FieldError(f"{pointer}/quantity_units", DIFFERS, message, {"sent": sent[batch_id]}))
    missing = sent.keys() - named
    if missing:
        message = N_("{count} batches of the consignment are not named: confirm all, or reject the consignment.")
        raise _differs(FieldError("/lines", DIFFERS, message, {"count": len(missing)}))


def _differs(error: FieldError) -> Invalid:
    return Invalid("The quantity differs from what was sent.", code=DIFFERS, errors=[error])


def _receiving_zone(session: Session, actor: Actor, zone_id: UUID, buyer_id: UUID) -> tuple[Zone, Site]:
    zone, site = registry.site_of_zone(session, zone_id)
    if site.business_id != buyer_id:
        if may(actor, "site.read", Resource.of(site.business_id, regions=[site.region_code])):
            raise Invalid.of("/zone_id", "not_receivers_zone", "This zone is not the receiver's.")
        raise NotFound("There is no such zone.")
    return zone, site


def _require_fitting(session: Session, zone: Zone, batch_ids: list[UUID]) -> None:
    """Raise Conflict `zone_not_dedicated` for goods that may not be stored there when it is intended (R4)."""
    rows = session.execute(
        select(col(Batch.batch_id), col(Product.imported))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Batch.batch_id).in_(batch_ids))
    )
    wrong = sorted(str(batch_id) for batch_id, imported in rows if not fits(zone.kind, imported))
    if wrong:
        raise Conflict(
            "Imported goods go into a zone of their own, other goods not into it: choose another zone.",
            code="zone_not_dedicated",
            extra={"batch_ids": wrong, "zone_kind": zone.kind},
        )


def _close(session: Session, actor: Actor, consignment: Consignment, state: str, reason: str | None) -> None:
    consignment.state = state
    consignment.answered_at, consignment.answered_by = clock.now(), actor.user_id
    consignment.answer_reason = reason
    session.add(consignment)
    session.flush()
