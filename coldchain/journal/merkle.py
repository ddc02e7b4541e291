"""RFC 6962 (= RFC 9162 with SHA-256) Merkle tree: hashes, incremental append, proofs and their verifiers. Pure.

Stored nodes: a complete subtree of level L ≥ 1 and index i covers leaves i·2^L … (i+1)·2^L - 1; it never changes once
written, so append only ever adds rows. Level 0 are the leaf hashes themselves.
"""

import hashlib


def leaf_hash(body: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ body), 32 bytes (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + body).digest()
