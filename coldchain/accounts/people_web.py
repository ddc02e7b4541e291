"""Pages on which an owner says who acts for the business, and on which the invited join."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts import people_schemas as schemas
from coldchain.accounts import service
from coldchain.accounts.actor import Actor
from coldchain.accounts.addresses import absolute
from coldchain.accounts.models import User
from coldchain.accounts.rights import may
from coldchain.accounts.service import acting, invitations, slips, team
from coldchain.accounts.web import go_on
from coldchain.accounts.words import LABELS, POSITION_HINTS, POSITIONS
from coldchain.core import limits
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, attempt, copy, load, refusal
from coldchain.core.qr_svg import svg

bp = Blueprint("people", __name__)

PEOPLE_SHOWN: Final = 50
OPEN_SHOWN: Final = 50


def _business(session: Session, actor: Actor, ref: str | None) -> acting.Business:
    """Return the business that a page of people is about. Raises NotFound, also when no business is named."""
    try:
        return acting.own_or_named(session, actor, ref or None)
    except Invalid as error:
        raise NotFound from error


@bp.get("/people")
@edge("people.manage")
def people(session: Session, actor: Actor) -> Any:
    """Show who acts for a business, and the open invitations."""
    business = _business(session, actor, request.args.get("business"))
    return _people(session, actor, business, Form({"position": "clerk", "_limit": "all"}), {})


def _people(
    session: Session, actor: Actor, business: acting.Business, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    cursor = request.args.get("cursor") if request.method == "GET" else None
    found, following = team.people(session, actor, business, limit=PEOPLE_SHOWN, cursor=cursor)
    waiting, _more = invitations.invitations(session, actor, business, limit=OPEN_SHOWN)
    page = render_template(
        "people/list.html",
        business=business,
        own=actor.business_id == business.business_id,
        may_slip=may(actor, "slip.print", business.resource),
        people=found,
        following=following,
        cursor=cursor,
        invitations=waiting,
        sites=acting.sites_of(session, business.business_id),
        positions=POSITIONS,
        hints=POSITION_HINTS,
        days=limits.INVITATION_DAYS,
        labels=LABELS,
        values=form,
        errors=errors,
    )
    return Response(page, status)


def _chosen_sites(form: Form) -> None:
    """Take the ticked sites away unless they are meant. Raises Invalid when none is ticked though some are meant."""
    if form.get("_limit") != "some":
        form.poplist("site_ids")
    elif not form.getlist("site_ids"):
        raise Invalid.of("/site_ids", "required", "Choose at least one site, or every site.")


@bp.post("/people/invitations")
@edge("people.manage")
def invite(session: Session, actor: Actor) -> Any:
    """Make an invitation and show its link, this once."""
    form = copy(request.form)
    business = _business(session, actor, form.get("_business"))
    try:
        with attempt(session):
            if form.get("position") == "owner":
                form["_limit"] = "all"
            _chosen_sites(form)
            said = load(schemas.InvitationSchema(), form)
            made, secret = invitations.invite(
                session, actor, business, position=said["position"], site_ids=said["site_ids"] or ()
            )
    except REFUSALS as error:
        return _people(session, actor, business, form, *refusal(error, LABELS))
    link = absolute("people.invitation", secret=secret)
    return render_template(
        "people/invited.html",
        business=business,
        own=actor.business_id == business.business_id,
        made=made,
        link=link,
        qr=svg(link, _("Invitation to %(business)s", business=business.name)),
        positions=POSITIONS,
    )


@bp.post("/people/invitations/<uuid:invitation_id>/revoke")
@edge("people.manage")
def revoke(session: Session, actor: Actor, invitation_id: UUID) -> Any:
    """Make an invitation useless, and go back to the people."""
    found = invitations.revoke(session, actor, invitation_id)
    return redirect(_back(actor, found.business.business_id), 303)


def _back(actor: Actor, business_id: UUID) -> str:
    return url_for("people.people", business=None if actor.business_id == business_id else business_id)


@bp.get("/people/<string:username>")
@edge("people.manage")
def person(session: Session, actor: Actor, username: str) -> Any:
    """Show somebody who acts for a business."""
    return _person(session, actor, username, None, {})


def _person(
    session: Session, actor: Actor, username: str, form: Form | None, errors: dict[str, str], status: int = 200
) -> Response:
    found, business = team.person(session, actor, username)
    if form is None:
        form = Form([("site_ids", str(site_id)) for site_id, _name in found.sites])
        form["_limit"] = "some" if found.sites else "all"
    page = render_template(
        "people/person.html",
        business=business,
        own=actor.business_id == business.business_id,
        back=_back(actor, business.business_id),
        person=found,
        myself=actor.user_id == found.user.user_id,
        sites=acting.sites_of(session, business.business_id),
        positions=POSITIONS,
        labels=LABELS,
        values=form,
        errors=errors,
    )
    return Response(page, status)


@bp.post("/people/<string:username>/sites")
@edge("people.manage")
def sites(session: Session, actor: Actor, username: str) -> Any:
    """Change the sites of a clerk."""
    form = copy(request.form)
    try:
        with attempt(session):
            _chosen_sites(form)
            said = load(schemas.SitesSchema(partial=True), form)
            team.set_sites(session, actor, username, said.get("site_ids") or ())
    except NotFound:
        raise
    except REFUSALS as error:
        return _person(session, actor, username, form, *refusal(error, LABELS))
    return redirect(url_for("people.person", username=username), 303)


@bp.route("/people/<string:username>/end", methods=["GET", "POST"])
@edge("people.manage")
def end(session: Session, actor: Actor, username: str) -> Any:
    """Show what ends with somebody's access, or end it."""
    if request.method == "GET":
        found, business = team.person(session, actor, username)
        return render_template(
            "people/end.html", person=found, business=business, back=_back(actor, business.business_id),
            myself=actor.user_id == found.user.user_id,
        )  # fmt: skip
    try:
        with attempt(session):
            found = team.end(session, actor, username)
    except NotFound:
        raise
    except REFUSALS as error:
        return _person(session, actor, username, None, *refusal(error))
    flash(_("The access of %(name)s is ended.", name=found.user.display_name), "success")
    return redirect(url_for("people.person", username=username), 303)


@bp.post("/devices/<uuid:device_id>/end")
@edge("device.end")
def end_device(session: Session, actor: Actor, device_id: UUID) -> Any:
    """End a device's permission to sign in by PIN, and go back to where it is listed."""
    user = slips.end_device(session, actor, device_id)
    words = _("The device of %(name)s is ended: signed out there, its PIN is worth nothing.", name=user.display_name)
    flash(words, "success")
    if request.form.get("_from") == "slip":
        return redirect(url_for("slips.new_slip", business=user.business_id), 303)
    return redirect(url_for("people.person", username=user.username), 303)


@bp.get("/invitation/<secret>")
@edge(PUBLIC)
def invitation(session: Session, _actor: Actor | None, secret: str) -> Any:
    """Show the form in which the invited choose name, phone and password; looking does not spend the link."""
    return _invitation(session, secret, Form(), {})


def _invitation(session: Session, secret: str, form: Form, errors: dict[str, str], status: int = 200) -> Response:
    page = render_template(
        "people/join.html",
        invited=invitations.opened(session, secret),
        secret=secret,
        positions=POSITIONS,
        labels=LABELS,
        values=form,
        errors=errors,
    )
    return Response(page, status)


@bp.post("/invitation/<secret>")
@edge(PUBLIC)
def join(session: Session, _actor: Actor | None, secret: str) -> Any:
    """Spend the invitation: make the account and sign in."""
    form = copy(request.form)
    try:
        with attempt(session):
            user = invitations.accept(session, secret, **load(schemas.NewAccountSchema(), form))
    except NotFound:
        raise
    except REFUSALS as error:
        return _invitation(session, secret, form, *refusal(error, LABELS))
    return first_sign_in(session, user, "/")


def first_sign_in(session: Session, user: User, target: str) -> Response:
    """Go on to `target`, signed in, after somebody chose a password; by the second step where the role needs one."""
    opened = service.begin(session, user, request.remote_addr or "", request.headers.get("User-Agent"))
    return go_on(session, user, opened, target)
