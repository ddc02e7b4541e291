"""What is stored so that the database alone can't tell it: sealed with keys derived from the program's secret key.

Each purpose has a key of its own (HKDF), and what is sealed for one row can't be opened in another's place.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
KEY_BYTES = 32

_secret: list[bytes] = []


class Unreadable(Exception):
    """What was sealed was sealed with another key, for another place, or was changed."""


def configure(secret_key: str) -> None:
    """Tell this process the key that all others are derived from."""
    _secret[:] = [secret_key.encode()]


def _key(purpose: str) -> bytes:
    if not _secret:
        raise RuntimeError("sealing is not configured")
    return HKDF(SHA256(), KEY_BYTES, salt=b"coldchain", info=purpose.encode()).derive(_secret[0])


def seal(purpose: str, place: str, text: str) -> str:
    """Return `text` encrypted for one place, such as a row's id (AES-256-GCM)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return urlsafe_b64encode(nonce + AESGCM(_key(purpose)).encrypt(nonce, text.encode(), place.encode())).decode()


def unseal(purpose: str, place: str, sealed: str) -> str:
    """Return what was sealed for this place. Raises Unreadable."""
    try:
        raw = urlsafe_b64decode(sealed)
        return AESGCM(_key(purpose)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise Unreadable(purpose) from error


def fingerprint(purpose: str, text: str) -> str:
    """Return a keyed hash: for short codes that could be guessed from a plain one."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()
