"""The administrator's desk: who has an account, whether the program is well, how far the ledger is verified."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import Assignment, User
from coldchain.accounts.words import ROLES
from coldchain.core import clock
from coldchain.core.i18n import current_locale
from coldchain.journal import health
from coldchain.regions import service as regions
from coldchain.registry import service as registry

ACCOUNTS_SHOWN = 200

# What says whether each part of the program is well; the room of operations, which knows, adds itself.
readiness: list[Callable[[Session], dict[str, str]]] = []


def context(session: Session, _actor: Actor) -> dict[str, Any]:
    """Return accounts with whom they act for, the state of each part, and the journal's last checkpoint."""
    users = session.exec(select(User).order_by(col(User.username)).limit(ACCOUNTS_SHOWN + 1)).all()
    assigned: dict[Any, list[str]] = {}
    for assignment in session.exec(select(Assignment).where(col(Assignment.valid_to).is_(None))):
        assigned.setdefault(assignment.user_id, []).append(assignment.region_code)
    names = regions.names(session, {code for codes in assigned.values() for code in codes}, current_locale())
    businesses = registry.brief(session, (user.business_id for user in users))
    parts = {"journal": health.state(session)}
    for each in readiness:
        parts |= each(session)
    last = health.last_checkpoint(session)
    return {
        "as_of": clock.now(),
        "accounts": [
            (
                user,
                ROLES.get(user.role, user.role),
                businesses[user.business_id].name
                if user.business_id
                else ", ".join(names[code] for code in assigned.get(user.user_id, ())),
            )
            for user in users[:ACCOUNTS_SHOWN]
        ],
        "more_accounts": len(users) > ACCOUNTS_SHOWN,
        "parts": parts,
        "size": last.size if last else 0,
        "signed_at": last.signed_at if last else None,
        "origin": last.origin if last else "",
        "pending": health.pending(session),
    }
