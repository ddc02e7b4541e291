"""Forms that were sent when their sender had to sign in first: kept a short while, shown to the same person only."""

import json
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from coldchain.accounts.models import ParkedForm
from coldchain.accounts.service.actors import digest
from coldchain.core import clock, limits

LIFE = timedelta(minutes=limits.PARKED_MINUTES)
UNKEPT = ("csrf_token",)
SECRET = ("password", "current", "code", "pin")  # what a field that holds a secret is called


def park(
    session: Session, user_id: UUID, reason: str, address: str, fields: list[tuple[str, str]], *, had_files: bool
) -> str | None:
    """Keep what was sent to an address and return the secret to find it by; a person's earlier one is forgotten.

    None when it is too long, or holds a secret: those are typed again.
    """
    kept = [[name, text] for name, text in fields if name not in UNKEPT]
    if any(name in SECRET for name, _text in kept) or len(json.dumps(kept)) > limits.PARKED_CHARS:
        return None
    session.execute(delete(ParkedForm).where(col(ParkedForm.user_id) == user_id))
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        ParkedForm(
            parked_hash=digest(secret), user_id=user_id, reason=reason, address=address, fields=kept,
            had_files=had_files, created_at=now, expires_at=now + LIFE,
        )
    )  # fmt: skip
    session.flush()
    return secret


def parked(session: Session, secret: str | None, user_id: UUID | None) -> ParkedForm | None:
    """Return the form that a cookie's secret stands for, None when it is another person's or too old."""
    row = session.get(ParkedForm, digest(secret)) if secret else None
    if row is None or row.user_id != user_id or row.expires_at <= clock.now():
        return None
    return row


def take(session: Session, secret: str | None, user_id: UUID | None) -> ParkedForm | None:
    """Return the form to be shown now and remember that it was; it may be looked at again until it is too old."""
    row = parked(session, secret, user_id)
    if row is not None and row.shown_at is None:
        row.shown_at = clock.now()
    return row
