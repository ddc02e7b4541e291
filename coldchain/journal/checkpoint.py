"""C2SP signed notes (signed-note, tlog-checkpoint) with Ed25519: write, parse, verify. Pure.

The name of the key is the origin of the log, so one checkpoint and one vkey say which journal they speak of.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from coldchain.journal.merkle import HASH_BYTES

ED25519: Final = b"\x01"
KEY_ID_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
KEY_BYTES: Final = 32
SIZE_DIGITS_MAX: Final = 19
NOTE_CHARS_MAX: Final = 100_000
DASH: Final = "— "

_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]*")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class BadNote(ValueError):
    """A note, a checkpoint or a vkey is malformed, or no signature of the expected key verifies."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the tree of `size` leaves of the journal `origin`."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the signed text, with its final newline."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode("ascii"), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key and its name."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that name the key in a signature line (signed-note)."""
        return hashlib.sha256(self.name.encode("utf-8") + b"\n" + ED25519 + self.public).digest()[:KEY_ID_BYTES]

    def vkey(self) -> str:
        """Return `name+hash+base64(0x01 ‖ public key)`, hash in 8 hex digits (signed-note)."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode('ascii')}"


def verifier_of(name: str, key: Ed25519PrivateKey) -> Verifier:
    """Return the public half of `key` under `name`. Raises BadNote for a name with a blank or a plus."""
    if not _NAME.fullmatch(name):
        raise BadNote("the name of a key holds neither blanks nor +")
    return Verifier(name, key.public_key().public_bytes_raw())


def parse_vkey(vkey: str) -> Verifier:
    """Return the key that a vkey describes. Raises BadNote."""
    name, _, rest = vkey.partition("+")
    digest, _, coded = rest.partition("+")
    material = _decode(coded)
    if not _NAME.fullmatch(name) or material[:1] != ED25519 or len(material) != 1 + KEY_BYTES:
        raise BadNote("not an Ed25519 vkey")
    found = Verifier(name, material[1:])
    if digest != found.key_id.hex():
        raise BadNote("the hash of the vkey does not fit its key")
    return found


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return the signed note of a text that ends with a newline. Raises BadNote."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise BadNote("the text of a note is lines without control characters")
    signature = verifier_of(name, key).key_id + key.sign(text.encode("utf-8"))
    return f"{text}\n{DASH}{name} {base64.b64encode(signature).decode('ascii')}\n"


def open_note(note: str, verifier: Verifier) -> str:
    """Return the text of a note after verifying the signature of `verifier`; other keys' lines are left alone.

    Raises BadNote when the note is malformed, or when the key did not sign it or signed something else.
    """
    if len(note) > NOTE_CHARS_MAX or _CONTROL.search(note) or not note.endswith("\n"):
        raise BadNote("not a signed note")
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not tail:
        raise BadNote("a signed note has a blank line before its signatures")
    text = head + "\n"
    found = False
    for line in tail[:-1].split("\n"):
        name, signature = _signature(line)
        if name != verifier.name or signature[:KEY_ID_BYTES] != verifier.key_id:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature[KEY_ID_BYTES:], text.encode("utf-8"))
        except InvalidSignature as error:
            raise BadNote("the signature does not verify") from error
        found = True
    if not found:
        raise BadNote("the note is not signed by this key")
    return text


def _signature(line: str) -> tuple[str, bytes]:
    name, _, coded = line.removeprefix(DASH).partition(" ")
    signature = _decode(coded)
    if not line.startswith(DASH) or not _NAME.fullmatch(name) or len(signature) <= KEY_ID_BYTES:
        raise BadNote("not a signature line")
    return name, signature


def sign(head: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Return the signed note of a checkpoint; the key's name is the origin. Raises BadNote."""
    return sign_note(head.text(), head.origin, key)


def parse(text: str) -> Checkpoint:
    """Return the checkpoint that a note's verified text holds (tlog-checkpoint). Raises BadNote."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise BadNote("a checkpoint has at least three lines, none empty")
    origin, size, coded, *extensions = lines
    root = _decode(coded)
    if not _SIZE.fullmatch(size) or len(size) > SIZE_DIGITS_MAX or len(root) != HASH_BYTES:
        raise BadNote("the size or the root of a checkpoint is malformed")
    return Checkpoint(origin, int(size), root, tuple(extensions))


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint of a note that `verifier` signed and whose origin is the key's name. Raises BadNote."""
    head = parse(open_note(note, verifier))
    if head.origin != verifier.name:
        raise BadNote("the origin of the checkpoint is not the name of its key")
    return head


def _decode(coded: str) -> bytes:
    try:
        decoded = base64.b64decode(coded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise BadNote("not base64") from error
    if base64.b64encode(decoded).decode("ascii") != coded:  # two spellings of one signature would be two notes
        raise BadNote("not canonical base64")
    return decoded
