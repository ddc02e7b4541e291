"""Pages to sign in, use a one-time link, and sign out."""

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts import service
from coldchain.accounts.actor import Actor
from coldchain.accounts.session import COOKIE, set_cookie
from coldchain.core.edge import PUBLIC, SIGNED_IN, edge
from coldchain.core.errors import DomainError, Invalid
from coldchain.core.i18n import gettext as _
from coldchain.core.problems import said

bp = Blueprint("accounts", __name__)


def safe_target(target: str | None) -> str:
    """Return where to go after signing in: an address of this site only.

    Tabs and line ends are dropped on the way to the browser, so that what begins with `/` TAB `/` would lead elsewhere.
    """
    if target and target.startswith("/") and not target.startswith("//") and "\\" not in target:
        return target if target.isprintable() else "/"
    return "/"


@bp.get("/sign-in")
@edge(PUBLIC)
def sign_in(_session: Session, actor: Actor | None) -> Any:
    """Show the sign-in form, or go on when somebody is signed in."""
    if actor is not None:
        return redirect(safe_target(request.args.get("next")))
    return render_template("accounts/sign_in.html", errors=[], values={}, next=safe_target(request.args.get("next")))


@bp.post("/sign-in")
@edge(PUBLIC)
def sign_in_submit(session: Session, _actor: Actor | None) -> Any:
    """Check name and password; the same words for an unknown name and a wrong password."""
    username, password = request.form.get("username", "").strip()[:200], request.form.get("password", "")[:1000]
    target = safe_target(request.form.get("_next"))
    try:
        user = service.check_password(session, username, password, request.remote_addr or "")
    except DomainError as error:
        message, status = said(error.message, error.params), error.status
    else:
        if user is not None:
            secret = service.open_session(session, user, request.headers.get("User-Agent"))
            return set_cookie(redirect(target), secret)  # type: ignore[arg-type]
        message, status = _("Name or password is wrong."), 422
    page = render_template(
        "accounts/sign_in.html",
        errors=[{"pointer": "/username", "message": message}],
        values={"username": username},
        next=target,
    )
    return Response(page, status)


@bp.post("/sign-out")
@edge(SIGNED_IN)
def sign_out(session: Session, _actor: Actor) -> Any:
    """End this page session."""
    if g.session_secret:
        service.close_session(session, g.session_secret)
    response = redirect(url_for("accounts.sign_in"))
    response.delete_cookie(COOKIE)
    return response


@bp.get("/link/<secret>")
@edge(PUBLIC)
def link(session: Session, _actor: Actor | None, secret: str) -> Any:
    """Show the form in which a one-time link's owner chooses a password."""
    user = service.link_user(session, secret)
    return render_template("accounts/link.html", errors=[], user=user, secret=secret)


@bp.post("/link/<secret>")
@edge(PUBLIC)
def link_submit(session: Session, _actor: Actor | None, secret: str) -> Any:
    """Spend the link: set the password and sign in."""
    try:
        user = service.use_link(session, secret, request.form.get("password", "")[:1000])
    except Invalid as error:
        user = service.link_user(session, secret)
        errors = [{"pointer": e.pointer, "message": said(e.message, e.params)} for e in error.errors]
        return Response(render_template("accounts/link.html", errors=errors, user=user, secret=secret), 422)
    opened = service.open_session(session, user, request.headers.get("User-Agent"))
    return set_cookie(redirect("/"), opened)  # type: ignore[arg-type]


@bp.post("/language")
@edge(PUBLIC)
def language(_session: Session, _actor: Actor | None) -> Any:
    """Remember the reader's language in a cookie."""
    chosen = "en" if request.form.get("lang") == "en" else "zh_CN"
    response = redirect(safe_target(request.form.get("_next")))
    response.set_cookie("lang", chosen, max_age=31_536_000, samesite="Lax", httponly=True)
    return response
