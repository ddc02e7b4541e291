"""The second step of whoever needs one: set up in the database, its codes as an app would show them."""

import pyotp
from sqlmodel import Session

from coldchain.accounts.models import User, UserTotp
from coldchain.accounts.rights import NEED_SECOND_STEP
from coldchain.accounts.service import totp
from coldchain.core import clock, sealed

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give(session: Session, user: User) -> bool:
    """Set the second step up for somebody whose role needs it, every code unused; say whether it does."""
    if user.role not in NEED_SECOND_STEP:
        return False
    row = session.get(UserTotp, user.user_id) or UserTotp(user_id=user.user_id)
    row.secret = sealed.seal(totp.PURPOSE, str(user.user_id), SECRET)
    row.confirmed_at, row.last_step = clock.now(), None
    session.add(row)
    session.flush()
    return True


def code(secret: str = SECRET, steps: int = 0) -> str:
    """Return the code that the app shows now, or some steps of half a minute from now."""
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // totp.STEP_S + steps)
