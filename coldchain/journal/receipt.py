"""A receipt: C2SP tlog-proof@v1 that one fact is in the journal, with the fact itself. Pure; needs no database.

    c2sp.org/tlog-proof@v1
    extra BASE64 of the entry's body
    index NUMBER
    BASE64 hashes of the inclusion proof, a line each
    (empty line)
    the signed checkpoint

The format says that the `extra` line is not authenticated. Here it is checked: it must be the body whose leaf hash the
proof leads to the signed root. `python -m coldchain.journal.receipt FILE VKEY` checks one on any machine.
"""

import base64
import binascii
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from coldchain.journal import checkpoint, merkle

HEADER: Final = "c2sp.org/tlog-proof@v1"
EXTRA: Final = "extra "
INDEX: Final = "index "
RECEIPT_CHARS_MAX: Final = 4_000_000
HASHES_MAX: Final = 63
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class BadReceipt(ValueError):
    """The text is no receipt, or it does not prove what it says; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Receipt:
    """The parts of a receipt, none of them believed yet; `note` is a signed checkpoint."""

    index: int
    body: bytes
    hashes: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return the receipt as it is handed out."""
        lines = [HEADER, EXTRA + _coded(self.body), f"{INDEX}{self.index}", *map(_coded, self.hashes)]
        return "".join(f"{line}\n" for line in lines) + "\n" + self.note


@dataclass(frozen=True, slots=True)
class Proven:
    """What a receipt proves: this body stands at `index` of the journal whose signed head is `head`."""

    head: checkpoint.Checkpoint
    index: int
    body: bytes

    @property
    def fact(self) -> dict[str, Any]:
        """Return the body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def parse(text: str) -> Receipt:
    """Return the parts of a receipt, nothing checked but their form. Raises BadReceipt `malformed`."""
    if len(text) > RECEIPT_CHARS_MAX:
        raise BadReceipt("malformed", "the text is too long")
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != HEADER:
        raise BadReceipt("malformed", f"the text does not begin with {HEADER}")
    if not lines[1].startswith(EXTRA):
        raise BadReceipt("malformed", "there is no line with the fact")
    number = lines[2].removeprefix(INDEX)
    if not lines[2].startswith(INDEX) or not _NUMBER.fullmatch(number):
        raise BadReceipt("malformed", "there is no index")
    hashes = tuple(_decoded(line) for line in lines[3:])
    if len(hashes) > HASHES_MAX or any(len(digest) != merkle.HASH_BYTES for digest in hashes):
        raise BadReceipt("malformed", "the proof is not a list of hashes")
    return Receipt(int(number), _decoded(lines[1].removeprefix(EXTRA)), hashes, note)


def check(text: str, verifiers: Sequence[checkpoint.Verifier]) -> Proven:
    """Return what a receipt proves to somebody who trusts one of these keys.

    Raises BadReceipt `malformed`, `signature` (no such key signed the checkpoint) or `not_included` (the fact is not
    the one that stands there).
    """
    found = parse(text)
    head = _signed(found.note, verifiers)
    if not merkle.verify_inclusion(found.index, head.size, merkle.leaf_hash(found.body), found.hashes, head.root):
        raise BadReceipt("not_included", "the fact is not in the tree that was signed")
    return Proven(head, found.index, found.body)


def origin_of(text: str) -> str:
    """Return the origin that a receipt claims, to choose a key by. Raises BadReceipt `malformed`."""
    return parse(text).note.partition("\n")[0]


def _signed(note: str, verifiers: Sequence[checkpoint.Verifier]) -> checkpoint.Checkpoint:
    reason = "no key was given"
    for verifier in verifiers:
        try:
            return checkpoint.open_checkpoint(note, verifier)
        except checkpoint.BadNote as error:
            reason = str(error)
    raise BadReceipt("signature", reason)


def _coded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _decoded(coded: str) -> bytes:
    try:
        content = base64.b64decode(coded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise BadReceipt("malformed", "a line is not base64") from error
    if _coded(content) != coded:
        raise BadReceipt("malformed", "a line is not canonical base64")
    return content


def told(proven: Proven) -> list[str]:
    """Return what was proven as lines for a person."""
    fact = proven.fact
    return [
        f"journal: {proven.head.origin}",
        f"place: entry {proven.index} of {proven.head.size} signed",
        *(f"{name}: {fact.get(name)}" for name in ("kind", "subject", "occurred_at", "recorded_at")),
        f"data: {json.dumps(fact.get('data'), ensure_ascii=False, sort_keys=True)}",
    ]


def main(arguments: Sequence[str]) -> int:
    """Check the receipt of the first argument with the vkeys of the others; return the exit code."""
    if len(arguments) < 2:
        sys.stderr.write("usage: python -m coldchain.journal.receipt FILE VKEY [VKEY…]\n")
        return 2
    try:
        text = Path(arguments[0]).read_bytes().decode("utf-8")
        proven = check(text, [checkpoint.parse_vkey(vkey) for vkey in arguments[1:]])
        lines = [*told(proven), "the receipt is good"]
    except BadReceipt as error:
        sys.stdout.write(f"the receipt is not good: {error.code}: {error}\n")
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
