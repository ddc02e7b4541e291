"""Pure: items and notes of a verdict made from their messages."""

from collections.abc import Mapping
from typing import Any

from coldchain.policy import messages
from coldchain.policy.facts import Missing, Note


def missing(code: str, kind: str, words: Mapping[str, str], *, message: str | None = None, **parts: Any) -> Missing:
    """Return an item of a refusal by its code; `words` fill its messages, `parts` are fields of Missing.

    `message`: the key of its words when one code has several.
    """
    said = messages.MISSING[message or code]
    return Missing(
        rule=said.rule,
        code=code,
        kind=kind,
        message_zh=said.message_zh.format_map(words),
        message_en=said.message_en.format_map(words),
        next_zh=said.next_zh.format_map(words),
        next_en=said.next_en.format_map(words),
        **parts,
    )


def note(code: str, words: Mapping[str, str]) -> Note:
    """Return a note of a verdict by its code."""
    said = messages.NOTES[code]
    return Note(code, said.message_zh.format_map(words), said.message_en.format_map(words))
