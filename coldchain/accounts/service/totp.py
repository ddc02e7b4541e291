"""The second step of a sign-in: codes of an app (TOTP, RFC 6238), and recovery codes for when the phone is away."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col

from coldchain.accounts.models import RecoveryCode, User, UserTotp
from coldchain.accounts.service import sessions
from coldchain.accounts.service.audit import audit
from coldchain.core import clock, limits, sealed
from coldchain.core.errors import Conflict, Invalid

ISSUER = "Coldchain"
PURPOSE = "second step"
STEP_S = 30
DRIFT = (-1, 0, 1)  # a phone's clock may be half a minute off
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else
GROUPS, GROUP_CHARS = 3, 4


@dataclass(frozen=True)
class State:
    """How a person's second step stands: since when, how many recovery codes are left, whether it may be given up."""

    since: datetime | None
    codes_left: int
    is_demanded: bool


def state(session: Session, user: User) -> State:
    """Return how a person's second step stands."""
    row = session.get(UserTotp, user.user_id)
    left = session.scalar(
        select(func.count()).where(col(RecoveryCode.user_id) == user.user_id, col(RecoveryCode.used_at).is_(None))
    )
    return State(row.confirmed_at if row else None, left or 0, sessions.is_demanded(session, user.role))


def is_on(session: Session, user_id: UUID) -> bool:
    """Say whether a person signs in with a second step."""
    row = session.get(UserTotp, user_id)
    return row is not None and row.confirmed_at is not None


def _seal(user_id: UUID, secret: str) -> str:
    return sealed.seal(PURPOSE, str(user_id), secret)


def pending(session: Session, user: User) -> str:
    """Return the secret that waits for its first code, made if there is none; nothing is changed by it yet."""
    row = session.get(UserTotp, user.user_id, with_for_update=True)
    if row is None:
        row = UserTotp(user_id=user.user_id)
        session.add(row)
    if row.pending is not None:
        try:
            return sealed.unseal(PURPOSE, str(user.user_id), row.pending)
        except sealed.Unreadable:
            pass  # the program's key was changed meanwhile
    secret = pyotp.random_base32()
    row.pending = _seal(user.user_id, secret)
    session.flush()
    return secret


def uri(user: User, secret: str) -> str:
    """Return what the QR symbol of a secret says to an app."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)


def _step_of(secret: str, code: str) -> int | None:
    """Return the time step that a code belongs to."""
    now = int(clock.now().timestamp()) // STEP_S
    otp = pyotp.TOTP(secret)
    found = None
    for drift in DRIFT:
        if hmac.compare_digest(otp.generate_otp(now + drift), code):
            found = now + drift
    return found


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()[:40]


def enrol(session: Session, user: User, code: str) -> list[str]:
    """Take the waiting secret into use by its first code and return the recovery codes, shown this once.

    Raises Invalid `wrong_code`.
    """
    secret = pending(session, user)
    step = _step_of(secret, _plain(code).encode("ascii", "replace").decode())
    if step is None:
        raise Invalid.of("/code", "wrong_code", "This code doesn't fit. Is the clock of the phone right?")
    row = session.get_one(UserTotp, user.user_id)
    row.secret, row.pending = _seal(user.user_id, secret), None
    row.confirmed_at, row.last_step = clock.now(), step
    audit(session, "totp_enrolled", user.user_id)
    return new_codes(session, user)


def new_codes(session: Session, user: User) -> list[str]:
    """Return new recovery codes, shown this once; older ones are void. Raises Conflict `second_step_off`."""
    if not is_on(session, user.user_id):
        raise Conflict("Recovery codes belong to the second step, which is not set up.", code="second_step_off")
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.user_id))
    now, codes = clock.now(), [_new_code() for _ in range(limits.RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(code_hash=_code_hash(user.user_id, code), user_id=user.user_id, created_at=now) for code in codes
    )
    audit(session, "recovery_codes_made", user.user_id)
    session.flush()
    return codes


def _new_code() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARS)) for _ in range(GROUPS))
    return "-".join(groups)


def _code_hash(user_id: UUID, code: str) -> str:
    return sealed.fingerprint("recovery code", f"{user_id}\n{_plain(code)}")


def check(session: Session, user: User, code: str) -> str | None:
    """Return how a code fits now, `totp` or `recovery`, and spend it; None when it doesn't, or was used before.

    Every refusal takes the same statements.
    """
    row = session.get(UserTotp, user.user_id, with_for_update=True, populate_existing=True)
    plain = _plain(code).encode("ascii", "replace").decode()
    if row is not None and row.secret is not None and row.confirmed_at is not None:
        try:
            step = _step_of(sealed.unseal(PURPOSE, str(user.user_id), row.secret), plain)
        except sealed.Unreadable:
            step = None
        if step is not None and step > (row.last_step or 0):
            row.last_step = step
            return "totp"
    now = clock.now()
    spent = session.execute(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.code_hash) == _code_hash(user.user_id, plain),
            col(RecoveryCode.user_id) == user.user_id,
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
        .returning(col(RecoveryCode.code_hash))
    ).first()
    if spent is None or row is None or row.confirmed_at is None:
        return None
    audit(session, "recovery_code_used", user.user_id)
    return "recovery"


def disable(session: Session, user: User) -> None:
    """Give the second step up. Raises Conflict `second_step_demanded` for a role that needs it here."""
    if sessions.is_demanded(session, user.role):
        raise Conflict("Your role signs in with a second step; it can be renewed, not given up.",
                       code="second_step_demanded")  # fmt: skip
    _forget(session, user)


def drop(session: Session, user: User) -> None:
    """Forget a person's second step and end their sessions: for the phone that is lost together with the codes."""
    _forget(session, user)
    sessions.end_all(session, user.user_id)


def _forget(session: Session, user: User) -> None:
    row = session.get(UserTotp, user.user_id, with_for_update=True)
    if row is not None:
        session.delete(row)
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.user_id))
    audit(session, "totp_disabled", user.user_id)
    session.flush()
