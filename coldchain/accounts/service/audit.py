"""The audit log: what people did to rights and sign-ins."""

from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.models import AuditEvent
from coldchain.core import clock


def audit(session: Session, kind: str, user_id: UUID | None, **detail: str | None) -> None:
    """Add a line to the audit log; what is None is left out."""
    session.add(
        AuditEvent(
            at=clock.now(),
            user_id=user_id,
            kind=kind,
            detail={name: value for name, value in detail.items() if value is not None},
        )
    )
