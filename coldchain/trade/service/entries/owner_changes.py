"""Change of owner: goods become another's where they lie (货权转移)."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.errors import Invalid, NotFound
from coldchain.ledger import postings
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.trade.service import lateness, parties, sending
from coldchain.trade.service.entries import core, reading
from coldchain.trade.service.entries.core import Document, Line
from coldchain.trade.service.parties import Receiver


def change_owner(session: Session, actor: Actor, *, to_owner: str | UUID, **given: Any) -> dict[str, Any]:
    """Make units of each batch another's; `given` as in `core.begin`; return the entry with its warnings.

    Judged as of now, whatever time it claims. Raises as `core.begin`, Invalid `same_owner`, `unknown_business`,
    Conflict `seller_not_active`, `receiver_not_active`, `gate_refused`, `locked`, `insufficient_stock`,
    `locked_down`, `circuit_breaker`, `business_suspended_by_decision` (R1, R8, R12, R14, R18).
    """
    receiver = _business(session, to_owner)
    document = core.begin(session, actor, "owner_change", to_owner_id=receiver.business_id, **given)
    if receiver.business_id == document.owner_id:
        raise Invalid.of("/to_owner", "same_owner", "These goods are this business's already.")
    warnings = sending.judge(session, document.figures, document.owner, document.site, intended=True)
    warnings += parties.judge_receiver(document.figures, Receiver(receiver, None, None, None, None))
    passage = lateness.judge(session, document.leaving(happened=False, gated=True))
    lines = [
        Line(
            batch_id,
            units,
            document.draft("owner_change", batch_id, entries(document, receiver.business_id, units)),
            verdict=passage.verdict(batch_id),
        )
        for batch_id, units in document.units.items()
    ]
    return reading.made(session, actor, core.write(session, actor, document, lines), warnings)


def entries(document: Document, to_owner_id: UUID, units: int) -> tuple[postings.Entry, postings.Entry]:
    """Return the entries of `units` that become another's in the document's zone."""
    return postings.change_owner(document.owner_id, to_owner_id, document.zone.zone_id, units)


def _business(session: Session, ref: str | UUID) -> Business:
    try:
        return registry.find_business(session, ref)
    except NotFound as error:
        raise Invalid.of("/to_owner", "unknown_business", "There is no such business.") from error
