"""The page of the audit log, for the administrator: lines by person, kind, subject and days."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, render_template, request
from sqlmodel import Session, col, select

from coldchain.accounts import action_words
from coldchain.accounts.actor import Actor
from coldchain.accounts.audit_schemas import AuditQuery
from coldchain.accounts.models import AuditEvent, User
from coldchain.accounts.rights import Resource, authorize
from coldchain.accounts.service.audit import COMMAND_LINE, events, kinds
from coldchain.core.edge import edge
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, load, refusal
from coldchain.home import audit_words
from coldchain.home.blueprint import bp
from coldchain.registry import service as registry

PAGE_ROWS: Final = 20
SUBJECTS_SHOWN: Final = 3
LABELS: Final = {
    "person": _l("User name"),
    "kind": _l("What happened"),
    "subject": _l("About the id"),
    "date_from": _l("From the day"),
    "date_to": _l("To the day"),
}
PAGES: Final = {
    "batch": "/batches/",
    "arrival": "/arrivals/",
    "consignment": "/consignments/",
    "tube": "/tubes/",
    "recall": "/recalls/",
    "office": "/offices/",
}


@bp.get("/audit")
@edge("audit.read")
def audit_log(session: Session, actor: Actor) -> Any:
    """Show lines of the audit log, newest first."""
    authorize(actor, "audit.read", Resource())
    form = Form((name, text.strip()) for name, text in request.args.items() if text.strip())
    errors: dict[str, str] = {}
    query = load(AuditQuery(), Form())
    try:
        query = load(AuditQuery(), form)
    except REFUSALS as error:
        errors = refusal(error, LABELS)[0]
    rows, following = events(session, **(query | {"limit": PAGE_ROWS})) if not errors else ([], None)
    page = render_template(
        "audit/list.html",
        rows=shown(session, rows),
        following=following,
        values=form,
        kept=urlencode([(name, text) for name, text in form.items() if name != "cursor"]),
        kinds=[(code, audit_words.kind(code)) for code in kinds(session)],
        labels=LABELS,
        errors=errors,
    )
    return Response(page, 422 if errors else 200)


def shown(session: Session, rows: list[AuditEvent]) -> list[dict[str, Any]]:
    """Return lines with the names of accounts and businesses, in two more statements."""
    ids: set[UUID] = {i for row in rows for i in (row.user_id, *row.subjects) if i}
    users = {user.user_id: user for user in session.exec(select(User).where(col(User.user_id).in_(ids)))}
    businesses = registry.brief(session, ids)
    return [
        {
            "at": row.at,
            "who": users.get(row.user_id) if row.user_id else None,
            "kind": audit_words.kind(row.kind),
            "by_command": row.detail.get("source") == COMMAND_LINE,
            "action": action_words.WORDS.get(row.action or ""),
            "about": [_subject(row, each, users, businesses) for each in row.subjects[:SUBJECTS_SHOWN]],
            "more": max(0, len(row.subjects) - SUBJECTS_SHOWN),
            "detail": [words for name, value in row.detail.items() if (words := audit_words.detail(name, value))],
            "address": row.address,
            "request_id": row.request_id,
        }
        for row in rows
    ]


def _subject(row: AuditEvent, subject: UUID, users: dict[UUID, User], businesses: Any) -> tuple[str, str | None]:
    """Return how a subject is called and where it is shown."""
    if subject in users:
        return users[subject].username, f"/audit?person={users[subject].username}"
    if subject in businesses:
        return businesses[subject].name, f"/businesses/{subject}"
    words = audit_words.subject(row.subject_kind, subject)
    if row.subject_kind in PAGES:
        return words, f"{PAGES[row.subject_kind]}{subject}"
    return words, f"/audit?subject={subject}"
