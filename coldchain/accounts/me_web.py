"""The page "My sign-in": password, second step, recovery codes, sessions, API keys of the person who reads."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request
from sqlmodel import Session

from coldchain.accounts import action_words, devices, service
from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.accounts.schemas import NewKeySchema
from coldchain.accounts.service import slips, team, totp
from coldchain.accounts.session import address, pin_device_secret
from coldchain.accounts.web import codes_page, set_up_page
from coldchain.core import clock
from coldchain.core.edge import SIGNED_IN, edge
from coldchain.core.errors import DomainError
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, attempt, load, refusal

bp = Blueprint("me_pages", __name__, url_prefix="/me")

PAGE = "/me"
CODE = re.compile(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){2}")
LIVES = {"30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365)}


def _user(session: Session, actor: Actor) -> User:
    return session.get_one(User, actor.user_id)


def _page(
    session: Session,
    actor: Actor,
    errors: dict[str, str] | None = None,
    values: Form | None = None,
    status: int = 200,
    key: str | None = None,
) -> Response:
    page = render_template(
        "accounts/me.html", errors=errors or {}, values=values or Form(), new_key=key, actor=actor,
        second_step=totp.state(session, _user(session, actor)), **_ways_in(session, actor),
        sessions=[
            {"row": row, "browser": devices.browser(row.user_agent), "here": row.session_id == actor.session_id}
            for row in service.list_sessions(session, actor)
        ],
        keys=[
            {"row": row, "scopes": [action_words.word(scope) for scope in row.scopes]}
            for row in service.list_keys(session, actor)
        ],
        choosable=[{"value": name, "text": action_words.word(name)} for name in service.choosable(actor)],
    )  # fmt: skip
    return Response(page, status)


def _ways_in(session: Session, actor: Actor) -> dict[str, Any]:
    """Return whether the reader has a password, signs in by a PIN somewhere, and may change the PIN on this device."""
    user = _user(session, actor)
    return {
        "has_password": user.password_hash is not None,
        "has_pin": bool(team.devices_of(session, [user.user_id])),
        "pin_here": slips.device_of(session, user, pin_device_secret()) is not None,
    }


def _back(words: str) -> Response:
    flash(words, "success")
    response: Response = redirect(PAGE, 303)  # type: ignore[assignment]
    return response


@bp.get("")
@edge(SIGNED_IN)
def me(session: Session, actor: Actor) -> Any:
    """Show the reader's own sign-in."""
    return _page(session, actor)


@bp.post("/password")
@edge(SIGNED_IN)
def change_password(session: Session, actor: Actor) -> Any:
    """Change the password by the present one; other sessions end."""
    current, new = request.form.get("current", "")[:1000], request.form.get("password", "")[:1000]
    try:
        service.change_password(session, actor, current, new, address())
    except DomainError as error:
        return _page(session, actor, *_refused(error))
    return _back(_("Your password is changed. Your other devices are signed out."))


def _refused(error: Exception, values: Form | None = None) -> tuple[dict[str, str], Form | None, int]:
    found, status = refusal(error)
    return found, values, status


@bp.post("/pin")
@edge(SIGNED_IN)
def change_pin(session: Session, actor: Actor) -> Any:
    """Change the PIN of this device by the present one."""
    typed = {name: request.form.get(name, "")[:40].strip() for name in ("current_pin", "pin", "again")}
    cookie = pin_device_secret() or ""
    try:
        slips.change_pin(session, actor, cookie, current=typed["current_pin"], pin=typed["pin"], again=typed["again"])
    except DomainError as error:
        return _page(session, actor, *_refused(error))
    return _back(_("The PIN of this device is changed."))


@bp.get("/second-step")
@edge("sign_in.manage")
def second_step(session: Session, actor: Actor) -> Any:
    """Show how to set the second step up, or to renew it."""
    return set_up_page(session, _user(session, actor), PAGE, within=True)


@bp.post("/second-step")
@edge("sign_in.manage", secret=True)
def second_step_submit(session: Session, actor: Actor) -> Any:
    """Set the second step up by its first code and show the recovery codes."""
    user = _user(session, actor)
    try:
        codes = totp.enrol(session, user, request.form.get("code", "")[:1000])
    except DomainError as error:
        lines = [{"pointer": f"/{name}", "message": words} for name, words in refusal(error)[0].items()]
        return Response(set_up_page(session, user, PAGE, lines, within=True), 422)
    return codes_page(codes, PAGE)


@bp.post("/second-step/off")
@edge("sign_in.manage")
def second_step_off(session: Session, actor: Actor) -> Any:
    """Give the second step up."""
    try:
        totp.disable(session, _user(session, actor))
    except DomainError as error:
        return _page(session, actor, *_refused(error))
    return _back(_("The second step is off."))


@bp.post("/recovery-codes")
@edge("sign_in.manage", secret=True)
def new_codes(session: Session, actor: Actor) -> Any:
    """Make new recovery codes; the old ones are void."""
    try:
        return codes_page(totp.new_codes(session, _user(session, actor)), PAGE, renewed=True)
    except DomainError as error:
        return _page(session, actor, *_refused(error))


@bp.post("/recovery-codes.txt")
@edge(SIGNED_IN, secret=True)
def codes_file(_session: Session, _actor: Actor) -> Any:
    """Return the codes that the page shows as a file; they come from the page, none are kept here in plain text."""
    codes = [code for code in request.form.getlist("codes")[:50] if CODE.fullmatch(code)]
    return Response(
        "\n".join(codes) + "\n",
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="recovery-codes.txt"'},
    )


@bp.post("/sessions/<uuid:session_id>/revoke")
@edge("sign_in.manage")
def revoke_session(session: Session, actor: Actor, session_id: UUID) -> Any:
    """End one of the reader's sessions."""
    service.revoke_session(session, actor, session_id)
    return _back(_("That device is signed out."))


@bp.post("/sessions/revoke-others")
@edge("sign_in.manage")
def revoke_others(session: Session, actor: Actor) -> Any:
    """End all sessions but this one."""
    service.revoke_others(session, actor)
    return _back(_("All your other devices are signed out."))


@bp.post("/keys")
@edge("sign_in.manage", secret=True)
def create_key(session: Session, actor: Actor) -> Any:
    """Make a key and show it, this once."""
    form = Form((name, text) for name, text in request.form.items(multi=True))
    try:
        with attempt(session):
            asked = Form((name, text) for name, text in form.items(multi=True) if name in {"label", "scopes"})
            if form.get("_reach") == "all":
                asked.poplist("scopes")
            lasts = LIVES.get(form.get("_lasts", ""), LIVES["90"])
            asked["expires_at"] = (clock.now() + lasts).isoformat(timespec="seconds")
            data = load(NewKeySchema(), asked)
            if form.get("_reach") != "all" and not data.get("scopes"):
                words = _("Tick what the key may do, or choose everything that you may do.")
                return _page(session, actor, {"scopes": words}, form, 422)
            _row, secret = service.create_key(session, actor, **data)
    except REFUSALS as error:
        return _page(session, actor, *_refused(error, form))
    return _page(session, actor, key=secret)


@bp.post("/keys/<uuid:key_id>/revoke")
@edge("sign_in.manage")
def revoke_key(session: Session, actor: Actor, key_id: UUID) -> Any:
    """End one of the reader's keys."""
    service.revoke_key(session, actor, key_id)
    return _back(_("The key works no more."))
