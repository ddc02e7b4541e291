"""Sale: goods leave a zone to consumers, one by one or the whole day's in one entry (销售出库)."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.ledger import postings
from coldchain.trade.service import dating, lateness, sending
from coldchain.trade.service.entries import core, reading
from coldchain.trade.service.entries.core import Document, Line
from coldchain.trade.service.lateness import Passage


def sell(session: Session, actor: Actor, **given: Any) -> dict[str, Any]:
    """Record that units of each batch were sold; `given` as in `core.begin`; return the entry with its warnings.

    Entered more than `late_after_min` after it happened it is a fact: accepted despite gate, lock and stop. Raises as
    `core.begin`, and Conflict `gate_refused`, `locked`, `insufficient_stock`, `seller_not_active`,
    `locked_down`, `circuit_breaker`, `business_suspended_by_decision` (R1, R8, R10, R12, R14, R18).
    """
    document = core.begin(session, actor, "sale", **given)
    warnings = sending.judge(session, document.figures, document.owner, document.site, intended=not document.late)
    return consume(session, actor, document, "sold", warnings)


def consume(
    session: Session, actor: Actor, document: Document, account: str, warnings: list[dict[str, Any]]
) -> dict[str, Any]:
    """Take a document's goods out of its zone onto `account`, if the gate and no lock says no (R1, R8).

    Goods past their date are entered all the same, the books say what happened: with a warning `expired`.
    """
    leaving = document.leaving(happened=document.late, gated=True)
    passage = lateness.judge(session, leaving)
    lines = lines_of(document, account, passage, lateness.as_fact(leaving))
    entry, told = core.leave(session, actor, document, leaving, lines, passage)
    return reading.made(
        session, actor, entry, [*warnings, *told, *dating.judge(session, document.units, document.occurred_at)]
    )


def lines_of(document: Document, account: str, passage: Passage, marks: dict[str, Any]) -> list[Line]:
    """Return a line for each batch of a document: its units go onto `account`."""
    return [
        Line(
            batch_id,
            units,
            document.draft(
                document.kind,
                batch_id,
                postings.leave(account, document.owner_id, document.zone.zone_id, units),
                **marks,
            ),
            verdict=passage.verdict(batch_id),
        )
        for batch_id, units in document.units.items()
    ]
