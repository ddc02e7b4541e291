"""Pure: a figure of the rules from JSON text, of the shape that the program expects of it."""

import json
from typing import Any, Final

from coldchain.core import limits
from coldchain.core.errors import Invalid
from coldchain.policy import vocabulary
from coldchain.policy.facts import GOODS_SITES

DEPTH: Final = 4
ANSWERS: Final = frozenset({"warn", "block"})
LANGUAGES: Final = {"zh", "en"}


def read(text: str, like: Any, *, below_zero: bool = False) -> Any:
    """Return the value that `text` says, of the same shape as `like`. Raises Invalid `not_json`, `wrong_shape`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid.of(
            "/value", "not_json", "Write it as the former one is written: {former}.", former=written(like)
        ) from error
    if not fits(value, like, below_zero=below_zero):
        raise Invalid.of(
            "/value", "wrong_shape", "It should be of the same kind as the former one: {former}.", former=written(like)
        )
    return value


def written(value: Any) -> str:
    """Return a value as it is typed."""
    return json.dumps(value, ensure_ascii=False)


def fits(value: Any, like: Any, *, below_zero: bool = False, depth: int = DEPTH) -> bool:
    """Say whether a value has the shape of another: whole numbers within bounds, words, lists of such, the same keys.

    A number may be 0 only where the other is, below 0 only where `below_zero` says so. A word has to be of the same
    vocabulary: `warn` and `block`, kinds of evidence, places of the goods to swab. A text has both languages.
    """
    if depth == 0 or type(value) is not type(like):
        return False
    if isinstance(like, int):
        least = -limits.COUNT_MAX if below_zero else min(1, like)
        within: bool = least <= value <= limits.COUNT_MAX
        return within
    if isinstance(like, str):
        return any(
            value in words and like in words for words in (ANSWERS, frozenset(vocabulary.evidence_kinds()), GOODS_SITES)
        )
    if isinstance(like, list):
        alike = like[0] if like else None
        listed = 0 < len(value) <= limits.SAMPLES_PER_TUBE
        return listed and all(fits(each, alike, below_zero=below_zero, depth=depth - 1) for each in value)
    if isinstance(like, dict):
        same: bool = value.keys() == like.keys()
        if like.keys() == LANGUAGES:  # a text that is shown as it stands
            return same and all(
                isinstance(each, str) and 0 < len(each.strip()) <= limits.TEXT_CHARS for each in value.values()
            )
        return same and all(fits(value[key], like[key], below_zero=below_zero, depth=depth - 1) for key in like)
    return False
