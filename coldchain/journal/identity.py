"""What the journal of this database is called and which keys have signed for it: the system mark `journal_log`.

A journal has one origin until it is resumed after a restore; from then on it has another that names the checkpoint it
comes after. Each origin with its keys is an **epoch** and signs trees from its first size on. A demonstration's origin
begins with `demo` and stays so: such a database can't be promoted. Only a demonstration may take a new key by itself
(its files were lost with an old checkout); anywhere else that is an alarm.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session

from coldchain.core import marks
from coldchain.journal.checkpoint import Checkpoint, Verifier, parse_vkey, verifier_of

MARK: Final = "journal_log"
DEMO_MARK: Final = "demo"
DEMO_ORIGIN: Final = "demo"
ORIGIN: Final = "coldchain"
AFTER: Final = "after"
ID_BYTES: Final = 8


class IdentityRefused(Exception):
    """The key or the kind of this database is not the one that the journal began with; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Epoch:
    """One origin, its keys, oldest first, and the size from which on it signs."""

    origin: str
    vkeys: tuple[str, ...]
    first_size: int = 0

    def verifiers(self) -> list[Verifier]:
        """Return all keys, oldest first. Raises checkpoint.BadNote."""
        return [parse_vkey(vkey) for vkey in self.vkeys]


@dataclass(frozen=True, slots=True)
class Identity:
    """The epochs of the journal, oldest first, at least one; the last key of the last one signs."""

    epochs: tuple[Epoch, ...]

    @property
    def origin(self) -> str:
        """Return the origin that signs."""
        return self.epochs[-1].origin

    @property
    def vkeys(self) -> tuple[str, ...]:
        """Return the keys of the origin that signs, oldest first."""
        return self.epochs[-1].vkeys

    @property
    def is_demo(self) -> bool:
        """Say whether this is the journal of a demonstration."""
        return is_demo(self.origin)

    def verifiers(self) -> list[Verifier]:
        """Return the keys of the origin that signs, oldest first. Raises checkpoint.BadNote."""
        return self.epochs[-1].verifiers()

    def epoch_at(self, size: int) -> Epoch:
        """Return the epoch that signs trees of `size` leaves."""
        return next((epoch for epoch in reversed(self.epochs) if epoch.first_size <= size), self.epochs[0])


def is_demo(origin: str) -> bool:
    """Say whether an origin is that of a demonstration."""
    return origin.startswith(DEMO_ORIGIN)


def read(session: Session) -> Identity | None:
    """Return the identity, or None before the sequencer's first run."""
    value = marks.read(session, MARK)
    return None if value is None else Identity((*(_epoch(each) for each in value.get("former", ())), _epoch(value)))


def _epoch(value: dict[str, Any]) -> Epoch:
    vkeys = tuple(str(vkey) for vkey in value["keys"])
    return Epoch(str(value["origin"]), vkeys, int(value.get("first_size", 0)))


def establish(session: Session, key: Ed25519PrivateKey) -> Identity:
    """Return the identity, chosen now if the journal has none; the sequencer's lock must be held.

    Raises IdentityRefused `key_changed` or `demo_mark_late` (the mark must be set before the first run).
    """
    demo = bool(marks.read(session, DEMO_MARK))
    found = read(session)
    if found is None:
        origin = f"{DEMO_ORIGIN if demo else ORIGIN}/{secrets.token_hex(ID_BYTES)}"
        return write(session, Identity((Epoch(origin, (verifier_of(origin, key).vkey(),)),)))
    if demo and not found.is_demo:
        raise IdentityRefused("demo_mark_late", "the database became a demonstration after its journal had begun")
    vkey = verifier_of(found.origin, key).vkey()
    if vkey == found.vkeys[-1]:
        return found
    if not found.is_demo:
        raise IdentityRefused("key_changed", "the signing key is not the one that this journal is signed with")
    signing = replace(found.epochs[-1], vkeys=(*found.vkeys, vkey))
    return write(session, Identity((*found.epochs[:-1], signing)))


def successor(session: Session, old: Checkpoint) -> str:
    """Return a new origin that names the checkpoint it comes after: `coldchain/NEW/after/OLD/SIZE`.

    That of a demonstration is a demonstration's again.
    """
    found = read(session)
    demo = bool(marks.read(session, DEMO_MARK)) if found is None else found.is_demo
    parts = old.origin.split("/")
    old_id = parts[1] if len(parts) > 1 and parts[1] else hashlib.sha256(old.origin.encode("utf-8")).hexdigest()[:16]
    return f"{DEMO_ORIGIN if demo else ORIGIN}/{secrets.token_hex(ID_BYTES)}/{AFTER}/{old_id}/{old.size}"


def begin_epoch(session: Session, origin: str, key: Ed25519PrivateKey, first_size: int) -> Identity:
    """Let another origin sign from `first_size` on, after whatever epochs there are; the lock must be held."""
    found = read(session)
    fresh = Epoch(origin, (verifier_of(origin, key).vkey(),), first_size)
    return write(session, Identity((*(found.epochs if found else ()), fresh)))


def write(session: Session, identity: Identity) -> Identity:
    """Keep an identity."""
    former = [_plain(epoch) for epoch in identity.epochs[:-1]]
    marks.write(session, MARK, _plain(identity.epochs[-1]) | {"former": former})
    session.flush()
    return identity


def _plain(epoch: Epoch) -> dict[str, Any]:
    return {"origin": epoch.origin, "keys": list(epoch.vkeys), "first_size": epoch.first_size}
