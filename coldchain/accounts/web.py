"""Pages to sign in by password and second step, to say once more who one is, to use a one-time link, to sign out."""

import re
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts import action_words, service
from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.accounts.service import parking, totp
from coldchain.accounts.session import (
    COOKIE,
    address,
    device_secret,
    next_page,
    parked_secret,
    pin_device_secret,
    signed_in,
)
from coldchain.core import limits, qr_svg, text_size
from coldchain.core.addresses import is_page, safe_target
from coldchain.core.edge import PUBLIC, SIGNED_IN, edge
from coldchain.core.errors import DomainError, Invalid
from coldchain.core.i18n import gettext as _
from coldchain.core.problems import said

bp = Blueprint("accounts", __name__)
_BUTTONS = {"_once", "_step", "_add", "_remove"}
_MACHINE = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}|true|false|[a-z]+(_[a-z]+)*")  # nothing that a person typed


def _agent() -> str | None:
    return request.headers.get("User-Agent")


def _typed(name: str) -> str:
    return request.form.get(name, "")[:1000]


def _errors(error: DomainError) -> list[dict[str, str]]:
    """Return an error's lines for a form, the whole form's when it names no field."""
    named = [{"pointer": e.pointer, "message": said(e.message, e.params)} for e in error.errors]
    return named or [{"pointer": "", "message": said(error.message, error.params)}]


@bp.get("/sign-in")
@edge(PUBLIC)
def sign_in(session: Session, actor: Actor | None) -> Any:
    """Show the sign-in form, or go on when somebody is signed in."""
    target = safe_target(request.args.get("next"))
    if actor is not None:
        return redirect(target)
    if g.visit is not None and g.visit.stage != "ended" and "other" not in request.args:
        return redirect(f"{next_page(g.visit.stage)}?{_query(target)}")
    return _sign_in_page(session, target, [], {}, 200)


def _sign_in_page(session: Session, target: str, errors: list[Any], values: dict[str, str], status: int) -> Response:
    ended = g.visit is not None and g.visit.stage == "ended"
    kept = parking.parked(session, parked_secret(), g.visit.user_id) if ended else None
    page = render_template(
        "accounts/sign_in.html", errors=errors, values=values, next=target, ended=ended,
        kept=kept is not None and kept.shown_at is None,
    )  # fmt: skip
    return Response(page, status)


@bp.post("/sign-in")
@edge(PUBLIC)
def sign_in_submit(session: Session, _actor: Actor | None) -> Any:
    """Check name and password; the same words for an unknown name and a wrong password."""
    username, target = request.form.get("username", "").strip()[:200], safe_target(request.form.get("_next"))
    try:
        user = service.check_password(session, username, _typed("password"), address(), device_secret())
    except DomainError as error:
        message, status = said(error.message, error.params), error.status
    else:
        if user is not None:
            return go_on(session, user, service.begin(session, user, address(), _agent()), target)
        message, status = _("Name or password is wrong."), 422
    errors = [{"pointer": "/username", "message": message}]
    return _sign_in_page(session, target, errors, {"username": username}, status)


def go_on(session: Session, user: User, opened: service.Opened, target: str) -> Response:
    """Lead to the next step of a sign-in, to what was parked, or to where the person was."""
    if opened.stage != "full":
        where = f"{next_page(opened.stage)}?{_query(target)}"
    else:
        kept = parking.parked(session, parked_secret(), user.user_id)
        where = url_for("accounts.kept_form") if kept is not None and kept.shown_at is None else target
    return signed_in(session, redirect(where, 303), user.user_id, opened)  # type: ignore[arg-type]


def _query(target: str) -> str:
    return url_for("accounts.sign_in", next=target).partition("?")[2]


@bp.get("/sign-in/second-step")
@edge(PUBLIC)
def second_step(_session: Session, _actor: Actor | None) -> Any:
    """Ask for the code of the second step."""
    target = safe_target(request.args.get("next"))
    if g.visit is None or g.visit.stage != "second_step":
        return redirect(url_for("accounts.sign_in", next=target))
    return render_template("accounts/second_step.html", errors=[], next=target)


@bp.post("/sign-in/second-step")
@edge(PUBLIC)
def second_step_submit(session: Session, _actor: Actor | None) -> Any:
    """Take the code of the second step; the same words for a wrong code and one that was used before."""
    target = safe_target(request.form.get("_next"))
    if g.visit is None or g.visit.stage != "second_step":
        return redirect(url_for("accounts.sign_in", next=target), 303)
    try:
        opened = service.second_step(session, g.session_secret, _typed("code"), address(), _agent(), device_secret())
    except DomainError as error:
        message, status = said(error.message, error.params), error.status
    else:
        if opened is not None:
            return go_on(session, session.get_one(User, g.visit.user_id), opened, target)
        message, status = _("This code doesn't fit, or was used before. Take the one that is shown now."), 422
    errors = [{"pointer": "/code", "message": message}]
    return Response(render_template("accounts/second_step.html", errors=errors, next=target), status)


@bp.get("/sign-in/set-up")
@edge(PUBLIC)
def set_up(session: Session, _actor: Actor | None) -> Any:
    """Show who has to have a second step how to set it up."""
    target = safe_target(request.args.get("next"))
    if g.visit is None or g.visit.stage != "enrolment":
        return redirect(url_for("accounts.sign_in", next=target))
    return set_up_page(session, session.get_one(User, g.visit.user_id), target)


@bp.post("/sign-in/set-up")
@edge(PUBLIC, secret=True)
def set_up_submit(session: Session, _actor: Actor | None) -> Any:
    """Set the second step up by its first code, show the recovery codes and sign in."""
    target = safe_target(request.form.get("_next"))
    if g.visit is None or g.visit.stage != "enrolment":
        return redirect(url_for("accounts.sign_in", next=target), 303)
    user = session.get_one(User, g.visit.user_id)
    try:
        opened, codes = service.enrolled(session, g.visit, _typed("code"), address(), _agent())
    except Invalid as error:
        return Response(set_up_page(session, user, target, _errors(error)), 422)
    return signed_in(session, codes_page(codes, target), user.user_id, opened)


def set_up_page(
    session: Session, user: User, target: str, errors: list[dict[str, str]] | None = None, *, within: bool = False
) -> str:
    """Return the page with the QR symbol, the key as text and the field for the first code."""
    secret = totp.pending(session, user)
    return render_template(
        "accounts/totp.html", errors=errors or [], next=target, within=within, username=user.username,
        another=within and totp.is_on(session, user.user_id), uri=totp.uri(user, secret),
        key=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        symbol=qr_svg.svg(totp.uri(user, secret), _("QR code for the app on your phone")),
    )  # fmt: skip


def codes_page(codes: list[str], target: str, *, renewed: bool = False) -> Response:
    """Return the page that shows recovery codes, this once; `renewed`: in place of older ones."""
    return Response(render_template("accounts/recovery_codes.html", codes=codes, next=target, renewed=renewed))


@bp.get("/sign-in/again")
@edge(SIGNED_IN)
def again(session: Session, actor: Actor) -> Any:
    """Ask once more who it is, before what can't be undone."""
    return _again_page(session, actor, safe_target(request.args.get("next")), request.args.get("what"), [], 200)


def _again_page(
    session: Session, actor: Actor, target: str, action: str | None, errors: list[Any], status: int
) -> Response:
    page = render_template(
        "accounts/again.html", errors=errors, next=target, by_pin=not service.has_password(session, actor),
        minutes=limits.FRESH_MINUTES, username=actor.username,
        second_step=actor.user_id is not None and totp.is_on(session, actor.user_id),
        kept=_kept_for(session, actor) is not None, action=action if action in action_words.WORDS else None,
        action_word=action_words.word(action) if action in action_words.WORDS else None,
    )  # fmt: skip
    return Response(page, status)


def _kept_for(session: Session, actor: Actor) -> Any:
    kept = parking.parked(session, parked_secret(), actor.user_id)
    return kept if kept is not None and kept.shown_at is None else None


@bp.post("/sign-in/again")
@edge(SIGNED_IN)
def again_submit(session: Session, actor: Actor) -> Any:
    """Take the proof, and go on with what was to be done."""
    target = safe_target(request.form.get("_next"))
    try:
        proven = service.prove(
            session, actor, _typed("password"), _typed("code"), address(), device_secret(), pin_device_secret()
        )
    except DomainError as error:
        message, status = said(error.message, error.params), error.status
    else:
        if proven:
            kept = _kept_for(session, actor)
            return redirect(url_for("accounts.kept_form") if kept else target, 303)
        message, status = _unfit(session, actor), 422
    errors = [{"pointer": "/password", "message": message}]
    return _again_page(session, actor, target, request.form.get("_what"), errors, status)


def _unfit(session: Session, actor: Actor) -> str:
    """Return what did not fit: which of the two steps it was is told to nobody."""
    coded = actor.user_id is not None and totp.is_on(session, actor.user_id)
    if service.has_password(session, actor):
        return (
            _("Password or code doesn't fit. Nothing was done yet.")
            if coded
            else _("The password is wrong. Nothing was done yet.")
        )
    return (
        _("PIN or code doesn't fit. Nothing was done yet.") if coded else _("The PIN is wrong. Nothing was done yet.")
    )


@bp.get("/sign-in/kept")
@edge(SIGNED_IN)
def kept_form(session: Session, actor: Actor) -> Any:
    """Show what was sent when its sender had to sign in, with the button that sends it again."""
    kept = parking.take(session, parked_secret(), actor.user_id)
    if kept is None:
        return redirect("/")
    path = kept.address.partition("?")[0]
    typed = [text for name, text in kept.fields if name not in _BUTTONS and text.strip()]
    return render_template(
        "accounts/kept.html", kept=kept, at_once=kept.reason == "again" and not kept.had_files,
        page=path if is_page(path) else None, typed=[text for text in typed if not _MACHINE.fullmatch(text.strip())],
    )  # fmt: skip


@bp.post("/sign-out")
@edge(SIGNED_IN)
def sign_out(session: Session, _actor: Actor) -> Any:
    """End this page session."""
    if g.session_secret:
        service.close_session(session, g.session_secret)
    response = redirect(url_for("accounts.sign_in"))
    response.delete_cookie(COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'  # forms that the way back would show to whoever is next here
    return response


@bp.get("/link/<secret>")
@edge(PUBLIC)
def link(session: Session, _actor: Actor | None, secret: str) -> Any:
    """Show the form in which a one-time link's owner chooses a password; looking doesn't spend it."""
    user = service.link_user(session, secret)
    return render_template("accounts/link.html", errors=[], user=user, secret=secret)


@bp.post("/link/<secret>")
@edge(PUBLIC)
def link_submit(session: Session, _actor: Actor | None, secret: str) -> Any:
    """Spend the link: set the password and sign in, with the second step where there is one."""
    try:
        user = service.use_link(session, secret, _typed("password"))
    except Invalid as error:
        user = service.link_user(session, secret)
        page = render_template("accounts/link.html", errors=_errors(error), user=user, secret=secret)
        return Response(page, 422)
    return go_on(session, user, service.begin(session, user, address(), _agent()), "/")


@bp.post("/language")
@edge(PUBLIC)
def language(_session: Session, _actor: Actor | None) -> Any:
    """Remember the reader's language in a cookie."""
    chosen = "en" if request.form.get("lang") == "en" else "zh_CN"
    response = redirect(safe_target(request.form.get("_next")))
    response.set_cookie("lang", chosen, max_age=31_536_000, samesite="Lax", httponly=True)
    return response


@bp.post("/text-size")
@edge(PUBLIC)
def text_size_chosen(_session: Session, _actor: Actor | None) -> Any:
    """Remember in a cookie whether this device shows large text."""
    response: Response = redirect(safe_target(request.form.get("_next")), 303)  # type: ignore[assignment]
    return text_size.keep(response, large=request.form.get("size") == text_size.LARGE)
