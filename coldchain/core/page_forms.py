"""Forms of pages: the same schemas as the API, refusals shown beside their fields, everything typed kept.

A view tries its service inside `attempt`, so that a refusal leaves nothing half done although the page itself is
answered in the same transaction. `once` makes the second click of an impatient hand the same act as the first.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import marshmallow as ma
from flask import Response, redirect
from sqlalchemy import func, select
from sqlmodel import Session
from werkzeug.datastructures import MultiDict

from coldchain.core import clock, forms, limits, pages, problems
from coldchain.core.errors import DomainError
from coldchain.core.i18n import gettext as _
from coldchain.core.idempotency import IdempotencyRecord

ONCE = "_once"
Form = MultiDict[str, str]
_SPLIT = re.compile(r"[\s,，;；、]+")


def load(schema: ma.Schema, form: Form) -> dict[str, Any]:
    """Return what a form says, through the schema that JSON goes through. Raises ValidationError."""
    loaded: dict[str, Any] = schema.load(forms.nested(schema, form.items(multi=True)))
    return loaded


def copy(form: Form) -> Form:
    """Return a form's fields that may be changed, without the token."""
    kept: Form = MultiDict((name, text) for name, text in form.items(multi=True) if name != "csrf_token")
    return kept


def filled(value: Any, prefix: str = "") -> Form:
    """Return the form that a nested value fills: a list of plain values repeats its name, None leaves a field empty."""
    form: Form = MultiDict()
    if isinstance(value, Mapping):
        for name, inner in value.items():
            form.update(filled(inner, f"{prefix}-{name}" if prefix else name))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            form.update(filled(inner, f"{prefix}-{index}" if isinstance(inner, Mapping) else prefix))
    elif isinstance(value, bool):
        form.add(prefix, "true" if value else "false")
    elif isinstance(value, datetime):
        form.add(prefix, pages.form_moment(value))
    elif value is not None:
        form.add(prefix, str(value))
    return form


def several(text: str) -> list[str]:
    """Return the values typed into one box, parted by blanks, line ends, commas or semicolons."""
    return [part for part in _SPLIT.split(text) if part]


def change_lines(form: Form, group: str, least: int = 1) -> tuple[Form, int, bool]:
    """Return the form after its add or remove button, how many lines it shows, and whether such a button was pressed.

    No more than LINES_PER_REQUEST are shown, whatever a form claims. Names of lines are `group-0-…` and, for the page's
    own, `_group-0-…`.
    """
    changed = copy(form)
    indexes = {int(found[1]) for name in changed if (found := re.match(rf"_?{group}-(\d{{1,4}})-", name))}
    count = min(max([least, *(index + 1 for index in indexes)]), limits.LINES_PER_REQUEST)
    if changed.get("_add") == group:
        changed.poplist("_add")
        return changed, min(count + 1, limits.LINES_PER_REQUEST), True
    removed = re.fullmatch(rf"{group}-(\d{{1,4}})", changed.get("_remove", ""))
    if removed is None:
        return changed, count, False
    changed.poplist("_remove")
    if int(removed[1]) < count and count > least:
        return _without(changed, group, int(removed[1])), count - 1, True
    return changed, count, True


def _without(form: Form, group: str, gone: int) -> Form:
    kept: Form = MultiDict()
    for name, text in form.items(multi=True):
        found = re.match(rf"(_?{group}-)(\d{{1,4}})(-.*)", name)
        if found is None or int(found[2]) < gone:
            kept.add(name, text)
        elif int(found[2]) > gone:
            kept.add(f"{found[1]}{int(found[2]) - 1}{found[3]}", text)
    return kept


@contextmanager
def attempt(session: Session) -> Iterator[None]:
    """Undo everything inside the block when it raises, and go on with the request."""
    with session.begin_nested():
        yield


@contextmanager
def trial(session: Session) -> Iterator[None]:
    """Undo everything inside the block in any case: what would happen is seen, nothing does."""
    nested = session.begin_nested()
    try:
        yield
    finally:
        if nested.is_active:
            nested.rollback()


def refusal(error: Exception, labels: Mapping[str, Any] | None = None) -> tuple[dict[str, str], int]:
    """Return `{form name: message}` of what a schema or service refused, and the status to answer with.

    Raises the error again when it is ours and not the reader's.
    """
    refused = problems.as_domain_error(error)
    if refused.status >= 500:
        raise error
    problems.note(refused)
    found = pages.errors_by_field(refused.errors) or {"": problems.said(refused.message, refused.params)}
    return labelled(found, labels or {}), 422 if refused.status in {401, 403, 404} else refused.status


def labelled(errors: Mapping[str, str], labels: Mapping[str, Any]) -> dict[str, str]:
    """Return errors with the labels of their fields in front, so that a line of the summary says which it means.

    `labels` names fields (`lines-*-quantity_units` for those of lines).
    """
    return {name: _labelled(name, message, labels) for name, message in errors.items()}


def _labelled(name: str, message: str, labels: Mapping[str, Any]) -> str:
    general = re.sub(r"-\d+(?=-|$)", "-*", name)
    label = labels.get(name) or labels.get(general) or labels.get(general.removesuffix("-*"))
    said_already = label is None or str(label) in message
    return message if said_already else _("%(label)s: %(message)s", label=label, message=message)


def new_once() -> str:
    """Return the hidden value of a form that is to be done once."""
    return uuid4().hex


def once(session: Session, principal: Any, form: Form, act: Callable[[], str]) -> Response:
    """Do `act`, which returns the address to go on to, and go there; the same form sent again goes there without it.

    A form sent twice at one moment waits for the first.
    """
    key = form.get(ONCE, "")[:64]
    if not key:
        return _see(act())
    scope = hashlib.sha256(f"{principal}\nform\n{key}".encode()).hexdigest()
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(bytes.fromhex(scope[:16]), "big", signed=True))))
    kept = session.get(IdempotencyRecord, scope)
    if kept is not None:
        return _see(kept.headers["Location"])
    with attempt(session):
        address = act()
        session.add(
            IdempotencyRecord(
                scope=scope,
                principal=str(principal),
                route="form",
                content_hash="",
                status=303,
                headers={"Location": address},
                body="",
                recorded_at=clock.now(),
            )
        )
    return _see(address)


def _see(address: str) -> Response:
    response: Response = redirect(address, 303)  # type: ignore[assignment]
    return response


REFUSALS = (ma.ValidationError, DomainError)
