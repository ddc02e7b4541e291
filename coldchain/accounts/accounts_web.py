"""The administrator's pages of accounts: finding, making, ending, and the assignments of officers."""

import re
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts import people_schemas as schemas
from coldchain.accounts.actor import Actor
from coldchain.accounts.addresses import absolute
from coldchain.accounts.models import ASSIGNMENT_KINDS, OFFICER_ROLES, ROLES
from coldchain.accounts.service import acting, admin
from coldchain.accounts.words import ASSIGNMENT_HINTS, ASSIGNMENTS, LABELS, POSITIONS
from coldchain.accounts.words import ROLES as ROLE_WORDS
from coldchain.core import clock
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, attempt, copy, load, refusal
from coldchain.regions import service as regions

bp = Blueprint("admin_accounts", __name__)

PAGE_ROWS: Final = 20
OFFICES_OFFERED: Final = 500
OWN_LABELS: Final = LABELS | {"display_name": _l("Name of the person"), "position": _l("Position")}
HANDOVER: Final = "/handover"  # the page that hands open tasks over, where there is one
_CODE = re.compile(r"[0-9]{6}")


def _places(session: Session, found: list[admin.Account]) -> dict[str, str]:
    codes = {a.region_code for account in found for a in account.assignments}
    return regions.names(session, codes, current_locale())


@bp.get("/accounts")
@edge("account.manage")
def accounts(session: Session, actor: Actor) -> Any:
    """Show accounts with search and paging."""
    form = Form((name, text.strip()) for name, text in request.args.items() if text.strip())
    errors: dict[str, str] = {}
    query = load(schemas.AccountQuery(), Form())
    try:
        query = load(schemas.AccountQuery(), form)
    except REFUSALS as error:
        errors = refusal(error, OWN_LABELS)[0]
    query["limit"] = PAGE_ROWS
    found, following = admin.accounts(session, actor, **query)
    offices = regions.offices_by_id(session, (a.office_id for each in found for a in each.current))
    page = render_template(
        "people/accounts.html",
        accounts=found,
        following=following,
        counts=admin.count_by_role(session, actor),
        roles=ROLE_WORDS,
        positions=POSITIONS,
        names=_places(session, found),
        offices=offices,
        values=form,
        errors=errors,
        without=lambda *names: {n: t for n, t in form.items() if n not in {*names, "cursor"}},
    )
    return Response(page, 422 if errors else 200)


@bp.get("/accounts/new")
@edge("account.manage")
def new_account(session: Session, _actor: Actor) -> Any:
    """Show the form to make an account."""
    return _new_account(session, Form({"role": OFFICER_ROLES[-1]}), {})


def _choices(session: Session) -> dict[str, Any]:
    """Return the offices to choose from, each with its district, and the districts that have one, as suggestions."""
    offices = regions.search_offices(session, limit=OFFICES_OFFERED)[0]
    names = regions.names(session, {office.region_code for office in offices}, current_locale())
    rows = sorted((names[office.region_code], office.name, str(office.office_id)) for office in offices)
    return {
        "office_choices": [(office_id, f"{place} {name}") for place, name, office_id in rows],
        "region_choices": sorted(set(names.values())),
    }


def _new_account(session: Session, form: Form, errors: dict[str, str], status: int = 200) -> Response:
    page = render_template(
        "people/account_new.html",
        **_choices(session),
        roles=[(role, ROLE_WORDS[role]) for role in ROLES],
        positions=[(code, word) for code, word in POSITIONS.items()],
        labels=OWN_LABELS,
        values=form,
        errors=errors,
    )
    return Response(page, status)


def _by_name(session: Session, form: Form) -> Form:
    """Return the form with names replaced by what they name: a region, the district of a chosen office, a business.

    A name that several have stays as it was typed, and is refused.
    """
    form = copy(form)
    typed, office = form.get("region_code", "").strip(), form.get("office", "").strip()
    business = acting.code_of_name(session, form.get("business", ""))
    if business is not None:
        form["business"] = business
    if office and not typed:
        with suppress(ValueError):
            known = regions.offices_by_id(session, [UUID(office)])
            form["region_code"] = next((each.region_code for each in known.values()), "")
    if typed and not _CODE.fullmatch(typed):
        found, _following = regions.search(session, q=typed, limit=50)
        exact = [region.code for region in found if typed in {region.name_zh, region.name_en}] or [
            r.code for r in found
        ]
        if len(exact) == 1:
            form["region_code"] = exact[0]
    return form


@bp.post("/accounts/new")
@edge("account.manage")
def make_account(session: Session, actor: Actor) -> Any:
    """Make an account and show its one-time link, this once."""
    form = copy(request.form)
    try:
        with attempt(session):
            said = load(schemas.AccountSchema(), _by_name(session, form))
            made, secret = admin.make(session, actor, **said)
    except REFUSALS as error:
        return _new_account(session, form, *refusal(error, OWN_LABELS))
    return _linked(made, secret)


def _linked(account: admin.Account, secret: str) -> str:
    link = absolute("accounts.link", secret=secret)
    return render_template("people/account_link.html", account=account, roles=ROLE_WORDS, link=link)


@bp.get("/accounts/<string:username>")
@edge("account.manage")
def account(session: Session, actor: Actor, username: str) -> Any:
    """Show an account, what it is assigned to, and what may be done with it."""
    return _account(session, actor, username, Form({"kind": "standing"}), {})


def _account(
    session: Session, actor: Actor, username: str, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    found = admin.account(session, actor, username)
    now = clock.now()
    has_handover = any(rule.rule == HANDOVER for rule in current_app.url_map.iter_rules())
    is_officer = found.user.role in OFFICER_ROLES
    page = render_template(
        "people/account.html",
        **(_choices(session) if is_officer else {}),
        account=found,
        myself=found.user.user_id == actor.user_id,
        is_officer=is_officer,
        handover=f"{HANDOVER}?officer={username}" if is_officer and has_handover else None,
        now=now,
        roles=ROLE_WORDS,
        positions=POSITIONS,
        kinds=[{"value": kind, "text": ASSIGNMENTS[kind], "hint": ASSIGNMENT_HINTS[kind]} for kind in ASSIGNMENT_KINDS],
        kind_words=ASSIGNMENTS,
        names=_places(session, [found]),
        offices=regions.offices_by_id(session, (a.office_id for a in found.assignments)),
        labels=OWN_LABELS,
        values=form,
        errors=errors,
    )
    return Response(page, status)


def _here(username: str) -> Any:
    return redirect(url_for("admin_accounts.account", username=username), 303)


@bp.post("/accounts/<string:username>/assignments")
@edge("account.manage")
def assign(session: Session, actor: Actor, username: str) -> Any:
    """Assign an officer to a region or an office of it."""
    form = copy(request.form)
    try:
        with attempt(session):
            said = load(schemas.AssignmentRequestSchema(), _by_name(session, form))
            admin.assign(session, actor, username, **said)
    except NotFound:
        raise
    except REFUSALS as error:
        return _account(session, actor, username, form, *refusal(error, OWN_LABELS))
    return _here(username)


@bp.route("/accounts/<string:username>/assignments/<uuid:assignment_id>/end", methods=["GET", "POST"])
@edge("account.manage")
def end_assignment(session: Session, actor: Actor, username: str, assignment_id: UUID) -> Any:
    """Show what is open before an assignment ends, or end it now."""
    if request.method == "GET":
        found, row, things = admin.ending(session, actor, username, assignment_id)
        place = regions.name(session, row.region_code, current_locale())
        office = regions.offices_by_id(session, [row.office_id]).get(row.office_id) if row.office_id else None
        return render_template(
            "people/assignment_end.html", account=found, row=row, open_things=things, place=place, office=office,
            kind_words=ASSIGNMENTS, handover=f"{HANDOVER}?officer={username}", labels=OWN_LABELS,
        )  # fmt: skip
    admin.end_assignment(session, actor, username, assignment_id)
    flash(_("The assignment is ended."), "success")
    return _here(username)


@bp.post("/accounts/<string:username>/end")
@edge("account.manage")
def close(session: Session, actor: Actor, username: str) -> Any:
    """Close an account."""
    admin.close(session, actor, username)
    return _here(username)


@bp.post("/accounts/<string:username>/reopen")
@edge("account.manage")
def reopen(session: Session, actor: Actor, username: str) -> Any:
    """Let a closed account sign in again."""
    admin.reopen(session, actor, username)
    return _here(username)


@bp.post("/accounts/<string:username>/link")
@edge("account.manage")
def fresh_link(session: Session, actor: Actor, username: str) -> Any:
    """Make a new one-time link and show it, this once."""
    secret = admin.fresh_link(session, actor, username)
    return _linked(admin.account(session, actor, username), secret)
