"""Goods that are destroyed or returned go whatever holds them, if it is said where to and what shows it (R8)."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.errors import FieldError, Invalid
from coldchain.core.i18n import N_
from coldchain.ledger import service as ledger
from coldchain.trade.models import StockEntry
from coldchain.trade.service import lateness
from coldchain.trade.service.entries import core, sales
from coldchain.trade.service.lateness import Passage

UNPROVEN: str = N_("It is not said who took these goods and which receipt shows it: keep the papers.")


def dispose(
    session: Session, actor: Actor, kind: str, account: str, proof: Mapping[str, str | None], given: Mapping[str, Any]
) -> tuple[StockEntry, list[dict[str, str]]]:
    """Take goods out of custody onto `account`, held units first; return the entry and warnings.

    `proof`: JSON pointer → what was said; all of it is needed when held units go. Raises Invalid `required` at each
    pointer, and what `core.begin` and `core.write` raise.
    """
    document = core.begin(session, actor, kind, **given)
    ledger.lock_batches(session, document.units, exclusive=True)
    lacking = [pointer for pointer, said in proof.items() if said is None]
    if lacking and lateness.held_units(session, document.leaving(happened=True, gated=False)):
        message = N_("Locked goods leave only if it is said who took them and what shows it.")
        raise Invalid(errors=[FieldError(pointer, "required", message) for pointer in lacking])
    lines = sales.lines_of(document, account, Passage(), dict(core.PASSES_LOCKS))
    entry = core.write(session, actor, document, lines)
    return entry, [{"code": "unproven", "message": UNPROVEN}] if lacking else []
