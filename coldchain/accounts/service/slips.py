"""Sign-in slips (登录条) and PINs: for a shopkeeper who doesn't do passwords.

An officer prints a slip; whoever scans it first chooses a PIN, and that one device signs in by it from then on. A PIN
is worth nothing without the device's cookie, and PINS_WRONG_MAX wrong ones end the device's permission.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from coldchain.accounts import passwords, pins
from coldchain.accounts.actor import Actor
from coldchain.accounts.models import PIN_ROLES, Device, SignInSlip, User, UserSession
from coldchain.accounts.rights import authorize
from coldchain.accounts.service import acting
from coldchain.accounts.service.actors import digest
from coldchain.accounts.service.audit import audit
from coldchain.accounts.service.people import create_user
from coldchain.accounts.service.team import tell
from coldchain.core import clock, limits
from coldchain.core.errors import Conflict, Invalid, NotFound

WEAK = {
    "pin_shape": "A PIN has {digits} digits.",
    "pin_repeated": "This PIN repeats itself and is easily guessed. Choose another.",
    "pin_run": "This PIN is a run of digits and is easily guessed. Choose another.",
    "pin_of_phone": "These digits stand in the phone number and are easily guessed. Choose others.",
}


@dataclass(frozen=True)
class Slip:
    """A printed slip: its secret, for whom and which business, until when it may be scanned."""

    secret: str
    user: User
    business: acting.Business
    expires_at: datetime


def candidates(session: Session, actor: Actor, business: acting.Business) -> list[User]:
    """Return those of a business who may get a slip, the first to come first. Raises Forbidden, NotFound."""
    authorize(actor, "slip.print", business.resource)
    statement = select(User).where(
        col(User.business_id) == business.business_id, col(User.is_active), col(User.role).in_(PIN_ROLES)
    )
    found = list(session.scalars(statement.order_by(col(User.user_id))))
    tell(session, found)
    return found


def print_slip(session: Session, actor: Actor, business: acting.Business, username: str) -> Slip:
    """Return a new slip of somebody who acts for a business, valid SLIP_MINUTES; older ones of the person are void.

    Raises Forbidden, NotFound; Invalid `unknown_person`; Conflict `wrong_state` for a business that was struck off.
    """
    acting.refuse_closed(business)
    user = next((each for each in candidates(session, actor, business) if each.username == username), None)
    if user is None:
        raise Invalid.of("/username", "unknown_person", "Nobody of that name may get a slip for this business.")
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.execute(
        update(SignInSlip)
        .where(col(SignInSlip.user_id) == user.user_id, col(SignInSlip.used_at).is_(None))
        .values(used_at=now)
    )
    expires_at = now + timedelta(minutes=limits.SLIP_MINUTES)
    session.add(
        SignInSlip(
            slip_hash=digest(secret), user_id=user.user_id, printed_by=actor.user_id, created_at=now,
            expires_at=expires_at,
        )
    )  # fmt: skip
    audit(session, "slip_printed", user.user_id, by=str(actor.user_id))
    session.flush()
    return Slip(secret, user, business, expires_at)


def print_first(session: Session, actor: Actor, business: acting.Business, *, display_name: str, phone: str) -> Slip:
    """Make the account of the owner of a business that nobody acts for yet, and return its first slip.

    Raises Forbidden, NotFound; Conflict `people_exist` when somebody acts for it, `account_exists`, `no_pin` for a
    laboratory, whose people sign in by password and code.
    """
    authorize(actor, "slip.print", business.resource)
    acting.refuse_closed(business)
    if session.scalar(select(col(User.user_id)).where(col(User.business_id) == business.business_id).limit(1)):
        raise Conflict("Somebody acts for this business already.", code="people_exist")
    if business.role not in PIN_ROLES:
        raise Conflict("The people of a laboratory sign in by password; the administrator lets them in.", code="no_pin")
    user = create_user(
        session,
        username=phone,
        role=business.role,
        display_name=display_name,
        business_id=business.business_id,
        is_waiting=business.is_waiting,
        by=actor.user_id,
    )
    return print_slip(session, actor, business, user.username)


def slip_user(session: Session, secret: str) -> User:
    """Return the person of an unused slip; looking does not spend it. Raises NotFound `slip_spent`."""
    slip = session.get(SignInSlip, digest(secret), with_for_update=True)
    user = session.get(User, slip.user_id) if slip else None
    if slip is None or user is None or slip.used_at is not None or slip.expires_at <= clock.now() or not user.is_active:
        raise NotFound(
            "This slip was used or has run out. Ask the officer to print a new one.", code="slip_spent"
        )  # fmt: skip
    return user


def use_slip(session: Session, secret: str, *, pin: str, again: str, user_agent: str | None) -> tuple[User, str]:
    """Spend a slip: keep the PIN for a new device, and return its person and the device's secret.

    Raises NotFound `slip_spent`; Invalid at `/pin` for a weak one, at `/again` when the two differ: the slip stays.
    """
    user = slip_user(session, secret)
    weak = pins.weakness(pin, user.username)
    if weak is not None:
        raise Invalid.of("/pin", weak, WEAK[weak], digits=limits.PIN_DIGITS)
    if pin != again:
        raise Invalid.of("/again", "pins_differ", "The two PINs are not the same.")
    now, cookie = clock.now(), secrets.token_urlsafe(32)
    session.execute(update(SignInSlip).where(col(SignInSlip.slip_hash) == digest(secret)).values(used_at=now))
    device = Device(
        device_hash=digest(cookie), user_id=user.user_id, pin_hash=passwords.hash_password(pin), wrong_pins=0,
        user_agent=(user_agent or "")[:200] or None, created_at=now,
    )  # fmt: skip
    session.add(device)
    session.flush()
    audit(session, "device_added", user.user_id, device=str(device.device_id))
    return user, cookie


def device_user(session: Session, cookie: str, *, lock: bool = False) -> tuple[Device, User] | None:
    """Return the device of a cookie and its person, None when it may sign nobody in (any more)."""
    statement = select(Device).where(col(Device.device_hash) == digest(cookie))
    device = session.scalars(statement.with_for_update() if lock else statement).first()
    user = session.get(User, device.user_id) if device else None
    if device is None or user is None or device.ended_at is not None or not user.is_active:
        return None
    last = device.last_used_at or device.created_at
    return (device, user) if last + timedelta(days=limits.DEVICE_DAYS) > clock.now() else None


def check_pin(session: Session, cookie: str, pin: str) -> User | None:
    """Return the person when this device may sign in and the PIN fits, else None after counting the miss.

    PINS_WRONG_MAX wrong ones in a row end the device's permission; the count stands in the row and survives a restart.
    What a right one was for is written to the audit log by who asked.
    """
    found = device_user(session, cookie, lock=True)
    if found is None:
        return None
    device, user = found
    if not passwords.verify(device.pin_hash, pin):
        device.wrong_pins += 1
        audit(session, "pin_refused", user.user_id, device=str(device.device_id))
        if device.wrong_pins >= limits.PINS_WRONG_MAX:
            _end(session, device, "wrong_pins", None)
        session.flush()
        return None
    device.wrong_pins, device.last_used_at = 0, clock.now()
    session.flush()
    return user


def device_of(session: Session, user: User, cookie: str | None) -> Device | None:
    """Return the device of a cookie if it signs this person in, else None."""
    found = device_user(session, cookie) if cookie else None
    return found[0] if found is not None and found[1].user_id == user.user_id else None


def change_pin(session: Session, actor: Actor, cookie: str, *, current: str, pin: str, again: str) -> None:
    """Give this device another PIN by the present one, a wrong one of which counts as at signing in.

    Raises Conflict `no_pin_here` when the device takes no PIN of the actor's; Invalid: a weak one, `pins_differ`,
    `wrong_pin`.
    """
    user = session.get_one(User, actor.user_id)
    device = device_of(session, user, cookie)
    if device is None:
        raise Conflict("This device takes no PIN of yours.", code="no_pin_here")
    weak = pins.weakness(pin, user.username)
    if weak is not None:
        raise Invalid.of("/pin", weak, WEAK[weak], digits=limits.PIN_DIGITS)
    if pin != again:
        raise Invalid.of("/again", "pins_differ", "The two PINs are not the same.")
    if check_pin(session, cookie, current) is None:
        raise Invalid.of("/current_pin", "wrong_pin", "This is not your present PIN.")
    device.pin_hash = passwords.hash_password(pin)
    audit(session, "pin_changed", user.user_id, device=str(device.device_id))
    session.flush()


def opened_on(session: Session, secret: str, cookie: str | None) -> None:
    """Remember the device of a cookie as the one that a page session of the same person was opened on."""
    found = device_user(session, cookie) if cookie else None
    if found is not None:
        session.execute(
            update(UserSession)
            .where(
                col(UserSession.session_hash) == digest(secret),
                col(UserSession.user_id) == found[1].user_id,
                col(UserSession.device_id).is_(None),
            )
            .values(device_id=found[0].device_id)
        )


def end_device(session: Session, actor: Actor, device_id: UUID) -> User:
    """End a device's permission to sign in and return its person; one that ended before stays so.

    Page sessions that were opened on that device end too, the person's others go on. Raises Forbidden, NotFound.
    """
    statement = (
        select(Device)
        .join(User, col(User.user_id) == col(Device.user_id))
        .where(col(Device.device_id) == device_id)
        .with_for_update(of=Device)
    )
    found = acting.with_business(session, statement, col(User.business_id))
    if found is None:
        raise NotFound
    device: Device = found[0]
    authorize(actor, "device.end", found[1].resource)
    user = session.get_one(User, device.user_id)
    if device.ended_at is None:
        _end(session, device, "ended", actor.user_id)
        session.execute(
            update(UserSession)
            .where(col(UserSession.device_id) == device_id, col(UserSession.revoked_at).is_(None))
            .values(revoked_at=clock.now())
        )
    return user


def _end(session: Session, device: Device, why: str, by: UUID | None) -> None:
    device.ended_at, device.ended_why = clock.now(), why
    audit(session, "device_ended", device.user_id, device=str(device.device_id), why=why, by=str(by) if by else None)
    session.flush()
