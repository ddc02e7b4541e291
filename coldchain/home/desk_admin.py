"""The administrator's desk: how many accounts, whether the program is well, how far the ledger is verified."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.service import admin
from coldchain.accounts.words import ROLES
from coldchain.core import clock
from coldchain.journal import health

# What says whether each part of the program is well; the room of operations, which knows, adds itself.
readiness: list[Callable[[Session], dict[str, str]]] = []


def context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return how many accounts of each role there are, the state of each part, and the journal's last checkpoint."""
    parts = {"journal": health.state(session)}
    for each in readiness:
        parts |= each(session)
    last = health.last_checkpoint(session)
    counts = admin.count_by_role(session, actor)
    return {
        "as_of": clock.now(),
        "accounts": [(role, word, counts.get(role, 0)) for role, word in ROLES.items()],
        "accounts_total": sum(counts.values()),
        "parts": parts,
        "size": last.size if last else 0,
        "signed_at": last.signed_at if last else None,
        "origin": last.origin if last else "",
        "pending": health.pending(session),
    }
