"""A receipt proves one fact to whoever has the key, offline, and nothing that was changed in it passes."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.journal import checkpoint, merkle, receipt
from tests.journal.test_merkle import Stored

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "coldchain/0123456789abcdef"
VERIFIER = checkpoint.verifier_of(ORIGIN, KEY)
BODIES = [json.dumps({"kind": "result.reported", "data": {"number": number}}).encode() for number in range(11)]
INDEX = 6


def made(index: int = INDEX, size: int = len(BODIES), key: Ed25519PrivateKey = KEY) -> receipt.Receipt:
    """Return a good receipt."""
    stored = Stored([merkle.leaf_hash(body) for body in BODIES[:size]])
    head = checkpoint.Checkpoint(ORIGIN, size, merkle.root_of(stored.peaks))
    hashes = tuple(stored.proof(merkle.inclusion_ranges(index, size)))
    return receipt.Receipt(index, BODIES[index], hashes, checkpoint.sign(head, key))


def refused(text: str, *verifiers: checkpoint.Verifier) -> str:
    with pytest.raises(receipt.BadReceipt) as caught:
        receipt.check(text, verifiers or (VERIFIER,))
    return caught.value.code


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 11])
def test_every_place_of_a_tree(size: int) -> None:
    for index in range(size):
        whole = made(index, size)
        proven = receipt.check(whole.text(), [VERIFIER])
        assert (proven.index, proven.body, proven.head.size) == (index, BODIES[index], size)
        assert proven.fact["data"] == {"number": index}
        assert receipt.parse(whole.text()) == whole


def test_the_form_is_that_of_the_standard() -> None:
    """c2sp.org/tlog-proof@v1, line by line."""
    whole = made()
    lines = whole.text().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == "extra " + base64.b64encode(BODIES[INDEX]).decode()
    assert lines[2] == f"index {INDEX}"
    blank = lines.index("")
    assert [base64.b64decode(line) for line in lines[3:blank]] == list(whole.hashes)
    assert "\n".join(lines[blank + 1 :]) == whole.note, "the checkpoint stands there verbatim"
    assert lines[blank + 1 : blank + 3] == [ORIGIN, str(len(BODIES))]
    alone = made(0, 1).text().split("\n")
    assert alone[2:4] == ["index 0", ""], "a tree of one leaf needs no hash"


def test_a_cosigned_checkpoint_is_good_too() -> None:
    """Lines of other signers (witnesses) are left alone."""
    witness = checkpoint.sign_note(made().note.partition("\n\n")[0] + "\n", "witness.example", KEY)
    line = witness.rpartition("\n\n")[2]
    assert receipt.check(made().text() + line, [VERIFIER]).index == INDEX


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def body(text: str) -> str:
    return swap("extra " + base64.b64encode(BODIES[INDEX]).decode(), "extra " + base64.b64encode(BODIES[1]).decode())(
        text
    )


def hashes_reversed(text: str) -> str:
    whole = receipt.parse(text)
    return receipt.Receipt(whole.index, whole.body, whole.hashes[::-1], whole.note).text()


def one_hash_less(text: str) -> str:
    whole = receipt.parse(text)
    return receipt.Receipt(whole.index, whole.body, whole.hashes[:-1], whole.note).text()


def one_hash_more(text: str) -> str:
    whole = receipt.parse(text)
    return receipt.Receipt(whole.index, whole.body, (*whole.hashes, bytes(32)), whole.note).text()


def node_as_fact(text: str) -> str:
    """The classic second preimage: an interior node handed in as a leaf."""
    leaves = [merkle.leaf_hash(each) for each in BODIES]
    whole = receipt.parse(text)
    fake = b"\x01" + leaves[6] + leaves[7]
    return receipt.Receipt(3, fake[1:], whole.hashes[1:], whole.note).text()


FORGERIES: dict[str, tuple[Callable[[str], str], str]] = {
    "another fact": (body, "not_included"),
    "another place": (swap("index 6", "index 7"), "not_included"),
    "a place outside": (swap("index 6", "index 11"), "not_included"),
    "hashes in another order": (hashes_reversed, "not_included"),
    "a hash less": (one_hash_less, "not_included"),
    "a hash more": (one_hash_more, "not_included"),
    "a node handed in as a fact": (node_as_fact, "not_included"),
    "another size": (swap("\n11\n", "\n12\n"), "signature"),
    "another origin": (swap(f"\n{ORIGIN}\n", "\ncoldchain/other\n"), "signature"),
    "no signature": (lambda text: text[: text.rindex("—")], "signature"),
    "another header": (swap("tlog-proof@v1", "tlog-proof@v2"), "malformed"),
    "no fact": (lambda text: "\n".join(text.split("\n")[:1] + text.split("\n")[2:]), "malformed"),
    "no index": (swap("index 6\n", ""), "malformed"),
    "an index with a sign": (swap("index 6", "index +6"), "malformed"),
    "an index with a leading zero": (swap("index 6", "index 06"), "malformed"),
    "an index beyond all numbers": (swap("index 6", "index " + "9" * 4_000), "malformed"),
    "Windows line ends": (lambda text: text.replace("\n", "\r\n"), "malformed"),
    "blanks behind": (swap("index 6", "index 6 "), "malformed"),
    "base64 spelled otherwise": (swap("extra ey", "extra  ey"), "malformed"),
    "a short hash": (lambda text: text.replace(text.split("\n")[3], "AAAA"), "malformed"),
    "empty": (lambda _text: "", "malformed"),
    "too long": (lambda text: text + "x" * receipt.RECEIPT_CHARS_MAX, "malformed"),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_receipt_is_refused(case: str) -> None:
    forge, code = FORGERIES[case]
    assert refused(forge(made().text())) == code


def test_a_receipt_under_another_key_is_refused() -> None:
    stranger = Ed25519PrivateKey.generate()
    assert refused(made(key=stranger).text()) == "signature"
    assert refused(made().text(), checkpoint.verifier_of(ORIGIN, stranger)) == "signature"
    assert refused(made().text(), checkpoint.verifier_of("coldchain/other", KEY)) == "signature"
    with pytest.raises(receipt.BadReceipt):
        receipt.check(made().text(), [])


@settings(max_examples=300)
@given(st.integers(0, len(made().text()) - 1), st.characters(codec="utf-8"))
def test_no_single_character_can_be_changed(place: int, letter: str) -> None:
    text = made().text()
    changed = text[:place] + letter + text[place + 1 :]
    if changed == text:
        return
    try:
        proven = receipt.check(changed, [VERIFIER])
    except receipt.BadReceipt:
        return
    # Only the name of a further signature line could change without harm, and there is none here.
    raise AssertionError(proven)


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(receipt.BadReceipt):
        receipt.check(text, [VERIFIER])
    with pytest.raises(receipt.BadReceipt):
        receipt.check(f"{receipt.HEADER}\n{text}", [VERIFIER])


def test_the_command_without_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m coldchain.journal.receipt FILE VKEY`: for machines that hold no database."""
    path = tmp_path / "receipt-6.tlog-proof"
    path.write_text(made().text())
    stranger = checkpoint.verifier_of(ORIGIN, Ed25519PrivateKey.generate()).vkey()
    assert receipt.main([str(path), VERIFIER.vkey()]) == 0
    assert receipt.main([str(path), stranger, VERIFIER.vkey()]) == 0, "one of several keys"
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"journal: {ORIGIN}"
    assert told[1] == "place: entry 6 of 11 signed"
    assert told[2] == "kind: result.reported"
    assert told[-1] == "the receipt is good"
    assert receipt.main([str(path), stranger]) == 1
    assert "signature" in capsys.readouterr().out
    path.write_text(body(made().text()))
    assert receipt.main([str(path), VERIFIER.vkey()]) == 1
    assert "not_included" in capsys.readouterr().out
    path.write_bytes(b"\xff")
    assert receipt.main([str(path), VERIFIER.vkey()]) == 2
    assert receipt.main([str(tmp_path / "none"), VERIFIER.vkey()]) == 2
    assert receipt.main([str(path), "not a key"]) == 2
    assert receipt.main([str(path)]) == 2
    assert "usage" in capsys.readouterr().err
