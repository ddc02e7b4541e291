"""Slowing down guesses: counted in the database by account, address and device, so that a restart forgets nothing.

A browser in which the person has signed in before is counted by itself: what strangers try, even from the same address,
never keeps the person out there.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.models import KnownDevice, SignInFailure, User
from coldchain.accounts.service.actors import digest
from coldchain.core import clock, limits
from coldchain.core.errors import DomainError

SHORT = timedelta(minutes=limits.FAILURE_MINUTES)
LONG = timedelta(hours=limits.FAILURE_HOURS)


def guard(session: Session, username: str, address: str, device: str | None) -> str | None:
    """Return the hash of the device if the account is known on it; take turns with attempts from the same place.

    The statements are the same whether the account exists or not. Raises DomainError `too_many_attempts` (429) when
    this device, or this address and account, or this address, or this account from unknown devices failed too often.
    """
    place = sha256(f"sign-in\n{username}\n{address}".encode()).digest()
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(place[:8], "big", signed=True))))
    hashed, now = digest(device or ""), clock.now()
    known = session.scalar(
        select(col(KnownDevice.device_hash))
        .join(User, col(User.user_id) == col(KnownDevice.user_id))
        .where(
            col(KnownDevice.device_hash) == hashed, col(User.username) == username, col(KnownDevice.expires_at) > now
        )
    )
    named, here = col(SignInFailure.username) == username, col(SignInFailure.address) == address
    from_here = col(SignInFailure.device_hash) == hashed
    strange, lately = col(SignInFailure.device_hash).is_(None), col(SignInFailure.at) > now - SHORT
    counts = session.execute(
        select(
            func.count().filter(named, from_here, lately),
            func.count().filter(named, here, strange, lately),
            func.count().filter(here, strange, lately),
            _of_account(named, strange, col(SignInFailure.at) > now - LONG),
        ).where(or_(named, here), lately)
    ).one()
    by_device, by_both, by_address, by_account = counts
    if known:
        refused = by_device >= limits.FAILURES_ALLOWED
    else:
        refused = (
            by_both >= limits.FAILURES_ALLOWED
            or by_address >= limits.FAILURES_OF_ADDRESS
            or by_account >= limits.FAILURES_OF_ACCOUNT
        )
    if refused:
        raise DomainError("Too many attempts. Try again in 15 minutes.", code="too_many_attempts", status=429)
    return known


def _of_account(*conditions: ColumnElement[bool]) -> Any:
    """Return the count of failures of a name from all addresses, of each at most FAILURES_COUNTED_OF_ADDRESS."""
    each = func.least(func.count(), limits.FAILURES_COUNTED_OF_ADDRESS).label("counted")
    by_address = select(each).where(*conditions).group_by(col(SignInFailure.address)).subquery()
    return select(func.coalesce(func.sum(by_address.c.counted), 0)).scalar_subquery()


def record(session: Session, username: str, address: str, known_device: str | None) -> None:
    """Count a refused attempt."""
    session.add(SignInFailure(username=username[:200], address=address, device_hash=known_device, at=clock.now()))
    session.flush()


def remember_device(session: Session, user_id: UUID, device: str) -> None:
    """Know this browser by the secret in its cookie from now on."""
    until = clock.now() + timedelta(days=limits.KNOWN_DEVICE_DAYS)
    statement = insert(KnownDevice).values(device_hash=digest(device), user_id=user_id, expires_at=until)
    session.execute(
        statement.on_conflict_do_update(index_elements=["device_hash", "user_id"], set_={"expires_at": until})
    )


def is_device(session: Session, device: str) -> bool:
    """Say whether this secret was handed to a browser by us."""
    known = select(col(KnownDevice.device_hash)).where(col(KnownDevice.device_hash) == digest(device)).limit(1)
    return session.scalar(known) is not None


def forget_devices(session: Session, user_id: UUID) -> None:
    """Know no browser of a person any more."""
    session.execute(delete(KnownDevice).where(col(KnownDevice.user_id) == user_id))
