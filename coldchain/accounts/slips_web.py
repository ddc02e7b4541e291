"""Pages of sign-in slips: an officer prints one, the person scans it and chooses a PIN, the device signs in by it."""

from typing import Any, Final

from flask import Blueprint, Response, current_app, render_template, request
from sqlmodel import Session

from coldchain.accounts import devices, service
from coldchain.accounts import people_schemas as schemas
from coldchain.accounts.actor import Actor
from coldchain.accounts.addresses import absolute
from coldchain.accounts.models import PIN_ROLES, User
from coldchain.accounts.service import acting, slips, team
from coldchain.accounts.session import PIN_COOKIE, address
from coldchain.accounts.web import go_on
from coldchain.accounts.words import LABELS, POSITIONS
from coldchain.core import clock, db, limits
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, attempt, copy, load, refusal
from coldchain.core.qr_svg import svg
from coldchain.regions import service as regions

bp = Blueprint("slips", __name__)

SECONDS_A_DAY: Final = 86_400
PIN_TYPED_CHARS: Final = 40


@bp.get("/slips/new")
@edge("slip.print")
def new_slip(session: Session, actor: Actor) -> Any:
    """Show for whom of a business a slip may be printed, and the devices in use."""
    return _new_slip(session, actor, request.args.get("business", ""), Form(), {})


def _new_slip(
    session: Session, actor: Actor, ref: str, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    business = acting.find(session, ref)
    people = slips.candidates(session, actor, business)
    page = render_template(
        "people/slip_new.html",
        business=business,
        people=people,
        devices=team.devices_of(session, [user.user_id for user in people]),
        has_people=bool(people) or team.any_people(session, business.business_id),
        pin_fits=business.role in PIN_ROLES,
        positions=POSITIONS,
        minutes=limits.SLIP_MINUTES,
        labels=LABELS | {"display_name": _("Name of the person")},
        values=form,
        errors=errors,
    )
    return Response(page, status)


@bp.post("/slips/new")
@edge("slip.print")
def print_slip(session: Session, actor: Actor) -> Any:
    """Make a slip and show it for printing, this once; with name and phone it makes the owner's account first."""
    form = copy(request.form)
    ref = form.get("_business", "")
    business = acting.find(session, ref)
    try:
        with attempt(session):
            if form.get("_person"):
                slip = slips.print_slip(session, actor, business, form["_person"])
            else:
                said = load(schemas.OwnerSchema(), form)
                slip = slips.print_first(session, actor, business, **said)
    except NotFound:
        raise
    except REFUSALS as error:
        return _new_slip(session, actor, ref, form, *refusal(error, LABELS))
    link = absolute("slips.slip", secret=slip.secret)
    return render_template(
        "people/slip.html",
        slip=slip,
        address=link,
        qr=svg(link, _("Sign-in slip of %(name)s", name=slip.user.display_name)),
        officer=actor.display_name,
        office=_office(session, business),
        printed_at=clock.now(),
        minutes=limits.SLIP_MINUTES,
    )


def _office(session: Session, business: acting.Business) -> Any:
    """Return the supervision office of a business, None where it has none: whom to ask about the slip."""
    return regions.offices_by_id(session, [business.office_id]).get(business.office_id) if business.office_id else None


@bp.get("/slip/<secret>")
@edge(PUBLIC)
def slip(session: Session, _actor: Actor | None, secret: str) -> Any:
    """Show the form in which the person of a slip chooses a PIN; looking does not spend it."""
    return _slip(session, secret, {})


def _slip(session: Session, secret: str, errors: dict[str, str], status: int = 200) -> Response:
    user = slips.slip_user(session, secret)
    page = render_template(
        "people/slip_pin.html",
        user=user,
        business=acting.find(session, str(user.business_id)),
        secret=secret,
        digits=limits.PIN_DIGITS,
        labels=LABELS,
        errors=errors,
    )
    return Response(page, status)


@bp.post("/slip/<secret>")
@edge(PUBLIC)
def use_slip(session: Session, _actor: Actor | None, secret: str) -> Any:
    """Spend the slip: this device signs in by the PIN from now on, and is signed in."""
    pin, again = (request.form.get(name, "")[:PIN_TYPED_CHARS].strip() for name in ("pin", "again"))
    agent = request.headers.get("User-Agent")
    try:
        with attempt(session):
            user, cookie = slips.use_slip(session, secret, pin=pin, again=again, user_agent=agent)
    except NotFound:
        raise
    except REFUSALS as error:
        return _slip(session, secret, *refusal(error, LABELS))
    return _signed_in(session, user, cookie)


def _signed_in(session: Session, user: User, cookie: str) -> Response:
    """Open a session by the PIN of a device, which the session remembers; who set up a second step goes on to it."""
    device = slips.device_of(session, user, cookie)
    opened = service.begin(
        session, user, address(), request.headers.get("User-Agent"), device.device_id if device else None
    )
    return _remember(go_on(session, user, opened, "/"), cookie)


def _remember(response: Response, cookie: str) -> Response:
    response.set_cookie(
        PIN_COOKIE,
        cookie,
        max_age=limits.DEVICE_DAYS * SECONDS_A_DAY,
        httponly=True,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        samesite="Lax",
    )
    return response


def _known(session: Session, cookie: str) -> dict[str, Any] | None:
    found = slips.device_user(session, cookie)
    if found is None:
        return None
    device, user = found
    left = limits.PINS_WRONG_MAX - device.wrong_pins
    return {"display_name": user.display_name, "username": user.username, "left": left}


@bp.app_template_global("device_name")
def device_name(user_agent: str | None) -> str:
    """Return what a device is called on screen."""
    return devices.browser(user_agent) or ""


@bp.app_template_global("known_device")
def known_device() -> dict[str, Any] | None:
    """Return whose PIN this device takes: name and phone number; None when it may sign nobody in."""
    cookie = request.cookies.get(PIN_COOKIE)
    if not cookie:
        return None
    with db.transaction() as session:
        return _known(session, cookie)


@bp.post("/sign-in/pin")
@edge(PUBLIC)
def sign_in_by_pin(session: Session, _actor: Actor | None) -> Any:
    """Sign in by PIN on a device that a slip was scanned with; anywhere else a PIN is worth nothing."""
    cookie = request.cookies.get(PIN_COOKIE, "")
    user = slips.check_pin(session, cookie, request.form.get("pin", "")[:PIN_TYPED_CHARS].strip())
    if user is not None:
        return _signed_in(session, user, cookie)
    device = _known(session, cookie)
    if device is None:
        words = _("This device may not sign in by PIN. Ask your supervision office for a new slip.")
        return Response(render_template("accounts/pin.html", pin_device=None, pin_errors={"": words}), 403)
    words = _("The PIN is wrong. Tries left: %(count)s.", count=device["left"])
    return Response(render_template("accounts/pin.html", pin_device=device, pin_errors={"pin": words}), 422)
