"""Finds out who asks, before any view: a bearer token wins over the page session's cookie."""

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from coldchain.accounts import service
from coldchain.core.db import transaction
from coldchain.core.errors import DomainError, Unauthenticated

COOKIE = "cc_session"
csrf = CSRFProtect()
SAFE = {"GET", "HEAD", "OPTIONS"}
NOBODY_ASKS = {"static", "ops.healthz", "ops.metrics"}  # no person; numbers have a token of their own


def identify() -> None:
    """Set `g.actor`; a page session's change needs the CSRF token, a bearer token needs none."""
    g.actor = None
    g.session_secret = None
    if request.endpoint in NOBODY_ASKS:
        return
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("Send Authorization: Bearer TOKEN.", code="invalid_token")
        with transaction() as session:
            g.actor = service.actor_by_token(session, token.strip())
        return
    secret = request.cookies.get(COOKIE)
    if secret:
        with transaction() as session:
            g.actor = service.actor_by_session(session, secret)
        g.session_secret = secret
    if request.method not in SAFE and (g.actor is not None or not request.path.startswith("/api/")):
        _from_our_page()


def _from_our_page() -> None:
    """Raise 400 `csrf_failed` unless the request brings the token that only our own pages know."""
    try:
        csrf.protect()
    except CSRFError as error:
        words = "This didn't come from a page of this site, or the page was open too long. Open it again, then send it."
        raise DomainError(words, code="csrf_failed", status=400) from error


def set_cookie(response: Response, secret: str) -> Response:
    """Hand the page session to the browser."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(service.SESSION_LIFE.total_seconds()),
        httponly=True,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        samesite="Lax",
    )
    return response


def install(app: Flask) -> None:
    """Identify the actor of every request."""
    csrf.init_app(app)
    app.before_request(identify)
