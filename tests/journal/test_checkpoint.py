"""Signed notes: byte for byte those of the Go implementation, and nothing crooked passes."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from coldchain.journal import checkpoint
from coldchain.journal.checkpoint import BadNote, Checkpoint

# The example of golang.org/x/mod/sumdb/note: Ed25519 is deterministic, so we must produce the same note.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

KEY = Ed25519PrivateKey.from_private_bytes(SEED)
HEAD = Checkpoint("demo/0123456789abcdef", 20_852_163, bytes(range(32)))


def test_the_published_example() -> None:
    assert checkpoint.sign_note(TEXT, "PeterNeumann", KEY) == NOTE
    assert checkpoint.verifier_of("PeterNeumann", KEY).vkey() == VKEY
    assert checkpoint.open_note(NOTE, checkpoint.parse_vkey(VKEY)) == TEXT


def test_a_checkpoint_is_three_lines() -> None:
    assert HEAD.text() == "demo/0123456789abcdef\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    note = checkpoint.sign(HEAD, KEY)
    assert note.startswith(HEAD.text() + "\n— demo/0123456789abcdef ")
    verifier = checkpoint.verifier_of(HEAD.origin, KEY)
    assert checkpoint.open_checkpoint(note, verifier) == HEAD
    assert checkpoint.parse_vkey(verifier.vkey()) == verifier


def test_extension_lines_are_kept() -> None:
    head = Checkpoint("o", 0, bytes(32), ("one", "two words"))
    assert checkpoint.open_checkpoint(checkpoint.sign(head, KEY), checkpoint.verifier_of("o", KEY)) == head


def test_signatures_of_others_are_left_alone() -> None:
    witness = Ed25519PrivateKey.generate()
    note = checkpoint.sign(HEAD, KEY)
    line = checkpoint.sign_note(HEAD.text(), "witness.example/w", witness).rpartition("\n\n")[2]
    for both in (note + line, HEAD.text() + "\n" + line + note.rpartition("\n\n")[2]):
        assert checkpoint.open_checkpoint(both, checkpoint.verifier_of(HEAD.origin, KEY)) == HEAD
        assert checkpoint.open_note(both, checkpoint.verifier_of("witness.example/w", witness)) == HEAD.text()


@given(st.data())
def test_no_changed_character_passes(data: st.DataObject) -> None:
    note = checkpoint.sign(HEAD, KEY)
    at = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda character: character != note[at]))
    with pytest.raises(BadNote):
        checkpoint.open_checkpoint(note[:at] + other + note[at + 1 :], checkpoint.verifier_of(HEAD.origin, KEY))


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_refused_calmly(note: str) -> None:
    with pytest.raises(BadNote):
        checkpoint.open_checkpoint(note, checkpoint.verifier_of(HEAD.origin, KEY))


@pytest.mark.parametrize(
    "text",
    [
        "", "o\n1\n", "o\n01\nAAAA\n", "o\n-1\nAAAA\n", "o\n1 \nAAAA\n", "o\n1\nAAAA\n", "o\n1\n\n", "o\n1\n!\n",
        "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n" + "9" * 20 + "\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n1\n" + base64.b64encode(bytes(32)).decode() + "\n\nmore\n",
        "o\n١\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n1\n" + base64.b64encode(bytes(32)).decode(),
        "o\n1\n" + base64.b64encode(bytes(31)).decode() + "\n",
        "o\n1\n" + base64.b64encode(bytes(32)).decode()[:-2] + "B=\n",  # two spellings of one root
    ],
)  # fmt: skip
def test_malformed_checkpoints(text: str) -> None:
    with pytest.raises(BadNote):
        checkpoint.parse(text)


def test_the_origin_is_the_name_of_the_key() -> None:
    note = checkpoint.sign_note(HEAD.text(), "somebody.else", KEY)
    with pytest.raises(BadNote, match="origin"):
        checkpoint.open_checkpoint(note, checkpoint.verifier_of("somebody.else", KEY))


def test_another_key_of_the_same_name_does_not_pass() -> None:
    note = checkpoint.sign(HEAD, Ed25519PrivateKey.generate())
    with pytest.raises(BadNote, match="not signed"):
        checkpoint.open_checkpoint(note, checkpoint.verifier_of(HEAD.origin, KEY))


@pytest.mark.parametrize("name", ["", "with blank", "with+plus", "line\nbreak", "full\u3000width"])
def test_names_of_keys(name: str) -> None:
    with pytest.raises(BadNote):
        checkpoint.verifier_of(name, KEY)


@pytest.mark.parametrize(
    "vkey",
    [
        "", "PeterNeumann", VKEY[:-4], VKEY.replace("c74f20a3", "c74f20a4"), VKEY.replace("c74f20a3", "C74F20A3"),
        VKEY.replace("+A", "+Z"), VKEY.replace("PeterNeumann", "Peter Neumann"), VKEY + "AAAA", VKEY + "\n",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)  # fmt: skip
def test_malformed_vkeys(vkey: str) -> None:
    with pytest.raises(BadNote):
        checkpoint.parse_vkey(vkey)


@pytest.mark.parametrize("text", ["no newline", "tab\there\n", "nul\x00\n", "return\r\n"])
def test_what_is_not_signed(text: str) -> None:
    with pytest.raises(BadNote):
        checkpoint.sign_note(text, "o", KEY)
