"""The walk's last part: the journal, as anybody may fetch it."""

from __future__ import annotations

import base64
import hashlib
import re
import time

from tests.journeys.contract_client import Walk, expect, same
from tests.journeys.contract_door import business

SECONDS = 5


def _size(walk: Walk) -> int:
    text = walk.people["nobody"].raw("GET", "/journal/checkpoint", 200).text
    return int(text.split("\n")[1])


def journal(walk: Walk) -> None:
    """Checkpoint, key, promptness, verification."""
    nobody = walk.people["nobody"]
    with walk.line("GET /journal/checkpoint (P): a C2SP signed note; /journal/key: its vkey, and it verifies"):
        answer = nobody.raw("GET", "/journal/checkpoint", 200)
        same(answer.kind, "text/plain", "type")
        body, signatures = answer.text.split("\n\n")
        origin, size, root = body.split("\n")
        expect(int(size) > 0 and len(base64.b64decode(root, validate=True)) == 32, body)
        vkey = nobody.raw("GET", "/journal/key", 200).text.strip()
        name, key_hash, encoded = vkey.split("+", 2)
        same(name, origin, "name")
        key = base64.b64decode(encoded, validate=True)
        same((key[0], len(key)), (1, 33), "an Ed25519 key")
        wanted = hashlib.sha256(f"{name}\n".encode() + key).digest()[:4]
        same(key_hash, wanted.hex(), "key id")
        line = re.fullmatch(rf"— {re.escape(name)} (\S+)\n", signatures)
        expect(line, f"a signature line: {signatures!r}")
        signature = base64.b64decode(line[1], validate=True) if line else b""
        same((signature[:4], len(signature)), (wanted, 68), "signature")
        _verified(key[1:], signature[4:], f"{body}\n".encode())
    with walk.line(f"a new checkpoint ≤ {SECONDS} s after a write"):
        before = _size(walk)
        walk.people["R"].post("/businesses", business(walk), 201)
        start = time.monotonic()
        while _size(walk) <= before:
            expect(time.monotonic() - start < SECONDS, f"still {before} after {SECONDS} s")
            time.sleep(0.1)
    with walk.line("flask journal verify: exit 0"):
        expect(walk.flask("journal", "verify"), "an answer")


def _verified(key: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature where a library for it is at hand; the standard library has none."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return
    Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
