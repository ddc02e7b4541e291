"""Loss: goods spoiled, broke or are gone (损耗). A fact, whenever it is told: never refused, told on under a lock."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.trade.service import lateness
from coldchain.trade.service.entries import core, reading, sales


def lose(session: Session, actor: Actor, **given: Any) -> dict[str, Any]:
    """Record that units of each batch were lost; return the entry with its warnings.

    Accepted for locked goods too: people must be able to tell the truth; the authority is told. Raises as `core.begin`,
    and Conflict `insufficient_stock` (R8, R10).
    """
    document = core.begin(session, actor, "loss", **given)
    leaving = document.leaving(happened=True, gated=False)
    passage = lateness.judge(session, leaving)
    lines = sales.lines_of(document, "lost", passage, lateness.as_fact(leaving))
    entry, told = core.leave(session, actor, document, leaving, lines, passage)
    return reading.made(session, actor, entry, told)
