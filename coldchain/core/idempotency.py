"""The same request twice is one act: the answer is kept in the transaction that made it.

Scoped to principal and route, compared by parsed content; only 2xx is kept; in flight is found without waiting. A kept
answer may hold names and phones (R21): it is encrypted with a key made of the request's own, which is kept nowhere.
"""

import hashlib
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Response
from flask import json as flask_json
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel

from coldchain.core import clock, limits
from coldchain.core.columns import document, moment, whole, words
from coldchain.core.errors import Conflict, Invalid

_NONCE_BYTES = 12


class IdempotencyRecord(SQLModel, table=True):
    """One kept answer."""

    __tablename__ = "idempotency_record"

    scope: str = words(primary=True)  # SHA-256 of principal, route and key
    principal: str = words()
    route: str = words()
    content_hash: str = words()
    status: int = whole()
    headers: dict[str, str] = document()
    body: str = words()  # encrypted, base64; empty for a form, whose answer is an address
    recorded_at: datetime = moment(index=True)


def once(
    session: Session, *, principal: str, route: str, key: str, content: Any, answer: Callable[[], Response]
) -> Response:
    """Run `answer` once per key and content, or give the kept answer byte for byte.

    Raises Invalid `idempotency_mismatch` for other content, Conflict `in_progress` while the first is under way.
    """
    if not 1 <= len(key) <= limits.IDEMPOTENCY_KEY_CHARS or not key.isascii() or not key.isprintable():
        raise Invalid.of(
            "/Idempotency-Key", "invalid_key", "The key should be 1 to {limit} printable ASCII characters.",
            limit=limits.IDEMPOTENCY_KEY_CHARS,
        )  # fmt: skip
    user = principal.split("|", 1)[0]
    scope = hashlib.sha256("\n".join((user, route, key)).encode()).hexdigest()
    sealing = hashlib.sha256("\n".join(("body", user, route, key)).encode()).digest()
    content_hash = hashlib.sha256(flask_json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    lock = int.from_bytes(bytes.fromhex(scope[:16]), "big", signed=True)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise Conflict("The first request with this key is still under way.", code="in_progress")
    kept = session.get(IdempotencyRecord, scope)
    if kept is not None:
        if kept.content_hash != content_hash or kept.principal != principal:
            raise Invalid("This key was used for another request.", code="idempotency_mismatch")
        return Response(_opened(sealing, scope, kept.body), kept.status, kept.headers)
    response = answer()
    if 200 <= response.status_code < 300 and response.is_sequence:
        session.add(
            IdempotencyRecord(
                scope=scope,
                principal=principal,
                route=route,
                content_hash=content_hash,
                status=response.status_code,
                headers={"Content-Type": response.headers["Content-Type"]},
                body=_sealed(sealing, scope, response.get_data()),
                recorded_at=clock.now(),
            )
        )
    return response


def _sealed(key: bytes, scope: str, body: bytes) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return b64encode(nonce + AESGCM(key).encrypt(nonce, body, scope.encode())).decode()


def _opened(key: bytes, scope: str, body: str) -> bytes:
    raw = b64decode(body)
    return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], scope.encode())
