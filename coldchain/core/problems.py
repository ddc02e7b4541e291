"""Turns every error into one answer: RFC 9457 problem+json for programs, a page for people."""

import logging
from typing import Any
from uuid import uuid4

import marshmallow as ma
import psycopg
from flask import Flask, Response, current_app, g, has_request_context, json, render_template, request
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    TimeoutError,
)
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from coldchain.core import disk
from coldchain.core.errors import DomainError, FieldError, Invalid
from coldchain.core.field_errors import Coded
from coldchain.core.i18n import gettext as _

log = logging.getLogger(__name__)

HTTP_WORDS = {
    400: ("malformed", "The request could not be read."),
    401: ("unauthenticated", "Sign in first."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "There is nothing here that you may see."),
    405: ("method_not_allowed", "This address does not take that method."),
    406: ("not_acceptable", "This address can't answer in that form."),
    413: ("too_large", "The request is too large."),
    414: ("too_large", "The address is too long."),
    415: ("unsupported_media_type", "Send application/json."),
    422: ("invalid", "Some fields need to be changed."),
    429: ("too_many_requests", "Too many requests. Try again in a moment."),
    500: ("internal", "Something went wrong on our side. Nothing was changed."),
    503: ("unavailable", "The books are busy. Try again in a moment."),
}

# What passes: lock time-out, deadlock, all connections in use, lost connection, a server that stops or starts.
PASSING = (OperationalError, InterfaceError, PendingRollbackError, TimeoutError, psycopg.OperationalError)
TOO_COMPLEX = "54"  # the class of SQLSTATEs for what will never fit, however often it is tried
MADE_TWICE = {"23505", "23P01"}  # unique and exclusion violations: two at once, and this one came second


def field_errors(messages: Any, pointer: str = "") -> list[FieldError]:
    """Flatten marshmallow's error tree into errors with JSON pointers."""
    if isinstance(messages, dict):
        found: list[FieldError] = []
        for name, inner in messages.items():
            step = "" if name == "_schema" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            found += field_errors(inner, pointer + step)
        return found
    if isinstance(messages, list | tuple):
        return [error for inner in messages for error in field_errors(inner, pointer)]
    if isinstance(messages, Coded):
        return [FieldError(pointer, messages.code, str(messages), messages.params)]
    return [FieldError(pointer, "invalid", str(messages))]


def said(message: str, params: dict[str, Any]) -> str:
    """Return a message id in the reader's language with its placeholders filled."""
    try:
        return _(message).format(**params)
    except (KeyError, IndexError, ValueError):
        return _(message)


def as_domain_error(error: Exception) -> DomainError:
    """Return the typed error that stands for any exception."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, ma.ValidationError):
        return Invalid(errors=field_errors(error.messages))
    if disk.found_no_room(error):
        words = "There is no room left to write. Nothing was changed. Try again later."
        return DomainError(words, code="unavailable", status=503)
    if _passes(error):
        return DomainError(HTTP_WORDS[503][1], code="unavailable", status=503)  # safe to try again
    if isinstance(error, IntegrityError) and getattr(error.orig, "sqlstate", None) in MADE_TWICE:
        return DomainError("Somebody else did this at the same moment. Look again.", code="conflict", status=409)
    if isinstance(error, IntegrityError):  # the last floor refused what the floors above it let through: our mistake
        log.error("the database refused a row", exc_info=error)
        return Invalid("A value can't be stored.")
    if isinstance(error, DataError):
        return Invalid("A value can't be stored.")
    if isinstance(error, RequestEntityTooLarge) and has_request_context() and _beyond_limit():
        limit = (request.max_content_length or 0) // 1024**2
        words = "What was sent has {size} MB; at most {limit} MB can be sent at once."
        return DomainError(words, code="too_large", status=413, size=-(-(request.content_length or 0) // 1024**2),
                           limit=limit)  # fmt: skip
    status = error.code if isinstance(error, HTTPException) and error.code else 500
    code, words = HTTP_WORDS.get(status, HTTP_WORDS[500 if status >= 500 else 400])
    return DomainError(words, code=code, status=status)


def _beyond_limit() -> bool:
    return (request.content_length or 0) > (request.max_content_length or 0) > 0


def _passes(error: Exception) -> bool:
    """Say whether the database was the trouble and the same request may succeed in a moment."""
    if (getattr(getattr(error, "orig", error), "sqlstate", None) or "").startswith(TOO_COMPLEX):
        return False
    return isinstance(error, PASSING) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def problem(error: DomainError) -> dict[str, Any]:
    """Return the problem document of an error in the reader's language."""
    title = _(HTTP_WORDS.get(error.status, (error.code, "This was refused. Nothing was changed."))[1])
    document: dict[str, Any] = {
        "type": f"urn:coldchain:problem:{error.code}",
        "title": title if error.status != 409 else _("This was refused. Nothing was changed."),
        "status": error.status,
        "code": error.code,
        "detail": said(error.message, error.params),
        "errors": [{"pointer": e.pointer, "code": e.code, "message": said(e.message, e.params)} for e in error.errors],
        "request_id": request_id(),
    }
    return document | error.extra


def request_id() -> str:
    """Return this request's number, the same on the page, in the problem and in the log."""
    if "request_id" not in g:
        g.request_id = f"req-{uuid4().hex[:12].upper()}"
    return str(g.request_id)


def wants_json() -> bool:
    """Say whether the reader is a program."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json" or request.path in {"/healthz", "/readyz", "/metrics"}


def respond(error: Exception) -> Response:
    """Answer with the problem or the page of any error; a 500 is logged with its trace and says nothing of it."""
    if isinstance(error, HTTPException) and error.code and error.code < 400:
        return Response(error.get_response().get_data(), error.code, dict(error.get_headers()))
    typed = as_domain_error(error)
    note(typed)
    _log(error, typed)
    if wants_json():
        body = json.dumps(problem(typed), ensure_ascii=False)
        response = Response(body, typed.status, content_type="application/problem+json")
    else:
        response = Response(_page(typed), typed.status, content_type="text/html; charset=utf-8")
    if typed.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if typed.status in {429, 503}:
        response.headers["Retry-After"] = "1"
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
    return response


def note(typed: DomainError) -> None:
    """Remember that this request was refused, for whoever writes down refusals for want of a right."""
    g.refused = (typed.status, typed.code)


def _log(error: Exception, typed: DomainError) -> None:
    """Tell the log of our own trouble, with its trace unless it passes: an outage is one line a request."""
    if typed.status < 500 or isinstance(error, DomainError):
        return
    details = {"request_id": request_id(), "endpoint": request.endpoint}
    if typed.status == 503:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        log.warning("the request could not be served: %s", reason, extra=details)
    else:
        log.error("request failed", exc_info=error, extra=details)


def _page(typed: DomainError) -> str:
    """Return the page of an error; a bare one when the frame of pages, which asks the database too, can't be had."""
    try:
        return render_template("errors/page.html", problem=problem(typed), error=typed)
    except Exception:
        if typed.status != 503:
            log.exception("the page of an error could not be made", extra={"request_id": request_id()})
        return current_app.jinja_env.get_template("errors/bare.html").render(problem=problem(typed))


def install(app: Flask) -> None:
    """Make this the app's only error handler."""
    app.register_error_handler(Exception, respond)
