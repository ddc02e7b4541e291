"""What the journal of this database is called and which keys have signed for it: the system mark `journal_log`.

A demonstration's origin begins with `demo` and stays so: such a database can't be promoted. Only a demonstration may
take a new key by itself (its files were lost with an old checkout); anywhere else that is an alarm.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session

from coldchain.core import marks
from coldchain.journal.checkpoint import Verifier, parse_vkey, verifier_of

MARK: Final = "journal_log"
DEMO_MARK: Final = "demo"
DEMO_ORIGIN: Final = "demo"
ORIGIN: Final = "coldchain"
ID_BYTES: Final = 8


class IdentityRefused(Exception):
    """The key or the kind of this database is not the one that the journal began with; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Identity:
    """The origin of the journal and its keys, oldest first; the last one signs."""

    origin: str
    vkeys: tuple[str, ...]

    @property
    def is_demo(self) -> bool:
        """Say whether this is the journal of a demonstration."""
        return is_demo(self.origin)

    def verifiers(self) -> list[Verifier]:
        """Return all keys, oldest first. Raises checkpoint.BadNote."""
        return [parse_vkey(vkey) for vkey in self.vkeys]


def is_demo(origin: str) -> bool:
    """Say whether an origin is that of a demonstration."""
    return origin.startswith(DEMO_ORIGIN)


def read(session: Session) -> Identity | None:
    """Return the identity, or None before the sequencer's first run."""
    value = marks.read(session, MARK)
    return None if value is None else Identity(str(value["origin"]), tuple(str(vkey) for vkey in value["keys"]))


def establish(session: Session, key: Ed25519PrivateKey) -> Identity:
    """Return the identity, chosen now if the journal has none; the sequencer's lock must be held.

    Raises IdentityRefused `key_changed` or `demo_mark_late` (the mark must be set before the first run).
    """
    demo = bool(marks.read(session, DEMO_MARK))
    found = read(session)
    if found is None:
        origin = f"{DEMO_ORIGIN if demo else ORIGIN}/{secrets.token_hex(ID_BYTES)}"
        return _write(session, Identity(origin, (verifier_of(origin, key).vkey(),)))
    if demo and not found.is_demo:
        raise IdentityRefused("demo_mark_late", "the database became a demonstration after its journal had begun")
    vkey = verifier_of(found.origin, key).vkey()
    if vkey == found.vkeys[-1]:
        return found
    if not found.is_demo:
        raise IdentityRefused("key_changed", "the signing key is not the one that this journal is signed with")
    return _write(session, Identity(found.origin, (*found.vkeys, vkey)))


def _write(session: Session, identity: Identity) -> Identity:
    marks.write(session, MARK, {"origin": identity.origin, "keys": list(identity.vkeys)})
    session.flush()
    return identity
