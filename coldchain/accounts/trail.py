"""What the edge tells the audit log: who read whose personal data, and who was refused what.

A reading is one line of the request's own transaction, written before it commits. A refusal rolls that back: its line
is written afterwards, in a transaction of its own. What is hidden and what does not exist leave the same line, since
telling them apart would cost a statement that a stranger could time.
"""

import logging
from typing import Any
from uuid import UUID

from flask import Flask, Response, g, request
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from coldchain.accounts.service.audit import audit
from coldchain.core import clock, edge, limits
from coldchain.core.db import transaction
from coldchain.journal import personal

log = logging.getLogger(__name__)

REFUSED = {403, 404}
_PEOPLE_MAX = 10_000
_counted: dict[UUID, tuple[int, int]] = {}  # user → (minute, refusals written in it)


class Witness:
    """What the edge calls after a view has answered and before its transaction ends."""

    def saw(self, session: Session, actor: Any, permission: str) -> None:
        """Write one line if values were shown to somebody who is not of the business in whose record they stand."""
        own = actor.business_id if actor is not None else None
        foreign = {i: b for i, b in personal.shown(session).items() if own is None or b != own}
        if foreign:
            whose = sorted({b for b in foreign.values() if b is not None})
            audit(
                session,
                "personal_read",
                actor.user_id if actor is not None else None,
                action=permission,
                subject_kind="personal",
                subjects=[*whose, *foreign],
                page=request.endpoint,
                values=str(len(foreign)),
            )


def _within_bounds(user_id: UUID) -> int | None:
    """Count a refusal and return how many there were in this minute, None when no more are written."""
    minute = int(clock.now().timestamp()) // 60
    if len(_counted) >= _PEOPLE_MAX:
        _counted.clear()
    since, count = _counted.get(user_id, (minute, 0))
    count = count + 1 if since == minute else 1
    _counted[user_id] = (minute, count)
    return count if count <= limits.AUDIT_REFUSALS_PER_MIN else None


def _refused() -> tuple[int, str] | None:
    """Return status and code of a refusal for want of a right, or None.

    A 404 counts where the address or the body named a thing; a plain wrong address does not.
    """
    refused: tuple[int, str] | None = g.get("refused")
    if refused is None or refused[0] not in REFUSED or g.get("actor") is None or request.endpoint is None:
        return None
    permission = edge.permission_of_view(request.endpoint)
    if permission is None or permission == edge.PUBLIC:
        return None
    named = bool(request.view_args) or request.method not in {"GET", "HEAD"}
    return refused if refused[0] == 403 or named else None


def _record(response: Response) -> Response:
    """Write down a refusal; an audit log that can't be written changes no answer."""
    refused = _refused()
    if refused is None:
        return response
    user_id = g.actor.user_id
    count = _within_bounds(user_id)
    if count is None:
        return response
    names = {name: value for name, value in (request.view_args or {}).items() if isinstance(value, UUID)}
    try:
        with transaction() as session:
            audit(
                session,
                "refused",
                user_id,
                action=edge.permission_of_view(request.endpoint or ""),
                subject_kind=next(iter(names), "").removesuffix("_id") or None,
                subjects=names.values(),
                page=request.endpoint,
                status=str(refused[0]),
                code=refused[1],
                note="further_ones_of_this_minute_are_not_written" if count == limits.AUDIT_REFUSALS_PER_MIN else None,
            )
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        log.warning("a refusal could not be written to the audit log: %s", reason)
    return response


def install(app: Flask) -> None:
    """Write down refusals of every request of a signed-in person."""
    app.after_request(_record)
