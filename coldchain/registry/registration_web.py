"""Pages on which somebody without an account registers a business and its owner, and corrects what was refused."""

import re
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from sqlmodel import Session

from coldchain.accounts import passwords
from coldchain.accounts import service as accounts
from coldchain.accounts.actor import Actor
from coldchain.accounts.people_web import first_sign_in
from coldchain.core import forms, limits
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, filled, load, new_once, once, refusal
from coldchain.regions import service as regions
from coldchain.registry import schemas, service, words
from coldchain.registry.service import registration
from coldchain.registry.web import LABELS as REGISTER_LABELS

bp = Blueprint("registration", __name__)

LABELS: Final = REGISTER_LABELS | {
    "region_code": _l("District"),
    "account-display_name": _l("Your name"),
    "account-phone": _l("Mobile phone number"),
    "account-password": _l("Password"),
}
SAME: Final = {"legal_representative": "account-display_name", "phone": "account-phone"}  # asked once on the page


def _districts(session: Session, chosen: str | None) -> list[tuple[str, str]]:
    """Return code and name of the districts in which somebody decides; none when they are too many for a list."""
    codes = registration.districts(session, limits.DISTRICTS_OFFERED + 1)
    if len(codes) > limits.DISTRICTS_OFFERED:
        return []
    if codes and chosen and chosen not in codes:
        codes.append(chosen)
    names = regions.names(session, codes, current_locale())
    return [(code, names[code]) for code in codes]


def _form(session: Session, template: str, form: Form, errors: dict[str, str], status: int, **more: Any) -> Response:
    page = render_template(
        template,
        values=form,
        errors=errors,
        labels=LABELS,
        kinds=words.BUSINESS_KINDS,
        districts=_districts(session, form.get("region_code")),
        once=form.get("_once") or new_once(),
        **more,
    )
    return Response(page, status)


@bp.get("/register")
@edge(PUBLIC)
def register(session: Session, _actor: Actor | None) -> Any:
    """Show the form in which a business and its owner are registered."""
    return _form(session, "registry/register.html", Form(), {}, 200)


@bp.post("/register")
@edge(PUBLIC)
def register_submit(session: Session, _actor: Actor | None) -> Any:
    """Register a business and its owner, and sign the owner in; the same form sent again signs in only."""
    form = copy(request.form)
    for name, typed in SAME.items():
        if name == "phone" or not form.get(name, "").strip():
            form[name] = form.get(typed, "")
    try:
        said = _said(form)
        said["phone"] = said["account"]["phone"]  # as it is kept, not as it was typed

        def act() -> str:
            registration.register_self(session, **said)
            return "/"

        # counted outside of what is undone when it is refused, so that trying out codes is bounded too
        registration.admit(session, request.remote_addr or "")
        response = once(session, "public", form, act)
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
        errors = {n: text for n, text in errors.items() if n not in SAME or form.get(n) != form.get(SAME[n])}
        return _form(session, "registry/register.html", form, errors, status)
    user = accounts.user_by_name(session, said["account"]["phone"])
    if not passwords.verify(user.password_hash, said["account"]["password"]):
        return response
    return first_sign_in(session, user, response.location or "/")


def _said(form: Form) -> dict[str, Any]:
    """Return what the form says; when nothing is said of the owner, each field of it is named, not all as one."""
    schema = schemas.RegistrationFormSchema()
    said: dict[str, Any] = schema.load({"account": {}} | forms.nested(schema, form.items(multi=True)))
    return said


@bp.get("/register/correct")
@edge("business.correct")
def correct(session: Session, actor: Actor) -> Any:
    """Show what was sent, to be corrected."""
    business = service.read_business(session, actor, _own(actor))
    office = business["office"]
    known = {name: business.get(name) for name in schemas.BusinessRegistrationSchema().fields if name != "occurred_at"}
    form = filled({**known, "office": office.name if office else None})
    return _correction(session, business, form, {})


def _own(actor: Actor) -> Any:
    if actor.business_id is None:
        raise NotFound
    return actor.business_id


def _correction(
    session: Session, business: dict[str, Any], form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    if business["status"] != "rejected":
        return redirect("/", 303)  # type: ignore[return-value]
    typed = form.get("region_code", "")
    region = typed if re.fullmatch(r"[0-9]{6}", typed) else business["region_code"]
    names = [office.name for office in regions.offices(session, region)]
    offices = [(name, name) for name in names]
    return _form(session, "registry/correct.html", form, errors, status, business=business, offices=offices)


@bp.post("/register/correct")
@edge("business.correct")
def correct_submit(session: Session, actor: Actor) -> Any:
    """Send the corrected application again."""
    form = copy(request.form)

    def act() -> str:
        registration.correct(session, actor, _own(actor), **load(schemas.BusinessRegistrationSchema(), form))
        return "/"

    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        return _correction(session, service.read_business(session, actor, _own(actor)), form, *refusal(error, LABELS))
