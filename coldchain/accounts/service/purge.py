"""What is not needed any more is deleted: old failures, ended sessions, spent links, kept answers."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_
from sqlmodel import Session, col

from coldchain.accounts.models import KnownDevice, ParkedForm, SignInFailure, SignInLink, UserSession
from coldchain.core import clock, limits
from coldchain.core.idempotency import IdempotencyRecord


def purge(session: Session) -> dict[str, int]:
    """Delete what is past its time and return how many rows of each table went."""
    now = clock.now()
    ended = now - timedelta(days=limits.SESSIONS_KEPT_DAYS)
    old: dict[Any, ColumnElement[bool]] = {
        SignInFailure: col(SignInFailure.at) < now - timedelta(hours=limits.FAILURE_HOURS),
        UserSession: or_(col(UserSession.expires_at) < ended, col(UserSession.revoked_at) < ended),
        SignInLink: or_(col(SignInLink.expires_at) < ended, col(SignInLink.used_at) < ended),
        KnownDevice: col(KnownDevice.expires_at) < now,
        ParkedForm: col(ParkedForm.expires_at) < now,
        IdempotencyRecord: col(IdempotencyRecord.recorded_at) < now - timedelta(days=limits.IDEMPOTENCY_DAYS),
    }
    gone = {}
    for model, condition in old.items():
        result: Any = session.execute(delete(model).where(condition).execution_options(synchronize_session=False))
        gone[str(model.__tablename__)] = int(result.rowcount)
    return gone
