"""The audit log over HTTP, for the administrator."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.audit_schemas import AuditPage, AuditQuery
from coldchain.accounts.rights import Resource, authorize
from coldchain.accounts.service.audit import describe, events
from coldchain.core.edge import Blueprint, edge

blp = Blueprint("audit", __name__, url_prefix="/api/v1", description="Who signed in, was refused, read personal data")


@blp.route("/audit-events")
@blp.arguments(AuditQuery, location="query")
@edge("audit.read")
@blp.response(200, AuditPage)
def list_audit_events(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List lines of the audit log, newest first, by person, kind, subject and days."""
    authorize(actor, "audit.read", Resource())
    rows, following = events(session, **query)
    return {"items": describe(session, rows), "next": following}
