"""The routes of people, invitations and accounts."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts import people_schemas as schemas
from coldchain.accounts.actor import Actor
from coldchain.accounts.addresses import absolute
from coldchain.accounts.models import Assignment, User
from coldchain.accounts.service import acting, admin, invitations, slips, team
from coldchain.core.edge import Blueprint, edge

blp = Blueprint("people", __name__, url_prefix="/api/v1", description="People, invitations and accounts")

Body = dict[str, Any]


def _named(sites: list[tuple[UUID, str]]) -> list[Body]:
    return [{"site_id": site_id, "name": name} for site_id, name in sites]


def _invited(found: invitations.Invited) -> Body:
    row = found.row
    return {
        "invitation_id": row.invitation_id, "business": found.business, "position": row.position,
        "sites": _named(found.sites), "state": found.state, "created_at": row.created_at, "expires_at": row.expires_at,
    }  # fmt: skip


def _person(found: team.Person) -> Body:
    user = found.user
    return {
        "username": user.username, "display_name": user.display_name, "position": user.position,
        "is_active": user.is_active, "is_waiting": user.is_waiting, "sites": _named(found.sites),
        "devices": found.devices,
    }  # fmt: skip


def _account(found: admin.Account) -> Body:
    user: User = found.user
    return {
        "username": user.username, "display_name": user.display_name, "role": user.role, "business": found.business,
        "position": user.position, "is_active": user.is_active, "is_waiting": user.is_waiting,
        "assignments": found.assignments, "created_at": user.created_at,
    }  # fmt: skip


@blp.route("/invitations", methods=["GET"])
@blp.arguments(schemas.OfBusinessQuery, location="query")
@edge("people.manage")
@blp.response(200, schemas.InvitationPage)
def list_invitations(session: Session, actor: Actor, query: Body) -> Body:
    """Read the open invitations of a business."""
    business = acting.own_or_named(session, actor, query.pop("business"))
    found, following = invitations.invitations(session, actor, business, **query)
    return {"items": [_invited(each) for each in found], "next": following}


@blp.route("/invitations", methods=["POST"])
@blp.arguments(schemas.InvitationSchema)
@edge("people.manage", secret=True)
@blp.response(201, schemas.InvitedSchema)
def invite(session: Session, actor: Actor, data: Body) -> Body:
    """Invite somebody to act for a business; the answer holds the one-time link, which nobody can read again."""
    business = acting.own_or_named(session, actor, data["business"])
    found, secret = invitations.invite(
        session, actor, business, position=data["position"], site_ids=data["site_ids"] or ()
    )
    return _invited(found) | {"link": absolute("people.invitation", secret=secret)}


@blp.route("/invitations/<uuid:invitation_id>/revoke", methods=["POST"])
@blp.arguments(schemas.NothingSchema)
@edge("people.manage")
@blp.response(200, schemas.InvitedSchema)
def revoke_invitation(session: Session, actor: Actor, _data: Body, invitation_id: UUID) -> Body:
    """Make an invitation useless."""
    return _invited(invitations.revoke(session, actor, invitation_id))


@blp.route("/people", methods=["GET"])
@blp.arguments(schemas.OfBusinessQuery, location="query")
@edge("people.manage")
@blp.response(200, schemas.PersonPage)
def list_people(session: Session, actor: Actor, query: Body) -> Body:
    """Read who acts or acted for a business."""
    business = acting.own_or_named(session, actor, query.pop("business"))
    found, following = team.people(session, actor, business, **query)
    return {"items": [_person(each) for each in found], "next": following}


@blp.route("/people/<string:username>/sites", methods=["POST"])
@blp.arguments(schemas.SitesSchema)
@edge("people.manage")
@blp.response(200, schemas.PersonOfBusinessSchema)
def set_sites(session: Session, actor: Actor, data: Body, username: str) -> Body:
    """Limit a clerk to some sites of the business, or to none in particular."""
    return _person(team.set_sites(session, actor, username, data["site_ids"] or ()))


@blp.route("/people/<string:username>/end", methods=["POST"])
@blp.arguments(schemas.NothingSchema)
@edge("people.manage")
@blp.response(200, schemas.PersonOfBusinessSchema)
def end_person(session: Session, actor: Actor, _data: Body, username: str) -> Body:
    """End somebody's access: sessions, tokens, links, slips and devices end with it."""
    return _person(team.end(session, actor, username))


@blp.route("/devices/<uuid:device_id>/end", methods=["POST"])
@blp.arguments(schemas.NothingSchema)
@edge("device.end")
@blp.response(204)
def end_device(session: Session, actor: Actor, _data: Body, device_id: UUID) -> None:
    """End a device's permission to sign in by PIN; the person's page sessions end too."""
    slips.end_device(session, actor, device_id)


@blp.route("/accounts", methods=["GET"])
@blp.arguments(schemas.AccountQuery, location="query")
@edge("account.manage")
@blp.response(200, schemas.AccountPage)
def list_accounts(session: Session, actor: Actor, query: Body) -> Body:
    """Look accounts up."""
    found, following = admin.accounts(session, actor, **query)
    return {"items": [_account(each) for each in found], "next": following}


@blp.route("/accounts", methods=["POST"])
@blp.arguments(schemas.AccountSchema)
@edge("account.manage", secret=True)
@blp.response(201, schemas.AccountViewSchema)
def make_account(session: Session, actor: Actor, data: Body) -> Body:
    """Make an account; the answer holds a one-time link to choose a password, which nobody can read again."""
    found, secret = admin.make(session, actor, **data)
    return _account(found) | {"link": absolute("accounts.link", secret=secret)}


@blp.route("/accounts/<string:username>", methods=["GET"])
@edge("account.manage")
@blp.response(200, schemas.AccountViewSchema)
def read_account(session: Session, actor: Actor, username: str) -> Body:
    """Read an account with its assignments."""
    return _account(admin.account(session, actor, username))


@blp.route("/accounts/<string:username>/assignments", methods=["POST"])
@blp.arguments(schemas.AssignmentRequestSchema)
@edge("account.manage")
@blp.response(201, schemas.AssignmentSchema)
def assign(session: Session, actor: Actor, data: Body, username: str) -> Assignment:
    """Assign an officer to a region or to one office of it; other assignments stay in force."""
    return admin.assign(session, actor, username, **data)


@blp.route("/accounts/<string:username>/assignments/<uuid:assignment_id>/end", methods=["POST"])
@blp.arguments(schemas.NothingSchema)
@edge("account.manage")
@blp.response(200, schemas.AssignmentSchema)
def end_assignment(session: Session, actor: Actor, _data: Body, username: str, assignment_id: UUID) -> Assignment:
    """End an assignment now; it stays readable."""
    return admin.end_assignment(session, actor, username, assignment_id)


@blp.route("/accounts/<string:username>/end", methods=["POST"])
@blp.arguments(schemas.NothingSchema)
@edge("account.manage")
@blp.response(200, schemas.AccountViewSchema)
def end_account(session: Session, actor: Actor, _data: Body, username: str) -> Body:
    """Close an account: sessions, tokens, links, slips and devices end with it."""
    return _account(admin.close(session, actor, username))


@blp.route("/accounts/<string:username>/reopen", methods=["POST"])
@blp.arguments(schemas.NothingSchema)
@edge("account.manage")
@blp.response(200, schemas.AccountViewSchema)
def reopen_account(session: Session, actor: Actor, _data: Body, username: str) -> Body:
    """Let a closed account sign in again; what ended with it stays ended."""
    return _account(admin.reopen(session, actor, username))
