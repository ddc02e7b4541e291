"""The routes of accounts."""

from typing import Any
from uuid import UUID

from flask import current_app, request, url_for
from sqlmodel import Session

from coldchain.accounts import devices, profile, schemas, service
from coldchain.accounts.actor import Actor
from coldchain.accounts.models import ApiToken, UserSession
from coldchain.accounts.service.links import LIVES
from coldchain.core import clock
from coldchain.core.edge import SIGNED_IN, Blueprint, edge
from coldchain.core.errors import NotFound

blp = Blueprint("me", __name__, url_prefix="/api/v1", description="Who you are, where you are signed in, your keys")


@blp.route("/me", methods=["GET"])
@edge(SIGNED_IN)
@blp.response(200, schemas.MeSchema)
def me(session: Session, actor: Actor) -> dict[str, Any]:
    """Read who you are: role, business, regions."""
    return profile.me(session, actor)


def _session(row: UserSession, actor: Actor) -> dict[str, Any]:
    return {
        "session_id": row.session_id,
        "browser": devices.browser(row.user_agent),
        "address": row.address,
        "created_at": row.created_at,
        "last_seen_at": row.last_seen_at,
        "expires_at": row.expires_at,
        "this_one": row.session_id == actor.session_id,
    }


@blp.route("/sessions", methods=["GET"])
@edge("sign_in.manage")
@blp.response(200, schemas.SessionList)
def list_sessions(session: Session, actor: Actor) -> dict[str, Any]:
    """List the page sessions in which you are signed in, last seen first."""
    return {"items": [_session(row, actor) for row in service.list_sessions(session, actor)]}


@blp.route("/sessions/<uuid:session_id>/revoke", methods=["POST"])
@edge("sign_in.manage")
@blp.response(200, schemas.SessionSchema)
def revoke_session(session: Session, actor: Actor, session_id: UUID) -> dict[str, Any]:
    """End one of your page sessions; it is out at its next click."""
    return _session(service.revoke_session(session, actor, session_id), actor)


@blp.route("/keys", methods=["GET"])
@edge("sign_in.manage")
@blp.response(200, schemas.KeyList)
def list_keys(session: Session, actor: Actor) -> dict[str, Any]:
    """List your API keys that work, newest first, without their secrets."""
    return {"items": service.list_keys(session, actor)}


@blp.route("/keys", methods=["POST"])
@blp.arguments(schemas.NewKeySchema)
@edge("sign_in.manage", secret=True)
@blp.response(201, schemas.MadeKeySchema)
def create_key(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Make an API key, shown this once; only a page session may, never a key (403 `page_session_required`)."""
    row, token = service.create_key(session, actor, **data)
    return _key(row) | {"token": token}


def _key(row: ApiToken) -> dict[str, Any]:
    names = ("key_id", "label", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    return {name: getattr(row, name) for name in names}


@blp.route("/keys/<uuid:key_id>/revoke", methods=["POST"])
@edge("sign_in.manage")
@blp.response(200, schemas.KeySchema)
def revoke_key(session: Session, actor: Actor, key_id: UUID) -> Any:
    """End one of your API keys; requests with it are refused from now on."""
    return service.revoke_key(session, actor, key_id)


@blp.route("/accounts/<string:username>/reset-link", methods=["POST"])
@edge("account.reset", secret=True)
@blp.response(201, schemas.LinkSchema)
def reset_link(session: Session, actor: Actor, username: str) -> dict[str, Any]:
    """Make a one-time link by which somebody who forgot the password chooses another; shown this once."""
    try:
        user = service.user_by_name(session, username)
    except NotFound:
        raise NotFound from None  # the same words as for somebody whom the actor may not see
    secret = service.reset_link(session, actor, user)
    settings = current_app.config["SETTINGS"]
    base = request.host_url.rstrip("/") if settings.public_url_is_trial else settings.public_url
    return {"link": base + url_for("accounts.link", secret=secret), "expires_at": clock.now() + LIVES["reset"]}
