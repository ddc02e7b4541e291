"""argon2id, with the same work for an unknown user as for a wrong password."""

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_hasher = PasswordHasher()
_nobody: list[str] = []


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _hasher.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Say whether `password` fits; without a stored hash the same work is done in vain."""
    if stored is None:
        if not _nobody:
            _nobody.append(_hasher.hash("nobody has this password"))
        stored, found = _nobody[0], False
    else:
        found = True
    try:
        return _hasher.verify(stored, password) and found
    except (Argon2Error, InvalidHashError):
        return False
