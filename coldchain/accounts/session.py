"""Finds out who asks, before any view: a bearer token wins over the page session's cookie.

Who has to sign in first, go on with the second step, or say once more who they are, is led there and comes back; what
was sent meanwhile is parked.
"""

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlmodel import Session

from coldchain.accounts import service
from coldchain.accounts.service import parking, slips, throttle
from coldchain.core import limits, problems
from coldchain.core.addresses import here
from coldchain.core.db import transaction
from coldchain.core.edge import SAFE
from coldchain.core.errors import DomainError, FreshSignInRequired, Unauthenticated

COOKIE = "cc_session"
DEVICE_COOKIE = "cc_device"
PIN_COOKIE = "cc_pin"
PARKED_COOKIE = "cc_parked"
# Longer than any session: a browser still shows the cookie of one that has ended, so that its person can be told.
COOKIE_LIFE = timedelta(hours=limits.SESSION_HOURS) + timedelta(days=limits.SESSIONS_KEPT_DAYS)
csrf = CSRFProtect()
NOBODY_ASKS = {"static", "ops.healthz", "ops.metrics"}  # no person; numbers have a token of their own
NEXT_STEP = {
    "second_step": Unauthenticated("The second step of your sign-in is still to come.", code="second_step_required"),
    "enrolment": Unauthenticated("Set up the second step of your sign-in first.", code="second_step_not_set_up"),
}


def address() -> str:
    """Return the address that the request comes from."""
    return request.remote_addr or ""


def identify() -> None:
    """Set `g.actor`; a page session's change needs the CSRF token, a bearer token needs none."""
    g.actor = g.visit = g.session_secret = None
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
            g.visit = service.visit(session, secret, address())
        g.actor = g.visit.actor if g.visit else None
        g.session_secret = secret
    if g.visit is not None and not request.path.startswith("/api/"):
        request.max_content_length = limits.FORM_BYTES  # each file is still judged by itself
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
    _hand(response, COOKIE, secret, COOKIE_LIFE)
    return response


def signed_in(session: Session, response: Response, user_id: object, opened: service.Opened) -> Response:
    """Hand a session that was opened to the browser, which is known as its person's once the session is full."""
    set_cookie(response, opened.secret)
    slips.opened_on(session, opened.secret, pin_device_secret())
    if opened.stage == "full":
        device = device_secret()
        if device is None or not throttle.is_device(session, device):
            device = secrets.token_urlsafe(32)
        throttle.remember_device(session, user_id, device)  # type: ignore[arg-type]
        _hand(response, DEVICE_COOKIE, device, timedelta(days=limits.KNOWN_DEVICE_DAYS))
    return response


def device_secret() -> str | None:
    """Return what the browser shows of former sign-ins."""
    return request.cookies.get(DEVICE_COOKIE)


def pin_device_secret() -> str | None:
    """Return what this device shows to sign somebody in by a PIN."""
    return request.cookies.get(PIN_COOKIE)


def _hand(response: Response, name: str, secret: str, life: timedelta) -> None:
    response.set_cookie(
        name,
        secret,
        max_age=int(life.total_seconds()),
        httponly=True,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        samesite="Lax",
    )


def lead(error: Exception) -> Response:
    """Lead a page's reader to where they say who they are; programs and parts of pages get the refusal."""
    stage = g.visit.stage if g.get("visit") else None
    typed: Exception = NEXT_STEP[stage] if isinstance(error, Unauthenticated) and stage in NEXT_STEP else error
    known = g.get("session_secret") is not None
    if not known or problems.wants_json() or "HX-Request" in request.headers:
        return problems.respond(typed)
    if isinstance(error, FreshSignInRequired):
        return _led("/sign-in/again", "again", error.extra.get("action"))
    if stage in NEXT_STEP:
        return _led(next_page(stage), None)
    return _led("/sign-in", "ended")


def next_page(stage: str) -> str:
    """Return where a session of a stage is led first."""
    return {"second_step": "/sign-in/second-step", "enrolment": "/sign-in/set-up"}.get(stage, "/")


def _led(page: str, reason: str | None, action: str | None = None) -> Response:
    """Answer with the way to a page and back; what was sent is parked, for its sender only."""
    query = {"next": here()} | ({"what": action} if action else {})
    response: Response = redirect(f"{page}?{urlencode(query)}", 303)  # type: ignore[assignment]
    if reason and request.method == "POST" and g.visit is not None:
        with transaction() as session:
            secret = parking.park(
                session, g.visit.user_id, reason, request.full_path.rstrip("?"),
                list(request.form.items(multi=True)), had_files=any(file.filename for file in request.files.values()),
            )  # fmt: skip
        if secret:
            _hand(response, PARKED_COOKIE, secret, parking.LIFE)
    return response


def parked_secret() -> str | None:
    """Return what the browser shows to find a parked form by."""
    return request.cookies.get(PARKED_COOKIE)


def install(app: Flask) -> None:
    """Identify the actor of every request; lead who has to sign in."""
    csrf.init_app(app)
    app.before_request(identify)
    for led in (Unauthenticated, FreshSignInRequired):
        app.register_error_handler(led, lead)
