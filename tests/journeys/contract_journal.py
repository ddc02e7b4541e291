"""The walk's last part: the journal, as anybody may fetch it."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import Any

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
    with walk.line("GET /journal/entries/{index} (admin, not P): the exact body; leaf = SHA-256(0x00 ‖ body)"):
        head, signed = _head(walk)
        entry = walk.people["admin"].get(f"/journal/entries/{head // 2}")
        same(set(entry), {"index", "leaf_hash", "body"}, "fields")
        leaf = hashlib.sha256(b"\x00" + entry["body"].encode()).digest()
        same(base64.b64decode(entry["leaf_hash"], validate=True), leaf, "leaf")
        walk.people["admin"].raw("GET", "/journal/entries/99999999", 404)
        nobody.raw("GET", f"/journal/entries/{head // 2}", 401)
    with walk.line("GET /journal/inclusion, /journal/consistency (P): RFC 6962 proofs that lead to the signed root"):
        path = f"/journal/inclusion?index={head // 2}&tree_size={head}"
        same(_included(head // 2, head, leaf, _hashes(nobody.get(path))), signed, "root")
        same(_hashes(nobody.get(f"/journal/consistency?first={head}&second={head}")), [], "no step")
        first = head // 2 | 5
        steps = _hashes(nobody.get(f"/journal/consistency?first={first}&second={head}"))
        same(_extended(first, head, steps), signed, "root of the larger tree")
        nobody.raw("GET", f"/journal/inclusion?index=0&tree_size={head + 1_000_000}", 422)
        nobody.raw("GET", f"/journal/consistency?first={head}&second={head // 2}", 422)
    with walk.line("flask journal verify: exit 0"):
        expect(walk.flask("journal", "verify"), "an answer")


def _head(walk: Walk) -> tuple[int, bytes]:
    lines = walk.people["nobody"].raw("GET", "/journal/checkpoint", 200).text.split("\n")
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


def _hashes(answer: Any) -> list[bytes]:
    return [base64.b64decode(step, validate=True) for step in answer["proof"]]


def _pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _included(index: int, size: int, leaf: bytes, steps: list[bytes]) -> bytes:
    """Return the root that the steps lead to (RFC 9162, 2.1.3.2)."""
    at, last = index, size - 1
    for step in steps:
        if at & 1 or at == last:
            leaf = _pair(step, leaf)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            leaf = _pair(leaf, step)
        at, last = at >> 1, last >> 1
    return leaf


def _extended(first: int, second: int, steps: list[bytes]) -> bytes:
    """Return the root of the larger tree (RFC 9162, 2.1.4.2); `first` is no power of two, so its root is not asked."""
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    root = steps[0]
    for step in steps[1:]:
        if at & 1 or at == last:
            root = _pair(step, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = _pair(root, step)
        at, last = at >> 1, last >> 1
    return root


def _verified(key: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature where a library for it is at hand; the standard library has none."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return
    Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
